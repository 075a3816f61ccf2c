/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects that programs own: references in map values (kptr), CPU masks. */
#ifndef BPF_KPTR_H
#define BPF_KPTR_H

#include "bpf/run.h"

struct field;

/* A type that a map value can own references to. One row of a table. */
struct kptr_type {
	const char *name;		/* of the struct */
	enum run_ref_kind ref;
	void (*put)(struct bpf_rt *rt, u64 addr);	/* give a reference back */
};

/* NULL: there is none of this name. */
const struct kptr_type *kptr_type_find(const char *name);
/* That of references of this kind; NULL: they cannot be owned by map values. */
const struct kptr_type *kptr_type_of(enum run_ref_kind ref);

/* The value of @f goes: give up what it owns, and forget what it points at. */
void kptr_drop(struct field *f);

/* Helper */
u64 bpf_kptr_xchg(struct bpf_exec *x, const u64 a[5]);

/* Drop a reference to a bpf_cpumask, or to a task: also from outside of a machine. */
void bpf_cpumask_put(struct bpf_rt *rt, u64 addr);
void bpf_task_put(struct bpf_rt *rt, u64 addr);

#endif
