/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/trace/stream.h"
#include "trace/stats.h"

struct fixture {
	struct trace *t;
	struct trace_stats *s;
};

static struct fixture begin(u32 nr_cpus)
{
	struct fixture f = { .t = trace_create() };
	void *s;
	u32 i;

	assert_int_equal(trace_stats_create(&s), 0);
	assert_int_equal(trace_add_sink(f.t, &trace_stats_ops, s), 0);
	f.s = s;
	for (i = 0; i < nr_cpus; i++)
		st_cpu(f.t, i);
	return f;
}

static void finish(struct fixture *f, u64 end_ns)
{
	assert_int_equal(trace_finish(f->t, end_ns), 0);
}

static const struct stat_task *task(const struct fixture *f, s32 pid)
{
	const struct stat_task *p;
	size_t i;

	for (i = 0; (p = trace_stats_task(f->s, i)); i++)
		if (p->pid == pid)
			return p;
	fail_msg("no task %d", pid);
	return NULL;
}

/*
 * One CPU: 0-100 idle, 100-200 A, 200-350 B, 350-400 A, 400-1000 idle.
 * A is woken at 90 (latency 10), preempted at 200, waits 150, sleeps at 400. B is woken at 150 (latency 50).
 */
static void one_cpu_is_accounted_to_the_ns(void **state)
{
	struct fixture f = begin(1);
	const struct stat_task *a, *b;
	const struct stat_cpu *c;

	st_task(f.t, 0, 1, "a", 0);
	st_task(f.t, 0, 2, "b", 0);
	st_wakeup(f.t, 90, 0, 1, 0);
	st_switch(f.t, 100, 0, 0, 0, 1);
	st_wakeup(f.t, 150, 0, 2, 0);
	st_switch(f.t, 200, 0, 1, PREEMPTED, 2);
	st_switch(f.t, 350, 0, 2, TASK_INTERRUPTIBLE, 1);
	st_switch(f.t, 400, 0, 1, TASK_UNINTERRUPTIBLE, 0);
	finish(&f, 1000);

	a = task(&f, 1);
	assert_string_equal(a->name, "a");
	assert_int_equal(a->cpu_ns, 150);
	assert_int_equal(a->switches, 2);
	assert_int_equal(a->preempted, 1);
	assert_int_equal(a->wakeups, 1);
	assert_int_equal(a->wake_latency.n, 1);
	assert_int_equal(a->wake_latency.max, 10);
	assert_int_equal(a->preempt_wait.n, 1);
	assert_int_equal(a->preempt_wait.max, 150);
	assert_int_equal(a->slice.n, 2);
	assert_int_equal(a->slice.min, 50);
	assert_int_equal(a->slice.max, 100);
	b = task(&f, 2);
	assert_int_equal(b->cpu_ns, 150);
	assert_int_equal(b->switches, 1);
	assert_int_equal(b->preempted, 0);
	assert_int_equal(b->wake_latency.max, 50);
	c = trace_stats_cpu(f.s, 0);
	assert_int_equal(c->busy_ns, 300);
	assert_int_equal(c->idle_ns, 700);
	/* A waited from 90 to 100 while the CPU was idle; B's wait was under A */
	assert_int_equal(c->queued_idle_ns, 10);
	assert_int_equal(c->switches, 4);
	assert_int_equal(trace_stats_counts(f.s)->switches, 4);
	assert_int_equal(trace_stats_counts(f.s)->wakeups, 2);
	trace_destroy(f.t);
}

static void switched_away_from_while_runnable_is_preempted_flag_or_not(void **state)
{
	struct fixture f = begin(1);

	st_switch(f.t, 10, 0, 0, 0, 1);
	st_switch(f.t, 20, 0, 1, TASK_RUNNING, 2);		/* sched_yield() */
	st_switch(f.t, 30, 0, 2, PREEMPTED | TASK_INTERRUPTIBLE, 1);	/* about to sleep */
	st_switch(f.t, 40, 0, 1, TASK_DEAD, 0);
	finish(&f, 40);
	assert_int_equal(task(&f, 1)->preempted, 1);
	assert_int_equal(task(&f, 1)->preempt_wait.max, 10);
	assert_int_equal(task(&f, 2)->preempted, 1);
	trace_destroy(f.t);
}

