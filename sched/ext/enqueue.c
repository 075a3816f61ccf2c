// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that become runnable and that stop being so.
 *
 * p->scx.ops_state says who owns a runnable task:
 *
 *	NONE (the core) -> QUEUEING (in ops.enqueue) -> QUEUED (the BPF scheduler) -> DISPATCHING (claimed by a CPU that
 *	flushes its dispatch buffer) -> NONE
 *
 * A direct dispatch goes back from QUEUEING to NONE. QUEUEING and QUEUED carry a sequence number of the enqueue, so that a
 * dispatch that was decided before a dequeue is recognised as stale. Whoever holds the rq lock and waits for
 * DISPATCHING to end depends on the dispatcher not taking that lock meanwhile, see dispatch_to_local_dsq().
 */
#include "sched/ext/internal.h"

/* Spin until p's ops_state is not @opss, which must be QUEUEING or DISPATCHING (with its qseq). */
void wait_ops_state(struct task_struct *p, unsigned long opss)
{
	mach_wait_word(&p->scx.ops_state.counter, opss);
	(void)smp_load_acquire(&p->scx.ops_state.counter);
}

/* Charge the running task; its slice shrinks, but for an infinite one. rq lock. */
void update_curr_scx(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 delta = update_curr_common(rq), slice = scx_slice(curr);

	if (delta && slice != SCX_SLICE_INF)
		scx_set_slice(curr, slice - (delta < slice ? delta : slice));
}

void refill_task_slice_dfl(struct scx_sched *sch, struct task_struct *p)
{
	scx_set_slice(p, READ_ONCE(sch->slice_dfl));
	scx_add_event(sch, SCX_EV_REFILL_SLICE_DFL, 1);
}

/* sticky_cpu is set from the start of a move between run queues to its arrival */
static bool task_scx_migrating(const struct task_struct *p)
{
	return p->scx.sticky_cpu >= 0;
}

/* End the custody of the BPF scheduler; returns whether ops.dequeue() is due. Under what serialises p's queueing. */
bool task_leave_custody(struct task_struct *p)
{
	if (!feat(custody) || !(p->scx.flags & SCX_TASK_IN_CUSTODY) || task_scx_migrating(p))
		return false;
	p->scx.flags &= ~SCX_TASK_IN_CUSTODY;
	return true;
}

void clear_direct_dispatch(struct task_struct *p)
{
	p->scx.ddsp_dsq_id = SCX_DSQ_INVALID;
	p->scx.ddsp_enq_flags = 0;
}

/*
 * Is rq online as the BPF scheduler sees it? A true answer holds until the current scheduling operation is over, even
 * without rq's lock, since a CPU that goes down waits for an RCU grace period after it is no longer active.
 */
bool scx_rq_online(struct rq *rq)
{
	return likely((READ_ONCE(rq->scx.flags) & SCX_RQ_ONLINE) && cpu_active(this_kernel(), cpu_of(rq)));
}

u32 scx_reset_runnable_at(void)
{
	return feat(init_task) ? SCX_TASK_RESET_RUNNABLE_AT : SCX_TASK_RESET_2022;
}

void set_task_runnable(struct rq *rq, struct task_struct *p)
{
	u32 reset = scx_reset_runnable_at();

	if (p->scx.flags & reset) {
		p->scx.runnable_at = jiffies();
		p->scx.flags &= ~reset;
	}
	/* at the tail: scx_bypass() walks backwards while tasks come back */
	list_add_tail(&p->scx.runnable_node, &rq->scx.runnable_list);
}

void clr_task_runnable(struct task_struct *p, bool reset_runnable_at)
{
	list_del_init(&p->scx.runnable_node);
	if (reset_runnable_at)
		p->scx.flags |= scx_reset_runnable_at();
}

