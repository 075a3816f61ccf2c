// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading. Loading runs in the enable helper, unloading in the scheduler's own helper: real-time kernel
 * threads, which no scheduler of the class can starve.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

struct scx_enable_cmd {
	struct work work;
	struct kernel *k;
	const struct scx_ops *ops;
	struct scx_sched *sch;
	int ret;
};

/* --- loading --- */

static int check_hotplug_seq(struct scx_sched *sch)
{
	u64 actual = scx_hotplug_seq(sch->k);

	if (!sch->ops.hotplug_seq || sch->ops.hotplug_seq == actual)
		return 0;
	scx_exit(sch, SCX_EXIT_UNREG_KERN, SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG,
		 "expected hotplug seq %llu did not match actual %llu", (unsigned long long)sch->ops.hotplug_seq,
		 (unsigned long long)actual);
	return -EBUSY;
}

static int validate_ops(struct scx_sched *sch)
{
	const struct scx_ops *ops = &sch->ops;

	if ((ops->flags & SCX_OPS_ENQ_LAST) && !ops->enqueue && feat(dispatch_consumes)) {
		scx_error(sch, "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented");
		return -EINVAL;
	}
	if ((ops->flags & SCX_OPS_BUILTIN_IDLE_PER_NODE) && ops->update_idle && !(ops->flags & SCX_OPS_KEEP_BUILTIN_IDLE)) {
		scx_error(sch, "SCX_OPS_BUILTIN_IDLE_PER_NODE requires CPU idle selection enabled");
		return -EINVAL;
	}
	if (feat(kfunc_filter) && (ops->cpu_acquire || ops->cpu_release))
		kernel_printk(sch->k, "ops->cpu_acquire/release() are deprecated, use sched_switch TP instead");
	return 0;
}

/* ops.init_task() for every task that exists: NONE -> READY. 0, or -errno with the error reported. */
static int init_all_tasks(struct scx_sched *sch)
{
	struct scx_task_iter it;
	struct task_struct *p;
	int ret = scx_task_iter_start(&it);

	if (ret)
		return ret;
	while ((p = scx_task_iter_next_locked(&it))) {
		/* INIT_BEGIN makes a death meanwhile leave the cleaning up to us */
		get_task_struct(p);
		scx_set_task_state(p, SCX_TASK_INIT_BEGIN);
		scx_task_iter_unlock(&it);
		ret = __scx_init_task(sch, p, false);
		scx_task_iter_relock(&it, p);
		if (unlikely(ret)) {
			if (scx_get_task_state(p) != SCX_TASK_DEAD)
				scx_set_task_state(p, SCX_TASK_NONE);
			scx_task_iter_stop(&it);
			if (feat(exit_kinds))
				scx_error(sch, "ops.init_task() failed (%d) for %s[%d]", ret, p->comm, p->pid);
			else
				kernel_printk(sch->k, "sched_ext: ops.prep_enable() failed (%d) for %s[%d] while loading", ret,
					      p->comm, p->pid);
			put_task_struct(p);
			return ret;
		}
		if (scx_get_task_state(p) == SCX_TASK_DEAD) {
			scx_cancel_init_task(sch, p);
		} else {
			scx_set_task_state(p, SCX_TASK_INIT);
			scx_set_task_sched(p, sch);
			scx_set_task_state(p, SCX_TASK_READY);
		}
		put_task_struct(p);
	}
	scx_task_iter_stop(&it);
	return 0;
}

/*
 * Move every task into the class that it now belongs to: READY -> ENABLED for those that come to this one; without the feature
 * init_task for all of them.
 */
static int switch_all_tasks(struct scx_sched *sch)
{
	struct scx_task_iter it;
	struct task_struct *p;
	int ret = scx_task_iter_start(&it);

	if (ret)
		return ret;
	while ((p = scx_task_iter_next_locked(&it))) {
		const struct sched_class *class = scx_setscheduler_class(p);
		int flags = DEQUEUE_SAVE | DEQUEUE_MOVE;
		struct sched_change c;

		if (scx_get_task_state(p) != SCX_TASK_READY)
			continue;
		if (p->sched_class != class)
			flags |= DEQUEUE_CLASS;
		sched_change_begin(&c, p, flags);
		if (feat(init_task))
			scx_set_slice(p, READ_ONCE(sch->slice_dfl));
		else
			scx_enable_task(sch, p);
		p->sched_class = class;
		sched_change_end(&c);
	}
	scx_task_iter_stop(&it);
	return 0;
}

