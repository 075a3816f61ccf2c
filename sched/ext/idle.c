// SPDX-License-Identifier: GPL-2.0-only
/* Built-in tracking of idle CPUs, and the default choice of a CPU for a task (kernel/sched/ext/idle.c). */
#include <errno.h>
#include <stdlib.h>

#include "sched/ext/internal.h"
#include "sched/ext/kfuncs.h"

#define NO_NODE (-1)

static const struct topology *topo(void)
{
	return &this_mcpu->m->topo;
}

static struct scx_idle_cpus *idle_cpumask(int node)
{
	struct scx_kernel *sk = this_scx();

	return node == NO_NODE ? &sk->idle_global : &sk->idle_node[node];
}

static int scx_cpu_node_if_enabled(s32 cpu)
{
	return this_scx()->idle_per_node ? (int)topo()->cpu[cpu].node : NO_NODE;
}

/* Claim @cpu if it is idle: of several that ask, one gets it. Its core is not wholly idle from then on, either way. */
static bool scx_idle_test_and_clear_cpu(s32 cpu)
{
	struct scx_idle_cpus *idle = idle_cpumask(scx_cpu_node_if_enabled(cpu));
	u32 nr = this_kernel()->nr_cpus;

	mach_sync();
	/* 2022: who picks a CPU for its idle core does this */
	if (this_scx()->smt_active && feat(selcpu_core_first)) {
		u32 sib;

		for_each_cpu(sib, topo()->smt_mask[cpu], nr)
			if (cpumask_test_cpu(sib, idle->smt))
				cpumask_clear_cpu(sib, idle->smt);
	}
	return cpumask_test_and_clear_cpu(cpu, idle->cpu);
}

/* A CPU of both masks, another one each time (kernel: cpumask_any_and_distribute, per CPU). */
static u32 any_and_distribute(const struct cpumask *a, const struct cpumask *b)
{
	return cpumask_any_and_distribute(a, b, &this_scx_cpu()->distribute_prev, this_kernel()->nr_cpus);
}

static s32 pick_idle_cpu_in_node(const struct cpumask *allowed, int node, u64 flags)
{
	struct scx_idle_cpus *idle = idle_cpumask(node);
	u32 nr = this_kernel()->nr_cpus, cpu;

	for (;;) {
		mach_sync();
		cpu = nr;
		if (this_scx()->smt_active) {
			cpu = any_and_distribute(idle->smt, allowed);
			if (cpu >= nr && (flags & SCX_PICK_IDLE_CORE))
				return -EBUSY;
			if (cpu < nr && !feat(selcpu_core_first)) {
				u32 sib;

				for_each_cpu(sib, topo()->smt_mask[cpu], nr)
					cpumask_clear_cpu(sib, idle->smt);
			}
		}
		if (cpu >= nr)
			cpu = any_and_distribute(idle->cpu, allowed);
		if (cpu >= nr)
			return -EBUSY;
		if (scx_idle_test_and_clear_cpu(cpu))
			return cpu;
	}
}

/* The other nodes in the order of their distance from @node; ties by number. */
static s32 pick_idle_cpu_from_other_nodes(const struct cpumask *allowed, int node, u64 flags)
{
	const struct topology *t = topo();
	u64 last = 0;		/* (distance, number) of the node tried last */

	for (u32 i = 1; i < t->nr_nodes; i++) {
		u64 best = ~0ull;
		s32 cpu;

		for (u32 n = 0; n < t->nr_nodes; n++) {
			u64 key = (u64)t->node_distance[node * t->nr_nodes + n] << 32 | (n + 1);

			if (n != (u32)node && key > last && key < best)
				best = key;
		}
		if (best == ~0ull)
			break;
		last = best;
		cpu = pick_idle_cpu_in_node(allowed, (int)(u32)best - 1, flags);
		if (cpu >= 0)
			return cpu;
	}
	return -EBUSY;
}

