// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_bpf_error() before any task is switched to the scheduler.
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (no room for 7 things)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/init")
s32 BPF_PROG(init)
{
	scx_bpf_error("no room for %llu things", 7);
	return 0;
}

SCHEDULER(.init = (void *)init);
