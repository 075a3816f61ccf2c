/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <json-c/json.h>

#include "tests/trace/stream.h"
#include "trace/result.h"
#include "trace/text.h"

static const struct run_result_info info = {
	.scheduler = "simple",
	.kernel = "7.2",
	.seed = 42,
	.machine = "l3:1 core:2",
	.nr_cpus = 2,
	.virtual_ns = 1000,
	.exit = { .kind = "UNREG", .kind_nr = 64, .reason = "unregistered from user space" },
	.trace_hash = 0x0123456789abcdef,
	.host = { .wall_ns = 500, .max_rss_kb = 2048 },
};

static struct trace *begin(struct trace_stats **s)
{
	struct trace *t = trace_create();
	void *sink;

	assert_int_equal(trace_stats_create(&sink), 0);
	assert_int_equal(trace_add_sink(t, &trace_stats_ops, sink), 0);
	*s = sink;
	return t;
}

/* A on CPU 0 in 100-200 and 350-400, B in 200-350; CPU 1 idle. */
static void small_run(struct trace *t)
{
	st_cpu(t, 0);
	st_cpu(t, 1);
	st_task(t, 0, 1, "a", 0);
	st_task(t, 0, 2, "b\"\n\xff", 0);
	st_wakeup(t, 90, 0, 1, 0);
	st_switch(t, 100, 0, 0, 0, 1);
	st_wakeup(t, 150, 0, 2, 0);
	trace_emit(t, TE_MIGRATE, 160, 0, 2, 1, 0, PRIO, 0);
	st_switch(t, 200, 0, 1, PREEMPTED, 2);
	trace_emit(t, TE_TICK, 250, 0, 2, 0, 0, 0, 0);
	trace_emit(t, TE_IPI, 251, 0, 2, 1, 1, 0, 0);
	trace_emit(t, TE_SCX_OP, 252, 0, 2, 1, 0, 0, 0);
	trace_emit(t, TE_SCX_OP_END, 253, 0, 2, 1, 0, 77, 0);
	st_switch(t, 350, 0, 2, TASK_INTERRUPTIBLE, 1);
	st_switch(t, 400, 0, 1, TASK_UNINTERRUPTIBLE, 0);
	assert_int_equal(trace_finish(t, 1000), 0);
}

static void the_json_is_exactly_that(void **state)
{
	struct run_result_info in = info;
	struct json_object *o;
	struct trace_stats *s;
	struct trace *t = begin(&s);

	small_run(t);
	o = run_result_json(&in, s);
	assert_string_equal(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
		"{\"scheduler\":\"simple\",\"kernel\":\"7.2\",\"seed\":42,"
		"\"machine\":{\"spec\":\"l3:1 core:2\",\"cpus\":2},\"virtual_ns\":1000,"
		"\"exit\":{\"kind\":\"UNREG\",\"code\":0,\"reason\":\"unregistered from user space\",\"msg\":null,"
		"\"status\":0,\"loader_status\":0},"
		"\"trace_hash\":\"0123456789abcdef\","
		"\"counts\":{\"switches\":4,\"wakeups\":2,\"migrations\":1,\"ticks\":1,\"ipis\":1,\"bpf_calls\":1,"
		"\"bpf_insns\":77},"
		"\"tasks\":["
		"{\"name\":\"a\",\"pid\":1,\"cpu_ns\":150,\"switches\":2,\"preempted\":1,\"migrations\":0,\"wakeups\":1,"
		"\"wake_latency_ns\":{\"p50\":10,\"p90\":10,\"p99\":10,\"max\":10}},"
		"{\"name\":\"b\\\"??\",\"pid\":2,\"cpu_ns\":150,\"switches\":1,\"preempted\":0,\"migrations\":1,\"wakeups\":1,"
		"\"wake_latency_ns\":{\"p50\":50,\"p90\":50,\"p99\":50,\"max\":50}}],"
		"\"cpus\":["
		"{\"id\":0,\"busy_ns\":300,\"idle_ns\":700,\"queued_idle_ns\":10},"
		/* A waits in 90-100 and 200-350, B in 150-200 */
		"{\"id\":1,\"busy_ns\":0,\"idle_ns\":1000,\"queued_idle_ns\":210}],"
		"\"host\":{\"wall_ns\":500,\"max_rss_kb\":2048}}");
	json_object_put(o);
	trace_destroy(t);
}

