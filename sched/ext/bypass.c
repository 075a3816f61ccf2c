// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bypass mode: all runnable tasks make progress without the BPF scheduler, which cannot be trusted (it is going away) or
 * is not ready (it is being loaded). Its select_cpu, enqueue, dispatch, tick and update_idle are not called; tasks go to
 * per-CPU FIFOs with short slices and every tick rotates.
 */
#include "sched/ext/internal.h"

/* bypass_lock. Returns whether bypass mode begins. */
static bool inc_bypass_depth(struct scx_sched *sch)
{
	WRITE_ONCE(sch->bypass_depth, sch->bypass_depth + 1);
	if (sch->bypass_depth != 1)
		return false;
	if (feat(bypass_dsqs))
		WRITE_ONCE(sch->slice_dfl, (u64)SCX_SLICE_BYPASS);
	sch->bypass_timestamp = mach_now();
	scx_add_event(sch, SCX_EV_BYPASS_ACTIVATE, 1);
	return true;
}

static bool dec_bypass_depth(struct scx_sched *sch)
{
	assert_sched(sch->bypass_depth > 0, "bypass ends more often than it began");
	WRITE_ONCE(sch->bypass_depth, sch->bypass_depth - 1);
	if (sch->bypass_depth)
		return false;
	WRITE_ONCE(sch->slice_dfl, (u64)SCX_SLICE_DFL);
	scx_add_event(sch, SCX_EV_BYPASS_DURATION, mach_now() - sch->bypass_timestamp);
	return true;
}

/* Take each runnable task off its queue and put it on again: the new state of bypassing decides where. rq lock. */
static void requeue_all(struct rq *rq)
{
	struct list_head *at, *before;

	/* backwards, since tasks come back at the tail of the list that we walk */
	for (at = rq->scx.runnable_list.prev; at != &rq->scx.runnable_list; at = before) {
		struct task_struct *p = list_entry(at, struct task_struct, scx.runnable_node);
		struct sched_change c;

		before = at->prev;
		sched_change_begin(&c, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
		sched_change_end(&c);
	}
}

/* Begin or end a reason for bypassing; they nest. Takes no sleeping lock: their holders may need us to get on. */
void scx_bypass(struct scx_sched *sch, bool bypass)
{
	struct kernel *k = sch->k;
	bool off = raw_spin_lock_irqsave(&k->scx->bypass_lock);

	if (bypass ? !inc_bypass_depth(sch) : !dec_bypass_depth(sch))
		goto unlock;
	if (bypass && !sch->bypass_dsp_claim) {
		sch->bypass_dsp_claim = true;
		atomic_add_return(1, &sch->bypass_dsp_enable_depth);
	}
	for (u32 cpu = 0; cpu < k->nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(k, cpu);

		raw_spin_rq_lock(rq);
		if (sch->bypass_depth)
			WRITE_ONCE(sch->pcpu[cpu].flags, sch->pcpu[cpu].flags | SCX_SCHED_PCPU_BYPASSING);
		else
			WRITE_ONCE(sch->pcpu[cpu].flags, sch->pcpu[cpu].flags & ~SCX_SCHED_PCPU_BYPASSING);
		if (!feat(bypass_dsqs))
			(sch->bypass_depth ? scx_rq_set_flags : scx_rq_clear_flags)(rq, SCX_RQ_BYPASSING);
		/* not enabled: no task is with the scheduler, and who enables sees that we bypass */
		if (scx_enabled(k)) {
			requeue_all(rq);
			if (cpu_online(k, cpu) || cpu == (u32)smp_processor_id())
				resched_curr(rq);
		}
		raw_spin_rq_unlock(rq);
	}
	/* after all tasks have left the bypass DSQs */
	if (!bypass && sch->bypass_dsp_claim) {
		sch->bypass_dsp_claim = false;
		atomic_add_return(-1, &sch->bypass_dsp_enable_depth);
	}
unlock:
	raw_spin_unlock_irqrestore(&k->scx->bypass_lock, off);
}
