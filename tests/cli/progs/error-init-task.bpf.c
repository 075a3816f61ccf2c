// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops.init_task() does not want a task that is there already.
 * status: 3
 * stderr: scheduler "test" ended: runtime error (ops.init_task() failed (-2) for
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/init_task")
s32 BPF_PROG(init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return -2;	/* ENOENT */
}

SCHEDULER(.init_task = (void *)init_task);
