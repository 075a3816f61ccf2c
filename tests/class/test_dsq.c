// SPDX-License-Identifier: GPL-2.0-only
/* Dispatch queues: order, creation and destruction, errors. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/* How each task is inserted, by the first letter of its name. */
struct how {
	u64 dsq_id, vtime, enq_flags;
	bool by_vtime;
};
#define FIFO(id) { .dsq_id = (id) }
#define FLAGS(id, flags) { .dsq_id = (id), .enq_flags = (flags) }
#define VTIME(id, v) { .dsq_id = (id), .vtime = (v), .by_vtime = true }
#define HOW(...) ((struct how[4]){ __VA_ARGS__ })

static void how_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	const struct how *how = (const struct how *)world_of(sch)->data + (p->comm[0] - 'A');

	if (how->by_vtime)
		scx_bpf_dsq_insert_vtime(sch, p, how->dsq_id, SCX_SLICE_DFL, how->vtime,
					 enq_flags | how->enq_flags);
	else
		scx_bpf_dsq_insert(sch, p, how->dsq_id, SCX_SLICE_DFL, enq_flags | how->enq_flags);
}

/* D occupies CPU 0 until 20 ms; A, B, C become ready at 11, 12, 13 ms and run for 1 ms each. */
static struct world *queue_abc(void **state, struct how *how)
{
	struct world *w = world_new(state);

	w->data = how;
	how['D' - 'A'].dsq_id = SCX_DSQ_LOCAL;
	world_create(w);
	use_fifo(w);
	w->ops.enqueue = how_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("D", "0", RUN(10 * MS), BLOCK));
	for (u32 i = 0; i < 3; i++)
		add_task(w, (11 + i) * MS, &(struct task_def){ .comm = letter(i), .cpus = "0",
							      STEPS(RUN(1 * MS), BLOCK) });
	return w;
}

static void expect_order(void **state, struct how *how, const char *order)
{
	struct world *w = queue_abc(state, how);
	char buf[16];

	run_to(w, 15 * MS);
	if (!(how[0].dsq_id & SCX_DSQ_FLAG_BUILTIN)) {
		struct scx_dispatch_q *dsq = find_user_dsq(w->sch, how[0].dsq_id);

		assert_int_equal(dsq->nr, 3);
		/* what scx_bpf_dsq_peek() sees */
		assert_int_equal(dsq->first_task->comm[0], order[0]);
	}
	run_to(w, 40 * MS);
	assert_string_equal(run_order(w, 15 * MS, buf, sizeof(buf)), order);
	assert_string_equal(scx_state(w->k), "enabled");
	world_free(state);
}

/* --- order --- */

static void a_fifo_dsq_is_first_in_first_out(void **state)
{
	expect_order(state, HOW(FIFO(0)), "ABC");
	expect_order(state, HOW(FIFO(SCX_DSQ_GLOBAL), FIFO(SCX_DSQ_GLOBAL), FIFO(SCX_DSQ_GLOBAL)), "ABC");
	expect_order(state, HOW(FIFO(SCX_DSQ_LOCAL), FIFO(SCX_DSQ_LOCAL), FIFO(SCX_DSQ_LOCAL)), "ABC");
}

static void enq_head_inserts_at_the_front(void **state)
{
	expect_order(state, HOW(FIFO(0), FIFO(0), FLAGS(0, SCX_ENQ_HEAD)), "CAB");
	expect_order(state, HOW(FIFO(SCX_DSQ_LOCAL), FLAGS(SCX_DSQ_LOCAL, SCX_ENQ_HEAD), FIFO(SCX_DSQ_LOCAL)),
		     "BAC");
}

static void a_vtime_dsq_is_in_the_order_of_vtime(void **state)
{
	expect_order(state, HOW(VTIME(0, 30), VTIME(0, 10),
					     VTIME(0, 20)), "BCA");
}

static void equal_vtimes_are_first_in_first_out(void **state)
{
	expect_order(state, HOW(VTIME(0, 7), VTIME(0, 7),
					     VTIME(0, 7)), "ABC");
}

static void vtimes_wrap_around(void **state)
{
	expect_order(state, HOW(VTIME(0, 5), VTIME(0, -10),
					     VTIME(0, -20)), "CBA");
	/* not the number but the signed difference counts */
	expect_order(state, HOW(VTIME(0, 2), VTIME(0, (1ull << 63) + 5), VTIME(0, 3)), "BAC");
}

/* --- preemption --- */