/*
 * Two CPUs; CPU 1 is idle all the time. Tasks 1 and 2 wait for CPU 0 in 100-200 (1, 2), 200-300 (2 only),
 * none in 300-400, and 1 again in 400-450.
 */
static void queued_idle_is_idle_time_while_any_task_waits_anywhere(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 50, 0, 0, 0, 3);
	st_wakeup(f.t, 100, 0, 1, 0);
	st_wakeup(f.t, 120, 0, 2, 0);
	st_switch(f.t, 200, 0, 3, TASK_INTERRUPTIBLE, 1);
	st_switch(f.t, 300, 0, 1, TASK_INTERRUPTIBLE, 2);
	st_wakeup(f.t, 400, 0, 1, 0);
	st_switch(f.t, 450, 0, 2, TASK_INTERRUPTIBLE, 1);
	finish(&f, 1000);
	assert_int_equal(trace_stats_cpu(f.s, 0)->queued_idle_ns, 0);
	assert_int_equal(trace_stats_cpu(f.s, 1)->idle_ns, 1000);
	assert_int_equal(trace_stats_cpu(f.s, 1)->queued_idle_ns, 200 + 50);
	trace_destroy(f.t);
}

static void queued_idle_counts_only_the_part_that_overlaps_with_idle(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 0, 0, 0, 0, 3);
	st_switch(f.t, 0, 1, 0, 0, 4);
	st_wakeup(f.t, 100, 0, 1, 0);			/* waits 100-300 */
	st_switch(f.t, 150, 1, 4, TASK_INTERRUPTIBLE, 0);
	st_wakeup(f.t, 230, 0, 4, 1);			/* waits 230-250 */
	st_switch(f.t, 250, 1, 0, 0, 4);
	st_switch(f.t, 300, 0, 3, TASK_INTERRUPTIBLE, 1);
	st_switch(f.t, 350, 1, 4, TASK_INTERRUPTIBLE, 0);
	finish(&f, 400);
	assert_int_equal(trace_stats_cpu(f.s, 1)->idle_ns, 150);
	assert_int_equal(trace_stats_cpu(f.s, 1)->queued_idle_ns, 100);
	trace_destroy(f.t);
}

/* CPU 1 goes idle at 95, which is emitted after CPU 0 took the waiting task at 100. */
static void queued_idle_is_exact_when_a_cpu_is_behind_the_end_of_a_wait(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 0, 0, 0, 0, 3);
	st_switch(f.t, 0, 1, 0, 0, 4);
	st_wakeup(f.t, 60, 0, 1, 0);
	st_switch(f.t, 100, 0, 3, TASK_INTERRUPTIBLE, 1);
	st_switch(f.t, 95, 1, 4, TASK_INTERRUPTIBLE, 0);
	finish(&f, 200);
	assert_int_equal(trace_stats_cpu(f.s, 1)->queued_idle_ns, 5);
	trace_destroy(f.t);
}

/* Task 1 waits in 60-100, task 2 in 90-130, which is emitted after the end of the first wait. */
static void queued_idle_counts_the_overlap_of_waits_once_whatever_the_order(void **state)
{
	struct fixture f = begin(4);

	st_switch(f.t, 0, 0, 0, 0, 3);
	st_switch(f.t, 0, 1, 0, 0, 4);
	st_wakeup(f.t, 60, 0, 1, 0);
	st_switch(f.t, 100, 0, 3, TASK_INTERRUPTIBLE, 1);
	st_wakeup(f.t, 90, 1, 2, 1);
	st_switch(f.t, 130, 1, 4, TASK_INTERRUPTIBLE, 2);
	finish(&f, 200);
	assert_int_equal(trace_stats_cpu(f.s, 2)->queued_idle_ns, 70);
	trace_destroy(f.t);
}

static void a_wakeup_emitted_after_the_switch_that_it_led_to_still_gives_its_latency(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 105, 1, 0, 0, 1);
	st_wakeup(f.t, 100, 0, 1, 1);
	st_switch(f.t, 200, 1, 1, TASK_INTERRUPTIBLE, 0);
	finish(&f, 300);
	assert_int_equal(task(&f, 1)->wake_latency.n, 1);
	assert_int_equal(task(&f, 1)->wake_latency.max, 5);
	assert_int_equal(task(&f, 1)->wakeups, 1);
	assert_int_equal(trace_stats_cpu(f.s, 0)->queued_idle_ns, 0);
	trace_destroy(f.t);
}

