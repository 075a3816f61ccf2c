// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs, but no scheduler.
 * status: 1
 * stderr: has no scheduler: a struct sched_ext_ops in section .struct_ops.link is needed
 */
#include "tests/cli/progs/prog.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return 0;
}