/* Without the feature ddsp_noted: in the kfunc, under p's rq lock, since ops.enqueue() is running. */
static void direct_dispatch_now(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct rq *rq = task_rq(p);

	/* another rq would have to be locked, which an enqueue cannot do */
	if (unlikely((dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON)) {
		scx_error(sch, "SCX_DSQ_LOCAL_ON can't be used for direct-dispatch");
		return;
	}
	dispatch_enqueue(sch, rq, find_dsq_for_dispatch(sch, rq, dsq_id, p), p, enq_flags | SCX_ENQ_CLEAR_OPSS);
	this_scx_cpu()->direct_dispatch_task = SCX_DDSP_DONE;
}

/* An insert from ops.select_cpu() or ops.enqueue(): only for the task that is being placed, and once. */
void mark_direct_dispatch(struct scx_sched *sch, struct task_struct *ddsp_task, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	if (feat(ddsp_noted))
		this_scx_cpu()->direct_dispatch_task = SCX_DDSP_DONE;
	if (unlikely(p != ddsp_task)) {
		if (ddsp_task == SCX_DDSP_DONE)
			scx_error(sch, "%s[%d] already direct-dispatched", p->comm, p->pid);
		else
			scx_error(sch, "%s %s[%d] but trying to direct-dispatch %s[%d]",
				  feat(texts_6_12) ? "scheduling for" : "enqueueing", ddsp_task->comm, ddsp_task->pid, p->comm,
				  p->pid);
		return;
	}
	if (!feat(ddsp_noted)) {
		direct_dispatch_now(sch, p, dsq_id, enq_flags);
		return;
	}
	assert_sched(p->scx.ddsp_dsq_id == SCX_DSQ_INVALID, "direct dispatch is pending");
	p->scx.ddsp_dsq_id = dsq_id;
	p->scx.ddsp_enq_flags = enq_flags;
}

/* Carry out the verdict that mark_direct_dispatch() noted. p's rq lock. */
static void direct_dispatch(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct rq *rq = task_rq(p);
	struct scx_dispatch_q *dsq = find_dsq_for_dispatch(sch, rq, p->scx.ddsp_dsq_id, p);

	p->scx.ddsp_enq_flags |= enq_flags;
	if (dsq->id == SCX_DSQ_LOCAL && dsq != &rq->scx.local_dsq) {
		/*
		 * Another CPU's local DSQ needs that rq's lock, and this one cannot be dropped in an enqueue: defer. The BPF side
		 * never had @p, so nobody waits for the state.
		 */
		if ((atomic_long_read(&p->scx.ops_state) & SCX_OPSS_STATE_MASK) != SCX_OPSS_NONE)
			atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_NONE);
		list_add_tail(&p->scx.dsq_list.node, &rq->scx.ddsp_deferred_locals);
		schedule_deferred_locked(rq);
		return;
	}
	enq_flags = p->scx.ddsp_enq_flags;
	clear_direct_dispatch(p);
	dispatch_enqueue(sch, rq, dsq, p, enq_flags | SCX_ENQ_CLEAR_OPSS);
}

/* Give @p to the BPF scheduler. Returns whether a direct dispatch was noted. */
static bool ops_enqueue(struct scx_sched *sch, struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	struct scx_cpu *sc = this_scx_cpu();
	unsigned long qseq;
	bool done;

	/* 0 is what an insert records for a task that nobody queued */
	p->scx.ops_qseq++;
	if (!p->scx.ops_qseq)
		p->scx.ops_qseq = 1;
	qseq = (feat(task_qseq) ? (unsigned long)p->scx.ops_qseq : rq->scx.ops_qseq++) << SCX_OPSS_QSEQ_SHIFT;
	assert_sched(atomic_long_read(&p->scx.ops_state) == SCX_OPSS_NONE, "enqueue of a task that is with the BPF scheduler");
	atomic_long_set(&p->scx.ops_state, SCX_OPSS_QUEUEING | qseq);

	sc->direct_dispatch_task = p;
	SCX_CALL_OP_TASK(sch, enqueue, rq, p, scx_enq_flags_out(enq_flags));
	/* in the kfunc, without the feature ddsp_noted: then @p is on a DSQ and not ours any more */
	done = sc->direct_dispatch_task == SCX_DDSP_DONE;
	sc->direct_dispatch_task = NULL;
	if (!feat(ddsp_noted)) {
		if (!done)
			atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_QUEUED | qseq);
		return false;
	}

	/*
	 * The reason of a re-enqueue is for the operation only. The kernel clears it when all is done, but then the task can
	 * be a dispatcher's already, who changes the flags under other locks.
	 */
	p->scx.flags &= ~SCX_TASK_REENQ_REASON_MASK;
	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID)
		return true;
	if (feat(custody))
		p->scx.flags |= SCX_TASK_IN_CUSTODY;
	/* somebody may wait for QUEUEING to end */
	atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_QUEUED | qseq);
	return false;
}

/*
 * Queue a task that is runnable and on no queue: to the BPF scheduler, or where the rules below put it. rq lock.
 * @sticky_cpu: this CPU's number if it has to stay here, or -1.
 */
