// SPDX-License-Identifier: GPL-2.0-only
/* Maps: what all types have in common (kernel/bpf/syscall.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/map.h"
#include "sched/sched.h"

static const struct bmap_type *const types[] = {&array_map_type, &percpu_array_map_type,
						&queue_map_type, &stack_map_type,
						&hash_map_type, &percpu_hash_map_type,
						&lru_hash_map_type, &lru_percpu_hash_map_type,
						&array_of_maps_map_type, &hash_of_maps_map_type,
						&bloom_filter_map_type, &perf_event_array_map_type,
						&lpm_trie_map_type, &task_storage_map_type,
						&struct_ops_map_type};

static const char *const type_names[] = {
	"UNSPEC",
	"HASH",
	"ARRAY",
	"PROG_ARRAY",
	"PERF_EVENT_ARRAY",
	"PERCPU_HASH",
	"PERCPU_ARRAY",
	"STACK_TRACE",
	"CGROUP_ARRAY",
	"LRU_HASH",
	"LRU_PERCPU_HASH",
	"LPM_TRIE",
	"ARRAY_OF_MAPS",
	"HASH_OF_MAPS",
	"DEVMAP",
	"SOCKMAP",
	"CPUMAP",
	"XSKMAP",
	"SOCKHASH",
	"CGROUP_STORAGE",
	"REUSEPORT_SOCKARRAY",
	"PERCPU_CGROUP_STORAGE",
	"QUEUE",
	"STACK",
	"SK_STORAGE",
	"DEVMAP_HASH",
	"STRUCT_OPS",
	"RINGBUF",
	"INODE_STORAGE",
	"TASK_STORAGE",
	"BLOOM_FILTER",
	"USER_RINGBUF",
	"CGRP_STORAGE",
	"ARENA",
	"INSN_ARRAY",
	"RHASH",
};

const char *bmap_type_name(u32 type)
{
	return type < sizeof(type_names) / sizeof(*type_names) ? type_names[type] : NULL;
}

void bpf_map_sizes(const void *map, u32 *key_size, u32 *value_size, bool *asks_value)
{
	const struct bpf_map *m = map;

	*key_size = m->key_size;
	*value_size = m->value_size;
	*asks_value = m->map_type == BPF_MAP_TYPE_BLOOM_FILTER;
}

bool bmap_takes_helper(const struct bmap *m, s32 id)
{
	const struct bmap_type *t = m->t;

	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		return t->lookup;
	case BPF_FUNC_map_lookup_percpu_elem:
		return t->lookup_percpu;
	case BPF_FUNC_map_update_elem:
		return t->update;
	case BPF_FUNC_map_delete_elem:
		return t->remove;
	case BPF_FUNC_map_push_elem:
		return t->push;
	case BPF_FUNC_map_pop_elem:
		return t->pop;
	case BPF_FUNC_map_peek_elem:
		return t->peek;
	case BPF_FUNC_for_each_map_elem:
		return t->walk;
	case BPF_FUNC_task_storage_get:
	case BPF_FUNC_task_storage_delete:
		return t->type == BPF_MAP_TYPE_TASK_STORAGE;
	case BPF_FUNC_perf_event_read_value:
		return t->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	default:
		return false;
	}
}

/* --- memory --- */

static bool mem_lock(struct bpf_rt *rt)
{
	return this_mcpu && rt->k ? raw_spin_lock_irqsave(&rt->k->mem_lock) : true;
}

static void mem_unlock(struct bpf_rt *rt, bool off)
{
	if (this_mcpu && rt->k)
		raw_spin_unlock_irqrestore(&rt->k->mem_lock, off);
}

void *bmap_mem_alloc(struct bmap *m, u64 bytes)
{
	struct bpf_rt *rt = m->obj.rt;
	void *p = NULL;
	bool off;

	if (bytes <= GMEM_MAX) {
		off = mem_lock(rt);
		p = gmem_alloc_rw(rt->g, bytes, 8);
		mem_unlock(rt, off);
	}
	if (!p)
		bpf_why(rt, "no memory for %llu bytes of a map of type %s", (unsigned long long)bytes,
			bmap_type_name(m->type));
	return p;
}

void bmap_mem_free(struct bmap *m, void *p, u64 bytes)
{
	struct bpf_rt *rt = m->obj.rt;
	bool off = mem_lock(rt);

	gmem_free_rw(rt->g, p, bytes);
	mem_unlock(rt, off);
}

