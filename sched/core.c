// SPDX-License-Identifier: GPL-2.0-only
/* Run queues: locking them, putting tasks on them, changing tasks that are on them (kernel/sched/core.c). */
#include "sched/core.h"

const struct sched_class_ops *const sched_class_ops[NR_CLASSES] = {
	[CLASS_STOP] = &stop_class_ops,
	[CLASS_RT] = &rt_class_ops,
	[CLASS_FAIR] = &fair_class_ops,
	[CLASS_EXT] = &ext_class_ops,
	[CLASS_IDLE] = &idle_class_ops,
};

/* sched_ext can take over all fair tasks, or be off: fair or ext are skipped then. */
const struct sched_class *next_active_class(const struct kernel *k, const struct sched_class *class)
{
	class++;
	if (class->id == CLASS_FAIR && scx_switched_all(k))
		class++;
	if (class->id == CLASS_EXT && !scx_enabled(k))
		class++;
	return class;
}

/* --- locks --- */

/* Spin while @p is between two run queues, which takes a few hundred ns. */
static void wait_while_migrating(struct task_struct *p)
{
	struct task_priv *tp = task_priv(p);

	for (;;) {
		mach_sync();
		if (!task_on_rq_migrating(p))
			return;
		mach_wait_word(&tp->migrating, 1);
	}
}

struct rq *__task_rq_lock(struct task_struct *p)
{
	for (;;) {
		struct rq *rq = task_rq(p);

		raw_spin_rq_lock(rq);
		if (likely(rq == task_rq(p) && !task_on_rq_migrating(p))) {
			rq->clock_update_flags &= RQCF_REQ_SKIP | RQCF_ACT_SKIP;
			return rq;
		}
		raw_spin_rq_unlock(rq);
		wait_while_migrating(p);
	}
}

void __task_rq_unlock(struct rq *rq)
{
	rq_unlock(rq);
}

struct rq *task_rq_lock(struct task_struct *p, bool *off)
{
	for (;;) {
		struct rq *rq;

		*off = raw_spin_lock_irqsave(&p->pi_lock);
		rq = task_rq(p);
		raw_spin_rq_lock(rq);
		if (likely(rq == task_rq(p) && !task_on_rq_migrating(p))) {
			rq->clock_update_flags &= RQCF_REQ_SKIP | RQCF_ACT_SKIP;
			return rq;
		}
		raw_spin_rq_unlock(rq);
		raw_spin_unlock_irqrestore(&p->pi_lock, *off);
		wait_while_migrating(p);
	}
}

void task_rq_unlock(struct rq *rq, struct task_struct *p, bool off)
{
	rq_unlock(rq);
	raw_spin_unlock_irqrestore(&p->pi_lock, off);
	preempt_check();
}

/* --- balance callbacks --- */

/* rq locked. Does nothing if @which is queued already. */
void queue_balance_callback(struct rq *rq, u32 which)
{
	for (u32 cb = rq->balance_callbacks; cb; cb >>= 4)
		if ((cb & 0xf) == which)
			return;
	rq->balance_callbacks = rq->balance_callbacks << 4 | which;
}

u32 splice_balance_callbacks(struct rq *rq)
{
	u32 head = rq->balance_callbacks;

	rq->balance_callbacks = 0;
	return head;
}

static void do_balance_callbacks(struct rq *rq, u32 head)
{
	for (; head; head >>= 4) {
		if ((head & 0xf) == BALANCE_CB_SCX_DEFERRED)
			scx_deferred_bal_cb(rq);
		else
			scx_kick_sync_bal_cb(rq);
	}
}

void __balance_callbacks(struct rq *rq)
{
	if (unlikely(rq->balance_callbacks))
		do_balance_callbacks(rq, splice_balance_callbacks(rq));
}

void balance_callbacks(struct rq *rq, u32 head)
{
	bool off;

	if (likely(!head))
		return;
	off = local_irq_save();
	raw_spin_rq_lock(rq);
	do_balance_callbacks(rq, head);
	raw_spin_rq_unlock(rq);
	local_irq_restore(off);
}

/* --- rescheduling --- */

