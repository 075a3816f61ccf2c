// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interpreter: direct threaded code. Registers are local; what others may look at (x->insns, x->insn,
 * x->frames) is brought up to date before a call, and guest memory's bounds are read again after it.
 */
#include <assert.h>
#include <string.h>

#include "bpf/vm_impl.h"

/* Races of guest programs are the guest's; atomics are in vm_mem.c, which thread sanitizers do see. */
#define GUEST_RACES __attribute__((no_sanitize("thread")))

/* What a call of a subprogram saves */
struct vm_frame {
	const struct vm_op *ret;
	u64 r6, r7, r8, r9;
};

static u64 frame_top(const struct bpf_exec *x, u32 depth)
{
	return x->stack + (BPF_MAX_FRAMES - depth) * BPF_FRAME_SIZE;
}

/* Frames start zeroed as deep as their function reaches: what was never written reads 0 in every run. */
static void zero_frame(u64 top, u64 size)
{
	if (size)
		memset((void *)(uintptr_t)(top - size), 0, size);
}

static void fault_budget(struct bpf_exec *x, const struct vm_op *op)
{
	vm_fault(x, op, BPF_FAULT_BUDGET, x->insns, 0, "%s (%llu): it loops for too long or for ever",
		 bpf_fault_text(BPF_FAULT_BUDGET), (unsigned long long)x->budget);
}

static void fault_depth(struct bpf_exec *x, const struct vm_op *op)
{
	vm_fault(x, op, BPF_FAULT_DEPTH, BPF_MAX_FRAMES, 0, "%s: at most %d functions can be active",
		 bpf_fault_text(BPF_FAULT_DEPTH), BPF_MAX_FRAMES);
}

static void fault_trap(struct bpf_exec *x, const struct vm_op *op)
{
	if (op->imm == VM_TRAP_KFUNC)
		vm_fault(x, op, BPF_FAULT_CALL, 0, 0, "%s", bpf_fault_text(BPF_FAULT_CALL));
	else
		vm_fault(x, op, BPF_FAULT_CALL, 0, 0,
			 "reached code that was dead when the program was loaded: a value that decides "
			 "branches changed");
}

/*
 * Execute from @op in the frame number x->frames. Returns r0, or 0 with x->fault set. With @x NULL: replace the
 * opcodes of @link, @nr of them, by labels.
 */
GUEST_RACES static u64 interpret(struct bpf_exec *x, const struct vm_op *op, const u64 *args,
				 struct vm_op *link, u32 nr)
{
#define LABEL4(name, expr) &&name##64X, &&name##64K, &&name##32X, &&name##32K,
#define LABEL(name) &&name,
	static const void *const label[VM_NR_OPS] = {
		BPF_ALU_TABLE(LABEL4, u64, s64, 64)
		BPF_JMP_TABLE(LABEL4, s64)
		VM_OTHER_OPS(LABEL)
	};
#undef LABEL4
#undef LABEL
	struct vm_frame frame[BPF_MAX_FRAMES];
	const struct gmem *g;
	u64 r[MAX_BPF_REG], lo, mid, readable, writable;
	s64 limit, left;
	u32 base, depth;

	if (!x) {
		for (u32 i = 0; i < nr; i++)
			link[i].label = label[link[i].opcode];
		return 0;
	}

/* Count of instructions: @left of @limit remain. */
#define PUBLISH() (x->insns = limit - left)
#define REFRESH() \
	(left = limit - (s64)x->insns, lo = g->lo, mid = g->mid, \
	 readable = g->hi - lo, writable = g->hi - mid)
#define GO() goto *op->label
#define NEXT() do { op++; GO(); } while (0)
/* Enter the block at @op. */
#define BLOCK() do { \
		left -= op->n; \
		if (unlikely(left < 0)) \
			goto over_budget; \
		GO(); \
	} while (0)
#define DST r[op->dst]
#define SRC r[op->src]

	g = x->g;
	base = depth = x->frames;
	x->frames = depth + 1;
	limit = x->budget > INT64_MAX ? INT64_MAX : (s64)x->budget;
	REFRESH();
	r[BPF_REG_0] = 0;
	for (u32 i = 0; i < 5; i++)
		r[BPF_REG_1 + i] = args[i];
	r[BPF_REG_6] = r[BPF_REG_7] = r[BPF_REG_8] = r[BPF_REG_9] = 0;
	r[BPF_REG_10] = frame_top(x, depth);
	BLOCK();

