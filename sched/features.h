/* SPDX-License-Identifier: GPL-2.0-only */
/* Named differences between the kernel versions (sched/features.def). */
#ifndef SCHED_FEATURES_H
#define SCHED_FEATURES_H

#include "kabi/btf.h"

struct kernel_features {
#define FEATURE(name, since, what) bool name;
#include "sched/features.def"
#undef FEATURE
};

/* What @v has. */
void kernel_features_init(struct kernel_features *f, const struct kabi_version *v);

#endif