static s32 scx_pick_idle_cpu(const struct cpumask *allowed, int node, u64 flags)
{
	s32 cpu = pick_idle_cpu_in_node(allowed, node, flags);

	if (cpu >= 0)
		return cpu;
	if (node == NO_NODE || (flags & SCX_PICK_IDLE_IN_NODE))
		return -EBUSY;
	return pick_idle_cpu_from_other_nodes(allowed, node, flags);
}

/* --- the default selection --- */

/*
 * Which of the narrowing steps make sense: LLC if the CPUs have more than one, node if there are several and they are
 * not the same sets of CPUs as the LLCs.
 */
void scx_idle_update_selcpu_topology(struct scx_kernel *sk, const struct scx_ops *ops)
{
	const struct topology *t = topo();
	u32 nr = sk->k->nr_cpus;
	u32 llc_weight = cpumask_weight(t->llc_mask[0], nr);
	bool mismatch = false;

	for (u32 cpu = 0; cpu < nr; cpu++)
		if (cpumask_weight(t->llc_mask[cpu], nr) != cpumask_weight(t->node_mask[cpu], nr))
			mismatch = true;
	/* an LLC of one CPU is no scheduling domain */
	if (!feat(selcpu_topology))
		return;
	sk->selcpu_llc = llc_weight > 1 && llc_weight < nr;
	sk->selcpu_numa = !(ops->flags & SCX_OPS_BUILTIN_IDLE_PER_NODE) && cpumask_weight(t->node_mask[0], nr) < nr && mismatch;
}

/* The part of @domain that @p may use: @domain itself, or @scratch filled; NULL: nothing. */
static const struct cpumask *narrow(struct task_struct *p, const struct cpumask *allowed, const struct cpumask *domain,
				    struct cpumask *scratch)
{
	u32 nr = this_kernel()->nr_cpus;

	if (allowed == p->cpus_ptr && (u32)p->nr_cpus_allowed >= nr)
		return domain;
	return cpumask_and(scratch, allowed, domain, nr) ? scratch : NULL;
}

/* A synchronous wake-up: prev if it is idle and near the waker, else the waker's own CPU, if that helps. -EBUSY: neither. */
static s32 select_cpu_sync(s32 prev_cpu, bool is_prev_allowed, int node, const struct cpumask *allowed, u64 flags)
{
	u32 nr = this_kernel()->nr_cpus;
	s32 cpu = smp_processor_id();
	int waker_node;

	if (is_prev_allowed && topology_same_llc(topo(), cpu, prev_cpu) && scx_idle_test_and_clear_cpu(prev_cpu))
		return prev_cpu;
	/*
	 * With tasks in the waker's local DSQ the wakee would jump the queue of a saturated machine; without an idle CPU
	 * anywhere, too.
	 */
	waker_node = scx_cpu_node_if_enabled(cpu);
	if (!(current->flags & PF_EXITING) && !this_rq()->scx.local_dsq.nr &&
	    (!(flags & SCX_PICK_IDLE_IN_NODE) || waker_node == node) && !cpumask_empty(idle_cpumask(waker_node)->cpu, nr) &&
	    cpumask_test_cpu(cpu, allowed)) {
		scx_idle_test_and_clear_cpu(cpu);
		return cpu;
	}
	return -EBUSY;
}

/*
 * Without the feature selcpu_topology: the waker's CPU, whose idle bit stays, a wholly idle core, prev, any. prev is not
 * checked against the affinity.
 */