#define ALU(name, expr) \
	name##64X: DST = bpf_##name##64(DST, SRC); NEXT(); \
	name##64K: DST = bpf_##name##64(DST, op->imm); NEXT(); \
	name##32X: DST = bpf_##name##32(DST, SRC); NEXT(); \
	name##32K: DST = bpf_##name##32(DST, op->imm); NEXT();
	BPF_ALU_TABLE(ALU, u64, s64, 64)
#undef ALU

#define BRANCH(condition) do { \
		if (condition) { \
			op += op->off; \
			BLOCK(); \
		} \
		op++; \
		BLOCK(); \
	} while (0)
#define JMP(name, expr) \
	name##64X: BRANCH(bpf_##name##64(DST, SRC)); \
	name##64K: BRANCH(bpf_##name##64(DST, op->imm)); \
	name##32X: BRANCH(bpf_##name##32(DST, SRC)); \
	name##32K: BRANCH(bpf_##name##32(DST, op->imm));
	BPF_JMP_TABLE(JMP, s64)
#undef JMP

#define UNARY(name, expr) name: DST = (expr); NEXT();
	UNARY(NEG64, -DST)
	UNARY(NEG32, (u32)-(u32)DST)
	UNARY(SEXT64_8, bpf_sext(SRC, 8))
	UNARY(SEXT64_16, bpf_sext(SRC, 16))
	UNARY(SEXT64_32, bpf_sext(SRC, 32))
	UNARY(SEXT32_8, (u32)bpf_sext(SRC, 8))
	UNARY(SEXT32_16, (u32)bpf_sext(SRC, 16))
	UNARY(ZEXT16, (u16)DST)
	UNARY(ZEXT32, (u32)DST)
	UNARY(NOP, DST)
	UNARY(BSWAP16, bpf_bswap(DST, 16))
	UNARY(BSWAP32, bpf_bswap(DST, 32))
	UNARY(BSWAP64, bpf_bswap(DST, 64))
#undef UNARY

/* The bounds may be older than memory that another CPU or the slow path itself has added: it looks again. */
#define LOAD(name, type) \
	name: { \
		u64 addr = SRC + (s64)op->off, v; \
		type t; \
		if (likely(addr - lo <= readable - sizeof(t))) { \
			__builtin_memcpy(&t, (const void *)(uintptr_t)addr, sizeof(t)); \
		} else { \
			PUBLISH(); \
			if (!vm_load_slow(x, op, addr, sizeof(t), &v)) \
				goto fault; \
			REFRESH(); \
			t = v; \
		} \
		DST = t; \
		NEXT(); \
	}
	LOAD(LDXB, u8)
	LOAD(LDXH, u16)
	LOAD(LDXW, u32)
	LOAD(LDXDW, u64)
	LOAD(LDXSB, s8)
	LOAD(LDXSH, s16)
	LOAD(LDXSW, s32)
#undef LOAD

#define STORE(name, type, value) \
	name: { \
		u64 addr = DST + (s64)op->off; \
		type t = (value); \
		if (likely(addr - mid <= writable - sizeof(t))) { \
			__builtin_memcpy((void *)(uintptr_t)addr, &t, sizeof(t)); \
		} else { \
			PUBLISH(); \
			if (!vm_store_slow(x, op, addr, sizeof(t), t)) \
				goto fault; \
			REFRESH(); \
		} \
		NEXT(); \
	}
	STORE(STB, u8, op->imm)
	STORE(STH, u16, op->imm)
	STORE(STW, u32, op->imm)
	STORE(STDW, u64, op->imm)
	STORE(STXB, u8, SRC)
	STORE(STXH, u16, SRC)
	STORE(STXW, u32, SRC)
	STORE(STXDW, u64, SRC)
#undef STORE

ATOMIC:
	PUBLISH();
	if (!vm_atomic(x, op, r))
		goto fault;
	REFRESH();
	op++;
	BLOCK();

JA:
	op += op->off;
	BLOCK();

