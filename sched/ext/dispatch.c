// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the BPF scheduler to a CPU: the dispatch buffer, moves between run queues, and the dispatch path of a pick.
 *
 * Two run queues are never locked at once. A task that is to move is marked with holding_cpu, what it is claimed with
 * (its DSQ's lock, or ops_state DISPATCHING) is released, and then its run queue is locked; a dequeue in between
 * resets holding_cpu to -1 and so wins.
 */
#include "sched/ext/internal.h"

/* Drop one rq lock for another; what operations see as the locked rq follows. */
void switch_rq_lock(struct rq *from, struct rq *to)
{
	bool tracked = scx_locked_rq() == from;

	if (tracked)
		update_locked_rq(NULL);
	raw_spin_rq_unlock(from);
	raw_spin_rq_lock(to);
	if (tracked)
		update_locked_rq(to);
}

/* @p is on dst_rq and unlinked from its DSQ. dst_rq lock. */
static void move_local_task_to_local_dsq(struct scx_sched *sch, struct task_struct *p, u64 enq_flags, struct rq *dst_rq)
{
	struct scx_dispatch_q *dst = &dst_rq->scx.local_dsq;

	assert_sched(p->scx.holding_cpu < 0, "local move of a task that is held");
	if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT))
		list_add(&p->scx.dsq_list.node, &dst->list);
	else
		list_add_tail(&p->scx.dsq_list.node, &dst->list);
	dsq_inc_nr(dst, p, enq_flags);
	WRITE_ONCE(p->scx.dsq, dst);
	local_dsq_post_enq(sch, dst_rq, p, enq_flags);
}

/* Move @p from src_rq, locked on entry, to dst_rq's local DSQ; dst_rq is locked on return. */
static void move_remote_task_to_local_dsq(struct task_struct *p, u64 enq_flags, struct rq *src_rq, struct rq *dst_rq)
{
	/* before the deactivation: marks the beginning of the class's own move, see task_leave_custody() */
	p->scx.sticky_cpu = cpu_of(dst_rq);
	deactivate_task(src_rq, p, 0);
	set_task_cpu(p, cpu_of(dst_rq));
	switch_rq_lock(src_rq, dst_rq);

	/* activate_task() carries 32 bits of flags */
	assert_sched(cpumask_test_cpu(cpu_of(dst_rq), p->cpus_ptr), "moved to a CPU that is not allowed");
	assert_sched(!dst_rq->scx.extra_enq_flags, "nested activation");
	dst_rq->scx.extra_enq_flags = enq_flags;
	activate_task(dst_rq, p, 0);
	dst_rq->scx.extra_enq_flags = 0;
}

/*
 * May the BPF scheduler move @p to rq, which is another CPU's? @enforce: it asked for just this CPU, so a no is its
 * error; then p's rq lock is held, else a task that is switching out could be judged by a stale mask.
 */
static bool task_can_run_on_remote_rq(struct scx_sched *sch, struct task_struct *p, struct rq *rq, bool enforce)
{
	s32 cpu = cpu_of(rq);

	if (unlikely(is_migration_disabled(p))) {
		/* without texts_6_12 only the affinity makes a verdict wrong */
		if (enforce && feat(texts_6_12))
			scx_error(sch, "SCX_DSQ_LOCAL[_ON] cannot move migration disabled %s[%d] from CPU %d to %d",
				  p->comm, p->pid, task_cpu(p), cpu);
		return false;
	}
	if (!cpumask_test_cpu(cpu, p->cpus_ptr)) {
		if (enforce)
			scx_error(sch, "SCX_DSQ_LOCAL[_ON] %s %d not allowed for %s[%d]",
				  feat(texts_6_12) ? "target CPU" : "verdict target cpu", cpu, p->comm, p->pid);
		return false;
	}
	/* CPUs may go away between an insert and here: no error */
	if (!scx_rq_online(rq)) {
		if (enforce)
			scx_add_event(sch, SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE, 1);
		return false;
	}
	return true;
}

/*
 * Unlink @p from @dsq, which is locked, and lock src_rq, the run queue that it is on, in its place. False: a dequeue came
 * first; src_rq is locked all the same.
 */
