// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022 does not check the context of a kfunc: what is dispatched where nobody looks stays in the buffer until it is full.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (dispatch buffer overflow)
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 0, 0);
}

SEC("struct_ops/dispatch")
void BPF_PROG(dispatch, s32 cpu, struct task_struct *prev)
{
}

SCHEDULER(.running = (void *)running, .dispatch = (void *)dispatch);
