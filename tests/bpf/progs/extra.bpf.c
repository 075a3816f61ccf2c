// SPDX-License-Identifier: GPL-2.0-only
/* A scheduler beside programs of other types, one of them for what this kernel does not have. */
#include "sched.h"

SEC("syscall")
int extra_call(void *ctx)
{
	return 0;
}

SEC("fentry/no_such_function")
int extra_probe(void *ctx)
{
	return 0;
}

OPS(extra_tick), struct task_struct *p)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops extra_ops = {
	.tick = (void *)extra_tick,
	.name = "extra",
};
