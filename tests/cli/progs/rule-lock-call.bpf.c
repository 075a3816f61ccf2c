// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call while a lock is held.
 * status: 5
 * stderr: rule-lock-call.bpf.c:@LINE: tick: misuse of a lock
 * stderr: bpf_ktime_get_ns cannot be called while a bpf_spin_lock is held
 */
#include "tests/cli/progs/locks.h"

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	struct locked *a = value(0), *b = value(1);

	if (!a || !b)
		return;
	bpf_spin_lock(&a->lock);
	a->count = bpf_ktime_get_ns();	/* HERE */
	bpf_spin_unlock(&a->lock);
}

SCHEDULER(.tick = (void *)tick);
