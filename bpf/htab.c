// SPDX-License-Identifier: GPL-2.0-only
/* The table of the hash maps (kernel/bpf/hashtab.c, percpu_freelist.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/htab.h"
#include "bpf/jhash.h"
#include "bpf/lru.h"

#define MAX_ELEM ((4u << 20) - 48)	/* KMALLOC_MAX_SIZE without struct htab_elem: key and value are smaller */
#define MAX_ENTRIES (1u << 27)		/* with more, the kernel's buckets of 16 bytes overflow 32 bits */
#define PERCPU_MAX_VALUE 32768		/* PCPU_MIN_UNIT_SIZE */
#define ZERO_SEED (1u << 6)		/* BPF_F_ZERO_SEED */

static bool is_lru(u32 type) { return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH; }
static bool is_prealloc(const struct bmap *m) { return !(m->flags & BPF_F_NO_PREALLOC); }

/* --- life --- */

int htab_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	bool percpu = a->map_type == BPF_MAP_TYPE_PERCPU_HASH || a->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	bool lru = is_lru(a->map_type), own_lru = a->map_flags & BPF_F_NO_COMMON_LRU;
	int err = bmap_check_flags(s, BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | ZERO_SEED |
				      BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);

	if (err)
		return err;
	if (!lru && own_lru)
		return -EINVAL;
	if (lru && a->map_flags & BPF_F_NO_PREALLOC)
		return -ENOTSUPP;
	if (a->map_flags & BPF_F_NUMA_NODE && (percpu || own_lru))
		return -EINVAL;
	if (!a->max_entries || !a->key_size || !a->value_size)
		return -EINVAL;
	if ((u64)a->key_size + a->value_size >= MAX_ELEM)
		return -E2BIG;
	if (percpu && bmap_round_up8(a->value_size) > PERCPU_MAX_VALUE)
		return -E2BIG;
	return 0;
}

static u32 pow2_at_least(u32 n)
{
	u32 p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static u64 value_bytes(const struct bmap *m)
{
	const struct htab *h = to_htab(m);

	return (u64)h->nr * h->value_size * (m->t->percpu ? m->obj.rt->nr_cpus : 1);
}

void htab_free(struct bmap *m)
{
	struct htab *h = to_htab(m);

	for (u32 i = 0; h->inner && i < h->nr; i++)
		if (h->inner[i])
			bpf_obj_put(&h->inner[i]->obj);
	if (h->keys)
		bmap_mem_free(m, h->keys, (u64)h->nr * h->key_size);
	if (h->values)
		bmap_mem_free(m, h->values, value_bytes(m));
	lru_free(h->lru);
	free(h->inner);
	free(h->bucket);
	free(h->elem);
	free(h->free);
	free(h->extra);
	free(h);
}

/* Each CPU gets its share of consecutive elements (pcpu_freelist_populate). */
static void share_out(struct htab *h, u32 nr_cpus)
{
	for (u32 cpu = 0, at = 0; cpu < nr_cpus; cpu++) {
		u32 n = h->nr / nr_cpus + (cpu < h->nr % nr_cpus);

		h->free[cpu] = (struct hfree){ .fresh = at, .fresh_end = at + n };
		at += n;
	}
}

static int alloc_arrays(struct bmap *m, u32 nr_cpus)
{
	struct htab *h = to_htab(m);

	h->bucket = calloc(h->nr_buckets, sizeof(*h->bucket));
	h->elem = calloc(h->nr, sizeof(*h->elem));
	h->free = calloc(nr_cpus, sizeof(*h->free));
	h->keys = bmap_mem_alloc(m, (u64)h->nr * h->key_size);
	if (m->type == BPF_MAP_TYPE_HASH_OF_MAPS)
		h->inner = calloc(h->nr, sizeof(*h->inner));
	else
		h->values = bmap_mem_alloc(m, value_bytes(m));
	return h->bucket && h->elem && h->free && h->keys && (h->values || h->inner) ? 0 : -ENOMEM;
}

/* What replaces a value in its turn: the element of the old one stays readable until the next replacement. */
static int make_extra(struct bmap *m, u32 nr_cpus)
{
	struct htab *h = to_htab(m);

	h->extra = calloc(nr_cpus, sizeof(*h->extra));
	if (!h->extra)
		return -ENOMEM;
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		h->extra[cpu] = htab_pop(m);
	return 0;
}

static bool evict(void *map, u32 e)
{
	return htab_unlink(map, e);
}

static int make_lru(struct bmap *m)
{
	struct htab *h = to_htab(m);

	h->lru = lru_create(&(struct lru_config){
		.nr = h->nr,
		.nr_cpus = m->obj.rt->nr_cpus,
		.own = m->flags & BPF_F_NO_COMMON_LRU,
		.v7 = m->obj.rt->v7,
		.evict = evict,
		.arg = m,
	});
	return h->lru ? 0 : -ENOMEM;
}

int htab_create(struct bmap *m, struct bpf_sys *s)
{
	u32 nr_cpus = s->rt->nr_cpus;
	bool lru = is_lru(m->type);
	bool in_place = lru || m->t->percpu || (s->rt->v7 && m->type == BPF_MAP_TYPE_HASH_OF_MAPS);
	struct htab *h;
	int err;

	/* as many elements in the lists of each CPU */
	if (m->flags & BPF_F_NO_COMMON_LRU && m->max_entries <= MAX_ENTRIES)
		m->max_entries = (m->max_entries + nr_cpus - 1) / nr_cpus * nr_cpus;
	if (m->max_entries > MAX_ENTRIES)
		return -E2BIG;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	m->elems = h;
	h->nr_buckets = pow2_at_least(m->max_entries);
	/* one more per CPU for replacements */
	h->nr = m->max_entries + (in_place ? 0 : nr_cpus);
	h->key_size = bmap_round_up8(m->key_size);
	h->value_size = bmap_round_up8(m->value_size);
	err = alloc_arrays(m, nr_cpus);
	if (!err) {
		share_out(h, nr_cpus);
		if (lru)
			err = make_lru(m);
		else if (is_prealloc(m) && !in_place)
			err = make_extra(m, nr_cpus);
	}
	if (err)
		htab_free(m);
	return err;
}

int htab_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	return key ? 0 : -EINVAL;
}

