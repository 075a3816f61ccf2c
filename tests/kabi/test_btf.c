// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BTF that uscx presents against the real kernels', of which tests/kabi/data/linux-VERSION.txt are
 * extracts (made by tests/kabi/extract-btf, where the format is described).
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "kabi/btf.h"

/* inside libbpf: whether the prototype of an extern function fits that of a kfunc */
int bpf_core_types_are_compat(const struct btf *local_btf, __u32 local_id, const struct btf *targ_btf,
			      __u32 targ_id);

/* HZ of the kernels that the extracts are from */
#define EXTRACT_HZ 250

struct pair {
	const struct kabi_version *v;
	struct btf *btf;	/* ours */
	char **line;		/* the kernel's, sorted */
	size_t nr_lines;
};

static struct btf *parse_btf(const struct kabi_version *v, u32 hz)
{
	struct btf *btf;
	void *data;
	size_t len;

	assert_int_equal(kabi_btf_for_hz(v, hz, &data, &len), 0);
	btf = btf__new(data, len);
	assert_non_null(btf);
	free(data);
	return btf;
}

static int cmp_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_extract(struct pair *p)
{
	char path[PATH_MAX], here[] = __FILE__, *line = NULL;
	size_t cap = 0, size = 0;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/linux-%s.txt", dirname(here), p->v->name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: %s: tests run in the top directory", path, strerror(errno));
	while ((n = getline(&line, &size, f)) > 0) {
		line[n - 1] = '\0';
		if (p->nr_lines == cap) {
			cap = cap ? 2 * cap : 1024;
			p->line = realloc(p->line, cap * sizeof(*p->line));
			assert_non_null(p->line);
		}
		p->line[p->nr_lines++] = strdup(line);
	}
	free(line);
	fclose(f);
	qsort(p->line, p->nr_lines, sizeof(*p->line), cmp_line);
}

static bool kernel_has(const struct pair *p, const char *line)
{
	return bsearch(&line, p->line, p->nr_lines, sizeof(*p->line), cmp_line);
}

static int setup(void **state)
{
	struct pair *p = calloc(3, sizeof(*p));

	assert_non_null(p);
	/* there is no kernel of 2022 to compare with: its tests are below */
	for (u32 i = 0, n = 0; kabi_version_at(i); i++) {
		if (kabi_version_at(i)->id == KABI_2022)
			continue;
		assert_true(n < 2);
		p[n].v = kabi_version_at(i);
		p[n].btf = parse_btf(p[n].v, EXTRACT_HZ);
		read_extract(&p[n++]);
	}
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pairs = *state;

	for (struct pair *p = pairs; p->v; p++) {
		for (size_t i = 0; i < p->nr_lines; i++)
			free(p->line[i]);
		free(p->line);
		btf__free(p->btf);
	}
	free(pairs);
	return 0;
}

/* --- spelling of types, as tests/kabi/extract-btf does it --- */

#define TYPE_LEN 512

static const char *type_name(const struct btf *btf, const struct btf_type *t)
{
	return btf__name_by_offset(btf, t->name_off);
}

static void join(char *out, const char *s, const char *decl)
{
	assert_true(snprintf(out, TYPE_LEN, "%s%s%s", s, *decl ? " " : "", decl) < TYPE_LEN);
}

static void spell(char *out, const struct btf *btf, u32 id, const char *decl, bool named);

static void spell_proto(char *out, const struct btf *btf, const struct btf_type *t, const char *decl,
			bool named)
{
	char d[TYPE_LEN], arg[TYPE_LEN];
	size_t n = snprintf(d, sizeof(d), "%s(", decl);

	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_param *param = btf_params(t) + i;

		spell(arg, btf, param->type, named ? btf__name_by_offset(btf, param->name_off) : "", named);
		n += snprintf(d + n, sizeof(d) - n, "%s%s", i ? ", " : "", arg);
		assert_true(n < sizeof(d));
	}
	snprintf(d + n, sizeof(d) - n, "%s)", btf_vlen(t) ? "" : "void");
	spell(out, btf, t->type, d, named);
}

