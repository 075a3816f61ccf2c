// SPDX-License-Identifier: GPL-2.0-only
/*
 * direct - everything is decided when a task is enqueued, for sched_ext as first posted (2022).
 *
 * A task goes to the local queue of its CPU if the CPU is idle (SCX_ENQ_LOCAL), or if it is the last one there
 * (SCX_ENQ_LAST, which SCX_OPS_ENQ_LAST asks for); it gets a short slice while others wait for a CPU and a long one when it is
 * alone. Otherwise it goes to the global queue, which CPUs without tasks consume by themselves. No ops.dispatch(), no
 * ops.consume().
 *
 *	uscx run --kernel 2022 build/examples/schedulers/direct.bpf.o -w examples/workloads/mixed.json
 */
#include "vmlinux-2022.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;

const volatile u64 slice_ns = 5000000;
const volatile u64 alone_slice_ns = 20000000;

/* tasks that are enabled, and how often one went on because it was alone */
u64 nr_tasks, nr_last;

SEC("struct_ops/direct_enqueue")
int BPF_PROG(direct_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (enq_flags & SCX_ENQ_LAST) {
		__sync_fetch_and_add(&nr_last, 1);
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, alone_slice_ns, enq_flags);
	} else if (enq_flags & SCX_ENQ_LOCAL) {
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, slice_ns, enq_flags);
	} else {
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, slice_ns, enq_flags);
	}
	return 0;
}

/* every task comes by here, whatever its class is */
SEC("struct_ops/direct_enable")
int BPF_PROG(direct_enable, struct task_struct *p, struct scx_enable_args *args)
{
	__sync_fetch_and_add(&nr_tasks, 1);
	return 0;
}

SEC("struct_ops/direct_disable")
int BPF_PROG(direct_disable, struct task_struct *p)
{
	__sync_fetch_and_add(&nr_tasks, -1);
	return 0;
}

SEC(".struct_ops")
struct sched_ext_ops direct_ops = {
	.enqueue = (void *)direct_enqueue,
	.enable = (void *)direct_enable,
	.disable = (void *)direct_disable,
	.flags = SCX_OPS_ENQ_LAST,
	.name = "direct",
};
