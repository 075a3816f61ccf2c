// SPDX-License-Identifier: GPL-2.0-only
/* Which operations a task sees from load to unload, and when its properties change. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

#define LIFE_OPS \
	(BIT_OP(init) | BIT_OP(exit) | BIT_OP(init_task) | BIT_OP(exit_task) | BIT_OP(enable) | \
	 BIT_OP(disable) | BIT_OP(set_weight) | BIT_OP(set_cpumask))

static void loading_and_unloading_see_each_task_once_and_in_order(void **state)
{
	struct world *w = world_new(state);

	w->load_ns = 10 * MS;
	w->unload_ns = 30 * MS;
	w->rec = LIFE_OPS;
	world_create(w);
	use_fifo(w);
	world_start(w);
	/* the house CPU does not record calls that are about no task */
	w->house = -1;
	add_task(w, 2 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 2 * MS, &(struct task_def){ .comm = "B", .cpus = "1", .nice = 5, STEPS(RUN_FOREVER) });
	add_task(w, 2 * MS, RT("R", "1", BLOCK));
	run_to(w, 100 * MS);
	assert_true(w->unloaded);
	assert_int_equal(w->enable_ret, 0);
	/* who does the work runs on some CPU: that is not looked at */
	for (u32 i = 0; i < w->nr_recs; i++)
		w->recs[i].cpu = 0;
	/* the RT task is initialised, so that it can come to the class later, but not enabled */
	expect_ops(w, "0 init - -> 0\n"
		      "0 init_task A fork=0\n"
		      "0 init_task B fork=0\n"
		      "0 init_task R fork=0\n"
		      "0 enable A\n"
		      "0 set_weight A 100\n"
		      "0 set_cpumask A 0x1\n"
		      "0 enable B\n"
		      "0 set_weight B 33\n"
		      "0 set_cpumask B 0x2\n"
		      "0 disable A\n"
		      "0 exit_task A cancelled=0\n"
		      "0 disable B\n"
		      "0 exit_task B cancelled=0\n"
		      "0 exit_task R cancelled=0\n"
		      "0 exit - kind=64\n");
	expect_exit(w, SCX_EXIT_UNREG, "%s", "");
	expect_all_back(w);
	assert_non_null(strstr(kernel_log(w->k), "sched_ext: BPF scheduler \"test\" enabled"));
	assert_non_null(strstr(kernel_log(w->k),
			       "sched_ext: BPF scheduler \"test\" disabled (unregistered from user space)"));
}

static void running_and_stopping_nest_in_runnable_and_quiescent(void **state)
{
	static const struct step steps[] = {
		RUN(1500 * US), SLEEP(700 * US), RUN(30 * MS), YIELD, POLICY(SCHED_NORMAL, 3, 0), RUN(1 * MS),
		AFFINITY("0"), RUN(1 * MS), AFFINITY("1"), RUN(3 * MS), POLICY(SCHED_FIFO, 0, 3), RUN(1 * MS),
		POLICY(SCHED_NORMAL, 0, 0), RUN(1 * MS), AFFINITY("0-1"), SLEEP(1 * MS),
	};
	struct world *w = world_new(state);
	struct { bool runnable, running, ends; u32 n; } t[4] = { { 0 } };
	struct simple s;

	world_create(w);
	use_simple(w, &s);
	world_start(w);
	for (u32 i = 0; i < 4; i++)
		add_task(w, (10 + i) * MS,
			 &(struct task_def){ .comm = letter(i),
					     .cpus = "0-1",
					     .steps = steps,
					     .nr_steps = sizeof(steps) / sizeof(steps[0]),
					     .loop = true });
	run_to(w, 1000 * MS);
	for (u32 i = 0; i < w->nr_recs; i++) {
		const struct rec *r = &w->recs[i];
		__typeof__(t[0]) *x;

		if (r->comm[0] == '-')
			continue;
		x = &t[r->comm[0] - 'A'];
		/* what stops because it is not runnable any more says so next */
		assert_true(!x->ends || r->op == OP_quiescent);
		x->ends = false;
		switch (r->op) {
		case OP_runnable:
			assert_false(x->runnable);
			x->runnable = true;
			break;
		case OP_running:
			assert_true(x->runnable && !x->running);
			x->running = true;
			x->n++;
			break;
		case OP_stopping:
			assert_true(x->runnable && x->running);
			x->running = false;
			x->ends = !r->a;
			break;
		case OP_quiescent:
			assert_true(x->runnable && !x->running);
			x->runnable = false;
			break;
		default:
			break;
		}
	}
	for (u32 i = 0; i < 4; i++)
		assert_true(t[i].n > 50);
}

/* --- properties --- */

