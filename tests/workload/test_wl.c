// SPDX-License-Identifier: GPL-2.0-only
#include "drive.h"

static void tasks_are_named_kind_index_nice(void **state)
{
	static const char *const names[] = { "hog0_n0", "per1_n-3", "pip2_n0", "pip3_n0", "slp4_n19" };
	struct drive d;

	drive_open(&d, "wl:hog per:10000:2000@-3#2 pip:50 slp:1:2@19", 4, 0);
	assert_int_equal(d.w.nr_tasks, 5);
	for (u32 i = 0; i < 5; i++)
		assert_string_equal(d.w.tasks[i].spec.comm, names[i]);
	assert_int_equal(d.w.tasks[1].spec.nice, -3);
	assert_int_equal(d.w.tasks[4].spec.nice, 19);
	assert_int_equal(d.w.tasks[0].spec.policy, SCHED_NORMAL);
	assert_null(d.w.tasks[0].spec.mask);
	assert_non_null(d.w.tasks[1].spec.mask);
	for (u32 cpu = 0; cpu < 4; cpu++)
		assert_int_equal(cpumask_test_cpu(cpu, d.w.tasks[1].spec.mask), cpu == 2);
	assert_int_equal(d.w.duration_ns, 0);
	workload_close(&d.w);
}

static void duration_is_in_seconds_with_fraction(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.0025 hog", 1, 0);
	assert_int_equal(d.w.duration_ns, 2500000);
	workload_close(&d.w);
	drive_open(&d, "wl:3  hog", 1, 0);
	assert_int_equal(d.w.duration_ns, 3000000000ull);
	workload_close(&d.w);
}

static void hog_computes_until_the_end(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.001 hog", 1, 70);
	drive_expect(&d, 9, "70 hog0_n0 until 1070\n"
			    "1070 hog0_n0 exit\n");
	workload_close(&d.w);
	drive_open(&d, "wl:hog", 1, 70);
	drive_expect(&d, 9, "70 hog0_n0 run for ever\n");
	workload_close(&d.w);
}

static void per_waits_for_multiples_of_its_period(void **state)
{
	struct drive d;

	drive_open(&d, "wl:per:100:30", 1, 1000);
	drive_expect(&d, 4, "1000 per0_n0 cpu 30\n"
			    "1030 per0_n0 sleep 1100\n"
			    "1100 per0_n0 cpu 30\n"
			    "1130 per0_n0 sleep 1200\n");
	workload_close(&d.w);
}

static void per_skips_missed_periods(void **state)
{
	struct drive d;

	drive_open(&d, "wl:per:100:30", 1, 1000);
	d.t[0].preempted_ns = 225000;
	drive_expect(&d, 3, "1000 per0_n0 cpu 30\n"
			    "1255 per0_n0 sleep 1300\n"
			    "1300 per0_n0 cpu 30\n");
	/* done at the very instant of a period: not late */
	d.t[0].now_ns = 1500000;
	drive_expect(&d, 2, "1500 per0_n0 sleep 1500\n"
			    "1500 per0_n0 cpu 30\n");
	workload_close(&d.w);
}

static void per_computes_no_longer_than_to_the_end_and_leaves_with_its_next_period(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.00025 per:100:60", 1, 0);
	drive_expect(&d, 9, "0 per0_n0 cpu 60\n"
			    "60 per0_n0 sleep 100\n"
			    "100 per0_n0 cpu 60\n"
			    "160 per0_n0 sleep 200\n"
			    "200 per0_n0 until 250\n"
			    "250 per0_n0 sleep 300\n"
			    "300 per0_n0 exit\n");
	workload_close(&d.w);
}

static void slp_sleeps_from_the_end_of_its_work(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.0003 slp:100:40", 1, 10);
	d.t[0].preempted_ns = 7000;
	drive_expect(&d, 9, "10 slp0_n0 cpu 40\n"
			    "57 slp0_n0 sleep 157\n"
			    "157 slp0_n0 cpu 40\n"
			    "197 slp0_n0 sleep 297\n"
			    "297 slp0_n0 until 310\n"
			    "310 slp0_n0 sleep 410\n"
			    "410 slp0_n0 exit\n");
	workload_close(&d.w);
}

static void no_work_is_no_call(void **state)
{
	struct drive d;

	drive_open(&d, "wl:per:100:0", 1, 0);
	drive_expect(&d, 2, "0 per0_n0 sleep 100\n"
			    "100 per0_n0 sleep 200\n");
	workload_close(&d.w);
}

static void pip_hands_a_byte_to_and_fro(void **state)
{
	struct drive d;

	drive_open(&d, "wl:pip:5", 1, 0);
	drive_expect(&d, 10, "0 pip0_n0 wait\n"
			     "0 pip0_n0 cpu 5\n"
			     "0 pip1_n0 wait\n"
			     "5 pip0_n0 post sync\n"
			     "5 pip0_n0 wait\n"
			     "5 pip1_n0 cpu 5\n"
			     "10 pip1_n0 post sync\n"
			     "10 pip0_n0 cpu 5\n"
			     "10 pip1_n0 wait\n"
			     "15 pip0_n0 post sync\n");
	workload_close(&d.w);
}

