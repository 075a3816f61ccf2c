// SPDX-License-Identifier: GPL-2.0-only
/*
 * A map with a special field that is not there.
 * status: 2
 * stderr: map works: value has a bpf_wq, which is not supported
 */
#include "tests/cli/progs/prog.h"

struct bpf_wq {
	u64 __opaque[2];
};

struct work {
	struct bpf_wq wq;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct work);
} works SEC(".maps");

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	u32 key = 0;

	bpf_map_lookup_elem(&works, &key);
}

SCHEDULER(.tick = (void *)tick);
