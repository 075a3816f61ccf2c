// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: only ops.consume() and ops.consume_final() may consume.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (scx_bpf_consume() called from an operation other than ops.consume() and ops.consume_final())
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/dispatch")
void BPF_PROG(dispatch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_consume(SCX_DSQ_GLOBAL);
}

SCHEDULER(.dispatch = (void *)dispatch);
