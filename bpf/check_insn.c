// SPDX-License-Identifier: GPL-2.0-only
/* Each instruction by itself: check_and_resolve_insns() and check_*_fields() of the kernel's verifier. */
#include <errno.h>

#include "bpf/check.h"

static bool alu_known(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_NEG:
		return BPF_SRC(code) == BPF_K;
	case BPF_END:
		return BPF_CLASS(code) == BPF_ALU || BPF_SRC(code) == BPF_TO_LE;
	default:
		return BPF_OP(code) < BPF_END;
	}
}

static bool jmp_known(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_CALL:
	case BPF_EXIT:
		return BPF_CLASS(code) == BPF_JMP && BPF_SRC(code) == BPF_K;
	case BPF_JA:
		return BPF_SRC(code) == BPF_K || BPF_CLASS(code) == BPF_JMP;
	case BPF_JCOND:
		return code == (BPF_JMP | BPF_JCOND);
	default:
		return BPF_OP(code) <= BPF_JSLE;
	}
}

static bool opcode_known(u8 code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_known(code);
	case BPF_JMP:
	case BPF_JMP32:
		return jmp_known(code);
	case BPF_LDX:
		return BPF_MODE(code) == BPF_MEM || (BPF_MODE(code) == BPF_MEMSX && BPF_SIZE(code) != BPF_DW);
	case BPF_ST:
		return BPF_MODE(code) == BPF_MEM;
	case BPF_STX:
		return BPF_MODE(code) == BPF_MEM || BPF_MODE(code) == BPF_ATOMIC;
	default:
		return code == BPF_OPCODE_LD_IMM64 ||
		       ((BPF_MODE(code) == BPF_ABS || BPF_MODE(code) == BPF_IND) && BPF_SIZE(code) != BPF_DW);
	}
}

static bool mov_fields_ok(const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_K)
		return !insn->src_reg && !insn->off;
	if (insn->imm)
		return false;
	return insn->off == 0 || insn->off == 8 || insn->off == 16 ||
	       (insn->off == 32 && BPF_CLASS(insn->code) == BPF_ALU64);
}

static bool binary_fields_ok(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	if (insn->off != 0 && !(insn->off == 1 && (op == BPF_DIV || op == BPF_MOD)))
		return false;
	return BPF_SRC(insn->code) == BPF_X ? !insn->imm : !insn->src_reg;
}

static int check_alu(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];
	u32 width = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;

	switch (BPF_OP(insn->code)) {
	case BPF_NEG:
		if (insn->src_reg || insn->off || insn->imm)
			return check_refuse(c, i, -EINVAL, "BPF_NEG uses reserved fields");
		return 0;
	case BPF_END:
		if (insn->src_reg || insn->off || (insn->imm != 16 && insn->imm != 32 && insn->imm != 64))
			return check_refuse(c, i, -EINVAL, "BPF_END uses reserved fields");
		return 0;
	case BPF_MOV:
		if (width == 64 && BPF_SRC(insn->code) == BPF_X && insn->off == BPF_ADDR_SPACE_CAST)
			return check_refuse(c, i, -EINVAL,
					    "addr_space_cast is not supported: there are no arenas");
		if (!mov_fields_ok(insn))
			return check_refuse(c, i, -EINVAL, "BPF_MOV uses reserved fields");
		return 0;
	case BPF_DIV:
	case BPF_MOD:
		if (BPF_SRC(insn->code) == BPF_K && !insn->imm && binary_fields_ok(insn))
			return check_refuse(c, i, -EINVAL, "div by zero");
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (BPF_SRC(insn->code) == BPF_K && (u32)insn->imm >= width)
			return check_refuse(c, i, -EINVAL, "invalid shift %d", insn->imm);
		break;
	}
	if (!binary_fields_ok(insn))
		return check_refuse(c, i, -EINVAL, "BPF_ALU uses reserved fields");
	return 0;
}

