// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message that would change the terminal and make a second line.
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (?[31mred?)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops.s/init")
s32 BPF_PROG(init)
{
	static char red[] = "\x1b[31mred\n";

	scx_bpf_error("%s", (u64)red);
	return 0;
}

SCHEDULER(.init = (void *)init);
