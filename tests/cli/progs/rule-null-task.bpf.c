// SPDX-License-Identifier: GPL-2.0-only
/*
 * No task where a task belongs.
 * status: 5
 * stderr: rule-null-task.bpf.c:@LINE: enqueue: bad argument
 * stderr: scx_bpf_dsq_insert: argument 1
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(NULL, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
