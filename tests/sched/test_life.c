// SPDX-License-Identifier: GPL-2.0-only
/* The life of tasks: fork, run, sleep, wait, spawn, exit. */
#include "tests/sched/env.h"

static void a_task_runs_sleeps_and_exits(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = {
		{ .op = USER_RUN, .ns = 5 * MS },
		{ .op = USER_SLEEP_UNTIL, .ns = 20 * MS },
		{ .op = USER_RUN, .ns = 1 * MS },
	};
	struct result r = { 0 };

	add_task(e, "a", 0, NULL, 1 * MS, script_new(calls, 3, false, &r));
	assert_int_equal(kernel_nr_user_tasks(e->k), 1);
	run_until(e, 2 * MS);
	assert_non_null(find_comm(e, "a"));
	run_until(e, 200 * MS);
	assert_null(find_comm(e, "a"));
	assert_int_equal(kernel_nr_user_tasks(e->k), 0);
	assert_int_equal(r.rounds, 1);
	assert_in_range(r.call_ns[0], 5 * MS, 5 * MS + 50 * US);
	assert_true(r.worst_late_ns < 20 * US);
	assert_in_range(r.exec_ns, 6 * MS, 6 * MS + 50 * US);
	/* the program goes with the task, after a grace period */
	assert_true(r.freed);
	env_free(e);
}

static void boot_has_the_tasks_that_a_kernel_has(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);

	assert_int_equal(find_comm(e, "init")->pid, 1);
	assert_int_equal(find_comm(e, "kthreadd")->pid, 2);
	assert_ptr_equal(find_comm(e, "kthreadd")->mm, NULL);
	assert_non_null(find_comm(e, "init")->mm);
	assert_int_equal(find_comm(e, "migration/1")->sched_class->id, CLASS_STOP);
	assert_int_equal(find_comm(e, "migration/1")->policy, SCHED_FIFO);
	assert_non_null(find_comm(e, "kworker/u2:0"));
	assert_int_equal(e->k->rqs[1]->curr->pid, 0);
	assert_string_equal(e->k->rqs[1]->curr->comm, "swapper/1");
	run_until(e, 100 * MS);
	env_free(e);
}

static void tasks_start_when_they_are_due_in_order(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 1 * SEC } };
	struct result r[3] = { 0 };

	add_task(e, "late", 0, NULL, 30 * MS, script_new(calls, 1, false, &r[0]));
	add_task(e, "early", 0, NULL, 10 * MS, script_new(calls, 1, false, &r[1]));
	run_until(e, 11 * MS);
	assert_null(find_comm(e, "late"));
	assert_non_null(find_comm(e, "early"));
	/* between runs */
	add_task(e, "middle", 0, NULL, 20 * MS, script_new(calls, 1, false, &r[2]));
	run_until(e, 40 * MS);
	assert_true(find_comm(e, "early")->pid < find_comm(e, "middle")->pid);
	assert_true(find_comm(e, "middle")->pid < find_comm(e, "late")->pid);
	assert_in_range(find_comm(e, "middle")->start_time, 20 * MS, 20 * MS + 100 * US);
	assert_ptr_equal(find_comm(e, "late")->real_parent, e->k->init);
	env_free(e);
}

static void spawned_tasks_run_and_fall_to_init(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	static const struct user_call child[] = { { .op = USER_RUN, .ns = 20 * MS } };
	struct result rc = { 0 }, rp = { 0 };
	struct task_spec spec = { .comm = "child", .nice = 5, .program = script_new(child, 1, false, &rc) };
	struct user_call parent[] = { { .op = USER_SPAWN, .spec = &spec }, { .op = USER_RUN, .ns = 5 * MS } };

	add_task(e, "parent", 0, NULL, 0, script_new(parent, 2, false, &rp));
	run_until(e, 4 * MS);
	assert_int_equal(task_nice(find_comm(e, "child")), 5);
	assert_ptr_equal(find_comm(e, "child")->real_parent, find_comm(e, "parent"));
	run_until(e, 10 * MS);
	assert_null(find_comm(e, "parent"));
	assert_ptr_equal(find_comm(e, "child")->real_parent, e->k->init);
	run_until(e, 100 * MS);
	assert_true(rc.freed && rp.freed);
	env_free(e);
}

