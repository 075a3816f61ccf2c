// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store to a field of a task that belongs to the kernel.
 * status: 5
 * stderr: rule-task-store.bpf.c:@LINE: enqueue: store to memory that the program may not write
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	p->prio = 120;	/* HERE */
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
