// SPDX-License-Identifier: GPL-2.0-only
/* Timers of programs on a simulated machine. */
#include "tests/bpf/machine.h"

static struct world *timers_world(const char *version, u64 until_ns)
{
	struct world *w = world_new("2", version);
	char path[4200];

	world_add_task(w, "hog", 500 * MS, 0);
	world_load(w, object(path, sizeof(path), "timers"), NULL, 0);
	world_run(w, until_ns);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	if (bpf_rt_fault(w->rt))
		fail_msg("%s", bpf_rt_fault(w->rt)->msg);
	return w;
}

static void helpers_have_the_kernels_results(const char *version)
{
	struct world *w = timers_world(version, 200 * MS);

	assert_int_equal(GLOBAL(w, s32, "cancel_uninit"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "start_uninit"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "init_clock"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "init_first"), 0);
	assert_int_equal(GLOBAL(w, s32, "init_again"), -EBUSY);
	assert_int_equal(GLOBAL(w, s32, "start_no_callback"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "start_flags"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "started"), 0);
	assert_int_equal(GLOBAL(w, s32, "cancel_armed"), 1);
	assert_int_equal(GLOBAL(w, s32, "cancel_idle"), 0);
	assert_int_equal(GLOBAL(w, s32, "start_after_cancel"), -EINVAL);
	assert_int_equal(GLOBAL(w, s32, "update_ret"), 0);
	assert_int_equal(GLOBAL(w, s32, "tick_start"), 0);
	world_stop(w, 200 * MS);
	world_free(w);
}

static void helpers_have_the_kernels_results_in_7_2(void **state) { helpers_have_the_kernels_results("7.2"); }
static void helpers_have_the_kernels_results_in_6_12(void **state) { helpers_have_the_kernels_results("6.12"); }

static void cancelling_with_interrupts_off_is_refused_by_7_x(void **state)
{
	struct world *w = timers_world("7.2", 200 * MS);

	assert_int_equal(GLOBAL(w, s32, "tick_cancel"), -EOPNOTSUPP);
	world_stop(w, 200 * MS);
	world_free(w);
	w = timers_world("6.12", 200 * MS);
	assert_int_equal(GLOBAL(w, s32, "tick_cancel"), 0);
	world_stop(w, 200 * MS);
	world_free(w);
}

static void a_timer_fires_in_time_on_its_cpu_with_map_key_and_value(void **state)
{
	struct world *w = timers_world("7.2", 200 * MS);
	u64 n = GLOBAL(w, u64, "nr_fired"), first = GLOBAL(w, u64, "first_ns");

	assert_true(n > 50);
	assert_int_equal(GLOBAL(w, u64, "wrong_args"), 0);
	assert_int_equal(GLOBAL(w, u64, "wrong_cpu"), 0);
	assert_int_equal(GLOBAL(w, u64, "deadlocks"), n);
	assert_in_range(first - GLOBAL(w, u64, "armed_ns"), 3 * MS, 3 * MS + 20000);
	assert_in_range(GLOBAL(w, u64, "last_ns") - first, (n - 1) * 3 * MS, (n - 1) * (3 * MS + 20000));
	/* at an instant; after 1 ms, armed with interrupts off */
	assert_in_range(GLOBAL(w, u64, "abs_ns"), 50 * MS, 50 * MS + 20000);
	assert_in_range(GLOBAL(w, u64, "tick_fired_ns") - GLOBAL(w, u64, "tick_ns"), 1 * MS, 1 * MS + 20000);
	world_stop(w, 200 * MS);
	world_free(w);
}

static void a_timer_that_is_cancelled_or_overwritten_does_not_fire(void **state)
{
	struct world *w = timers_world("7.2", 200 * MS);

	assert_int_equal(GLOBAL(w, u64, "nr_cancelled_fired"), 0);
	world_stop(w, 200 * MS);
	world_free(w);
}

static void timers_go_with_the_last_descriptor_of_their_map(void **state)
{
	struct world *w = timers_world("7.2", 100 * MS);

	assert_non_null(w->rt->timers);
	world_stop(w, 100 * MS);
	assert_null(w->rt->timers);
	assert_int_equal(w->rt->fields.nr, 0);
	assert_null(bpf_obj_next(w->rt, OBJ_PROG, 1));
	assert_null(bpf_obj_next(w->rt, OBJ_MAP, 1));
	/* and time goes on without them */
	world_run(w, 3 * SEC);
	world_free(w);
}

static void a_machine_may_be_thrown_away_with_timers_armed(void **state)
{
	struct world *w = timers_world("7.2", 100 * MS);

	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helpers_have_the_kernels_results_in_7_2),
		cmocka_unit_test(helpers_have_the_kernels_results_in_6_12),
		cmocka_unit_test(cancelling_with_interrupts_off_is_refused_by_7_x),
		cmocka_unit_test(a_timer_fires_in_time_on_its_cpu_with_map_key_and_value),
		cmocka_unit_test(a_timer_that_is_cancelled_or_overwritten_does_not_fire),
		cmocka_unit_test(timers_go_with_the_last_descriptor_of_their_map),
		cmocka_unit_test(a_machine_may_be_thrown_away_with_timers_armed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
