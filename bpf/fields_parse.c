// SPDX-License-Identifier: GPL-2.0-only
/* Finding special fields in the BTF of a map's value (kernel/bpf/btf.c: btf_parse_fields; map_check_btf). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/kptr.h"

#define MAX_DEPTH 32		/* MAX_RESOLVE_DEPTH */

#define T(type) (1ull << BPF_MAP_TYPE_##type)
#define LOCAL_STORAGES (T(SK_STORAGE) | T(INODE_STORAGE) | T(TASK_STORAGE) | T(CGRP_STORAGE))
#define LOCK_MAPS (T(HASH) | T(ARRAY) | T(CGROUP_STORAGE) | LOCAL_STORAGES)
#define TIMER_MAPS (T(HASH) | T(LRU_HASH) | T(ARRAY))
#define PTR_MAPS \
	(T(HASH) | T(PERCPU_HASH) | T(LRU_HASH) | T(LRU_PERCPU_HASH) | T(ARRAY) | T(PERCPU_ARRAY) | LOCAL_STORAGES)
#define GRAPH_MAPS (T(HASH) | T(LRU_HASH) | T(ARRAY))

/* Kinds by the name of their struct or, of pointers, their type tag. */
static const struct kind {
	const char *name;
	u32 size, align;	/* bytes; 0: a pointer */
	u64 map_types;		/* that may have it */
	bool once;		/* in a value */
	bool v7;		/* 7.x only */
	bool repeats;		/* may be in an array */
	bool supported;
} kinds[NR_FIELD_KINDS] = {
	[FIELD_SPIN_LOCK] = { "bpf_spin_lock", 4, 4, LOCK_MAPS, .once = true, .supported = true },
	[FIELD_RES_SPIN_LOCK] = { "bpf_res_spin_lock", 4, 4, LOCK_MAPS, .once = true, .v7 = true },
	[FIELD_TIMER] = { "bpf_timer", 16, 8, TIMER_MAPS, .once = true, .supported = true },
	[FIELD_WQ] = { "bpf_wq", 16, 8, TIMER_MAPS, .once = true },
	[FIELD_TASK_WORK] = { "bpf_task_work", 8, 8, TIMER_MAPS, .once = true, .v7 = true },
	[FIELD_LIST_HEAD] = { "bpf_list_head", 16, 8, GRAPH_MAPS, .repeats = true },
	[FIELD_RB_ROOT] = { "bpf_rb_root", 16, 8, GRAPH_MAPS, .repeats = true },
	[FIELD_REFCOUNT] = { "bpf_refcount", 4, 4, PTR_MAPS, .once = true },
	[FIELD_KPTR_UNREF] = { "kptr_untrusted", .map_types = PTR_MAPS, .repeats = true, .supported = true },
	[FIELD_KPTR_REF] = { "kptr", .map_types = PTR_MAPS, .repeats = true, .supported = true },
	[FIELD_KPTR_PERCPU] = { "percpu_kptr", .map_types = PTR_MAPS, .repeats = true },
	[FIELD_UPTR] = { "uptr", .map_types = T(TASK_STORAGE), .v7 = true, .repeats = true },
};

struct walk {
	const struct kbtf *b;
	bool v7;
	u32 seen;		/* bits of kinds that may be there once */
	struct brecord *rec;
};

static bool is_struct(const struct btf_type *t) { return kbtf_kind(t) == BTF_KIND_STRUCT; }

static int walk_members(struct walk *w, const struct btf_type *t, u32 level);

/* The kind of pointers to what is tagged so; NR_FIELD_KINDS: none. */
static u32 find_tag(const struct walk *w, const char *tag)
{
	for (u32 k = 0; k < NR_FIELD_KINDS; k++)
		if (!kinds[k].size && (w->v7 || !kinds[k].v7) && !strcmp(kinds[k].name, tag))
			return k;
	return NR_FIELD_KINDS;
}

