/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU masks. The declared size is that of the largest machine; an object carries only the words that its
 * machine has CPUs for, which is why a mask is always the last member of what contains it. All functions take
 * the machine's number of CPUs, @nr, and touch no word beyond it.
 */
#ifndef KABI_CPUMASK_H
#define KABI_CPUMASK_H

#include "kabi/types.h"

#define NR_CPUS 8192

struct cpumask {
	unsigned long bits[NR_CPUS / 64];
};
typedef struct cpumask cpumask_t;

#ifndef __BPF__

/* The words of a mask. Not m->bits: the object may be smaller than the struct, UBSan would complain. */
#define cpumask_bits(m) ((unsigned long *)(uintptr_t)(m))

/* Bytes of a mask on a machine of @nr CPUs. */
static inline size_t cpumask_size(u32 nr)
{
	return (nr + 63) / 64 * sizeof(unsigned long);
}

static inline bool cpumask_test_cpu(u32 cpu, const struct cpumask *m)
{
	return __atomic_load_n(&cpumask_bits(m)[cpu / 64], __ATOMIC_RELAXED) >> (cpu % 64) & 1;
}

static inline void cpumask_set_cpu(u32 cpu, struct cpumask *m)
{
	__atomic_fetch_or(&cpumask_bits(m)[cpu / 64], 1ul << (cpu % 64), __ATOMIC_RELAXED);
}

static inline void cpumask_clear_cpu(u32 cpu, struct cpumask *m)
{
	__atomic_fetch_and(&cpumask_bits(m)[cpu / 64], ~(1ul << (cpu % 64)), __ATOMIC_RELAXED);
}

/* Clears the bit; returns whether it was set (atomic, full barrier). */
static inline bool cpumask_test_and_clear_cpu(u32 cpu, struct cpumask *m)
{
	unsigned long bit = 1ul << (cpu % 64);

	return __atomic_fetch_and(&cpumask_bits(m)[cpu / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool cpumask_test_and_set_cpu(u32 cpu, struct cpumask *m)
{
	unsigned long bit = 1ul << (cpu % 64);

	return __atomic_fetch_or(&cpumask_bits(m)[cpu / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

void cpumask_clear(struct cpumask *m, u32 nr);
void cpumask_setall(struct cpumask *m, u32 nr);
void cpumask_copy(struct cpumask *dst, const struct cpumask *src, u32 nr);
/* and, andnot: return whether the result has a CPU */
bool cpumask_and(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr);
bool cpumask_andnot(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr);
void cpumask_or(struct cpumask *dst, const struct cpumask *a, const struct cpumask *b, u32 nr);
bool cpumask_empty(const struct cpumask *m, u32 nr);
bool cpumask_equal(const struct cpumask *a, const struct cpumask *b, u32 nr);
bool cpumask_subset(const struct cpumask *a, const struct cpumask *b, u32 nr);
bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b, u32 nr);
u32 cpumask_weight(const struct cpumask *m, u32 nr);
/* first, next: the CPU, or @nr if there is none. next looks at CPUs above @cpu; start with -1. */
u32 cpumask_first(const struct cpumask *m, u32 nr);
u32 cpumask_next(s32 cpu, const struct cpumask *m, u32 nr);
u32 cpumask_first_and(const struct cpumask *a, const struct cpumask *b, u32 nr);
/*
 * The next CPU of a & b after *@prev, wrapping around; *@prev becomes the CPU. @nr if there is none, *@prev
 * stays then. (the kernel's cpumask_any_and_distribute; *@prev is its per-CPU distribute_cpu_mask_prev)
 */
u32 cpumask_any_and_distribute(const struct cpumask *a, const struct cpumask *b, s32 *prev, u32 nr);

#define for_each_cpu(cpu, mask, nr) \
	for ((cpu) = cpumask_first(mask, nr); (cpu) < (nr); (cpu) = cpumask_next(cpu, mask, nr))

/* Parse a CPU list ("0-3,8,10-11") into @m. 0, -EINVAL (malformed) or -ERANGE (a CPU not below @nr). */
int cpumask_parse_list(const char *s, struct cpumask *m, u32 nr);

#endif /* __BPF__ */
#endif
