// SPDX-License-Identifier: GPL-2.0-only
/* The clocks of run queues, and the CPU time that tasks are charged. */
#include "sched/core.h"

/*
 * rq locked. On behalf of whatever CPU rq belongs to: all CPUs read one clock (a constant TSC). Time that
 * interrupts take is charged to the task (CONFIG_IRQ_TIME_ACCOUNTING is off in Debian's kernels), so
 * clock_task is clock.
 */
void update_rq_clock(struct rq *rq)
{
	u64 clock;
	s64 delta;

	if (rq->clock_update_flags & RQCF_ACT_SKIP)
		return;
	rq->clock_update_flags |= RQCF_UPDATED;
	clock = mach_now();
	if (scx_enabled(this_kernel()))
		scx_rq_clock_update(rq, clock);
	delta = clock - rq->clock;
	if (delta < 0)
		return;
	rq->clock += delta;
	rq->clock_task += delta;
}

u64 update_se(struct rq *rq, struct task_struct *p)
{
	u64 now = rq_clock_task(rq);
	s64 delta = now - p->se.exec_start;

	if (unlikely(delta <= 0))
		return 0;
	WRITE_ONCE(p->se.exec_start, now);
	WRITE_ONCE(p->se.sum_exec_runtime, p->se.sum_exec_runtime + delta);
	return delta;
}

u64 update_curr_common(struct rq *rq)
{
	u64 delta = 0;

	if (rq_clock_task(rq) != rq->curr->se.exec_start)
		delta = update_se(rq, rq->curr);
	if (delta)
		emit(TE_RUNTIME, rq->curr->pid, delta, 0, 0, 0);
	return delta;
}
