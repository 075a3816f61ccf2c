// SPDX-License-Identifier: GPL-2.0-only
/*
 * A read-side critical section that is not left.
 * status: 5
 * stderr: rule-rcu-leak.bpf.c
 * stderr: tick: ended with a lock or reference held
 * stderr: bpf_rcu_read_unlock() is missing
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	bpf_rcu_read_lock();
}

SCHEDULER(.tick = (void *)tick);
