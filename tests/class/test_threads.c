// SPDX-License-Identifier: GPL-2.0-only
/* The class on the machine of host threads: real races. Run it with SAN=thread. */
#include "tests/class/stress.h"

#define ROUNDS 3

/* Nobody can look from outside while the threads run: what is asked is asked here. */
static void rounds_loader(struct world *w)
{
	u64 now = mach_now();

	for (u32 i = 0; i < ROUNDS; i++) {
		world_load(w);
		if (w->enable_ret || strcmp(scx_state(w->k), "enabled"))
			break;
		now += 20 * MS;
		kernel_sleep_until(w->k, now);
		world_unload(w);
		if (scx_result(w->k)->kind != SCX_EXIT_UNREG)
			break;
		w->nr_recs++;
	}
	mach_stop(w->m);
}

static void a_random_scheduler_keeps_every_rule(void **state)
{
	struct world *w = world_new(state);
	struct stress s;
	char buf[512];

	w->threads = true;
	w->machine = "4";
	w->seed = 1;
	w->loader = rounds_loader;
	world_create(w);
	use_stress(w, &s);
	world_start(w);
	add_random_tasks(&s, 8, 0);
	threads_run(w->m);
	if (scx_result(w->k)->msg[0])
		fail_msg("%s", scx_result(w->k)->msg);
	assert_string_equal(s.fault, "");
	assert_int_equal(w->nr_recs, ROUNDS);
	assert_true(s.nr_run > 100);
	assert_null(kernel_check(w->k, buf, sizeof(buf)));
}

/* An error on one CPU while others are in the middle of everything. */
static void error_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, mach_now() + 10 * MS);
	scx_fail(w->sch, SCX_EXIT_ERROR, 0, "on purpose");
	world_unload(w);
	mach_stop(w->m);
}

static void an_error_gets_all_tasks_out_of_the_class(void **state)
{
	struct world *w = world_new(state);
	struct stress s;

	w->threads = true;
	w->machine = "4";
	w->seed = 2;
	w->loader = error_loader;
	world_create(w);
	use_stress(w, &s);
	world_start(w);
	add_random_tasks(&s, 8, 0);
	threads_run(w->m);
	expect_exit(w, SCX_EXIT_ERROR, "on purpose");
	assert_string_equal(s.fault, "");
	expect_all_back(w);
	for (u32 i = 0; i < s.nr_known; i++)
		assert_null(s.known[i].p);
	assert_non_null(strstr(scx_result(w->k)->dump, "on purpose"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_random_scheduler_keeps_every_rule),
		class_test(an_error_gets_all_tasks_out_of_the_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
