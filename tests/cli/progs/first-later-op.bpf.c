// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: an operation of a later version.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 2
 * stderr: init_task
 */
#include "tests/cli/progs/first.h"

struct sched_ext_ops___later {
	s32 (*init_task)(struct task_struct *p, void *args);
	char name[128];
};

SEC("struct_ops/init_task")
s32 BPF_PROG(init_task, struct task_struct *p, void *args)
{
	return 0;
}

SEC(".struct_ops")
struct sched_ext_ops___later test_ops = { .init_task = (void *)init_task, .name = "test" };
