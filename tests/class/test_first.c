// SPDX-License-Identifier: GPL-2.0-only
/* The class as first posted (2022): what it does otherwise than later ones. */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"

#define EXT(name, on, ...) \
	(&(struct task_def){ .comm = (name), .cpus = (on), .policy = SCHED_EXT, STEPS(__VA_ARGS__) })
#define CONSUME_OPS (RUN_OPS | BIT_OP(consume) | BIT_OP(consume_final))

static struct world *first_world(void **state)
{
	struct world *w = world_new(state);

	w->kernel = "2022";
	world_create(w);
	return w;
}

static void consume_dsq_0(struct scx_sched *sch, s32 cpu)
{
	scx_bpf_consume(sch, DSQ_0);
}

static void nothing_for_cpu(struct scx_sched *sch, s32 cpu)
{
}

static void nothing_to_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
}

/* --- who --- */

static void only_tasks_that_ask_for_it_are_scheduled(void **state)
{
	struct world *w = first_world(state);

	w->rec = BIT_OP(running) | BIT_OP(prep_enable) | BIT_OP(enable_args);
	use_local(w);
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 20 * MS, EXT("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_true(task_on_class(find_task(w, "A"), CLASS_FAIR));
	assert_true(task_on_class(find_task(w, "B"), CLASS_EXT));
	/* but all are enabled, which says nothing of their class */
	expect_ops(w, "0 prep_enable A\n0 enable_args A\n0 prep_enable B\n0 enable_args B\n0 running B\n");
}

static s32 switch_all_init(struct scx_sched *sch)
{
	scx_bpf_switch_all(sch, true);
	return 0;
}

static void switch_all_takes_the_others_too(void **state)
{
	struct world *w = first_world(state);

	w->ops.enqueue = global_enqueue;
	w->ops.init = switch_all_init;
	world_start(w);
	add_task(w, 0, TASK("A", "0", RUN_FOREVER));
	run_to(w, 10 * MS);
	assert_true(task_on_class(find_task(w, "A"), CLASS_EXT));
}

/* --- the dispatch path --- */

static void consume_dispatch_and_consume_final_follow_each_other(void **state)
{
	struct world *w = first_world(state);

	w->rec = CONSUME_OPS;
	use_fifo(w);
	w->ops.consume = consume_dsq_0;
	w->ops.dispatch = nothing_to_dispatch;
	w->ops.consume_final = nothing_for_cpu;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), SLEEP_UNTIL(20 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 runnable A 0x9\n"
		      "0 enqueue A 0x9\n"
		      "0 consume -\n"		/* it moves A to the local DSQ */
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 consume -\n"		/* nothing to move, to dispatch, and to move after all */
		      "0 dispatch A\n"
		      "0 consume_final -\n");
}

static void what_is_dispatched_is_consumed_in_another_round(void **state)
{
	struct world *w = first_world(state);

	w->rec = CONSUME_OPS;
	use_fifo(w);
	w->ops.consume = consume_dsq_0;
	w->ops.dispatch = NULL;
	w->ops.consume_final = nothing_for_cpu;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 10 * MS, EXT("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	/* without ops.dispatch() there is no consume_final either */
	assert_int_equal(w->calls[OP_consume_final], 0);
	assert_int_equal(w->calls[OP_running], 2);
}

/* One task that ops.enqueue() keeps and ops.dispatch() gives. */
static struct task_struct *kept;

static void keep_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	kept = p;
}

static void give_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	if (kept && cpu == 0)
		scx_bpf_dsq_insert(sch, kept, DSQ_0, 5 * MS, 0);
	kept = NULL;
}

static void a_dispatch_to_a_queue_goes_round_again_to_consume(void **state)
{
	struct world *w = first_world(state);

	kept = NULL;
	w->rec = CONSUME_OPS & ~BIT_OP(select_cpu);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = keep_enqueue;
	w->ops.dispatch = give_dispatch;
	w->ops.consume = consume_dsq_0;
	w->ops.consume_final = nothing_for_cpu;
	w->ops.init = create_dsq_0;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 9 * MS);
	skip_ops(w);
	run_to(w, 30 * MS);
	expect_ops(w, "0 consume -\n"		/* init, which forks A, came and went */
		      "0 dispatch -\n"
		      "0 consume_final -\n"
		      "0 runnable A 0x8\n"
		      "0 enqueue A 0x8\n"
		      "0 consume -\n"
		      "0 dispatch -\n"		/* to the queue: consume it */
		      "0 consume -\n"
		      "0 running A\n"
		      "0 stopping A 0\n"
		      "0 quiescent A 0x9\n"
		      "0 consume -\n"
		      "0 dispatch A\n"
		      "0 consume_final -\n");
}

