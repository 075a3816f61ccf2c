// SPDX-License-Identifier: GPL-2.0-only
/*
 * How tasks from outside come to be: a task named "launcher" sleeps until the start of the next one is due
 * and forks it, as a shell does.
 */
#include <stdio.h>

#include "sched/core.h"

#define COMM_MAX 64

/* A task to be forked. */
struct launch {
	struct launch *next;
	u64 start_ns;
	struct task_spec spec;		/* comm points at @comm, mask at @mask */
	char comm[COMM_MAX];
	struct cpumask *mask;		/* guest memory, NULL: all CPUs */
	/* of a thread */
	void (*fn)(void *arg);
	void *arg;
	size_t stack;
	s32 pid;
};

struct launcher {
	struct kernel *k;
	struct launch *inbox;		/* newest first; atomic, filled from outside */
	struct launch *now;		/* launcher only: being forked */
	struct launch *due;		/* launcher only: by start_ns, equal ones as they were added */
	struct mevent timer;		/* armed for the first start, from outside and by the launcher */
};

static void launch_timer_fn(struct mevent *ev)
{
	wake_up_process(container_of(ev, struct launcher, timer)->k->launcher);
}

static void launch_free(struct kernel *k, struct launch *l)
{
	if (l->mask)
		kobj_free(k, k->cpumask_slab, l->mask);
	free(l);
}

/* Both are sorted; of equal ones those of @a are first. */
static struct launch *merge(struct launch *a, struct launch *b)
{
	struct launch *list, **last = &list;

	while (a && b) {
		struct launch **from = b->start_ns < a->start_ns ? &b : &a;

		*last = *from;
		last = &(*from)->next;
		*from = *last;
	}
	*last = a ? a : b;
	return list;
}

/* The first @n of *@from, sorted; *@from becomes the rest. */
static struct launch *sort(struct launch **from, u32 n)
{
	struct launch *l, *half;

	if (n > 1) {
		half = sort(from, n / 2);
		return merge(half, sort(from, n - n / 2));
	}
	l = *from;
	*from = l->next;
	l->next = NULL;
	return l;
}

/* Sort what came in meanwhile into the list. */
static void take_inbox(struct launcher *ln)
{
	struct launch *in, *l, *fifo = NULL;
	u32 n = 0;

	in = __atomic_exchange_n(&ln->inbox, NULL, __ATOMIC_ACQUIRE);
	while ((l = in)) {
		in = l->next;
		l->next = fifo;
		fifo = l;
		n++;
	}
	if (n)
		ln->due = merge(ln->due, sort(&fifo, n));
}

static void launch(struct kernel *k, struct launch *l)
{
	struct fork_args a = {
		.comm = l->comm,
		.policy = l->spec.policy,
		.nice = l->spec.nice,
		.rt_priority = l->spec.rt_priority,
		.mask = l->mask,
		.up = l->spec.program ? &l->spec.program : NULL,
		.fn = l->fn,
		.arg = l->arg,
		.stack = l->stack,
		.loader = l->fn,
		.parent = k->init,
		.pid = l->pid,
	};
	struct task_struct *p;
	int err = copy_process(k, &a, &p);
	bool off;

	if (!err)
		wake_up_new_task(p);
	if (!a.up)
		return;
	/* copy_process() has counted it again */
	off = raw_spin_lock_irqsave(&k->tasks_lock);
	k->nr_user_tasks--;
	raw_spin_unlock_irqrestore(&k->tasks_lock, off);
	if (err) {
		kernel_printk(k, "fork of %s failed: %s", l->comm, strerror(-err));
		l->spec.program->ops->free(l->spec.program);
		l->spec.program = NULL;
	}
}

static void launcher_fn(void *arg)
{
	struct launcher *ln = arg;
	struct kernel *k = ln->k;

	for (;;) {
		struct launch *l;

		set_current_state(TASK_INTERRUPTIBLE);
		take_inbox(ln);
		l = ln->due;
		if (l && l->start_ns <= mach_now()) {
			WRITE_ONCE(current->__state, TASK_RUNNING);
			ln->due = l->next;
			l->next = NULL;
			ln->now = l;
			launch(k, l);
			ln->now = NULL;
			launch_free(k, l);
			continue;
		}
		if (l)
			mach_event_arm(k->m, &ln->timer, smp_processor_id(), l->start_ns);
		schedule();
	}
}

int launch_create(struct kernel *k)
{
	struct launcher *ln = calloc(1, sizeof(*ln));
	struct fork_args a = {
		.comm = "launcher", .fn = launcher_fn, .arg = ln, .stack = KTHREAD_STACK, .parent = k->init,
	};
	int err;

	if (!ln)
		return -ENOMEM;
	k->launch = ln;
	ln->k = k;
	ln->timer.fn = launch_timer_fn;
	err = copy_process(k, &a, &k->launcher);
	if (!err)
		WRITE_ONCE(k->launcher->__state, TASK_INTERRUPTIBLE);
	return err;
}

static void drop_launches(struct kernel *k, struct launch *l)
{
	for (struct launch *next; l; l = next) {
		next = l->next;
		if (l->spec.program)
			l->spec.program->ops->free(l->spec.program);
		/* its mask goes with the guest memory */
		free(l);
	}
}

void launch_destroy(struct kernel *k)
{
	if (!k->launch)
		return;
	drop_launches(k, k->launch->now);
	drop_launches(k, k->launch->inbox);
	drop_launches(k, k->launch->due);
	free(k->launch);
}

/* --- from outside --- */

static void submit(struct kernel *k, struct launch *l)
{
	struct launcher *ln = k->launch;

	l->next = __atomic_load_n(&ln->inbox, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&ln->inbox, &l->next, l, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	if (!ln->timer.pos || l->start_ns < ln->timer.when_ns)
		mach_event_arm(k->m, &ln->timer, 0, l->start_ns);
}

static struct launch *launch_new(const char *comm, u64 start_ns)
{
	struct launch *l = calloc(1, sizeof(*l));

	if (l) {
		snprintf(l->comm, sizeof(l->comm), "%s", comm);
		l->start_ns = start_ns;
	}
	return l;
}

int kernel_add_task(struct kernel *k, const struct task_spec *spec, u64 start_ns)
{
	struct launch *l;

	if ((!rt_policy(spec->policy) && !fair_policy(spec->policy)) || spec->nice < -20 || spec->nice > 19 ||
	    rt_policy(spec->policy) != (spec->rt_priority != 0) || spec->rt_priority >= MAX_RT_PRIO)
		return -EINVAL;
	if (spec->mask && !cpumask_intersects(spec->mask, k->possible_mask, k->nr_cpus))
		return -EINVAL;
	l = launch_new(spec->comm, start_ns);
	if (!l)
		return -ENOMEM;
	l->spec = *spec;
	if (spec->mask) {
		l->mask = kslab_alloc(k->cpumask_slab);
		if (!l->mask) {
			free(l);
			return -ENOMEM;
		}
		cpumask_and(l->mask, spec->mask, k->possible_mask, k->nr_cpus);
	}
	/* counted from now on, so that a run does not end before its last task has begun */
	k->nr_user_tasks++;
	submit(k, l);
	return 0;
}

int kernel_add_thread(struct kernel *k, const char *comm, size_t stack, void (*fn)(void *), void *arg,
		      u64 start_ns)
{
	struct launch *l = launch_new(comm, start_ns);

	if (!l)
		return -ENOMEM;
	l->fn = fn;
	l->arg = arg;
	l->stack = stack;
	l->pid = k->next_pid++;
	submit(k, l);
	return l->pid;
}
