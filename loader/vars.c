// SPDX-License-Identifier: GPL-2.0-only
/* Global variables and settings of an object between open and load: what loaders write there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/impl.h"
#include "sched/ext/scx.h"

/* A global variable. */
struct var {
	const char *name;
	const struct btf_type *type;	/* behind typedefs and qualifiers */
	u32 type_id;			/* the same */
	void *data;
	u32 size;			/* bytes */
	struct bpf_map *map;		/* the section that it is in */
};

static const struct btf_type *skip(const struct btf *btf, u32 *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t))) {
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

/* Call @fn for each variable of .rodata, .data, .bss until it does not return 0; returns what it returned. */
static int for_each_var(struct loader *l, int (*fn)(struct loader *l, struct var *v, void *arg), void *arg)
{
	const struct btf *btf = bpf_object__btf(l->obj);
	struct bpf_map *map;

	bpf_object__for_each_map(map, l->obj) {
		const struct btf_type *sec = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
		const struct btf_var_secinfo *vsi;
		size_t size;
		char *data;

		if (!bpf_map__is_internal(map) || !sec || !btf_is_datasec(sec) ||
		    strstr(bpf_map__name(map), ".kconfig"))
			continue;
		data = bpf_map__initial_value(map, &size);
		vsi = btf_var_secinfos(sec);
		for (u32 i = 0; data && i < btf_vlen(sec); i++, vsi++) {
			const struct btf_type *var = btf__type_by_id(btf, vsi->type);
			struct var v = {.type_id = var->type,
					.data = data + vsi->offset,
					.size = vsi->size,
					.map = map};
			int ret;

			/* libbpf has not checked that the file's types and sections fit together */
			if ((u64)vsi->offset + vsi->size > size ||
			    btf__resolve_size(btf, var->type) > (s64)vsi->size)
				continue;
			v.name = btf__name_by_offset(btf, var->name_off);
			v.type = skip(btf, &v.type_id);
			ret = fn(l, &v, arg);
			if (ret)
				return ret;
		}
	}
	return 0;
}

struct find {
	const char *name;
	struct var var;
};

static int find_one(struct loader *l, struct var *v, void *arg)
{
	struct find *f = arg;

	if (strcmp(v->name, f->name))
		return 0;
	f->var = *v;
	return 1;
}

static bool find_var(struct loader *l, const char *name, struct var *v)
{
	struct find f = { .name = name };

	if (!for_each_var(l, find_one, &f))
		return false;
	*v = f.var;
	return true;
}

/* --- __SCX_* constants (SCX_ENUM_INIT of tools/sched_ext/include/scx/enums.h) --- */

static bool enum_value(const struct btf *btf, const struct btf_type *t, const char *name, u64 *value)
{
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_enum64 *e64 = btf_enum64(t) + i;
		const struct btf_enum *e = btf_enum(t) + i;
		bool is64 = btf_is_enum64(t);

		if (strcmp(btf__name_by_offset(btf, is64 ? e64->name_off : e->name_off), name))
			continue;
		*value = is64 ? btf_enum64_value(e64) : btf_kflag(t) ? (u64)(s64)e->val : (u32)e->val;
		return true;
	}
	return false;
}

/*
 * The names that loaders look up in an enum of their own, which 7.2 does not have: elsewhere they mean
 * something else.
 */
static const char *const in_scx_task_state[] = {
	"SCX_TASK_NONE", "SCX_TASK_INIT", "SCX_TASK_READY", "SCX_TASK_ENABLED", "SCX_TASK_NR_STATES",
};

/* The enumerator's value in the kernel's BTF, 0 if it has none. */
static u64 kernel_enum(struct loader *l, const char *name)
{
	const char *only = NULL;
	u64 value;

	for (u32 i = 0; i < sizeof(in_scx_task_state) / sizeof(*in_scx_task_state); i++)
		if (!strcmp(name, in_scx_task_state[i]))
			only = "scx_task_state";
	for (u32 id = 1; id < btf__type_cnt(l->vmlinux); id++) {
		const struct btf_type *t = btf__type_by_id(l->vmlinux, id);

		if (!btf_is_any_enum(t) ||
		    (only && strcmp(btf__name_by_offset(l->vmlinux, t->name_off), only)))
			continue;
		if (enum_value(l->vmlinux, t, name, &value))
			return value;
	}
	return 0;
}

