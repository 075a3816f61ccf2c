// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scheduler that has seen enough is no error.
 * status: 0
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
	static char fmt[] = "seen enough";

	scx_bpf_exit_bstr(3, fmt, NULL, 0);
}

SCHEDULER(.running = (void *)running);