static void changing_nice_tells_the_weight(void **state)
{
	struct task_def def = { .comm = "A", .cpus = "0", .nice = -20,
				STEPS(RUN(1 * MS), POLICY(SCHED_NORMAL, 19, 0), POLICY(SCHED_BATCH, 0, 0),
				      POLICY(SCHED_IDLE, 0, 0), BLOCK) };
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	w->rec = LIFE_OPS & ~BIT_OP(init);
	world_start(w);
	add_task(w, 10 * MS, &def);
	run_to(w, 20 * MS);
	/* weights of cgroups: 100 is nice 0; 88761, 15 and 3 of 1024 rounded, 1 at least */
	expect_ops(w, "2 init_task A fork=1\n"
		      "2 enable A\n"
		      "2 set_weight A 8668\n"
		      "0 set_weight A 1\n"
		      "0 set_weight A 100\n"
		      "0 set_weight A 1\n");
	assert_int_equal(find_task(w, "A")->scx.weight, 1);
}

static void affinity_loader(struct world *w)
{
	struct cpumask *mask = parse_cpus(w, "1");

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	assert_int_equal(__sched_setaffinity(find_task(w, "A"), mask), 0);
	free(mask);
	kernel_sleep_until(w->k, NEVER);
}

static void the_affinity_of_a_queued_task_changes_by_way_of_a_dequeue_and_moves_it_at_once(void **state)
{
	struct world *w = world_new(state);
	struct holder h;

	w->loader = affinity_loader;
	world_create(w);
	use_holder(w, &h);
	h.hold = true;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	w->rec = (RUN_OPS & ~BIT_OP(dispatch)) | BIT_OP(set_cpumask);
	run_to(w, 30 * MS);
	/* the change of the mask (SAVE), then the move, which is no change of runnable state */
	expect_ops(w, "2 dequeue A 0x20000000a\n"
		      "2 quiescent A 0x20000000a\n"
		      "2 set_cpumask A 0x2\n"
		      "2 runnable A 0xa\n"
		      "2 enqueue A 0xa\n"
		      "2 dequeue A 0x200000008\n"
		      "2 enqueue A 0x40000\n");
	assert_int_equal(task_cpu(find_task(w, "A")), 1);
	assert_int_equal(h.n, 1);
}

