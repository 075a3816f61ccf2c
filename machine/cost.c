// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "machine/cost.h"

const struct mach_costs mach_costs_default = {
#define COST(name, value, unit, what) .name = value,
#include "machine/cost.def"
#undef COST
};

const struct mach_costs mach_costs_none = {
	.kernel_entry_ns = 1,
	.op_call_ns = 1,
	.smt_percent = 100,
};

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
#define COST(name, value, unit, what) { #name, offsetof(struct mach_costs, name) },
#include "machine/cost.def"
#undef COST
};

int mach_costs_set(struct mach_costs *c, const char *name, u32 value)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(rows[i].name, name)) {
			memcpy((char *)c + rows[i].offset, &value, sizeof(value));
			return 0;
		}
	}
	return -ENOENT;
}