void bmap_free(struct bpf_obj *o)
{
	struct bmap *m = to_bmap(o);

	fields_free_map(m);
	m->t->free(m);
	if (m->guest)
		kslab_free(o->rt->map_slab, m->guest);
	if (m->btf)
		bpf_obj_put(&m->btf->obj);
	free(m->rec);
	free(m->inner_meta);
	free(m);
}

/* --- MAP_CREATE --- */

int bmap_check_flags(struct bpf_sys *s, u32 allowed)
{
	const union bpf_attr *a = &s->attr.a;
	const u32 progs = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (a->map_flags & ~allowed || (a->map_flags & progs) == progs)
		return -EINVAL;
	if (a->map_flags & BPF_F_NUMA_NODE && a->numa_node)
		return -EINVAL;
	if (a->map_flags & progs) {
		bpf_why(s->rt, "map %.16s: %s of a map of type %s is not supported", a->map_name,
			a->map_flags & BPF_F_RDONLY_PROG ? "BPF_F_RDONLY_PROG" : "BPF_F_WRONLY_PROG",
			bmap_type_name(a->map_type));
		return -EINVAL;
	}
	return 0;
}

u32 bmap_plain_value_size(const struct bmap *m, u64 flags)
{
	return m->value_size;
}

/* Checks that do not depend on the type; the type, or NULL with *@err. */
static const struct bmap_type *find_type(struct bpf_sys *s, int *err)
{
	const union bpf_attr *a = &s->attr.a;
	const char *name = bmap_type_name(a->map_type);

	*err = -EINVAL;
	if (a->btf_vmlinux_value_type_id) {
		if (a->map_type != BPF_MAP_TYPE_STRUCT_OPS || a->btf_key_type_id || a->btf_value_type_id)
			return NULL;
	} else if (a->btf_key_type_id && !a->btf_value_type_id) {
		return NULL;
	}
	for (u32 i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i]->type == a->map_type)
			return a->map_extra && !types[i]->extra ? NULL : types[i];
	if (name)
		bpf_why(s->rt, "map %.16s: map type %s is not supported", a->map_name, name);
	else
		bpf_why(s->rt, "map %.16s: there is no map type %u", a->map_name, a->map_type);
	return NULL;
}

static int attach_btf(struct bpf_sys *s, struct bmap *m)
{
	const union bpf_attr *a = &s->attr.a;
	u32 key = a->btf_key_type_id, value = a->btf_value_type_id;
	struct kbtf *b;
	int err;

	if (!key && !value && !a->btf_vmlinux_value_type_id)
		return 0;
	err = fd_get(s->files, a->btf_fd, OBJ_BTF, (struct bpf_obj **)&b);
	if (err)
		return err;
	if (b->kernel)
		return -EACCES;
	bpf_obj_get(&b->obj);
	m->btf = b;
	m->btf_key_id = key;
	m->btf_value_id = value;
	m->btf_vmlinux_value_id = a->btf_vmlinux_value_type_id;
	if (!value)
		return 0;
	if (key && kbtf_size(b, key) != m->key_size)
		return -EINVAL;
	if (kbtf_size(b, value) != m->value_size)
		return -EINVAL;
	if (!key && !m->t->check_btf)
		return -EINVAL;
	err = fields_parse(s, m, b, value);
	if (!err && m->t->check_btf)
		err = m->t->check_btf(m, b, key, value);
	if (!err && m->rec && m->t->init_values)
		err = m->t->init_values(m);
	return err;
}

static int make_guest(struct bmap *m)
{
	struct bpf_rt *rt = m->obj.rt;

	m->guest = kslab_alloc(rt->map_slab);
	if (!m->guest)
		return -ENOMEM;
	*(struct bmap **)kslab_companion(rt->map_slab, m->guest) = m;
	*m->guest = (struct bpf_map){
		.map_type = m->type,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->max_entries,
		.map_flags = m->flags,
	};
	memcpy(m->guest->name, m->name, sizeof(m->name));
	return 0;
}

static int check_names(struct bpf_sys *s, struct bmap *m)
{
	const union bpf_attr_any *a = &s->attr;

	if (bpf_obj_name_copy(m->name, a->a.map_name, sizeof(m->name)) < 0)
		return -EINVAL;
	/* maps that only one signed program may use are not known here */
	if (a->map_create.excl_prog_hash || a->map_create.excl_prog_hash_size) {
		bpf_why(s->rt, "map %s: excl_prog_hash is not supported", m->name);
		return -EINVAL;
	}
	return (m->flags & BPF_F_RDONLY) && (m->flags & BPF_F_WRONLY) ? -EINVAL : 0;
}

