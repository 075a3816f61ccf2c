// SPDX-License-Identifier: GPL-2.0-only
/* The life of tasks: fork, exit, freeing (kernel/fork.c, kernel/exit.c, core.c's sched_fork() and so on). */
#include "sched/core.h"

#define RR_TIMESLICE_MS 100

/* --- pids --- */

static s32 alloc_pid(struct kernel *k)
{
	bool off = raw_spin_lock_irqsave(&k->tasks_lock);
	s32 pid = k->next_pid++;

	raw_spin_unlock_irqrestore(&k->tasks_lock, off);
	return pid;
}

/* tasks_lock. 0 or -ENOMEM. */
static int set_pid(struct kernel *k, struct task_struct *p)
{
	u32 pid = p->pid;

	if (pid >= k->pids_cap) {
		u32 cap = k->pids_cap ? k->pids_cap : 64;
		struct task_struct **n;

		while (cap <= pid)
			cap *= 2;
		n = realloc(k->by_pid, cap * sizeof(*n));
		if (!n)
			return -ENOMEM;
		memset(n + k->pids_cap, 0, (cap - k->pids_cap) * sizeof(*n));
		k->by_pid = n;
		k->pids_cap = cap;
	}
	k->by_pid[pid] = p;
	return 0;
}

struct task_struct *find_task_by_pid(struct kernel *k, s32 pid)
{
	bool off = raw_spin_lock_irqsave(&k->tasks_lock);
	struct task_struct *p = pid > 0 && pid < k->pids_cap ? k->by_pid[pid] : NULL;

	raw_spin_unlock_irqrestore(&k->tasks_lock, off);
	return p;
}

/* --- references --- */

void get_task_struct(struct task_struct *p)
{
	__atomic_fetch_add(&p->usage.refs.counter, 1, __ATOMIC_RELAXED);
}

