// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "bpf/disasm.h"

#define HELPER_NAME(name, id, ...) [id] = "bpf_" #name,
static const char *const helper_name[] = { ___BPF_FUNC_MAPPER(HELPER_NAME) };
#undef HELPER_NAME

static const char *const alu_op[16] = {
	[BPF_ADD >> 4] = "+=",	 [BPF_SUB >> 4] = "-=",	 [BPF_MUL >> 4] = "*=", [BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=",	 [BPF_AND >> 4] = "&=",	 [BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=",
	[BPF_MOD >> 4] = "%=",	 [BPF_XOR >> 4] = "^=",	 [BPF_MOV >> 4] = "=", [BPF_ARSH >> 4] = "s>>=",
};

static const char *const jmp_op[16] = {
	[BPF_JEQ >> 4] = "==",	[BPF_JGT >> 4] = ">",	 [BPF_JLT >> 4] = "<",	 [BPF_JGE >> 4] = ">=",
	[BPF_JLE >> 4] = "<=",	[BPF_JSET >> 4] = "&",	 [BPF_JNE >> 4] = "!=",	 [BPF_JSGT >> 4] = "s>",
	[BPF_JSLT >> 4] = "s<", [BPF_JSGE >> 4] = "s>=", [BPF_JSLE >> 4] = "s<=",
};

/* by BPF_SIZE >> 3 */
static const char *const mem_type[4] = { "u32", "u16", "u8", "u64" };
static const char *const mem_type_signed[4] = { "s32", "s16", "s8", "s64" };

const char *bpf_helper_name(s32 id)
{
	if (id < 0 || id >= (s32)(sizeof(helper_name) / sizeof(helper_name[0])) || !helper_name[id])
		return "unknown";
	return helper_name[id];
}

static void disasm_alu(char *buf, size_t len, const struct bpf_insn *insn)
{
	bool alu64 = BPF_CLASS(insn->code) == BPF_ALU64;
	u8 op = BPF_OP(insn->code);
	char r = alu64 ? 'r' : 'w';
	bool sign = insn->off == 1 && (op == BPF_DIV || op == BPF_MOD);
	const char *name = sign ? (op == BPF_DIV ? "s/=" : "s%=") : alu_op[op >> 4];
	const char *ext = "";

	if (op == BPF_END) {
		snprintf(buf, len, "(%02x) r%d = %s%d r%d", insn->code, insn->dst_reg,
			 alu64				    ? "bswap"
			 : BPF_SRC(insn->code) == BPF_TO_BE ? "be"
							    : "le",
			 insn->imm, insn->dst_reg);
	} else if (op == BPF_NEG) {
		snprintf(buf, len, "(%02x) %c%d = -%c%d", insn->code, r, insn->dst_reg, r, insn->dst_reg);
	} else if (!name) {
		snprintf(buf, len, "(%02x) invalid alu", insn->code);
	} else if (op == BPF_MOV && alu64 && BPF_SRC(insn->code) == BPF_X &&
		   insn->off == BPF_ADDR_SPACE_CAST) {
		snprintf(buf, len, "(%02x) r%d = addr_space_cast(r%d, %u, %u)", insn->code, insn->dst_reg,
			 insn->src_reg, (u32)insn->imm >> 16, (u16)insn->imm);
	} else if (BPF_SRC(insn->code) == BPF_X) {
		if (op == BPF_MOV)
			ext = insn->off == 8	? "(s8)"
			      : insn->off == 16 ? "(s16)"
			      : insn->off == 32 ? "(s32)"
						: "";
		snprintf(buf, len, "(%02x) %c%d %s %s%c%d", insn->code, r, insn->dst_reg, name, ext, r,
			 insn->src_reg);
	} else {
		snprintf(buf, len, "(%02x) %c%d %s %d", insn->code, r, insn->dst_reg, name, insn->imm);
	}
}

static void disasm_atomic(char *buf, size_t len, const struct bpf_insn *insn)
{
	const char *type = mem_type[BPF_SIZE(insn->code) >> 3];
	const char *width = BPF_SIZE(insn->code) == BPF_DW ? "64" : "";
	u8 dst = insn->dst_reg, src = insn->src_reg, code = insn->code;
	const char *fetch = NULL;
	s16 off = insn->off;

	switch (insn->imm) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		snprintf(buf, len, "(%02x) lock *(%s *)(r%d %+d) %s r%d", code, type, dst, off,
			 alu_op[insn->imm >> 4], src);
		return;
	case BPF_ADD | BPF_FETCH:
		fetch = "fetch_add";
		break;
	case BPF_AND | BPF_FETCH:
		fetch = "fetch_and";
		break;
	case BPF_OR | BPF_FETCH:
		fetch = "fetch_or";
		break;
	case BPF_XOR | BPF_FETCH:
		fetch = "fetch_xor";
		break;
	case BPF_XCHG:
		fetch = "xchg";
		break;
	case BPF_CMPXCHG:
		snprintf(buf, len, "(%02x) r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", code, width,
			 type, dst, off, src);
		return;
	case BPF_LOAD_ACQ:
		snprintf(buf, len, "(%02x) r%d = load_acquire((%s *)(r%d %+d))", code, dst, type, src, off);
		return;
	case BPF_STORE_REL:
		snprintf(buf, len, "(%02x) store_release((%s *)(r%d %+d), r%d)", code, type, dst, off, src);
		return;
	default:
		snprintf(buf, len, "(%02x) invalid atomic %#x", code, (u32)insn->imm);
		return;
	}
	snprintf(buf, len, "(%02x) r%d = atomic%s_%s((%s *)(r%d %+d), r%d)", code, src, width, fetch, type,
		 dst, off, src);
}

