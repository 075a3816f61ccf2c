// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enqueue and dequeue flags of other versions. The class uses the values of 7.2; of the lower 32 bits, which are the
 * core's, 6.12 has some elsewhere. The upper ones are the same.
 */
#include "sched/ext/internal.h"

struct flag_map {
	u32 v7_2, v6_12;
};

static const struct flag_map enq_map[] = {
	{ ENQUEUE_WAKEUP, 0x1 }, { ENQUEUE_RESTORE, 0x2 }, { ENQUEUE_MOVE, 0x4 }, { ENQUEUE_NOCLOCK, 0x8 },
	{ ENQUEUE_HEAD, 0x10 }, { ENQUEUE_MIGRATED, 0x40 }, { ENQUEUE_INITIAL, 0x80 }, { ENQUEUE_MIGRATING, 0x100 },
	{ ENQUEUE_DELAYED, 0x200 }, { ENQUEUE_RQ_SELECTED, 0x400 }, { ENQUEUE_CLASS, 0 },
};

static const struct flag_map deq_map[] = {
	{ DEQUEUE_SLEEP, 0x1 }, { DEQUEUE_SAVE, 0x2 }, { DEQUEUE_MOVE, 0x4 }, { DEQUEUE_NOCLOCK, 0x8 },
	{ DEQUEUE_SPECIAL, 0x10 }, { DEQUEUE_MIGRATING, 0x100 }, { DEQUEUE_DELAYED, 0x200 }, { DEQUEUE_CLASS, 0 },
};

#define NR_MAP(m) (sizeof(m) / sizeof((m)[0]))

static u64 flags_out(u64 flags, const struct flag_map *map, size_t n)
{
	u64 out = flags & ~0xffffffffull;

	for (size_t i = 0; i < n; i++)
		if (flags & map[i].v7_2)
			out |= map[i].v6_12;
	return out;
}

/* of what 6.12 has, in the lower bits */
#define ENQ_FLAGS_2022	0x7full		/* WAKEUP, RESTORE, MOVE, NOCLOCK, HEAD, REPLENISH, MIGRATED */
#define DEQ_FLAGS_2022	0xfull		/* SLEEP, SAVE, MOVE, NOCLOCK */

static u64 known(u64 flags, u64 of_2022)
{
	return feat(enq_flags_6_12) ? flags : flags & (~0xffffffffull | of_2022);
}

u64 __scx_enq_flags_out(u64 flags)
{
	return known(flags_out(flags, enq_map, NR_MAP(enq_map)), ENQ_FLAGS_2022);
}

u64 __scx_deq_flags_out(u64 flags)
{
	return known(flags_out(flags, deq_map, NR_MAP(deq_map)), DEQ_FLAGS_2022);
}

/* Bits that the version does not have are dropped, as the kernel ignores them. */
u64 __scx_enq_flags_in(u64 flags)
{
	u64 in = flags & ~0xffffffffull;

	for (size_t i = 0; i < NR_MAP(enq_map); i++)
		if (flags & enq_map[i].v6_12)
			in |= enq_map[i].v7_2;
	return in & ~SCX_ENQ_IMMED;
}
