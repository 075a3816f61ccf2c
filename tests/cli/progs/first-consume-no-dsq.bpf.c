// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: ops.consume() of a queue that nobody has made.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (invalid dsq_id 0x0000000000000063)
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/consume")
void BPF_PROG(consume, s32 cpu)
{
	scx_bpf_consume(0x63);
}

SCHEDULER(.consume = (void *)consume);
