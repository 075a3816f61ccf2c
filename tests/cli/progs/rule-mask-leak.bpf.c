// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mask that is not given back.
 * status: 5
 * stderr: rule-mask-leak.bpf.c
 * stderr: tick: ended with a lock or reference held
 * stderr: scx_bpf_put_idle_cpumask() is missing
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	scx_bpf_get_idle_cpumask();
}

SCHEDULER(.tick = (void *)tick);
