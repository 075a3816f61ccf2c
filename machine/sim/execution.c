// SPDX-License-Identifier: GPL-2.0-only
/*
 * User mode and idle on the simulated machine.
 *
 * Work is counted in whole units of 1/SIM_FULL_SPEED ns at full speed, and a CPU does a whole number of units
 * per ns, so changes of speed and interrupts lose nothing. Rounding happens in two places: work ends at the
 * first whole ns at which all of it is done, and what mach_run_user() returns is rounded down to whole ns of
 * work.
 */
#include <assert.h>

#include "machine/sim/sim.h"

static u32 speed_of(const struct sim *s, u32 cpu)
{
	const struct topo_cpu *t = &s->pub.topo.cpu[cpu];

	/* the CPU itself is one of the busy ones */
	return t->capacity * (s->core[t->core].nr_busy > 1 ? s->pub.costs.smt_percent : 100);
}

/*
 * Count the work done since since_ns, which may be later than @now_ns: the CPU entered user mode ahead of the
 * others.
 */
static void account(struct sim_cpu *c, u64 now_ns)
{
	unsigned __int128 done;

	if (now_ns <= c->since_ns)
		return;
	done = (unsigned __int128)(now_ns - c->since_ns) * c->speed;
	c->since_ns = now_ns;
	c->work_left -= done < c->work_left ? done : c->work_left;
}

static void arm_user_done(struct sim *s, struct sim_cpu *c)
{
	unsigned __int128 ns;

	if (c->endless)
		return;
	/* a division of 64 bits is several times faster, and enough for work of two days */
	if (!(c->work_left >> 63))
		ns = ((u64)c->work_left + c->speed - 1) / c->speed;
	else
		ns = (c->work_left + c->speed - 1) / c->speed;
	/* beyond the end of time it need not be armed */
	if (ns < ~0ull - c->since_ns)
		sim_insert_user_done(s, c, c->since_ns + ns);
}

/*
 * @c begins or ends being idle, at its clock, which nobody is before: the speed of its core's other threads
 * changes.
 */
static void set_busy(struct sim *s, struct sim_cpu *c, bool busy)
{
	struct sim_core *core = &s->core[s->pub.topo.cpu[c->pub.id].core];

	core->nr_busy += busy ? 1 : -1;
	for (u32 i = core->first; i < core->first + core->nr; i++) {
		struct sim_cpu *sibling = &s->cpu[s->core_cpu[i]];
		u32 speed = speed_of(s, s->core_cpu[i]);

		if (sibling == c || sibling->state != SIM_USER || sibling->speed == speed)
			continue;
		account(sibling, c->pub.now_ns);
		sibling->speed = speed;
		sim_remove_user_done(s, sibling);
		arm_user_done(s, sibling);
	}
	sim_set_horizon(s);
}

/* Deliver what waits, as in user mode: no context is switched. Whether there was anything. */
static bool deliver_here(struct sim_cpu *c)
{
	if (!c->pending)
		return false;
	do {
		sim_interrupt(c, sim_take_pending(c));
	} while (c->pending);
	return true;
}

static bool need_resched(struct mcpu *mc)
{
	return mc->m->kernel->need_resched(mc->m->kern, mc);
}

u64 sim_run_user(struct mcpu *mc, u64 work_ns)
{
	struct sim_cpu *c = sim_cpu_of(mc);
	struct sim *s = sim_of(mc->m);
	unsigned __int128 work = (unsigned __int128)work_ns * SIM_FULL_SPEED;
	bool off = mc->irqs_off;

	assert(!mc->in_irq);
	c->endless = work_ns == ~0ull;
	c->work_left = work;
	for (;;) {
		if (deliver_here(c) && need_resched(mc))
			break;
		if (!c->work_left)
			break;
		c->state = SIM_USER;
		c->irq = NULL;
		c->since_ns = mc->now_ns;
		c->speed = speed_of(s, mc->id);
		rcu_flip(mc, 1, false);
		arm_user_done(s, c);
		sim_go(s, c->ctx);
		rcu_flip(mc, 1, false);
		c->state = SIM_KERNEL;
		account(c, mc->now_ns);
		if (c->irq == &c->user_done) {
			assert(!c->work_left);
			break;
		}
		sim_remove_user_done(s, c);
		sim_set_horizon(s);
		sim_interrupt(c, c->irq);
		deliver_here(c);
		if (need_resched(mc))
			break;
	}
	mc->irqs_off = off;
	work -= c->work_left;
	return work >> 64 ? work / SIM_FULL_SPEED : (u64)work / SIM_FULL_SPEED;
}

void sim_idle(struct mcpu *mc)
{
	struct sim_cpu *c = sim_cpu_of(mc);
	struct sim *s = sim_of(mc->m);
	bool off = mc->irqs_off;

	assert(!mc->in_irq);
	for (;;) {
		deliver_here(c);
		if (need_resched(mc))
			break;
		/* siblings see it at this instant, so nobody may be earlier */
		sim_order(c);
		if (c->pending)
			continue;
		c->state = SIM_IDLE;
		rcu_flip(mc, 1, false);
		set_busy(s, c, false);
		sim_go(s, c->ctx);
		rcu_flip(mc, 1, false);
		c->state = SIM_KERNEL;
		set_busy(s, c, true);
		mc->now_ns += mc->m->costs.idle_exit_ns;
		sim_interrupt(c, c->irq);
	}
	mc->irqs_off = off;
}
