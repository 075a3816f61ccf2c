// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verification of the BTF that loaders bring, by the rules of kernel/bpf/btf.c: each type for itself
 * (check_meta), the references between types, and that nothing contains itself. What passed can be read
 * without further checks.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"

#define NAME_MAX_LEN 512	/* KSYM_NAME_LEN */
#define MAX_DEPTH 32		/* MAX_RESOLVE_DEPTH */
#define INFO_MASK 0x9f00ffffu

struct check {
	const struct kbtf *b;
	struct bpf_log *log;
	u32 id;			/* of the type in hand */
	u8 *state;		/* [nr_types] */
};

enum { NOT_VISITED, IN_PROGRESS, RESOLVED };

static int refuse(struct check *c, const char *why)
{
	const struct btf_type *t = kbtf_type(c->b, c->id);

	bpf_log(c->log, "[%u] %s: %s\n", c->id, t ? kbtf_str(c->b, t->name_off) : "", why);
	return -EINVAL;
}

static bool char_ok(char ch, bool first)
{
	return ch == '_' || ch == '.' || (first ? isalpha((unsigned char)ch) : isalnum((unsigned char)ch));
}

static bool name_is_identifier(struct check *c, u32 off)
{
	const char *s = kbtf_str(c->b, off);

	if (!char_ok(s[0], true) || strlen(s) > NAME_MAX_LEN)
		return false;
	while (*++s)
		if (!char_ok(*s, false))
			return false;
	return true;
}

static bool name_is_section(struct check *c, u32 off)
{
	const char *s = kbtf_str(c->b, off);

	if (!*s || strlen(s) > NAME_MAX_LEN)
		return false;
	for (; *s; s++)
		if (!isprint((unsigned char)*s))
			return false;
	return true;
}

static bool id_ok(struct check *c, u32 id) { return id && id < c->b->nr_types; }

static int check_int(struct check *c, const struct btf_type *t)
{
	u32 data = *(const u32 *)(t + 1), bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data),
	    enc = BTF_INT_ENCODING(data);

	if (data & ~0x0fffffffu)
		return refuse(c, "Invalid int_data");
	if (bits > 128)
		return refuse(c, "nr_bits exceeds 128");
	if ((bits + 7) / 8 > t->size)
		return refuse(c, "nr_bits exceeds type_size");
	if (enc && enc != BTF_INT_SIGNED && enc != BTF_INT_CHAR && enc != BTF_INT_BOOL) {
		refuse(c, "Unsupported encoding");
		return -ENOTSUPP;
	}
	return 0;
}

static int check_array(struct check *c, const struct btf_type *t)
{
	const struct btf_array *a = (const void *)(t + 1);

	if (t->size)
		return refuse(c, "size != 0");
	if (!id_ok(c, a->type))
		return refuse(c, "Invalid elem");
	if (!id_ok(c, a->index_type))
		return refuse(c, "Invalid index");
	return 0;
}

static int check_struct(struct check *c, const struct btf_type *t)
{
	const struct btf_member *m = kbtf_members(t);
	u32 last = 0;

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		u32 off = kbtf_member_bit_offset(t, &m[i]);

		if (m[i].name_off >= c->b->str_len ||
		    (m[i].name_off && !name_is_identifier(c, m[i].name_off)))
			return refuse(c, "Invalid name of a member");
		if (!id_ok(c, m[i].type))
			return refuse(c, "Invalid type_id of a member");
		if (last > off || (off && kbtf_kind(t) == BTF_KIND_UNION))
			return refuse(c, "Invalid member bits_offset");
		if (((u64)off + 7) / 8 > t->size)
			return refuse(c, "Member bits_offset exceeds its struct size");
		last = off;
	}
	return 0;
}

