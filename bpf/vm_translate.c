// SPDX-License-Identifier: GPL-2.0-only
/* From instructions and what the checks know of them to ops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/check.h"
#include "bpf/disasm.h"
#include "bpf/vm_impl.h"

struct translation {
	const struct bpf_check *c;
	struct bpf_vm_prog *vp;
	u32 *op_of;		/* [nr] first op of an instruction */
};

/* --- single instructions --- */

/* The variant of an op with four: register or immediate, 64 or 32 bits */
static u32 variant(const struct bpf_insn *insn, u32 first)
{
	bool w64 = BPF_CLASS(insn->code) == BPF_ALU64 || BPF_CLASS(insn->code) == BPF_JMP;

	return first + (w64 ? 0 : 2) + (BPF_SRC(insn->code) == BPF_X ? 0 : 1);
}

static u32 alu_opcode(const struct bpf_insn *insn)
{
	bool sign = insn->off == 1, w64 = BPF_CLASS(insn->code) == BPF_ALU64;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return variant(insn, VM_ADD64X);
	case BPF_SUB:
		return variant(insn, VM_SUB64X);
	case BPF_MUL:
		return variant(insn, VM_MUL64X);
	case BPF_DIV:
		return variant(insn, sign ? VM_SDIV64X : VM_DIV64X);
	case BPF_MOD:
		return variant(insn, sign ? VM_SMOD64X : VM_MOD64X);
	case BPF_OR:
		return variant(insn, VM_OR64X);
	case BPF_AND:
		return variant(insn, VM_AND64X);
	case BPF_XOR:
		return variant(insn, VM_XOR64X);
	case BPF_LSH:
		return variant(insn, VM_LSH64X);
	case BPF_RSH:
		return variant(insn, VM_RSH64X);
	case BPF_ARSH:
		return variant(insn, VM_ARSH64X);
	case BPF_NEG:
		return w64 ? VM_NEG64 : VM_NEG32;
	case BPF_END:
		if (w64 || BPF_SRC(insn->code) == BPF_TO_BE)
			return insn->imm == 16 ? VM_BSWAP16 : insn->imm == 32 ? VM_BSWAP32 : VM_BSWAP64;
		return insn->imm == 16 ? VM_ZEXT16 : insn->imm == 32 ? VM_ZEXT32 : VM_NOP;
	default:
		if (BPF_SRC(insn->code) == BPF_K || !insn->off)
			return variant(insn, VM_MOV64X);
		if (w64)
			return insn->off == 8 ? VM_SEXT64_8 : insn->off == 16 ? VM_SEXT64_16 : VM_SEXT64_32;
		return insn->off == 8 ? VM_SEXT32_8 : VM_SEXT32_16;
	}
}

static u32 jmp_opcode(const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return variant(insn, VM_JEQ64X);
	case BPF_JNE:
		return variant(insn, VM_JNE64X);
	case BPF_JGT:
		return variant(insn, VM_JGT64X);
	case BPF_JGE:
		return variant(insn, VM_JGE64X);
	case BPF_JLT:
		return variant(insn, VM_JLT64X);
	case BPF_JLE:
		return variant(insn, VM_JLE64X);
	case BPF_JSGT:
		return variant(insn, VM_JSGT64X);
	case BPF_JSGE:
		return variant(insn, VM_JSGE64X);
	case BPF_JSLT:
		return variant(insn, VM_JSLT64X);
	case BPF_JSLE:
		return variant(insn, VM_JSLE64X);
	case BPF_JSET:
		return variant(insn, VM_JSET64X);
	case BPF_EXIT:
		return VM_EXIT;
	default:
		return VM_JA;
	}
}

/* by BPF_SIZE >> 3: W, H, B, DW */
static const u16 ldx_opcode[4] = { VM_LDXW, VM_LDXH, VM_LDXB, VM_LDXDW };
static const u16 ldxs_opcode[4] = { VM_LDXSW, VM_LDXSH, VM_LDXSB, VM_NR_OPS };
static const u16 st_opcode[4] = { VM_STW, VM_STH, VM_STB, VM_STDW };
static const u16 stx_opcode[4] = { VM_STXW, VM_STXH, VM_STXB, VM_STXDW };

