// SPDX-License-Identifier: GPL-2.0-only
/*
 * The value of a map where a task belongs.
 * status: 5
 * stderr: rule-value-as-task.bpf.c:@LINE: enqueue: bad argument
 * stderr: scx_bpf_dsq_insert: argument 1
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} values SEC(".maps");

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 key = 0;
	void *value = bpf_map_lookup_elem(&values, &key);

	if (value)
		scx_bpf_dsq_insert(value, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
