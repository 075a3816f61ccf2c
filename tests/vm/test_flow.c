// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the dataflow at load finds out: which loads may read zero, what is dead, how deep frames are
 * (bpf/check_*.c).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/check.h"
#include "bpf/check_val.h"
#include "tests/vm/program.h"

/* Check @text, whose context slot 0 is a kernel pointer and slot 1 a number. */
static struct bpf_check *facts(const char *text)
{
	static struct bpf_check c;
	static struct asm_prog p;
	struct bpf_vm_env env = world_env();
	char log[512];

	env.ctx_slots = 2;
	env.ctx_kptr_mask = 1;
	assemble(&p, text);
	if (bpf_check(&c, p.insn, p.nr, &env, log, sizeof(log)))
		fail_msg("refused:\n%s", log);
	return &c;
}

/* The loads of @text that read zero when their address is bad, as a string with a character for each load */
static void expect_probes(const char *text, const char *expected)
{
	struct bpf_check *c = facts(text);
	char found[64];
	u32 n = 0;

	for (u32 i = 0; i < c->nr; i++)
		if (BPF_CLASS(c->insns[i].code) == BPF_LDX)
			found[n++] = c->flags[i] & INSN_PROBE ? 'P' : '-';
	found[n] = 0;
	assert_string_equal(found, expected);
	bpf_check_free(c);
}

static void constants_added_to_kernel_pointers_keep_them(void **state)
{
	expect_probes("r1 = *(u64 *)(r1 + 0)\n"
		      "r2 = r1\nr2 += 8\nr0 = *(u64 *)(r2 + 0)\n"
		      "r2 = r1\nr2 -= 8\nr0 = *(u32 *)(r2 + 0)\n"
		      "r3 = 16\nr2 = r1\nr2 += r3\nr0 = *(u32 *)(r2 + 0)\n"
		      "r2 = 16\nr2 += r1\nr0 = *(u32 *)(r2 + 0)\n"
		      "exit", "-PPPP");
}

static void indexed_kernel_pointers_are_kernel_pointers(void **state)
{
	expect_probes("r2 = *(u64 *)(r1 + 8)\nr1 = *(u64 *)(r1 + 0)\nr1 += r2\nr0 = *(u64 *)(r1 + 0)\nexit",
		      "--P");
}

static void other_arithmetic_makes_numbers(void **state)
{
	expect_probes("r1 = *(u64 *)(r1 + 0)\n"
		      "r2 = r1\nr2 &= -8\nr0 = *(u64 *)(r2 + 0)\n"
		      "r2 = r1\nw2 += 8\nr0 = *(u64 *)(r2 + 0)\n"
		      "r2 = r1\nr2 -= r1\nr0 = *(u64 *)(r2 + 0)\n"
		      "r2 = r1\nr2 = -r2\nr0 = *(u64 *)(r2 + 0)\n"
		      "exit", "-----");
}

static void only_whole_loads_give_pointers(void **state)
{
	expect_probes("r1 = *(u64 *)(r1 + 0)\nr2 = *(u32 *)(r1 + 0)\nr0 = *(u64 *)(r2 + 0)\nexit", "-P-");
	expect_probes("r1 = *(u64 *)(r1 + 0)\nr2 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r2 + 0)\nexit", "-PP");
}

static void numbers_of_the_context_are_no_pointers(void **state)
{
	expect_probes("r1 = *(u64 *)(r1 + 8)\nr0 = *(u64 *)(r1 + 0)\nexit", "--");
}

static void map_values_are_no_kernel_pointers_but_may_hold_them(void **state)
{
	expect_probes(
		"r1 = value ll\nr2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + 0)\nr0 = *(u64 *)(r3 + 0)\nexit",
		"--P");
}

static void spilled_values_come_back(void **state)
{
	expect_probes("r2 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r2\n*(u64 *)(r10 - 16) = r1\n"
		      "r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\n"
		      "r4 = *(u64 *)(r10 - 16)\nr5 = *(u64 *)(r4 + 0)\nr0 = *(u64 *)(r5 + 0)\nexit",
		      "--P--P");
}

