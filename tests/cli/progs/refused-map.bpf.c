// SPDX-License-Identifier: GPL-2.0-only
/*
 * A type of map that is not there.
 * status: 2
 * stderr: map sockets: map type XSKMAP is not supported
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, 17);	/* BPF_MAP_TYPE_XSKMAP */
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

SEC(".maps");

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 key = 0;

	bpf_map_lookup_elem(&sockets, &key);
}

SCHEDULER(.enqueue = (void *)enqueue);
