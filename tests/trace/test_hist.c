/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/trace/stream.h"
#include "trace/hist.h"

static void values_below_128_are_exact(void **state)
{
	struct hist h = {};
	u64 v;

	for (v = 0; v < 100; v++)
		assert_int_equal(hist_add(&h, v + 1), 0);
	assert_int_equal(hist_percentile(&h, 500), 50);
	assert_int_equal(hist_percentile(&h, 900), 90);
	assert_int_equal(hist_percentile(&h, 990), 99);
	assert_int_equal(hist_percentile(&h, 1000), 100);
	assert_int_equal(hist_percentile(&h, 0), 1);
	assert_int_equal(hist_percentile(&h, 1), 1);
	hist_clear(&h);
}

static void a_percentile_is_the_nearest_rank(void **state)
{
	struct hist h = {};

	hist_add(&h, 10);
	hist_add(&h, 20);
	hist_add(&h, 30);
	/* rank 1.5 is rounded up: at least half of the values must not exceed it */
	assert_int_equal(hist_percentile(&h, 500), 20);
	assert_int_equal(hist_percentile(&h, 333), 10);
	assert_int_equal(hist_percentile(&h, 334), 20);
	assert_int_equal(hist_percentile(&h, 990), 30);
	hist_clear(&h);
}

static void an_empty_histogram_says_0(void **state)
{
	struct hist h = {};

	assert_int_equal(hist_percentile(&h, 990), 0);
	assert_int_equal(h.max, 0);
}

static void a_single_value_is_exact_however_large(void **state)
{
	static const u64 values[] = { 0, 1, 129, 1234567, 0x8000000000000000ull, ~0ull, ~0ull - 1 };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct hist h = {};

		hist_add(&h, values[i]);
		assert_true(hist_percentile(&h, 500) == values[i]);
		assert_true(h.max == values[i]);
		hist_clear(&h);
	}
}

static u64 rnd(u64 *s)
{
	*s = *s * 6364136223846793005ull + 1442695040888963407ull;
	return *s >> 11;
}

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static void percentiles_are_within_1_percent_of_the_sorted_values(void **state)
{
	enum { N = 20000 };
	static u64 values[N];
	u64 seed = 1;
	u32 pm, shift, i;

	for (shift = 4; shift <= 52; shift += 6) {
		struct hist h = {};

		for (i = 0; i < N; i++) {
			/* spread over many orders of magnitude */
			values[i] = rnd(&seed) >> (rnd(&seed) % shift);
			hist_add(&h, values[i]);
		}
		qsort(values, N, sizeof(u64), cmp_u64);
		for (pm = 1; pm <= 1000; pm++) {
			double want = values[(N * pm + 999) / 1000 - 1], got = hist_percentile(&h, pm);

			assert_true(got >= want * 0.992 && got <= want * 1.008);
		}
		assert_true(h.max == values[N - 1] && h.min == values[0]);
		hist_clear(&h);
	}
}

static void every_bucket_border_is_within_the_bound(void **state)
{
	u32 bit, i;

	for (bit = 7; bit < 64; bit++) {
		for (i = 0; i < 64; i++) {
			u64 low = (1ull << bit) + ((u64)i << (bit - 6)), last = low + (1ull << (bit - 6)) - 1;
			struct hist h = {};

			/* 0 and ~0 keep the exact minimum and maximum from hiding the error */
			hist_add(&h, 0);
			hist_add(&h, low);
			hist_add(&h, ~0ull);
			assert_true(hist_percentile(&h, 500) - low <= low / 128);
			hist_clear(&h);
			hist_add(&h, 0);
			hist_add(&h, last);
			hist_add(&h, ~0ull);
			assert_true(last - hist_percentile(&h, 500) <= last / 128 + 1);
			hist_clear(&h);
		}
	}
}

static void merging_is_the_same_as_adding_all_values(void **state)
{
	struct hist a = {}, b = {}, both = {}, empty = {};
	u64 seed = 7;
	u32 i, pm;

	for (i = 0; i < 5000; i++) {
		u64 v = rnd(&seed) >> (rnd(&seed) % 50);

		hist_add(i % 3 ? &a : &b, v);
		hist_add(&both, v);
	}
	assert_int_equal(hist_merge(&a, &b), 0);
	assert_int_equal(hist_merge(&a, &empty), 0);
	assert_int_equal(hist_merge(&empty, &a), 0);
	for (pm = 0; pm <= 1000; pm++) {
		assert_true(hist_percentile(&a, pm) == hist_percentile(&both, pm));
		assert_true(hist_percentile(&empty, pm) == hist_percentile(&both, pm));
	}
	assert_true(a.max == both.max && a.min == both.min && a.n == both.n);
	hist_clear(&a);
	hist_clear(&b);
	hist_clear(&both);
	hist_clear(&empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_below_128_are_exact),
		cmocka_unit_test(a_percentile_is_the_nearest_rank),
		cmocka_unit_test(an_empty_histogram_says_0),
		cmocka_unit_test(a_single_value_is_exact_however_large),
		cmocka_unit_test(percentiles_are_within_1_percent_of_the_sorted_values),
		cmocka_unit_test(every_bucket_border_is_within_the_bound),
		cmocka_unit_test(merging_is_the_same_as_adding_all_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
