// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: only the task that is being enqueued can be dispatched directly.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (enqueueing hog
 * stderr: but trying to direct-dispatch init[1])
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_struct *init = scx_bpf_find_task_by_pid(1);

	if (init)
		scx_bpf_dispatch(init, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
