// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the simulated machine: events, ticks, IPIs, and when they reach a CPU. In user mode and idle
 * that is at their instant. In kernel mode they wait in the CPU's list, in the order in which they arrived,
 * until its interrupts are on at a synchronisation point.
 */
#include <assert.h>

#include "machine/sim/sim.h"

/* mevent.pos of those in a CPU's list */
#define POS_PENDING (~0u)

void sim_pend(struct sim_cpu *c, struct mevent *ev)
{
	ev->pos = POS_PENDING;
	ev->cpu = c->pub.id;
	ev->next = NULL;
	*c->pending_tail = ev;
	c->pending_tail = &ev->next;
	c->pub.irq_pending = true;
}

/* @at: what points to it in the list */
static struct mevent *unpend(struct sim_cpu *c, struct mevent **at)
{
	struct mevent *ev = *at;

	*at = ev->next;
	if (!*at)
		c->pending_tail = at;
	c->pub.irq_pending = c->pending;
	ev->pos = 0;
	return ev;
}

struct mevent *sim_take_pending(struct sim_cpu *c)
{
	return unpend(c, &c->pending);
}

void sim_interrupt(struct sim_cpu *c, struct mevent *ev)
{
	struct mcpu *mc = &c->pub;

	mc->irqs_off = true;
	mc->in_irq++;
	mach_charge(mc->m->costs.kernel_entry_ns);
	if (ev->fn != sim_tick && ev->fn != sim_ipi)
		mach_charge(mc->m->costs.timer_ns);
	ev->fn(ev);
	assert(this_mcpu == mc);
	mc->in_irq--;
	mc->irqs_off = true;
}

void sim_deliver(void)
{
	for (;;) {
		struct mcpu *mc = this_mcpu;
		struct sim_cpu *c = sim_cpu_of(mc);

		if (mc->irqs_off || !c->pending)
			return;
		sim_interrupt(c, sim_take_pending(c));
		if (!mc->in_irq)
			mc->m->kernel->irq_exit_preempt(mc->m->kern, mc);
		this_mcpu->irqs_off = false;
	}
}

void sim_sync(struct mcpu *mc)
{
	for (;;) {
		sim_order(sim_cpu_of(mc));
		if (likely(!mc->irq_pending || mc->irqs_off))
			return;
		/* takes time: others may be earlier then */
		sim_deliver();
		mc = this_mcpu;
	}
}

/* --- events --- */

static void cancel(struct sim *s, struct mevent *ev)
{
	struct mevent **at;

	if (ev->pos != POS_PENDING) {
		sim_remove(s, ev);
		return;
	}
	for (at = &s->cpu[ev->cpu].pending; *at != ev; at = &(*at)->next)
		;
	unpend(&s->cpu[ev->cpu], at);
}

/*
 * What is due on another CPU before now has happened before it is cancelled, although this CPU's code runs
 * ahead of it. Returns whether this was a synchronisation point.
 */
static bool order_before_cancel(const struct mevent *ev)
{
	struct mcpu *mc = this_mcpu;

	if (!mc || !ev->pos || ev->pos == POS_PENDING || ev->cpu == mc->id || ev->when_ns > mc->now_ns)
		return false;
	sim_order(sim_cpu_of(mc));
	return true;
}

void sim_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns)
{
	struct sim *s = sim_of(m);
	bool synced;
	u64 now_ns;

	assert(cpu >= 0 && cpu < m->nr_cpus);
	synced = order_before_cancel(ev);
	if (ev->pos)
		cancel(s, ev);
	now_ns = this_mcpu ? this_mcpu->now_ns : s->now_ns;
	ev->cpu = cpu;
	ev->when_ns = when_ns;
	sim_insert(s, ev, when_ns > now_ns ? when_ns : now_ns);
	sim_set_horizon(s);
	if (synced)
		sim_deliver();
}