static s32 select_cpu_dfl_6_12(struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct scx_kernel *sk = this_scx();
	s32 cpu = smp_processor_id();

	if ((wake_flags & SCX_WAKE_SYNC) && !cpumask_empty(sk->idle_global.cpu, sk->k->nr_cpus) &&
	    !(current->flags & PF_EXITING) && !this_rq()->scx.local_dsq.nr && cpumask_test_cpu(cpu, p->cpus_ptr))
		return cpu;
	if (sk->smt_active) {
		if (cpumask_test_cpu(prev_cpu, sk->idle_global.smt) && scx_idle_test_and_clear_cpu(prev_cpu))
			return prev_cpu;
		cpu = scx_pick_idle_cpu(p->cpus_ptr, NO_NODE, SCX_PICK_IDLE_CORE);
		if (cpu >= 0)
			return cpu;
	}
	if (scx_idle_test_and_clear_cpu(prev_cpu))
		return prev_cpu;
	return scx_pick_idle_cpu(p->cpus_ptr, NO_NODE, 0);
}

/* Without the feature selcpu_core_first: the waker's CPU while any CPU is idle, prev, any, of wholly idle cores first. */
static s32 select_cpu_dfl_2022(struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct scx_kernel *sk = this_scx();
	s32 cpu = smp_processor_id();

	if ((wake_flags & SCX_WAKE_SYNC) && p->nr_cpus_allowed > 1 && !cpumask_empty(sk->idle_global.cpu, sk->k->nr_cpus) &&
	    !(current->flags & PF_EXITING) && cpumask_test_cpu(cpu, p->cpus_ptr))
		return cpu;
	if (scx_idle_test_and_clear_cpu(prev_cpu))
		return prev_cpu;
	return p->nr_cpus_allowed == 1 ? -EBUSY : scx_pick_idle_cpu(p->cpus_ptr, NO_NODE, 0);
}

s32 scx_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, const struct cpumask *cpus_allowed, u64 flags)
{
	struct scx_kernel *sk = this_scx();
	struct scx_cpu *sc = this_scx_cpu();
	const struct cpumask *allowed = cpus_allowed ? cpus_allowed : p->cpus_ptr, *llc = NULL, *numa = NULL;
	int node = scx_cpu_node_if_enabled(prev_cpu);
	u32 nr = sk->k->nr_cpus, sib;
	bool prev_ok;
	s32 cpu;

	if (!feat(selcpu_core_first))
		return select_cpu_dfl_2022(p, prev_cpu, wake_flags);
	if (!feat(selcpu_topology))
		return select_cpu_dfl_6_12(p, prev_cpu, wake_flags);
	if (allowed != p->cpus_ptr && (u32)p->nr_cpus_allowed < nr) {
		if (!cpumask_and(sc->local_idle_mask, cpus_allowed, p->cpus_ptr, nr))
			return -EBUSY;
		allowed = sc->local_idle_mask;
	}
	prev_ok = cpumask_test_cpu(prev_cpu, allowed);
	if (sk->selcpu_numa)
		numa = narrow(p, allowed, topo()->node_mask[prev_cpu], sc->local_numa_mask);
	if (sk->selcpu_llc)
		llc = narrow(p, allowed, topo()->llc_mask[prev_cpu], sc->local_llc_mask);

	if (wake_flags & SCX_WAKE_SYNC) {
		cpu = select_cpu_sync(prev_cpu, prev_ok, node, allowed, flags);
		if (cpu >= 0)
			return cpu;
	}
	/* a wholly idle core beats a prev whose sibling is busy */
	if (sk->smt_active) {
		if (prev_ok && cpumask_test_cpu(prev_cpu, idle_cpumask(node)->smt) && scx_idle_test_and_clear_cpu(prev_cpu))
			return prev_cpu;
		if (llc && (cpu = pick_idle_cpu_in_node(llc, node, SCX_PICK_IDLE_CORE)) >= 0)
			return cpu;
		if (numa && (cpu = pick_idle_cpu_in_node(numa, node, SCX_PICK_IDLE_CORE)) >= 0)
			return cpu;
		cpu = scx_pick_idle_cpu(allowed, node, flags | SCX_PICK_IDLE_CORE);
		if (cpu >= 0)
			return cpu;
		if (flags & SCX_PICK_IDLE_CORE)
			return -EBUSY;
	}
	if (prev_ok && scx_idle_test_and_clear_cpu(prev_cpu))
		return prev_cpu;
	if (sk->smt_active) {
		for_each_cpu(sib, topo()->smt_mask[prev_cpu], nr)
			if ((s32)sib != prev_cpu && cpumask_test_cpu(sib, allowed) && scx_idle_test_and_clear_cpu(sib))
				return sib;
	}
	if (llc && (cpu = pick_idle_cpu_in_node(llc, node, 0)) >= 0)
		return cpu;
	if (numa && (cpu = pick_idle_cpu_in_node(numa, node, 0)) >= 0)
		return cpu;
	return scx_pick_idle_cpu(allowed, node, flags);
}

