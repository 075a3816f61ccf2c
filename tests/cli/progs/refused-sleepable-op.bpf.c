// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation that is called with locks held, in a program that may sleep.
 * status: 2
 * stderr: ops.enqueue cannot be sleepable (struct_ops.s)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
}

SCHEDULER(.enqueue = (void *)enqueue);
