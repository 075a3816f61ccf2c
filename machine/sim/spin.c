// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spinning on the simulated machine. A CPU that finds a lock taken leaves the queue and stands in line for
 * it; who unlocks gives the lock to the first in line. CPUs arrive at synchronisation points, so the line is
 * in the order of simulated arrival. A lock can be free although its last owner, who ran ahead, released it
 * later than now: raw_spinlock_t.free_at_ns.
 *
 * raw_spinlock_t.waiters is the first CPU in line, plus one.
 */
#include <assert.h>

#include "machine/sim/sim.h"

/* Whether the owner of @l waits for @c, perhaps over others that wait: nobody will ever go on. */
static bool waits_for(const struct sim *s, const raw_spinlock_t *l, const struct sim_cpu *c)
{
	while (l) {
		const struct sim_cpu *owner = &s->cpu[l->owner - 1];

		if (owner == c)
			return true;
		l = owner->state == SIM_SPIN ? owner->lock : NULL;
	}
	return false;
}

static void join_line(struct sim *s, struct sim_cpu *c, raw_spinlock_t *l)
{
	c->lock = l;
	c->next_spin = NULL;
	if (l->waiters) {
		struct sim_cpu *first = &s->cpu[l->waiters - 1];

		first->last_spin->next_spin = c;
		first->last_spin = c;
	} else {
		l->waiters = c->pub.id + 1;
		c->last_spin = c;
	}
}

static void leave_lock(struct sim *s, struct sim_cpu *c)
{
	struct sim_cpu *first = &s->cpu[c->lock->waiters - 1], *prev;

	if (c == first) {
		c->lock->waiters = c->next_spin ? c->next_spin->pub.id + 1 : 0;
		if (c->next_spin)
			c->next_spin->last_spin = c->last_spin;
	} else {
		for (prev = first; prev->next_spin != c; prev = prev->next_spin)
			;
		prev->next_spin = c->next_spin;
		if (first->last_spin == c)
			first->last_spin = prev;
	}
	c->lock = NULL;
}

static void leave_words(struct sim *s, struct sim_cpu *c)
{
	struct sim_cpu **at;

	for (at = &s->words; *at != c; at = &(*at)->next_spin)
		;
	*at = c->next_spin;
	s->pub.nr_word_waiters--;
	c->word = NULL;
}

void sim_leave_line(struct sim *s, struct sim_cpu *c)
{
	if (c->lock)
		leave_lock(s, c);
	else
		leave_words(s, c);
	c->state = SIM_KERNEL;
}

/* The line has moved @c out at @when_ns: it goes on when the cache line has come over. */
static void end_spin(struct sim *s, struct sim_cpu *c, u64 when_ns)
{
	c->state = SIM_KERNEL;
	c->irq = NULL;
	if (when_ns > c->pub.now_ns)
		c->pub.now_ns = when_ns;
	c->pub.now_ns += s->pub.costs.lock_handover_ns;
	sim_turn_add(&s->queue, c->pub.id, c->pub.now_ns);
	sim_set_horizon(s);
}

/* Spin in the line that @c has joined. Returns the interrupt that ended it early, or NULL. */
static struct mevent *spin(struct sim *s, struct sim_cpu *c)
{
	c->state = SIM_SPIN;
	c->irq = NULL;
	sim_go(s, c->ctx);
	return c->irq;
}

void sim_lock(struct mcpu *mc, raw_spinlock_t *l)
{
	for (;;) {
		struct sim_cpu *c;
		struct mevent *irq;
		struct sim *s;

		sim_sync(mc);
		mc = this_mcpu;
		c = sim_cpu_of(mc);
		s = sim_of(mc->m);
		if (!l->owner) {
			l->owner = mc->id + 1;
			if (l->free_at_ns > mc->now_ns)
				mc->now_ns = l->free_at_ns + mc->m->costs.lock_handover_ns;
			else
				mc->now_ns += mc->m->costs.lock_ns;
			return;
		}
		if (waits_for(s, l, c))
			s->deadlock = true;
		join_line(s, c, l);
		irq = spin(s, c);
		if (!irq)
			return;
		/* whoever spins for a lock is not preempted; it stands in line anew */
		sim_interrupt(c, irq);
		mc->irqs_off = false;
	}
}

bool sim_trylock(struct mcpu *mc, raw_spinlock_t *l)
{
	bool taken;

	sim_sync(mc);
	mc = this_mcpu;
	taken = l->owner || l->free_at_ns > mc->now_ns;
	mc->now_ns += mc->m->costs.lock_ns;
	if (!taken)
		l->owner = mc->id + 1;
	return !taken;
}

void sim_unlock(struct mcpu *mc, raw_spinlock_t *l)
{
	struct sim *s = sim_of(mc->m);

	/* those who come earlier find it taken and stand in line */
	sim_order(sim_cpu_of(mc));
	assert(l->owner == (u32)mc->id + 1);
	l->free_at_ns = mc->now_ns;
	l->owner = 0;
	if (l->waiters) {
		struct sim_cpu *next = &s->cpu[l->waiters - 1];

		leave_lock(s, next);
		l->owner = next->pub.id + 1;
		end_spin(s, next, mc->now_ns);
	}
	if (mc->irq_pending && !mc->irqs_off)
		sim_deliver();
}

void sim_wait_word(struct mcpu *mc, const long *word, long old)
{
	for (;;) {
		struct sim_cpu *c;
		struct mevent *irq;
		struct sim *s;

		sim_sync(mc);
		mc = this_mcpu;
		if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != old)
			return;
		c = sim_cpu_of(mc);
		s = sim_of(mc->m);
		c->word = word;
		c->next_spin = s->words;
		s->words = c;
		s->pub.nr_word_waiters++;
		irq = spin(s, c);
		if (!irq)
			continue;
		sim_interrupt(c, irq);
		if (!mc->in_irq)
			mc->m->kernel->irq_exit_preempt(mc->m->kern, mc);
		mc = this_mcpu;
		mc->irqs_off = false;
	}
}

void sim_wake_word(struct mcpu *mc, const long *word)
{
	struct sim *s = sim_of(mc->m);
	struct sim_cpu *c, *next;

	/* in which order they are woken does not matter: they go on in the order of the queue */
	for (c = s->words; c; c = next) {
		next = c->next_spin;
		if (c->word != word)
			continue;
		leave_words(s, c);
		end_spin(s, c, mc->now_ns);
	}
}