static void enq_preempt_ends_the_slice_of_the_running_task_at_once(void **state)
{
	struct how how[4] = { FIFO(SCX_DSQ_LOCAL), FLAGS(SCX_DSQ_LOCAL, SCX_ENQ_PREEMPT),
			      FIFO(SCX_DSQ_LOCAL) };
	struct world *w = queue_abc(state, how);
	const struct rec *r;
	char buf[16];

	run_to(w, 15 * MS);
	/* B at 12 ms: in front of A, D is displaced although it has slice left */
	r = nth_op(w, OP_stopping, "D", 0, 0);
	assert_in_range(r->ns, 12 * MS, 12 * MS + 5 * US);
	assert_int_equal(r->a, true);
	r = nth_op(w, OP_running, "B", 0, 0);
	assert_in_range(r->ns, 12 * MS, 12 * MS + 5 * US);
	/* and goes through ops.enqueue() like after a slice that ended by itself */
	assert_int_equal(nth_op(w, OP_enqueue, "D", 12 * MS, 0)->a, 0);
	run_to(w, 40 * MS);
	assert_string_equal(run_order(w, 12 * MS, buf, sizeof(buf)), "BADC");
}

/* --- wrong use --- */

static void expect_queue_error(void **state, struct how *how, const char *error)
{
	struct world *w = queue_abc(state, how);

	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "%s", error);
	expect_all_back(w);
	expect_cpu_time(w, "A", 1 * MS);
	expect_cpu_time(w, "B", 1 * MS);
	expect_cpu_time(w, "C", 1 * MS);
	world_free(state);
}

static void mixing_fifo_and_vtime_in_a_dsq_is_an_error(void **state)
{
	expect_queue_error(state, HOW(FIFO(0), VTIME(0, 0)),
			   "DSQ ID 0x0000000000000000 already had FIFO-enqueued tasks");
	expect_queue_error(state, HOW(VTIME(0, 0), FIFO(0)),
			   "DSQ ID 0x0000000000000000 already had PRIQ-enqueued tasks");
}

static void vtime_order_of_a_built_in_dsq_is_an_error(void **state)
{
	expect_queue_error(state, HOW(VTIME(SCX_DSQ_GLOBAL, 0)),
			   "cannot use vtime ordering for built-in DSQs");
	expect_queue_error(state, HOW(VTIME(SCX_DSQ_LOCAL, 0)),
			   "cannot use vtime ordering for built-in DSQs");
}

static void a_dsq_that_does_not_exist_is_an_error(void **state)
{
	expect_queue_error(state, HOW(FIFO(0x7b)), "non-existent DSQ 0x7b");
}

static void a_local_dsq_of_a_cpu_that_does_not_exist_is_an_error(void **state)
{
	expect_queue_error(state, HOW(FIFO(SCX_DSQ_LOCAL_ON | 99)),
			   "invalid CPU 99 in SCX_DSQ_LOCAL_ON dispatch verdict");
}

static void missing_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	if (world_of(sch)->data)
		assert_false(scx_bpf_dsq_move_to_local(sch, *(u64 *)world_of(sch)->data, 0));
}

static void expect_move_error(void **state, u64 dsq_id, const char *error)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	w->ops.dispatch = missing_dispatch;
	world_start(w);
	run_to(w, 10 * MS);
	w->data = &dsq_id;
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "%s", error);
	world_free(state);
}

static void moving_from_a_dsq_that_is_built_in_or_does_not_exist_is_an_error(void **state)
{
	expect_move_error(state, 0x7b, "invalid DSQ ID 0x000000000000007b");
	expect_move_error(state, SCX_DSQ_GLOBAL, "invalid DSQ ID 0x8000000000000001");
}

/* --- creating and destroying --- */

static s32 create_init(struct scx_sched *sch)
{
	assert_int_equal(scx_bpf_create_dsq(sch, 5, -1), 0);
	assert_int_equal(scx_bpf_create_dsq(sch, 5, -1), -EEXIST);
	assert_int_equal(scx_bpf_create_dsq(sch, 6, 1), 0);
	assert_int_equal(scx_bpf_create_dsq(sch, 7, 2), -EINVAL);
	assert_int_equal(scx_bpf_create_dsq(sch, 7, -2), -EINVAL);
	assert_int_equal(scx_bpf_create_dsq(sch, 1ull << 63 | 7, -1), -EINVAL);
	assert_int_equal(scx_bpf_create_dsq(sch, 1ull << 62 | 7, -1), 0);
	assert_int_equal(scx_bpf_create_dsq(NULL, 7, -1), -ENODEV);
	assert_int_equal(scx_bpf_dsq_nr_queued(sch, 5), 0);
	assert_int_equal(scx_bpf_dsq_nr_queued(sch, 7), -ENOENT);
	assert_int_equal(scx_bpf_dsq_nr_queued(sch, SCX_DSQ_GLOBAL), -ENOENT);
	assert_int_equal(scx_bpf_dsq_nr_queued(sch, SCX_DSQ_LOCAL_ON | 1), 0);
	/* gone at once, and the id can be used again */
	scx_bpf_destroy_dsq(sch, 5);
	assert_int_equal(scx_bpf_dsq_nr_queued(sch, 5), -ENOENT);
	assert_int_equal(scx_bpf_create_dsq(sch, 5, -1), 0);
	/* not an error */
	scx_bpf_destroy_dsq(sch, 77);
	return 0;
}

