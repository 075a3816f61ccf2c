// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper of the kernel that uscx does not have.
 * status: 2
 * stderr: refused-helper-missing.bpf.c:@LINE: enqueue: program of this type cannot use helper
 * stderr: bpf_get_cgroup_classid
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	bpf_get_cgroup_classid((void *)ctx);	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