static bool unlink_dsq_and_lock_src_rq(struct task_struct *p, struct scx_dispatch_q *dsq, struct rq *src_rq)
{
	s32 cpu = smp_processor_id();

	assert_sched(p->scx.holding_cpu < 0, "task is held already");
	task_unlink_from_dsq(p, dsq);
	p->scx.holding_cpu = cpu;
	raw_spin_unlock(&dsq->lock);
	raw_spin_rq_lock(src_rq);
	/* we cannot nest, so it cannot have become ours again */
	return likely(p->scx.holding_cpu == cpu);
}

static bool consume_remote_task(struct rq *rq, struct task_struct *p, u64 enq_flags, struct scx_dispatch_q *dsq,
				struct rq *src_rq)
{
	raw_spin_rq_unlock(rq);
	if (unlink_dsq_and_lock_src_rq(p, dsq, src_rq)) {
		move_remote_task_to_local_dsq(p, enq_flags, src_rq, rq);
		return true;
	}
	raw_spin_rq_unlock(src_rq);
	raw_spin_rq_lock(rq);
	return false;
}

/*
 * Move the first task of @dsq that can run here to rq's local DSQ. rq is locked, and may be dropped and retaken. Returns
 * whether there was one.
 */
bool consume_dispatch_q(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dsq, u64 enq_flags)
{
	struct task_struct *p;
retry:
	/* a task whose insertion is not visible yet cannot be expected to be found */
	mach_sync();
	if (list_empty(&dsq->list))
		return false;
	raw_spin_lock(&dsq->lock);
	nldsq_for_each_task(p, dsq) {
		struct rq *src_rq = task_rq(p);

		/* a long or contended DSQ must not keep the way into bypass mode waiting */
		if (unlikely(READ_ONCE(sch->aborting)) && feat(aborting) && dsq->id != SCX_DSQ_BYPASS)
			break;
		if (rq == src_rq) {
			task_unlink_from_dsq(p, dsq);
			raw_spin_unlock(&dsq->lock);
			move_local_task_to_local_dsq(sch, p, enq_flags, rq);
			return true;
		}
		if (task_can_run_on_remote_rq(sch, p, rq, false)) {
			if (likely(consume_remote_task(rq, p, enq_flags, dsq, src_rq)))
				return true;
			goto retry;
		}
	}
	raw_spin_unlock(&dsq->lock);
	return false;
}

static bool consume_global_dsq(struct scx_sched *sch, struct rq *rq)
{
	return consume_dispatch_q(sch, rq, find_global_dsq(sch, cpu_of(rq)), 0);
}

/*
 * Put @p, which is ours (DISPATCHING, or on rq's list of deferred dispatches), on a local DSQ. rq is locked before and
 * after, and perhaps not in between. Returns whether it is on one: a dequeue may come first, the CPU be forbidden.
 */
bool dispatch_to_local_dsq(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dst_dsq, struct task_struct *p,
			   u64 enq_flags)
{
	struct rq *src_rq = task_rq(p), *dst_rq = rq_of_local_dsq(dst_dsq), *locked_rq = rq;
	s32 cpu = smp_processor_id();
	bool done = false;

	if (rq == src_rq && rq == dst_rq) {
		dispatch_enqueue(sch, rq, dst_dsq, p, enq_flags | SCX_ENQ_CLEAR_OPSS);
		return true;
	}
	/* without bypass mode: a CPU that went away meanwhile is no error, and the task stays where it is */
	if (!feat(bypass) && cpumask_test_cpu(cpu_of(dst_rq), p->cpus_ptr) && !scx_rq_online(dst_rq)) {
		dst_rq = src_rq;
		dst_dsq = &src_rq->scx.local_dsq;
	}
	if (!feat(remote_checked_locked) && src_rq != dst_rq && unlikely(!task_can_run_on_remote_rq(sch, p, dst_rq, true))) {
		dispatch_enqueue(sch, rq, find_global_dsq(sch, task_cpu(p)), p, enq_flags | SCX_ENQ_CLEAR_OPSS);
		return false;
	}
	/*
	 * A dequeue may hold src_rq's lock and wait for DISPATCHING to end, so that has to end before we ask for the
	 * lock. holding_cpu is what claims the task from here on.
	 */
	p->scx.holding_cpu = cpu;
	atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_NONE);
	if (locked_rq != src_rq) {
		switch_rq_lock(locked_rq, src_rq);
		locked_rq = src_rq;
	}
	if (likely(p->scx.holding_cpu == cpu)) {
		bool fallback = false;

		if (src_rq == dst_rq) {
			p->scx.holding_cpu = -1;
			dispatch_enqueue(sch, dst_rq, dst_dsq, p, enq_flags);
		} else if (feat(remote_checked_locked) && unlikely(!task_can_run_on_remote_rq(sch, p, dst_rq, true))) {
			p->scx.holding_cpu = -1;
			fallback = true;
			dispatch_enqueue(sch, src_rq, find_global_dsq(sch, task_cpu(p)), p, enq_flags | SCX_ENQ_GDSQ_FALLBACK);
		} else {
			move_remote_task_to_local_dsq(p, enq_flags, src_rq, dst_rq);
			locked_rq = dst_rq;
		}
		done = !fallback;
		if (!fallback && sched_class_above(p->sched_class, dst_rq->curr->sched_class))
			resched_curr(dst_rq);
	}
	if (locked_rq != rq)
		switch_rq_lock(locked_rq, rq);
	return done;
}