static void overwritten_spills_are_gone(void **state)
{
	expect_probes("r2 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r2\n*(u8 *)(r10 - 5) = 1\n"
		      "r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\nexit", "---");
	expect_probes("r2 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 16) = r2\n*(u64 *)(r10 - 8) = r2\n*(u64 *)(r10 "
		      "- 12) = r2\n"
		      "r3 = *(u64 *)(r10 - 16)\nr0 = *(u64 *)(r3 + 0)\n"
		      "r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\nexit",
		      "-----");
	expect_probes("r6 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r6\nr1 = r10\nr1 += -8\ncall #1009\n"
		      "r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\nexit", "---");
}

static void spills_at_unknown_places_may_be_anywhere(void **state)
{
	expect_probes(
		"r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r1 + 8)\nr4 = r10\nr4 += r3\n*(u64 *)(r4 + 0) = r2\n"
		"r5 = *(u64 *)(r10 - 16)\nr0 = *(u64 *)(r5 + 0)\n"
		"r5 = *(u64 *)(r4 + 0)\nr0 = *(u64 *)(r5 + 0)\nexit",
		"---P-P");
}

static void pointers_to_one_of_two_places_are_pointers_to_the_frame(void **state)
{
	expect_probes("r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r1 + 8)\n*(u64 *)(r10 - 8) = r2\n*(u64 *)(r10 - "
		      "16) = r2\n"
		      "r4 = r10\nr4 += -8\nif r3 == 0 goto one\nr4 = r10\nr4 += -16\none:\n"
		      "r5 = *(u64 *)(r4 + 0)\nr0 = *(u64 *)(r5 + 0)\nexit",
		      "---P");
}

static void loops_reach_a_fixpoint(void **state)
{
	/* a list walk: r2 is the context's pointer first, then what it points to */
	expect_probes("r2 = *(u64 *)(r1 + 0)\nr3 = 10\nagain:\nr2 = *(u64 *)(r2 + 8)\nr3 -= 1\nif r3 != 0 "
		      "goto again\n"
		      "r0 = 0\nexit",
		      "-P");
	/* r2 becomes a kernel pointer only in the second round */
	expect_probes(
		"r4 = *(u64 *)(r1 + 0)\nr5 = *(u64 *)(r1 + 8)\nr2 = value ll\nagain:\nr0 = *(u64 *)(r2 + 8)\n"
		"r2 = r4\nr5 -= 1\nif r5 != 0 goto again\nexit",
		"--P");
}

static void functions_join_what_their_callers_pass(void **state)
{
	expect_probes("r6 = *(u64 *)(r1 + 0)\nr1 = value ll\ncall f\nr1 = r6\ncall f\nexit\n"
		      "f:\nr0 = *(u64 *)(r1 + 0)\nexit", "-P");
	expect_probes("r1 = value ll\ncall f\nexit\nf:\nr0 = *(u64 *)(r1 + 0)\nexit", "-");
}

static void callbacks_may_be_passed_kernel_pointers_in_memory(void **state)
{
	expect_probes("r1 = 1\nr2 = &cb\nr3 = 0\ncall #1002\nexit\n"
		      "cb:\nr3 = *(u64 *)(r2 + 0)\nr0 = *(u64 *)(r3 + 0)\nexit", "-P");
}

static void what_a_callback_may_have_written_may_be_a_kernel_pointer(void **state)
{
	expect_probes("*(u64 *)(r10 - 8) = 0\nr1 = 1\nr2 = &cb\nr3 = r10\nr3 += -8\ncall #1002\n"
		      "r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\nexit\ncb:\nr0 = 0\nexit", "-P");
}

