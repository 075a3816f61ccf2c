// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: no program asks to be sleepable; ops.init() is made so.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 2
 * stderr: this kernel has no sleepable struct_ops programs
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops.s/init")
s32 BPF_PROG(init)
{
	return 0;
}

SCHEDULER(.init = (void *)init);