static void without_consume_the_global_queue_is_consumed(void **state)
{
	struct world *w = first_world(state);

	w->rec = RUN_OPS & ~BIT_OP(select_cpu);
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = global_enqueue;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_int_equal(w->calls[OP_running], 1);
}

/* --- direct dispatch --- */

static bool was_queued_in_the_kfunc;

static void look_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, 5 * MS, enq_flags);
	was_queued_in_the_kfunc = p->scx.dsq == &task_rq(p)->scx.local_dsq &&
				  atomic_long_read(&p->scx.ops_state) == SCX_OPSS_NONE;
}

static void a_direct_dispatch_is_done_in_the_kfunc(void **state)
{
	struct world *w = first_world(state);

	was_queued_in_the_kfunc = false;
	w->ops.enqueue = look_enqueue;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	run_to(w, 30 * MS);
	assert_true(was_queued_in_the_kfunc);
	assert_int_equal(w->calls[OP_running], 1);
}

static void an_idle_cpu_is_told_by_enq_local(void **state)
{
	struct world *w = first_world(state);

	w->rec = BIT_OP(enqueue);
	w->ops.enqueue = local_enqueue;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0-1", RUN(1 * MS), AFFINITY("0"), AFFINITY("0-1"), SLEEP_UNTIL(20 * MS),
			    RUN(10 * MS), BLOCK));
	add_task(w, 0, EXT("B", "0", SLEEP_UNTIL(25 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 50 * MS);
	expect_ops(w, "0 enqueue A 0x40000000009\n"	/* the CPU is idle */
		      "0 enqueue B 0x9\n");		/* A runs on the only one that it may use */
}

static unsigned long qseq[8];
static u32 nr_qseq;

static void number_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	if (nr_qseq < 8)
		qseq[nr_qseq++] = (atomic_long_read(&p->scx.ops_state) & SCX_OPSS_QSEQ_MASK) >> SCX_OPSS_QSEQ_SHIFT;
	global_enqueue(sch, p, enq_flags);
}

static void enqueues_are_numbered_per_run_queue(void **state)
{
	struct world *w = first_world(state);

	nr_qseq = 0;
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = number_enqueue;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 20 * MS, EXT("B", "0", RUN(1 * MS), BLOCK));
	add_task(w, 30 * MS, EXT("C", "1", RUN(1 * MS), BLOCK));
	run_to(w, 40 * MS);
	assert_int_equal(nr_qseq, 3);
	assert_int_equal(qseq[0], 0);
	assert_int_equal(qseq[1], 1);
	assert_int_equal(qseq[2], 0);
}

/* --- prev --- */

static u32 flags_at_stop;

static void flags_stopping(struct scx_sched *sch, struct task_struct *p, bool runnable)
{
	flags_at_stop = p->scx.flags;
}

static void kick_cpu_0(struct world *w)
{
	world_load(w);
	kernel_sleep_until(w->k, 15 * MS);
	scx_bpf_kick_cpu(w->sch, 0, 0);
	kernel_sleep_until(w->k, NEVER);
}

static void a_task_with_slice_left_is_put_and_picked_again(void **state)
{
	struct world *w = first_world(state);

	w->rec = CONSUME_OPS;
	w->loader = kick_cpu_0;
	w->house = 1;		/* the loader's */
	w->ops.stopping = flags_stopping;
	use_fifo(w);
	w->ops.dispatch = nothing_to_dispatch;
	w->ops.consume = consume_dsq_0;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN_FOREVER));
	add_task(w, 11 * MS, EXT("B", "0", RUN_FOREVER));
	run_to(w, 14 * MS);
	skip_ops(w);
	run_to(w, 16 * MS);
	assert_true(flags_at_stop & SCX_TASK_BAL_KEEP);
	assert_false(find_task(w, "A")->scx.flags & SCX_TASK_BAL_KEEP);
	/* kept: nobody is asked although another task waits */
	expect_ops(w, "0 stopping A 1\n"
		      "0 running A\n");
}

