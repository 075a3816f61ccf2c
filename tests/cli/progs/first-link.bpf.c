// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: struct_ops have no links.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 2
 * stderr: this kernel has no links of struct_ops
 * stderr: .struct_ops instead of .struct_ops.link
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
}

SEC(".struct_ops.link")
struct sched_ext_ops test_ops = { .running = (void *)running, .name = "test" };
