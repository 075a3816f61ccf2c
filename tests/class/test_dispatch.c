// SPDX-License-Identifier: GPL-2.0-only
/* Who owns a task, and how it gets from the BPF scheduler to a CPU. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

/* --- direct dispatch --- */

static s32 other_cpu_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	return prev_cpu == 0 ? 1 : 0;
}

static void direct_dispatch_from_select_cpu_skips_enqueue_and_runs_on_the_returned_cpu(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	w->ops.select_cpu = other_cpu_select_cpu;
	w->ops.enqueue = local_enqueue;
	world_start(w);
	add_task(w, 10 * MS,
		 TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), SLEEP(100 * MS)));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 1\n"
		       "0 runnable A 0x140009\n"
		       "1 running A\n"
		       "1 stopping A 0\n"
		       "1 quiescent A 0x9\n");
}

static void direct_dispatch_from_enqueue_gives_the_scheduler_no_custody(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_local(w);
	world_start(w);
	add_task(w, 10 * MS,
		 TASK("A", "0-1", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), SLEEP(100 * MS)));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 select_cpu A prev=0 flags=0x8 -> 0\n"
		       "0 runnable A 0x100009\n"
		       "0 enqueue A 0x100009\n"
		       "0 running A\n"
		       "0 stopping A 0\n"
		       "0 quiescent A 0x9\n");
}

static void twice_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

static void second_direct_dispatch_is_an_error(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = twice_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "A[%d] already direct-dispatched", pid_of(w, "A"));
	/* the first verdict counted all the same */
	assert_int_equal(count_ops(w, OP_running, "A", 0), 1);
	expect_all_back(w);
}

/* Inserts the task that it saw before, too. */
static void other_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct world *w = world_of(sch);
	struct task_struct *first = w->data;

	w->data = p;
	scx_bpf_dsq_insert(sch, first ? first : p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
}

static void direct_dispatch_of_another_task_is_an_error(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = other_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("B", "0", RUN(1 * MS), BLOCK));
	add_task(w, 20 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "scheduling for A[%d] but trying to direct-dispatch B[%d]",
		    pid_of(w, "A"), pid_of(w, "B"));
	expect_all_back(w);
	assert_true(cpu_time_of(w, "A") >= 1 * MS);
}

/* --- custody --- */