/* 6.12: exactly one tag, right behind the pointer, and of the known ones; @id is what it stands for */
static int tag_of_6_12(const struct walk *w, u32 *id)
{
	const struct btf_type *t = kbtf_type(w->b, *id);
	u32 kind;

	if (kbtf_kind(t) != BTF_KIND_TYPE_TAG)
		return NR_FIELD_KINDS;
	kind = find_tag(w, kbtf_str(w->b, t->name_off));
	*id = t->type;
	if (kind == NR_FIELD_KINDS || kbtf_kind(kbtf_type(w->b, *id)) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	return kind;
}

/* 7.x: tags that are not known do not matter (btf_type_tag_walk) */
static int tag_of(const struct walk *w, u32 *id)
{
	u32 kind = NR_FIELD_KINDS, k;

	for (const struct btf_type *t; (t = kbtf_type(w->b, *id)); *id = t->type) {
		if (kbtf_kind(t) == BTF_KIND_TYPE_TAG && !BTF_INFO_KFLAG(t->info)) {
			k = find_tag(w, kbtf_str(w->b, t->name_off));
			if (k != NR_FIELD_KINDS && kind != NR_FIELD_KINDS && k != kind)
				return -EINVAL;
			kind = k != NR_FIELD_KINDS ? k : kind;
		} else if (kbtf_kind(t) != BTF_KIND_TYPE_TAG && kbtf_kind(t) != BTF_KIND_TYPEDEF &&
			   kbtf_kind(t) != BTF_KIND_VOLATILE && kbtf_kind(t) != BTF_KIND_CONST &&
			   kbtf_kind(t) != BTF_KIND_RESTRICT) {
			break;
		}
	}
	return kind;
}

/* The kind of a pointer, with the name of the struct that it points at; NR_FIELD_KINDS: it is none, -EINVAL. */
static int pointer_kind(const struct walk *w, const struct btf_type *t, const char **pointee)
{
	int kind;
	u32 id;

	if (kbtf_kind(t) == BTF_KIND_VOLATILE)
		t = kbtf_type(w->b, t->type);
	if (kbtf_kind(t) != BTF_KIND_PTR)
		return NR_FIELD_KINDS;
	id = t->type;
	kind = w->v7 ? tag_of(w, &id) : tag_of_6_12(w, &id);
	if (kind < 0 || kind == NR_FIELD_KINDS)
		return kind;
	t = kbtf_skip(w->b, &id);
	*pointee = t ? kbtf_str(w->b, t->name_off) : "";
	return is_struct(t) ? kind : -EINVAL;
}

/* The same by the name of a struct; -E2BIG: there is one already */
static int struct_kind(struct walk *w, const struct btf_type *t)
{
	const char *name = kbtf_str(w->b, t->name_off);

	for (u32 k = 0; k < NR_FIELD_KINDS; k++) {
		if (!kinds[k].size || (kinds[k].v7 && !w->v7) || strcmp(kinds[k].name, name))
			continue;
		if (kinds[k].once && w->seen >> k & 1)
			return -E2BIG;
		w->seen |= 1u << k;
		return k;
	}
	return NR_FIELD_KINDS;
}

static int add(struct walk *w, enum field_kind kind, u32 off, u32 n, const char *pointee)
{
	u32 size = kinds[kind].size ? kinds[kind].size : 8;

	if (n > 1 && !kinds[kind].repeats)
		return -EINVAL;
	for (u32 i = 0; i < n; i++) {
		if (w->rec->nr == FIELDS_MAX)
			return -E2BIG;
		w->rec->f[w->rec->nr].kind = kind;
		w->rec->f[w->rec->nr].pointee = pointee;
		w->rec->f[w->rec->nr].kptr = kind == FIELD_KPTR_REF ? kptr_type_find(pointee) : NULL;
		w->rec->f[w->rec->nr].off = off + i * size;
		w->rec->f[w->rec->nr++].size = size;
	}
	return 0;
}

/* @n structs in a row, which may have fields */
static int walk_nested(struct walk *w, const struct btf_type *t, u32 off, u32 n, u32 level)
{
	u32 first = w->rec->nr, found;
	int err;

	if (++level >= MAX_DEPTH)
		return -E2BIG;
	err = walk_members(w, t, level);
	found = w->rec->nr - first;
	if (err || !found)
		return err;
	for (u32 i = first; i < first + found; i++) {
		if (n > 1 && !kinds[w->rec->f[i].kind].repeats)
			return -EINVAL;
		w->rec->f[i].off += off;
	}
	if ((u64)found * n > FIELDS_MAX - first)
		return -E2BIG;
	for (u32 e = 1; e < n; e++) {
		for (u32 i = first; i < first + found; i++) {
			w->rec->f[w->rec->nr] = w->rec->f[i];
			w->rec->f[w->rec->nr++].off += e * t->size;
		}
	}
	return 0;
}

/* A member or variable of type @id at @off; @expected: bytes that it must have, 0: any */
static int walk_one(struct walk *w, u32 id, u32 off, u32 expected, u32 level)
{
	const struct btf_type *t = kbtf_type(w->b, id);
	const char *pointee = NULL;
	u32 n = 1, depth, size;
	int kind;

	for (depth = 0; depth < MAX_DEPTH && kbtf_kind(t) == BTF_KIND_ARRAY; depth++) {
		const struct btf_array *a = (const void *)(t + 1);

		n *= a->nelems;
		t = kbtf_type(w->b, a->type);
	}
	if (depth == MAX_DEPTH)
		return -E2BIG;
	if (!n || !t)
		return 0;
	kind = struct_kind(w, t);
	if (kind < 0)
		return kind;
	if (kind == NR_FIELD_KINDS && is_struct(t))
		return expected && expected != t->size * n ? 0 : walk_nested(w, t, off, n, level);
	size = kind == NR_FIELD_KINDS ? 8 : kinds[kind].size;
	if ((expected && expected != size * n) || off % (kind == NR_FIELD_KINDS ? 8 : kinds[kind].align))
		return 0;
	if (kind == NR_FIELD_KINDS) {
		kind = pointer_kind(w, t, &pointee);
		if (kind < 0 || kind == NR_FIELD_KINDS)
			return kind < 0 ? kind : 0;
	} else if (!is_struct(t) || t->size != size) {
		return 0;
	}
	return add(w, kind, off, n, pointee);
}

static int walk_members(struct walk *w, const struct btf_type *t, u32 level)
{
	const struct btf_member *m = kbtf_members(t);
	int err = 0;

	for (u32 i = 0; i < kbtf_vlen(t) && !err; i++) {
		u32 bit = kbtf_member_bit_offset(t, &m[i]);

		err = bit % 8 ? -EINVAL : walk_one(w, m[i].type, bit / 8, 0, level);
	}
	return err;
}

static int walk_section(struct walk *w, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	int err = 0;

	for (u32 i = 0; i < kbtf_vlen(t) && !err; i++)
		err = walk_one(w, kbtf_type(w->b, v[i].type)->type, v[i].offset, v[i].size, 0);
	return err;
}

#define HAS(rec, kind) ((rec)->mask >> (kind) & 1)

static int check_record(struct brecord *rec, u32 value_size)
{
	u32 end = 0;

	for (u32 i = 0; i < rec->nr; i++) {
		if (rec->f[i].off + rec->f[i].size > value_size)
			return -EFAULT;
		if (rec->f[i].off < end)
			return -EEXIST;
		end = rec->f[i].off + rec->f[i].size;
		rec->mask |= 1u << rec->f[i].kind;
	}
	if (HAS(rec, FIELD_SPIN_LOCK) && HAS(rec, FIELD_RES_SPIN_LOCK))
		return -EINVAL;
	if ((HAS(rec, FIELD_LIST_HEAD) || HAS(rec, FIELD_RB_ROOT)) && !HAS(rec, FIELD_SPIN_LOCK) &&
	    !HAS(rec, FIELD_RES_SPIN_LOCK))
		return -EINVAL;
	return 0;
}

/* What bpf_why() says is why the map is not made, with BTF or without. */
static int refuse(struct bpf_sys *s, const struct bmap *m)
{
	memcpy(s->rt->refused_map, m->name, sizeof(m->name));
	snprintf(s->rt->refused_why, sizeof(s->rt->refused_why), "%.127s", s->rt->why);
	return -EOPNOTSUPP;
}

static int check_map(struct bpf_sys *s, const struct bmap *m, const struct brecord *rec)
{
	if (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (u32 i = 0; i < rec->nr; i++)
		if (!(kinds[rec->f[i].kind].map_types >> m->type & 1))
			return -EOPNOTSUPP;
	if (!m->t->has_fields) {
		bpf_why(s->rt, "map %s: special fields in values of maps of type %s are not supported", m->name,
			bmap_type_name(m->type));
		return refuse(s, m);
	}
	for (u32 i = 0; i < rec->nr; i++) {
		const struct kind *k = &kinds[rec->f[i].kind];

		if (k->supported && (rec->f[i].kind != FIELD_KPTR_REF || rec->f[i].kptr))
			continue;
		if (k->size)
			bpf_why(s->rt, "map %s: value has a %s, which is not supported", m->name, k->name);
		else
			bpf_why(s->rt, "map %s: value has a pointer to struct %s tagged %s, which is not supported", m->name,
				rec->f[i].pointee, k->name);
		return refuse(s, m);
	}
	return 0;
}

int fields_parse(struct bpf_sys *s, struct bmap *m, const struct kbtf *b, u32 value)
{
	struct brecord rec = {};
	struct walk w = { .b = b, .v7 = s->rt->v7, .rec = &rec };
	const struct btf_type *t = kbtf_type(b, value);
	int err = 0;

	if (is_struct(t))
		err = walk_members(&w, t, 0);
	else if (kbtf_kind(t) == BTF_KIND_DATASEC)
		err = walk_section(&w, t);
	if (err || !rec.nr)
		return err;
	err = check_record(&rec, m->value_size);
	if (!err)
		err = check_map(s, m, &rec);
	if (err)
		return err;
	m->rec = malloc(sizeof(rec));
	if (!m->rec)
		return -ENOMEM;
	*m->rec = rec;
	return 0;
}
