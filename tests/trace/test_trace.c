/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "tests/trace/stream.h"

/* A sink that remembers the times of what it gets and fails when it is told to. */
struct memory {
	u64 seen;
	u64 next_ns;
	u64 fail_at;		/* fails with -EIO when this many were seen; 0: never */
	int finish_error;
	u64 end_ns;
	int finished, destroyed;
	const char *msg;
};

static int memory_events(void *sink, const struct trace_event *ev, size_t n)
{
	struct memory *m = sink;
	size_t i;

	for (i = 0; i < n; i++) {
		assert_int_equal(ev[i].time_ns, m->next_ns++);
		if (++m->seen == m->fail_at)
			return -EIO;
	}
	return 0;
}

static int memory_finish(void *sink, u64 end_ns)
{
	struct memory *m = sink;

	m->end_ns = end_ns;
	m->finished++;
	return m->finish_error;
}

static void memory_destroy(void *sink)
{
	((struct memory *)sink)->destroyed++;
}

static const char *memory_message(void *sink)
{
	return ((struct memory *)sink)->msg;
}

static const struct trace_sink_ops memory_ops = {
	.name = "memory",
	.events = memory_events,
	.finish = memory_finish,
	.destroy = memory_destroy,
	.message = memory_message,
};

static const struct trace_sink_ops nothing_ops = { .name = "nothing" };

static void emit(struct trace *t, u64 from, u64 n)
{
	u64 i;

	for (i = from; i < from + n; i++)
		trace_emit(t, TE_TICK, i, 0, 1, 0, 0, 0, 0);
}

static void every_sink_gets_every_event_once_and_in_order(void **state)
{
	struct memory a = {}, b = {};
	struct trace *t = trace_create();

	assert_int_equal(trace_add_sink(t, &memory_ops, &a), 0);
	assert_int_equal(trace_add_sink(t, &nothing_ops, NULL), 0);
	assert_int_equal(trace_add_sink(t, &memory_ops, &b), 0);
	emit(t, 0, 3 * TRACE_BATCH + 7);
	assert_int_equal(a.seen, 3 * TRACE_BATCH);
	trace_flush(t);
	assert_int_equal(a.seen, 3 * TRACE_BATCH + 7);
	emit(t, a.seen, 1);
	assert_int_equal(trace_finish(t, 12345), 0);
	assert_int_equal(b.seen, 3 * TRACE_BATCH + 8);
	assert_int_equal(a.finished, 1);
	assert_int_equal(b.end_ns, 12345);
	assert_string_equal(t->error_msg, "");
	trace_destroy(t);
	assert_int_equal(a.destroyed, 1);
	assert_int_equal(b.destroyed, 1);
}

static void the_first_error_is_kept_with_its_message_and_other_sinks_go_on(void **state)
{
	struct memory bad = { .fail_at = 5, .msg = "out.txt: no" }, good = { .finish_error = -ENOMEM };
	struct trace *t = trace_create();

	trace_add_sink(t, &memory_ops, &bad);
	trace_add_sink(t, &memory_ops, &good);
	emit(t, 0, 2 * TRACE_BATCH);
	assert_int_equal(t->error, -EIO);
	assert_string_equal(t->error_msg, "out.txt: no");
	assert_int_equal(bad.seen, 5);
	assert_int_equal(good.seen, 2 * TRACE_BATCH);
	assert_int_equal(trace_finish(t, 1), -EIO);
	assert_int_equal(bad.finished, 0);
	assert_int_equal(good.finished, 1);
	trace_destroy(t);
	assert_int_equal(bad.destroyed, 1);
}

static void an_error_without_a_message_names_the_sink(void **state)
{
	struct memory bad = { .finish_error = -ENOMEM };
	struct trace *t = trace_create();

	trace_add_sink(t, &memory_ops, &bad);
	assert_int_equal(trace_finish(t, 1), -ENOMEM);
	assert_string_equal(t->error_msg, "event sink memory: Cannot allocate memory");
	trace_destroy(t);
}

static void a_sink_too_many_is_refused(void **state)
{
	struct trace *t = trace_create();
	int i;

	for (i = 0; i < TRACE_MAX_SINKS; i++)
		assert_int_equal(trace_add_sink(t, &nothing_ops, NULL), 0);
	assert_int_equal(trace_add_sink(t, &nothing_ops, NULL), -ENOSPC);
	trace_destroy(t);
}

static void emitting_to_no_trace_does_nothing(void **state)
{
	emit(NULL, 0, 3);
	trace_emit_comm(NULL, TE_TASK_NEW, 0, 0, 1, "x", 0, 0);
	trace_destroy(NULL);
}

static void texts_survive_the_arguments_and_are_cut_to_them(void **state)
{
	char text[33];
	u64 w[4];

	memset(w, 0xff, sizeof(w));
	trace_pack(w, 2, "hog");
	trace_unpack(text, w, 2);
	assert_string_equal(text, "hog");
	assert_int_equal(w[0], 'h' | 'o' << 8 | 'g' << 16);
	assert_int_equal(w[1], 0);
	trace_pack(w, 2, "0123456789abcdefXYZ");
	trace_unpack(text, w, 2);
	assert_string_equal(text, "0123456789abcdef");
	trace_pack(w, 4, "0123456789abcdef0123456789abcdefXYZ");
	trace_unpack(text, w, 4);
	assert_string_equal(text, "0123456789abcdef0123456789abcdef");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sink_gets_every_event_once_and_in_order),
		cmocka_unit_test(the_first_error_is_kept_with_its_message_and_other_sinks_go_on),
		cmocka_unit_test(an_error_without_a_message_names_the_sink),
		cmocka_unit_test(a_sink_too_many_is_refused),
		cmocka_unit_test(emitting_to_no_trace_does_nothing),
		cmocka_unit_test(texts_survive_the_arguments_and_are_cut_to_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
