// SPDX-License-Identifier: GPL-2.0-only
#include "sched/features.h"

void kernel_features_init(struct kernel_features *f, const struct kabi_version *v)
{
#define FEATURE(name, since, what) f->name = v->id >= (since);
#include "sched/features.def"
#undef FEATURE
}
