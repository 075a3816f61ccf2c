// SPDX-License-Identifier: GPL-2.0-only
/* Special fields of map values: what is found in BTF, what is refused, copies around them; spin locks. */
#include "bpf/fields.h"
#include "bpf/map.h"
#include "bpf/prog.h"
#include "bpf/run.h"
#include "tests/bpf/fields.h"

#define ARRAY BPF_MAP_TYPE_ARRAY
#define PERCPU BPF_MAP_TYPE_PERCPU_ARRAY

/* --- what is found --- */

static struct brecord *record_of(struct env *e, long fd)
{
	struct bmap *m;

	assert_true(fd >= 0);
	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	return m->rec;
}

static void fields_are_found_by_the_name_of_their_struct(void **state)
{
	struct env *e = *state;
	struct brecord *r = record_of(e, array_with(e, "bpf_spin_lock", 4, 1));

	assert_non_null(r);
	assert_int_equal(r->nr, 1);
	assert_int_equal(r->f[0].kind, FIELD_SPIN_LOCK);
	assert_int_equal(r->f[0].off, 8);
	assert_int_equal(r->f[0].size, 4);
	r = record_of(e, array_with(e, "bpf_timer", 16, 1));
	assert_int_equal(r->f[0].kind, FIELD_TIMER);
	assert_int_equal(r->f[0].size, 16);
	assert_null(record_of(e, array_with(e, "something", 4, 1)));
	/* a struct of the same name and another size is none */
	assert_null(record_of(e, array_with(e, "bpf_spin_lock", 8, 1)));
	/* nodes are plain bytes of map values */
	assert_null(record_of(e, array_with(e, "bpf_rb_node", 32, 1)));
}

static void fields_are_found_in_structs_within_the_value(void **state)
{
	struct env *e = *state;
	struct btf *b = value_btf();
	int inner = value_with(b, "bpf_timer", 16), v = btf__add_struct(b, "outer", 64);
	struct brecord *r;

	btf__add_field(b, "x", 2, 0, 0);
	btf__add_field(b, "in", inner, 128, 0);
	r = record_of(e, map_of(e, b, ARRAY, v, 1, 0));
	assert_int_equal(r->nr, 1);
	assert_int_equal(r->f[0].off, 16 + 8);
}

static void fields_that_do_not_fit_are_the_kernels_errors(void **state)
{
	struct env *e = *state;
	struct btf *b;
	int f, v;

	/* two locks */
	b = value_btf();
	f = field_struct(b, "bpf_spin_lock", 4);
	v = btf__add_struct(b, "value", 8);
	btf__add_field(b, "l", f, 0, 0);
	btf__add_field(b, "k", f, 32, 0);
	assert_int_equal(map_of(e, b, ARRAY, v, 1, 0), -E2BIG);
	/* an array of locks */
	b = value_btf();
	f = field_struct(b, "bpf_spin_lock", 4);
	f = btf__add_array(b, 1, f, 2);
	v = btf__add_struct(b, "value", 8);
	btf__add_field(b, "l", f, 0, 0);
	assert_int_equal(map_of(e, b, ARRAY, v, 1, 0), -EINVAL);
	/* a field that is not aligned is none */
	b = value_btf();
	f = field_struct(b, "bpf_timer", 16);
	v = btf__add_struct(b, "value", 24);
	btf__add_field(b, "t", f, 32, 0);
	assert_null(record_of(e, map_of(e, b, ARRAY, v, 1, 0)));
	/* maps that may not have it */
	b = value_btf();
	v = value_with(b, "bpf_spin_lock", 4);
	assert_int_equal(map_of(e, b, PERCPU, v, 1, 0), -EOPNOTSUPP);
	b = value_btf();
	v = value_with(b, "bpf_spin_lock", 4);
	assert_int_equal(map_of(e, b, ARRAY, v, 1, BPF_F_RDONLY_PROG), -EACCES);
	/* a root without a lock */
	assert_int_equal(array_with(e, "bpf_rb_root", 16, 1), -EINVAL);
}

static void fields_that_are_not_supported_are_refused_by_name(void **state)
{
	struct env *e = *state;
	struct btf *b = value_btf();
	int root = field_struct(b, "bpf_rb_root", 16), lock = field_struct(b, "bpf_spin_lock", 4);
	int v = btf__add_struct(b, "value", 24);

	btf__add_field(b, "r", root, 0, 0);
	btf__add_field(b, "l", lock, 128, 0);
	assert_int_equal(map_of(e, b, ARRAY, v, 1, 0), -EOPNOTSUPP);
	assert_why(e, "map m: value has a bpf_rb_root, which is not supported");
	assert_int_equal(array_with(e, "bpf_wq", 16, 1), -EOPNOTSUPP);
	assert_why(e, "bpf_wq");
}

