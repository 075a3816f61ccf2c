// SPDX-License-Identifier: GPL-2.0-only
#include "drive.h"

static void open_task(struct drive *d, const char *body)
{
	char text[2048];

	snprintf(text, sizeof(text), "{ 'tasks' : { 't' : { %s } } }", body);
	drive_open_text(d, text, 4, 1000);
}

static void events_run_in_order_for_ever(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 10, 'sleep' : 20, 'run' : 5, 'yield' : ''");
	drive_expect(&d, 6, "1000 t-0 run 10\n"
			    "1010 t-0 sleep 1030\n"
			    "1030 t-0 run 5\n"
			    "1035 t-0 yield\n"
			    "1036 t-0 run 10\n"
			    "1046 t-0 sleep 1066\n");
	workload_close(&d.w);
}

static void loop_of_a_task_without_phases_counts_and_ends_it(void **state)
{
	struct drive d;

	open_task(&d, "'loop' : 2, 'run' : 10");
	drive_expect(&d, 9, "1000 t-0 run 10\n"
			    "1010 t-0 run 10\n"
			    "1020 t-0 exit\n");
	workload_close(&d.w);
	open_task(&d, "'loop' : -1, 'run' : 10");
	drive_expect(&d, 3, "1000 t-0 run 10\n"
			    "1010 t-0 run 10\n"
			    "1020 t-0 run 10\n");
	workload_close(&d.w);
}

static void phases_loop_each_and_all(void **state)
{
	struct drive d;

	open_task(&d, "'loop' : 2, 'phases' : { 'a' : { 'loop' : 2, 'run' : 1 }, 'b' : { 'run' : 2 } }");
	drive_expect(&d, 9, "1000 t-0 run 1\n"
			    "1001 t-0 run 1\n"
			    "1002 t-0 run 2\n"
			    "1004 t-0 run 1\n"
			    "1005 t-0 run 1\n"
			    "1006 t-0 run 2\n"
			    "1008 t-0 exit\n");
	workload_close(&d.w);
	/* by default the phases are repeated for ever, each once */
	open_task(&d, "'phases' : { 'a' : { 'run' : 1 }, 'b' : { 'loop' : -1, 'run' : 2 } }");
	drive_expect(&d, 4, "1000 t-0 run 1\n"
			    "1001 t-0 run 2\n"
			    "1003 t-0 run 2\n"
			    "1005 t-0 run 2\n");
	workload_close(&d.w);
}

static void no_work_is_no_call(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 0, 'runtime' : 0, 'sleep' : 7");
	drive_expect(&d, 2, "1000 t-0 sleep 1007\n"
			    "1007 t-0 sleep 1014\n");
	workload_close(&d.w);
}

/*
 * rt-app's "runtime" looks at CLOCK_MONOTONIC: being preempted counts, and the CPU's speed does not matter.
 */
static void runtime_ends_by_the_clock(void **state)
{
	struct drive d;

	open_task(&d, "'loop' : 2, 'runtime' : 50");
	d.t[0].preempted_ns = 9000;
	drive_expect(&d, 9, "1000 t-0 until 1050\n"
			    "1059 t-0 until 1109\n"
			    "1109 t-0 exit\n");
	workload_close(&d.w);
}

#define TIMER(extra) "'timer' : { 'ref' : 'unique', 'period' : 100" extra " }"

static void timer_counts_from_its_last_instant(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 30, " TIMER(""));
	d.t[0].preempted_ns = 5000;
	drive_expect(&d, 5, "1000 t-0 run 30\n"
			    "1035 t-0 sleep 1100\n"
			    "1100 t-0 run 30\n"
			    "1130 t-0 sleep 1200\n"
			    "1200 t-0 run 30\n");
	workload_close(&d.w);
}

static void late_relative_timer_starts_again_from_now(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 30, " TIMER(", 'mode' : 'relative'"));
	d.t[0].preempted_ns = 230000;
	drive_expect(&d, 5, "1000 t-0 run 30\n"
			    "1260 t-0 run 30\n"
			    "1290 t-0 sleep 1360\n"
			    "1360 t-0 run 30\n"
			    "1390 t-0 sleep 1460\n");
	workload_close(&d.w);
}

