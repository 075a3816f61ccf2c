// SPDX-License-Identifier: GPL-2.0-only
/* Time slices: expiry, refilling, the last task of a CPU, yielding. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/* --- nothing else to run --- */

static void the_last_task_of_a_cpu_goes_on_when_dispatch_finds_nothing(void **state)
{
	struct world *w = world_new(state);
	s64 kept, refilled;

	world_create(w);
	use_fifo(w);
	w->ops.enqueue = local_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	run_to(w, 25 * MS);
	skip_ops(w);
	kept = EVENT_COUNT(w, DISPATCH_KEEP_LAST);
	refilled = EVENT_COUNT(w, REFILL_SLICE_DFL);
	/* slices of 20 ms, that end with the first tick after them */
	run_to(w, 60 * MS);
	expect_ops(w, "0 dispatch A\n"
		      "0 dispatch A\n");
	assert_int_equal(EVENT_COUNT(w, DISPATCH_KEEP_LAST), kept + 2);
	assert_int_equal(EVENT_COUNT(w, REFILL_SLICE_DFL), refilled + 2);
	/* charged at the last tick */
	expect_cpu_time(w, "A", 49 * MS);
}

static void enq_last_gives_the_last_task_back_to_the_scheduler(void **state)
{
	struct world *w = world_new(state);
	s64 kept;

	world_create(w);
	use_fifo(w);
	w->ops.enqueue = local_enqueue;
	w->ops.flags = SCX_OPS_ENQ_LAST;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	run_to(w, 25 * MS);
	skip_ops(w);
	kept = EVENT_COUNT(w, DISPATCH_KEEP_LAST);
	run_to(w, 40 * MS);
	/* to the local DSQ and so back on the CPU, by way of the idle task */
	expect_ops(w, "0 dispatch A\n"
		      "0 stopping A 1\n"
		      "0 enqueue A 0x20000000000\n"
		      "0 running A\n");
	assert_int_equal(EVENT_COUNT(w, DISPATCH_KEEP_LAST), kept);
	expect_cpu_time(w, "A", 29 * MS);
}

static void an_enq_last_task_that_the_scheduler_keeps_leaves_the_cpu_idle(void **state)
{
	struct world *w = world_new(state);
	struct holder h;

	world_create(w);
	use_holder(w, &h);
	w->ops.flags = SCX_OPS_ENQ_LAST;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	run_to(w, 25 * MS);
	h.hold = true;
	run_to(w, 60 * MS);
	assert_int_equal(nth_op(w, OP_enqueue, "A", 25 * MS, 0)->a, SCX_ENQ_LAST);
	assert_true(task_on_class(cpu_rq(w->k, 0)->curr, CLASS_IDLE));
	assert_in_range(cpu_time_of(w, "A"), 20 * MS, 21 * MS);
	assert_int_equal(find_task(w, "A")->scx.ops_state.counter & SCX_OPSS_STATE_MASK, SCX_OPSS_QUEUED);
}

/* --- slices that the scheduler sets --- */

static void zero_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	local_enqueue(sch, p, enq_flags);
	scx_bpf_task_set_slice(sch, p, 0);
}

static u32 count_text(const char *text, const char *what)
{
	u32 n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void a_zero_slice_is_refilled_and_warned_about_once(void **state)
{
	struct world *w = world_new(state);
	char line[128];

	world_create(w);
	use_local(w);
	w->ops.enqueue = zero_enqueue;
	world_start(w);
	add_task(w, 10 * MS, LOOP("A", "0", RUN(1 * MS), SLEEP(1 * MS)));
	run_to(w, 30 * MS);
	snprintf(line, sizeof(line), "sched_ext: A[%d] has zero slice in do_pick_task_scx()", pid_of(w, "A"));
	assert_int_equal(count_text(kernel_log(w->k), "zero slice"), 1);
	assert_non_null(strstr(kernel_log(w->k), line));
	assert_true(EVENT_COUNT(w, REFILL_SLICE_DFL) >= 9);
	assert_string_equal(scx_state(w->k), "enabled");
	/* not the zero slice that it had */
	assert_int_equal(count_ops(w, OP_dispatch, "A", 0), 0);
}

static void inf_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_INF, enq_flags);
}

static void an_infinite_slice_never_expires(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	w->ops.enqueue = inf_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 20 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 5000 * MS);
	assert_int_equal(find_task(w, "A")->scx.slice, SCX_SLICE_INF);
	assert_int_equal(cpu_time_of(w, "B"), 0);
	assert_true(cpu_rq(w->k, 0)->scx.flags & SCX_RQ_CAN_STOP_TICK);
	assert_true(cpu_time_of(w, "A") > 4980 * MS);
}

