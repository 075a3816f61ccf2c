// SPDX-License-Identifier: GPL-2.0-only
/*
 * BLOOM_FILTER (kernel/bpf/bloom_filter.c): was this value pushed? "No" is certain. With the kernel's hash
 * functions and the seed of BPF_F_ZERO_SEED.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/jhash.h"
#include "bpf/map.h"

#define MAX_VALUE (4u << 20)	/* KMALLOC_MAX_SIZE */
#define ZERO_SEED (1u << 6)	/* BPF_F_ZERO_SEED */
#define NR_HASHES 5		/* of a filter that does not say how many in map_extra */

struct bloom {
	u32 nr_hashes, mask;	/* (i) the number of bits is mask + 1 */
	u64 bits[];		/* (a) */
};

static int bloom_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (a->value_size > MAX_VALUE)
		return -E2BIG;
	if (a->key_size || !a->value_size || !a->max_entries || a->map_extra & ~0xfull)
		return -EINVAL;
	return bmap_check_flags(s, BPF_F_NUMA_NODE | ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
				   BPF_F_WRONLY_PROG);
}

/* entries * hashes / ln 2 as the kernel computes it, a power of two */
static u32 mask_for(u32 entries, u32 nr_hashes)
{
	u64 bits = (u64)entries * nr_hashes, size = 64;

	if (bits > UINT32_MAX)
		return UINT32_MAX;
	bits = bits / 5 * 7;
	if (bits > 1u << 31)
		return UINT32_MAX;
	while (size < bits)
		size *= 2;
	return size - 1;
}

static int bloom_create(struct bmap *m, struct bpf_sys *s)
{
	u32 nr_hashes = m->extra ? m->extra : NR_HASHES, mask = mask_for(m->max_entries, nr_hashes);
	struct bloom *b = calloc(1, sizeof(*b) + ((u64)mask + 1) / 8);

	if (!b)
		return -ENOMEM;
	b->nr_hashes = nr_hashes;
	b->mask = mask;
	m->elems = b;
	return 0;
}

static void bloom_free(struct bmap *m)
{
	free(m->elems);
}

static int bloom_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	return key ? -EINVAL : 0;
}

static long bloom_push(struct bmap *m, const void *value, u64 flags)
{
	struct bloom *b = m->elems;

	if (flags != BPF_ANY)
		return -EINVAL;
	for (u32 i = 0; i < b->nr_hashes; i++) {
		u32 bit = jhash(value, m->value_size, i) & b->mask;

		__atomic_fetch_or(&b->bits[bit / 64], 1ull << bit % 64, __ATOMIC_RELAXED);
	}
	return 0;
}

static long bloom_peek(struct bmap *m, void *value)
{
	const struct bloom *b = m->elems;

	for (u32 i = 0; i < b->nr_hashes; i++) {
		u32 bit = jhash(value, m->value_size, i) & b->mask;

		if (!(__atomic_load_n(&b->bits[bit / 64], __ATOMIC_RELAXED) >> bit % 64 & 1))
			return -ENOENT;
	}
	return 0;
}

static int bloom_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	return bloom_peek(m, value);
}

static int bloom_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return bloom_push(m, value, flags);
}

static int bloom_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return -EOPNOTSUPP;
}

static int bloom_next_key(struct bmap *m, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

const struct bmap_type bloom_filter_map_type = {
	.type = BPF_MAP_TYPE_BLOOM_FILTER,
	.check = bloom_check,
	.create = bloom_create,
	.free = bloom_free,
	.check_btf = bloom_check_btf,
	.push = bloom_push,
	.peek = bloom_peek,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = bloom_sys_lookup,
	.sys_update = bloom_sys_update,
	.sys_remove = bloom_sys_remove,
	.next_key = bloom_next_key,
	.inner = true,
	.extra = true,
	.asks_value = true,
};
