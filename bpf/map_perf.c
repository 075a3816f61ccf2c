// SPDX-License-Identifier: GPL-2.0-only
/*
 * PERF_EVENT_ARRAY (kernel/bpf/arraymap.c) of a machine without a PMU: no perf event can be opened, so there
 * is no descriptor that can be put in, and all places stay empty.
 */
#include <errno.h>

#include "bpf/map.h"

static int perf_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (a->value_size != 4 || !a->max_entries || a->key_size != 4)
		return -EINVAL;
	if (a->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EINVAL;
	return bmap_check_flags(s, BPF_F_NUMA_NODE | BPF_F_PRESERVE_ELEMS | BPF_F_RDONLY | BPF_F_WRONLY);
}

static int perf_create(struct bmap *m, struct bpf_sys *s)
{
	return 0;
}

static void perf_free(struct bmap *m)
{
}

static int perf_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	return -ENOTSUPP;
}

static int perf_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	return -ENOTSUPP;
}

static int perf_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	if (*(const u32 *)key >= m->max_entries)
		return -E2BIG;
	bpf_why(s->rt, "map %s: descriptor %d is no perf event: this machine has no PMU", m->name,
		*(const int *)value);
	return -EBADF;
}

static int perf_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return *(const u32 *)key >= m->max_entries ? -E2BIG : -ENOENT;
}

static int perf_next_key(struct bmap *m, const void *key, void *next)
{
	return array_map_type.next_key(m, key, next);
}

const struct bmap_type perf_event_array_map_type = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.check = perf_check,
	.create = perf_create,
	.free = perf_free,
	.check_btf = perf_check_btf,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = perf_sys_lookup,
	.sys_update = perf_sys_update,
	.sys_remove = perf_sys_remove,
	.next_key = perf_next_key,
	.inner = true,
};