static void a_task_that_enqueue_keeps_is_the_schedulers_until_dispatch_inserts_it(void **state)
{
	struct world *w = world_new(state);
	struct task_struct *p;
	struct holder h;

	world_create(w);
	use_holder(w, &h);
	h.hold = true;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	p = find_task(w, "A");
	assert_int_equal(p->scx.ops_qseq, 1);
	assert_int_equal(p->scx.ops_state.counter, SCX_OPSS_QUEUED | 1 << SCX_OPSS_QSEQ_SHIFT);
	assert_true(p->scx.flags & SCX_TASK_IN_CUSTODY);
	assert_true(p->scx.flags & SCX_TASK_QUEUED);
	assert_null(p->scx.dsq);
	assert_int_equal(cpu_time_of(w, "A"), 0);
	skip_ops(w);

	h.hold = false;
	/* a CPU that idles looks again only when something makes it */
	add_task(w, 20 * MS, TASK("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 40 * MS);
	assert_int_equal(p->scx.ops_state.counter, SCX_OPSS_NONE);
	assert_false(p->scx.flags & SCX_TASK_IN_CUSTODY);
	expect_cpu_time(w, "A", 1 * MS);
	assert_int_equal(count_ops(w, OP_dequeue, "A", 0), 1);
	assert_int_equal(nth_op(w, OP_dequeue, "A", 0, 0)->a, 0);
}

/* Inserts, once each: a task that sleeps, and one that runs. */
static void spurious_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct world *w = world_of(sch);
	struct task_struct **p = w->data;

	for (u32 i = 0; i < 2; i++) {
		if (!p[i] || cpu != 0)
			continue;
		assert_true(scx_bpf_dsq_insert(sch, p[i], SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0));
		p[i] = NULL;
	}
}

static void inserts_of_tasks_that_are_not_queued_vanish(void **state)
{
	struct task_struct *spurious[2] = { NULL, NULL };
	struct world *w = world_new(state);

	w->data = spurious;
	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = local_enqueue;
	w->ops.dispatch = spurious_dispatch;
	world_start(w);
	add_task(w, 10 * MS, TASK("S", "0", RUN(1 * MS), BLOCK));
	add_task(w, 10 * MS, TASK("R", "1", RUN_FOREVER));
	run_to(w, 15 * MS);
	spurious[0] = find_task(w, "S");
	spurious[1] = find_task(w, "R");
	add_task(w, 20 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	assert_null(spurious[0]);
	assert_null(spurious[1]);
	assert_string_equal(scx_state(w->k), "enabled");
	expect_cpu_time(w, "S", 1 * MS);
	assert_int_equal(EVENT_COUNT(w, INSERT_NOT_OWNED), 0);
}

static s32 cpu_1_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return 1;
}

/* While a CPU has A in its dispatch buffer, changes A's nice, which dequeues and enqueues it. */
static void renice_loader(struct world *w)
{
	struct holder *h = w->data;

	world_load(w);
	kernel_sleep_until(w->k, 20 * MS);
	h->spin = true;
	h->hold = false;
	scx_bpf_kick_cpu(w->sch, 0, 0);
	kernel_sleep_until(w->k, 21 * MS);
	set_user_nice(find_task(w, "A"), 5);
	WRITE_ONCE(h->hold, true);
	WRITE_ONCE(h->spin, false);
	kernel_sleep_until(w->k, 40 * MS);
	h->hold = false;
	scx_bpf_kick_cpu(w->sch, 1, 0);
	kernel_sleep_until(w->k, NEVER);
}

static void an_insert_of_a_task_that_was_enqueued_anew_before_the_flush_is_dropped(void **state)
{
	struct world *w = world_new(state);

	struct task_struct *p;
	struct holder h;

	w->loader = renice_loader;
	world_create(w);
	use_holder(w, &h);
	w->ops.select_cpu = cpu_1_select_cpu;
	h.hold = true;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0-1", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	p = find_task(w, "A");
	assert_int_equal(p->scx.ops_qseq, 1);
	skip_ops(w);
	w->rec = RUN_OPS & ~BIT_OP(dispatch);
	run_to(w, 30 * MS);
	assert_int_equal(p->scx.ops_qseq, 2);
	assert_int_equal(p->scx.ops_state.counter, SCX_OPSS_QUEUED | 2 << SCX_OPSS_QSEQ_SHIFT);
	assert_int_equal(cpu_time_of(w, "A"), 0);
	expect_ops(w, "2 dequeue A 0x20000000a\n"
		       "2 quiescent A 0x20000000a\n"
		       "2 runnable A 0xa\n"
		       "2 enqueue A 0xa\n");
	run_to(w, 60 * MS);
	expect_cpu_time(w, "A", 1 * MS);
}

/* --- the dispatch buffer --- */

struct slots {
	u32 slots[8];
	u32 n;
	bool overflow, underflow;
};

static void slots_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct slots *s = world_of(sch)->data;

	if (s->n || cpu || !prev)
		return;
	s->slots[s->n++] = scx_bpf_dispatch_nr_slots(sch);
	scx_bpf_dsq_insert(sch, prev, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0);
	s->slots[s->n++] = scx_bpf_dispatch_nr_slots(sch);
	scx_bpf_dsq_insert(sch, prev, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0);
	s->slots[s->n++] = scx_bpf_dispatch_nr_slots(sch);
	scx_bpf_dispatch_cancel(sch);
	s->slots[s->n++] = scx_bpf_dispatch_nr_slots(sch);
	/* flushes and so empties the buffer */
	scx_bpf_dsq_move_to_local(sch, DSQ_0, 0);
	s->slots[s->n++] = scx_bpf_dispatch_nr_slots(sch);
	for (u32 i = 0; i < 3 && s->overflow; i++)
		scx_bpf_dsq_insert(sch, prev, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0);
	if (s->underflow)
		scx_bpf_dispatch_cancel(sch);
}

static void run_slots(void **state, struct slots *s, const char *error)
{
	struct world *w = world_new(state);

	w->data = s;
	world_create(w);
	use_fifo(w);
	w->ops.enqueue = local_enqueue;
	w->ops.dispatch = slots_dispatch;
	w->ops.dispatch_max_batch = 2;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	assert_int_equal(s->n, 5);
	if (error) {
		expect_exit(w, SCX_EXIT_ERROR, "%s", error);
		expect_all_back(w);
	} else {
		assert_string_equal(scx_state(w->k), "enabled");
	}
	world_free(state);
}

static void nr_slots_counts_down_from_the_batch_size_and_up_on_cancel_and_flush(void **state)
{
	struct slots s = { 0 };

	run_slots(state, &s, NULL);
	assert_int_equal(s.slots[0], 2);
	assert_int_equal(s.slots[1], 1);
	assert_int_equal(s.slots[2], 0);
	assert_int_equal(s.slots[3], 1);
	assert_int_equal(s.slots[4], 2);
}

static void more_inserts_than_the_buffer_holds_are_an_error(void **state)
{
	run_slots(state, &(struct slots){ .overflow = true }, "dispatch buffer overflow");
}

