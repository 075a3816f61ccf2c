/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine of host threads: one per CPU, for running kernel code with real races under ThreadSanitizer.
 * Nothing here is deterministic, and its times mean little: every CPU works at full speed, and an idle one
 * jumps to its next event. Clocks are kept within a window of each other so that what the kernel derives from
 * them stays sane: a CPU that lets time pass (user work, idle) waits until no CPU is further behind.
 */
#ifndef MACHINE_THREADS_THREADS_H
#define MACHINE_THREADS_THREADS_H

#include <pthread.h>

#include "machine/ctx.h"
#include "machine/heap.h"
#include "machine/internal.h"
#include "machine/rcu.h"

/*
 * (o) own host thread only, (e) threads.events, (a) atomic, (i) immutable
 */
struct thread_cpu {
	struct mcpu pub;		/* (o) but rcu_seq (a) */
	struct mctx *ctx;		/* (o) that it executes */
	struct mctx host;		/* (o) the stack that the host thread came with */
	pthread_t thread;		/* (i) */
	struct heap due;		/* (e) events of this CPU */
	u64 first_ns;			/* (a; written under e) when the first of them is due */
	u64 clock_ns;			/* (a) its clock for others: it does nothing earlier on its own */
	u64 ipi_ns;			/* (a) latest arrival of an IPI */
	u32 ipis;			/* (a) kinds that have been sent to it */
	struct mevent tick;		/* (e) */
};

struct threads {
	struct machine pub;
	pthread_mutex_t events;		/* all events: they move between CPUs */
	u64 seq;			/* (e) */
	bool stopped;			/* (a) */
	struct mctx_pool contexts;
	struct rcu rcu;
	struct thread_cpu cpu[];
};

static inline struct threads *threads_of(struct machine *m) { return container_of(m, struct threads, pub); }
static inline struct thread_cpu *thread_cpu_of(struct mcpu *c)
{
	return container_of(c, struct thread_cpu, pub);
}

/* thread_irq.c */
/* Whether there is an interrupt to deliver. Ends the host thread's run when the machine was stopped. */
bool thread_poll(struct thread_cpu *c);
/* Deliver one interrupt; false: there was none. Interrupts are off afterwards. */
bool thread_interrupt(struct thread_cpu *c);
void thread_sync(struct mcpu *mc);
void thread_send_ipi(struct mcpu *mc, int cpu, u32 kinds);
void thread_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns);
void thread_event_cancel(struct machine *m, struct mevent *ev);
void thread_tick(struct mevent *ev);
void thread_tick_start(struct mcpu *mc);
void thread_tick_stop(struct mcpu *mc);

/* thread_execution.c */
void thread_lock(struct mcpu *mc, raw_spinlock_t *l);
bool thread_trylock(struct mcpu *mc, raw_spinlock_t *l);
void thread_unlock(struct mcpu *mc, raw_spinlock_t *l);
void thread_wait_word(struct mcpu *mc, const long *word, long old);
u64 thread_run_user(struct mcpu *mc, u64 work_ns);
void thread_idle(struct mcpu *mc);

#endif
