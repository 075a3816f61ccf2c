// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/check_val.h"

static bool has_payload(enum val_type t)
{
	return t == VAL_CONST || t == VAL_STACK || t == VAL_CTX;
}

bool val_equal(struct val a, struct val b)
{
	return a.type == b.type && (!has_payload(a.type) || a.c == b.c);
}

struct val val_join(struct val a, struct val b)
{
	enum val_type t = a.type > b.type ? a.type : b.type;

	if (val_equal(a, b) || b.type == VAL_NONE)
		return a;
	if (a.type == VAL_NONE)
		return b;
	if (val_is_stack(a) && val_is_stack(b))
		return val_of(VAL_STACK_ANY);
	return val_of(t > VAL_SCALAR ? t : VAL_SCALAR);
}

struct val val_loaded(struct val base)
{
	switch (base.type) {
	case VAL_NONE:
		return val_of(VAL_NONE);
	case VAL_LOADED:
	case VAL_FOREIGN:
	case VAL_KPTR:
		return val_of(VAL_KPTR);
	default:
		return val_of(VAL_LOADED);
	}
}

/* A pointer with an unknown number added. */
static struct val val_moved(struct val p, struct val by)
{
	enum val_type t = p.type > by.type ? p.type : by.type;

	if (val_is_stack(p) || val_is_stack(by))
		return val_of(VAL_STACK_ANY);
	return val_of(t > VAL_SCALAR ? t : VAL_SCALAR);
}

struct val val_add(struct val a, struct val b)
{
	struct val t;

	if (a.type == VAL_NONE || b.type == VAL_NONE)
		return val_of(VAL_NONE);
	if (a.type == VAL_CONST) {
		t = a;
		a = b;
		b = t;
	}
	if (b.type != VAL_CONST)
		return val_moved(a, b);
	if (has_payload(a.type))
		a.c = (u64)a.c + (u64)b.c;
	return a;
}

struct val val_sub(struct val a, struct val b)
{
	if (a.type == VAL_NONE || b.type == VAL_NONE)
		return val_of(VAL_NONE);
	if (b.type == VAL_CONST)
		return val_add(a, val_const(-(u64)b.c));
	/* the difference of two pointers is a number */
	if (a.type == b.type || a.type == VAL_CONST || val_is_stack(b))
		return val_of(VAL_SCALAR);
	return val_moved(a, val_of(VAL_SCALAR));
}

void fstate_init(struct fstate *st)
{
	for (int i = 0; i < MAX_BPF_REG; i++)
		st->reg[i] = val_of(VAL_NONE);
	st->reg[BPF_REG_10] = (struct val){ VAL_STACK, 0 };
	st->nr_slots = 0;
}

static struct val get_slot(const struct fstate *st, u32 i)
{
	return i < st->nr_slots ? st->slot[i] : val_const(0);
}

static void set_slot(struct fstate *st, u32 i, struct val v)
{
	while (st->nr_slots <= i)
		st->slot[st->nr_slots++] = val_const(0);
	st->slot[i] = v;
}

/* The slot that holds the byte at @off, and which byte of it that is */
static u32 slot_of(s64 off, u32 *byte)
{
	u32 i = (-off - 1) / 8;

	*byte = off + 8 * ((s64)i + 1);
	return i;
}

static u64 size_mask(u32 size)
{
	return size == 8 ? ~0ull : (1ull << size * 8) - 1;
}

struct val fstate_read(const struct fstate *st, s64 off, u32 size)
{
	u32 byte, i = slot_of(off, &byte);
	struct val v = get_slot(st, i);

	if (byte + size > 8)
		return val_of(VAL_SCALAR);
	if (v.type == VAL_CONST)
		return val_const((u64)v.c >> byte * 8 & size_mask(size));
	return size == 8 ? v : val_of(VAL_SCALAR);
}

void fstate_write(struct fstate *st, s64 off, u32 size, struct val v)
{
	u32 byte, i = slot_of(off, &byte), last = slot_of(off + size - 1, &(u32){ 0 });
	struct val old = get_slot(st, i);

	if (size == 8 && !byte) {
		set_slot(st, i, v);
	} else if (i != last) {
		set_slot(st, i, val_of(VAL_SCALAR));
		set_slot(st, last, val_of(VAL_SCALAR));
	} else if (old.type == VAL_CONST && v.type == VAL_CONST) {
		u64 mask = size_mask(size) << byte * 8;

		set_slot(st, i, val_const(((u64)old.c & ~mask) | ((u64)v.c << byte * 8 & mask)));
	} else {
		set_slot(st, i, val_of(VAL_SCALAR));
	}
}

struct val fstate_read_any(const struct fstate *st, u32 size)
{
	struct val v = val_of(VAL_SCALAR);

	for (u32 i = 0; i < st->nr_slots && size == 8; i++)
		v = val_join(v, st->slot[i]);
	return v;
}

void fstate_write_any(struct fstate *st, u32 size, struct val v)
{
	if (size < 8)
		v = val_of(VAL_SCALAR);
	for (u32 i = 0; i < NR_STACK_SLOTS; i++)
		set_slot(st, i, val_join(get_slot(st, i), v));
}

void fstate_clobber(struct fstate *st, s64 off, s64 size)
{
	s64 end = off + size < 0 ? off + size : 0;

	for (s64 o = off < -BPF_FRAME_SIZE ? -BPF_FRAME_SIZE : off; o < end; o = (o & ~7ll) + 8)
		set_slot(st, slot_of(o, &(u32){ 0 }), val_of(VAL_SCALAR));
}

void fstate_escape(struct fstate *st, s64 off)
{
	u32 nr = off < -BPF_FRAME_SIZE ? NR_STACK_SLOTS : (u32)(-off + 7) / 8;

	/* an object that points to another one of this frame lets that be written, too */
	for (u32 i = 0; i < nr && i < st->nr_slots; i++)
		if (val_is_stack(st->slot[i]))
			nr = NR_STACK_SLOTS;
	for (u32 i = 0; i < nr; i++) {
		struct val v = get_slot(st, i);

		if (val_is_stack(v))
			set_slot(st, i, val_of(VAL_STACK_ANY));
		else if (v.type != VAL_CTX)
			set_slot(st, i, val_of(VAL_KPTR));
	}
}
