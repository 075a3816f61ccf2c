// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops.select_cpu() returns a CPU that there is not.
 * status: 3
 * stderr: scheduler "test" ended: runtime error (invalid CPU 4096
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/select_cpu")
s32 BPF_PROG(select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return 4096;
}

SCHEDULER(.select_cpu = (void *)select_cpu);
