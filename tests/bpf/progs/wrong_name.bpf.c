// SPDX-License-Identifier: GPL-2.0-only
/* Has settings that the kernel refuses. */
#include "sched.h"

OPS(wrong_tick), struct task_struct *p)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops wrong_ops = {
	.tick = (void *)wrong_tick,
	.timeout_ms = 60000,
	.name = "wrong",
};
