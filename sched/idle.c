// SPDX-License-Identifier: GPL-2.0-only
/* The idle loop and the class of the idle tasks (kernel/sched/idle.c). */
#include "sched/core.h"

/*
 * One pass of the idle task: wait until there is something to run. The tick goes on until the first one comes
 * while the CPU is idle, then stops (see kernel_tick()): short idle periods do not touch it, as without a
 * cpuidle governor.
 */
void do_idle(void)
{
	struct rq_priv *rp;

	if (!test_tsk_need_resched(current)) {
		emit(TE_IDLE, 0, 1, 0, 0, 0);
		mach_idle();
		emit(TE_IDLE, 0, 0, 0, 0, 0);
	}
	do {
		/* each time: a tick that came when a pass that found nothing let it in has stopped it again */
		rp = rq_priv(this_rq());
		if (rp->tick_stopped) {
			rp->tick_stopped = false;
			mach_tick_start();
		}
		__schedule(SM_IDLE);
	} while (is_idle_task(current) && test_tsk_need_resched(current));
}

static int select_task_rq_idle(struct task_struct *p, int prev_cpu, int wake_flags)
{
	return task_cpu(p);
}

static void wakeup_preempt_idle(struct rq *rq, struct task_struct *p, int flags)
{
	resched_curr(rq);
}

static void update_curr_idle(struct rq *rq)
{
	rq->idle->se.exec_start = rq_clock_task(rq);
}

static void put_prev_task_idle(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	update_curr_idle(rq);
	cpumask_clear_cpu(cpu_of(rq), this_kernel()->idle_mask);
	scx_update_idle(rq, false, true);
}

static void set_next_task_idle(struct rq *rq, struct task_struct *next, bool first)
{
	cpumask_set_cpu(cpu_of(rq), this_kernel()->idle_mask);
	scx_update_idle(rq, true, true);
	next->se.exec_start = rq_clock_task(rq);
}

struct task_struct *pick_task_idle(struct rq *rq)
{
	scx_update_idle(rq, true, false);
	return rq->idle;
}

static void task_tick_idle(struct rq *rq, struct task_struct *p)
{
	update_curr_idle(rq);
}

const struct sched_class_ops idle_class_ops = {
	.wakeup_preempt = wakeup_preempt_idle,
	.pick_task = pick_task_idle,
	.put_prev_task = put_prev_task_idle,
	.set_next_task = set_next_task_idle,
	.select_task_rq = select_task_rq_idle,
	.set_cpus_allowed = set_cpus_allowed_common,
	.task_tick = task_tick_idle,
	.update_curr = update_curr_idle,
};
