// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_timer: timers in map values (kernel/bpf/helpers.c).
 *
 * A timer fires on the CPU that armed it, in interrupt context. The kernel has them in softirqs, where interrupts
 * are on; here they are off, and callbacks are not told apart by that (see defers()).
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "bpf/prog.h"
#include "bpf/run.h"
#include "bpf/timer.h"
#include "sched/kernel.h"
#include "sched/sched.h"

#define MAX_CLOCKS 16

struct btimer {
	struct mevent ev;		/* first member */
	struct bpf_rt *rt;
	struct field *field;		/* NULL: freed; it exists because of its other references */
	u32 refs;			/* the field's, that of a callback that runs, that of @work */
	u32 clock;
	struct bprog *prog;		/* NULL: no callback is set */
	u64 entry;			/* of the callback */
	u32 cancelling;			/* callbacks that wait in bpf_timer_cancel() for this one */
	long running;			/* its callback runs */
	int running_cpu;
	/* a start that waits for interrupts to be on (7.x) */
	struct irq_work work;
	bool work_queued;
	u64 work_nsecs, work_flags;
	struct btimer *next, **pprev;	/* all of the runtime */
};

static struct bpf_cpu *this_bpf_cpu(struct bpf_rt *rt)
{
	return &rt->cpu[this_mcpu ? (u32)this_mcpu->id : rt->nr_cpus];
}

static void put(struct btimer *t)
{
	if (--t->refs)
		return;
	*t->pprev = t->next;
	if (t->next)
		t->next->pprev = t->pprev;
	free(t);
}

static void set_prog(struct btimer *t, struct bprog *p, u64 entry)
{
	struct bprog *old = t->prog;

	if (p)
		bpf_obj_get(&p->obj);
	t->prog = p;
	t->entry = entry;
	if (old)
		bpf_obj_put(&old->obj);
}

/* --- firing --- */

static void fire(struct mevent *ev)
{
	struct btimer *t = (struct btimer *)ev;
	struct bprog *p = t->prog;
	struct bpf_cpu *c = this_bpf_cpu(t->rt);

	if (!p)
		return;
	/* neither goes while the callback runs, whatever it does */
	t->refs++;
	bpf_obj_get(&p->obj);
	t->running_cpu = this_mcpu->id;
	WRITE_ONCE(t->running, 1);
	c->timer = t;
	c->timer_nest = c->nest + 1;
	bprog_call_back(p, t->entry, t->field->m, t->field->value);
	c->timer = NULL;
	WRITE_ONCE(t->running, 0);
	mach_wake_word(&t->running);
	bpf_obj_put(&p->obj);
	put(t);
}

static void arm(struct btimer *t, u64 nsecs, u64 flags)
{
	u64 when = flags & BPF_F_TIMER_ABS ? nsecs : mach_now() + nsecs;

	/* 64-bit times are signed and do not overflow (ktime_add_safe) */
	if (when > INT64_MAX)
		when = INT64_MAX;
	mach_event_arm(this_mcpu->m, &t->ev, t->running ? t->running_cpu : this_mcpu->id, when);
}

static void start_deferred(struct irq_work *w)
{
	struct btimer *t = (struct btimer *)((char *)w - offsetof(struct btimer, work));

	t->work_queued = false;
	if (t->field)
		arm(t, t->work_nsecs, t->work_flags);
	put(t);
}

/* --- helpers --- */

static struct field *timer_arg(struct bpf_exec *x, u64 addr, const char *func)
{
	struct field *f = field_at(run_rt(x), addr, FIELD_TIMER);

	if (!f)
		bpf_fault(x, BPF_FAULT_ARG, addr, 16,
			  "%s: argument 1 must be a struct bpf_timer in a value of a map, got 0x%llx", func,
			  (unsigned long long)addr);
	return f;
}

/*
 * 7.x does what needs hrtimers' locks later when interrupts are off (defer_timer_wq_op). The callback of a timer
 * itself is in a softirq there.
 */
static bool defers(struct bpf_exec *x)
{
	struct bpf_cpu *c = this_bpf_cpu(run_rt(x));

	if (!run_rt(x)->v7 || !this_mcpu || !irqs_disabled())
		return false;
	return !c->timer || c->nest != c->timer_nest;
}

