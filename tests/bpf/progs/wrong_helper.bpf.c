// SPDX-License-Identifier: GPL-2.0-only
/* Uses a helper that is not supported. */
#include "sched.h"

OPS(wrong_enqueue), struct task_struct *p, u64 enq_flags)
{
	FIFO_ENQUEUE;
	bpf_send_signal(9);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops wrong_ops = {
	.enqueue = (void *)wrong_enqueue,
	.name = "wrong",
};