static void __resched_curr(struct rq *rq, unsigned long tif)
{
	struct task_struct *curr = rq->curr;
	int cpu = cpu_of(rq);

	assert_sched(rq_is_locked(rq), "rq lock is not held");
	if (tif == _TIF_NEED_RESCHED_LAZY && is_idle_task(curr))
		tif = _TIF_NEED_RESCHED;
	if (READ_ONCE(curr->thread_info.flags) & (tif | _TIF_NEED_RESCHED))
		return;
	mach_fetch(or, &curr->thread_info.flags, tif);
	if (tif == _TIF_NEED_RESCHED && cpu != smp_processor_id())
		mach_send_ipi(cpu, IPI_RESCHED);
}

void resched_curr(struct rq *rq)
{
	__resched_curr(rq, _TIF_NEED_RESCHED);
}

void resched_curr_lazy(struct rq *rq)
{
	__resched_curr(rq, _TIF_NEED_RESCHED_LAZY);
}

void resched_cpu(struct kernel *k, int cpu)
{
	struct rq *rq = cpu_rq(k, cpu);
	bool off = local_irq_save();

	raw_spin_rq_lock(rq);
	if (cpu_online(k, cpu) || cpu == smp_processor_id())
		resched_curr(rq);
	raw_spin_rq_unlock(rq);
	local_irq_restore(off);
}

void wakeup_preempt(struct rq *rq, struct task_struct *p, int flags)
{
	const struct sched_class *next_class =
		this_kernel()->feat.next_class ? rq->next_class : rq->curr->sched_class;

	if (p->sched_class == next_class) {
		class_ops(next_class)->wakeup_preempt(rq, p, flags);
	} else if (sched_class_above(p->sched_class, next_class)) {
		if (this_kernel()->feat.next_class)
			class_ops(next_class)->wakeup_preempt(rq, p, flags);
		resched_curr(rq);
		rq->next_class = p->sched_class;
	}
	/* we are going to schedule: a clock update then, right after this one, would be wasted */
	if (task_on_rq_queued(rq->curr) && test_tsk_need_resched(rq->curr))
		rq_clock_skip_update(rq);
}

/* --- queueing --- */

void add_nr_running(struct rq *rq, u32 n)
{
	u32 prev = rq->nr_running;

	WRITE_ONCE(rq->nr_running, prev + n);
	if (prev < 2 && prev + n >= 2)
		cpumask_set_cpu(cpu_of(rq), this_kernel()->overloaded_mask);
}

void sub_nr_running(struct rq *rq, u32 n)
{
	u32 prev = rq->nr_running;

	WRITE_ONCE(rq->nr_running, prev - n);
	if (prev >= 2 && prev - n < 2)
		cpumask_clear_cpu(cpu_of(rq), this_kernel()->overloaded_mask);
}

void enqueue_task(struct rq *rq, struct task_struct *p, int flags)
{
	assert_sched(rq_is_locked(rq), "rq lock is not held");
	if (!(flags & ENQUEUE_NOCLOCK))
		update_rq_clock(rq);
	mach_charge(costs()->enqueue_ns);
	class_ops(p->sched_class)->enqueue_task(rq, p, flags);
}

/* False only for a sleeping task that its class keeps queued for a while. */
bool dequeue_task(struct rq *rq, struct task_struct *p, int flags)
{
	assert_sched(rq_is_locked(rq), "rq lock is not held");
	if (!(flags & DEQUEUE_NOCLOCK))
		update_rq_clock(rq);
	mach_charge(costs()->enqueue_ns);
	return class_ops(p->sched_class)->dequeue_task(rq, p, flags);
}

void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	bool migrating = task_on_rq_migrating(p);

	if (migrating)
		flags |= ENQUEUE_MIGRATED;
	enqueue_task(rq, p, flags);
	WRITE_ONCE(p->on_rq, TASK_ON_RQ_QUEUED);
	if (migrating) {
		struct task_priv *tp = task_priv(p);

		WRITE_ONCE(tp->migrating, 0);
		mach_wake_word(&tp->migrating);
	}
}

/* TASK_ON_RQ_MIGRATING is set before the dequeue and cleared after the enqueue: classes rely on it. */
void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	assert_sched(!(flags & DEQUEUE_SLEEP), "deactivate_task() is for moves");
	WRITE_ONCE(task_priv(p)->migrating, 1);
	WRITE_ONCE(p->on_rq, TASK_ON_RQ_MIGRATING);
	dequeue_task(rq, p, flags);
}

void __set_task_cpu(struct task_struct *p, int cpu)
{
	/* release: whoever sees the new CPU and locks its run queue sees what was done to the task before */
	__atomic_store_n(&p->thread_info.cpu, cpu, __ATOMIC_RELEASE);
	p->wake_cpu = cpu;
}

