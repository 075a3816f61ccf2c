// SPDX-License-Identifier: GPL-2.0-only
/*
 * A storage of tasks that is looked up like another map.
 * status: 5
 * stderr: rule-storage-lookup.bpf.c:@LINE: tick: bad argument
 * stderr: bpf_map_lookup_elem: map storage is of type TASK_STORAGE, which has no such operation
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
