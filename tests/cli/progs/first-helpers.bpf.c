// SPDX-License-Identifier: GPL-2.0-only
/*
 * 2022: the kfuncs that its schedulers had for a while.
 * args: --kernel 2022 -m 2 -w "wl: hog#1"
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (good 511)
 */
#include "tests/cli/progs/first.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 good = 0;
	s32 cpu;

	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
	if (p->nr_cpus_allowed != 1)
		return;
	/* pinned to CPU 1 of 2, and the other one is idle */
	good |= scx_bpf_find_task_by_pid(p->pid) == p;
	good |= (!scx_bpf_find_task_by_pid(9999)) << 1;
	good |= (scx_bpf_cpumask_first(p->cpus_ptr) == 1) << 2;
	good |= (scx_bpf_cpumask_test_cpu(1, p->cpus_ptr) && !scx_bpf_cpumask_test_cpu(0, p->cpus_ptr)) << 3;
	good |= (!scx_bpf_cpumask_test_cpu(-1, p->cpus_ptr)) << 4;
	good |= scx_bpf_cpumask_intersects(p->cpus_ptr, p->cpus_ptr) << 5;
	cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr);
	good |= (cpu == 1 || cpu < 0) << 6;
	/* it has been taken */
	good |= (!scx_bpf_has_idle_cpus_among(p->cpus_ptr)) << 7;
	good |= (!scx_bpf_test_and_clear_cpu_idle(1)) << 8;
	scx_bpf_error("good %d", good);
}

SCHEDULER(.enqueue = (void *)enqueue);
