// SPDX-License-Identifier: GPL-2.0-only
/* Wake-ups (kernel/sched/core.c). */
#include "sched/core.h"

/* --- choosing a CPU --- */

/* pi_lock or rq lock. */
bool is_cpu_allowed(const struct task_struct *p, int cpu)
{
	struct kernel *k = this_kernel();

	if (!cpumask_test_cpu(cpu, p->cpus_ptr))
		return false;
	/* kernel threads, and tasks that must not migrate, may stay on a CPU that is going down */
	if (is_migration_disabled(p) || (p->flags & PF_KTHREAD))
		return cpu_online(k, cpu);
	return cpu_active(k, cpu);
}

/*
 * The class chose a CPU that @p may not use. Near its CPU if possible; its affinity is widened when nothing
 * is left.
 */
static int select_fallback_rq(int cpu, struct task_struct *p)
{
	struct kernel *k = this_kernel();
	struct machine *m = this_mcpu->m;
	u32 dest;

	for_each_cpu(dest, m->topo.node_mask[cpu], k->nr_cpus)
		if (is_cpu_allowed(p, dest))
			return dest;
	for_each_cpu(dest, p->cpus_ptr, k->nr_cpus)
		if (is_cpu_allowed(p, dest))
			return dest;
	__task_rq_lock(p);
	do_set_cpus_allowed(p, k->possible_mask);
	__task_rq_unlock(task_rq(p));
	if (p->mm)
		kernel_printk(k, "process %d (%s) no longer affine to cpu%d", p->pid, p->comm, cpu);
	return cpumask_first_and(p->cpus_ptr, k->active_mask, k->nr_cpus);
}

/* p->pi_lock. */
static int select_task_rq(struct task_struct *p, int cpu, int *wake_flags)
{
	/* kernel: p->cpus_ptr is that CPU alone meanwhile */
	if (unlikely(is_migration_disabled(p)))
		return task_cpu(p);
	if (p->nr_cpus_allowed > 1) {
		cpu = class_ops(p->sched_class)->select_task_rq(p, cpu, *wake_flags);
		*wake_flags |= WF_RQ_SELECTED;
	} else {
		cpu = cpumask_first(p->cpus_ptr, this_kernel()->nr_cpus);
	}
	if (unlikely(!is_cpu_allowed(p, cpu)))
		cpu = select_fallback_rq(task_cpu(p), p);
	return cpu;
}

/* --- waking --- */

static void emit_wakeup(const struct task_struct *p, bool new)
{
	emit(TE_WAKEUP, p->pid, task_cpu(p), p->prio, current->pid, new);
}

static void ttwu_do_wakeup(struct task_struct *p)
{
	WRITE_ONCE(p->__state, TASK_RUNNING);
	emit_wakeup(p, false);
}

/* rq locked. */
static void ttwu_do_activate(struct rq *rq, struct task_struct *p, int wake_flags)
{
	int en_flags = ENQUEUE_WAKEUP | ENQUEUE_NOCLOCK;

	if (wake_flags & WF_RQ_SELECTED)
		en_flags |= ENQUEUE_RQ_SELECTED;
	if (wake_flags & WF_MIGRATED)
		en_flags |= ENQUEUE_MIGRATED;
	activate_task(rq, p, en_flags);
	wakeup_preempt(rq, p, wake_flags);
	ttwu_do_wakeup(p);
	if (class_ops(p->sched_class)->task_woken) {
		/* it is fully awake, so the class may drop the lock */
		rq_unpin_lock(rq);
		class_ops(p->sched_class)->task_woken(rq, p);
		rq_repin_lock(rq);
	}
}

/*
 * @p has set its state but not yet left the run queue, was preempted in between, or sleeps but is kept queued
 * by its class: setting the state back is all. Else, false, it has been dequeued.
 */
static bool ttwu_runnable(struct task_struct *p, int wake_flags)
{
	struct rq *rq = __task_rq_lock(p);
	bool queued = task_on_rq_queued(p);

	if (queued) {
		update_rq_clock(rq);
		if (p->se.sched_delayed)
			enqueue_task(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_DELAYED);
		if (!READ_ONCE(p->on_cpu))
			wakeup_preempt(rq, p, wake_flags);
		ttwu_do_wakeup(p);
	}
	__task_rq_unlock(rq);
	return queued;
}

/* Is it better to let @cpu itself complete the wake-up? */
static bool ttwu_queue_cond(struct task_struct *p, int cpu)
{
	struct kernel *k = this_kernel();
	int this_cpu = smp_processor_id();

	if (!scx_allow_ttwu_queue(p) || task_on_class(p, CLASS_STOP))
		return false;
	if (!cpu_active(k, cpu) || !cpumask_test_cpu(cpu, p->cpus_ptr))
		return false;
	if (!topology_same_llc(&this_mcpu->m->topo, this_cpu, cpu))
		return true;
	if (cpu == this_cpu)
		return false;
	/* it is idle, or about to be: @p has been dequeued, so it does not count itself */
	return !READ_ONCE(cpu_rq(k, cpu)->nr_running);
}

