// SPDX-License-Identifier: GPL-2.0-only
/* A scheduler that asks twice to be loaded again, and the third time not; its loader counts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;

#define ACT_RESTART (1ll << 48)	/* SCX_ECODE_ACT_RESTART */

const volatile u64 slice_ns = 1;
/* as loader.c has it */
struct {
	int kind;
	s64 code;	/* before: how often it was loaded */
	char msg[64];
} uei SEC(".data.uei");

u64 nr_running;

SEC("struct_ops/restarts_enqueue")
int BPF_PROG(restarts_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, slice_ns, enq_flags);
	return 0;
}

SEC("struct_ops/restarts_running")
int BPF_PROG(restarts_running, struct task_struct *p)
{
	static char again[] = "again", enough[] = "enough";
	u64 none = 0;

	if (__sync_fetch_and_add(&nr_running, 1) != 20)
		return 0;
	if (uei.code < 3)
		scx_bpf_exit_bstr(ACT_RESTART, again, &none, 0);
	else
		scx_bpf_exit_bstr(7, enough, &none, 0);
	return 0;
}

SEC("struct_ops/restarts_exit")
int BPF_PROG(restarts_exit, struct scx_exit_info *ei)
{
	bpf_probe_read_kernel_str(uei.msg, sizeof(uei.msg), ei->msg);
	uei.code = ei->exit_code;
	uei.kind = ei->kind;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops restarts_ops = {
	.enqueue = (void *)restarts_enqueue,
	.running = (void *)restarts_running,
	.exit = (void *)restarts_exit,
	.name = "restarts",
};