static void a_wakeup_emitted_before_the_switch_that_it_follows_makes_the_task_wait(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 10, 1, 0, 0, 1);
	st_wakeup(f.t, 100, 0, 1, 1);			/* CPU 0 runs ahead */
	st_switch(f.t, 99, 1, 1, TASK_INTERRUPTIBLE, 0);
	st_switch(f.t, 130, 1, 0, 0, 1);
	finish(&f, 200);
	assert_int_equal(task(&f, 1)->wake_latency.n, 1);
	assert_int_equal(task(&f, 1)->wake_latency.max, 30);
	trace_destroy(f.t);
}

static void a_wakeup_of_a_running_task_is_counted_but_is_no_wait(void **state)
{
	struct fixture f = begin(2);

	st_wakeup(f.t, 5, 0, 1, 1);
	st_switch(f.t, 10, 1, 0, 0, 1);
	st_wakeup(f.t, 50, 0, 1, 1);
	st_switch(f.t, 90, 1, 1, TASK_INTERRUPTIBLE, 0);
	st_switch(f.t, 130, 1, 0, 0, 1);
	finish(&f, 200);
	assert_int_equal(task(&f, 1)->wakeups, 2);
	assert_int_equal(task(&f, 1)->wake_latency.n, 1);
	assert_int_equal(task(&f, 1)->wake_latency.max, 5);
	trace_destroy(f.t);
}

static void a_wakeup_of_a_waiting_task_does_not_restart_its_wait(void **state)
{
	struct fixture f = begin(1);

	st_wakeup(f.t, 10, 0, 1, 0);
	st_wakeup(f.t, 40, 0, 1, 0);
	st_switch(f.t, 50, 0, 0, 0, 1);
	finish(&f, 50);
	assert_int_equal(task(&f, 1)->wakeups, 2);
	assert_int_equal(task(&f, 1)->wake_latency.n, 1);
	assert_int_equal(task(&f, 1)->wake_latency.max, 40);
	trace_destroy(f.t);
}

static void a_wait_that_comes_out_negative_is_0(void **state)
{
	struct fixture f = begin(2);

	st_wakeup(f.t, 100, 0, 1, 1);
	st_switch(f.t, 98, 1, 0, 0, 1);
	finish(&f, 100);
	assert_int_equal(task(&f, 1)->wake_latency.n, 1);
	assert_int_equal(task(&f, 1)->wake_latency.max, 0);
	trace_destroy(f.t);
}

static void a_switch_away_emitted_after_the_switch_to_elsewhere_leaves_the_task_running(void **state)
{
	struct fixture f = begin(2);

	st_switch(f.t, 10, 0, 0, 0, 1);
	st_switch(f.t, 105, 1, 0, 0, 1);
	st_switch(f.t, 100, 0, 1, PREEMPTED, 0);
	finish(&f, 200);
	assert_int_equal(task(&f, 1)->cpu_ns, 90 + 95);
	assert_int_equal(task(&f, 1)->preempted, 1);
	assert_int_equal(task(&f, 1)->preempt_wait.n, 0);
	assert_int_equal(trace_stats_cpu(f.s, 0)->queued_idle_ns, 0);
	trace_destroy(f.t);
}

static void a_wait_cut_off_by_the_end_counts_with_its_length_so_far(void **state)
{
	struct fixture f = begin(2);

	st_wakeup(f.t, 100, 0, 1, 0);
	st_switch(f.t, 50, 1, 0, 0, 2);
	st_switch(f.t, 300, 1, 2, PREEMPTED, 3);
	finish(&f, 1000);
	assert_int_equal(task(&f, 1)->wake_latency.max, 900);
	assert_int_equal(task(&f, 1)->switches, 0);
	assert_int_equal(task(&f, 2)->preempt_wait.max, 700);
	/* a stay on the CPU that goes on is CPU time, but its length is not known: no slice */
	assert_int_equal(task(&f, 3)->cpu_ns, 700);
	assert_int_equal(task(&f, 3)->slice.n, 0);
	assert_int_equal(trace_stats_cpu(f.s, 0)->queued_idle_ns, 900);
	trace_destroy(f.t);
}

