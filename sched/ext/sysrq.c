// SPDX-License-Identifier: GPL-2.0-only
/* SysRq-S and SysRq-D: what an administrator does about a scheduler from outside. In interrupt context. */
#include <stdio.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

/* SysRq-S: end the scheduler. */
void scx_sysrq_reset(struct kernel *k)
{
	struct scx_kernel *sk = k->scx;
	struct scx_sched *sch = scx_root();

	kernel_printk(k, "sysrq: Disable sched_ext and revert all tasks to CFS");
	if (sch)
		scx_disable(sch, SCX_EXIT_SYSRQ);
	else if (feat(helper_per_sched))
		kernel_printk(k, "sched_ext: BPF schedulers not loaded");
	else if (!READ_ONCE(sk->ops_helper))
		kernel_printk(k, "sched_ext: BPF scheduler not yet used");
}

/* Behind what earlier ones wrote, with a line like those of the log. Lost if there is no memory. */
static void keep_dump(struct scx_kernel *sk, const char *dump)
{
	bool off = raw_spin_lock_irqsave(&sk->dump_lock);
	u64 now = mach_now();
	char *all;

	if (asprintf(&all, "%s[%5llu.%06llu] SysRq-D\n%s", sk->sysrq_dumps ? sk->sysrq_dumps : "",
		     (unsigned long long)(now / 1000000000), (unsigned long long)(now / 1000 % 1000000), dump) >= 0) {
		free(sk->sysrq_dumps);
		sk->sysrq_dumps = all;
	}
	raw_spin_unlock_irqrestore(&sk->dump_lock, off);
}

/* SysRq-D: the debug dump, in the trace as in the kernel, and kept for who runs the machine. Nothing ends. */
void scx_sysrq_dump(struct kernel *k)
{
	struct scx_exit_info ei = { .kind = SCX_EXIT_NONE, .exit_cpu = -1 };
	struct scx_kernel *sk = k->scx;
	struct scx_sched *sch = scx_root();
	char *reason;

	kernel_printk(k, "sysrq: Trigger sched_ext debug dump");
	if (!sch || (!feat(helper_per_sched) && !scx_enabled(k)))
		return;
	/* in guest memory: ops.dump() can read it */
	reason = kobj_alloc(k, sk->text_slab);
	ei.dump = calloc(1, SCX_EXIT_DUMP_DFL_LEN);
	if (reason && ei.dump) {
		strcpy(reason, "SysRq-D");
		ei.reason = reason;
		scx_dump_state(sch, &ei, SCX_EXIT_DUMP_DFL_LEN);
		if (ei.dump[0])
			keep_dump(sk, ei.dump);
	}
	if (reason)
		kobj_free(k, sk->text_slab, reason);
	free(ei.dump);
}

const char *scx_sysrq_dumps(const struct kernel *k)
{
	return k->scx->sysrq_dumps;
}
