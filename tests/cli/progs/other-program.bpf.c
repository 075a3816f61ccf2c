// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that nothing would call is left out, and uscx says so.
 * args: -d 100ms
 * status: 0
 */
#include "tests/cli/progs/prog.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return 0;
}

SCHEDULER();
