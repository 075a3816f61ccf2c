// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store to an address from nowhere.
 * status: 5
 * stderr: rule-wild-store.bpf.c:@LINE: enqueue: store to memory that the program may not write
 * stderr: 0xdead000
 * stderr: source: "*wild = 1; /
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 addr = 0xdead000;
	u32 *wild;

	barrier_var(addr);
	wild = (u32 *)addr;
	*wild = 1;	/* HERE */
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
