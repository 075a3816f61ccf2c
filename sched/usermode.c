// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU's own context does: be idle, or run the program that is current.
 *
 * Programs share that context, so nothing about them may be on its stack when schedule() is called: it
 * returns as another task. A system call that sleeps is therefore written as steps, each of which looks at
 * the state of the call anew. Calls that would be awkward in this form (fork, affinity, exit) get a context
 * of their own while they last; those can sleep anywhere and be preempted, as in the kernel.
 */
#include "sched/core.h"

/* --- contexts for long system calls --- */

/* The current program's @call, which may sleep: in a sysctx. */
static void long_call(struct kernel *k, struct task_struct *p, const struct user_call *call)
{
	struct task_spec *s = call->spec;
	struct task_sched_attr attr;
	struct task_struct *child;
	struct fork_args fork;

	switch (call->op) {
	case USER_SETATTR:
		if (call->policy == p->policy && fair_policy(p->policy)) {
			set_user_nice(p, call->nice);
			break;
		}
		attr = (struct task_sched_attr){ call->policy, call->nice, call->rt_priority };
		__sched_setscheduler(p, &attr);
		break;
	case USER_SETAFFINITY:
		__sched_setaffinity(p, call->mask);
		break;
	case USER_SPAWN:
		fork = (struct fork_args){
			.comm = s->comm,
			.policy = s->policy,
			.nice = s->nice,
			.rt_priority = s->rt_priority,
			.mask = s->mask,
			.up = &s->program,
			.parent = p,
		};
		if (!copy_process(k, &fork, &child)) {
			wake_up_new_task(child);
		} else {
			kernel_printk(k, "fork of %s by %s[%d] failed", s->comm, p->comm, p->pid);
			s->program->ops->free(s->program);
			s->program = NULL;
		}
		break;
	case USER_EXIT:
		exit_prepare(p);
		break;
	default:
		assert_sched(false, "not a long system call");
	}
}

static void sysctx_main(void *arg)
{
	struct sysctx *s = arg;

	for (;;) {
		struct task_struct *p;
		struct task_priv *tp;

		finish_pending_switch();
		p = current;
		tp = task_priv(p);
		long_call(s->k, p, &tp->call);
		/* back to the context of the CPU that it is on now, which gives this one back */
		local_irq_disable();
		tp->ctx = NULL;
		tp->in_call = tp->call.op == USER_EXIT;
		rq_priv(this_rq())->released = s;
		mach_switch_to(this_mcpu->m->cpu_ctx[smp_processor_id()]);
	}
}

static struct sysctx *sysctx_get(struct kernel *k)
{
	bool off = raw_spin_lock_irqsave(&k->sysctx_lock);
	struct sysctx *s = k->free_sysctx;

	if (s) {
		k->free_sysctx = s->next;
	} else if ((s = calloc(1, sizeof(*s)))) {
		/* on the list at once: the machine may be stopped whenever a lock is taken, and this CPU with it */
		s->k = k;
		s->all_next = k->all_sysctx;
		k->all_sysctx = s;
	}
	raw_spin_unlock_irqrestore(&k->sysctx_lock, off);
	if (!s || s->ctx)
		return s;
	s->ctx = mach_ctx_create(k->m, KTHREAD_STACK, sysctx_main, s);
	if (s->ctx)
		return s;
	off = local_irq_save();
	sysctx_release(s);
	local_irq_restore(off);
	return NULL;
}

/* Interrupts off, not on @s any more. */
void sysctx_release(struct sysctx *s)
{
	raw_spin_lock(&s->k->sysctx_lock);
	s->next = s->k->free_sysctx;
	s->k->free_sysctx = s;
	raw_spin_unlock(&s->k->sysctx_lock);
}

/* Outside, when the machine is gone, and the contexts with it. */
void sysctx_free_all(struct kernel *k)
{
	struct sysctx *s;

	while ((s = k->all_sysctx)) {
		k->all_sysctx = s->all_next;
		free(s);
	}
}

/* Returns as whatever runs on this CPU's context next. False: no memory, nothing was done. */
static bool enter_long_call(struct kernel *k, struct task_priv *tp)
{
	struct sysctx *s = sysctx_get(k);

	if (!s)
		return false;
	local_irq_disable();
	tp->ctx = s->ctx;
	mach_switch_to(s->ctx);
	finish_pending_switch();
	return true;
}

/* --- computing --- */

/* Below this many ns the rest of a timed computation is done at once, however slow the CPU is. */
#define TIMED_GRAIN_NS 200

/* Compute for @ns of time or less: whether the CPU's siblings are busy, and slow it down, changes at any moment. */
static void run_for(u64 ns)
{
	u64 work = ns <= TIMED_GRAIN_NS ? ns : ns * rq_priv(this_rq())->min_speed / 1024;

	mach_run_user(work ? work : 1);
}

static u64 cpu_time(const struct task_struct *p)
{
	u64 now = mach_now(), since = READ_ONCE(p->se.exec_start);

	/* p is current: what it was not charged yet counts */
	return READ_ONCE(p->se.sum_exec_runtime) + (now > since ? now - since : 0);
}

