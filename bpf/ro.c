// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that programs read and do not write: the values of maps with BPF_F_RDONLY_PROG.
 *
 * It lies among the kernel objects, below gmem->mid, where every store of a program misses; it belongs to no
 * slab, so a pointer into it is never taken for a kernel object. The range that gmem_grow_down() hands out
 * cannot be given back: a freed area stays on the list and serves later allocations of its size.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/internal.h"
#include "kabi/gmem_impl.h"

struct ro_area {
	struct ro_area *next;
	void *addr;
	size_t bytes;		/* a multiple of GMEM_UNIT */
	int memfd;		/* -1: free */
};

/* Put fresh private zeroes in the place of a memfd's pages. */
static void area_clear(struct ro_area *a)
{
	close(a->memfd);
	a->memfd = -1;
	if (mmap(a->addr, a->bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != a->addr)
		a->bytes = 0;	/* still the pages of the file: never hand it out again */
}

void *ro_alloc(struct bpf_rt *rt, size_t size, int *memfd)
{
	size_t bytes = (size + GMEM_UNIT - 1) & ~(GMEM_UNIT - 1);
	struct ro_area *a;

	for (a = rt->ro_areas; a && (a->memfd >= 0 || a->bytes != bytes); a = a->next)
		;
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return NULL;
		if (gmem_grow_down(rt->g, bytes)) {
			free(a);
			return NULL;
		}
		*a = (struct ro_area){ .next = rt->ro_areas, .bytes = bytes, .memfd = -1 };
		a->addr = (void *)(uintptr_t)rt->g->lo;
		rt->ro_areas = a;
	}
	a->memfd = memfd_create("uscx-rodata", MFD_CLOEXEC);
	if (a->memfd < 0)
		return NULL;
	if (ftruncate(a->memfd, bytes) ||
	    mmap(a->addr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, a->memfd, 0) != a->addr) {
		area_clear(a);
		return NULL;
	}
	*memfd = a->memfd;
	return a->addr;
}

void ro_free(struct bpf_rt *rt, void *p)
{
	struct ro_area *a = rt->ro_areas;

	while (a && a->addr != p)
		a = a->next;
	if (a)
		area_clear(a);
}

void ro_destroy(struct bpf_rt *rt)
{
	struct ro_area *a, *next;

	for (a = rt->ro_areas; a; a = next) {
		next = a->next;
		if (a->memfd >= 0)
			area_clear(a);
		free(a);
	}
	rt->ro_areas = NULL;
}
