// SPDX-License-Identifier: GPL-2.0-only
/* Spin locks of map values on a simulated machine: who waits, and for how long. */
#include "tests/bpf/machine.h"

/* The longest time that a tick took which holds the lock for a while. */
static u64 longest_tick(const char *topo)
{
	struct world *w = world_new(topo, "7.2");
	char path[4200];
	u64 ns;

	for (int i = 0; i < 8; i++)
		world_add_task(w, "hog", 500 * MS, 0);
	world_load(w, object(path, sizeof(path), "contend"), NULL, 0);
	world_run(w, 200 * MS);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	assert_null(bpf_rt_fault(w->rt));
	assert_true(GLOBAL(w, u64, "nr_ticks") > 100);
	assert_int_equal(GLOBAL(w, u64, "overlaps"), 0);
	ns = GLOBAL(w, u64, "max_ns");
	world_stop(w, 200 * MS);
	world_free(w);
	return ns;
}

static void a_lock_is_held_by_one_cpu_and_the_others_wait_for_it(void **state)
{
	u64 alone = longest_tick("1"), four = longest_tick("4");

	/* the last of four waits for three */
	assert_in_range(four, alone * 3, alone * 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_held_by_one_cpu_and_the_others_wait_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
