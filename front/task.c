// SPDX-License-Identifier: GPL-2.0-only
/* Calls on processes, threads and their scheduling. */
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "front/impl.h"
#include "sched/sched.h"

/* --- processes --- */

static long do_clone(struct fthread *t, u64 flags, u64 ctid)
{
	struct front *f = t->f;

	front_enter(t);
	f->nr_expected++;
	f->expected_ctid = flags & CLONE_CHILD_CLEARTID ? ctid : 0;
	f->expected_parent = flags & CLONE_VFORK ? t : NULL;
	return FRONT_CONTINUE;
}

long call_clone(struct fthread *t, const u64 *arg) { return do_clone(t, arg[0], arg[3]); }
long call_fork(struct fthread *t, const u64 *arg) { return do_clone(t, 0, 0); }
long call_vfork(struct fthread *t, const u64 *arg) { return do_clone(t, CLONE_VFORK, 0); }

long call_clone3(struct fthread *t, const u64 *arg)
{
	struct clone_args a = { 0 };
	size_t n = arg[1] < sizeof(a) ? arg[1] : sizeof(a);

	if (front_read(t, &a, arg[0], n))
		return -EFAULT;
	return do_clone(t, a.flags, a.child_tid);
}

long call_execve(struct fthread *t, const u64 *arg)
{
	t->p->execing = true;
	return FRONT_CONTINUE;
}

long call_exit(struct fthread *t, const u64 *arg)
{
	t->exiting = true;
	return FRONT_CONTINUE;
}

long call_kill(struct fthread *t, const u64 *arg)
{
	front_enter(t);
	t->f->signalled = true;
	return FRONT_CONTINUE;
}

long call_set_tid_address(struct fthread *t, const u64 *arg)
{
	t->ctid = arg[0];
	return FRONT_CONTINUE;
}

/* --- scheduling --- */

/* The task of a thread of the loader; NULL: @pid is none of its threads. */
static struct task_struct *task_of(struct fthread *t, int pid)
{
	if (!pid)
		return current;
	for (struct fthread *o = t->f->threads; o; o = o->next)
		if (o->tid == pid && o->task)
			return o->task;
	return NULL;
}

long call_sched_getaffinity(struct fthread *t, const u64 *arg)
{
	u32 nr = t->f->cfg.nr_cpus;
	size_t n = cpumask_size(nr);
	struct task_struct *p;

	front_enter(t);
	p = task_of(t, arg[0]);
	if (!p)
		return -ESRCH;
	if ((u32)arg[1] < n || arg[1] & 7)
		return -EINVAL;
	return front_write(t, arg[2], cpumask_bits(&p->cpus_mask), n) ? -EFAULT : (long)n;
}

long call_sched_setaffinity(struct fthread *t, const u64 *arg)
{
	size_t n = cpumask_size(t->f->cfg.nr_cpus);
	struct cpumask *mask;
	struct task_struct *p;
	long ret;

	front_enter(t);
	p = task_of(t, arg[0]);
	if (!p)
		return -ESRCH;
	mask = calloc(1, n);
	if (!mask)
		return -ENOMEM;
	ret = front_read(t, mask, arg[2], (u32)arg[1] < n ? (u32)arg[1] : n);
	if (!ret) {
		get_task_struct(p);
		ret = __sched_setaffinity(p, mask);
		put_task_struct(p);
	}
	free(mask);
	return ret;
}

long call_sched_yield(struct fthread *t, const u64 *arg)
{
	front_enter(t);
	do_sched_yield();
	return 0;
}

long call_sched_setscheduler(struct fthread *t, const u64 *arg)
{
	struct task_sched_attr attr;
	struct sched_param param;
	struct task_struct *p;

	front_enter(t);
	p = task_of(t, arg[0]);
	if (!p)
		return -ESRCH;
	if (front_read(t, &param, arg[2], sizeof(param)))
		return -EFAULT;
	attr = (struct task_sched_attr){ arg[1] & ~SCHED_RESET_ON_FORK, task_nice(p), param.sched_priority };
	return __sched_setscheduler(p, &attr);
}

long call_sched_getscheduler(struct fthread *t, const u64 *arg)
{
	struct task_struct *p;

	front_enter(t);
	p = task_of(t, arg[0]);
	return p ? (long)p->policy : -ESRCH;
}

long call_sched_getparam(struct fthread *t, const u64 *arg)
{
	struct task_struct *p;
	struct sched_param param;

	front_enter(t);
	p = task_of(t, arg[0]);
	if (!p)
		return -ESRCH;
	param.sched_priority = p->rt_priority;
	return front_write(t, arg[1], &param, sizeof(param));
}

long call_getcpu(struct fthread *t, const u64 *arg)
{
	u32 cpu, node;

	front_enter(t);
	cpu = smp_processor_id();
	node = this_mcpu->m->topo.cpu[cpu].node;
	if (arg[0] && front_write(t, arg[0], &cpu, sizeof(cpu)))
		return -EFAULT;
	if (arg[1] && front_write(t, arg[1], &node, sizeof(node)))
		return -EFAULT;
	return 0;
}

long call_getpriority(struct fthread *t, const u64 *arg)
{
	struct task_struct *p;

	front_enter(t);
	p = arg[0] == PRIO_PROCESS ? task_of(t, arg[1]) : NULL;
	return p ? 20 - task_nice(p) : -ESRCH;
}

long call_setpriority(struct fthread *t, const u64 *arg)
{
	struct task_struct *p;
	int nice = arg[2];

	front_enter(t);
	p = arg[0] == PRIO_PROCESS ? task_of(t, arg[1]) : NULL;
	if (!p)
		return -ESRCH;
	set_user_nice(p, nice < -20 ? -20 : nice > 19 ? 19 : nice);
	return 0;
}
