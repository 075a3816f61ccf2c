// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel code outside of the machine: at boot, before its CPUs run, and at the end. It runs on a CPU of its
 * own that stands for CPU 0: time stands still, nothing costs anything, every lock is free. What concerns the
 * real machine (timers, RCU) goes there.
 */
#include "sched/core.h"

struct boot_cpu {
	struct machine m;		/* a copy with other operations */
	struct mcpu c;
	struct machine *real;
};

static struct machine *real_machine(struct machine *m)
{
	return container_of(m, struct boot_cpu, m)->real;
}

static void boot_sync(struct mcpu *c)
{
}

static void boot_lock(struct mcpu *c, raw_spinlock_t *l)
{
	assert_sched(!l->owner, "lock is held while the machine is at rest");
	l->owner = c->id + 1;
}

static bool boot_trylock(struct mcpu *c, raw_spinlock_t *l)
{
	if (l->owner)
		return false;
	l->owner = c->id + 1;
	return true;
}

static void boot_unlock(struct mcpu *c, raw_spinlock_t *l)
{
	l->owner = 0;
}

/* Who is to reschedule has its flag, and looks at it first of all. */
static void boot_send_ipi(struct mcpu *c, int cpu, u32 kinds)
{
	assert_sched(kinds == IPI_RESCHED, "interrupt while the machine is at rest");
}

static void boot_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns)
{
	mach_event_arm(real_machine(m), ev, cpu, when_ns);
}

static void boot_event_cancel(struct machine *m, struct mevent *ev)
{
	mach_event_cancel(real_machine(m), ev);
}

static void boot_call_rcu(struct machine *m, void (*fn)(void *), void *arg)
{
	mach_call_rcu(real_machine(m), fn, arg);
}

static const struct mach_ops boot_ops = {
	.sync = boot_sync,
	.lock = boot_lock,
	.trylock = boot_trylock,
	.unlock = boot_unlock,
	.irq_unmask = boot_sync,
	.send_ipi = boot_send_ipi,
	.event_arm = boot_event_arm,
	.event_cancel = boot_event_cancel,
	.call_rcu = boot_call_rcu,
};

int boot_create(struct kernel *k)
{
	struct boot_cpu *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	k->boot = b;
	b->real = k->m;
	b->m = *k->m;
	b->m.ops = &boot_ops;
	b->m.costs = (struct mach_costs){ .smt_percent = 100 };
	b->m.horizon_ns = ~0ull;
	b->c.m = &b->m;
	b->c.kern = k;
	return 0;
}

void boot_enter(struct kernel *k)
{
	struct boot_cpu *b = k->boot;

	b->c.irqs_off = true;
	b->c.rq = k->rqs[0];
	b->c.scx = k->m->cpus[0]->scx;
	b->c.curr = k->rqs[0]->idle;
	this_mcpu = &b->c;
}

void boot_leave(struct kernel *k)
{
	this_mcpu = NULL;
}

void boot_destroy(struct kernel *k)
{
	free(k->boot);
}