static int check_enum(struct check *c, const struct btf_type *t)
{
	bool is64 = kbtf_kind(t) == BTF_KIND_ENUM64;
	const struct btf_enum *e = (const void *)(t + 1);
	const struct btf_enum64 *e64 = (const void *)(t + 1);

	if (t->size > 8 || !t->size || t->size & (t->size - 1))
		return refuse(c, "Unexpected size");
	for (u32 i = 0; i < kbtf_vlen(t); i++)
		if (!name_is_identifier(c, is64 ? e64[i].name_off : e[i].name_off))
			return refuse(c, "Invalid name of an enumerator");
	return 0;
}

static int check_func_proto(struct check *c, const struct btf_type *t)
{
	const struct btf_param *p = kbtf_params(t);
	u32 n = kbtf_vlen(t);

	if (t->type >= c->b->nr_types)
		return refuse(c, "Invalid return type");
	/* a last parameter without type and name is "..." */
	if (n && !p[n - 1].type) {
		if (p[n - 1].name_off)
			return refuse(c, "Invalid arg#");
		n--;
	}
	for (u32 i = 0; i < n; i++)
		if (!id_ok(c, p[i].type) || p[i].name_off >= c->b->str_len ||
		    (p[i].name_off && !name_is_identifier(c, p[i].name_off)))
			return refuse(c, "Invalid arg#");
	return 0;
}

static int check_var(struct check *c, const struct btf_type *t)
{
	const struct btf_var *v = (const void *)(t + 1);

	if (!id_ok(c, t->type))
		return refuse(c, "Invalid type_id");
	if (v->linkage != BTF_VAR_STATIC && v->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return refuse(c, "Linkage not supported");
	return 0;
}

static int check_datasec(struct check *c, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	u64 end = 0;

	if (!t->size)
		return refuse(c, "size == 0");
	if (!name_is_section(c, t->name_off))
		return refuse(c, "Invalid name");
	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		if (!id_ok(c, v[i].type) || kbtf_kind(kbtf_type(c->b, v[i].type)) != BTF_KIND_VAR)
			return refuse(c, "Invalid type_id of a variable");
		if (v[i].offset < end || v[i].offset >= t->size)
			return refuse(c, "Invalid offset of a variable");
		if (!v[i].size || v[i].size > t->size - v[i].offset)
			return refuse(c, "Invalid size of a variable");
		end = (u64)v[i].offset + v[i].size;
	}
	return 0;
}

static int check_decl_tag(struct check *c, const struct btf_type *t)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);
	const struct btf_type *target = kbtf_type(c->b, t->type);
	u32 kind = kbtf_kind(target), n;

	if (!*kbtf_str(c->b, t->name_off))
		return refuse(c, "Invalid value");
	if (tag->component_idx < -1)
		return refuse(c, "Invalid component_idx");
	if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION && kind != BTF_KIND_FUNC &&
	    kind != BTF_KIND_VAR && kind != BTF_KIND_TYPEDEF)
		return refuse(c, "Invalid type");
	if (tag->component_idx == -1)
		return 0;
	if (kind == BTF_KIND_VAR || kind == BTF_KIND_TYPEDEF)
		return refuse(c, "Invalid component_idx");
	if (kind == BTF_KIND_FUNC)
		target = kbtf_type(c->b, target->type);
	n = target ? kbtf_vlen(target) : 0;
	return (u32)tag->component_idx < n ? 0 : refuse(c, "Invalid component_idx");
}

/* What names a kind may have. */
enum name_rule { NAME_NONE, NAME_OPTIONAL, NAME_REQUIRED, NAME_ANY };

