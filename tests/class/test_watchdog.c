// SPDX-License-Identifier: GPL-2.0-only
/* Stalls. All with a timeout of a second. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

static u64 exit_time(struct world *w)
{
	trace_flush(w->trace);
	for (u32 i = 0; i < w->nr_events; i++)
		if (w->events[i].type == TE_SCX_EXIT)
			return w->events[i].time_ns;
	return 0;
}

/* "FMT NAME[pid] ... S.MMMs": the ms; the rest is compared. */
static u32 stall_ms(struct world *w, const char *before)
{
	const char *msg = scx_result(w->k)->msg;
	u32 s, ms;
	int end = 0;

	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_ERROR_STALL);
	assert_string_equal(scx_result(w->k)->reason, "runnable task stall");
	if (strncmp(msg, before, strlen(before)))
		fail_msg("\"%s\" does not begin with \"%s\"", msg, before);
	assert_int_equal(sscanf(msg + strlen(before), " for %u.%03us%n", &s, &ms, &end), 2);
	assert_int_equal(msg[strlen(before) + end], '\0');
	return s * 1000 + ms;
}

static void renicing_loader(struct world *w)
{
	world_load(w);
	for (u64 t = 200; t < 3000; t += 100) {
		kernel_sleep_until(w->k, t * MS);
		if (!w->sch->exit_info->kind)
			set_user_nice(find_task(w, "A"), t / 100 % 5);
	}
	kernel_sleep_until(w->k, NEVER);
}

static void expect_stall(void **state, void (*loader)(struct world *w), u64 start_ms)
{
	struct world *w = world_new(state);
	struct holder h;
	char msg[64];
	u64 at_ms;

	w->loader = loader;
	world_create(w);
	use_holder(w, &h);
	h.hold = true;
	w->ops.timeout_ms = 1000;
	world_start(w);
	add_task(w, start_ms * MS, TASK("A", "1", RUN(1 * MS), BLOCK));
	run_to(w, (start_ms + 1) * MS);
	snprintf(msg, sizeof(msg), "A[%d] failed to run", pid_of(w, "A"));
	run_to(w, 4000 * MS);
	at_ms = exit_time(w) / MS;
	assert_in_range(at_ms, start_ms + 1000, start_ms + 1502);
	assert_in_range(stall_ms(w, msg), at_ms - start_ms - 1, at_ms - start_ms + 1);
	/* that of the task, not of who found it */
	assert_int_equal(scx_result(w->k)->exit_cpu, 1);
	expect_all_back(w);
	assert_true(cpu_time_of(w, "A") > 900 * US);
	world_free(state);
}

static void a_task_that_is_not_run_is_found_within_one_and_a_half_timeouts(void **state)
{
	/* the watchdog looks at 501, 1001, 1501 ms ... */
	expect_stall(state, NULL, 10);
	expect_stall(state, NULL, 495);
	expect_stall(state, NULL, 505);
}

static void changes_of_its_properties_do_not_make_it_younger(void **state)
{
	expect_stall(state, renicing_loader, 10);
}

static void inf_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_INF, enq_flags);
}

static void a_task_that_runs_or_sleeps_does_not_stall(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	w->ops.enqueue = inf_enqueue;
	w->ops.timeout_ms = 1000;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	add_task(w, 10 * MS, LOOP("S", "1", RUN(1 * MS), SLEEP(5000 * MS)));
	run_to(w, 12000 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_true(cpu_time_of(w, "A") > 11900 * MS);
}

/* Runs H and nothing else: no kernel thread, so that not even the watchdog gets a CPU. */
static void only_h_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	if (!strcmp(p->comm, "H"))
		inf_enqueue(sch, p, enq_flags);
}

static void a_watchdog_that_does_not_run_is_noticed_by_the_tick(void **state)
{
	struct world *w = world_new(state);

	w->raw = true;
	w->load_ns = 10 * MS;
	world_create(w);
	use_local(w);
	w->ops.enqueue = only_h_enqueue;
	w->ops.timeout_ms = 1000;
	world_start(w);
	add_task(w, 1 * MS, TASK("H", "0", RUN_FOREVER));
	add_task(w, 1 * MS, TASK("A", "1", SLEEP_UNTIL(100 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 3000 * MS);
	assert_int_equal(stall_ms(w, "watchdog failed to check in"), 1001);
	assert_in_range(exit_time(w), 1011 * MS, 1012 * MS);
	assert_int_equal(scx_result(w->k)->exit_cpu, 0);
	expect_all_back(w);
	expect_cpu_time(w, "A", 1 * MS);
	/* the loader, which was stuck as well */
	assert_int_equal(w->enable_ret, 0);
}

static void without_a_timeout_of_its_own_a_scheduler_has_30_seconds(void **state)
{
	struct world *w = world_new(state);
	struct holder h;

	w->hz = 100;
	world_create(w);
	use_holder(w, &h);
	h.hold = true;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "1", RUN(1 * MS), BLOCK));
	run_to(w, 60000 * MS);
	assert_in_range(exit_time(w), 30000 * MS, 45030 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_task_that_is_not_run_is_found_within_one_and_a_half_timeouts),
		class_test(changes_of_its_properties_do_not_make_it_younger),
		class_test(a_task_that_runs_or_sleeps_does_not_stall),
		class_test(a_watchdog_that_does_not_run_is_noticed_by_the_tick),
		class_test(without_a_timeout_of_its_own_a_scheduler_has_30_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
