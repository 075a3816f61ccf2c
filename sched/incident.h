/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to the machine from outside at an instant, as an administrator or a fault brings it about. */
#ifndef SCHED_INCIDENT_H
#define SCHED_INCIDENT_H

#include <stddef.h>

#include "kabi/btf.h"
#include "kabi/types.h"

struct kernel;

struct incident {
	const char *name;	/* as users write it */
	const char *what;	/* one line on what it does */
	enum kabi_version_id since;	/* the first version that knows it */
	void (*fn)(struct kernel *k);	/* in interrupt context on CPU 0 */
};

/* All that there are, a row each; NULL past the last. */
const struct incident *incident_at(size_t i);
/* NULL: there is none of that name. */
const struct incident *incident_find(const char *name);
/* Outside: let @inc happen at @when_ns of virtual time. 0 or -ENOMEM */
int incident_schedule(struct kernel *k, const struct incident *inc, u64 when_ns);

#endif
