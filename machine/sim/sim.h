/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine: discrete events, virtual time, all CPUs on the host thread that calls sim_run().
 *
 * One queue (queue.h) holds everything that is due, in the order (time, CPU, sequence): events, ticks, IPIs,
 * ends of user work, and the kernel code of CPUs that wait for their turn. Whoever cannot go on (an earlier
 * thing is due, a lock is taken, the CPU is in user mode or idle) takes the first thing from the queue and
 * switches to the context that has to handle it, directly. The host's own context is gone to when nothing is
 * due before the end of sim_run()'s window.
 *
 * Invariant: machine.horizon_ns is the time of the first thing in the queue, or the end of the window if that
 * is earlier, whenever a CPU's code runs. The running CPU itself is not in the queue.
 */
#ifndef MACHINE_SIM_SIM_H
#define MACHINE_SIM_SIM_H

#include "machine/ctx.h"
#include "machine/internal.h"
#include "machine/rcu.h"
#include "machine/sim/queue.h"

enum sim_state {
	SIM_KERNEL,	/* executes kernel code, or waits in the queue for its turn to go on with it */
	SIM_SPIN,	/* waits for a lock or a word; not in the queue */
	SIM_USER,
	SIM_IDLE,
};

/* Number of IPI kinds: bits of enum ipi_kind. */
#define SIM_NR_IPIS 3

struct sim_ipi {
	struct mevent ev;
	u64 sent_ns;
	u32 from;
};

/*
 * Units of work per ns at full speed: speeds, capacity/1024 * percent/100, are whole numbers of these per ns.
 */
#define SIM_FULL_SPEED (1024 * 100)

struct sim_cpu {
	struct mcpu pub;
	enum sim_state state;
	struct mctx *ctx;		/* that it executes */
	struct sim_due due;
	struct mevent *irq;		/* the interrupt that ended user mode, idle or spinning */
	struct mevent *pending, **pending_tail;	/* interrupts that have arrived, in order */
	struct mevent tick;
	struct sim_ipi ipi[SIM_NR_IPIS];

	/* SIM_USER */
	struct mevent user_done;	/* the interrupt that stands for the end of the work */
	unsigned __int128 work_left;	/* in units */
	bool endless;
	u64 since_ns;			/* work_left is of this instant */
	u32 speed;			/* units per ns */

	/* SIM_SPIN */
	raw_spinlock_t *lock;		/* that it waits for; NULL: for a word */
	const long *word;
	struct sim_cpu *next_spin;	/* later in line for the lock, or the next that waits for a word */
	struct sim_cpu *last_spin;	/* on the first in line for a lock: the last */
};

/* The hardware threads of a core. */
struct sim_core {
	u32 first, nr;			/* in sim.core_cpu */
	u32 nr_busy;			/* that are not idle */
};

struct sim {
	struct machine pub;
	struct sim_queue queue;
	u64 until_ns;			/* end of the window; 0 makes everything stop */
	u64 now_ns;			/* time of what was last taken from the queue */
	bool stopped;
	bool deadlock;			/* CPUs wait for each other's locks */
	struct mctx host;
	struct mctx_pool contexts;
	struct sim_cpu *words;		/* CPUs that wait for words */
	struct sim_core *core;
	u32 *core_cpu;
	struct rcu rcu;
	struct sim_cpu cpu[];
};

static inline struct sim *sim_of(const struct machine *m) { return container_of(m, struct sim, pub); }
static inline struct sim_cpu *sim_cpu_of(struct mcpu *c) { return container_of(c, struct sim_cpu, pub); }

/* Time of the first thing that is due; ~0: there is none. */
static inline u64 sim_first_ns(const struct sim *s)
{
	u64 turn_ns = sim_turn_first_ns(&s->queue), event_ns = sim_event_first_ns(&s->queue);

	return turn_ns < event_ns ? turn_ns : event_ns;
}

/* After every change of the queue or the window that is made while a CPU's code runs. */
static inline void sim_set_horizon(struct sim *s)
{
	u64 first = sim_first_ns(s);

	s->pub.horizon_ns = first < s->until_ns ? first : s->until_ns;
}

/* Put an event in; ev->cpu says where. */
static inline void sim_insert(struct sim *s, struct mevent *ev, u64 when_ns)
{
	struct sim_due *d = &s->cpu[ev->cpu].due;

	ev->seq = ++s->queue.seq;
	heap_push(&d->events, (struct heap_entry){ when_ns, ev->seq, ev });
	sim_queue_update(&s->queue, ev->cpu, d);
}

/* Take an event out that is in. */
static inline void sim_remove(struct sim *s, struct mevent *ev)
{
	struct sim_due *d = &s->cpu[ev->cpu].due;

	heap_remove(&d->events, ev);
	sim_queue_update(&s->queue, ev->cpu, d);
}

/* @c's user work ends at @when_ns, of which nothing is known yet. */
static inline void sim_insert_user_done(struct sim *s, struct sim_cpu *c, u64 when_ns)
{
	c->due.user_done = (struct heap_entry){ when_ns, ++s->queue.seq, &c->user_done };
	sim_queue_update(&s->queue, c->pub.id, &c->due);
}

/* Nothing happens if it was not in. */
static inline void sim_remove_user_done(struct sim *s, struct sim_cpu *c)
{
	c->due.user_done = (struct heap_entry){ .when_ns = ~0ull };
	sim_queue_update(&s->queue, c->pub.id, &c->due);
}

/* sim.c */

/* @self does not go on: go on with whatever is due first. Returns when it is @self's turn again. */
void sim_go(struct sim *s, struct mctx *self);
/* Return when nothing earlier than the running CPU is due. Delivers no interrupts, they wait in its list. */
void sim_order(struct sim_cpu *c);

/* interrupt.c */

/* An interrupt has arrived that cannot be delivered now. */
void sim_pend(struct sim_cpu *c, struct mevent *ev);
struct mevent *sim_take_pending(struct sim_cpu *c);
/* Run the handler of @ev. Interrupts are off afterwards. */
void sim_interrupt(struct sim_cpu *c, struct mevent *ev);
/*
 * Deliver what waits to the running CPU, which is in kernel mode, if its interrupts are on. May come back on
 * another CPU.
 */
void sim_deliver(void);
void sim_sync(struct mcpu *mc);
void sim_send_ipi(struct mcpu *mc, int cpu, u32 kinds);
void sim_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns);
void sim_event_cancel(struct machine *m, struct mevent *ev);
void sim_tick(struct mevent *ev);
void sim_tick_start(struct mcpu *mc);
void sim_tick_stop(struct mcpu *mc);
void sim_ipi(struct mevent *ev);

/* spin.c */
void sim_lock(struct mcpu *mc, raw_spinlock_t *l);
bool sim_trylock(struct mcpu *mc, raw_spinlock_t *l);
void sim_unlock(struct mcpu *mc, raw_spinlock_t *l);
void sim_wait_word(struct mcpu *mc, const long *word, long old);
void sim_wake_word(struct mcpu *mc, const long *word);
/* An interrupt takes a CPU that spins out of the line. */
void sim_leave_line(struct sim *s, struct sim_cpu *c);

/* execution.c */
u64 sim_run_user(struct mcpu *mc, u64 work_ns);
void sim_idle(struct mcpu *mc);

#endif
