/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of bpf(2) share: a runtime without a machine, and short ways to make calls. */
#ifndef TESTS_BPF_SYS_H
#define TESTS_BPF_SYS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "bpf/bpf.h"
#include "bpf/kbtf.h"
#include "kabi/btf.h"
#include "tests/isa/asm.h"

#ifndef NR_CPUS_TEST
#define NR_CPUS_TEST 3
#endif

/* The runtime of a test; cmocka gives it to the test as *state. */
struct env {
	struct gmem *g;
	struct bpf_rt *rt;
	struct bpf_files *f;
	u64 map_fd;		/* what MAP stands for in programs */
};

static inline void env_create(struct env *e, const char *version)
{
	char err[256] = "";
	size_t len;
	const void *btf = kabi_btf(version, &len);

	assert_int_equal(gmem_create(&e->g, err, sizeof(err)), 0);
	if (bpf_rt_create(&e->rt,
			  &(struct bpf_rt_config){.gmem = e->g,
						  .nr_cpus = NR_CPUS_TEST,
						  .version = kabi_version_find(version),
						  .btf = btf,
						  .btf_len = len},
			  err, sizeof(err)))
		fail_msg("%s", err);
	e->f = bpf_files_create(e->rt, NULL, NULL);
}

static inline int env_setup(void **state)
{
	*state = calloc(1, sizeof(struct env));
	env_create(*state, "7.2");
	return 0;
}

static inline int env_setup_612(void **state)
{
	*state = calloc(1, sizeof(struct env));
	env_create(*state, "6.12");
	return 0;
}

static inline int env_teardown(void **state)
{
	struct env *e = *state;

	bpf_files_destroy(e->f);
	bpf_rt_destroy(e->rt);
	gmem_destroy(e->g);
	free(e);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, env_setup, env_teardown)
#define TEST_612(name) cmocka_unit_test_setup_teardown(name, env_setup_612, env_teardown)

/*
 * A union of attributes with some fields set; an initialiser would leave the bytes of other commands' fields
 * undefined: ATTR(a, a.map_fd = 3, a.key = 0)
 */
#define ATTR(name, ...) \
	union bpf_attr name; \
	memset(&name, 0, sizeof(name)); \
	(void)(__VA_ARGS__)
#define SET_NAME(field, name) memcpy(field, name, sizeof(name) < sizeof(field) ? sizeof(name) : sizeof(field))

/* bpf(2) with the whole union: CALL(e, CMD, a.field = value, ...) */
static inline long call_attr(struct env *e, int cmd, union bpf_attr *a)
{
	return sys_bpf(e->rt, e->f, cmd, a, sizeof(*a));
}
#define CALL(e, cmd, ...) ({ ATTR(a, (void)0, ##__VA_ARGS__); call_attr(e, cmd, &a); })

static inline u64 ptr(const void *p) { return (uintptr_t)p; }

/* The reason of the refused call has @part in it. */
#define assert_why(e, part) \
	do { \
		if (!strstr(bpf_rt_why((e)->rt), part)) \
			fail_msg("the reason is \"%s\"", bpf_rt_why((e)->rt)); \
	} while (0)

static inline int array_create(struct env *e, u32 type, u32 value_size, u32 n, u32 flags)
{
	return CALL(e, BPF_MAP_CREATE, a.map_type = type, a.key_size = 4, a.value_size = value_size,
		    a.max_entries = n, a.map_flags = flags, SET_NAME(a.map_name, "m"));
}

static inline int map_create_type(struct env *e, u32 type, u32 key_size, u32 value_size, u32 n, u32 flags)
{
	return CALL(e, BPF_MAP_CREATE, a.map_type = type, a.key_size = key_size, a.value_size = value_size,
		    a.max_entries = n, a.map_flags = flags, SET_NAME(a.map_name, "m"));
}

static inline long map_update(struct env *e, int fd, u32 key, const void *value, u64 flags)
{
	return CALL(e, BPF_MAP_UPDATE_ELEM, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(value),
		    a.flags = flags);
}

static inline long map_lookup(struct env *e, int fd, u32 key, void *value)
{
	return CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(value));
}

static inline long btf_load(struct env *e, const struct btf *btf)
{
	u32 size;
	const void *data = btf__raw_data(btf, &size);

	return CALL(e, BPF_BTF_LOAD, a.btf = ptr(data), a.btf_size = size);
}

/* --- programs --- */

/* The kernel's BTF id of a function or struct. */
static inline u32 kernel_id(struct env *e, const char *name, u32 kind)
{
	u32 id = kbtf_find(e->rt->vmlinux, name, kind);

	if (!id)
		fail_msg("the kernel's BTF has no %s", name);
	return id;
}

/* Assemble, with "kcall NAME" for kfuncs written as "kcall #ID" by the caller. */
static inline void assemble(struct asm_prog *p, const char *text)
{
	char *copy = strdup(text), *save;

	memset(p, 0, sizeof(*p));
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (!asm_line(p, l))
			fail_msg("%s", p->err);
	free(copy);
	if (!asm_finish(p))
		fail_msg("%s", p->err);
}

/* Index of a member of the kernel's struct sched_ext_ops. */
static inline u32 op_index(struct env *e, const char *name)
{
	const struct btf_type *t = kbtf_type(e->rt->vmlinux, kernel_id(e, "sched_ext_ops", BTF_KIND_STRUCT));

	for (u32 i = 0; i < kbtf_vlen(t); i++)
		if (!strcmp(kbtf_str(e->rt->vmlinux, kbtf_members(t)[i].name_off), name))
			return i;
	fail_msg("sched_ext_ops has no %s", name);
	return 0;
}

struct load {
	const char *op;		/* NULL: SOCKET_FILTER */
	const char *license;	/* NULL: GPL */
	u32 flags;
	char *log;
	u32 log_size, log_level;
	int btf_fd;
	const struct bpf_func_info *funcs;
	u32 nr_funcs;
	const struct bpf_line_info *lines;
	u32 nr_lines;
};

static inline long prog_load_insns(struct env *e, const struct bpf_insn *insns, u32 nr, const struct load *o)
{
	ATTR(a, a.prog_type = o->op ? BPF_PROG_TYPE_STRUCT_OPS : BPF_PROG_TYPE_SOCKET_FILTER,
		a.insns = ptr(insns),
		a.insn_cnt = nr,
		a.license = ptr(o->license ? o->license : "GPL"),
		a.prog_flags = o->flags,
		a.log_buf = ptr(o->log),
		a.log_size = o->log_size,
		a.log_level = o->log_level,
		a.prog_btf_fd = o->btf_fd,
		a.func_info = ptr(o->funcs),
		a.func_info_cnt = o->nr_funcs,
		a.func_info_rec_size = sizeof(*o->funcs),
		a.line_info = ptr(o->lines),
		a.line_info_cnt = o->nr_lines,
		a.line_info_rec_size = sizeof(*o->lines),
		SET_NAME(a.prog_name, "prog"));

	if (o->op) {
		a.attach_btf_id = kernel_id(e, "sched_ext_ops", BTF_KIND_STRUCT);
		a.expected_attach_type = op_index(e, o->op);
	}
	return call_attr(e, BPF_PROG_LOAD, &a);
}

static inline long prog_load_text(struct env *e, const char *text, const struct load *o)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	long ret;

	assemble(p, text);
	ret = prog_load_insns(e, p->insn, p->nr, o);
	free(p);
	return ret;
}

#endif
