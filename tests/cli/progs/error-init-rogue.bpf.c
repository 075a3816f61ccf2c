// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops.init() returns what is no errno.
 * status: 3
 * stderr: scheduler "test" ended: runtime error (ops.init() returned an invalid errno -123456)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/init")
s32 BPF_PROG(init)
{
	return -123456;
}

SCHEDULER(.init = (void *)init);
