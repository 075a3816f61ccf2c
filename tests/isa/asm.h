/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line assembler for tests: the notation of the kernel's verifier and of clang's BPF assembler.
 *
 *	label:
 *	r1 = 5			r1 = -7 ll		r1 = &label		r1 = NAME ll
 *	r1 += r2		w1 s/= -3		r1 = (s8)r2		r1 = -r1	r1 = be16 r1
 *	r1 = *(u32 *)(r2 + 4)	*(u8 *)(r1 + 0) = 7	*(u64 *)(r10 - 8) = r2
 *	lock *(u64 *)(r1 + 0) += r2			r2 = atomic64_fetch_add((u64 *)(r1 + 0), r2)
 *	r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)	r2 = atomic_xchg((u32 *)(r1 + 0), r2)
 *	r1 = load_acquire((u8 *)(r2 + 0))		store_release((u8 *)(r1 + 0), r2)
 *	goto label		gotol label		goto -2
 *	if r1 s> r2 goto label	if w1 & 3 goto label
 *	call label		call #12		kcall #12		exit
 *	raw CODE DST SRC OFF IMM
 *
 * NAME is a number that the test knows. Comments begin with '#' (not followed by a digit) or ';'.
 */
#ifndef TESTS_ISA_ASM_H
#define TESTS_ISA_ASM_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/insn.h"

#define ASM_MAX_INSNS 4096
#define ASM_MAX_LABELS 256

struct asm_label {
	char name[32];
	u32 insn;
};

struct asm_fixup {
	char name[32];
	u32 insn;
	bool in_off;	/* the displacement goes to off, else to imm */
};

struct asm_prog {
	struct bpf_insn insn[ASM_MAX_INSNS];
	u32 nr;
	struct asm_label label[ASM_MAX_LABELS];
	struct asm_fixup fixup[ASM_MAX_LABELS];
	u32 nr_labels, nr_fixups;
	/* value of a name; false: unknown */
	bool (*name)(const char *name, u64 *v);
	char err[160];
};

static const struct { const char *text; u8 op, off; } asm_alu[] = {
	{ "s>>=", BPF_ARSH, 0 }, { "<<=", BPF_LSH, 0 }, { ">>=", BPF_RSH, 0 }, { "s/=", BPF_DIV, 1 },
	{ "s%=", BPF_MOD, 1 }, { "+=", BPF_ADD, 0 }, { "-=", BPF_SUB, 0 }, { "*=", BPF_MUL, 0 },
	{ "/=", BPF_DIV, 0 }, { "%=", BPF_MOD, 0 }, { "|=", BPF_OR, 0 }, { "&=", BPF_AND, 0 },
	{ "^=", BPF_XOR, 0 }, { "=", BPF_MOV, 0 },
};

static const struct { const char *text; u8 op; } asm_jmp[] = {
	{"s>=", BPF_JSGE}, {"s<=", BPF_JSLE}, {"s>", BPF_JSGT}, {"s<", BPF_JSLT},
	{"==", BPF_JEQ},   {"!=", BPF_JNE},   {">=", BPF_JGE},	{"<=", BPF_JLE},
	{">", BPF_JGT},	   {"<", BPF_JLT},    {"&", BPF_JSET},
};

static inline bool asm_fail(struct asm_prog *p, const char *line, const char *why)
{
	snprintf(p->err, sizeof(p->err), "%.100s: %s", line, why);
	return false;
}

static inline void asm_skip(const char **s)
{
	while (**s == ' ' || **s == '\t')
		(*s)++;
}

static inline bool asm_eat(const char **s, const char *token)
{
	size_t n = strlen(token);

	asm_skip(s);
	if (strncmp(*s, token, n))
		return false;
	*s += n;
	asm_skip(s);
	return true;
}

/* "r3" or "w3"; *@w: a 32-bit name */
static inline bool asm_reg(const char **s, u8 *reg, bool *w)
{
	char *end;

	asm_skip(s);
	if ((**s != 'r' && **s != 'w') || !isdigit((unsigned char)(*s)[1]))
		return false;
	*w = **s == 'w';
	*reg = strtoul(*s + 1, &end, 10);
	*s = end;
	asm_skip(s);
	return true;
}