static void spell(char *out, const struct btf *btf, u32 id, const char *decl, bool named)
{
	const struct btf_type *t = btf__type_by_id(btf, id), *to;
	char d[TYPE_LEN], s[TYPE_LEN];

	if (!id) {
		join(out, "void", decl);
		return;
	}
	to = t;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		if (btf_int_encoding(t) & BTF_INT_BOOL)
			join(out, "bool", decl);
		else if (!strcmp(type_name(btf, t), "char"))
			join(out, "char", decl);
		else {
			snprintf(s, sizeof(s), "%c%u", btf_int_encoding(t) & BTF_INT_SIGNED ? 's' : 'u',
				 t->size * 8);
			join(out, s, decl);
		}
		return;
	case BTF_KIND_TYPEDEF:
		while (btf_is_typedef(to))
			to = btf__type_by_id(btf, to->type);
		if ((btf_is_composite(to) || btf_is_any_enum(to)) && !*type_name(btf, to))
			join(out, type_name(btf, t), decl);
		else
			spell(out, btf, t->type, decl, named);
		return;
	case BTF_KIND_PTR:
		to = btf__type_by_id(btf, t->type);
		snprintf(d, sizeof(d), btf_is_func_proto(to) || btf_is_array(to) ? "(*%s)" : "*%s", decl);
		spell(out, btf, t->type, d, named);
		return;
	case BTF_KIND_CONST:
		assert_false(btf_is_ptr(btf__type_by_id(btf, t->type)));
		spell(s, btf, t->type, decl, named);
		join(out, "const", s);
		return;
	case BTF_KIND_ARRAY:
		snprintf(d, sizeof(d), "%s[%u]", decl, btf_array(t)->nelems);
		spell(out, btf, btf_array(t)->type, d, named);
		return;
	case BTF_KIND_FUNC_PROTO:
		spell_proto(out, btf, t, decl, named);
		return;
	default:
		assert_true(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_fwd(t));
		snprintf(s, sizeof(s), "%s %s",
			 btf_is_any_enum(t) ? "enum" : btf_is_union(t) ? "union" : "struct",
			 *type_name(btf, t) ? type_name(btf, t) : "-");
		join(out, s, decl);
	}
}

/* --- enums --- */

static const char *enumerator(const struct btf *btf, const struct btf_type *t, u32 i, char *value, size_t len)
{
	u32 off = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;

	if (btf_is_enum64(t))
		snprintf(value, len, btf_kflag(t) ? "%lld" : "%llu",
			 (long long)btf_enum64_value(&btf_enum64(t)[i]));
	else
		snprintf(value, len, btf_kflag(t) ? "%d" : "%u", btf_enum(t)[i].val);
	return btf__name_by_offset(btf, off);
}

static void every_enumerator_has_the_kernels_value(void **state)
{
	for (struct pair *p = *state; p->v; p++) {
		u32 n = 0;

		for (u32 id = 1; id < btf__type_cnt(p->btf); id++) {
			const struct btf_type *t = btf__type_by_id(p->btf, id);
			const char *name = type_name(p->btf, t);
			char line[256], value[32];

			if (!btf_is_any_enum(t))
				continue;
			if (!*name)
				name = "-";
			snprintf(line, sizeof(line), "enum %s %u %s", name, t->size,
				 btf_kflag(t) ? "signed" : "unsigned");
			if (!kernel_has(p, line))
				fail_msg("%s has no \"%s\"", p->v->name, line);
			for (u32 i = 0; i < btf_vlen(t); i++, n++) {
				const char *en = enumerator(p->btf, t, i, value, sizeof(value));

				snprintf(line, sizeof(line), "value %s %s %s", name, en, value);
				if (!kernel_has(p, line))
					fail_msg("%s has no \"%s\"", p->v->name, line);
			}
		}
		assert_true(n > 100);
	}
}

