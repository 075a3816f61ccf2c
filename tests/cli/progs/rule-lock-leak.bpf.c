// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock that is held at the end.
 * status: 5
 * stderr: tick: ended with a lock or reference held
 * stderr: bpf_spin_unlock() is missing
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
}

SCHEDULER(.tick = (void *)tick);
