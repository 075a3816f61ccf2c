// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: ops.dispatch() dispatches without end what cannot run, to a queue that no CPU consumes. The kernel would hang.
 * After that the tasks go on under fair, ticks and all.
 * args: --kernel 2022 -m 1 -w "wl: hog hog hog"
 * status: 4
 * stderr: scheduler "test" ended: runnable task stall (ops.dispatch() dispatched 100000 times in a row what CPU 
 */
#include "tests/cli/progs/first.h"

static s32 pid;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	pid = p->pid;
}

SEC("struct_ops/dispatch")
void BPF_PROG(dispatch, s32 cpu, struct task_struct *prev)
{
	struct task_struct *p = scx_bpf_find_task_by_pid(pid);

	if (p)
		scx_bpf_dispatch(p, 7, SCX_SLICE_DFL, 0);
}

SEC("struct_ops/init")
s32 BPF_PROG(init)
{
	return scx_bpf_create_dsq(7, -1);
}

SCHEDULER(.enqueue = (void *)enqueue, .dispatch = (void *)dispatch, .init = (void *)init);