static void enums_of_sched_ext_lack_no_enumerator(void **state)
{
	for (struct pair *p = *state; p->v; p++)
		for (size_t i = 0; i < p->nr_lines; i++) {
			char en[128], name[128], value[32];
			const struct btf_type *t;
			bool found = false;
			int id;

			if (sscanf(p->line[i], "value %127s %127s", en, name) != 2 || strncmp(en, "scx_", 4))
				continue;
			id = btf__find_by_name_kind(p->btf, en, BTF_KIND_ENUM);
			if (id < 0)
				id = btf__find_by_name_kind(p->btf, en, BTF_KIND_ENUM64);
			if (id < 0)
				continue;	/* internal to the kernel */
			t = btf__type_by_id(p->btf, id);
			for (u32 k = 0; k < btf_vlen(t); k++)
				found |= !strcmp(enumerator(p->btf, t, k, value, sizeof(value)), name);
			if (!found)
				fail_msg("%s: enum %s lacks %s", p->v->name, en, name);
		}
}

/* --- structures --- */

/* Members whose type in the kernel depends on its configuration, or that only some configurations have. */
static const char *const by_config[] = {
	"cpumask bits",				/* NR_CPUS */
	"scx_rq cpus_to_kick",			/* CPUMASK_OFFSTACK: a pointer or an array */
	"scx_rq cpus_to_kick_if_idle",
	"scx_rq cpus_to_preempt",
	"scx_rq cpus_to_wait",
	"sched_ext_entity core_sched_at",	/* SCHED_CORE */
};

static bool depends_on_config(const char *of, const char *member)
{
	char name[256];

	snprintf(name, sizeof(name), "%s %s", of, member);
	for (size_t i = 0; i < sizeof(by_config) / sizeof(*by_config); i++)
		if (!strcmp(by_config[i], name))
			return true;
	return false;
}

static void every_member_is_the_kernels_with_its_type(void **state)
{
	for (struct pair *p = *state; p->v; p++) {
		u32 n = 0;

		for (u32 id = 1; id < btf__type_cnt(p->btf); id++) {
			const struct btf_type *t = btf__type_by_id(p->btf, id);
			const char *of = type_name(p->btf, t);
			char line[TYPE_LEN + 256], type[TYPE_LEN];

			if (!btf_is_struct(t) || !*of || !strcmp(of, "refcount_struct"))
				continue;
			for (u32 i = 0; i < btf_vlen(t); i++, n++) {
				const char *member = btf__name_by_offset(p->btf, btf_members(t)[i].name_off);

				if (depends_on_config(of, member))
					continue;
				spell(type, p->btf, btf_members(t)[i].type, "", false);
				snprintf(line, sizeof(line), "member %s %s %s", of, member, type);
				if (!kernel_has(p, line))
					fail_msg("%s has no \"%s\"", p->v->name, line);
			}
		}
		assert_true(n > 150);
	}
}

static void operations_and_arguments_lack_no_member(void **state)
{
	static const char *const complete[] = {
		"sched_ext_ops",
		"scx_init_task_args",
		"scx_exit_task_args",
		"scx_cgroup_init_args",
		"scx_cpu_acquire_args",
		"scx_cpu_release_args",
		"scx_dump_ctx",
		"scx_exit_info",
		"scx_sub_attach_args",
		"scx_sub_detach_args",
		"scx_event_stats",
		"scx_bpf_dsq_insert_vtime_args",
		"scx_bpf_select_cpu_and_args",
	};

	for (struct pair *p = *state; p->v; p++)
		for (size_t s = 0; s < sizeof(complete) / sizeof(*complete); s++) {
			int id = btf__find_by_name_kind(p->btf, complete[s], BTF_KIND_STRUCT);
			char prefix[128];
			u32 kernel = 0;

			snprintf(prefix, sizeof(prefix), "member %s ", complete[s]);
			for (size_t i = 0; i < p->nr_lines; i++)
				kernel += !strncmp(p->line[i], prefix, strlen(prefix));
			if (id < 0) {
				if (kernel)
					fail_msg("%s: struct %s is missing", p->v->name, complete[s]);
				continue;
			}
			/* all of ours are the kernel's, says the test above */
			assert_int_equal(btf_vlen(btf__type_by_id(p->btf, id)), kernel);
		}
}

static void struct_ops_are_as_libbpf_wants_them(void **state)
{
	for (struct pair *p = *state; p->v; p++) {
		int ops = btf__find_by_name_kind(p->btf, "sched_ext_ops", BTF_KIND_STRUCT);
		int value = btf__find_by_name_kind(p->btf, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT);
		const struct btf_type *t;

		assert_true(ops > 0 && value > 0);
		t = btf__type_by_id(p->btf, value);
		assert_int_equal(btf_vlen(t), 2);
		assert_int_equal(btf_members(t)[1].type, ops);
		assert_int_equal(btf_member_bit_offset(t, 1), 64 * 8);
		assert_int_equal(t->size % 64, 0);
	}
}

