// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "bpf/lru.h"

/* as in the kernel */
#define LOCAL_TARGET 128	/* free elements that a CPU fetches at once, at most; elements looked at for them */
#define OWN_TARGET 4		/* the same with lists of its own */

enum list_kind { ACTIVE, INACTIVE, FREE, NR_SHARED, LOCAL_FREE = NR_SHARED, PENDING, NR_KINDS };

/* Element, or head of a ring: the number of the head is that of an element beyond the last. */
struct node {
	u32 prev, next;
	u16 cpu;	/* PENDING and own lists: whose */
	u8 kind;	/* enum list_kind */
	u8 ref;		/* (a) used since the last look */
};

/* Active, inactive and free elements: of the map, or of a CPU */
struct lists {
	u32 head[NR_SHARED];
	u32 count[FREE];	/* of the active and the inactive ones */
	u32 rotation;		/* where the next look at the inactive ones begins */
};

/* Of a CPU that shares the lists: elements that are free, and new ones that are in no list yet */
struct local {
	u32 free, pending;	/* heads */
	u32 next_steal;
};

struct lru {
	struct lru_config c;
	struct node *node;
	struct lists *lists;	/* [own: CPUs, else 1] */
	struct local *local;	/* [CPUs], NULL: own */
	u32 target, nr_scans;
};

/* --- rings --- */

static u32 first(const struct lru *l, u32 head) { return l->node[head].next; }
static bool is_empty(const struct lru *l, u32 head) { return l->node[head].next == head; }

static void ring_remove(struct lru *l, u32 e)
{
	l->node[l->node[e].prev].next = l->node[e].next;
	l->node[l->node[e].next].prev = l->node[e].prev;
}

/* Behind @head, as the first. */
static void ring_add(struct lru *l, u32 head, u32 e)
{
	u32 next = l->node[head].next;

	l->node[e].prev = head;
	l->node[e].next = next;
	l->node[next].prev = e;
	l->node[head].next = e;
}

static bool is_ref(const struct lru *l, u32 e) { return __atomic_load_n(&l->node[e].ref, __ATOMIC_RELAXED); }
static void clear_ref(struct lru *l, u32 e) { __atomic_store_n(&l->node[e].ref, 0, __ATOMIC_RELAXED); }

void lru_touch(struct lru *l, u32 e)
{
	if (!is_ref(l, e))
		__atomic_store_n(&l->node[e].ref, 1, __ATOMIC_RELAXED);
}

/* --- shared lists --- */

static void count(struct lists *s, u8 kind, s32 by)
{
	if (kind < FREE)
		s->count[kind] += by;
}

/* @e leaves its list: the place where the next look begins must not go with it. */
static void keep_rotation(const struct lru *l, struct lists *s, u32 e)
{
	if (s->rotation == e)
		s->rotation = l->node[e].prev;
}

static void move(struct lru *l, struct lists *s, u32 e, enum list_kind to)
{
	count(s, l->node[e].kind, -1);
	count(s, to, 1);
	l->node[e].kind = to;
	clear_ref(l, e);
	keep_rotation(l, s, e);
	ring_remove(l, e);
	ring_add(l, s->head[to], e);
}

/* To a list of free elements, which is the CPU's or a shared one. */
static void move_to_free(struct lru *l, struct lists *s, u32 e, u32 head, enum list_kind to)
{
	keep_rotation(l, s, e);
	count(s, l->node[e].kind, -1);
	l->node[e].kind = to;
	ring_remove(l, e);
	ring_add(l, head, e);
}

/* Active elements that were used stay, others become inactive. */
static void rotate_active(struct lru *l, struct lists *s)
{
	u32 head = s->head[ACTIVE], last = first(l, head), e = l->node[head].prev, prev;

	for (u32 i = 0; e != head; e = prev) {
		prev = l->node[e].prev;
		move(l, s, e, is_ref(l, e) ? ACTIVE : INACTIVE);
		if (++i == l->nr_scans || e == last)
			break;
	}
}

