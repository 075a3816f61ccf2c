// SPDX-License-Identifier: GPL-2.0-only
/* Tasks that a scheduler moves to other CPUs. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/* Where tasks are to go: chosen by the test while it runs. */
struct target {
	s32 cpu;
	u64 enq_flags;
	struct task_struct *held;	/* test's ops.enqueue() gave it to nobody */
};

static void expect_no_holder(const struct task_struct *p)
{
	assert_int_equal(p->scx.holding_cpu, -1);
	assert_int_equal(p->scx.sticky_cpu, -1);
	assert_int_equal(p->scx.ddsp_dsq_id, SCX_DSQ_INVALID);
	assert_int_equal(p->scx.ddsp_enq_flags, 0);
	assert_int_equal(p->scx.ops_state.counter, SCX_OPSS_NONE);
}

/* --- from ops.enqueue() and ops.select_cpu(): deferred --- */

static void on_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct target *t = world_of(sch)->data;

	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL_ON | t->cpu, SCX_SLICE_DFL, enq_flags | t->enq_flags);
}

static struct world *on_world(void **state, struct target *t)
{
	struct world *w = world_new(state);

	w->data = t;
	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = on_enqueue;
	world_start(w);
	return w;
}

static void a_direct_dispatch_to_another_cpu_moves_the_task_there(void **state)
{
	struct target t = { .cpu = 0 };
	struct world *w = on_world(state, &t);

	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	t.cpu = 1;
	run_to(w, 30 * MS);
	/* a move is no change of runnable state, and the scheduler never had the task */
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 0\n"
		      "0 runnable A 0x100009\n"
		      "0 enqueue A 0x100009\n"
		      "1 running A\n"
		      "1 stopping A 0\n"
		      "1 quiescent A 0x9\n");
	assert_int_equal(count_events(w, TE_MIGRATE, pid_of(w, "A"), 0, 20 * MS), 1);
	expect_no_holder(find_task(w, "A"));
	expect_cpu_time(w, "A", 2 * MS);
}

/* Neither a wake-up nor a balance callback follows this enqueue. */
static void a_direct_dispatch_to_another_cpu_at_the_end_of_a_slice_is_carried_out_at_once(void **state)
{
	struct target t = { .cpu = 0 };
	struct world *w = on_world(state, &t);
	const struct rec *stop, *run;

	add_task(w, 10 * MS, TASK("A", "0-1", RUN_FOREVER));
	add_task(w, 10 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 20 * MS);
	t.cpu = 1;
	run_to(w, 35 * MS);
	stop = nth_op(w, OP_stopping, "A", 20 * MS, 0);
	run = nth_op(w, OP_running, "A", 20 * MS, 0);
	assert_in_range(stop->ns, 30 * MS, 31 * MS + 5 * US);
	assert_int_equal(run->cpu, 1);
	assert_in_range(run->ns, stop->ns, stop->ns + 5 * US);
}

static s32 on_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct target *t = world_of(sch)->data;

	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL_ON | t->cpu, SCX_SLICE_DFL, t->enq_flags);
	return 0;
}

static void local_on_from_select_cpu_overrides_the_cpu_that_it_returns(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = on_world(state, &t);

	w->ops.select_cpu = on_select_cpu;
	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	/* 0x40000: it was on CPU 1, and select_cpu said 0 */
	expect_ops(w, "1 select_cpu A prev=1 flags=0x8 -> 0\n"
		      "1 runnable A 0x140009\n"
		      "1 running A\n"
		      "1 stopping A 0\n"
		      "1 quiescent A 0x9\n");
	expect_no_holder(find_task(w, "A"));
}

static void a_wakeup_of_a_task_of_one_cpu_does_not_ask_select_cpu(void **state)
{
	struct target t = { .cpu = 0 };
	struct world *w = on_world(state, &t);

	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 runnable A 0x9\n"
		      "0 enqueue A 0x9\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n");
}

static void a_preempting_remote_insert_displaces_the_task_there(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = on_world(state, &t);

	add_task(w, 10 * MS, TASK("A", "0-1", SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	add_task(w, 15 * MS, TASK("B", "0-1", RUN_FOREVER));
	run_to(w, 19 * MS);
	t.enq_flags = SCX_ENQ_PREEMPT;
	run_to(w, 25 * MS);
	assert_in_range(nth_op(w, OP_stopping, "B", 0, 0)->ns, 20 * MS, 20 * MS + 5 * US);
	assert_in_range(nth_op(w, OP_running, "A", 20 * MS, 0)->ns, 20 * MS, 20 * MS + 5 * US);
	assert_int_equal(nth_op(w, OP_running, "A", 20 * MS, 0)->cpu, 1);
}

static void a_remote_insert_outside_of_the_affinity_is_an_error(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = on_world(state, &t);

	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for A[%d]",
		    pid_of(w, "A"));
	/* to the global DSQ of its CPU */
	assert_int_equal(count_events(w, TE_DSQ_INSERT, pid_of(w, "A"), SCX_DSQ_GLOBAL, 0), 1);
	expect_cpu_time(w, "A", 1 * MS);
	expect_all_back(w);
}

/* Goes on without migration, as kernel code does that must stay on its CPU. */
static void pinned_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 10 * MS);
	strcpy(current->comm, "P");
	migrate_disable();
	kernel_sleep_until(w->k, 20 * MS);
	migrate_enable();
	kernel_sleep_until(w->k, NEVER);
}

