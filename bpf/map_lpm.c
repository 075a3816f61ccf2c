// SPDX-License-Identifier: GPL-2.0-only
/*
 * LPM_TRIE (kernel/bpf/lpm_trie.c): the longest prefix that matches a key. A node has the prefix of all nodes
 * below it; one that exists only because its two children part there is intermediate and has no value.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"
#include "bpf/map.h"

#define MAX_DATA 256
#define MAX_VALUE ((4u << 20) - MAX_DATA - 24)	/* KMALLOC_MAX_SIZE without struct lpm_trie_node */

/*
 * Nodes are meant by number + 1, 0 is none. A removed one keeps its value and its children: a program may hold
 * a pointer to it. (m) the map's lock
 */
struct lpm_node {
	u32 child[2];		/* (m) */
	u32 next_free;		/* (m) */
	u32 prefixlen;		/* (m) bits */
	bool used;		/* (m) not intermediate */
};

struct lpm {
	u32 root;		/* (m) */
	u32 nr;			/* (m) entries */
	u32 data_size;		/* (i) bytes of a prefix */
	u32 value_size;		/* (i) rounded up to 8 */
	u32 free, fresh;	/* (m) freed nodes, the last one first; number of those ever used */
	u32 nr_nodes;		/* (i) */
	struct lpm_node *node;	/* [nr_nodes] */
	u8 *data;		/* (m) [nr_nodes][data_size] */
	char *values;		/* [nr_nodes][value_size] guest memory */
};

/* What keys look like (struct bpf_lpm_trie_key) */
struct lpm_key {
	u32 prefixlen;
	u8 data[];
};

static struct lpm *to_lpm(const struct bmap *m) { return m->elems; }

/* --- life --- */

static int lpm_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (!a->max_entries || !(a->map_flags & BPF_F_NO_PREALLOC) || a->key_size < sizeof(struct lpm_key) + 1 ||
	    a->key_size > sizeof(struct lpm_key) + MAX_DATA || !a->value_size || a->value_size > MAX_VALUE)
		return -EINVAL;
	return bmap_check_flags(s, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY |
				   BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

static void lpm_free(struct bmap *m)
{
	struct lpm *t = to_lpm(m);

	if (t->values)
		bmap_mem_free(m, t->values, (u64)t->nr_nodes * t->value_size);
	free(t->data);
	free(t->node);
	free(t);
}

static int lpm_create(struct bmap *m, struct bpf_sys *s)
{
	struct lpm *t;

	/* as many intermediate nodes as entries, and one more while an entry is replaced */
	if (m->max_entries > INT32_MAX / 2)
		return -ENOMEM;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	m->elems = t;
	t->nr_nodes = 2 * m->max_entries + 1;
	t->data_size = m->key_size - sizeof(struct lpm_key);
	t->value_size = bmap_round_up8(m->value_size);
	t->node = calloc(t->nr_nodes, sizeof(*t->node));
	t->data = calloc(t->nr_nodes, t->data_size);
	t->values = bmap_mem_alloc(m, (u64)t->nr_nodes * t->value_size);
	if (t->node && t->data && t->values)
		return 0;
	lpm_free(m);
	return -ENOMEM;
}

static int lpm_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	return kbtf_kind(kbtf_type(b, key)) == BTF_KIND_STRUCT ? 0 : -EINVAL;
}

/* --- nodes --- */

static struct lpm_node *node_of(const struct lpm *t, u32 n) { return &t->node[n - 1]; }
static u8 *data_of(const struct lpm *t, u32 n) { return t->data + (size_t)(n - 1) * t->data_size; }
static char *value_of(const struct lpm *t, u32 n) { return t->values + (u64)(n - 1) * t->value_size; }
static u32 bit_of(const u8 *data, u32 i) { return data[i / 8] >> (7 - i % 8) & 1; }
static bool key_is_bad(const struct lpm *t, const struct lpm_key *k) { return k->prefixlen > t->data_size * 8; }

static u32 node_alloc(struct lpm *t, u32 prefixlen, const u8 *data, bool used)
{
	u32 n = t->free;

	if (n)
		t->free = node_of(t, n)->next_free;
	else if (t->fresh < t->nr_nodes)
		n = ++t->fresh;
	if (!n)
		return 0;
	*node_of(t, n) = (struct lpm_node){ .prefixlen = prefixlen, .used = used };
	memcpy(data_of(t, n), data, t->data_size);
	return n;
}

