// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock that is taken a second time.
 * status: 5
 * stderr: rule-lock-twice.bpf.c:@LINE: tick: misuse of a lock
 * stderr: this lock is held already
 */
#include "tests/cli/progs/locks.h"

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	struct locked *a = value(0), *b = value(1);

	if (!a || !b)
		return;
	bpf_spin_lock(&a->lock);
	a->count++;
	bpf_spin_lock(&a->lock);	/* HERE */
	bpf_spin_unlock(&a->lock);
}

SCHEDULER(.tick = (void *)tick);
