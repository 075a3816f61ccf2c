// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work in process context: a queue with one worker (kernel/kthread.c, kthread_worker) or with several
 * (kernel/workqueue.c, the unbound system workqueue).
 *
 * A work is pending from queueing until a worker takes it, then running. While it runs it can be queued
 * again; another worker does not take it before it has ended.
 */
#include "sched/core.h"

/* So many works of the system workqueue can sleep without keeping the others waiting, less one. */
#define NR_KWORKERS 4

struct worker {
	struct workqueue *q;
	struct task_struct *task;
	struct work *running;		/* (l) */
	bool idle;			/* (l) waits to be woken */
};

/* Somebody who waits for @runs more ends of @work. On his stack. */
struct flusher {
	const struct work *work;
	u32 runs;			/* (l) */
	struct completion done;
	struct flusher *next;		/* (l) */
};

/* (l) @lock */
struct workqueue {
	struct kernel *k;
	raw_spinlock_t lock;
	struct work *first, **last;	/* (l) */
	struct flusher *flushers;	/* (l) */
	u32 nr_workers;
	struct worker worker[];
};

struct kthread_worker {
	struct workqueue *q;
};

/* --- the queue; all with its lock held --- */

static bool is_running(const struct workqueue *q, const struct work *w)
{
	for (u32 i = 0; i < q->nr_workers; i++)
		if (q->worker[i].running == w)
			return true;
	return false;
}

static struct worker *idle_worker(struct workqueue *q)
{
	for (u32 i = 0; i < q->nr_workers; i++)
		if (q->worker[i].idle)
			return &q->worker[i];
	return NULL;
}

static struct work *take_work(struct workqueue *q)
{
	struct work **link, *w;

	for (link = &q->first; (w = *link); link = &w->next) {
		if (is_running(q, w))
			continue;
		*link = w->next;
		if (!w->next)
			q->last = link;
		w->pending = false;
		return w;
	}
	return NULL;
}

/* Take @w out of the list, if it is there. */
static void remove_work(struct workqueue *q, struct work *w)
{
	for (struct work **link = &q->first; *link; link = &(*link)->next) {
		if (*link != w)
			continue;
		*link = w->next;
		if (!w->next)
			q->last = link;
		break;
	}
}

static struct worker *append_work(struct workqueue *q, struct work *w)
{
	struct worker *idle = idle_worker(q);

	w->next = NULL;
	*q->last = w;
	q->last = &w->next;
	if (idle)
		idle->idle = false;
	return idle;
}

static void end_of_work(struct workqueue *q, const struct work *w)
{
	struct flusher **link = &q->flushers, *f;

	while ((f = *link)) {
		if (f->work != w || --f->runs) {
			link = &f->next;
			continue;
		}
		*link = f->next;
		complete(&f->done);
	}
}

/* --- workers --- */

static void worker_fn(void *arg)
{
	struct worker *me = arg;
	struct workqueue *q = me->q;

	while (!kthread_should_stop()) {
		struct work *w;

		raw_spin_lock_irq(&q->lock);
		w = take_work(q);
		me->running = w;
		me->idle = !w;
		if (!w)
			set_current_state(TASK_INTERRUPTIBLE);
		raw_spin_unlock_irq(&q->lock);
		if (!w) {
			/* kthread_stop() may have come before the state was set */
			if (!kthread_should_stop())
				schedule();
			WRITE_ONCE(current->__state, TASK_RUNNING);
			continue;
		}
		w->fn(w);
		raw_spin_lock_irq(&q->lock);
		me->running = NULL;
		end_of_work(q, w);
		raw_spin_unlock_irq(&q->lock);
		cond_resched();
	}
}

static struct workqueue *queue_create(struct kernel *k, u32 nr)
{
	struct workqueue *q = calloc(1, sizeof(*q) + nr * sizeof(q->worker[0]));

	if (!q)
		return NULL;
	q->k = k;
	q->last = &q->first;
	q->nr_workers = nr;
	for (u32 i = 0; i < nr; i++) {
		q->worker[i].q = q;
		q->worker[i].idle = true;
	}
	return q;
}

/* Any context; false: already pending. */
static bool queue_work_on(struct workqueue *q, struct work *w)
{
	bool off = raw_spin_lock_irqsave(&q->lock);
	struct worker *idle = NULL;
	bool queued = !w->pending;

	if (queued) {
		w->pending = true;
		idle = append_work(q, w);
	}
	raw_spin_unlock_irqrestore(&q->lock, off);
	if (idle)
		wake_up_process(idle->task);
	return queued;
}

/* Sleeps until @w is neither pending nor running, as far as it is now. */
static void flush_work(struct workqueue *q, struct work *w)
{
	struct flusher f = { .work = w };
	bool busy;

	init_completion(&f.done);
	raw_spin_lock_irq(&q->lock);
	f.runs = is_running(q, w) + w->pending;
	busy = f.runs;
	if (busy) {
		f.next = q->flushers;
		q->flushers = &f;
	}
	raw_spin_unlock_irq(&q->lock);
	if (busy)
		wait_for_completion(&f.done);
}

