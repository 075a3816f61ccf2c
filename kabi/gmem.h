/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory: the one range of addresses that BPF programs can reach.
 *
 *	lo                     mid                        hi
 *	| kernel objects  <--  |  -->  map values, stacks |
 *	|   programs read      |    programs read, write  |
 *
 * A guest address is the host address of the same byte, and the range is at a fixed place, so addresses are
 * the same in every run. Kernel objects grow down from @mid, what programs may write grows up, so one
 * comparison checks a load (lo <= a, a + size <= hi) and one a store (mid <= a). Everything between lo and hi
 * is mapped.
 *
 * Kernel objects come from slabs, one per type, so that a pointer that a program passes can be looked up:
 * which type, which object, alive or not. Each slab can have a host-side companion for every object, for what
 * BPF must not see.
 *
 * One guest memory exists per process, since its place is fixed (design.md: "one guest address space per
 * process").
 *
 * Allocating and freeing is not thread-safe: a machine whose CPUs are host threads does it under a lock of
 * its own, and calls kslab_at() and kslab_capacity() under the same lock. The range checks, kslab_find() and
 * what maps an object to its slot, generation and companion may run beside an allocation.
 */
#ifndef KABI_GMEM_H
#define KABI_GMEM_H

#include "kabi/types.h"

/*
 * [GMEM_MID - GMEM_MAX, GMEM_MID + GMEM_MAX) is where 64-bit x86 has nothing by itself (position-independent
 * programs are loaded at 0x555555554000 and above) and what all tools let a program use: ThreadSanitizer has
 * its shadow right below 0x550000000000. The size is address space, not memory; it is the same with
 * sanitizers and valgrind.
 */
#define GMEM_MID   0x551000000000ull
#define GMEM_MAX   (64ull << 30)		/* bytes, on each side of mid */

struct gmem {
	u64 lo, mid, hi;	/* guest addresses; lo and hi move as memory is allocated */
	struct gmem_impl *impl;
};

/*
 * Reserve the range. 0 and *@out, or -EBUSY: something else is mapped there (@err says what), -ENOMEM.
 */
int gmem_create(struct gmem **out, char *err, size_t err_len);
void gmem_destroy(struct gmem *g);

static inline bool gmem_can_read(const struct gmem *g, u64 addr, u64 size)
{
	u64 lo = __atomic_load_n(&g->lo, __ATOMIC_RELAXED);
	u64 hi = __atomic_load_n(&g->hi, __ATOMIC_RELAXED);

	return addr - lo <= hi - lo && size <= hi - addr;
}

static inline bool gmem_can_write(const struct gmem *g, u64 addr, u64 size)
{
	u64 hi = __atomic_load_n(&g->hi, __ATOMIC_RELAXED);

	return addr - g->mid <= hi - g->mid && size <= hi - addr;
}

/*
 * Zeroed memory that programs may write (map values, stacks). @align: power of two. NULL: out of memory.
 * Freed memory is used again by later allocations of the same size, zeroed, in a deterministic order.
 */
void *gmem_alloc_rw(struct gmem *g, size_t size, size_t align);
void gmem_free_rw(struct gmem *g, void *p, size_t size);
/*
 * The same, page aligned and backed by a memfd of its own, for maps that a loader mmaps. *@fd is the memfd;
 * it stays open until gmem_free_shared, which takes the same @size. NULL: errno says why (memory,
 * descriptors).
 */
void *gmem_alloc_shared(struct gmem *g, size_t size, int *fd);
void gmem_free_shared(struct gmem *g, void *p, size_t size);

/*
 * A slab of kernel objects of one type.
 * @type_name: the BTF name of the object's struct; two slabs may share it (objects of different sizes)
 * @companion_size: bytes of host memory beside each object, 0 for none
 */
#define KSLAB_MAX_SIZE (1u << 20)	/* bytes of an object, rounded up to its alignment */

struct kslab;
struct kslab *kslab_create(struct gmem *g, const char *type_name, size_t size, size_t align,
			   size_t companion_size);
/* Zeroed object (and companion). Lowest free slot first. NULL: out of memory. */
void *kslab_alloc(struct kslab *s);
void kslab_free(struct kslab *s, void *obj);
size_t kslab_size(const struct kslab *s);
const char *kslab_type_name(const struct kslab *s);
/* How often this slot was allocated so far: handles carry it to notice that an object was replaced. */
u32 kslab_generation(const struct kslab *s, const void *obj);
/*
 * The live kernel object that contains @addr: its slab and start, or NULL (not a kernel object, or freed).
 */
struct kslab *kslab_find(const struct gmem *g, u64 addr, void **obj);
/* The host-side companion of @obj, which must be an object of @s. O(1). */
void *kslab_companion(const struct kslab *s, const void *obj);
/* Object number @i in allocation order of slots if it is alive, else NULL; i < kslab_capacity(). */
void *kslab_at(const struct kslab *s, u32 i);
u32 kslab_capacity(const struct kslab *s);
/* The slot number of @obj; stable for its life and never a function of host addresses. */
u32 kslab_index(const struct kslab *s, const void *obj);

#endif
