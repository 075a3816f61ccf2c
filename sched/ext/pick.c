// SPDX-License-Identifier: GPL-2.0-only
/* The methods of the class around a task's time on a CPU, and the table of all its methods. */
#include "sched/ext/internal.h"

/* What scx_bpf_kick_cpu(SCX_KICK_WAIT) of another CPU may wait for. */
static void advance_kick_sync(struct rq *rq)
{
	smp_store_release(&rq->scx.kick_sync, rq->scx.kick_sync + 1);
	mach_wake_word((const long *)&rq->scx.kick_sync);
}

static void set_next_task_scx(struct rq *rq, struct task_struct *p, bool first)
{
	struct scx_sched *sch = scx_task_sched(p);

	/* core scheduling and sched_change may set a task that is still queued */
	if (p->scx.flags & SCX_TASK_QUEUED) {
		ops_dequeue(rq, p, SCX_DEQ_CORE_SCHED_EXEC);
		dispatch_dequeue(rq, p);
	}
	if (!feat(put_prev_late))
		advance_kick_sync(rq);
	p->se.exec_start = rq->clock_task;
	if (SCX_HAS_OP(sch, running) && (p->scx.flags & SCX_TASK_QUEUED))
		SCX_CALL_OP_TASK(sch, running, rq, p);
	clr_task_runnable(p, true);

	if (scx_slice(p) == SCX_SLICE_INF)
		scx_rq_set_flags(rq, SCX_RQ_CAN_STOP_TICK);
	else
		scx_rq_clear_flags(rq, SCX_RQ_CAN_STOP_TICK);
}

static enum scx_cpu_preempt_reason preempt_reason_from_class(const struct sched_class *class)
{
	switch (class->id) {
	case CLASS_STOP:
		return SCX_CPU_PREEMPT_STOP;
	case CLASS_RT:
		return SCX_CPU_PREEMPT_RT;
	default:
		return SCX_CPU_PREEMPT_UNKNOWN;
	}
}

/* The CPU goes from this class to another. If that is a higher one, the scheduler is told once, until it has it back. */
static void switch_class(struct rq *rq, struct task_struct *next)
{
	struct scx_sched *sch = scx_root();
	struct scx_cpu_release_args *args;

	if (!feat(kick_sync))
		advance_kick_sync(rq);
	if (!(sch->ops.flags & SCX_OPS_HAS_CPU_PREEMPT))
		return;
	/* idle: the scheduler itself left the CPU without a task */
	if (class_below_ext(next->sched_class) || rq->scx.cpu_released)
		return;
	if (sch->ops.cpu_release) {
		args = this_scx()->cpu[cpu_of(rq)].release_args;
		args->reason = preempt_reason_from_class(next->sched_class);
		args->task = next;
		SCX_CALL_OP(sch, cpu_release, rq, cpu_of(rq), args);
	}
	rq->scx.cpu_released = true;
}

/* Without the feature put_prev_late: the pick that follows may find @p again. */
static void put_prev_before_pick(struct scx_sched *sch, struct rq *rq, struct task_struct *p)
{
	bool keep = p->scx.flags & SCX_TASK_BAL_KEEP;

	p->scx.flags &= ~SCX_TASK_BAL_KEEP;
	/* kept by the balance pass, or a higher class takes the CPU: it goes on where it was */
	if (keep || (scx_slice(p) && !scx_failing_back(sch)))
		dispatch_enqueue(sch, rq, &rq->scx.local_dsq, p, SCX_ENQ_HEAD);
	/* the balance pass has found nothing else for this CPU */
	else if (list_empty(&rq->scx.local_dsq.list))
		do_enqueue_task(rq, p, SCX_ENQ_LAST | SCX_ENQ_LOCAL, -1);
	else
		do_enqueue_task(rq, p, 0, -1);
}

static void put_prev_runnable(struct scx_sched *sch, struct rq *rq, struct task_struct *p, struct task_struct *next)
{
	set_task_runnable(rq, p);
	if (!feat(put_prev_late)) {
		put_prev_before_pick(sch, rq, p);
	} else if (scx_slice(p) && !scx_bypassing(sch, cpu_of(rq))) {
		/* displaced by a higher class: it goes on where it was, unless it must not linger */
		if (p->scx.flags & SCX_TASK_IMMED) {
			p->scx.flags |= SCX_TASK_REENQ_PREEMPTED;
			do_enqueue_task(rq, p, SCX_ENQ_REENQ, -1);
		} else {
			dispatch_enqueue(sch, rq, &rq->scx.local_dsq, p, SCX_ENQ_HEAD);
		}
	} else if (next && class_below_ext(next->sched_class)) {
		/* the only one for this CPU, and SCX_OPS_ENQ_LAST asked to be told */
		assert_sched(sch->ops.flags & SCX_OPS_ENQ_LAST, "CPU goes idle with a runnable task");
		do_enqueue_task(rq, p, SCX_ENQ_LAST, -1);
		/* it runs after all; the pick is over and clears current's flag, so it is next that has to look again */
		if (p->scx.dsq == &rq->scx.local_dsq)
			__atomic_fetch_or(&next->thread_info.flags, _TIF_NEED_RESCHED, __ATOMIC_RELAXED);
	} else {
		do_enqueue_task(rq, p, 0, -1);
	}
}