static void the_affinity_of_a_running_task_takes_it_off_its_cpu(void **state)
{
	struct world *w = world_new(state);

	w->loader = affinity_loader;
	world_create(w);
	use_fifo(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(15 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	w->rec = RUN_OPS | BIT_OP(set_cpumask);
	run_to(w, 22 * MS);
	/*
	 * It stays current for the change. The migration thread displaces it, so it is at the head of the
	 * local DSQ; from there it is moved.
	 */
	expect_ops(w, "2 stopping A 0\n"
		      "2 quiescent A 0x20000000a\n"
		      "2 set_cpumask A 0x2\n"
		      "2 runnable A 0xa\n"
		      "2 running A\n"
		      "0 stopping A 1\n"
		      "0 enqueue A 0x40000\n"
		      "0 dispatch -\n"
		      "1 dispatch -\n"
		      "1 dequeue A 0x0\n"
		      "1 running A\n");
	assert_int_equal(task_cpu(find_task(w, "A")), 1);
}

static void a_change_of_class_disables_and_enables(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	world_start(w);
	add_task(w, 10 * MS,
		 TASK("A", "0", RUN(2 * MS), POLICY(SCHED_FIFO, 0, 1), RUN(1 * MS),
		      POLICY(SCHED_NORMAL, 10, 0), RUN(1 * MS), BLOCK));
	run_to(w, 11 * MS);
	skip_ops(w);
	w->rec = RUN_OPS | LIFE_OPS;
	run_to(w, 13 * MS - 500 * US);
	expect_ops(w, "0 stopping A 0\n"
		      "0 quiescent A 0x20000004e\n"
		      "0 disable A\n");
	assert_int_equal(find_task(w, "A")->scx.slice, 0);
	assert_int_equal(scx_get_task_state(find_task(w, "A")), SCX_TASK_READY);
	run_to(w, 13 * MS + 500 * US);
	expect_ops(w, "0 enable A\n"
		      "0 set_weight A 11\n"
		      "0 set_cpumask A 0x1\n"
		      "0 runnable A 0x1004e\n"
		      "0 running A\n"
		      "0 dispatch A\n");
	run_to(w, 20 * MS);
	expect_ops(w, "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 dispatch A\n");
}

/* --- partial mode --- */

static void with_switch_partial_only_tasks_of_policy_ext_are_in_the_class(void **state)
{
	struct world *w = world_new(state);

	w->unload_ns = 60 * MS;
	w->rec = LIFE_OPS;
	world_create(w);
	use_fifo(w);
	w->ops.flags = SCX_OPS_SWITCH_PARTIAL;
	world_start(w);
	add_task(w, 10 * MS, TASK("E", "0", POLICY(SCHED_EXT, 0, 0), RUN(1 * MS), BLOCK));
	add_task(w, 10 * MS,
		 TASK("N", "0", RUN(1 * MS), POLICY(SCHED_EXT, 0, 0), RUN(1 * MS), POLICY(SCHED_NORMAL, 0, 0),
		      BLOCK));
	run_to(w, 50 * MS);
	assert_false(scx_switched_all(w->k));
	assert_true(task_on_class(find_task(w, "E"), CLASS_EXT));
	assert_true(task_on_class(find_task(w, "N"), CLASS_FAIR));
	assert_true(task_on_class(find_task(w, "loader"), CLASS_FAIR));
	assert_int_equal(count_ops(w, OP_init_task, "N", 0), 1);
	assert_int_equal(count_ops(w, OP_enable, "N", 0), 1);
	assert_int_equal(count_ops(w, OP_disable, "N", 0), 1);
	assert_int_equal(count_ops(w, OP_enable, "E", 0), 1);
	assert_non_null(strstr(kernel_log(w->k), "BPF scheduler \"test\" enabled (partial)"));
	run_to(w, 100 * MS);
	expect_all_back(w);
	assert_int_equal(find_task(w, "E")->policy, SCHED_EXT);
}

/* --- fork --- */

static s32 refuse_forks_init_task(struct scx_sched *sch, struct task_struct *p,
				  struct scx_init_task_args *args)
{
	return args->fork && p->comm[0] == 'C' ? -ENOENT : 0;
}

static void a_fork_that_init_task_refuses_fails_and_the_scheduler_goes_on(void **state)
{
	struct task_def child = { .comm = "C", STEPS(RUN(1 * MS)) };
	struct world *w = world_new(state);

	w->rec = LIFE_OPS;
	world_create(w);
	use_fifo(w);
	w->ops.init_task = refuse_forks_init_task;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", SPAWN(&child), RUN(1 * MS), BLOCK));
	run_to(w, 50 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_null(find_task(w, "C"));
	assert_int_equal(count_ops(w, OP_init_task, "C", 0), 1);
	assert_int_equal(count_ops(w, OP_exit_task, "C", 0), 0);
	expect_cpu_time(w, "A", 1 * MS);
}

static s32 disallow_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	if (p->comm[0] == 'E' || p->comm[0] == 'N')
		p->scx.disallow = true;
	return 0;
}

static void a_task_that_is_disallowed_at_load_cannot_come_to_the_class(void **state)
{
	struct world *w = world_new(state);

	w->load_ns = 10 * MS;
	world_create(w);
	use_fifo(w);
	w->ops.init_task = disallow_init_task;
	w->ops.flags = SCX_OPS_SWITCH_PARTIAL;
	world_start(w);
	add_task(w, 2 * MS, TASK("E", "0", POLICY(SCHED_EXT, 0, 0), BLOCK));
	add_task(w, 2 * MS, TASK("N", "0", SLEEP_UNTIL(20 * MS), POLICY(SCHED_EXT, 0, 0), BLOCK));
	run_to(w, 50 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_int_equal(find_task(w, "E")->policy, SCHED_NORMAL);
	assert_true(task_on_class(find_task(w, "E"), CLASS_FAIR));
	assert_int_equal(find_task(w, "N")->policy, SCHED_NORMAL);
	assert_true(task_on_class(find_task(w, "N"), CLASS_FAIR));
	/* of those only the first asked for it when the scheduler was loaded */
	assert_int_equal(scx_nr_rejected(w->k), 1);
}

static void disallowing_a_task_during_fork_is_an_error(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	w->ops.init_task = disallow_init_task;
	world_start(w);
	add_task(w, 10 * MS, TASK("E", NULL, RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "ops.init_task() set task->scx.disallow for E[%d] during fork",
		    pid_of(w, "E"));
	expect_cpu_time(w, "E", 1 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(loading_and_unloading_see_each_task_once_and_in_order),
		class_test(running_and_stopping_nest_in_runnable_and_quiescent),
		class_test(changing_nice_tells_the_weight),
		class_test(the_affinity_of_a_queued_task_changes_by_way_of_a_dequeue_and_moves_it_at_once),
		class_test(the_affinity_of_a_running_task_takes_it_off_its_cpu),
		class_test(a_change_of_class_disables_and_enables),
		class_test(with_switch_partial_only_tasks_of_policy_ext_are_in_the_class),
		class_test(a_fork_that_init_task_refuses_fails_and_the_scheduler_goes_on),
		class_test(a_task_that_is_disallowed_at_load_cannot_come_to_the_class),
		class_test(disallowing_a_task_during_fork_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