void do_enqueue_task(struct rq *rq, struct task_struct *p, u64 enq_flags, int sticky_cpu)
{
	struct scx_sched *sch = scx_task_sched(p);
	struct scx_dispatch_q *dsq;

	assert_sched(p->scx.flags & SCX_TASK_QUEUED, "task is not queued");
	if (!feat(ddsp_noted) && (p->scx.flags & SCX_TASK_ENQ_LOCAL)) {
		enq_flags |= SCX_ENQ_LOCAL;
		p->scx.flags &= ~SCX_TASK_ENQ_LOCAL;
	}
	/* moves of the class's own, and RESTORE of the running task */
	if (sticky_cpu == cpu_of(rq)) {
		if (!feat(custody))
			clear_direct_dispatch(p);
		dispatch_enqueue(sch, rq, &rq->scx.local_dsq, p, enq_flags);
		return;
	}
	if (feat(init_task))
		p->scx.flags &= ~SCX_TASK_IMMED;

	dsq = &rq->scx.local_dsq;
	if (!scx_rq_online(rq)) {
		/* the BPF scheduler was told that the CPU is gone */
	} else if (scx_bypassing(sch, cpu_of(rq))) {
		scx_add_event(sch, SCX_EV_BYPASS_DISPATCH, 1);
		dsq = feat(bypass_dsqs) ? sch->pcpu[task_cpu(p)].bypass_dsq : find_global_dsq(sch, task_cpu(p));
	} else if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID) {
		direct_dispatch(sch, p, enq_flags);
		return;
	} else if (!(sch->ops.flags & SCX_OPS_ENQ_EXITING) && unlikely(p->flags & PF_EXITING)) {
		scx_add_event(sch, SCX_EV_ENQ_SKIP_EXITING, 1);
	} else if (feat(enq_migration_disabled) && !(sch->ops.flags & SCX_OPS_ENQ_MIGRATION_DISABLED) &&
		   is_migration_disabled(p)) {
		scx_add_event(sch, SCX_EV_ENQ_SKIP_MIGRATION_DISABLED, 1);
	} else if (!feat(dispatch_consumes) && !(sch->ops.flags & SCX_OPS_ENQ_LAST) && (enq_flags & SCX_ENQ_LAST)) {
		/* the only one for this CPU: it goes on */
	} else if (unlikely(!SCX_HAS_OP(sch, enqueue))) {
		if (!(enq_flags & SCX_ENQ_LOCAL))
			dsq = find_global_dsq(sch, task_cpu(p));
	} else if (scx_failing_back(sch)) {
		if (!(enq_flags & SCX_ENQ_LAST))
			dsq = find_global_dsq(sch, task_cpu(p));
	} else {
		if (ops_enqueue(sch, rq, p, enq_flags))
			direct_dispatch(sch, p, enq_flags);
		return;
	}
	p->scx.flags &= ~SCX_TASK_REENQ_REASON_MASK;
	refill_task_slice_dfl(sch, p);
	clear_direct_dispatch(p);
	dispatch_enqueue(sch, rq, dsq, p, enq_flags);
}

void enqueue_task_scx(struct rq *rq, struct task_struct *p, int core_enq_flags)
{
	struct scx_sched *sch = scx_task_sched(p);
	int sticky_cpu = p->scx.sticky_cpu;
	u64 enq_flags = (u32)core_enq_flags | rq->scx.extra_enq_flags;

	/* a move between run queues ends on arrival: from here on @p can leave custody again */
	if (sticky_cpu >= 0)
		p->scx.sticky_cpu = -1;
	/* task_woken_scx() follows, but only for a wake-up by the core: extra_enq_flags may carry the bit without it */
	if (core_enq_flags & ENQUEUE_WAKEUP)
		scx_rq_set_flags(rq, SCX_RQ_IN_WAKEUP);
	/* set_next_task_scx() comes next for it, and tasks start from local DSQs only */
	if (unlikely(enq_flags & ENQUEUE_RESTORE) && task_current(rq, p))
		sticky_cpu = cpu_of(rq);

	if (!(p->scx.flags & SCX_TASK_QUEUED)) {
		set_task_runnable(rq, p);
		p->scx.flags |= SCX_TASK_QUEUED;
		rq->scx.nr_running++;
		add_nr_running(rq, 1);
		if (SCX_HAS_OP(sch, runnable) && !(feat(silent_moves) && task_on_rq_migrating(p)))
			SCX_CALL_OP_TASK(sch, runnable, rq, p, scx_enq_flags_out(enq_flags));
		do_enqueue_task(rq, p, enq_flags, sticky_cpu);
	}
	scx_rq_clear_flags(rq, SCX_RQ_IN_WAKEUP);
	if ((enq_flags & SCX_ENQ_CPU_SELECTED) && unlikely(cpu_of(rq) != p->scx.selected_cpu))
		scx_add_event(sch, SCX_EV_SELECT_CPU_FALLBACK, 1);
}

