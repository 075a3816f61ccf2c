// SPDX-License-Identifier: GPL-2.0-only
/* schedule(): picking the next task and switching to it; the tick (kernel/sched/core.c). */
#include "sched/core.h"

/* --- picking --- */

static void put_prev_set_next_task(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	/* without the feature put_prev_late an SCX prev has been put, and may come again */
	if (unlikely(!this_kernel()->feat.put_prev_late) && task_on_class(prev, CLASS_EXT)) {
		class_ops(next->sched_class)->set_next_task(rq, next, true);
		return;
	}
	if (next == prev)
		return;
	class_ops(prev->sched_class)->put_prev_task(rq, prev, next);
	class_ops(next->sched_class)->set_next_task(rq, next, true);
}

/*
 * Without the feature dispatch_in_pick: ask the classes from prev's downwards to find a task, until one has one. The
 * class of sched_ext is always asked, also when prev is of a class below it.
 */
static void prev_balance(struct rq *rq, struct task_struct *prev)
{
	struct kernel *k = this_kernel();
	const struct sched_class *class = prev->sched_class;

	if (!scx_enabled(k))
		return;
	scx_balance_pending(rq);
	if (class->id > CLASS_EXT)
		class = class_of(k, CLASS_EXT);
	for (; class->id < CLASS_IDLE; class = next_active_class(k, class))
		if (class_ops(class)->balance && class_ops(class)->balance(rq, prev))
			break;
}

/* rq locked; classes may drop the lock and retake it. */
static struct task_struct *pick_next_task(struct rq *rq)
{
	struct kernel *k = this_kernel();
	const struct sched_class *class;
	struct task_struct *p;

	mach_charge(costs()->pick_ns);
	if (!k->feat.dispatch_in_pick)
		prev_balance(rq, rq->curr);
	if (unlikely(!k->feat.put_prev_late) && task_on_class(rq->curr, CLASS_EXT))
		class_ops(rq->curr->sched_class)->put_prev_task(rq, rq->curr, NULL);
	/* all tasks are in the fair class, and prev was in none above it that could have more to pull in */
	if (!scx_enabled(k) && rq->curr->sched_class->id >= CLASS_FAIR &&
	    rq->nr_running == rq->cfs.h_nr_queued) {
		p = pick_task_fair(rq);
		if (likely(p != RETRY_TASK)) {
			if (!p)
				p = pick_task_idle(rq);
			put_prev_set_next_task(rq, rq->curr, p);
			return p;
		}
	}
restart:
	for (class = class_of(k, CLASS_STOP);; class = next_active_class(k, class)) {
		p = class_ops(class)->pick_task(rq);
		if (unlikely(p == RETRY_TASK))
			goto restart;
		if (p) {
			put_prev_set_next_task(rq, rq->curr, p);
			return p;
		}
	}
}

/* --- switching --- */

/* This CPU's rq locked, interrupts off; both undone at the end. We are what runs instead of @prev. */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct task_priv *pp = task_priv(prev);
	/* before on_cpu is cleared: then a wake-up can run prev elsewhere, and it may die there */
	u32 prev_state = READ_ONCE(prev->__state);

	mach_sync();
	/* the last access to prev from this CPU; pairs with the wait in try_to_wake_up() */
	smp_store_release(&prev->on_cpu, 0);
	__atomic_store_n(&pp->on_cpu, 0, __ATOMIC_RELEASE);
	mach_wake_word(&pp->on_cpu);

	__balance_callbacks(rq);
	raw_spin_rq_unlock(rq);
	if (unlikely(prev_state == TASK_DEAD)) {
		if (this_kernel()->feat.dead_at_last_switch)
			sched_ext_dead(prev);
		pp->dead = true;
		put_task_struct_rcu_user(prev);
	}
	local_irq_enable();
}

void finish_pending_switch(void)
{
	struct rq_priv *rp = rq_priv(this_rq());
	struct task_struct *prev = rp->prev;
	struct sysctx *released = rp->released;

	if (released) {
		rp->released = NULL;
		sysctx_release(released);
	}
	if (prev) {
		rp->prev = NULL;
		finish_task_switch(prev);
	} else {
		local_irq_enable();
	}
}

/* Not inlined, so that nothing about the CPU is kept across the switch: it may return on another one. */
static __attribute__((noinline)) void context_switch(struct rq *rq, struct task_struct *prev,
						     struct task_struct *next)
{
	struct mcpu *c = this_mcpu;
	struct task_priv *np = task_priv(next);

