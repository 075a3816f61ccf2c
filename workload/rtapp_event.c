// SPDX-License-Identifier: GPL-2.0-only
/*
 * rt-app's events. What each does is what run_event() of rt-app does.
 */
#include "workload/rtapp.h"

#include <string.h>

static enum rtapp_step wait_for(struct user_call *call, struct user_sync *sync)
{
	call->op = USER_WAIT;
	call->sync = sync;
	return RTAPP_CALL;
}

static void post(struct user_call *call, struct user_sync *sync)
{
	call->op = USER_POST;
	call->sync = sync;
}

/* One waiter less; false: there is none. */
static bool take_waiter(u32 *waiters)
{
	u32 n = __atomic_load_n(waiters, __ATOMIC_SEQ_CST);

	while (n)
		if (__atomic_compare_exchange_n(waiters, &n, n - 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* True: the mutex is held. False: make the call and try again. */
static bool mutex_lock(struct rtapp_mutex *m, struct user_call *call)
{
	if (!__atomic_exchange_n(&m->locked, 1, __ATOMIC_SEQ_CST))
		return true;
	__atomic_fetch_add(&m->waiters, 1, __ATOMIC_SEQ_CST);
	/*
	 * It may have been unlocked before the unlocker could see a waiter. If the unlocker did see one, its
	 * post stays and makes a later waiter look twice.
	 */
	if (!__atomic_exchange_n(&m->locked, 1, __ATOMIC_SEQ_CST)) {
		take_waiter(&m->waiters);
		return true;
	}
	wait_for(call, &m->sync);
	return false;
}

/* True: a waiter has to be woken, by @call. */
static bool mutex_unlock(struct rtapp_mutex *m, struct user_call *call)
{
	__atomic_store_n(&m->locked, 0, __ATOMIC_SEQ_CST);
	if (!take_waiter(&m->waiters))
		return false;
	post(call, &m->sync);
	return true;
}

/* pthread_cond_wait(), in the steps @first, @first + 1 and @first + 2 of the event. */
static enum rtapp_step cond_wait(struct rtapp_program *rp, u32 first, struct rtapp_cond *cond,
				 struct rtapp_mutex *mutex, struct user_call *call)
{
	if (rp->step == first) {
		/* it counts as a waiter before the mutex is dropped, so no signal in between is lost */
		__atomic_fetch_add(&cond->waiters, 1, __ATOMIC_SEQ_CST);
		rp->step = first + 1;
		if (mutex_unlock(mutex, call))
			return RTAPP_CALL;
	}
	if (rp->step == first + 1) {
		rp->step = first + 2;
		return wait_for(call, &cond->sync);
	}
	return mutex_lock(mutex, call) ? RTAPP_DONE : RTAPP_CALL;
}

/* pthread_cond_broadcast(), in the steps @first and @first + 1. */
static enum rtapp_step cond_broadcast(struct rtapp_program *rp, u32 first, struct rtapp_cond *cond,
				      struct user_call *call)
{
	if (rp->step == first) {
		rp->posts_left = __atomic_exchange_n(&cond->waiters, 0, __ATOMIC_SEQ_CST);
		rp->step = first + 1;
	}
	if (!rp->posts_left)
		return RTAPP_DONE;
	rp->posts_left--;
	post(call, &cond->sync);
	return RTAPP_CALL;
}

static enum rtapp_step run_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				struct user_call *call)
{
	if (!ev->ns)
		return RTAPP_DONE;
	call->op = USER_RUN;
	call->ns = ev->ns;
	return RTAPP_LAST_CALL;
}

static enum rtapp_step runtime_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				    struct user_call *call)
{
	if (!ev->ns)
		return RTAPP_DONE;
	call->op = USER_RUN_UNTIL;
	call->ns = now_ns + ev->ns;
	return RTAPP_LAST_CALL;
}

static enum rtapp_step sleep_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				  struct user_call *call)
{
	call->op = USER_SLEEP_UNTIL;
	call->ns = now_ns + ev->ns;
	return RTAPP_LAST_CALL;
}

