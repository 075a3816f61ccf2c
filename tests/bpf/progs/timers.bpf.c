// SPDX-License-Identifier: GPL-2.0-only
/* Timers: what the helpers return, and when and where callbacks run. */
#include "sched.h"

#define CLOCK_MONOTONIC 1
#define EACH_NS 3000000
#define TIMER_ABS 1	/* BPF_F_TIMER_ABS */

struct item {
	u64 before;
	struct bpf_timer timer;
	u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct item);
} items SEC(".maps"), others SEC(".maps");

/* of the repeated timer: item 1 */
u64 nr_fired, first_ns, last_ns, armed_ns, wrong_args, wrong_cpu, deadlocks;
u32 armed_cpu;
/* of timer 2, which is to fire at an instant; of 3, which is cancelled; of 0 of the other map, which is overwritten */
u64 abs_ns, nr_cancelled_fired;
/* results of the helpers */
s32 start_uninit, init_clock, init_first, init_again, start_no_callback, start_flags, started, cancel_armed, cancel_idle,
	start_after_cancel, cancel_uninit, update_ret;
/* from ops.tick, where interrupts are off */
s32 tick_cancel = 1, tick_start = 1;
u64 tick_ns, tick_fired_ns;

static struct item *item(void *map, u32 i) { return bpf_map_lookup_elem(map, &i); }

static int repeated(void *map, u32 *key, struct item *v)
{
	u64 now = bpf_ktime_get_ns();

	wrong_args += map != &items || *key != 1 || v != item(&items, 1) || v->before != 77;
	wrong_cpu += bpf_get_smp_processor_id() != armed_cpu;
	first_ns = first_ns ?: now;
	last_ns = now;
	nr_fired++;
	v->fired++;
	deadlocks += bpf_timer_cancel(&v->timer) == -35;	/* EDEADLK */
	bpf_timer_start(&v->timer, EACH_NS, 0);
	return 0;
}

static int once(void *map, u32 *key, struct item *v)
{
	abs_ns = bpf_ktime_get_ns();
	return 0;
}

static int never(void *map, u32 *key, struct item *v)
{
	nr_cancelled_fired++;
	return 0;
}

static int from_tick(void *map, u32 *key, struct item *v)
{
	tick_fired_ns = bpf_ktime_get_ns();
	return 0;
}

OPS(timers_tick), struct task_struct *p)
{
	struct item *v = item(&others, 1);

	if (!v || tick_ns)
		return 0;
	tick_ns = bpf_ktime_get_ns();
	bpf_timer_init(&v->timer, &others, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&v->timer, from_tick);
	tick_start = bpf_timer_start(&v->timer, 1000000, 0);
	v = item(&others, 2);
	if (!v)
		return 0;
	bpf_timer_init(&v->timer, &others, CLOCK_MONOTONIC);
	tick_cancel = bpf_timer_cancel(&v->timer);
	return 0;
}

SEC("struct_ops.s/timers_init")
s32 BPF_PROG(timers_init)
{
	struct item *v = item(&items, 1), *abs = item(&items, 2), *cut = item(&items, 3), *old = item(&others, 0);
	u32 zero = 0;

	if (!v || !abs || !cut || !old)
		return -1;
	v->before = 77;
	cancel_uninit = bpf_timer_cancel(&v->timer);
	start_uninit = bpf_timer_start(&v->timer, 0, 0);
	init_clock = bpf_timer_init(&v->timer, &items, 2);
	init_first = bpf_timer_init(&v->timer, &items, CLOCK_MONOTONIC);
	init_again = bpf_timer_init(&v->timer, &items, CLOCK_MONOTONIC);
	start_no_callback = bpf_timer_start(&v->timer, 0, 0);
	bpf_timer_set_callback(&v->timer, repeated);
	start_flags = bpf_timer_start(&v->timer, EACH_NS, 4);
	armed_cpu = bpf_get_smp_processor_id();
	armed_ns = bpf_ktime_get_ns();
	started = bpf_timer_start(&v->timer, EACH_NS, 0);

	bpf_timer_init(&abs->timer, &items, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&abs->timer, once);
	bpf_timer_start(&abs->timer, 50000000, TIMER_ABS);

	bpf_timer_init(&cut->timer, &items, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&cut->timer, never);
	bpf_timer_start(&cut->timer, EACH_NS, 0);
	cancel_armed = bpf_timer_cancel(&cut->timer);
	cancel_idle = bpf_timer_cancel(&cut->timer);
	start_after_cancel = bpf_timer_start(&cut->timer, EACH_NS, 0);

	bpf_timer_init(&old->timer, &others, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&old->timer, never);
	bpf_timer_start(&old->timer, EACH_NS, 0);
	update_ret = bpf_map_update_elem(&others, &zero, v, 0);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops timers_ops = {
	.tick = (void *)timers_tick,
	.init = (void *)timers_init,
	.name = "timers",
};
