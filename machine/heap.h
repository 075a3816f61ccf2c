/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of events in the order (time, CPU, sequence): a heap of four children per node, which needs half
 * the levels of a binary one and finds the children in two cache lines. Keys are kept beside the pointers, so
 * that sifting does not touch the events except to note their places.
 *
 * Invariant: e[i] is not before e[(i - 1) / 4], and e[i].ev->pos == i + 1.
 */
#ifndef MACHINE_HEAP_H
#define MACHINE_HEAP_H

#include "machine/machine.h"

struct heap_entry {
	u64 when_ns;
	u64 order;		/* CPU << HEAP_SEQ_BITS | sequence */
	struct mevent *ev;
};

#define HEAP_SEQ_BITS 48

struct heap {
	struct heap_entry *e;
	u32 n, size;
};

static inline u64 heap_order(int cpu, u64 seq)
{
	return (u64)cpu << HEAP_SEQ_BITS | seq;
}

static inline bool heap_before(const struct heap_entry *a, const struct heap_entry *b)
{
	return ((unsigned __int128)a->when_ns << 64 | a->order) <
	       ((unsigned __int128)b->when_ns << 64 | b->order);
}

/* Time of the first; ~0 if there is none. */
static inline u64 heap_first_ns(const struct heap *h)
{
	return h->n ? h->e[0].when_ns : ~0ull;
}

/* mach_event_cancel() looks at pos without a lock */
static inline void heap_place(struct heap *h, u32 i, struct heap_entry e)
{
	h->e[i] = e;
	__atomic_store_n(&e.ev->pos, i + 1, __ATOMIC_RELEASE);
}

static inline void heap_sift_up(struct heap *h, u32 i, struct heap_entry e)
{
	while (i) {
		u32 parent = (i - 1) / 4;

		if (!heap_before(&e, &h->e[parent]))
			break;
		heap_place(h, i, h->e[parent]);
		i = parent;
	}
	heap_place(h, i, e);
}

static inline void heap_sift_down(struct heap *h, u32 i, struct heap_entry e)
{
	for (;;) {
		u32 child = 4 * i + 1, end = child + 4 < h->n ? child + 4 : h->n, first = child;

		if (child >= h->n)
			break;
		while (++child < end)
			if (heap_before(&h->e[child], &h->e[first]))
				first = child;
		if (!heap_before(&h->e[first], &e))
			break;
		heap_place(h, i, h->e[first]);
		i = first;
	}
	heap_place(h, i, e);
}

void heap_grow(struct heap *h);
void heap_free(struct heap *h);

static inline void heap_push(struct heap *h, struct heap_entry e)
{
	if (unlikely(h->n == h->size))
		heap_grow(h);
	heap_sift_up(h, h->n++, e);
}

/* Take the first out and put @e in. */
static inline struct mevent *heap_replace_first(struct heap *h, struct heap_entry e)
{
	struct mevent *first = h->e[0].ev;

	__atomic_store_n(&first->pos, 0, __ATOMIC_RELEASE);
	heap_sift_down(h, 0, e);
	return first;
}

/* @ev must be in. */
static inline void heap_remove(struct heap *h, struct mevent *ev)
{
	u32 i = ev->pos - 1;
	struct heap_entry last = h->e[--h->n];

	__atomic_store_n(&ev->pos, 0, __ATOMIC_RELEASE);
	if (i == h->n)
		return;
	if (i && heap_before(&last, &h->e[(i - 1) / 4]))
		heap_sift_up(h, i, last);
	else
		heap_sift_down(h, i, last);
}

#endif
