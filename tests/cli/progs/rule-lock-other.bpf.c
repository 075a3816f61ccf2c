// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock that is dropped while another one is held.
 * status: 5
 * stderr: rule-lock-other.bpf.c:@LINE: tick: misuse of a lock
 * stderr: another lock is held, not this one
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
	bpf_spin_unlock(&b->lock);	/* HERE */
}

SCHEDULER(.tick = (void *)tick);
