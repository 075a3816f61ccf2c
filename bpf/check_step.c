// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "bpf/alu.h"
#include "bpf/check_step.h"

int step_read_reg(struct step *s, u32 i, u32 reg)
{
	if (s->final && s->st.reg[reg].type == VAL_NONE)
		return check_refuse(s->c, i, -EACCES, "R%u !read_ok", reg);
	return 0;
}

/* The function touches its frame from @off up. */
static void touch(struct step *s, s64 off)
{
	u32 depth = off < -BPF_FRAME_SIZE ? BPF_FRAME_SIZE : off < 0 ? (u32)(-off + 7) & ~7u : 0;

	if (s->final && depth > s->sub->stack)
		s->sub->stack = depth;
}

void step_expose(struct step *s, struct val v)
{
	if (v.type == VAL_STACK)
		touch(s, v.c);
	else if (v.type == VAL_STACK_ANY)
		touch(s, -BPF_FRAME_SIZE);
}

/* --- arithmetic --- */

static u64 fold(const struct bpf_insn *insn, u64 d, u64 s)
{
	bool w64 = BPF_CLASS(insn->code) == BPF_ALU64, sign = insn->off == 1;

#define FOLD(name) (w64 ? bpf_##name##64(d, s) : bpf_##name##32(d, s))
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return FOLD(ADD);
	case BPF_SUB:
		return FOLD(SUB);
	case BPF_MUL:
		return FOLD(MUL);
	case BPF_DIV:
		return sign ? FOLD(SDIV) : FOLD(DIV);
	case BPF_MOD:
		return sign ? FOLD(SMOD) : FOLD(MOD);
	case BPF_OR:
		return FOLD(OR);
	case BPF_AND:
		return FOLD(AND);
	case BPF_XOR:
		return FOLD(XOR);
	case BPF_LSH:
		return FOLD(LSH);
	case BPF_RSH:
		return FOLD(RSH);
	case BPF_ARSH:
		return FOLD(ARSH);
	case BPF_NEG:
		s = d;
		d = 0;
		return FOLD(SUB);
	case BPF_END:
		return w64 || BPF_SRC(insn->code) == BPF_TO_BE ? bpf_bswap(d, insn->imm)
							       : bpf_zext(d, insn->imm);
	default:
		s = bpf_sext(s, BPF_SRC(insn->code) == BPF_X ? insn->off : 0);
		return FOLD(MOV);
	}
#undef FOLD
}

static int step_alu(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];
	u8 op = BPF_OP(insn->code);
	bool w64 = BPF_CLASS(insn->code) == BPF_ALU64, unary = op == BPF_NEG || op == BPF_END;
	bool use_src = BPF_SRC(insn->code) == BPF_X && !unary;
	struct val *dst = &s->st.reg[insn->dst_reg];
	struct val d = op == BPF_MOV ? val_const(0) : *dst;
	struct val v = use_src ? s->st.reg[insn->src_reg] : val_const(insn->imm);
	int err = use_src ? step_read_reg(s, i, insn->src_reg) : 0;

	if (!err && op != BPF_MOV)
		err = step_read_reg(s, i, insn->dst_reg);
	if (err)
		return err;
	if (w64 && op == BPF_MOV && (!use_src || !insn->off)) {
		*dst = v;
	} else if (w64 && op == BPF_ADD) {
		*dst = val_add(d, v);
	} else if (w64 && op == BPF_SUB) {
		*dst = val_sub(d, v);
	} else if (d.type == VAL_CONST && v.type == VAL_CONST) {
		*dst = val_const(fold(insn, d.c, v.c));
	} else {
		/* the frame can be reached through what only looks like a number now */
		if (val_is_stack(d) || val_is_stack(v))
			touch(s, -BPF_FRAME_SIZE);
		*dst = val_of(d.type == VAL_NONE || v.type == VAL_NONE ? VAL_NONE : VAL_SCALAR);
	}
	return 0;
}

static int step_ld_imm64(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];
	struct val *dst = &s->st.reg[insn->dst_reg];

	if (insn->src_reg == BPF_PSEUDO_FUNC)
		*dst = val_const(insn_callee(insn, i));
	else if (insn->src_reg == BPF_PSEUDO_BTF_ID)
		*dst = val_of(VAL_KPTR);
	else
		*dst = val_const(insn_imm64(insn));
	return 0;
}

/* --- memory --- */

static bool frame_has(s64 off, u64 size)
{
	return off >= -BPF_FRAME_SIZE && off < 0 && size <= (u64)-off;
}

static int check_frame(struct step *s, u32 i, u32 reg, s64 off, u64 size, const char *how)
{
	if (s->final && !frame_has(off, size))
		return check_refuse(s->c, i, -EACCES, "invalid %s stack R%u off=%lld size=%llu", how, reg,
				    (long long)off, (unsigned long long)size);
	touch(s, off);
	return 0;
}