static void put_prev_task_scx(struct rq *rq, struct task_struct *p, struct task_struct *next)
{
	struct scx_sched *sch = scx_task_sched(p);

	if (feat(kick_sync) || !feat(put_prev_late))
		advance_kick_sync(rq);
	update_curr_scx(rq);
	/* !QUEUED: dequeue_task_scx() has said so already */
	if (SCX_HAS_OP(sch, stopping) && (p->scx.flags & SCX_TASK_QUEUED))
		SCX_CALL_OP_TASK(sch, stopping, rq, p, true);
	if (p->scx.flags & SCX_TASK_QUEUED)
		put_prev_runnable(sch, rq, p, next);
	if (next && !on_scx(next))
		switch_class(rq, next);
}

static struct task_struct *first_local_task(struct rq *rq)
{
	return list_first_entry_or_null(&rq->scx.local_dsq.list, struct task_struct, scx.dsq_list.node);
}

/* Run dispatch and queue what has to follow the pick. */
static enum scx_dsp_verdict dispatch_pick(struct rq *rq, struct task_struct *prev)
{
	enum scx_dsp_verdict verdict;

	rq_unpin_lock(rq);
	verdict = feat(dispatch_consumes) ? balance_one(rq, prev) : balance_consume(rq, prev);
	rq_repin_lock(rq);
	if (rq->scx.flags & SCX_RQ_BAL_CB_PENDING) {
		queue_balance_callback(rq, BALANCE_CB_SCX_DEFERRED);
		scx_rq_clear_flags(rq, SCX_RQ_BAL_CB_PENDING);
	}
	/* not here: interrupts are off, and whoever we wait for may wait for an IPI of ours */
	if (unlikely(rq->scx.kick_sync_pending)) {
		rq->scx.kick_sync_pending = false;
		queue_balance_callback(rq, BALANCE_CB_SCX_KICK_SYNC);
	}
	/* prev left the class while dispatch had rq unlocked (unloading) */
	if (unlikely(verdict == SCX_DSP_PREV && !on_scx(prev)))
		verdict = SCX_DSP_LOCAL;
	return verdict;
}

void scx_balance_pending(struct rq *rq)
{
	scx_rq_set_flags(rq, SCX_RQ_BAL_PENDING);
}

/* The balance pass of versions that dispatch before they pick; the verdict is left in flags for the pick. */
static bool balance_scx(struct rq *rq, struct task_struct *prev)
{
	enum scx_dsp_verdict verdict;

	scx_rq_clear_flags(rq, SCX_RQ_BAL_PENDING | SCX_RQ_BAL_KEEP);
	verdict = dispatch_pick(rq, prev);
	/* without put_prev_late the flag is on prev */
	if (verdict == SCX_DSP_PREV && feat(put_prev_late))
		scx_rq_set_flags(rq, SCX_RQ_BAL_KEEP);
	return verdict != SCX_DSP_NONE;
}

/*
 * The verdict of the balance pass. Without one - a higher class said that it had a task, and then had none - prev goes on
 * if it can; otherwise the CPU must not idle before it has been through the dispatch path.
 */
static enum scx_dsp_verdict balance_verdict(struct rq *rq, struct task_struct *prev)
{
	if (!feat(put_prev_late))
		return SCX_DSP_LOCAL;
	if (unlikely(rq->scx.flags & SCX_RQ_BAL_PENDING)) {
		if (prev->scx.flags & SCX_TASK_QUEUED)
			return SCX_DSP_PREV;
		if (!first_local_task(rq))
			scx_kick_cpu(scx_root(), cpu_of(rq), SCX_KICK_IDLE);
		return SCX_DSP_LOCAL;
	}
	return (rq->scx.flags & SCX_RQ_BAL_KEEP) && on_scx(prev) ? SCX_DSP_PREV : SCX_DSP_LOCAL;
}

