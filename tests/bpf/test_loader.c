// SPDX-License-Identifier: GPL-2.0-only
/* The generic loader, with objects on a simulated machine. */
#include "tests/bpf/machine.h"
#include "kabi/ops.h"

#define OP(name) (offsetof(struct sched_ext_ops, name) / 8)
#define SCX_SIMPLE "tests/data/linux-7.2/scx_simple.bpf.o"

static void scx_simple_of_linux_7_2_loads_schedules_and_detaches(void **state)
{
	struct world *w = world_new("2", "7.2");

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 5 * MS, 0);
	world_add_task(w, "per", 2 * MS, 8 * MS);
	world_load(w, SCX_SIMPLE, NULL, 0);
	world_run(w, 1 * SEC);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s\n%s", loader_result(w->loader)->msg, loader_result(w->loader)->log, kernel_log(w->k));
	assert_string_equal(scx_state(w->k), "enabled");
	assert_true(w->ops.calls[OP(enqueue)] > 50);
	assert_int_equal(w->ops.calls[OP(init)], 1);
	world_stop(w, 1 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ENDED);
	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_UNREG);
	assert_int_equal(w->ops.calls[OP(exit)], 1);
	assert_null(bpf_rt_fault(w->rt));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scx_simple_of_linux_7_2_loads_schedules_and_detaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
