// SPDX-License-Identifier: GPL-2.0-only
/*
 * kptr: references to kernel objects that map values own.
 *
 * A program sees the object's address in the value; what the value owns is in the field, so that a program that
 * overwrites its memory neither gains nor loses a reference.
 */
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kptr.h"
#include "sched/sched.h"

static const struct kptr_type types[] = {
	{ "task_struct", REF_TASK, bpf_task_put },
	{ "bpf_cpumask", REF_BPF_CPUMASK, bpf_cpumask_put },
};

const struct kptr_type *kptr_type_find(const char *name)
{
	for (u32 i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

const struct kptr_type *kptr_type_of(enum run_ref_kind ref)
{
	for (u32 i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].ref == ref)
			return &types[i];
	return NULL;
}

void bpf_task_put(struct bpf_rt *rt, u64 addr)
{
	struct task_struct *p = (struct task_struct *)(uintptr_t)addr;

	/* outside of its machine a kernel frees no single tasks, but all of them when it goes */
	if (this_mcpu)
		put_task_struct(p);
	else
		p->usage.refs.counter--;
}

void kptr_drop(struct field *f)
{
	u64 owned = f->kptr;

	f->kptr = 0;
	*(u64 *)(uintptr_t)f->addr = 0;
	if (owned)
		f->kptr_type->put(f->m->obj.rt, owned);
}

u64 bpf_kptr_xchg(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = field_at(run_rt(x), a[0], FIELD_KPTR_REF);
	u64 old;

	if (!f) {
		bpf_fault(x, BPF_FAULT_ARG, a[0], 8,
			  "bpf_kptr_xchg: argument 1 must be a __kptr in a value of a map, got 0x%llx",
			  (unsigned long long)a[0]);
		return 0;
	}
	if (a[1] && !run_has(x, f->kptr_type->ref, a[1])) {
		bpf_fault(x, BPF_FAULT_ARG, a[1], 0,
			  "bpf_kptr_xchg: argument 2 must be NULL or a reference to a %s that this execution acquired, "
			  "got 0x%llx", f->kptr_type->name, (unsigned long long)a[1]);
		return 0;
	}
	if (a[1])
		run_release(x, f->kptr_type->ref, a[1], "bpf_kptr_xchg");
	old = f->kptr;
	f->kptr = a[1];
	*(u64 *)(uintptr_t)f->addr = a[1];
	/* it belongs to the execution now, if that can hold one more */
	if (old && !run_acquire(x, f->kptr_type->ref, old))
		f->kptr_type->put(run_rt(x), old);
	return x->fault.kind ? 0 : old;
}
