// SPDX-License-Identifier: GPL-2.0-only
#include "drive.h"

#include <dirent.h>
#include <errno.h>

#define EVENTS "runtime, run, sleep, timer, yield, lock, unlock, wait, signal, broad, sync, suspend, " \
	       "resume, barrier"

/* The text is refused with FILE and this message, and leaves nothing behind. */
static void expect_error(const char *text, const char *message)
{
	char name[20], expected[1024], err[1024] = "";
	struct workload w;
	int ret;

	json_file(text, name);
	ret = workload_open(&w, name, 4, 1, err, sizeof(err));
	unlink(name);
	snprintf(expected, sizeof(expected), "%s%s", name, message);
	assert_string_equal(err, expected);
	assert_int_equal(ret, -EINVAL);
	assert_null(w.tasks);
	assert_null(w.impl);
}

/* @body: members of the only task, "t" */
static void expect_task_error(const char *body, const char *message)
{
	char text[1024];

	snprintf(text, sizeof(text), "{ 'tasks' : { 't' : { %s } } }", body);
	expect_error(text, message);
}

static void names_have_the_index_of_all_tasks(void **state)
{
	static const char *const names[] = { "a-0", "a-1", "a_long_name_t-2", "b-3" };
	struct drive d;

	drive_open_text(
		&d,
		"{ 'tasks' : { 'a' : { 'instance' : 2, 'run' : 1 }, 'none' : { 'instance' : 0, 'run' : 1 },"
		" 'a_long_name_that_is_cut' : { 'run' : 1 }, 'b' : { 'run' : 1 } } }",
		1, 0);
	assert_int_equal(d.w.nr_tasks, 4);
	for (u32 i = 0; i < 4; i++)
		assert_string_equal(d.w.tasks[i].spec.comm, names[i]);
	workload_close(&d.w);
}