static int refuse_ctx(struct step *s, u32 i, s64 off, u32 size)
{
	if (!s->final)
		return 0;
	return check_refuse(s->c, i, -EACCES, "invalid bpf_context access off=%lld size=%u", (long long)off,
			    size);
}

static bool plain_ctx_has(struct step *s, s64 off, u32 size)
{
	if (!s->c->env->ctx_plain || off < 0 || off % size || (u64)off + size > s->c->env->ctx_slots * 8ull)
		return false;
	if (s->final && off + size > s->c->max_ctx)
		s->c->max_ctx = off + size;
	return true;
}

static int load_ctx(struct step *s, u32 i, s64 off, u32 size, struct val *out)
{
	u64 slot = (u64)off / 8;
	bool kptr;

	*out = val_of(VAL_SCALAR);
	if (plain_ctx_has(s, off, size))
		return 0;
	if (off < 0 || off % 8 || slot >= s->c->env->ctx_slots)
		return refuse_ctx(s, i, off, size);
	kptr = slot < 32 && s->c->env->ctx_kptr_mask >> slot & 1;
	if (kptr && size != 8)
		return refuse_ctx(s, i, off, size);
	if (kptr)
		*out = val_of(VAL_KPTR);
	return 0;
}

static struct val load_const(struct step *s, u64 addr, u32 size)
{
	const struct bpf_vm_env *env = s->c->env;
	u64 v = 0;

	if (!env->is_const || !env->is_const(env->arg, addr, size))
		return val_of(size == 8 ? VAL_LOADED : VAL_SCALAR);
	memcpy(&v, (const void *)(uintptr_t)addr, size);
	return val_const(v);
}

/* What a load of @size bytes from @reg + @off gives, zero-extended. */
static int load(struct step *s, u32 i, u32 reg, s64 off, u32 size, struct val *out)
{
	struct val base = s->st.reg[reg];
	int err = step_read_reg(s, i, reg);

	if (err)
		return err;
	*out = size == 8 ? val_loaded(base) : val_of(VAL_SCALAR);
	switch (base.type) {
	case VAL_CTX:
		return load_ctx(s, i, base.c + off, size, out);
	case VAL_STACK:
		off += base.c;
		if (frame_has(off, size))
			*out = fstate_read(&s->st, off, size);
		return check_frame(s, i, reg, off, size, "read from");
	case VAL_STACK_ANY:
		touch(s, -BPF_FRAME_SIZE);
		*out = fstate_read_any(&s->st, size);
		return 0;
	case VAL_CONST:
		*out = load_const(s, (u64)base.c + (u64)off, size);
		return 0;
	case VAL_KPTR:
		if (s->final)
			s->c->flags[i] |= INSN_PROBE;
		return 0;
	default:
		return 0;
	}
}

static int store(struct step *s, u32 i, u32 reg, s64 off, u32 size, struct val v)
{
	struct val base = s->st.reg[reg];
	int err = step_read_reg(s, i, reg);

	if (err)
		return err;
	step_expose(s, v);
	switch (base.type) {
	case VAL_CTX:
		return plain_ctx_has(s, base.c + off, size) ? 0 : refuse_ctx(s, i, base.c + off, size);
	case VAL_STACK:
		off += base.c;
		if (frame_has(off, size))
			fstate_write(&s->st, off, size, v);
		return check_frame(s, i, reg, off, size, "write to");
	case VAL_STACK_ANY:
		touch(s, -BPF_FRAME_SIZE);
		fstate_write_any(&s->st, size, v);
		return 0;
	default:
		return 0;
	}
}

static int step_ldx(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];
	struct val v;
	int err = load(s, i, insn->src_reg, insn->off, insn_size(insn), &v);

	if (!err && BPF_MODE(insn->code) == BPF_MEMSX && v.type == VAL_CONST)
		v.c = bpf_sext(v.c, insn_size(insn) * 8);
	if (!err)
		s->st.reg[insn->dst_reg] = v;
	return err;
}

static int step_stx(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];
	int err = step_read_reg(s, i, insn->src_reg);

	return err ? err : store(s, i, insn->dst_reg, insn->off, insn_size(insn), s->st.reg[insn->src_reg]);
}