static const struct kind_rule {
	enum name_rule name;
	bool no_vlen, no_kflag, ref;	/* @ref: t->type is a type, possibly void */
	int (*check)(struct check *c, const struct btf_type *t);
} kind_rule[NR_BTF_KINDS] = {
	[BTF_KIND_INT]		= { NAME_ANY, true, true, false, check_int },
	[BTF_KIND_PTR]		= { NAME_NONE, true, true, true, NULL },
	[BTF_KIND_ARRAY]	= { NAME_NONE, true, true, false, check_array },
	[BTF_KIND_STRUCT]	= { NAME_OPTIONAL, false, false, false, check_struct },
	[BTF_KIND_UNION]	= { NAME_OPTIONAL, false, false, false, check_struct },
	[BTF_KIND_ENUM]		= { NAME_OPTIONAL, false, false, false, check_enum },
	[BTF_KIND_FWD]		= { NAME_REQUIRED, true, false, false, NULL },
	[BTF_KIND_TYPEDEF]	= { NAME_REQUIRED, true, true, true, NULL },
	[BTF_KIND_VOLATILE]	= { NAME_NONE, true, true, true, NULL },
	[BTF_KIND_CONST]	= { NAME_NONE, true, true, true, NULL },
	[BTF_KIND_RESTRICT]	= { NAME_NONE, true, true, true, NULL },
	[BTF_KIND_FUNC]		= { NAME_REQUIRED, false, true, true, NULL },
	[BTF_KIND_FUNC_PROTO]	= { NAME_NONE, false, true, false, check_func_proto },
	[BTF_KIND_VAR]		= { NAME_REQUIRED, true, true, false, check_var },
	[BTF_KIND_DATASEC]	= { NAME_ANY, false, true, false, check_datasec },
	[BTF_KIND_FLOAT]	= { NAME_ANY, true, true, false, NULL },
	[BTF_KIND_DECL_TAG]	= { NAME_ANY, true, false, true, check_decl_tag },
	[BTF_KIND_TYPE_TAG]	= { NAME_ANY, true, false, true, NULL },
	[BTF_KIND_ENUM64]	= { NAME_OPTIONAL, false, false, false, check_enum },
};

static int check_meta(struct check *c, const struct btf_type *t)
{
	u32 kind = kbtf_kind(t);
	const struct kind_rule *r = &kind_rule[kind];

	if (t->info & ~INFO_MASK)
		return refuse(c, "Invalid btf_info");
	if (t->name_off >= c->b->str_len)
		return refuse(c, "Invalid name_offset");
	if (r->name == NAME_NONE && t->name_off)
		return refuse(c, "Invalid name");
	if ((r->name == NAME_REQUIRED || (r->name == NAME_OPTIONAL && t->name_off)) &&
	    !name_is_identifier(c, t->name_off))
		return refuse(c, "Invalid name");
	if (kind == BTF_KIND_TYPE_TAG && !*kbtf_str(c->b, t->name_off))
		return refuse(c, "Invalid name");
	if (r->no_vlen && kbtf_vlen(t))
		return refuse(c, "vlen != 0");
	if (r->no_kflag && BTF_INFO_KFLAG(t->info))
		return refuse(c, "Invalid btf_info kind_flag");
	if (r->ref && t->type >= c->b->nr_types)
		return refuse(c, "Invalid type_id");
	if (kind == BTF_KIND_FWD && t->type)
		return refuse(c, "type != 0");
	if (kind == BTF_KIND_FLOAT && t->size != 2 && t->size != 4 && t->size != 8 && t->size != 12 &&
	    t->size != 16)
		return refuse(c, "Invalid type_size");
	if (kind == BTF_KIND_FUNC && kbtf_vlen(t) > BTF_FUNC_GLOBAL)
		return refuse(c, "Invalid func linkage");
	if (kind == BTF_KIND_FUNC && kbtf_kind(kbtf_type(c->b, t->type)) != BTF_KIND_FUNC_PROTO)
		return refuse(c, "Invalid type_id");
	return r->check ? r->check(c, t) : 0;
}

/* A type that stands for another one: a qualifier or typedef, or (@ptr) a pointer. */
static bool is_link(const struct btf_type *t, bool ptr)
{
	switch (kbtf_kind(t)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return true;
	case BTF_KIND_PTR:
		return ptr;
	default:
		return false;
	}
}

static int resolve(struct check *c, u32 id, u32 depth);

