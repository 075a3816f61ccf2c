// SPDX-License-Identifier: GPL-2.0-only
/* Classes against each other, policies, priorities, affinity. */
#include "tests/sched/env.h"

static const struct user_call hog[] = { { .op = USER_RUN, .ns = FOREVER } };

static u64 exec_of(struct env *e, const char *comm)
{
	return find_comm(e, comm)->se.sum_exec_runtime;
}

static void rt_runs_before_fair(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 5 * MS },
						{ .op = USER_RUN, .ns = 1 * MS } };
	struct result r[3] = { 0 };

	add_task(e, "hog", -20, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_rt(e, "fifo", SCHED_FIFO, 10, NULL, 1 * MS, script_new(per, 2, true, &r[1]));
	run_until(e, 500 * MS);
	assert_in_range(r[1].rounds, 95, 100);
	assert_true(r[1].worst_late_ns < 10 * US);
	env_free(e);
}

static void the_higher_rt_priority_runs(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_SLEEP_UNTIL, .ns = 5 * MS },
						  { .op = USER_RUN, .ns = 10 * MS } };
	struct result r[3] = { 0 };

	add_rt(e, "low", SCHED_FIFO, 1, NULL, 0, script_new(calls, 2, false, &r[0]));
	add_rt(e, "mid", SCHED_FIFO, 2, NULL, 0, script_new(calls, 2, false, &r[1]));
	add_rt(e, "high", SCHED_FIFO, 3, NULL, 0, script_new(calls, 2, false, &r[2]));
	run_until(e, 100 * MS);
	assert_true(r[2].done_ns < r[1].done_ns && r[1].done_ns < r[0].done_ns);
	env_free(e);
}

static void rr_takes_turns_and_fifo_does_not(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_SLEEP_UNTIL, .ns = 5 * MS },
						  { .op = USER_RUN, .ns = 500 * MS } };
	struct result r[4] = { 0 };

	add_rt(e, "rr1", SCHED_RR, 5, NULL, 0, script_new(calls, 2, false, &r[0]));
	add_rt(e, "rr2", SCHED_RR, 5, NULL, 0, script_new(calls, 2, false, &r[1]));
	run_until(e, 410 * MS);
	assert_in_range(exec_of(e, "rr1"), 190 * MS, 210 * MS);
	assert_in_range(exec_of(e, "rr2"), 190 * MS, 210 * MS);
	env_free(e);
	e = env_new("1", NULL, NULL, true);
	add_rt(e, "fifo1", SCHED_FIFO, 5, NULL, 0, script_new(calls, 2, false, &r[2]));
	add_rt(e, "fifo2", SCHED_FIFO, 5, NULL, 0, script_new(calls, 2, false, &r[3]));
	run_until(e, 400 * MS);
	assert_true(exec_of(e, "fifo1") > 390 * MS);
	assert_true(exec_of(e, "fifo2") < 1 * MS);
	env_free(e);
}

static void rt_tasks_wake_where_they_can_run(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 2 * MS },
						{ .op = USER_RUN, .ns = 1 * MS } };
	struct result r[6] = { 0 };

	add_rt(e, "hog", SCHED_FIFO, 50, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_rt(e, "hog", SCHED_FIFO, 50, NULL, 0, script_new(hog, 1, false, &r[1]));
	add_rt(e, "per", SCHED_FIFO, 10, NULL, 0, script_new(per, 2, true, &r[2]));
	add_rt(e, "per", SCHED_FIFO, 10, NULL, 0, script_new(per, 2, true, &r[3]));
	run_until(e, 200 * MS);
	assert_true(r[2].worst_late_ns < 50 * US && r[3].worst_late_ns < 50 * US);
	env_free(e);
}

