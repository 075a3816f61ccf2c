// SPDX-License-Identifier: GPL-2.0-only
/* Tracking of idle CPUs and the default choice of a CPU. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/*
 * The choice is asked of the class directly, in the context of a loader that sets up the idle masks by hand
 * before, so that each rule is looked at alone. The task that is asked about sleeps: its pi_lock is free.
 */
struct question {
	const char *allowed;	/* the task's affinity; NULL: all */
	const char *cpus_and;	/* mask for scx_bpf_select_cpu_and(); NULL: scx_bpf_select_cpu_dfl() */
	s32 prev;
	u64 wake_flags, flags;
	const char *idle;	/* idle CPUs */
	const char *idle_cores;	/* CPUs of idle cores */
	s32 answer;
	bool not_idle;		/* _dfl says that what it returns is not idle */
};

struct questions {
	const struct question *q;
	u32 n;
	u64 ops_flags;
	const char *waker;	/* where the loader runs */
};

static void set_mask(struct world *w, struct cpumask *dst, const char *cpus)
{
	struct cpumask *m = parse_cpus(w, cpus ? cpus : "");

	cpumask_copy(dst, m, w->topo.nr_cpus);
	free(m);
}

static void set_idle(struct world *w, const struct question *q)
{
	struct scx_kernel *sk = w->k->scx;

	if (!sk->idle_per_node) {
		set_mask(w, sk->idle_global.cpu, q->idle);
		set_mask(w, sk->idle_global.smt, q->idle_cores);
		return;
	}
	for (u32 n = 0; n < w->topo.nr_nodes; n++) {
		const struct cpumask *node = w->topo.node_mask[0];

		for (u32 cpu = 0; cpu < w->topo.nr_cpus; cpu++)
			if (w->topo.cpu[cpu].node == n)
				node = w->topo.node_mask[cpu];
		set_mask(w, sk->idle_node[n].cpu, q->idle);
		set_mask(w, sk->idle_node[n].smt, q->idle_cores);
		cpumask_and(sk->idle_node[n].cpu, sk->idle_node[n].cpu, node, w->topo.nr_cpus);
		cpumask_and(sk->idle_node[n].smt, sk->idle_node[n].smt, node, w->topo.nr_cpus);
	}
}

static void ask(struct world *w, const struct question *q, u32 i)
{
	struct task_struct *p = find_task(w, "A");
	struct cpumask *saved = calloc(2, cpumask_size(w->topo.nr_cpus));
	struct cpumask *and = q->cpus_and ? parse_cpus(w, q->cpus_and) : NULL;
	bool is_idle = false, off = local_irq_save();
	u32 nr = w->topo.nr_cpus, nr_allowed = p->nr_cpus_allowed;
	s32 cpu;

	cpumask_copy(saved, &p->cpus_mask, nr);
	if (q->allowed) {
		set_mask(w, &p->cpus_mask, q->allowed);
		p->nr_cpus_allowed = cpumask_weight(&p->cpus_mask, nr);
	}
	set_idle(w, q);
	this_scx_cpu()->distribute_prev = -1;
	if (and)
		cpu = scx_bpf_select_cpu_and(w->sch, p, q->prev, q->wake_flags, and, q->flags);
	else
		cpu = scx_bpf_select_cpu_dfl(w->sch, p, q->prev, q->wake_flags, &is_idle);
	if (cpu != q->answer || (!and && is_idle == q->not_idle))
		fail_msg("question %u: %d (idle %d), expected %d", i, cpu, is_idle, q->answer);
	/* claimed: nobody else gets it, and its core is not idle any more */
	if (cpu >= 0 && !q->not_idle) {
		struct scx_kernel *sk = w->k->scx;
		struct scx_idle_cpus *idle = &sk->idle_global;

		if (sk->idle_per_node)
			idle = &sk->idle_node[w->topo.cpu[cpu].node];

		assert_false(cpumask_test_cpu(cpu, idle->cpu));
		if (w->k->scx->smt_active)
			assert_false(cpumask_intersects(w->topo.smt_mask[cpu], idle->smt, nr));
	}
	cpumask_copy(&p->cpus_mask, saved, nr);
	p->nr_cpus_allowed = nr_allowed;
	local_irq_restore(off);
	free(saved);
	free(and);
}

