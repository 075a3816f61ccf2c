// SPDX-License-Identifier: GPL-2.0-only
/* scx_bpf_kick_cpu(). */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/* What the loader kicks at 20 ms, and when it goes on. */
struct kick {
	s32 cpu;
	u64 flags;
	u64 returned_ns;
};

static void kicking_loader(struct world *w)
{
	struct kick *k = w->data;

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	scx_bpf_kick_cpu(w->sch, k->cpu, k->flags);
	k->returned_ns = mach_now();
	kernel_sleep_until(w->k, NEVER);
}

static struct world *kick_world(void **state, struct kick *k)
{
	struct world *w = world_new(state);

	w->loader = kicking_loader;
	w->data = k;
	world_create(w);
	use_fifo(w);
	world_start(w);
	return w;
}

/* A runs on CPU 0 and B waits for it. */
static struct world *kick_busy(void **state, struct kick *k)
{
	struct world *w = kick_world(state, k);

	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 11 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 20 * MS);
	skip_ops(w);
	return w;
}

static void an_idle_cpu_looks_for_a_task_when_it_is_kicked(void **state)
{
	for (u32 i = 0; i < 2; i++) {
		struct kick k = { .cpu = 0, .flags = i ? SCX_KICK_IDLE : 0 };
		struct world *w = kick_world(state, &k);

		run_to(w, 20 * MS);
		skip_ops(w);
		run_to(w, 25 * MS);
		expect_ops(w, "0 dispatch -\n");
		world_free(state);
	}
}

static void an_idle_kick_leaves_a_busy_cpu_alone(void **state)
{
	struct kick k = { .cpu = 0, .flags = SCX_KICK_IDLE };
	struct world *w = kick_busy(state, &k);
	unsigned long picks = cpu_rq(w->k, 0)->scx.kick_sync;

	run_to(w, 25 * MS);
	expect_ops(w, "");
	assert_int_equal(cpu_rq(w->k, 0)->scx.kick_sync, picks);
}

static void a_kick_without_flags_makes_a_busy_cpu_schedule_and_its_task_goes_on(void **state)
{
	struct kick k = { .cpu = 0 };
	struct world *w = kick_busy(state, &k);
	unsigned long picks = cpu_rq(w->k, 0)->scx.kick_sync;

	run_to(w, 25 * MS);
	expect_ops(w, "");
	assert_int_equal(cpu_rq(w->k, 0)->scx.kick_sync, picks + 1);
}

static void a_preempting_kick_ends_the_slice(void **state)
{
	struct kick k = { .cpu = 0, .flags = SCX_KICK_PREEMPT };
	struct world *w = kick_busy(state, &k);

	run_to(w, 25 * MS);
	expect_ops(w, "0 dispatch A\n"
		      "0 dequeue B 0x0\n"
		      "0 stopping A 1\n"
		      "0 enqueue A 0x0\n"
		      "0 running B\n");
	assert_in_range(nth_op(w, OP_running, "B", 0, 0)->ns, 20 * MS, 20 * MS + 5 * US);
}

/* Keeps CPU 0 in the kernel for 200 us, its run queue unlocked. */
static s32 slow_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	if (p->comm[0] == 'S' && mach_now() >= 19 * MS) {
		for (u32 i = 0; i < 200; i++) {
			mach_charge(1 * US);
			mach_sync();
		}
	}
	return prev_cpu;
}

static void a_waiting_kick_returns_when_the_other_cpu_has_been_through_the_scheduler(void **state)
{
	for (u32 i = 0; i < 2; i++) {
		struct kick k = { .cpu = 0, .flags = SCX_KICK_PREEMPT | (i ? SCX_KICK_WAIT : 0) };
		struct world *w = kick_world(state, &k);

		w->ops.select_cpu = slow_select_cpu;
		add_task(w, 10 * MS, TASK("S", "0-1", SLEEP_UNTIL(20 * MS - 100 * US), BLOCK));
		add_task(w, 11 * MS, TASK("A", "0", RUN_FOREVER));
		/* wakes S by a timer on CPU 0, from 19.9 to 20.1 ms */
		run_to(w, 25 * MS);
		if (i)
			assert_in_range(k.returned_ns, 20 * MS + 100 * US, 20 * MS + 110 * US);
		else
			assert_in_range(k.returned_ns, 20 * MS, 20 * MS + 5 * US);
		world_free(state);
	}
}

