// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU masks of programs (kernel/bpf/cpumask.c). Masks are kernel objects, which programs change through kfuncs
 * only; how many references there are stands in the object's companion.
 */
#include "bpf/kfuncs.h"
#include "bpf/kptr.h"
#include "sched/sched.h"

#define KFUNC(name) static u64 name(struct bpf_exec *x, const u64 a[5])

static struct cpumask *mask(u64 addr) { return (struct cpumask *)(uintptr_t)addr; }
static u32 nr(struct bpf_exec *x) { return run_rt(x)->nr_cpus; }

static u32 *refs_of(struct bpf_rt *rt, u64 addr)
{
	return kslab_companion(rt->cpumask_slab, (void *)(uintptr_t)addr);
}

/* --- references --- */

KFUNC(bpf_cpumask_create)
{
	struct bpf_rt *rt = run_rt(x);
	void *m = kslab_alloc(rt->cpumask_slab);

	if (!m)
		return 0;
	*refs_of(rt, (uintptr_t)m) = 1;
	if (run_acquire(x, REF_BPF_CPUMASK, (uintptr_t)m))
		return (uintptr_t)m;
	kslab_free(rt->cpumask_slab, m);
	return 0;
}

KFUNC(bpf_cpumask_acquire)
{
	/* one that nobody owns any more only waits to be freed */
	if (!*refs_of(run_rt(x), a[0])) {
		bpf_fault(x, BPF_FAULT_ARG, a[0], 0, "bpf_cpumask_acquire: argument 1 has been released by its last owner");
		return 0;
	}
	if (!run_acquire(x, REF_BPF_CPUMASK, a[0]))
		return 0;
	++*refs_of(run_rt(x), a[0]);
	return a[0];
}

static void free_cpumask(void *m)
{
	void *obj;

	kslab_free(kslab_find(this_kernel()->g, (uintptr_t)m, &obj), m);
}

void bpf_cpumask_put(struct bpf_rt *rt, u64 addr)
{
	void *m = (void *)(uintptr_t)addr;

	if (--*refs_of(rt, addr))
		return;
	/* programs that run may have found it in a map: under RCU they may use it until they end */
	if (this_mcpu)
		mach_call_rcu(this_mcpu->m, free_cpumask, m);
	else
		kslab_free(rt->cpumask_slab, m);
}

KFUNC(bpf_cpumask_release)
{
	if (run_release(x, REF_BPF_CPUMASK, a[0], "bpf_cpumask_release"))
		bpf_cpumask_put(run_rt(x), a[0]);
	return 0;
}

/* --- one CPU --- */

KFUNC(bpf_cpumask_set_cpu)
{
	if ((u32)a[0] < nr(x))
		cpumask_set_cpu(a[0], mask(a[1]));
	return 0;
}

KFUNC(bpf_cpumask_clear_cpu)
{
	if ((u32)a[0] < nr(x))
		cpumask_clear_cpu(a[0], mask(a[1]));
	return 0;
}

KFUNC(bpf_cpumask_test_cpu) { return (u32)a[0] < nr(x) && cpumask_test_cpu(a[0], mask(a[1])); }
KFUNC(bpf_cpumask_test_and_set_cpu) { return (u32)a[0] < nr(x) && cpumask_test_and_set_cpu(a[0], mask(a[1])); }
KFUNC(bpf_cpumask_test_and_clear_cpu) { return (u32)a[0] < nr(x) && cpumask_test_and_clear_cpu(a[0], mask(a[1])); }

/* --- whole masks --- */

KFUNC(bpf_cpumask_setall)
{
	cpumask_setall(mask(a[0]), nr(x));
	return 0;
}

KFUNC(bpf_cpumask_clear)
{
	cpumask_clear(mask(a[0]), nr(x));
	return 0;
}

KFUNC(bpf_cpumask_copy)
{
	cpumask_copy(mask(a[0]), mask(a[1]), nr(x));
	return 0;
}

KFUNC(bpf_cpumask_and) { return cpumask_and(mask(a[0]), mask(a[1]), mask(a[2]), nr(x)); }

KFUNC(bpf_cpumask_or)
{
	cpumask_or(mask(a[0]), mask(a[1]), mask(a[2]), nr(x));
	return 0;
}

