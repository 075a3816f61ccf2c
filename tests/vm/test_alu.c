// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic and conditions against plain C, with random and with edge operands; executed, and folded at
 * load.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/vm/program.h"

#define ROUNDS 12000
#define POISON 195896080	/* a helper that no kernel has: refused unless it is dead code */

static u64 seed = 0x9e3779b97f4a7c15;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static u64 operand(void)
{
	static const u64 edge[] = {
		0,
		1,
		2,
		7,
		31,
		32,
		33,
		63,
		64,
		65,
		127,
		128,
		255,
		256,
		0x7fff,
		0x8000,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0x7fffffffffffffff,
		0x8000000000000000,
		0xffffffff80000000,
		~0ull,
		~1ull,
	};

	switch (rnd() % 3) {
	case 0:
		return edge[rnd() % (sizeof(edge) / sizeof(edge[0]))];
	case 1:
		return rnd() >> rnd() % 64;
	default:
		return -(rnd() >> rnd() % 64);
	}
}

static s64 signed_div(s64 d, s64 s, s64 min)
{
	if (s == 0)
		return 0;
	return d == min && s == -1 ? min : d / s;
}

static s64 signed_mod(s64 d, s64 s, s64 min)
{
	if (s == 0)
		return d;
	return d == min && s == -1 ? 0 : d % s;
}

static u64 alu64(u8 op, bool sign, u64 d, u64 s)
{
	switch (op) {
	case BPF_ADD: return d + s;
	case BPF_SUB: return d - s;
	case BPF_MUL: return d * s;
	case BPF_DIV: return sign ? (u64)signed_div(d, s, INT64_MIN) : s == 0 ? 0 : d / s;
	case BPF_MOD: return sign ? (u64)signed_mod(d, s, INT64_MIN) : s == 0 ? d : d % s;
	case BPF_OR: return d | s;
	case BPF_AND: return d & s;
	case BPF_XOR: return d ^ s;
	case BPF_LSH: return d << s % 64;
	case BPF_RSH: return d >> s % 64;
	case BPF_ARSH: return (u64)((s64)d >> s % 64);
	case BPF_NEG: return 0 - d;
	default: return s;
	}
}

static u64 alu32(u8 op, bool sign, u32 d, u32 s)
{
	switch (op) {
	case BPF_DIV: return sign ? (u32)signed_div((s32)d, (s32)s, INT32_MIN) : s == 0 ? 0 : d / s;
	case BPF_MOD: return sign ? (u32)signed_mod((s32)d, (s32)s, INT32_MIN) : s == 0 ? d : d % s;
	case BPF_LSH: return d << s % 32;
	case BPF_RSH: return d >> s % 32;
	case BPF_ARSH: return (u32)((s32)d >> s % 32);
	default: return (u32)alu64(op, sign, d, s);
	}
}

static bool holds(u8 op, bool w64, u64 d, u64 s)
{
	s64 sd = w64 ? (s64)d : (s32)d, ss = w64 ? (s64)s : (s32)s;

	if (!w64) {
		d = (u32)d;
		s = (u32)s;
	}
	switch (op) {
	case BPF_JEQ: return d == s;
	case BPF_JNE: return d != s;
	case BPF_JGT: return d > s;
	case BPF_JGE: return d >= s;
	case BPF_JLT: return d < s;
	case BPF_JLE: return d <= s;
	case BPF_JSGT: return sd > ss;
	case BPF_JSGE: return sd >= ss;
	case BPF_JSLT: return sd < ss;
	case BPF_JSLE: return sd <= ss;
	default: return (d & s) != 0;
	}
}

static void check_program(const struct bpf_insn *insns, u32 nr, u64 d, u64 s, u64 expected)
{
	struct bpf_vm_env env = world_env();
	const u64 ctx[2] = { d, s };
	struct bpf_vm_prog *vp;
	struct bpf_exec x;
	char log[512], text[64];
	u64 r0;

	env.ctx_slots = 2;
	if (bpf_vm_load(&vp, insns, nr, &env, log, sizeof(log)))
		fail_msg("%s", log);
	x = world_exec(vp, ctx, 2);
	r0 = bpf_vm_run(&x);
	if (x.fault.kind)
		fail_msg("%s", x.fault.msg);
	if (r0 != expected)
		fail_msg("%s of 0x%llx and 0x%llx is 0x%llx, not 0x%llx",
			 bpf_vm_disasm(vp, nr - 4, text, sizeof(text)), (unsigned long long)d,
			 (unsigned long long)s, (unsigned long long)r0, (unsigned long long)expected);
	bpf_vm_free(vp);
}

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i })

/* r0 = d, r3 = s, then @op, executed on values that are not known at load */
static void run_alu(struct bpf_insn op, u64 d, u64 s, u64 expected)
{
	const struct bpf_insn prog[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 1, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 3, 1, 8, 0),
		op,
		INSN(BPF_OPCODE_EXIT, 0, 0, 0, 0),
	};

	check_program(prog, 4, d, s, expected);
}

