// SPDX-License-Identifier: GPL-2.0-only
/* Loading that fails, and what can happen while it is under way. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

#define LIFE_OPS \
	(BIT_OP(init) | BIT_OP(exit) | BIT_OP(init_task) | BIT_OP(exit_task) | BIT_OP(enable) | \
	 BIT_OP(disable))

/* A, B and C exist and sleep when the scheduler is loaded, at 10 ms. */
static struct world *load_world(void **state)
{
	struct world *w = world_new(state);

	w->real_costs = true;
	w->load_ns = 10 * MS;
	w->rec = LIFE_OPS;
	world_create(w);
	w->house = -1;
	use_fifo(w);
	world_start(w);
	for (u32 i = 0; i < 3; i++)
		add_task(w, 2 * MS, &(struct task_def){ .comm = letter(i),
							.loop = true, STEPS(RUN(1 * MS), SLEEP(1 * MS)) });
	return w;
}

/* The calls, whatever CPU they were on. */
static void expect_life(struct world *w, const char *text)
{
	for (u32 i = 0; i < w->nr_recs; i++)
		w->recs[i].cpu = 0;
	expect_ops(w, text);
}

static void expect_ended(struct world *w, enum scx_exit_kind kind, const char *msg)
{
	u64 a;

	run_to(w, 100 * MS);
	expect_exit(w, kind, "%s", msg);
	assert_int_equal(w->calls[OP_exit], 1);
	expect_all_back(w);
	/* it all goes on */
	a = cpu_time_of(w, "A");
	run_to(w, 200 * MS);
	assert_in_range(cpu_time_of(w, "A") - a, 40 * MS, 60 * MS);
}

/* Loading "succeeds" in any case, and how it ended is told through ops.exit(). */
static void expect_load_failed(struct world *w, enum scx_exit_kind kind, const char *msg)
{
	expect_ended(w, kind, msg);
	assert_int_equal(w->enable_ret, 0);
	assert_non_null(w->sch);
	assert_int_equal(scx_enable_seq(w->k), 0);
	assert_null(strstr(kernel_log(w->k), "\" enabled"));
}

static s32 no_memory_init(struct scx_sched *sch) { return -ENOMEM; }
static s32 invalid_init(struct scx_sched *sch) { return 5; }

static void a_failing_init_ends_the_load(void **state)
{
	struct world *w = load_world(state);

	w->ops.init = no_memory_init;
	expect_load_failed(w, SCX_EXIT_ERROR, "ops.init() failed (-12)");
	expect_life(w, "0 init - -> -12\n"
		       "0 exit - kind=1024\n");
}

static void an_errno_that_is_none_is_an_error_of_its_own(void **state)
{
	struct world *w = load_world(state);

	w->ops.init = invalid_init;
	expect_load_failed(w, SCX_EXIT_ERROR, "ops.init() returned an invalid errno 5");
}

static s32 refuse_b_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	return p->comm[0] == 'B' ? *(s32 *)world_of(sch)->data : 0;
}

static void a_failing_init_task_ends_the_load_and_the_others_exit(void **state)
{
	struct world *w = load_world(state);
	char msg[64];
	s32 ret = -ENOENT;

	w->data = &ret;
	w->ops.init_task = refuse_b_init_task;
	run_to(w, 5 * MS);
	snprintf(msg, sizeof(msg), "ops.init_task() failed (-2) for B[%d]", pid_of(w, "B"));
	expect_load_failed(w, SCX_EXIT_ERROR, msg);
	expect_life(w, "0 init - -> 0\n"
		       "0 init_task A fork=0\n"
		       "0 init_task B fork=0 -> -2\n"
		       "0 exit_task A cancelled=0\n"
		       "0 exit - kind=1024\n");
	world_free(state);

	w = load_world(state);
	ret = 7;
	w->data = &ret;
	w->ops.init_task = refuse_b_init_task;
	expect_load_failed(w, SCX_EXIT_ERROR, "ops.init_task() returned an invalid errno 7");
}

