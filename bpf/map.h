/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps. */
#ifndef BPF_MAP_H
#define BPF_MAP_H

#include "bpf/internal.h"
#include "kabi/bpf_types.h"

/*
 * A type of maps. Keys and values are checked copies in system calls, checked guest memory in calls of
 * programs.
 */
struct bmap_type {
	u32 type;
	int (*check)(struct bpf_sys *s);		/* of the attributes */
	/* 0 or -errno; the fields that all maps have are set */
	int (*create)(struct bmap *m, struct bpf_sys *s);
	/* values have fields: those that exist from the start are to be given them; NULL: none exist */
	int (*init_values)(struct bmap *m);
	void (*free)(struct bmap *m);
	/* does BTF fit: @key NULL: void */
	int (*check_btf)(struct bmap *m, const struct kbtf *b, u32 key, u32 value);
	/* programs: the value, or NULL. A type that lacks one of these is refused by the helper */
	void *(*lookup)(struct bmap *m, const void *key);
	void *(*lookup_percpu)(struct bmap *m, const void *key, u32 cpu);	/* NULL: not a per-CPU map */
	long (*update)(struct bmap *m, const void *key, const void *value, u64 flags);
	long (*remove)(struct bmap *m, const void *key);
	/* system calls; @value has sys_value_size bytes */
	u32 (*sys_value_size)(const struct bmap *m, u64 flags);
	int (*sys_lookup)(struct bmap *m, const void *key, void *value, u64 flags);
	int (*sys_update)(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags);
	int (*sys_remove)(struct bmap *m, const void *key);
	int (*next_key)(struct bmap *m, const void *key, void *next);
	/*
	 * address of byte @off of the only value (BPF_PSEUDO_MAP_VALUE); -errno. NULL: the type has no such
	 * access
	 */
	int (*value_addr)(struct bmap *m, u32 off, u64 *addr);
	/* guest address of a value's key, for callbacks; @scratch: guest memory that it may be written to */
	u64 (*key_of)(struct bmap *m, const void *value, void *scratch);
	bool has_fields;		/* gives values their special fields (bpf/fields.h) */
	bool no_progs;			/* programs cannot refer to it */
	bool percpu;
};

extern const struct bmap_type array_map_type, percpu_array_map_type, struct_ops_map_type, task_storage_map_type;

struct bmap_array {
	u32 elem_size;		/* bytes from value to value: value_size rounded up to 8 */
	char *values;		/* guest memory; per CPU: those of CPU 0, then those of CPU 1 ... */
	size_t bytes;
	int memfd;		/* -1: none */
	bool ro;		/* programs cannot write: memory of ro_alloc() */
};

struct st_ops;
struct brecord;
struct task_storage;
struct field;

struct bmap {
	struct bpf_obj obj;
	struct bpf_map *guest;		/* what programs see; its companion in the slab points here */
	const struct bmap_type *t;
	char name[BPF_OBJ_NAME_LEN];
	u32 type, key_size, value_size, max_entries, flags;
	u64 extra;
	struct kbtf *btf;
	u32 btf_key_id, btf_value_id, btf_vmlinux_value_id;
	bool frozen;
	u32 writers;		/* writable mappings: none may exist when it is frozen */
	struct brecord *rec;	/* special fields of its values; NULL: none */
	struct field *fields;	/* those of the values that exist, the newest first */
	struct bmap_array array;
	struct task_storage *storages;	/* TASK_STORAGE: the newest first */
	struct st_ops *st_ops;
};

static inline struct bmap *to_bmap(struct bpf_obj *o) { return (struct bmap *)o; }

/* The map behind a guest pointer that has been checked to be a live "bpf_map". */
static inline struct bmap *bmap_of(const struct bpf_rt *rt, u64 guest)
{
	return *(struct bmap **)kslab_companion(rt->map_slab, (void *)(uintptr_t)guest);
}

static inline int bmap_get(const struct bpf_files *f, u32 fd, struct bmap **out)
{
	return fd_get(f, fd, OBJ_MAP, (struct bpf_obj **)out);
}

void bmap_free(struct bpf_obj *o);
/* "HASH" for BPF_MAP_TYPE_HASH, or NULL: no such type. */
const char *bmap_type_name(u32 type);

long map_create(struct bpf_sys *s);
long map_lookup_elem(struct bpf_sys *s);
long map_update_elem(struct bpf_sys *s);
long map_delete_elem(struct bpf_sys *s);
long map_get_next_key(struct bpf_sys *s);
long map_freeze(struct bpf_sys *s);

#endif