/* pi_lock held for a task that is being woken, rq lock for one that is on_rq. */
void set_task_cpu(struct task_struct *p, int new_cpu)
{
	struct machine *m = this_mcpu->m;
	int cpu = task_cpu(p);

	assert_sched(cpu_online(this_kernel(), new_cpu), "task moved to an offline CPU");
	assert_sched(!is_migration_disabled(p), "task moved while its migration is disabled");
	if (cpu != new_cpu) {
		assert_sched(!READ_ONCE(p->on_cpu), "task moved while a CPU executes it");
		p->se.nr_migrations++;
		emit(TE_MIGRATE, p->pid, cpu, new_cpu, p->prio, 0);
		mach_charge(topology_same_node(&m->topo, cpu, new_cpu) ? costs()->migrate_ns
								       : costs()->migrate_remote_ns);
	}
	__set_task_cpu(p, new_cpu);
}

/* --- changes --- */

/* rq lock if @update_load: classes that keep sums of weights are told. */
void set_load_weight(struct task_struct *p, bool update_load)
{
	const struct sched_class_ops *ops = class_ops(p->sched_class);
	u32 weight = sched_prio_weight(p->policy, p->static_prio);
	/* inv_weight: the kernel's table of inverses */
	struct load_weight lw = { .weight = (unsigned long)weight << 10,
				  .inv_weight = (1ull << 32) / weight };

	if (update_load && ops->reweight_task)
		ops->reweight_task(task_rq(p), p, &lw);
	else
		p->se.load = lw;
}

void emit_prio(const struct task_struct *p)
{
	emit(TE_TASK_PRIO, p->pid, p->policy, p->prio, p->se.load.weight >> 10, 0);
}

const struct sched_class *__setscheduler_class(struct kernel *k, int policy, int prio)
{
	if (rt_prio(prio))
		return class_of(k, CLASS_RT);
	if (task_should_scx(k, policy))
		return class_of(k, CLASS_EXT);
	return class_of(k, CLASS_FAIR);
}

void sched_change_begin(struct sched_change *c, struct task_struct *p, int flags)
{
	const struct sched_class_ops *ops = class_ops(p->sched_class);
	struct rq *rq = task_rq(p);

	assert_sched(!(flags & 0xffff0000), "flags of a change must mean the same to dequeue and enqueue");
	assert_sched(rq_is_locked(rq), "rq lock is not held");
	if (!(flags & DEQUEUE_NOCLOCK)) {
		update_rq_clock(rq);
		flags |= DEQUEUE_NOCLOCK;
	}
	if ((flags & DEQUEUE_CLASS) && ops->switching_from)
		ops->switching_from(rq, p);
	*c = (struct sched_change){
		.p = p,
		.class = p->sched_class,
		.flags = flags,
		.queued = task_on_rq_queued(p),
		.running = task_current(rq, p),
		.prio = p->prio,
	};
	if (c->queued)
		dequeue_task(rq, p, flags);
	if (c->running)
		put_prev_task(rq, p);
	if ((flags & DEQUEUE_CLASS) && ops->switched_from && this_kernel()->feat.sched_change)
		ops->switched_from(rq, p);
}

void sched_change_end(struct sched_change *c)
{
	struct task_struct *p = c->p;
	const struct sched_class_ops *ops = class_ops(p->sched_class);
	struct rq *rq = task_rq(p);

	assert_sched(p->sched_class == c->class || (c->flags & ENQUEUE_CLASS),
		     "class changed without ENQUEUE_CLASS");
	if ((c->flags & ENQUEUE_CLASS) && ops->switching_to)
		ops->switching_to(rq, p);
	if (c->queued)
		enqueue_task(rq, p, c->flags);
	if (c->running)
		set_next_task(rq, p);
	if (!(c->flags & ENQUEUE_CLASS)) {
		if (ops->prio_changed)
			ops->prio_changed(rq, p, c->prio);
		return;
	}
	if (!this_kernel()->feat.sched_change && class_ops(c->class)->switched_from)
		class_ops(c->class)->switched_from(rq, p);
	if (ops->switched_to)
		ops->switched_to(rq, p);
	/* no switch*_from() knows the new class, no switch*_to() the old one, so we decide who preempts */
	if (c->queued)
		wakeup_preempt(rq, p, 0);
	if (c->running && sched_class_above(c->class, p->sched_class))
		resched_curr(rq);
}
