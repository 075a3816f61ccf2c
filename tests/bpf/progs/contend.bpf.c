// SPDX-License-Identifier: GPL-2.0-only
/* A lock that the ticks of all CPUs want at the same instant. */
#include "sched.h"

struct locked {
	struct bpf_spin_lock lock;
	u32 owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} values SEC(".maps");

u64 nr_ticks, max_ns, overlaps, steps;

OPS(contend_tick), struct task_struct *p)
{
	u32 zero = 0, me = bpf_get_smp_processor_id() + 1;
	struct locked *v = bpf_map_lookup_elem(&values, &zero);
	u64 start = bpf_ktime_get_ns(), ns;

	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	v->owner = me;
	/* atomics let other CPUs go first */
	for (int i = 0; i < 500; i++)
		__sync_fetch_and_add(&steps, 1);
	overlaps += v->owner != me;
	bpf_spin_unlock(&v->lock);
	ns = bpf_ktime_get_ns() - start;
	nr_ticks++;
	if (ns > max_ns)
		max_ns = ns;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops contend_ops = {
	.tick = (void *)contend_tick,
	.name = "contend",
};
