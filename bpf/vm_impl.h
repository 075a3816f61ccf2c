/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The form in which the interpreter executes programs. One instruction of the program is one op, except: the
 * second half of ld_imm64 is none, and a FALL op stands where one basic block runs into the next.
 *
 * A block is entered only by ops that end one (jumps, calls, atomics, FALL); they count the instructions of
 * the block that they enter (@n of its first op) and check the budget. What is not reached in any execution
 * that the checks at load consider possible is a TRAP.
 */
#ifndef BPF_VM_IMPL_H
#define BPF_VM_IMPL_H

#include "bpf/alu.h"
#include "bpf/insn.h"
#include "bpf/vm.h"

/* Ops besides arithmetic (name + 64X, 64K, 32X, 32K) and conditions (the same) */
#define VM_OTHER_OPS(X) \
	X(NEG64) X(NEG32) \
	X(SEXT64_8) X(SEXT64_16) X(SEXT64_32) X(SEXT32_8) X(SEXT32_16) \
	X(ZEXT16) X(ZEXT32) X(NOP) X(BSWAP16) X(BSWAP32) X(BSWAP64) \
	X(LDXB) X(LDXH) X(LDXW) X(LDXDW) X(LDXSB) X(LDXSH) X(LDXSW) \
	X(STB) X(STH) X(STW) X(STDW) X(STXB) X(STXH) X(STXW) X(STXDW) \
	X(ATOMIC) X(JA) X(CALL) X(CALLSUB) X(EXIT) X(FALL) X(TRAP)

#define OP_ALU(name, expr) VM_##name##64X, VM_##name##64K, VM_##name##32X, VM_##name##32K,
#define OP_ONE(name) VM_##name,
enum vm_opcode {
	BPF_ALU_TABLE(OP_ALU, u64, s64, 64)
	BPF_JMP_TABLE(OP_ALU, s64)
	VM_OTHER_OPS(OP_ONE)
	VM_NR_OPS
};
#undef OP_ALU
#undef OP_ONE

struct vm_op {
	union {
		const void *label;	/* in the interpreter */
		u64 opcode;		/* enum vm_opcode, until the program is linked */
	};
	/*
	 * The immediate, extended to 64 bits; ATOMIC: imm of the instruction, bytes << 32; CALL: struct
	 * bpf_func_desc *; CALLSUB: bytes of stack of the callee; TRAP: enum vm_trap
	 */
	s64 imm;
	s32 off;	/* displacement of the address in bytes, or of a jump in ops */
	u16 n;		/* instructions of the block that begins here */
	u8 dst, src;
};

enum vm_trap { VM_TRAP_KFUNC, VM_TRAP_DEAD };

/* A function that may be called from outside: main, first, and callbacks in order of their instructions */
struct vm_entry {
	u32 insn, op;
	u32 stack;	/* bytes of its frame that have to be zero when it starts */
};

struct bpf_vm_prog {
	struct vm_op *ops;
	u32 nr_ops;
	u32 *insn_of;			/* [nr_ops] the instruction that an op belongs to */
	bool *probe;			/* [nr] a load through a kernel pointer: a bad address reads zero */
	struct bpf_insn *insns;
	const struct bpf_func_desc **func;	/* [nr] of calls, for messages */
	u32 nr;
	struct bpf_vm_env env;
	struct vm_entry *entry;
	u32 nr_entries;
	u32 max_ctx;			/* bytes of a plain context that it uses */
	u64 bad_reads;			/* (a) */
	bool *reported;			/* (a) [nr] a bad read of this load has been reported */
};

/* Replace opcodes by labels of the interpreter. */
void vm_link(struct bpf_vm_prog *vp);

/* bpf/vm_mem.c: accesses that miss what the interpreter checks itself. Do they let the execution go on? */
bool vm_load_slow(struct bpf_exec *x, const struct vm_op *op, u64 addr, u32 size, u64 *v);
bool vm_store_slow(struct bpf_exec *x, const struct vm_op *op, u64 addr, u32 size, u64 v);
/* An ATOMIC op; @r: registers */
bool vm_atomic(struct bpf_exec *x, const struct vm_op *op, u64 *r);

/* Record a fault at @op: "12: (7b) *(u64 *)(r1 +8) = r2: " and the message. */
void vm_fault(struct bpf_exec *x, const struct vm_op *op, enum bpf_fault_kind kind, u64 value, u32 size,
	      const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* bpf/call.c: what is at @addr, for messages: "NULL", "0x10 (...)". Returns @buf. */
const char *bpf_describe(const struct bpf_exec *x, u64 addr, char *buf, size_t len);

/* A synchronisation point: the CPU's clock gets the time of what was executed and @ns more. */
static inline void vm_sync(struct bpf_exec *x, bool call)
{
	struct mcpu *c = this_mcpu;
	u64 ps;

	if (!c)
		return;
	ps = (x->insns - x->charged) * c->m->costs.insn_ps + c->insn_ps;
	x->charged = x->insns;
	c->insn_ps = ps % 1000;
	mach_charge(ps / 1000 + (call ? c->m->costs.kfunc_ns : 0));
	mach_sync();
}

#endif