static void disasm_mem(char *buf, size_t len, const struct bpf_insn *insn)
{
	const char *type = mem_type[BPF_SIZE(insn->code) >> 3];
	u8 mode = BPF_MODE(insn->code);

	if (insn_is_atomic(insn))
		disasm_atomic(buf, len, insn);
	else if (BPF_CLASS(insn->code) == BPF_LDX && (mode == BPF_MEM || mode == BPF_MEMSX))
		snprintf(buf, len, "(%02x) r%d = *(%s *)(r%d %+d)", insn->code, insn->dst_reg,
			 mode == BPF_MEM ? type : mem_type_signed[BPF_SIZE(insn->code) >> 3], insn->src_reg,
			 insn->off);
	else if (BPF_CLASS(insn->code) == BPF_STX && mode == BPF_MEM)
		snprintf(buf, len, "(%02x) *(%s *)(r%d %+d) = r%d", insn->code, type, insn->dst_reg,
			 insn->off, insn->src_reg);
	else if (BPF_CLASS(insn->code) == BPF_ST && mode == BPF_MEM)
		snprintf(buf, len, "(%02x) *(%s *)(r%d %+d) = %d", insn->code, type, insn->dst_reg, insn->off,
			 insn->imm);
	else
		snprintf(buf, len, "(%02x) invalid memory access", insn->code);
}

static void disasm_ld(char *buf, size_t len, const struct bpf_insn *insn, bool has_next)
{
	const char *type = mem_type[BPF_SIZE(insn->code) >> 3];

	if (BPF_MODE(insn->code) == BPF_ABS)
		snprintf(buf, len, "(%02x) r0 = *(%s *)skb[%d]", insn->code, type, insn->imm);
	else if (BPF_MODE(insn->code) == BPF_IND)
		snprintf(buf, len, "(%02x) r0 = *(%s *)skb[r%d + %d]", insn->code, type, insn->src_reg,
			 insn->imm);
	else if (insn_is_ld_imm64(insn) && has_next)
		snprintf(buf, len, "(%02x) r%d = 0x%llx", insn->code, insn->dst_reg,
			 (unsigned long long)insn_imm64(insn));
	else
		snprintf(buf, len, "(%02x) invalid ld", insn->code);
}

static void disasm_call(char *buf, size_t len, const struct bpf_insn *insn, const char *callee)
{
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		snprintf(buf, len, "(%02x) call pc%+d", insn->code, insn->imm);
		return;
	}
	if (!callee)
		callee = insn->src_reg == BPF_PSEUDO_KFUNC_CALL ? "kernel-function"
								: bpf_helper_name(insn->imm);
	snprintf(buf, len, "(%02x) call %s#%d", insn->code, callee, insn->imm);
}

static void disasm_jmp(char *buf, size_t len, const struct bpf_insn *insn, const char *callee)
{
	char r = BPF_CLASS(insn->code) == BPF_JMP32 ? 'w' : 'r';
	const char *name = jmp_op[BPF_OP(insn->code) >> 4];

	if (insn_is_call(insn))
		disasm_call(buf, len, insn, callee);
	else if (insn->code == BPF_OPCODE_EXIT)
		snprintf(buf, len, "(%02x) exit", insn->code);
	else if (insn->code == (BPF_JMP | BPF_JA))
		snprintf(buf, len, "(%02x) goto pc%+d", insn->code, insn->off);
	else if (insn->code == (BPF_JMP32 | BPF_JA))
		snprintf(buf, len, "(%02x) gotol pc%+d", insn->code, insn->imm);
	else if (insn->code == (BPF_JMP | BPF_JA | BPF_X))
		snprintf(buf, len, "(%02x) gotox r%d", insn->code, insn->dst_reg);
	else if (insn->code == (BPF_JMP | BPF_JCOND))
		snprintf(buf, len, "(%02x) may_goto pc%+d", insn->code, insn->off);
	else if (!name)
		snprintf(buf, len, "(%02x) invalid jmp", insn->code);
	else if (BPF_SRC(insn->code) == BPF_X)
		snprintf(buf, len, "(%02x) if %c%d %s %c%d goto pc%+d", insn->code, r, insn->dst_reg, name, r,
			 insn->src_reg, insn->off);
	else
		snprintf(buf, len, "(%02x) if %c%d %s 0x%x goto pc%+d", insn->code, r, insn->dst_reg, name,
			 (u32)insn->imm, insn->off);
}

const char *bpf_disasm(char *buf, size_t len, const struct bpf_insn *insn, bool has_next, const char *callee)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		disasm_alu(buf, len, insn);
		break;
	case BPF_LD:
		disasm_ld(buf, len, insn, has_next);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		disasm_jmp(buf, len, insn, callee);
		break;
	default:
		disasm_mem(buf, len, insn);
	}
	return buf;
}
