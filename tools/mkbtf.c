// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkbtf OBJECT VERSION OUT: make the BTF of a version (raw, as in /sys/kernel/btf/vmlinux) from the BTF of
 *	kabi/btf/vmlinux.c, with what kabi/versions.def and kabi/kfuncs.def say of that version.
 * mkbtf OBJECT layout OUT: make static assertions for kabi/layout_check.c from it.
 *
 * The result depends on the types alone, not on the order in which a compiler emits them: types are numbered
 * as they are reached from the roots, which are sorted by name.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "kabi/btf.h"

/* --- the tables --- */

#define NR_VERSIONS (KABI_7_2 + 1)
#define ABSENT 0xab5e47ab5e47ab5eull	/* no enumerator has this value */
#define YES true
#define NO false

struct enumerator_row {
	const char *enum_name, *name;
	u64 value[NR_VERSIONS];
};

struct presence_row {
	const char *of, *name;
	bool in[NR_VERSIONS];
};

struct kfunc_row {
	const char *name, *symbol;
	enum kabi_version_id since, until;
};

struct member_type_row {
	const char *of, *name;
	const char *type[NR_VERSIONS];
};

#define BY_VERSION(v7_2, v6_12, v2022) { [KABI_7_2] = v7_2, [KABI_6_12] = v6_12, [KABI_2022] = v2022 }
#define MEMBER(s, name, v7_2, v6_12, v2022)
#define MEMBER_TYPE(s, name, v7_2, v6_12, v2022)
#define TYPE(kind, name, v7_2, v6_12, v2022)

#define ENUMERATOR(e, name, v7_2, v6_12, v2022) \
	{ #e, #name, BY_VERSION((u64)(v7_2), (u64)(v6_12), (u64)(v2022)) },
static const struct enumerator_row enumerators[] = {
#include "kabi/versions.def"
};
#undef ENUMERATOR
#define ENUMERATOR(e, name, v7_2, v6_12, v2022)

#undef MEMBER
#define MEMBER(s, name, v7_2, v6_12, v2022) { #s, #name, BY_VERSION(v7_2, v6_12, v2022) },
static const struct presence_row members[] = {
#include "kabi/versions.def"
};
#undef MEMBER
#define MEMBER(s, name, v7_2, v6_12, v2022)

#undef MEMBER_TYPE
#define MEMBER_TYPE(s, name, v7_2, v6_12, v2022) { #s, #name, BY_VERSION(#v7_2, #v6_12, #v2022) },
static const struct member_type_row member_types[] = {
#include "kabi/versions.def"
};
#undef MEMBER_TYPE
#define MEMBER_TYPE(s, name, v7_2, v6_12, v2022)

#undef TYPE
#define TYPE(kind, name, v7_2, v6_12, v2022) { #kind, #name, BY_VERSION(v7_2, v6_12, v2022) },
static const struct presence_row types[] = {
#include "kabi/versions.def"
};

#define KFUNC(name, ret, args, flags, since, until) { #name, #name "__" #since, since, until },
static const struct kfunc_row kfuncs[] = {
#include "kabi/kfuncs.def"
};

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* --- state --- */

struct mkbtf {
	enum kabi_version_id version;
	struct btf *in, *out;
	u32 nr_in;
	u32 *new_id;		/* of each type of @in: its number in @out, 0 if it is not there */
	u32 *order;		/* types of @in in the order of their numbers in @out */
	u32 nr_out;
	bool enumerator_met[NR(enumerators)];	/* the object has it, or it was added */
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mkbtf: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static int check(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(-ret));
	return ret;
}

static void *alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("out of memory");
	return p;
}

static const char *name_at(const struct mkbtf *m, u32 off)
{
	return btf__name_by_offset(m->in, off);
}

static const char *name_of(const struct mkbtf *m, const struct btf_type *t)
{
	return name_at(m, t->name_off);
}