/* The next instant is a period after the last one. If that is past: go on at once; relative: from now. */
static enum rtapp_step timer_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				  struct user_call *call)
{
	struct rtapp_resource *res = ev->res;
	u64 *next = res->own ? &rp->timers[res->index] : &res->timer.next_ns;
	u64 due = __atomic_load_n(next, __ATOMIC_RELAXED);

	due = (due ? due : rp->first_ns) + ev->ns;
	if (now_ns < due) {
		__atomic_store_n(next, due, __ATOMIC_RELAXED);
		call->op = USER_SLEEP_UNTIL;
		call->ns = due;
		return RTAPP_LAST_CALL;
	}
	__atomic_store_n(next, res->timer.absolute ? due : now_ns, __ATOMIC_RELAXED);
	return RTAPP_DONE;
}

static enum rtapp_step yield_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				  struct user_call *call)
{
	call->op = USER_YIELD;
	return RTAPP_LAST_CALL;
}

static enum rtapp_step lock_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				 struct user_call *call)
{
	if (!mutex_lock(&ev->res->mutex, call)) {
		rp->step = 1;
		return RTAPP_CALL;
	}
	rp->nr_held++;
	return RTAPP_DONE;
}

static enum rtapp_step unlock_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				   struct user_call *call)
{
	rp->nr_held--;
	return mutex_unlock(&ev->res->mutex, call) ? RTAPP_LAST_CALL : RTAPP_DONE;
}

static enum rtapp_step signal_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				   struct user_call *call)
{
	if (!take_waiter(&ev->res->cond.waiters))
		return RTAPP_DONE;
	post(call, &ev->res->cond.sync);
	return RTAPP_LAST_CALL;
}

static enum rtapp_step broad_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				  struct user_call *call)
{
	return cond_broadcast(rp, 0, &ev->res->cond, call);
}

static enum rtapp_step wait_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				 struct user_call *call)
{
	return cond_wait(rp, 0, &ev->res->cond, &ev->mutex->mutex, call);
}

/* Signal, then wait. rt-app's tutorial has lock and unlock around it, its code leaves them to the phase. */
static enum rtapp_step sync_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				 struct user_call *call)
{
	if (!rp->step) {
		rp->step = 1;
		if (take_waiter(&ev->res->cond.waiters)) {
			post(call, &ev->res->cond.sync);
			return RTAPP_CALL;
		}
	}
	return cond_wait(rp, 1, &ev->res->cond, &ev->mutex->mutex, call);
}

/* Lock, wait, unlock. */
static enum rtapp_step suspend_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				    struct user_call *call)
{
	struct rtapp_mutex *mutex = &ev->mutex->mutex;

	if (rp->step < 2) {
		rp->step = 1;
		if (!mutex_lock(mutex, call))
			return RTAPP_CALL;
		rp->step = 2;
	}
	if (cond_wait(rp, 2, &ev->res->cond, mutex, call) == RTAPP_CALL)
		return RTAPP_CALL;
	return mutex_unlock(mutex, call) ? RTAPP_LAST_CALL : RTAPP_DONE;
}

/* Lock, broadcast, unlock. */
static enum rtapp_step resume_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				   struct user_call *call)
{
	struct rtapp_mutex *mutex = &ev->mutex->mutex;

	if (rp->step < 2) {
		rp->step = 1;
		if (!mutex_lock(mutex, call))
			return RTAPP_CALL;
		rp->step = 2;
	}
	if (cond_broadcast(rp, 2, &ev->res->cond, call) == RTAPP_CALL)
		return RTAPP_CALL;
	return mutex_unlock(mutex, call) ? RTAPP_LAST_CALL : RTAPP_DONE;
}

/* The last one to arrive wakes the others and goes on. */
static enum rtapp_step barrier_step(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				    struct user_call *call)
{
	struct rtapp_barrier *b = &ev->res->barrier;