static void a_task_that_dies_waits_no_more(void **state)
{
	struct fixture f = begin(2);

	st_wakeup(f.t, 100, 0, 1, 0);
	trace_emit(f.t, TE_TASK_EXIT, 150, 0, 1, 0, 0, 0, 0);
	finish(&f, 1000);
	assert_int_equal(task(&f, 1)->wake_latency.max, 50);
	assert_int_equal(trace_stats_cpu(f.s, 1)->queued_idle_ns, 50);
	trace_destroy(f.t);
}

static void a_pid_that_is_used_again_is_another_task(void **state)
{
	struct fixture f = begin(1);
	const struct stat_task *p;

	st_task(f.t, 0, 5, "first", 0);
	st_switch(f.t, 10, 0, 0, 0, 5);
	st_switch(f.t, 30, 0, 5, TASK_DEAD, 0);
	trace_emit(f.t, TE_TASK_EXIT, 31, 0, 5, 0, 0, 0, 0);
	st_task(f.t, 40, 5, "second", TRACE_TASK_LOADER);
	st_switch(f.t, 50, 0, 0, 0, 5);
	finish(&f, 100);
	p = trace_stats_task(f.s, 0);
	assert_string_equal(p->name, "first");
	assert_int_equal(p->cpu_ns, 20);
	p = trace_stats_task(f.s, 1);
	assert_string_equal(p->name, "second");
	assert_int_equal(p->flags, TRACE_TASK_LOADER);
	assert_int_equal(p->cpu_ns, 50);
	assert_null(trace_stats_task(f.s, 2));
	trace_destroy(f.t);
}

static void a_task_announced_late_or_renamed_is_the_same_task(void **state)
{
	struct fixture f = begin(1);

	st_switch(f.t, 10, 0, 0, 0, 5);
	st_task(f.t, 9, 5, "late", TRACE_TASK_KTHREAD);
	trace_emit_comm(f.t, TE_TASK_COMM, 20, 0, 5, "renamed", 0, 0);
	finish(&f, 30);
	assert_string_equal(task(&f, 5)->name, "renamed");
	assert_int_equal(task(&f, 5)->flags, TRACE_TASK_KTHREAD);
	assert_int_equal(task(&f, 5)->cpu_ns, 20);
	assert_null(trace_stats_task(f.s, 1));
	trace_destroy(f.t);
}

static void idle_tasks_are_cpus_not_tasks(void **state)
{
	struct fixture f = begin(2);

	st_task(f.t, 0, 0, "swapper/0", TRACE_TASK_IDLE);
	st_task(f.t, 0, 0, "swapper/1", TRACE_TASK_IDLE);
	finish(&f, 30);
	assert_null(trace_stats_task(f.s, 0));
	assert_int_equal(trace_stats_cpu(f.s, 1)->idle_ns, 30);
	trace_destroy(f.t);
}

static void the_other_events_are_counted(void **state)
{
	struct fixture f = begin(3);
	int i;

	st_task(f.t, 0, 1, "x", 0);
	for (i = 0; i < 3; i++)
		trace_emit(f.t, TE_TICK, i, 0, 1, 0, 0, 0, 0);
	for (i = 0; i < 4; i++)
		trace_emit(f.t, TE_IPI, i, 0, 1, 1, 1, 0, 0);
	for (i = 0; i < 5; i++) {
		trace_emit(f.t, TE_SCX_OP, i, 0, 1, 1, 0, 0, 0);
		trace_emit(f.t, TE_SCX_OP_END, i, 0, 1, 1, 0, 100 + i, 0);
	}
	for (i = 0; i < 6; i++)
		trace_emit(f.t, TE_MIGRATE, i, 0, 1, 0, 1, PRIO, 0);
	finish(&f, 30);
	assert_int_equal(trace_stats_counts(f.s)->ticks, 3);
	assert_int_equal(trace_stats_counts(f.s)->ipis, 4);
	assert_int_equal(trace_stats_counts(f.s)->bpf_calls, 5);
	assert_int_equal(trace_stats_counts(f.s)->bpf_insns, 510);
	assert_int_equal(trace_stats_counts(f.s)->migrations, 6);
	assert_int_equal(task(&f, 1)->migrations, 6);
	trace_destroy(f.t);
}

