// SPDX-License-Identifier: GPL-2.0-only
/* A FIFO scheduler that counts, whose loader can read and write its variables while it runs. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;

const volatile u64 slice_ns = 1;
/* as loader.c has it */
struct {
	u64 nr_enqueued;
	u64 nr_marked;		/* enqueued while @mark was set */
	u64 mark;
	u64 ktime;
} shared;

SEC("struct_ops/shared_enqueue")
int BPF_PROG(shared_enqueue, struct task_struct *p, u64 enq_flags)
{
	__sync_fetch_and_add(&shared.nr_enqueued, 1);
	if (shared.mark)
		__sync_fetch_and_add(&shared.nr_marked, 1);
	shared.ktime = bpf_ktime_get_ns();
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, slice_ns, enq_flags);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops shared_ops = {
	.enqueue = (void *)shared_enqueue,
	.name = "shared",
};
