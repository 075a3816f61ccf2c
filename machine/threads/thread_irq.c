// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the machine of host threads. Whoever sends one leaves it with the CPU; the CPU finds it at
 * its next synchronisation point, or in the loops of user mode and idle.
 */
#include <assert.h>

#include "machine/threads/threads.h"

bool thread_poll(struct thread_cpu *c)
{
	/* the context stays as it is, until the machine is destroyed */
	if (__atomic_load_n(&threads_of(c->pub.m)->stopped, __ATOMIC_ACQUIRE))
		mctx_switch(c->ctx, &c->host);
	return __atomic_load_n(&c->ipis, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&c->first_ns, __ATOMIC_RELAXED) <= c->pub.now_ns;
}

/* under threads.events, after a change of c->due */
static void note_first(struct thread_cpu *c)
{
	__atomic_store_n(&c->first_ns, heap_first_ns(&c->due), __ATOMIC_RELAXED);
}

static struct mevent *take_event(struct thread_cpu *c)
{
	struct threads *t = threads_of(c->pub.m);
	struct mevent *ev = NULL;

	if (__atomic_load_n(&c->first_ns, __ATOMIC_RELAXED) > c->pub.now_ns)
		return NULL;
	pthread_mutex_lock(&t->events);
	/* it may have been cancelled meanwhile */
	if (c->due.n && c->due.e[0].when_ns <= c->pub.now_ns) {
		ev = c->due.e[0].ev;
		heap_remove(&c->due, ev);
		note_first(c);
	}
	pthread_mutex_unlock(&t->events);
	return ev;
}

bool thread_interrupt(struct thread_cpu *c)
{
	struct mcpu *mc = &c->pub;
	struct machine *m = mc->m;
	u32 kinds = __atomic_exchange_n(&c->ipis, 0, __ATOMIC_SEQ_CST);
	struct mevent *ev = NULL;

	if (!kinds && !(ev = take_event(c))) {
		mc->irq_pending = false;
		return false;
	}
	mc->irqs_off = true;
	mc->in_irq++;
	if (kinds) {
		u64 arrival_ns = __atomic_load_n(&c->ipi_ns, __ATOMIC_RELAXED);

		if (arrival_ns > mc->now_ns)
			mc->now_ns = arrival_ns;
		mach_charge(m->costs.kernel_entry_ns);
		__atomic_fetch_add(&m->stats.ipis, 1, __ATOMIC_RELAXED);
		m->kernel->ipi(m->kern, mc, kinds);
	} else {
		mach_charge(m->costs.kernel_entry_ns);
		if (ev->fn != thread_tick)
			mach_charge(m->costs.timer_ns);
		ev->fn(ev);
	}
	assert(this_mcpu == mc);
	mc->in_irq--;
	mc->irqs_off = true;
	return true;
}

void thread_sync(struct mcpu *mc)
{
	struct thread_cpu *c = thread_cpu_of(mc);

	__atomic_store_n(&c->clock_ns, mc->now_ns, __ATOMIC_RELAXED);
	if (!thread_poll(c))
		return;
	if (mc->irqs_off) {
		mc->irq_pending = true;
		return;
	}
	while (!mc->irqs_off && thread_interrupt(c)) {
		if (!mc->in_irq)
			mc->m->kernel->irq_exit_preempt(mc->m->kern, mc);
		mc = this_mcpu;
		c = thread_cpu_of(mc);
		mc->irqs_off = false;
	}
}

void thread_send_ipi(struct mcpu *mc, int cpu, u32 kinds)
{
	struct threads *t = threads_of(mc->m);
	struct thread_cpu *target = &t->cpu[cpu];
	u64 arrival_ns, old;

	assert(cpu >= 0 && cpu < mc->m->nr_cpus && kinds);
	arrival_ns = mc->now_ns;
	if (cpu != mc->id)
		arrival_ns += topology_same_node(&mc->m->topo, mc->id, cpu) ? mc->m->costs.ipi_ns :
									      mc->m->costs.ipi_remote_ns;
	old = __atomic_load_n(&target->ipi_ns, __ATOMIC_RELAXED);
	while (old < arrival_ns &&
	       !__atomic_compare_exchange_n(&target->ipi_ns, &old, arrival_ns, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
	__atomic_fetch_or(&target->ipis, kinds, __ATOMIC_SEQ_CST);
	thread_sync(mc);
}

/* --- events --- */

void thread_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns)
{
	struct threads *t = threads_of(m);

	assert(cpu >= 0 && cpu < m->nr_cpus);
	pthread_mutex_lock(&t->events);
	if (ev->pos) {
		heap_remove(&t->cpu[ev->cpu].due, ev);
		note_first(&t->cpu[ev->cpu]);
	}
	ev->cpu = cpu;
	ev->when_ns = when_ns;
	ev->seq = ++t->seq;
	heap_push(&t->cpu[cpu].due, (struct heap_entry){ when_ns, heap_order(cpu, ev->seq), ev });
	note_first(&t->cpu[cpu]);
	pthread_mutex_unlock(&t->events);
}

void thread_event_cancel(struct machine *m, struct mevent *ev)
{
	struct threads *t = threads_of(m);

	pthread_mutex_lock(&t->events);
	if (ev->pos) {
		heap_remove(&t->cpu[ev->cpu].due, ev);
		note_first(&t->cpu[ev->cpu]);
	}
	pthread_mutex_unlock(&t->events);
}

void thread_tick(struct mevent *ev)
{
	struct mcpu *mc = this_mcpu;
	struct machine *m = mc->m;

	thread_event_arm(m, ev, mc->id, next_tick(m, mc->now_ns));
	__atomic_fetch_add(&m->stats.ticks, 1, __ATOMIC_RELAXED);
	mach_charge(m->costs.tick_ns);
	m->kernel->tick(m->kern, mc);
}

void thread_tick_start(struct mcpu *mc)
{
	struct thread_cpu *c = thread_cpu_of(mc);

	/* only this CPU arms it */
	if (!__atomic_load_n(&c->tick.pos, __ATOMIC_ACQUIRE))
		thread_event_arm(mc->m, &c->tick, mc->id, next_tick(mc->m, mc->now_ns));
}

void thread_tick_stop(struct mcpu *mc)
{
	mach_event_cancel(mc->m, &thread_cpu_of(mc)->tick);
}