static void dsqs_have_63_bit_ids_that_are_unique(void **state)
{
	struct world *w = world_new(state);

	w->machine = "numa:2 core:2";
	world_create(w);
	use_local(w);
	w->ops.init = create_init;
	world_start(w);
	run_to(w, 10 * MS);
	assert_int_equal(w->calls[OP_init], 1);
	assert_string_equal(scx_state(w->k), "enabled");
}

static void destroy_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 15 * MS);
	scx_bpf_destroy_dsq(w->sch, 0);
	kernel_sleep_until(w->k, NEVER);
}

static void destroying_a_dsq_that_has_tasks_is_an_error(void **state)
{
	struct world *w = queue_abc(state, HOW(FIFO(0)));

	w->loader = destroy_loader;
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "attempting to destroy in-use dsq 0x0000000000000000 (nr=3)");
	expect_all_back(w);
}

/* The insertion has found the DSQ when another CPU destroys it: at 20 ms + 5 us. */
static void late_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, 5, SCX_SLICE_DFL, enq_flags);
	mach_charge(10 * US);
}

static s32 create_dsq_5(struct scx_sched *sch)
{
	return scx_bpf_create_dsq(sch, 5, -1);
}

static void destroy_in_time_loader(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	mach_charge(5 * US);
	mach_sync();
	scx_bpf_destroy_dsq(w->sch, 5);
	kernel_sleep_until(w->k, NEVER);
}

static void inserting_into_a_dsq_that_is_being_destroyed_is_an_error(void **state)
{
	struct world *w = world_new(state);

	w->loader = destroy_in_time_loader;
	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = late_enqueue;
	w->ops.init = create_dsq_5;
	world_start(w);
	/* it sleeps already when the scheduler is loaded */
	add_task(w, 0, TASK("A", "0", SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "attempting to dispatch to a destroyed dsq");
	expect_all_back(w);
	expect_cpu_time(w, "A", 1 * MS);
}

static void each_node_has_its_own_global_dsq(void **state)
{
	struct world *w = world_new(state);

	w->machine = "numa:2 core:2";
	world_create(w);
	use_local(w);
	w->ops.enqueue = global_enqueue;
	w->ops.select_cpu = NULL;
	w->house = -1;
	world_start(w);
	/* CPUs 0 and 1 are busy; A waits for one of them although CPU 2 is idle */
	add_task(w, 10 * MS, TASK("G", "0", RUN(15 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("H", "1", RUN(15 * MS), BLOCK));
	add_task(w, 0, TASK("A", "0", SLEEP_UNTIL(15 * MS), AFFINITY("0-3"), RUN(1 * MS), BLOCK));
	run_to(w, 20 * MS);
	assert_int_equal(w->sch->global_dsq[0]->nr, 1);
	assert_int_equal(w->sch->global_dsq[1]->nr, 0);
	run_to(w, 40 * MS);
	expect_cpu_time(w, "A", 1 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(a_fifo_dsq_is_first_in_first_out),
		class_test(enq_head_inserts_at_the_front),
		class_test(a_vtime_dsq_is_in_the_order_of_vtime),
		class_test(equal_vtimes_are_first_in_first_out),
		class_test(vtimes_wrap_around),
		class_test(enq_preempt_ends_the_slice_of_the_running_task_at_once),
		class_test(mixing_fifo_and_vtime_in_a_dsq_is_an_error),
		class_test(vtime_order_of_a_built_in_dsq_is_an_error),
		class_test(a_dsq_that_does_not_exist_is_an_error),
		class_test(a_local_dsq_of_a_cpu_that_does_not_exist_is_an_error),
		class_test(moving_from_a_dsq_that_is_built_in_or_does_not_exist_is_an_error),
		class_test(dsqs_have_63_bit_ids_that_are_unique),
		class_test(destroying_a_dsq_that_has_tasks_is_an_error),
		class_test(inserting_into_a_dsq_that_is_being_destroyed_is_an_error),
		class_test(each_node_has_its_own_global_dsq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