static void numbers_of_64_bits_and_what_is_absent_survive(void **state)
{
	struct run_result_info in = {
		.seed = ~0ull, .kernel = "7.2", .exit.code = INT64_MIN, .exit.loader_status = -1,
		.trace_hash = ~0ull,
	};
	struct json_object *o;
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;

	assert_int_equal(trace_finish(t, 0), 0);
	o = run_result_json(&in, s);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	assert_non_null(strstr(text, "\"seed\":18446744073709551615"));
	assert_non_null(strstr(text, "\"code\":-9223372036854775808"));
	assert_non_null(strstr(text, "{\"scheduler\":null,"));
	assert_non_null(strstr(text, "\"exit\":{\"kind\":null,"));
	assert_non_null(strstr(text, "\"loader_status\":-1"));
	assert_non_null(strstr(text, "\"trace_hash\":\"ffffffffffffffff\""));
	assert_non_null(strstr(text, "\"tasks\":[],\"cpus\":[]"));
	json_object_put(o);
	trace_destroy(t);
}

/* The summary as a string, valid until the next call. */
static const char *summary(const struct run_result_info *in, const struct trace_stats *s,
			   const struct run_counter *c, size_t nr)
{
	static char text[32768];
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_int_equal(run_result_summary(f, in, s, c, nr), 0);
	fclose(f);
	return text;
}

static void assert_fits(const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		assert_true(end - text <= 100);
		/* no blanks at the end of a line, nothing that a terminal obeys */
		assert_true(end == text || end[-1] != ' ');
	}
	assert_int_equal(*text, '\0');
}

static void a_small_run_is_shown_task_by_task(void **state)
{
	static const struct run_counter counters[] = {
		{ "SCX_EV_SELECT_CPU_FALLBACK", 3 }, { "SCX_EV_ENQ_SKIP_EXITING", 0 },
		{ "SCX_EV_BYPASS_DURATION", 123456789 }, { "SCX_EV_INSERT_NOT_OWNED", 1 },
	};
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;

	small_run(t);
	text = summary(&info, s, counters, 4);
	assert_string_equal(text,
"run     simple, kernel 7.2, 2 CPUs (l3:1 core:2), 1.00 us simulated, seed 42\n"
"exit    UNREG (64): unregistered from user space\n"
"events  4 switches, 2 wake-ups, 1 migrations, 1 ticks, 1 IPIs\n"
"BPF     1 calls of operations, 77 instructions\n"
"hash    0123456789abcdef\n"
"host    500 ns (2 times real time), 2.0 MB\n"
"\n"
"                                    cpu             slice ----- wake-up latency ----  preempt\n"
"task                   n  cpu%     time switches      p50      p50      p99      max wait p99   migr\n"
"a                      1   7.5   150 ns        2    50 ns    10 ns    10 ns    10 ns   150 ns      0\n"
"b\"??                   1   7.5   150 ns        1   150 ns    50 ns    50 ns    50 ns        -      1\n"
"\n"
"cpu    busy%      busy      idle  idle & queued  switches\n"
"0       30.0    300 ns    700 ns          10 ns         4\n"
"1        0.0      0 ns   1.00 us         210 ns         0\n"
"\n"
"SCX_EV_SELECT_CPU_FALLBACK                     3  SCX_EV_BYPASS_DURATION                 123456789\n"
"SCX_EV_INSERT_NOT_OWNED                        1\n");
	assert_fits(text);
	trace_destroy(t);
}

/* @nr tasks called after @fmt, each runs 100 ns on CPU 0, one after another from @from. */
static u64 run_each(struct trace *t, const char *fmt, s32 pid, int nr, u64 from, u64 flags)
{
	char comm[32];
	int i;

	for (i = 0; i < nr; i++, from += 100) {
		snprintf(comm, sizeof(comm), fmt, i);
		st_task(t, from, pid + i, comm, flags);
		st_wakeup(t, from, 0, pid + i, 0);
		st_switch(t, from, 0, 0, 0, pid + i);
		st_switch(t, from + 100, 0, pid + i, TASK_INTERRUPTIBLE, 0);
	}
	return from;
}

