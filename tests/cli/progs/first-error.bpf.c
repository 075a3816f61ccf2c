// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: the scheduler gives up.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (task 
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_error("task %d", p->pid);
}

SCHEDULER(.enqueue = (void *)enqueue);