/* struct { struct T TAG *p; } */
static long map_of_tagged_pointers(struct env *e, const char *tag, const char *outer_tag)
{
	struct btf *b = value_btf();
	int t = field_struct(b, "thing", 8), v;

	t = tag ? btf__add_type_tag(b, tag, t) : t;
	t = outer_tag ? btf__add_type_tag(b, outer_tag, t) : t;
	t = btf__add_ptr(b, t);
	v = btf__add_struct(b, "value", 8);
	btf__add_field(b, "p", t, 0, 0);
	return map_of(e, b, ARRAY, v, 1, 0);
}

static void tagged_pointers_are_refused_and_others_are_plain(void **state)
{
	struct env *e = *state;

	assert_true(map_of_tagged_pointers(e, NULL, NULL) >= 0);
	assert_int_equal(map_of_tagged_pointers(e, "kptr", NULL), -EOPNOTSUPP);
	assert_why(e, "value has a pointer to struct thing tagged kptr, which is not supported");
	assert_int_equal(map_of_tagged_pointers(e, "percpu_kptr", NULL), -EOPNOTSUPP);
	assert_why(e, "tagged percpu_kptr");
	assert_true(map_of_tagged_pointers(e, "kptr_untrusted", NULL) >= 0);
	assert_int_equal(map_of_tagged_pointers(e, "kptr", "percpu_kptr"), -EINVAL);
}

static void tags_that_are_not_known_are_an_error_in_6_12_only(void **state)
{
	struct env *e = *state;

	assert_int_equal(map_of_tagged_pointers(e, "other", NULL), e->rt->v7 ? 4 : -EINVAL);
	assert_int_equal(array_with(e, "bpf_res_spin_lock", 4, 1) < 0, e->rt->v7);
}

/* --- copies --- */

struct lock_value {
	u64 a;
	u32 lock, pad;
	u64 b;
};

static void system_calls_do_not_touch_fields(void **state)
{
	struct env *e = *state;
	long fd = array_with(e, "bpf_spin_lock", 4, 2);
	struct lock_value v = { 1, 0xdeadbeef, 7, 3 }, r = { 9, 9, 9, 9 };
	struct bmap *m;

	assert_int_equal(map_update(e, fd, 1, &v, BPF_ANY), 0);
	assert_int_equal(map_lookup(e, fd, 1, &r), 0);
	assert_int_equal(r.a, 1);
	assert_int_equal(r.lock, 0);
	assert_int_equal(r.pad, 7);
	assert_int_equal(r.b, 3);
	/* nor show what a program wrote there */
	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	((struct lock_value *)m->array.values)[1].lock = 5;
	assert_int_equal(map_lookup(e, fd, 1, &r), 0);
	assert_int_equal(r.lock, 0);
	assert_int_equal(map_update(e, fd, 1, &v, BPF_F_LOCK), 0);
	assert_int_equal(((struct lock_value *)m->array.values)[1].lock, 5);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&(u32){ 1 }), a.value = ptr(&r),
			      a.flags = BPF_F_LOCK), 0);
	assert_int_equal(r.b, 3);
	assert_int_equal(map_update(e, fd, 1, &v, BPF_F_LOCK | BPF_NOEXIST), -EEXIST);
	fd = array_with(e, "bpf_timer", 16, 1);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&(u32){ 0 }), a.value = ptr(&r),
			      a.flags = BPF_F_LOCK), -EINVAL);
}

/* --- locks --- */

#define EXIT "\nexit"

/* Run a program; r6 is the value of key 0 of the map, r7 that of key 1. The fault's kind, its text in @msg. */
static enum bpf_fault_kind run(struct env *e, long fd, char *msg, size_t len, const char *text)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	u64 args[BPF_MAX_ARGS] = {}, insns;
	char all[2048];
	struct bmap *m;
	struct bprog *prog;
	enum bpf_fault_kind kind;
	int prog_fd;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	snprintf(all, sizeof(all),
		 "raw 24 1 %d 0 %ld\nraw 0 0 0 0 0\nr8 = r1\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\ncall #1\nr6 = r0\n"
		 "r1 = r8\n*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\ncall #1\nr7 = r0\n%s", BPF_PSEUDO_MAP_FD, fd,
		 text);
	assemble(p, all);
	prog_fd = prog_load_insns(e, p->insn, p->nr, &(struct load){ .op = "tick" });
	if (prog_fd < 0)
		fail_msg("%d: %s", prog_fd, bpf_rt_why(e->rt));
	assert_int_equal(bprog_get(e->f, prog_fd, &prog), 0);
	e->rt->faulted = false;
	bprog_run(prog, NULL, args, &insns);
	kind = bpf_rt_fault(e->rt) ? bpf_rt_fault(e->rt)->kind : BPF_FAULT_NONE;
	snprintf(msg, len, "%s", kind ? bpf_rt_fault(e->rt)->msg : "");
	bpf_files_close(e->f, prog_fd);
	free(p);
	return kind;
}