static void posts_are_counted_and_wake_one_waiter_each(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	struct user_sync sync = { 0 };
	struct user_call wait[] = { { .op = USER_WAIT, .sync = &sync }, { .op = USER_RUN, .ns = 100 * US } };
	struct user_call post[] = {
		{ .op = USER_SLEEP_UNTIL, .ns = 1 * MS }, { .op = USER_POST, .sync = &sync },
		{ .op = USER_POST, .sync = &sync, .sync_wakeup = true },
	};
	struct result r[4] = { 0 };

	for (int i = 0; i < 3; i++)
		add_task(e, "waiter", 0, NULL, 0, script_new(wait, 2, true, &r[i]));
	add_task(e, "poster", 0, NULL, 0, script_new(post, 3, true, &r[3]));
	run_until(e, 1 * SEC);
	assert_in_range(r[3].rounds, 950, 1000);
	assert_in_range(r[0].rounds + r[1].rounds + r[2].rounds + sync.posts, 2 * r[3].rounds - 3,
			2 * r[3].rounds + 3);
	/* first come, first served */
	assert_in_range(r[0].rounds, r[1].rounds - 2, r[1].rounds + 2);
	env_free(e);
}

static void posts_that_come_first_are_not_lost(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct user_sync sync = { 0 };
	struct user_call post[] = {
		{ .op = USER_POST, .sync = &sync },
		{ .op = USER_POST, .sync = &sync },
		{ .op = USER_POST, .sync = &sync },
	};
	struct user_call wait[] = {
		{ .op = USER_SLEEP_UNTIL, .ns = 5 * MS },
		{ .op = USER_WAIT, .sync = &sync },
		{ .op = USER_WAIT, .sync = &sync },
		{ .op = USER_WAIT, .sync = &sync },
	};
	struct result r[2] = { 0 };

	add_task(e, "poster", 0, NULL, 0, script_new(post, 3, false, &r[0]));
	add_task(e, "waiter", 0, NULL, 0, script_new(wait, 4, false, &r[1]));
	run_until(e, 20 * MS);
	assert_int_equal(r[1].rounds, 1);
	assert_true(r[1].call_ns[1] < 1 * US && r[1].call_ns[3] < 1 * US);
	assert_int_equal(sync.posts, 0);
	env_free(e);
}

static void wakeups_at_any_moment_of_going_to_sleep_work(void **state)
{
	/*
	 * the poster's period drifts over the waiter's, also over its switch away from the CPU; hogs keep
	 * both CPUs busy
	 */
	struct env *e = env_new("2", NULL, NULL, true);
	struct user_sync sync = { 0 };
	struct user_call wait[] = { { .op = USER_WAIT, .sync = &sync }, { .op = USER_RUN, .ns = 700 } };
	struct user_call post[] = { { .op = USER_RUN, .ns = 5003 }, { .op = USER_POST, .sync = &sync } };
	static const struct user_call hog[] = { { .op = USER_RUN, .ns = FOREVER } };
	struct cpumask m0 = cpu_mask1(0), m1 = cpu_mask1(1);
	struct result r[4] = { 0 };

	add_task(e, "waiter", -20, &m0, 0, script_new(wait, 2, true, &r[0]));
	add_task(e, "poster", -20, &m1, 0, script_new(post, 2, true, &r[1]));
	add_task(e, "hog", 19, &m0, 0, script_new(hog, 1, false, &r[2]));
	run_until(e, 100 * MS);
	assert_in_range(r[0].rounds + sync.posts, r[1].rounds - 2, r[1].rounds);
	assert_true(r[1].rounds > 15000);
	env_free(e);
}

#define NR_DELAYS 40