/* --- tracking --- */

static void update_builtin_idle(s32 cpu, bool idle)
{
	struct scx_idle_cpus *ic = idle_cpumask(scx_cpu_node_if_enabled(cpu));
	const struct cpumask *smt = topo()->smt_mask[cpu];
	u32 nr = this_kernel()->nr_cpus, sib;

	mach_sync();
	WRITE_ONCE(this_scx()->cpu[cpu].idle_known, true);
	if (idle)
		cpumask_set_cpu(cpu, ic->cpu);
	else
		cpumask_clear_cpu(cpu, ic->cpu);
	if (!this_scx()->smt_active)
		return;
	/* not atomic with the above, as in the kernel: a hint */
	if (idle && !cpumask_subset(smt, ic->cpu, nr))
		return;
	for_each_cpu(sib, smt, nr) {
		if (idle)
			cpumask_set_cpu(sib, ic->smt);
		else
			cpumask_clear_cpu(sib, ic->smt);
	}
}

static void notify_idle(struct rq *rq, bool idle, bool do_notify)
{
	struct scx_sched *sch = scx_root();

	if (do_notify && sch && SCX_HAS_OP(sch, update_idle) && !scx_bypassing(sch, cpu_of(rq)))
		SCX_CALL_OP(sch, update_idle, rq, cpu_of(rq), idle);
}

/*
 * @do_notify: a real transition; else the idle task is picked again, which refreshes the masks. rq lock. The operation
 * comes after the masks: either ops.enqueue() sees the idle bit or ops.update_idle() sees what it queued.
 */
void scx_update_idle(struct rq *rq, bool idle, bool do_notify)
{
	struct scx_kernel *sk = this_scx();
	s32 cpu = cpu_of(rq);

	if (!scx_enabled(sk->k))
		return;
	if (!feat(idle_masks_first))
		notify_idle(rq, idle, do_notify);
	if (sk->builtin_idle_enabled && (do_notify || is_idle_task(rq->curr)))
		update_builtin_idle(cpu, idle);
	if (feat(idle_masks_first))
		notify_idle(rq, idle, do_notify);
}

/* All online CPUs count as idle at first; that converges quickly. */
void scx_idle_enable(struct scx_kernel *sk, const struct scx_ops *ops)
{
	u32 nr = sk->k->nr_cpus;

	sk->builtin_idle_enabled = !ops->update_idle || (ops->flags & SCX_OPS_KEEP_BUILTIN_IDLE);
	sk->idle_per_node = ops->flags & SCX_OPS_BUILTIN_IDLE_PER_NODE;
	for (u32 cpu = 0; cpu < nr; cpu++)
		WRITE_ONCE(sk->cpu[cpu].idle_known, false);
	if (!sk->idle_per_node) {
		cpumask_copy(sk->idle_global.cpu, sk->k->online_mask, nr);
		cpumask_copy(sk->idle_global.smt, sk->k->online_mask, nr);
		return;
	}
	for (u32 n = 0; n < topo()->nr_nodes; n++) {
		cpumask_clear(sk->idle_node[n].cpu, nr);
		for (u32 cpu = 0; cpu < nr; cpu++)
			if (topo()->cpu[cpu].node == n && cpu_online(sk->k, cpu))
				cpumask_set_cpu(cpu, sk->idle_node[n].cpu);
		cpumask_copy(sk->idle_node[n].smt, sk->idle_node[n].cpu, nr);
	}
}

