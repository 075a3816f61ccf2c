// SPDX-License-Identifier: GPL-2.0-only
/* Random schedulers and tasks; whole structures are checked after every event. */
#include <xxhash.h>

#include "tests/class/stress.h"

/* Machine and flags of the scheduler depend on the seed, too. */
static void stress_world(void **state, struct stress *s, u32 seed)
{
	static const char *const machines[] = { "8", "numa:2 l3:2 core:1 pu:2", "l3:2 core:4" };
	struct world *w = world_new(state);

	w->machine = machines[seed % 3];
	w->seed = seed;
	w->real_costs = true;
	w->load_ns = 5 * MS;
	world_create(w);
	use_stress(w, s);
	w->ops.flags |= (seed & 1 ? SCX_OPS_ENQ_LAST : 0) | (seed & 2 ? SCX_OPS_ENQ_EXITING : 0) |
			(seed & 4 ? SCX_OPS_ALLOW_QUEUED_WAKEUP : 0) |
			(seed & 8 ? SCX_OPS_SWITCH_PARTIAL : 0) | (seed % 7 ? 0 : SCX_OPS_ALWAYS_ENQ_IMMED) |
			(seed % 5 ? 0 : SCX_OPS_BUILTIN_IDLE_PER_NODE);
	world_start(w);
	add_random_tasks(s, 14, 1 * MS);
}

static void a_random_scheduler_keeps_every_rule_for_20_seeds(void **state)
{
	struct scx_event_stats sum = { 0 };
	u32 nr_run = 0, nr_dequeued = 0;
	s64 *n = (s64 *)&sum;

	for (u32 seed = 1; seed <= 20; seed++) {
		struct stress s;
		struct world *w;

		stress_world(state, &s, seed);
		w = *state;
		w->unload_ns = 100 * MS;
		run_to(w, 200 * MS);
		if (s.fault[0])
			fail_msg("seed %u: %s", seed, s.fault);
		expect_exit(w, SCX_EXIT_UNREG, "%s", "");
		expect_all_back(w);
		for (u32 i = 0; i < s.nr_known; i++)
			assert_null(s.known[i].p);
		nr_run += s.nr_run;
		nr_dequeued += s.nr_dequeued;
		for (u32 i = 0; i < 14; i++) {
			char comm[16];

			snprintf(comm, sizeof(comm), "Task%u", i);
			assert_true(cpu_time_of(w, comm) > 100 * US);
		}
		for (size_t i = 0; i < sizeof(sum) / sizeof(*n); i++)
			n[i] += ((const s64 *)&scx_result(w->k)->events)[i];
		world_free(state);
	}
	/* it did reach the rare paths */
	assert_true(nr_run > 15000);
	assert_true(nr_dequeued > 5000);
	assert_true(sum.SCX_EV_REENQ_IMMED > 100);
	assert_true(sum.SCX_EV_SELECT_CPU_FALLBACK > 100);
	assert_true(sum.SCX_EV_ENQ_SKIP_EXITING > 10);
	assert_true(sum.SCX_EV_DISPATCH_KEEP_LAST > 10);
	assert_true(sum.SCX_EV_BYPASS_DISPATCH > 10);
}

static u64 hash_of_run(void **state, u32 seed)
{
	struct stress s;
	struct world *w;
	u64 hash;

	stress_world(state, &s, seed);
	w = *state;
	run_to(w, 60 * MS);
	trace_flush(w->trace);
	assert_true(w->nr_events > 2000);
	hash = XXH64(w->events, w->nr_events * sizeof(w->events[0]), 0);
	world_free(state);
	return hash;
}

static void the_same_seed_gives_the_same_run_to_the_byte(void **state)
{
	u64 first = hash_of_run(state, 1);

	assert_int_equal(hash_of_run(state, 1), first);
	assert_int_not_equal(hash_of_run(state, 2), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_random_scheduler_keeps_every_rule_for_20_seeds),
		class_test(the_same_seed_gives_the_same_run_to_the_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