/* --- kthread_worker --- */

struct kthread_worker *kthread_worker_create(struct kernel *k, const char *name, int policy, int rt_priority)
{
	struct kthread_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->q = queue_create(k, 1);
	if (!w->q)
		goto err;
	w->q->worker[0].task =
		kthread_create(k, worker_fn, &w->q->worker[0], policy, 0, rt_priority, NULL, "%s", name);
	if (!w->q->worker[0].task)
		goto err;
	return w;
err:
	free(w->q);
	free(w);
	return NULL;
}

/* Works that are queued are carried out first; none may come any more. */
void kthread_worker_destroy(struct kthread_worker *w)
{
	struct work *last;

	while ((last = READ_ONCE(w->q->first)))
		flush_work(w->q, last);
	kthread_stop(w->q->worker[0].task);
	free(w->q);
	free(w);
}

void kthread_worker_free(struct kthread_worker *w)
{
	if (w)
		free(w->q);
	free(w);
}

bool kthread_queue_work(struct kthread_worker *w, struct work *work)
{
	return queue_work_on(w->q, work);
}

void kthread_flush_work(struct kthread_worker *w, struct work *work)
{
	flush_work(w->q, work);
}

/* --- the system workqueue --- */

int workqueue_create(struct kernel *k)
{
	struct workqueue *q = queue_create(k, NR_KWORKERS);

	if (!q)
		return -ENOMEM;
	k->system_wq = q;
	for (u32 i = 0; i < q->nr_workers; i++) {
		q->worker[i].task = kthread_create(k, worker_fn, &q->worker[i], SCHED_NORMAL, 0, 0, NULL,
						   "kworker/u%u:%u", k->nr_cpus, i);
		if (!q->worker[i].task)
			return -ENOMEM;
		q->worker[i].task->flags |= PF_WQ_WORKER;
	}
	return 0;
}

void workqueue_destroy(struct kernel *k)
{
	free(k->system_wq);
}

bool queue_work(struct kernel *k, struct work *work)
{
	return queue_work_on(k->system_wq, work);
}

static void delayed_work_timer_fn(struct mevent *ev)
{
	struct delayed_work *dw = container_of(ev, struct delayed_work, timer);
	struct workqueue *q = dw->k->system_wq;
	bool off = raw_spin_lock_irqsave(&q->lock);
	struct worker *idle = NULL;

	/* cleared by a cancel that came while we waited for the lock */
	if (dw->timer_armed) {
		dw->timer_armed = false;
		idle = append_work(q, &dw->work);
	}
	raw_spin_unlock_irqrestore(&q->lock, off);
	if (idle)
		wake_up_process(idle->task);
}

/* q->lock; @dw is pending from here on. */
static void arm_delayed_work(struct kernel *k, struct delayed_work *dw, u64 delay_ns)
{
	dw->k = k;
	dw->work.pending = true;
	dw->timer_armed = true;
	mach_event_init(&dw->timer, delayed_work_timer_fn);
	mach_event_arm(k->m, &dw->timer, smp_processor_id(), mach_now() + delay_ns);
}

/* q->lock; @dw is not pending any more. */
static void unqueue_delayed_work(struct workqueue *q, struct delayed_work *dw)
{
	if (!dw->work.pending)
		return;
	if (dw->timer_armed) {
		dw->timer_armed = false;
		mach_event_cancel(q->k->m, &dw->timer);
	} else {
		remove_work(q, &dw->work);
	}
	dw->work.pending = false;
	end_of_work(q, &dw->work);
}

bool queue_delayed_work(struct kernel *k, struct delayed_work *dw, u64 delay_ns)
{
	struct workqueue *q = k->system_wq;
	bool off = raw_spin_lock_irqsave(&q->lock);
	bool queued = !dw->work.pending;

	if (queued)
		arm_delayed_work(k, dw, delay_ns);
	raw_spin_unlock_irqrestore(&q->lock, off);
	return queued;
}

void mod_delayed_work(struct kernel *k, struct delayed_work *dw, u64 delay_ns)
{
	struct workqueue *q = k->system_wq;
	bool off = raw_spin_lock_irqsave(&q->lock);

	unqueue_delayed_work(q, dw);
	arm_delayed_work(k, dw, delay_ns);
	raw_spin_unlock_irqrestore(&q->lock, off);
}

/* Works of this kind may queue themselves again while they run: until that stops. */
void cancel_delayed_work_sync(struct kernel *k, struct delayed_work *dw)
{
	struct workqueue *q = k->system_wq;

	for (;;) {
		bool off = raw_spin_lock_irqsave(&q->lock), running;

		unqueue_delayed_work(q, dw);
		running = is_running(q, &dw->work);
		raw_spin_unlock_irqrestore(&q->lock, off);
		if (!running)
			return;
		flush_work(q, &dw->work);
	}
}
