// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load through a number that no kernel object had.
 * status: 5
 * stderr: rule-wild-load.bpf.c:@LINE: enqueue: load from memory that the program may not read
 * stderr: slice = *wild
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 addr = 0xdead000, slice, *wild;

	barrier_var(addr);
	wild = (u64 *)addr;
	slice = *wild;	/* HERE */
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, slice, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
