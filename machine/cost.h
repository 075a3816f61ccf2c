/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of costs (machine/cost.def). */
#ifndef MACHINE_COST_H
#define MACHINE_COST_H

#include "kabi/types.h"

struct mach_costs {
#define COST(name, value, unit, what) u32 name;
#include "machine/cost.def"
#undef COST
};

extern const struct mach_costs mach_costs_default;
/* --cost none: 1 ns per kernel entry and callback, so that nothing loops at one instant; smt_percent 100 */
extern const struct mach_costs mach_costs_none;
/* Set one cost by its name; 0 or -ENOENT. */
int mach_costs_set(struct mach_costs *c, const char *name, u32 value);

#endif
