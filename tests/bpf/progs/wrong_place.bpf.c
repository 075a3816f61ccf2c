// SPDX-License-Identifier: GPL-2.0-only
/* Calls a kfunc from an operation that may not. */
#include "sched.h"

OPS(wrong_enqueue), struct task_struct *p, u64 enq_flags)
{
	FIFO_ENQUEUE;
	scx_bpf_dsq_move_to_local(0);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops wrong_ops = {
	.enqueue = (void *)wrong_enqueue,
	.name = "wrong",
};
