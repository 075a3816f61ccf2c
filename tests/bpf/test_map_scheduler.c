// SPDX-License-Identifier: GPL-2.0-only
/* A compiled scheduler that lives from maps, on the machine: tests/bpf/progs/maps.bpf.c. */
#include "tests/bpf/machine.h"

static struct world *maps_world(const char *version)
{
	struct world *w = world_new("4", version);
	char path[4200];

	for (int t = 0; t < 6; t++)
		world_add_task(w, "per", (t + 1) * MS, 3 * MS);
	world_load(w, object(path, sizeof(path), "maps"), NULL, 0);
	world_run(w, 1 * SEC);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	return w;
}

static void a_scheduler_lives_from(const char *version)
{
	struct world *w = maps_world(version);
	u64 walked = GLOBAL(w, u64, "walked");

	if (bpf_rt_fault(w->rt))
		fail_msg("%s", bpf_rt_fault(w->rt)->msg);
	assert_true(GLOBAL(w, u64, "enqueued") > 200);
	assert_true(GLOBAL(w, u64, "dispatched") > 200);
	assert_true(GLOBAL(w, u64, "dispatched") <= GLOBAL(w, u64, "enqueued"));
	assert_int_equal(GLOBAL(w, u64, "full"), 0);
	/* no number is dispatched twice */
	assert_int_equal(GLOBAL(w, u64, "recent_hits"), 0);
	assert_true(walked >= 6 && walked <= 10);
	assert_true(GLOBAL(w, u64, "summed") > 200);
	assert_true(GLOBAL(w, u64, "summed") <= GLOBAL(w, u64, "dispatched"));
	world_stop(w, 1 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ENDED);
	assert_null(bpf_obj_next(w->rt, OBJ_MAP, 1));
	world_free(w);
}

static void a_scheduler_lives_from_maps_in_7_2(void **state) { a_scheduler_lives_from("7.2"); }
static void a_scheduler_lives_from_maps_in_6_12(void **state) { a_scheduler_lives_from("6.12"); }

static void two_runs_with_maps_have_the_same_events(void **state)
{
	struct op_counts first;

	for (int i = 0; i < 2; i++) {
		struct world *w = maps_world("7.2");

		if (!i)
			first = w->ops;
		else
			assert_memory_equal(&first, &w->ops, sizeof(first));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scheduler_lives_from_maps_in_7_2),
		cmocka_unit_test(a_scheduler_lives_from_maps_in_6_12),
		cmocka_unit_test(two_runs_with_maps_have_the_same_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
