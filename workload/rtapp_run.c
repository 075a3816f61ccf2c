// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program of an rt-app task: the loops of thread_body() and run() of rt-app.
 */
#include "workload/rtapp.h"

#include <stdlib.h>

static void start(struct rtapp_program *rp, u64 now_ns)
{
	u64 zero = workload_zero(&rp->ra->wi, now_ns, rp->task->delay_ns);

	rp->started = true;
	rp->first_ns = zero + rp->task->delay_ns;
	rp->end_ns = workload_end(&rp->ra->wi, zero);
}

/* Affinity and policy of a phase are set at the begin of every pass, if they are not what they were. */
static bool enter_phase(struct rtapp_program *rp, const struct rtapp_phase *phase, struct user_call *call)
{
	if (rp->mask != phase->mask) {
		rp->mask = phase->mask;
		call->op = USER_SETAFFINITY;
		call->mask = phase->mask;
		return true;
	}
	if (phase->sched && rp->sched != phase->sched) {
		rp->sched = phase->sched;
		call->op = USER_SETATTR;
		call->policy = phase->sched->policy;
		call->nice = phase->sched->nice;
		call->rt_priority = phase->sched->rt_priority;
		return true;
	}
	rp->entered = true;
	return false;
}

/* The events of a phase are done: the next pass, phase or loop. False: that was the last one. */
static bool leave_phase(struct rtapp_program *rp, const struct rtapp_phase *phase)
{
	rp->entered = false;
	rp->event = 0;
	if (phase->loop < 0 || ++rp->phase_loop < phase->loop)
		return true;
	rp->phase_loop = 0;
	if (++rp->phase < rp->task->nr_phases)
		return true;
	rp->phase = 0;
	return rp->task->loop < 0 || ++rp->thread_loop < rp->task->loop;
}

/*
 * After the end of the workload an event in progress is completed, and of those that follow only lock and
 * unlock are executed, until no mutex is held.
 */
static bool is_skipped(const struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns)
{
	return now_ns >= rp->end_ns && !rp->step && ev->kind->lock_use != RTAPP_LOCK_TAKES &&
	       ev->kind->lock_use != RTAPP_LOCK_DROPS;
}

/*
 * What rt-app's main thread does at the end: wake everybody who waits for a condition or at a barrier, so
 * that all tasks can end. Here the first task that comes to its end does it, call by call.
 */
static void shut_down(struct rtapp_program *rp, struct user_call *call)
{
	if (!rp->is_shutting_down) {
		if (__atomic_exchange_n(&rp->ra->is_shut_down, 1, __ATOMIC_SEQ_CST))
			return;
		rp->is_shutting_down = true;
		rp->shutdown_res = rp->ra->resources;
	}
	while (rp->shutdown_res) {
		if (rtapp_wake_one(rp->shutdown_res, rp->shutdown_woken, call)) {
			rp->shutdown_woken++;
			return;
		}
		rp->shutdown_woken = 0;
		rp->shutdown_res = rp->shutdown_res->next;
	}
}

static void rtapp_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns,
		       struct user_call *call)
{
	struct rtapp_program *rp = container_of(up, struct rtapp_program, up);

	*call = (struct user_call){ .op = USER_EXIT };
	if (!rp->started)
		start(rp, now_ns);
	/* ends: the parser has made sure that time passes in every loop */
	for (;;) {
		const struct rtapp_phase *phase = &rp->task->phases[rp->phase];
		const struct rtapp_event *ev = &phase->events[rp->event];
		enum rtapp_step result;

		if (now_ns >= rp->end_ns && !rp->step && !rp->nr_held) {
			shut_down(rp, call);
			return;
		}
		if (rp->event == phase->nr_events) {
			if (!leave_phase(rp, phase))
				return;
			continue;
		}
		if (!rp->entered && enter_phase(rp, phase, call))
			return;
		result = is_skipped(rp, ev, now_ns) ? RTAPP_DONE : ev->kind->step(rp, ev, now_ns, call);
		if (result == RTAPP_CALL)
			return;
		rp->step = 0;
		rp->event++;
		if (result == RTAPP_LAST_CALL)
			return;
	}
}

static void rtapp_program_free(struct user_program *up)
{
	struct rtapp_program *rp = container_of(up, struct rtapp_program, up);

	workload_impl_put(&rp->ra->wi);
	free(rp);
}

static const struct user_program_ops rtapp_program_ops = {
	.next = rtapp_next,
	.free = rtapp_program_free,
};

struct user_program *rtapp_program_create(struct rtapp *ra, const struct rtapp_task *task)
{
	struct rtapp_program *rp = calloc(1, sizeof(*rp) + task->nr_timers * sizeof(u64));

	if (!rp)
		return NULL;
	rp->up.ops = &rtapp_program_ops;
	rp->ra = ra;
	rp->task = task;
	rp->mask = task->phases[0].mask;
	rp->sched = task->phases[0].sched ? task->phases[0].sched : task->sched;
	workload_impl_get(&ra->wi);
	return &rp->up;
}