	if (!rp->step) {
		u64 n = __atomic_fetch_add(&b->arrivals, 1, __ATOMIC_SEQ_CST);

		rp->sync = &b->sync[n / b->users % 2];
		if (n % b->users != b->users - 1) {
			wait_for(call, rp->sync);
			return RTAPP_LAST_CALL;
		}
		rp->posts_left = b->users - 1;
		rp->step = 1;
	}
	if (!rp->posts_left)
		return RTAPP_DONE;
	rp->posts_left--;
	post(call, rp->sync);
	return RTAPP_CALL;
}

bool rtapp_wake_one(struct rtapp_resource *res, u32 woken, struct user_call *call)
{
	const struct rtapp_barrier *b = &res->barrier;
	u64 arrivals;

	if (res->type == RTAPP_COND) {
		if (!take_waiter(&res->cond.waiters))
			return false;
		post(call, &res->cond.sync);
		return true;
	}
	if (res->type != RTAPP_BARRIER)
		return false;
	arrivals = __atomic_load_n(&b->arrivals, __ATOMIC_SEQ_CST);
	/* without users there are no arrivals */
	if (!arrivals || woken >= arrivals % b->users)
		return false;
	post(call, &res->barrier.sync[arrivals / b->users % 2]);
	return true;
}

/* A name that begins with another one stands before it. */
const struct rtapp_kind rtapp_kinds[] = {
	{ .name = "runtime", .arg = RTAPP_ARG_USEC, .step = runtime_step },
	{ .name = "run", .arg = RTAPP_ARG_USEC, .step = run_step },
	{ .name = "sleep", .arg = RTAPP_ARG_USEC, .step = sleep_step },
	{ .name = "timer", .arg = RTAPP_ARG_TIMER, .takes_time = true, .step = timer_step },
	{ .name = "yield", .arg = RTAPP_ARG_ANY, .takes_time = true, .step = yield_step },
	{ .name = "lock", .arg = RTAPP_ARG_MUTEX, .lock_use = RTAPP_LOCK_TAKES, .step = lock_step },
	{ .name = "unlock", .arg = RTAPP_ARG_MUTEX, .lock_use = RTAPP_LOCK_DROPS, .step = unlock_step },
	{ .name = "wait", .arg = RTAPP_ARG_COND_MUTEX, .lock_use = RTAPP_LOCK_NEEDS, .takes_time = true,
	  .step = wait_step },
	{ .name = "signal", .arg = RTAPP_ARG_COND, .step = signal_step },
	{ .name = "broad", .arg = RTAPP_ARG_COND, .step = broad_step },
	{ .name = "sync", .arg = RTAPP_ARG_COND_MUTEX, .lock_use = RTAPP_LOCK_NEEDS, .takes_time = true,
	  .step = sync_step },
	{ .name = "suspend", .arg = RTAPP_ARG_TASK, .lock_use = RTAPP_LOCK_CYCLES, .takes_time = true,
	  .step = suspend_step },
	{ .name = "resume", .arg = RTAPP_ARG_TASK, .lock_use = RTAPP_LOCK_CYCLES, .step = resume_step },
	{ .name = "barrier", .arg = RTAPP_ARG_BARRIER, .step = barrier_step },
	{ .name = "mem" },
	{ .name = "iorun" },
	{ .name = "fork" },
	{ .name = NULL },
};

const struct rtapp_kind *rtapp_find_kind(const char *key)
{
	for (const struct rtapp_kind *kind = rtapp_kinds; kind->name; kind++)
		if (!strncmp(key, kind->name, strlen(kind->name)))
			return kind;
	return NULL;
}

bool rtapp_event_takes_time(const struct rtapp_event *ev)
{
	if (ev->kind->arg == RTAPP_ARG_BARRIER)
		return ev->res->barrier.users > 1;
	return ev->kind->takes_time || (ev->kind->arg == RTAPP_ARG_USEC && ev->ns);
}
