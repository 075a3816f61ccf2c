// SPDX-License-Identifier: GPL-2.0-only
/* A FIFO with the operations whose arguments are structures, masks or second tasks, and those that a fork makes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

SEC("struct_ops/yield")
bool BPF_PROG(yield, struct task_struct *from, struct task_struct *to)
{
	return false;
}

SEC("struct_ops/set_cpumask")
void BPF_PROG(set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
{
}

SEC("struct_ops/set_weight")
void BPF_PROG(set_weight, struct task_struct *p, u32 weight)
{
}

SEC("struct_ops/init_task")
s32 BPF_PROG(init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return 0;
}

SEC("struct_ops/exit_task")
void BPF_PROG(exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
}

SEC("struct_ops/enable")
void BPF_PROG(enable, struct task_struct *p)
{
}

SEC(".struct_ops.link")
struct sched_ext_ops calls_ops = {
	.enqueue	= (void *)enqueue,
	.yield		= (void *)yield,
	.set_cpumask	= (void *)set_cpumask,
	.set_weight	= (void *)set_weight,
	.init_task	= (void *)init_task,
	.exit_task	= (void *)exit_task,
	.enable		= (void *)enable,
	.name		= "calls",
};
