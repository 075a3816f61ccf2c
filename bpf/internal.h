/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of the BPF subsystem: objects, the runtime, one system call.
 *
 * Objects are reference counted: a descriptor is a reference, and so is every use by another object (a
 * program uses maps and its BTF, a struct_ops map uses programs, a link uses its map). They change in system
 * calls only, which do not sleep while they do so; what programs touch while they run is in guest memory, or
 * per CPU.
 */
#ifndef BPF_INTERNAL_H
#define BPF_INTERNAL_H

#include <stdarg.h>

#include "bpf/bpf.h"
#include "sched/ext/scx.h"

#define BPF_MAX_NEST 8			/* programs within programs on one CPU */
#define BPF_BUDGET    (1ull << 28) /* instructions of one execution; the kernel's bound is its verifier */
#define MAX_USED_MAPS 64		/* of a program; the kernel's number */

enum bpf_obj_kind {
	OBJ_MAP, OBJ_PROG, OBJ_BTF, OBJ_LINK, NR_OBJ_IDS,
	OBJ_PLACEHOLDER = NR_OBJ_IDS, OBJ_BPFFS, NR_OBJ
};

struct bpf_obj {
	enum bpf_obj_kind kind;
	u32 id;			/* 0: none (placeholders), else unique in its kind */
	u32 refs;
	u32 users;		/* of @refs: descriptors and mappings (kernel: usercnt) */
	struct bpf_rt *rt;
	struct bpf_obj *next;	/* of its kind, by ascending id */
};

void bpf_obj_init(struct bpf_rt *rt, struct bpf_obj *o, enum bpf_obj_kind kind);
/* Give @o its id: from here on others can find it. */
void bpf_obj_publish(struct bpf_obj *o);
static inline void bpf_obj_get(struct bpf_obj *o) { o->refs++; }
/* The same for a descriptor or a mapping. When the last of a map goes, so do its timers. */
void bpf_obj_get_user(struct bpf_obj *o);
void bpf_obj_put_user(struct bpf_obj *o);
/* Drop a reference; the last one frees the object. May sleep if it is a link. NULL is allowed. */
void bpf_obj_put(struct bpf_obj *o);
struct bpf_obj *bpf_obj_by_id(struct bpf_rt *rt, enum bpf_obj_kind kind, u32 id);
/* The object with the lowest id >= @id, or NULL. */
struct bpf_obj *bpf_obj_next(struct bpf_rt *rt, enum bpf_obj_kind kind, u32 id);

/* isalnum, '_' and '.' with a NUL within @size bytes: the length, or -EINVAL (kernel: bpf_obj_name_cpy). */
int bpf_obj_name_copy(char *dst, const char *src, u32 size);

/* The fields of 7.2's union bpf_attr that are not in the header in use, which is 6.12's. */
union bpf_attr_any {
	union bpf_attr a;
	struct {
		u8 before[80];
		u64 excl_prog_hash;
		u32 excl_prog_hash_size;
	} map_create;
	struct {
		u8 before[148];
		u32 fd_array_cnt;
		u64 signature;
		u32 signature_size;
		s32 keyring_id;
	} prog_load;
	struct {
		u8 before[12];
		s32 fd_by_id_token_fd;
	} btf_get_fd_by_id;
	struct {
		u8 before[60];
		u32 path_fd;
	} link_create;
	struct {
		u64 stream_buf;
		u32 stream_buf_len;
		u32 stream_id;
		u32 prog_fd;
	} prog_stream_read;
	struct {
		u32 map_fd;
		u32 prog_fd;
		u32 flags;
	} prog_assoc_struct_ops;
};

struct bmap;
struct btimer;
struct field;
struct bprog;
struct blink;
struct kbtf;
struct stack_pool;
struct task_storage;

/* What sched_ext_ops is in the kernel's BTF: resolved once, used by loads and by the struct_ops map. */
struct scx_btf {
	u32 type_id;		/* struct sched_ext_ops */
	u32 value_id;		/* struct bpf_struct_ops_sched_ext_ops */
	u32 data_off;		/* of its member data, in bytes */
	u64 all_flags;		/* SCX_OPS_ALL_FLAGS of this version */
};

/* Per CPU state of running programs; own CPU only, interrupts off. */
struct bpf_cpu {
	u32 nest;
	u64 stacks[BPF_MAX_NEST];	/* free stacks */
	u32 nr_stacks;
	struct btimer *timer;		/* whose callback runs on this CPU */
	u32 timer_nest;			/* @nest in it */
};

