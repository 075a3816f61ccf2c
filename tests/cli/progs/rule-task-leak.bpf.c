// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reference to a task that is not given back.
 * status: 5
 * stderr: rule-task-leak.bpf.c
 * stderr: tick: ended with a lock or reference held
 * stderr: a task (bpf_task_release() is missing)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	bpf_task_from_pid(p->pid);
}

SCHEDULER(.tick = (void *)tick);
