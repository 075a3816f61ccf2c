/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts: stacks that a host thread switches between (fibers). Both machines use them.
 *
 * A switch is complete before the next context goes on: whoever sees a context's live flag false, or learns
 * from the next context that the switch returned there, may go on with it on another host thread.
 */
#ifndef MACHINE_CTX_H
#define MACHINE_CTX_H

#include <pthread.h>

#include "kabi/types.h"

struct mctx {
	/* saved by the switch, which knows the offsets */
	void *sp, *bp, *ip;
	bool live;			/* a host thread executes it */
	void (*fn)(void *);
	void *arg;
	void *stack;			/* lowest address; NULL: a host thread's own, not known */
	size_t stack_size;
	void *map;			/* the mapping with the guard page; this struct is at its upper end */
	size_t map_size;
	struct mctx_pool *pool;
	struct mctx *next, **pprev;	/* in one of the lists of the pool */
	void *asan_fake_stack;
	void *tsan_fiber;
	unsigned int valgrind_id;
};

/* The contexts of a machine. Stacks that are free are used again for contexts of the same size. */
struct mctx_pool {
	pthread_mutex_t lock;		/* the lists */
	struct mctx *used, *free;
	u32 nr_mapped;
};

int mctx_pool_init(struct mctx_pool *p);
/* Frees every context, also those that have not ended. */
void mctx_pool_destroy(struct mctx_pool *p);

/* A context that will execute fn(arg), which must not return. NULL: out of memory. */
struct mctx *mctx_create(struct mctx_pool *p, size_t stack, void (*fn)(void *), void *arg);
/* @x must not be live. */
void mctx_destroy(struct mctx *x);

/* Let @x stand for the calling host thread's own stack. */
void mctx_init_host(struct mctx *x);

/* Save the running context in @from and go on with @to. Returns when somebody switches to @from. */
void mctx_switch(struct mctx *from, struct mctx *to);

#endif