static int step_atomic(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];
	bool acquire = insn->imm == BPF_LOAD_ACQ;
	u32 base = acquire ? insn->src_reg : insn->dst_reg;
	int err = 0;

	if (s->final && s->st.reg[base].type == VAL_CTX)
		return check_refuse(s->c, i, -EACCES, "BPF_ATOMIC %s R%u ctx is not allowed",
				    acquire ? "loads from" : "stores into", base);
	if (acquire)
		return step_ldx(s, i);
	if (insn->imm == BPF_STORE_REL)
		return step_stx(s, i);
	err = step_read_reg(s, i, insn->src_reg);
	if (!err && insn->imm == BPF_CMPXCHG)
		err = step_read_reg(s, i, BPF_REG_0);
	if (!err)
		err = store(s, i, insn->dst_reg, insn->off, insn_size(insn), val_of(VAL_SCALAR));
	if (insn->imm == BPF_CMPXCHG)
		s->st.reg[BPF_REG_0] = val_of(VAL_SCALAR);
	else if (insn->imm & BPF_FETCH)
		s->st.reg[insn->src_reg] = val_of(VAL_SCALAR);
	return err;
}

/* --- calls of helpers and kfuncs --- */

/* Bytes behind a memory argument, or -1 when only run time tells. */
static s64 arg_size(const struct step *s, const struct bpf_func_desc *d, u32 k)
{
	struct val next;

	if (d->args[k].size || k == 4)
		return d->args[k].size;
	next = s->st.reg[BPF_REG_1 + k + 1];
	return next.type == VAL_CONST && next.c >= 0 ? next.c : -1;
}

static int step_arg(struct step *s, u32 i, const struct bpf_func_desc *d, u32 k)
{
	enum bpf_arg_kind kind = d->args[k].kind;
	bool mem = kind == ARG_MEM_READ || kind == ARG_MEM_READ_OR_NULL || kind == ARG_MEM_WRITE;
	struct val v = s->st.reg[BPF_REG_1 + k];
	int err = step_read_reg(s, i, BPF_REG_1 + k);
	s64 size;

	if (err || !val_is_stack(v))
		return err;
	step_expose(s, v);
	if (kind == ARG_SCALAR || (kind == ARG_MEM_WRITE && v.type == VAL_STACK_ANY)) {
		/* the context of a callback, or unknown memory of the frame */
		fstate_escape(&s->st, v.type == VAL_STACK ? v.c : -BPF_FRAME_SIZE);
		return 0;
	}
	if (kind == ARG_MAP_VALUE_OUT) {
		/* only run time tells how much of the frame is written */
		if (v.type == VAL_STACK)
			fstate_clobber(&s->st, v.c, -v.c);
		else
			fstate_escape(&s->st, -BPF_FRAME_SIZE);
		return 0;
	}
	if (!mem || v.type != VAL_STACK)
		return 0;
	size = arg_size(s, d, k);
	if (size >= 0 && (size || v.c > 0))
		err = check_frame(s, i, BPF_REG_1 + k, v.c, size, "indirect access to");
	if (kind == ARG_MEM_WRITE)
		fstate_clobber(&s->st, v.c, size >= 0 ? size : -v.c);
	return err;
}

/* A helper and a map that do not go together are refused here if the map is known. */
static int step_map(struct step *s, u32 i, const struct bpf_func_desc *d)
{
	const struct bpf_vm_env *env = s->c->env;
	struct val map = s->st.reg[BPF_REG_1];
	const char *why;

	if (!s->final || d->args[0].kind != ARG_MAP || map.type != VAL_CONST || !env->refuse_map)
		return 0;
	why = env->refuse_map(env->arg, s->c->insns[i].imm, map.c);
	return why ? check_refuse(s->c, i, -EINVAL, "%s", why) : 0;
}

static int step_call(struct step *s, u32 i)
{
	const struct bpf_func_desc *d = s->c->func[i];
	int err = 0;

	if (!d) {
		d = check_callee(s->c, i, &err);
		if (!d)
			return err ? err : STEP_TRAPS;
		s->c->func[i] = d;
	}
	for (u32 k = 0; k < 5 && d->args[k].kind != ARG_NONE && !err; k++)
		err = step_arg(s, i, d, k);
	if (!err)
		err = step_map(s, i, d);
	s->st.reg[BPF_REG_0] = val_of(d->flags & BPF_FUNC_RET_KPTR ? VAL_KPTR : VAL_SCALAR);
	for (u32 r = BPF_REG_1; r <= BPF_REG_5; r++)
		s->st.reg[r] = val_of(VAL_NONE);
	return err;
}

int step_insn(struct step *s, u32 i)
{
	const struct bpf_insn *insn = &s->c->insns[i];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return step_alu(s, i);
	case BPF_LD:
		return step_ld_imm64(s, i);
	case BPF_LDX:
		return step_ldx(s, i);
	case BPF_ST:
		return store(s, i, insn->dst_reg, insn->off, insn_size(insn), val_const(insn->imm));
	case BPF_STX:
		return insn_is_atomic(insn) ? step_atomic(s, i) : step_stx(s, i);
	default:
		return step_call(s, i);
	}
}