static void late_absolute_timer_catches_up(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 30, " TIMER(", 'mode' : 'absolute'"));
	d.t[0].preempted_ns = 230000;
	/* the instants 1100, 1200 and 1300 are past when it comes to them */
	drive_expect(&d, 7, "1000 t-0 run 30\n"
			    "1260 t-0 run 30\n"
			    "1290 t-0 run 30\n"
			    "1320 t-0 run 30\n"
			    "1350 t-0 sleep 1400\n"
			    "1400 t-0 run 30\n"
			    "1430 t-0 sleep 1500\n");
	workload_close(&d.w);
}

static void timer_that_is_due_now_does_not_sleep(void **state)
{
	struct drive d;

	open_task(&d, "'run' : 100, " TIMER(""));
	drive_expect(&d, 2, "1000 t-0 run 100\n"
			    "1100 t-0 run 100\n");
	workload_close(&d.w);
}

static void one_absolute_use_makes_the_timer_absolute(void **state)
{
	struct drive d;

	open_task(&d, "'phases' : { 'a' : { 'run' : 250, " TIMER("") " }, "
		      "'b' : { 'run' : 10, " TIMER(", 'mode' : 'absolute'") " } }");
	drive_expect(&d, 4, "1000 t-0 run 250\n"
			    "1250 t-0 run 10\n"
			    "1260 t-0 run 250\n"
			    "1510 t-0 run 10\n");
	workload_close(&d.w);
}

static void unique_timers_are_per_instance_and_by_name(void **state)
{
	struct drive d;

	open_task(&d, "'instance' : 2, 'run' : 10, " TIMER("") ", "
		      "'timer' : { 'ref' : 'uniqueB', 'period' : 150 }");
	drive_expect(&d, 8, "1000 t-0 run 10\n"
			    "1000 t-1 run 10\n"
			    "1010 t-0 sleep 1100\n"
			    "1010 t-1 sleep 1100\n"
			    "1100 t-0 sleep 1150\n"
			    "1100 t-1 sleep 1150\n"
			    "1150 t-0 run 10\n"
			    "1150 t-1 run 10\n");
	workload_close(&d.w);
}

static void other_timers_are_shared_by_all_tasks(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'run' : 10, 'timer' : { 'ref' : 'tick', 'period' : 100 } },"
			" 'b' : { 'run' : 20, 'timer' : { 'ref' : 'tick', 'period' : 100 } } } }",
			1, 0);
	drive_expect(&d, 6, "0 a-0 run 10\n"
			    "0 b-1 run 20\n"
			    "10 a-0 sleep 100\n"
			    "20 b-1 sleep 200\n"
			    "100 a-0 run 10\n"
			    "110 a-0 sleep 300\n");
	workload_close(&d.w);
}

static void delay_moves_start_and_timers(void **state)
{
	struct drive d;

	drive_open_text(
		&d,
		"{ 'tasks' : {"
		" 'a' : { 'loop' : 1, 'run' : 10 },"
		" 'b' : { 'delay' : 500, 'run' : 10, 'timer' : { 'ref' : 'unique', 'period' : 100 } } } }",
		1, 1000);
	assert_int_equal(d.w.tasks[0].start_ns, 0);
	assert_int_equal(d.w.tasks[1].start_ns, 500000);
	d.t[1].now_ns += 7000;	/* has waited for a CPU */
	drive_expect(&d, 5, "1000 a-0 run 10\n"
			    "1010 a-0 exit\n"
			    "1507 b-1 run 10\n"
			    "1517 b-1 sleep 1600\n"
			    "1600 b-1 run 10\n");
	workload_close(&d.w);
}

static void origin_is_the_same_if_all_tasks_are_delayed(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'duration' : 1 }, 'tasks' : { 't' : { 'delay' : 500, 'run' : 400000,"
			" 'timer' : { 'ref' : 'unique', 'period' : 500000 } } } }",
			1, 1000);
	drive_expect(&d, 9, "1500 t-0 run 400000\n"
			    "401500 t-0 sleep 501500\n"
			    "501500 t-0 run 400000\n"
			    "901500 t-0 sleep 1001500\n"
			    "1001500 t-0 exit\n");
	workload_close(&d.w);
}