static void many_tasks_are_shown_in_groups_kernel_threads_and_loader_in_a_line_each(void **state)
{
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;
	u64 at = 0;

	at = run_each(t, "kworker/%d:0", 300, 3, at, TRACE_TASK_KTHREAD);
	at = run_each(t, "hog-%d", 100, 10, at, 0);
	at = run_each(t, "hog", 150, 1, at, 0);
	at = run_each(t, "web%d", 200, 2, at, 0);
	at = run_each(t, "web", 210, 1, at, 0);
	at = run_each(t, "solo%d", 250, 1, at, 0);
	at = run_each(t, "scx_simple", 400, 1, at, TRACE_TASK_LOADER);
	st_task(t, at, 500, "never-ran", TRACE_TASK_KTHREAD);
	assert_int_equal(trace_finish(t, 10000), 0);
	text = summary(&info, s, NULL, 0);
	assert_fits(text);
	assert_non_null(strstr(text, "\nhog-*                 10  "));
	assert_non_null(strstr(text, "\nhog                    1  "));
	assert_non_null(strstr(text, "\nweb*                   2  "));
	assert_non_null(strstr(text, "\nweb                    1  "));
	assert_non_null(strstr(text, "\nsolo0                  1  "));
	assert_non_null(strstr(text, "\n(loader)               1  "));
	assert_non_null(strstr(text, "\n(kernel threads)       3  "));
	assert_null(strstr(text, "kworker"));
	assert_null(strstr(text, "never-ran"));
	/* the workload in order of creation, then the loader, then the kernel */
	assert_true(strstr(text, "\nhog-*") < strstr(text, "\nhog "));
	assert_true(strstr(text, "\nhog ") < strstr(text, "\nweb*"));
	assert_true(strstr(text, "\nsolo0") < strstr(text, "\n(loader)"));
	assert_true(strstr(text, "\n(loader)") < strstr(text, "\n(kernel threads)"));
	trace_destroy(t);
}

static void more_groups_than_fit_end_in_one_line_for_the_others(void **state)
{
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text, *p;
	u64 at = 0;
	int i, lines = 0;

	for (i = 0; i < 60; i++) {
		char comm[3] = { 'a' + i / 26, 'a' + i % 26 };

		at = run_each(t, comm, 10 + i, 1, at, 0);
	}
	at = run_each(t, "kthread", 300, 1, at, TRACE_TASK_KTHREAD);
	/* the last one works most: it has to be shown */
	st_switch(t, at, 0, 0, 0, 69);
	assert_int_equal(trace_finish(t, at + 5000), 0);
	text = summary(&info, s, NULL, 0);
	assert_fits(text);
	p = strstr(text, "\ntask ");
	for (p = strchr(p + 1, '\n'); p[1] != '\n'; p = strchr(p + 1, '\n'))
		lines++;
	assert_int_equal(lines, 24 + 1);
	assert_true(!strncmp(strstr(text, "migr\n") + 5, "ch ", 3));
	assert_non_null(strstr(text, "\n(others)              37 "));
	assert_non_null(strstr(text, "\n(kernel threads)       1  "));
	trace_destroy(t);
}

static void many_cpus_are_summed_up(void **state)
{
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;
	u32 i;

	for (i = 0; i < 128; i++)
		st_cpu(t, i);
	st_task(t, 0, 1, "a", 0);
	st_switch(t, 500, 17, 0, 0, 1);
	st_wakeup(t, 900, 17, 2, 17);
	assert_int_equal(trace_finish(t, 1000), 0);
	text = summary(&info, s, NULL, 0);
	assert_fits(text);
	assert_non_null(strstr(text, "\n128 CPUs: busy 0.4 % of the time (500 ns), from 0.0 % (cpu 0) to 50.0 % (cpu 17)\n"
				     "idle while tasks were queued: 12.7 us, 9.9 % of the time; most: 100 ns (cpu 0)\n"));
	trace_destroy(t);
}

static void long_and_hostile_texts_are_broken_and_cleaned(void **state)
{
	struct run_result_info in = info;
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;

	in.exit.kind = "ERROR_BPF";
	in.exit.kind_nr = 1025;
	in.exit.code = -7;
	in.exit.reason = "scx_bpf_error";
	in.exit.msg = "\033[2Jthe message of a scheduler that goes on and on, for longer than a line of the "
		      "terminal is, and "
		      "then/has/a/word/that/is/longer/than/a/whole/line/of/it/so/that/there/is/no/blank/"
		      "to/break/it/at/at/all/which/must/not/hang";
	in.exit.loader_status = 139;
	in.machine = "numa:2 l3:4 core:8 pu:2 numa:2 l3:4 core:8 pu:2 numa:2 l3:4 core:8 pu:2 numa:2 l3:4 "
		     "core:8 pu:2";
	in.virtual_ns = ~0ull;
	small_run(t);
	text = summary(&in, s, NULL, 0);
	assert_fits(text);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "exit    ERROR_BPF (1025, code 0xfffffffffffffff9): scx_bpf_error: "
				     "?[2Jthe message"));
	assert_non_null(strstr(text, "which/must/not/hang\n"));
	assert_non_null(strstr(text, "loader  ended with status 139\n"));
	trace_destroy(t);
}

