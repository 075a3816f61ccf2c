// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: ops.select_cpu() names a CPU that does not exist.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (select_cpu returned invalid cpu 77)
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/select_cpu")
s32 BPF_PROG(select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return 77;
}

SCHEDULER(.select_cpu = (void *)select_cpu);
