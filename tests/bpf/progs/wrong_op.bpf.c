// SPDX-License-Identifier: GPL-2.0-only
/* Implements an operation that the class does not call. */
#include "sched.h"

OPS(wrong_cgroup_exit), struct cgroup *cgrp)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops wrong_ops = {
	.cgroup_exit = (void *)wrong_cgroup_exit,
	.name = "wrong",
};
