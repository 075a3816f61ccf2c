// SPDX-License-Identifier: GPL-2.0-only
/* Helpers and kfuncs as programs call them, outside of a machine, and the table of kfuncs against kabi's. */
#include "bpf/kfuncs.h"
#include "bpf/run.h"
#include "tests/bpf/run.h"

static void map_helpers_have_the_kernels_results(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 2, 0);
	u64 v = 77;

	map_update(e, fd, 1, &v, 0);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(1) "call #1\nr0 = *(u64 *)(r0 + 0)" EXIT), 77);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(2) "call #1" EXIT), 0);
#define UPDATE(k, flags) \
	"*(u64 *)(r10 - 16) = 5\nMAP\n" KEY(k) "r3 = r10\nr3 += -16\nr4 = " #flags "\ncall #2" EXIT
	assert_int_equal(returns(e, fd, UPDATE(0, 0)), 0);
	assert_int_equal(map_lookup(e, fd, 0, &v), 0);
	assert_int_equal(v, 5);
	assert_int_equal(returns(e, fd, UPDATE(0, 1)), -EEXIST);
	assert_int_equal(returns(e, fd, UPDATE(0, 3)), -EINVAL);
	assert_int_equal(returns(e, fd, UPDATE(2, 0)), -E2BIG);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(0) "call #3" EXIT), -EINVAL);
	fd = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, 0);
	map_update(e, fd, 0, &v, 0);
	assert_int_equal(returns(e, fd, "VAL\nr0 = *(u64 *)(r1 + 0)" EXIT), 5);
}

static void a_program_sees_the_percpu_value_of_its_cpu(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
	u64 v[NR_CPUS_TEST] = { 10, 20, 30 };

	map_update(e, fd, 0, v, 0);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(0) "call #1\nr0 = *(u64 *)(r0 + 0)" EXIT), 10);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(0) "r3 = 2\ncall #195\nr0 = *(u64 *)(r0 + 0)" EXIT), 30);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(0) "r3 = 3\ncall #195" EXIT), 0);
	assert_refused(e, array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, 0), "MAP\n" KEY(0) "r3 = 0\ncall #195" EXIT,
		       -EINVAL, "cannot pass map_type 2 (ARRAY) into func bpf_map_lookup_percpu_elem#195");
}

static void read_only_maps_are_not_written_by_programs(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_RDONLY_PROG);
	u64 v = 9;

	map_update(e, fd, 0, &v, 0);
	assert_int_equal(returns(e, fd, "VAL\nr0 = *(u64 *)(r1 + 0)" EXIT), 9);
	assert_int_equal(run(e, fd, "tick", 0, "VAL\n*(u64 *)(r1 + 0) = 1\nr0 = 0" EXIT).fault,
			 BPF_FAULT_STORE);
	assert_int_equal(run(e, fd, "tick", 0, UPDATE(0, 0)).fault, BPF_FAULT_STORE);
	map_lookup(e, fd, 0, &v);
	assert_int_equal(v, 9);
}

static void probe_reads_give_efault_and_zeroes(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, 0);

	map_update(e, fd, 0, "abcdefg", 0);
#define PROBE(size, helper, tail) \
	"*(u64 *)(r10 - 8) = -1\nVAL\nr3 = r1\nr1 = r10\nr1 += -8\nr2 = " #size "\ncall #" #helper \
	"\n" tail EXIT
#define PROBE_BAD(helper, tail) \
	"*(u64 *)(r10 - 8) = -1\nr3 = 16\nr1 = r10\nr1 += -8\nr2 = 8\ncall #" #helper "\n" tail EXIT
	assert_int_equal(returns(e, fd, PROBE(8, 113, "")), 0);
	assert_int_equal(returns(e, fd, PROBE(8, 113, "r0 = *(u8 *)(r10 - 7)")), 'b');
	assert_int_equal(returns(e, fd, PROBE_BAD(113, "")), -EFAULT);
	assert_int_equal(returns(e, fd, PROBE_BAD(113, "r0 = *(u64 *)(r10 - 8)")), 0);
	/* the string: length with its NUL, cut to the size */
	assert_int_equal(returns(e, fd, PROBE(8, 115, "")), 8);
	assert_int_equal(returns(e, fd, PROBE(4, 115, "")), 4);
	assert_int_equal(returns(e, fd, PROBE(4, 115, "r0 = *(u8 *)(r10 - 5)")), 0);
	assert_int_equal(returns(e, fd, PROBE(4, 115, "r0 = *(u8 *)(r10 - 4)")), 0xff);
	assert_int_equal(returns(e, fd, PROBE_BAD(115, "")), -EFAULT);
}

