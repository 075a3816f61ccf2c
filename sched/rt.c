// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCHED_FIFO and SCHED_RR (kernel/sched/rt.c): 100 lists, the first task of the first list that is not empty
 * runs. A wake-up goes to a CPU where the task can run at once, if there is one. Tasks that wait are not
 * pulled or pushed later, and there is no throttling.
 */
#include "sched/core.h"

#define RR_TIMESLICE_MS 100

static void set_prio_bit(struct rt_prio_array *a, int prio, bool on)
{
	if (on)
		a->bitmap[prio / 64] |= 1ull << prio % 64;
	else
		a->bitmap[prio / 64] &= ~(1ull << prio % 64);
}

static void rt_insert(struct rq *rq, struct task_struct *p, bool head)
{
	struct rt_prio_array *a = &rq->rt.active;

	if (head)
		list_add(&p->rt.run_list, &a->queue[p->prio]);
	else
		list_add_tail(&p->rt.run_list, &a->queue[p->prio]);
	set_prio_bit(a, p->prio, true);
}

static void rt_remove(struct rq *rq, struct task_struct *p)
{
	struct rt_prio_array *a = &rq->rt.active;

	list_del_init(&p->rt.run_list);
	if (list_empty(&a->queue[p->prio]))
		set_prio_bit(a, p->prio, false);
}

static void update_curr_rt(struct rq *rq)
{
	if (task_on_class(rq->curr, CLASS_RT))
		update_curr_common(rq);
}

/* A change of something else than its priority: the task keeps its place (move_entity()). */
static bool keeps_place(int flags)
{
	return (flags & (DEQUEUE_SAVE | DEQUEUE_MOVE)) == DEQUEUE_SAVE;
}

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (list_empty(&p->rt.run_list))
		rt_insert(rq, p, flags & ENQUEUE_HEAD);
	p->rt.on_rq = 1;
	rq->rt.rt_nr_running++;
	add_nr_running(rq, 1);
}

static bool dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	update_curr_rt(rq);
	if (!keeps_place(flags))
		rt_remove(rq, p);
	p->rt.on_rq = 0;
	rq->rt.rt_nr_running--;
	sub_nr_running(rq, 1);
	return true;
}

/* Behind its like. */
static void yield_task_rt(struct rq *rq)
{
	struct task_struct *p = rq->curr;

	list_move_tail(&p->rt.run_list, &rq->rt.active.queue[p->prio]);
}

static void wakeup_preempt_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (task_on_class(p, CLASS_RT) && p->prio < rq->curr->prio)
		resched_curr(rq);
}

static struct task_struct *pick_task_rt(struct rq *rq)
{
	struct rt_prio_array *a = &rq->rt.active;

	for (int i = 0; i < 2; i++) {
		if (!a->bitmap[i])
			continue;
		return list_first_entry(&a->queue[i * 64 + __builtin_ctzll(a->bitmap[i])], struct task_struct,
					rt.run_list);
	}
	return NULL;
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p, struct task_struct *next)
{
	update_curr_rt(rq);
}

static void set_next_task_rt(struct rq *rq, struct task_struct *p, bool first)
{
	WRITE_ONCE(p->se.exec_start, rq_clock_task(rq));
}

static void task_tick_rt(struct rq *rq, struct task_struct *p)
{
	struct list_head *q = &rq->rt.active.queue[p->prio];

	update_curr_rt(rq);
	if (p->policy != SCHED_RR || --p->rt.time_slice)
		return;
	p->rt.time_slice = RR_TIMESLICE_MS * this_mcpu->m->hz / 1000;
	if (q->next != q->prev) {
		list_move_tail(&p->rt.run_list, q);
		resched_curr(rq);
	}
}

/* Of the task that runs there; without its locks, so that it may be out of date when it is used. */
static int curr_prio(const struct kernel *k, u32 cpu)
{
	return READ_ONCE(READ_ONCE(cpu_rq(k, cpu)->curr)->prio);
}

static int select_task_rq_rt(struct task_struct *p, int prev_cpu, int wake_flags)
{
	struct kernel *k = this_kernel();
	u32 cpu;

	if (cpumask_test_cpu(prev_cpu, p->cpus_ptr) && curr_prio(k, prev_cpu) > p->prio)
		return prev_cpu;
	cpu = cpumask_first_and(k->idle_mask, p->cpus_ptr, k->nr_cpus);
	if (cpu < k->nr_cpus)
		return cpu;
	for_each_cpu(cpu, p->cpus_ptr, k->nr_cpus)
		if (curr_prio(k, cpu) > p->prio)
			return cpu;
	return prev_cpu;
}

static void prio_changed_rt(struct rq *rq, struct task_struct *p, u64 oldprio)
{
	if (!task_on_rq_queued(p) || p->prio == (int)oldprio)
		return;
	if (task_current(rq, p)) {
		if (p->prio > (int)oldprio)
			resched_curr(rq);
	} else if (p->prio < rq->curr->prio) {
		resched_curr(rq);
	}
}

static bool balance_rt(struct rq *rq, struct task_struct *prev)
{
	return rq->rt.rt_nr_running;
}

const struct sched_class_ops rt_class_ops = {
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.yield_task = yield_task_rt,
	.wakeup_preempt = wakeup_preempt_rt,
	.balance = balance_rt,
	.pick_task = pick_task_rt,
	.put_prev_task = put_prev_task_rt,
	.set_next_task = set_next_task_rt,
	.task_tick = task_tick_rt,
	.select_task_rq = select_task_rq_rt,
	.set_cpus_allowed = set_cpus_allowed_common,
	.prio_changed = prio_changed_rt,
	.update_curr = update_curr_rt,
};
