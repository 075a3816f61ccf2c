// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kfunc that may sleep in a program that may not.
 * status: 2
 * stderr: refused-sleepable-kfunc.bpf.c:@LINE: init: program must be sleepable to call sleepable kfunc scx_bpf_create_dsq
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/init")
s32 BPF_PROG(init)
{
	return scx_bpf_create_dsq(0, -1);	/* HERE */
}

SCHEDULER(.init = (void *)init);