u64 bpf_timer_init(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = timer_arg(x, a[0], "bpf_timer_init");
	struct bpf_rt *rt = run_rt(x);
	struct btimer *t;

	if (!f)
		return 0;
	if (f->m != bmap_of(rt, a[1])) {
		bpf_fault(x, BPF_FAULT_ARG, a[1], 0,
			  "bpf_timer_init: argument 2 must be map %s, which the timer is in, got map %s", f->m->name,
			  bmap_of(rt, a[1])->name);
		return 0;
	}
	if (a[2] != CLOCK_MONOTONIC && a[2] != CLOCK_REALTIME && a[2] != CLOCK_BOOTTIME)
		return -EINVAL;
	if (f->timer)
		return -EBUSY;
	if (!f->m->obj.users)
		return -EPERM;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->ev.fn = fire;
	t->work.fn = start_deferred;
	t->rt = rt;
	t->field = f;
	t->refs = 1;
	t->clock = a[2];
	t->next = rt->timers;
	t->pprev = &rt->timers;
	if (t->next)
		t->next->pprev = &t->next;
	rt->timers = t;
	f->timer = t;
	return 0;
}

u64 bpf_timer_set_callback(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = timer_arg(x, a[0], "bpf_timer_set_callback");

	if (!f)
		return 0;
	if (!f->timer)
		return -EINVAL;
	if (!run_rt(x)->v7 && !f->m->obj.users)
		return -EPERM;
	set_prog(f->timer, run_prog(x), a[1]);
	return 0;
}

u64 bpf_timer_start(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = timer_arg(x, a[0], "bpf_timer_start");
	struct btimer *t;

	if (!f)
		return 0;
	if (a[2] & ~(u64)(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN))
		return -EINVAL;
	t = f->timer;
	if (!t || !t->prog)
		return -EINVAL;
	if (t->clock == CLOCK_REALTIME && a[2] & BPF_F_TIMER_ABS) {
		bpf_fault(x, BPF_FAULT_ARG, a[2], 0,
			  "bpf_timer_start: BPF_F_TIMER_ABS of CLOCK_REALTIME is not supported: programs have no wall "
			  "clock; use CLOCK_MONOTONIC");
		return 0;
	}
	if (!this_mcpu)
		return 0;
	if (!defers(x)) {
		arm(t, a[1], a[2]);
		return 0;
	}
	t->work_nsecs = a[1];
	t->work_flags = a[2];
	if (!t->work_queued) {
		t->work_queued = true;
		t->refs++;
		irq_work_queue(&t->work);
	}
	return 0;
}

/* hrtimer_cancel(): waits for a callback that runs on another CPU; was it armed? The caller holds a reference. */
static u64 cancel_sync(struct btimer *t)
{
	bool armed;

	if (!this_mcpu)
		return 0;
	while (READ_ONCE(t->running))
		mach_wait_word(&t->running, 1);
	armed = t->ev.pos;
	mach_event_cancel(this_mcpu->m, &t->ev);
	return armed;
}

u64 bpf_timer_cancel(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = timer_arg(x, a[0], "bpf_timer_cancel");
	struct btimer *t, *cur = this_bpf_cpu(run_rt(x))->timer;
	u64 ret;

	if (!f)
		return 0;
	if (defers(x))
		return -EOPNOTSUPP;
	t = f->timer;
	if (!t)
		return -EINVAL;
	/* it would wait for itself, or for one that waits for it */
	if (cur == t || (cur && cur->cancelling))
		return -EDEADLK;
	t->refs++;
	t->cancelling += cur != NULL;
	set_prog(t, NULL, 0);
	ret = cancel_sync(t);
	t->cancelling -= cur != NULL;
	put(t);
	return ret;
}

void btimer_cancel_and_free(struct field *f)
{
	struct btimer *t = f->timer;

	if (!t)
		return;
	f->timer = NULL;
	t->field = NULL;
	if (t->ev.pos)
		mach_event_cancel(kernel_machine(t->rt->k), &t->ev);
	set_prog(t, NULL, 0);
	put(t);
}

void btimers_destroy(struct bpf_rt *rt)
{
	for (struct btimer *t = rt->timers, *next; t; t = next) {
		next = t->next;
		free(t);
	}
}
