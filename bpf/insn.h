/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions about single BPF instructions (RFC 9669; load-acquire and store-release as in Linux 6.15). */
#ifndef BPF_INSN_H
#define BPF_INSN_H

#include <linux/bpf.h>

#include "kabi/types.h"

#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ	0x100
#define BPF_STORE_REL	0x110
#endif

#define BPF_OPCODE_LD_IMM64	(BPF_LD | BPF_IMM | BPF_DW)
#define BPF_OPCODE_CALL		(BPF_JMP | BPF_CALL)
#define BPF_OPCODE_EXIT		(BPF_JMP | BPF_EXIT)

static inline bool insn_is_ld_imm64(const struct bpf_insn *insn)
{
	return insn->code == BPF_OPCODE_LD_IMM64;
}

/* The immediate of a ld_imm64, which has a second half in the next slot. */
static inline u64 insn_imm64(const struct bpf_insn *insn)
{
	return (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;
}

static inline bool insn_is_jmp_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

/* A jump to another place of the same function, conditional or not. */
static inline bool insn_is_branch(const struct bpf_insn *insn)
{
	return insn_is_jmp_class(insn) && BPF_OP(insn->code) != BPF_CALL && BPF_OP(insn->code) != BPF_EXIT;
}

static inline bool insn_is_goto(const struct bpf_insn *insn)
{
	return insn_is_jmp_class(insn) && BPF_OP(insn->code) == BPF_JA;
}

/* Where the branch at index @i goes; gotol has a 32-bit displacement. */
static inline s64 insn_target(const struct bpf_insn *insn, u32 i)
{
	return (s64)i + 1 + (insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off);
}

static inline bool insn_is_call(const struct bpf_insn *insn)
{
	return insn->code == BPF_OPCODE_CALL;
}

/* Call of a function of the same program. */
static inline bool insn_is_subprog_call(const struct bpf_insn *insn)
{
	return insn_is_call(insn) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* Load of the address of a function of the same program (a callback). */
static inline bool insn_is_func_addr(const struct bpf_insn *insn)
{
	return insn_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* The function that a subprogram call or a function address at index @i refers to. */
static inline s64 insn_callee(const struct bpf_insn *insn, u32 i)
{
	return (s64)i + 1 + insn->imm;
}

static inline bool insn_is_atomic(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;
}

/* Bytes that a load or store accesses. */
static inline u32 insn_size(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* Slots that the instruction occupies. */
static inline u32 insn_slots(const struct bpf_insn *insn)
{
	return insn_is_ld_imm64(insn) ? 2 : 1;
}

#endif