static void a_task_is_woken_elsewhere_only_when_its_cpu_has_left_it(void **state)
{
	/*
	 * The task goes to sleep on the busy CPU 0 and is woken from CPU 1 at every moment around that; CPU 2
	 * is idle, so that is where it goes to.
	 */
	struct env *e = env_new("3", NULL, NULL, true);
	struct user_sync ready = { 0 }, go = { 0 };
	static const struct user_call hog[] = { { .op = USER_RUN, .ns = FOREVER } };
	struct user_call post[] = { { .op = USER_WAIT, .sync = &ready }, { .op = USER_POST, .sync = &go } };
	struct cpumask m0 = cpu_mask1(0), m1 = cpu_mask1(1), m02 = { { 5 } };
	struct user_call task[NR_DELAYS * 5];
	struct result r[3] = { 0 };

	for (int i = 0; i < NR_DELAYS; i++) {
		struct user_call *c = &task[i * 5];

		c[0] = (struct user_call){ .op = USER_SETAFFINITY, .mask = &m0 };
		c[1] = (struct user_call){ .op = USER_SETAFFINITY, .mask = &m02 };
		c[2] = (struct user_call){ .op = USER_POST, .sync = &ready };
		c[3] = (struct user_call){ .op = USER_RUN, .ns = 1 + i * 100 };
		c[4] = (struct user_call){ .op = USER_WAIT, .sync = &go };
	}
	add_task(e, "task", -20, NULL, 0, script_new(task, NR_DELAYS * 5, true, &r[0]));
	add_task(e, "poster", -20, &m1, 0, script_new(post, 2, true, &r[1]));
	add_task(e, "hog", 19, &m0, 0, script_new(hog, 1, false, &r[2]));
	run_until(e, 300 * MS);
	assert_true(r[0].rounds >= 2);
	assert_true(r[0].migrations >= 2 * NR_DELAYS);
	env_free(e);
}

static void many_short_tasks_leave_nothing_behind(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 300 * US }, { .op = USER_YIELD } };
	struct result r[200] = { 0 };
	u32 before = e->k->nr_tasks;

	for (int i = 0; i < 200; i++)
		add_task(e, "short", i % 3, NULL, i * 100 * US, script_new(calls, 2, false, &r[i]));
	run_until(e, 500 * MS);
	for (int i = 0; i < 200; i++)
		assert_true(r[i].freed && r[i].rounds == 1);
	assert_int_equal(e->k->nr_tasks, before);
	env_free(e);
}

static void work_goes_on_where_it_was_preempted(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 50 * MS } };
	struct result r[2] = { 0 };

	add_task(e, "a", 0, NULL, 0, script_new(calls, 1, false, &r[0]));
	add_task(e, "b", 0, NULL, 0, script_new(calls, 1, false, &r[1]));
	run_until(e, 200 * MS);
	for (int i = 0; i < 2; i++) {
		assert_in_range(r[i].exec_ns, 50 * MS, 50 * MS + 500 * US);
		assert_in_range(r[i].call_ns[0], 95 * MS, 102 * MS);
	}
	env_free(e);
}

static void cpu_time_is_exact_whatever_the_speed(void **state)
{
	/* two threads of one core slow each other down, work takes longer, CPU time does not */
	struct env *e = env_new("core:1 pu:2", NULL, NULL, true);
	static const struct user_call cpu[] = { { .op = USER_RUN_CPU, .ns = 10 * MS } };
	static const struct user_call work[] = { { .op = USER_RUN, .ns = 10 * MS } };
	static const struct user_call clock[] = { { .op = USER_RUN_UNTIL, .ns = 15 * MS } };
	struct result r[2] = { 0 };
	struct cpumask m0 = cpu_mask1(0), m1 = cpu_mask1(1);

	add_task(e, "cpu", 0, &m0, 0, script_new(cpu, 1, false, &r[0]));
	add_task(e, "work", 0, &m1, 0, script_new(work, 1, false, &r[1]));
	run_until(e, 50 * MS);
	assert_in_range(r[0].call_ns[0], 10 * MS, 10 * MS + 5 * US);
	assert_in_range(r[1].call_ns[0], 12 * MS, 17 * MS);
	env_free(e);

	e = env_new("core:1 pu:2", NULL, NULL, true);
	add_task(e, "clock", 0, &m0, 0, script_new(clock, 1, false, &r[0]));
	add_task(e, "work", 0, &m1, 0, script_new(work, 1, false, &r[1]));
	run_until(e, 50 * MS);
	assert_in_range(r[0].done_ns, 15 * MS, 15 * MS + 5 * US);
	env_free(e);
}