/* enable_mutex. 0, or -errno: then the caller takes the scheduler down. */
static int enable_sched(struct scx_kernel *sk, struct scx_sched *sch)
{
	bool partial = sch->ops.flags & SCX_OPS_SWITCH_PARTIAL;
	int ret;

	sk->switch_all_req = false;
	sk->nr_rejected = 0;
	for (u32 cpu = 0; cpu < sk->k->nr_cpus; cpu++) {
		cpu_rq(sk->k, cpu)->scx.local_dsq.sched = (struct scx_sched *)sch->handle;
		cpu_rq(sk->k, cpu)->scx.cpuperf_target = SCX_CPUPERF_ONE;
	}
	WRITE_ONCE(sk->root, sch);
	if (feat(watchdog_early))
		refresh_watchdog(sk);
	scx_idle_enable(sk, &sch->ops);
	if (sch->ops.init) {
		ret = SCX_CALL_OP_RET(sch, init, NULL);
		if (ret) {
			ret = ops_sanitize_err(sch, "init", ret);
			if (feat(exit_kinds))
				scx_error(sch, "ops.init() failed (%d)", ret);
			return ret;
		}
		/* it may have called scx_bpf_error(), which ops.exit() tells */
		if (!feat(bypass) && atomic_read(&sch->exit_kind) != SCX_EXIT_NONE)
			return -EBUSY;
		sch->exit_info->flags |= SCX_EFLAG_INITIALIZED;
	}
	ret = check_hotplug_seq(sch);
	/* without the feature, loading goes on until the end that this is finds it */
	if (ret && feat(task_states_7))
		return ret;
	scx_idle_update_selcpu_topology(sk, &sch->ops);
	ret = validate_ops(sch);
	if (ret)
		return ret;
	if (!feat(watchdog_early))
		refresh_watchdog(sk);
	/*
	 * From when the class is on, our own task may be switched to it, and some schedulers cannot run anything before all
	 * tasks are theirs. In bypass mode all make progress.
	 */
	if (feat(bypass))
		scx_bypass(sch, true);
	WRITE_ONCE(sch->has_ops_enabled, true);
	if (sch->ops.cpu_acquire || sch->ops.cpu_release)
		sch->ops.flags |= SCX_OPS_HAS_CPU_PREEMPT;

	down_write(&sk->fork_rwsem);
	sk->init_task_enabled = true;
	ret = init_all_tasks(sch);
	up_write(&sk->fork_rwsem);
	if (ret) {
		/* bypassing goes on until it is disabled */
		if (!feat(bypass_on_failure) && feat(bypass))
			scx_bypass(sch, false);
		return ret;
	}
	/* from here on unloading has tasks to bring back */
	if (!feat(bypass) && !scx_tryset_enable_state(sk, SCX_ENABLING, SCX_PREPPING))
		return -EBUSY;
	if (!feat(switch_all))
		partial = !sk->switch_all_req;

	WRITE_ONCE(sk->switching_all, !partial);
	WRITE_ONCE(sk->k->__scx_enabled, true);
	down_write(&sk->fork_rwsem);
	ret = switch_all_tasks(sch);
	up_write(&sk->fork_rwsem);
	if (ret)
		return ret;
	if (feat(bypass))
		scx_bypass(sch, false);
	/* an error since then has begun to take it down */
	if (!scx_tryset_enable_state(sk, SCX_ENABLED, SCX_ENABLING))
		return -EBUSY;
	if (!partial)
		WRITE_ONCE(sk->k->__scx_switched_all, true);
	kernel_printk(sk->k, "sched_ext: BPF scheduler \"%s\" enabled%s", sch->ops.name, partial ? " (partial)" : "");
	return 0;
}