/* --- kfuncs --- */

static bool is_tagged(const struct btf *btf, u32 func)
{
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_decl_tag(t) && t->type == func && !strcmp(type_name(btf, t), "bpf_kfunc"))
			return btf_decl_tag(t)->component_idx == -1;
	}
	return false;
}

static void every_kfunc_has_the_kernels_prototype(void **state)
{
	for (struct pair *p = *state; p->v; p++) {
		u32 n = 0;

		for (u32 id = 1; id < btf__type_cnt(p->btf); id++) {
			const struct btf_type *t = btf__type_by_id(p->btf, id);
			char line[TYPE_LEN + 256], type[TYPE_LEN];

			if (!btf_is_func(t))
				continue;
			n++;
			spell(type, p->btf, t->type, "", true);
			snprintf(line, sizeof(line), "kfunc %s %s", type_name(p->btf, t), type);
			if (!kernel_has(p, line))
				fail_msg("%s has no \"%s\"", p->v->name, line);
			assert_int_equal(btf_vlen(t), BTF_FUNC_STATIC);	/* where the linkage is */
			assert_true(is_tagged(p->btf, id));
		}
		assert_true(n > 30);
	}
}

static void the_tables_kfuncs_and_the_btfs_are_the_same(void **state)
{
	for (struct pair *p = *state; p->v; p++) {
		u32 n = 0, in_btf = 0;
		const char *name;

		for (; (name = kabi_kfunc_name(p->v, n, NULL)); n++)
			if (btf__find_by_name_kind(p->btf, name, BTF_KIND_FUNC) < 0)
				fail_msg("%s: the BTF lacks %s", p->v->name, name);
		for (u32 id = 1; id < btf__type_cnt(p->btf); id++)
			in_btf += btf_is_func(btf__type_by_id(p->btf, id));
		assert_int_equal(n, in_btf);
	}
}

static u32 kfunc_flags(const struct kabi_version *v, const char *name)
{
	const char *k;
	u32 flags;

	for (u32 i = 0; (k = kabi_kfunc_name(v, i, &flags)); i++)
		if (!strcmp(k, name))
			return flags;
	fail_msg("%s has no kfunc %s", v->name, name);
	return 0;
}

static void kfuncs_carry_the_kernels_flags(void **state)
{
	const struct kabi_version *v = kabi_version_find("7.2");

	assert_int_equal(kfunc_flags(v, "bpf_task_from_pid"), KFUNC_ACQUIRE | KFUNC_RET_NULL);
	assert_int_equal(kfunc_flags(v, "scx_bpf_create_dsq"), KFUNC_SLEEPABLE);
	assert_int_equal(kfunc_flags(v, "scx_bpf_put_cpumask"), KFUNC_RELEASE);
	assert_int_equal(kfunc_flags(v, "bpf_iter_num_next"), KFUNC_ITER_NEXT | KFUNC_RET_NULL);
	assert_int_equal(kfunc_flags(v, "scx_bpf_kick_cpu"), 0);
}

/* --- versions, HZ --- */

static void versions_are_found_by_name_and_by_release(void **state)
{
	size_t len;

	assert_ptr_equal(kabi_version_find("7.2"), kabi_version_find("7.2.13"));
	assert_ptr_equal(kabi_version_find("6.12"), kabi_version_find("6.12.117"));
	assert_int_equal(kabi_version_find("7.2")->id, KABI_7_2);
	assert_string_equal(kabi_version_find("7.2")->release, "7.2.13");
	assert_null(kabi_version_find("7"));
	assert_null(kabi_version_find("7.2.1"));
	assert_null(kabi_version_find(""));
	assert_null(kabi_btf("7.3", &len));
	assert_ptr_equal(kabi_btf("7.2.13", &len), kabi_btf("7.2", &len));
}

