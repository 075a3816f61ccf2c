// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: a failed ops.init() makes attaching fail.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 2
 * stderr: cannot attach: Input/output error
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/init")
s32 BPF_PROG(init)
{
	return -5;
}

SCHEDULER(.init = (void *)init);
