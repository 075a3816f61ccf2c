// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lookup that finds nothing, whose result is used without a test.
 * status: 5
 * stderr: rule-null-load.bpf.c:@LINE: enqueue: load from memory that the program may not read
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} slices SEC(".maps");

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 key = 1;
	u64 *slice = bpf_map_lookup_elem(&slices, &key);

	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, *slice, enq_flags);	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