static void affinity_is_the_phases_else_the_tasks(void **state)
{
	struct drive d;

	open_task(&d, "'loop' : 2, 'cpus' : [2, 3], 'phases' : {"
		      " 'a' : { 'cpus' : [0], 'loop' : 2, 'run' : 1 },"
		      " 'b' : { 'cpus' : [0], 'run' : 2 },"
		      " 'c' : { 'run' : 3 } }");
	assert_true(cpumask_test_cpu(0, d.w.tasks[0].spec.mask));
	assert_false(cpumask_test_cpu(2, d.w.tasks[0].spec.mask));
	drive_expect(&d, 7, "1000 t-0 run 1\n"
			    "1001 t-0 run 1\n"
			    "1002 t-0 run 2\n"
			    "1004 t-0 cpus 2 3\n"
			    "1004 t-0 run 3\n"
			    "1007 t-0 cpus 0\n"
			    "1007 t-0 run 1\n");
	workload_close(&d.w);
	/* a list of all CPUs is what a task has anyway */
	open_task(&d, "'phases' : { 'a' : { 'cpus' : [3, 2, 1, 0], 'run' : 1 }, 'b' : { 'run' : 2 } }");
	assert_null(d.w.tasks[0].spec.mask);
	drive_expect(&d, 2, "1000 t-0 run 1\n"
			    "1001 t-0 run 2\n");
	workload_close(&d.w);
}

static void policy_of_a_phase_stays_until_another_one_sets_it(void **state)
{
	struct drive d;

	open_task(&d, "'priority' : 4, 'phases' : {"
		      " 'a' : { 'run' : 1 },"
		      " 'b' : { 'priority' : -5, 'run' : 2 },"
		      " 'c' : { 'run' : 3 },"
		      " 'd' : { 'policy' : 'SCHED_FIFO', 'run' : 4 },"
		      " 'e' : { 'priority' : 20, 'run' : 5 },"
		      " 'f' : { 'policy' : 'SCHED_IDLE', 'run' : 6 },"
		      " 'g' : { 'policy' : 'SCHED_OTHER', 'loop' : 2, 'run' : 7 } }");
	assert_int_equal(d.w.tasks[0].spec.nice, 4);
	drive_expect(&d, 14, "1000 t-0 run 1\n"
			     "1001 t-0 policy 0 nice -5 rt 0\n"
			     "1001 t-0 run 2\n"
			     "1003 t-0 run 3\n"
			     "1006 t-0 policy 1 nice -5 rt 10\n"
			     "1006 t-0 run 4\n"
			     "1010 t-0 policy 1 nice -5 rt 20\n"
			     "1010 t-0 run 5\n"
			     "1015 t-0 policy 5 nice -5 rt 0\n"
			     "1015 t-0 run 6\n"
			     "1021 t-0 policy 0 nice 0 rt 0\n"
			     "1021 t-0 run 7\n"
			     "1028 t-0 run 7\n"
			     "1035 t-0 run 1\n");
	workload_close(&d.w);
}

static void first_phase_begins_with_its_policy(void **state)
{
	struct drive d;

	open_task(&d, "'phases' : { 'a' : { 'policy' : 'SCHED_RR', 'priority' : 7, 'run' : 1 } }");
	assert_int_equal(d.w.tasks[0].spec.policy, SCHED_RR);
	assert_int_equal(d.w.tasks[0].spec.rt_priority, 7);
	drive_expect(&d, 2, "1000 t-0 run 1\n"
			    "1001 t-0 run 1\n");
	workload_close(&d.w);
}

static void end_of_the_workload_ends_tasks_between_events(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'duration' : 1 }, 'tasks' : {"
			" 'a' : { 'run' : 600000 },"
			" 'b' : { 'sleep' : 999999, 'run' : 1 } } }",
			1, 500);
	assert_int_equal(d.w.duration_ns, 1000000000);
	drive_expect(&d, 9, "500 a-0 run 600000\n"
			    "500 b-1 sleep 1000499\n"
			    "600500 a-0 run 600000\n"
			    "1000499 b-1 run 1\n"
			    "1000500 b-1 exit\n"
			    "1200500 a-0 exit\n");
	workload_close(&d.w);
}