static void a_task_that_must_not_migrate_stays_on_its_cpu_without_asking_the_scheduler(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = on_world(state, &t);

	w->loader = pinned_loader;
	run_to(w, 100 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_int_equal(EVENT_COUNT(w, ENQ_SKIP_MIGRATION_DISABLED), 1);
	assert_int_equal(count_ops(w, OP_enqueue, "P", 0), 0);
	assert_int_equal(count_ops(w, OP_select_cpu, "P", 0), 0);
}

static void moving_a_task_that_must_not_migrate_is_an_error(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = on_world(state, &t);

	w->loader = pinned_loader;
	w->ops.flags = SCX_OPS_ENQ_MIGRATION_DISABLED;
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR,
		    "SCX_DSQ_LOCAL[_ON] cannot move migration disabled P[%d] from CPU 2 to 1",
		    pid_of(w, "P"));
}

/* --- from ops.dispatch() --- */

static void held_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct target *t = world_of(sch)->data;

	t->held = p;
}

/* CPU 0 dispatches what is held, to wherever the test says. */
static void held_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct target *t = world_of(sch)->data;

	if (cpu || !t->held)
		return;
	scx_bpf_dsq_insert(sch, t->held, SCX_DSQ_LOCAL_ON | t->cpu, SCX_SLICE_DFL, t->enq_flags);
	t->held = NULL;
}

static s32 last_cpu_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return 1;
}

static void kick_0_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	scx_bpf_kick_cpu(w->sch, 0, 0);
	kernel_sleep_until(w->k, w->unload_ns);
	world_unload(w);
}

static struct world *held_world(void **state, struct target *t, const char *machine)
{
	struct world *w = world_new(state);

	w->data = t;
	w->machine = machine;
	w->loader = kick_0_loader;
	world_create(w);
	w->ops.select_cpu = last_cpu_select_cpu;
	w->ops.enqueue = held_enqueue;
	w->ops.dispatch = held_dispatch;
	world_start(w);
	return w;
}

