// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARRAY_OF_MAPS and HASH_OF_MAPS (kernel/bpf/map_in_map.c, arraymap.c, hashtab.c). An outer map holds a
 * reference to each inner one. System calls put maps in by descriptor and read ids; programs get the map.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/htab.h"
#include "bpf/kbtf.h"
#include "sched/sched.h"

/* --- what fits --- */

/* The outer map takes maps like the one of inner_map_fd. */
static int make_meta(struct bmap *m, struct bpf_sys *s)
{
	struct bmap *like;
	int err = bmap_get(s->files, s->attr.a.inner_map_fd, &like);

	if (err)
		return err;
	if (like->inner_meta) {
		bpf_why(s->rt, "map %.16s: maps of maps of maps do not exist", s->attr.a.map_name);
		return -EINVAL;
	}
	if (!like->t->inner)
		return -ENOTSUPP;
	if (like->rec) {
		bpf_why(s->rt, "map %.16s: inner maps whose values have special fields are not supported",
			s->attr.a.map_name);
		return -ENOTSUPP;
	}
	m->inner_meta = calloc(1, sizeof(*m->inner_meta));
	if (!m->inner_meta)
		return -ENOMEM;
	*m->inner_meta = (struct bmap_meta){ like->type, like->key_size, like->value_size, like->max_entries,
					     bmap_own_flags(like) };
	return 0;
}

static bool fits(const struct bmap_meta *t, const struct bmap *m)
{
	if (t->type != m->type || t->key_size != m->key_size || t->value_size != m->value_size ||
	    t->flags != bmap_own_flags(m) || m->rec)
		return false;
	return m->type != BPF_MAP_TYPE_ARRAY || t->flags & BPF_F_INNER_MAP || t->max_entries == m->max_entries;
}

/* The map behind a descriptor, with a reference. */
static int get_inner(struct bpf_sys *s, const struct bmap *m, int fd, struct bmap **inner)
{
	int err = bmap_get(s->files, fd, inner);

	if (err)
		return err;
	if (!fits(m->inner_meta, *inner)) {
		bpf_why(s->rt, "map %s: map %s differs in type, sizes, flags or special fields from the map that it was made with",
			m->name, (*inner)->name);
		return -EINVAL;
	}
	bpf_obj_get(&(*inner)->obj);
	return 0;
}

/* --- maps that go --- */

static void put_dropped(struct bpf_sys *s)
{
	for (u32 i = 0; i < s->nr_dropped; i++)
		bpf_obj_put(&s->dropped[i]->obj);
	free(s->dropped);
	s->dropped = NULL;
	s->nr_dropped = 0;
}

void bmap_wait_programs(struct bpf_sys *s, struct bmap *m)
{
	if (!m->t->of_maps)
		return;
	if (this_mcpu) {
		/* others may close the map meanwhile */
		bpf_obj_get(&m->obj);
		synchronize_rcu();
		bpf_obj_put(&m->obj);
	}
	put_dropped(s);
}

void bmap_drop_inner(struct bpf_sys *s, struct bmap *inner)
{
	struct bmap **all;

	if (!inner)
		return;
	all = realloc(s->dropped, (s->nr_dropped + 1) * sizeof(*all));
	if (all) {
		s->dropped = all;
		s->dropped[s->nr_dropped++] = inner;
		return;
	}
	if (this_mcpu)
		synchronize_rcu();
	bpf_obj_put(&inner->obj);
}

/* Types of keys and values do not say anything here. */
static int no_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	return -ENOTSUPP;
}

/* --- ARRAY_OF_MAPS --- */

static int array_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (a->value_size != 4 || !a->max_entries || a->key_size != 4)
		return -EINVAL;
	if (a->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EINVAL;
	return bmap_check_flags(s, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY);
}

static int array_create(struct bmap *m, struct bpf_sys *s)
{
	int err = make_meta(m, s);

	if (err)
		return err;
	m->elems = calloc(m->max_entries, sizeof(struct bmap *));
	if (m->elems)
		return 0;
	free(m->inner_meta);
	return -ENOMEM;
}