static void pip_ends_both_tasks(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.000012 pip:5", 1, 0);
	drive_expect(&d, 20, "0 pip0_n0 wait\n"
			     "0 pip0_n0 cpu 5\n"
			     "0 pip1_n0 wait\n"
			     "5 pip0_n0 post sync\n"
			     "5 pip0_n0 wait\n"
			     "5 pip1_n0 cpu 5\n"
			     "10 pip1_n0 post sync\n"
			     "10 pip0_n0 until 12\n"
			     "10 pip1_n0 wait\n"
			     "12 pip0_n0 post sync\n"
			     "12 pip0_n0 post\n"
			     "12 pip0_n0 exit\n"
			     "12 pip1_n0 exit\n");
	workload_close(&d.w);
}

static void all_tasks_begin_when_the_first_one_runs(void **state)
{
	struct drive d;

	drive_open(&d, "wl:0.001 per:100:10 per:100:10", 2, 50);
	d.t[1].now_ns = 75000;		/* has waited for a CPU */
	drive_expect(&d, 4, "50 per0_n0 cpu 10\n"
			    "60 per0_n0 sleep 150\n"
			    "75 per1_n0 cpu 10\n"
			    "85 per1_n0 sleep 150\n");
	workload_close(&d.w);
}

static void programs_may_be_freed_after_the_workload(void **state)
{
	struct user_program *up;
	struct drive d;

	drive_open(&d, "wl:hog#0 per:1:1", 1, 0);
	up = d.w.tasks[1].spec.program;
	d.w.tasks[1].spec.program = NULL;
	workload_close(&d.w);
	up->ops->free(up);
}

static void errors_name_the_word_and_the_reason(void **state)
{
#define HELP "a task is hog, per:PERIOD_US:RUN_US, slp:SLEEP_US:RUN_US or pip:RUN_US, then [@NICE][#CPU]"
	static const struct {
		const char *spec, *message;
	} cases[] = {
		{ "wl:", "wl: no task; " HELP },
		{ "wl:5", "wl: no task; " HELP },
		{ "wl:hog fog", "wl: 'fog': unknown kind of task; " HELP },
		{ "wl:ho", "wl: 'ho': unknown kind of task; " HELP },
		{ "wl:0 hog", "wl: '0': the duration must be more than 0 seconds" },
		{ "wl:3s hog", "wl: '3s': is neither a task nor a duration in seconds; " HELP },
		{ "wl:per:10", "wl: 'per:10': needs 2 numbers in us after 'per': per:PERIOD_US:RUN_US, each "
			       "at most 2147483647" },
		{ "wl:per:10:x", "wl: 'per:10:x': needs 2 numbers in us after 'per': per:PERIOD_US:RUN_US, "
				 "each at most 2147483647" },
		{ "wl:slp:-1:5", "wl: 'slp:-1:5': needs 2 numbers in us after 'slp': slp:SLEEP_US:RUN_US, "
				 "each at most 2147483647" },
		{ "wl:pip:2147483648", "wl: 'pip:2147483648': needs 1 number in us after 'pip': pip:RUN_US, "
				       "each at most 2147483647" },
		{ "wl:per:0:5", "wl: 'per:0:5': the period is 0; it must be at least 1 us" },
		{ "wl:slp:0:0", "wl: 'slp:0:0': takes no time and would spin at one instant; "
				"let it sleep or run for at least 1 us" },
		{ "wl:hog@20", "wl: 'hog@20': nice 20 is out of range; it is -20..19" },
		{ "wl:hog@-21", "wl: 'hog@-21': nice -21 is out of range; it is -20..19" },
		{ "wl:hog@", "wl: 'hog@': a number must follow '@': a nice value, -20..19" },
		{ "wl:hog#4", "wl: 'hog#4': CPU 4 does not exist; the machine has CPUs 0..3" },
		{ "wl:hog#a", "wl: 'hog#a': a number must follow '#': a CPU, 0..3" },
		{ "wl:hog:5", "wl: 'hog:5': ':5' is not expected; " HELP },
		{ "wl:hog@1@2", "wl: 'hog@1@2': '@2' is not expected; " HELP },
	};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workload w;
		char err[512] = "";

		assert_int_equal(workload_open(&w, cases[i].spec, 4, 1, err, sizeof(err)), -22);
		assert_string_equal(err, cases[i].message);
		assert_null(w.tasks);
		assert_null(w.impl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_are_named_kind_index_nice),
		cmocka_unit_test(duration_is_in_seconds_with_fraction),
		cmocka_unit_test(hog_computes_until_the_end),
		cmocka_unit_test(per_waits_for_multiples_of_its_period),
		cmocka_unit_test(per_skips_missed_periods),
		cmocka_unit_test(per_computes_no_longer_than_to_the_end_and_leaves_with_its_next_period),
		cmocka_unit_test(slp_sleeps_from_the_end_of_its_work),
		cmocka_unit_test(no_work_is_no_call),
		cmocka_unit_test(pip_hands_a_byte_to_and_fro),
		cmocka_unit_test(pip_ends_both_tasks),
		cmocka_unit_test(all_tasks_begin_when_the_first_one_runs),
		cmocka_unit_test(programs_may_be_freed_after_the_workload),
		cmocka_unit_test(errors_name_the_word_and_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