FALL:
	op++;
	BLOCK();

CALL:
	PUBLISH();
	x->insn = op->off;
	x->frames = depth + 1;
	vm_sync(x, true);
	r[BPF_REG_0] = bpf_call(x, (const struct bpf_func_desc *)(uintptr_t)op->imm, &r[BPF_REG_1]);
	if (unlikely(x->fault.kind))
		goto fault;
	REFRESH();
	op++;
	BLOCK();

CALLSUB:
	if (unlikely(depth + 1 == BPF_MAX_FRAMES)) {
		PUBLISH();
		fault_depth(x, op);
		goto fault;
	}
	frame[depth++] = (struct vm_frame){ op + 1, r[BPF_REG_6], r[BPF_REG_7], r[BPF_REG_8], r[BPF_REG_9] };
	r[BPF_REG_10] -= BPF_FRAME_SIZE;
	zero_frame(r[BPF_REG_10], op->imm);
	op += op->off;
	BLOCK();

EXIT:
	if (depth == base) {
		PUBLISH();
		x->frames = base;
		return r[BPF_REG_0];
	}
	depth--;
	r[BPF_REG_6] = frame[depth].r6;
	r[BPF_REG_7] = frame[depth].r7;
	r[BPF_REG_8] = frame[depth].r8;
	r[BPF_REG_9] = frame[depth].r9;
	r[BPF_REG_10] += BPF_FRAME_SIZE;
	op = frame[depth].ret;
	BLOCK();

TRAP:
	PUBLISH();
	fault_trap(x, op);
	goto fault;

over_budget:
	PUBLISH();
	fault_budget(x, op);
fault:
	x->frames = base;
	return 0;
}

void vm_link(struct bpf_vm_prog *vp)
{
	interpret(NULL, NULL, NULL, vp->ops, vp->nr_ops);
}

static u64 enter(struct bpf_exec *x, const struct vm_entry *e, const u64 args[5])
{
	zero_frame(frame_top(x, x->frames), e->stack);
	return interpret(x, &x->vp->ops[e->op], args, NULL, 0);
}

u64 bpf_vm_run(struct bpf_exec *x)
{
	const u64 args[5] = { x->ctx };
	u64 r0;

	/* also lets the interpreter assume that there are at least 8 bytes to read and to write */
	assert(gmem_can_write(x->g, x->stack, BPF_STACK_SIZE) && "stack of an execution is guest memory");
	x->insns = x->charged = 0;
	x->insn = x->frames = x->bad_reads = 0;
	x->fault.kind = BPF_FAULT_NONE;
	r0 = enter(x, &x->vp->entry[0], args);
	vm_sync(x, false);
	return r0;
}

static const struct vm_entry *find_entry(const struct bpf_vm_prog *vp, u64 insn)
{
	u32 l = 0, r = vp->nr_entries;

	while (l < r) {
		u32 m = l + (r - l) / 2;

		if (vp->entry[m].insn < insn)
			l = m + 1;
		else
			r = m;
	}
	return l < vp->nr_entries && vp->entry[l].insn == insn ? &vp->entry[l] : NULL;
}

u64 bpf_vm_callback(struct bpf_exec *x, u64 entry, const u64 args[5])
{
	const struct vm_entry *e = find_entry(x->vp, entry);
	bool nested = x->frames;
	u32 insn = x->insn;
	u64 r0;

	assert(gmem_can_write(x->g, x->stack, BPF_STACK_SIZE) && "stack of an execution is guest memory");
	if (x->fault.kind)
		return 0;
	if (!e) {
		bpf_fault(x, BPF_FAULT_ARG, entry, 0,
			  "callback must be a function of the program, got %llu, where none begins",
			  (unsigned long long)entry);
		return 0;
	}
	if (x->frames == BPF_MAX_FRAMES) {
		bpf_fault(x, BPF_FAULT_DEPTH, BPF_MAX_FRAMES, 0, "%s: at most %d functions can be active",
			  bpf_fault_text(BPF_FAULT_DEPTH), BPF_MAX_FRAMES);
		return 0;
	}
	r0 = enter(x, e, args);
	x->insn = insn;
	if (!nested)
		vm_sync(x, false);
	return r0;
}