static int set_enum(struct loader *l, struct var *v, void *arg)
{
	u64 value;

	if (!strncmp(v->name, "__SCX_", 6) && v->size == sizeof(value) &&
	    strstr(bpf_map__name(v->map), ".rodata")) {
		value = kernel_enum(l, v->name + 2);
		memcpy(v->data, &value, sizeof(value));
	}
	return 0;
}

int loader_set_enums(struct loader *l)
{
	return for_each_var(l, set_enum, NULL);
}

/* --- struct sched_ext_ops --- */

/*
 * A member of the object's own struct sched_ext_ops; NULL: it has none of that name, or not within its
 * bounds.
 */
static void *ops_member(struct loader *l, const char *name, u32 *size)
{
	const struct btf *btf = bpf_object__btf(l->obj);
	const struct btf_type *t = btf__type_by_id(btf, bpf_map__btf_value_type_id(l->ops));
	const struct btf_member *m = btf_members(t);
	size_t len;
	char *data = bpf_map__initial_value(l->ops, &len);

	for (u32 i = 0; i < btf_vlen(t); i++, m++) {
		u32 off = btf_member_bit_offset(t, i) / 8;
		s64 n;

		if (strcmp(btf__name_by_offset(btf, m->name_off), name))
			continue;
		n = btf__resolve_size(btf, m->type);
		if (!data || n < 0 || (u64)off + n > len)
			return NULL;
		*size = n;
		return data + off;
	}
	return NULL;
}

static bool kernel_has_member(struct loader *l, const char *name)
{
	s32 id = btf__find_by_name_kind(l->vmlinux, "sched_ext_ops", BTF_KIND_STRUCT);
	const struct btf_type *t = btf__type_by_id(l->vmlinux, id);
	const struct btf_member *m = btf_members(t);

	for (u32 i = 0; i < btf_vlen(t); i++, m++)
		if (!strcmp(btf__name_by_offset(l->vmlinux, m->name_off), name))
			return true;
	return false;
}

/* What SCX_OPS_OPEN() does to the operations: fill hotplug_seq, clear what came later than this kernel. */
int loader_fix_ops(struct loader *l)
{
	static const char *const optional[] = {
		"cgroup_set_bandwidth", "cgroup_set_idle", "sub_attach", "sub_detach", "sub_cgroup_id",
	};
	static const u64 zero;
	u64 seq = scx_hotplug_seq(l->cfg.kernel);
	u32 size;
	void *p;

	for (u32 i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
		p = ops_member(l, optional[i], &size);
		if (!p || size != sizeof(zero) || !memcmp(p, &zero, size) ||
		    kernel_has_member(l, optional[i]))
			continue;
		loader_note(l, "ops.%s is cleared: this kernel does not have it", optional[i]);
		memset(p, 0, size);
	}
	p = ops_member(l, "hotplug_seq", &size);
	if (p && size == sizeof(seq))
		memcpy(p, &seq, size);
	return 0;
}

/*
 * UEI_SET_SIZE(): the array NAME_dump, alone in section .data.NAME_dump, gets the size of the exit dump, and
 * NAME_dump_len in .rodata says so. Before any pointer into sections is kept: resizing moves them.
 */
int loader_resize_dumps(struct loader *l)
{
	u32 size, len = 0;
	const void *dump_len = ops_member(l, "exit_dump_len", &size);
	struct bpf_map *map;

	if (dump_len && size == sizeof(len))
		memcpy(&len, dump_len, size);
	if (!len)
		len = SCX_EXIT_DUMP_DFL_LEN;
	bpf_object__for_each_map(map, l->obj) {
		const char *name = bpf_map__name(map);
		char var_name[128];
		struct var v;
		int err;

		if (strncmp(name, ".data.", 6) || strlen(name) < 11 ||
		    strcmp(name + strlen(name) - 5, "_dump"))
			continue;
		snprintf(var_name, sizeof(var_name), "%s_len", name + 6);
		if (!find_var(l, var_name, &v) || v.size != sizeof(u32) ||
		    !strstr(bpf_map__name(v.map), ".rodata"))
			continue;
		memcpy(v.data, &len, sizeof(len));
		err = bpf_map__set_value_size(map, len);
		if (err)
			return loader_refuse(l, err, "section %s cannot be resized to %u bytes", name, len);
	}
	return 0;
}

/* --- --set VAR=VALUE --- */