static void a_task_can_change_its_policy_while_it_runs(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = {
		{ .op = USER_RUN, .ns = 10 * MS },
		{ .op = USER_SETATTR, .policy = SCHED_FIFO, .rt_priority = 20 },
		{ .op = USER_RUN, .ns = 20 * MS },
		{ .op = USER_SETATTR, .policy = SCHED_NORMAL, .nice = 19 },
		{ .op = USER_RUN, .ns = FOREVER },
	};
	struct result r[2] = { 0 };
	struct task_struct *p;

	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "changer", 0, NULL, 0, script_new(calls, 5, false, &r[1]));
	run_until(e, 35 * MS);
	p = find_comm(e, "changer");
	assert_int_equal(p->policy, SCHED_FIFO);
	assert_int_equal(p->prio, 79);
	assert_int_equal(p->sched_class->id, CLASS_RT);
	run_until(e, 1 * SEC);
	assert_in_range(r[1].call_ns[2], 20 * MS, 21 * MS);
	assert_int_equal(p->sched_class->id, CLASS_FAIR);
	assert_int_equal(p->prio, 139);
	assert_int_equal(p->se.load.weight >> 10, 15);
	assert_true(exec_of(e, "hog") > 900 * MS);
	env_free(e);
}

static void nice_changes_the_share_at_once(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call calls[] = {
		{ .op = USER_RUN, .ns = 500 * MS },
		{ .op = USER_SETATTR, .nice = 5 },
		{ .op = USER_RUN, .ns = FOREVER },
	};
	struct result r[2] = { 0 };
	u64 at;

	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "nicer", 0, NULL, 0, script_new(calls, 3, false, &r[1]));
	run_until(e, 1050 * MS);
	assert_int_equal(task_nice(find_comm(e, "nicer")), 5);
	at = exec_of(e, "nicer");
	run_until(e, 3050 * MS);
	/* 335 / 1359 of 2 s */
	assert_in_range(exec_of(e, "nicer") - at, 480 * MS, 506 * MS);
	env_free(e);
}

static void a_running_task_leaves_a_cpu_that_it_may_not_use(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	static struct cpumask m0, m1;
	struct user_call calls[] = {
		{ .op = USER_SETAFFINITY, .mask = &m0 }, { .op = USER_RUN, .ns = 5 * MS },
		{ .op = USER_SETAFFINITY, .mask = &m1 }, { .op = USER_RUN, .ns = 5 * MS },
	};
	struct result r = { 0 };

	m0 = cpu_mask1(0);
	m1 = cpu_mask1(1);
	add_task(e, "mover", 0, NULL, 0, script_new(calls, 4, true, &r));
	run_until(e, 1 * SEC);
	assert_in_range(r.rounds, 95, 100);
	assert_in_range(r.migrations, 190, 201);
	env_free(e);
}

struct affinity_arg {
	struct env *e;
	u32 done;
};

/* Moves the others around from outside of them. */
static void shepherd(void *arg)
{
	struct affinity_arg *a = arg;
	struct kernel *k = a->e->k;
	struct cpumask m;

	for (u32 i = 0; i < 200; i++) {
		struct task_struct *p = find_comm(a->e, i % 2 ? "sheep1" : "sheep2");

		m = cpu_mask1(i % 3 % k->nr_cpus);
		if (i % 5 == 0)
			cpumask_setall(&m, k->nr_cpus);
		assert_int_equal(__sched_setaffinity(p, &m), 0);
		assert_true(cpumask_equal(&p->cpus_mask, &m, k->nr_cpus));
		/* it is off the other CPUs when the call returns; asleep it moves when it wakes up */
		assert_true(cpumask_test_cpu(task_cpu(p), &m) || !p->on_rq);
		set_user_nice(p, (int)(i % 40) - 20);
		a->done++;
		kernel_sleep_until(k, mach_now() + 300 * US);
	}
	assert_int_equal(__sched_setaffinity(find_comm(a->e, "migration/0"), &m), -EINVAL);
}