static void repeated_keys_are_all_kept(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : { 't' : { 'loop' : 1, 'run' : 1, 'sleep' : 2, 'run' : 3, 'sleep' : 4,"
			" 'run1' : 5, 'run':6, } ,'t':{'loop':1,'run' : 7} } }",
			1, 0);
	assert_string_equal(d.w.tasks[1].spec.comm, "t1-1");
	drive_expect(&d, 20, "0 t-0 run 1\n"
			     "0 t1-1 run 7\n"
			     "1 t-0 sleep 3\n"
			     "3 t-0 run 3\n"
			     "6 t-0 sleep 10\n"
			     "7 t1-1 exit\n"
			     "10 t-0 run 5\n"
			     "15 t-0 run 6\n"
			     "21 t-0 exit\n");
	workload_close(&d.w);
}

static void comments_and_other_quotes_are_read(void **state)
{
	char name[20];
	struct drive d;

	text_file("/* { \"x\" : */ { // \"tasks\" : [\n"
		  "'tasks' : { \"t\" /* , */ : { \"loop\" : 1, \"run\" : /**/ 1 // , \"run\" : 2\n"
		  " , \"run\" : 3 } } }\n/* end */ // end",
		  name);
	drive_open(&d, name, 1, 0);
	unlink(name);
	drive_expect(&d, 20, "0 t-0 run 1\n"
			     "1 t-0 run 3\n"
			     "4 t-0 exit\n");
	workload_close(&d.w);
}

static void event_may_have_a_suffix(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'tasks' : { 't' : { 'loop' : 1, 'run_a' : 1, 'runtime0' : 2, 'sleepy' : 3, 'run2' "
			": 4 } } }",
			1, 0);
	drive_expect(&d, 20, "0 t-0 run 1\n"
			     "1 t-0 until 3\n"
			     "3 t-0 sleep 6\n"
			     "6 t-0 run 4\n"
			     "10 t-0 exit\n");
	workload_close(&d.w);
}

static void default_policy_and_its_priority(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'default_policy' : 'SCHED_FIFO' }, 'tasks' : {"
			" 'a' : { 'run' : 1 }, 'b' : { 'priority' : 50, 'run' : 1 },"
			" 'c' : { 'policy' : 'SCHED_OTHER', 'run' : 1 }, 'd' : { 'policy' : 'SCHED_IDLE', "
			"'run' : 1 },"
			" 'e' : { 'policy' : 'SCHED_BATCH', 'priority' : -20, 'run' : 1 },"
			" 'f' : { 'policy' : 'SCHED_EXT', 'priority' : 19, 'run' : 1 } } }",
			1, 0);
	static const struct task_spec expected[] = {
		{ .policy = SCHED_FIFO, .rt_priority = 10 }, { .policy = SCHED_FIFO, .rt_priority = 50 },
		{ .policy = SCHED_NORMAL },		     { .policy = SCHED_IDLE },
		{ .policy = SCHED_BATCH, .nice = -20 },	     { .policy = SCHED_EXT, .nice = 19 },
	};

	for (u32 i = 0; i < 6; i++) {
		assert_int_equal(d.w.tasks[i].spec.policy, expected[i].policy);
		assert_int_equal(d.w.tasks[i].spec.nice, expected[i].nice);
		assert_int_equal(d.w.tasks[i].spec.rt_priority, expected[i].rt_priority);
	}
	workload_close(&d.w);
}

static void keys_without_effect_are_accepted(void **state)
{
	struct drive d;

	drive_open_text(&d,
			"{ 'global' : { 'duration' : -1, 'calibration' : 'CPU0', 'pi_enabled' : false,"
			" 'lock_pages' : true, 'logdir' : './', 'log_basename' : 'x', 'log_size' : 'file',"
			" 'ftrace' : 'main,task', 'gnuplot' : true, 'cumulative_slack' : true,"
			" 'io_device' : '/dev/null', 'mem_buffer_size' : 4096, 'frag' : 1 },"
			" 'resources' : { 'm' : { 'type' : 'mutex' } },"
			" 'tasks' : { 't' : { 'run' : 1 } } }",
			1, 0);
	assert_int_equal(d.w.duration_ns, 0);
	workload_close(&d.w);
	drive_open_text(
		&d,
		"{ 'global' : { 'duration' : 6, 'calibration' : 13, 'log_size' : 2, 'ftrace' : true },"
		" 'tasks' : { 't' : { 'run' : 1 } } }",
		1, 0);
	assert_int_equal(d.w.duration_ns, 6000000000ull);
	workload_close(&d.w);
}

static void malformed_json_is_reported_with_line_and_column(void **state)
{
	expect_error("", ":1:1: is empty");
	expect_error("{\n 'tasks' : {\n", ":3:1: text ends before the object does");
	expect_error("{ 'tasks' : 5 } x", ":1:17: text after the end of the object");
	expect_error("{ 'tasks'\n\t{ } }", ":2:2: object property name separator ':' expected");
	/* what workgen's numbers add to the text does not count */
	expect_error("{ 'a' : 1, 'a' : 1, 'a' : 1,\n 'a' : 1, 'a' : 1 'b' }",
		     ":2:19: object value separator ',' expected");
	expect_error("{ 'tasks' : { 't' : { 'run' : 1x } } }", ":1:32: number expected");
	expect_error("{ 'tasks' : { 't\\n' : 1 } }", ":1:15: a key must not have a backslash in it");
	expect_error("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ":1:33: nested too deep");
}

static void text_that_is_no_json_does_no_harm(void **state)
{
	static const char *const texts[] = { "}",   "]",       "{", "[}", "{]", "\"",	   "'", "{\"",
					     "{'a", "{\"a\":", "/", "/*", "//", "{\"a\"/", "," };
	char name[20], err[512];
	struct workload w;

	for (u32 i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		text_file(texts[i], name);
		assert_int_equal(workload_open(&w, name, 4, 1, err, sizeof(err)), -EINVAL);
		unlink(name);
	}
}

static void file_errors_name_the_file(void **state)
{
	char err[512];
	struct workload w;

	assert_int_equal(workload_open(&w, "/nonexistent/x.json", 4, 1, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/nonexistent/x.json: cannot open it: No such file or directory");
	assert_int_equal(workload_open(&w, "/", 4, 1, err, sizeof(err)), -EISDIR);
	assert_string_equal(err, "/: cannot read it: Is a directory");
}

static void unsupported_events_are_errors(void **state)
{
	expect_task_error("'phases' : { 'p1' : { 'run' : 1, 'iorun' : 100 } }",
			  ": tasks.t.phases.p1.iorun: event is not supported; supported: " EVENTS);
	expect_task_error("'mem' : 1", ": tasks.t.mem: event is not supported; supported: " EVENTS);
	expect_task_error("'fork' : 'x'", ": tasks.t.fork: event is not supported; supported: " EVENTS);
}

static void unknown_keys_are_errors(void **state)
{
	expect_error("{ 'tasks' : { 't' : { 'run' : 1 } }, 'task' : { } }",
		     ": task: unknown key; known: tasks, global, resources");
	expect_error("{ 'global' : { 'durations' : 5 }, 'tasks' : { 't' : { 'run' : 1 } } }",
		     ": global.durations: unknown key; known: duration, default_policy, pi_enabled, "
		     "calibration, lock_pages, "
		     "logdir, log_basename, log_size, ftrace, gnuplot, cumulative_slack, io_device, "
		     "mem_buffer_size, frag");
	expect_task_error(
		"'prio' : 1, 'run' : 1",
		": tasks.t.prio: unknown key; known: instance, delay, phases, loop, cpus, policy, priority; "
		"events: " EVENTS);
	expect_task_error("'phases' : { 'p' : { 'delay' : 1, 'run' : 1 } }",
			  ": tasks.t.phases.p.delay: unknown key; known: loop, cpus, policy, priority; "
			  "events: " EVENTS);
	expect_task_error("'timer' : { 'ref' : 'x', 'period' : 5, 'phase' : 5 }",
			  ": tasks.t.timer.phase: unknown key; known: ref, period, mode");
	expect_task_error("'lock' : 'm', 'wait' : { 'ref' : 'c', 'mtx' : 'm' }, 'unlock' : 'm'",
			  ": tasks.t.wait.mtx: unknown key; known: ref, mutex");
	expect_task_error("'taskgroup' : '/a', 'run' : 1", ": tasks.t.taskgroup: is not supported, and would "
							   "change the task's scheduling; remove it");
	expect_task_error(
		"'phases' : { 'p' : { 'util_min' : 5, 'run' : 1 } }",
		": tasks.t.phases.p.util_min: is not supported, and would change the task's scheduling; "
		"remove it");
	expect_error("{ 'global' : { 'pi_enabled' : true }, 'tasks' : { 't' : { 'run' : 1 } } }",
		     ": global.pi_enabled: priority inheritance is not supported; set it to false");
}

static void keys_that_are_no_events_must_not_be_repeated(void **state)
{
	expect_task_error("'loop' : 1, 'run' : 1, 'loop' : 2", ": tasks.t.loop: is given more than once");
	expect_error("{ 'tasks' : { 't' : { 'run' : 1 } }, 'tasks' : { } }",
		     ": tasks: is given more than once");
}

static void types_are_checked(void **state)
{
	expect_error("5", ": must be an object, is an integer");
	expect_error("{ 'tasks' : [ ] }", ": tasks: must be an object, is an array");
	expect_error("{ 'tasks' : { 't' : 1 } }", ": tasks.t: must be an object, is an integer");
	expect_error("{ 'global' : { 'duration' : 1.5 }, 'tasks' : { 't' : { 'run' : 1 } } }",
		     ": global.duration: must be an integer, is a fraction");
	expect_error("{ 'global' : { 'calibration' : true }, 'tasks' : { 't' : { 'run' : 1 } } }",
		     ": global.calibration: must be an integer or a string, is a boolean");
	expect_task_error("'run' : '10'", ": tasks.t.run: must be an integer, is a string");
	expect_task_error("'run' : 1, 'loop' : null", ": tasks.t.loop: must be an integer, is null");
	expect_task_error("'phases' : { 'p' : 3 }", ": tasks.t.phases.p: must be an object, is an integer");
	expect_task_error("'timer' : 100", ": tasks.t.timer: must be an object, is an integer");
	expect_task_error("'run' : 1, 'cpus' : [ 0, '1' ]",
			  ": tasks.t.cpus[1]: must be an integer, is a string");
}

static void missing_parts_are_errors(void **state)
{
	expect_error("{ }", ": tasks: is missing; a workload is { \"tasks\" : { NAME : { ... } } }");
	expect_error("{ 'tasks' : { } }",
		     ": tasks: has no task; it needs at least one, with at least one instance");
	expect_task_error("'instance' : 0, 'run' : 1",
			  ": tasks: has no task; it needs at least one, with at least one instance");
	expect_task_error("'loop' : 1",
			  ": tasks.t: has no events; give it at least one, such as \"run\" : 1000");
	expect_task_error("'phases' : { }", ": tasks.t.phases: is empty; a task needs at least one phase");
	expect_task_error("'phases' : { 'p' : { } }",
			  ": tasks.t.phases.p: has no events; give it at least one, such as \"run\" : 1000");
	expect_task_error("'timer' : { 'ref' : 'x' }",
			  ": tasks.t.timer.period: is missing; it is 1..2147483647 us");
	expect_task_error("'run' : 1, 'phases' : { 'p' : { 'run' : 1 } }",
			  ": tasks.t.run: is beside \"phases\" and would never run; move it into a phase");
}

static void values_out_of_range_are_errors(void **state)
{
	expect_error("{ 'global' : { 'duration' : -2 }, 'tasks' : { 't' : { 'run' : 1 } } }",
		     ": global.duration: -2 is out of range; a time in seconds, or -1 for no end, is "
		     "-1..2147483647");
	expect_task_error("'run' : -1", ": tasks.t.run: -1 is out of range; a time in us is 0..2147483647");
	expect_task_error("'sleep' : 2147483648",
			  ": tasks.t.sleep: 2147483648 is out of range; a time in us is 0..2147483647");
	expect_task_error("'delay' : -5, 'run' : 1",
			  ": tasks.t.delay: -5 is out of range; a time in us is 0..2147483647");
	expect_task_error("'instance' : -1, 'run' : 1",
			  ": tasks.t.instance: -1 is out of range; a number is 0..65536");
	expect_task_error("'timer' : { 'ref' : 'x', 'period' : 0 }",
			  ": tasks.t.timer.period: 0 is out of range; a period in us is 1..2147483647");
	expect_task_error("'timer' : { 'ref' : 'x', 'period' : 5, 'mode' : 'sometimes' }",
			  ": tasks.t.timer.mode: unknown mode 'sometimes'; it is relative or absolute");
	expect_task_error("'loop' : 0, 'run' : 1",
			  ": tasks.t.loop: 0 is no number of passes; it is 1..2147483647, or -1 for ever");
	expect_task_error(
		"'phases' : { 'p' : { 'loop' : -2, 'run' : 1 } }",
		": tasks.t.phases.p.loop: -2 is no number of passes; it is 1..2147483647, or -1 for ever");
	expect_error("{ 'tasks' : { 'a' : { 'instance' : 65536, 'run' : 1 }, 'b' : { 'run' : 1 } } }",
		     ": tasks: 65537 tasks are too many; at most 65536");
}

static void impossible_priorities_are_errors(void **state)
{
	expect_task_error("'priority' : 20, 'run' : 1",
			  ": tasks.t.priority: 20 is out of range; a nice value is -20..19");
	expect_task_error("'priority' : -21, 'run' : 1",
			  ": tasks.t.priority: -21 is out of range; a nice value is -20..19");
	expect_task_error("'policy' : 'SCHED_FIFO', 'priority' : 0, 'run' : 1",
			  ": tasks.t.priority: 0 is out of range; a real-time priority is 1..99");
	expect_task_error("'policy' : 'SCHED_IDLE', 'priority' : 5, 'run' : 1",
			  ": tasks.t.priority: has no meaning with SCHED_IDLE; remove it");
	expect_task_error("'policy' : 'SCHED_FAIR', 'run' : 1",
			  ": tasks.t.policy: unknown policy 'SCHED_FAIR'; it is one of SCHED_OTHER, "
			  "SCHED_BATCH, SCHED_EXT, "
			  "SCHED_IDLE, SCHED_FIFO, SCHED_RR");
	expect_error(
		"{ 'global' : { 'default_policy' : 'SCHED_DEADLINE' }, 'tasks' : { 't' : { 'run' : 1 } } }",
		": global.default_policy: unsupported policy 'SCHED_DEADLINE'; it is one of SCHED_OTHER, "
		"SCHED_BATCH, "
		"SCHED_EXT, SCHED_IDLE, SCHED_FIFO, SCHED_RR");
}

static void impossible_affinities_are_errors(void **state)
{
	expect_task_error("'cpus' : [ 0, 4 ], 'run' : 1",
			  ": tasks.t.cpus[1]: CPU 4 does not exist; the machine has CPUs 0..3");
	expect_task_error("'phases' : { 'p' : { 'cpus' : [ -1 ], 'run' : 1 } }",
			  ": tasks.t.phases.p.cpus[0]: CPU -1 does not exist; the machine has CPUs 0..3");
	expect_task_error("'cpus' : [ ], 'run' : 1", ": tasks.t.cpus: is empty; the task could run nowhere");
}

static void loops_without_time_are_errors(void **state)
{
#define SPINS "a loop in which no time passes would spin at one instant for ever; " \
	      "add an event that takes time, such as run, sleep or timer"
	struct drive d;

	expect_task_error("'run' : 0", ": tasks.t: " SPINS);
	expect_task_error("'loop' : 5, 'sleep' : 0", ": tasks.t: " SPINS);
	expect_task_error("'resume' : 'x', 'signal' : 'y'", ": tasks.t: " SPINS);
	expect_task_error("'barrier' : 'x'", ": tasks.t: " SPINS);
	expect_task_error(
		"'loop' : 1, 'phases' : { 'a' : { 'run' : 1 }, 'b' : { 'loop' : 2, 'signal' : 'y' } }",
		": tasks.t.phases.b: " SPINS);
	/* not for ever, or not alone */
	drive_open_text(&d, "{ 'tasks' : { 't' : { 'loop' : 1, 'resume' : 'x' } } }", 1, 0);
	drive_expect(&d, 2, "0 t-0 exit\n");
	workload_close(&d.w);
	drive_open_text(&d, "{ 'tasks' : { 't' : { 'instance' : 2, 'barrier' : 'x' } } }", 1, 0);
	workload_close(&d.w);
	drive_open_text(&d, "{ 'tasks' : { 't' : { 'yield' : '' } } }", 1, 0);
	workload_close(&d.w);
}

static void mutexes_must_be_used_as_pthreads_demand(void **state)
{
	expect_task_error("'lock' : 'm', 'run' : 1",
			  ": tasks.t: mutex 'm' is still locked at the end of the phase; "
			  "unlock it there");
	expect_task_error("'run' : 1, 'unlock' : 'm'",
			  ": tasks.t.unlock: mutex 'm' is not locked by this phase; lock it before");
	expect_task_error(
		"'lock' : 'm', 'lock' : 'm', 'run' : 1",
		": tasks.t.lock1: mutex 'm' is locked by this phase already: it would wait for itself");
	expect_task_error("'wait' : { 'ref' : 'c', 'mutex' : 'm' }",
			  ": tasks.t.wait: mutex 'm' is not locked by this phase; lock it before");
	expect_task_error("'sync' : { 'ref' : 'c' }",
			  ": tasks.t.sync: mutex 'unknown' is not locked by this phase; lock it before");
	expect_task_error(
		"'lock' : 'm', 'suspend' : 'm', 'unlock' : 'm'",
		": tasks.t.suspend: mutex 'm' is locked by this phase already: it would wait for itself");
}

static void too_long_a_path_is_cut(void **state)
{
	char name[701], text[1024], message[1024];

	memset(name, 'n', 700);
	name[700] = 0;
	snprintf(text, sizeof(text), "{ 'tasks' : { '%s' : { 'run' : -1 } } }", name);
	snprintf(message, sizeof(message),
		 ": tasks.%.505s: -1 is out of range; a time in us is 0..2147483647", name);
	expect_error(text, message);
}

static void examples_open_on_four_cpus(void **state)
{
	static const char dir_name[] = "examples/workloads";
	DIR *dir = opendir(dir_name);
	u32 nr = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		char path[512], err[512] = "";
		struct workload w;

		if (len < 5 || strcmp(e->d_name + len - 5, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_name, e->d_name);
		if (workload_open(&w, path, 4, 1, err, sizeof(err)))
			fail_msg("%s", err);
		assert_true(w.duration_ns > 0);
		workload_close(&w);
		nr++;
	}
	closedir(dir);
	assert_true(nr >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_the_index_of_all_tasks),
		cmocka_unit_test(repeated_keys_are_all_kept),
		cmocka_unit_test(comments_and_other_quotes_are_read),
		cmocka_unit_test(event_may_have_a_suffix),
		cmocka_unit_test(default_policy_and_its_priority),
		cmocka_unit_test(keys_without_effect_are_accepted),
		cmocka_unit_test(malformed_json_is_reported_with_line_and_column),
		cmocka_unit_test(text_that_is_no_json_does_no_harm),
		cmocka_unit_test(file_errors_name_the_file),
		cmocka_unit_test(unsupported_events_are_errors),
		cmocka_unit_test(unknown_keys_are_errors),
		cmocka_unit_test(keys_that_are_no_events_must_not_be_repeated),
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(missing_parts_are_errors),
		cmocka_unit_test(values_out_of_range_are_errors),
		cmocka_unit_test(impossible_priorities_are_errors),
		cmocka_unit_test(impossible_affinities_are_errors),
		cmocka_unit_test(loops_without_time_are_errors),
		cmocka_unit_test(mutexes_must_be_used_as_pthreads_demand),
		cmocka_unit_test(too_long_a_path_is_cut),
		cmocka_unit_test(examples_open_on_four_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
