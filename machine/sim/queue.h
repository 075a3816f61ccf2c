/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is due on the simulated machine, in the order (time, CPU, sequence). Two structures, since it is of two kinds:
 *
 * Turns: the CPUs that wait to go on with kernel code. They change with every stretch of code and are few, most CPUs
 * being in user mode or idle: a small heap.
 *
 * Events: timers, ticks, IPIs, ends of user work. Each CPU has a heap of its own, and beside it one place for the end
 * of its user work, which comes and goes with every entry to user mode. Above them is a tree of the CPUs' earliest
 * times: which CPU is first is found from the root downwards, and a change of a CPU's earliest time goes upwards as far
 * as it changes a minimum. Of CPUs with the same time the left one, with the lower number, is first.
 *
 * Invariants: first[1] is the earliest time of all events, ~0 if there are none; first[i] = min(first[2i],
 * first[2i + 1]); first[leaves + c] is the earliest of CPU c's user_done and the first of its heap.
 */
#ifndef MACHINE_SIM_QUEUE_H
#define MACHINE_SIM_QUEUE_H

#include "machine/heap.h"

/* A CPU's turn. */
struct sim_turn {
	u64 when_ns;
	u64 order;			/* heap_order() */
};

/* The events of one CPU. */
struct sim_due {
	struct heap events;
	struct heap_entry user_done;	/* when_ns ~0, ev NULL: none */
};

struct sim_queue {
	u64 seq;			/* of what was put in last */
	struct sim_turn *turn;		/* a binary heap; [nr_cpus]; the first's time is ~0 if there is none */
	u32 nr_turns;
	u32 leaves;			/* a power of two, at least the number of CPUs */
	u64 *first;			/* [2 * leaves] */
};

/* 0 or -ENOMEM; @q is zeroed. */
int sim_queue_init(struct sim_queue *q, u32 nr_cpus);
void sim_queue_free(struct sim_queue *q);

/* --- turns --- */

static inline bool turn_before(const struct sim_turn *a, const struct sim_turn *b)
{
	return ((unsigned __int128)a->when_ns << 64 | a->order) < ((unsigned __int128)b->when_ns << 64 | b->order);
}

static inline u64 sim_turn_first_ns(const struct sim_queue *q)
{
	return q->turn[0].when_ns;
}

static inline u32 sim_turn_first_cpu(const struct sim_queue *q)
{
	return q->turn[0].order >> HEAP_SEQ_BITS;
}

static inline struct sim_turn sim_turn(struct sim_queue *q, u32 cpu, u64 when_ns)
{
	return (struct sim_turn){ when_ns, heap_order(cpu, ++q->seq) };
}

static inline void sim_turn_add(struct sim_queue *q, u32 cpu, u64 when_ns)
{
	struct sim_turn t = sim_turn(q, cpu, when_ns);
	u32 i = q->nr_turns++;

	for (; i && turn_before(&t, &q->turn[(i - 1) / 2]); i = (i - 1) / 2)
		q->turn[i] = q->turn[(i - 1) / 2];
	q->turn[i] = t;
}

/* @t in the place of the first, which is taken out */
static inline void sim_turn_sift(struct sim_queue *q, struct sim_turn t)
{
	struct sim_turn *turn = q->turn;
	u32 n = q->nr_turns, i = 0, child = 1;

	while (child < n) {
		child += child + 1 < n && turn_before(&turn[child + 1], &turn[child]);
		if (!turn_before(&turn[child], &t))
			break;
		turn[i] = turn[child];
		i = child;
		child = 2 * i + 1;
	}
	turn[i] = t;
}

/* Take the first out and put @cpu in. */
static inline void sim_turn_replace_first(struct sim_queue *q, u32 cpu, u64 when_ns)
{
	sim_turn_sift(q, sim_turn(q, cpu, when_ns));
}

static inline void sim_turn_remove_first(struct sim_queue *q)
{
	if (--q->nr_turns)
		sim_turn_sift(q, q->turn[q->nr_turns]);
	else
		q->turn[0].when_ns = ~0ull;
}

/* --- events --- */

static inline u64 sim_event_first_ns(const struct sim_queue *q)
{
	return q->first[1];
}

/* The CPU of the first event; there must be one. */
static inline u32 sim_event_first_cpu(const struct sim_queue *q)
{
	u64 when_ns = q->first[1];
	u32 i = 1;

	while (i < q->leaves) {
		i *= 2;
		i += q->first[i] != when_ns;
	}
	return i - q->leaves;
}

/* To be called after every change of @d, which is CPU @cpu's. */
static inline void sim_queue_update(struct sim_queue *q, u32 cpu, const struct sim_due *d)
{
	u64 when_ns = heap_first_ns(&d->events);
	u32 i = q->leaves + cpu;

	if (d->user_done.when_ns < when_ns)
		when_ns = d->user_done.when_ns;
	while (q->first[i] != when_ns) {
		q->first[i] = when_ns;
		if (i == 1)
			break;
		if (q->first[i ^ 1] < when_ns)
			when_ns = q->first[i ^ 1];
		i /= 2;
	}
}

/* The first event of @d, which is not empty. */
static inline const struct heap_entry *sim_due_first(const struct sim_due *d)
{
	if (d->user_done.ev && (!d->events.n || heap_before(&d->user_done, &d->events.e[0])))
		return &d->user_done;
	return &d->events.e[0];
}

#endif
