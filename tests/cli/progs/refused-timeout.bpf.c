// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watchdog that waits for longer than the kernel lets it.
 * status: 2
 * stderr: ops.timeout_ms is 30001, at most 30000 is allowed
 */
#include "tests/cli/progs/prog.h"

SEC(".struct_ops.link")
struct sched_ext_ops test_ops = { .name = "test", .timeout_ms = 30001 };