/*
 * Carry out one entry of the dispatch buffer, if the task is still what it was when it was inserted. Inserts are
 * buffered because this may have to wait and to change locks, which ops.dispatch() must not. Returns whether the task is on
 * a local DSQ now.
 */
static bool finish_dispatch(struct scx_sched *sch, struct rq *rq, struct task_struct *p, unsigned long qseq_at_dispatch,
			    u64 dsq_id, u64 enq_flags)
{
	struct scx_dispatch_q *dsq;
	long opss;
retry:
	opss = atomic_long_read(&p->scx.ops_state);
	switch (opss & SCX_OPSS_STATE_MASK) {
	case SCX_OPSS_DISPATCHING:
	case SCX_OPSS_NONE:
		return false;	/* somebody else was first */
	case SCX_OPSS_QUEUED:
		/* dequeued and enqueued again since: not the one that was inserted */
		if (((unsigned long)opss & SCX_OPSS_QSEQ_MASK) != qseq_at_dispatch)
			return false;
		if (unlikely(!scx_task_on_sched(sch, p))) {
			scx_add_event(sch, SCX_EV_INSERT_NOT_OWNED, 1);
			return false;
		}
		/* claim it, against other dispatchers and dequeues */
		if (likely(atomic_long_try_cmpxchg(&p->scx.ops_state, &opss, SCX_OPSS_DISPATCHING)))
			break;
		goto retry;
	case SCX_OPSS_QUEUEING:
		/* in ops.enqueue() on another CPU; it does not depend on anything that we hold */
		wait_ops_state(p, opss);
		goto retry;
	}
	assert_sched(p->scx.flags & SCX_TASK_QUEUED, "dispatched task is not queued");
	dsq = find_dsq_for_dispatch(sch, rq, dsq_id, p);
	if (dsq->id == SCX_DSQ_LOCAL)
		return dispatch_to_local_dsq(sch, rq, dsq, p, enq_flags);
	dispatch_enqueue(sch, rq, dsq, p, enq_flags | SCX_ENQ_CLEAR_OPSS);
	return false;
}

/*
 * Carry out what ops.dispatch() inserted so far. rq lock, dropped and retaken as need be. Returns how many tasks went to local
 * DSQs.
 */
u32 flush_dispatch_buf(struct scx_sched *sch, struct rq *rq)
{
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;
	u32 nr_local = 0;

	for (u32 i = 0; i < dspc->cursor; i++) {
		struct scx_dsp_buf_ent *e = &dspc->buf[i];

		nr_local += finish_dispatch(sch, rq, e->task, e->qseq, e->dsq_id, e->enq_flags);
	}
	dspc->nr_tasks += dspc->cursor;
	dspc->cursor = 0;
	return nr_local;
}

/* Ask the scheduler for tasks: the global DSQ, in bypass mode the CPU's bypass DSQ, else ops.dispatch(). */
static enum scx_dsp_verdict scx_dispatch_sched(struct scx_sched *sch, struct rq *rq, struct task_struct *prev)
{
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;
	s32 cpu = cpu_of(rq);
	bool prev_on_sch = on_scx(prev) && scx_task_on_sched(sch, prev);
	bool prev_on_rq = prev->scx.flags & SCX_TASK_QUEUED;

	if (consume_global_dsq(sch, rq))
		return SCX_DSP_LOCAL;
	if (!feat(bypass_dsqs) && scx_bypassing(sch, cpu))
		return SCX_DSP_NONE;
	if (unlikely(atomic_read(&sch->bypass_dsp_enable_depth)) && scx_bypassing(sch, cpu))
		return consume_dispatch_q(sch, rq, sch->pcpu[cpu].bypass_dsq, 0) ? SCX_DSP_LOCAL : SCX_DSP_NONE;
	/* the bare flag: cpu_active() is false too early when a CPU goes down, before its tasks were moved */
	if (unlikely(!SCX_HAS_OP(sch, dispatch)) || !(rq->scx.flags & SCX_RQ_ONLINE))
		return SCX_DSP_NONE;

