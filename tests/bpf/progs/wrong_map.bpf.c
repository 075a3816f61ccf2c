// SPDX-License-Identifier: GPL-2.0-only
/* Uses a map type that is not supported. */
#include "sched.h"

struct {
	__uint(type, 7);	/* STACK_TRACE */
	__uint(max_entries, 10);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");

OPS(wrong_enqueue), struct task_struct *p, u64 enq_flags)
{
	u32 pid = p->pid;

	bpf_map_lookup_elem(&seen, &pid);
	FIFO_ENQUEUE;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops wrong_ops = {
	.enqueue = (void *)wrong_enqueue,
	.name = "wrong",
};