static void enumerators_are_asked_for_by_version(void **state)
{
	const struct kabi_version *new = kabi_version_find("7.2"), *old = kabi_version_find("6.12");
	u64 v = 1;

	assert_int_equal(kabi_enum_value(new, "scx_enq_flags", "SCX_ENQ_HEAD", &v), 0);
	assert_int_equal(v, 0x10000);
	assert_int_equal(kabi_enum_value(old, "scx_enq_flags", "SCX_ENQ_HEAD", &v), 0);
	assert_int_equal(v, 0x10);
	assert_int_equal(kabi_enum_value(new, "scx_ent_flags", "SCX_TASK_CURSOR", &v), 0);
	assert_int_equal(v, 0xffffffff80000000ull);
	assert_int_equal(kabi_enum_value(new, "scx_dsq_iter_flags", "__SCX_DSQ_ITER_HAS_VTIME", &v), 0);
	assert_int_equal(v, 0x80000000ull);
	assert_int_equal(kabi_enum_value(new, "scx_public_consts", "SCX_SLICE_INF", &v), 0);
	assert_int_equal(v, ~0ull);
	assert_int_equal(kabi_enum_value(old, "scx_enq_flags", "SCX_ENQ_IMMED", &v), -ENOENT);
	assert_int_equal(kabi_enum_value(new, "scx_ops_flags", "SCX_OPS_HAS_CGROUP_WEIGHT", &v), -ENOENT);
	assert_int_equal(kabi_enum_value(old, "scx_ops_flags", "SCX_OPS_HAS_CGROUP_WEIGHT", &v), 0);
	assert_int_equal(kabi_enum_value(old, "scx_enable_state", "SCX_ENABLED", &v), -ENOENT);
	assert_int_equal(kabi_enum_value(old, "scx_ops_enable_state", "SCX_OPS_ENABLED", &v), 0);
	assert_int_equal(v, 1);
}

static void only_the_watchdogs_timeout_depends_on_hz(void **state)
{
	const struct kabi_version *v = kabi_version_find("7.2");
	unsigned char *a, *b;
	size_t len_a, len_b, len, differ = 0;
	const unsigned char *blob = kabi_btf("7.2", &len);
	void *p, *q;

	assert_int_equal(kabi_btf_for_hz(v, 1000, &p, &len_a), 0);
	assert_int_equal(kabi_btf_for_hz(v, 250, &q, &len_b), 0);
	a = p;
	b = q;
	assert_int_equal(len_a, len);
	assert_int_equal(len_b, len);
	assert_memory_equal(a, blob, len);
	for (size_t i = 0; i < len; i++)
		differ += a[i] != b[i];
	assert_in_range(differ, 1, 4);
	free(a);
	free(b);
	assert_int_equal(kabi_btf_for_hz(v, 0, &p, &len), -EINVAL);
	assert_int_equal(kabi_btf_for_hz(v, 100000000, &p, &len), -EINVAL);
}

