/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table behind the hash maps: elements by number in chains of buckets. Elements stay where they are, so a
 * program that holds a pointer to the value of a removed one sees that memory until the element is used again.
 */
#ifndef BPF_HTAB_H
#define BPF_HTAB_H

#include "bpf/map.h"

/*
 * An element is meant by its number + 1; 0 is none. A removed element keeps @next: who walks the chain goes on.
 * (m) the map's lock, (i) immutable
 */
struct helem {
	u32 hash;		/* (m) */
	u32 next;		/* (m) in its bucket */
	u32 next_free;		/* (m) in a list of free elements */
};

/* The free elements of a CPU: those that were freed, the last one first, then those never used, from the end. */
struct hfree {
	u32 first;		/* (m) */
	u32 fresh, fresh_end;	/* (m) numbers */
};

struct htab {
	u32 nr;			/* (i) elements */
	u32 nr_buckets;		/* (i) power of two */
	u32 count;		/* (m) elements in buckets */
	u32 key_size, value_size;	/* (i) rounded up to 8 */
	u32 *bucket;		/* (m) [nr_buckets] */
	struct helem *elem;	/* [nr] */
	struct hfree *free;	/* [CPUs] */
	u32 *extra;		/* (m) [CPUs] what the next replacement on a CPU uses; NULL: there are none */
	char *keys;		/* (m) [nr] guest memory: callbacks get pointers to them */
	char *values;		/* [nr], per-CPU maps: [CPUs][nr]; guest memory */
	struct bmap **inner;	/* (m) [nr] HASH_OF_MAPS has these, no values */
	struct lru *lru;	/* (m) LRU maps: where free elements come from, instead of @free; else NULL */
};

static inline struct htab *to_htab(const struct bmap *m) { return m->elems; }

/* Attributes of all hash maps. */
int htab_check(struct bpf_sys *s);
int htab_create(struct bmap *m, struct bpf_sys *s);
void htab_free(struct bmap *m);
int htab_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value);

/* With the map's lock: the element with @key, or 0. */
u32 htab_find(const struct bmap *m, const void *key, u32 hash);
u32 htab_hash(const struct bmap *m, const void *key);
void htab_link(struct bmap *m, u32 e, u32 hash);
/* Take @e out of its bucket; false: it is in none. */
bool htab_unlink(struct bmap *m, u32 e);
/* A free element of this CPU, or of the next one that has one; 0: none is left. */
u32 htab_pop(struct bmap *m);
void htab_push(struct bmap *m, u32 e);
/* A program looked @e up. */
void htab_touch(struct bmap *m, u32 e);

static inline char *htab_key(const struct htab *h, u32 e) { return h->keys + (u64)(e - 1) * h->key_size; }

static inline char *htab_value(const struct htab *h, u32 cpu, u32 e)
{
	return h->values + ((u64)cpu * h->nr + e - 1) * h->value_size;
}

/*
 * Insert or replace as the kernel's map of this type does. @value: one value; @all_cpus: one per CPU, or as
 * @flags say; HASH_OF_MAPS: the address of a struct bmap *, and *@dropped becomes the map that was replaced.
 */
long htab_update(struct bmap *m, const void *key, const void *value, u64 flags, bool all_cpus,
		 struct bmap **dropped);
/* 0 or -ENOENT; the value goes to @value (per-CPU maps: of all CPUs), unless NULL. */
long htab_remove(struct bmap *m, const void *key, void *value, struct bmap **dropped);
/* Copy the value for a system call. */
void htab_read(const struct bmap *m, u32 e, void *value, u64 flags);
int htab_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags);
int htab_lookup_batch(struct bpf_sys *s, struct bmap *m, bool remove);
int htab_next_key(struct bmap *m, const void *key, void *next);

#endif
