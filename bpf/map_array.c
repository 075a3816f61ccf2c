// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARRAY and PERCPU_ARRAY (kernel/bpf/arraymap.c).
 *
 * Values lie in guest memory: writable, of a memfd if the map can be mmapped (BPF_F_MMAPABLE), or read-only
 * for programs (BPF_F_RDONLY_PROG), where stores of programs miss.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/map.h"

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define CREATE_FLAGS (BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_INNER_MAP | ACCESS_FLAGS)
#define PERCPU_MAX_VALUE 32768	/* PCPU_MIN_UNIT_SIZE */

static int array_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	bool percpu = a->map_type == BPF_MAP_TYPE_PERCPU_ARRAY;
	bool rd_wr = a->map_flags & BPF_F_RDONLY_PROG && a->map_flags & BPF_F_WRONLY_PROG;

	if (!a->max_entries || a->key_size != 4 || !a->value_size || a->map_flags & ~CREATE_FLAGS || rd_wr)
		return -EINVAL;
	if (percpu && a->map_flags & (BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (a->map_flags & BPF_F_NUMA_NODE && a->numa_node)
		return -EINVAL;
	if (a->map_flags & BPF_F_WRONLY_PROG) {
		bpf_why(s->rt, "map %.16s: BPF_F_WRONLY_PROG is not supported", a->map_name);
		return -EINVAL;
	}
	if (a->map_flags & BPF_F_RDONLY_PROG && percpu) {
		bpf_why(s->rt, "map %.16s: BPF_F_RDONLY_PROG of a PERCPU_ARRAY is not supported",
			a->map_name);
		return -EINVAL;
	}
	if (a->value_size > INT32_MAX)
		return -E2BIG;
	if (percpu && bmap_round_up8(a->value_size) > PERCPU_MAX_VALUE)
		return -E2BIG;
	return 0;
}

static int array_create(struct bmap *m, struct bpf_sys *s)
{
	struct bmap_array *ar = &m->array;
	struct bpf_rt *rt = s->rt;
	u64 bytes;

	ar->elem_size = bmap_round_up8(m->value_size);
	ar->memfd = -1;
	bytes = (u64)ar->elem_size * m->max_entries;
	if (m->t->percpu)
		bytes *= rt->nr_cpus;
	if (bytes > GMEM_MAX)
		return -ENOMEM;
	ar->bytes = bytes;
	ar->ro = m->flags & BPF_F_RDONLY_PROG;
	if (ar->ro)
		ar->values = ro_alloc(rt, bytes, &ar->memfd);
	else if (m->flags & BPF_F_MMAPABLE)
		ar->values = gmem_alloc_shared(rt->g, bytes, &ar->memfd);
	else
		ar->values = gmem_alloc_rw(rt->g, bytes, 8);
	if (!ar->values) {
		bpf_why(rt, "map %.16s: no memory for %llu bytes", s->attr.a.map_name,
			(unsigned long long)bytes);
		return -ENOMEM;
	}
	if (!(m->flags & BPF_F_MMAPABLE))
		ar->memfd = -1;
	return 0;
}

static void array_free(struct bmap *m)
{
	struct bmap_array *ar = &m->array;
	struct bpf_rt *rt = m->obj.rt;

	if (ar->ro)
		ro_free(rt, ar->values);
	else if (ar->memfd >= 0)
		gmem_free_shared(rt->g, ar->values, ar->bytes);
	else
		gmem_free_rw(rt->g, ar->values, ar->bytes);
}

static int array_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	const struct btf_type *t;
	u32 data;

	if (!key) {
		/* .bss, .data, .rodata: one value that is a section */
		if (m->t->percpu || m->max_entries != 1)
			return -EINVAL;
		return kbtf_kind(kbtf_type(b, value)) == BTF_KIND_DATASEC ? 0 : -EINVAL;
	}
	t = kbtf_skip(b, &key);
	if (kbtf_kind(t) != BTF_KIND_INT || t->size != 4)
		return -EINVAL;
	data = *(const u32 *)(t + 1);
	return BTF_INT_BITS(data) == 32 && !BTF_INT_OFFSET(data) ? 0 : -EINVAL;
}

static char *value_of(struct bmap *m, u32 cpu, u32 index)
{
	return m->array.values + ((u64)cpu * m->max_entries + index) * m->array.elem_size;
}

static int array_init_values(struct bmap *m)
{
	u64 n = (u64)m->max_entries * (m->t->percpu ? m->obj.rt->nr_cpus : 1);
	int err = 0;

	for (u64 i = 0; i < n && !err; i++)
		err = bmap_init_value(m, m->array.values + i * m->array.elem_size);
	return err;
}

static u64 array_key_of(struct bmap *m, const void *value, void *scratch)
{
	*(u32 *)scratch = ((const char *)value - m->array.values) / m->array.elem_size;
	return (uintptr_t)scratch;
}

/* --- for programs --- */

static void *array_lookup(struct bmap *m, const void *key)
{
	u32 index = *(const u32 *)key;

	return index < m->max_entries ? value_of(m, m->t->percpu ? bmap_this_cpu() : 0, index) : NULL;
}

