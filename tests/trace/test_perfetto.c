/* SPDX-License-Identifier: GPL-2.0-only */
/* The Perfetto sink, read back by protoc, which knows nothing of the writer. */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <unistd.h>

#include "kabi/scx.h"
#include "tests/trace/stream.h"
#include "trace/perfetto.h"

/* --- reading --- */

/* What protoc --decode prints: one line for each field, messages as "name {" ... "}". */
struct text {
	char **line;
	size_t nr;
};

static char trace_path[64];

static struct text decode(void)
{
	char here[256], cmd[1024], *line = NULL;
	struct text t = {};
	size_t cap = 0;
	FILE *f;

	snprintf(here, sizeof(here), "%s", __FILE__);
	snprintf(cmd, sizeof(cmd), "protoc -I%s --decode=uscx.test.Trace perfetto.proto <%s", dirname(here),
		 trace_path);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (getline(&line, &cap, f) > 0) {
		if (!(t.nr & (t.nr - 1)))
			t.line = realloc(t.line, (t.nr ? 2 * t.nr : 1) * sizeof(char *));
		line[strcspn(line, "\n")] = '\0';
		t.line[t.nr++] = strdup(line);
	}
	free(line);
	/* protobuf-compiler is not there, or this is no valid trace */
	assert_int_equal(pclose(f), 0);
	return t;
}

static void text_free(struct text *t)
{
	while (t->nr)
		free(t->line[--t->nr]);
	free(t->line);
}

/* Next line from @i on that is exactly @want after its indentation; -1: none. */
static ssize_t find(const struct text *t, size_t i, const char *want)
{
	for (; i < t->nr; i++)
		if (!strcmp(t->line[i] + strspn(t->line[i], " "), want))
			return i;
	return -1;
}

static size_t count(const struct text *t, const char *want)
{
	size_t n = 0;
	ssize_t i;

	for (i = find(t, 0, want); i >= 0; i = find(t, i + 1, want))
		n++;
	return n;
}

/* The message that begins in line @i has the field line @want at its first level. */
static bool has(const struct text *t, size_t i, const char *want)
{
	size_t depth = strspn(t->line[i], " ");

	for (i++; i < t->nr; i++) {
		size_t d = strspn(t->line[i], " ");

		if (d <= depth)
			return false;
		if (d == depth + 2 && !strcmp(t->line[i] + d, want))
			return true;
	}
	return false;
}

/* Line of the first message @name that has all of @fields (up to the NULL); fails if there is none. */
static size_t message(const struct text *t, const char *name, ...)
{
	char begin[64];
	ssize_t i;

	snprintf(begin, sizeof(begin), "%s {", name);
	for (i = find(t, 0, begin); i >= 0; i = find(t, i + 1, begin)) {
		const char *field;
		bool all = true;
		va_list ap;

		va_start(ap, name);
		while (all && (field = va_arg(ap, const char *)))
			all = has(t, i, field);
		va_end(ap);
		if (all)
			return i;
	}
	fail_msg("no such message: %s", name);
	return 0;
}

static size_t parent(const struct text *t, size_t i)
{
	size_t depth = strspn(t->line[i], " ");

	while (strspn(t->line[i], " ") >= depth)
		i--;
	return i;
}

static u64 number(const struct text *t, size_t i, const char *field)
{
	size_t depth = strspn(t->line[i], " "), len = strlen(field);

	for (i++; strspn(t->line[i], " ") > depth; i++) {
		const char *l = t->line[i] + depth + 2;

		if (!strncmp(l, field, len) && l[len] == ':')
			return strtoull(l + len + 1, NULL, 10);
	}
	fail_msg("no field %s", field);
	return 0;
}

/* Every field that was written is known to the .proto: unknown ones are printed as numbers. */
static void assert_all_known(const struct text *t)
{
	size_t i;

	for (i = 0; i < t->nr; i++) {
		const char *l = t->line[i] + strspn(t->line[i], " ");

		assert_true(*l < '0' || *l > '9');
	}
}