static void asking_loader(struct world *w)
{
	struct questions *qs = w->data;
	struct cpumask *waker = parse_cpus(w, qs->waker);

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	assert_int_equal(__sched_setaffinity(current, waker), 0);
	free(waker);
	for (u32 i = 0; i < qs->n; i++)
		ask(w, &qs->q[i], i);
	qs->n = 0;
	/* the masks are nonsense now */
	world_unload(w);
}

static void ask_all(void **state, const char *machine, struct questions *qs)
{
	struct world *w = world_new(state);

	w->machine = machine;
	w->loader = asking_loader;
	w->data = qs;
	world_create(w);
	w->ops.enqueue = local_enqueue;
	w->ops.flags = qs->ops_flags;
	world_start(w);
	add_task(w, 0, TASK("A", NULL, BLOCK));
	assert_int_equal(sim_run(w->m, 100 * MS), RUN_UNTIL);
	assert_int_equal(qs->n, 0);
	world_free(state);
}

#define ASK(state, machine, oflags, on, ...) \
	ask_all(state, machine, &(struct questions){ \
		(const struct question[]){ __VA_ARGS__ }, \
		sizeof((const struct question[]){ __VA_ARGS__ }) / sizeof(struct question), (oflags), (on) })
#define Q(...) { __VA_ARGS__ }

static void prev_is_taken_if_it_is_idle_else_any_idle_cpu(void **state)
{
	ASK(state, "4", 0, "3",
	    Q(.prev = 1, .idle = "0-2", .answer = 1),
	    Q(.prev = 1, .idle = "0,2", .answer = 0),
	    Q(.prev = 1, .idle = "", .answer = 1, .not_idle = true),
	    Q(.prev = 1, .idle = "", .cpus_and = "0-3", .answer = -EBUSY));
}

static void the_affinity_and_the_mask_of_the_caller_both_count(void **state)
{
	ASK(state, "4", 0, "3",
	    Q(.allowed = "2-3", .prev = 1, .idle = "0-2", .answer = 2),
	    Q(.allowed = "0-1", .prev = 1, .idle = "2-3", .answer = 1, .not_idle = true),
	    Q(.allowed = "0-1", .cpus_and = "1-2", .prev = 0, .idle = "0-3", .answer = 1),
	    Q(.allowed = "0-1", .cpus_and = "2-3", .prev = 0, .idle = "0-3", .answer = -EBUSY),
	    Q(.cpus_and = "2-3", .prev = 0, .idle = "0-3", .answer = 2));
}

static void a_task_of_one_cpu_gets_it_or_nothing(void **state)
{
	ASK(state, "4", 0, "3", Q(.allowed = "2", .prev = 1, .idle = "0-3", .answer = 2),
	    Q(.allowed = "2", .prev = 1, .idle = "0,1,3", .answer = 1, .not_idle = true),
	    Q(.allowed = "2", .cpus_and = "0-1", .prev = 2, .idle = "0-3", .answer = -EBUSY),
	    /* not even when the waker is there and says that it will sleep */
	    Q(.allowed = "3", .prev = 3, .wake_flags = SCX_WAKE_SYNC, .idle = "0-2", .answer = 3,
	      .not_idle = true));
}

static void a_synchronous_wakeup_prefers_an_idle_prev_near_the_waker_then_the_waker(void **state)
{
	ASK(state, "l3:2 core:2", 0, "3",
	    /* prev 2 shares the cache of the waker 3 */
	    Q(.prev = 2, .wake_flags = SCX_WAKE_SYNC, .idle = "0-2", .answer = 2),
	    Q(.prev = 0, .wake_flags = SCX_WAKE_SYNC, .idle = "0-2", .answer = 3),
	    /* nobody is idle: the wakee must not jump the queue */
	    Q(.prev = 0, .wake_flags = SCX_WAKE_SYNC, .idle = "", .answer = 0, .not_idle = true),
	    Q(.prev = 0, .wake_flags = SCX_WAKE_SYNC, .allowed = "0-1", .idle = "1", .answer = 1),
	    Q(.prev = 0, .wake_flags = 0, .idle = "0-2", .answer = 0));
}

