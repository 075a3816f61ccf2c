// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU masks, word by word. Words are read and written with relaxed atomics, since single bits of a mask
 * change without a lock; bits at @nr and above are ignored and never set.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "kabi/cpumask.h"

static u32 nr_words(u32 nr)
{
	return (nr + 63) / 64;
}

/* The bits of word @w that belong to CPUs below @nr. */
static u64 valid(u32 w, u32 nr)
{
	return w == nr / 64 ? (1ull << nr % 64) - 1 : ~0ull;
}

static u64 word(const struct cpumask *m, u32 w, u32 nr)
{
	return __atomic_load_n(&cpumask_bits(m)[w], __ATOMIC_RELAXED) & valid(w, nr);
}

static void set_word(struct cpumask *m, u32 w, u64 bits)
{
	__atomic_store_n(&cpumask_bits(m)[w], bits, __ATOMIC_RELAXED);
}

void cpumask_clear(struct cpumask *m, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		set_word(m, w, 0);
}

void cpumask_setall(struct cpumask *m, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		set_word(m, w, valid(w, nr));
}

void cpumask_copy(struct cpumask *dst, const struct cpumask *src, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		set_word(dst, w, word(src, w, nr));
}

bool cpumask_and(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	u64 any = 0;

	for (u32 w = 0; w < nr_words(nr); w++) {
		u64 bits = word(a, w, nr) & word(b, w, nr);

		set_word(dst, w, bits);
		any |= bits;
	}
	return any;
}

bool cpumask_andnot(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	u64 any = 0;

	for (u32 w = 0; w < nr_words(nr); w++) {
		u64 bits = word(a, w, nr) & ~word(b, w, nr);

		set_word(dst, w, bits);
		any |= bits;
	}
	return any;
}

void cpumask_or(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		set_word(dst, w, word(a, w, nr) | word(b, w, nr));
}

bool cpumask_empty(const struct cpumask *m, u32 nr)
{
	return cpumask_first(m, nr) >= nr;
}

bool cpumask_equal(const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		if (word(a, w, nr) != word(b, w, nr))
			return false;
	return true;
}

bool cpumask_subset(const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	for (u32 w = 0; w < nr_words(nr); w++)
		if (word(a, w, nr) & ~word(b, w, nr))
			return false;
	return true;
}

bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	return cpumask_first_and(a, b, nr) < nr;
}

u32 cpumask_weight(const struct cpumask *m, u32 nr)
{
	u32 weight = 0;

	for (u32 w = 0; w < nr_words(nr); w++)
		weight += __builtin_popcountll(word(m, w, nr));
	return weight;
}

/* The first CPU of a & b that is not below @from, or @nr. */
static inline u32 next_and(const struct cpumask *a, const struct cpumask *b, u32 from, u32 nr)
{
	u64 from_bits = ~0ull << from % 64, bits;
	u32 cpu;

	for (u32 w = from / 64; w * 64 < nr; w++) {
		bits = __atomic_load_n(&cpumask_bits(a)[w], __ATOMIC_RELAXED) &
		       __atomic_load_n(&cpumask_bits(b)[w], __ATOMIC_RELAXED) & from_bits;
		if (bits) {
			cpu = w * 64 + __builtin_ctzll(bits);
			return cpu < nr ? cpu : nr;
		}
		from_bits = ~0ull;
	}
	return nr;
}

u32 cpumask_first(const struct cpumask *m, u32 nr)
{
	return next_and(m, m, 0, nr);
}

u32 cpumask_next(s32 cpu, const struct cpumask *m, u32 nr)
{
	return next_and(m, m, cpu + 1, nr);
}

u32 cpumask_first_and(const struct cpumask *a, const struct cpumask *b, u32 nr)
{
	return next_and(a, b, 0, nr);
}

u32 cpumask_any_and_distribute(const struct cpumask *a, const struct cpumask *b, s32 *prev, u32 nr)
{
	u32 cpu = next_and(a, b, *prev + 1, nr);

	if (cpu >= nr)
		cpu = next_and(a, b, 0, nr);
	if (cpu < nr)
		*prev = cpu;
	return cpu;
}

/* A decimal number at *@s, which moves behind it. */
static int parse_cpu(const char **s, u32 nr, u32 *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	errno = 0;
	unsigned long v = strtoul(*s, &end, 10);

	if (errno || v >= nr)
		return -ERANGE;
	*s = end;
	*cpu = v;
	return 0;
}

int cpumask_parse_list(const char *s, struct cpumask *m, u32 nr)
{
	u32 a, b;
	int err;

	cpumask_clear(m, nr);
	for (;;) {
		err = parse_cpu(&s, nr, &a);
		if (err)
			return err;
		b = a;
		if (*s == '-') {
			s++;
			err = parse_cpu(&s, nr, &b);
			if (err)
				return err;
			if (b < a)
				return -EINVAL;
		}
		for (; a <= b; a++)
			cpumask_set_cpu(a, m);
		if (!*s)
			return 0;
		if (*s++ != ',')
			return -EINVAL;
	}
}