static int check_jmp(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];

	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		if (insn->dst_reg || insn->src_reg > BPF_PSEUDO_KFUNC_CALL ||
		    (insn->src_reg != BPF_PSEUDO_KFUNC_CALL && insn->off))
			return check_refuse(c, i, -EINVAL, "BPF_CALL uses reserved fields");
		return 0;
	case BPF_JA:
		if (BPF_SRC(insn->code) == BPF_X)
			return check_refuse(c, i, -EINVAL,
					    "gotox is not supported: there are no instruction arrays");
		if (insn->src_reg || insn->dst_reg ||
		    (BPF_CLASS(insn->code) == BPF_JMP ? insn->imm : insn->off))
			return check_refuse(c, i, -EINVAL, "BPF_JA uses reserved fields");
		return 0;
	case BPF_EXIT:
		if (insn->imm || insn->src_reg || insn->dst_reg)
			return check_refuse(c, i, -EINVAL, "BPF_EXIT uses reserved fields");
		return 0;
	case BPF_JCOND:
		return check_refuse(c, i, -EINVAL, "may_goto is not supported");
	default:
		if (BPF_SRC(insn->code) == BPF_X ? insn->imm : insn->src_reg)
			return check_refuse(c, i, -EINVAL, "BPF_JMP/JMP32 uses reserved fields");
		return 0;
	}
}

static int check_atomic(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];

	switch (insn->imm) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_ADD | BPF_FETCH:
	case BPF_AND | BPF_FETCH:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		if (insn_size(insn) < 4)
			return check_refuse(c, i, -EINVAL, "invalid atomic operand size");
		return 0;
	case BPF_LOAD_ACQ:
	case BPF_STORE_REL:
		return 0;
	default:
		return check_refuse(c, i, -EINVAL, "BPF_ATOMIC uses invalid atomic opcode %02x", insn->imm);
	}
}

static int check_mem(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];

	if (insn_is_atomic(insn))
		return check_atomic(c, i);
	if (BPF_CLASS(insn->code) == BPF_LDX && insn->imm)
		return check_refuse(c, i, -EINVAL, "BPF_LDX uses reserved fields");
	if (BPF_CLASS(insn->code) == BPF_STX && insn->imm)
		return check_refuse(c, i, -EINVAL, "BPF_STX uses reserved fields");
	if (BPF_CLASS(insn->code) == BPF_ST && insn->src_reg)
		return check_refuse(c, i, -EINVAL, "BPF_ST uses reserved fields");
	return 0;
}

static int check_ld(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];

	if (!insn_is_ld_imm64(insn))
		return check_refuse(c, i, -EINVAL,
				    "BPF_LD_[ABS|IND] instructions not allowed for this program type");
	if (i + 1 == c->nr || insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
		return check_refuse(c, i, -EINVAL, "invalid bpf_ld_imm64 insn");
	if (insn->off)
		return check_refuse(c, i, -EINVAL, "BPF_LD_IMM64 uses reserved fields");
	if (insn->src_reg > BPF_PSEUDO_MAP_IDX_VALUE)
		return check_refuse(c, i, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	return 0;
}

/* The register that the instruction writes besides those of the calling convention, or -1. */
static int written_reg(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LD:
	case BPF_LDX:
		return insn->dst_reg;
	case BPF_STX:
		if (!insn_is_atomic(insn))
			return -1;
		if (insn->imm == BPF_LOAD_ACQ)
			return insn->dst_reg;
		return insn->imm & BPF_FETCH && insn->imm != BPF_CMPXCHG && insn->imm != BPF_STORE_REL
			       ? insn->src_reg
			       : -1;
	default:
		return -1;
	}
}

static int check_one(struct bpf_check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];
	int err;

	if (insn->dst_reg >= MAX_BPF_REG || insn->src_reg >= MAX_BPF_REG)
		return check_refuse(c, i, -EINVAL, "R%d is invalid",
				    insn->dst_reg >= MAX_BPF_REG ? insn->dst_reg : insn->src_reg);
	if (!opcode_known(insn->code))
		return check_refuse(c, i, -EINVAL, "unknown opcode %02x", insn->code);
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		err = check_alu(c, i);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		err = check_jmp(c, i);
		break;
	case BPF_LD:
		err = check_ld(c, i);
		break;
	default:
		err = check_mem(c, i);
	}
	if (!err && written_reg(insn) == BPF_REG_10)
		err = check_refuse(c, i, -EACCES, "frame pointer is read only");
	return err;
}

int check_insns(struct bpf_check *c)
{
	int err = 0;

	for (u32 i = 0; i < c->nr && !err; i += insn_slots(&c->insns[i]))
		err = check_one(c, i);
	return err;
}
