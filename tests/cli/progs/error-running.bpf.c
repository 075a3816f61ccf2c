// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_bpf_error() in a program that has nothing to decide.
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (pid
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
	scx_bpf_error("pid %llu runs", p->pid);
}

SCHEDULER(.running = (void *)running);