/* Special fields of live values by their guest address: bpf/fields.c */
struct field_table {
	struct field **slot;		/* [cap], a power of two */
	u32 nr, cap;
};

struct bpf_rt {
	struct gmem *g;
	struct kernel *k;
	u32 nr_cpus;
	u32 attr_size;			/* sizeof(union bpf_attr) of this version */
	bool v7;			/* what 7.x has and 6.12 lacks */
	bool st_ops_links;		/* struct_ops can be attached by links; else by their map alone */
	struct kbtf *vmlinux;
	struct scx_btf scx;
	struct {
		struct bpf_obj *first;
		u32 last_id;
	} objs[NR_OBJ_IDS];
	struct kslab *map_slab;
	struct kslab *cpumask_slab;	/* bpf_cpumask; companion: u32 number of references */
	struct field_table fields;
	/* the last MAP_CREATE was refused for a field that is not supported: the map's name, and why */
	char refused_map[BPF_OBJ_NAME_LEN], refused_why[128];
	struct task_storage *dead_storages;	/* deleted ones that wait for their RCU grace period */
	struct btimer *timers;		/* all that exist */
	struct ro_area *ro_areas;	/* bpf/ro.c */
	struct bpf_cpu *cpu;		/* [nr_cpus + 1]: the last one is for calls from outside a machine */
	u64 *stacks;			/* every stack ever made, to be freed */
	u32 nr_stacks;
	bool faulted;
	struct bpf_rt_fault fault;
	char why[1024];
};

/* One system call. */
struct bpf_sys {
	struct bpf_rt *rt;
	struct bpf_files *files;
	u64 uattr;			/* address of the caller's union */
	u32 size;			/* its bytes, at most rt->attr_size */
	union bpf_attr_any attr;	/* a copy, zero behind @size */
	struct bmap **dropped;		/* [nr_dropped] references to give back when programs have ended */
	u32 nr_dropped;
};

int user_read(const struct bpf_sys *s, void *dst, u64 src, size_t n);
int user_write(const struct bpf_sys *s, u64 dst, const void *src, size_t n);
/*
 * @size bytes at @addr, of which those from @known on must be zero: 0, -E2BIG (also beyond a page) or
 * -EFAULT.
 */
int user_tail_zero(const struct bpf_sys *s, u64 addr, size_t known, size_t size);
/* Write @n bytes to @off in the caller's union, if it is that long. */
int attr_write(const struct bpf_sys *s, size_t off, const void *src, size_t n);

void bpf_why(struct bpf_rt *rt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- descriptors: bpf/fd.c --- */

/*
 * A new descriptor for @o, which takes over the caller's reference, also when it fails. The number or
 * -EMFILE, -ENOMEM.
 */
int fd_install(struct bpf_files *f, struct bpf_obj *o);
/* The object behind @fd (no reference is taken), or NULL: not open. */
struct bpf_obj *fd_object(const struct bpf_files *f, u32 fd);
/* The same of one kind: 0, -EBADF (not open) or -EINVAL (of another kind). */
int fd_get(const struct bpf_files *f, u32 fd, enum bpf_obj_kind kind, struct bpf_obj **out);
const struct bpf_user_ops *files_user(const struct bpf_files *f, void **arg);

/* --- the text that goes to log_buf: bpf/log.c --- */

struct bpf_log {
	u32 level;
	u64 ubuf;
	u32 size;		/* of ubuf */
	char *text;		/* all of it, also when nobody asked for it */
	size_t len, cap;
};
/* -EINVAL if the three do not fit together, as the kernel's bpf_vlog_init. */
int bpf_log_init(struct bpf_log *log, u32 level, u64 ubuf, u32 size);
void bpf_log(struct bpf_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Copy to the caller, with the true size to offset @true_size_off of its union, and free. 0, -ENOSPC (did not
 * fit), -EFAULT.
 */
int bpf_log_finish(struct bpf_log *log, struct bpf_sys *s, size_t true_size_off);

/* --- what programs touch that is read-only for them: bpf/ro.c --- */

/*
 * @size bytes, page aligned, zeroed, that programs can read and not write, backed by a memfd. NULL: out of
 * memory. ro_free() makes the place available to later allocations of the same size.
 */
void *ro_alloc(struct bpf_rt *rt, size_t size, int *memfd);
void ro_free(struct bpf_rt *rt, void *p);
void ro_destroy(struct bpf_rt *rt);

#endif
