// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash map.
 * status: 2
 * stderr: map counts
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 key = 0;

	bpf_map_lookup_elem(&counts, &key);
}

SCHEDULER(.enqueue = (void *)enqueue);