static void a_program_of_nothing_but_calls_does_not_stop_time(void **state)
{
	struct env *e = env_new("1", &mach_costs_none, NULL, true);
	static const struct user_call zero[] = { { .op = USER_RUN, .ns = 0 },
						 { .op = USER_RUN_CPU, .ns = 0 } };
	static const struct user_call yield[] = { { .op = USER_YIELD } };
	struct result r[2] = { 0 };

	add_task(e, "zero", 0, NULL, 0, script_new(zero, 2, true, &r[0]));
	run_until(e, 20 * US);
	assert_in_range(r[0].rounds, 1000, 20000);
	env_free(e);
	e = env_new("1", &mach_costs_none, NULL, true);
	add_task(e, "yield", 0, NULL, 0, script_new(yield, 1, true, &r[1]));
	run_until(e, 20 * US);
	assert_in_range(r[1].rounds, 1000, 20000);
	env_free(e);
}

static void exiting_leaves_and_rejoins_the_run_queue_once(void **state)
{
	/* sched_autogroup_exit_task(): schedulers see stopping and running around it */
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 1 * MS } };
	struct result r = { 0 };

	add_task(e, "a", 0, NULL, 0, script_new(calls, 1, false, &r));
	run_until(e, 20 * MS);
	assert_true(r.freed);
	assert_int_equal(e->k->rqs[0]->nr_running, 0);
	env_free(e);
}

static int nr_loader_steps;

static void loader(void *arg)
{
	struct kernel *k = arg;

	for (int i = 1; i <= 10; i++) {
		kernel_sleep_until(k, i * 10 * MS);
		nr_loader_steps++;
	}
}

static void a_thread_from_outside_sleeps_and_ends(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	int pid;

	nr_loader_steps = 0;
	pid = kernel_add_thread(e->k, "loader", 128 << 10, loader, e->k, 1 * MS);
	assert_true(pid > 2);
	run_until(e, 55 * MS);
	assert_int_equal(find_comm(e, "loader")->pid, pid);
	assert_int_equal(nr_loader_steps, 5);
	run_until(e, 200 * MS);
	assert_int_equal(nr_loader_steps, 10);
	assert_null(find_comm(e, "loader"));
	env_free(e);
}

static void impossible_tasks_are_refused(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	struct cpumask m = cpu_mask1(5);
	struct task_spec s = { .comm = "x", .nice = 20 };

	assert_int_equal(kernel_add_task(e->k, &s, 0), -EINVAL);
	s = (struct task_spec){ .comm = "x", .policy = SCHED_FIFO };
	assert_int_equal(kernel_add_task(e->k, &s, 0), -EINVAL);
	s = (struct task_spec){ .comm = "x", .rt_priority = 1 };
	assert_int_equal(kernel_add_task(e->k, &s, 0), -EINVAL);
	s = (struct task_spec){ .comm = "x", .policy = 42 };
	assert_int_equal(kernel_add_task(e->k, &s, 0), -EINVAL);
	s = (struct task_spec){ .comm = "x", .mask = &m };
	assert_int_equal(kernel_add_task(e->k, &s, 0), -EINVAL);
	env_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_runs_sleeps_and_exits),
		cmocka_unit_test(boot_has_the_tasks_that_a_kernel_has),
		cmocka_unit_test(tasks_start_when_they_are_due_in_order),
		cmocka_unit_test(spawned_tasks_run_and_fall_to_init),
		cmocka_unit_test(posts_are_counted_and_wake_one_waiter_each),
		cmocka_unit_test(posts_that_come_first_are_not_lost),
		cmocka_unit_test(wakeups_at_any_moment_of_going_to_sleep_work),
		cmocka_unit_test(a_task_is_woken_elsewhere_only_when_its_cpu_has_left_it),
		cmocka_unit_test(many_short_tasks_leave_nothing_behind),
		cmocka_unit_test(work_goes_on_where_it_was_preempted),
		cmocka_unit_test(cpu_time_is_exact_whatever_the_speed),
		cmocka_unit_test(a_program_of_nothing_but_calls_does_not_stop_time),
		cmocka_unit_test(exiting_leaves_and_rejoins_the_run_queue_once),
		cmocka_unit_test(a_thread_from_outside_sleeps_and_ends),
		cmocka_unit_test(impossible_tasks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