#define LOCK(r) "r1 = " #r "\nr1 += 8\ncall #93\n"
#define UNLOCK(r) "r1 = " #r "\nr1 += 8\ncall #94\n"
#define END "r0 = 0" EXIT

static void locks_are_taken_and_dropped_in_turn(void **state)
{
	struct env *e = *state;
	long fd = array_with(e, "bpf_spin_lock", 4, 2);
	char msg[1024];

	if (run(e, fd, msg, sizeof(msg),
		LOCK(r6) "*(u64 *)(r6 + 16) = 1\n" UNLOCK(r6) LOCK(r7) UNLOCK(r7) LOCK(r6) UNLOCK(r6) END))
		fail_msg("%s", msg);
}

static void misuse_of_locks_is_a_broken_rule(void **state)
{
	static const struct {
		const char *text;
		enum bpf_fault_kind kind;
		const char *part;
	} cases[] = {
		{ LOCK(r6) LOCK(r6) UNLOCK(r6) END, BPF_FAULT_LOCK, "this lock is held already" },
		{ LOCK(r6) LOCK(r7) UNLOCK(r7) UNLOCK(r6) END, BPF_FAULT_LOCK, "another lock is held already" },
		{ LOCK(r6) UNLOCK(r7) END, BPF_FAULT_LOCK, "another lock is held, not this one" },
		{ UNLOCK(r6) END, BPF_FAULT_LOCK, "no lock is held" },
		{ LOCK(r6) END, BPF_FAULT_LEAK, "bpf_spin_unlock() is missing" },
		{ LOCK(r6) "call #5\n" UNLOCK(r6) END, BPF_FAULT_LOCK,
		  "bpf_ktime_get_ns cannot be called while a bpf_spin_lock is held" },
		{ "r1 = r6\ncall #93\n" END, BPF_FAULT_ARG, "must be a struct bpf_spin_lock" },
		{ "r1 = r10\nr1 += -8\n*(u64 *)(r10 - 8) = 0\ncall #93\n" END, BPF_FAULT_ARG,
		  "must be a struct bpf_spin_lock" },
	};
	struct env *e = *state;
	long fd = array_with(e, "bpf_spin_lock", 4, 2);
	char msg[1024];

	for (u32 i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum bpf_fault_kind kind = run(e, fd, msg, sizeof(msg), cases[i].text);

		if (kind != cases[i].kind || !strstr(msg, cases[i].part))
			fail_msg("case %u: %u, \"%s\"", i, kind, msg);
	}
	/* whatever happened, no lock is left held */
	if (run(e, fd, msg, sizeof(msg), LOCK(r6) UNLOCK(r6) LOCK(r7) UNLOCK(r7) END))
		fail_msg("%s", msg);
}

static void a_lock_of_a_map_that_is_gone_is_none(void **state)
{
	struct env *e = *state;
	long fd = array_with(e, "bpf_spin_lock", 4, 2), other = array_create(e, ARRAY, 64, 2, 0);
	struct bmap *m;
	char msg[1024], text[256];

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	snprintf(text, sizeof(text), "raw 24 1 0 0 %u\nraw 0 0 0 0 %u\ncall #93\n" END,
		 (u32)(ptr(m->array.values) + 8), (u32)((ptr(m->array.values) + 8) >> 32));
	bpf_files_close(e->f, fd);
	assert_int_equal(run(e, other, msg, sizeof(msg), text), BPF_FAULT_ARG);
	assert_int_equal(e->rt->fields.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_are_found_by_the_name_of_their_struct),
		TEST(fields_are_found_in_structs_within_the_value),
		TEST(fields_that_do_not_fit_are_the_kernels_errors),
		TEST(fields_that_are_not_supported_are_refused_by_name),
		TEST(tagged_pointers_are_refused_and_others_are_plain),
		TEST_612(tagged_pointers_are_refused_and_others_are_plain),
		TEST(tags_that_are_not_known_are_an_error_in_6_12_only),
		TEST_612(tags_that_are_not_known_are_an_error_in_6_12_only),
		TEST(system_calls_do_not_touch_fields),
		TEST_612(system_calls_do_not_touch_fields),
		TEST(locks_are_taken_and_dropped_in_turn),
		TEST(misuse_of_locks_is_a_broken_rule),
		TEST(a_lock_of_a_map_that_is_gone_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