static void nothing_update_idle(struct scx_sched *sch, s32 cpu, bool idle) {}

static void flags_that_need_what_is_not_there_end_the_load(void **state)
{
	struct world *w = load_world(state);

	w->ops.flags = SCX_OPS_ENQ_LAST;
	w->ops.enqueue = NULL;
	expect_load_failed(w, SCX_EXIT_ERROR, "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented");
	expect_life(w, "0 init - -> 0\n"
		       "0 exit - kind=1024\n");
	world_free(state);

	w = load_world(state);
	w->ops.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
	w->ops.update_idle = nothing_update_idle;
	expect_load_failed(w, SCX_EXIT_ERROR,
			   "SCX_OPS_BUILTIN_IDLE_PER_NODE requires CPU idle selection enabled");
}

static void a_hotplug_since_the_object_was_opened_asks_for_a_restart(void **state)
{
	struct world *w = load_world(state);

	w->ops.hotplug_seq = 5;
	expect_load_failed(w, SCX_EXIT_UNREG_KERN, "expected hotplug seq 5 did not match actual 0");
	assert_int_equal(scx_result(w->k)->exit_code, SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG);
	assert_int_equal(scx_result(w->k)->exit_code, 0x1000100000000);
}

/* --- while it is under way --- */

static s32 error_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	if (p->comm[0] == 'B')
		scx_bpf_error_text(sch, "too early");
	/* time for it to become known */
	if (p->comm[0] == 'C')
		kernel_sleep_until(scx_sched_kernel(sch), 20 * MS);
	return 0;
}

static void error_enable(struct scx_sched *sch, struct task_struct *p)
{
	if (p->comm[0] == 'B')
		scx_bpf_error_text(sch, "too early");
}

static void an_error_in_the_middle_of_the_load_lets_it_complete_its_steps_and_then_ends_it(void **state)
{
	for (u32 i = 0; i < 2; i++) {
		struct world *w = load_world(state);

		if (i)
			w->ops.enable = error_enable;
		else
			w->ops.init_task = error_init_task;
		/* so late that it may come to be enabled for a moment */
		if (i)
			expect_ended(w, SCX_EXIT_ERROR_BPF, "too early");
		else
			expect_load_failed(w, SCX_EXIT_ERROR_BPF, "too early");
		expect_life(w, "0 init - -> 0\n"
			       "0 init_task A fork=0\n"
			       "0 init_task B fork=0\n"
			       "0 init_task C fork=0\n"
			       "0 enable A\n"
			       "0 enable B\n"
			       "0 enable C\n"
			       "0 disable A\n"
			       "0 exit_task A cancelled=0\n"
			       "0 disable B\n"
			       "0 exit_task B cancelled=0\n"
			       "0 disable C\n"
			       "0 exit_task C cancelled=0\n"
			       "0 exit - kind=1025\n");
		world_free(state);
	}
}

static s32 slow_init(struct scx_sched *sch)
{
	kernel_sleep_until(scx_sched_kernel(sch), 20 * MS);
	return create_dsq_0(sch);
}

static void unregister_main(void *arg)
{
	struct world *w = arg;

	kernel_sleep_until(w->k, 15 * MS);
	assert_string_equal(scx_state(w->k), "enabling");
	/* nobody has the object yet, as when the link is closed by another process */
	scx_disable(scx_root_sched(w->k), SCX_EXIT_UNREG);
}

static void unregistering_in_the_middle_of_the_load_ends_it(void **state)
{
	struct world *w = load_world(state);

	w->ops.init = slow_init;
	assert_true(kernel_add_thread(w->k, "unregister", 256 << 10, unregister_main, w, 0) > 0);
	expect_load_failed(w, SCX_EXIT_UNREG, "");
}