static void a_waiting_kick_of_an_idle_cpu_does_not_wait(void **state)
{
	struct kick k = { .cpu = 0, .flags = SCX_KICK_WAIT };
	struct world *w = kick_world(state, &k);

	run_to(w, 25 * MS);
	assert_in_range(k.returned_ns, 20 * MS, 20 * MS + 5 * US);
	assert_true(cpumask_empty(cpu_rq(w->k, 2)->scx.cpus_to_sync, 3));
}

/* Each CPU waits for the next one at every tick, all at the same instant. */
static void ring_tick(struct scx_sched *sch, struct task_struct *p)
{
	scx_bpf_kick_cpu(sch, (smp_processor_id() + 1) % 3, SCX_KICK_WAIT | SCX_KICK_PREEMPT);
}

static void cpus_that_wait_for_each_other_do_not_deadlock(void **state)
{
	for (u32 i = 0; i < 2; i++) {
		struct world *w = world_new(state);

		w->real_costs = i;
		w->raw = true;
		world_create(w);
		use_fifo(w);
		w->ops.tick = ring_tick;
		world_start(w);
		for (u32 t = 0; t < 5; t++)
			add_task(w, 10 * MS, &(struct task_def){ .comm = letter(t), STEPS(RUN_FOREVER) });
		run_to(w, 500 * MS);
		assert_string_equal(scx_state(w->k), "enabled");
		assert_true(w->calls[OP_tick] > 1400);
		for (u32 t = 0; t < 5; t++)
			assert_true(cpu_time_of(w, letter(t)) > 150 * MS);
		world_free(state);
	}
}

static void a_cpu_that_runs_a_higher_class_is_not_kicked(void **state)
{
	struct kick k = { .cpu = 0, .flags = SCX_KICK_PREEMPT | SCX_KICK_WAIT };
	struct world *w = kick_world(state, &k);
	u64 switches;

	add_task(w, 10 * MS, RT("R", "0", RUN_FOREVER));
	run_to(w, 20 * MS);
	switches = cpu_rq(w->k, 0)->scx.kick_sync;
	run_to(w, 25 * MS);
	assert_int_equal(cpu_rq(w->k, 0)->scx.kick_sync, switches);
	trace_flush(w->trace);
	for (u32 i = 0; i < w->nr_events; i++)
		assert_false(w->events[i].type == TE_IPI && w->events[i].cpu == 0 &&
			     w->events[i].time_ns >= 20 * MS);
	assert_in_range(k.returned_ns, 20 * MS, 20 * MS + 5 * US);
	/* and nothing is left for the next time */
	assert_true(cpumask_empty(cpu_rq(w->k, 2)->scx.cpus_to_preempt, 3));
	assert_true(cpumask_empty(cpu_rq(w->k, 2)->scx.cpus_to_wait, 3));
}

static void idle_with_preempt_or_wait_and_cpus_that_do_not_exist_are_errors(void **state)
{
	static const struct { s32 cpu; u64 flags; const char *error; } cases[] = {
		{ 0, SCX_KICK_IDLE | SCX_KICK_PREEMPT, "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE" },
		{ 0, SCX_KICK_IDLE | SCX_KICK_WAIT, "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE" },
		{ 3, 0, "invalid CPU 3" },
		{ -1, 0, "invalid CPU -1" },
	};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kick k = { .cpu = cases[i].cpu, .flags = cases[i].flags };
		struct world *w = kick_world(state, &k);

		run_to(w, 100 * MS);
		expect_exit(w, SCX_EXIT_ERROR, "%s", cases[i].error);
		world_free(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(an_idle_cpu_looks_for_a_task_when_it_is_kicked),
		class_test(an_idle_kick_leaves_a_busy_cpu_alone),
		class_test(a_kick_without_flags_makes_a_busy_cpu_schedule_and_its_task_goes_on),
		class_test(a_preempting_kick_ends_the_slice),
		class_test(a_waiting_kick_returns_when_the_other_cpu_has_been_through_the_scheduler),
		class_test(a_waiting_kick_of_an_idle_cpu_does_not_wait),
		class_test(cpus_that_wait_for_each_other_do_not_deadlock),
		class_test(a_cpu_that_runs_a_higher_class_is_not_kicked),
		class_test(idle_with_preempt_or_wait_and_cpus_that_do_not_exist_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