KFUNC(bpf_cpumask_xor)
{
	for (u32 i = 0; i < (nr(x) + 63) / 64; i++)
		cpumask_bits(mask(a[0]))[i] = cpumask_bits(mask(a[1]))[i] ^ cpumask_bits(mask(a[2]))[i];
	return 0;
}

/* --- questions --- */

KFUNC(bpf_cpumask_empty) { return cpumask_empty(mask(a[0]), nr(x)); }
KFUNC(bpf_cpumask_full) { return cpumask_weight(mask(a[0]), nr(x)) == nr(x); }
KFUNC(bpf_cpumask_weight) { return cpumask_weight(mask(a[0]), nr(x)); }
KFUNC(bpf_cpumask_equal) { return cpumask_equal(mask(a[0]), mask(a[1]), nr(x)); }
KFUNC(bpf_cpumask_intersects) { return cpumask_intersects(mask(a[0]), mask(a[1]), nr(x)); }
KFUNC(bpf_cpumask_subset) { return cpumask_subset(mask(a[0]), mask(a[1]), nr(x)); }
KFUNC(bpf_cpumask_first) { return cpumask_first(mask(a[0]), nr(x)); }
KFUNC(bpf_cpumask_first_and) { return cpumask_first_and(mask(a[0]), mask(a[1]), nr(x)); }

KFUNC(bpf_cpumask_first_zero)
{
	u32 cpu = 0;

	while (cpu < nr(x) && cpumask_test_cpu(cpu, mask(a[0])))
		cpu++;
	return cpu;
}

static u64 any_distribute(struct bpf_exec *x, u64 m1, u64 m2)
{
	if (!this_mcpu)
		return cpumask_first_and(mask(m1), mask(m2), nr(x));
	return cpumask_any_and_distribute(mask(m1), mask(m2), &this_kernel()->distribute_prev[smp_processor_id()],
					  nr(x));
}

KFUNC(bpf_cpumask_any_distribute) { return any_distribute(x, a[0], a[0]); }
KFUNC(bpf_cpumask_any_and_distribute) { return any_distribute(x, a[0], a[1]); }

/* --- the table --- */

#define OWN { ARG_KOBJ, 0, "bpf_cpumask" }
#define ANY KFUNC_CPUMASK
#define CPU KFUNC_SCALAR
#define ROW(name, flags, ...) { { #name, name, { __VA_ARGS__ }, flags }, false, false, 0 }

const struct kfunc_row cpumask_kfunc_rows[] = {
	ROW(bpf_cpumask_create, BPF_FUNC_RET_KPTR),
	ROW(bpf_cpumask_acquire, BPF_FUNC_RET_KPTR, OWN),
	ROW(bpf_cpumask_release, 0, OWN),
	ROW(bpf_cpumask_first, 0, ANY),
	ROW(bpf_cpumask_first_zero, 0, ANY),
	ROW(bpf_cpumask_first_and, 0, ANY, ANY),
	ROW(bpf_cpumask_set_cpu, 0, CPU, OWN),
	ROW(bpf_cpumask_clear_cpu, 0, CPU, OWN),
	ROW(bpf_cpumask_test_cpu, 0, CPU, ANY),
	ROW(bpf_cpumask_test_and_set_cpu, 0, CPU, OWN),
	ROW(bpf_cpumask_test_and_clear_cpu, 0, CPU, OWN),
	ROW(bpf_cpumask_setall, 0, OWN),
	ROW(bpf_cpumask_clear, 0, OWN),
	ROW(bpf_cpumask_and, 0, OWN, ANY, ANY),
	ROW(bpf_cpumask_or, 0, OWN, ANY, ANY),
	ROW(bpf_cpumask_xor, 0, OWN, ANY, ANY),
	ROW(bpf_cpumask_equal, 0, ANY, ANY),
	ROW(bpf_cpumask_intersects, 0, ANY, ANY),
	ROW(bpf_cpumask_subset, 0, ANY, ANY),
	ROW(bpf_cpumask_empty, 0, ANY),
	ROW(bpf_cpumask_full, 0, ANY),
	ROW(bpf_cpumask_copy, 0, OWN, ANY),
	ROW(bpf_cpumask_any_distribute, 0, ANY),
	ROW(bpf_cpumask_any_and_distribute, 0, ANY, ANY),
	ROW(bpf_cpumask_weight, 0, ANY),
};
const u32 nr_cpumask_kfunc_rows = sizeof(cpumask_kfunc_rows) / sizeof(*cpumask_kfunc_rows);
