// SPDX-License-Identifier: GPL-2.0-only
#include "sched/ext/rwsem.h"

/* On the stack of the task that waits. */
struct rwsem_waiter {
	struct task_struct *task;
	struct rwsem_waiter *next;
	bool woken;
};

void rwsem_init(struct rwsem *s)
{
	*s = (struct rwsem){ 0 };
	s->last = &s->first;
}

/* Sleep until wake_all(); s->lock is held on entry and on return. */
static void wait_locked(struct rwsem *s)
{
	struct rwsem_waiter w = { .task = current };

	*s->last = &w;
	s->last = &w.next;
	while (!w.woken) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		raw_spin_unlock_irq(&s->lock);
		schedule();
		raw_spin_lock_irq(&s->lock);
	}
	__atomic_store_n(&current->__state, TASK_RUNNING, __ATOMIC_RELAXED);
}

/* Everybody looks again: the waiters are few (loading, and forks at that moment). */
static void wake_all_locked(struct rwsem *s)
{
	struct rwsem_waiter *w = s->first, *next;

	s->first = NULL;
	s->last = &s->first;
	for (; w; w = next) {
		next = w->next;		/* @w is gone once it has been woken and the lock is dropped */
		w->woken = true;
		wake_up_process(w->task);
	}
}

void down_read(struct rwsem *s)
{
	raw_spin_lock_irq(&s->lock);
	while (s->writer || s->writers_waiting)
		wait_locked(s);
	s->readers++;
	raw_spin_unlock_irq(&s->lock);
}

void up_read(struct rwsem *s)
{
	raw_spin_lock_irq(&s->lock);
	if (!--s->readers)
		wake_all_locked(s);
	raw_spin_unlock_irq(&s->lock);
}

/* Writers come one at a time: the enable mutex is held, or nobody else is left. */
void down_write(struct rwsem *s)
{
	raw_spin_lock_irq(&s->lock);
	if (!s->synced) {
		s->synced = true;
		raw_spin_unlock_irq(&s->lock);
		synchronize_rcu();
		raw_spin_lock_irq(&s->lock);
	}
	s->writers_waiting++;
	while (s->writer || s->readers)
		wait_locked(s);
	s->writers_waiting--;
	s->writer = true;
	raw_spin_unlock_irq(&s->lock);
}

static void writer_exit_rcufn(void *arg)
{
	struct rwsem *s = arg;
	bool off = raw_spin_lock_irqsave(&s->lock);

	if (!--s->exits && !s->writer && !s->writers_waiting)
		s->synced = false;
	raw_spin_unlock_irqrestore(&s->lock, off);
}

void up_write(struct rwsem *s)
{
	raw_spin_lock_irq(&s->lock);
	s->writer = false;
	s->exits++;
	wake_all_locked(s);
	raw_spin_unlock_irq(&s->lock);
	mach_call_rcu(this_mcpu->m, writer_exit_rcufn, s);
}
