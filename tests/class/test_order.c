// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of calls around the events of a task's life, and as a whole: what a scheduler like scx_simple
 * sees on a CPU between two tasks that it runs are sequences that the real kernel was recorded with (7.2.13,
 * 2 CPUs, three CPU hogs and two periodic tasks; runnable, quiescent and dequeue are not implemented by
 * scx_simple and were not recorded).
 */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

static struct world *simple_world(void **state, struct simple *s)
{
	struct world *w = world_new(state);

	world_create(w);
	use_simple(w, s);
	world_start(w);
	return w;
}

/* --- one event each --- */

static void waking_up_on_an_idle_cpu(void **state)
{
	struct simple s;
	struct world *w = simple_world(state, &s);

	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	/* recorded: select_cpu(0x8) running stopping(0) dispatch(prev) */
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 0\n"
		      "0 runnable A 0x100009\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 dispatch A\n");
}

static void waking_up_on_a_busy_cpu_and_running_after_the_slice_of_another_task(void **state)
{
	struct simple s;
	struct world *w = simple_world(state, &s);

	add_task(w, 10 * MS, TASK("H", "0", RUN_FOREVER));
	add_task(w, 0,
		 TASK("A", "0-1", SLEEP_UNTIL(15 * MS), AFFINITY("0"), SLEEP_UNTIL(40 * MS), RUN(2 * MS),
		      BLOCK));
	run_to(w, 35 * MS);
	skip_ops(w);
	w->rec = RUN_OPS & ~(BIT_OP(runnable) | BIT_OP(quiescent));
	run_to(w, 60 * MS);
	/* recorded: enqueue(0x9) dispatch stopping(1) enqueue(0x0) running stopping(0) dispatch running */
	expect_ops(w, "0 enqueue A 0x9\n"
		      "0 dispatch H\n"
		      "0 dequeue A 0x0\n"
		      "0 stopping H 1\n"
		      "0 enqueue H 0x0\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 dispatch A\n"
		      "0 dequeue H 0x0\n"
		      "0 running H\n");
}

static void the_end_of_a_slice(void **state)
{
	struct simple s;
	struct world *w = simple_world(state, &s);

	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 10 * MS, TASK("B", "0", RUN_FOREVER));
	run_to(w, 40 * MS);
	skip_ops(w);
	w->rec = RUN_OPS & ~BIT_OP(dequeue);
	run_to(w, 60 * MS);
	/* recorded: dispatch(prev) stopping(1) enqueue(0x0) running(next) */
	expect_ops(w, "0 dispatch B\n"
		      "0 stopping B 1\n"
		      "0 enqueue B 0x0\n"
		      "0 running A\n");
}

static void migrating_to_an_idle_cpu(void **state)
{
	struct simple s;
	struct world *w = simple_world(state, &s);

	/* CPU 0 is taken by H when A wakes up */
	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	add_task(w, 15 * MS, TASK("H", "0", RUN_FOREVER));
	run_to(w, 18 * MS);
	skip_ops(w);
	run_to(w, 25 * MS);
	/* recorded: select_cpu(prev 0) -> 1 on CPU 0, then running on CPU 1 */
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 1\n"
		      "0 runnable A 0x140009\n"
		      "1 running A\n"
		      "1 stopping A 0\n"
		      "1 quiescent A 0x9\n"
		      "1 dispatch A\n");
}

static void forking_and_exiting(void **state)
{
	struct task_def child = { .comm = "C", .cpus = "0-1", STEPS(RUN(1 * MS)) };
	struct simple s;
	struct world *w = simple_world(state, &s);

	w->rec = ALL_OPS & ~(BIT_OP(tick) | BIT_OP(init) | BIT_OP(exit));
	add_task(w, 10 * MS,
		 TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), SPAWN(&child), RUN(3 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	w->rec &= ~(BIT_OP(running) | BIT_OP(stopping) | BIT_OP(runnable) | BIT_OP(quiescent) |
		    BIT_OP(dispatch));
	run_to(w, 20 * MS + 100 * US);
	/* recorded: enable, then select_cpu(0x4) */
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 0\n"
		      "0 init_task C fork=1\n"
		      "0 enable C\n"
		      "0 set_weight C 100\n"
		      "0 select_cpu C prev=0 flags=0x4 -> 1\n");
	w->rec = ALL_OPS & ~BIT_OP(tick);
	run_to(w, 22 * MS);
	/* recorded: stopping(0) running for the move out of the autogroup, then stopping(0) dispatch */
	expect_ops(w, "1 stopping C 0\n"
		      "1 quiescent C 0x20000000e\n"
		      "1 runnable C 0xe\n"
		      "1 running C\n"
		      "1 stopping C 0\n"
		      "1 quiescent C 0x10009\n"
		      "1 dispatch C\n"
		      "1 disable C\n"
		      "1 exit_task C cancelled=0\n");
}

