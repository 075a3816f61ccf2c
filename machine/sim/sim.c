// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/sim/sim.h"

/*
 * Take the first thing that is due and that needs a CPU's code to run. Interrupts for CPUs that cannot take
 * them now are put into the CPUs' lists on the way. NULL: nothing is due in the window.
 */
static struct sim_cpu *take_next(struct sim *s)
{
	while (s->due.n && !s->deadlock) {
		struct heap_entry e = s->due.e[0];
		struct sim_cpu *c = &s->cpu[e.order >> HEAP_SEQ_BITS];

		if (e.when_ns >= s->until_ns)
			break;
		if (e.when_ns > s->now_ns)
			s->now_ns = e.when_ns;
		heap_remove(&s->due, e.ev);
		if (e.ev == &c->resume)
			return c;
		if (c->state == SIM_KERNEL || (c->state == SIM_SPIN && c->pub.irqs_off)) {
			sim_pend(c, e.ev);
			continue;
		}
		if (c->state == SIM_SPIN)
			sim_leave_line(s, c);
		if (e.when_ns > c->pub.now_ns)
			c->pub.now_ns = e.when_ns;
		c->irq = e.ev;
		return c;
	}
	return NULL;
}

void sim_go(struct sim *s, struct mctx *self)
{
	struct sim_cpu *next = take_next(s);
	struct mctx *to = next ? next->ctx : &s->host;

	this_mcpu = next ? &next->pub : NULL;
	sim_set_horizon(s);
	if (to != self)
		mctx_switch(self, to);
}

void sim_order(struct sim_cpu *c)
{
	struct sim *s = sim_of(c->pub.m);

	while (c->pub.now_ns >= s->pub.horizon_ns) {
		struct heap_entry *first = s->due.e;
		struct sim_cpu *next;
		struct mevent *ev;

		if (!s->due.n || first->when_ns >= s->until_ns)
			break;
		next = &s->cpu[first->order >> HEAP_SEQ_BITS];
		ev = first->ev;
		if (first->when_ns == c->pub.now_ns && next->pub.id > c->pub.id)
			return;
		if (first->when_ns > s->now_ns)
			s->now_ns = first->when_ns;
		if (ev == &next->resume) {
			/* the common case, with one pass through the queue */
			c->resume.seq = ++s->seq;
			heap_replace_first(&s->due, (struct heap_entry){ c->pub.now_ns,
					   heap_order(c->pub.id, c->resume.seq), &c->resume });
			this_mcpu = &next->pub;
			sim_set_horizon(s);
			mctx_switch(c->ctx, next->ctx);
			return;
		}
		if (next->state != SIM_KERNEL)
			break;
		heap_remove(&s->due, ev);
		sim_set_horizon(s);
		sim_pend(next, ev);
	}
	if (c->pub.now_ns >= s->pub.horizon_ns) {
		sim_insert(s, &c->resume, c->pub.id, c->pub.now_ns);
		sim_go(s, c->ctx);
	}
}

/* --- contexts --- */

static struct mctx *sim_ctx_create(struct machine *m, size_t stack, void (*fn)(void *), void *arg)
{
	return mctx_create(&sim_of(m)->contexts, stack, fn, arg);
}

static void sim_ctx_destroy(struct mctx *x)
{
	mctx_destroy(x);
}

static void sim_switch_to(struct mcpu *mc, struct mctx *next)
{
	struct sim_cpu *c = sim_cpu_of(mc);
	struct mctx *prev = c->ctx;

	if (next == prev)
		return;
	mc->m->stats.ctx_switches++;
	c->ctx = next;
	mctx_switch(prev, next);
}

/* A CPU's own context: the kernel's main function. */
static void cpu_begin(void *arg)
{
	struct mcpu *c = arg;

	c->m->kernel->cpu_main(c->m->kern, c);
}

/* --- RCU --- */

static void sim_call_rcu(struct machine *m, void (*fn)(void *), void *arg)
{
	struct sim *s = sim_of(m);

	rcu_call(&s->rcu, this_mcpu ? this_mcpu->now_ns : s->now_ns, fn, arg);
}

static void sim_quiescent(struct mcpu *c)
{
	rcu_flip(c, 2, false);
}

/* --- life --- */

static void sim_destroy(struct machine *m)
{
	struct sim *s = sim_of(m);

	mctx_pool_destroy(&s->contexts);
	rcu_fini(&s->rcu);
	heap_free(&s->due);
	free(s->core);
	free(s->core_cpu);
	machine_fini(m);
	free(s);
}

static void sim_stop(struct machine *m)
{
	struct sim *s = sim_of(m);

	s->stopped = true;
	s->until_ns = 0;
	m->horizon_ns = 0;
}

