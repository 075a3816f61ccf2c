/* SPDX-License-Identifier: GPL-2.0-only */
#include <xxhash.h>

#include "tests/trace/stream.h"
#include "trace/hash.h"

#define NR 1000

static void fill(struct trace_event *ev)
{
	u32 i;

	memset(ev, 0, NR * sizeof(*ev));
	for (i = 0; i < NR; i++) {
		ev[i].time_ns = 10 * i;
		ev[i].type = i % TE_NR;
		ev[i].cpu = i % 3;
		ev[i].pid = i % 17;
		ev[i].arg[i % 4] = i;
	}
}

static u64 hash(const struct trace_event *ev, size_t n)
{
	struct trace *t = trace_create();
	void *h;
	u64 v;
	size_t i;

	assert_int_equal(trace_hash_create(&h), 0);
	assert_int_equal(trace_add_sink(t, &trace_hash_ops, h), 0);
	for (i = 0; i < n; i++)
		trace_emit(t, ev[i].type, ev[i].time_ns, ev[i].cpu, ev[i].pid, ev[i].arg[0], ev[i].arg[1],
			   ev[i].arg[2], ev[i].arg[3]);
	assert_int_equal(trace_finish(t, 99), 0);
	v = trace_hash_value(h);
	trace_destroy(t);
	return v;
}

static void the_hash_is_xxh3_over_the_events_as_one_array(void **state)
{
	struct trace_event ev[NR];

	fill(ev);
	assert_true(hash(ev, NR) == XXH3_64bits(ev, sizeof(ev)));
	assert_true(hash(ev, 0) == XXH3_64bits("", 0));
}

static void every_bit_of_every_field_changes_the_hash(void **state)
{
	struct trace_event ev[NR];
	u8 *bytes = (u8 *)&ev[NR / 2];
	size_t bit;
	u64 h;

	fill(ev);
	h = hash(ev, NR);
	for (bit = 0; bit < 8 * sizeof(ev[0]); bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_true(hash(ev, NR) != h);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(hash(ev, NR) == h);
}

static void order_and_number_of_events_change_the_hash(void **state)
{
	struct trace_event ev[NR], tmp;
	u64 h;

	fill(ev);
	h = hash(ev, NR);
	assert_true(hash(ev, NR - 1) != h);
	tmp = ev[3];
	ev[3] = ev[4];
	ev[4] = tmp;
	assert_true(hash(ev, NR) != h);
}

static void how_the_stream_is_cut_into_batches_does_not_matter(void **state)
{
	struct trace *t = trace_create();
	struct trace_event ev[NR];
	void *h;
	size_t i;

	fill(ev);
	trace_hash_create(&h);
	trace_add_sink(t, &trace_hash_ops, h);
	for (i = 0; i < NR; i++) {
		trace_emit(t, ev[i].type, ev[i].time_ns, ev[i].cpu, ev[i].pid, ev[i].arg[0], ev[i].arg[1],
			   ev[i].arg[2], ev[i].arg[3]);
		if (i % 7 == 0)
			trace_flush(t);
	}
	trace_finish(t, 1);
	assert_true(trace_hash_value(h) == hash(ev, NR));
	trace_destroy(t);
}

static void the_name_of_a_task_is_part_of_the_hash(void **state)
{
	struct trace_event a = { .type = TE_TASK_NEW, .pid = 7 }, b = a;

	trace_pack(a.arg, 2, "hog");
	trace_pack(b.arg, 2, "hoh");
	assert_true(hash(&a, 1) != hash(&b, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_xxh3_over_the_events_as_one_array),
		cmocka_unit_test(every_bit_of_every_field_changes_the_hash),
		cmocka_unit_test(order_and_number_of_events_change_the_hash),
		cmocka_unit_test(how_the_stream_is_cut_into_batches_does_not_matter),
		cmocka_unit_test(the_name_of_a_task_is_part_of_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
