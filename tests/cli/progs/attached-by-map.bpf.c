// SPDX-License-Identifier: GPL-2.0-only
/*
 * A struct_ops map without a link is attached when it is written, and detached when the element is deleted (7.2).
 * args: --kernel 7.2
 * status: 0
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
}

SEC(".struct_ops")
struct sched_ext_ops test_ops = { .running = (void *)running, .name = "test" };