static void node_free(struct lpm *t, u32 n)
{
	node_of(t, n)->next_free = t->free;
	t->free = n;
}

/* Bits that node @n and @k have in common, of those that both mean. */
static u32 common_bits(const struct lpm *t, u32 n, const struct lpm_key *k)
{
	u32 len = node_of(t, n)->prefixlen, limit = len < k->prefixlen ? len : k->prefixlen, i = 0;
	const u8 *d = data_of(t, n);

	while (i + 8 <= limit && d[i / 8] == k->data[i / 8])
		i += 8;
	while (i < limit && bit_of(d, i) == bit_of(k->data, i))
		i++;
	return i;
}

/* Where @k is or would be: the place that points to a node that parts from @k or has its prefix, or to none. */
struct lpm_path {
	u32 *at, *at_parent;
	u32 parent;	/* 0: *@at is the root */
	u32 match;	/* bits in common with *@at */
};

static struct lpm_path walk_down(struct lpm *t, const struct lpm_key *k)
{
	struct lpm_path p = { .at = &t->root, .at_parent = &t->root };

	while (*p.at) {
		struct lpm_node *n = node_of(t, *p.at);

		p.match = common_bits(t, *p.at, k);
		if (n->prefixlen != p.match || n->prefixlen == k->prefixlen)
			break;
		p.parent = *p.at;
		p.at_parent = p.at;
		p.at = &n->child[bit_of(k->data, n->prefixlen)];
	}
	return p;
}

/* The entry with exactly this prefix, or 0. */
static u32 find_exact(struct lpm *t, const struct lpm_key *k, struct lpm_path *p)
{
	const struct lpm_node *n;

	*p = walk_down(t, k);
	if (!*p->at)
		return 0;
	n = node_of(t, *p->at);
	return n->prefixlen == k->prefixlen && n->prefixlen == p->match && n->used ? *p->at : 0;
}

/* --- for programs --- */

static u32 find_longest(const struct lpm *t, const struct lpm_key *k)
{
	u32 found = 0, n = key_is_bad(t, k) ? 0 : t->root;

	while (n) {
		const struct lpm_node *node = node_of(t, n);
		u32 match = common_bits(t, n, k);

		if (match == t->data_size * 8)
			return n;
		if (match < node->prefixlen)
			break;
		if (node->used)
			found = n;
		n = node->prefixlen < t->data_size * 8 ? node->child[bit_of(k->data, node->prefixlen)] : 0;
	}
	return found;
}

static void *lpm_lookup(struct bmap *m, const void *key)
{
	bool off = bmap_lock_reader(m);
	u32 n = find_longest(to_lpm(m), key);

	bmap_unlock_reader(m, off);
	return n ? value_of(to_lpm(m), n) : NULL;
}

/* Room for another entry? */
static int may_add(const struct bmap *m, u64 flags)
{
	if (flags == BPF_EXIST)
		return -ENOENT;
	return to_lpm(m)->nr == m->max_entries ? -ENOSPC : 0;
}

/* Put the new node @n where @p says. */
static void insert(struct lpm *t, const struct lpm_path *p, u32 n, u32 between)
{
	u32 old = *p->at;
	struct lpm_node *node = node_of(t, n);

	if (!old) {
		*p->at = n;
	} else if (node_of(t, old)->prefixlen == p->match) {
		memcpy(node->child, node_of(t, old)->child, sizeof(node->child));
		*p->at = n;
		node_free(t, old);
	} else if (p->match == node->prefixlen) {
		node->child[bit_of(data_of(t, old), p->match)] = old;
		*p->at = n;
	} else {
		u32 bit = bit_of(data_of(t, n), p->match);

		node_of(t, between)->child[bit] = n;
		node_of(t, between)->child[!bit] = old;
		*p->at = between;
	}
}

static int update_locked(struct bmap *m, const struct lpm_key *k, const void *value, u64 flags)
{
	struct lpm *t = to_lpm(m);
	struct lpm_path p = walk_down(t, k);
	u32 old = *p.at, n, between = 0;
	bool replaces = old && node_of(t, old)->prefixlen == p.match, used = replaces && node_of(t, old)->used;
	bool parts = old && !replaces && p.match != k->prefixlen;
	int err = used ? (flags == BPF_NOEXIST ? -EEXIST : 0) : may_add(m, flags);

	if (err)
		return err;
	n = node_alloc(t, k->prefixlen, k->data, true);
	if (n && parts)
		between = node_alloc(t, p.match, data_of(t, old), false);
	if (!n || (parts && !between)) {
		if (n)
			node_free(t, n);
		return -ENOMEM;
	}
	bmap_copy_value(m, value_of(t, n), value);
	insert(t, &p, n, between);
	t->nr += !used;
	return 0;
}