bool tryget_task_struct(struct task_struct *p)
{
	int n = __atomic_load_n(&p->usage.refs.counter, __ATOMIC_RELAXED);

	while (n)
		if (__atomic_compare_exchange_n(&p->usage.refs.counter, &n, n + 1, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

static void free_task(void *arg)
{
	struct task_struct *p = arg;
	struct kernel *k = this_kernel();
	struct task_priv *tp = task_priv(p);

	/* the machine may be stopped at each lock below; what is gone must not be found by free_tasks() then */
	if (tp->up)
		tp->up->ops->free(tp->up);
	tp->up = NULL;
	if (tp->local_storage)
		k->on_task_free(k->on_task_free_arg, &tp->local_storage);
	if (tp->ctx)
		mach_ctx_destroy(k->m, tp->ctx);
	tp->ctx = NULL;
	free(tp->kthread);
	tp->kthread = NULL;
	if (p->mm)
		kobj_free(k, k->mm_slab, p->mm);
	kobj_free(k, k->task_slab, p);
}

/* The last reference: whoever found the task under RCU may still look at it. */
void put_task_struct(struct task_struct *p)
{
	if (__atomic_sub_fetch(&p->usage.refs.counter, 1, __ATOMIC_ACQ_REL))
		return;
	if (!this_kernel()->feat.dead_at_last_switch)
		sched_ext_dead(p);
	mach_call_rcu(this_kernel()->m, free_task, p);
}

static void delayed_put_task_struct(void *arg)
{
	put_task_struct(arg);
}

/* The scheduler's reference goes: the task is off its CPU for good. */
void put_task_struct_rcu_user(struct task_struct *p)
{
	if (!__atomic_sub_fetch(&p->rcu_users.refs.counter, 1, __ATOMIC_ACQ_REL))
		mach_call_rcu(this_kernel()->m, delayed_put_task_struct, p);
}

/* --- fork --- */

/* First code of a task that has a context of its own. */
static void ret_from_fork(void *arg)
{
	struct task_priv *tp = arg;

	finish_pending_switch();
	preempt_check();
	tp->fn(tp->arg);
	do_exit();
}

static void give_back(struct task_priv *tp, const struct fork_args *a)
{
	if (a->up) {
		*a->up = tp->up;
		tp->up = NULL;
	}
}

/* The page of @slot in the table of companions, made if there is none. NULL: no memory. */
static struct task_priv **task_priv_page(struct kernel *k, u32 slot)
{
	struct task_priv **page, ***at = &k->task_priv[slot / TASK_PRIV_PAGE], **found = NULL;

	if (slot >= TASK_PRIV_PAGE * TASK_PRIV_PAGES)
		return NULL;
	page = smp_load_acquire(at);
	if (page)
		return page;
	page = calloc(TASK_PRIV_PAGE, sizeof(*page));
	if (!page || __atomic_compare_exchange_n(at, &found, page, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return page;
	free(page);
	return found;
}

struct task_struct *alloc_task_struct(struct kernel *k)
{
	struct task_struct *p = kobj_alloc(k, k->task_slab);
	struct task_priv **page;

	if (!p)
		return NULL;
	p->slot = kslab_index(k->task_slab, p);
	page = task_priv_page(k, p->slot);
	if (!page) {
		kobj_free(k, k->task_slab, p);
		return NULL;
	}
	page[p->slot % TASK_PRIV_PAGE] = kslab_companion(k->task_slab, p);
	return p;
}

static struct task_struct *dup_task_struct(struct kernel *k, const struct fork_args *a)
{
	struct task_struct *p = alloc_task_struct(k);
	struct task_priv *tp;

	if (!p)
		return NULL;
	tp = task_priv(p);
	tp->p = p;
	tp->k = k;
	tp->fn = a->fn;
	tp->arg = a->arg;
	tp->loader = a->loader;
	/* no synchronisation point in between: a run that ends anywhere finds it in one place */
	if (a->up) {
		tp->up = *a->up;
		*a->up = NULL;
	}
	if (a->fn) {
		tp->ctx = mach_ctx_create(k->m, a->stack, ret_from_fork, tp);
		if (!tp->ctx)
			goto err_free;
	}
	if (!(a->flags & PF_KTHREAD)) {
		p->mm = kobj_alloc(k, k->mm_slab);
		if (!p->mm)
			goto err_free;
	}
	p->flags = a->flags;
	p->usage.refs.counter = 1;
	p->rcu_users.refs.counter = 1;
	strncpy(p->comm, a->comm, TASK_COMM_LEN - 1);
	p->real_parent = p->parent = a->parent;
	p->group_leader = p;
	INIT_LIST_HEAD(&p->tasks);
	p->cpus_ptr = &p->cpus_mask;
	cpumask_copy(&p->cpus_mask, a->mask ? a->mask : k->possible_mask, k->nr_cpus);
	p->nr_cpus_allowed = cpumask_weight(&p->cpus_mask, k->nr_cpus);
	return p;

err_free:
	give_back(tp, a);
	if (tp->ctx)
		mach_ctx_destroy(k->m, tp->ctx);
	kobj_free(k, k->task_slab, p);
	return NULL;
}

static void sched_fork(struct kernel *k, struct task_struct *p, const struct fork_args *a)
{
	RB_CLEAR_NODE(&p->se.run_node);
	INIT_LIST_HEAD(&p->rt.run_list);
	p->rt.time_slice = RR_TIMESLICE_MS * k->m->hz / 1000;
	init_scx_entity(k, &p->scx);

	/* nobody runs it yet, and no wake-up can put it on a run queue */
	p->__state = TASK_NEW;
	p->policy = a->policy;
	p->static_prio = NICE_TO_PRIO(a->nice);
	p->rt_priority = a->rt_priority;
	p->normal_prio = p->prio =
		rt_policy(p->policy) ? MAX_RT_PRIO - 1 - (int)p->rt_priority : p->static_prio;
	scx_pre_fork(p);
	p->sched_class = __setscheduler_class(k, p->policy, p->prio);
	p->se.slice = k->base_slice;
	set_load_weight(p, false);
}

static int sched_cgroup_fork(struct task_struct *p)
{
	bool off = raw_spin_lock_irqsave(&p->pi_lock);

	/* its first CPU, no migration */
	__set_task_cpu(p, smp_processor_id());
	if (class_ops(p->sched_class)->task_fork)
		class_ops(p->sched_class)->task_fork(p);
	raw_spin_unlock_irqrestore(&p->pi_lock, off);
	return scx_fork(p);
}

static int link_task(struct kernel *k, struct task_struct *p)
{
	bool off = raw_spin_lock_irqsave(&k->tasks_lock);
	int err = set_pid(k, p);

	if (!err) {
		list_add_tail(&p->tasks, k->tasks);
		k->nr_tasks++;
		if (task_priv(p)->up)
			k->nr_user_tasks++;
		if (p->real_parent)
			task_priv(p->real_parent)->has_children = true;
	}
	raw_spin_unlock_irqrestore(&k->tasks_lock, off);
	return err;
}

int copy_process(struct kernel *k, const struct fork_args *a, struct task_struct **out)
{
	struct task_struct *p;
	int err;

	mach_charge(costs()->fork_ns);
	cond_resched();
	p = dup_task_struct(k, a);
	if (!p)
		return -ENOMEM;
	sched_fork(k, p, a);
	p->pid = p->tgid = a->pid ? a->pid : alloc_pid(k);
	if (p->mm)
		p->mm->mm_id = p->pid;
	err = sched_cgroup_fork(p);
	if (err)
		goto err_cancel;
	p->start_time = p->start_boottime = mach_now();
	err = link_task(k, p);
	if (err)
		goto err_cancel;
	scx_post_fork(p);
	if (k->m->trace)
		trace_emit_comm(k->m->trace, TE_TASK_NEW, mach_now(), smp_processor_id(), p->pid, p->comm,
				a->parent ? a->parent->pid : 0,
				(p->flags & PF_KTHREAD ? TRACE_TASK_KTHREAD : 0) |
					(a->loader ? TRACE_TASK_LOADER : 0));
	emit_prio(p);
	*out = p;
	return 0;

err_cancel:
	scx_cancel_fork(p);
	give_back(task_priv(p), a);
	p->rcu_users.refs.counter = 0;
	put_task_struct(p);
	return err;
}

/* --- exit --- */

/* tasks_lock. Children of @p become init's. */
static void forget_original_parent(struct kernel *k, struct task_struct *p)
{
	struct task_struct *t;

	list_for_each_entry(t, k->tasks, tasks)
		if (t->real_parent == p)
			t->real_parent = t->parent = k->init;
}

static void unlink_task(struct kernel *k, struct task_struct *p)
{
	bool off = raw_spin_lock_irqsave(&k->tasks_lock);

	if (task_priv(p)->has_children)
		forget_original_parent(k, p);
	list_del_init(&p->tasks);
	k->by_pid[p->pid] = NULL;
	k->nr_tasks--;
	if (task_priv(p)->up)
		k->nr_user_tasks--;
	raw_spin_unlock_irqrestore(&k->tasks_lock, off);
}

void exit_prepare(struct task_struct *p)
{
	struct kernel *k = this_kernel();
	struct task_priv *tp = task_priv(p);

	mach_charge(costs()->exit_ns);
	WRITE_ONCE(p->flags, p->flags | PF_EXITING);
	cond_resched();
	/* SCHED_AUTOGROUP's sched_autogroup_exit_task(): back to the root group, where tasks are already */
	if (k->feat.autogroup)
		sched_move_task(p);
	emit(TE_TASK_EXIT, p->pid, 0, 0, 0, 0);
	unlink_task(k, p);
	if (k->on_task_exit)
		k->on_task_exit(k->on_task_exit_arg, p);
	if (tp->kthread)
		complete(&tp->kthread->exited);
}

void do_exit(void)
{
	exit_prepare(current);
	do_task_dead();
	__builtin_unreachable();
}