static void end_of_the_workload_leaves_no_mutex_locked(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'duration' : 1 }, 'tasks' : {"
			" 'a' : { 'lock' : 'm', 'run' : 1000000, 'sleep' : 5, 'unlock' : 'm', 'run' : 9 },"
			" 'b' : { 'run' : 1, 'lock' : 'm', 'run' : 2, 'unlock' : 'm' } } }",
			1, 0);
	drive_expect(&d, 9, "0 a-0 run 1000000\n"
			    "0 b-1 run 1\n"
			    "1 b-1 wait\n"
			    "1000000 a-0 post\n"
			    "1000000 a-0 exit\n"
			    "1000000 b-1 exit\n");
	workload_close(&d.w);
}

static void end_of_the_workload_wakes_those_that_wait(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'duration' : 1 }, 'tasks' : {"
			" 's' : { 'run' : 1, 'suspend', 'run' : 7 },"
			" 'b' : { 'instance' : 3, 'loop' : 2, 'barrier' : 'x', 'run' : 8 },"
			" 'c' : { 'loop' : 1, 'run' : 3, 'barrier' : 'x' },"
			" 'r' : { 'sleep' : 1000000 } } }",
			1, 0);
	drive_expect(&d, 40, "0 s-0 run 1\n"
			     "0 b-1 wait\n"
			     "0 b-2 wait\n"
			     "0 b-3 wait\n"
			     "0 c-4 run 3\n"
			     "0 r-5 sleep 1000000\n"
			     "1 s-0 wait\n"
			     "3 c-4 post\n"
			     "3 b-1 run 8\n"
			     "3 c-4 post\n"
			     "3 b-2 run 8\n"
			     "3 c-4 post\n"
			     "3 b-3 run 8\n"
			     "3 c-4 exit\n"
			     "11 b-1 wait\n"
			     "11 b-2 wait\n"
			     "11 b-3 wait\n"
			     /* resources are woken in reverse order of their appearance, waiters in theirs */
			     "1000000 r-5 post\n"
			     "1000000 b-1 exit\n"
			     "1000000 r-5 post\n"
			     "1000000 b-2 exit\n"
			     "1000000 r-5 post\n"
			     "1000000 b-3 exit\n"
			     "1000000 r-5 post\n"
			     "1000000 s-0 exit\n"
			     "1000000 r-5 exit\n");
	workload_close(&d.w);
}

static void free_mutex_costs_no_call_and_a_locked_one_blocks(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'loop' : 2, 'lock' : 'm', 'run' : 10, 'unlock' : 'm', 'run' : 3 },"
			" 'b' : { 'loop' : 1, 'run' : 1, 'lock' : 'm', 'run' : 4, 'unlock' : 'm' } } }",
			1, 0);
	drive_expect(&d, 20, "0 a-0 run 10\n"
			     "0 b-1 run 1\n"
			     "1 b-1 wait\n"
			     "10 a-0 post\n"
			     "10 a-0 run 3\n"
			     "10 b-1 run 4\n"
			     "13 a-0 wait\n"
			     "14 b-1 post\n"
			     "14 a-0 run 10\n"
			     "14 b-1 exit\n"
			     "24 a-0 run 3\n"
			     "27 a-0 exit\n");
	workload_close(&d.w);
}

static void mutex_can_be_taken_before_the_one_that_was_woken(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'loop' : 2, 'lock' : 'm', 'run' : 10, 'unlock' : 'm' },"
			" 'b' : { 'loop' : 1, 'run' : 1, 'lock' : 'm', 'run' : 4, 'unlock' : 'm' } } }",
			1, 0);
	drive_expect(&d, 20, "0 a-0 run 10\n"
			     "0 b-1 run 1\n"
			     "1 b-1 wait\n"
			     "10 a-0 post\n"
			     "10 a-0 run 10\n"
			     "10 b-1 wait\n"
			     "20 a-0 post\n"
			     "20 a-0 exit\n"
			     "20 b-1 run 4\n"
			     "24 b-1 exit\n");
	workload_close(&d.w);
}

