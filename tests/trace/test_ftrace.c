/* SPDX-License-Identifier: GPL-2.0-only */
/* ftrace text. Whole lines that are expected are from a trace of Linux 7.2 where it can write them. */
#include <errno.h>

#include "tests/trace/lines.h"
#include "trace/ftrace.h"
#include "trace/textfile.h"

#define MSEC 1000000ull

static struct trace *begin_with(bool group_dead)
{
	struct ftrace_options opt = { .group_dead = group_dead };
	struct trace *t = trace_create();
	char err[256] = "";
	void *sink;

	lines_new_file();
	assert_int_equal(ftrace_create(lines_path, &opt, &sink, err, sizeof(err)), 0);
	assert_string_equal(err, "");
	assert_int_equal(trace_add_sink(t, &ftrace_sink_ops, sink), 0);
	return t;
}

static struct trace *begin(void)
{
	return begin_with(true);
}

static void end(struct trace *t)
{
	assert_int_equal(trace_finish(t, 0), 0);
	trace_destroy(t);
	lines_read();
}

static void test_header_is_that_of_the_kernel(void **state)
{
	end(begin());
	assert_string_equal(lines_text,
		"# tracer: nop\n"
		"#\n"
		"#                                _-----=> irqs-off/BH-disabled\n"
		"#                               / _----=> need-resched\n"
		"#                              | / _---=> hardirq/softirq\n"
		"#                              || / _--=> preempt-depth\n"
		"#                              ||| / _-=> migrate-disable\n"
		"#                              |||| /     delay\n"
		"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		"#              | |         |   |||||     |         |\n");
	free(lines_text);
}

static void test_each_event_has_the_kernels_text(void **state)
{
	struct trace *t = begin();

	st_task(t, 0, 153, "wl", 0);
	st_task(t, 0, 154, "hog0_n0", 0);
	trace_emit_comm(t, TE_TASK_NEW, 3573401000, 0, 155, "hog1_n5", 153, 0);
	trace_emit(t, TE_TASK_PRIO, 3573401000, 0, 155, 0, 125, 36, 0);
	trace_emit(t, TE_WAKEUP, 3573409000, 0, 155, 1, 125, 153, 1);
	trace_emit(t, TE_SWITCH, 3573434000, 1, 155, 0, 0, 120, 125);
	trace_emit(t, TE_MIGRATE, 3574100000, 1, 154, 0, 1, 120, 0);
	trace_emit(t, TE_SWITCH, 3574216000, 1, 154, 155, TASK_INTERRUPTIBLE, 125, 120);
	trace_emit(t, TE_WAKING, 3574300000, 1, 155, 1, 125, 154, 0);
	trace_emit(t, TE_WAKEUP, 3574301000, 1, 155, 1, 125, 154, 0);
	trace_emit(t, TE_SWITCH, 3574400000, 1, 155, 154, 0x100, 120, 125);
	trace_emit(t, TE_TASK_EXIT, 6626690000, 1, 155, 0, 0, 0, 0);
	trace_emit(t, TE_SWITCH, 6626700000, 1, 0, 155, TASK_DEAD, 125, 120);
	end(t);
	assert_lines(
"          <idle>-0       [000] .....     3.573401: sched_process_fork: comm=wl pid=153 child_comm=hog1_n5 child_pid=155",
"          <idle>-0       [000] d..2.     3.573409: sched_wakeup_new: comm=hog1_n5 pid=155 prio=125 target_cpu=001",
"          <idle>-0       [001] d..2.     3.573434: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> "
		"next_comm=hog1_n5 next_pid=155 next_prio=125",
"         hog1_n5-155     [001] d..2.     3.574100: sched_migrate_task: comm=hog0_n0 pid=154 prio=120 orig_cpu=0 dest_cpu=1",
"         hog1_n5-155     [001] d..2.     3.574216: sched_switch: prev_comm=hog1_n5 prev_pid=155 prev_prio=125 prev_state=S ==> "
		"next_comm=hog0_n0 next_pid=154 next_prio=120",
"         hog0_n0-154     [001] d..2.     3.574300: sched_waking: comm=hog1_n5 pid=155 prio=125 target_cpu=001",
"         hog0_n0-154     [001] d..3.     3.574301: sched_wakeup: comm=hog1_n5 pid=155 prio=125 target_cpu=001",
"         hog0_n0-154     [001] d..2.     3.574400: sched_switch: prev_comm=hog0_n0 prev_pid=154 prev_prio=120 prev_state=R+ ==> "
		"next_comm=hog1_n5 next_pid=155 next_prio=125",
"         hog1_n5-155     [001] .....     6.626690: sched_process_exit: comm=hog1_n5 pid=155 prio=125 group_dead=true",
"         hog1_n5-155     [001] d..2.     6.626700: sched_switch: prev_comm=hog1_n5 prev_pid=155 prev_prio=125 prev_state=X ==> "
		"next_comm=swapper/1 next_pid=0 next_prio=120");
	free(lines_text);
}

static void test_uninterruptible_sleep_is_D(void **state)
{
	struct trace *t = begin();

	st_switch(t, 1000, 0, 1, TASK_UNINTERRUPTIBLE, 0);
	end(t);
	assert_non_null(strstr(line_at(0), " prev_state=D ==> "));
	free(lines_text);
}

static void test_group_dead_is_left_out_where_the_kernel_has_none(void **state)
{
	struct trace *t = begin_with(false);

	st_task(t, 0, 98, "hog0_n0", 0);
	trace_emit(t, TE_TASK_PRIO, 0, 1, 98, 0, 120, 100, 0);
	st_switch(t, 0, 1, 0, 0, 98);
	trace_emit(t, TE_TASK_EXIT, 6380257000, 1, 98, 0, 0, 0, 0);
	end(t);
	assert_string_equal(line_at(1), "         hog0_n0-98      [001] .....     6.380257: sched_process_exit: comm=hog0_n0 pid=98 prio=120");
	free(lines_text);
}

static void test_wide_numbers_keep_the_columns_apart(void **state)
{
	struct trace *t = begin();

	st_task(t, 0, 1234567, "fifteen-letters", 0);
	st_switch(t, 0, 1023, 0, 0, 1234567);
	st_waking(t, 123456789012345, 1023, 1234567, 1000);
	end(t);
	assert_string_equal(line_at(1), " fifteen-letters-1234567 [1023] d..2. 123456.789012: sched_waking: "
			    "comm=fifteen-letters pid=1234567 prio=120 target_cpu=1000");
	free(lines_text);
}

static void test_times_are_rounded_to_us(void **state)
{
	struct trace *t = begin();

	st_waking(t, 1499, 0, 1, 0);
	st_waking(t, 1500, 0, 1, 0);
	st_waking(t, 999999500, 0, 1, 0);
	end(t);
	assert_non_null(strstr(line_at(0), "     0.000001: "));
	assert_non_null(strstr(line_at(1), "     0.000002: "));
	assert_non_null(strstr(line_at(2), "     1.000000: "));
	free(lines_text);
}

static void test_a_new_name_holds_from_then_on(void **state)
{
	struct trace *t = begin();

	st_task(t, 0, 7, "wl", 0);
	st_waking(t, 1000, 0, 7, 0);
	trace_emit_comm(t, TE_TASK_COMM, 2000, 0, 7, "hog 0\n\033[m", 0, 0);
	st_waking(t, 3000, 0, 7, 0);
	st_waking(t, 4000, 0, 8, 0);
	end(t);
	assert_non_null(strstr(line_at(0), "sched_waking: comm=wl pid=7 "));
	assert_non_null(strstr(line_at(1), "sched_waking: comm=hog 0??[m pid=7 "));
	assert_non_null(strstr(line_at(2), "sched_waking: comm=<...> pid=8 "));
	assert_int_equal(nr_lines(), 3);
	free(lines_text);
}

/* --- order --- */

static void test_lines_of_all_cpus_are_in_order_of_time(void **state)
{
	struct trace *t = begin();

	/* CPU 1 runs ahead; at 2 us both do something */
	st_waking(t, 1000, 1, 1, 0);
	st_waking(t, 2000, 1, 2, 0);
	st_waking(t, 5000, 1, 3, 0);
	st_waking(t, 500, 0, 4, 0);
	st_waking(t, 2000, 0, 5, 0);
	st_waking(t, 3000, 0, 6, 0);
	end(t);
	for (u32 i = 0; i < 6; i++) {
		static const char *const pids[] = { "pid=4 ", "pid=1 ", "pid=2 ", "pid=5 ", "pid=6 ", "pid=3 " };

		assert_non_null(strstr(line_at(i), pids[i]));
	}
	assert_int_equal(nr_lines(), 6);
	free(lines_text);
}

/* What a CPU runs is known from the switches before in time, not from those that came before in the stream. */
static void test_current_is_that_of_the_time_of_the_event(void **state)
{
	struct trace *t = begin();

	st_task(t, 0, 1, "one", 0);
	st_task(t, 0, 2, "two", 0);
	st_switch(t, 1000, 0, 0, 0, 1);
	st_waking(t, 1500, 0, 9, 0);
	st_switch(t, 2000, 0, 1, 0, 2);
	st_waking(t, 2500, 0, 9, 0);
	end(t);
	assert_non_null(strstr(line_at(1), "             one-1       [000]"));
	assert_non_null(strstr(line_at(3), "             two-2       [000]"));
	free(lines_text);
}

static void test_events_as_far_apart_as_the_window_are_sorted(void **state)
{
	struct trace *t = begin();

	st_waking(t, TEXTFILE_WINDOW_NS, 1, 1, 0);
	st_waking(t, 0, 0, 2, 0);
	end(t);
	assert_non_null(strstr(line_at(0), "pid=2 "));
	assert_non_null(strstr(line_at(1), "pid=1 "));
	free(lines_text);
}

/* What comes later than the window allows is written at once: late, but not lost. */
static void test_an_event_that_is_too_late_is_not_lost(void **state)
{
	struct trace *t = begin();

	st_waking(t, 1 * MSEC, 1, 1, 0);
	st_waking(t, 2 * MSEC + TEXTFILE_WINDOW_NS, 1, 2, 0);
	st_waking(t, MSEC / 2, 0, 3, 0);
	end(t);
	assert_non_null(strstr(line_at(0), "pid=1 "));
	assert_non_null(strstr(line_at(1), "pid=3 "));
	assert_non_null(strstr(line_at(2), "pid=2 "));
	free(lines_text);
}

/* However much happens within the window's time, memory is bounded, and what is in order stays so. */
static void test_more_events_than_the_window_holds(void **state)
{
	const u32 n = TEXTFILE_WINDOW_EVENTS + 1000;
	struct trace *t = begin();
	const char *line, *next;
	u32 i = 0;

	for (i = 0; i < n; i++)
		st_waking(t, 1000, i % 3, i, 0);
	/* older than all, but what has left the window has been written */
	st_waking(t, 0, 3, n, 0);
	end(t);
	i = 0;
	/* line by line: AddressSanitizer's strstr() measures the rest of the text at each call */
	for (line = lines_text; (next = strchr(line, '\n')); line = next + 1) {
		const char *s = memmem(line, next - line, " pid=", 5);
		u32 pid;

		if (!s)
			continue;
		pid = atoi(s + 5);
		if (pid == n) {
			assert_int_equal(i, n - TEXTFILE_WINDOW_EVENTS);
			continue;
		}
		assert_int_equal(pid, i);
		i++;
	}
	assert_int_equal(i, n);
	free(lines_text);
}

/* At first few events are in the window and go through it, then it has to grow. */
static void test_a_window_that_grows_keeps_the_order(void **state)
{
	struct trace *t = begin();
	const char *s;
	u32 i;

	for (i = 0; i < 10000; i++)
		st_waking(t, i < 2000 ? i * (TEXTFILE_WINDOW_NS / 500) : 4 * TEXTFILE_WINDOW_NS + i, i % 3, i, 0);
	end(t);
	i = 0;
	for (s = strstr(lines_text, " pid="); s; s = strstr(s + 1, " pid="))
		assert_int_equal(atoi(s + 5), i++);
	assert_int_equal(i, 10000);
	free(lines_text);
}

/* --- dump --- */

static void test_lines_of_the_dump_are_whole(void **state)
{
	static const char text32[] = "0123456789abcdef0123456789ABCDEF";
	char text[2000], want[1200];
	struct trace *t = begin();

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	st_task(t, 0, 5, "kworker/u2:0", TRACE_TASK_KTHREAD);
	st_switch(t, 0, 0, 0, 0, 5);
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, "CPU states");
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, "");
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, text32);
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, "          curr=kworker/u2:0[5] class=ext_sched_class");
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, "a\033[2Jb");
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, text);
	trace_emit_line(t, TE_SCX_DUMP, 1500110000, 0, 5, "end");
	end(t);
	assert_string_equal(line_at(1), "    kworker/u2:0-5       [000] d..1.     1.500110: sched_ext_dump: CPU states");
	assert_string_equal(line_at(2), "    kworker/u2:0-5       [000] d..1.     1.500110: sched_ext_dump: ");
	assert_string_equal(line_at(3),
			    "    kworker/u2:0-5       [000] d..1.     1.500110: sched_ext_dump: 0123456789abcdef0123456789ABCDEF");
	assert_non_null(strstr(line_at(4), "sched_ext_dump:           curr=kworker/u2:0[5] class=ext_sched_class"));
	assert_non_null(strstr(line_at(5), "sched_ext_dump: a?[2Jb"));
	/* the kernel's buffer for a line has 1024 bytes */
	snprintf(want, sizeof(want), "sched_ext_dump: %.1023s", text);
	assert_string_equal(strstr(line_at(6), "sched_ext_dump"), want);
	assert_string_equal(strstr(line_at(7), "sched_ext_dump"), "sched_ext_dump: end");
	assert_int_equal(nr_lines(), 8);
	free(lines_text);
}

