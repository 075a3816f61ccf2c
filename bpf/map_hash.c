// SPDX-License-Identifier: GPL-2.0-only
/* HASH, PERCPU_HASH and their LRU variants (kernel/bpf/hashtab.c) as programs and system calls see them. */
#include <errno.h>

#include "bpf/htab.h"

/* --- for programs --- */

static u32 find(struct bmap *m, const void *key)
{
	bool off = bmap_lock_reader(m);
	u32 e = htab_find(m, key, htab_hash(m, key));

	htab_touch(m, e);
	bmap_unlock_reader(m, off);
	return e;
}

static void *hash_lookup(struct bmap *m, const void *key)
{
	u32 e = find(m, key);

	return e ? htab_value(to_htab(m), m->t->percpu ? bmap_this_cpu() : 0, e) : NULL;
}

static void *percpu_hash_lookup_percpu(struct bmap *m, const void *key, u32 cpu)
{
	u32 e = cpu < m->obj.rt->nr_cpus ? find(m, key) : 0;

	return e ? htab_value(to_htab(m), cpu, e) : NULL;
}

static long hash_update(struct bmap *m, const void *key, const void *value, u64 flags)
{
	return htab_update(m, key, value, flags, false, NULL);
}

static long hash_remove(struct bmap *m, const void *key)
{
	return htab_remove(m, key, NULL, NULL);
}

/*
 * @pos: number of the next bucket, and in the upper half the next element of the one before it. As in the
 * kernel that is decided before the callback, which may remove both.
 */
static bool hash_walk(struct bmap *m, u64 *pos, void **key, void **value)
{
	const struct htab *h = to_htab(m);
	bool off = bmap_lock_reader(m);
	u32 b = *pos, e = *pos >> 32;

	while (!e && b < h->nr_buckets)
		e = h->bucket[b++];
	if (e) {
		*pos = (u64)h->elem[e - 1].next << 32 | b;
		*key = htab_key(h, e);
		*value = htab_value(h, m->t->percpu ? bmap_this_cpu() : 0, e);
	}
	bmap_unlock_reader(m, off);
	return e;
}

/* --- for system calls --- */

static u32 percpu_hash_sys_value_size(const struct bmap *m, u64 flags)
{
	return flags & (BMAP_F_CPU | BMAP_F_ALL_CPUS) ? m->value_size :
							 bmap_round_up8(m->value_size) * m->obj.rt->nr_cpus;
}

int htab_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	bool off = bmap_lock_reader(m);
	u32 e = htab_find(m, key, htab_hash(m, key));

	if (e)
		htab_read(m, e, value, flags);
	bmap_unlock_reader(m, off);
	return e ? 0 : -ENOENT;
}

static int hash_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return htab_update(m, key, value, flags, m->t->percpu, NULL);
}

static int hash_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return hash_remove(m, key);
}

static int hash_sys_lookup_remove(struct bmap *m, const void *key, void *value)
{
	return htab_remove(m, key, value, NULL);
}

#define HASH_OPS \
	.check = htab_check, \
	.create = htab_create, \
	.free = htab_free, \
	.check_btf = htab_check_btf, \
	.lookup = hash_lookup, \
	.update = hash_update, \
	.remove = hash_remove, \
	.walk = hash_walk, \
	.sys_lookup = htab_sys_lookup, \
	.sys_update = hash_sys_update, \
	.sys_remove = hash_sys_remove, \
	.sys_lookup_remove = hash_sys_lookup_remove, \
	.next_key = htab_next_key, \
	.lookup_batch = htab_lookup_batch, \
	.batch_delete = true, \
	.inner = true
#define PERCPU_OPS \
	.lookup_percpu = percpu_hash_lookup_percpu, \
	.sys_value_size = percpu_hash_sys_value_size, \
	.percpu = true

const struct bmap_type hash_map_type = {
	.type = BPF_MAP_TYPE_HASH, HASH_OPS, .sys_value_size = bmap_plain_value_size
};
const struct bmap_type percpu_hash_map_type = { .type = BPF_MAP_TYPE_PERCPU_HASH, HASH_OPS, PERCPU_OPS };
const struct bmap_type lru_hash_map_type = {
	.type = BPF_MAP_TYPE_LRU_HASH, HASH_OPS, .sys_value_size = bmap_plain_value_size
};
const struct bmap_type lru_percpu_hash_map_type = { .type = BPF_MAP_TYPE_LRU_PERCPU_HASH, HASH_OPS, PERCPU_OPS };
