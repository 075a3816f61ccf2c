/* SPDX-License-Identifier: GPL-2.0-only */
/* BTF objects: the kernel's and those that loaders bring. */
#ifndef BPF_KBTF_H
#define BPF_KBTF_H

#include <linux/btf.h>

#include "bpf/internal.h"

#define KBTF_MAX_SIZE (16u << 20)

struct kbtf {
	struct bpf_obj obj;
	void *data;			/* owned unless it is the kernel's */
	u32 size;
	const struct btf_type **type;	/* [nr_types]; 0 is void: NULL */
	u32 nr_types;
	const char *str;
	u32 str_len;
	bool kernel;
};

static inline struct kbtf *to_kbtf(struct bpf_obj *o) { return (struct kbtf *)o; }

/*
 * Index @data, of which only the header has to be sound. 0, -EINVAL, -E2BIG, ENOTSUPP or -ENOMEM; reasons to
 * @log.
 */
int kbtf_parse(struct kbtf *b, const void *data, u32 size, struct bpf_log *log);
/* Verify all that the others rely on, in BTF that a loader brings (kernel: btf_check_all_*). As above. */
int kbtf_check(const struct kbtf *b, struct bpf_log *log);

/* The kernel's BTF as an object with id 1. */
int kbtf_create_vmlinux(struct bpf_rt *rt, const void *data, size_t size, char *err, size_t err_len);
void kbtf_free(struct bpf_obj *o);

static inline const struct btf_type *kbtf_type(const struct kbtf *b, u32 id)
{
	return id < b->nr_types ? b->type[id] : NULL;
}

/* "" for 0 and what is out of range. */
static inline const char *kbtf_str(const struct kbtf *b, u32 off)
{
	return off < b->str_len ? b->str + off : "";
}
static inline u32 kbtf_kind(const struct btf_type *t) { return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN; }
static inline u32 kbtf_vlen(const struct btf_type *t) { return BTF_INFO_VLEN(t->info); }
static inline const struct btf_member *kbtf_members(const struct btf_type *t)
{
	return (const void *)(t + 1);
}
static inline const struct btf_param *kbtf_params(const struct btf_type *t) { return (const void *)(t + 1); }

static inline u32 kbtf_member_bit_offset(const struct btf_type *t, const struct btf_member *m)
{
	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}

/* The type behind typedefs and qualifiers; @id is updated. NULL: void. */
const struct btf_type *kbtf_skip(const struct kbtf *b, u32 *id);
/* Bytes of a type, or -EINVAL if it has none. */
s64 kbtf_size(const struct kbtf *b, u32 id);
/* The type with @name and @kind, 0: none. */
u32 kbtf_find(const struct kbtf *b, const char *name, u32 kind);
/* Value of the enumerator @name in the enum @type (NULL: any). False: there is none. */
bool kbtf_enum_value(const struct kbtf *b, const char *type, const char *name, u64 *value);
const struct btf_member *kbtf_member(const struct kbtf *b, const struct btf_type *t, const char *name);
/* The prototype behind a type that is a pointer to a function; NULL: it is not. */
const struct btf_type *kbtf_func_ptr(const struct kbtf *b, u32 id);

#endif
