// SPDX-License-Identifier: GPL-2.0-only
/* Two schedulers. */
#include "sched.h"

OPS(two_tick), struct task_struct *p)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops one_ops = {
	.tick = (void *)two_tick,
	.name = "one",
};

SEC(".struct_ops.link")
struct sched_ext_ops two_ops = {
	.tick = (void *)two_tick,
	.name = "two",
};
