// SPDX-License-Identifier: GPL-2.0-only
/* Random programs: whatever they do, they are refused or run, end, and do the same the second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/vm/program.h"

#define PROGRAMS 40000
#define MAX_LEN 40

static u64 seed;

static u32 rnd(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % n;
}

static s32 random_imm(void)
{
	static const s32 some[] = { 0, 1, -1, 8, -8, 16, -512, 63, 64, INT32_MAX, INT32_MIN, 0x5510 };

	return rnd(4) ? some[rnd(sizeof(some) / sizeof(some[0]))] : (s32)seed;
}

/* Mostly r0-r5, since the others are seldom written */
static u8 random_reg(void)
{
	return rnd(8) ? rnd(6) : rnd(11);
}

static u64 random_address(void)
{
	static const char *const names[] = {"task", "freed", "map", "value", "rodata", "mask", "wild", "end"};
	u64 v = 0;

	world_name(names[rnd(8)], &v);
	return v + (rnd(3) ? 0 : random_imm() % 64);
}

static struct bpf_insn random_alu(void)
{
	static const u8 classes[] = { BPF_ALU64, BPF_ALU64, BPF_ALU };
	u8 op = rnd(14) << 4, src = rnd(2) ? BPF_X : BPF_K;
	struct bpf_insn i = { .code = classes[rnd(3)] | op | src, .dst_reg = random_reg() };

	if (op == BPF_NEG || op == BPF_END) {
		i.code = classes[rnd(3)] | op;
		i.imm = op == BPF_END ? 16 << rnd(3) : 0;
	} else if (src == BPF_X) {
		i.src_reg = random_reg();
		i.off = op == BPF_MOV && !rnd(3) ? 8 << rnd(2) : 0;
	} else {
		i.imm = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH ? rnd(32) : random_imm();
	}
	if (op == BPF_DIV || op == BPF_MOD)
		i.off = rnd(2);
	return i;
}

static struct bpf_insn random_mem(void)
{
	static const u8 codes[] = {BPF_LDX | BPF_MEM, BPF_LDX | BPF_MEM, BPF_LDX | BPF_MEMSX,
				   BPF_ST | BPF_MEM,  BPF_STX | BPF_MEM, BPF_STX | BPF_ATOMIC};
	static const s32 atomics[] = {BPF_ADD,	   BPF_AND | BPF_FETCH, BPF_XCHG,
				      BPF_CMPXCHG, BPF_LOAD_ACQ,	BPF_STORE_REL};
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW, BPF_DW, BPF_DW };
	u8 code = codes[rnd(6)];
	struct bpf_insn i = {.code = code | sizes[rnd(6)], .dst_reg = random_reg(), .src_reg = random_reg()};

	i.off = -8 * (s32)rnd(12) + (rnd(4) ? 0 : rnd(9));
	if (!rnd(2)) {
		if (BPF_CLASS(code) == BPF_LDX)
			i.src_reg = BPF_REG_10;
		else
			i.dst_reg = BPF_REG_10;
	}
	if (BPF_MODE(code) == BPF_ATOMIC)
		i.imm = atomics[rnd(6)];
	if (BPF_CLASS(code) == BPF_ST) {
		i.src_reg = 0;
		i.imm = random_imm();
	}
	return i;
}

static struct bpf_insn random_jump(void)
{
	struct bpf_insn i = {.code = BPF_JMP | rnd(14) << 4, .dst_reg = random_reg(), .off = (s32)rnd(8) - 2};

	if (BPF_OP(i.code) == BPF_CALL) {
		i.dst_reg = i.off = 0;
		i.src_reg = rnd(3);
		i.imm = i.src_reg == BPF_PSEUDO_CALL ? (s32)rnd(20) : 1000 + (s32)rnd(20);
	} else if (BPF_OP(i.code) == BPF_EXIT || BPF_OP(i.code) == BPF_JA) {
		i.dst_reg = 0;
		i.off = BPF_OP(i.code) == BPF_JA ? i.off : 0;
	} else if (rnd(2)) {
		i.code |= BPF_X | (rnd(2) ? BPF_JMP32 ^ BPF_JMP : 0);
		i.src_reg = random_reg();
	} else {
		i.imm = random_imm();
	}
	return i;
}

