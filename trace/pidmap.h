/* SPDX-License-Identifier: GPL-2.0-only */
/* From pid to a pointer, in two steps. Zero-initialise. Holds pids below the kernel's PID_MAX_LIMIT. */
#ifndef TRACE_PIDMAP_H
#define TRACE_PIDMAP_H

#include <errno.h>
#include <stdlib.h>

#include "kabi/types.h"

#define PIDMAP_LIMIT	(4 * 1024 * 1024)
#define PIDMAP_PAGE	1024

struct pidmap {
	void **page[PIDMAP_LIMIT / PIDMAP_PAGE];
};

/* NULL if there is none */
static inline void *pidmap_get(const struct pidmap *m, s32 pid)
{
	void **page;

	if (pid < 0 || pid >= PIDMAP_LIMIT)
		return NULL;
	page = m->page[pid / PIDMAP_PAGE];
	return page ? page[pid % PIDMAP_PAGE] : NULL;
}

/* 0, -ENOMEM, or -ERANGE: the kernel has no such pid */
static inline int pidmap_set(struct pidmap *m, s32 pid, void *p)
{
	void ***page;

	if (pid < 0 || pid >= PIDMAP_LIMIT)
		return -ERANGE;
	page = &m->page[pid / PIDMAP_PAGE];
	if (!*page)
		*page = calloc(PIDMAP_PAGE, sizeof(void *));
	if (!*page)
		return -ENOMEM;
	(*page)[pid % PIDMAP_PAGE] = p;
	return 0;
}

/* Frees the map, not what it points to. */
static inline void pidmap_free(struct pidmap *m)
{
	size_t i;

	for (i = 0; i < PIDMAP_LIMIT / PIDMAP_PAGE; i++)
		free(m->page[i]);
}

#endif
