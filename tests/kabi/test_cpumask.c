// SPDX-License-Identifier: GPL-2.0-only
/* kabi/cpumask.c against the same operations bit by bit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kabi/cpumask.h"

static const u32 sizes[] = { 1, 2, 63, 64, 65, 127, 128, 200, 1000, NR_CPUS };
#define NR_SIZES (sizeof(sizes) / sizeof(*sizes))

static u64 rng;

static u64 rnd(void)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return rng >> 33;
}

/* A mask in memory of exactly its size, so that a sanitizer sees what goes beyond. */
static struct cpumask *mask_new(u32 nr)
{
	struct cpumask *m = malloc(cpumask_size(nr));

	assert_non_null(m);
	memset(m, 0, cpumask_size(nr));
	return m;
}

static void mask_random(struct cpumask *m, u32 nr, u32 one_in)
{
	cpumask_clear(m, nr);
	for (u32 i = 0; i < nr; i++)
		if (rnd() % one_in == 0)
			cpumask_set_cpu(i, m);
}

static void size_is_that_of_the_words_needed(void **state)
{
	assert_int_equal(cpumask_size(1), 8);
	assert_int_equal(cpumask_size(64), 8);
	assert_int_equal(cpumask_size(65), 16);
	assert_int_equal(cpumask_size(NR_CPUS), sizeof(struct cpumask));
}

static void setall_sets_exactly_the_machines_cpus(void **state)
{
	for (size_t i = 0; i < NR_SIZES; i++) {
		u32 nr = sizes[i];
		struct cpumask *m = mask_new(nr);

		assert_true(cpumask_empty(m, nr));
		cpumask_setall(m, nr);
		assert_int_equal(cpumask_weight(m, nr), nr);
		/* no bit above them either, for programs read whole words */
		assert_true(nr % 64 == 0 || cpumask_bits(m)[nr / 64] == (1ul << nr % 64) - 1);
		cpumask_clear(m, nr);
		assert_true(cpumask_empty(m, nr));
		free(m);
	}
}

static void operations_agree_with_bit_by_bit(void **state)
{
	for (int round = 0; round < 60; round++) {
		u32 nr = sizes[round % NR_SIZES], one_in = 1 + rnd() % 40, n = 0;
		struct cpumask *a = mask_new(nr), *b = mask_new(nr), *d = mask_new(nr);
		bool any_and = false, any_andnot = false, subset = true, equal = true;
		u32 first_and = nr;

		mask_random(a, nr, one_in);
		mask_random(b, nr, one_in);
		if (round % 5 == 0)
			cpumask_copy(b, a, nr);
		for (u32 i = 0; i < nr; i++) {
			bool x = cpumask_test_cpu(i, a), y = cpumask_test_cpu(i, b);

			n += x;
			any_and |= x && y;
			any_andnot |= x && !y;
			subset &= !x || y;
			equal &= x == y;
			if (x && y && first_and == nr)
				first_and = i;
		}
		assert_int_equal(cpumask_weight(a, nr), n);
		assert_int_equal(cpumask_empty(a, nr), n == 0);
		assert_int_equal(cpumask_equal(a, b, nr), equal);
		assert_int_equal(cpumask_subset(a, b, nr), subset);
		assert_int_equal(cpumask_intersects(a, b, nr), any_and);
		assert_int_equal(cpumask_first_and(a, b, nr), first_and);
		assert_int_equal(cpumask_and(d, a, b, nr), any_and);
		for (u32 i = 0; i < nr; i++)
			assert_int_equal(cpumask_test_cpu(i, d),
					 cpumask_test_cpu(i, a) && cpumask_test_cpu(i, b));
		assert_int_equal(cpumask_andnot(d, a, b, nr), any_andnot);
		for (u32 i = 0; i < nr; i++)
			assert_int_equal(cpumask_test_cpu(i, d),
					 cpumask_test_cpu(i, a) && !cpumask_test_cpu(i, b));
		cpumask_or(d, a, b, nr);
		for (u32 i = 0; i < nr; i++)
			assert_int_equal(cpumask_test_cpu(i, d),
					 cpumask_test_cpu(i, a) || cpumask_test_cpu(i, b));
		free(a);
		free(b);
		free(d);
	}
}