static void llc_comes_before_node_before_anywhere(void **state)
{
	/* nodes of CPUs 0-3 and 4-7, LLCs of two */
	ASK(state, "numa:2 l3:2 core:2", 0, "7",
	    Q(.prev = 2, .idle = "0,3,4", .answer = 3),
	    Q(.prev = 2, .idle = "0,1,4", .answer = 0),
	    Q(.prev = 2, .idle = "4,5", .answer = 4),
	    /* in what the task may use of them */
	    Q(.prev = 2, .allowed = "1,2,4,5", .idle = "0,1,3,4", .answer = 1),
	    Q(.prev = 6, .allowed = "0-4", .idle = "0-7", .answer = 4));
}

static void wholly_idle_cores_come_before_prev_and_its_sibling(void **state)
{
	/* cores of CPUs 0-1, 2-3, 4-5, 6-7 */
	ASK(state, "core:4 pu:2", 0, "7", Q(.prev = 2, .idle = "2-5", .idle_cores = "2-5", .answer = 2),
	    Q(.prev = 2, .idle = "2,4,5", .idle_cores = "4,5", .answer = 4),
	    Q(.prev = 2, .idle = "2,4", .answer = 2), Q(.prev = 2, .idle = "0,3", .answer = 3),
	    Q(.prev = 2, .idle = "0", .answer = 0),
	    Q(.prev = 2, .idle = "0", .cpus_and = "0-7", .flags = SCX_PICK_IDLE_CORE, .answer = -EBUSY),
	    Q(.prev = 2, .idle = "0,4,5", .idle_cores = "4,5", .cpus_and = "0-7", .flags = SCX_PICK_IDLE_CORE,
	      .answer = 4));
	ASK(state, "l3:2 core:2 pu:2", 0, "7",
	    /* an idle core of the LLC before one elsewhere, that before an idle CPU of the LLC */
	    Q(.prev = 4, .idle = "0,1,6,7", .idle_cores = "0,1,6,7", .answer = 6),
	    Q(.prev = 4, .idle = "0,1,6", .idle_cores = "0,1", .answer = 0),
	    Q(.prev = 4, .idle = "0,6", .answer = 6));
}

static void per_node_tracking_begins_with_the_node_of_prev(void **state)
{
	ASK(state, "numa:3 core:2", SCX_OPS_BUILTIN_IDLE_PER_NODE, "5",
	    Q(.prev = 2, .idle = "0,3,4", .answer = 3),
	    /* then the others; all are as far */
	    Q(.prev = 2, .idle = "0,4", .answer = 0),
	    Q(.prev = 2, .idle = "4", .answer = 4),
	    Q(.prev = 2, .idle = "0,4", .cpus_and = "0-5", .flags = SCX_PICK_IDLE_IN_NODE, .answer = -EBUSY),
	    Q(.prev = 2, .idle = "0,3", .cpus_and = "0-5", .flags = SCX_PICK_IDLE_IN_NODE, .answer = 3));
}

/* --- picking --- */

static void picking_loader(struct world *w)
{
	struct cpumask *all = parse_cpus(w, "0-3"), *two = parse_cpus(w, "1-2");
	bool off;

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	off = local_irq_save();
	set_mask(w, w->k->scx->idle_global.cpu, "0-2");
	this_scx_cpu()->distribute_prev = -1;
	/* another one each time */
	assert_int_equal(scx_bpf_pick_idle_cpu(w->sch, two, 0), 1);
	assert_int_equal(scx_bpf_pick_idle_cpu(w->sch, all, 0), 2);
	assert_true(scx_bpf_test_and_clear_cpu_idle(w->sch, 0));
	assert_false(scx_bpf_test_and_clear_cpu_idle(w->sch, 0));
	assert_int_equal(scx_bpf_pick_idle_cpu(w->sch, all, 0), -EBUSY);
	/* nobody is idle: any that is allowed, another one each time */
	assert_int_equal(scx_bpf_pick_any_cpu(w->sch, two, 0), 1);
	assert_int_equal(scx_bpf_pick_any_cpu(w->sch, two, 0), 2);
	assert_int_equal(scx_bpf_pick_any_cpu(w->sch, two, 0), 1);
	set_mask(w, two, "");
	assert_int_equal(scx_bpf_pick_any_cpu(w->sch, two, 0), -EBUSY);
	/* without SMT the two masks are one */
	assert_ptr_equal(scx_bpf_get_idle_smtmask(w->sch), scx_bpf_get_idle_cpumask(w->sch));
	local_irq_restore(off);
	free(all);
	free(two);
	w->data = NULL;
	world_unload(w);
}

