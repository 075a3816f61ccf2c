// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU affinity, and the migration threads that take running tasks off their CPU (kernel/sched/core.c,
 * stop_machine.c).
 */
#include "sched/core.h"

/* --- migration threads --- */

/* Work for the migration thread of a CPU. */
struct cpu_stop_work {
	void (*fn)(void *arg);
	void *arg;
	struct cpu_stop_work *next;
};

/* Have the migration thread of @cpu call w->fn(w->arg). No locks of run queues held. */
static void stop_one_cpu_nowait(struct kernel *k, int cpu, struct cpu_stop_work *w)
{
	struct rq_priv *rp = &k->rq_priv[cpu];
	bool off = raw_spin_lock_irqsave(&rp->stop_lock);

	w->next = NULL;
	*rp->stop_last = w;
	rp->stop_last = &w->next;
	raw_spin_unlock_irqrestore(&rp->stop_lock, off);
	wake_up_process(cpu_rq(k, cpu)->stop);
}

static struct cpu_stop_work *next_stop_work(struct rq_priv *rp)
{
	bool off = raw_spin_lock_irqsave(&rp->stop_lock);
	struct cpu_stop_work *w = rp->stop_first;

	if (w) {
		rp->stop_first = w->next;
		if (!w->next)
			rp->stop_last = &rp->stop_first;
	} else {
		/* under the lock: a work that comes now wakes us */
		WRITE_ONCE(current->__state, TASK_INTERRUPTIBLE);
	}
	raw_spin_unlock_irqrestore(&rp->stop_lock, off);
	return w;
}

void cpu_stopper_thread(void *arg)
{
	struct rq_priv *rp = arg;

	for (;;) {
		struct cpu_stop_work *w = next_stop_work(rp);

		if (w)
			w->fn(w->arg);
		else
			schedule();
	}
}

/* --- moving --- */

/* rq locked, @p queued on it: returns the locked run queue of the new CPU, the old one is unlocked. */
static struct rq *move_queued_task(struct rq *rq, struct task_struct *p, int new_cpu)
{
	deactivate_task(rq, p, DEQUEUE_NOCLOCK);
	set_task_cpu(p, new_cpu);
	rq_unlock(rq);
	rq = cpu_rq(this_kernel(), new_cpu);
	rq_lock(rq);
	activate_task(rq, p, 0);
	wakeup_preempt(rq, p, 0);
	return rq;
}

/*
 * A change of affinity that waits for its task to leave a CPU. (p) p->pi_lock. On the stack of the first who
 * waits; others join, and he returns after the last of them.
 */
struct set_affinity_pending {
	u32 refs;			/* (p) callers that wait */
	struct completion unused;	/* @refs is 0 */
	bool stop_pending;		/* (p) @stop_work is in use */
	int dest_cpu;			/* (p) */
	struct task_struct *task;
	struct completion done;
	struct cpu_stop_work stop_work;
};

/* In the migration thread of the CPU that the task was on. */
static void migration_cpu_stop(void *arg)
{
	struct set_affinity_pending *pending = arg;
	struct task_struct *p = pending->task;
	struct task_priv *tp = task_priv(p);
	struct rq *rq = this_rq();
	bool complete_it = false;

	raw_spin_lock_irq(&p->pi_lock);
	rq_lock(rq);
	if (task_rq(p) == rq) {
		/* stays until it may move: see migrate_enable() */
		if (is_migration_disabled(p))
			goto out;
		tp->migration_pending = NULL;
		complete_it = true;
		if (cpumask_test_cpu(task_cpu(p), &p->cpus_mask))
			goto out;
		if (task_on_rq_queued(p)) {
			update_rq_clock(rq);
			if (is_cpu_allowed(p, pending->dest_cpu))
				rq = move_queued_task(rq, p, pending->dest_cpu);
		} else {
			p->wake_cpu = pending->dest_cpu;
		}
	} else if (cpumask_test_cpu(task_cpu(p), p->cpus_ptr)) {
		/* it has moved by itself meanwhile, to somewhere allowed */
		tp->migration_pending = NULL;
		complete_it = true;
	} else {
		int cpu = task_cpu(p);

		rq_unlock(rq);
		raw_spin_unlock_irq(&p->pi_lock);
		stop_one_cpu_nowait(this_kernel(), cpu, &pending->stop_work);
		return;
	}
out:
	pending->stop_pending = false;
	rq_unlock(rq);
	raw_spin_unlock_irq(&p->pi_lock);
	if (complete_it)
		complete_all(&pending->done);
}

/* --- changing the affinity --- */

void set_cpus_allowed_common(struct task_struct *p, const struct cpumask *mask)
{
	u32 nr = this_kernel()->nr_cpus;

	cpumask_copy(&p->cpus_mask, mask, nr);
	p->nr_cpus_allowed = cpumask_weight(mask, nr);
}

void do_set_cpus_allowed(struct task_struct *p, const struct cpumask *mask)
{
	struct sched_change c;

	sched_change_begin(&c, p, DEQUEUE_SAVE);
	class_ops(p->sched_class)->set_cpus_allowed(p, mask);
	sched_change_end(&c);
}

