// SPDX-License-Identifier: GPL-2.0-only
/*
 * known - tells what it sees of three known differences (docs/fidelity.md): the highest task id, the jiffies and the speed
 * of a CPU for which it asked for a quarter. Ends itself, with these in its message, when it has seen 1000 switches.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_cpuperf_set(s32 cpu, u32 perf) __ksym;
u32 scx_bpf_cpuperf_cur(s32 cpu) __ksym;
s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym;

u64 tid_max, switches;

SEC("struct_ops/known_running")
int BPF_PROG(known_running, struct task_struct *p)
{
	static char fmt[] = "tid_max=%llu jiffies=%llu cpuperf=%llu";
	s32 cpu = scx_bpf_task_cpu(p);

	if (p->scx.tid > tid_max)
		tid_max = p->scx.tid;
	scx_bpf_cpuperf_set(cpu, SCX_CPUPERF_ONE / 4);
	if (__sync_fetch_and_add(&switches, 1) == 1000) {
		unsigned long long data[] = { tid_max, bpf_jiffies64(), scx_bpf_cpuperf_cur(cpu) };

		scx_bpf_exit_bstr(0, fmt, data, sizeof(data));
	}
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops known_ops = {
	.running	= (void *)known_running,
	.name		= "known",
};