void scx_idle_disable(struct scx_kernel *sk)
{
	sk->builtin_idle_enabled = false;
	sk->idle_per_node = false;
}

/* 0 or -ENOMEM. Masks that programs see are kernel objects. */
int scx_idle_init_masks(struct scx_kernel *sk)
{
	const struct topology *t = &sk->k->m->topo;
	struct kslab *slab = sk->k->cpumask_slab;

	sk->smt_active = t->nr_cores < t->nr_cpus;
	sk->idle_global = (struct scx_idle_cpus){ kslab_alloc(slab), kslab_alloc(slab) };
	sk->idle_node = calloc(t->nr_nodes, sizeof(*sk->idle_node));
	if (!sk->idle_global.cpu || !sk->idle_global.smt || !sk->idle_node)
		return -ENOMEM;
	for (u32 n = 0; n < t->nr_nodes; n++) {
		sk->idle_node[n] = (struct scx_idle_cpus){ kslab_alloc(slab), kslab_alloc(slab) };
		if (!sk->idle_node[n].cpu || !sk->idle_node[n].smt)
			return -ENOMEM;
	}
	return 0;
}

void scx_idle_free_masks(struct scx_kernel *sk)
{
	free(sk->idle_node);	/* the masks go with the guest memory */
	sk->idle_node = NULL;
}

/* --- kfuncs --- */

static bool check_builtin_idle_enabled(struct scx_sched *sch)
{
	if (likely(sch->k->scx->builtin_idle_enabled))
		return true;
	scx_error(sch, "built-in idle tracking is disabled");
	return false;
}

/* For a task that has only one CPU: that one, if it is idle. */
static s32 select_cpu_restricted(struct task_struct *p, s32 prev_cpu, const struct cpumask *allowed, u64 flags)
{
	u32 nr = this_kernel()->nr_cpus;
	s32 cpu = is_migration_disabled(p) ? task_cpu(p) : cpumask_first(p->cpus_ptr, nr);

	if (!cpumask_test_cpu(cpu, p->cpus_ptr) || (allowed && !cpumask_test_cpu(cpu, allowed)))
		return -EBUSY;
	if ((flags & SCX_PICK_IDLE_IN_NODE) && scx_cpu_node_if_enabled(cpu) != scx_cpu_node_if_enabled(prev_cpu))
		return -EBUSY;
	return scx_idle_test_and_clear_cpu(cpu) ? cpu : -EBUSY;
}

/*
 * p's affinity is stable under its pi_lock or rq lock: in ops.select_cpu() the core holds the former for the task being
 * woken, in other operations the locked rq may be p's; with nothing locked we take pi_lock.
 */
static s32 select_cpu_from_kfunc(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
				 const struct cpumask *allowed, u64 flags)
{
	bool locked = false, off = false;
	s32 cpu;

	if (!scx_cpu_valid(sch, prev_cpu, NULL))
		return -EINVAL;
	if (!check_builtin_idle_enabled(sch))
		return -EBUSY;
	/* only from ops.select_cpu(), which is checked elsewhere, and for whatever task */
	if (!feat(kfunc_filter))
		return scx_select_cpu_dfl(p, prev_cpu, wake_flags, NULL, 0);
	if (this_rq()->scx.in_select_cpu) {
		if (!scx_kf_arg_task_ok(sch, p))
			return -EINVAL;
	} else if (scx_locked_rq()) {
		if (task_rq(p) != scx_locked_rq()) {
			scx_error(sch, "select_cpu kfunc called cross-task on %s[%d]", p->comm, p->pid);
			return -EINVAL;
		}
	} else {
		off = raw_spin_lock_irqsave(&p->pi_lock);
		locked = true;
	}
	if (p->nr_cpus_allowed == 1 || is_migration_disabled(p))
		cpu = select_cpu_restricted(p, prev_cpu, allowed, flags);
	else
		cpu = scx_select_cpu_dfl(p, prev_cpu, wake_flags, allowed ? allowed : p->cpus_ptr, flags);
	if (locked)
		raw_spin_unlock_irqrestore(&p->pi_lock, off);
	return cpu;
}

