/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of the dataflow at load, and the state of a function that they make up.
 *
 * What is asked is: may a load through this register go wrong in the kernel, so that it reads zero
 * (BPF_PROBE_MEM)? The kernel knows the BTF type of each pointer on each path; this analysis joins paths.
 * Where it cannot tell it decides for the kernel pointer: for a program that the kernel accepts that is never
 * wrong, since there only loads through kernel pointers can go wrong at all.
 */
#ifndef BPF_CHECK_VAL_H
#define BPF_CHECK_VAL_H

#include "bpf/vm.h"

#define NR_STACK_SLOTS (BPF_FRAME_SIZE / 8)

/*
 * In order of ignorance: a join of different types is the greater one, but at least VAL_SCALAR if one is
 * above the line.
 */
enum val_type {
	VAL_NONE,	/* never written on any path */
	VAL_CONST,	/* the number @c (a map address, too) */
	VAL_STACK,	/* @c bytes from the top of the function's frame, negative */
	VAL_CTX,	/* @c bytes from the start of the context */
	VAL_STACK_ANY,	/* somewhere in the frame */
	/* -- */
	VAL_SCALAR,	/* any number; a pointer to map memory, too */
	VAL_LOADED,	/* 8 bytes loaded through such a pointer: may be a kptr in a map value */
	VAL_FOREIGN,	/* points to memory of a caller's frame, or argument of a callback */
	VAL_KPTR,	/* kernel pointer; 8 bytes loaded from where they may be one */
};

struct val {
	enum val_type type;
	s64 c;
};

/* Slot i is 8 (i + 1) bytes below the frame's top. Frames start zeroed: slots from @nr_slots on are 0. */
struct fstate {
	struct val reg[MAX_BPF_REG];
	u32 nr_slots;
	struct val slot[NR_STACK_SLOTS];
};

static inline struct val val_const(s64 c) { return (struct val){ VAL_CONST, c }; }
static inline struct val val_of(enum val_type t) { return (struct val){ t, 0 }; }
static inline bool val_is_stack(struct val v) { return v.type == VAL_STACK || v.type == VAL_STACK_ANY; }

bool val_equal(struct val a, struct val b);
struct val val_join(struct val a, struct val b);
/* What an 8-byte load through a pointer @base to other than the context or the own frame gives. */
struct val val_loaded(struct val base);
/* @a + @b, @a - @b in 64 bits */
struct val val_add(struct val a, struct val b);
struct val val_sub(struct val a, struct val b);

/* State at the entry of a function: arguments not set. */
void fstate_init(struct fstate *st);
/* Read or write @size bytes at @off from the top of the frame; in bounds. Reads zero-extend constants. */
struct val fstate_read(const struct fstate *st, s64 off, u32 size);
void fstate_write(struct fstate *st, s64 off, u32 size, struct val v);
/* The same somewhere in the frame. */
struct val fstate_read_any(const struct fstate *st, u32 size);
void fstate_write_any(struct fstate *st, u32 size, struct val v);
/* Somebody unknown writes scalars to [off, off + size). */
void fstate_clobber(struct fstate *st, s64 off, s64 size);
/* Somebody unknown may write anything from @off up to the frame's top, and to where pointers there point. */
void fstate_escape(struct fstate *st, s64 off);

#endif