/* --- elements --- */

u32 htab_hash(const struct bmap *m, const void *key)
{
	/* the seed is the kernel's with BPF_F_ZERO_SEED: the order of elements is the same in every run */
	return jhash(key, m->key_size, 0);
}

static u32 *bucket_of(const struct htab *h, u32 hash) { return &h->bucket[hash & (h->nr_buckets - 1)]; }

u32 htab_find(const struct bmap *m, const void *key, u32 hash)
{
	const struct htab *h = to_htab(m);
	u32 e = *bucket_of(h, hash);

	while (e && (h->elem[e - 1].hash != hash || memcmp(htab_key(h, e), key, m->key_size)))
		e = h->elem[e - 1].next;
	return e;
}

void htab_link(struct bmap *m, u32 e, u32 hash)
{
	struct htab *h = to_htab(m);
	u32 *first = bucket_of(h, hash);

	h->elem[e - 1].hash = hash;
	h->elem[e - 1].next = *first;
	*first = e;
	h->count++;
}

bool htab_unlink(struct bmap *m, u32 e)
{
	struct htab *h = to_htab(m);
	u32 *at = bucket_of(h, h->elem[e - 1].hash);

	while (*at && *at != e)
		at = &h->elem[*at - 1].next;
	if (!*at)
		return false;
	*at = h->elem[e - 1].next;
	h->count--;
	return true;
}

u32 htab_pop(struct bmap *m)
{
	struct htab *h = to_htab(m);
	u32 nr_cpus = m->obj.rt->nr_cpus;

	if (h->lru)
		return lru_pop(h->lru, bmap_this_cpu());
	for (u32 i = 0; i < nr_cpus; i++) {
		struct hfree *f = &h->free[(bmap_this_cpu() + i) % nr_cpus];
		u32 e = f->first;

		if (e) {
			f->first = h->elem[e - 1].next_free;
			return e;
		}
		if (f->fresh < f->fresh_end)
			return f->fresh_end--;
	}
	return 0;
}

void htab_push(struct bmap *m, u32 e)
{
	struct htab *h = to_htab(m);
	struct hfree *f = &h->free[bmap_this_cpu()];

	if (h->lru) {
		lru_push(h->lru, e);
		return;
	}
	h->elem[e - 1].next_free = f->first;
	f->first = e;
}

void htab_touch(struct bmap *m, u32 e)
{
	if (e && to_htab(m)->lru)
		lru_touch(to_htab(m)->lru, e);
}

/* --- values --- */

static void set_values(struct bmap *m, u32 e, const char *value, u64 flags, bool all_cpus, bool init)
{
	const struct htab *h = to_htab(m);

	if (!m->t->percpu) {
		if (h->inner)
			h->inner[e - 1] = *(struct bmap *const *)value;
		else
			bmap_copy_value(m, htab_value(h, 0, e), value);
		return;
	}
	for (u32 cpu = 0; cpu < m->obj.rt->nr_cpus; cpu++) {
		bool one = !all_cpus || flags & BMAP_F_CPU;
		u32 only = all_cpus ? flags >> 32 : bmap_this_cpu();
		bool many = all_cpus && !(flags & (BMAP_F_CPU | BMAP_F_ALL_CPUS));

		if (!one || cpu == only)
			bmap_copy_value(m, htab_value(h, cpu, e), value + (many ? cpu * h->value_size : 0));
		else if (init)
			memset(htab_value(h, cpu, e), 0, h->value_size);
	}
}

void htab_read(const struct bmap *m, u32 e, void *value, u64 flags)
{
	const struct htab *h = to_htab(m);

	if (h->inner) {
		*(u32 *)value = h->inner[e - 1]->obj.id;
	} else if (!m->t->percpu) {
		bmap_copy_value(m, value, htab_value(h, 0, e));
	} else if (flags & BMAP_F_CPU) {
		bmap_copy_value(m, value, htab_value(h, flags >> 32, e));
	} else {
		for (u32 cpu = 0; cpu < m->obj.rt->nr_cpus; cpu++)
			bmap_copy_value(m, (char *)value + cpu * h->value_size, htab_value(h, cpu, e));
	}
}

