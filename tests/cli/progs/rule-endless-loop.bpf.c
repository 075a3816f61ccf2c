// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop that never ends.
 * status: 5
 * stderr: rule-endless-loop.bpf.c:
 * stderr: dispatch: executed more instructions than its budget
 */
#include "tests/cli/progs/prog.h"

static volatile u64 n;

SEC("struct_ops/dispatch")
void BPF_PROG(dispatch, s32 cpu, struct task_struct *prev)
{
	while (true)
		n++;
}

SCHEDULER(.dispatch = (void *)dispatch);