static bool ttwu_queue_wakelist(struct task_struct *p, int cpu, int wake_flags)
{
	struct rq_priv *rp = &this_kernel()->rq_priv[cpu];
	struct task_priv *tp = task_priv(p);
	struct task_struct *first;

	if (!ttwu_queue_cond(p, cpu))
		return false;
	tp->remote_wakeup = wake_flags & WF_MIGRATED;
	mach_sync();
	first = READ_ONCE(rp->wake_list);
	do
		tp->wake_next = first;
	while (!__atomic_compare_exchange_n(&rp->wake_list, &first, p, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	if (!first)
		mach_send_ipi(cpu, IPI_CALL);
	return true;
}

/* Interrupts off, on rq's CPU. */
void sched_ttwu_pending(struct rq *rq)
{
	struct rq_priv *rp = rq_priv(rq);
	struct task_struct *list, *p, *fifo = NULL;

	list = __atomic_exchange_n(&rp->wake_list, NULL, __ATOMIC_SEQ_CST);
	if (!list)
		return;
	for (; (p = list);) {
		list = task_priv(p)->wake_next;
		task_priv(p)->wake_next = fifo;
		fifo = p;
	}
	rq_lock(rq);
	update_rq_clock(rq);
	while ((p = fifo)) {
		fifo = task_priv(p)->wake_next;
		/* this CPU finished switching away from it before it took this interrupt */
		assert_sched(!READ_ONCE(p->on_cpu), "queued wake-up of a task that is on a CPU");
		if (task_cpu(p) != cpu_of(rq))
			set_task_cpu(p, cpu_of(rq));
		ttwu_do_activate(rq, p, task_priv(p)->remote_wakeup ? WF_MIGRATED : 0);
	}
	rq_unlock(rq);
}

static void ttwu_queue(struct task_struct *p, int cpu, int wake_flags)
{
	struct rq *rq = cpu_rq(this_kernel(), cpu);

	if (ttwu_queue_wakelist(p, cpu, wake_flags))
		return;
	rq_lock(rq);
	update_rq_clock(rq);
	ttwu_do_activate(rq, p, wake_flags);
	rq_unlock(rq);
}

/* p->pi_lock held, the state matches. */
static void ttwu_locked(struct task_struct *p, int wake_flags)
{
	struct task_priv *tp = task_priv(p);
	int cpu;

	emit(TE_WAKING, p->pid, task_cpu(p), p->prio, current->pid, 0);
	/* on_rq after the state, on_cpu after on_rq: see the barriers of the kernel's function */
	mach_sync();
	if (smp_load_acquire(&p->on_rq) && ttwu_runnable(p, wake_flags))
		return;
	mach_sync();
	WRITE_ONCE(p->__state, TASK_WAKING);
	/* its CPU is still switching away from it, and can go on with the wake-up while we do not spin */
	if (smp_load_acquire(&p->on_cpu) && ttwu_queue_wakelist(p, task_cpu(p), wake_flags))
		return;
	while (smp_load_acquire(&p->on_cpu))
		mach_wait_word(&tp->on_cpu, 1);

	cpu = select_task_rq(p, p->wake_cpu, &wake_flags);
	if (task_cpu(p) != cpu) {
		wake_flags |= WF_MIGRATED;
		set_task_cpu(p, cpu);
	} else {
		p->wake_cpu = cpu;
	}
	ttwu_queue(p, cpu, wake_flags);
}

bool try_to_wake_up(struct task_struct *p, u32 state, int wake_flags)
{
	bool success, off;

	wake_flags |= WF_TTWU;
	mach_charge(costs()->wakeup_ns);
	if (p == current) {
		/* it is before its schedule(): nothing has been dequeued */
		if (!(READ_ONCE(p->__state) & state))
			return false;
		emit(TE_WAKING, p->pid, task_cpu(p), p->prio, p->pid, 0);
		ttwu_do_wakeup(p);
		return true;
	}
	off = raw_spin_lock_irqsave(&p->pi_lock);
	/* see set_current_state() */
	success = mach_fetch(or, &p->__state, 0) & state;
	if (success)
		ttwu_locked(p, wake_flags);
	raw_spin_unlock_irqrestore(&p->pi_lock, off);
	preempt_check();
	return success;
}

void wake_up_new_task(struct task_struct *p)
{
	bool off = raw_spin_lock_irqsave(&p->pi_lock);
	int wake_flags = WF_FORK;
	struct rq *rq;

	mach_charge(costs()->wakeup_ns);
	WRITE_ONCE(p->__state, TASK_RUNNING);
	p->recent_used_cpu = task_cpu(p);
	/* here and not earlier, since its affinity may have changed; no migration: it was nowhere before */
	__set_task_cpu(p, select_task_rq(p, task_cpu(p), &wake_flags));
	rq = __task_rq_lock(p);
	update_rq_clock(rq);
	activate_task(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_INITIAL);
	emit_wakeup(p, true);
	wakeup_preempt(rq, p, wake_flags);
	if (class_ops(p->sched_class)->task_woken) {
		rq_unpin_lock(rq);
		class_ops(p->sched_class)->task_woken(rq, p);
		rq_repin_lock(rq);
	}
	task_rq_unlock(rq, p, off);
}