static void strings_are_compared_and_formatted(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 16, 1, 0);

	map_update(e, fd, 0, "v=%d\0abc\0abd\0\0\0", 0);
#define STRNCMP(n, off) "VAL\nr3 = r1\nr3 += " #off "\nr1 += 5\nr2 = " #n "\ncall #182" EXIT
	assert_int_equal(returns(e, fd, STRNCMP(4, 5)), 0);
	assert_true((s32)returns(e, fd, STRNCMP(4, 9)) < 0);
	assert_int_equal(returns(e, fd, STRNCMP(2, 9)), 0);
	/* snprintf(stack, 8, "v=%d", &-3, 8): length with its NUL */
#define SNPRINTF(size, len, tail) \
	"*(u64 *)(r10 - 16) = -3\nVAL\nr3 = r1\nr1 = r10\nr1 += -8\nr2 = " #size \
	"\nr4 = r10\nr4 += -16\nr5 = " #len "\ncall #165\n" tail EXIT
	assert_int_equal(returns(e, fd, SNPRINTF(8, 8, "")), 5);
	assert_int_equal(returns(e, fd, SNPRINTF(8, 8, "r0 = *(u8 *)(r10 - 5)")), '3');
	assert_int_equal(returns(e, fd, SNPRINTF(3, 8, "")), 5);
	assert_int_equal(returns(e, fd, SNPRINTF(3, 8, "r0 = *(u8 *)(r10 - 6)")), 0);
	assert_int_equal(returns(e, fd, SNPRINTF(8, 7, "")), -EINVAL);
	assert_int_equal(returns(e, fd, SNPRINTF(8, 0, "")), -EINVAL);
}

static void loop_calls_back_until_it_is_told_to_stop(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, 0);
#define LOOP(n, flags, limit) \
	"r1 = " #n "\nr2 = &body\nr3 = 0\nr4 = " #flags "\ncall #181" EXIT \
	"\nbody:\nr0 = 0\nif r1 != " #limit " goto out\nr0 = 1\nout:" EXIT

	assert_int_equal(returns(e, fd, LOOP(10, 0, 100)), 10);
	assert_int_equal(returns(e, fd, LOOP(10, 0, 4)), 5);
	assert_int_equal(returns(e, fd, LOOP(0, 0, 4)), 0);
	assert_int_equal(returns(e, fd, LOOP(10, 1, 4)), -EINVAL);
	assert_int_equal(returns(e, fd, LOOP(0x800001, 0, 4)), -E2BIG);
}

/* kcall by name: "K(name)" cannot be pasted into text, so the id is printed into it */
static struct outcome run_kfuncs(struct env *e, const char *fmt, const char *a, const char *b, const char *c)
{
	char text[2048];

	snprintf(text, sizeof(text), fmt, kernel_id(e, a, BTF_KIND_FUNC),
		 b ? kernel_id(e, b, BTF_KIND_FUNC) : 0, c ? kernel_id(e, c, BTF_KIND_FUNC) : 0);
	return run(e, -1, "tick", 0, text);
}

#define ITER "r1 = r10\nr1 += -8\n"
#define ITER_NEW(from, to) ITER "r2 = " #from "\nr3 = " #to "\nkcall #%u\n"

