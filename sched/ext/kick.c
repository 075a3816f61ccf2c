// SPDX-License-Identifier: GPL-2.0-only
/* scx_bpf_kick_cpu(): making CPUs look for something else to run. */
#include <errno.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

/*
 * Is rq certain to go through the dispatch path before it idles? That current is not idle does not suffice: dispatch may
 * be looking for a task at this moment and fail. rq lock.
 */
static bool can_skip_idle_kick(struct rq *rq)
{
	return !is_idle_task(rq->curr) && !(rq->scx.flags & SCX_RQ_IN_BALANCE);
}

/*
 * Note the kick of @cpu and bounce it to an irq_work, since operations hold rq locks. Ignored while this CPU bypasses:
 * the scheduler is not in charge then.
 */
void scx_kick_cpu(struct scx_sched *sch, s32 cpu, u64 flags)
{
	bool off = local_irq_save();
	struct rq *this = this_rq(), *target = cpu_rq(sch->k, cpu);

	if (scx_bypassing(sch, cpu_of(this)))
		goto out;
	if (flags & SCX_KICK_IDLE) {
		if (unlikely(flags & (SCX_KICK_PREEMPT | SCX_KICK_WAIT)))
			scx_error(sch, "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE");
		if (raw_spin_trylock(&target->__lock)) {
			bool skip = can_skip_idle_kick(target);

			raw_spin_rq_unlock(target);
			if (skip)
				goto out;
		}
		cpumask_set_cpu(cpu, this->scx.cpus_to_kick_if_idle);
	} else {
		cpumask_set_cpu(cpu, this->scx.cpus_to_kick);
		if (flags & SCX_KICK_PREEMPT)
			cpumask_set_cpu(cpu, this->scx.cpus_to_preempt);
		if (flags & SCX_KICK_WAIT)
			cpumask_set_cpu(cpu, this->scx.cpus_to_wait);
	}
	irq_work_queue(&this_scx_cpu()->kick_cpus_irq_work);
out:
	local_irq_restore(off);
}

/* Returns whether this CPU has to wait for the switch. */
static bool kick_one_cpu(s32 cpu, struct rq *this, unsigned long *ksyncs)
{
	struct rq *rq = cpu_rq(this_kernel(), cpu);
	struct scx_rq *scx = &this->scx;
	const struct sched_class *cur_class;
	bool should_wait = false;

	raw_spin_rq_lock(rq);
	/* without the feature kick_sync the class does not matter, and whatever runs is waited for */
	cur_class = feat(kick_sync) ? rq->curr->sched_class : ext_class();
	/* a CPU may depend on kicking itself while it goes down; one that runs a higher class is not ours to command */
	if ((cpu_online(this_kernel(), cpu) || cpu == cpu_of(this)) && !class_above_ext(cur_class)) {
		if (cpumask_test_cpu(cpu, scx->cpus_to_preempt) && on_scx(rq->curr))
			scx_set_slice(rq->curr, 0);
		if (cpumask_test_cpu(cpu, scx->cpus_to_wait) && cur_class == ext_class()) {
			cpumask_set_cpu(cpu, scx->cpus_to_sync);
			ksyncs[cpu] = rq->scx.kick_sync;
			should_wait = true;
		}
		resched_curr(rq);
	}
	cpumask_clear_cpu(cpu, scx->cpus_to_preempt);
	cpumask_clear_cpu(cpu, scx->cpus_to_wait);
	raw_spin_rq_unlock(rq);
	return should_wait;
}

static void kick_one_cpu_if_idle(s32 cpu, struct rq *this)
{
	struct rq *rq = cpu_rq(this_kernel(), cpu);

	raw_spin_rq_lock(rq);
	if (!can_skip_idle_kick(rq) && (cpu_online(this_kernel(), cpu) || cpu == cpu_of(this)))
		resched_curr(rq);
	raw_spin_rq_unlock(rq);
}

/*
 * Without the feature kick_sync: in the irq_work, until each CPU has gone from SCX to another class. SCX tasks that follow
 * each other do not count, so this can take long, and for ever if CPUs wait for each other.
 */