static void condition_wakes_one_waiter_and_forgets_signals(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'w' : { 'instance' : 2, 'loop' : 1, 'run' : 5, 'lock' : 'm',"
			"          'wait' : { 'ref' : 'c', 'mutex' : 'm' }, 'unlock' : 'm', 'run' : 3 },"
			" 's' : { 'loop' : 1, 'signal' : 'c', 'run' : 10, 'signal' : 'c', 'run' : 10,"
			"          'signal' : 'c', 'signal' : 'c' } } }",
			1, 0);
	drive_expect(&d, 20, "0 w-0 run 5\n"
			     "0 w-1 run 5\n"
			     "0 s-2 run 10\n"
			     "5 w-0 wait\n"
			     "5 w-1 wait\n"
			     "10 s-2 post\n"
			     "10 w-0 run 3\n"
			     "10 s-2 run 10\n"
			     "13 w-0 exit\n"
			     "20 s-2 post\n"
			     "20 w-1 run 3\n"
			     "20 s-2 exit\n"
			     "23 w-1 exit\n");
	workload_close(&d.w);
}

static void broad_wakes_all_waiters(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'w' : { 'instance' : 2, 'loop' : 1, 'lock' : 'm',"
			"          'wait' : { 'ref' : 'c', 'mutex' : 'm' }, 'unlock' : 'm', 'run' : 3 },"
			" 's' : { 'loop' : 1, 'run' : 10, 'broad' : 'c', 'run' : 1, 'broad' : 'c' } } }",
			1, 0);
	drive_expect(&d, 20, "0 w-0 wait\n"
			     "0 w-1 wait\n"
			     "0 s-2 run 10\n"
			     "10 s-2 post\n"
			     "10 w-0 run 3\n"
			     "10 s-2 post\n"
			     "10 w-1 run 3\n"
			     "10 s-2 run 1\n"
			     "11 s-2 exit\n"
			     "13 w-0 exit\n"
			     "13 w-1 exit\n");
	workload_close(&d.w);
}

static void waiting_drops_the_mutex_and_takes_it_again(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'w' : { 'loop' : 1, 'lock' : 'm', 'run' : 4,"
			"          'wait' : { 'ref' : 'c', 'mutex' : 'm' }, 'run' : 5, 'unlock' : 'm' },"
			" 's' : { 'loop' : 1, 'lock' : 'm', 'signal' : 'c', 'run' : 3, 'unlock' : 'm' } } }",
			1, 0);
	drive_expect(&d, 20, "0 w-0 run 4\n"
			     "0 s-1 wait\n"
			     "4 w-0 post\n"		/* the mutex */
			     "4 w-0 wait\n"
			     "4 s-1 post\n"		/* the condition */
			     "4 w-0 wait\n"		/* the mutex is s's */
			     "4 s-1 run 3\n"
			     "7 s-1 post\n"
			     "7 w-0 run 5\n"
			     "7 s-1 exit\n"
			     "12 w-0 exit\n");
	workload_close(&d.w);
}

static void sync_signals_and_waits(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'loop' : 1, 'run' : 5, 'lock' : 'm',"
			"          'sync' : { 'ref' : 'c', 'mutex' : 'm' }, 'unlock' : 'm', 'run' : 1 },"
			" 'b' : { 'loop' : 1, 'lock' : 'm', 'wait' : { 'ref' : 'c', 'mutex' : 'm' },"
			"          'unlock' : 'm', 'run' : 2, 'signal' : 'c' } } }",
			1, 0);
	drive_expect(&d, 20, "0 a-0 run 5\n"
			     "0 b-1 wait\n"
			     "5 a-0 post\n"		/* b is woken, but the mutex is a's */
			     "5 a-0 wait\n"
			     "5 b-1 run 2\n"
			     "7 b-1 post\n"
			     "7 a-0 run 1\n"
			     "7 b-1 exit\n"
			     "8 a-0 exit\n");
	workload_close(&d.w);
}

