// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU a fair task goes to. Simple, but no CPU is idle while fair tasks wait elsewhere that may run on
 * it: wake-ups look for an idle CPU, a CPU that runs out of tasks pulls one, and so does at times one that
 * has fewer than another.
 */
#include "sched/core.h"

/* Ticks between two looks for imbalance of a CPU that is busy; the CPUs look at different ticks. */
#define BALANCE_INTERVAL_TICKS 16

/* --- wake-ups --- */

/* An idle CPU that @p may use, in @span; nr_cpus if there is none. */
static u32 idle_cpu_in(struct kernel *k, const struct task_struct *p, const struct cpumask *span)
{
	for (u32 w = 0; w < (k->nr_cpus + 63) / 64; w++) {
		unsigned long bits = READ_ONCE(k->idle_mask->bits[w]) & p->cpus_ptr->bits[w] & span->bits[w];

		if (bits)
			return w * 64 + __builtin_ctzl(bits);
	}
	return k->nr_cpus;
}

/* The CPU with the least weight of tasks, for a new task: it has no cache to lose. */
static int find_idlest_cpu(struct kernel *k, const struct task_struct *p, int prev_cpu)
{
	unsigned long load, least = ~0ul;
	int best = prev_cpu;
	u32 cpu;

	for_each_cpu(cpu, p->cpus_ptr, k->nr_cpus) {
		load = READ_ONCE(cpu_rq(k, cpu)->cfs.load.weight);
		if (load < least && cpu_active(k, cpu)) {
			least = load;
			best = cpu;
		}
	}
	return best;
}

int select_task_rq_fair(struct task_struct *p, int prev_cpu, int wake_flags)
{
	struct kernel *k = this_kernel();
	struct machine *m = this_mcpu->m;
	int this_cpu = smp_processor_id();
	u32 cpu;

	mach_sync();
	if (cpumask_test_cpu(prev_cpu, p->cpus_ptr) && cpumask_test_cpu(prev_cpu, k->idle_mask))
		return prev_cpu;
	cpu = idle_cpu_in(k, p, m->topo.llc_mask[prev_cpu]);
	if (cpu < k->nr_cpus)
		return cpu;
	cpu = idle_cpu_in(k, p, m->topo.llc_mask[this_cpu]);
	if (cpu < k->nr_cpus)
		return cpu;
	cpu = idle_cpu_in(k, p, k->active_mask);
	if (cpu < k->nr_cpus)
		return cpu;
	if (wake_flags & (WF_FORK | WF_EXEC))
		return find_idlest_cpu(k, p, prev_cpu);
	/* the waker is going to sleep and is alone there (wake_affine_idle) */
	if ((wake_flags & WF_SYNC) && cpumask_test_cpu(this_cpu, p->cpus_ptr) && this_rq()->nr_running == 1)
		return this_cpu;
	return cpumask_test_cpu(prev_cpu, p->cpus_ptr) ? prev_cpu : find_idlest_cpu(k, p, prev_cpu);
}

/* --- pulling --- */

/*
 * A queued task of src that may run on @cpu and does not run; the last in the order of deadlines. src locked.
 */
static struct task_struct *task_to_pull(struct rq *src, int cpu)
{
	struct rb_node *n;

	for (n = rb_last(&src->cfs.tasks_timeline); n; n = rb_prev(n)) {
		struct task_struct *p = rb_entry(n, struct task_struct, se.run_node);

		if (cpumask_test_cpu(cpu, p->cpus_ptr) && !is_migration_disabled(p) &&
		    !READ_ONCE(p->on_cpu) && !p->se.sched_delayed)
			return p;
	}
	return NULL;
}