static void *percpu_array_lookup_percpu(struct bmap *m, const void *key, u32 cpu)
{
	u32 index = *(const u32 *)key;

	return cpu < m->obj.rt->nr_cpus && index < m->max_entries ? value_of(m, cpu, index) : NULL;
}

static bool array_walk(struct bmap *m, u64 *pos, void **key, void **value)
{
	u32 index = *pos;

	if (*pos >= m->max_entries)
		return false;
	memcpy(*key, &index, sizeof(index));
	*value = value_of(m, m->t->percpu ? bmap_this_cpu() : 0, index);
	++*pos;
	return true;
}

static int check_update(struct bmap *m, u32 index, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return flags & BPF_F_LOCK && !bmap_has_field(m, FIELD_SPIN_LOCK) ? -EINVAL : 0;
}

static long array_update(struct bmap *m, const void *key, const void *value, u64 flags)
{
	u32 index = *(const u32 *)key;
	int err = check_update(m, index, flags);
	void *to;

	if (err)
		return err;
	to = value_of(m, m->t->percpu ? bmap_this_cpu() : 0, index);
	if (flags & BPF_F_LOCK)
		bmap_copy_value_locked(m, to, value, to);
	else
		bmap_copy_value(m, to, value);
	bmap_cancel_fields(m, to);
	return 0;
}

static long array_remove(struct bmap *m, const void *key)
{
	return -EINVAL;
}

/* --- for system calls --- */

static u32 percpu_sys_value_size(const struct bmap *m, u64 flags)
{
	return flags & (BMAP_F_CPU | BMAP_F_ALL_CPUS) ? m->value_size : m->array.elem_size * m->obj.rt->nr_cpus;
}

static int array_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	u32 index = *(const u32 *)key;

	if (index >= m->max_entries)
		return -ENOENT;
	if (flags & BPF_F_LOCK)
		bmap_copy_value_locked(m, value, value_of(m, 0, index), value_of(m, 0, index));
	else
		bmap_copy_value(m, value, value_of(m, 0, index));
	return 0;
}

static int percpu_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	u32 index = *(const u32 *)key, size = m->array.elem_size;

	if (index >= m->max_entries)
		return -ENOENT;
	if (flags & BMAP_F_CPU) {
		bmap_copy_value(m, value, value_of(m, flags >> 32, index));
		return 0;
	}
	for (u32 cpu = 0; cpu < m->obj.rt->nr_cpus; cpu++)
		memcpy((char *)value + cpu * size, value_of(m, cpu, index), size);
	return 0;
}

static int array_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return array_update(m, key, value, flags);
}

static int percpu_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	u32 index = *(const u32 *)key, size = m->array.elem_size;

	if ((u32)flags > (m->obj.rt->v7 ? BMAP_F_ALL_CPUS : BPF_EXIST))
		return -EINVAL;
	if (index >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	for (u32 cpu = 0; cpu < m->obj.rt->nr_cpus; cpu++) {
		if (flags & BMAP_F_CPU && cpu != flags >> 32)
			continue;
		bmap_copy_value(m, value_of(m, cpu, index),
				(const char *)value + (flags & (BMAP_F_CPU | BMAP_F_ALL_CPUS) ? 0 : cpu * size));
	}
	return 0;
}

static int array_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return -EINVAL;
}

static int array_next_key(struct bmap *m, const void *key, void *next)
{
	u32 index = key ? *(const u32 *)key : UINT32_MAX;

	if (index == m->max_entries - 1)
		return -ENOENT;
	*(u32 *)next = index >= m->max_entries ? 0 : index + 1;
	return 0;
}

static int array_value_addr(struct bmap *m, u32 off, u64 *addr)
{
	if (m->max_entries != 1)
		return -ENOTSUPP;
	if (off >= m->value_size)
		return -EINVAL;
	*addr = (uintptr_t)m->array.values + off;
	return 0;
}

const struct bmap_type array_map_type = {
	.type = BPF_MAP_TYPE_ARRAY,
	.check = array_check,
	.create = array_create,
	.free = array_free,
	.check_btf = array_check_btf,
	.init_values = array_init_values,
	.has_fields = true,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.walk = array_walk,
	.sys_value_size = bmap_plain_value_size,
	.sys_lookup = array_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.next_key = array_next_key,
	.lookup_batch = bmap_lookup_batch,
	.value_addr = array_value_addr,
	.key_of = array_key_of,
	.inner = true,
};

const struct bmap_type percpu_array_map_type = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.check = array_check,
	.create = array_create,
	.free = array_free,
	.check_btf = array_check_btf,
	.init_values = array_init_values,
	.has_fields = true,
	.lookup = array_lookup,
	.lookup_percpu = percpu_array_lookup_percpu,
	.update = array_update,
	.remove = array_remove,
	.walk = array_walk,
	.sys_value_size = percpu_sys_value_size,
	.sys_lookup = percpu_sys_lookup,
	.sys_update = percpu_sys_update,
	.sys_remove = array_sys_remove,
	.next_key = array_next_key,
	.lookup_batch = bmap_lookup_batch,
	.percpu = true,
	.inner = true,
};
