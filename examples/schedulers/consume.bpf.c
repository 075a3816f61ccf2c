// SPDX-License-Identifier: GPL-2.0-only
/*
 * consume - two classes of service, for sched_ext as first posted (2022): queues that CPUs consume.
 *
 * A task that finds no idle CPU waits in one of two queues by its weight, first come, first served. A CPU without a task
 * consumes the queue of heavy tasks, every fourth time the one of light tasks, so that both get on. What neither has
 * may be in the global queue, where the kernel puts tasks by itself.
 *
 *	uscx run --kernel 2022 build/examples/schedulers/consume.bpf.o -w examples/workloads/mixed.json
 *	uscx run --kernel 2022 --set switch_all=1 ...		all tasks, not only SCHED_EXT ones
 */
#include "vmlinux-2022.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
void scx_bpf_destroy_dsq(u64 dsq_id) __ksym;
void scx_bpf_switch_all(bool into_scx) __ksym;
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
bool scx_bpf_consume(u64 dsq_id) __ksym;
s32 scx_bpf_dsq_nr_queued(u64 dsq_id) __ksym;

enum { HEAVY_DSQ, LIGHT_DSQ };

#define MAX_CPUS 1024

const volatile u64 slice_ns = 20000000;
const volatile bool switch_all;

/* counts of decisions, by CPU: whose turn it is */
static u32 turn[MAX_CPUS];

SEC("struct_ops/consume_enqueue")
int BPF_PROG(consume_enqueue, struct task_struct *p, u64 enq_flags)
{
	/* an idle CPU was found for it */
	if (enq_flags & SCX_ENQ_LOCAL)
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, slice_ns, enq_flags);
	else
		scx_bpf_dispatch(p, p->scx.weight > 100 ? HEAVY_DSQ : LIGHT_DSQ, slice_ns, enq_flags);
	return 0;
}

SEC("struct_ops/consume_consume")
int BPF_PROG(consume_consume, s32 cpu)
{
	u64 first = HEAVY_DSQ, second = LIGHT_DSQ;

	if (cpu >= 0 && cpu < MAX_CPUS && ++turn[cpu] % 4 == 0) {
		first = LIGHT_DSQ;
		second = HEAVY_DSQ;
	}
	if (!scx_bpf_consume(first))
		scx_bpf_consume(second);
	return 0;
}

/* Nothing was there for this CPU. ops.consume() stands in for the kernel's look at the global queue, so look now. */
SEC("struct_ops/consume_final")
int BPF_PROG(consume_consume_final, s32 cpu)
{
	scx_bpf_consume(SCX_DSQ_GLOBAL);
	return 0;
}

/* Called when the queues have nothing. All tasks are in queues, so there is nothing to add; without it no consume_final. */
SEC("struct_ops/consume_dispatch")
int BPF_PROG(consume_dispatch, s32 cpu, struct task_struct *prev)
{
	return 0;
}

SEC("struct_ops/consume_init")
s32 BPF_PROG(consume_init)
{
	s32 err = scx_bpf_create_dsq(HEAVY_DSQ, -1);

	if (err)
		return err;
	err = scx_bpf_create_dsq(LIGHT_DSQ, -1);
	if (err)
		return err;
	if (switch_all)
		scx_bpf_switch_all(true);
	return 0;
}

SEC(".struct_ops")
struct sched_ext_ops consume_ops = {
	.enqueue = (void *)consume_enqueue,
	.dispatch = (void *)consume_dispatch,
	.consume = (void *)consume_consume,
	.consume_final = (void *)consume_consume_final,
	.init = (void *)consume_init,
	.name = "consume",
};
