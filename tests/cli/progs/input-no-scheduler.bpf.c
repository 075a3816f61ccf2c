// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs, but no scheduler.
 * status: 1
 * stderr: no struct_ops scheduler
 */
#include "tests/cli/progs/prog.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return 0;
}
