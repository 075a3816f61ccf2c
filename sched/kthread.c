// SPDX-License-Identifier: GPL-2.0-only
/* Kernel threads (kernel/kthread.c). */
#include <stdarg.h>
#include <stdio.h>

#include "sched/core.h"

struct task_struct *kthread_create(struct kernel *k, void (*fn)(void *), void *arg, int policy, int nice,
				   int rt_priority, const struct cpumask *mask, const char *fmt, ...)
{
	struct kthread *kt = calloc(1, sizeof(*kt));
	struct fork_args a = {
		.policy = policy,
		.nice = nice,
		.rt_priority = rt_priority,
		.mask = mask,
		.flags = PF_KTHREAD,
		.fn = fn,
		.arg = arg,
		.stack = KTHREAD_STACK,
		.parent = k->kthreadd,
	};
	char comm[TASK_COMM_LEN];
	struct task_struct *p;
	va_list args;

	if (!kt)
		return NULL;
	init_completion(&kt->exited);
	va_start(args, fmt);
	vsnprintf(comm, sizeof(comm), fmt, args);
	va_end(args);
	a.comm = comm;
	if (copy_process(k, &a, &p)) {
		free(kt);
		return NULL;
	}
	task_priv(p)->kthread = kt;
	/* asleep before its first instruction: on a CPU that it may use, for wake-ups that choose none */
	if (!cpumask_test_cpu(task_cpu(p), p->cpus_ptr))
		__set_task_cpu(p, cpumask_first(p->cpus_ptr, k->nr_cpus));
	WRITE_ONCE(p->__state, TASK_UNINTERRUPTIBLE);
	return p;
}

void kthread_stop(struct task_struct *p)
{
	struct kthread *kt = task_priv(p)->kthread;

	get_task_struct(p);
	__atomic_store_n(&kt->should_stop, true, __ATOMIC_SEQ_CST);
	wake_up_process(p);
	wait_for_completion(&kt->exited);
	put_task_struct(p);
}

bool kthread_should_stop(void)
{
	mach_sync();
	return __atomic_load_n(&task_priv(current)->kthread->should_stop, __ATOMIC_SEQ_CST);
}
