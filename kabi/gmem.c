// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: the range, and its writable side.
 *
 * The writable side is cut into units. A unit holds blocks of one size class, or is part of a run that holds
 * one large block. All bookkeeping is in host memory: a program may write to every byte above mid, allocated
 * or not.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kabi/gmem_impl.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* Pages become accessible in steps of this, to save system calls. */
#define COMMIT_STEP	(1ull << 20)

#define MIN_BLOCK	16u
#define MAX_SMALL	((u32)GMEM_UNIT / 2)
/* Classes are m * 2^e with m in 4..7: at most a fifth is lost. 16 * {1, 2, 3} come first. */
#define NR_CLASSES	64

/* Blocks of one size. Freed ones are used last in, first out. */
struct rw_class {
	u64 next, end;		/* addresses: what is left of the newest unit */
	u64 *free;
	u32 nr_free, cap_free;
};

enum unit_kind { UNIT_NONE, UNIT_SMALL, UNIT_LARGE, UNIT_FREE };

struct unit {
	u8 kind;		/* enum unit_kind; the other units of a run are UNIT_NONE */
	u8 class;		/* UNIT_SMALL */
	u32 nr;			/* UNIT_LARGE, UNIT_FREE: units in the run */
	s32 fd;			/* UNIT_LARGE: its memfd, or -1 */
	u32 next_free;		/* UNIT_FREE: the next run of as many units, plus one */
};

/* Freed runs of @nr units; @head: the unit number plus one */
struct run_list {
	u32 nr, head;
};

struct rw_side {
	struct rw_class class[NR_CLASSES];
	struct unit *unit;	/* GMEM_UNITS; untouched pages of it cost nothing */
	u32 nr_units;		/* in use: hi is at the end of the last */
	u64 committed;		/* end of what is accessible, >= hi */
	struct run_list *run;	/* one for each size ever freed */
	u32 nr_runs, cap_runs;
};

static void *at(u64 addr)
{
	return (void *)(uintptr_t)addr;
}

/* --- the range --- */

/* Name what is mapped in [lo, hi), from /proc/self/maps. Returns whether there is anything. */
static bool say_busy(u64 lo, u64 hi, char *err, size_t err_len)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], who[256] = "";

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long a, b;
		char name[256] = "";

		if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %255s", &a, &b, name) < 2 || a >= hi || b <= lo)
			continue;
		snprintf(who, sizeof(who), "%.200s at %#llx", name[0] ? name : "an anonymous mapping", a);
		break;
	}
	if (f)
		fclose(f);
	if (!who[0])
		return false;
	snprintf(err, err_len, "guest memory: addresses %#llx-%#llx are taken by %s; "
		 "one guest memory exists per process, and what else is there has to go",
		 (unsigned long long)lo, (unsigned long long)hi, who);
	return true;
}

int gmem_create(struct gmem **out, char *err, size_t err_len)
{
	u64 lo = GMEM_MID - GMEM_MAX, len = 2 * GMEM_MAX;
	struct gmem_impl *impl;
	struct gmem *g;
	void *p;

	g = calloc(1, sizeof(*g));
	impl = calloc(1, sizeof(*impl));
	if (!g || !impl)
		goto nomem;
	g->impl = impl;
	impl->rw = calloc(1, sizeof(*impl->rw));
	impl->chunk_of_unit = calloc(GMEM_UNITS, sizeof(*impl->chunk_of_unit));
	if (!impl->rw || !impl->chunk_of_unit)
		goto nomem;
	impl->rw->unit = calloc(GMEM_UNITS, sizeof(*impl->rw->unit));
	if (!impl->rw->unit)
		goto nomem;

	p = mmap(at(lo), len, PROT_NONE, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != at(lo)) {
		int why = errno;

		if (p != MAP_FAILED)
			munmap(p, len);		/* before Linux 4.17 the address is only a hint */
		if (!say_busy(lo, lo + len, err, err_len)) {
			errno = why;
			goto nomem;
		}
		gmem_destroy(g);
		return -EBUSY;
	}
	g->lo = g->mid = g->hi = GMEM_MID;
	impl->rw->committed = GMEM_MID;
	*out = g;
	return 0;

nomem:
	snprintf(err, err_len, "guest memory: cannot reserve %llu GiB of addresses: %s; "
		 "raise the limit on address space (ulimit -v)", (unsigned long long)(len >> 30),
		 strerror(errno));
	gmem_destroy(g);
	return -ENOMEM;
}

static void rw_destroy(struct rw_side *rw)
{
	for (u32 i = 0; i < rw->nr_units; i++)
		if (rw->unit[i].kind == UNIT_LARGE && rw->unit[i].fd >= 0)
			close(rw->unit[i].fd);
	for (u32 i = 0; i < NR_CLASSES; i++)
		free(rw->class[i].free);
	free(rw->unit);
	free(rw->run);
	free(rw);
}