static void the_last_task_goes_on_without_being_asked_for(void **state)
{
	struct world *w = first_world(state);

	w->rec = CONSUME_OPS;
	use_fifo(w);
	w->ops.dispatch = nothing_to_dispatch;
	w->ops.consume = consume_dsq_0;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN_FOREVER));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 35 * MS);
	expect_ops(w, "0 consume -\n"
		      "0 dispatch A\n"
		      "0 stopping A 1\n"
		      "0 running A\n");
}

static void enq_last_hands_it_to_the_scheduler_with_both_flags(void **state)
{
	struct world *w = first_world(state);

	w->rec = BIT_OP(enqueue);
	use_local(w);
	w->ops.flags = SCX_OPS_ENQ_LAST;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN_FOREVER));
	run_to(w, 15 * MS);
	skip_ops(w);
	run_to(w, 35 * MS);
	expect_ops(w, "0 enqueue A 0x60000000000\n");
}

/* Wakes up CPU 1, which then consumes what waits on CPU 0. */
static void call_cpu_1(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	fifo_enqueue(sch, p, enq_flags);
	scx_bpf_kick_cpu(sch, 1, 0);
}

static void a_move_between_run_queues_is_told(void **state)
{
	struct world *w = first_world(state);

	w->rec = BIT_OP(runnable) | BIT_OP(quiescent) | BIT_OP(running);
	use_fifo(w);
	w->ops.enqueue = call_cpu_1;
	w->ops.dispatch = NULL;
	w->ops.consume = consume_dsq_0;
	world_start(w);
	add_task(w, 10 * MS, EXT("H", "0", RUN_FOREVER));
	add_task(w, 0, EXT("A", "0-1", AFFINITY("0"), AFFINITY("0-1"), SLEEP_UNTIL(15 * MS), RUN(1 * MS), BLOCK));
	run_to(w, 14 * MS);
	skip_ops(w);
	run_to(w, 20 * MS);
	expect_ops(w, "0 runnable A 0x9\n"
		      "1 quiescent A 0x0\n"
		      "1 runnable A 0x40\n"	/* ENQUEUE_MIGRATED */
		      "1 running A\n"
		      "1 quiescent A 0x9\n");
}

/* --- life --- */

static void a_task_is_prepared_and_enabled_at_its_fork_and_disabled_at_its_end(void **state)
{
	struct world *w = first_world(state);

	w->rec = BIT_OP(prep_enable) | BIT_OP(enable_args) | BIT_OP(cancel_enable) | BIT_OP(disable) | BIT_OP(exit_type);
	use_local(w);
	w->unload_ns = 40 * MS;
	world_start(w);
	add_task(w, 0, TASK("A", "0", BLOCK));
	add_task(w, 10 * MS, EXT("B", "0", RUN(1 * MS)));
	run_to(w, 50 * MS);
	w->house = -1;
	/* A was there before, B comes and goes; the CPU of the helper is the housekeeping one */
	assert_int_equal(w->calls[OP_prep_enable], 2);
	assert_int_equal(w->calls[OP_enable_args], 2);
	assert_int_equal(w->calls[OP_disable], 2);
	assert_int_equal(w->calls[OP_cancel_enable], 0);
	assert_int_equal(w->calls[OP_exit_type], 1);
}

static s32 refuse_b(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	assert_null(args->cgroup);
	return p->comm[0] == 'B' ? -ENOMEM : 0;
}

static void a_failure_while_loading_cancels_those_that_were_prepared(void **state)
{
	struct world *w = first_world(state);

	w->ops.prep_enable = refuse_b;
	w->load_ns = 5 * MS;
	world_start(w);
	add_task(w, 0, EXT("A", "0", BLOCK));
	add_task(w, 1 * MS, EXT("B", "0", BLOCK));
	run_to(w, 30 * MS);
	assert_int_equal(w->enable_ret, -ENOMEM);
	assert_null(w->sch);
	assert_int_equal(w->calls[OP_cancel_enable], 1);
	assert_int_equal(w->calls[OP_enable_args], 0);
	assert_int_equal(w->calls[OP_exit_type], 1);
	assert_string_equal(scx_state(w->k), "disabled");
}