static void libbpf_finds_types_by_name(void **state)
{
	static const struct {
		const char *name;
		u32 kind;
	} wanted[] = {
		{ "sched_ext_ops", BTF_KIND_STRUCT },
		{ "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT },
		{ "task_struct", BTF_KIND_STRUCT },
		{ "rq", BTF_KIND_STRUCT },
		{ "cpumask", BTF_KIND_STRUCT },
		{ "cpumask_t", BTF_KIND_TYPEDEF },
		{ "bpf_cpumask", BTF_KIND_STRUCT },
		{ "cgroup", BTF_KIND_STRUCT },
		{ "bpf_iter_scx_dsq", BTF_KIND_STRUCT },
		{ "bpf_iter_num", BTF_KIND_STRUCT },
		{ "bpf_map", BTF_KIND_STRUCT },
		{ "bpf_prog_aux", BTF_KIND_STRUCT },
		{ "u64", BTF_KIND_TYPEDEF },
		{ "scx_enq_flags", BTF_KIND_ENUM64 },
		{ "scx_kick_flags", BTF_KIND_ENUM },
		{ "scx_bpf_kick_cpu", BTF_KIND_FUNC },
	};

	for (struct pair *p = *state; p->v; p++)
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (btf__find_by_name_kind(p->btf, wanted[i].name, wanted[i].kind) <= 0)
				fail_msg("%s: %s is not found", p->v->name, wanted[i].name);
}

/* --- a scheduler that was compiled against vmlinux.h --- */

/* Does extern function @name of the object bind to a kfunc? As libbpf does it, without the last ___flavor. */
static bool binds(const struct btf *obj, const struct btf *kernel, const char *name)
{
	int local = btf__find_by_name_kind(obj, name, BTF_KIND_FUNC), id;
	char essential[128], *flavor = NULL;

	assert_true(local > 0);
	snprintf(essential, sizeof(essential), "%s", name);
	for (char *s = essential + 1; (s = strstr(s, "___")); s++)
		flavor = s;
	if (flavor)
		*flavor = '\0';
	id = btf__find_by_name_kind(kernel, essential, BTF_KIND_FUNC);
	return id > 0 && bpf_core_types_are_compat(obj, btf__type_by_id(obj, local)->type, kernel,
						   btf__type_by_id(kernel, id)->type) > 0;
}

static void a_scheduler_compiled_against_vmlinux_h_binds_to_the_kfuncs(void **state)
{
	static const struct {
		const char *name;
		bool in_7_2, in_6_12;
	} externs[] = {
		{ "scx_bpf_create_dsq", true, true },
		{ "scx_bpf_select_cpu_dfl", true, true },
		{ "scx_bpf_dsq_insert", true, false },
		{ "scx_bpf_dsq_insert___v2___compat", true, false },
		{ "__scx_bpf_dsq_insert_vtime", true, false },
		{ "scx_bpf_dsq_move_to_local", true, false },
		{ "scx_bpf_dsq_move_to_local___v2___compat", true, false },
		{ "scx_bpf_dsq_move_to_local___v2", false, false },
		{ "scx_bpf_error_bstr", true, true },
		{ "scx_bpf_get_online_cpumask", true, true },
		{ "bpf_cpumask_test_cpu", true, true },
		{ "scx_bpf_cpu_curr", true, false },
		{ "bpf_iter_num_new", true, true },
		{ "scx_bpf_no_such_kfunc", false, false },
	};
	char exe[PATH_MAX] = "", path[PATH_MAX + 32];
	struct btf *obj;

	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	snprintf(path, sizeof(path), "%s/minimal.bpf.o", dirname(exe));
	obj = btf__parse_elf(path, NULL);
	if (!obj)
		fail_msg("%s: %s", path, strerror(errno));
	for (struct pair *p = *state; p->v; p++)
		for (size_t i = 0; i < sizeof(externs) / sizeof(*externs); i++) {
			bool expect = p->v->id == KABI_7_2 ? externs[i].in_7_2 : externs[i].in_6_12;

			if (binds(obj, p->btf, externs[i].name) != expect)
				fail_msg("%s: %s %s", p->v->name, externs[i].name,
					 expect ? "does not bind" : "binds");
		}
	btf__free(obj);
}

/* --- 2022: what the patch set posted on 2022-11-30 says --- */

static const struct btf_type *type_2022(const struct btf *b, const char *name, u32 kind)
{
	s32 id = btf__find_by_name_kind(b, name, kind);

	if (id <= 0)
		fail_msg("2022 lacks %s", name);
	return btf__type_by_id(b, id);
}

static const struct btf_member *member_2022(const struct btf *b, const char *type, const char *name)
{
	const struct btf_type *t = type_2022(b, type, BTF_KIND_STRUCT);

	for (u32 i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(b, btf_members(t)[i].name_off), name))
			return &btf_members(t)[i];
	return NULL;
}

/* Number of arguments of an operation; the type that the last one points at in @last. */
static u32 op_args_2022(const struct btf *b, const char *op, const char **last)
{
	const struct btf_member *m = member_2022(b, "sched_ext_ops", op);
	const struct btf_type *proto, *arg;

	if (!m)
		fail_msg("2022 lacks ops.%s", op);
	proto = btf__type_by_id(b, btf__type_by_id(b, m->type)->type);
	assert_true(btf_is_func_proto(proto));
	*last = "";
	if (!btf_vlen(proto))
		return 0;
	arg = btf__type_by_id(b, btf_params(proto)[btf_vlen(proto) - 1].type);
	if (btf_is_ptr(arg))
		*last = btf__name_by_offset(b, btf__type_by_id(b, arg->type)->name_off);
	return btf_vlen(proto);
}

