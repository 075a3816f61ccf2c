// SPDX-License-Identifier: GPL-2.0-only
/* The class of the migration threads: above everything, preempted by nothing (kernel/sched/stop_task.c). */
#include "sched/core.h"

static int select_task_rq_stop(struct task_struct *p, int prev_cpu, int wake_flags)
{
	return task_cpu(p);
}

static void wakeup_preempt_stop(struct rq *rq, struct task_struct *p, int flags)
{
}

static void set_next_task_stop(struct rq *rq, struct task_struct *p, bool first)
{
	WRITE_ONCE(p->se.exec_start, rq_clock_task(rq));
}

static struct task_struct *pick_task_stop(struct rq *rq)
{
	return rq->stop && task_on_rq_queued(rq->stop) ? rq->stop : NULL;
}

static void enqueue_task_stop(struct rq *rq, struct task_struct *p, int flags)
{
	add_nr_running(rq, 1);
}

static bool dequeue_task_stop(struct rq *rq, struct task_struct *p, int flags)
{
	sub_nr_running(rq, 1);
	return true;
}

static void put_prev_task_stop(struct rq *rq, struct task_struct *p, struct task_struct *next)
{
	update_curr_common(rq);
}

static void task_tick_stop(struct rq *rq, struct task_struct *p)
{
}

static void update_curr_stop(struct rq *rq)
{
}

static bool balance_stop(struct rq *rq, struct task_struct *prev)
{
	return rq->stop && task_on_rq_queued(rq->stop);
}

const struct sched_class_ops stop_class_ops = {
	.enqueue_task = enqueue_task_stop,
	.dequeue_task = dequeue_task_stop,
	.wakeup_preempt = wakeup_preempt_stop,
	.balance = balance_stop,
	.pick_task = pick_task_stop,
	.put_prev_task = put_prev_task_stop,
	.set_next_task = set_next_task_stop,
	.task_tick = task_tick_stop,
	.select_task_rq = select_task_rq_stop,
	.set_cpus_allowed = set_cpus_allowed_common,
	.update_curr = update_curr_stop,
};
