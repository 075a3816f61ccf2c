// SPDX-License-Identifier: GPL-2.0-only
/*
 * QUEUE and STACK (kernel/bpf/queue_stack_maps.c): a ring of values in host memory, since programs only get
 * copies of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/map.h"

#define MAX_VALUE (4u << 20)	/* KMALLOC_MAX_SIZE */

struct queue {
	u32 head;		/* (m) where the next value goes */
	u32 tail;		/* (m) the oldest value; head: there is none */
	u32 size;		/* (i) max_entries + 1: one place stays free */
	char *values;		/* (m) [size] */
};
/* (m) the map's lock, (i) immutable */

static struct queue *to_queue(const struct bmap *m) { return m->elems; }

static int queue_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (!a->max_entries || a->key_size || !a->value_size)
		return -EINVAL;
	if (a->value_size > MAX_VALUE)
		return -E2BIG;
	if (!s->rt->v7 && a->max_entries >= UINT32_MAX / a->value_size)
		return -E2BIG;
	return bmap_check_flags(s, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
				   BPF_F_WRONLY_PROG);
}

static int queue_create(struct bmap *m, struct bpf_sys *s)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->size = m->max_entries + 1;
	/* 4 Gi places: more than any machine gives the kernel */
	q->values = q->size ? calloc(q->size, m->value_size) : NULL;
	if (!q->values) {
		free(q);
		return -ENOMEM;
	}
	m->elems = q;
	return 0;
}

static void queue_free(struct bmap *m)
{
	free(to_queue(m)->values);
	free(to_queue(m));
}

static char *value_at(const struct bmap *m, u32 i)
{
	return to_queue(m)->values + (size_t)i * m->value_size;
}

static u32 after(const struct queue *q, u32 i) { return i + 1 < q->size ? i + 1 : 0; }
static u32 before(const struct queue *q, u32 i) { return (i ? i : q->size) - 1; }

static long queue_push(struct bmap *m, const void *value, u64 flags)
{
	struct queue *q = to_queue(m);
	long err = 0;
	bool off;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	off = bmap_lock(m);
	if (after(q, q->head) == q->tail) {
		if (flags & BPF_EXIST)
			q->tail = after(q, q->tail);	/* the oldest makes room */
		else
			err = -E2BIG;
	}
	if (!err) {
		bmap_copy_value(m, value_at(m, q->head), value);
		q->head = after(q, q->head);
	}
	bmap_unlock(m, off);
	return err;
}

/* The value that is next to go, or zeroes and -ENOENT. */
static long take(struct bmap *m, void *value, bool remove)
{
	struct queue *q = to_queue(m);
	bool off = bmap_lock(m), stack = m->type == BPF_MAP_TYPE_STACK, empty = q->head == q->tail;
	u32 i = stack ? before(q, q->head) : q->tail;

	if (empty)
		memset(value, 0, m->value_size);
	else
		bmap_copy_value(m, value, value_at(m, i));
	if (!empty && remove) {
		if (stack)
			q->head = i;
		else
			q->tail = after(q, i);
	}
	bmap_unlock(m, off);
	return empty ? -ENOENT : 0;
}

static long queue_pop(struct bmap *m, void *value) { return take(m, value, true); }
static long queue_peek(struct bmap *m, void *value) { return take(m, value, false); }

/* --- for system calls --- */

static int queue_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	return queue_peek(m, value);
}

static int queue_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return queue_push(m, value, flags);
}

static int queue_sys_lookup_remove(struct bmap *m, const void *key, void *value)
{
	return queue_pop(m, value);
}

static int queue_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return -EINVAL;
}

static int queue_next_key(struct bmap *m, const void *key, void *next)
{
	return -EINVAL;
}

#define QUEUE_OPS \
	.check = queue_check, \
	.create = queue_create, \
	.free = queue_free, \
	.push = queue_push, \
	.pop = queue_pop, \
	.peek = queue_peek, \
	.sys_value_size = bmap_plain_value_size, \
	.sys_lookup = queue_sys_lookup, \
	.sys_update = queue_sys_update, \
	.sys_remove = queue_sys_remove, \
	.sys_lookup_remove = queue_sys_lookup_remove, \
	.next_key = queue_next_key, \
	.inner = true

const struct bmap_type queue_map_type = { .type = BPF_MAP_TYPE_QUEUE, QUEUE_OPS };
const struct bmap_type stack_map_type = { .type = BPF_MAP_TYPE_STACK, QUEUE_OPS };