static void frames_are_as_deep_as_they_are_used(void **state)
{
	const struct { const char *text; u32 stack;
	} t[] = {
		{"r0 = 0\nexit", 0},
		{"*(u8 *)(r10 - 1) = 0\nr0 = 0\nexit", 8},
		{"*(u64 *)(r10 - 64) = 0\nr0 = *(u64 *)(r10 - 72)\nexit", 72},
		{"r1 = r10\nr1 += -40\ncall #1009\nexit", 40},
		{"r1 = r10\nr1 += -48\ncall f\nexit\nf:\nr0 = *(u64 *)(r1 + 0)\nexit", 48},
		{"r2 = r10\nr2 += -32\n*(u64 *)(r10 - 8) = r2\nr0 = 0\nexit", 32},
		{"r2 = *(u64 *)(r1 + 8)\nr3 = r10\nr3 += r2\nr0 = *(u8 *)(r3 + 0)\nexit", 512},
		{"r2 = *(u64 *)(r1 + 8)\nr4 = r10\nr4 += -8\nif r2 == 0 goto one\nr4 = r10\nr4 += -16\none:\n"
		 "r0 = *(u64 *)(r4 + 0)\nexit",
		 512},
		{"r2 = r10\nr2 &= -8\nr0 = *(u64 *)(r2 + 0)\nexit", 512},
		{"r2 = 0\nif r2 == 0 goto out\n*(u64 *)(r10 - 256) = 0\nout:\nr0 = 0\nexit", 0},
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bpf_check *c = facts(t[i].text);

		if (c->sub[0].stack != t[i].stack)
			fail_msg("%s\nis %u deep, not %u", t[i].text, c->sub[0].stack, t[i].stack);
		bpf_check_free(c);
	}
}

static void dead_code_is_not_checked(void **state)
{
	struct bpf_check *c =
		facts("r2 = 1\nif r2 == 1 goto out\nr0 = r9\nr0 = *(u64 *)(r1 + 800)\nout:\nr0 = 0\nexit");

	assert_true(c->flags[1] & INSN_LIVE);
	assert_false(c->flags[2] & INSN_LIVE);
	assert_false(c->flags[3] & INSN_LIVE);
	assert_true(c->flags[4] & INSN_LIVE);
	bpf_check_free(c);
}

static void code_behind_a_missing_kfunc_is_dead(void **state)
{
	struct bpf_check *c = facts("kcall #0\nr0 = 0\nexit");

	assert_true(c->flags[0] & INSN_LIVE);
	assert_false(c->flags[1] & INSN_LIVE);
	bpf_check_free(c);
}

static const struct val values[] = {
	{VAL_NONE, 0}, {VAL_CONST, 0},	   {VAL_CONST, 5},  {VAL_STACK, -8}, {VAL_STACK, -16}, {VAL_CTX, 0},
	{VAL_CTX, 8},  {VAL_STACK_ANY, 0}, {VAL_SCALAR, 0}, {VAL_LOADED, 0}, {VAL_FOREIGN, 0}, {VAL_KPTR, 0},
};
#define NR_VALUES (sizeof(values) / sizeof(values[0]))

static void joins_form_a_lattice(void **state)
{
	for (u32 i = 0; i < NR_VALUES; i++)
		for (u32 j = 0; j < NR_VALUES; j++) {
			struct val a = values[i], b = values[j], ab = val_join(a, b);

			assert_true(val_equal(val_join(a, a), a));
			assert_true(val_equal(ab, val_join(b, a)));
			assert_true(val_equal(val_join(a, ab), ab));
			for (u32 k = 0; k < NR_VALUES; k++)
				assert_true(val_equal(val_join(ab, values[k]),
						      val_join(a, val_join(b, values[k]))));
		}
}

static void frames_hold_constants_of_any_size(void **state)
{
	struct fstate st;

	fstate_init(&st);
	assert_true(val_equal(fstate_read(&st, -512, 8), val_const(0)));
	fstate_write(&st, -16, 8, val_const(0x1122334455667788));
	fstate_write(&st, -14, 2, val_const(-2));
	assert_true(val_equal(fstate_read(&st, -16, 8), val_const(0x11223344fffe7788)));
	assert_true(val_equal(fstate_read(&st, -13, 1), val_const(0xff)));
	assert_true(val_equal(fstate_read(&st, -12, 4), val_const(0x11223344)));
	assert_true(val_equal(fstate_read(&st, -10, 4), val_of(VAL_SCALAR)));
	fstate_clobber(&st, -9, 2);
	assert_true(val_equal(fstate_read(&st, -16, 8), val_of(VAL_SCALAR)));
	assert_true(val_equal(fstate_read(&st, -8, 8), val_of(VAL_SCALAR)));
	assert_true(val_equal(fstate_read(&st, -24, 8), val_const(0)));
	fstate_clobber(&st, -4096, 1 << 20);
	assert_true(val_equal(fstate_read(&st, -512, 8), val_of(VAL_SCALAR)));
}

