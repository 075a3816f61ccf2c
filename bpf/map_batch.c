// SPDX-License-Identifier: GPL-2.0-only
/* MAP_*_BATCH: many elements by one system call (generic_map_*_batch() of kernel/bpf/syscall.c, hashtab.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/htab.h"

static int set_count(struct bpf_sys *s, u32 n)
{
	return attr_write(s, offsetof(union bpf_attr, batch.count), &n, sizeof(n)) ? -EFAULT : 0;
}

/* The map, if it may be used so. */
static int begin(struct bpf_sys *s, bool read, bool write, struct bmap **m)
{
	int err = bmap_get(s->files, s->attr.a.batch.map_fd, m);

	if (err)
		return err;
	return (read && !bmap_may_read(*m)) || (write && !bmap_may_write(*m)) ? -EPERM : 0;
}

/* --- one element after the other --- */

static u64 key_addr(const struct bpf_sys *s, const struct bmap *m, u32 i)
{
	return s->attr.a.batch.keys + (u64)i * m->key_size;
}

static u64 value_addr(const struct bpf_sys *s, u32 value_size, u32 i)
{
	return s->attr.a.batch.values + (u64)i * value_size;
}

static int update_one(struct bpf_sys *s, struct bmap *m, u32 i, void *key, void *value)
{
	u64 flags = s->attr.a.batch.elem_flags;
	u32 size = m->t->sys_value_size(m, flags);

	if (user_read(s, key, key_addr(s, m, i), m->key_size) ||
	    user_read(s, value, value_addr(s, size, i), size))
		return -EFAULT;
	return m->t->sys_update(s, m, key, value, flags);
}

static int remove_one(struct bpf_sys *s, struct bmap *m, u32 i, void *key, void *value)
{
	if (user_read(s, key, key_addr(s, m, i), m->key_size))
		return -EFAULT;
	return m->t->sys_remove(s, m, key);
}

/* Up to the first one that fails; batch.count says how many were done. */
static int for_all(struct bpf_sys *s, struct bmap *m,
		   int (*fn)(struct bpf_sys *s, struct bmap *m, u32 i, void *key, void *value))
{
	u32 max = s->attr.a.batch.count, i = 0;
	void *key, *value;
	int err = 0;

	if (!max)
		return 0;
	if (set_count(s, 0))
		return -EFAULT;
	key = malloc(m->key_size);
	value = malloc(m->t->sys_value_size(m, s->attr.a.batch.elem_flags));
	if (!key || !value)
		err = -ENOMEM;
	while (i < max && !err) {
		err = fn(s, m, i, key, value);
		i += !err;
	}
	if (key && value && set_count(s, i))
		err = -EFAULT;
	free(key);
	free(value);
	bmap_wait_programs(s, m);
	return err;
}

long map_update_batch(struct bpf_sys *s)
{
	struct bmap *m;
	int err = begin(s, false, true, &m);

	if (err)
		return err;
	if (!m->t->lookup_batch)
		return -ENOTSUPP;
	err = bmap_check_op_flags(m, s->attr.a.batch.elem_flags,
				  BPF_F_LOCK | BMAP_F_CPU | BMAP_F_ALL_CPUS);
	return err ? err : for_all(s, m, update_one);
}

long map_delete_batch(struct bpf_sys *s)
{
	struct bmap *m;
	int err = begin(s, false, true, &m);

	if (err)
		return err;
	if (!m->t->batch_delete)
		return -ENOTSUPP;
	/* BPF_F_LOCK is for values with a bpf_spin_lock, which maps that delete do not have here */
	return s->attr.a.batch.elem_flags ? -EINVAL : for_all(s, m, remove_one);
}

/* --- lookups in the order of keys: the place to go on from is a key --- */

struct keyed {
	void *prev, *key, *value;
	bool has_prev;
	u32 n, value_size;
};

/* Copy the elements behind @k->prev; 0, -ENOENT: that were all, or what else went wrong. */
static int lookup_keyed(struct bpf_sys *s, struct bmap *m, struct keyed *k)
{
	while (k->n < s->attr.a.batch.count) {
		void *key = k->key;
		int err = m->t->next_key(m, k->has_prev ? k->prev : NULL, key);

		if (err)
			return err;
		err = m->t->sys_lookup(m, key, k->value, s->attr.a.batch.elem_flags);
		if (err && err != -ENOENT)
			return err;
		if (!err) {
			if (user_write(s, key_addr(s, m, k->n), key, m->key_size) ||
			    user_write(s, value_addr(s, k->value_size, k->n), k->value, k->value_size))
				return -EFAULT;
			k->n++;
		}
		k->key = k->prev;
		k->prev = key;
		k->has_prev = true;
	}
	return 0;
}

int bmap_lookup_batch(struct bpf_sys *s, struct bmap *m, bool remove)
{
	const union bpf_attr *a = &s->attr.a;
	struct keyed k = { .has_prev = a->batch.in_batch };
	int err;

	if (remove)
		return -ENOTSUPP;
	err = bmap_check_op_flags(m, a->batch.elem_flags, BPF_F_LOCK | BMAP_F_CPU);
	if (err || !a->batch.count)
		return err;
	if (set_count(s, 0))
		return -EFAULT;
	k.value_size = m->t->sys_value_size(m, a->batch.elem_flags);
	k.prev = malloc(m->key_size);
	k.key = malloc(m->key_size);
	k.value = calloc(1, k.value_size);
	err = -ENOMEM;
	if (k.prev && k.key && k.value) {
		err = -EFAULT;
		if (!k.has_prev || !user_read(s, k.prev, a->batch.in_batch, m->key_size))
			err = lookup_keyed(s, m, &k);
		if ((!err || err == -ENOENT) &&
		    (set_count(s, k.n) || (k.n && user_write(s, a->batch.out_batch, k.prev, m->key_size))))
			err = -EFAULT;
	}
	free(k.prev);
	free(k.key);
	free(k.value);
	return err;
}