void sim_event_cancel(struct machine *m, struct mevent *ev)
{
	struct sim *s = sim_of(m);
	bool synced = order_before_cancel(ev);

	if (ev->pos)
		cancel(s, ev);
	sim_set_horizon(s);
	if (synced)
		sim_deliver();
}

/* --- ticks --- */

void sim_tick(struct mevent *ev)
{
	struct sim_cpu *c = container_of(ev, struct sim_cpu, tick);
	struct machine *m = c->pub.m;

	/* ticks that a long stretch with interrupts off has missed are not made up for */
	sim_event_arm(m, ev, c->pub.id, next_tick(m, c->pub.now_ns));
	m->stats.ticks++;
	trace_emit(m->trace, TE_TICK, c->pub.now_ns, c->pub.id, curr_pid(&c->pub), 0, 0, 0, 0);
	mach_charge(m->costs.tick_ns);
	m->kernel->tick(m->kern, &c->pub);
}

void sim_tick_start(struct mcpu *mc)
{
	struct sim_cpu *c = sim_cpu_of(mc);

	if (!c->tick.pos)
		sim_event_arm(mc->m, &c->tick, mc->id, next_tick(mc->m, mc->now_ns));
}

void sim_tick_stop(struct mcpu *mc)
{
	mach_event_cancel(mc->m, &sim_cpu_of(mc)->tick);
}

/* --- IPIs --- */

/* Handles all kinds that have arrived. */
void sim_ipi(struct mevent *ev)
{
	struct sim_ipi *ipi = container_of(ev, struct sim_ipi, ev);
	struct mcpu *mc = this_mcpu;
	struct sim_cpu *c = sim_cpu_of(mc);
	struct machine *m = mc->m;
	u32 kinds = 1u << (ipi - c->ipi);

	for (u32 i = 0; i < SIM_NR_IPIS; i++) {
		struct mevent **at;

		if (c->ipi[i].ev.pos != POS_PENDING)
			continue;
		kinds |= 1u << i;
		for (at = &c->pending; *at != &c->ipi[i].ev; at = &(*at)->next)
			;
		unpend(c, at);
	}
	m->stats.ipis++;
	trace_emit(m->trace, TE_IPI, mc->now_ns, mc->id, curr_pid(mc), ipi->from, kinds, ipi->sent_ns, 0);
	m->kernel->ipi(m->kern, mc, kinds);
}

static u64 ipi_latency(const struct machine *m, int from, int to)
{
	return topology_same_node(&m->topo, from, to) ? m->costs.ipi_ns : m->costs.ipi_remote_ns;
}

void sim_send_ipi(struct mcpu *mc, int cpu, u32 kinds)
{
	struct sim *s = sim_of(mc->m);
	struct sim_cpu *target = &s->cpu[cpu];

	assert(cpu >= 0 && cpu < mc->m->nr_cpus && kinds && kinds < 1u << SIM_NR_IPIS);
	sim_order(sim_cpu_of(mc));
	for (u32 i = 0; i < SIM_NR_IPIS; i++) {
		struct sim_ipi *ipi = &target->ipi[i];
		u64 arrival_ns = mc->now_ns + (cpu == mc->id ? 0 : ipi_latency(mc->m, mc->id, cpu));

		if (!(kinds & 1u << i) || ipi->ev.pos == POS_PENDING)
			continue;
		/* on its way: the earlier arrival serves both */
		if (ipi->ev.pos && ipi->ev.when_ns <= arrival_ns)
			continue;
		ipi->sent_ns = mc->now_ns;
		ipi->from = mc->id;
		if (cpu != mc->id) {
			sim_event_arm(mc->m, &ipi->ev, cpu, arrival_ns);
			continue;
		}
		if (ipi->ev.pos)
			sim_event_cancel(mc->m, &ipi->ev);
		sim_pend(target, &ipi->ev);
	}
	if (mc->irq_pending && !mc->irqs_off)
		sim_deliver();
}