/* Get @p back from the BPF scheduler, whatever it is doing with it. rq lock, held while waiting. */
void ops_dequeue(struct rq *rq, struct task_struct *p, u64 deq_flags)
{
	struct scx_sched *sch = scx_task_sched(p);
	long opss;

	/* a dequeue is for a moment: runnable_at stays */
	clr_task_runnable(p, false);
retry:
	opss = atomic_long_read_acquire(&p->scx.ops_state);
	switch (opss & SCX_OPSS_STATE_MASK) {
	case SCX_OPSS_NONE:
		break;
	case SCX_OPSS_QUEUEING:
		/* begins and ends under the rq lock that we hold */
		assert_sched(false, "QUEUEING in ops_dequeue()");
		break;
	case SCX_OPSS_QUEUED:
		if (!feat(custody) && SCX_HAS_OP(sch, dequeue))
			SCX_CALL_OP_TASK(sch, dequeue, rq, p, scx_deq_flags_out(deq_flags));
		/* a dispatcher has ended custody and is about to store NONE */
		if (feat(custody) && unlikely(!(READ_ONCE(p->scx.flags) & SCX_TASK_IN_CUSTODY))) {
			mach_wait_word(&p->scx.ops_state.counter, opss);
			goto retry;
		}
		if (atomic_long_try_cmpxchg(&p->scx.ops_state, &opss, SCX_OPSS_NONE))
			break;
		/* fall through */
	case SCX_OPSS_DISPATCHING:
		wait_ops_state(p, SCX_OPSS_DISPATCHING);
		assert_sched(atomic_long_read(&p->scx.ops_state) == SCX_OPSS_NONE, "not NONE after DISPATCHING");
		break;
	}
	/* NONE and in custody is normal: on a user DSQ, or on its way to another CPU's local DSQ */
	if (task_leave_custody(p) && SCX_HAS_OP(sch, dequeue))
		SCX_CALL_OP_TASK(sch, dequeue, rq, p, scx_deq_flags_out(deq_flags));
}

bool dequeue_task_scx(struct rq *rq, struct task_struct *p, int core_deq_flags)
{
	struct scx_sched *sch = scx_task_sched(p);
	u64 deq_flags = (u32)core_deq_flags;

	if (feat(custody) && !(deq_flags & (DEQUEUE_SLEEP | SCX_DEQ_CORE_SCHED_EXEC)))
		deq_flags |= SCX_DEQ_SCHED_CHANGE;
	if (!(p->scx.flags & SCX_TASK_QUEUED))
		return true;

	ops_dequeue(rq, p, deq_flags);

	/*
	 * running/stopping nest within runnable/quiescent, so a running task stops here; put_prev_task_scx() then sees
	 * that it is not QUEUED and stays silent.
	 */
	if (SCX_HAS_OP(sch, stopping) && task_current(rq, p)) {
		update_curr_scx(rq);
		SCX_CALL_OP_TASK(sch, stopping, rq, p, false);
	}
	if (SCX_HAS_OP(sch, quiescent) && !(feat(silent_moves) && task_on_rq_migrating(p)))
		SCX_CALL_OP_TASK(sch, quiescent, rq, p, scx_deq_flags_out(deq_flags));

	/* without init_task the bit is SCX_TASK_OPS_PREPPED */
	if (feat(init_task)) {
		if (deq_flags & SCX_DEQ_SLEEP)
			p->scx.flags |= SCX_TASK_DEQD_FOR_SLEEP;
		else
			p->scx.flags &= ~SCX_TASK_DEQD_FOR_SLEEP;
	}
	p->scx.flags &= ~SCX_TASK_QUEUED;
	rq->scx.nr_running--;
	sub_nr_running(rq, 1);
	dispatch_dequeue(rq, p);
	clear_direct_dispatch(p);
	return true;
}