void gmem_destroy(struct gmem *g)
{
	if (!g)
		return;
	if (g->mid) {
		kslabs_destroy(g);
		munmap(at(GMEM_MID - GMEM_MAX), 2 * GMEM_MAX);
	}
	if (g->impl) {
		if (g->impl->rw)
			rw_destroy(g->impl->rw);
		free(g->impl->chunk_of_unit);
	}
	free(g->impl);
	free(g);
}

int gmem_grow_down(struct gmem *g, u64 bytes)
{
	u64 lo = g->lo - bytes;

	assert(bytes % GMEM_UNIT == 0);
	if (bytes > GMEM_MAX - (g->mid - g->lo) || mprotect(at(lo), bytes, PROT_READ | PROT_WRITE))
		return -ENOMEM;
	__atomic_store_n(&g->lo, lo, __ATOMIC_RELEASE);
	return 0;
}

/* --- the writable side: units --- */

/* @nr new units above hi, which are zero: nobody could write there before. Returns the first, or -ENOMEM. */
static s64 units_grow(struct gmem *g, u32 nr, u64 align)
{
	struct rw_side *rw = g->impl->rw;
	u64 skip = (-g->hi & (align - 1)) >> GMEM_UNIT_SHIFT;
	u64 first = rw->nr_units + skip;
	u64 end = g->mid + ((first + nr) << GMEM_UNIT_SHIFT);

	if (first + nr > GMEM_UNITS)
		return -ENOMEM;
	if (end > rw->committed) {
		u64 to = (end + COMMIT_STEP - 1) & ~(COMMIT_STEP - 1);

		if (mprotect(at(rw->committed), to - rw->committed, PROT_READ | PROT_WRITE))
			return -ENOMEM;
		rw->committed = to;
	}
	rw->nr_units = first + nr;
	__atomic_store_n(&g->hi, end, __ATOMIC_RELEASE);
	return first;
}

static struct run_list *run_list(struct rw_side *rw, u32 nr)
{
	for (u32 i = 0; i < rw->nr_runs; i++)
		if (rw->run[i].nr == nr)
			return &rw->run[i];
	return NULL;
}

/* A run of @nr units; *@fresh: it was never used and is zero. Returns the first unit, or -ENOMEM. */
static s64 run_alloc(struct gmem *g, u32 nr, u64 align, bool *fresh)
{
	struct rw_side *rw = g->impl->rw;
	struct run_list *l = run_list(rw, nr);
	u32 *link = l ? &l->head : NULL;

	for (; link && *link; link = &rw->unit[*link - 1].next_free) {
		u32 i = *link - 1;

		if ((g->mid + ((u64)i << GMEM_UNIT_SHIFT)) & (align - 1))
			continue;
		*link = rw->unit[i].next_free;
		*fresh = false;
		return i;
	}
	*fresh = true;
	return units_grow(g, nr, align);
}

static void run_free(struct rw_side *rw, u32 i, u32 nr)
{
	struct run_list *l = run_list(rw, nr);

	if (!l) {
		if (rw->nr_runs == rw->cap_runs) {
			u32 cap = rw->cap_runs ? 2 * rw->cap_runs : 16;
			struct run_list *n = realloc(rw->run, cap * sizeof(*n));

			if (!n)
				return;		/* the run is lost, and harms nobody */
			rw->run = n;
			rw->cap_runs = cap;
		}
		l = &rw->run[rw->nr_runs++];
		*l = (struct run_list){ .nr = nr };
	}
	rw->unit[i] = (struct unit){ .kind = UNIT_FREE, .nr = nr, .fd = -1, .next_free = l->head };
	l->head = i + 1;
}

static u64 run_units(size_t size)
{
	return ((u64)size >> GMEM_UNIT_SHIFT) + !!(size & (GMEM_UNIT - 1));
}

static void *large_alloc(struct gmem *g, size_t size, size_t align, s32 fd)
{
	struct rw_side *rw = g->impl->rw;
	u64 nr = run_units(size);
	bool fresh;
	s64 i;
	void *p;

	if (nr > GMEM_UNITS || align > GMEM_MAX)
		return NULL;
	i = run_alloc(g, nr, align > GMEM_UNIT ? align : GMEM_UNIT, &fresh);
	if (i < 0)
		return NULL;
	p = at(g->mid + ((u64)i << GMEM_UNIT_SHIFT));
	if (!fresh && madvise(p, nr << GMEM_UNIT_SHIFT, MADV_DONTNEED))
		memset(p, 0, nr << GMEM_UNIT_SHIFT);
	rw->unit[i] = (struct unit){ .kind = UNIT_LARGE, .nr = nr, .fd = fd };
	return p;
}

