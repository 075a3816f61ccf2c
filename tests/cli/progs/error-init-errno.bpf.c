// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops.init() says that it failed.
 * status: 3
 * stderr: scheduler "test" ended: runtime error (ops.init() failed (-12))
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/init")
s32 BPF_PROG(init)
{
	return -12;	/* ENOMEM */
}

SCHEDULER(.init = (void *)init);
