// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that may run on CPU 0 only is put on the local queue of CPU 1.
 * args: -m 2 -w wl:hog#0
 * status: 3
 * stderr: scheduler "test" ended: runtime error (SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for hog0_n0[
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 dsq = p->nr_cpus_allowed == 1 && p->mm ? SCX_DSQ_LOCAL_ON | 1 : SCX_DSQ_GLOBAL;

	scx_bpf_dsq_insert(p, dsq, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
