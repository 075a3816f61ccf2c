// SPDX-License-Identifier: GPL-2.0-only
/* Maps: what all types have in common (kernel/bpf/syscall.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/map.h"

static const struct bmap_type *const types[] = {&array_map_type, &percpu_array_map_type,
						&struct_ops_map_type, &task_storage_map_type};

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

void bpf_map_sizes(const void *map, u32 *key_size, u32 *value_size)
{
	const struct bpf_map *m = map;

	*key_size = m->key_size;
	*value_size = m->value_size;
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
	free(m);
}

/* --- MAP_CREATE --- */

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
			return a->map_extra ? NULL : types[i];
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

static bool may_read(const struct bmap *m) { return !(m->flags & BPF_F_WRONLY); }
static bool may_write(const struct bmap *m) { return !(m->flags & BPF_F_RDONLY) && !m->frozen; }

/* flags of an operation (bpf_map_check_op_flags); the flags that name a CPU are of 7.x */
static int check_op_flags(const struct bmap *m, u64 flags, u64 allowed)
{
	const u64 cpu_flag = 8, all_cpus = 16;

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
	if (!may_read(m))
		return -EPERM;
	err = check_op_flags(m, a->flags, BPF_F_LOCK | 8);
	if (err)
		return err;
	err = copy_in(s, m, &key, &value, 0, m->t->sys_value_size(m, a->flags));
	if (!err)
		err = m->t->sys_lookup(m, key, value, a->flags);
	if (!err)
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
	if (!may_write(m))
		return -EPERM;
	err = check_op_flags(m, a->flags, ~0ull);
	if (err)
		return err;
	if (!a->value)
		return -EFAULT;
	err = copy_in(s, m, &key, &value, a->value, m->t->sys_value_size(m, a->flags));
	if (!err)
		err = m->t->sys_update(s, m, key, value, a->flags);
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
	if (!may_write(m))
		return -EPERM;
	err = copy_in(s, m, &key, &value, 0, 0);
	if (!err)
		err = m->t->sys_remove(m, key);
	free(key);
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
	if (!may_read(m))
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
