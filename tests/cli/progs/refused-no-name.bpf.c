// SPDX-License-Identifier: GPL-2.0-only
/*
 * No name.
 * status: 2
 * stderr: ops.name
 */
#include "tests/cli/progs/prog.h"

SEC(".struct_ops.link")
struct sched_ext_ops test_ops = { .timeout_ms = 1000 };