static void affinity_holds_when_the_call_returns(void **state)
{
	struct env *e = env_new("3", NULL, NULL, true);
	static const struct user_call sheep[] = {
		{ .op = USER_RUN, .ns = 200 * US }, { .op = USER_SLEEP_UNTIL, .ns = 500 * US },
	};
	struct affinity_arg a = { .e = e };
	struct result r[3] = { 0 };

	add_task(e, "sheep1", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "sheep2", 0, NULL, 0, script_new(sheep, 2, true, &r[1]));
	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[2]));
	kernel_add_thread(e->k, "shepherd", 128 << 10, shepherd, &a, 5 * MS);
	run_until(e, 1 * SEC);
	assert_int_equal(a.done, 200);
	env_free(e);
}

static void migrate_disable_thread(void *arg)
{
	struct affinity_arg *a = arg;

	while (!a->done) {
		int cpu;

		migrate_disable();
		cpu = smp_processor_id();
		for (int i = 0; i < 10; i++) {
			mach_charge(50 * US);
			cond_resched();
			assert_int_equal(smp_processor_id(), cpu);
		}
		migrate_enable();
		kernel_sleep_until(a->e->k, mach_now() + 100 * US);
	}
}

static void mover_thread(void *arg)
{
	struct affinity_arg *a = arg;
	struct task_struct *p = find_comm(a->e, "pinned");
	struct cpumask m;

	for (int i = 0; i < 100; i++) {
		m = cpu_mask1(i % 2);
		assert_int_equal(__sched_setaffinity(p, &m), 0);
		assert_true(task_cpu(p) == i % 2 || !p->on_rq);
		kernel_sleep_until(a->e->k, mach_now() + 170 * US);
	}
	a->done = 1;
}

static void affinity_waits_for_a_task_that_must_not_migrate(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct affinity_arg a = { .e = e };
	struct result r[2] = { 0 };

	kernel_add_thread(e->k, "pinned", 128 << 10, migrate_disable_thread, &a, 1 * MS);
	kernel_add_thread(e->k, "mover", 128 << 10, mover_thread, &a, 2 * MS);
	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	run_until(e, 2 * SEC);
	assert_int_equal(a.done, 1);
	env_free(e);
}

static void jostler(void *arg)
{
	struct affinity_arg *a = arg;
	struct task_struct *p = find_comm(a->e, "sheep");

	for (u32 i = 0; i < 100; i++) {
		struct cpumask m = cpu_mask1((i * 7 + current->pid) % 3);

		assert_int_equal(__sched_setaffinity(p, &m), 0);
		mach_charge(current->pid % 5 * US);
	}
	a->done++;
}

static void many_can_change_the_affinity_of_one_task(void **state)
{
	struct env *e = env_new("3", NULL, NULL, true);
	static struct cpumask m0;
	struct user_call sheep[] = {
		{ .op = USER_RUN, .ns = 30 * US }, { .op = USER_SETAFFINITY, .mask = &m0 },
		{ .op = USER_SLEEP_UNTIL, .ns = 50 * US },
	};
	struct affinity_arg a = { .e = e };
	struct result r = { 0 };

	m0 = cpu_mask1(0);
	add_task(e, "sheep", 0, NULL, 0, script_new(sheep, 3, true, &r));
	for (int i = 0; i < 4; i++)
		kernel_add_thread(e->k, "jostler", 128 << 10, jostler, &a, 1 * MS);
	run_until(e, 500 * MS);
	assert_int_equal(a.done, 4);
	assert_true(r.rounds > 100);
	env_free(e);
}

static void impossible_changes_are_refused(void *arg)
{
	struct affinity_arg *a = arg;
	struct task_struct *p = find_comm(a->e, "hog");
	struct cpumask none = { { 0 } };

	assert_int_equal(__sched_setaffinity(p, &none), -EINVAL);
	assert_int_equal(__sched_setscheduler(p, &(struct task_sched_attr){ .policy = SCHED_FIFO }), -EINVAL);
	assert_int_equal(__sched_setscheduler(p, &(struct task_sched_attr){ .rt_priority = 3 }), -EINVAL);
	assert_int_equal(__sched_setscheduler(p, &(struct task_sched_attr){ .nice = 20 }), -EINVAL);
	assert_int_equal(__sched_setscheduler(p, &(struct task_sched_attr){ .policy = SCHED_DEADLINE }),
			 -EINVAL);
	assert_int_equal(__sched_setscheduler(find_comm(a->e, "migration/0"), &(struct task_sched_attr){ 0 }),
			 -EINVAL);
	assert_int_equal(p->sched_class->id, CLASS_FAIR);
	a->done = 1;
}

