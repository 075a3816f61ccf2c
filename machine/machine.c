// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/heap.h"
#include "machine/internal.h"

#undef this_mcpu
__thread struct mcpu *this_mcpu;

#ifdef MACHINE_LOOKUP_THIS_MCPU
__attribute__((noinline)) struct mcpu **this_mcpu_lookup(void)
{
	return &this_mcpu;
}
#endif

int machine_init(struct machine *m, const struct machine_config *cfg, const struct mach_ops *ops)
{
	assert(cfg->hz && cfg->hz <= 1000000000);
	m->ops = ops;
	m->nr_cpus = cfg->topo->nr_cpus;
	m->costs = cfg->costs ? *cfg->costs : mach_costs_default;
	m->trace = cfg->trace;
	m->hz = cfg->hz;
	m->tick_ns = 1000000000 / cfg->hz;
	m->seed = cfg->seed;
	m->kernel = cfg->kernel;
	m->kern = cfg->kern;
	choose_init(m);
	m->cpus = calloc(m->nr_cpus, sizeof(*m->cpus));
	m->cpu_ctx = calloc(m->nr_cpus, sizeof(*m->cpu_ctx));
	if (m->cpus && m->cpu_ctx && !topology_copy(&m->topo, cfg->topo))
		return 0;
	free(m->cpus);
	free(m->cpu_ctx);
	return -ENOMEM;
}

void machine_fini(struct machine *m)
{
	topology_free(&m->topo);
	free(m->cpus);
	free(m->cpu_ctx);
}

void machine_out_of_memory(const char *what)
{
	fprintf(stderr, "uscx: out of memory for %s; run a smaller machine or fewer tasks\n", what);
	abort();
}

void heap_grow(struct heap *h)
{
	u32 size = h->size ? 2 * h->size : 64;
	struct heap_entry *e = realloc(h->e, size * sizeof(*e));

	if (!e)
		machine_out_of_memory("events");
	h->e = e;
	h->size = size;
}

void heap_free(struct heap *h)
{
	free(h->e);
}