static void scx_root_enable_workfn(struct work *w)
{
	struct scx_enable_cmd *cmd = container_of(w, struct scx_enable_cmd, work);
	struct scx_kernel *sk = cmd->k->scx;
	struct scx_sched *sch;
	int ret;

	mutex_lock(&sk->enable_mutex);
	if (READ_ONCE(sk->enable_state) != SCX_DISABLED) {
		cmd->ret = -EBUSY;
		goto unlock;
	}
	cmd->ret = alloc_kick_syncs(sk);
	if (cmd->ret)
		goto unlock;
	scx_set_enable_state(sk, feat(bypass) ? SCX_ENABLING : SCX_PREPPING);
	cmd->sch = sch = scx_alloc_sched(cmd->k, cmd->ops, &cmd->ret);
	if (!sch) {
		scx_set_enable_state(sk, SCX_DISABLED);
		free_kick_syncs(sk);
		goto unlock;
	}
	scx_new_result(sch);
	ret = enable_sched(sk, sch);
	mutex_unlock(&sk->enable_mutex);
	if (!ret) {
		__atomic_fetch_add(&sk->enable_seq, 1, __ATOMIC_RELAXED);
		return;
	}
	/*
	 * From here a failure is told through ops.exit(), with all that is known, and attaching succeeds. If nothing was
	 * reported yet, this is the report.
	 */
	if (!feat(exit_kinds)) {
		/* an error that the scheduler has told of itself is no failure of attaching */
		cmd->ret = atomic_read(&sch->exit_kind) == SCX_EXIT_NONE ? ret : 0;
		scx_disable(sch, SCX_EXIT_ERROR);
		scx_flush_disable_work(sch);
		if (cmd->ret) {
			synchronize_rcu();
			scx_free_sched(sch);
			cmd->sch = NULL;
		}
		return;
	}
	scx_error(sch, feat(task_states_7) ? "scx_root_enable() failed (%d)" : "scx_ops_enable() failed (%d)", ret);
	scx_flush_disable_work(sch);
	return;
unlock:
	mutex_unlock(&sk->enable_mutex);
}

static struct kthread_worker *enable_helper(struct scx_kernel *sk)
{
	if (!READ_ONCE(sk->enable_helper)) {
		mutex_lock(&sk->enable_mutex);
		if (!sk->enable_helper)
			WRITE_ONCE(sk->enable_helper,
				   kthread_worker_create(sk->k, feat(helper_per_sched) ? "scx_enable_helper" : "scx_ops_enable_helper", SCHED_FIFO, MAX_RT_PRIO / 2));
		mutex_unlock(&sk->enable_mutex);
	}
	return sk->enable_helper;
}

int scx_enable(struct kernel *k, const struct scx_ops *ops, struct scx_sched **out)
{
	struct scx_enable_cmd cmd = { .work.fn = scx_root_enable_workfn, .k = k, .ops = ops };
	struct kthread_worker *helper = enable_helper(k->scx);

	*out = NULL;
	if (!helper)
		return -ENOMEM;
	kthread_queue_work(helper, &cmd.work);
	kthread_flush_work(helper, &cmd.work);
	*out = cmd.sch;
	return cmd.ret;
}

/* --- unloading --- */

/* Every task back to its normal class, ops.disable(), ops.exit_task(). */
static void return_all_tasks(struct scx_sched *sch)
{
	struct scx_task_iter it;
	struct task_struct *p;

	/* memory for the cursor was there when the scheduler was loaded, and is again */
	while (scx_task_iter_start(&it))
		schedule_timeout_ns(1000000);
	while ((p = scx_task_iter_next_locked(&it))) {
		const struct sched_class *class = scx_setscheduler_class(p);
		int flags = DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK;
		struct sched_change c;

		update_rq_clock(task_rq(p));
		if (p->sched_class != class)
			flags |= DEQUEUE_CLASS;
		sched_change_begin(&c, p, flags);
		p->sched_class = class;
		sched_change_end(&c);
		scx_disable_and_exit_task(scx_task_sched(p), p);
	}
	scx_task_iter_stop(&it);
}