/*
 * The mask has changed: get @p off a CPU that is not in it any more. pi_lock and rq lock are held, and
 * dropped. A task that is on a CPU is moved by the migration thread there, one that is queued at once; the
 * caller waits for the end.
 */
static int affine_move_task(struct rq *rq, struct task_struct *p, bool off, int dest_cpu)
{
	struct task_priv *tp = task_priv(p);
	struct set_affinity_pending *pending = tp->migration_pending, mine = { .task = p };
	bool complete_it = false, stop_it = false, last;

	if (cpumask_test_cpu(task_cpu(p), &p->cpus_mask)) {
		if (pending && !pending->stop_pending) {
			tp->migration_pending = NULL;
			complete_it = true;
		}
		task_rq_unlock(rq, p, off);
		if (complete_it)
			complete_all(&pending->done);
		return 0;
	}
	if (!pending) {
		pending = &mine;
		init_completion(&pending->done);
		init_completion(&pending->unused);
		pending->stop_work.fn = migration_cpu_stop;
		pending->stop_work.arg = pending;
		tp->migration_pending = pending;
	}
	pending->refs++;
	pending->dest_cpu = dest_cpu;

	if (READ_ONCE(p->on_cpu) || READ_ONCE(p->__state) == TASK_WAKING) {
		stop_it = !pending->stop_pending;
		pending->stop_pending = true;
	} else if (!is_migration_disabled(p)) {
		if (task_on_rq_queued(p))
			rq = move_queued_task(rq, p, dest_cpu);
		if (!pending->stop_pending) {
			tp->migration_pending = NULL;
			complete_it = true;
		}
	}
	if (stop_it) {
		int cpu = cpu_of(rq);

		/* not preempted between the two: @p may be we, and would run on where it must not */
		rq_unlock(rq);
		raw_spin_unlock(&p->pi_lock);
		stop_one_cpu_nowait(this_kernel(), cpu, &pending->stop_work);
		local_irq_restore(off);
		preempt_check();
	} else {
		task_rq_unlock(rq, p, off);
	}
	if (complete_it)
		complete_all(&pending->done);
	wait_for_completion(&pending->done);

	off = raw_spin_lock_irqsave(&p->pi_lock);
	last = !--pending->refs;
	raw_spin_unlock_irqrestore(&p->pi_lock, off);
	if (last)
		complete(&pending->unused);
	if (pending == &mine)
		wait_for_completion(&mine.unused);
	return 0;
}

/* Changes the affinity of a task that is no kernel thread bound to its CPU. Sleeps. */
int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *mask)
{
	struct kernel *k = this_kernel();
	const struct cpumask *valid = k->active_mask;
	struct rq *rq;
	int dest_cpu;
	bool off;

	rq = task_rq_lock(p, &off);
	if ((p->flags & PF_KTHREAD) || is_migration_disabled(p))
		valid = k->online_mask;
	if (cpumask_equal(&p->cpus_mask, mask, k->nr_cpus)) {
		task_rq_unlock(rq, p, off);
		return 0;
	}
	dest_cpu =
		cpumask_any_and_distribute(valid, mask, &k->distribute_prev[smp_processor_id()], k->nr_cpus);
	if (dest_cpu >= k->nr_cpus) {
		task_rq_unlock(rq, p, off);
		return -EINVAL;
	}
	do_set_cpus_allowed(p, mask);
	return affine_move_task(rq, p, off, dest_cpu);
}

void migrate_disable(void)
{
	current->migration_disabled++;
}

void migrate_enable(void)
{
	struct task_struct *p = current;
	struct set_affinity_pending *pending;
	bool stop_it = false;
	bool off;

	assert_sched(p->migration_disabled, "migrate_enable() without migrate_disable()");
	if (p->migration_disabled > 1) {
		p->migration_disabled--;
		return;
	}
	off = raw_spin_lock_irqsave(&p->pi_lock);
	p->migration_disabled = 0;
	pending = task_priv(p)->migration_pending;
	if (pending && !pending->stop_pending)
		stop_it = pending->stop_pending = true;
	raw_spin_unlock(&p->pi_lock);
	if (stop_it)
		stop_one_cpu_nowait(this_kernel(), smp_processor_id(), &pending->stop_work);
	local_irq_restore(off);
	preempt_check();
}

int __sched_setaffinity(struct task_struct *p, const struct cpumask *mask)
{
	struct kernel *k = this_kernel();
	struct cpumask *new_mask;
	int err;

	if (p->flags & PF_NO_SETAFFINITY)
		return -EINVAL;
	new_mask = kobj_alloc(k, k->cpumask_slab);
	if (!new_mask)
		return -ENOMEM;
	cpumask_and(new_mask, mask, k->possible_mask, k->nr_cpus);
	err = set_cpus_allowed_ptr(p, new_mask);
	kobj_free(k, k->cpumask_slab, new_mask);
	return err;
}