static int list_var(struct loader *l, struct var *v, void *arg)
{
	char *text = arg;
	size_t n = strlen(text);

	if (strncmp(v->name, "__SCX_", 6) && !strstr(bpf_map__name(v->map), "_dump") && n < 900)
		snprintf(text + n, 1000 - n, "%s%s", n ? " " : "", v->name);
	return 0;
}

static int unknown_var(struct loader *l, const char *name)
{
	char names[1000] = "";

	for_each_var(l, list_var, names);
	return loader_refuse(l, -ENOENT, "--set %s: the object has no such global variable; it has: %s", name,
			     *names ? names : "none");
}

/* Digits of any base, with a sign if @is_signed; does it fit @size bytes? */
static bool parse_int(const char *s, u32 size, bool is_signed, u64 *v)
{
	u32 bits = size * 8;
	char *end;

	if (!*s || strchr(" \t+", *s) || (*s == '-' && !is_signed))
		return false;
	errno = 0;
	if (is_signed) {
		s64 n = strtoll(s, &end, 0);

		*v = n;
		if (bits < 64 && (n < -(1ll << (bits - 1)) || n >= 1ll << (bits - 1)))
			return false;
	} else {
		*v = strtoull(s, &end, 0);
		if (bits < 64 && *v >> bits)
			return false;
	}
	return !*end && !errno;
}

static int set_int(struct loader *l, struct var *v, const char *value)
{
	u32 enc = btf_int_encoding(v->type), size = v->type->size;
	u64 n;

	if (enc & BTF_INT_BOOL) {
		if (!strcmp(value, "true") || !strcmp(value, "1"))
			n = 1;
		else if (!strcmp(value, "false") || !strcmp(value, "0"))
			n = 0;
		else
			return loader_refuse(l, -EINVAL, "--set %s=%s: it is a bool: true, false, 1 or 0",
					     v->name, value);
	} else if (size > 8 || !parse_int(value, size, enc & BTF_INT_SIGNED, &n)) {
		return loader_refuse(l, -EINVAL, "--set %s=%s: it is %s integer of %u bits", v->name, value,
				     enc & BTF_INT_SIGNED ? "a signed" : "an unsigned", size * 8);
	}
	memcpy(v->data, &n, size);
	return 0;
}

static int set_enum_var(struct loader *l, struct var *v, const char *value)
{
	u64 n;

	if (!enum_value(bpf_object__btf(l->obj), v->type, value, &n) &&
	    !parse_int(value, v->type->size, btf_kflag(v->type), &n))
		return loader_refuse(l, -EINVAL,
				     "--set %s=%s: neither a number of %u bits nor an enumerator of its type",
				     v->name, value, v->type->size * 8);
	memcpy(v->data, &n, v->type->size);
	return 0;
}

static int set_chars(struct loader *l, struct var *v, const char *value)
{
	const struct btf *btf = bpf_object__btf(l->obj);
	const struct btf_array *a = btf_array(v->type);
	u32 elem = a->type;
	const struct btf_type *t = skip(btf, &elem);

	if (!btf_is_int(t) || t->size != 1)
		return loader_refuse(l, -EINVAL,
				     "--set %s: an array can be set only if its elements are characters",
				     v->name);
	if (strlen(value) >= a->nelems)
		return loader_refuse(l, -EINVAL, "--set %s=%s: it has room for %u characters", v->name, value,
				     a->nelems ? a->nelems - 1 : 0);
	memset(v->data, 0, a->nelems);
	memcpy(v->data, value, strlen(value));
	return 0;
}

static int set_var(struct loader *l, const char *set)
{
	const char *eq = strchr(set, '=');
	char name[256];
	struct var v;

	if (!eq || eq == set || (size_t)(eq - set) >= sizeof(name))
		return loader_refuse(l, -EINVAL, "--set %s: expected VARIABLE=VALUE", set);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - set), set);
	if (!find_var(l, name, &v))
		return unknown_var(l, name);
	if (v.type && btf_is_int(v.type))
		return set_int(l, &v, eq + 1);
	if (v.type && btf_is_any_enum(v.type))
		return set_enum_var(l, &v, eq + 1);
	if (v.type && btf_is_array(v.type))
		return set_chars(l, &v, eq + 1);
	return loader_refuse(l, -EINVAL,
			     "--set %s: only integers, bools, enums and character arrays can be set", name);
}

int loader_set_user_vars(struct loader *l)
{
	for (u32 i = 0; i < l->cfg.nr_sets; i++) {
		int err = set_var(l, l->cfg.sets[i]);

		if (err)
			return err;
	}
	return 0;
}
