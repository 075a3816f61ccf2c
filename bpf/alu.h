/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arithmetic and conditions compute: one table for the interpreter and the folding of constants at load.
 *
 * Rows are X(NAME, expression of d and s). U and S are the unsigned and signed type of the width, B is the
 * width in bits. Division by zero gives 0, modulo by zero leaves d, shifts use the low bits of s (RFC 9669,
 * 4.1), and the smallest number divided by -1 is itself, remainder 0.
 */
#ifndef BPF_ALU_H
#define BPF_ALU_H

#include "kabi/types.h"

#define BPF_ALU_TABLE(X, U, S, B) \
	X(ADD,	d + s) \
	X(SUB,	d - s) \
	X(MUL,	d * s) \
	X(DIV,	s ? d / s : 0) \
	X(SDIV,	!s ? 0 : s == (U)-1 ? -d : (U)((S)d / (S)s)) \
	X(MOD,	s ? d % s : d) \
	X(SMOD,	!s ? d : s == (U)-1 ? 0 : (U)((S)d % (S)s)) \
	X(OR,	d | s) \
	X(AND,	d & s) \
	X(XOR,	d ^ s) \
	X(LSH,	d << (s & ((B) - 1))) \
	X(RSH,	d >> (s & ((B) - 1))) \
	X(ARSH,	(U)((S)d >> (s & ((B) - 1)))) \
	X(MOV,	s)

#define BPF_JMP_TABLE(X, S) \
	X(JEQ,	d == s) \
	X(JNE,	d != s) \
	X(JGT,	d > s) \
	X(JGE,	d >= s) \
	X(JLT,	d < s) \
	X(JLE,	d <= s) \
	X(JSGT,	(S)d > (S)s) \
	X(JSGE,	(S)d >= (S)s) \
	X(JSLT,	(S)d < (S)s) \
	X(JSLE,	(S)d <= (S)s) \
	X(JSET,	d & s)

#define ALU64(name, expr) \
	static inline u64 bpf_##name##64(u64 d, u64 s) { (void)d; return expr; }
#define ALU32(name, expr) \
	static inline u64 bpf_##name##32(u32 d, u32 s) { (void)d; return (u32)(expr); }
#define JMP64(name, expr) \
	static inline bool bpf_##name##64(u64 d, u64 s) { return expr; }
#define JMP32(name, expr) \
	static inline bool bpf_##name##32(u32 d, u32 s) { return expr; }
BPF_ALU_TABLE(ALU64, u64, s64, 64)
BPF_ALU_TABLE(ALU32, u32, s32, 32)
BPF_JMP_TABLE(JMP64, s64)
BPF_JMP_TABLE(JMP32, s32)
#undef ALU64
#undef ALU32
#undef JMP64
#undef JMP32

/* The @bits low bits of @v, sign-extended. */
static inline u64 bpf_sext(u64 v, u32 bits)
{
	return bits == 8 ? (u64)(s8)v : bits == 16 ? (u64)(s16)v : bits == 32 ? (u64)(s32)v : v;
}

static inline u64 bpf_zext(u64 v, u32 bits)
{
	return bits == 64 ? v : v & ((1ull << bits) - 1);
}

/* The @bits low bits of @v in the other byte order. */
static inline u64 bpf_bswap(u64 v, u32 bits)
{
	return bits == 16 ? __builtin_bswap16(v) : bits == 32 ? __builtin_bswap32(v) : __builtin_bswap64(v);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest memory is host memory, little-endian");

#endif