/* No rq lock held, interrupts off. Move a task of @src_cpu to dst if it has @surplus more than dst. */
static bool pull_task(struct kernel *k, struct rq *dst, int src_cpu, u32 surplus)
{
	struct rq *src = cpu_rq(k, src_cpu);
	struct task_struct *p = NULL;

	rq_lock(src);
	if (src->cfs.h_nr_queued >= READ_ONCE(dst->cfs.h_nr_queued) + surplus)
		p = task_to_pull(src, cpu_of(dst));
	if (p) {
		update_rq_clock(src);
		deactivate_task(src, p, DEQUEUE_NOCLOCK);
		set_task_cpu(p, cpu_of(dst));
	}
	rq_unlock(src);
	if (!p)
		return false;
	rq_lock(dst);
	update_rq_clock(dst);
	activate_task(dst, p, ENQUEUE_NOCLOCK);
	wakeup_preempt(dst, p, 0);
	rq_unlock(dst);
	return true;
}

/* The first CPU from @cpu on, in @span, that is overloaded and has fair tasks; nr_cpus if there is none. */
static u32 next_source(const struct kernel *k, const struct cpumask *span, u32 cpu)
{
	unsigned long keep = ~0ul << cpu % 64;

	for (u32 w = cpu / 64; w < (k->nr_cpus + 63) / 64; w++, keep = ~0ul) {
		unsigned long bits = READ_ONCE(k->fair_mask->bits[w]) & READ_ONCE(k->overloaded_mask->bits[w]) &
				     span->bits[w] & keep;

		if (bits)
			return w * 64 + __builtin_ctzl(bits);
	}
	return k->nr_cpus;
}

/* Pull from the CPU with the most tasks in @span; from the next and so on, if affinity is in the way. */
static bool pull_from(struct kernel *k, struct rq *dst, const struct cpumask *span, u32 surplus)
{
	u32 tried_nr = ~0u, tried_cpu = 0, cpu;

	for (;;) {
		u32 most = 0, busiest = 0;

		/* not all that are overloaded: those that have tasks of another class only are of no use */
		for (cpu = next_source(k, span, 0); cpu < k->nr_cpus; cpu = next_source(k, span, cpu + 1)) {
			u32 nr = READ_ONCE(cpu_rq(k, cpu)->cfs.h_nr_queued);

			if (cpu == cpu_of(dst))
				continue;
			if (nr > most && (nr < tried_nr || (nr == tried_nr && cpu > tried_cpu))) {
				most = nr;
				busiest = cpu;
			}
		}
		if (most < surplus)
			return false;
		if (pull_task(k, dst, busiest, surplus))
			return true;
		tried_nr = most;
		tried_cpu = busiest;
	}
}

static bool balance(struct kernel *k, struct rq *dst, u32 surplus)
{
	struct machine *m = this_mcpu->m;

	return pull_from(k, dst, m->topo.llc_mask[cpu_of(dst)], surplus) ||
	       pull_from(k, dst, m->topo.node_mask[cpu_of(dst)], surplus) ||
	       pull_from(k, dst, k->active_mask, surplus);
}

int sched_balance_newidle(struct rq *rq)
{
	struct kernel *k = this_kernel();

	mach_sync();
	if (likely(cpumask_empty(k->overloaded_mask, k->nr_cpus)) || !cpu_active(k, cpu_of(rq)))
		return 0;
	rq_modified_begin(rq, class_of(k, CLASS_FAIR));
	rq_unpin_lock(rq);
	raw_spin_rq_unlock(rq);
	/* a CPU that does not run what it has takes from those that have two, or one that they do not run */
	balance(k, rq, 1);
	raw_spin_rq_lock(rq);
	rq_repin_lock(rq);
	if (rq_modified_above(rq, class_of(k, CLASS_FAIR)))
		return -1;
	/*
	 * What was pulled may have been pulled away again by a CPU that looks for work, too. Do not try once more: the two
	 * could go on for ever.
	 */
	return rq->cfs.nr_queued > 0;
}

/* From the tick, no locks. */
void sched_balance_trigger(struct rq *rq)
{
	struct rq_priv *rp = rq_priv(rq);
	struct kernel *k = rp->k;
	u64 now = jiffies();

	if (now < rp->next_balance)
		return;
	rp->next_balance = now + BALANCE_INTERVAL_TICKS;
	if (cpumask_empty(k->overloaded_mask, k->nr_cpus) || !cpu_active(k, cpu_of(rq)))
		return;
	balance(k, rq, is_idle_task(rq->curr) ? 1 : 2);
}
