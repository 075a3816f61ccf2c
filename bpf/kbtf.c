// SPDX-License-Identifier: GPL-2.0-only
/* BTF objects: reading. Sound BTF is assumed, see kbtf_check.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"

/* Bytes behind struct btf_type; -1: unknown kind. */
static s64 tail_size(const struct btf_type *t)
{
	u32 vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_FWD:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return -1;
	}
}

/* The header as 7.2 knows it; before, it ended in front of the layout. */
struct header {
	struct btf_header h;
	u32 layout_off, layout_len;	/* sizes of kinds, for readers that do not know them all */
};

#define LAYOUT_ENTRY 4		/* sizeof(struct btf_layout) */

struct section {
	u32 off, len;
};

/* The sections must cover what is behind the header: no gap, no overlap. */
static int check_sections(const struct header *h, u32 total, struct bpf_log *log)
{
	struct section sec[] = { { h->h.type_off, h->h.type_len }, { h->h.str_off, h->h.str_len },
				 { h->layout_off, h->layout_len } }, tmp;
	u32 nr = h->layout_len ? 3 : 2, at = 0;

	for (u32 i = 0; i < nr; i++) {
		for (u32 j = i + 1; j < nr; j++) {
			if (sec[j].off < sec[i].off) {
				tmp = sec[i];
				sec[i] = sec[j];
				sec[j] = tmp;
			}
		}
		if (total < sec[i].off) {
			bpf_log(log, "Invalid section offset\n");
			return -EINVAL;
		}
		if (at < sec[i].off) {
			bpf_log(log, "Unsupported section found\n");
			return -EINVAL;
		}
		if (at > sec[i].off) {
			bpf_log(log, "Section overlap found\n");
			return -EINVAL;
		}
		if (total - at < sec[i].len) {
			bpf_log(log, "Total section length too long\n");
			return -EINVAL;
		}
		at += sec[i].len;
	}
	if (at != total) {
		bpf_log(log, "Unsupported section found\n");
		return -EINVAL;
	}
	return 0;
}

static int check_header(const void *data, u32 size, struct header *h, u32 known, struct bpf_log *log)
{
	const u8 *bytes = data;

	if (size < offsetof(struct btf_header, hdr_len) + sizeof(h->h.hdr_len)) {
		bpf_log(log, "hdr_len not found\n");
		return -EINVAL;
	}
	memset(h, 0, sizeof(*h));
	memcpy(h, data, offsetof(struct btf_header, hdr_len) + sizeof(h->h.hdr_len));
	if (size < h->h.hdr_len) {
		bpf_log(log, "btf_header not found\n");
		return -EINVAL;
	}
	for (u32 i = known; i < h->h.hdr_len; i++) {
		if (bytes[i]) {
			bpf_log(log, "Unsupported btf_header\n");
			return -E2BIG;
		}
	}
	memcpy(h, data, h->h.hdr_len < known ? h->h.hdr_len : known);
	if (h->h.magic != BTF_MAGIC) {
		bpf_log(log, "Invalid magic\n");
		return -EINVAL;
	}
	if (h->h.version != BTF_VERSION) {
		bpf_log(log, "Unsupported version\n");
		return -ENOTSUPP;
	}
	if (h->h.flags) {
		bpf_log(log, "Unsupported flags\n");
		return -ENOTSUPP;
	}
	if (size == h->h.hdr_len) {
		bpf_log(log, "No data\n");
		return -EINVAL;
	}
	return check_sections(h, size - h->h.hdr_len, log);
}

/* What the sections are as such, before their contents are looked at. */
static int check_section_forms(const struct header *h, u32 size, const char *body, struct bpf_log *log)
{
	const char *str = body + h->h.str_off;

	if (h->h.hdr_len < sizeof(*h) && h->h.hdr_len + h->h.str_off + h->h.str_len != size) {
		bpf_log(log, "String section is not at the end\n");
		return -EINVAL;
	}
	if (!h->h.str_len || h->h.str_len - 1 > BTF_MAX_NAME_OFFSET || str[0] || str[h->h.str_len - 1]) {
		bpf_log(log, "Invalid string section\n");
		return -EINVAL;
	}
	if (h->layout_off % 4 && h->layout_len) {
		bpf_log(log, "Unaligned layout_off\n");
		return -EINVAL;
	}
	if (h->layout_len % LAYOUT_ENTRY) {
		bpf_log(log, "layout_len is not multiple of %u\n", LAYOUT_ENTRY);
		return -EINVAL;
	}
	if (h->h.type_off % 4 || h->h.hdr_len % 4) {
		bpf_log(log, "Unaligned type_off\n");
		return -EINVAL;
	}
	if (!h->h.type_len) {
		bpf_log(log, "No type found\n");
		return -EINVAL;
	}
	return 0;
}

/* Two passes over the type section: count, then fill b->type. */
static int index_types(struct kbtf *b, const char *types, u32 len, struct bpf_log *log)
{
	u32 id = 1;

	for (u32 off = 0; off < len; id++) {
		const struct btf_type *t = (const void *)(types + off);
		s64 tail;

		if (len - off < sizeof(*t)) {
			bpf_log(log, "[%u] meta_left:%u meta_needed:%zu\n", id, len - off, sizeof(*t));
			return -EINVAL;
		}
		tail = tail_size(t);
		if (tail < 0) {
			bpf_log(log, "[%u] Invalid kind:%u\n", id, BTF_INFO_KIND(t->info));
			return -EINVAL;
		}
		if (len - off - sizeof(*t) < (u64)tail) {
			bpf_log(log, "[%u] meta_left:%zu meta_needed:%lld\n", id, len - off - sizeof(*t),
				(long long)tail);
			return -EINVAL;
		}
		if (b->type)
			b->type[id] = t;
		off += sizeof(*t) + tail;
	}
	b->nr_types = id;
	return 0;
}