/* A type that something holds by value, so that it must have a size. */
static int resolve_sized(struct check *c, u32 id, u32 depth)
{
	int err = resolve(c, id, depth + 1);

	if (err)
		return err;
	return kbtf_size(c->b, id) < 0 ? refuse(c, "Invalid member, element or variable without a size") : 0;
}

static int resolve_members(struct check *c, const struct btf_type *t, u32 depth)
{
	const struct btf_member *m = kbtf_members(t);
	int err = 0;

	for (u32 i = 0; i < kbtf_vlen(t) && !err; i++)
		err = resolve_sized(c, m[i].type, depth);
	return err;
}

static int resolve_vars(struct check *c, const struct btf_type *t, u32 depth)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	int err = 0;

	for (u32 i = 0; i < kbtf_vlen(t) && !err; i++) {
		err = resolve_sized(c, v[i].type, depth);
		if (!err && kbtf_size(c->b, v[i].type) > (s64)v[i].size)
			err = refuse(c, "Invalid size of a variable");
	}
	return err;
}

static int resolve_array(struct check *c, const struct btf_type *t, u32 depth)
{
	const struct btf_array *a = (const void *)(t + 1);
	u32 index = a->index_type;
	int err = resolve(c, index, depth + 1);

	if (err)
		return err;
	if (kbtf_kind(kbtf_skip(c->b, &index)) != BTF_KIND_INT)
		return refuse(c, "Invalid index");
	return resolve_sized(c, a->type, depth);
}

/* Follow @id through what it contains by value; a pointer contains nothing. */
static int resolve(struct check *c, u32 id, u32 depth)
{
	const struct btf_type *t = kbtf_type(c->b, id);
	u32 saved = c->id;
	int err = 0;

	if (!t || c->state[id] == RESOLVED)
		return 0;
	if (c->state[id] == IN_PROGRESS)
		return refuse(c, "Loop detected");
	if (depth == MAX_DEPTH) {
		refuse(c, "Exceeded max resolving depth");
		return -E2BIG;
	}
	c->id = id;
	c->state[id] = IN_PROGRESS;
	switch (kbtf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		err = resolve_members(c, t, depth);
		break;
	case BTF_KIND_DATASEC:
		err = resolve_vars(c, t, depth);
		break;
	case BTF_KIND_ARRAY:
		err = resolve_array(c, t, depth);
		break;
	case BTF_KIND_VAR:
		err = resolve_sized(c, t->type, depth);
		break;
	default:
		if (is_link(t, false))
			err = resolve(c, t->type, depth + 1);
		break;
	}
	c->state[id] = RESOLVED;
	c->id = saved;
	return err;
}

/* Chains of qualifiers, typedefs and pointers must end somewhere. */
static int check_chains(struct check *c)
{
	for (c->id = 1; c->id < c->b->nr_types; c->id++) {
		u32 id = c->id;

		while (is_link(kbtf_type(c->b, id), true) && c->state[id] == NOT_VISITED) {
			c->state[id] = IN_PROGRESS;
			id = kbtf_type(c->b, id)->type;
		}
		if (is_link(kbtf_type(c->b, id), true) && c->state[id] == IN_PROGRESS)
			return refuse(c, "Loop detected");
		for (id = c->id; is_link(kbtf_type(c->b, id), true) && c->state[id] == IN_PROGRESS;
		     id = kbtf_type(c->b, id)->type)
			c->state[id] = RESOLVED;
	}
	return 0;
}

int kbtf_check(const struct kbtf *b, struct bpf_log *log)
{
	struct check c = { .b = b, .log = log };
	int err = 0;

	for (c.id = 1; c.id < b->nr_types && !err; c.id++)
		err = check_meta(&c, b->type[c.id]);
	if (err)
		return err;
	c.state = calloc(b->nr_types, 1);
	if (!c.state)
		return -ENOMEM;
	err = check_chains(&c);
	memset(c.state, NOT_VISITED, b->nr_types);
	for (u32 id = 1; id < b->nr_types && !err; id++)
		err = resolve(&c, id, 0);
	free(c.state);
	return err;
}