static void numbers_of_any_size_keep_the_columns(void **state)
{
	static const struct run_counter counters[] = { { "A", INT64_MAX / 100000000 }, { "B", -1 } };
	struct run_result_info in = info;
	struct trace_stats *s;
	struct trace *t = begin(&s);
	const char *text;
	u64 i;

	in.virtual_ns = 999999 * 1000000000ull;
	in.nr_cpus = 1;
	st_cpu(t, 0);
	st_task(t, 0, 1, "0123456789abcdef", 0);
	st_wakeup(t, 0, 0, 1, 0);
	st_switch(t, in.virtual_ns / 2, 0, 0, 0, 1);
	st_switch(t, in.virtual_ns / 2 + 999999500, 0, 1, PREEMPTED, 0);
	for (i = 0; i < 1500000; i++)
		trace_emit(t, TE_MIGRATE, in.virtual_ns / 2, 0, 1, 0, 0, 0, 0);
	assert_int_equal(trace_finish(t, in.virtual_ns), 0);
	text = summary(&in, s, counters, 2);
	assert_fits(text);
	assert_non_null(strstr(text, "\n0123456789abcdef       1   0.0   1.00 s        1   1.00 s 500000 s 500000 s "
				     "500000 s 499999 s  1.50M\n"));
	trace_destroy(t);
}

static void times_have_three_digits_and_round_over_into_the_next_unit(void **state)
{
	static const struct {
		u64 ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.00 us" }, { 1254, "1.25 us" },
		{ 1255, "1.26 us" }, { 9994, "9.99 us" }, { 9995, "10.0 us" }, { 99949, "99.9 us" },
		{ 99950, "100 us" }, { 999499, "999 us" }, { 999500, "1.00 ms" }, { 1250000, "1.25 ms" },
		{ 999500000, "1.00 s" }, { 20000000000, "20.0 s" },
		{ 12345000000000, "12345 s" }, { ~0ull, "18446744074 s" },
	};
	char text[TEXT_NS_LEN];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_ns(text, cases[i].ns), cases[i].text);
}

static void only_valid_utf8_without_control_characters_gets_through(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7" },
		{ "a\x1b[0m\n\x7f", "a?[0m??" },
		{ "\xc0\xaf", "?""?" },			/* overlong */
		{ "\xe0\x80\xaf", "?""?""?" },		/* overlong */
		{ "\xed\xa0\x80", "?""?""?" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "?""?""?""?" },	/* above U+10FFFF */
		{ "\xe2\x82", "?""?" },			/* cut off */
		{ "\xc2\x9b", "?""?" },			/* C1: CSI */
		{ NULL, "" },
	};
	char out[64], small[4];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_clean(out, sizeof(out), cases[i].in), cases[i].out);
	/* a character is not cut in two */
	assert_string_equal(text_clean(small, sizeof(small), "ab\xc3\xbc"), "ab");
	assert_string_equal(text_clean(small, sizeof(small), "a\xc3\xbc"), "a\xc3\xbc");
}

static void a_full_disk_is_an_error(void **state)
{
	struct trace_stats *s;
	struct trace *t = begin(&s);
	FILE *f;

	small_run(t);
	f = fopen("/dev/full", "w");
	assert_int_equal(run_result_summary(f, &info, s, NULL, 0), -ENOSPC);
	fclose(f);
	f = fopen("/dev/full", "w");
	assert_int_equal(run_result_write_json(f, &info, s), -ENOSPC);
	fclose(f);
	trace_destroy(t);
}

static void the_written_json_reads_back_as_the_object(void **state)
{
	struct json_object *a, *b;
	struct trace_stats *s;
	struct trace *t = begin(&s);
	char *text = NULL;
	size_t len;
	FILE *f;

	small_run(t);
	f = open_memstream(&text, &len);
	assert_int_equal(run_result_write_json(f, &info, s), 0);
	fclose(f);
	assert_int_equal(text[len - 1], '\n');
	a = run_result_json(&info, s);
	b = json_tokener_parse(text);
	assert_int_equal(json_object_equal(a, b), 1);
	json_object_put(a);
	json_object_put(b);
	free(text);
	trace_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_json_is_exactly_that),
		cmocka_unit_test(numbers_of_64_bits_and_what_is_absent_survive),
		cmocka_unit_test(a_small_run_is_shown_task_by_task),
		cmocka_unit_test(many_tasks_are_shown_in_groups_kernel_threads_and_loader_in_a_line_each),
		cmocka_unit_test(more_groups_than_fit_end_in_one_line_for_the_others),
		cmocka_unit_test(many_cpus_are_summed_up),
		cmocka_unit_test(long_and_hostile_texts_are_broken_and_cleaned),
		cmocka_unit_test(numbers_of_any_size_keep_the_columns),
		cmocka_unit_test(times_have_three_digits_and_round_over_into_the_next_unit),
		cmocka_unit_test(only_valid_utf8_without_control_characters_gets_through),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(the_written_json_reads_back_as_the_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