/* Returns whether the computation is complete. */
static bool compute(struct task_struct *p, struct task_priv *tp)
{
	u64 start = mach_now(), t;

	switch (tp->call.op) {
	case USER_RUN:
		t = mach_run_user(tp->work_left);
		if (tp->work_left != ~0ull)
			tp->work_left -= t;
		break;
	case USER_RUN_CPU:
		t = cpu_time(p);
		tp->work_left = t < tp->run_until ? tp->run_until - t : 0;
		if (tp->work_left)
			run_for(tp->work_left);
		break;
	default:
		tp->work_left = start < tp->call.ns ? tp->call.ns - start : 0;
		if (tp->work_left)
			run_for(tp->work_left);
	}
	p->utime += mach_now() - start;
	return !tp->work_left;
}

/* --- short system calls: a step each time the task runs; another task may be current afterwards --- */

static void sleep_timer_fn(struct mevent *ev)
{
	wake_up_process(container_of(ev, struct task_priv, timer)->p);
}

static void sleep_step(struct task_struct *p, struct task_priv *tp)
{
	struct machine *m = this_mcpu->m;

	mach_event_cancel(m, &tp->timer);
	if (mach_now() >= tp->call.ns) {
		tp->in_call = false;
		return;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	mach_event_init(&tp->timer, sleep_timer_fn);
	mach_event_arm(m, &tp->timer, smp_processor_id(), tp->call.ns);
	schedule();
}

/* @first: the call begins */
static void wait_step(struct task_struct *p, struct task_priv *tp, bool first)
{
	struct user_sync *s = tp->call.sync;

	raw_spin_lock_irq(&s->lock);
	if (first && s->posts) {
		s->posts--;
	} else if (first) {
		tp->waits_for = s;
		tp->sync_next = NULL;
		if (s->last)
			task_priv(s->last)->sync_next = p;
		else
			s->first = p;
		s->last = p;
	}
	if (!tp->waits_for) {
		tp->in_call = false;
		raw_spin_unlock_irq(&s->lock);
		return;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	raw_spin_unlock_irq(&s->lock);
	schedule();
}

static void post(const struct user_call *call)
{
	struct user_sync *s = call->sync;
	int flags = call->sync_wakeup ? WF_SYNC : 0;
	struct task_struct *w;

	raw_spin_lock_irq(&s->lock);
	w = s->first;
	if (w) {
		s->first = task_priv(w)->sync_next;
		if (!s->first)
			s->last = NULL;
		WRITE_ONCE(task_priv(w)->waits_for, NULL);
	} else {
		s->posts++;
	}
	raw_spin_unlock_irq(&s->lock);
	/* it cannot be freed before this CPU leaves the kernel */
	if (w)
		try_to_wake_up(w, TASK_NORMAL, flags);
}

/* --- the loop --- */

static void begin_call(struct kernel *k, struct task_struct *p, struct task_priv *tp)
{
	struct user_call *call = &tp->call;

	mach_sync();
	*call = (struct user_call){ 0 };
	tp->up->ops->next(tp->up, k, p, mach_now(), call);
	tp->in_call = true;
	tp->work_left = call->ns;
	switch (call->op) {
	case USER_RUN:
	case USER_RUN_UNTIL:
		/* a program that does nothing at all must not stop the clock */
		if (!call->ns)
			mach_charge(1);
		break;
	case USER_RUN_CPU:
		tp->run_until = cpu_time(p) + call->ns;
		if (!call->ns)
			mach_charge(1);
		break;
	default:
		mach_charge(costs()->kernel_entry_ns);
	}
}

/* One step of the current program: until it is done, or something is due that only schedule() can do. */
static void user_step(struct kernel *k)
{
	struct task_struct *p = current;
	struct task_priv *tp = task_priv(p);
	bool first = !tp->in_call;

	if (first)
		begin_call(k, p, tp);
	switch (tp->call.op) {
	case USER_RUN:
	case USER_RUN_CPU:
	case USER_RUN_UNTIL:
		if (!tp->work_left || compute(p, tp))
			tp->in_call = false;
		break;
	case USER_SLEEP_UNTIL:
		sleep_step(p, tp);
		break;
	case USER_YIELD:
		tp->in_call = false;
		do_sched_yield();
		break;
	case USER_WAIT:
		wait_step(p, tp, first);
		break;
	case USER_POST:
		tp->in_call = false;
		post(&tp->call);
		break;
	case USER_EXIT:
		/* twice: in a context of its own what can sleep, then the last switch from the CPU's */
		if (READ_ONCE(p->flags) & PF_EXITING)
			do_task_dead();
		else if (!enter_long_call(k, tp))
			exit_prepare(p);
		break;
	default:
		if (!enter_long_call(k, tp))
			tp->in_call = false;
	}
}

void cpu_main(void *kern, struct mcpu *c)
{
	struct kernel *k = kern;

	local_irq_enable();
	mach_tick_start();
	for (;;) {
		if (is_idle_task(current))
			do_idle();
		else if (READ_ONCE(current->thread_info.flags) & (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY))
			schedule();
		else
			user_step(k);
	}
}