/* --- the writable side: blocks --- */

static u32 class_size(u32 class)
{
	if (class < 3)
		return MIN_BLOCK * (class + 1);
	class -= 3;
	return (MIN_BLOCK * (4 + class % 4)) << class / 4;
}

/* The smallest class for @size whose blocks are aligned to @align, both at most MAX_SMALL. */
static u32 class_for(u32 size, u32 align)
{
	u32 c = 0;

	while (class_size(c) < size || class_size(c) & (align - 1))
		c++;
	return c;
}

static struct unit *unit_of(struct gmem *g, const void *p)
{
	u64 i = ((u64)(uintptr_t)p - g->mid) >> GMEM_UNIT_SHIFT;

	assert(i < g->impl->rw->nr_units && "not writable guest memory");
	return &g->impl->rw->unit[i];
}

void *gmem_alloc_rw(struct gmem *g, size_t size, size_t align)
{
	struct rw_side *rw = g->impl->rw;
	struct rw_class *cl;
	u32 c, block;
	u64 addr;

	assert(align && !(align & (align - 1)));
	if (size > MAX_SMALL || align > MAX_SMALL)
		return large_alloc(g, size ? size : 1, align, -1);

	c = class_for(size, align);
	cl = &rw->class[c];
	block = class_size(c);
	if (cl->nr_free) {
		addr = cl->free[--cl->nr_free];
	} else {
		if (cl->end - cl->next < block) {
			s64 i = units_grow(g, 1, GMEM_UNIT);

			if (i < 0)
				return NULL;
			rw->unit[i] = (struct unit){ .kind = UNIT_SMALL, .class = c, .fd = -1 };
			cl->next = g->mid + ((u64)i << GMEM_UNIT_SHIFT);
			cl->end = cl->next + GMEM_UNIT;
		}
		addr = cl->next;
		cl->next += block;
	}
	return memset(at(addr), 0, block);
}

void gmem_free_rw(struct gmem *g, void *p, size_t size)
{
	struct rw_side *rw = g->impl->rw;
	struct rw_class *cl;
	struct unit *u;

	if (!p)
		return;
	u = unit_of(g, p);
	if (u->kind == UNIT_LARGE) {
		assert(u->nr == run_units(size ? size : 1) && u->fd < 0 &&
		       "size differs from that of the allocation");
		run_free(rw, u - rw->unit, u->nr);
		return;
	}
	assert(u->kind == UNIT_SMALL && size <= class_size(u->class) &&
	       "not an allocated block of this size");
	cl = &rw->class[u->class];
	if (cl->nr_free == cl->cap_free) {
		u32 cap = cl->cap_free ? 2 * cl->cap_free : 16;
		u64 *n = realloc(cl->free, cap * sizeof(*n));

		if (!n)
			return;
		cl->free = n;
		cl->cap_free = cap;
	}
	cl->free[cl->nr_free++] = (uintptr_t)p;
}

/* --- shared memory --- */

static size_t page_up(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return ((size ? size : 1) + page - 1) & ~(page - 1);
}

void *gmem_alloc_shared(struct gmem *g, size_t size, int *fd)
{
	size_t len = page_up(size);
	int mfd, err = ENOMEM;
	void *p;

	if (size > GMEM_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	mfd = memfd_create("uscx-map", MFD_CLOEXEC);
	if (mfd < 0)
		return NULL;
	if (ftruncate(mfd, len)) {
		err = errno;
		goto fail;
	}
	p = large_alloc(g, len, GMEM_UNIT, mfd);
	if (!p)
		goto fail;
	if (mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, mfd, 0) != p) {
		err = errno;
		run_free(g->impl->rw, unit_of(g, p) - g->impl->rw->unit, run_units(len));
		goto fail;
	}
	*fd = mfd;
	return p;

fail:
	close(mfd);
	errno = err;
	return NULL;
}

void gmem_free_shared(struct gmem *g, void *p, size_t size)
{
	size_t len = page_up(size);
	struct unit *u;
	void *q;

	if (!p)
		return;
	u = unit_of(g, p);
	assert(u->kind == UNIT_LARGE && u->fd >= 0 && u->nr == run_units(len) &&
	       "not shared memory of this size");
	close(u->fd);
	/* what lies between lo and hi stays mapped: if this fails, by the pages of the file */
	q = mmap(p, len, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED, -1, 0);
	if (q == p)
		run_free(g->impl->rw, u - g->impl->rw->unit, u->nr);
	else
		u->fd = -1;
}
