/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sleeping reader-writer lock that prefers writers: the kernel's percpu_rw_semaphore, without its speed, but with its
 * price: the first writer waits for a grace period, so that all readers see it, and a later one only if readers have been
 * let back to their fast path since, which is a grace period after the last writer has left (kernel/rcu/sync.c).
 */
#ifndef SCHED_EXT_RWSEM_H
#define SCHED_EXT_RWSEM_H

#include "sched/sched.h"

struct rwsem_waiter;

struct rwsem {
	raw_spinlock_t lock;
	u32 readers;			/* (lock) that hold it */
	u32 writers_waiting;		/* (lock) */
	bool writer;			/* (lock) held by a writer */
	bool synced;			/* (lock) readers know of writers; (enable_mutex) set */
	u32 exits;			/* (lock) grace periods that writers began when they left */
	struct rwsem_waiter *first, **last;	/* (lock) */
};

void rwsem_init(struct rwsem *s);
void down_read(struct rwsem *s);
void up_read(struct rwsem *s);
void down_write(struct rwsem *s);
void up_write(struct rwsem *s);

#endif