static u32 random_program(struct bpf_insn *p)
{
	u32 nr = 0, len = 4 + rnd(MAX_LEN - 8);

	for (u32 r = 0; r < 10 && rnd(6); r++)
		if (r != 1)
			p[nr++] = (struct bpf_insn){
				.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = r, .imm = random_imm()};
	while (nr < len)
		switch (rnd(9)) {
		case 0: {
			u64 v = random_address();

			p[nr++] = (struct bpf_insn){
				.code = BPF_OPCODE_LD_IMM64, .dst_reg = random_reg(), .imm = v};
			p[nr++] = (struct bpf_insn){ .imm = v >> 32 };
			break;
		}
		case 1:
			p[nr++] = (struct bpf_insn){.code = BPF_OPCODE_LD_IMM64,
						    .dst_reg = 2,
						    .imm = rnd(12),
						    .src_reg = BPF_PSEUDO_FUNC};
			p[nr++] = (struct bpf_insn){ 0 };
			break;
		case 2:
		case 3:
			p[nr++] = random_jump();
			break;
		case 4:
		case 5:
			p[nr++] = random_mem();
			break;
		default:
			p[nr++] = random_alu();
		}
	p[nr++] = (struct bpf_insn){ .code = BPF_OPCODE_EXIT };
	return nr;
}

struct outcome {
	u64 r0, insns, bad_reads, value[8];
	struct bpf_fault fault;
};

static void run_once(struct bpf_vm_prog *vp, struct outcome *o)
{
	u64 ctx[4] = { (uintptr_t)world.task, 0, (uintptr_t)world.value, 7 };
	struct bpf_exec x = world_exec(vp, ctx, 4);

	world_reset();
	memset(o, 0, sizeof(*o));
	x.budget = 2000;
	o->r0 = bpf_vm_run(&x);
	o->insns = x.insns;
	o->bad_reads = x.bad_reads;
	memcpy(o->value, world.value, sizeof(o->value));
	o->fault = x.fault;
	assert_int_equal(x.frames, 0);
	assert_in_range(x.insns, 1, 2000 + 2 * MAX_LEN);
	if (x.fault.kind) {
		assert_int_equal(o->r0, 0);
		assert_true(x.fault.insn < MAX_LEN);
	}
}

static void random_programs_are_refused_or_run_the_same_twice(void **state)
{
	u32 loaded = 0, finished = 0;

	for (u32 k = 0; k < PROGRAMS; k++) {
		struct bpf_vm_env env = world_env();
		struct bpf_insn insn[MAX_LEN];
		struct bpf_vm_prog *vp;
		struct outcome a, b;
		char log[400] = "";
		u32 nr;

		seed = 0x9e3779b97f4a7c15 + k * 0x1000193ull;
		nr = random_program(insn);
		env.ctx_slots = 4;
		env.ctx_kptr_mask = 3;
		env.sleepable = true;
		if (bpf_vm_load(&vp, insn, nr, &env, log, sizeof(log))) {
			assert_true(strlen(log) > 5);
			continue;
		}
		run_once(vp, &a);
		run_once(vp, &b);
		if (memcmp(&a, &b, sizeof(a)))
			fail_msg("program %u: r0 0x%llx, then 0x%llx; %s, then %s", k,
				 (unsigned long long)a.r0, (unsigned long long)b.r0, a.fault.msg,
				 b.fault.msg);
		loaded++;
		finished += !a.fault.kind;
		bpf_vm_free(vp);
	}
	/* or this tests nothing */
	assert_true(loaded > PROGRAMS / 50);
	assert_true(finished > PROGRAMS / 200);
}

static void random_bytes_are_refused_or_run(void **state)
{
	for (u32 k = 0; k < PROGRAMS; k++) {
		struct bpf_vm_env env = world_env();
		struct bpf_insn insn[8];
		struct bpf_vm_prog *vp;
		struct outcome a;
		char log[400] = "";

		seed = 0x2545f4914f6cdd1d + k * 0x1000193ull;
		for (u32 i = 0; i < 7; i++) {
			insn[i] = (struct bpf_insn){ .code = rnd(256) };
			if (!rnd(3))
				insn[i].dst_reg = rnd(16);
			if (!rnd(3))
				insn[i].src_reg = rnd(16);
			if (!rnd(4))
				insn[i].off = rnd(65536);
			if (!rnd(4))
				insn[i].imm = random_imm();
		}
		insn[7] = (struct bpf_insn){ .code = BPF_OPCODE_EXIT };
		env.ctx_slots = 4;
		if (bpf_vm_load(&vp, insn + rnd(6), 2, &env, log, sizeof(log)) &&
		    bpf_vm_load(&vp, insn, 8, &env, log, sizeof(log))) {
			assert_true(strlen(log) > 5);
			continue;
		}
		run_once(vp, &a);
		bpf_vm_free(vp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_are_refused_or_run_the_same_twice),
		cmocka_unit_test(random_bytes_are_refused_or_run),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