	WRITE_ONCE(next->on_cpu, 1);
	WRITE_ONCE(np->on_cpu, 1);
	rq_unpin_lock(rq);
	rq_priv(rq)->prev = prev;
	c->curr = next;
	mach_charge(c->m->costs.context_switch_ns);
	mach_quiescent();
	mach_switch_to(np->ctx ? np->ctx : c->m->cpu_ctx[c->id]);
	finish_pending_switch();
}

/* @p must not be touched afterwards: once it is off the run queue, a wake-up can have it. */
static void block_task(struct rq *rq, struct task_struct *p, u32 state)
{
	int flags = DEQUEUE_SLEEP | DEQUEUE_NOCLOCK;

	/* no wake-up follows a special state, so the class must not keep the task queued until one comes */
	if (state & TASK_DEAD)
		flags |= DEQUEUE_SPECIAL;
	if (dequeue_task(rq, p, flags)) {
		mach_sync();
		smp_store_release(&p->on_rq, 0);
	}
}

/* The main function. Interrupts on or off; on when it returns. */
void __schedule(enum sched_mode mode)
{
	struct kernel *k = this_kernel();
	bool preempt = mode == SM_PREEMPT;
	struct task_struct *prev, *next;
	unsigned long *switch_count;
	u32 prev_state;
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	assert_sched(!rq_priv(rq)->preempt_off, "switch with preemption off");
	prev = rq->curr;
	rq_lock(rq);

	rq->clock_update_flags <<= 1;	/* REQ_SKIP becomes ACT_SKIP */
	update_rq_clock(rq);
	rq->clock_update_flags = RQCF_UPDATED;

	switch_count = &prev->nivcsw;
	prev_state = READ_ONCE(prev->__state);
	if (mode == SM_IDLE) {
		/* only the scheduler knows whether a run queue of sched_ext is empty */
		if (!rq->nr_running && !scx_enabled(k)) {
			next = prev;
			rq->next_class = class_of(k, CLASS_IDLE);
			goto picked;
		}
	} else if (!preempt && prev_state) {
		block_task(rq, prev, prev_state);
		switch_count = &prev->nvcsw;
	}
	next = pick_next_task(rq);
	rq->next_class = next->sched_class;
picked:
	mach_fetch(and, &prev->thread_info.flags, ~(_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY));
	if (likely(prev != next)) {
		rq->nr_switches++;
		WRITE_ONCE(rq->curr, next);
		++*switch_count;
		if (prev->se.sum_exec_runtime > prev->utime)
			prev->stime = prev->se.sum_exec_runtime - prev->utime;
		emit(TE_SWITCH, next->pid, prev->pid, preempt ? 0x100 : prev_state, prev->prio, next->prio);
		context_switch(rq, prev, next);
	} else {
		rq_unpin_lock(rq);
		__balance_callbacks(rq);
		raw_spin_rq_unlock(rq);
		local_irq_enable();
	}
	if (unlikely(k->check_invariants))
		check_after_event(k);
}

static bool need_resched(void)
{
	return READ_ONCE(current->thread_info.flags) & (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY);
}

void schedule(void)
{
	do
		__schedule(SM_NONE);
	while (need_resched());
}

void preempt_schedule(void)
{
	if (!task_priv(current)->ctx || rq_priv(this_rq())->preempt_off)
		return;
	do
		__schedule(SM_PREEMPT);
	while (test_tsk_need_resched(current));
}

void cond_resched(void)
{
	mach_sync();
	preempt_check();
}

void do_task_dead(void)
{
	/* under pi_lock, so that no wake-up is under way that would overwrite it (set_special_state) */
	raw_spin_lock_irq(&current->pi_lock);
	WRITE_ONCE(current->__state, TASK_DEAD);
	raw_spin_unlock_irq(&current->pi_lock);
	__schedule(SM_NONE);
}

/* --- the tick --- */

void sched_tick(struct kernel *k, struct mcpu *c)
{
	struct rq *rq = c->rq;
	struct task_struct *curr;

	rq_lock(rq);
	curr = rq->curr;
	update_rq_clock(rq);
	if (READ_ONCE(curr->thread_info.flags) & _TIF_NEED_RESCHED_LAZY)
		resched_curr(rq);
	class_ops(curr->sched_class)->task_tick(rq, curr);
	scx_tick(rq);
	rq_unlock(rq);
	if (!scx_switched_all(k))
		sched_balance_trigger(rq);
}

bool kernel_need_resched(void *kern, struct mcpu *c)
{
	return READ_ONCE(c->curr->thread_info.flags) & (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY);
}
