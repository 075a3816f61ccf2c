// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actions on a run queue that have to wait until its lock can be dropped: direct dispatches to other CPUs' local DSQs, and
 * re-enqueueing tasks of the local DSQ (SCX_ENQ_IMMED). They run from task_woken, a balance callback or an irq_work.
 */
#include "sched/ext/internal.h"

/*
 * Make run_deferred() happen for @rq, whose lock is held. Nothing to do if a wake-up is under way, since
 * task_woken_scx() follows; in the dispatch path balance_one()'s caller queues a balance callback.
 */
void schedule_deferred_locked(struct rq *rq)
{
	if (rq->scx.flags & (SCX_RQ_IN_WAKEUP | SCX_RQ_BAL_CB_PENDING))
		return;
	if (rq->scx.flags & SCX_RQ_IN_BALANCE) {
		scx_rq_set_flags(rq, SCX_RQ_BAL_CB_PENDING);
		return;
	}
	irq_work_queue_on(&this_scx()->cpu[cpu_of(rq)].deferred_irq_work,
			  feat(kick_sync) ? cpu_of(rq) : smp_processor_id());
}

void deferred_irq_workfn(struct irq_work *w)
{
	struct scx_cpu *sc = container_of(w, struct scx_cpu, deferred_irq_work);
	struct rq *rq = cpu_rq(this_kernel(), sc - this_scx()->cpu);

	raw_spin_rq_lock(rq);
	run_deferred(rq);
	raw_spin_rq_unlock(rq);
}

void scx_deferred_bal_cb(struct rq *rq)
{
	run_deferred(rq);
}

/* --- direct dispatches to other CPUs --- */

static void process_ddsp_deferred_locals(struct rq *rq)
{
	struct task_struct *p;

	/* from the head each time: rq is unlocked in between */
	while ((p = list_first_entry_or_null(&rq->scx.ddsp_deferred_locals, struct task_struct, scx.dsq_list.node))) {
		struct scx_sched *sch = scx_task_sched(p);
		u64 dsq_id = p->scx.ddsp_dsq_id;
		u64 enq_flags = p->scx.ddsp_enq_flags;
		struct scx_dispatch_q *dsq;

		list_del_init(&p->scx.dsq_list.node);
		clear_direct_dispatch(p);
		dsq = find_dsq_for_dispatch(sch, rq, dsq_id, p);
		assert_sched(dsq->id == SCX_DSQ_LOCAL, "deferred dispatch to a DSQ that is not local");
		dispatch_to_local_dsq(sch, rq, dsq, p, enq_flags);
	}
}

/* --- re-enqueueing --- */

/* Ask for a walk over rq's local DSQ. rq lock. */
void schedule_reenq_local(struct rq *rq, u64 reenq_flags)
{
	struct scx_sched *sch = scx_root();
	struct scx_deferred_reenq_local *drl;

	if (!sch || READ_ONCE(sch->bypass_depth))
		return;
	drl = &sch->pcpu[cpu_of(rq)].deferred_reenq_local;
	raw_spin_lock(&rq->scx.deferred_reenq_lock);
	drl->queued = true;
	drl->flags |= reenq_flags;
	raw_spin_unlock(&rq->scx.deferred_reenq_lock);
	schedule_deferred_locked(rq);
}

/*
 * Must @p leave the local DSQ? An IMMED task may stay only as the first one and only if it starts at once.
 * *flags accumulates: TSR_NOT_FIRST after the first call.
 */
static bool local_task_should_reenq(struct task_struct *p, u64 *flags, u32 *reason)
{
	bool first = !(*flags & SCX_REENQ_TSR_NOT_FIRST);

	*flags |= SCX_REENQ_TSR_NOT_FIRST;
	*reason = SCX_TASK_REENQ_KFUNC;
	if ((p->scx.flags & SCX_TASK_IMMED) && (!first || !(*flags & SCX_REENQ_TSR_RQ_OPEN))) {
		scx_add_event(scx_task_sched(p), SCX_EV_REENQ_IMMED, 1);
		*reason = SCX_TASK_REENQ_IMMED;
		return true;
	}
	return *flags & SCX_REENQ_ANY;
}

/* Is the stopper going to move @p because its CPU is not allowed any more? It will be enqueued anew then. */
static bool migration_pending(const struct rq *rq, const struct task_struct *p)
{
	return !is_migration_disabled(p) && !cpumask_test_cpu(cpu_of(rq), p->cpus_ptr);
}

static void reenq_local(struct rq *rq, u64 flags)
{
	struct scx_dispatch_q *dsq = &rq->scx.local_dsq;
	struct task_struct *p, *n, *first = NULL;
	struct list_head *last = NULL;

	if (rq_is_open(rq, 0))
		flags |= SCX_REENQ_TSR_RQ_OPEN;
	/*
	 * Take them all off first, since the scheduler may put tasks back. Dequeued tasks are chained through dsq_list
	 * without a head: the first one stands for it.
	 */
	list_for_each_entry_safe(p, n, &dsq->list, scx.dsq_list.node) {
		u32 reason;

		if (migration_pending(rq, p) || !local_task_should_reenq(p, &flags, &reason))
			continue;
		/* its dispatcher has dropped the DSQ but not stored NONE yet */
		if (unlikely(atomic_long_read_acquire(&p->scx.ops_state) == SCX_OPSS_DISPATCHING))
			wait_ops_state(p, SCX_OPSS_DISPATCHING);
		dispatch_dequeue(rq, p);
		p->scx.flags |= reason;
		if (!first)
			first = p;
		else
			list_add(&p->scx.dsq_list.node, last);
		last = &p->scx.dsq_list.node;
	}
	while (first) {
		p = first;
		n = list_entry(p->scx.dsq_list.node.next, struct task_struct, scx.dsq_list.node);
		first = n == p ? NULL : n;
		list_del_init(&p->scx.dsq_list.node);
		do_enqueue_task(rq, p, SCX_ENQ_REENQ, -1);
	}
}

static void process_deferred_reenq_locals(struct rq *rq)
{
	u64 seq = ++rq->scx.deferred_reenq_locals_seq;
	struct scx_sched *sch;

	while ((sch = scx_root())) {
		struct scx_deferred_reenq_local *drl = &sch->pcpu[cpu_of(rq)].deferred_reenq_local;
		bool queued, skip = false;
		u64 flags;

		raw_spin_lock(&rq->scx.deferred_reenq_lock);
		queued = drl->queued;
		flags = drl->flags;
		drl->queued = false;
		drl->flags = 0;
		raw_spin_unlock(&rq->scx.deferred_reenq_lock);
		if (!queued)
			return;
		if (likely(drl->seq != seq)) {
			drl->seq = seq;
			drl->cnt = 0;
		} else {
			if (unlikely(++drl->cnt > SCX_REENQ_LOCAL_MAX_REPEAT)) {
				scx_error(sch, "SCX_ENQ_REENQ on SCX_DSQ_LOCAL repeated %u times", drl->cnt);
				skip = true;
			}
			scx_add_event(sch, SCX_EV_REENQ_LOCAL_REPEAT, 1);
		}
		if (!skip)
			reenq_local(rq, flags);
	}
}

/* rq lock; dropped and retaken. */
void run_deferred(struct rq *rq)
{
	struct scx_sched *sch;

	process_ddsp_deferred_locals(rq);
	sch = scx_root();
	if (sch && READ_ONCE(sch->pcpu[cpu_of(rq)].deferred_reenq_local.queued))
		process_deferred_reenq_locals(rq);
}