static void in_2022_operations_are_those_of_the_first_posting(void **state)
{
	static const struct {
		const char *op;
		u32 nr_args;
		const char *last;
	} want[] = {
		{ "consume", 1, "" }, { "consume_final", 1, "" }, { "dispatch", 2, "task_struct" },
		{ "prep_enable", 2, "scx_enable_args" }, { "enable", 2, "scx_enable_args" },
		{ "cancel_enable", 2, "scx_enable_args" }, { "disable", 1, "task_struct" }, { "exit", 1, "scx_exit_info" },
	};
	static const char *const later[] = { "init_task", "exit_task", "tick", "set_weight", "dump", "exit_dump_len", "hotplug_seq" };
	struct btf *b = parse_btf(kabi_version_find("2022"), 1000);
	const char *last;

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(op_args_2022(b, want[i].op, &last), want[i].nr_args);
		assert_string_equal(last, want[i].last);
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++)
		if (member_2022(b, "sched_ext_ops", later[i]))
			fail_msg("2022 has ops.%s", later[i]);
	/* the value type of the map is found by libbpf under this name, and holds the structure above */
	assert_int_equal(btf__type_by_id(b, member_2022(b, "bpf_struct_ops_sched_ext_ops", "data")->type)->name_off,
			 type_2022(b, "sched_ext_ops", BTF_KIND_STRUCT)->name_off);
	btf__free(b);
}

static void in_2022_the_exit_info_holds_its_texts(void **state)
{
	struct btf *b = parse_btf(kabi_version_find("2022"), 1000);

	assert_true(btf_is_array(btf__type_by_id(b, member_2022(b, "scx_exit_info", "reason")->type)));
	assert_true(btf_is_array(btf__type_by_id(b, member_2022(b, "scx_exit_info", "bt")->type)));
	assert_true(btf_is_array(btf__type_by_id(b, member_2022(b, "scx_exit_info", "msg")->type)));
	assert_non_null(member_2022(b, "scx_exit_info", "type"));
	assert_null(member_2022(b, "scx_exit_info", "kind"));
	assert_null(member_2022(b, "scx_exit_info", "dump"));
	btf__free(b);
}

static void in_2022_enumerators_have_the_values_of_the_first_posting(void **state)
{
	static const struct {
		const char *of, *name;
		u64 value;
	} want[] = {
		{ "scx_ent_flags", "SCX_TASK_QUEUED", 1 }, { "scx_ent_flags", "SCX_TASK_BAL_KEEP", 2 },
		{ "scx_ent_flags", "SCX_TASK_ENQ_LOCAL", 4 }, { "scx_ent_flags", "SCX_TASK_OPS_PREPPED", 8 },
		{ "scx_ent_flags", "SCX_TASK_OPS_ENABLED", 16 }, { "scx_ent_flags", "SCX_TASK_CURSOR", 64 },
		{ "scx_ops_flags", "SCX_OPS_ALL_FLAGS", 7 }, { "scx_enq_flags", "SCX_ENQ_HEAD", 0x10 },
		{ "scx_enq_flags", "SCX_ENQ_LAST", 1ull << 41 }, { "scx_enq_flags", "SCX_ENQ_LOCAL", 1ull << 42 },
		{ "scx_exit_type", "SCX_EXIT_UNREG", 64 }, { "scx_exit_type", "SCX_EXIT_SYSRQ", 65 },
		{ "scx_exit_type", "SCX_EXIT_ERROR_STALL", 1026 }, { "scx_ops_enable_state", "SCX_OPS_PREPPING", 0 },
		{ "scx_ops_enable_state", "SCX_OPS_DISABLED", 4 }, { "scx_kick_flags", "SCX_KICK_PREEMPT", 1 },
		{ "scx_consts", "SCX_SLICE_INF", ~0ull },
	};
	static const struct {
		const char *of, *name;
	} later[] = {
		{ "scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL" }, { "scx_enq_flags", "SCX_ENQ_REENQ" },
		{ "scx_kick_flags", "SCX_KICK_IDLE" }, { "scx_exit_type", "SCX_EXIT_UNREG_BPF" },
		{ "scx_exit_kind", "SCX_EXIT_UNREG" },
	};
	const struct kabi_version *v = kabi_version_find("2022");
	u64 got;

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		if (kabi_enum_value(v, want[i].of, want[i].name, &got))
			fail_msg("2022 lacks %s", want[i].name);
		assert_int_equal(got, want[i].value);
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++)
		assert_int_equal(kabi_enum_value(v, later[i].of, later[i].name, &got), -ENOENT);
}