static void for_each_cpu_visits_every_cpu_once_in_order(void **state)
{
	for (size_t i = 0; i < NR_SIZES; i++) {
		u32 nr = sizes[i], cpu, expect = 0;
		struct cpumask *m = mask_new(nr);

		mask_random(m, nr, 3);
		for_each_cpu(cpu, m, nr) {
			for (; expect < cpu; expect++)
				assert_false(cpumask_test_cpu(expect, m));
			assert_true(cpumask_test_cpu(cpu, m));
			expect = cpu + 1;
		}
		for (; expect < nr; expect++)
			assert_false(cpumask_test_cpu(expect, m));
		assert_int_equal(cpumask_next(nr - 1, m, nr), nr);
		free(m);
	}
}

static void bits_above_the_machines_cpus_do_not_count(void **state)
{
	struct cpumask m = { .bits = { ~0ul } }, n = { .bits = { 0x3ff } }, d = {};

	assert_int_equal(cpumask_weight(&m, 10), 10);
	assert_int_equal(cpumask_next(9, &m, 10), 10);
	assert_true(cpumask_equal(&m, &n, 10));
	assert_true(cpumask_subset(&m, &n, 10));
	assert_false(cpumask_andnot(&d, &m, &n, 10));
	cpumask_copy(&d, &m, 10);
	assert_int_equal(d.bits[0], 0x3ff);
}

static void test_and_set_and_clear_tell_what_was(void **state)
{
	struct cpumask *m = mask_new(100);

	assert_false(cpumask_test_and_set_cpu(77, m));
	assert_true(cpumask_test_and_set_cpu(77, m));
	assert_true(cpumask_test_and_clear_cpu(77, m));
	assert_false(cpumask_test_and_clear_cpu(77, m));
	assert_true(cpumask_empty(m, 100));
	free(m);
}

static void any_and_distribute_goes_round(void **state)
{
	struct cpumask *a = mask_new(100), *b = mask_new(100);
	s32 prev = 0;

	cpumask_setall(b, 100);
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 100);
	assert_int_equal(prev, 0);
	cpumask_set_cpu(0, a);
	cpumask_set_cpu(5, a);
	cpumask_set_cpu(70, a);
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 5);
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 70);
	assert_int_equal(prev, 70);
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 0);
	cpumask_clear_cpu(5, b);
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 70);
	prev = 99;
	assert_int_equal(cpumask_any_and_distribute(a, b, &prev, 100), 0);
	free(a);
	free(b);
}

static void lists_are_parsed(void **state)
{
	struct cpumask *m = mask_new(100), *e = mask_new(100);

	assert_int_equal(cpumask_parse_list("0-3,8,70-71", m, 100), 0);
	for (u32 i = 0; i < 4; i++)
		cpumask_set_cpu(i, e);
	cpumask_set_cpu(8, e);
	cpumask_set_cpu(70, e);
	cpumask_set_cpu(71, e);
	assert_true(cpumask_equal(m, e, 100));
	assert_int_equal(cpumask_parse_list("99", m, 100), 0);
	assert_int_equal(cpumask_weight(m, 100), 1);
	assert_int_equal(cpumask_parse_list("5-5,5,0-99", m, 100), 0);
	assert_int_equal(cpumask_weight(m, 100), 100);
	free(m);
	free(e);
}

static void malformed_lists_and_missing_cpus_are_refused(void **state)
{
	static const char *const malformed[] = {
		"", ",", "1,", ",1", "a", "1-", "-1", "3-1", "1 2", "1--2", "1-2-3", "0x1", " 1", "1;2", "+1",
	};
	static const char *const missing[] = { "100", "0-100", "99,4000000000", "99999999999999999999999" };
	struct cpumask *m = mask_new(100);

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		if (cpumask_parse_list(malformed[i], m, 100) != -EINVAL)
			fail_msg("\"%s\" was not refused as malformed", malformed[i]);
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++)
		if (cpumask_parse_list(missing[i], m, 100) != -ERANGE)
			fail_msg("\"%s\" was not refused as out of range", missing[i]);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_is_that_of_the_words_needed),
		cmocka_unit_test(setall_sets_exactly_the_machines_cpus),
		cmocka_unit_test(operations_agree_with_bit_by_bit),
		cmocka_unit_test(for_each_cpu_visits_every_cpu_once_in_order),
		cmocka_unit_test(bits_above_the_machines_cpus_do_not_count),
		cmocka_unit_test(test_and_set_and_clear_tell_what_was),
		cmocka_unit_test(any_and_distribute_goes_round),
		cmocka_unit_test(lists_are_parsed),
		cmocka_unit_test(malformed_lists_and_missing_cpus_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