/* A loader that does without BTF when it is refused (libbpf) would lose what the value has. */
static int check_refused(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	char *refused = s->rt->refused_map;
	bool again = *refused && !a->btf_value_type_id && !strncmp(a->map_name, refused, BPF_OBJ_NAME_LEN);

	if (again)
		bpf_why(s->rt, "%s", s->rt->refused_why);
	*refused = 0;
	return again ? -EOPNOTSUPP : 0;
}

long map_create(struct bpf_sys *s)
{
	union bpf_attr *a = &s->attr.a;
	bool token = a->map_flags & BPF_F_TOKEN_FD;
	const struct bmap_type *t;
	struct bmap *m;
	int err;

	a->map_flags &= ~BPF_F_TOKEN_FD;
	err = check_refused(s);
	if (err)
		return err;
	t = find_type(s, &err);
	if (!t)
		return err;
	err = t->check(s);
	if (err)
		return err;
	if (a->map_ifindex)
		return -EINVAL;
	if (token)
		return -EBADF;		/* no descriptor is a token: TOKEN_CREATE never succeeds */
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	bpf_obj_init(s->rt, &m->obj, OBJ_MAP);
	m->t = t;
	m->type = a->map_type;
	m->key_size = a->key_size;
	m->value_size = a->value_size;
	m->max_entries = a->max_entries;
	m->flags = a->map_flags;
	m->extra = a->map_extra;
	err = t->create(m, s);
	if (err) {
		free(m);
		return err;
	}
	err = check_names(s, m);
	if (!err)
		err = attach_btf(s, m);
	if (!err)
		err = make_guest(m);
	if (err) {
		bpf_obj_put(&m->obj);
		return err;
	}
	bpf_obj_publish(&m->obj);
	m->guest->id = m->obj.id;
	return fd_install(s->files, &m->obj);
}

/* --- elements --- */

/* flags of an operation (bpf_map_check_op_flags); the flags that name a CPU are of 7.x */
int bmap_check_op_flags(const struct bmap *m, u64 flags, u64 allowed)
{
	const u64 cpu_flag = BMAP_F_CPU, all_cpus = BMAP_F_ALL_CPUS;

	if ((u32)flags & ~allowed || (flags & BPF_F_LOCK && !bmap_has_field(m, FIELD_SPIN_LOCK)))
		return -EINVAL;
	if (!(flags & cpu_flag) && flags >> 32)
		return -EINVAL;
	if (!(flags & (cpu_flag | all_cpus)))
		return 0;
	if (!m->obj.rt->v7 || !m->t->percpu || (flags & cpu_flag && flags & all_cpus))
		return -EINVAL;
	return flags & cpu_flag && flags >> 32 >= m->obj.rt->nr_cpus ? -ERANGE : 0;
}

/* Copies of the caller's key and value. 0 or -errno; @key and @value are to be freed in any case. */
static int copy_in(struct bpf_sys *s, struct bmap *m, void **key, void **value, u64 value_from,
		   u32 value_size)
{
	*key = calloc(1, m->key_size);
	*value = value_size ? calloc(1, value_size) : NULL;
	if (!*key || (value_size && !*value))
		return -ENOMEM;
	if (!m->key_size && s->attr.a.key)
		return -EINVAL;
	if (user_read(s, *key, s->attr.a.key, m->key_size))
		return -EFAULT;
	return value_from ? user_read(s, *value, value_from, value_size) : 0;
}

long map_lookup_elem(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	void *key = NULL, *value = NULL;
	struct bmap *m;
	int err;

	err = bmap_get(s->files, a->map_fd, &m);
	if (err)
		return err;
	if (!bmap_may_read(m))
		return -EPERM;
	err = bmap_check_op_flags(m, a->flags, BPF_F_LOCK | BMAP_F_CPU);
	if (err)
		return err;
	if (m->t->asks_value && !a->value)
		return -EFAULT;
	err = copy_in(s, m, &key, &value, m->t->asks_value ? a->value : 0, m->t->sys_value_size(m, a->flags));
	if (!err)
		err = m->t->sys_lookup(m, key, value, a->flags);
	if (!err && !m->t->asks_value)
		err = user_write(s, a->value, value, m->t->sys_value_size(m, a->flags));
	free(key);
	free(value);
	return err;
}

