// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scheduler that keeps its tasks in queues of an array of maps, counts them in hash maps and walks these.
 * For kernels with either name of the kfuncs.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym __weak;
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym __weak;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;

char _license[] SEC("license") = "GPL";

struct queue {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 64);
	__type(value, u32);
} even SEC(".maps"), odd SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, int);
	__array(values, struct queue);
} queues SEC(".maps") = { .values = { &even, &odd } };

struct count {
	u64 enqueued, dispatched;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8);
	__type(key, u64);
	__type(value, u64);
} recent SEC(".maps");

u64 enqueued, dispatched, walked, summed, recent_hits, full;

static u64 sum(struct bpf_map *map, u32 *pid, struct count *c, u64 *total)
{
	*total += c->dispatched;
	return 0;
}

SEC("struct_ops/maps_enqueue")
int BPF_PROG(maps_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 pid = p->pid, which = pid & 1;
	struct count zero = {}, *c;
	u64 one = 1, *n;
	void *queue = bpf_map_lookup_elem(&queues, &which);

	if (!queue || bpf_map_push_elem(queue, &pid, 0)) {
		__sync_fetch_and_add(&full, 1);
		return 0;
	}
	bpf_map_update_elem(&counts, &pid, &zero, BPF_NOEXIST);
	c = bpf_map_lookup_elem(&counts, &pid);
	if (c)
		__sync_fetch_and_add(&c->enqueued, 1);
	n = bpf_map_lookup_elem(&per_cpu, &pid);
	if (n)
		++*n;
	else
		bpf_map_update_elem(&per_cpu, &pid, &one, 0);
	__sync_fetch_and_add(&enqueued, 1);
	return 0;
}

static bool dispatch_from(u32 which)
{
	void *queue = bpf_map_lookup_elem(&queues, &which);
	struct task_struct *p;
	struct count *c;
	u64 nr;
	u32 pid;

	if (!queue || bpf_map_pop_elem(queue, &pid))
		return false;
	c = bpf_map_lookup_elem(&counts, &pid);
	if (c)
		__sync_fetch_and_add(&c->dispatched, 1);
	nr = __sync_fetch_and_add(&dispatched, 1);
	if (bpf_map_lookup_elem(&recent, &nr))
		__sync_fetch_and_add(&recent_hits, 1);
	bpf_map_update_elem(&recent, &nr, &nr, 0);
	p = bpf_task_from_pid(pid);
	if (!p)
		return true;
	if (bpf_ksym_exists(scx_bpf_dsq_insert))
		scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, 1000000, 0);
	else
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, 1000000, 0);
	bpf_task_release(p);
	return true;
}

SEC("struct_ops/maps_dispatch")
int BPF_PROG(maps_dispatch, s32 cpu, struct task_struct *prev)
{
	if (!dispatch_from(cpu & 1))
		dispatch_from(!(cpu & 1));
	return 0;
}

SEC("struct_ops/maps_tick")
int BPF_PROG(maps_tick, struct task_struct *p)
{
	u64 total = 0;

	walked = bpf_for_each_map_elem(&counts, sum, &total, 0);
	summed = total;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops maps_ops = {
	.enqueue = (void *)maps_enqueue,
	.dispatch = (void *)maps_dispatch,
	.tick = (void *)maps_tick,
	.name = "maps",
};