/* NULL: nothing to run; RETRY_TASK: a higher class woke up while rq was unlocked. */
static struct task_struct *pick_task_scx(struct rq *rq)
{
	struct task_struct *prev = rq->curr, *p;
	enum scx_dsp_verdict verdict;

	if (feat(dispatch_in_pick)) {
		advance_kick_sync(rq);
		rq_modified_begin(rq, ext_class());
		verdict = dispatch_pick(rq, prev);
		if (rq_modified_above(rq, ext_class()))
			return RETRY_TASK;
	} else {
		verdict = balance_verdict(rq, prev);
	}

	if (verdict == SCX_DSP_PREV) {
		if (!scx_slice(prev))
			refill_task_slice_dfl(scx_task_sched(prev), prev);
		return prev;
	}
	p = first_local_task(rq);
	if (p && unlikely(!scx_slice(p))) {
		struct scx_sched *sch = scx_task_sched(p);

		if (!scx_bypassing(sch, cpu_of(rq)) && !scx_failing_back(sch) && !sch->warned_zero_slice) {
			const char *where = feat(dispatch_in_pick) ? "do_pick_task_scx" : feat(put_prev_late) ? "pick_task_scx" :
					    "pick_next_task_scx";

			kernel_printk(sch->k, "sched_ext: %s[%d] has zero slice in %s()", p->comm, p->pid, where);
			sch->warned_zero_slice = true;
		}
		refill_task_slice_dfl(sch, p);
	}
	return p;
}

/* p->pi_lock. The verdict of a direct dispatch waits in @p until the enqueue on the CPU returned here. */
static int select_task_rq_scx(struct task_struct *p, int prev_cpu, int wake_flags)
{
	struct scx_sched *sch = scx_task_sched(p);
	bool bypassing;
	s32 cpu;

	/* exec does not change where a task runs in this class */
	if (unlikely(wake_flags & WF_EXEC))
		return prev_cpu;
	bypassing = scx_bypassing(sch, task_cpu(p));
	if (likely(SCX_HAS_OP(sch, select_cpu)) && !bypassing) {
		struct scx_cpu *sc = this_scx_cpu();

		sc->direct_dispatch_task = feat(ddsp_noted) ? p : NULL;
		this_rq()->scx.in_select_cpu = true;
		cpu = SCX_CALL_OP_TASK_RET(sch, select_cpu, NULL, p, prev_cpu, wake_flags);
		this_rq()->scx.in_select_cpu = false;
		p->scx.selected_cpu = cpu;
		sc->direct_dispatch_task = NULL;
		if (!feat(texts_6_12) && (cpu < 0 || (u32)cpu >= sch->k->nr_cpus)) {
			scx_error(sch, "select_cpu returned invalid cpu %d", cpu);
			return prev_cpu;
		}
		return scx_cpu_valid(sch, cpu, "from ops.select_cpu()") ? cpu : prev_cpu;
	}
	if (!feat(ddsp_noted) && !this_scx()->builtin_idle_enabled) {
		scx_error(sch, "built-in idle tracking is disabled");
		return prev_cpu;
	}
	cpu = scx_select_cpu_dfl(p, prev_cpu, wake_flags, NULL, 0);
	if (cpu >= 0 && !feat(ddsp_noted)) {
		p->scx.flags |= SCX_TASK_ENQ_LOCAL;
	} else if (cpu >= 0) {
		refill_task_slice_dfl(sch, p);
		p->scx.ddsp_dsq_id = SCX_DSQ_LOCAL;
	} else {
		cpu = prev_cpu;
	}
	p->scx.selected_cpu = cpu;
	if (bypassing)
		scx_add_event(sch, SCX_EV_BYPASS_DISPATCH, 1);
	return cpu;
}

static void task_woken_scx(struct rq *rq, struct task_struct *p)
{
	run_deferred(rq);
}

/* SCX tasks do not preempt each other by waking up; a higher class that arrives makes IMMED tasks go back. */
static void wakeup_preempt_scx(struct rq *rq, struct task_struct *p, int wake_flags)
{
	if (!on_scx(p) && rq->scx.nr_immed)
		schedule_reenq_local(rq, 0);
}

static void yield_task_scx(struct rq *rq)
{
	struct task_struct *p = rq->curr;
	struct scx_sched *sch = scx_task_sched(p);

	if (SCX_HAS_OP(sch, yield))
		(void)SCX_CALL_OP_2TASKS_RET(sch, yield, rq, p, (struct task_struct *)NULL);
	else
		scx_set_slice(p, 0);
}