static void translate_call(const struct translation *t, u32 i, struct vm_op *op)
{
	const struct bpf_func_desc *d = t->c->func[i];

	op->opcode = d ? VM_CALL : VM_TRAP;
	op->imm = d ? (s64)(uintptr_t)d : VM_TRAP_KFUNC;
	op->off = i;
}

/* The op of live instruction @i, other than FALL; displacements of jumps are filled in later. */
static void translate_insn(const struct translation *t, u32 i, struct vm_op *op)
{
	const struct bpf_insn *insn = &t->c->insns[i];
	u32 size = BPF_SIZE(insn->code) >> 3;

	op->dst = insn->dst_reg;
	op->src = insn->src_reg;
	op->imm = insn->imm;
	op->off = insn->off;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		op->opcode = alu_opcode(insn);
		break;
	case BPF_LD:
		op->opcode = VM_MOV64K;
		op->imm = insn_is_func_addr(insn) ? insn_callee(insn, i) : (s64)insn_imm64(insn);
		break;
	case BPF_LDX:
		op->opcode = BPF_MODE(insn->code) == BPF_MEMSX ? ldxs_opcode[size] : ldx_opcode[size];
		break;
	case BPF_ST:
		op->opcode = st_opcode[size];
		break;
	case BPF_STX:
		op->opcode = insn_is_atomic(insn) ? VM_ATOMIC : stx_opcode[size];
		op->imm = (s64)insn_size(insn) << 32 | (u32)insn->imm;
		break;
	default:
		if (insn_is_subprog_call(insn))
			op->opcode = VM_CALLSUB;
		else if (insn_is_call(insn))
			translate_call(t, i, op);
		else
			op->opcode = jmp_opcode(insn);
	}
}

/* --- the program --- */

static bool runs_into_next(const struct bpf_insn *insn)
{
	return !insn_is_call(insn) && !insn_is_branch(insn) && !insn_is_atomic(insn) &&
	       insn->code != BPF_OPCODE_EXIT;
}

static u32 count_ops(const struct bpf_check *c)
{
	u32 nr = 0;

	for (u32 i = 0; i < c->nr; i += insn_slots(&c->insns[i]))
		nr += 1 + !!(c->flags[i] & INSN_LEADER);
	return nr;
}

static struct vm_op *emit(struct translation *t, u32 insn)
{
	t->vp->insn_of[t->vp->nr_ops] = insn;
	return &t->vp->ops[t->vp->nr_ops++];
}

static void translate_insns(struct translation *t)
{
	const struct bpf_check *c = t->c;
	struct vm_op *leader = NULL;

	for (u32 i = 0, prev = 0; i < c->nr; prev = i, i += insn_slots(&c->insns[i])) {
		bool leads = c->flags[i] & INSN_LEADER;
		struct vm_op *op;

		if (leads && i && runs_into_next(&c->insns[prev]))
			emit(t, prev)->opcode = VM_FALL;
		t->op_of[i] = t->vp->nr_ops;
		op = emit(t, i);
		if (c->flags[i] & INSN_LIVE) {
			translate_insn(t, i, op);
		} else {
			op->opcode = VM_TRAP;
			op->imm = VM_TRAP_DEAD;
		}
		if (leads)
			leader = op;
		leader->n++;
	}
}

static const struct bpf_subprog *sub_at(const struct bpf_check *c, u32 insn)
{
	for (u32 s = 0; s < c->nr_subs; s++)
		if (c->sub[s].start == insn)
			return &c->sub[s];
	return NULL;
}

