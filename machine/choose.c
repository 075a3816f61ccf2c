// SPDX-License-Identifier: GPL-2.0-only
/*
 * The free choices of the simulation: a generator per kind, so that one kind asking more often does not shift
 * the answers of another. splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * OOPSLA 2014).
 */
#include "machine/internal.h"

#define GOLDEN_GAMMA 0x9e3779b97f4a7c15ull

static u64 mix64(u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

void choose_init(struct machine *m)
{
	for (u32 kind = 0; kind < CHOOSE_NR; kind++)
		m->choose[kind] = mix64(mix64(m->seed + GOLDEN_GAMMA) + kind);
}

static u32 next32(struct machine *m, enum choose_kind kind)
{
	/* atomic: on a machine of several host threads all CPUs draw from the same generators */
	return mix64(__atomic_add_fetch(&m->choose[kind], GOLDEN_GAMMA, __ATOMIC_RELAXED)) >> 32;
}

u32 mach_choose(struct machine *m, enum choose_kind kind, u32 n)
{
	u64 x;

	if (n == 1)
		return 0;
	if (!n)
		return next32(m, kind);
	/*
	 * The upper half of a product is nearly uniform; it is exactly so without the 2^32 mod n smallest
	 * lower halves (Lemire: Fast random integer generation in an interval, ACM TOMACS 2019).
	 */
	x = (u64)next32(m, kind) * n;
	if (unlikely((u32)x < n)) {
		u32 reject = -n % n;

		while ((u32)x < reject)
			x = (u64)next32(m, kind) * n;
	}
	return x >> 32;
}
