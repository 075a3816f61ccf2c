/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histogram of ns: 64 buckets in each octave, exact below 128. A percentile is the middle of its
 * bucket, so it is off by at most 1/128 (0.8 %); minimum and maximum are exact. Memory: 512 bytes for each
 * octave that occurs.
 */
#ifndef TRACE_HIST_H
#define TRACE_HIST_H

#include "kabi/types.h"

#define HIST_SUB_BITS	6
#define HIST_SUB	(1 << HIST_SUB_BITS)
/* octave 0 holds 0..63, octave k the values from 64 << (k - 1) on */
#define HIST_OCTAVES	(64 - HIST_SUB_BITS + 1)

struct hist {
	u64 n;
	u64 min, max;			/* valid if n */
	u64 *octave[HIST_OCTAVES];	/* [HIST_SUB] counts, NULL: all 0 */
};

/* 0 or -ENOMEM */
int hist_add(struct hist *h, u64 v);
/* Add what is in @from to @h. 0 or -ENOMEM */
int hist_merge(struct hist *h, const struct hist *from);
/* The smallest value that at least @permille / 1000 of all values do not exceed; 0 if there are none. */
u64 hist_percentile(const struct hist *h, u32 permille);
/* Frees the counts; @h is empty afterwards. */
void hist_clear(struct hist *h);

#endif