/* --- writing --- */

static struct trace *begin(const struct perfetto_options *opt)
{
	struct trace *t = trace_create();
	char err[256] = "";
	void *sink;

	assert_int_equal(perfetto_create(trace_path, opt, &sink, err, sizeof(err)), 0);
	assert_int_equal(trace_add_sink(t, &perfetto_ops, sink), 0);
	return t;
}

static struct text finish(struct trace *t, u64 end_ns)
{
	struct text text;

	assert_int_equal(trace_finish(t, end_ns), 0);
	trace_destroy(t);
	text = decode();
	assert_all_known(&text);
	return text;
}

static void switches_have_names_and_states_in_the_bundle_of_their_cpu(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	st_task(t, 0, 7, "hog-0", 0);
	st_task(t, 0, 8, "web", 0);
	st_switch(t, 100, 0, 0, 0, 7);
	st_switch(t, 150, 3, 0, 0, 8);
	st_switch(t, 200, 0, 7, PREEMPTED, 0);
	st_switch(t, 250, 3, 8, TASK_INTERRUPTIBLE, 0);
	x = finish(t, 300);

	i = message(&x, "sched_switch", "prev_comm: \"swapper/0\"", "prev_pid: 0", "prev_prio: 120",
		    "prev_state: 0", "next_comm: \"hog-0\"", "next_pid: 7", "next_prio: 120", NULL);
	i = parent(&x, i);
	assert_true(has(&x, i, "timestamp: 100"));
	assert_true(has(&x, i, "pid: 0"));
	assert_true(has(&x, parent(&x, i), "cpu: 0"));
	i = message(&x, "sched_switch", "prev_pid: 7", "prev_state: 256", "next_comm: \"swapper/0\"", NULL);
	assert_true(has(&x, parent(&x, i), "pid: 7"));
	i = message(&x, "sched_switch", "prev_comm: \"web\"", "prev_state: 1",
		    "next_comm: \"swapper/3\"", NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 250"));
	assert_true(has(&x, parent(&x, parent(&x, i)), "cpu: 3"));
	assert_int_equal(count(&x, "sched_switch {"), 4);
	assert_int_equal(count(&x, "ftrace_events {"), 2);
	text_free(&x);
}

static void states_are_those_that_sched_switch_reports(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;

	st_switch(t, 1, 0, 1, TASK_DEAD, 2);
	st_switch(t, 2, 0, 2, PREEMPTED | TASK_INTERRUPTIBLE, 3);
	st_switch(t, 3, 0, 3, TASK_UNINTERRUPTIBLE, 4);
	st_switch(t, 4, 0, 4, TASK_RUNNING, 0);
	x = finish(t, 5);
	message(&x, "sched_switch", "prev_pid: 1", "prev_state: 16", NULL);	/* EXIT_DEAD */
	message(&x, "sched_switch", "prev_pid: 2", "prev_state: 256", NULL);
	message(&x, "sched_switch", "prev_pid: 3", "prev_state: 2", NULL);
	message(&x, "sched_switch", "prev_pid: 4", "prev_state: 0", NULL);
	text_free(&x);
}

static void wakeups_and_migrations_have_the_kernel_s_fields(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	st_task(t, 0, 7, "a", 0);
	st_task(t, 0, 8, "b", 0);
	st_switch(t, 10, 1, 0, 0, 8);
	st_waking(t, 20, 1, 7, 2);
	trace_emit(t, TE_MIGRATE, 21, 1, 7, 1, 2, PRIO, 0);
	st_wakeup(t, 22, 1, 7, 2);
	trace_emit(t, TE_WAKEUP, 23, TRACE_NO_CPU, 7, 5, PRIO, 0, 1);
	x = finish(t, 30);
	i = message(&x, "sched_waking", "comm: \"a\"", "pid: 7", "prio: 120", "target_cpu: 2", NULL);
	assert_true(has(&x, parent(&x, i), "pid: 8"));
	assert_true(has(&x, parent(&x, parent(&x, i)), "cpu: 1"));
	message(&x, "sched_migrate_task", "comm: \"a\"", "pid: 7", "prio: 120", "orig_cpu: 1",
		"dest_cpu: 2", NULL);
	message(&x, "sched_wakeup", "comm: \"a\"", "pid: 7", "target_cpu: 2", NULL);
	i = message(&x, "sched_wakeup_new", "pid: 7", "target_cpu: 5", NULL);
	assert_true(has(&x, parent(&x, parent(&x, i)), "cpu: 5"));
	text_free(&x);
}

static void tasks_born_outside_a_cpu_are_in_a_process_tree_others_in_task_newtask(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	trace_emit_comm(t, TE_TASK_NEW, 5, TRACE_NO_CPU, 7, "old", 1, 0);
	trace_emit_comm(t, TE_TASK_NEW, 6, 2, 8, "0123456789abcdef", 7, 0);
	trace_emit_comm(t, TE_TASK_COMM, 7, 2, 8, "renamed", 0, 0);
	trace_emit(t, TE_TASK_EXIT, 8, 2, 8, 0, 0, 0, 0);
	x = finish(t, 30);
	i = message(&x, "processes", "pid: 7", "ppid: 1", "cmdline: \"old\"", NULL);
	assert_true(has(&x, parent(&x, parent(&x, i)), "timestamp: 5"));
	message(&x, "threads", "tid: 7", "tgid: 7", "name: \"old\"", NULL);
	i = message(&x, "task_newtask", "pid: 8", "comm: \"0123456789abcdef\"", "clone_flags: 0", NULL);
	assert_true(has(&x, parent(&x, i), "pid: 7"));
	message(&x, "task_rename", "pid: 8", "oldcomm: \"0123456789abcdef\"", "newcomm: \"renamed\"", NULL);
	message(&x, "sched_process_exit", "comm: \"renamed\"", "pid: 8", NULL);
	assert_int_equal(count(&x, "processes {"), 1);
	text_free(&x);
}

static void kernel_threads_descend_from_kthreadd(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	trace_emit_comm(t, TE_TASK_NEW, 0, TRACE_NO_CPU, 20, "kworker/0:0", 0, TRACE_TASK_KTHREAD);
	trace_emit_comm(t, TE_TASK_NEW, 9, 0, 21, "scx_helper", 0, TRACE_TASK_KTHREAD);
	x = finish(t, 30);
	message(&x, "processes", "pid: 2", "ppid: 0", "cmdline: \"kthreadd\"", NULL);
	message(&x, "processes", "pid: 20", "ppid: 2", NULL);
	i = message(&x, "task_newtask", "pid: 21", NULL);
	assert_true(has(&x, parent(&x, i), "pid: 2"));
	assert_int_equal(count(&x, "cmdline: \"kthreadd\""), 1);
	text_free(&x);
}

static void a_machine_s_own_pid_2_takes_the_place_of_kthreadd(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;

	trace_emit_comm(t, TE_TASK_NEW, 0, 0, 1, "kworker/0:0", 0, TRACE_TASK_KTHREAD);
	trace_emit_comm(t, TE_TASK_NEW, 1, 0, 2, "kworker/1:0", 0, TRACE_TASK_KTHREAD);
	x = finish(t, 30);
	message(&x, "task_rename", "pid: 2", "oldcomm: \"kthreadd\"", "newcomm: \"kworker/1:0\"", NULL);
	/* not twice: a reader would take the pid for being used again */
	assert_int_equal(count(&x, "task_newtask {"), 1);
	text_free(&x);
}

static void a_name_that_is_no_utf8_does_not_spoil_the_file(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;

	st_task(t, 0, 7, "a\xff\xc3(\033[1m", 0);
	st_task(t, 0, 8, "gr\xc3\xbc\xc3\x9f", 0);
	x = finish(t, 30);
	message(&x, "threads", "tid: 7", "name: \"a?\?(?[1m\"", NULL);
	message(&x, "threads", "tid: 8", "name: \"gr\\303\\274\\303\\237\"", NULL);
	text_free(&x);
}

static void the_release_tells_readers_how_to_read_task_states(void **state)
{
	struct perfetto_options opt = { .kernel = "6.12" };
	struct text x = finish(begin(&opt), 1);

	message(&x, "utsname", "sysname: \"Linux\"", "release: \"6.12\"", NULL);
	text_free(&x);
	opt.kernel = "2022";
	x = finish(begin(&opt), 1);
	message(&x, "utsname", "release: \"6.1-2022\"", NULL);
	text_free(&x);
}

/* uuid of the track called @name */
static u64 track(const struct text *x, const char *name)
{
	char field[80];

	snprintf(field, sizeof(field), "name: \"%s\"", name);
	return number(x, message(x, "track_descriptor", field, NULL), "uuid");
}

/* A counter event on the track of DSQ @name at @ns is there. */
static void assert_length(const struct text *x, const char *name, u64 ns, u64 nr)
{
	char uuid[64], time[64], value[64];
	ssize_t i;

	snprintf(uuid, sizeof(uuid), "track_uuid: %" PRIu64, track(x, name));
	snprintf(time, sizeof(time), "timestamp: %" PRIu64, ns);
	snprintf(value, sizeof(value), "counter_value: %" PRIu64, nr);
	for (i = find(x, 0, "track_event {"); i >= 0; i = find(x, i + 1, "track_event {"))
		if (has(x, i, "type: TYPE_COUNTER") && has(x, i, uuid) && has(x, i, value) &&
		    has(x, parent(x, i), time))
			return;
	fail_msg("%s is not %" PRIu64 " at %" PRIu64, name, nr, ns);
}

static void each_dsq_has_a_counter_with_its_name(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	trace_emit(t, TE_DSQ_NEW, 0, TRACE_NO_CPU, -1, SCX_DSQ_LOCAL_ON | 3, 0, 0, 0);
	trace_emit(t, TE_DSQ_NEW, 0, TRACE_NO_CPU, -1, SCX_DSQ_GLOBAL, 0, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 10, 1, 7, SCX_DSQ_LOCAL_ON | 3, 1, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 11, 1, 8, SCX_DSQ_LOCAL_ON | 3, 2, 0, 0);
	trace_emit(t, TE_DSQ_REMOVE, 12, 3, 7, SCX_DSQ_LOCAL_ON | 3, 1, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 13, 1, 9, 0, 1, 0, 0);		/* never announced */
	trace_emit(t, TE_DSQ_INSERT, 14, 1, 9, 0xabcdef0123, 300, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 15, 1, 9, SCX_DSQ_BYPASS, 4, 0, 0);
	x = finish(t, 30);
	assert_length(&x, "DSQ local cpu3", 0, 0);
	assert_length(&x, "DSQ local cpu3", 10, 1);
	assert_length(&x, "DSQ local cpu3", 11, 2);
	assert_length(&x, "DSQ local cpu3", 12, 1);
	assert_length(&x, "DSQ global", 0, 0);
	assert_length(&x, "DSQ 0x0 (user)", 13, 1);
	assert_length(&x, "DSQ 0xabcdef0123 (user)", 14, 300);
	assert_length(&x, "DSQ bypass", 15, 4);
	i = message(&x, "track_descriptor", "name: \"DSQ global\"", NULL);
	assert_int_equal(number(&x, i, "parent_uuid"), track(&x, "sched_ext DSQs"));
	assert_int_equal(count(&x, "counter {"), 5);
	text_free(&x);
}

static void a_dsq_made_again_goes_on_with_its_track(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	u64 uuid;
	ssize_t i;

	trace_emit(t, TE_DSQ_NEW, 1, 0, -1, 5, 0, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 2, 0, 7, 5, 1, 0, 0);
	trace_emit(t, TE_DSQ_DEL, 3, 0, -1, 5, 0, 0, 0);
	trace_emit(t, TE_DSQ_NEW, 4, 0, -1, 5, 0, 0, 0);
	trace_emit(t, TE_DSQ_INSERT, 5, 0, 7, 5, 9, 0, 0);
	x = finish(t, 30);
	assert_length(&x, "DSQ 0x5 (user)", 3, 0);
	assert_length(&x, "DSQ 0x5 (user)", 5, 9);
	uuid = track(&x, "DSQ 0x5 (user)");
	for (i = find(&x, 0, "track_descriptor {"); i >= 0; i = find(&x, i + 1, "track_descriptor {"))
		if (has(&x, i, "name: \"DSQ 0x5 (user)\""))
			assert_true(number(&x, i, "uuid") == uuid);
	text_free(&x);
}

static void the_state_of_sched_ext_is_a_chain_of_slices_and_an_exit_an_instant(void **state)
{
	struct trace *t = begin(NULL);
	struct text x;
	size_t i;

	trace_emit(t, TE_SCX_STATE, 10, 0, -1, SCX_ENABLING, 0, 0, 0);
	trace_emit(t, TE_SCX_STATE, 20, 0, -1, SCX_ENABLED, 0, 0, 0);
	trace_emit(t, TE_SCX_EXIT, 30, 0, -1, SCX_EXIT_ERROR_STALL, (u64)-5, 0, 0);
	trace_emit(t, TE_SCX_EXIT, 31, 0, -1, 4711, 0, 0, 0);
	x = finish(t, 40);
	i = message(&x, "track_event", "type: TYPE_SLICE_BEGIN", "name: \"enabling\"", NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 10"));
	assert_int_equal(number(&x, i, "track_uuid"), track(&x, "sched_ext state"));
	i = message(&x, "track_event", "type: TYPE_SLICE_BEGIN", "name: \"enabled\"", NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 20"));
	assert_int_equal(count(&x, "type: TYPE_SLICE_END"), 2);
	i = message(&x, "track_event", "type: TYPE_INSTANT", "name: \"exit: ERROR_STALL\"", NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 30"));
	message(&x, "debug_annotations", "int_value: 1026", NULL);
	message(&x, "debug_annotations", "int_value: -5", NULL);
	message(&x, "track_event", "type: TYPE_INSTANT", "name: \"exit: kind 4711\"", NULL);
	i = message(&x, "track_event", "type: TYPE_INSTANT", "name: \"end of the run\"", NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 40"));
	text_free(&x);
}

/* op 1 is enqueue, 3 dispatch, 14 init_task */
static void operations_are_slices_with_interned_names_if_asked_for(void **state)
{
	struct perfetto_options opt = { .ops = true };
	struct trace *t = begin(&opt);
	struct text x;
	char iid[32];
	size_t i;

	trace_emit(t, TE_SCX_OP, 10, 2, 7, 1, 0, 0, 0);
	trace_emit(t, TE_SCX_OP_END, 15, 2, 7, 1, 0, 123, 0);
	/* sleeps on CPU 2, where another operation runs in between; returns on CPU 5 */
	trace_emit(t, TE_SCX_OP, 20, 2, 9, 14, 0, 0, 0);
	trace_emit(t, TE_SCX_OP, 21, 2, 7, 3, 0, 0, 0);
	trace_emit(t, TE_SCX_OP_END, 22, 2, 7, 3, 0, 1, 0);
	trace_emit(t, TE_SCX_OP_END, 30, 5, 9, 14, (u64)-12, 55, 0);
	/* of an operation that began before the trace */
	trace_emit(t, TE_SCX_OP_END, 31, 5, 9, 3, 0, 1, 0);
	x = finish(t, 40);
	i = message(&x, "event_names", "name: \"enqueue\"", NULL);
	snprintf(iid, sizeof(iid), "name_iid: %d", (int)number(&x, i, "iid"));
	i = message(&x, "track_event", "type: TYPE_SLICE_BEGIN", iid, NULL);
	assert_true(has(&x, parent(&x, i), "timestamp: 10"));
	assert_true(has(&x, parent(&x, i), "sequence_flags: 2"));
	assert_int_equal(number(&x, i, "track_uuid"), track(&x, "ops cpu2"));
	assert_int_equal(count(&x, "type: TYPE_SLICE_BEGIN"), 3);
	assert_int_equal(count(&x, "type: TYPE_SLICE_END"), 3);
	i = parent(&x, message(&x, "debug_annotations", "int_value: -12", NULL));
	assert_true(has(&x, i, "type: TYPE_SLICE_END"));
	assert_int_equal(number(&x, i, "track_uuid"), track(&x, "ops cpu2"));
	assert_true(has(&x, parent(&x, i), "timestamp: 30"));
	message(&x, "debug_annotations", "int_value: 123", NULL);
	i = message(&x, "interned_data", NULL);
	assert_true(has(&x, parent(&x, i), "sequence_flags: 1"));
	assert_true(has(&x, parent(&x, i), "first_packet_on_sequence: true"));
	text_free(&x);

	t = begin(NULL);
	trace_emit(t, TE_SCX_OP, 10, 2, 7, 1, 0, 0, 0);
	trace_emit(t, TE_SCX_OP_END, 15, 2, 7, 1, 0, 123, 0);
	x = finish(t, 40);
	assert_int_equal(count(&x, "type: TYPE_SLICE_BEGIN"), 0);
	text_free(&x);
}

static void every_event_is_there_and_times_ascend_within_each_bundle(void **state)
{
	enum { CPUS = 5, N = 6000 };
	struct trace *t = begin(NULL);
	u64 last = 0, now[CPUS] = {};
	size_t i, n = 0, bundles = 0;
	struct text x;

	st_task(t, 0, 1, "a-task", 0);
	for (i = 0; i < N; i++) {
		u32 cpu = i * 7 % CPUS;

		/* CPUs are at different times */
		now[cpu] += 1 + i % 3 + cpu;
		st_switch(t, now[cpu], cpu, i % 2 ? 1 : 0, 0, i % 2 ? 0 : 1);
		/* from outside, older than what the CPU did last */
		if (i % 1000 == 999)
			trace_emit(t, TE_WAKEUP, now[2] / 2, TRACE_NO_CPU, 1, 2, PRIO, 0, 0);
	}
	x = finish(t, 1000000);
	assert_int_equal(count(&x, "sched_switch {"), N);
	assert_int_equal(count(&x, "sched_wakeup {"), N / 1000);
	for (i = 0; i < x.nr; i++) {
		const char *l = x.line[i] + strspn(x.line[i], " ");

		if (!strcmp(l, "ftrace_events {")) {
			last = 0;
			bundles++;
		} else if (!strcmp(l, "event {")) {
			assert_true(number(&x, i, "timestamp") >= last);
			last = number(&x, i, "timestamp");
			n++;
		}
	}
	assert_int_equal(n, N + N / 1000);
	/* streamed, not kept until the end */
	assert_true(bundles > 2 * CPUS);
	text_free(&x);
}

static void a_full_disk_is_reported_with_the_file_name(void **state)
{
	struct trace *t = trace_create();
	char err[256];
	void *sink;
	u64 i;

	assert_int_equal(perfetto_create("/dev/full", NULL, &sink, err, sizeof(err)), 0);
	trace_add_sink(t, &perfetto_ops, sink);
	for (i = 0; i < 2000; i++)
		st_switch(t, i, 0, i % 2, 0, !(i % 2));
	assert_int_equal(trace_finish(t, 2000), -ENOSPC);
	assert_non_null(strstr(t->error_msg, "/dev/full"));
	assert_non_null(strstr(t->error_msg, "No space left on device"));
	trace_destroy(t);

	/* a trace so short that only the last write fails */
	t = trace_create();
	assert_int_equal(perfetto_create("/dev/full", NULL, &sink, err, sizeof(err)), 0);
	trace_add_sink(t, &perfetto_ops, sink);
	assert_int_equal(trace_finish(t, 2000), -ENOSPC);
	assert_non_null(strstr(t->error_msg, "/dev/full"));
	trace_destroy(t);
}

static void a_file_that_cannot_be_made_is_reported_with_its_name(void **state)
{
	char err[256];
	void *sink;

	assert_int_equal(perfetto_create("/nowhere/x.pftrace", NULL, &sink, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "/nowhere/x.pftrace"));
	assert_non_null(strstr(err, "No such file or directory"));
}

static void the_same_events_give_the_same_bytes(void **state)
{
	static char a[65536], b[65536];
	size_t na = 0, nb = 0;
	int run;

	for (run = 0; run < 2; run++) {
		struct perfetto_options opt = { .kernel = "7.2", .ops = true };
		struct trace *t = begin(&opt);
		FILE *f;
		u64 i;

		for (i = 1; i < 100; i++) {
			trace_emit_comm(t, TE_TASK_NEW, i, i % 3, i, "task", 0, i % 2);
			st_switch(t, i, i % 3, i - 1, 0, i);
			trace_emit(t, TE_DSQ_INSERT, i, i % 3, i, i * 77, 1, 0, 0);
			trace_emit(t, TE_SCX_OP, i, i % 3, i, i % 8, 1, 0, 0);
			trace_emit(t, TE_SCX_OP_END, i, i % 3, i, i % 8, 1, i, 0);
		}
		assert_int_equal(trace_finish(t, 200), 0);
		trace_destroy(t);
		f = fopen(trace_path, "r");
		*(run ? &nb : &na) = fread(run ? b : a, 1, sizeof(a), f);
		fclose(f);
	}
	assert_true(na > 5000 && na < sizeof(a));
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
}

static int setup(void **state)
{
	int fd;

	strcpy(trace_path, "/tmp/uscx-test-XXXXXX");
	fd = mkstemp(trace_path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	return unlink(trace_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches_have_names_and_states_in_the_bundle_of_their_cpu),
		cmocka_unit_test(states_are_those_that_sched_switch_reports),
		cmocka_unit_test(wakeups_and_migrations_have_the_kernel_s_fields),
		cmocka_unit_test(tasks_born_outside_a_cpu_are_in_a_process_tree_others_in_task_newtask),
		cmocka_unit_test(kernel_threads_descend_from_kthreadd),
		cmocka_unit_test(a_machine_s_own_pid_2_takes_the_place_of_kthreadd),
		cmocka_unit_test(a_name_that_is_no_utf8_does_not_spoil_the_file),
		cmocka_unit_test(the_release_tells_readers_how_to_read_task_states),
		cmocka_unit_test(each_dsq_has_a_counter_with_its_name),
		cmocka_unit_test(a_dsq_made_again_goes_on_with_its_track),
		cmocka_unit_test(the_state_of_sched_ext_is_a_chain_of_slices_and_an_exit_an_instant),
		cmocka_unit_test(operations_are_slices_with_interned_names_if_asked_for),
		cmocka_unit_test(every_event_is_there_and_times_ascend_within_each_bundle),
		cmocka_unit_test(a_full_disk_is_reported_with_the_file_name),
		cmocka_unit_test(a_file_that_cannot_be_made_is_reported_with_its_name),
		cmocka_unit_test(the_same_events_give_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
