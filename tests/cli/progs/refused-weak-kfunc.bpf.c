// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kfunc that this kernel does not have, called without a look whether it is there. Kernels refuse it at load, too.
 * status: 2
 * stderr: refused-weak-kfunc.bpf.c:@LINE: enqueue: kernel 7.2 has no kfunc scx_bpf_not_yet_invented; call it only if
 */
#include "tests/cli/progs/prog.h"

void scx_bpf_not_yet_invented(struct task_struct *p) __ksym __weak;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_not_yet_invented(p);	/* HERE */
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