/* --- update and removal --- */

static int check_flags(u32 old, u64 flags)
{
	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	return !old && flags == BPF_EXIST ? -ENOENT : 0;
}

/* An element for a new or replaced value; 0: the map is full. */
static u32 take_element(struct bmap *m, u32 old)
{
	struct htab *h = to_htab(m);
	u32 e, cpu = bmap_this_cpu();

	if (old && h->extra) {
		e = h->extra[cpu];
		h->extra[cpu] = old;
		return e;
	}
	if (!old && h->count >= m->max_entries)
		return 0;
	return htab_pop(m);
}

static struct bmap *take_inner(struct htab *h, u32 e)
{
	struct bmap *inner = h->inner ? h->inner[e - 1] : NULL;

	if (inner)
		h->inner[e - 1] = NULL;
	return inner;
}

static long update_locked(struct bmap *m, const void *key, const void *value, u64 flags, bool all_cpus,
			  struct bmap **dropped)
{
	struct htab *h = to_htab(m);
	bool in_place = m->t->percpu || (h->inner && m->obj.rt->v7);
	u32 hash = htab_hash(m, key), old = htab_find(m, key, hash), e;
	int err = check_flags(old, flags);

	if (err)
		return err;
	if (old && h->inner)
		*dropped = take_inner(h, old);
	if (old && in_place) {
		set_values(m, old, value, flags, all_cpus, false);
		return 0;
	}
	e = take_element(m, old);
	if (!e)
		return -E2BIG;
	memcpy(htab_key(h, e), key, m->key_size);
	set_values(m, e, value, flags, all_cpus, true);
	htab_link(m, e, hash);
	if (old) {
		htab_unlink(m, old);
		if (!h->extra)
			htab_push(m, old);
	}
	return 0;
}

/*
 * The element is fetched first, which may evict another one, even the one with this key, or turn out to be
 * needless.
 */
static long update_lru(struct bmap *m, const void *key, const void *value, u64 flags, bool all_cpus)
{
	struct htab *h = to_htab(m);
	u32 hash = htab_hash(m, key), e = 0, old;
	int err;

	if (!m->t->percpu || flags != BPF_EXIST) {
		e = htab_pop(m);
		if (!e)
			return -ENOMEM;
		memcpy(htab_key(h, e), key, m->key_size);
	}
	old = htab_find(m, key, hash);
	err = check_flags(old, flags);
	if (!err && old && m->t->percpu) {
		lru_touch(h->lru, old);
		set_values(m, old, value, flags, all_cpus, false);
	} else if (!err) {
		set_values(m, e, value, flags, all_cpus, true);
		htab_link(m, e, hash);
		if (old) {
			lru_touch(h->lru, e);
			htab_unlink(m, old);
		}
		e = old;
	}
	if (e)
		htab_push(m, e);
	return err;
}

static int check_update_flags(const struct bmap *m, u64 flags, bool all_cpus)
{
	/* system calls of 7.x only compare with the greatest flag */
	u64 max = all_cpus && m->obj.rt->v7 ? BMAP_F_ALL_CPUS : BPF_EXIST;

	return (all_cpus ? (u32)flags : flags) > max ? -EINVAL : 0;
}

long htab_update(struct bmap *m, const void *key, const void *value, u64 flags, bool all_cpus,
		 struct bmap **dropped)
{
	long err = check_update_flags(m, flags, all_cpus);
	bool off;

	if (err)
		return err;
	off = bmap_lock(m);
	err = to_htab(m)->lru ? update_lru(m, key, value, flags, all_cpus) :
				update_locked(m, key, value, flags, all_cpus, dropped);
	bmap_unlock(m, off);
	return err;
}

long htab_remove(struct bmap *m, const void *key, void *value, struct bmap **dropped)
{
	struct htab *h = to_htab(m);
	bool off = bmap_lock(m);
	u32 e = htab_find(m, key, htab_hash(m, key));

	if (e) {
		if (value)
			htab_read(m, e, value, 0);
		htab_unlink(m, e);
		if (h->inner)
			*dropped = take_inner(h, e);
		htab_push(m, e);
	}
	bmap_unlock(m, off);
	return e ? 0 : -ENOENT;
}

int htab_next_key(struct bmap *m, const void *key, void *next)
{
	const struct htab *h = to_htab(m);
	bool off = bmap_lock_reader(m);
	u32 hash = key ? htab_hash(m, key) : 0, at = key ? htab_find(m, key, hash) : 0, e = 0, b = 0;

	/* a key that is not there starts from the beginning */
	if (at) {
		e = h->elem[at - 1].next;
		b = (hash & (h->nr_buckets - 1)) + 1;
	}
	while (!e && b < h->nr_buckets)
		e = h->bucket[b++];
	if (e)
		memcpy(next, htab_key(h, e), m->key_size);
	bmap_unlock_reader(m, off);
	return e ? 0 : -ENOENT;
}
