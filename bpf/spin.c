// SPDX-License-Identifier: GPL-2.0-only
/* bpf_spin_lock: locks in map values. Rules of the kernel's verifier are checked when they are taken and dropped. */
#include "bpf/fields.h"
#include "bpf/run.h"

bool field_lock(struct field *f)
{
	bool irqs_off = true;

	if (this_mcpu) {
		irqs_off = local_irq_save();
		raw_spin_lock(&f->lock);
	}
	return irqs_off;
}

void field_unlock(struct field *f, bool irqs_off)
{
	if (this_mcpu) {
		raw_spin_unlock(&f->lock);
		local_irq_restore(irqs_off);
	}
}

static struct field *lock_arg(struct bpf_exec *x, u64 addr, const char *func)
{
	struct field *f = field_at(run_rt(x), addr, FIELD_SPIN_LOCK);

	if (!f)
		bpf_fault(x, BPF_FAULT_ARG, addr, 4,
			  "%s: argument 1 must be a struct bpf_spin_lock in a value of a map, got 0x%llx", func,
			  (unsigned long long)addr);
	return f;
}

u64 bpf_spin_lock(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = lock_arg(x, a[0], "bpf_spin_lock");
	struct run *r = to_run(x);

	if (!f)
		return 0;
	if (r->lock) {
		bpf_fault(x, BPF_FAULT_LOCK, a[0], 4, "bpf_spin_lock: %s is held already; only one can be held",
			  r->lock == f ? "this lock" : "another lock");
		return 0;
	}
	r->lock_irqs_off = field_lock(f);
	r->lock = f;
	x->locked = true;
	return 0;
}

u64 bpf_spin_unlock(struct bpf_exec *x, const u64 a[5])
{
	struct field *f = lock_arg(x, a[0], "bpf_spin_unlock");
	struct run *r = to_run(x);

	if (!f)
		return 0;
	if (r->lock != f) {
		bpf_fault(x, BPF_FAULT_LOCK, a[0], 4, "bpf_spin_unlock: %s",
			  r->lock ? "another lock is held, not this one" : "no lock is held");
		return 0;
	}
	run_unlock(r);
	return 0;
}