static s32 slow_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	if (p->comm[0] == 'A')
		kernel_sleep_until(scx_sched_kernel(sch), 20 * MS);
	return 0;
}

static void a_task_that_dies_while_init_task_runs_for_it_is_cancelled(void **state)
{
	struct world *w = world_new(state);

	w->load_ns = 10 * MS;
	w->rec = LIFE_OPS & ~(BIT_OP(init) | BIT_OP(exit));
	world_create(w);
	use_fifo(w);
	w->ops.init_task = slow_init_task;
	world_start(w);
	add_task(w, 2 * MS, TASK("A", "0", SLEEP_UNTIL(15 * MS), RUN(1 * MS)));
	add_task(w, 2 * MS, TASK("B", "0", SLEEP_UNTIL(15 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_null(find_task(w, "A"));
	expect_life(w, "0 init_task A fork=0\n"
		       "0 exit_task A cancelled=1\n"
		       "0 init_task B fork=0\n"
		       "0 enable B\n");
}

static void forks_wait_while_tasks_are_initialised(void **state)
{
	struct task_def child = { .comm = "C", .cpus = "0", STEPS(RUN(1 * MS), BLOCK) };
	struct world *w = world_new(state);

	w->load_ns = 10 * MS;
	w->rec = LIFE_OPS & ~(BIT_OP(init) | BIT_OP(exit));
	world_create(w);
	use_fifo(w);
	w->ops.init_task = slow_init_task;
	world_start(w);
	add_task(w, 2 * MS, TASK("A", "0", SLEEP_UNTIL(15 * MS), SPAWN(&child), BLOCK));
	run_to(w, 19 * MS);
	assert_null(find_task(w, "C"));
	run_to(w, 100 * MS);
	assert_in_range(nth_op(w, OP_init_task, "C", 0, 0)->ns, 20 * MS, 21 * MS);
	assert_int_equal(nth_op(w, OP_init_task, "C", 0, 0)->a, true);
	assert_int_equal(count_ops(w, OP_enable, "C", 0), 1);
	expect_cpu_time(w, "C", 1 * MS);
}

/* Tasks that are queued with the scheduler when it ends are not lost. */
static void tasks_that_the_scheduler_still_has_when_it_is_unloaded_run_on(void **state)
{
	struct world *w = world_new(state);
	struct holder h;

	w->unload_ns = 30 * MS;
	world_create(w);
	use_holder(w, &h);
	h.hold = true;
	world_start(w);
	for (u32 i = 0; i < 8; i++)
		add_task(w, (10 + i) * MS,
			 &(struct task_def){ .comm = letter(i),
					     STEPS(RUN(1 * MS), SLEEP_UNTIL(40 * MS), RUN(1 * MS), BLOCK) });
	run_to(w, 29 * MS);
	assert_int_equal(h.n, 8);
	run_to(w, 100 * MS);
	expect_all_back(w);
	/* each was given back by ops.dequeue() */
	assert_int_equal(h.n, 0);
	assert_int_equal(w->calls[OP_dequeue], 8);
	for (u32 i = 0; i < 8; i++)
		assert_in_range(cpu_time_of(w, letter(i)), 1900 * US, 2100 * US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_failing_init_ends_the_load),
		class_test(an_errno_that_is_none_is_an_error_of_its_own),
		class_test(a_failing_init_task_ends_the_load_and_the_others_exit),
		class_test(flags_that_need_what_is_not_there_end_the_load),
		class_test(a_hotplug_since_the_object_was_opened_asks_for_a_restart),
		class_test(an_error_in_the_middle_of_the_load_lets_it_complete_its_steps_and_then_ends_it),
		class_test(unregistering_in_the_middle_of_the_load_ends_it),
		class_test(a_task_that_dies_while_init_task_runs_for_it_is_cancelled),
		class_test(forks_wait_while_tasks_are_initialised),
		class_test(tasks_that_the_scheduler_still_has_when_it_is_unloaded_run_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