static bool yield_to_task_scx(struct rq *rq, struct task_struct *to)
{
	struct scx_sched *sch = scx_task_sched(rq->curr);

	if (SCX_HAS_OP(sch, yield) && sch == scx_task_sched(to))
		return SCX_CALL_OP_2TASKS_RET(sch, yield, rq, rq->curr, to);
	return false;
}

static void task_tick_scx(struct rq *rq, struct task_struct *curr)
{
	struct scx_sched *sch = scx_task_sched(curr);

	update_curr_scx(rq);
	if (scx_failing_back(sch)) {
		resched_curr(rq);
		return;
	}
	/* in bypass mode every tick rotates */
	if (scx_bypassing(sch, cpu_of(rq)))
		scx_set_slice(curr, 0);
	else if (SCX_HAS_OP(sch, tick))
		SCX_CALL_OP_TASK(sch, tick, rq, curr);
	if (!scx_slice(curr))
		resched_curr(rq);
}

static void set_cpus_allowed_scx(struct task_struct *p, const struct cpumask *mask)
{
	struct scx_sched *sch = scx_task_sched(p);

	set_cpus_allowed_common(p, mask);
	if (task_dead_and_done(p))
		return;
	/* the effective mask, which may differ from the configured one */
	if (SCX_HAS_OP(sch, set_cpumask))
		SCX_CALL_OP_TASK(sch, set_cpumask, task_rq(p), p, p->cpus_ptr);
}

static void switching_to_scx(struct rq *rq, struct task_struct *p)
{
	struct scx_sched *sch = scx_task_sched(p);

	if (task_dead_and_done(p))
		return;
	if (feat(init_task))
		scx_enable_task(sch, p);
	else
		p->scx.weight = scx_weight_of(p);
	/* it may have changed while the task was in another class */
	if (SCX_HAS_OP(sch, set_cpumask))
		SCX_CALL_OP_TASK(sch, set_cpumask, rq, p, p->cpus_ptr);
}

static void switched_from_scx(struct rq *rq, struct task_struct *p)
{
	/* without init_task: tasks of all classes are enabled */
	if (task_dead_and_done(p) || scx_get_task_state(p) == SCX_TASK_NONE || !feat(init_task))
		return;
	scx_disable_task(scx_task_sched(p), p);
}

static void reweight_task_scx(struct rq *rq, struct task_struct *p, const struct load_weight *lw)
{
	struct scx_sched *sch = scx_task_sched(p);

	/* a task that leaves the class is reweighted after ops.disable() */
	if (feat(task_states_7) && (task_dead_and_done(p) || scx_get_task_state(p) != SCX_TASK_ENABLED))
		return;
	p->scx.weight = scx_weight_of(p);
	if (SCX_HAS_OP(sch, set_weight))
		SCX_CALL_OP_TASK(sch, set_weight, rq, p, p->scx.weight);
}

static void rq_online_scx(struct rq *rq)
{
	scx_rq_set_flags(rq, SCX_RQ_ONLINE);
}

static void rq_offline_scx(struct rq *rq)
{
	scx_rq_clear_flags(rq, SCX_RQ_ONLINE);
}

bool scx_can_stop_tick(struct rq *rq)
{
	struct task_struct *p = rq->curr;
	struct scx_sched *sch;

	/* current may be on its way out already: then what comes next decides */
	if (!on_scx(p) || !rq->scx.nr_running)
		return true;
	sch = scx_task_sched(p);
	return !scx_bypassing(sch, cpu_of(rq)) && !scx_failing_back(sch) && (rq->scx.flags & SCX_RQ_CAN_STOP_TICK);
}

const struct sched_class_ops ext_class_ops = {
	.enqueue_task		= enqueue_task_scx,
	.dequeue_task		= dequeue_task_scx,
	.yield_task		= yield_task_scx,
	.yield_to_task		= yield_to_task_scx,
	.wakeup_preempt		= wakeup_preempt_scx,
	.balance		= balance_scx,
	.pick_task		= pick_task_scx,
	.put_prev_task		= put_prev_task_scx,
	.set_next_task		= set_next_task_scx,
	.select_task_rq		= select_task_rq_scx,
	.task_woken		= task_woken_scx,
	.set_cpus_allowed	= set_cpus_allowed_scx,
	.rq_online		= rq_online_scx,
	.rq_offline		= rq_offline_scx,
	.task_tick		= task_tick_scx,
	.switching_to		= switching_to_scx,
	.switched_from		= switched_from_scx,
	.reweight_task		= reweight_task_scx,
	.update_curr		= update_curr_scx,
};
