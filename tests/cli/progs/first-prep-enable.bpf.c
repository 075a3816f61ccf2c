// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: a task that cannot be prepared makes attaching fail.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 2
 * stderr: cannot attach: Input/output error
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/prep_enable")
s32 BPF_PROG(prep_enable, struct task_struct *p, struct scx_enable_args *args)
{
	return p->pid == 2 ? -5 : 0;
}

SCHEDULER(.prep_enable = (void *)prep_enable);
