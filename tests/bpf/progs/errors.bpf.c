// SPDX-License-Identifier: GPL-2.0-only
/* Ends itself: fails to start, or reports an error from a task's tick. Prints on the way. */
#include "sched.h"

const volatile s32 init_error;
static u32 ticks;

OPS(errors_enqueue), struct task_struct *p, u64 enq_flags)
{
	FIFO_ENQUEUE;
	return 0;
}

OPS(errors_tick), struct task_struct *p)
{
	static char fmt[] = "task %s ticked %d times";
	unsigned long long data[2];

	if (++ticks == 3)
		bpf_printk("tick %d of %d\n", ticks, 3);
	if (ticks == 10) {
		data[0] = (unsigned long)p->comm;
		data[1] = ticks;
		scx_bpf_error_bstr(fmt, data, sizeof(data));
	}
	return 0;
}

SEC("struct_ops.s/errors_init")
s32 BPF_PROG(errors_init)
{
	return init_error;
}

SEC(".struct_ops.link")
struct sched_ext_ops errors_ops = {
	.enqueue = (void *)errors_enqueue,
	.tick = (void *)errors_tick,
	.init = (void *)errors_init,
	.name = "errors",
};