/* The first time 5 ms, from then on what is left of that. */
static void rest_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct world *w = world_of(sch);
	u32 n = w->calls[OP_enqueue];

	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, n == 1 ? 5 * MS : 0, enq_flags);
}

static void an_insert_with_slice_0_keeps_what_is_left_but_at_least_1(void **state)
{
	struct world *w = world_new(state);
	struct task_struct *p;

	world_create(w);
	use_local(w);
	w->ops.enqueue = rest_enqueue;
	world_start(w);
	add_task(w, 10 * MS,
		 TASK("A", "0", RUN(2 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), SLEEP_UNTIL(30 * MS),
		      RUN_FOREVER));
	run_to(w, 15 * MS);
	p = find_task(w, "A");
	assert_in_range(p->scx.slice, 3 * MS - 5 * US, 3 * MS);
	run_to(w, 25 * MS);
	assert_in_range(p->scx.slice, 2 * MS - 5 * US, 2 * MS);
	/* used up while another task waits */
	add_task(w, 30 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 40 * MS);
	assert_int_equal(nth_op(w, OP_stopping, "A", 30 * MS, 0)->a, true);
	assert_int_equal(p->scx.slice, 1);
}

static void slice_expiry_waits_for_the_tick(void **state)
{
	struct world *w = world_new(state);
	const struct rec *stop;

	w->hz = 250;
	world_create(w);
	use_fifo(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 11 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 60 * MS);
	/* 20 ms from 10 on: the ticks are at multiples of 4 ms */
	stop = nth_op(w, OP_stopping, "A", 0, 0);
	assert_in_range(stop->ns, 32 * MS, 32 * MS + 5 * US);
	stop = nth_op(w, OP_stopping, "B", 0, 0);
	assert_in_range(stop->ns, 52 * MS, 56 * MS + 5 * US);
}

/* --- yielding and ticks --- */

static void yield_without_an_operation_ends_the_slice(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(3 * MS), YIELD, RUN(1 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	skip_ops(w);
	run_to(w, 20 * MS);
	expect_ops(w, "0 dispatch A\n"
		      "0 dequeue B 0x0\n"
		      "0 stopping A 1\n"
		      "0 enqueue A 0x0\n"
		      "0 running B\n"
		      "0 stopping B 0\n"
		      "0 quiescent B 0x9\n"
		      "0 dispatch B\n"
		      "0 dequeue A 0x0\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 dispatch A\n");
}

static bool no_yield(struct scx_sched *sch, struct task_struct *from, struct task_struct *to)
{
	assert_null(to);
	return false;
}

static void yield_with_an_operation_leaves_the_slice_to_it(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	w->ops.yield = no_yield;
	w->rec |= BIT_OP(yield);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(3 * MS), YIELD, RUN(1 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	skip_ops(w);
	run_to(w, 20 * MS);
	expect_ops(w, "0 yield A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 dispatch A\n"
		      "0 dequeue B 0x0\n"
		      "0 running B\n"
		      "0 stopping B 0\n"
		      "0 quiescent B 0x9\n"
		      "0 dispatch B\n");
}

static void tick_tick(struct scx_sched *sch, struct task_struct *p)
{
	/* slice 0 in ops.tick(): the CPU reschedules right after it */
	if (world_of(sch)->calls[OP_tick] == 3)
		scx_bpf_task_set_slice(sch, p, 0);
}

static void ops_tick_is_called_at_each_tick_and_can_end_the_slice(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	w->ops.tick = tick_tick;
	w->rec = BIT_OP(tick) | BIT_OP(stopping) | BIT_OP(running);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(20 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("B", "0", RUN(1500 * US), BLOCK));
	run_to(w, 15 * MS);
	expect_ops(w, "0 running A\n"
		      "0 tick A\n"
		      "0 tick A\n"
		      "0 tick A\n"
		      "0 stopping A 1\n"
		      "0 running B\n"
		      "0 tick B\n"
		      "0 stopping B 0\n"
		      "0 running A\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(the_last_task_of_a_cpu_goes_on_when_dispatch_finds_nothing),
		class_test(enq_last_gives_the_last_task_back_to_the_scheduler),
		class_test(an_enq_last_task_that_the_scheduler_keeps_leaves_the_cpu_idle),
		class_test(a_zero_slice_is_refilled_and_warned_about_once),
		class_test(an_infinite_slice_never_expires),
		class_test(an_insert_with_slice_0_keeps_what_is_left_but_at_least_1),
		class_test(slice_expiry_waits_for_the_tick),
		class_test(yield_without_an_operation_ends_the_slice),
		class_test(yield_with_an_operation_leaves_the_slice_to_it),
		class_test(ops_tick_is_called_at_each_tick_and_can_end_the_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