static bool str_eq(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* --- flavours: NAME___2022 is what NAME is in that version --- */

static const char flavour[] = "___2022";

/* Length of @name without its flavour. */
static size_t plain_len(const char *name)
{
	const char *end = strstr(name, flavour);

	return end && !end[sizeof(flavour) - 1] ? (size_t)(end - name) : strlen(name);
}

static bool has_flavour(const struct mkbtf *m, const struct btf_type *t)
{
	return plain_len(name_of(m, t)) != strlen(name_of(m, t));
}

/* The type that stands for @id in this version. */
static u32 flavoured(const struct mkbtf *m, u32 id)
{
	const struct btf_type *t = btf__type_by_id(m->in, id);
	char name[128];
	int other;

	if (m->version != KABI_2022 || !btf_is_struct(t) || !*name_of(m, t) || has_flavour(m, t))
		return id;
	snprintf(name, sizeof(name), "%s%s", name_of(m, t), flavour);
	other = btf__find_by_name_kind(m->in, name, BTF_KIND_STRUCT);
	return other > 0 ? (u32)other : id;
}

static bool type_exists(const struct mkbtf *m, const struct btf_type *t)
{
	const char *kind = btf_is_struct(t) ? "struct" : btf_is_any_enum(t) ? "enum" : "";

	for (size_t i = 0; i < NR(types); i++)
		if (str_eq(types[i].of, kind) && str_eq(types[i].name, name_of(m, t)))
			return types[i].in[m->version];
	return true;
}

static bool member_exists(const struct mkbtf *m, const struct btf_type *t, const struct btf_member *mem)
{
	for (size_t i = 0; i < NR(members); i++)
		if (str_eq(members[i].of, name_of(m, t)) &&
		    str_eq(members[i].name, name_at(m, mem->name_off)))
			return members[i].in[m->version];
	return true;
}

static u32 member_type(const struct mkbtf *m, const struct btf_type *t, const struct btf_member *mem)
{
	for (size_t i = 0; i < NR(member_types); i++) {
		const struct member_type_row *r = &member_types[i];
		const char *type = r->type[m->version];

		if (str_eq(r->of, name_of(m, t)) && str_eq(r->name, name_at(m, mem->name_off)))
			return check(btf__find_by_name_kind(m->in, type, BTF_KIND_TYPEDEF), type);
	}
	return mem->type;
}

/* --- numbering what is reached --- */

static void reach(struct mkbtf *m, u32 id)
{
	const struct btf_type *t = btf__type_by_id(m->in, id);

	if (!id || m->new_id[id])
		return;
	if (flavoured(m, id) != id) {
		reach(m, flavoured(m, id));
		m->new_id[id] = m->new_id[flavoured(m, id)];
		return;
	}
	if (!type_exists(m, t))
		die("kabi/versions.def: %s does not exist, but what uses it does", name_of(m, t));
	m->new_id[id] = ++m->nr_out;
	m->order[m->nr_out] = id;

	if (btf_is_array(t)) {
		reach(m, btf_array(t)->type);
		reach(m, btf_array(t)->index_type);
	} else if (btf_is_composite(t)) {
		for (u32 i = 0; i < btf_vlen(t); i++)
			if (member_exists(m, t, btf_members(t) + i))
				reach(m, member_type(m, t, btf_members(t) + i));
	} else if (btf_is_func_proto(t)) {
		reach(m, t->type);
		for (u32 i = 0; i < btf_vlen(t); i++)
			reach(m, btf_params(t)[i].type);
	} else if (btf_is_mod(t) || btf_is_ptr(t) || btf_is_typedef(t) || btf_is_func(t)) {
		reach(m, t->type);
	} else if (!btf_is_int(t) && !btf_is_any_enum(t) && !btf_is_fwd(t)) {
		die("%s: kind %u of type is not expected", name_of(m, t), btf_kind(t));
	}
}

/* What has a name that it is sorted by. */
struct root {
	const char *name;
	u32 id;
};

static int cmp_root(const void *a, const void *b)
{
	return strcmp(((const struct root *)a)->name, ((const struct root *)b)->name);
}

/* What kabi/btf/vmlinux.c keeps: the types of its variables. Sorted by name; returns how many. */
static u32 find_kept(struct mkbtf *m, struct root *r)
{
	u32 n = 0;

	for (u32 id = 1; id < m->nr_in; id++) {
		const struct btf_type *t = btf__type_by_id(m->in, id);

		if (!btf_is_var(t) || (m->version != KABI_2022 && has_flavour(m, btf__type_by_id(m->in, t->type))))
			continue;
		if (type_exists(m, btf__type_by_id(m->in, t->type)))
			r[n++] = (struct root){ name_of(m, t), t->type };
	}
	qsort(r, n, sizeof(*r), cmp_root);
	return n;
}

/* --- making it --- */

/* As a compiler of kernels spells it, so that the result does not depend on ours. */
static const char *int_name(const char *name)
{
	static const char *const spelling[][2] = {
		{ "short", "short int" },
		{ "unsigned short", "short unsigned int" },
		{ "long", "long int" },
		{ "unsigned long", "long unsigned int" },
		{ "long long", "long long int" },
		{ "unsigned long long", "long long unsigned int" },
	};

	for (size_t i = 0; i < NR(spelling); i++)
		if (str_eq(name, spelling[i][0]))
			return spelling[i][1];
	return name;
}

struct enumerator {
	const char *name;
	u64 value;
};

/* An enum with @n enumerators; as large as they need. */
static void add_enum(struct mkbtf *m, const char *name, const struct enumerator *e, u32 n, bool is_signed)
{
	bool large = false;

	for (u32 i = 0; i < n; i++)
		large |= is_signed ? (s64)e[i].value != (s32)e[i].value : e[i].value != (u32)e[i].value;
	if (large) {
		check(btf__add_enum64(m->out, name, 8, is_signed), name);
		for (u32 i = 0; i < n; i++)
			check(btf__add_enum64_value(m->out, e[i].name, e[i].value), e[i].name);
		return;
	}
	check(btf__add_enum(m->out, name, 4), name);
	/* libbpf makes the enum signed when it gets a negative value */
	for (u32 i = 0; i < n; i++)
		check(btf__add_enum_value(m->out, e[i].name, e[i].value), e[i].name);
}

/* The enumerators of enum @name that rows add to the @n that the object has. */
static u32 add_rows(struct mkbtf *m, const char *name, struct enumerator *e, u32 n)
{
	for (size_t i = 0; i < NR(enumerators); i++) {
		if (m->enumerator_met[i] || !str_eq(enumerators[i].enum_name, name))
			continue;
		m->enumerator_met[i] = true;
		if (enumerators[i].value[m->version] != ABSENT)
			e[n++] = (struct enumerator){ enumerators[i].name, enumerators[i].value[m->version] };
	}
	return n;
}

static void copy_enum(struct mkbtf *m, const struct btf_type *t)
{
	struct enumerator *e = alloc(btf_vlen(t) + NR(enumerators), sizeof(*e));
	const char *name = name_of(m, t);
	bool is_signed = btf_kflag(t);
	u32 n = 0;

	for (u32 i = 0; i < btf_vlen(t); i++) {
		bool is64 = btf_is_enum64(t);
		const char *en = name_at(m, is64 ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off);
		u64 value = is64 ? btf_enum64_value(&btf_enum64(t)[i]) :
			    is_signed ? (u64)(s64)btf_enum(t)[i].val : (u32)btf_enum(t)[i].val;

		for (size_t k = 0; k < NR(enumerators); k++)
			if (str_eq(enumerators[k].enum_name, name) && str_eq(enumerators[k].name, en)) {
				u64 newest = enumerators[k].value[KABI_7_2];

				if (newest != ABSENT && newest != value)
					die("kabi/versions.def: the header has another %s for 7.2", en);
				m->enumerator_met[k] = true;
				value = enumerators[k].value[m->version];
			}
		if (value != ABSENT)
			e[n++] = (struct enumerator){ en, value };
	}
	n = add_rows(m, name, e, n);
	if (!n)
		die("kabi/versions.def: enum %s has no enumerators in this version: add a TYPE row", name);
	add_enum(m, name, e, n, is_signed);
	free(e);
}

/* The enums that only rows have. */
static void add_new_enums(struct mkbtf *m)
{
	struct enumerator *e = alloc(NR(enumerators), sizeof(*e));

	for (size_t i = 0; i < NR(enumerators); i++) {
		const char *name = enumerators[i].enum_name;
		u32 n;

		if (m->enumerator_met[i] || btf__find_by_name_kind(m->in, name, BTF_KIND_ENUM) > 0 ||
		    btf__find_by_name_kind(m->in, name, BTF_KIND_ENUM64) > 0)
			continue;
		n = add_rows(m, name, e, 0);
		if (n)
			add_enum(m, name, e, n, false);
	}
	free(e);
}

static void copy_struct(struct mkbtf *m, const struct btf_type *t)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)plain_len(name_of(m, t)), name_of(m, t));
	if (btf_is_struct(t))
		check(btf__add_struct(m->out, name, t->size), name);
	else
		check(btf__add_union(m->out, name, t->size), name);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *mem = btf_members(t) + i;
		u32 type = m->new_id[member_type(m, t, mem)];

		if (member_exists(m, t, mem))
			check(btf__add_field(m->out, name_at(m, mem->name_off), type,
					     btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i)),
			      name);
	}
}

