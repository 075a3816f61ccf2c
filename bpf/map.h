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
	/*
	 * programs: the value, or NULL. Helpers whose function is NULL here are refused when a program that
	 * calls them with such a map is loaded.
	 */
	void *(*lookup)(struct bmap *m, const void *key);
	void *(*lookup_percpu)(struct bmap *m, const void *key, u32 cpu);	/* NULL: not a per-CPU map */
	long (*update)(struct bmap *m, const void *key, const void *value, u64 flags);
	long (*remove)(struct bmap *m, const void *key);
	long (*push)(struct bmap *m, const void *value, u64 flags);
	long (*pop)(struct bmap *m, void *value);
	long (*peek)(struct bmap *m, void *value);
	/*
	 * bpf_for_each_map_elem: the element behind *@pos (0: the first), which moves on; *@key is where the
	 * key is, or the caller's 8 bytes, filled. False: there is none.
	 */
	bool (*walk)(struct bmap *m, u64 *pos, void **key, void **value);
	/* system calls; @value has sys_value_size bytes */
	u32 (*sys_value_size)(const struct bmap *m, u64 flags);
	int (*sys_lookup)(struct bmap *m, const void *key, void *value, u64 flags);
	int (*sys_update)(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags);
	int (*sys_remove)(struct bpf_sys *s, struct bmap *m, const void *key);
	int (*sys_lookup_remove)(struct bmap *m, const void *key, void *value);	/* NULL: -ENOTSUPP */
	int (*next_key)(struct bmap *m, const void *key, void *next);
	/* MAP_LOOKUP_BATCH and MAP_LOOKUP_AND_DELETE_BATCH; NULL: neither they nor MAP_UPDATE_BATCH exist */
	int (*lookup_batch)(struct bpf_sys *s, struct bmap *m, bool remove);
	bool batch_delete;		/* MAP_DELETE_BATCH exists */
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
	bool inner;			/* can be in an ARRAY_OF_MAPS or HASH_OF_MAPS */
	bool of_maps;			/* is one of these */
	bool extra;			/* map_extra says something */
	bool asks_value;		/* lookups by system calls and peeks read the value that they ask for */
};

extern const struct bmap_type array_map_type, percpu_array_map_type, struct_ops_map_type, queue_map_type,
	stack_map_type, hash_map_type, percpu_hash_map_type, lru_hash_map_type, lru_percpu_hash_map_type,
	array_of_maps_map_type, hash_of_maps_map_type, bloom_filter_map_type, perf_event_array_map_type,
	lpm_trie_map_type, task_storage_map_type;

/* Flags of an operation that name a CPU, of 7.x */
#define BMAP_F_CPU 8		/* in the upper 32 bits */
#define BMAP_F_ALL_CPUS 16

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

/* What all maps in a map have in common */
struct bmap_meta {
	u32 type, key_size, value_size, max_entries, flags;
};

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
	raw_spinlock_t lock;	/* of the elements; taken with interrupts off; guest memory's lock nests in it */
	struct bmap_array array;
	struct task_storage *storages;	/* TASK_STORAGE: the newest first */
	struct st_ops *st_ops;
	void *elems;		/* what other types have */
	struct bmap_meta *inner_meta;	/* maps of maps */
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

/* The lock of the elements; outside of a machine there is nobody to lock out. */
static inline bool bmap_lock(struct bmap *m) { return this_mcpu ? raw_spin_lock_irqsave(&m->lock) : true; }

static inline void bmap_unlock(struct bmap *m, bool off)
{
	if (this_mcpu)
		raw_spin_unlock_irqrestore(&m->lock, off);
}

/*
 * For readers that the kernel does not lock (RCU): the lock where several host threads execute, else nothing,
 * and no synchronisation point.
 */
static inline bool bmap_lock_reader(struct bmap *m)
{
	return this_mcpu && this_mcpu->m->several_threads ? raw_spin_lock_irqsave(&m->lock) : true;
}

static inline void bmap_unlock_reader(struct bmap *m, bool off)
{
	if (this_mcpu && this_mcpu->m->several_threads)
		raw_spin_unlock_irqrestore(&m->lock, off);
}

static inline u32 bmap_this_cpu(void) { return this_mcpu ? this_mcpu->id : 0; }
static inline u32 bmap_round_up8(u32 n) { return (n + 7) & ~7u; }

/* Copy one value but for its special fields (bpf/fields.h); @from and @to may be parts of the same. */
void bmap_copy_value(const struct bmap *m, void *to, const void *from);
/* Zeroed memory for elements that programs may write; NULL, with a reason: there is none. */
void *bmap_mem_alloc(struct bmap *m, u64 bytes);
void bmap_mem_free(struct bmap *m, void *p, u64 bytes);
/* map_flags must be of @allowed and fit together; who may access is checked here for types without RDONLY_PROG. */
int bmap_check_flags(struct bpf_sys *s, u32 allowed);
/* Values of a plain map have its value_size in system calls, too. */
u32 bmap_plain_value_size(const struct bmap *m, u64 flags);
/* May system calls read, write elements? */
static inline bool bmap_may_read(const struct bmap *m) { return !(m->flags & BPF_F_WRONLY); }
static inline bool bmap_may_write(const struct bmap *m) { return !(m->flags & BPF_F_RDONLY) && !m->frozen; }
/* Flags of an operation, of which @allowed exist. */
int bmap_check_op_flags(const struct bmap *m, u64 flags, u64 allowed);
/* MAP_LOOKUP_BATCH of types without an order of their own: by next_key and sys_lookup */
int bmap_lookup_batch(struct bpf_sys *s, struct bmap *m, bool remove);
/* map_flags that belong to the map; those that say how the first descriptor may be used do not. */
static inline u32 bmap_own_flags(const struct bmap *m) { return m->flags & ~(BPF_F_RDONLY | BPF_F_WRONLY); }
/* After a change of a map of maps: programs that use what it had before have ended when this returns. */
void bmap_wait_programs(struct bpf_sys *s, struct bmap *m);
/* @inner is no longer in a map of maps; the reference goes with the system call. NULL is allowed. */
void bmap_drop_inner(struct bpf_sys *s, struct bmap *inner);
/* May programs call helper @id with @m? */
bool bmap_takes_helper(const struct bmap *m, s32 id);

void bmap_free(struct bpf_obj *o);
/* "HASH" for BPF_MAP_TYPE_HASH, or NULL: no such type. */
const char *bmap_type_name(u32 type);

long map_create(struct bpf_sys *s);
long map_lookup_elem(struct bpf_sys *s);
long map_update_elem(struct bpf_sys *s);
long map_delete_elem(struct bpf_sys *s);
long map_get_next_key(struct bpf_sys *s);
long map_lookup_and_delete_elem(struct bpf_sys *s);
long map_freeze(struct bpf_sys *s);
long map_lookup_batch(struct bpf_sys *s);
long map_lookup_and_delete_batch(struct bpf_sys *s);
long map_update_batch(struct bpf_sys *s);
long map_delete_batch(struct bpf_sys *s);

#endif