s32 scx_bpf_select_cpu_dfl(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle)
{
	s32 cpu;

	if (!sch)
		return -ENODEV;
	*is_idle = false;
	if (!scx_kf_allowed(sch, SCX_KF_SELECT_CPU))
		return prev_cpu;
	cpu = select_cpu_from_kfunc(sch, p, prev_cpu, wake_flags, NULL, 0);
	*is_idle = cpu >= 0;
	return cpu >= 0 ? cpu : prev_cpu;
}

s32 scx_bpf_select_cpu_and(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   const struct cpumask *cpus_allowed, u64 flags)
{
	return sch ? select_cpu_from_kfunc(sch, p, prev_cpu, wake_flags, cpus_allowed, flags) : -ENODEV;
}

/* The idle masks as one; with per-node masks there is no such thing, which is an error and an empty mask. */
static const struct cpumask *get_idle_mask(struct scx_sched *sch, bool smt)
{
	struct scx_kernel *sk = this_scx();

	if (!sch)
		return sk->empty_mask;
	if (sk->idle_per_node) {
		scx_error(sch, "SCX_OPS_BUILTIN_IDLE_PER_NODE enabled");
		return sk->empty_mask;
	}
	if (!check_builtin_idle_enabled(sch))
		return sk->empty_mask;
	return smt && sk->smt_active ? sk->idle_global.smt : sk->idle_global.cpu;
}

const struct cpumask *scx_bpf_get_idle_cpumask(struct scx_sched *sch)
{
	return get_idle_mask(sch, false);
}

const struct cpumask *scx_bpf_get_idle_smtmask(struct scx_sched *sch)
{
	return get_idle_mask(sch, true);
}

bool scx_bpf_test_and_clear_cpu_idle(struct scx_sched *sch, s32 cpu)
{
	if (!sch || !check_builtin_idle_enabled(sch) || !scx_cpu_valid(sch, cpu, NULL))
		return false;
	return scx_idle_test_and_clear_cpu(cpu);
}

s32 scx_bpf_pick_idle_cpu(struct scx_sched *sch, const struct cpumask *cpus_allowed, u64 flags)
{
	if (!sch)
		return -ENODEV;
	if (sch->k->scx->idle_per_node) {
		scx_error(sch, "per-node idle tracking is enabled");
		return -EBUSY;
	}
	if (!check_builtin_idle_enabled(sch))
		return -EBUSY;
	return scx_pick_idle_cpu(cpus_allowed, NO_NODE, flags);
}

bool scx_bpf_has_idle_cpus_among(struct scx_sched *sch, const struct cpumask *cpus_allowed)
{
	if (!sch || !check_builtin_idle_enabled(sch))
		return false;
	mach_sync();
	return cpumask_intersects(this_scx()->idle_global.cpu, cpus_allowed, this_kernel()->nr_cpus);
}

s32 scx_bpf_pick_any_cpu(struct scx_sched *sch, const struct cpumask *cpus_allowed, u64 flags)
{
	u32 cpu;

	if (!sch)
		return -ENODEV;
	if (sch->k->scx->idle_per_node) {
		scx_error(sch, "per-node idle tracking is enabled");
		return -EBUSY;
	}
	if (sch->k->scx->builtin_idle_enabled) {
		s32 idle = scx_pick_idle_cpu(cpus_allowed, NO_NODE, flags);

		if (idle >= 0)
			return idle;
	}
	cpu = any_and_distribute(cpus_allowed, cpus_allowed);
	return cpu < sch->k->nr_cpus ? (s32)cpu : -EBUSY;
}