/* The same with constants: loads only if the folding at load finds the same value as the execution. */
static void fold_alu(struct bpf_insn op, u64 d, u64 s, u64 expected)
{
	const struct bpf_insn prog[] = {
		INSN(BPF_OPCODE_LD_IMM64, 0, 0, 0, d), INSN(0, 0, 0, 0, d >> 32),
		INSN(BPF_OPCODE_LD_IMM64, 3, 0, 0, s), INSN(0, 0, 0, 0, s >> 32),
		op,
		INSN(BPF_OPCODE_LD_IMM64, 4, 0, 0, expected), INSN(0, 0, 0, 0, expected >> 32),
		INSN(BPF_JMP | BPF_JEQ | BPF_X, 0, 4, 1, 0),
		INSN(BPF_OPCODE_CALL, 0, 0, 0, POISON),
		INSN(BPF_OPCODE_EXIT, 0, 0, 0, 0),
	};

	check_program(prog, 10, d, s, expected);
}

static void arithmetic_agrees_with_c(void **state)
{
	static const u8 ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND, BPF_LSH,
				 BPF_RSH, BPF_NEG, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH};

	for (int i = 0; i < ROUNDS; i++) {
		u8 op = ops[rnd() % sizeof(ops)];
		bool w64 = rnd() & 1, reg = rnd() & 1 && op != BPF_NEG;
		bool sign = (op == BPF_DIV || op == BPF_MOD) && rnd() & 1;
		u64 d = operand(), s = operand(), e;
		struct bpf_insn insn;

		if (!reg)
			s = (s64)(s32)s;
		if (!reg && (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH))
			s %= w64 ? 64 : 32;
		if (!reg && (op == BPF_DIV || op == BPF_MOD) && !s)
			s = 3;
		if (op == BPF_NEG)
			s = 0;
		e = w64 ? alu64(op, sign, d, s) : alu32(op, sign, d, s);
		insn = INSN((w64 ? BPF_ALU64 : BPF_ALU) | op | (reg ? BPF_X : BPF_K), 0, reg ? 3 : 0, sign,
			    reg ? 0 : s);
		run_alu(insn, d, s, e);
		fold_alu(insn, d, s, e);
	}
}

static void sign_extension_and_byte_swaps_agree_with_c(void **state)
{
	for (int i = 0; i < ROUNDS / 8; i++) {
		u64 d = operand(), s = operand();
		const struct { struct bpf_insn insn; u64 e;
		} t[] = {
			{INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 8, 0), (s8)s},
			{INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 16, 0), (s16)s},
			{INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 32, 0), (s32)s},
			{INSN(BPF_ALU | BPF_MOV | BPF_X, 0, 3, 8, 0), (u32)(s8)s},
			{INSN(BPF_ALU | BPF_MOV | BPF_X, 0, 3, 16, 0), (u32)(s16)s},
			{INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 16), (u16)d},
			{INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 32), (u32)d},
			{INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 64), d},
			{INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 16), (d & 0xff) << 8 | (d >> 8 & 0xff)},
			{INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 32), __builtin_bswap32(d)},
			{INSN(BPF_ALU64 | BPF_END, 0, 0, 0, 16), (d & 0xff) << 8 | (d >> 8 & 0xff)},
			{INSN(BPF_ALU64 | BPF_END, 0, 0, 0, 32), __builtin_bswap32(d)},
			{INSN(BPF_ALU64 | BPF_END, 0, 0, 0, 64), __builtin_bswap64(d)},
		};
		u32 k = rnd() % (sizeof(t) / sizeof(t[0]));

		run_alu(t[k].insn, d, s, t[k].e);
		fold_alu(t[k].insn, d, s, t[k].e);
	}
}

static void conditions_agree_with_c(void **state)
{
	static const u8 ops[] = {BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				 BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE};

	for (int i = 0; i < ROUNDS; i++) {
		u8 op = ops[rnd() % sizeof(ops)];
		bool w64 = rnd() & 1, reg = rnd() & 1, e;
		u64 d = operand(), s = rnd() & 3 ? operand() : d;
		struct bpf_insn jump;

		if (!reg)
			s = (s64)(s32)s;
		e = holds(op, w64, d, s);
		jump = INSN((w64 ? BPF_JMP : BPF_JMP32) | op | (reg ? BPF_X : BPF_K), 2, reg ? 3 : 0, 1,
			    reg ? 0 : s);
		const struct bpf_insn unknown[] = {
			INSN(BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 0, 0),
			INSN(BPF_LDX | BPF_MEM | BPF_DW, 3, 1, 8, 0),
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1),
			jump,
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
			INSN(BPF_OPCODE_EXIT, 0, 0, 0, 0),
		};
		/* what is not executed is dead */
		const struct bpf_insn known[] = {
			INSN(BPF_OPCODE_LD_IMM64, 2, 0, 0, d), INSN(0, 0, 0, 0, d >> 32),
			INSN(BPF_OPCODE_LD_IMM64, 3, 0, 0, s), INSN(0, 0, 0, 0, s >> 32),
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1),
			jump,
			INSN(BPF_JMP | BPF_JA, 0, 0, 1, 0),
			INSN(BPF_OPCODE_EXIT, 0, 0, 0, 0),
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
			INSN(BPF_OPCODE_EXIT, 0, 0, 0, 0),
		};
		struct bpf_insn poisoned[10];

		memcpy(poisoned, known, sizeof(poisoned));
		if (e)
			poisoned[8] = INSN(BPF_OPCODE_CALL, 0, 0, 0, POISON);
		else
			poisoned[7] = INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0);
		check_program(unknown, 6, d, s, e);
		check_program(poisoned, 10, d, s, e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic_agrees_with_c),
		cmocka_unit_test(sign_extension_and_byte_swaps_agree_with_c),
		cmocka_unit_test(conditions_agree_with_c),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