	dspc->rq = rq;
	/*
	 * The flush may drop the rq lock, so the local DSQ can be empty although ops.dispatch() produced something: again.
	 * Schedulers depend on this.
	 */
	for (int loops = SCX_DSP_MAX_LOOPS; ; ) {
		dspc->nr_tasks = 0;
		rq->scx.sub_dispatch_prev = prev;
		SCX_CALL_OP(sch, dispatch, rq, cpu, prev_on_sch ? prev : NULL);
		rq->scx.sub_dispatch_prev = NULL;
		flush_dispatch_buf(sch, rq);

		if (feat(prev_reread))
			prev_on_rq = prev->scx.flags & SCX_TASK_QUEUED;
		if (prev_on_rq && scx_slice(prev))
			return SCX_DSP_PREV;
		if (rq->scx.local_dsq.nr)
			return SCX_DSP_LOCAL;
		if (consume_global_dsq(sch, rq))
			return SCX_DSP_LOCAL;
		/*
		 * A scheduler that keeps dispatching what cannot run would hold the CPU for ever, interrupts off. Finish this
		 * pick and begin another: the kick reaches what runs next, not current.
		 */
		if (unlikely(!--loops)) {
			scx_kick_cpu(sch, cpu, 0);
			break;
		}
		if (!dspc->nr_tasks)
			break;
	}
	if (unlikely(atomic_read(&sch->bypass_dsp_enable_depth)) &&
	    consume_dispatch_q(sch, rq, sch->pcpu[cpu].bypass_dsq, 0))
		return SCX_DSP_LOCAL;
	return SCX_DSP_NONE;
}

static void balance_cpu_acquire(struct scx_sched *sch, struct rq *rq)
{
	if (likely(!(sch->ops.flags & SCX_OPS_HAS_CPU_PREEMPT) || !rq->scx.cpu_released))
		return;
	/* the counterpart of switch_class(): the class has the CPU again */
	if (sch->ops.cpu_acquire)
		SCX_CALL_OP(sch, cpu_acquire, rq, cpu_of(rq), NULL);
	rq->scx.cpu_released = false;
}

/* What is rq going to run: prev again, something of its local DSQ, or nothing of this class? rq lock, dropped and retaken. */
enum scx_dsp_verdict balance_one(struct rq *rq, struct task_struct *prev)
{
	struct scx_sched *sch = scx_root();
	enum scx_dsp_verdict verdict;

	scx_rq_set_flags(rq, SCX_RQ_IN_BALANCE);
	balance_cpu_acquire(sch, rq);
	if (on_scx(prev)) {
		update_curr_scx(rq);
		/* prev has priority as long as it has slice left; in bypass mode slices cannot be trusted */
		if ((prev->scx.flags & SCX_TASK_QUEUED) && scx_slice(prev) && !scx_bypassing(sch, cpu_of(rq))) {
			verdict = SCX_DSP_PREV;
			goto has_tasks;
		}
	}
	if (rq->scx.local_dsq.nr) {
		verdict = SCX_DSP_LOCAL;
		goto has_tasks;
	}
	verdict = scx_dispatch_sched(sch, rq, prev);
	if (verdict != SCX_DSP_NONE)
		goto has_tasks;
	if ((prev->scx.flags & SCX_TASK_QUEUED) &&
	    (!(sch->ops.flags & SCX_OPS_ENQ_LAST) || scx_bypassing(sch, cpu_of(rq)))) {
		scx_add_event(sch, SCX_EV_DISPATCH_KEEP_LAST, 1);
		verdict = SCX_DSP_PREV;
		goto has_tasks;
	}
	scx_rq_clear_flags(rq, SCX_RQ_IN_BALANCE);
	return SCX_DSP_NONE;

has_tasks:
	/* IMMED tasks may have been let in that cannot start at once after all, see rq_is_open() */
	if (unlikely(rq->scx.local_dsq.nr > 1 && rq->scx.nr_immed))
		schedule_reenq_local(rq, 0);
	scx_rq_clear_flags(rq, SCX_RQ_IN_BALANCE);
	return verdict;
}
