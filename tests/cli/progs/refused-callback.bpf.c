// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation that uscx does not call yet.
 * status: 2
 * stderr: ops.cgroup_init is not supported yet
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/cgroup_init")
s32 BPF_PROG(cgroup_init, struct cgroup *cgrp, struct scx_cgroup_init_args *args)
{
	return 0;
}

SCHEDULER(.cgroup_init = (void *)cgroup_init);
