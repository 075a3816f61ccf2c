// SPDX-License-Identifier: GPL-2.0-only
/*
 * every - a FIFO that implements every operation about tasks and CPUs, so that a recording shows the order of all of
 * them. It does nothing with most: what matters is that they are called.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle) __ksym;
/* one of each pair is there: the names of 7.2, those of 6.12 */
void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym __weak;
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym __weak;
bool scx_bpf_dsq_move_to_local(u64 dsq_id) __ksym __weak;
bool scx_bpf_consume(u64 dsq_id) __ksym __weak;

#define SHARED_DSQ	0
#define SLICE_NS	20000000ull

static void insert(struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	if (bpf_ksym_exists(scx_bpf_dsq_insert))
		scx_bpf_dsq_insert(p, dsq_id, SLICE_NS, enq_flags);
	else
		scx_bpf_dispatch(p, dsq_id, SLICE_NS, enq_flags);
}

SEC("struct_ops/every_select_cpu")
s32 BPF_PROG(every_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		insert(p, SCX_DSQ_LOCAL, 0);
	return cpu;
}

SEC("struct_ops/every_enqueue")
int BPF_PROG(every_enqueue, struct task_struct *p, u64 enq_flags)
{
	insert(p, SHARED_DSQ, enq_flags);
	return 0;
}

SEC("struct_ops/every_dispatch")
int BPF_PROG(every_dispatch, s32 cpu, struct task_struct *prev)
{
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local))
		scx_bpf_dsq_move_to_local(SHARED_DSQ);
	else
		scx_bpf_consume(SHARED_DSQ);
	return 0;
}

SEC("struct_ops/every_yield")
bool BPF_PROG(every_yield, struct task_struct *from, struct task_struct *to)
{
	return false;
}

SEC("struct_ops.s/every_init_task")
s32 BPF_PROG(every_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return 0;
}

SEC("struct_ops.s/every_init")
s32 BPF_PROG(every_init)
{
	return scx_bpf_create_dsq(SHARED_DSQ, -1);
}

/* Operations that are there to be called. */
#define EMPTY(name, ...) \
	SEC("struct_ops/every_" #name) \
	int BPF_PROG(every_##name, ##__VA_ARGS__) \
	{ \
		return 0; \
	}

EMPTY(dequeue, struct task_struct *p, u64 deq_flags)
EMPTY(tick, struct task_struct *p)
EMPTY(runnable, struct task_struct *p, u64 enq_flags)
EMPTY(running, struct task_struct *p)
EMPTY(stopping, struct task_struct *p, bool runnable)
EMPTY(quiescent, struct task_struct *p, u64 deq_flags)
EMPTY(set_weight, struct task_struct *p, u32 weight)
EMPTY(set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
EMPTY(update_idle, s32 cpu, bool idle)
EMPTY(exit_task, struct task_struct *p, struct scx_exit_task_args *args)
EMPTY(enable, struct task_struct *p)
EMPTY(disable, struct task_struct *p)
EMPTY(cpu_acquire, s32 cpu, struct scx_cpu_acquire_args *args)
EMPTY(cpu_release, s32 cpu, struct scx_cpu_release_args *args)

SEC("struct_ops.s/every_exit")
int BPF_PROG(every_exit, struct scx_exit_info *info)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops every_ops = {
	.select_cpu	= (void *)every_select_cpu,
	.enqueue	= (void *)every_enqueue,
	.dequeue	= (void *)every_dequeue,
	.dispatch	= (void *)every_dispatch,
	.tick		= (void *)every_tick,
	.runnable	= (void *)every_runnable,
	.running	= (void *)every_running,
	.stopping	= (void *)every_stopping,
	.quiescent	= (void *)every_quiescent,
	.yield		= (void *)every_yield,
	.set_weight	= (void *)every_set_weight,
	.set_cpumask	= (void *)every_set_cpumask,
	.update_idle	= (void *)every_update_idle,
	.init_task	= (void *)every_init_task,
	.exit_task	= (void *)every_exit_task,
	.enable		= (void *)every_enable,
	.disable	= (void *)every_disable,
	.cpu_acquire	= (void *)every_cpu_acquire,
	.cpu_release	= (void *)every_cpu_release,
	.init		= (void *)every_init,
	.exit		= (void *)every_exit,
	/* keep idle tracking although there is update_idle */
	.flags		= SCX_OPS_KEEP_BUILTIN_IDLE,
	.name		= "every",
};
