// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kfunc that this kernel does not have and that is called only if it is there.
 * status: 0
 */
#include "tests/cli/progs/prog.h"

void scx_bpf_not_yet_invented(struct task_struct *p) __ksym __weak;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	if (bpf_ksym_exists(scx_bpf_not_yet_invented))
		scx_bpf_not_yet_invented(p);
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