static void picking_claims_and_goes_round(void **state)
{
	struct world *w = world_new(state);

	w->machine = "4";
	w->loader = picking_loader;
	w->data = w;
	world_create(w);
	w->ops.enqueue = local_enqueue;
	world_start(w);
	assert_int_equal(sim_run(w->m, 100 * MS), RUN_UNTIL);
	assert_null(w->data);
}

/* --- tracking --- */

static void nothing_update_idle(struct scx_sched *sch, s32 cpu, bool idle) {}

static void the_masks_follow_what_cpus_do(void **state)
{
	struct world *w = world_new(state);
	struct scx_idle_cpus *idle;

	w->machine = "core:2 pu:2";
	world_create(w);
	w->ops.enqueue = local_enqueue;
	world_start(w);
	idle = &w->k->scx->idle_global;
	add_task(w, 10 * MS, TASK("A", "1", RUN(5 * MS), SLEEP_UNTIL(20 * MS), RUN(5 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("B", "2", SLEEP_UNTIL(20 * MS), RUN(5 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("C", "0", SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	assert_int_equal(*cpumask_bits(idle->cpu), 0xd);
	assert_int_equal(*cpumask_bits(idle->smt), 0xc);
	run_to(w, 18 * MS);
	assert_int_equal(*cpumask_bits(idle->cpu), 0xf);
	assert_int_equal(*cpumask_bits(idle->smt), 0xf);
	/* CPU 0 went idle, its sibling did not */
	run_to(w, 22 * MS);
	assert_int_equal(*cpumask_bits(idle->cpu), 0x9);
	assert_int_equal(*cpumask_bits(idle->smt), 0);
	run_to(w, 30 * MS);
	assert_int_equal(*cpumask_bits(idle->cpu), 0xf);
	assert_int_equal(*cpumask_bits(idle->smt), 0xf);
}

static void kick_idle_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	/* CPU 0 idles: it looks for a task, finds none and idles on */
	scx_bpf_kick_cpu(w->sch, 0, SCX_KICK_IDLE);
	kernel_sleep_until(w->k, NEVER);
}

static void update_idle_is_called_on_transitions_and_not_when_the_idle_task_is_picked_again(void **state)
{
	struct world *w = world_new(state);

	w->loader = kick_idle_loader;
	world_create(w);
	use_fifo(w);
	w->ops.update_idle = nothing_update_idle;
	w->rec = BIT_OP(update_idle) | BIT_OP(running) | BIT_OP(dispatch) | BIT_OP(stopping);
	world_start(w);
	run_to(w, 9 * MS);
	skip_ops(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 19 * MS);
	expect_ops(w, "0 dispatch -\n"
		      "0 update_idle - 0\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 dispatch A\n"
		      "0 update_idle - 1\n");
	run_to(w, 30 * MS);
	expect_ops(w, "0 dispatch -\n");
}

static void picking_the_idle_task_again_refreshes_the_mask(void **state)
{
	struct world *w = world_new(state);

	w->loader = kick_idle_loader;
	world_create(w);
	use_fifo(w);
	world_start(w);
	run_to(w, 15 * MS);
	assert_true(cpumask_test_and_clear_cpu(0, w->k->scx->idle_global.cpu));
	run_to(w, 30 * MS);
	assert_true(cpumask_test_cpu(0, w->k->scx->idle_global.cpu));
}

static s32 idle_init(struct scx_sched *sch)
{
	struct world *w = world_of(sch);
	bool is_idle = true;
	u32 n;

	/* an operation of one's own means: no tracking, unless it is asked for */
	n = cpumask_weight(scx_bpf_get_idle_cpumask(sch), w->topo.nr_cpus);
	w->data = (void *)(uintptr_t)n;
	if (!n)
		assert_int_equal(scx_bpf_select_cpu_dfl(sch, current, 1, 0, &is_idle), 1);
	assert_true(n || !is_idle);
	return 0;
}

static void update_idle_switches_the_tracking_off_unless_it_is_kept(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	w->ops.update_idle = nothing_update_idle;
	w->ops.init = idle_init;
	world_start(w);
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "built-in idle tracking is disabled");
	assert_null(w->data);
	world_free(state);

	w = world_new(state);
	world_create(w);
	use_local(w);
	w->ops.update_idle = nothing_update_idle;
	w->ops.flags = SCX_OPS_KEEP_BUILTIN_IDLE;
	w->ops.init = idle_init;
	world_start(w);
	run_to(w, 100 * MS);
	assert_string_equal(scx_state(w->k), "enabled");
	assert_int_equal((uintptr_t)w->data, 3);
}

static s32 node_init(struct scx_sched *sch)
{
	struct world *w = world_of(sch);

	if (w->data)
		assert_int_equal(scx_bpf_pick_idle_cpu(sch, scx_bpf_get_online_cpumask(), 0), -EBUSY);
	else
		assert_true(cpumask_empty(scx_bpf_get_idle_cpumask(sch), w->topo.nr_cpus));
	return 0;
}

static void with_per_node_tracking_there_is_no_mask_of_all(void **state)
{
	static const char *const errors[] = { "SCX_OPS_BUILTIN_IDLE_PER_NODE enabled",
					      "per-node idle tracking is enabled" };

	for (u32 i = 0; i < 2; i++) {
		struct world *w = world_new(state);

		w->machine = "numa:2 core:2";
		w->data = i ? w : NULL;
		world_create(w);
		use_local(w);
		w->ops.flags = SCX_OPS_BUILTIN_IDLE_PER_NODE;
		w->ops.init = node_init;
		world_start(w);
		run_to(w, 100 * MS);
		expect_exit(w, SCX_EXIT_ERROR, "%s", errors[i]);
		world_free(state);
	}
}

static void cross_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct world *w = world_of(sch);
	bool is_idle = true;

	if (w->data)
		assert_int_equal(scx_bpf_select_cpu_dfl(sch, w->data, 1, 0, &is_idle), 1);
	assert_true(!w->data || !is_idle);
	local_enqueue(sch, p, enq_flags);
}

static void choosing_for_a_task_of_another_run_queue_is_an_error(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	w->ops.enqueue = cross_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("B", "1", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	w->data = find_task(w, "B");
	add_task(w, 20 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "select_cpu kfunc called cross-task on B[%d]", pid_of(w, "B"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(prev_is_taken_if_it_is_idle_else_any_idle_cpu),
		class_test(the_affinity_and_the_mask_of_the_caller_both_count),
		class_test(a_task_of_one_cpu_gets_it_or_nothing),
		class_test(a_synchronous_wakeup_prefers_an_idle_prev_near_the_waker_then_the_waker),
		class_test(llc_comes_before_node_before_anywhere),
		class_test(wholly_idle_cores_come_before_prev_and_its_sibling),
		class_test(per_node_tracking_begins_with_the_node_of_prev),
		class_test(picking_claims_and_goes_round),
		class_test(the_masks_follow_what_cpus_do),
		class_test(update_idle_is_called_on_transitions_and_not_when_the_idle_task_is_picked_again),
		class_test(picking_the_idle_task_again_refreshes_the_mask),
		class_test(update_idle_switches_the_tracking_off_unless_it_is_kept),
		class_test(with_per_node_tracking_there_is_no_mask_of_all),
		class_test(choosing_for_a_task_of_another_run_queue_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