static void dispatch_moves_a_task_from_another_cpu_to_a_third_one(void **state)
{
	struct target t = { .cpu = 2 };
	struct world *w = held_world(state, &t, "4");

	add_task(w, 10 * MS, TASK("A", "0-2", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	assert_int_equal(task_cpu(find_task(w, "A")), 1);
	skip_ops(w);
	w->rec = RUN_OPS & ~BIT_OP(dispatch);
	run_to(w, 30 * MS);
	/* custody ends on arrival, under the lock of the run queue that it comes to */
	expect_ops(w, "0 dequeue A 0x0\n"
		      "2 running A\n"
		      "2 stopping A 0\n"
		      "2 quiescent A 0x9\n");
	assert_int_equal(count_events(w, TE_MIGRATE, pid_of(w, "A"), 1, 20 * MS), 1);
	expect_no_holder(find_task(w, "A"));
}

static void dispatch_to_the_cpu_that_the_task_is_on_does_not_migrate_it(void **state)
{
	struct target t = { .cpu = 1 };
	struct world *w = held_world(state, &t, "4");

	add_task(w, 10 * MS, TASK("A", "0-2", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_int_equal(nth_op(w, OP_running, "A", 0, 0)->cpu, 1);
	assert_int_equal(count_ops(w, OP_dequeue, "A", 0), 1);
	assert_int_equal(count_events(w, TE_MIGRATE, pid_of(w, "A"), NEVER, 20 * MS), 0);
	expect_no_holder(find_task(w, "A"));
}

static void dispatch_outside_of_the_affinity_is_an_error_and_the_task_lands_on_the_global_dsq(void **state)
{
	struct target t = { .cpu = 2 };
	struct world *w = held_world(state, &t, "4");

	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "SCX_DSQ_LOCAL[_ON] target CPU 2 not allowed for A[%d]",
		    pid_of(w, "A"));
	assert_int_equal(count_events(w, TE_DSQ_INSERT, pid_of(w, "A"), SCX_DSQ_GLOBAL, 0), 1);
	/* it left the scheduler's custody all the same */
	assert_int_equal(count_ops(w, OP_dequeue, "A", 0), 1);
	expect_cpu_time(w, "A", 1 * MS);
	expect_no_holder(find_task(w, "A"));
	expect_all_back(w);
}

/* --- scx_bpf_dsq_move_to_local() --- */

/* CPU 1 leaves its tasks to CPU 0. */
static void only_0_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	if (cpu == 0)
		fifo_dispatch(sch, cpu, prev);
}

static void move_to_local_fetches_a_task_from_another_run_queue(void **state)
{
	struct world *w = world_new(state);

	w->loader = kick_0_loader;
	world_create(w);
	use_fifo(w);
	w->ops.select_cpu = last_cpu_select_cpu;
	w->ops.dispatch = only_0_dispatch;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	assert_int_equal(task_cpu(find_task(w, "A")), 1);
	skip_ops(w);
	w->rec = RUN_OPS & ~BIT_OP(dispatch);
	run_to(w, 30 * MS);
	expect_ops(w, "0 dequeue A 0x0\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n");
	assert_int_equal(count_events(w, TE_MIGRATE, pid_of(w, "A"), 1, 20 * MS), 1);
	expect_no_holder(find_task(w, "A"));
}

static void move_to_local_skips_tasks_that_cannot_run_here(void **state)
{
	struct world *w = world_new(state);

	w->loader = kick_0_loader;
	world_create(w);
	use_fifo(w);
	w->ops.select_cpu = last_cpu_select_cpu;
	w->ops.dispatch = only_0_dispatch;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "1", RUN(1 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("B", "0-1", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_int_equal(cpu_time_of(w, "A"), 0);
	expect_cpu_time(w, "B", 1 * MS);
	assert_int_equal(nth_op(w, OP_running, "B", 0, 0)->cpu, 0);
	assert_int_equal(find_user_dsq(w->sch, DSQ_0)->nr, 1);
	assert_string_equal(scx_state(w->k), "enabled");
}

/*
 * A task is fetched by one CPU while its nice is changed by another, at 20 ms + d for a range of d: whoever
 * wins, the task is in one place (the invariants are checked all the time), and ops.dequeue() comes once per
 * custody.
 */
struct race {
	u64 delay_ns;
};

static void race_loader(struct world *w)
{
	struct race *r = w->data;

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	scx_bpf_kick_cpu(w->sch, 0, 0);
	mach_charge(r->delay_ns);
	mach_sync();
	set_user_nice(find_task(w, "A"), 5);
	kernel_sleep_until(w->k, 25 * MS);
	scx_bpf_kick_cpu(w->sch, 0, 0);
	kernel_sleep_until(w->k, NEVER);
}

static void a_move_that_races_with_a_dequeue_loses_or_wins_but_never_both(void **state)
{
	u32 lost = 0, won = 0;

	for (u32 i = 0; i < 60; i++) {
		struct world *w = world_new(state);
		struct race r = { .delay_ns = i * 50 };
		const struct rec *first;

		w->loader = race_loader;
		w->data = &r;
		w->real_costs = true;
		world_create(w);
		use_fifo(w);
		w->ops.select_cpu = last_cpu_select_cpu;
		w->ops.dispatch = only_0_dispatch;
		world_start(w);
		add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), BLOCK));
		run_to(w, 40 * MS);
		first = nth_op(w, OP_dequeue, "A", 20 * MS, 0);
		lost += first->a != 0;
		won += first->a == 0;
		assert_int_equal(count_ops(w, OP_dequeue, "A", 0), count_ops(w, OP_enqueue, "A", 0));
		assert_int_equal(find_task(w, "A")->__state, TASK_INTERRUPTIBLE);
		expect_no_holder(find_task(w, "A"));
		world_free(state);
	}
	assert_true(lost > 0);
	assert_true(won > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_direct_dispatch_to_another_cpu_moves_the_task_there),
		class_test(a_direct_dispatch_to_another_cpu_at_the_end_of_a_slice_is_carried_out_at_once),
		class_test(local_on_from_select_cpu_overrides_the_cpu_that_it_returns),
		class_test(a_wakeup_of_a_task_of_one_cpu_does_not_ask_select_cpu),
		class_test(a_preempting_remote_insert_displaces_the_task_there),
		class_test(a_remote_insert_outside_of_the_affinity_is_an_error),
		class_test(a_task_that_must_not_migrate_stays_on_its_cpu_without_asking_the_scheduler),
		class_test(moving_a_task_that_must_not_migrate_is_an_error),
		class_test(dispatch_moves_a_task_from_another_cpu_to_a_third_one),
		class_test(dispatch_to_the_cpu_that_the_task_is_on_does_not_migrate_it),
		class_test(dispatch_outside_of_the_affinity_is_an_error_and_the_task_lands_on_the_global_dsq),
		class_test(move_to_local_fetches_a_task_from_another_run_queue),
		class_test(move_to_local_skips_tasks_that_cannot_run_here),
		class_test(a_move_that_races_with_a_dequeue_loses_or_wins_but_never_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
