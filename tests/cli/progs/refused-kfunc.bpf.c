// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kfunc that this kernel does not have and that the object needs.
 * status: 2
 * stderr: kernel 7.2 has no kfunc scx_bpf_not_yet_invented; declare it __weak
 */
#include "tests/cli/progs/prog.h"

void scx_bpf_not_yet_invented(struct task_struct *p) __ksym;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_not_yet_invented(p);
}

SCHEDULER(.enqueue = (void *)enqueue);
