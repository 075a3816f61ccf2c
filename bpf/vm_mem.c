// SPDX-License-Identifier: GPL-2.0-only
/* Memory accesses of the interpreter that are rare or not simple. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf/vm_impl.h"

void vm_fault(struct bpf_exec *x, const struct vm_op *op, enum bpf_fault_kind kind, u64 value, u32 size,
	      const char *fmt, ...)
{
	char insn[160], msg[256];
	va_list ap;

	x->insn = x->vp->insn_of[op - x->vp->ops];
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	bpf_fault(x, kind, value, size, "%s: %s", bpf_vm_disasm(x->vp, x->insn, insn, sizeof(insn)), msg);
}

u64 bpf_vm_bad_reads(const struct bpf_vm_prog *vp)
{
	return __atomic_load_n(&vp->bad_reads, __ATOMIC_RELAXED);
}

/* A load like the kernel's BPF_PROBE_MEM faulted: it reads zero. */
static void bad_read(struct bpf_exec *x, u32 insn, u64 addr, u32 size)
{
	struct bpf_vm_prog *vp = x->vp;
	char text[160], where[128], msg[320];

	x->bad_reads++;
	__atomic_fetch_add(&vp->bad_reads, 1, __ATOMIC_RELAXED);
	if (!vp->env.bad_read || __atomic_exchange_n(&vp->reported[insn], true, __ATOMIC_RELAXED))
		return;
	snprintf(msg, sizeof(msg),
		 "%s: read of %u bytes through a kernel pointer at %s: gives 0, as in the kernel",
		 bpf_vm_disasm(vp, insn, text, sizeof(text)), size,
		 bpf_describe(x, addr, where, sizeof(where)));
	vp->env.bad_read(x, insn, addr, size, msg);
}

bool vm_load_slow(struct bpf_exec *x, const struct vm_op *op, u64 addr, u32 size, u64 *v)
{
	u32 insn = x->vp->insn_of[op - x->vp->ops];
	char where[128];

	*v = 0;
	if (gmem_can_read(x->g, addr, size)) {
		memcpy(v, (const void *)(uintptr_t)addr, size);
		return true;
	}
	if (x->vp->probe[insn]) {
		bad_read(x, insn, addr, size);
		return true;
	}
	vm_fault(x, op, BPF_FAULT_LOAD, addr, size, "%s: %u bytes at %s", bpf_fault_text(BPF_FAULT_LOAD),
		 size, bpf_describe(x, addr, where, sizeof(where)));
	return false;
}

bool vm_store_slow(struct bpf_exec *x, const struct vm_op *op, u64 addr, u32 size, u64 v)
{
	char where[128];

	x->insn = x->vp->insn_of[op - x->vp->ops];
	if (gmem_can_write(x->g, addr, size)) {
		memcpy((void *)(uintptr_t)addr, &v, size);
		return true;
	}
	if (x->vp->env.store_kernel && x->vp->env.store_kernel(x, addr, size, v))
		return !x->fault.kind;
	vm_fault(x, op, BPF_FAULT_STORE, addr, size, "%s: %u bytes at %s", bpf_fault_text(BPF_FAULT_STORE),
		 size, bpf_describe(x, addr, where, sizeof(where)));
	return false;
}

/* --- atomics --- */

/* The read-modify-write @imm at @p; the old value is returned. */
#define RMW(type) \
	static type rmw_##type(type *p, s32 imm, type v, type expected) \
	{ \
		switch (imm & ~BPF_FETCH) { \
		case BPF_ADD: \
			return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST); \
		case BPF_AND: \
			return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST); \
		case BPF_OR: \
			return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); \
		case BPF_XOR: \
			return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST); \
		case BPF_XCHG & ~BPF_FETCH: \
			return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); \
		default: \
			__atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_SEQ_CST, \
						    __ATOMIC_SEQ_CST); \
			return expected; \
		} \
	}
RMW(u32)
RMW(u64)
#undef RMW

static u64 load_acquire(u64 addr, u32 size)
{
	const void *p = (const void *)(uintptr_t)addr;

	switch (size) {
	case 1:
		return __atomic_load_n((const u8 *)p, __ATOMIC_ACQUIRE);
	case 2:
		return __atomic_load_n((const u16 *)p, __ATOMIC_ACQUIRE);
	case 4:
		return __atomic_load_n((const u32 *)p, __ATOMIC_ACQUIRE);
	default:
		return __atomic_load_n((const u64 *)p, __ATOMIC_ACQUIRE);
	}
}

static void store_release(u64 addr, u32 size, u64 v)
{
	void *p = (void *)(uintptr_t)addr;

	switch (size) {
	case 1:
		__atomic_store_n((u8 *)p, v, __ATOMIC_RELEASE);
		break;
	case 2:
		__atomic_store_n((u16 *)p, v, __ATOMIC_RELEASE);
		break;
	case 4:
		__atomic_store_n((u32 *)p, v, __ATOMIC_RELEASE);
		break;
	default:
		__atomic_store_n((u64 *)p, v, __ATOMIC_RELEASE);
	}
}

/* The kernel's verifier demands natural alignment of atomics. */
static bool aligned(struct bpf_exec *x, const struct vm_op *op, u64 addr, u32 size, enum bpf_fault_kind kind)
{
	if (!(addr & (size - 1)))
		return true;
	vm_fault(x, op, kind, addr, size, "misaligned access: an atomic of %u bytes at 0x%llx", size,
		 (unsigned long long)addr);
	return false;
}

static bool atomic_load(struct bpf_exec *x, const struct vm_op *op, u64 *r, u32 size)
{
	u64 addr = r[op->src] + (s64)op->off;

	if (!gmem_can_read(x->g, addr, size))
		return vm_load_slow(x, op, addr, size, &r[op->dst]);
	if (!aligned(x, op, addr, size, BPF_FAULT_LOAD))
		return false;
	r[op->dst] = load_acquire(addr, size);
	return true;
}

bool vm_atomic(struct bpf_exec *x, const struct vm_op *op, u64 *r)
{
	u32 size = op->imm >> 32;
	s32 imm = (s32)op->imm;
	u64 addr = r[op->dst] + (s64)op->off, v = r[op->src], old;
	char where[128];

	vm_sync(x, false);
	if (imm == BPF_LOAD_ACQ)
		return atomic_load(x, op, r, size);
	if (!gmem_can_write(x->g, addr, size) && imm == BPF_STORE_REL)
		return vm_store_slow(x, op, addr, size, v);
	if (!gmem_can_write(x->g, addr, size)) {
		vm_fault(x, op, BPF_FAULT_STORE, addr, size, "%s: %u bytes at %s",
			 bpf_fault_text(BPF_FAULT_STORE), size, bpf_describe(x, addr, where, sizeof(where)));
		return false;
	}
	if (!aligned(x, op, addr, size, BPF_FAULT_STORE))
		return false;
	if (imm == BPF_STORE_REL) {
		store_release(addr, size, v);
		return true;
	}
	old = size == 4 ? rmw_u32((u32 *)(uintptr_t)addr, imm, v, r[BPF_REG_0]) :
			  rmw_u64((u64 *)(uintptr_t)addr, imm, v, r[BPF_REG_0]);
	if (imm == BPF_CMPXCHG)
		r[BPF_REG_0] = old;
	else if (imm & BPF_FETCH)
		r[op->src] = old;
	return true;
}