static void array_free(struct bmap *m)
{
	struct bmap **inner = m->elems;

	for (u32 i = 0; i < m->max_entries; i++)
		if (inner[i])
			bpf_obj_put(&inner[i]->obj);
	free(inner);
}

/* (m) The place of @key; NULL: beyond the end */
static struct bmap **place(const struct bmap *m, const void *key)
{
	u32 i = *(const u32 *)key;

	return i < m->max_entries ? (struct bmap **)m->elems + i : NULL;
}

static void *array_lookup(struct bmap *m, const void *key)
{
	struct bmap **at = place(m, key), *inner;

	inner = at ? READ_ONCE(*at) : NULL;
	return inner ? inner->guest : NULL;
}

/* Put @inner, or nothing, there; what was there goes. */
static struct bmap *replace(struct bmap *m, struct bmap **at, struct bmap *inner)
{
	bool off = bmap_lock(m);
	struct bmap *old = *at;

	WRITE_ONCE(*at, inner);
	bmap_unlock(m, off);
	return old;
}

static int array_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	struct bmap **at = place(m, key);

	if (!at || !*at)
		return -ENOENT;
	*(u32 *)value = (*at)->obj.id;
	return 0;
}

static int array_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	struct bmap **at = place(m, key), *inner;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (!at)
		return -E2BIG;
	err = get_inner(s, m, *(const int *)value, &inner);
	if (!err)
		bmap_drop_inner(s, replace(m, at, inner));
	return err;
}

static int array_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	struct bmap **at = place(m, key), *old;

	if (!at)
		return -E2BIG;
	old = replace(m, at, NULL);
	bmap_drop_inner(s, old);
	return old ? 0 : -ENOENT;
}

static int array_next_key(struct bmap *m, const void *key, void *next)
{
	return array_map_type.next_key(m, key, next);
}

const struct bmap_type array_of_maps_map_type = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.check = array_check,
	.create = array_create,
	.free = array_free,
	.check_btf = no_btf,
	.lookup = array_lookup,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = array_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.next_key = array_next_key,
	.lookup_batch = bmap_lookup_batch,
	.of_maps = true,
};

/* --- HASH_OF_MAPS --- */

static int hash_check(struct bpf_sys *s)
{
	return s->attr.a.value_size == 4 ? htab_check(s) : -EINVAL;
}

static int hash_create(struct bmap *m, struct bpf_sys *s)
{
	int err = make_meta(m, s);

	if (err)
		return err;
	err = htab_create(m, s);
	if (err)
		free(m->inner_meta);
	return err;
}

static void *hash_lookup(struct bmap *m, const void *key)
{
	bool off = bmap_lock_reader(m);
	u32 e = htab_find(m, key, htab_hash(m, key));
	struct bmap *inner = e ? to_htab(m)->inner[e - 1] : NULL;

	bmap_unlock_reader(m, off);
	return inner ? inner->guest : NULL;
}

static int hash_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	struct bmap *inner, *old = NULL;
	int err = get_inner(s, m, *(const int *)value, &inner);

	if (err)
		return err;
	err = htab_update(m, key, &inner, flags, false, &old);
	if (err)
		bpf_obj_put(&inner->obj);
	bmap_drop_inner(s, old);
	return err;
}

static int hash_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	struct bmap *old = NULL;
	int err = htab_remove(m, key, NULL, &old);

	bmap_drop_inner(s, old);
	return err;
}

const struct bmap_type hash_of_maps_map_type = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.check = hash_check,
	.create = hash_create,
	.free = htab_free,
	.check_btf = no_btf,
	.lookup = hash_lookup,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = htab_sys_lookup,
	.sys_update = hash_sys_update,
	.sys_remove = hash_sys_remove,
	.next_key = htab_next_key,
	.lookup_batch = htab_lookup_batch,
	.batch_delete = true,
	.of_maps = true,
};