static void changes_that_make_no_sense_are_refused(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct affinity_arg a = { .e = e };
	struct result r = { 0 };

	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r));
	kernel_add_thread(e->k, "tester", 128 << 10, impossible_changes_are_refused, &a, 5 * MS);
	run_until(e, 20 * MS);
	assert_int_equal(a.done, 1);
	env_free(e);
}

static void rt_tasks_leave_fair_ones_alone_if_a_cpu_is_idle(void **state)
{
	struct env *e = env_new("3", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 2 * MS },
						{ .op = USER_RUN, .ns = 1 * MS } };
	struct cpumask m0 = cpu_mask1(0), m1 = cpu_mask1(1);
	struct result r[3] = { 0 };

	add_task(e, "fair", 0, &m1, 0, script_new(hog, 1, false, &r[1]));
	add_rt(e, "per", SCHED_FIFO, 10, NULL, 0, script_new(per, 2, true, &r[2]));
	add_rt(e, "hog", SCHED_FIFO, 50, &m0, 1 * MS, script_new(hog, 1, false, &r[0]));
	run_until(e, 200 * MS);
	assert_true(exec_of(e, "fair") > 194 * MS);
	assert_in_range(r[2].rounds, 60, 100);
	env_free(e);
}

static void delayed_changer(void *arg)
{
	struct affinity_arg *a = arg;
	struct task_struct *p = find_comm(a->e, "sleeper");

	/* it has had more than its share and sleeps, but is still queued to pay for it */
	while (!p->se.sched_delayed)
		kernel_sleep_until(a->e->k, mach_now() + 50 * US);
	assert_true(p->on_rq && p->__state == TASK_INTERRUPTIBLE);
	assert_int_equal(
		__sched_setscheduler(p, &(struct task_sched_attr){ .policy = SCHED_FIFO, .rt_priority = 1 }),
		0);
	assert_int_equal(p->on_rq, 0);
	assert_int_equal(p->se.sched_delayed, 0);
	a->done = 1;
}

static void a_sleeper_that_is_still_queued_leaves_its_class_asleep(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 2 * MS },
						  { .op = USER_SLEEP_UNTIL, .ns = 20 * MS } };
	struct affinity_arg a = { .e = e };
	struct cpumask m = cpu_mask1(0);
	struct result r[3] = { 0 };

	add_task(e, "sleeper", 10, &m, 0, script_new(calls, 2, true, &r[0]));
	add_task(e, "hog", 0, &m, 0, script_new(hog, 1, false, &r[1]));
	kernel_add_thread(e->k, "changer", 128 << 10, delayed_changer, &a, 1 * MS);
	run_until(e, 300 * MS);
	assert_int_equal(a.done, 1);
	env_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rt_runs_before_fair),
		cmocka_unit_test(the_higher_rt_priority_runs),
		cmocka_unit_test(rr_takes_turns_and_fifo_does_not),
		cmocka_unit_test(rt_tasks_wake_where_they_can_run),
		cmocka_unit_test(a_task_can_change_its_policy_while_it_runs),
		cmocka_unit_test(nice_changes_the_share_at_once),
		cmocka_unit_test(a_running_task_leaves_a_cpu_that_it_may_not_use),
		cmocka_unit_test(affinity_holds_when_the_call_returns),
		cmocka_unit_test(affinity_waits_for_a_task_that_must_not_migrate),
		cmocka_unit_test(many_can_change_the_affinity_of_one_task),
		cmocka_unit_test(rt_tasks_leave_fair_ones_alone_if_a_cpu_is_idle),
		cmocka_unit_test(a_sleeper_that_is_still_queued_leaves_its_class_asleep),
		cmocka_unit_test(changes_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
