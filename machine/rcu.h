/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grace periods, for both machines. A CPU counts in mcpu->rcu_seq: odd in kernel mode, and different after
 * every quiescent state. A grace period is over when every CPU's count was even or has changed since it
 * began. Callbacks that come during a grace period wait for the next one.
 */
#ifndef MACHINE_RCU_H
#define MACHINE_RCU_H

#include <pthread.h>

#include "machine/machine.h"

struct rcu_callback;

struct rcu {
	pthread_mutex_t lock;			/* everything here */
	struct machine *m;
	struct rcu_callback *next, **next_tail;	/* for the next grace period */
	struct rcu_callback *wait;		/* for the one that goes on */
	struct rcu_callback *done;		/* whose grace period is over */
	struct rcu_callback *free;
	u64 *snap;				/* [nr_cpus] the counts when it began; even: do not wait */
	u32 first;				/* CPUs below have been found quiescent */
	bool active;
	struct mevent timer;			/* its earliest end; then every tick until it is over */
};

int rcu_init(struct rcu *r, struct machine *m);
/* Drops callbacks that have not been called; of those whose function is free() the memory is freed. */
void rcu_fini(struct rcu *r);
/* @now_ns: of the caller */
void rcu_call(struct rcu *r, u64 now_ns, void (*fn)(void *), void *arg);

/*
 * To user mode or idle, back from there, and a quiescent state in the kernel. On a machine of several host
 * threads these must order what the CPU reads: SEQ_CST there; the other needs no locked instruction.
 */
static inline void rcu_flip(struct mcpu *c, u64 by, bool several_threads)
{
	if (several_threads)
		__atomic_fetch_add(&c->rcu_seq, by, __ATOMIC_SEQ_CST);
	else
		c->rcu_seq += by;
}

#endif