static void copy_type(struct mkbtf *m, u32 id)
{
	const struct btf_type *t = btf__type_by_id(m->in, id);
	const char *name = name_of(m, t);
	u32 ref = 0;

	if (btf_is_ptr(t) || btf_is_mod(t) || btf_is_typedef(t) || btf_is_func(t) || btf_is_func_proto(t))
		ref = m->new_id[t->type];
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		check(btf__add_int(m->out, int_name(name), t->size, btf_int_encoding(t)), name);
		break;
	case BTF_KIND_PTR:
		check(btf__add_ptr(m->out, ref), "pointer");
		break;
	case BTF_KIND_CONST:
		check(btf__add_const(m->out, ref), "const");
		break;
	case BTF_KIND_VOLATILE:
		check(btf__add_volatile(m->out, ref), "volatile");
		break;
	case BTF_KIND_TYPEDEF:
		check(btf__add_typedef(m->out, name, ref), name);
		break;
	case BTF_KIND_FWD:
		check(btf__add_fwd(m->out, name, btf_kflag(t) ? BTF_FWD_UNION : BTF_FWD_STRUCT), name);
		break;
	case BTF_KIND_ARRAY:
		ref = m->new_id[btf_array(t)->type];
		check(btf__add_array(m->out, m->new_id[btf_array(t)->index_type], ref, btf_array(t)->nelems),
		      "array");
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		copy_struct(m, t);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		copy_enum(m, t);
		break;
	case BTF_KIND_FUNC_PROTO:
		check(btf__add_func_proto(m->out, ref), "prototype");
		for (u32 i = 0; i < btf_vlen(t); i++)
			check(btf__add_func_param(m->out, name_at(m, btf_params(t)[i].name_off),
						  m->new_id[btf_params(t)[i].type]), "parameter");
		break;
	default:
		die("%s: kind %u of type cannot be copied", name, btf_kind(t));
	}
}

