// SPDX-License-Identifier: GPL-2.0-only
/*
 * A storage of tasks that is looked up like another map.
 * status: 2
 * stderr: refused-storage-lookup.bpf.c:@LINE: tick: cannot pass map_type 29 (TASK_STORAGE) into func bpf_map_lookup_elem#1
 */
#include "tests/cli/progs/prog.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} storage SEC(".maps");

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	int key = 0;

	bpf_map_lookup_elem(&storage, &key);	/* HERE */
}

SCHEDULER(.tick = (void *)tick);
