// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two schedulers, of which one could be attached.
 * status: 1
 * stderr: has 2 struct_ops, of which one could be attached
 */
#include "tests/cli/progs/prog.h"

SCHEDULER();

SEC(".struct_ops.link")
struct sched_ext_ops other_ops = { .name = "other" };
