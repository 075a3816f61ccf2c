// SPDX-License-Identifier: GPL-2.0-only
/* A scheduler that all versions can load: it leaves everything to the kernel. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

SEC("struct_ops/running")
void BPF_PROG(running, struct task_struct *p)
{
}

SEC(".struct_ops.link")
struct sched_ext_ops any_ops = {
	.running	= (void *)running,
	.name		= "any",
};
