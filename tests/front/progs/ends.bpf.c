// SPDX-License-Identifier: GPL-2.0-only
/* A scheduler that ends in the way that its loader chooses, and says to it what ops.exit() was told. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;

#define PF_KTHREAD 0x00200000
#define ACT_RESTART (1ll << 48)	/* SCX_ECODE_ACT_RESTART */

const volatile u64 slice_ns = 1;
/* as loader.c has it */
const volatile enum {
	END_RESTART,	/* scx_bpf_exit(): it asks twice to be loaded again, and the third time not */
	END_ERROR_BPF,	/* scx_bpf_error() */
	END_ERROR,	/* an error that the class finds */
	END_STALL,	/* it dispatches kernel threads only */
	END_NEVER,
} how;
struct {
	int kind;
	s64 code;	/* before: how often it was loaded */
	char reason[64], msg[128];
} uei SEC(".data.uei");

u64 nr_running;

#define NOW 20	/* the end begins with this call of ops.running() */

SEC("struct_ops/ends_select_cpu")
s32 BPF_PROG(ends_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SEC("struct_ops/ends_enqueue")
int BPF_PROG(ends_enqueue, struct task_struct *p, u64 enq_flags)
{
	/* the watchdog runs in a kernel thread */
	if (how == END_STALL && nr_running > NOW && !(p->flags & PF_KTHREAD))
		return 0;
	scx_bpf_dsq_insert(p, how == END_ERROR && nr_running > NOW ? 4711 : SCX_DSQ_GLOBAL, slice_ns, enq_flags);
	return 0;
}

SEC("struct_ops/ends_running")
int BPF_PROG(ends_running, struct task_struct *p)
{
	static char again[] = "again", enough[] = "enough", error[] = "task %d";
	u64 none = 0, pid = p->pid;

	if (__sync_fetch_and_add(&nr_running, 1) != NOW || (how != END_RESTART && how != END_ERROR_BPF))
		return 0;
	if (how == END_ERROR_BPF)
		scx_bpf_error_bstr(error, &pid, sizeof(pid));
	else if (uei.code < 3)
		scx_bpf_exit_bstr(ACT_RESTART, again, &none, 0);
	else
		scx_bpf_exit_bstr(7, enough, &none, 0);
	return 0;
}

SEC("struct_ops/ends_exit")
int BPF_PROG(ends_exit, struct scx_exit_info *ei)
{
	bpf_probe_read_kernel_str(uei.reason, sizeof(uei.reason), ei->reason);
	bpf_probe_read_kernel_str(uei.msg, sizeof(uei.msg), ei->msg);
	uei.code = ei->exit_code;
	uei.kind = ei->kind;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops ends_ops = {
	.select_cpu = (void *)ends_select_cpu,
	.enqueue = (void *)ends_enqueue,
	.running = (void *)ends_running,
	.exit = (void *)ends_exit,
	.timeout_ms = 1000,
	.name = "ends",
};