static void loading_begins_with_prepping(void **state)
{
	static const u64 want[] = { SCX_STATE_PREPPING, SCX_ENABLING, SCX_ENABLED, SCX_DISABLING, SCX_DISABLED };
	struct world *w = first_world(state);
	u32 n = 0;

	use_local(w);
	w->unload_ns = 20 * MS;
	world_start(w);
	run_to(w, 30 * MS);
	trace_flush(w->trace);
	for (u32 i = 0; i < w->nr_events; i++)
		if (w->events[i].type == TE_SCX_STATE)
			assert_int_equal(w->events[i].arg[0], want[n++]);
	assert_int_equal(n, 5);
}

/* --- ends --- */

static char reason[128], msg[SCX_EXIT_MSG_LEN];
static u32 exit_type;

static void note_exit(struct scx_sched *sch, struct scx_exit_info___2022 *info)
{
	exit_type = info->type;
	assert_int_equal(info->bt_len, 0);
	snprintf(reason, sizeof(reason), "%s", info->reason);
	snprintf(msg, sizeof(msg), "%s", info->msg);
}

static void unregistering_has_the_words_of_that_time(void **state)
{
	struct world *w = first_world(state);

	use_local(w);
	w->ops.exit_type = note_exit;
	w->unload_ns = 20 * MS;
	world_start(w);
	run_to(w, 30 * MS);
	assert_int_equal(exit_type, 64);
	assert_string_equal(reason, "BPF scheduler unregistered");
}

static void lose_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
}

static void a_scheduler_that_loses_tasks_fails_back_to_a_global_fifo(void **state)
{
	struct world *w = first_world(state);

	w->ops.enqueue = lose_enqueue;
	w->ops.exit_type = note_exit;
	w->ops.timeout_ms = 100;
	world_start(w);
	add_task(w, 10 * MS, EXT("A", "0", RUN(1 * MS), BLOCK));
	add_task(w, 10 * MS, EXT("B", "0", RUN(1 * MS), BLOCK));
	run_to(w, 500 * MS);
	assert_int_equal(exit_type, 1026);
	assert_string_equal(reason, "runnable task stall");
	assert_non_null(strstr(msg, "failed to run for 0.1"));
	/* once each, when their queue was left to the class, before they went to fair */
	assert_int_equal(count_events(w, TE_DSQ_INSERT, find_task(w, "A")->pid, SCX_DSQ_GLOBAL, 0), 1);
	assert_int_equal(count_events(w, TE_DSQ_INSERT, find_task(w, "B")->pid, SCX_DSQ_GLOBAL, 0), 1);
	assert_true(task_on_class(find_task(w, "A"), CLASS_FAIR));
	assert_int_equal(find_task(w, "A")->policy, SCHED_EXT);
	assert_null(scx_result(w->k)->dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(only_tasks_that_ask_for_it_are_scheduled),
		class_test(switch_all_takes_the_others_too),
		class_test(consume_dispatch_and_consume_final_follow_each_other),
		class_test(what_is_dispatched_is_consumed_in_another_round),
		class_test(a_dispatch_to_a_queue_goes_round_again_to_consume),
		class_test(without_consume_the_global_queue_is_consumed),
		class_test(a_direct_dispatch_is_done_in_the_kfunc),
		class_test(an_idle_cpu_is_told_by_enq_local),
		class_test(enqueues_are_numbered_per_run_queue),
		class_test(a_task_with_slice_left_is_put_and_picked_again),
		class_test(the_last_task_goes_on_without_being_asked_for),
		class_test(enq_last_hands_it_to_the_scheduler_with_both_flags),
		class_test(a_move_between_run_queues_is_told),
		class_test(a_task_is_prepared_and_enabled_at_its_fork_and_disabled_at_its_end),
		class_test(a_failure_while_loading_cancels_those_that_were_prepared),
		class_test(loading_begins_with_prepping),
		class_test(unregistering_has_the_words_of_that_time),
		class_test(a_scheduler_that_loses_tasks_fails_back_to_a_global_fifo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