static const struct mach_ops sim_ops = {
	.destroy	= sim_destroy,
	.sync		= sim_sync,
	.lock		= sim_lock,
	.trylock	= sim_trylock,
	.unlock		= sim_unlock,
	.wait_word	= sim_wait_word,
	.wake_word	= sim_wake_word,
	.irq_unmask	= sim_sync,
	.send_ipi	= sim_send_ipi,
	.event_arm	= sim_event_arm,
	.event_cancel	= sim_event_cancel,
	.run_user	= sim_run_user,
	.idle		= sim_idle,
	.tick_start	= sim_tick_start,
	.tick_stop	= sim_tick_stop,
	.ctx_create	= sim_ctx_create,
	.ctx_destroy	= sim_ctx_destroy,
	.switch_to	= sim_switch_to,
	.call_rcu	= sim_call_rcu,
	.quiescent	= sim_quiescent,
	.stop		= sim_stop,
};

/* Group the hardware threads by core. */
static void init_cores(struct sim *s)
{
	u32 at = 0;

	for (u32 core = 0; core < s->pub.topo.nr_cores; core++) {
		s->core[core].first = at;
		for (u32 cpu = 0; cpu < s->pub.nr_cpus; cpu++)
			if (s->pub.topo.cpu[cpu].core == core)
				s->core_cpu[at++] = cpu;
		s->core[core].nr = s->core[core].nr_busy = at - s->core[core].first;
	}
}

static int init_cpu(struct sim *s, u32 id)
{
	struct sim_cpu *c = &s->cpu[id];

	c->pub.m = &s->pub;
	c->pub.id = id;
	c->pub.rcu_seq = 1;
	c->pending_tail = &c->pending;
	c->tick.fn = sim_tick;
	for (u32 i = 0; i < SIM_NR_IPIS; i++)
		c->ipi[i].ev.fn = sim_ipi;
	s->pub.cpus[id] = &c->pub;
	c->ctx = mctx_create(&s->contexts, CPU_STACK, cpu_begin, &c->pub);
	if (!c->ctx)
		return -1;
	s->pub.cpu_ctx[id] = c->ctx;
	sim_insert(s, &c->resume, id, 0);
	return 0;
}

struct machine *sim_create(const struct machine_config *cfg)
{
	struct sim *s = calloc(1, sizeof(*s) + cfg->topo->nr_cpus * sizeof(s->cpu[0]));

	if (!s)
		return NULL;
	if (machine_init(&s->pub, cfg, &sim_ops)) {
		free(s);
		return NULL;
	}
	/* a speed of 0 would never end */
	if (!s->pub.costs.smt_percent)
		s->pub.costs.smt_percent = 1;
	s->core = calloc(s->pub.topo.nr_cores, sizeof(*s->core));
	s->core_cpu = calloc(s->pub.nr_cpus, sizeof(*s->core_cpu));
	if (!s->core || !s->core_cpu || rcu_init(&s->rcu, &s->pub))
		goto no_rcu;
	if (mctx_pool_init(&s->contexts))
		goto no_pool;
	init_cores(s);
	for (u32 id = 0; id < s->pub.nr_cpus; id++) {
		if (init_cpu(s, id)) {
			sim_destroy(&s->pub);
			return NULL;
		}
	}
	return &s->pub;

no_pool:
	rcu_fini(&s->rcu);
no_rcu:
	free(s->core);
	free(s->core_cpu);
	machine_fini(&s->pub);
	free(s);
	return NULL;
}

enum run_result sim_run(struct machine *m, u64 until_ns)
{
	struct sim *s = sim_of(m);

	assert(!this_mcpu);
	s->until_ns = until_ns;
	s->stopped = false;
	mctx_init_host(&s->host);
	sim_go(s, &s->host);
	if (s->stopped)
		return RUN_STOPPED;
	if (!s->due.n)
		for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
			s->deadlock |= s->cpu[cpu].state == SIM_SPIN;
	if (s->deadlock)
		return RUN_DEADLOCK;
	if (until_ns != ~0ull && until_ns > s->now_ns)
		s->now_ns = until_ns;
	return RUN_UNTIL;
}

u64 sim_now(const struct machine *m)
{
	return sim_of(m)->now_ns;
}

void sim_describe_deadlock(const struct machine *m, char *buf, size_t len)
{
	const struct sim *s = sim_of(m);
	size_t n = 0;

	if (len)
		buf[0] = 0;
	for (u32 cpu = 0; cpu < m->nr_cpus && n < len; cpu++) {
		const struct sim_cpu *c = &s->cpu[cpu];

		if (c->state != SIM_SPIN)
			continue;
		n += snprintf(buf + n, len - n, "%sCPU %u waits since %llu ns for ", n ? "; " : "", cpu,
			      (unsigned long long)c->pub.now_ns);
		if (n >= len)
			break;
		if (c->lock)
			n += snprintf(buf + n, len - n, "a lock that CPU %u holds", c->lock->owner - 1);
		else
			n += snprintf(buf + n, len - n, "a word to change");
	}
}
