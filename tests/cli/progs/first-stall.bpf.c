// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: tasks are taken and never given to a CPU.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 4
 * stderr: scheduler "test" ended: runnable task stall (
 * stderr: failed to run for 1.
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{

}

SCHEDULER(.enqueue = (void *)enqueue);