/* Inactive elements that were used become active. */
static void rotate_inactive(struct lru *l, struct lists *s)
{
	u32 head = s->head[INACTIVE], e = s->rotation, next = head, last;

	if (is_empty(l, head))
		return;
	last = l->node[e].next;
	if (last == head)
		last = first(l, head);
	for (u32 i = 0; i < l->nr_scans;) {
		if (e == head) {
			e = l->node[e].prev;
			continue;
		}
		next = l->node[e].prev;
		if (is_ref(l, e))
			move(l, s, e, ACTIVE);
		if (e == last)
			break;
		e = next;
		i++;
	}
	s->rotation = next;
}

static void rotate(struct lru *l, struct lists *s)
{
	if (s->count[INACTIVE] < s->count[ACTIVE])
		rotate_active(l, s);
	rotate_inactive(l, s);
}

/* Evict up to @max elements, the oldest first, into the list of free elements @to; if all were used, the oldest one. */
static void shrink(struct lru *l, struct lists *s, u32 max, u32 to, enum list_kind kind)
{
	u32 head = s->head[INACTIVE], n = 0, i = 0, prev;

	for (u32 e = l->node[head].prev; e != head; e = prev) {
		prev = l->node[e].prev;
		if (is_ref(l, e)) {
			move(l, s, e, ACTIVE);
		} else if (l->c.evict(l->c.arg, e)) {
			move_to_free(l, s, e, to, kind);
			if (++n == max)
				break;
		}
		if (++i == l->nr_scans)
			break;
	}
	if (n)
		return;
	if (is_empty(l, head))
		head = s->head[ACTIVE];
	for (u32 e = l->node[head].prev; e != head; e = l->node[e].prev) {
		if (l->c.evict(l->c.arg, e)) {
			move_to_free(l, s, e, to, kind);
			return;
		}
	}
}

/* --- of a CPU --- */

static u32 pop_own(struct lru *l, u32 cpu)
{
	struct lists *s = &l->lists[cpu];
	u32 e;

	rotate(l, s);
	if (is_empty(l, s->head[FREE]))
		shrink(l, s, OWN_TARGET, s->head[FREE], FREE);
	if (is_empty(l, s->head[FREE]))
		return 0;
	e = first(l, s->head[FREE]);
	move(l, s, e, INACTIVE);
	return e;
}

/* Elements that are new since the last time get into the shared lists. */
static void flush_pending(struct lru *l, struct lists *s, u32 head)
{
	u32 prev;

	for (u32 e = l->node[head].prev; e != head; e = prev) {
		enum list_kind to = is_ref(l, e) ? ACTIVE : INACTIVE;

		prev = l->node[e].prev;
		count(s, to, 1);
		l->node[e].kind = to;
		clear_ref(l, e);
		ring_remove(l, e);
		ring_add(l, s->head[to], e);
	}
}

static void reverse(struct lru *l, u32 head)
{
	u32 e = first(l, head), next;

	for (; e != head; e = next) {
		next = l->node[e].next;
		ring_remove(l, e);
		ring_add(l, head, e);
	}
}

/* Fill the empty stock of a CPU from the shared lists. */
static void fetch(struct lru *l, struct local *c)
{
	struct lists *s = l->lists;
	u32 n = 0, head = s->head[FREE], next;

	flush_pending(l, s, c->pending);
	rotate(l, s);
	for (u32 e = first(l, head); e != head && n < l->target; e = next) {
		next = l->node[e].next;
		move_to_free(l, s, e, c->free, LOCAL_FREE);
		n++;
	}
	if (n < l->target)
		shrink(l, s, l->target - n, c->free, LOCAL_FREE);
	/* 7.x fetches into a list of its own and moves that one by one */
	if (l->c.v7)
		reverse(l, c->free);
}

static u32 pop_local(struct lru *l, struct local *c)
{
	u32 e = first(l, c->free);

	if (e == c->free)
		return 0;
	ring_remove(l, e);
	return e;
}

