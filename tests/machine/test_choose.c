// SPDX-License-Identifier: GPL-2.0-only
#include "tests/machine/fake.h"

#include <errno.h>

static void the_same_seed_gives_the_same_choices_and_another_seed_others(void **state)
{
	struct fake a = {}, b = {}, c = {};
	int differ = 0;

	fake_start_on(&a, "1", NULL, 1000, 7, sim_create);
	fake_start_on(&b, "1", NULL, 1000, 7, sim_create);
	fake_start_on(&c, "1", NULL, 1000, 8, sim_create);
	for (int i = 0; i < 1000; i++) {
		u32 x = mach_choose(a.m, CHOOSE_WORKLOAD, 1000);

		assert_true(x < 1000);
		assert_int_equal(x, mach_choose(b.m, CHOOSE_WORKLOAD, 1000));
		differ += x != mach_choose(c.m, CHOOSE_WORKLOAD, 1000);
	}
	assert_true(differ > 900);
	fake_end(&a);
	fake_end(&b);
	fake_end(&c);
}

static void kinds_do_not_shift_each_other(void **state)
{
	struct fake a = {}, b = {};

	fake_start(&a, "1", NULL);
	fake_start(&b, "1", NULL);
	for (int i = 0; i < 100; i++) {
		mach_choose(a.m, CHOOSE_BPF_RANDOM, 0);
		assert_int_equal(mach_choose(a.m, CHOOSE_WORKLOAD, 99),
				 mach_choose(b.m, CHOOSE_WORKLOAD, 99));
	}
	fake_end(&a);
	fake_end(&b);
}

static void a_choice_of_one_asks_nobody(void **state)
{
	struct fake a = {}, b = {};

	fake_start(&a, "1", NULL);
	fake_start(&b, "1", NULL);
	assert_int_equal(mach_choose(a.m, CHOOSE_WORKLOAD, 1), 0);
	assert_int_equal(mach_choose(a.m, CHOOSE_WORKLOAD, 1 << 30),
			 mach_choose(b.m, CHOOSE_WORKLOAD, 1 << 30));
	fake_end(&a);
	fake_end(&b);
}

static void choices_are_unbiased(void **state)
{
	/* 3 * 2^30: without rejection every third answer would come twice as often */
	u32 n = 3u << 30, low = 0, third[3] = {};
	struct fake f = {};

	fake_start(&f, "1", NULL);
	for (int i = 0; i < 30000; i++) {
		u32 x = mach_choose(f.m, CHOOSE_WORKLOAD, n);

		assert_true(x < n);
		third[x >> 30]++;
		low += x % 3 == 0;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(third[i], 9700, 10300);
	assert_in_range(low, 9700, 10300);
	fake_end(&f);
}

static void zero_means_all_32_bits(void **state)
{
	struct fake f = {};
	u32 all = 0;

	fake_start(&f, "1", NULL);
	for (int i = 0; i < 100; i++)
		all |= mach_choose(f.m, CHOOSE_BPF_RANDOM, 0);
	assert_int_equal(all, ~0u);
	fake_end(&f);
}

static void costs_have_defaults_and_can_be_set_by_name(void **state)
{
	struct mach_costs c = mach_costs_default;

	assert_int_equal(c.lock_ns, 15);
	assert_int_equal(c.rcu_gp_ns, 8000000);
	assert_int_equal(mach_costs_set(&c, "lock_ns", 77), 0);
	assert_int_equal(c.lock_ns, 77);
	assert_int_equal(mach_costs_set(&c, "smt_percent", 100), 0);
	assert_int_equal(c.smt_percent, 100);
	assert_int_equal(mach_costs_set(&c, "no_such_cost", 1), -ENOENT);
}

static void cost_none_leaves_only_what_keeps_loops_from_standing_still(void **state)
{
	struct mach_costs c = mach_costs_none, zero = {};

	assert_int_equal(c.kernel_entry_ns, 1);
	assert_int_equal(c.op_call_ns, 1);
	assert_int_equal(c.smt_percent, 100);
	c.kernel_entry_ns = c.op_call_ns = c.smt_percent = 0;
	assert_memory_equal(&c, &zero, sizeof(c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_choices_and_another_seed_others),
		cmocka_unit_test(kinds_do_not_shift_each_other),
		cmocka_unit_test(a_choice_of_one_asks_nobody),
		cmocka_unit_test(choices_are_unbiased),
		cmocka_unit_test(zero_means_all_32_bits),
		cmocka_unit_test(costs_have_defaults_and_can_be_set_by_name),
		cmocka_unit_test(cost_none_leaves_only_what_keeps_loops_from_standing_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