long map_update_elem(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	void *key = NULL, *value = NULL;
	struct bmap *m;
	int err;

	err = bmap_get(s->files, a->map_fd, &m);
	if (err)
		return err;
	if (!bmap_may_write(m))
		return -EPERM;
	err = bmap_check_op_flags(m, a->flags, ~0ull);
	if (err)
		return err;
	if (!a->value)
		return -EFAULT;
	err = copy_in(s, m, &key, &value, a->value, m->t->sys_value_size(m, a->flags));
	if (!err)
		err = m->t->sys_update(s, m, key, value, a->flags);
	free(key);
	free(value);
	if (!err)
		bmap_wait_programs(s, m);
	return err;
}

long map_lookup_and_delete_elem(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	void *key = NULL, *value = NULL;
	struct bmap *m;
	int err;

	/* BPF_F_LOCK is for values with a bpf_spin_lock, which maps of these types do not have here */
	if (a->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = bmap_get(s->files, a->map_fd, &m);
	if (err)
		return err;
	if (!bmap_may_read(m) || !bmap_may_write(m))
		return -EPERM;
	if (a->flags)
		return -EINVAL;
	err = copy_in(s, m, &key, &value, 0, m->t->sys_value_size(m, 0));
	if (!err)
		err = m->t->sys_lookup_remove ? m->t->sys_lookup_remove(m, key, value) : -ENOTSUPP;
	if (!err)
		err = user_write(s, a->value, value, m->t->sys_value_size(m, 0));
	free(key);
	free(value);
	return err;
}

long map_delete_elem(struct bpf_sys *s)
{
	void *key = NULL, *value = NULL;
	struct bmap *m;
	int err;

	err = bmap_get(s->files, s->attr.a.map_fd, &m);
	if (err)
		return err;
	if (!bmap_may_write(m))
		return -EPERM;
	err = copy_in(s, m, &key, &value, 0, 0);
	if (!err)
		err = m->t->sys_remove(s, m, key);
	free(key);
	if (!err)
		bmap_wait_programs(s, m);
	return err;
}

long map_get_next_key(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	void *key = NULL, *next = NULL, *none = NULL;
	struct bmap *m;
	int err;

	err = bmap_get(s->files, a->map_fd, &m);
	if (err)
		return err;
	if (!bmap_may_read(m))
		return -EPERM;
	next = calloc(1, m->key_size);
	if (!next)
		return -ENOMEM;
	err = a->key ? copy_in(s, m, &key, &none, 0, 0) : 0;
	if (!err)
		err = m->t->next_key(m, key, next);
	if (!err)
		err = user_write(s, a->next_key, next, m->key_size);
	free(key);
	free(next);
	return err;
}

long map_freeze(struct bpf_sys *s)
{
	struct bmap *m;
	int err;

	err = bmap_get(s->files, s->attr.a.map_fd, &m);
	if (err)
		return err;
	if (m->type == BPF_MAP_TYPE_STRUCT_OPS)
		return -ENOTSUPP;
	if (m->flags & BPF_F_RDONLY)
		return -EPERM;
	if (m->writers || m->frozen)
		return -EBUSY;
	m->frozen = true;
	return 0;
}

/* --- mmap --- */

int bpf_files_mmap(struct bpf_files *f, int fd, bool writable, int *memfd, size_t *len, void **map)
{
	struct bmap *m;
	int err;

	err = bmap_get(f, fd, &m);
	if (err)
		return err == -EINVAL ? -ENODEV : err;
	if (m->array.memfd < 0 || !m->array.bytes)
		return -ENOTSUPP;
	if (writable && m->frozen)
		return -EPERM;
	if (writable && m->flags & BPF_F_RDONLY_PROG)
		return -EACCES;
	/* the mapping keeps the map, as a mapped file is kept */
	bpf_obj_get_user(&m->obj);
	m->writers += writable;
	*memfd = m->array.memfd;
	*len = m->array.bytes;
	*map = m;
	return 0;
}

void bpf_files_munmap(struct bpf_files *f, void *map, bool writable)
{
	struct bmap *m = map;

	m->writers -= writable;
	bpf_obj_put_user(&m->obj);
}
