// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: an error that ops.init() tells is told by ops.exit(); attaching succeeds.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (no 5)
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/init")
s32 BPF_PROG(init)
{
	scx_bpf_error("no %d", 5);
	return 0;
}

SCHEDULER(.init = (void *)init);
