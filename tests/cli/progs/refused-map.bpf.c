// SPDX-License-Identifier: GPL-2.0-only
/*
 * A type of map that is not there.
 * status: 2
 * stderr: map by_name
 * stderr: hash_of_maps
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 1);
		__type(key, u32);
		__type(value, u32);
	});
} by_name SEC(".maps");

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 key = 0;

	bpf_map_lookup_elem(&by_name, &key);
}

SCHEDULER(.enqueue = (void *)enqueue);