static s64 sum_of_range(struct env *e, const char *new)
{
	char fmt[512];
	struct outcome o;

	snprintf(fmt, sizeof(fmt),
		 "r6 = 0\n%snext:\n" ITER "kcall #%%u\nif r0 == 0 goto end\nr1 = *(s32 *)(r0 + 0)\nr6 += "
					  "r1\nr6 += 1000\ngoto next\nend:\n" ITER "kcall #%%u\nr0 = r6" EXIT,
		 new);
	o = run_kfuncs(e, fmt, "bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy");
	if (o.fault)
		fail_msg("%s", o.msg);
	return o.ret;
}

static void numbers_are_iterated_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	assert_int_equal(sum_of_range(e, ITER_NEW(2, 5)), 3 * 1000 + 2 + 3 + 4);
	assert_int_equal(sum_of_range(e, ITER_NEW(-2, 1)), 3 * 1000 - 3);
	assert_int_equal(sum_of_range(e, ITER_NEW(5, 5)), 0);
	assert_int_equal(sum_of_range(e, ITER_NEW(6, 5)), 0);
	assert_int_equal(sum_of_range(e, ITER_NEW(-2147483648, -2147483646)), 2 * 1000 - 4294967295ll);
	assert_int_equal(sum_of_range(e, ITER_NEW(2147483646, 2147483647)), 1000 + 2147483646ll);
	assert_int_equal(sum_of_range(e, ITER_NEW(0, 8388609)), 0);
}

static void what_an_execution_holds_at_its_end_is_a_leak(void **state)
{
	struct env *e = *state;
	struct outcome o;

	o = run_kfuncs(e, ITER_NEW(0, 5) "r0 = 0" EXIT, "bpf_iter_num_new", NULL, NULL);
	assert_int_equal(o.fault, BPF_FAULT_LEAK);
	assert_non_null(strstr(o.msg, "bpf_iter_num_destroy"));
	o = run_kfuncs(e, "kcall #%u\nr0 = 0" EXIT, "bpf_rcu_read_lock", NULL, NULL);
	assert_int_equal(o.fault, BPF_FAULT_LEAK);
	o = run_kfuncs(e, "kcall #%u\nkcall #%u\nr0 = 4" EXIT, "bpf_rcu_read_lock", "bpf_rcu_read_unlock",
		       NULL);
	assert_int_equal(o.fault, BPF_FAULT_NONE);
	assert_int_equal(o.ret, 4);
	o = run_kfuncs(e, "kcall #%u\nr0 = 0" EXIT, "bpf_rcu_read_unlock", NULL, NULL);
	assert_int_equal(o.fault, BPF_FAULT_LEAK);
}

static void an_iterator_must_be_initialised(void **state)
{
	struct env *e = *state;

	assert_int_equal(run_kfuncs(e, ITER "kcall #%u\nr0 = 0" EXIT, "bpf_iter_num_next", NULL, NULL).fault,
			 BPF_FAULT_ARG);
	assert_int_equal(
		run_kfuncs(e, ITER "kcall #%u\nr0 = 0" EXIT, "bpf_iter_num_destroy", NULL, NULL).fault,
		BPF_FAULT_ARG);
}

static void a_broken_rule_is_recorded_with_function_instruction_and_value(void **state)
{
	struct env *e = *state;
	struct outcome o = run(e, -1, "tick", 0, "r1 = 16\n*(u64 *)(r1 + 8) = 5\nr0 = 0" EXIT);
	const struct bpf_rt_fault *f = bpf_rt_fault(e->rt);

	assert_int_equal(o.ret, 0);
	assert_int_equal(o.fault, BPF_FAULT_STORE);
	assert_string_equal(f->prog, "prog");
	assert_int_equal(f->insn, 1);
	assert_int_equal(f->value, 24);
	assert_non_null(strstr(f->insn_text, "*(u64 *)(r1 +8) = 5"));
	assert_non_null(strstr(f->msg, "prog: store to memory"));
}