static long lpm_update(struct bmap *m, const void *key, const void *value, u64 flags)
{
	bool off;
	int err;

	if (flags > BPF_EXIST || key_is_bad(to_lpm(m), key))
		return -EINVAL;
	off = bmap_lock(m);
	err = update_locked(m, key, value, flags);
	bmap_unlock(m, off);
	return err;
}

static int remove_locked(struct lpm *t, const struct lpm_key *k)
{
	struct lpm_path p;
	u32 n = find_exact(t, k, &p);
	struct lpm_node *node, *parent;

	if (!n)
		return -ENOENT;
	node = node_of(t, n);
	t->nr--;
	if (node->child[0] && node->child[1]) {
		node->used = false;
		return 0;
	}
	parent = p.parent ? node_of(t, p.parent) : NULL;
	if (parent && !parent->used && !node->child[0] && !node->child[1]) {
		/* nothing parts at the parent any more: its other child takes its place */
		*p.at_parent = parent->child[parent->child[0] == n];
		node_free(t, p.parent);
	} else {
		*p.at = node->child[0] ? node->child[0] : node->child[1];
	}
	node_free(t, n);
	return 0;
}

static long lpm_remove(struct bmap *m, const void *key)
{
	bool off;
	int err;

	if (key_is_bad(to_lpm(m), key))
		return -EINVAL;
	off = bmap_lock(m);
	err = remove_locked(to_lpm(m), key);
	bmap_unlock(m, off);
	return err;
}

/* --- for system calls --- */

static int lpm_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	bool off = bmap_lock_reader(m);
	u32 n = find_longest(to_lpm(m), key);

	if (n)
		bmap_copy_value(m, value, value_of(to_lpm(m), n));
	bmap_unlock_reader(m, off);
	return n ? 0 : -ENOENT;
}

static int lpm_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return lpm_update(m, key, value, flags);
}

static int lpm_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return lpm_remove(m, key);
}

/* The first node below @n in postorder: children, the left one first, before their parent. */
static u32 leftmost(const struct lpm *t, u32 n)
{
	u32 found = n;

	while (n) {
		const struct lpm_node *node = node_of(t, n);

		found = n;
		n = node->child[0] ? node->child[0] : node->child[1];
	}
	return found;
}

/* The node that points to @n, or 0. */
static u32 parent_of(struct lpm *t, u32 n)
{
	u32 at = t->root, parent = 0;

	while (at && at != n) {
		parent = at;
		at = node_of(t, at)->child[bit_of(data_of(t, n), node_of(t, at)->prefixlen)];
	}
	return parent;
}

/* Entries in postorder. A key that is not there starts from the beginning. */
static u32 find_next(struct lpm *t, const struct lpm_key *k)
{
	struct lpm_path p;
	u32 n = k && !key_is_bad(t, k) ? find_exact(t, k, &p) : 0, parent;

	if (!n)
		return leftmost(t, t->root);
	while ((parent = parent_of(t, n))) {
		const struct lpm_node *node = node_of(t, parent);

		if (node->child[0] == n && node->child[1])
			return leftmost(t, node->child[1]);
		if (node->used)
			return parent;
		n = parent;
	}
	return 0;
}

static int lpm_next_key(struct bmap *m, const void *key, void *next)
{
	struct lpm *t = to_lpm(m);
	bool off = bmap_lock_reader(m);
	u32 n = find_next(t, key);
	struct lpm_key *to = next;

	if (n) {
		to->prefixlen = node_of(t, n)->prefixlen;
		memcpy(to->data, data_of(t, n), t->data_size);
	}
	bmap_unlock_reader(m, off);
	return n ? 0 : -ENOENT;
}

const struct bmap_type lpm_trie_map_type = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.check = lpm_check,
	.create = lpm_create,
	.free = lpm_free,
	.check_btf = lpm_check_btf,
	.lookup = lpm_lookup,
	.update = lpm_update,
	.remove = lpm_remove,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = lpm_sys_lookup,
	.sys_update = lpm_sys_update,
	.sys_remove = lpm_sys_remove,
	.next_key = lpm_next_key,
	.lookup_batch = bmap_lookup_batch,
	.batch_delete = true,
	.inner = true,
};