static void long_programs_have_a_limit(void **state)
{
	struct bpf_insn *insn = calloc(BPF_MAX_INSNS + 1, sizeof(*insn));
	struct bpf_vm_env env = world_env();
	struct bpf_vm_prog *vp;
	struct bpf_exec x;
	char log[256];

	for (u32 i = 0; i < BPF_MAX_INSNS; i++)
		insn[i] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = i };
	insn[BPF_MAX_INSNS - 1] = insn[BPF_MAX_INSNS] = (struct bpf_insn){ .code = BPF_OPCODE_EXIT };
	assert_int_equal(bpf_vm_load(&vp, insn, BPF_MAX_INSNS + 1, &env, log, sizeof(log)), -E2BIG);
	assert_non_null(strstr(log, "1000001 instructions"));
	assert_int_equal(bpf_vm_load(&vp, insn, 0, &env, log, sizeof(log)), -EINVAL);
	/* and one of the greatest length runs, every instruction counted */
	assert_int_equal(bpf_vm_load(&vp, insn, BPF_MAX_INSNS, &env, log, sizeof(log)), 0);
	x = world_exec(vp, NULL, 0);
	assert_int_equal(bpf_vm_run(&x), BPF_MAX_INSNS - 2);
	assert_int_equal(x.insns, BPF_MAX_INSNS);
	bpf_vm_free(vp);
	free(insn);
}

static void refusals_have_their_error_and_fit_the_log(void **state)
{
	const struct { const char *text; int err; } t[] = {
		{ "r0 = r2\nexit", -EACCES },
		{ "r10 = 0\nexit", -EACCES },
		{ "*(u64 *)(r10 + 0) = 0\nr0 = 0\nexit", -EACCES },
		{ "call #4711\nexit", -EINVAL },
		{ "r0 = 0", -EINVAL },
	};
	struct bpf_vm_env env = world_env();
	struct asm_prog *p = calloc(1, sizeof(*p));
	struct bpf_vm_prog *vp;
	char log[8];

	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assemble(p, t[i].text);
		assert_int_equal(bpf_vm_load(&vp, p->insn, p->nr, &env, NULL, 0), t[i].err);
		memset(log, 'x', sizeof(log));
		assert_int_equal(bpf_vm_load(&vp, p->insn, p->nr, &env, log, sizeof(log)), t[i].err);
		assert_int_equal(strnlen(log, sizeof(log)), 7);
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_added_to_kernel_pointers_keep_them),
		cmocka_unit_test(indexed_kernel_pointers_are_kernel_pointers),
		cmocka_unit_test(other_arithmetic_makes_numbers),
		cmocka_unit_test(only_whole_loads_give_pointers),
		cmocka_unit_test(numbers_of_the_context_are_no_pointers),
		cmocka_unit_test(map_values_are_no_kernel_pointers_but_may_hold_them),
		cmocka_unit_test(spilled_values_come_back),
		cmocka_unit_test(overwritten_spills_are_gone),
		cmocka_unit_test(spills_at_unknown_places_may_be_anywhere),
		cmocka_unit_test(pointers_to_one_of_two_places_are_pointers_to_the_frame),
		cmocka_unit_test(loops_reach_a_fixpoint),
		cmocka_unit_test(functions_join_what_their_callers_pass),
		cmocka_unit_test(callbacks_may_be_passed_kernel_pointers_in_memory),
		cmocka_unit_test(what_a_callback_may_have_written_may_be_a_kernel_pointer),
		cmocka_unit_test(frames_are_as_deep_as_they_are_used),
		cmocka_unit_test(dead_code_is_not_checked),
		cmocka_unit_test(code_behind_a_missing_kfunc_is_dead),
		cmocka_unit_test(joins_form_a_lattice),
		cmocka_unit_test(frames_hold_constants_of_any_size),
		cmocka_unit_test(long_programs_have_a_limit),
		cmocka_unit_test(refusals_have_their_error_and_fit_the_log),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
