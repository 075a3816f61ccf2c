/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bob Jenkins' lookup3 hash as the kernel's hash maps use it (include/linux/jhash.h): with the same seed the
 * order of elements is the kernel's.
 */
#ifndef BPF_JHASH_H
#define BPF_JHASH_H

#include <string.h>

#include "kabi/types.h"

static inline u32 jhash_rol(u32 v, u32 by) { return v << by | v >> (32 - by); }

static inline u32 jhash_word(const u8 *p, u32 n)
{
	u32 v = 0;

	memcpy(&v, p, n < 4 ? n : 4);
	return v;
}

/* lookup3's mix and final of three words */
static inline void jhash_mix(u32 v[3])
{
	static const u8 by[6] = { 4, 6, 8, 16, 19, 4 };

	for (u32 i = 0; i < 6; i++) {
		u32 *a = &v[i % 3], *b = &v[(i + 1) % 3], *c = &v[(i + 2) % 3];

		*a = (*a - *c) ^ jhash_rol(*c, by[i]);
		*c += *b;
	}
}

static inline void jhash_final(u32 v[3])
{
	static const u8 by[7] = { 14, 11, 25, 16, 4, 14, 24 };

	/* c, a, b, c, a, b, c: each is changed with the one that was changed before it */
	for (u32 i = 0; i < 7; i++) {
		u32 *to = &v[(i + 2) % 3], *from = &v[(i + 1) % 3];

		*to = (*to ^ *from) - jhash_rol(*from, by[i]);
	}
}

/* @len bytes. Lengths that are multiples of 4 hash the same by words and by bytes on little-endian machines. */
static inline u32 jhash(const void *key, u32 len, u32 seed)
{
	u32 init = 0xdeadbeef + len + seed, v[3] = { init, init, init };
	const u8 *p = key;

	for (; len > 12; len -= 12, p += 12) {
		for (u32 i = 0; i < 3; i++)
			v[i] += jhash_word(p + 4 * i, 4);
		jhash_mix(v);
	}
	if (!len)
		return v[2];
	for (u32 i = 0; i < 3 && len > 4 * i; i++)
		v[i] += jhash_word(p + 4 * i, len - 4 * i);
	jhash_final(v);
	return v[2];
}

#endif
