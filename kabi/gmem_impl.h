/* SPDX-License-Identifier: GPL-2.0-only */
/* What kabi/gmem.c and kabi/kslab.c share. */
#ifndef KABI_GMEM_IMPL_H
#define KABI_GMEM_IMPL_H

#include "kabi/gmem.h"

/* The unit in which both sides grow: a power of two, at least a page. */
#define GMEM_UNIT_SHIFT	16
#define GMEM_UNIT	(1ull << GMEM_UNIT_SHIFT)
#define GMEM_UNITS	(GMEM_MAX >> GMEM_UNIT_SHIFT)

struct kchunk;
struct rw_side;

struct gmem_impl {
	struct rw_side *rw;
	/* of the unit that begins GMEM_UNIT * (i + 1) below mid, the chunk it belongs to */
	struct kchunk **chunk_of_unit;
	struct kslab *slabs;
};

/*
 * Move g->lo down by @bytes, a multiple of GMEM_UNIT, and make what is new readable and writable. 0 or
 * -ENOMEM.
 */
int gmem_grow_down(struct gmem *g, u64 bytes);

/* Free the host side of all slabs. */
void kslabs_destroy(struct gmem *g);

#endif