static void cancelling_more_than_was_inserted_is_an_error(void **state)
{
	run_slots(state, &(struct slots){ .underflow = true }, "dispatch buffer underflow");
}

static void bad_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	const char *what = world_of(sch)->data;
	bool ok = true;

	if (!strcmp(what, "null"))
		ok = scx_bpf_dsq_insert(sch, NULL, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
	else if (!strcmp(what, "flags"))
		ok = scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, SCX_ENQ_CLEAR_OPSS);
	else if (!strcmp(what, "immed"))
		ok = scx_bpf_dsq_insert(sch, p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, SCX_ENQ_IMMED);
	assert_false(ok);
}

static void run_bad_enqueue(void **state, const char *what, const char *error)
{
	struct world *w = world_new(state);

	w->data = (void *)what;
	world_create(w);
	use_local(w);
	w->ops.enqueue = bad_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR, "%s", error);
	expect_all_back(w);
	expect_cpu_time(w, "A", 1 * MS);
	world_free(state);
}

static void inserting_no_task_or_with_internal_flags_is_an_error(void **state)
{
	run_bad_enqueue(state, "null", "called with NULL task");
	run_bad_enqueue(state, "flags", "invalid enq_flags 0x100000000000000");
}

static void immed_on_a_dsq_that_is_not_local_is_an_error(void **state)
{
	run_bad_enqueue(state, "immed", "SCX_ENQ_IMMED on a non-local DSQ 0x8000000000000001");
}

/* --- the dispatch path --- */

static void the_global_dsq_is_consumed_before_dispatch_is_called(void **state)
{
	struct world *w = world_new(state);

	world_create(w);
	use_fifo(w);
	w->ops.enqueue = global_enqueue;
	world_start(w);
	add_task(w, 10 * MS, TASK("H", "0", RUN(3 * MS), BLOCK));
	add_task(w, 11 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 12 * MS);
	skip_ops(w);
	run_to(w, 20 * MS);
	expect_ops(w, "0 stopping H 0\n"
		       "0 quiescent H 0x9\n"
		       "0 running A\n"
		       "0 stopping A 0\n"
		       "0 quiescent A 0x9\n"
		       "0 dispatch A\n");
}

struct loops {
	struct task_struct *asleep;
	u32 n;
	unsigned long kick_sync[64];	/* counts picks */
};

static void loop_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct loops *l = world_of(sch)->data;

	if (cpu || !l->asleep || l->n == 41)
		return;
	l->kick_sync[l->n++] = this_rq()->scx.kick_sync;
	if (l->n < 41)
		scx_bpf_dsq_insert(sch, l->asleep, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0);
}

static void dispatch_is_repeated_32_times_while_it_inserts_something_then_again_after_a_kick(void **state)
{
	struct loops l = { 0 };
	struct world *w = world_new(state);

	w->data = &l;
	world_create(w);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = local_enqueue;
	w->ops.dispatch = loop_dispatch;
	world_start(w);
	add_task(w, 10 * MS, TASK("S", "0", RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	l.asleep = find_task(w, "S");
	add_task(w, 20 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_int_equal(l.n, 41);
	assert_int_equal(l.kick_sync[0], l.kick_sync[31]);
	/* the end of S's run, and the next pick */
	assert_int_equal(l.kick_sync[32], l.kick_sync[31] + 2);
	assert_int_equal(l.kick_sync[40], l.kick_sync[32]);
	assert_string_equal(scx_state(w->k), "enabled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(direct_dispatch_from_select_cpu_skips_enqueue_and_runs_on_the_returned_cpu),
		class_test(direct_dispatch_from_enqueue_gives_the_scheduler_no_custody),
		class_test(second_direct_dispatch_is_an_error),
		class_test(direct_dispatch_of_another_task_is_an_error),
		class_test(a_task_that_enqueue_keeps_is_the_schedulers_until_dispatch_inserts_it),
		class_test(inserts_of_tasks_that_are_not_queued_vanish),
		class_test(an_insert_of_a_task_that_was_enqueued_anew_before_the_flush_is_dropped),
		class_test(nr_slots_counts_down_from_the_batch_size_and_up_on_cancel_and_flush),
		class_test(more_inserts_than_the_buffer_holds_are_an_error),
		class_test(cancelling_more_than_was_inserted_is_an_error),
		class_test(inserting_no_task_or_with_internal_flags_is_an_error),
		class_test(immed_on_a_dsq_that_is_not_local_is_an_error),
		class_test(the_global_dsq_is_consumed_before_dispatch_is_called),
		class_test(dispatch_is_repeated_32_times_while_it_inserts_something_then_again_after_a_kick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
