/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of a machine, from hwloc: a number of CPUs, a synthetic string ("numa:2 l3:4 core:8 pu:2") or the XML that
 * lstopo exports. CPUs are numbered in hwloc's logical order of PUs.
 */
#ifndef MACHINE_TOPOLOGY_H
#define MACHINE_TOPOLOGY_H

#include "kabi/cpumask.h"

#define TOPOLOGY_MAX_CPUS 4096

struct topo_cpu {
	u32 core;		/* index of its core, over the machine */
	u32 llc;		/* index of its last level cache */
	u32 node;		/* index of its NUMA node */
	u32 package;
	u32 thread;		/* 0: first hardware thread of the core */
	u32 capacity;		/* 1..1024; the fastest CPU has 1024 */
};

struct topology {
	u32 nr_cpus, nr_cores, nr_llcs, nr_nodes, nr_packages;
	struct topo_cpu *cpu;		/* [nr_cpus] */
	/* members of the unit that a CPU belongs to; masks of cpumask_size(nr_cpus) bytes */
	struct cpumask **smt_mask;	/* [nr_cpus] its core */
	struct cpumask **llc_mask;	/* [nr_cpus] */
	struct cpumask **node_mask;	/* [nr_cpus] */
	u32 *node_distance;		/* [nr_nodes * nr_nodes], 10 on the diagonal */
	char *spec;			/* as given */
};

/*
 * Parse @spec. 0; -EINVAL with a message in @err that names the part and the reason: not a machine, no CPU, more than
 * TOPOLOGY_MAX_CPUS; -ENOMEM.
 */
int topology_parse(struct topology *t, const char *spec, char *err, size_t err_len);
int topology_copy(struct topology *dst, const struct topology *src);
void topology_free(struct topology *t);
bool topology_same_llc(const struct topology *t, int a, int b);
bool topology_same_node(const struct topology *t, int a, int b);

#endif
