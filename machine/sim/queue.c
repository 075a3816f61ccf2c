// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/sim/queue.h"

int sim_queue_init(struct sim_queue *q, u32 nr_cpus)
{
	/* with two leaves at least, an inner node always has two children and the root is no leaf */
	for (q->leaves = 2; q->leaves < nr_cpus; q->leaves *= 2)
		;
	q->turn = calloc(nr_cpus, sizeof(*q->turn));
	q->first = malloc(2 * q->leaves * sizeof(*q->first));
	if (!q->turn || !q->first) {
		sim_queue_free(q);
		return -ENOMEM;
	}
	q->turn[0].when_ns = ~0ull;
	memset(q->first, 0xff, 2 * q->leaves * sizeof(*q->first));
	return 0;
}

void sim_queue_free(struct sim_queue *q)
{
	free(q->turn);
	free(q->first);
}
