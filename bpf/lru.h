/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which element of an LRU map is used next (kernel/bpf/bpf_lru_list.c): an active and an inactive list that
 * approximate the order of use, and per CPU a stock of free elements. All calls with the map's lock.
 */
#ifndef BPF_LRU_H
#define BPF_LRU_H

#include "kabi/types.h"

struct lru;

struct lru_config {
	u32 nr;			/* elements, numbered from 1 */
	u32 nr_cpus;
	bool own;		/* each CPU has lists of its own (BPF_F_NO_COMMON_LRU) */
	bool v7;
	bool (*evict)(void *arg, u32 e);	/* take @e out of the table; false: it cannot be */
	void *arg;
};

struct lru *lru_create(const struct lru_config *c);
void lru_free(struct lru *l);
/* An element for @cpu, if need be one that is evicted; 0: there is none. */
u32 lru_pop(struct lru *l, u32 cpu);
/* @e is in use no longer. */
void lru_push(struct lru *l, u32 e);
/* @e was used. May be called without the lock. */
void lru_touch(struct lru *l, u32 e);

#endif
