// SPDX-License-Identifier: GPL-2.0-only
/*
 * A license that struct_ops programs may not have.
 * status: 2
 * stderr: struct ops programs must have a GPL compatible license
 */
#define PROG_LICENSE "Proprietary"
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
}

SCHEDULER(.enqueue = (void *)enqueue);