/* --- hash maps, bucket by bucket: the place to go on from is the number of a bucket --- */

struct bucket_copy {
	u32 n, cap;
	u32 value_size;
	u32 *elem;
	struct bmap **inner;	/* HASH_OF_MAPS: what an emptied bucket had */
	char *keys, *values;
};

static void copy_free(struct bucket_copy *c)
{
	free(c->elem);
	free(c->inner);
	free(c->keys);
	free(c->values);
}

static int copy_grow(struct bucket_copy *c, const struct bmap *m, u32 n)
{
	copy_free(c);
	c->cap = n;
	c->elem = calloc(n, sizeof(*c->elem));
	c->inner = calloc(n, sizeof(*c->inner));
	c->keys = calloc(n, m->key_size);
	c->values = calloc(n, c->value_size);
	return c->elem && c->inner && c->keys && c->values ? 0 : -ENOMEM;
}

/*
 * Copy bucket @b, and empty it. -ENOSPC: more than @max are in it; -EAGAIN: @c is too small, c->n says how
 * many are in it.
 */
static int copy_bucket(struct bpf_sys *s, struct bmap *m, u32 b, u32 max, bool remove, struct bucket_copy *c)
{
	struct htab *h = to_htab(m);
	bool off = bmap_lock(m);
	int err = 0;
	u32 i = 0;

	c->n = 0;
	for (u32 e = h->bucket[b]; e; e = h->elem[e - 1].next)
		c->n++;
	if (c->n > max)
		err = -ENOSPC;
	else if (c->n > c->cap)
		err = -EAGAIN;
	for (u32 e = h->bucket[b]; e && !err; e = h->elem[e - 1].next, i++) {
		c->elem[i] = e;
		memcpy(c->keys + (size_t)i * m->key_size, htab_key(h, e), m->key_size);
		htab_read(m, e, c->values + (size_t)i * c->value_size, s->attr.a.batch.elem_flags);
	}
	/* the last one first, as the kernel's list of what to free has them */
	while (remove && i) {
		u32 e = c->elem[--i];

		htab_unlink(m, e);
		if (h->inner) {
			c->inner[i] = h->inner[e - 1];
			h->inner[e - 1] = NULL;
		}
		htab_push(m, e);
	}
	bmap_unlock(m, off);
	for (i = 0; !err && i < c->n; i++) {
		bmap_drop_inner(s, c->inner[i]);
		c->inner[i] = NULL;
	}
	return err;
}

static int lookup_buckets(struct bpf_sys *s, struct bmap *m, bool remove, struct bucket_copy *c, u32 *b, u32 *total)
{
	u32 nr = to_htab(m)->nr_buckets;

	while (*b < nr) {
		int err = copy_bucket(s, m, *b, s->attr.a.batch.count - *total, remove, c);

		if (err == -EAGAIN) {
			err = copy_grow(c, m, c->n);
			if (err)
				return err;
			continue;
		}
		if (err)
			return *total ? 0 : err;
		if (user_write(s, key_addr(s, m, *total), c->keys, (size_t)c->n * m->key_size) ||
		    user_write(s, value_addr(s, c->value_size, *total), c->values, (size_t)c->n * c->value_size))
			return -EFAULT;
		*total += c->n;
		++*b;
	}
	return -ENOENT;
}

int htab_lookup_batch(struct bpf_sys *s, struct bmap *m, bool remove)
{
	const union bpf_attr *a = &s->attr.a;
	struct bucket_copy c = {};
	u32 b = 0, total = 0;
	int err;

	err = bmap_check_op_flags(m, a->batch.elem_flags,
				  BPF_F_LOCK | (m->t->percpu && !remove ? BMAP_F_CPU : 0));
	if (err)
		return err;
	if (a->batch.flags)
		return -EINVAL;
	if (!a->batch.count)
		return 0;
	if (set_count(s, 0) || (a->batch.in_batch && user_read(s, &b, a->batch.in_batch, sizeof(b))))
		return -EFAULT;
	if (b >= to_htab(m)->nr_buckets)
		return -ENOENT;
	c.value_size = m->t->sys_value_size(m, a->batch.elem_flags);
	err = lookup_buckets(s, m, remove, &c, &b, &total);
	copy_free(&c);
	if (err != -EFAULT && (user_write(s, a->batch.out_batch, &b, sizeof(b)) || set_count(s, total)))
		err = -EFAULT;
	return err;
}

long map_lookup_batch(struct bpf_sys *s)
{
	struct bmap *m;
	int err = begin(s, true, false, &m);

	if (err)
		return err;
	return m->t->lookup_batch ? m->t->lookup_batch(s, m, false) : -ENOTSUPP;
}

long map_lookup_and_delete_batch(struct bpf_sys *s)
{
	struct bmap *m;
	int err = begin(s, true, true, &m);

	if (err)
		return err;
	err = m->t->lookup_batch ? m->t->lookup_batch(s, m, true) : -ENOTSUPP;
	bmap_wait_programs(s, m);
	return err;
}