/* The oldest new element that was not used, else the oldest. */
static u32 pop_pending(struct lru *l, struct local *c)
{
	for (u32 force = 0; force < 2; force++) {
		for (u32 e = l->node[c->pending].prev; e != c->pending; e = l->node[e].prev) {
			if ((!is_ref(l, e) || force) && l->c.evict(l->c.arg, e)) {
				ring_remove(l, e);
				return e;
			}
		}
	}
	return 0;
}

static u32 steal(struct lru *l, struct local *c)
{
	u32 cpu = c->next_steal, e = 0;

	do {
		e = pop_local(l, &l->local[cpu]);
		if (!e)
			e = pop_pending(l, &l->local[cpu]);
		cpu = (cpu + 1) % l->c.nr_cpus;
	} while (!e && cpu != c->next_steal);
	c->next_steal = cpu;
	return e;
}

static u32 pop_shared(struct lru *l, u32 cpu)
{
	struct local *c = &l->local[cpu];
	u32 e = pop_local(l, c);

	if (!e) {
		fetch(l, c);
		e = pop_local(l, c);
	}
	if (!e)
		e = steal(l, c);
	if (!e)
		return 0;
	l->node[e].cpu = cpu;
	l->node[e].kind = PENDING;
	clear_ref(l, e);
	ring_add(l, c->pending, e);
	return e;
}

u32 lru_pop(struct lru *l, u32 cpu)
{
	return l->local ? pop_shared(l, cpu) : pop_own(l, cpu);
}

void lru_push(struct lru *l, u32 e)
{
	struct node *n = &l->node[e];

	if (n->kind != PENDING) {
		move(l, &l->lists[l->local ? 0 : n->cpu], e, FREE);
		return;
	}
	n->kind = LOCAL_FREE;
	clear_ref(l, e);
	ring_remove(l, e);
	ring_add(l, l->local[n->cpu].free, e);
}

/* --- life --- */

static u32 new_head(struct lru *l, u32 *next)
{
	u32 head = (*next)++;

	l->node[head].prev = l->node[head].next = head;
	return head;
}

static void init_lists(struct lru *l)
{
	u32 nr_lists = l->c.own ? l->c.nr_cpus : 1, next = l->c.nr + 1;

	for (u32 i = 0; i < nr_lists; i++) {
		for (u32 k = 0; k < NR_SHARED; k++)
			l->lists[i].head[k] = new_head(l, &next);
		l->lists[i].rotation = l->lists[i].head[INACTIVE];
	}
	for (u32 cpu = 0; l->local && cpu < l->c.nr_cpus; cpu++)
		l->local[cpu] = (struct local){ new_head(l, &next), new_head(l, &next), cpu };
	for (u32 e = 1; e <= l->c.nr; e++) {
		u32 cpu = l->c.own ? (e - 1) / (l->c.nr / l->c.nr_cpus) : 0;

		l->node[e].cpu = cpu;
		l->node[e].kind = FREE;
		ring_add(l, l->lists[cpu].head[FREE], e);
	}
}

struct lru *lru_create(const struct lru_config *c)
{
	struct lru *l = calloc(1, sizeof(*l));
	u32 nr_lists = c->own ? c->nr_cpus : 1, share = c->nr / c->nr_cpus / 2;
	u32 nr_heads = nr_lists * NR_SHARED + (c->own ? 0 : 2 * c->nr_cpus);

	if (!l)
		return NULL;
	l->c = *c;
	l->node = calloc((size_t)c->nr + 1 + nr_heads, sizeof(*l->node));
	l->lists = calloc(nr_lists, sizeof(*l->lists));
	if (!c->own)
		l->local = calloc(c->nr_cpus, sizeof(*l->local));
	if (!l->node || !l->lists || (!c->own && !l->local)) {
		lru_free(l);
		return NULL;
	}
	l->target = share < 1 ? 1 : share < LOCAL_TARGET ? share : LOCAL_TARGET;
	l->nr_scans = c->own ? OWN_TARGET : LOCAL_TARGET;
	init_lists(l);
	return l;
}

void lru_free(struct lru *l)
{
	if (!l)
		return;
	free(l->node);
	free(l->lists);
	free(l->local);
	free(l);
}
