// SPDX-License-Identifier: GPL-2.0-only
/* Policies and priorities, yielding (kernel/sched/syscalls.c). */
#include "sched/core.h"

static int __normal_prio(u32 policy, u32 rt_priority, int nice)
{
	return rt_policy(policy) ? MAX_RT_PRIO - 1 - (int)rt_priority : NICE_TO_PRIO(nice);
}

/* Real-time priorities stay: what is set by the nice value shows when the task is normal again. */
static int effective_prio(struct task_struct *p)
{
	p->normal_prio = __normal_prio(p->policy, p->rt_priority, task_nice(p));
	return rt_prio(p->prio) ? p->prio : p->normal_prio;
}

void set_user_nice(struct task_struct *p, int nice)
{
	struct sched_change c;
	struct rq *rq;
	bool off;

	if (task_nice(p) == nice || nice < -20 || nice > 19)
		return;
	rq = task_rq_lock(p, &off);
	if (rt_policy(p->policy)) {
		p->static_prio = NICE_TO_PRIO(nice);
	} else {
		sched_change_begin(&c, p, DEQUEUE_SAVE);
		p->static_prio = NICE_TO_PRIO(nice);
		set_load_weight(p, true);
		WRITE_ONCE(p->prio, effective_prio(p));
		sched_change_end(&c);
		emit_prio(p);
	}
	task_rq_unlock(rq, p, off);
}

static int check_attr(const struct task_sched_attr *a)
{
	if (!rt_policy(a->policy) && !fair_policy(a->policy))
		return -EINVAL;
	if (a->rt_priority >= MAX_RT_PRIO || rt_policy(a->policy) != (a->rt_priority != 0))
		return -EINVAL;
	return a->nice < -20 || a->nice > 19 ? -EINVAL : 0;
}

static void __setscheduler_params(struct task_struct *p, const struct task_sched_attr *a)
{
	p->policy = a->policy;
	if (fair_policy(a->policy)) {
		p->static_prio = NICE_TO_PRIO(a->nice);
		p->se.slice = this_kernel()->base_slice;
	}
	p->rt_priority = a->rt_priority;
	p->normal_prio = __normal_prio(p->policy, p->rt_priority, task_nice(p));
	set_load_weight(p, true);
}

static bool attr_changes(const struct task_struct *p, const struct task_sched_attr *a)
{
	if (a->policy != p->policy)
		return true;
	return rt_policy(a->policy) ? a->rt_priority != p->rt_priority : a->nice != task_nice(p);
}

int __sched_setscheduler(struct task_struct *p, const struct task_sched_attr *a)
{
	int queue_flags = DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK;
	const struct sched_class *next_class;
	int newprio, oldprio, err;
	struct sched_change c;
	struct rq *rq;
	u32 head;
	bool off;

	err = check_attr(a);
	if (err)
		return err;
	rq = task_rq_lock(p, &off);
	update_rq_clock(rq);
	err = p == rq->stop ? -EINVAL : scx_check_setscheduler(p, a->policy);
	if (err || !attr_changes(p, a)) {
		task_rq_unlock(rq, p, off);
		return err;
	}
	oldprio = p->prio;
	newprio = __normal_prio(a->policy, a->rt_priority, a->nice);
	if (newprio == oldprio)
		queue_flags &= ~DEQUEUE_MOVE;
	next_class = __setscheduler_class(this_kernel(), a->policy, newprio);
	if (next_class != p->sched_class)
		queue_flags |= DEQUEUE_CLASS;

	sched_change_begin(&c, p, queue_flags);
	__setscheduler_params(p, a);
	p->sched_class = next_class;
	WRITE_ONCE(p->prio, newprio);
	/* to the tail when the priority rises in the user's view, else to the head */
	if (c.queued && oldprio < p->prio)
		c.flags |= ENQUEUE_HEAD;
	sched_change_end(&c);
	emit_prio(p);

	head = splice_balance_callbacks(rq);
	rq_unlock(rq);
	raw_spin_unlock(&p->pi_lock);
	balance_callbacks(rq, head);
	local_irq_restore(off);
	preempt_check();
	return 0;
}

/*
 * Move @p between task groups. There are none here but the root's; what remains is the dequeue and enqueue
 * around it, which schedulers see.
 */
void sched_move_task(struct task_struct *p)
{
	struct sched_change c;
	struct rq *rq;
	bool off;

	rq = task_rq_lock(p, &off);
	sched_change_begin(&c, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
	sched_change_end(&c);
	if (c.running)
		resched_curr(rq);
	else if (c.queued)
		wakeup_preempt(rq, p, 0);
	__balance_callbacks(rq);
	task_rq_unlock(rq, p, off);
}

/* On the context of the task or, for a program, of its CPU: then it returns as another task. */
void do_sched_yield(void)
{
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	rq_lock(rq);
	class_ops(rq->curr->sched_class)->yield_task(rq);
	rq_unlock(rq);
	local_irq_enable();
	schedule();
}