/* --- errors --- */

static void test_a_file_that_cannot_be_made_is_named(void **state)
{
	struct ftrace_options opt = {};
	char err[256];
	void *sink;

	assert_int_equal(ftrace_create("/nonexistent/x.txt", &opt, &sink, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/nonexistent/x.txt: cannot create the ftrace text: No such file or directory");
}

static void test_a_full_disk_is_an_error(void **state)
{
	struct ftrace_options opt = {};
	struct trace *t = trace_create();
	char err[256];
	void *sink;

	assert_int_equal(ftrace_create("/dev/full", &opt, &sink, err, sizeof(err)), 0);
	trace_add_sink(t, &ftrace_sink_ops, sink);
	st_waking(t, 0, 0, 1, 0);
	assert_int_equal(trace_finish(t, 0), -ENOSPC);
	assert_string_equal(t->error_msg, "/dev/full: cannot write the ftrace text: No space left on device; the file is incomplete, "
			    "make room or write it elsewhere");
	trace_destroy(t);
}

static void test_a_pid_that_no_kernel_has_is_an_error(void **state)
{
	struct trace *t = begin();

	st_task(t, 0, PIDMAP_LIMIT, "x", 0);
	assert_int_equal(trace_finish(t, 0), -EINVAL);
	assert_non_null(strstr(t->error_msg, "there is no such pid, a bug of who emits it"));
	trace_destroy(t);
	unlink(lines_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_is_that_of_the_kernel),
		cmocka_unit_test(test_each_event_has_the_kernels_text),
		cmocka_unit_test(test_uninterruptible_sleep_is_D),
		cmocka_unit_test(test_group_dead_is_left_out_where_the_kernel_has_none),
		cmocka_unit_test(test_wide_numbers_keep_the_columns_apart),
		cmocka_unit_test(test_times_are_rounded_to_us),
		cmocka_unit_test(test_a_new_name_holds_from_then_on),
		cmocka_unit_test(test_lines_of_all_cpus_are_in_order_of_time),
		cmocka_unit_test(test_current_is_that_of_the_time_of_the_event),
		cmocka_unit_test(test_events_as_far_apart_as_the_window_are_sorted),
		cmocka_unit_test(test_an_event_that_is_too_late_is_not_lost),
		cmocka_unit_test(test_more_events_than_the_window_holds),
		cmocka_unit_test(test_a_window_that_grows_keeps_the_order),
		cmocka_unit_test(test_lines_of_the_dump_are_whole),
		cmocka_unit_test(test_a_file_that_cannot_be_made_is_named),
		cmocka_unit_test(test_a_full_disk_is_an_error),
		cmocka_unit_test(test_a_pid_that_no_kernel_has_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
