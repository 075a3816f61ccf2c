// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: a direct dispatch to a queue that nobody has made.
 * args: --kernel 2022 -m 2 -w "wl: hog hog hog"
 * status: 3
 * stderr: scheduler "test" ended: runtime error (non-existent dsq 0x63 for hog
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, 0x63, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