static void in_2022_kfuncs_are_those_of_the_first_posting(void **state)
{
	static const char *const want[] = {
		"scx_bpf_consume", "scx_bpf_cpumask_first", "scx_bpf_cpumask_intersects", "scx_bpf_cpumask_test_cpu",
		"scx_bpf_create_dsq", "scx_bpf_destroy_dsq", "scx_bpf_dispatch", "scx_bpf_dispatch_nr_slots",
		"scx_bpf_dsq_nr_queued", "scx_bpf_error_bstr", "scx_bpf_find_task_by_pid", "scx_bpf_has_idle_cpus_among",
		"scx_bpf_kick_cpu", "scx_bpf_pick_idle_cpu", "scx_bpf_switch_all", "scx_bpf_task_cpu",
		"scx_bpf_task_running", "scx_bpf_test_and_clear_cpu_idle",
	};
	const struct kabi_version *v = kabi_version_find("2022");
	struct btf *b = parse_btf(v, 1000);
	s32 pick = btf__find_by_name_kind(b, "scx_bpf_pick_idle_cpu", BTF_KIND_FUNC);
	u32 n = 0;

	while (kabi_kfunc_name(v, n, NULL))
		n++;
	assert_int_equal(n, sizeof(want) / sizeof(*want));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		if (btf__find_by_name_kind(b, want[i], BTF_KIND_FUNC) <= 0)
			fail_msg("2022 lacks %s", want[i]);
	/* no flags yet */
	assert_int_equal(btf_vlen(btf__type_by_id(b, btf__type_by_id(b, pick)->type)), 1);
	btf__free(b);
}

static void in_2022_the_watchdogs_timeout_is_in_jiffies_of_the_machine(void **state)
{
	struct btf *b = parse_btf(kabi_version_find("2022"), 250);
	const struct btf_type *t = type_2022(b, "scx_consts", BTF_KIND_ENUM64);

	for (u32 i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(b, btf_enum64(t)[i].name_off), "SCX_WATCHDOG_MAX_TIMEOUT"))
			assert_int_equal(btf_enum64_value(&btf_enum64(t)[i]), 30 * 250);
	btf__free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_enumerator_has_the_kernels_value),
		cmocka_unit_test(enums_of_sched_ext_lack_no_enumerator),
		cmocka_unit_test(every_member_is_the_kernels_with_its_type),
		cmocka_unit_test(operations_and_arguments_lack_no_member),
		cmocka_unit_test(struct_ops_are_as_libbpf_wants_them),
		cmocka_unit_test(every_kfunc_has_the_kernels_prototype),
		cmocka_unit_test(the_tables_kfuncs_and_the_btfs_are_the_same),
		cmocka_unit_test(kfuncs_carry_the_kernels_flags),
		cmocka_unit_test(versions_are_found_by_name_and_by_release),
		cmocka_unit_test(enumerators_are_asked_for_by_version),
		cmocka_unit_test(only_the_watchdogs_timeout_depends_on_hz),
		cmocka_unit_test(libbpf_finds_types_by_name),
		cmocka_unit_test(in_2022_operations_are_those_of_the_first_posting),
		cmocka_unit_test(in_2022_the_exit_info_holds_its_texts),
		cmocka_unit_test(in_2022_enumerators_have_the_values_of_the_first_posting),
		cmocka_unit_test(in_2022_kfuncs_are_those_of_the_first_posting),
		cmocka_unit_test(in_2022_the_watchdogs_timeout_is_in_jiffies_of_the_machine),
		cmocka_unit_test(a_scheduler_compiled_against_vmlinux_h_binds_to_the_kfuncs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
