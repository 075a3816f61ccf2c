// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/sim/sim.h"

/* Is a turn the first thing that is due? There must be something. */
static bool turn_first(const struct sim_queue *q, const struct sim *s)
{
	u64 turn_ns = sim_turn_first_ns(q), event_ns = sim_event_first_ns(q);
	u32 cpu;

	if (turn_ns != event_ns)
		return turn_ns < event_ns;
	cpu = sim_event_first_cpu(q);
	return q->turn[0].order < heap_order(cpu, sim_due_first(&s->cpu[cpu].due)->order);
}

/* Take the first event of @c, which has one, from the queue. */
static struct mevent *take_event(struct sim *s, struct sim_cpu *c)
{
	struct mevent *ev = sim_due_first(&c->due)->ev;

	if (ev == &c->user_done)
		sim_remove_user_done(s, c);
	else
		sim_remove(s, ev);
	return ev;
}

/*
 * Take the first thing that is due and that needs a CPU's code to run. Interrupts for CPUs that cannot take
 * them now are put into the CPUs' lists on the way. NULL: nothing is due in the window.
 */
static struct sim_cpu *take_next(struct sim *s)
{
	struct sim_queue *q = &s->queue;

	while (!s->deadlock) {
		u64 when_ns = sim_first_ns(s);
		struct sim_cpu *c;
		struct mevent *ev;

		if (when_ns >= s->until_ns)
			break;
		if (when_ns > s->now_ns)
			s->now_ns = when_ns;
		if (turn_first(q, s)) {
			c = &s->cpu[sim_turn_first_cpu(q)];
			sim_turn_remove_first(q);
			return c;
		}
		c = &s->cpu[sim_event_first_cpu(q)];
		ev = take_event(s, c);
		if (c->state == SIM_KERNEL || (c->state == SIM_SPIN && c->pub.irqs_off)) {
			sim_pend(c, ev);
			continue;
		}
		if (c->state == SIM_SPIN)
			sim_leave_line(s, c);
		if (when_ns > c->pub.now_ns)
			c->pub.now_ns = when_ns;
		c->irq = ev;
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

/* @next, whose turn is the first thing that is due, goes on instead of @c. */
static void give_way(struct sim *s, struct sim_cpu *c, struct sim_cpu *next)
{
	if (s->pub.horizon_ns > s->now_ns)
		s->now_ns = s->pub.horizon_ns;
	sim_turn_replace_first(&s->queue, c->pub.id, c->pub.now_ns);
	this_mcpu = &next->pub;
	sim_set_horizon(s);
	mctx_switch(c->ctx, next->ctx);
}

void sim_order(struct sim_cpu *c)
{
	struct sim *s = sim_of(c->pub.m);
	struct sim_queue *q = &s->queue;
	struct sim_cpu *next;

	while (c->pub.now_ns >= s->pub.horizon_ns) {
		u64 first_ns = s->pub.horizon_ns;

		if (first_ns >= s->until_ns)
			break;
		if (turn_first(q, s)) {
			next = &s->cpu[sim_turn_first_cpu(q)];
			if (first_ns < c->pub.now_ns || next->pub.id < c->pub.id)
				give_way(s, c, next);
			return;
		}
		next = &s->cpu[sim_event_first_cpu(q)];
		if (first_ns == c->pub.now_ns && next->pub.id > c->pub.id)
			return;
		if (first_ns > s->now_ns)
			s->now_ns = first_ns;
		if (next->state != SIM_KERNEL)
			break;
		sim_pend(next, take_event(s, next));
		sim_set_horizon(s);
	}
	if (c->pub.now_ns >= s->pub.horizon_ns) {
		sim_turn_add(q, c->pub.id, c->pub.now_ns);
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
	for (u32 id = 0; id < m->nr_cpus; id++)
		heap_free(&s->cpu[id].due.events);
	sim_queue_free(&s->queue);
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
	c->pub.kern = s->pub.kern;
	c->pub.id = id;
	c->pub.rcu_seq = 1;
	c->due.user_done.when_ns = ~0ull;
	c->pending_tail = &c->pending;
	c->tick.fn = sim_tick;
	for (u32 i = 0; i < SIM_NR_IPIS; i++)
		c->ipi[i].ev.fn = sim_ipi;
	s->pub.cpus[id] = &c->pub;
	c->ctx = mctx_create(&s->contexts, CPU_STACK, cpu_begin, &c->pub);
	if (!c->ctx)
		return -1;
	s->pub.cpu_ctx[id] = c->ctx;
	sim_turn_add(&s->queue, id, 0);
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
	if (!s->core || !s->core_cpu || sim_queue_init(&s->queue, s->pub.nr_cpus))
		goto no_queue;
	if (rcu_init(&s->rcu, &s->pub))
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
	sim_queue_free(&s->queue);
no_queue:
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
	if (sim_first_ns(s) == ~0ull)
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
