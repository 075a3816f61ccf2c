// SPDX-License-Identifier: GPL-2.0-only
/* A FIFO that breaks a rule once it has run for a while: which one is said by @how. */
#include "sched.h"

const volatile u32 how;
static u32 calls;
static u64 value;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} table SEC(".maps");

OPS(breaks_enqueue), struct task_struct *p, u64 enq_flags)
{
	struct task_struct *other;

	if (++calls > 20) {
		switch (how) {
		case 1:
			*(volatile u64 *)16 = 5;	/* NULL */
			break;
		case 2:
			other = bpf_task_from_pid(p->pid);
			if (other)
				value = other->pid;	/* leaked */
			break;
		case 3:
			bpf_map_lookup_elem(&table, (void *)0x10);
			break;
		case 4:
			*(volatile u32 *)&p->pid = 5;	/* a field of the kernel's */
			break;
		case 5:
			bpf_task_release(p);		/* never acquired */
			break;
		}
	}
	FIFO_ENQUEUE;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops breaks_ops = {
	.enqueue = (void *)breaks_enqueue,
	.name = "breaks",
};