static void resolve_jumps(struct translation *t)
{
	for (u32 i = 0; i < t->c->nr; i += insn_slots(&t->c->insns[i])) {
		const struct bpf_insn *insn = &t->c->insns[i];
		struct vm_op *op = &t->vp->ops[t->op_of[i]];

		if (op->opcode == VM_TRAP)
			continue;
		if (insn_is_branch(insn)) {
			op->off = t->op_of[insn_target(insn, i)] - t->op_of[i];
		} else if (insn_is_subprog_call(insn)) {
			op->off = t->op_of[insn_callee(insn, i)] - t->op_of[i];
			op->imm = sub_at(t->c, insn_callee(insn, i))->stack;
		}
	}
}

static int make_entries(struct translation *t)
{
	const struct bpf_check *c = t->c;
	struct bpf_vm_prog *vp = t->vp;

	vp->entry = calloc(c->nr_subs, sizeof(*vp->entry));
	if (!vp->entry)
		return -ENOMEM;
	for (u32 s = 0; s < c->nr_subs; s++)
		if (!s || c->sub[s].callback)
			vp->entry[vp->nr_entries++] = (struct vm_entry){
				.insn = c->sub[s].start,
				.op = t->op_of[c->sub[s].start],
				.stack = c->sub[s].stack,
			};
	return 0;
}

static int translate(struct bpf_vm_prog *vp, struct bpf_check *c)
{
	struct translation t = { .c = c, .vp = vp };
	u32 nr_ops = count_ops(c);
	int err = -ENOMEM;

	t.op_of = calloc(c->nr, sizeof(*t.op_of));
	vp->ops = calloc(nr_ops, sizeof(*vp->ops));
	vp->insn_of = calloc(nr_ops, sizeof(*vp->insn_of));
	vp->insns = calloc(c->nr, sizeof(*vp->insns));
	vp->probe = calloc(c->nr, sizeof(*vp->probe));
	vp->reported = calloc(c->nr, sizeof(*vp->reported));
	if (t.op_of && vp->ops && vp->insn_of && vp->insns && vp->probe && vp->reported) {
		translate_insns(&t);
		resolve_jumps(&t);
		err = make_entries(&t);
	}
	free(t.op_of);
	if (err)
		return err;
	memcpy(vp->insns, c->insns, c->nr * sizeof(*vp->insns));
	for (u32 i = 0; i < c->nr; i++)
		vp->probe[i] = c->flags[i] & INSN_PROBE;
	vp->nr = c->nr;
	vp->env = *c->env;
	vp->func = c->func;
	c->func = NULL;
	vm_link(vp);
	return 0;
}

u32 bpf_vm_max_ctx(const struct bpf_vm_prog *vp)
{
	return vp->max_ctx;
}

int bpf_vm_load(struct bpf_vm_prog **out, const struct bpf_insn *insns, u32 nr, const struct bpf_vm_env *env,
		char *log, size_t log_len)
{
	struct bpf_vm_prog *vp = calloc(1, sizeof(*vp));
	struct bpf_check c;
	int err;

	if (!vp)
		return -ENOMEM;
	err = bpf_check(&c, insns, nr, env, log, log_len);
	if (!err)
		err = translate(vp, &c);
	vp->max_ctx = c.max_ctx;
	bpf_check_free(&c);
	if (err)
		bpf_vm_free(vp);
	else
		*out = vp;
	return err;
}

void bpf_vm_free(struct bpf_vm_prog *vp)
{
	if (!vp)
		return;
	free(vp->ops);
	free(vp->insn_of);
	free(vp->insns);
	free(vp->func);
	free(vp->entry);
	free(vp->probe);
	free(vp->reported);
	free(vp);
}

const char *bpf_vm_disasm(const struct bpf_vm_prog *vp, u32 insn, char *buf, size_t len)
{
	const char *callee = vp->func[insn] ? vp->func[insn]->name : NULL;
	char text[128];

	snprintf(buf, len, "%u: %s", insn,
		 bpf_disasm(text, sizeof(text), &vp->insns[insn], insn + 1 < vp->nr, callee));
	return buf;
}
