// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatch path of the first generation (without the feature dispatch_consumes): three operations, of which the first
 * and the last move tasks from DSQs to the CPU's local DSQ and the second one fills the DSQs.
 */
#include "sched/ext/internal.h"

/*
 * Calls of ops.dispatch() in one balance pass. The kernel has no bound: a scheduler that dispatches without end what cannot run
 * hangs it, interrupts off. No machine has as many tasks that it could dispatch one by one to queues of others.
 */
#define MAX_ROUNDS 100000u

/* ops.consume() or, where there is none or nobody trusts it, the global DSQ. rq lock, dropped and retaken. */
static void consume_first(struct scx_sched *sch, struct rq *rq)
{
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;

	if (!SCX_HAS_OP(sch, consume) || scx_failing_back(sch)) {
		consume_dispatch_q(sch, rq, find_global_dsq(sch, cpu_of(rq)), 0);
		return;
	}
	dspc->rq = rq;
	SCX_CALL_OP(sch, consume, rq, cpu_of(rq));
	dspc->rq = NULL;
}

/* Nothing was dispatched: the last chance before the CPU idles. */
static void consume_last(struct scx_sched *sch, struct rq *rq)
{
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;

	if (!SCX_HAS_OP(sch, consume_final))
		return;
	dspc->rq = rq;
	SCX_CALL_OP(sch, consume_final, rq, cpu_of(rq));
	dspc->rq = NULL;
}

/*
 * What is rq going to run? SCX_DSP_PREV: prev has slice left and is flagged, so that put_prev_task_scx() puts it to the
 * head of the local DSQ. rq lock, dropped and retaken.
 */
enum scx_dsp_verdict balance_consume(struct rq *rq, struct task_struct *prev)
{
	struct scx_sched *sch = scx_root();
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;
	bool prev_on_scx = on_scx(prev);
	u32 nr_local, rounds = 0;

	if (prev_on_scx) {
		assert_sched(!(prev->scx.flags & SCX_TASK_BAL_KEEP), "prev is flagged already");
		update_curr_scx(rq);
		/* while the scheduler is going away slices cannot be trusted */
		if ((prev->scx.flags & SCX_TASK_QUEUED) && scx_slice(prev) && !scx_failing_back(sch)) {
			prev->scx.flags |= SCX_TASK_BAL_KEEP;
			return SCX_DSP_PREV;
		}
	}
	for (;;) {
		if (rq->scx.local_dsq.nr)
			return SCX_DSP_LOCAL;
		consume_first(sch, rq);
		if (rq->scx.local_dsq.nr)
			return SCX_DSP_LOCAL;
		if (!SCX_HAS_OP(sch, dispatch))
			return SCX_DSP_NONE;
		dspc->cursor = 0;
		SCX_CALL_OP(sch, dispatch, rq, cpu_of(rq), prev_on_scx ? prev : NULL);
		if (!dspc->cursor) {
			consume_last(sch, rq);
			return rq->scx.local_dsq.nr ? SCX_DSP_LOCAL : SCX_DSP_NONE;
		}
		/* an entry that went to another CPU counts, too: that CPU may have taken the last task from this one */
		nr_local = flush_dispatch_buf(sch, rq);
		if (nr_local)
			return SCX_DSP_LOCAL;
		if (unlikely(++rounds == MAX_ROUNDS))
			scx_exit(sch, SCX_EXIT_ERROR_STALL, 0, "ops.dispatch() dispatched %u times in a row what CPU %d cannot run",
				 rounds, cpu_of(rq));
		if (unlikely(READ_ONCE(sch->aborting)))
			return SCX_DSP_NONE;
	}
}