static inline bool asm_number(struct asm_prog *p, const char **s, u64 *v)
{
	char name[32];
	char *end;
	int n = 0;

	asm_skip(s);
	if (isdigit((unsigned char)**s) || **s == '-' || **s == '+') {
		*v = **s == '-' ? -strtoull(*s + 1, &end, 0) : strtoull(*s, &end, 0);
		if (end == *s)
			return false;
		*s = end;
		return true;
	}
	if (sscanf(*s, "%31[a-z_0-9]%n", name, &n) != 1 || !p->name || !p->name(name, v))
		return false;
	*s += n;
	if (**s == '+' || **s == '-') {
		u64 add = 0;

		if (!asm_number(p, s, &add))
			return false;
		*v += add;
	}
	return true;
}

static inline void asm_emit(struct asm_prog *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (p->nr < ASM_MAX_INSNS)
		p->insn[p->nr++] = (struct bpf_insn){
			.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

/* A displacement to @name in instruction number p->nr, which is about to be emitted */
static inline bool asm_refer(struct asm_prog *p, const char **s, bool in_off)
{
	struct asm_fixup *f = &p->fixup[p->nr_fixups++];
	int n = 0;

	asm_skip(s);
	if (sscanf(*s, "%31[-A-Za-z_0-9]%n", f->name, &n) != 1)
		return false;
	*s += n;
	f->insn = p->nr;
	f->in_off = in_off;
	return true;
}

/* "(u32 *)(r1 + 4)", after an optional "*" */
static inline bool asm_mem(const char **s, u8 *size, bool *sign, u8 *reg, s16 *off)
{
	static const struct { const char *text; u8 size; } types[] = {
		{ "8", BPF_B }, { "16", BPF_H }, { "32", BPF_W }, { "64", BPF_DW },
	};
	bool w;

	if (!asm_eat(s, "(") || (**s != 'u' && **s != 's'))
		return false;
	*sign = *(*s)++ == 's';
	for (u32 i = 0;; i++) {
		if (i == 4)
			return false;
		*size = types[i].size;
		if (asm_eat(s, types[i].text))
			break;
	}
	if (!asm_eat(s, "*)") || !asm_eat(s, "(") || !asm_reg(s, reg, &w))
		return false;
	*off = 0;
	if (**s == '+' || **s == '-') {
		bool neg = *(*s)++ == '-';
		char *end;

		asm_skip(s);
		*off = strtol(*s, &end, 0) * (neg ? -1 : 1);
		*s = end;
	}
	return asm_eat(s, ")");
}

static inline bool asm_store(struct asm_prog *p, const char *s)
{
	bool sign, w;
	u8 size, dst, src;
	s16 off;
	u64 v;

	if (!asm_mem(&s, &size, &sign, &dst, &off) || !asm_eat(&s, "="))
		return false;
	if (asm_reg(&s, &src, &w)) {
		asm_emit(p, BPF_STX | BPF_MEM | size, dst, src, off, 0);
		return true;
	}
	if (!asm_number(p, &s, &v))
		return false;
	asm_emit(p, BPF_ST | BPF_MEM | size, dst, 0, off, v);
	return true;
}

static inline bool asm_lock(struct asm_prog *p, const char *s)
{
	static const struct { const char *text; s32 imm; } ops[] = {
		{ "+=", BPF_ADD }, { "&=", BPF_AND }, { "|=", BPF_OR }, { "^=", BPF_XOR },
	};
	bool sign, w;
	u8 size, dst, src;
	s16 off;

	if (!asm_eat(&s, "*") || !asm_mem(&s, &size, &sign, &dst, &off))
		return false;
	for (u32 i = 0; i < 4; i++)
		if (asm_eat(&s, ops[i].text) && asm_reg(&s, &src, &w)) {
			asm_emit(p, BPF_STX | BPF_ATOMIC | size, dst, src, off, ops[i].imm);
			return true;
		}
	return false;
}

/* "atomic64_fetch_add((u64 *)(r1 + 0), r2)" after "r2 =" */
static inline bool asm_atomic(struct asm_prog *p, const char *s)
{
	static const struct { const char *text; s32 imm; } ops[] = {
		{ "fetch_add", BPF_ADD | BPF_FETCH }, { "fetch_and", BPF_AND | BPF_FETCH },
		{ "fetch_or", BPF_OR | BPF_FETCH }, { "fetch_xor", BPF_XOR | BPF_FETCH },
		{ "xchg", BPF_XCHG }, { "cmpxchg", BPF_CMPXCHG },
	};
	bool sign, w;
	u8 size, dst, src;
	s16 off;

	if (!asm_eat(&s, "64_"))
		asm_eat(&s, "_");
	for (u32 i = 0; i < 6; i++) {
		if (!asm_eat(&s, ops[i].text))
			continue;
		if (!asm_eat(&s, "(") || !asm_mem(&s, &size, &sign, &dst, &off) || !asm_eat(&s, ",") ||
		    (ops[i].imm == BPF_CMPXCHG && !asm_eat(&s, "r0,")) || !asm_reg(&s, &src, &w))
			return false;
		asm_emit(p, BPF_STX | BPF_ATOMIC | size, dst, src, off, ops[i].imm);
		return true;
	}
	return false;
}

static inline bool asm_store_release(struct asm_prog *p, const char *s)
{
	bool sign, w;
	u8 size, dst, src;
	s16 off;

	if (!asm_eat(&s, "(") || !asm_mem(&s, &size, &sign, &dst, &off) || !asm_eat(&s, ",") ||
	    !asm_reg(&s, &src, &w))
		return false;
	asm_emit(p, BPF_STX | BPF_ATOMIC | size, dst, src, off, BPF_STORE_REL);
	return true;
}

/* What comes after "dst =" and is not the right side of arithmetic. */
static inline bool asm_assign(struct asm_prog *p, const char *s, u8 dst, bool w, bool *done)
{
	static const char *const swaps[] = { "be", "le", "bswap" };
	u8 size, src;
	bool sign, w2;
	s16 off;
	u64 v;

	*done = true;
	if (asm_eat(&s, "*")) {
		if (!asm_mem(&s, &size, &sign, &src, &off))
			return false;
		asm_emit(p, BPF_LDX | (sign ? BPF_MEMSX : BPF_MEM) | size, dst, src, off, 0);
		return true;
	}
	if (asm_eat(&s, "load_acquire(")) {
		if (!asm_mem(&s, &size, &sign, &src, &off))
			return false;
		asm_emit(p, BPF_STX | BPF_ATOMIC | size, dst, src, off, BPF_LOAD_ACQ);
		return true;
	}
	if (asm_eat(&s, "atomic"))
		return asm_atomic(p, s);
	if (asm_eat(&s, "&")) {
		bool ok = asm_refer(p, &s, false);

		asm_emit(p, BPF_OPCODE_LD_IMM64, dst, BPF_PSEUDO_FUNC, 0, 0);
		asm_emit(p, 0, 0, 0, 0, 0);
		return ok;
	}
	for (u32 i = 0; i < 3; i++)
		if (asm_eat(&s, swaps[i])) {
			asm_emit(p,
				 (i == 2 ? BPF_ALU64 : BPF_ALU) | BPF_END | (i == 0 ? BPF_TO_BE : BPF_TO_LE),
				 dst, 0, 0, atoi(s));
			return true;
		}
	if (s[0] == '-' && (s[1] == 'r' || s[1] == 'w')) {
		asm_emit(p, (w ? BPF_ALU : BPF_ALU64) | BPF_NEG, dst, 0, 0, 0);
		return true;
	}
	if (asm_eat(&s, "(s")) {
		off = strtol(s, (char **)&s, 10);
		if (!asm_eat(&s, ")") || !asm_reg(&s, &src, &w2))
			return false;
		asm_emit(p, (w ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_X, dst, src, off, 0);
		return true;
	}
	if (strlen(s) > 3 && !strcmp(s + strlen(s) - 3, " ll")) {
		if (!asm_number(p, &s, &v))
			return false;
		asm_emit(p, BPF_OPCODE_LD_IMM64, dst, 0, 0, v);
		asm_emit(p, 0, 0, 0, 0, v >> 32);
		return true;
	}
	*done = false;
	return true;
}

static inline bool asm_arith(struct asm_prog *p, const char *s)
{
	u8 dst, src, op;
	bool w, w2, done;
	u64 v;

	if (!asm_reg(&s, &dst, &w))
		return false;
	for (u32 i = 0; i < sizeof(asm_alu) / sizeof(asm_alu[0]); i++) {
		if (!asm_eat(&s, asm_alu[i].text))
			continue;
		op = asm_alu[i].op;
		if (op == BPF_MOV) {
			if (!asm_assign(p, s, dst, w, &done))
				return false;
			if (done)
				return true;
		}
		if (asm_reg(&s, &src, &w2))
			asm_emit(p, (w ? BPF_ALU : BPF_ALU64) | op | BPF_X, dst, src, asm_alu[i].off, 0);
		else if (asm_number(p, &s, &v))
			asm_emit(p, (w ? BPF_ALU : BPF_ALU64) | op | BPF_K, dst, 0, asm_alu[i].off, v);
		else
			return false;
		return true;
	}
	return false;
}

static inline bool asm_if(struct asm_prog *p, const char *s)
{
	u8 dst, src = 0, class;
	bool w, w2, x;
	u64 v = 0;

	if (!asm_reg(&s, &dst, &w))
		return false;
	class = w ? BPF_JMP32 : BPF_JMP;
	for (u32 i = 0; i < sizeof(asm_jmp) / sizeof(asm_jmp[0]); i++) {
		if (!asm_eat(&s, asm_jmp[i].text))
			continue;
		x = asm_reg(&s, &src, &w2);
		if ((!x && !asm_number(p, &s, &v)) || !asm_eat(&s, "goto") || !asm_refer(p, &s, true))
			return false;
		asm_emit(p, class | asm_jmp[i].op | (x ? BPF_X : BPF_K), dst, src, 0, v);
		return true;
	}
	return false;
}

static inline bool asm_call(struct asm_prog *p, const char *s, u8 pseudo)
{
	bool ok;

	if (asm_eat(&s, "#")) {
		asm_emit(p, BPF_OPCODE_CALL, 0, pseudo, 0, strtol(s, NULL, 0));
		return true;
	}
	ok = asm_refer(p, &s, false);
	asm_emit(p, BPF_OPCODE_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	return ok;
}

static inline bool asm_raw(struct asm_prog *p, const char *s)
{
	int code, dst, src, off;
	long long imm;

	if (sscanf(s, "%i %i %i %i %lli", &code, &dst, &src, &off, &imm) != 5)
		return false;
	asm_emit(p, code, dst, src, off, imm);
	return true;
}

static inline bool asm_insn(struct asm_prog *p, const char *s)
{
	bool ok;

	if (asm_eat(&s, "exit"))
		asm_emit(p, BPF_OPCODE_EXIT, 0, 0, 0, 0);
	else if (asm_eat(&s, "raw "))
		return asm_raw(p, s);
	else if (asm_eat(&s, "gotol ")) {
		ok = asm_refer(p, &s, false);
		asm_emit(p, BPF_JMP32 | BPF_JA, 0, 0, 0, 0);
		return ok;
	} else if (asm_eat(&s, "goto ")) {
		ok = asm_refer(p, &s, true);
		asm_emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		return ok;
	} else if (asm_eat(&s, "if "))
		return asm_if(p, s);
	else if (asm_eat(&s, "call "))
		return asm_call(p, s, 0);
	else if (asm_eat(&s, "kcall "))
		return asm_call(p, s, BPF_PSEUDO_KFUNC_CALL);
	else if (asm_eat(&s, "lock "))
		return asm_lock(p, s);
	else if (asm_eat(&s, "store_release"))
		return asm_store_release(p, s);
	else if (asm_eat(&s, "*"))
		return asm_store(p, s);
	else
		return asm_arith(p, s);
	return true;
}

/* Assemble one line: label, instruction, or nothing. */
static inline bool asm_line(struct asm_prog *p, const char *text)
{
	char line[256], *end;
	struct asm_label *l;
	int n = 0;

	snprintf(line, sizeof(line), "%s", text);
	for (char *c = line; *c; c++)
		if (*c == ';' || (*c == '#' && !isdigit((unsigned char)c[1]) && c[1] != '-'))
			*c = 0;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = 0;
	text = line;
	asm_skip(&text);
	if (!*text)
		return true;
	if (end[-1] == ':') {
		if (p->nr_labels == ASM_MAX_LABELS)
			return asm_fail(p, text, "too many labels");
		l = &p->label[p->nr_labels++];
		if (sscanf(text, "%31[A-Za-z_0-9]%n", l->name, &n) != 1 || text[n] != ':')
			return asm_fail(p, text, "not a label");
		l->insn = p->nr;
		return true;
	}
	if (p->nr_fixups == ASM_MAX_LABELS)
		return asm_fail(p, text, "too many references");
	return asm_insn(p, text) || asm_fail(p, text, "cannot be assembled");
}

/* Fill in displacements, after the last line. */
static inline bool asm_finish(struct asm_prog *p)
{
	for (u32 i = 0; i < p->nr_fixups; i++) {
		struct asm_fixup *f = &p->fixup[i];
		u32 l = 0;
		s32 d;

		while (l < p->nr_labels && strcmp(p->label[l].name, f->name))
			l++;
		if (l == p->nr_labels && !isdigit((unsigned char)f->name[0]) && f->name[0] != '-')
			return asm_fail(p, f->name, "no such label");
		d = l < p->nr_labels ? (s32)p->label[l].insn - (s32)f->insn - 1 : atoi(f->name);
		if (f->in_off)
			p->insn[f->insn].off = d;
		else
			p->insn[f->insn].imm = d;
	}
	return true;
}

#endif
