// SPDX-License-Identifier: GPL-2.0-only
/* Higher classes take a CPU away: cpu_release and cpu_acquire, SCX_ENQ_IMMED, picks that start anew. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"


/* --- cpu_release, cpu_acquire --- */

static void an_rt_task_displaces_to_the_head_of_the_local_dsq_and_the_scheduler_is_told(void **state)
{
	struct world *w = world_new(state);

	w->rec = RUN_OPS | BIT_OP(cpu_release) | BIT_OP(cpu_acquire);
	world_create(w);
	use_local(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(15 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("B", "0", RUN(1 * MS), BLOCK));
	add_task(w, 0, RT("R", "0", SLEEP_UNTIL(20 * MS), RUN(2 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 26 * MS);
	/* B waits in the local DSQ, but A goes on first, with what is left of its slice */
	expect_ops(w, "0 stopping A 1\n"
		      "0 cpu_release R reason=0\n"
		      "0 cpu_acquire -\n"
		      "0 running A\n");
	assert_in_range(nth_op(w, OP_running, "A", 15 * MS, 0)->ns, 22 * MS, 22 * MS + 5 * US);
	assert_in_range(find_task(w, "A")->scx.slice, 5 * MS, 8 * MS);
	assert_non_null(strstr(kernel_log(w->k),
			       "ops->cpu_acquire/release() are deprecated, use sched_switch TP instead"));
	run_to(w, 30 * MS);
	expect_cpu_time(w, "B", 1 * MS);
}

static void cpu_release_comes_once_however_many_tasks_of_higher_classes_follow_each_other(void **state)
{
	struct world *w = world_new(state);

	w->rec = BIT_OP(cpu_release) | BIT_OP(cpu_acquire) | BIT_OP(running);
	world_create(w);
	use_local(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 0, RT("R", "0", SLEEP_UNTIL(20 * MS), RUN(2 * MS), BLOCK));
	add_task(w, 0, RT("S", "0", SLEEP_UNTIL(21 * MS), RUN(2 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 cpu_release R reason=0\n"
		      "0 cpu_acquire -\n"
		      "0 running A\n");
}

static void cpu_release_is_not_for_a_cpu_that_goes_idle(void **state)
{
	struct world *w = world_new(state);

	w->rec = BIT_OP(cpu_release) | BIT_OP(cpu_acquire) | BIT_OP(running);
	world_create(w);
	use_local(w);
	world_start(w);
	run_to(w, 5 * MS);
	skip_ops(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	expect_ops(w, "0 running A\n"
		      "0 running A\n");
}

static void moving_loader(struct world *w)
{
	struct cpumask *mask = parse_cpus(w, "1");

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	assert_int_equal(__sched_setaffinity(find_task(w, "A"), mask), 0);
	free(mask);
	kernel_sleep_until(w->k, NEVER);
}

static void the_reason_says_which_class_it_was(void **state)
{
	struct world *w = world_new(state);

	w->loader = moving_loader;
	w->rec = BIT_OP(cpu_release) | BIT_OP(cpu_acquire) | BIT_OP(running);
	world_create(w);
	use_local(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	run_to(w, 19 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	/* the migration thread of CPU 0; A is "running" anew because its mask changes while it runs */
	expect_ops(w, "2 running A\n"
		      "0 cpu_release - reason=2\n"
		      "0 cpu_acquire -\n"
		      "1 running A\n");
}

/* --- IMMED --- */

struct immed {
	u64 enq_flags, reenq_flags;	/* of the first insert and of those after a re-enqueue */
	u32 reasons[4];			/* how often each SCX_TASK_REENQ_* was seen */
	u64 again_dsq;			/* where to on re-enqueue */
};

static void immed_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct immed *im = world_of(sch)->data;

	im->reasons[(p->scx.flags & SCX_TASK_REENQ_REASON_MASK) >> SCX_TASK_REENQ_REASON_SHIFT]++;
	if (enq_flags & SCX_ENQ_REENQ)
		scx_bpf_dsq_insert(sch, p, im->again_dsq, SCX_SLICE_DFL, im->reenq_flags);
	else
		scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL,
				   p->comm[0] == 'A' ? im->enq_flags : 0);
}

static struct world *immed_world(void **state, struct immed *im)
{
	struct world *w = world_new(state);

	w->data = im;
	world_create(w);
	use_fifo(w);
	w->ops.enqueue = immed_enqueue;
	world_start(w);
	return w;
}

static void an_immed_task_starts_on_an_idle_cpu(void **state)
{
	struct immed im = { .enq_flags = SCX_ENQ_IMMED };
	struct world *w = immed_world(state, &im);

	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	expect_cpu_time(w, "A", 1 * MS);
	assert_int_equal(im.reasons[0], 1);
	assert_int_equal(EVENT_COUNT(w, REENQ_IMMED), 0);
	assert_int_equal(cpu_rq(w->k, 0)->scx.nr_immed, 0);
}

static void an_immed_task_that_cannot_start_goes_back_to_the_scheduler(void **state)
{
	struct immed im = { .enq_flags = SCX_ENQ_IMMED, .again_dsq = DSQ_0 };
	struct world *w = immed_world(state, &im);

	add_task(w, 10 * MS, TASK("B", "0", RUN(5 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	assert_int_equal(im.reasons[SCX_TASK_REENQ_IMMED >> SCX_TASK_REENQ_REASON_SHIFT], 1);
	assert_int_equal(EVENT_COUNT(w, REENQ_IMMED), 1);
	assert_int_equal(cpu_rq(w->k, 0)->scx.nr_immed, 0);
	assert_int_equal(find_user_dsq(w->sch, DSQ_0)->nr, 1);
	run_to(w, 30 * MS);
	expect_cpu_time(w, "A", 1 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
}

static void inserting_it_again_and_again_is_an_error(void **state)
{
	struct immed im = { .enq_flags = SCX_ENQ_IMMED,
			    .again_dsq = SCX_DSQ_LOCAL,
			    .reenq_flags = SCX_ENQ_IMMED };
	struct world *w = immed_world(state, &im);

	add_task(w, 10 * MS, TASK("B", "0", RUN(5 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "SCX_ENQ_REENQ on SCX_DSQ_LOCAL repeated 257 times");
	expect_all_back(w);
	expect_cpu_time(w, "A", 1 * MS);
}

static void preempt_and_immed_together_start_at_once(void **state)
{
	struct immed im = { .enq_flags = SCX_ENQ_IMMED | SCX_ENQ_PREEMPT };
	struct world *w = immed_world(state, &im);

	add_task(w, 10 * MS, TASK("B", "0", RUN(5 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 13 * MS);
	expect_cpu_time(w, "A", 1 * MS);
	assert_int_equal(EVENT_COUNT(w, REENQ_IMMED), 0);
}

static void an_immed_task_that_an_rt_task_displaces_goes_back_to_the_scheduler(void **state)
{
	struct immed im = { .enq_flags = SCX_ENQ_IMMED, .again_dsq = DSQ_0 };
	struct world *w = immed_world(state, &im);

	add_task(w, 10 * MS, TASK("A", "0", RUN(15 * MS), BLOCK));
	add_task(w, 0, RT("R", "0", SLEEP_UNTIL(20 * MS), RUN(2 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 26 * MS);
	expect_ops(w, "0 stopping A 1\n"
		      "0 enqueue A 0x10000000000\n"
		      "0 dispatch -\n"
		      "0 dequeue A 0x0\n"
		      "0 running A\n");
	assert_int_equal(im.reasons[SCX_TASK_REENQ_PREEMPTED >> SCX_TASK_REENQ_REASON_SHIFT], 1);
	assert_int_equal(find_task(w, "A")->scx.flags & SCX_TASK_REENQ_REASON_MASK, 0);
}

static void with_always_enq_immed_local_inserts_are_immed(void **state)
{
	struct immed im = { .again_dsq = DSQ_0 };
	struct world *w = immed_world(state, &im);

	w->ops.flags = SCX_OPS_ALWAYS_ENQ_IMMED;
	add_task(w, 10 * MS, TASK("B", "0", RUN(5 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	assert_int_equal(im.reasons[SCX_TASK_REENQ_IMMED >> SCX_TASK_REENQ_REASON_SHIFT], 1);
	run_to(w, 30 * MS);
	expect_cpu_time(w, "A", 1 * MS);
}

/* --- a higher class wakes up within the pick --- */

/*
 * CPU 0 dispatches A to itself and then X, which is on CPU 1's run queue, to CPU 2. For this it drops its own
 * run queue's lock and waits for that of CPU 1, which a slow ops.tick() holds for 50 us. Meanwhile R wakes up
 * on CPU 0.
 */
struct retry {
	struct task_struct *a, *x;
	u64 a_flags;
	u32 nr_dispatch;
	u32 nr_reenq;
};

static void retry_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct retry *r = world_of(sch)->data;

	r->nr_reenq += !!(enq_flags & SCX_ENQ_REENQ);
	if (p->comm[0] == 'A' && !(enq_flags & SCX_ENQ_REENQ))
		r->a = p;
	else if (p->comm[0] == 'X')
		r->x = p;
	else
		scx_bpf_dsq_insert(sch, p, enq_flags & SCX_ENQ_REENQ ? DSQ_0 : SCX_DSQ_LOCAL, SCX_SLICE_DFL,
				   0);
}

static void retry_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct retry *r = world_of(sch)->data;

	if (cpu == 0 && mach_now() >= 20 * MS && mach_now() < 21 * MS) {
		r->nr_dispatch++;
		if (r->a) {
			scx_bpf_dsq_insert(sch, r->a, SCX_DSQ_LOCAL, SCX_SLICE_DFL, r->a_flags);
			scx_bpf_dsq_insert(sch, r->x, SCX_DSQ_LOCAL_ON | 2, SCX_SLICE_DFL, 0);
			r->a = r->x = NULL;
			return;
		}
	}
	if (cpu == 0)
		scx_bpf_dsq_move_to_local(sch, DSQ_0, 0);
}

static void slow_tick(struct scx_sched *sch, struct task_struct *p)
{
	if (smp_processor_id() == 1 && mach_now() >= 20 * MS && mach_now() < 21 * MS)
		mach_charge(50 * US);
}

static void retry_loader(struct world *w)
{
	world_load(w);
	/* from here on it is on the housekeeping CPU, and its timer, too */
	kernel_sleep_until(w->k, 15 * MS);
	kernel_sleep_until(w->k, 20 * MS + 5 * US);
	scx_bpf_kick_cpu(w->sch, 0, 0);
	kernel_sleep_until(w->k, NEVER);
}

static struct world *retry_world(void **state, struct retry *r, struct user_sync *sync)
{
	struct world *w = world_new(state);

	w->machine = "4";
	w->loader = retry_loader;
	w->data = r;
	world_create(w);
	use_fifo(w);
	w->ops.enqueue = retry_enqueue;
	w->ops.dispatch = retry_dispatch;
	w->ops.tick = slow_tick;
	world_start(w);
	add_task(w, 0, RT("R", "0", WAIT(sync), RUN(1 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("Y", "1", RUN_FOREVER));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("X", "1-2", RUN(1 * MS), BLOCK));
	add_task(w, 12 * MS, TASK("P", "3", SLEEP_UNTIL(20 * MS + 20 * US), POST(sync), BLOCK));
	return w;
}

static void a_pick_starts_anew_when_a_higher_class_wakes_up_during_dispatch(void **state)
{
	struct user_sync sync = { 0 };
	struct retry r = { 0 };
	struct world *w = retry_world(state, &r, &sync);
	const struct rec *run;

	run_to(w, 25 * MS);
	assert_int_equal(r.nr_dispatch, 1);
	/* A was in the local DSQ before R woke up, but R runs first */
	run = nth_op(w, OP_running, "A", 0, 0);
	assert_in_range(run->ns, 21 * MS + 40 * US, 21 * MS + 70 * US);
	assert_int_equal(find_task(w, "A")->__state, TASK_INTERRUPTIBLE);
	assert_int_equal(nth_op(w, OP_running, "X", 0, 0)->cpu, 2);
	assert_int_equal(r.nr_reenq, 0);
}

static void an_immed_task_that_was_just_dispatched_goes_back_when_a_higher_class_wakes_up(void **state)
{
	struct user_sync sync = { 0 };
	struct retry r = { .a_flags = SCX_ENQ_IMMED };
	struct world *w = retry_world(state, &r, &sync);

	run_to(w, 21 * MS);
	assert_int_equal(r.nr_reenq, 1);
	assert_int_equal(EVENT_COUNT(w, REENQ_IMMED), 1);
	assert_int_equal(find_user_dsq(w->sch, DSQ_0)->nr, 1);
	run_to(w, 25 * MS);
	assert_int_equal(find_task(w, "A")->__state, TASK_INTERRUPTIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(an_rt_task_displaces_to_the_head_of_the_local_dsq_and_the_scheduler_is_told),
		class_test(cpu_release_comes_once_however_many_tasks_of_higher_classes_follow_each_other),
		class_test(cpu_release_is_not_for_a_cpu_that_goes_idle),
		class_test(the_reason_says_which_class_it_was),
		class_test(an_immed_task_starts_on_an_idle_cpu),
		class_test(an_immed_task_that_cannot_start_goes_back_to_the_scheduler),
		class_test(inserting_it_again_and_again_is_an_error),
		class_test(preempt_and_immed_together_start_at_once),
		class_test(an_immed_task_that_an_rt_task_displaces_goes_back_to_the_scheduler),
		class_test(with_always_enq_immed_local_inserts_are_immed),
		class_test(a_pick_starts_anew_when_a_higher_class_wakes_up_during_dispatch),
		class_test(an_immed_task_that_was_just_dispatched_goes_back_when_a_higher_class_wakes_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
