// SPDX-License-Identifier: GPL-2.0-only
/* A FIFO with variables of every kind that can be set, and that can not. */
#include "sched.h"

enum mode { MODE_A, MODE_B = 7 };

const volatile u64 slice_ns = 3000000;
const volatile s8 small = -1;
const volatile bool flag;
const volatile enum mode mode = MODE_A;
const volatile u32 table[4];
const volatile u64 __SCX_DSQ_LOCAL;
const volatile u64 __SCX_TASK_INIT = 5;
const volatile u64 __SCX_NOT_THERE = 5;
char label[8] = "none";
u32 counter = 1;

/* what it had when the scheduler started */
u64 seen_slice, seen_local, seen_task_init, seen_not_there;
s64 seen_small;
u32 seen_mode;
bool seen_flag;
char seen_label[8];

OPS(vars_enqueue), struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, slice_ns, enq_flags);
	__sync_fetch_and_add(&counter, 1);
	return 0;
}

SEC("struct_ops.s/vars_init")
s32 BPF_PROG(vars_init)
{
	seen_slice = slice_ns;
	seen_small = small;
	seen_flag = flag;
	seen_mode = mode;
	seen_local = __SCX_DSQ_LOCAL;
	seen_task_init = __SCX_TASK_INIT;
	seen_not_there = __SCX_NOT_THERE;
	__builtin_memcpy(seen_label, label, sizeof(seen_label));
	return table[0];
}

SEC(".struct_ops.link")
struct sched_ext_ops vars_ops = {
	.enqueue = (void *)vars_enqueue,
	.init = (void *)vars_init,
	.name = "vars",
};