int kbtf_parse(struct kbtf *b, const void *data, u32 size, struct bpf_log *log)
{
	u32 known = b->obj.rt->v7 ? sizeof(struct header) : sizeof(struct btf_header);
	struct header h;
	const char *body;
	int err;

	err = check_header(data, size, &h, known, log);
	if (err)
		return err;
	body = (const char *)data + h.h.hdr_len;
	err = check_section_forms(&h, size, body, log);
	if (err)
		return err;
	b->str = body + h.h.str_off;
	b->str_len = h.h.str_len;
	err = index_types(b, body + h.h.type_off, h.h.type_len, log);
	if (err)
		return err;
	b->type = calloc(b->nr_types, sizeof(*b->type));
	if (!b->type)
		return -ENOMEM;
	return index_types(b, body + h.h.type_off, h.h.type_len, log);
}

int kbtf_create_vmlinux(struct bpf_rt *rt, const void *data, size_t size, char *err, size_t err_len)
{
	struct bpf_log log = { .level = 1 };
	struct kbtf *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	bpf_obj_init(rt, &b->obj, OBJ_BTF);
	b->kernel = true;
	b->data = (void *)data;
	b->size = size;
	ret = kbtf_parse(b, data, size, &log);
	if (ret) {
		snprintf(err, err_len, "the kernel's BTF is damaged: %s",
			 log.text ? log.text : "out of memory");
		free(b->type);
		free(b);
	} else {
		bpf_obj_publish(&b->obj);
		rt->vmlinux = b;
	}
	free(log.text);
	return ret;
}

void kbtf_free(struct bpf_obj *o)
{
	struct kbtf *b = to_kbtf(o);

	if (!b->kernel)
		free(b->data);
	free(b->type);
	free(b);
}

static bool is_modifier(u32 kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE ||
	       kind == BTF_KIND_RESTRICT || kind == BTF_KIND_TYPE_TAG;
}

const struct btf_type *kbtf_skip(const struct kbtf *b, u32 *id)
{
	const struct btf_type *t = kbtf_type(b, *id);

	while (is_modifier(kbtf_kind(t))) {
		*id = t->type;
		t = kbtf_type(b, *id);
	}
	return t;
}

s64 kbtf_size(const struct kbtf *b, u32 id)
{
	const struct btf_type *t = kbtf_skip(b, &id);
	const struct btf_array *a;
	s64 size;

	switch (kbtf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
	case BTF_KIND_DATASEC:
		return t->size;
	case BTF_KIND_PTR:
		return sizeof(u64);
	case BTF_KIND_VAR:
		return kbtf_size(b, t->type);
	case BTF_KIND_ARRAY:
		a = (const void *)(t + 1);
		size = kbtf_size(b, a->type);
		return size < 0 || (a->nelems && size > UINT32_MAX / (s64)a->nelems) ? -EINVAL
										     : size * a->nelems;
	default:
		return -EINVAL;
	}
}

u32 kbtf_find(const struct kbtf *b, const char *name, u32 kind)
{
	for (u32 id = 1; id < b->nr_types; id++)
		if (kbtf_kind(b->type[id]) == kind && !strcmp(kbtf_str(b, b->type[id]->name_off), name))
			return id;
	return 0;
}

static bool enumerator(const struct kbtf *b, const struct btf_type *t, const char *name, u64 *value)
{
	const struct btf_enum *e = (const void *)(t + 1);
	const struct btf_enum64 *e64 = (const void *)(t + 1);
	bool is64 = kbtf_kind(t) == BTF_KIND_ENUM64;

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		if (strcmp(kbtf_str(b, is64 ? e64[i].name_off : e[i].name_off), name))
			continue;
		if (is64)
			*value = (u64)e64[i].val_hi32 << 32 | e64[i].val_lo32;
		else if (BTF_INFO_KFLAG(t->info))
			*value = (s64)e[i].val;
		else
			*value = (u32)e[i].val;
		return true;
	}
	return false;
}

bool kbtf_enum_value(const struct kbtf *b, const char *type, const char *name, u64 *value)
{
	for (u32 id = 1; id < b->nr_types; id++) {
		const struct btf_type *t = b->type[id];

		if (kbtf_kind(t) != BTF_KIND_ENUM && kbtf_kind(t) != BTF_KIND_ENUM64)
			continue;
		if (type && strcmp(kbtf_str(b, t->name_off), type))
			continue;
		if (enumerator(b, t, name, value))
			return true;
	}
	return false;
}

const struct btf_member *kbtf_member(const struct kbtf *b, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = kbtf_members(t);

	for (u32 i = 0; i < kbtf_vlen(t); i++)
		if (!strcmp(kbtf_str(b, m[i].name_off), name))
			return &m[i];
	return NULL;
}

const struct btf_type *kbtf_func_ptr(const struct kbtf *b, u32 id)
{
	const struct btf_type *t = kbtf_skip(b, &id);

	if (kbtf_kind(t) != BTF_KIND_PTR)
		return NULL;
	id = t->type;
	t = kbtf_skip(b, &id);
	return kbtf_kind(t) == BTF_KIND_FUNC_PROTO ? t : NULL;
}