static bool kfunc_exists(const struct mkbtf *m, const struct kfunc_row *k)
{
	return m->version >= k->since && m->version <= k->until;
}

static const struct btf_type *kfunc_type(const struct mkbtf *m, const struct kfunc_row *k)
{
	int id = check(btf__find_by_name_kind(m->in, k->symbol, BTF_KIND_FUNC), k->symbol);

	return btf__type_by_id(m->in, id);
}

static int cmp_kfunc(const void *a, const void *b)
{
	const struct kfunc_row *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static bool has_member(const struct mkbtf *m, const char *of, const char *name)
{
	int id = btf__find_by_name_kind(m->in, of, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(m->in, id) : NULL;

	for (u32 i = 0; t && i < btf_vlen(t); i++)
		if (str_eq(name_at(m, btf_members(t)[i].name_off), name))
			return true;
	return false;
}

/* A row about something that the headers do not have is a mistake; that of an enumerator adds it. */
static void check_rows(const struct mkbtf *m)
{
	for (size_t i = 0; i < NR(members); i++)
		if (!has_member(m, members[i].of, members[i].name))
			die("kabi/versions.def: there is no struct %s with member %s", members[i].of,
			    members[i].name);
	for (size_t i = 0; i < NR(member_types); i++)
		if (!has_member(m, member_types[i].of, member_types[i].name))
			die("kabi/versions.def: there is no struct %s with member %s", member_types[i].of,
			    member_types[i].name);
	for (size_t i = 0; i < NR(types); i++)
		if (btf__find_by_name(m->in, types[i].name) < 0)
			die("kabi/versions.def: there is no %s %s", types[i].of, types[i].name);
}

static void make_btf(struct mkbtf *m)
{
	const struct kfunc_row **k = alloc(NR(kfuncs), sizeof(*k));
	struct root *r = alloc(m->nr_in, sizeof(*r));
	u32 nr_roots = find_kept(m, r), nr_kfuncs = 0;

	check_rows(m);
	for (size_t i = 0; i < NR(kfuncs); i++)
		if (kfunc_exists(m, &kfuncs[i]))
			k[nr_kfuncs++] = &kfuncs[i];
	qsort(k, nr_kfuncs, sizeof(*k), cmp_kfunc);

	for (u32 i = 0; i < nr_roots; i++)
		reach(m, r[i].id);
	for (u32 i = 0; i < nr_kfuncs; i++)
		reach(m, kfunc_type(m, k[i])->type);

	m->out = btf__new_empty();
	if (!m->out)
		die("no BTF: %s", strerror(errno));
	for (u32 i = 1; i <= m->nr_out; i++)
		copy_type(m, m->order[i]);
	add_new_enums(m);
	for (u32 i = 0; i < nr_kfuncs; i++) {
		u32 proto = m->new_id[kfunc_type(m, k[i])->type];
		int id = check(btf__add_func(m->out, k[i]->name, BTF_FUNC_STATIC, proto), k[i]->name);

		check(btf__add_decl_tag(m->out, "bpf_kfunc", id, -1), k[i]->name);
	}
	check(btf__dedup(m->out, NULL), "deduplication");
	free(r);
	free(k);
}

/* --- assertions --- */

/* Assert size and offsets of the struct that @name, with or without "struct " in front, is the name of. */
static void assert_struct(const struct mkbtf *m, FILE *f, const char *name, const struct btf_type *t)
{
	fprintf(f, "_Static_assert(sizeof(%s) == %u, \"size of %s differs from the BTF\");\n", name, t->size,
		name);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const char *member = name_at(m, btf_members(t)[i].name_off);

		fprintf(f, "_Static_assert(offsetof(%s, %s) == %u, \"%s.%s is elsewhere in the BTF\");\n",
			name, member, btf_member_bit_offset(t, i) / 8, name, member);
	}
}

static void make_layout(struct mkbtf *m, FILE *f)
{
	struct root *r = alloc(m->nr_in, sizeof(*r));
	u32 n = 0;

	for (u32 id = 1; id < m->nr_in; id++) {
		const struct btf_type *t = btf__type_by_id(m->in, id);
		char *name;

		if (btf_is_struct(t) && *name_of(m, t)) {
			if (asprintf(&name, "struct %s", name_of(m, t)) < 0)
				die("out of memory");
		} else if (btf_is_typedef(t) && btf_is_struct(btf__type_by_id(m->in, t->type)) &&
			   !*name_of(m, btf__type_by_id(m->in, t->type))) {
			name = strdup(name_of(m, t));
		} else {
			continue;
		}
		r[n++] = (struct root){ name, btf_is_typedef(t) ? t->type : id };
	}
	qsort(r, n, sizeof(*r), cmp_root);
	fprintf(f, "/* Made by tools/mkbtf from the BTF of the structures in kabi/. */\n");
	for (u32 i = 0; i < n; i++) {
		assert_struct(m, f, r[i].name, btf__type_by_id(m->in, r[i].id));
		free((char *)r[i].name);
	}
	free(r);
}

int main(int argc, char **argv)
{
	static const char *const version_names[] = {
		[KABI_2022] = "2022", [KABI_6_12] = "6.12", [KABI_7_2] = "7.2",
	};
	struct mkbtf m = {};
	bool known = false;
	FILE *f;

	if (argc != 4)
		die("usage: mkbtf OBJECT VERSION|layout OUT");
	m.in = btf__parse(argv[1], NULL);
	if (!m.in)
		die("%s: no BTF: %s", argv[1], strerror(errno));
	m.nr_in = btf__type_cnt(m.in);
	m.new_id = alloc(m.nr_in, sizeof(*m.new_id));
	m.order = alloc(m.nr_in + 1, sizeof(*m.order));
	f = fopen(argv[3], "w");
	if (!f)
		die("%s: %s", argv[3], strerror(errno));

	if (str_eq(argv[2], "layout")) {
		make_layout(&m, f);
	} else {
		const void *data;
		u32 len;

		for (u32 v = 0; v < NR(version_names); v++)
			if (str_eq(argv[2], version_names[v])) {
				m.version = v;
				known = true;
			}
		if (!known)
			die("there is no version %s", argv[2]);
		make_btf(&m);
		data = btf__raw_data(m.out, &len);
		if (!data || fwrite(data, 1, len, f) != len)
			die("%s: cannot write", argv[3]);
	}
	if (fclose(f))
		die("%s: %s", argv[3], strerror(errno));
	btf__free(m.out);
	btf__free(m.in);
	free(m.order);
	free(m.new_id);
	return 0;
}