/*
 * Without the feature bypass: everybody gets on without the scheduler from here on. enable_state is DISABLING, so that cycling
 * a task through its queue brings it to the global DSQ.
 */
static void requeue_all_tasks(void)
{
	struct scx_task_iter it;
	struct task_struct *p;

	while (scx_task_iter_start(&it))
		schedule_timeout_ns(1000000);
	while ((p = scx_task_iter_next_locked(&it))) {
		struct sched_change c;

		if (READ_ONCE(p->__state) == TASK_DEAD)
			continue;
		sched_change_begin(&c, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
		sched_change_end(&c);
	}
	scx_task_iter_stop(&it);
}

/* 2022: ops.exit() with the structure of that time. */
static void call_exit_type(struct scx_sched *sch)
{
	struct kslab *slab = sch->k->scx->exit_type_slab;
	struct scx_exit_info___2022 *info = kobj_alloc(sch->k, slab);
	const struct scx_exit_info *ei = sch->exit_info;

	if (!info) {
		kernel_printk(sch->k, "sched_ext: no memory for ops.exit()");
		return;
	}
	info->type = (enum scx_exit_type)scx_exit_number(sch->k, ei->kind);
	snprintf(info->reason, sizeof(info->reason), "%s", ei->reason);
	snprintf(info->msg, sizeof(info->msg), "%s", ei->msg);
	SCX_CALL_OP(sch, exit_type, NULL, info);
	kobj_free(sch->k, slab, info);
}

static void log_disable(struct scx_sched *sch)
{
	const struct scx_exit_info *ei = sch->exit_info;

	kernel_printk(sch->k, "sched_ext: BPF scheduler \"%s\" disabled (%s)", sch->ops.name, ei->reason);
	if (ei->kind >= SCX_EXIT_ERROR && ei->msg[0])
		kernel_printk(sch->k, "sched_ext: %s: %s", sch->ops.name, ei->msg);
}

void scx_root_disable(struct scx_sched *sch)
{
	struct scx_kernel *sk = sch->k->scx;
	bool off;
	int was;

	/* everybody gets on, so that we may sleep on locks */
	if (feat(bypass))
		scx_bypass(sch, true);
	was = scx_set_enable_state(sk, SCX_DISABLING);
	if (!feat(bypass) && was != SCX_PREPPING)
		requeue_all_tasks();
	mutex_lock(&sk->enable_mutex);
	WRITE_ONCE(sk->k->__scx_switched_all, false);
	WRITE_ONCE(sk->switching_all, false);

	down_write(&sk->fork_rwsem);
	sk->init_task_enabled = false;
	return_all_tasks(sch);
	off = raw_spin_lock_irqsave(&sk->dump_lock);
	sch->dump_disabled = true;
	raw_spin_unlock_irqrestore(&sk->dump_lock, off);
	up_write(&sk->fork_rwsem);

	/* no task is on it: off, and let those finish who are in it */
	WRITE_ONCE(sk->k->__scx_enabled, false);
	WRITE_ONCE(sch->has_ops_enabled, false);
	scx_idle_disable(sk);
	synchronize_rcu();

	log_disable(sch);
	if (sch->ops.exit)
		SCX_CALL_OP(sch, exit, NULL, sch->exit_info);
	if (sch->ops.exit_type)
		call_exit_type(sch);
	scx_keep_result(sch);
	WRITE_ONCE(sk->root, NULL);
	refresh_watchdog(sk);
	free_kick_syncs(sk);
	mutex_unlock(&sk->enable_mutex);
	scx_set_enable_state(sk, SCX_DISABLED);
	if (feat(bypass))
		scx_bypass(sch, false);
}

void scx_unreg(struct scx_sched *sch)
{
	scx_disable(sch, SCX_EXIT_UNREG);
	scx_flush_disable_work(sch);
	/* programs and CPUs may still look at it */
	synchronize_rcu();
	scx_free_sched(sch);
}
