// SPDX-License-Identifier: GPL-2.0-only
/*
 * More stack than a chain of calls may use.
 * status: 2
 * stderr: refused-stack.bpf.c
 * stderr: enqueue: combined stack size of 2 calls is 1024. Too large
 */
#include "tests/cli/progs/prog.h"

static __noinline u64 second(u64 x)
{
	volatile u64 v[50] = { 0 };

	v[x % 50] = x;
	return v[(x + 1) % 50];
}

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	volatile u64 v[50] = { 0 };

	v[enq_flags % 50] = second(enq_flags);
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, v[(enq_flags + 1) % 50], enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