static void the_first_broken_rule_is_the_one_that_is_kept(void **state)
{
	struct env *e = *state;
	struct bprog *p;
	u64 args[BPF_MAX_ARGS] = {}, insns;
	int fd =
		prog_load_text(e, "r1 = 16\n*(u64 *)(r1 + 8) = 5\nr0 = 0" EXIT, &(struct load){.op = "tick"});
	int other =
		prog_load_text(e, "r1 = 32\nr0 = 0\n*(u64 *)(r1 + 8) = 5" EXIT, &(struct load){.op = "tick"});

	assert_int_equal(bprog_get(e->f, fd, &p), 0);
	bprog_run(p, NULL, args, &insns);
	assert_int_equal(bprog_get(e->f, other, &p), 0);
	bprog_run(p, NULL, args, &insns);
	assert_int_equal(bpf_rt_fault(e->rt)->value, 24);
}

static const struct kfunc_row *row_of(const struct kabi_version *v, const char *name)
{
	const struct kfunc_row *row;

	for (u32 i = 0; (row = bpf_kfunc_row(i)); i++)
		if (!strcmp(row->d.name, name) && (!row->first || v->id == KABI_2022))
			return row;
	fail_msg("%s has no row in bpf/kfuncs.c", name);
	return NULL;
}

static void the_kfuncs_are_those_of_the_kernels_btf(void **state)
{
	const struct kabi_version *v;
	const struct kfunc_row *row;
	bool used[256] = {};
	const char *name;
	u32 flags;

	for (u32 ver = 0; (v = kabi_version_at(ver)); ver++) {
		for (u32 n = 0; (name = kabi_kfunc_name(v, n, &flags)); n++) {
			row = row_of(v, name);
			if (!(flags & KFUNC_SLEEPABLE) != !(row->d.flags & BPF_FUNC_SLEEPS))
				fail_msg("%s: sleepable here or there, not in both", name);
			for (u32 i = 0; bpf_kfunc_row(i); i++)
				used[i] |= bpf_kfunc_row(i) == row;
		}
	}
	for (u32 i = 0; (row = bpf_kfunc_row(i)); i++)
		if (!used[i])
			fail_msg("%s is in the BTF of no version", row->d.name);
}

static void arguments_of_kfuncs_fit_the_prototypes_of_the_btf(void **state)
{
	struct env *e = *state;
	const struct kbtf *b = e->rt->vmlinux;
	const struct kfunc_row *row;

	for (u32 i = 0; (row = bpf_kfunc_row(i)); i++) {
		const struct btf_type *f = kbtf_type(b, kbtf_find(b, row->d.name, BTF_KIND_FUNC)), *proto;
		u32 n = 0;

		if (!f || (row->first && e->rt->st_ops_links))
			continue;	/* of another version */
		proto = kbtf_type(b, f->type);
		while (n < 5 && n < kbtf_vlen(proto) && row->d.args[n].kind != ARG_NONE) {
			u32 id = kbtf_params(proto)[n].type;
			bool ptr_arg = kbtf_kind(kbtf_skip(b, &id)) == BTF_KIND_PTR;

			if (ptr_arg != (row->d.args[n].kind != ARG_SCALAR))
				fail_msg("%s: argument %u", row->d.name, n + 1);
			n++;
		}
		if (n != kbtf_vlen(proto) || (n < 5 && row->d.args[n].kind != ARG_NONE))
			fail_msg("%s has %u arguments, the row others", row->d.name, kbtf_vlen(proto));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(map_helpers_have_the_kernels_results),
		TEST(a_program_sees_the_percpu_value_of_its_cpu),
		TEST(read_only_maps_are_not_written_by_programs),
		TEST(probe_reads_give_efault_and_zeroes),
		TEST(strings_are_compared_and_formatted),
		TEST(loop_calls_back_until_it_is_told_to_stop),
		TEST(numbers_are_iterated_as_in_the_kernel),
		TEST(what_an_execution_holds_at_its_end_is_a_leak),
		TEST(an_iterator_must_be_initialised),
		TEST(a_broken_rule_is_recorded_with_function_instruction_and_value),
		TEST(the_first_broken_rule_is_the_one_that_is_kept),
		TEST(the_kfuncs_are_those_of_the_kernels_btf),
		TEST(arguments_of_kfuncs_fit_the_prototypes_of_the_btf),
		TEST_612(arguments_of_kfuncs_fit_the_prototypes_of_the_btf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
