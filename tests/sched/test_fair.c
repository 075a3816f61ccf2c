// SPDX-License-Identifier: GPL-2.0-only
/* The fair class: shares, latency, balance. */
#include "tests/sched/env.h"

static const struct user_call hog[] = { { .op = USER_RUN, .ns = FOREVER } };

static u64 exec_of(struct env *e, const char *comm)
{
	return find_comm(e, comm)->se.sum_exec_runtime;
}

static void assert_share(u64 part, u64 all, double want)
{
	double share = (double)part / all;

	if (share < want - 0.01 || share > want + 0.01)
		fail_msg("share is %.4f, not %.4f", share, want);
}

static void shares_follow_the_weights(void **state)
{
	/* nice 0, 5, -5, 19: the kernel's weights 1024, 335, 3121, 15 */
	struct env *e = env_new("1", NULL, NULL, true);
	struct result r[4] = { 0 };
	double all = 1024 + 335 + 3121 + 15;
	const u64 t = 4 * SEC;

	add_task(e, "n0", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "n5", 5, NULL, 0, script_new(hog, 1, false, &r[1]));
	add_task(e, "n-5", -5, NULL, 0, script_new(hog, 1, false, &r[2]));
	add_task(e, "n19", 19, NULL, 0, script_new(hog, 1, false, &r[3]));
	run_until(e, t);
	assert_share(exec_of(e, "n0"), t, 1024 / all);
	assert_share(exec_of(e, "n5"), t, 335 / all);
	assert_share(exec_of(e, "n-5"), t, 3121 / all);
	assert_share(exec_of(e, "n19"), t, 15 / all);
	env_free(e);
}

static void sched_idle_gets_what_is_left(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	struct result r[2] = { 0 };
	struct task_spec spec = { .comm = "idle",
				  .policy = SCHED_IDLE,
				  .program = script_new(hog, 1, false, &r[0]) };

	assert_int_equal(kernel_add_task(e->k, &spec, 0), 0);
	add_task(e, "n0", 0, NULL, 0, script_new(hog, 1, false, &r[1]));
	run_until(e, 2 * SEC);
	assert_share(exec_of(e, "idle"), 2 * SEC, 3.0 / 1027);
	env_free(e);
}

static void a_sleeper_keeps_its_share_and_wakes_soon(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 10 * MS },
						{ .op = USER_RUN, .ns = 1 * MS } };
	struct result r[4] = { 0 };

	for (int i = 0; i < 3; i++)
		add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[i]));
	add_task(e, "per", 0, NULL, 0, script_new(per, 2, true, &r[3]));
	run_until(e, 2 * SEC);
	/* it needs 10 %, less than its quarter */
	assert_share(r[3].exec_ns, 2 * SEC, 0.10);
	/* and waits for a slice of each at the most */
	assert_true(r[3].worst_late_ns < 3 * e->k->base_slice);
	env_free(e);
}

static void no_cpu_is_idle_while_tasks_wait(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	struct result r[8] = { 0 };

	for (int i = 0; i < 8; i++)
		add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[i]));
	run_until(e, 1 * SEC);
	for (int i = 0; i < 4; i++)
		assert_int_equal(e->k->rqs[i]->nr_running, 2);
	env_free(e);
}

static void a_cpu_that_runs_out_of_tasks_pulls_one(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	static const struct user_call calls[] = { { .op = USER_RUN, .ns = 20 * MS } };
	static const struct user_call longer[] = { { .op = USER_RUN, .ns = 200 * MS } };
	struct result r[4] = { 0 };

	/* two long ones end up on one CPU with a chance of a half, unless the other pulls */
	add_task(e, "l1", 0, NULL, 0, script_new(longer, 1, false, &r[0]));
	add_task(e, "s1", 0, NULL, 0, script_new(calls, 1, false, &r[1]));
	add_task(e, "l2", 0, NULL, 0, script_new(longer, 1, false, &r[2]));
	add_task(e, "s2", 0, NULL, 0, script_new(calls, 1, false, &r[3]));
	run_until(e, 1 * SEC);
	/* 440 ms of work for two CPUs */
	assert_true(r[0].done_ns < 232 * MS && r[2].done_ns < 232 * MS);
	env_free(e);
}

static void pulling_respects_affinity(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	struct cpumask m = cpu_mask1(1);
	struct result r[3] = { 0 };

	for (int i = 0; i < 3; i++)
		add_task(e, "hog", 0, &m, 0, script_new(hog, 1, false, &r[i]));
	run_until(e, 500 * MS);
	assert_int_equal(e->k->rqs[1]->nr_running, 3);
	assert_int_equal(e->k->rqs[0]->nr_running, 0);
	env_free(e);
}

static void work_is_conserved_with_affinity_in_the_way(void **state)
{
	/* CPU 0 and 1 both have pinned tasks to spare, but only CPU 1 has one that may move to 2 */
	struct env *e = env_new("3", NULL, NULL, true);
	struct cpumask m0 = cpu_mask1(0), m1 = cpu_mask1(1), m12 = { { 6 } }, m2 = cpu_mask1(2);
	static const struct user_call brief[] = { { .op = USER_RUN, .ns = 30 * MS } };
	struct result r[6] = { 0 };

	add_task(e, "p0", 0, &m0, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "p0", 0, &m0, 0, script_new(hog, 1, false, &r[1]));
	add_task(e, "block2", 0, &m2, 0, script_new(brief, 1, false, &r[2]));
	add_task(e, "block2", 0, &m2, 0, script_new(brief, 1, false, &r[3]));
	add_task(e, "p1", 0, &m1, 1 * MS, script_new(hog, 1, false, &r[4]));
	add_task(e, "m12", 0, &m12, 2 * MS, script_new(hog, 1, false, &r[5]));
	run_until(e, 200 * MS);
	assert_int_equal(task_cpu(find_comm(e, "m12")), 2);
	env_free(e);
}

static void wakeups_prefer_the_previous_cpu_and_its_cache(void **state)
{
	struct env *e = env_new("numa:2 l3:1 core:4 pu:1", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 2 * MS },
						{ .op = USER_RUN, .ns = 100 * US } };
	struct result r = { 0 };

	add_task(e, "per", 0, NULL, 0, script_new(per, 2, true, &r));
	run_until(e, 500 * MS);
	assert_true(r.migrations <= 1);
	env_free(e);
}

static void yielding_lets_the_others_run(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call yield[] = { { .op = USER_RUN, .ns = 10 * US }, { .op = USER_YIELD } };
	struct result r[2] = { 0 };

	add_task(e, "yielder", 0, NULL, 0, script_new(yield, 2, true, &r[0]));
	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[1]));
	run_until(e, 1 * SEC);
	assert_true(exec_of(e, "hog") > 950 * MS);
	assert_true(r[0].rounds > 100);
	env_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_follow_the_weights),
		cmocka_unit_test(sched_idle_gets_what_is_left),
		cmocka_unit_test(a_sleeper_keeps_its_share_and_wakes_soon),
		cmocka_unit_test(no_cpu_is_idle_while_tasks_wait),
		cmocka_unit_test(a_cpu_that_runs_out_of_tasks_pulls_one),
		cmocka_unit_test(pulling_respects_affinity),
		cmocka_unit_test(work_is_conserved_with_affinity_in_the_way),
		cmocka_unit_test(wakeups_prefer_the_previous_cpu_and_its_cache),
		cmocka_unit_test(yielding_lets_the_others_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