static void suspended_task_waits_for_resume_and_resume_alone_is_forgotten(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'loop' : 1, 'resume' : 'b', 'run' : 10, 'resume' : 'b', 'suspend' : 'a',"
			"          'run' : 1 },"
			" 'b' : { 'loop' : 1, 'run' : 3, 'suspend', 'run' : 20, 'resume' : 'a' } } }",
			1, 0);
	drive_expect(&d, 20, "0 a-0 run 10\n"
			     "0 b-1 run 3\n"
			     "3 b-1 wait\n"
			     "10 a-0 post\n"
			     "10 a-0 wait\n"
			     "10 b-1 run 20\n"
			     "30 b-1 post\n"
			     "30 a-0 wait\n"		/* b has not unlocked the mutex yet */
			     "30 b-1 post\n"
			     "30 a-0 run 1\n"
			     "30 b-1 exit\n"
			     "31 a-0 exit\n");
	workload_close(&d.w);
}

static void barrier_lets_go_when_all_have_come(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : {"
			" 'a' : { 'instance' : 2, 'loop' : 2, 'run' : 5, 'barrier' : 'x' },"
			" 'b' : { 'loop' : 2, 'run' : 9, 'barrier' : 'x' } } }",
			1, 0);
	drive_expect(&d, 40, "0 a-0 run 5\n"
			     "0 a-1 run 5\n"
			     "0 b-2 run 9\n"
			     "5 a-0 wait\n"
			     "5 a-1 wait\n"
			     "9 b-2 post\n"
			     "9 a-0 run 5\n"
			     "9 b-2 post\n"
			     "9 a-1 run 5\n"
			     "9 b-2 run 9\n"
			     "14 a-0 wait\n"
			     "14 a-1 wait\n"
			     "18 b-2 post\n"
			     "18 a-0 exit\n"
			     "18 b-2 post\n"
			     "18 a-1 exit\n"
			     "18 b-2 exit\n");
	workload_close(&d.w);
}

static void programs_may_be_freed_after_the_workload(void **state)
{
	struct user_program *up;
	struct drive d;

	open_task(&d, "'cpus' : [1], 'run' : 1");
	up = d.w.tasks[0].spec.program;
	d.w.tasks[0].spec.program = NULL;
	workload_close(&d.w);
	up->ops->free(up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_run_in_order_for_ever),
		cmocka_unit_test(loop_of_a_task_without_phases_counts_and_ends_it),
		cmocka_unit_test(phases_loop_each_and_all),
		cmocka_unit_test(no_work_is_no_call),
		cmocka_unit_test(runtime_ends_by_the_clock),
		cmocka_unit_test(timer_counts_from_its_last_instant),
		cmocka_unit_test(late_relative_timer_starts_again_from_now),
		cmocka_unit_test(late_absolute_timer_catches_up),
		cmocka_unit_test(timer_that_is_due_now_does_not_sleep),
		cmocka_unit_test(one_absolute_use_makes_the_timer_absolute),
		cmocka_unit_test(unique_timers_are_per_instance_and_by_name),
		cmocka_unit_test(other_timers_are_shared_by_all_tasks),
		cmocka_unit_test(delay_moves_start_and_timers),
		cmocka_unit_test(origin_is_the_same_if_all_tasks_are_delayed),
		cmocka_unit_test(affinity_is_the_phases_else_the_tasks),
		cmocka_unit_test(policy_of_a_phase_stays_until_another_one_sets_it),
		cmocka_unit_test(first_phase_begins_with_its_policy),
		cmocka_unit_test(end_of_the_workload_ends_tasks_between_events),
		cmocka_unit_test(end_of_the_workload_leaves_no_mutex_locked),
		cmocka_unit_test(end_of_the_workload_wakes_those_that_wait),
		cmocka_unit_test(free_mutex_costs_no_call_and_a_locked_one_blocks),
		cmocka_unit_test(mutex_can_be_taken_before_the_one_that_was_woken),
		cmocka_unit_test(condition_wakes_one_waiter_and_forgets_signals),
		cmocka_unit_test(broad_wakes_all_waiters),
		cmocka_unit_test(waiting_drops_the_mutex_and_takes_it_again),
		cmocka_unit_test(sync_signals_and_waits),
		cmocka_unit_test(suspended_task_waits_for_resume_and_resume_alone_is_forgotten),
		cmocka_unit_test(barrier_lets_go_when_all_have_come),
		cmocka_unit_test(programs_may_be_freed_after_the_workload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
