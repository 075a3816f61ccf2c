/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/hist.h"

/* log2 of the width of the buckets in octave @o */
static u32 octave_shift(u32 o)
{
	return o ? o - 1 : 0;
}

static int octave_alloc(struct hist *h, u32 o)
{
	h->octave[o] = calloc(HIST_SUB, sizeof(u64));
	return h->octave[o] ? 0 : -ENOMEM;
}

int hist_add(struct hist *h, u64 v)
{
	u32 msb = 63 - __builtin_clzll(v | 1);
	u32 o = msb < HIST_SUB_BITS ? 0 : msb - HIST_SUB_BITS + 1;

	if (!h->octave[o] && octave_alloc(h, o))
		return -ENOMEM;
	h->octave[o][(v >> octave_shift(o)) & (HIST_SUB - 1)]++;
	if (!h->n || v < h->min)
		h->min = v;
	if (!h->n || v > h->max)
		h->max = v;
	h->n++;
	return 0;
}

int hist_merge(struct hist *h, const struct hist *from)
{
	u32 o, i;

	if (!from->n)
		return 0;
	for (o = 0; o < HIST_OCTAVES; o++) {
		if (!from->octave[o])
			continue;
		if (!h->octave[o] && octave_alloc(h, o))
			return -ENOMEM;
		for (i = 0; i < HIST_SUB; i++)
			h->octave[o][i] += from->octave[o][i];
	}
	if (!h->n || from->min < h->min)
		h->min = from->min;
	if (!h->n || from->max > h->max)
		h->max = from->max;
	h->n += from->n;
	return 0;
}

static u64 bucket_middle(u32 o, u32 i)
{
	u32 shift = octave_shift(o);
	u64 low = (u64)(o ? HIST_SUB + i : i) << shift;

	return low + ((1ull << shift) >> 1);
}

u64 hist_percentile(const struct hist *h, u32 permille)
{
	u64 seen = 0, rank, v;
	u32 o, i;

	if (!h->n)
		return 0;
	/* n / 1000 * permille would lose the remainder, n * permille could overflow */
	rank = h->n / 1000 * permille + (h->n % 1000 * permille + 999) / 1000;
	if (!rank)
		rank = 1;
	for (o = 0; o < HIST_OCTAVES; o++) {
		if (!h->octave[o])
			continue;
		for (i = 0; i < HIST_SUB; i++) {
			seen += h->octave[o][i];
			if (seen < rank)
				continue;
			v = bucket_middle(o, i);
			return v < h->min ? h->min : v > h->max ? h->max : v;
		}
	}
	return h->max;
}

void hist_clear(struct hist *h)
{
	u32 o;

	for (o = 0; o < HIST_OCTAVES; o++)
		free(h->octave[o]);
	memset(h, 0, sizeof(*h));
}
