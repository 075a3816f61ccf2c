// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping primitives, for tasks with a context of their own. Waiters are served first come, first served. */
#include "sched/core.h"

/* --- lists of waiters, under the lock of what is waited for --- */

static void wait_add(struct wait_entry ***last, struct wait_entry *w)
{
	w->task = current;
	w->next = NULL;
	w->woken = false;
	**last = w;
	*last = &w->next;
}

static struct wait_entry *wait_pop(struct wait_entry **first, struct wait_entry ***last)
{
	struct wait_entry *w = *first;

	if (w) {
		*first = w->next;
		if (!w->next)
			*last = first;
	}
	return w;
}

/* Sleep until wait_wake(w); @lock, taken with interrupts off, is dropped meanwhile. */
static void wait_sleep(struct wait_entry *w, raw_spinlock_t *lock)
{
	do {
		set_current_state(TASK_UNINTERRUPTIBLE);
		raw_spin_unlock_irq(lock);
		schedule();
		raw_spin_lock_irq(lock);
	} while (!w->woken);
	WRITE_ONCE(current->__state, TASK_RUNNING);
}

/* @w is on the sleeper's stack and can be gone as soon as the lock is dropped. */
static void wait_wake(struct wait_entry *w)
{
	struct task_struct *p = w->task;

	w->woken = true;
	wake_up_process(p);
}

/* --- completions --- */

void init_completion(struct completion *c)
{
	*c = (struct completion){ .last = &c->first };
}

/* Any context. Lets one wait_for_completion() through. */
void complete(struct completion *c)
{
	bool off = raw_spin_lock_irqsave(&c->lock);
	struct wait_entry *w = wait_pop(&c->first, &c->last);

	if (w)
		wait_wake(w);
	else if (c->done != ~0u)
		c->done++;
	raw_spin_unlock_irqrestore(&c->lock, off);
	preempt_check();
}

void complete_all(struct completion *c)
{
	bool off = raw_spin_lock_irqsave(&c->lock);
	struct wait_entry *w;

	c->done = ~0u;
	while ((w = wait_pop(&c->first, &c->last)))
		wait_wake(w);
	raw_spin_unlock_irqrestore(&c->lock, off);
	preempt_check();
}

void wait_for_completion(struct completion *c)
{
	struct wait_entry w;

	raw_spin_lock_irq(&c->lock);
	if (c->done) {
		if (c->done != ~0u)
			c->done--;
	} else {
		wait_add(&c->last, &w);
		wait_sleep(&w, &c->lock);
	}
	raw_spin_unlock_irq(&c->lock);
}

/* --- mutexes --- */

void mutex_init(struct mutex *m)
{
	*m = (struct mutex){ .last = &m->first };
}

void mutex_lock(struct mutex *m)
{
	struct wait_entry w;

	raw_spin_lock_irq(&m->lock);
	assert_sched(m->owner != current, "mutex is held by its own task already");
	if (m->owner) {
		wait_add(&m->last, &w);
		wait_sleep(&w, &m->lock);
	} else {
		m->owner = current;
	}
	raw_spin_unlock_irq(&m->lock);
	preempt_check();
}

/* The first waiter gets it from hand to hand, so none is passed over. */
void mutex_unlock(struct mutex *m)
{
	struct wait_entry *w;

	raw_spin_lock_irq(&m->lock);
	assert_sched(m->owner == current, "mutex is not held by this task");
	w = wait_pop(&m->first, &m->last);
	m->owner = w ? w->task : NULL;
	if (w)
		wait_wake(w);
	raw_spin_unlock_irq(&m->lock);
	preempt_check();
}

/* --- time --- */

static void wakeup_timer_fn(struct mevent *ev)
{
	wake_up_process(container_of(ev, struct task_priv, timer)->p);
}

void schedule_timeout_ns(u64 ns)
{
	struct task_priv *tp = task_priv(current);

	mach_event_init(&tp->timer, wakeup_timer_fn);
	set_current_state(TASK_INTERRUPTIBLE);
	mach_event_arm(this_mcpu->m, &tp->timer, smp_processor_id(), mach_now() + ns);
	schedule();
	mach_event_cancel(this_mcpu->m, &tp->timer);
	WRITE_ONCE(current->__state, TASK_RUNNING);
}

/* Outside callers pass @k; the calling task is current. */
void kernel_sleep_until(struct kernel *k, u64 when_ns)
{
	while (mach_now() < when_ns)
		schedule_timeout_ns(when_ns - mach_now());
}

static void synchronize_rcu_fn(void *arg)
{
	complete(arg);
}

void synchronize_rcu(void)
{
	struct completion done;

	init_completion(&done);
	mach_call_rcu(this_mcpu->m, synchronize_rcu_fn, &done);
	wait_for_completion(&done);
}