static void an_impossible_pid_is_refused_with_a_message(void **state)
{
	struct fixture f = begin(1);

	st_wakeup(f.t, 1, 0, 4 * 1024 * 1024, 0);
	assert_int_equal(trace_finish(f.t, 2), -ERANGE);
	assert_non_null(strstr(f.t->error_msg, "pid 4194304"));
	trace_destroy(f.t);
	f = begin(1);
	st_wakeup(f.t, 1, 0, -3, 0);
	assert_int_equal(trace_finish(f.t, 2), -ERANGE);
	trace_destroy(f.t);
}

/* Whatever the order and the times, the parts add up and nothing wraps around. */
static void random_streams_keep_the_invariants(void **state)
{
	enum { CPUS = 4, TASKS = 9, END = 200000 };
	u64 seed;

	for (seed = 1; seed < 40; seed++) {
		struct fixture f = begin(CPUS);
		u64 s = seed, now[CPUS] = {}, busy = 0, cpu_ns = 0;
		const struct stat_task *p;
		s32 curr[CPUS] = {};
		int i, j;

		for (i = 0; i < 3000; i++) {
			u32 cpu, next;

			s = s * 6364136223846793005ull + 1442695040888963407ull;
			cpu = (s >> 33) % CPUS;
			next = (s >> 40) % (TASKS + 1);
			now[cpu] += (s >> 50) % 20;
			for (j = 0; j < CPUS; j++)
				if (curr[j] == (s32)next)
					next = 0;
			if ((s >> 20) % 3 == 0) {
				st_wakeup(f.t, now[cpu], cpu, 1 + (s >> 25) % TASKS, cpu);
			} else if (next != curr[cpu]) {
				st_switch(f.t, now[cpu], cpu, curr[cpu],
					  (s >> 22) % 2 ? PREEMPTED : TASK_INTERRUPTIBLE, next);
				curr[cpu] = next;
			}
		}
		finish(&f, END);
		for (i = 0; i < CPUS; i++) {
			const struct stat_cpu *c = trace_stats_cpu(f.s, i);

			assert_int_equal(c->busy_ns + c->idle_ns, END);
			assert_true(c->queued_idle_ns <= c->idle_ns);
			busy += c->busy_ns;
		}
		for (i = 0; (p = trace_stats_task(f.s, i)); i++) {
			cpu_ns += p->cpu_ns;
			assert_true(p->wake_latency.max <= END);
			assert_true(p->preempt_wait.max <= END);
			assert_true(p->slice.n <= p->switches);
			assert_true(p->preempt_wait.n <= p->preempted);
		}
		assert_int_equal(busy, cpu_ns);
		trace_destroy(f.t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cpu_is_accounted_to_the_ns),
		cmocka_unit_test(switched_away_from_while_runnable_is_preempted_flag_or_not),
		cmocka_unit_test(queued_idle_is_idle_time_while_any_task_waits_anywhere),
		cmocka_unit_test(queued_idle_counts_only_the_part_that_overlaps_with_idle),
		cmocka_unit_test(queued_idle_is_exact_when_a_cpu_is_behind_the_end_of_a_wait),
		cmocka_unit_test(queued_idle_counts_the_overlap_of_waits_once_whatever_the_order),
		cmocka_unit_test(a_wakeup_emitted_after_the_switch_that_it_led_to_still_gives_its_latency),
		cmocka_unit_test(a_wakeup_emitted_before_the_switch_that_it_follows_makes_the_task_wait),
		cmocka_unit_test(a_wakeup_of_a_running_task_is_counted_but_is_no_wait),
		cmocka_unit_test(a_wakeup_of_a_waiting_task_does_not_restart_its_wait),
		cmocka_unit_test(a_wait_that_comes_out_negative_is_0),
		cmocka_unit_test(a_switch_away_emitted_after_the_switch_to_elsewhere_leaves_the_task_running),
		cmocka_unit_test(a_wait_cut_off_by_the_end_counts_with_its_length_so_far),
		cmocka_unit_test(a_task_that_dies_waits_no_more),
		cmocka_unit_test(a_pid_that_is_used_again_is_another_task),
		cmocka_unit_test(a_task_announced_late_or_renamed_is_the_same_task),
		cmocka_unit_test(idle_tasks_are_cpus_not_tasks),
		cmocka_unit_test(the_other_events_are_counted),
		cmocka_unit_test(an_impossible_pid_is_refused_with_a_message),
		cmocka_unit_test(random_streams_keep_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