/* --- as a whole --- */

/* What was recorded on a CPU up to the next "running". Calls for wake-ups in between are left out. */
static const char *const recorded[] = {
	"stopping(0) dispatch running",
	"stopping(0) dispatch dispatch running",
	"dispatch stopping(1) enqueue(0x0) running",
	"stopping(0) running",
	"stopping(1) running",
	"dispatch running",
	"dispatch stopping(0) dispatch running",
	"running",
};

static const char *gram_op(const struct rec *r, char *buf, size_t len)
{
	switch (r->op) {
	case OP_dispatch:
		return "dispatch ";
	case OP_stopping:
		return r->a ? "stopping(1) " : "stopping(0) ";
	case OP_enqueue:
		/* a wake-up's, of any task by any CPU */
		if (r->a & (SCX_ENQ_WAKEUP | ENQUEUE_INITIAL))
			return "";
		snprintf(buf, len, "enqueue(0x%llx) ", (unsigned long long)r->a);
		return buf;
	case OP_running:
		return "running";
	default:
		return "";
	}
}

static void sequences_on_a_cpu_are_those_of_the_real_kernel(void **state)
{
	const struct task_def hog = { .cpus = "0-1", STEPS(RUN_FOREVER) };
	const struct task_def per = { .cpus = "0-1", .loop = true, STEPS(RUN(2 * MS), SLEEP(8 * MS)) };
	struct {
		const char *comm;
		const struct task_def *def;
		int nice;
	} tasks[] = {
		{ "H0", &hog, 0 }, { "H5", &hog, 5 }, { "H-5", &hog, -5 },
		{ "P3", &per, 0 }, { "P4", &per, 0 },
	};
	struct world *w = world_new(state);
	char gram[2][256] = { "", "" }, buf[32];
	u32 nr_grams = 0;
	u64 total = 0;
	struct simple s;

	w->machine = "3";
	w->hz = 250;
	w->real_costs = true;
	world_create(w);
	use_simple(w, &s);
	w->rec = BIT_OP(select_cpu) | BIT_OP(enqueue) | BIT_OP(dispatch) | BIT_OP(running) | BIT_OP(stopping);
	world_start(w);
	for (u32 i = 0; i < 5; i++) {
		struct task_def def = *tasks[i].def;

		def.comm = tasks[i].comm;
		def.nice = tasks[i].nice;
		add_task(w, 10 * MS, &def);
	}
	run_to(w, 3010 * MS);
	for (u32 i = 0; i < w->nr_recs; i++) {
		const struct rec *r = &w->recs[i];
		bool known = false;

		if (r->cpu > 1)
			continue;
		strcat(gram[r->cpu], gram_op(r, buf, sizeof(buf)));
		if (r->op != OP_running)
			continue;
		for (u32 j = 0; j < sizeof(recorded) / sizeof(recorded[0]); j++)
			known |= !strcmp(gram[r->cpu], recorded[j]);
		if (!known)
			fail_msg("CPU %d, %llu ns: %s", r->cpu, (unsigned long long)r->ns, gram[r->cpu]);
		gram[r->cpu][0] = '\0';
		nr_grams++;
	}
	assert_true(nr_grams > 400);
	/* the shares that were measured: 67, 22 and 90 % for the hogs, 8.5 % for each of the others */
	assert_in_range(cpu_time_of(w, "H0") / (30 * MS), 63, 72);
	assert_in_range(cpu_time_of(w, "H5") / (30 * MS), 19, 26);
	assert_in_range(cpu_time_of(w, "H-5") / (30 * MS), 84, 93);
	assert_in_range(cpu_time_of(w, "P3") / (30 * MS), 6, 11);
	for (u32 i = 0; i < 5; i++)
		total += cpu_time_of(w, tasks[i].comm);
	assert_in_range(total, 5900 * MS, 6000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(waking_up_on_an_idle_cpu),
		class_test(waking_up_on_a_busy_cpu_and_running_after_the_slice_of_another_task),
		class_test(the_end_of_a_slice),
		class_test(migrating_to_an_idle_cpu),
		class_test(forking_and_exiting),
		class_test(sequences_on_a_cpu_are_those_of_the_real_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
