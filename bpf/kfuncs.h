/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of kfuncs. */
#ifndef BPF_KFUNCS_H
#define BPF_KFUNCS_H

#include "bpf/run.h"

/* A kfunc and who may call it. */
struct kfunc_row {
	struct bpf_func_desc d;
	bool scx;		/* of the class: only for its operations, by @groups */
	bool first;		/* of 2022 alone */
	u32 groups; /* KF_ALLOW_*: the operation must allow one of them; 0: everybody may call it */
};

/* Row number @i; NULL behind the last. The names must be those of kabi/kfuncs.def. */
const struct kfunc_row *bpf_kfunc_row(u32 i);

extern const struct kfunc_row scx_kfunc_rows[], generic_kfunc_rows[], cpumask_kfunc_rows[];
extern const u32 nr_scx_kfunc_rows, nr_generic_kfunc_rows, nr_cpumask_kfunc_rows;

#define KFUNC_SCALAR { ARG_SCALAR, 0, NULL }
#define KFUNC_TASK { ARG_KOBJ, 0, "task_struct" }
#define KFUNC_CPUMASK { ARG_KOBJ, 0, "cpumask" }

#endif