static void wait_for_switches(struct rq *this, const unsigned long *seqs)
{
	u32 nr = this_kernel()->nr_cpus, cpu;

	for_each_cpu(cpu, this->scx.cpus_to_sync, nr) {
		struct rq *target = cpu_rq(this_kernel(), cpu);

		if (cpu != (u32)cpu_of(this))
			mach_wait_word((const long *)&target->scx.kick_sync, seqs[cpu]);
		cpumask_clear_cpu(cpu, this->scx.cpus_to_sync);
	}
}

void kick_cpus_irq_workfn(struct irq_work *w)
{
	struct rq *this = this_rq();
	struct scx_rq *scx = &this->scx;
	u32 nr = this_kernel()->nr_cpus, cpu;
	unsigned long *ksyncs = READ_ONCE(this_scx_cpu()->kick_syncs);
	bool should_wait = false;

	/* races with unloading */
	if (unlikely(!ksyncs))
		return;
	for_each_cpu(cpu, scx->cpus_to_kick, nr) {
		should_wait |= kick_one_cpu(cpu, this, ksyncs);
		cpumask_clear_cpu(cpu, scx->cpus_to_kick);
		cpumask_clear_cpu(cpu, scx->cpus_to_kick_if_idle);
	}
	for_each_cpu(cpu, scx->cpus_to_kick_if_idle, nr) {
		kick_one_cpu_if_idle(cpu, this);
		cpumask_clear_cpu(cpu, scx->cpus_to_kick_if_idle);
	}
	if (should_wait && !feat(kick_sync)) {
		wait_for_switches(this, ksyncs);
		return;
	}
	/* waiting in an interrupt would keep our own kick_sync from advancing: a balance callback does it */
	if (should_wait) {
		raw_spin_rq_lock(this);
		scx->kick_sync_pending = true;
		resched_curr(this);
		raw_spin_rq_unlock(this);
	}
}

/*
 * Wait until each CPU of cpus_to_sync has been through a pick or a put since it was kicked. rq lock, dropped for the wait,
 * interrupts on then: a target may wait for an IPI of ours. Our own kick_sync advances meanwhile, so that CPUs that wait
 * for each other cannot deadlock.
 */
void scx_kick_sync_bal_cb(struct rq *rq)
{
	unsigned long *ksyncs;
	u32 nr = this_kernel()->nr_cpus, cpu;
	bool waited;

	/* lock takers on other CPUs may find the callback queued and run it; its snapshots are not theirs */
	if (unlikely(cpu_of(rq) != smp_processor_id()))
		return;
	ksyncs = this_scx_cpu()->kick_syncs;
	do {
		waited = false;
		for_each_cpu(cpu, rq->scx.cpus_to_sync, nr) {
			struct rq *target = cpu_rq(this_kernel(), cpu);

			mach_sync();
			if (!ksyncs || cpu == cpu_of(rq) || smp_load_acquire(&target->scx.kick_sync) != ksyncs[cpu]) {
				cpumask_clear_cpu(cpu, rq->scx.cpus_to_sync);
				continue;
			}
			smp_store_release(&rq->scx.kick_sync, rq->scx.kick_sync + 1);
			raw_spin_rq_unlock(rq);
			mach_wake_word((const long *)&rq->scx.kick_sync);
			/* balance callbacks run with preemption off: a switch here would be one within a switch */
			rq_priv(rq)->preempt_off = true;
			local_irq_enable();
			mach_wait_word((const long *)&target->scx.kick_sync, ksyncs[cpu]);
			local_irq_disable();
			rq_priv(rq)->preempt_off = false;
			raw_spin_rq_lock(rq);
			waited = true;
		}
	} while (waited);
}

/* 0 or -ENOMEM. */
int alloc_kick_syncs(struct scx_kernel *sk)
{
	u32 nr = sk->k->nr_cpus;

	for (u32 i = 0; i < nr; i++) {
		unsigned long *ks = calloc(nr, sizeof(*ks));

		if (!ks) {
			free_kick_syncs(sk);
			return -ENOMEM;
		}
		WRITE_ONCE(sk->cpu[i].kick_syncs, ks);
	}
	return 0;
}

void free_kick_syncs(struct scx_kernel *sk)
{
	for (u32 i = 0; i < sk->k->nr_cpus; i++) {
		unsigned long *ks = sk->cpu[i].kick_syncs;

		if (!ks)
			continue;
		WRITE_ONCE(sk->cpu[i].kick_syncs, NULL);
		mach_call_rcu(this_mcpu->m, free, ks);
	}
}
