// SPDX-License-Identifier: GPL-2.0-only
/* The life of a task as sched_ext sees it: fork, enabling, disabling, death, and walking over all tasks. */
#include <errno.h>

#include "sched/ext/internal.h"
#include "sched/prio.h"

u32 scx_get_task_state(const struct task_struct *p)
{
	return p->scx.__state;
}

/* Without the feature init_task: one flag for prepared, one for enabled */
#define SCX_TASK_OPS_PREPPED	(1u << 3)
#define SCX_TASK_OPS_ENABLED	(1u << 4)

static u32 state_mask(void)
{
	return feat(init_task) ? SCX_TASK_STATE_MASK : SCX_TASK_OPS_PREPPED | SCX_TASK_OPS_ENABLED;
}

/* @state as p->scx.flags has it: without the feature task_states_7 in two bits, which do not know INIT_BEGIN and DEAD */
static u32 state_bits(u32 state)
{
	static const u8 two_bits[] = {
		[SCX_TASK_INIT >> SCX_TASK_STATE_SHIFT] = 1,
		[SCX_TASK_READY >> SCX_TASK_STATE_SHIFT] = 2,
		[SCX_TASK_ENABLED >> SCX_TASK_STATE_SHIFT] = 3,
		[SCX_TASK_DEAD >> SCX_TASK_STATE_SHIFT] = 0,
	};

	if (!feat(init_task))
		return state == SCX_TASK_ENABLED ? SCX_TASK_OPS_ENABLED :
		       state == SCX_TASK_INIT || state == SCX_TASK_READY ? SCX_TASK_OPS_PREPPED : 0;
	return feat(task_states_7) ? state : (u32)two_bits[state >> SCX_TASK_STATE_SHIFT] << SCX_TASK_STATE_SHIFT;
}

/* rq lock, or the task is not visible yet. */
void scx_set_task_state(struct task_struct *p, u32 state)
{
	static const struct {
		u32 to;
		u32 from;	/* bit per state that may precede it */
	} allowed[] = {
#define BIT_OF(s) (1u << ((s) >> SCX_TASK_STATE_SHIFT))
		{ SCX_TASK_NONE, ~BIT_OF(SCX_TASK_DEAD) },
		{ SCX_TASK_INIT_BEGIN, BIT_OF(SCX_TASK_NONE) },
		{ SCX_TASK_INIT, BIT_OF(SCX_TASK_INIT_BEGIN) },
		{ SCX_TASK_READY, BIT_OF(SCX_TASK_INIT) | BIT_OF(SCX_TASK_ENABLED) },
		{ SCX_TASK_ENABLED, BIT_OF(SCX_TASK_READY) },
		{ SCX_TASK_DEAD, BIT_OF(SCX_TASK_NONE) | BIT_OF(SCX_TASK_INIT_BEGIN) },
	};
	u32 i = state >> SCX_TASK_STATE_SHIFT;

	assert_sched(i < sizeof(allowed) / sizeof(allowed[0]) && allowed[i].to == state, "no such task state");
	assert_sched(allowed[i].from & BIT_OF(scx_get_task_state(p)), "invalid task state transition");
#undef BIT_OF
	if (state == SCX_TASK_INIT)
		p->scx.flags |= scx_reset_runnable_at();
	p->scx.__state = state;
	p->scx.flags = (p->scx.flags & ~state_mask()) | state_bits(state);
}

void scx_set_task_sched(struct task_struct *p, struct scx_sched *sch)
{
	WRITE_ONCE(p->scx.sched, sch ? (struct scx_sched *)sch->handle : NULL);
}

/* cgroup scale: 100 is nice 0 */
u32 scx_weight_of(const struct task_struct *p)
{
	u32 w = sched_prio_weight(p->policy, p->static_prio);

	w = (w * 100 + 512) / 1024;
	return w < 1 ? 1 : w > 10000 ? 10000 : w;
}

/*
 * Once a task has switched out for the last time, sched_ext_dead() is all that happens to it; what the core still calls
 * for it (sched_setscheduler on a zombie) is ignored. rq lock.
 */
bool task_dead_and_done(struct task_struct *p)
{
	return feat(task_states_7) && unlikely(READ_ONCE(p->__state) == TASK_DEAD) && !READ_ONCE(p->on_cpu);
}

const struct sched_class *scx_setscheduler_class(struct task_struct *p)
{
	if (task_on_class(p, CLASS_STOP))
		return p->sched_class;
	return __setscheduler_class(this_kernel(), p->policy, p->prio);
}

/* --- one task --- */

static void check_disallow(struct scx_sched *sch, struct task_struct *p, bool fork)
{
	struct scx_kernel *sk = sch->k->scx;
	struct rq *rq;
	bool off;

	if (fork) {
		scx_error(sch, "ops.init_task() set task->scx.disallow for %s[%d] during fork", p->comm, p->pid);
		return;
	}
	if (READ_ONCE(sk->enable_state) != SCX_ENABLING) {
		scx_error(sch, "ops.init_task() set task->scx.disallow for %s[%d] outside the enable path", p->comm, p->pid);
		return;
	}
	/* the policy is applied right after: with this the task can never get into the class */
	rq = task_rq_lock(p, &off);
	if (p->policy == SCHED_EXT) {
		p->policy = SCHED_NORMAL;
		__atomic_fetch_add(&sk->nr_rejected, 1, __ATOMIC_RELAXED);
	}
	task_rq_unlock(rq, p, off);
}

/* 2022: ops.prep_enable(), enable() or cancel_enable(), each with arguments. 0 or -errno; only the first one may fail. */
enum enable_op { OP_PREP_ENABLE, OP_ENABLE, OP_CANCEL_ENABLE };

static int call_enable_op(struct scx_sched *sch, struct task_struct *p, enum enable_op op)
{
	struct kslab *slab = sch->k->scx->enable_args_slab;
	struct scx_enable_args *args = kobj_alloc(sch->k, slab);
	s32 ret = 0;

	if (!args)
		return -ENOMEM;
	if (op == OP_PREP_ENABLE)
		ret = SCX_CALL_OP_RET(sch, prep_enable, NULL, p, args);
	else if (op == OP_ENABLE)
		SCX_CALL_OP_TASK(sch, enable_args, task_rq(p), p, args);
	else
		SCX_CALL_OP_TASK(sch, cancel_enable, task_rq(p), p, args);
	kobj_free(sch->k, slab, args);
	return likely(!ret) ? 0 : ops_sanitize_err(sch, "prep_enable", ret);
}

/* ops.init_task(). Sleeps. 0 or -errno. */
int __scx_init_task(struct scx_sched *sch, struct task_struct *p, bool fork)
{
	struct scx_kernel *sk = sch->k->scx;

	if (!feat(init_task))
		return SCX_HAS_OP(sch, prep_enable) ? call_enable_op(sch, p, OP_PREP_ENABLE) : 0;
	p->scx.disallow = false;
	if (SCX_HAS_OP(sch, init_task)) {
		struct scx_init_task_args *args = kobj_alloc(sch->k, sk->init_args_slab);
		s32 ret;

		if (!args)
			return -ENOMEM;
		args->fork = fork;
		ret = SCX_CALL_OP_RET(sch, init_task, NULL, p, args);
		kobj_free(sch->k, sk->init_args_slab, args);
		if (unlikely(ret))
			return ops_sanitize_err(sch, "init_task", ret);
	}
	if (p->scx.disallow)
		check_disallow(sch, p, fork);
	return 0;
}

/* READY -> ENABLED. rq lock. */
void scx_enable_task(struct scx_sched *sch, struct task_struct *p)
{
	struct rq *rq = task_rq(p);

	assert_sched(!(p->scx.flags & SCX_TASK_IN_CUSTODY), "task in custody before it is enabled");
	/* before ops.enable(), which may look */
	p->scx.weight = scx_weight_of(p);
	if (SCX_HAS_OP(sch, enable_args))
		(void)call_enable_op(sch, p, OP_ENABLE);
	if (SCX_HAS_OP(sch, enable))
		SCX_CALL_OP_TASK(sch, enable, rq, p);
	if (SCX_HAS_OP(sch, set_weight))
		SCX_CALL_OP_TASK(sch, set_weight, rq, p, p->scx.weight);
	scx_set_task_state(p, SCX_TASK_ENABLED);
}

/* ENABLED -> READY. rq lock. */
void scx_disable_task(struct scx_sched *sch, struct task_struct *p)
{
	clear_direct_dispatch(p);
	if (SCX_HAS_OP(sch, disable))
		SCX_CALL_OP_TASK(sch, disable, task_rq(p), p);
	if (!feat(init_task))
		return;		/* the end: NONE follows */
	scx_set_task_state(p, SCX_TASK_READY);
	/* after ops.disable() has seen the last values */
	WRITE_ONCE(p->scx.dsq_vtime, 0);
	scx_set_slice(p, 0);
	assert_sched(!(p->scx.flags & SCX_TASK_IN_CUSTODY), "task in custody after it is disabled");
}

static void call_exit_task(struct scx_sched *sch, struct task_struct *p, bool cancelled)
{
	struct scx_kernel *sk = sch->k->scx;
	struct scx_exit_task_args *args;

	if (!SCX_HAS_OP(sch, exit_task))
		return;
	args = kobj_alloc(sch->k, sk->exit_args_slab);
	if (!args)
		return;
	args->cancelled = cancelled;
	SCX_CALL_OP_TASK(sch, exit_task, task_rq(p), p, args);
	kobj_free(sch->k, sk->exit_args_slab, args);
}

static void cancel_init_task(struct scx_sched *sch, struct task_struct *p)
{
	if (SCX_HAS_OP(sch, cancel_enable))
		(void)call_enable_op(sch, p, OP_CANCEL_ENABLE);
	else
		call_exit_task(sch, p, true);
}

/* Undo a completed __scx_init_task() of a task that died meanwhile. pi_lock and rq lock. */
void scx_cancel_init_task(struct scx_sched *sch, struct task_struct *p)
{
	cancel_init_task(sch, p);
}

/* Any state but DEAD -> NONE. pi_lock and rq lock. */
void scx_disable_and_exit_task(struct scx_sched *sch, struct task_struct *p)
{
	switch (scx_get_task_state(p)) {
	case SCX_TASK_NONE:
		break;
	case SCX_TASK_INIT:
		cancel_init_task(sch, p);
		break;
	case SCX_TASK_ENABLED:
		scx_disable_task(sch, p);
		if (!feat(init_task))
			break;
		/* fall through */
	case SCX_TASK_READY:
		if (feat(init_task))
			call_exit_task(sch, p, false);
		else
			cancel_init_task(sch, p);
		break;
	default:
		assert_sched(false, "task leaves sched_ext in a state that it cannot have");
	}
	scx_set_task_sched(p, NULL);
	scx_set_task_state(p, SCX_TASK_NONE);
}

/* --- fork and death --- */

void init_scx_entity(struct kernel *k, struct sched_ext_entity *scx)
{
	memset(scx, 0, sizeof(*scx));
	INIT_LIST_HEAD(&scx->dsq_list.node);
	RB_CLEAR_NODE(&scx->dsq_priq);
	scx->sticky_cpu = -1;
	scx->holding_cpu = -1;
	INIT_LIST_HEAD(&scx->runnable_node);
	INIT_LIST_HEAD(&scx->tasks_node);
	scx->runnable_at = this_mcpu ? jiffies() : 0;
	scx->ddsp_dsq_id = SCX_DSQ_INVALID;
	scx->slice = SCX_SLICE_DFL;
}

/* Forks and loading exclude each other, so that loading can walk over all tasks. */
void scx_pre_fork(struct task_struct *p)
{
	down_read(&this_scx()->fork_rwsem);
}

int scx_fork(struct task_struct *p)
{
	struct scx_kernel *sk = this_scx();
	int ret;

	p->scx.tid = __atomic_add_fetch(&sk->tid_cursor, 1, __ATOMIC_RELAXED);
	if (!sk->init_task_enabled)
		return 0;
	scx_set_task_state(p, SCX_TASK_INIT_BEGIN);
	ret = __scx_init_task(sk->root, p, true);
	if (unlikely(ret)) {
		scx_set_task_state(p, SCX_TASK_NONE);
		return ret;
	}
	scx_set_task_state(p, SCX_TASK_INIT);
	scx_set_task_sched(p, sk->root);
	return 0;
}

void scx_post_fork(struct task_struct *p)
{
	struct scx_kernel *sk = this_scx();

	if (sk->init_task_enabled) {
		scx_set_task_state(p, SCX_TASK_READY);
		/* without init_task: whatever its class */
		if (on_scx(p) || !feat(init_task)) {
			bool off;
			struct rq *rq = task_rq_lock(p, &off);

			scx_enable_task(scx_task_sched(p), p);
			task_rq_unlock(rq, p, off);
		}
	}
	raw_spin_lock_irq(&sk->tasks_lock);
	list_add_tail(&p->scx.tasks_node, sk->tasks);
	raw_spin_unlock_irq(&sk->tasks_lock);
	up_read(&sk->fork_rwsem);
}

void scx_boot_task(struct kernel *k, struct task_struct *p)
{
	p->scx.tid = ++k->scx->tid_cursor;
	list_add_tail(&p->scx.tasks_node, k->scx->tasks);
}

void scx_cancel_fork(struct task_struct *p)
{
	struct scx_kernel *sk = this_scx();

	if (sk->init_task_enabled) {
		bool off;
		struct rq *rq = task_rq_lock(p, &off);

		scx_disable_and_exit_task(scx_task_sched(p), p);
		task_rq_unlock(rq, p, off);
	}
	up_read(&sk->fork_rwsem);
}

void sched_ext_dead(struct task_struct *p)
{
	struct scx_kernel *sk = this_scx();
	bool off = raw_spin_lock_irqsave(&sk->tasks_lock);
	struct rq *rq;

	list_del_init(&p->scx.tasks_node);
	raw_spin_unlock_irqrestore(&sk->tasks_lock, off);

	/* off the list it is ours alone. INIT_BEGIN: ops.init_task() is running for it; who called it cleans up */
	if (scx_get_task_state(p) == SCX_TASK_NONE)
		return;
	rq = task_rq_lock(p, &off);
	if (scx_get_task_state(p) != SCX_TASK_INIT_BEGIN)
		scx_disable_and_exit_task(scx_task_sched(p), p);
	scx_set_task_state(p, SCX_TASK_DEAD);
	task_rq_unlock(rq, p, off);
}

int scx_check_setscheduler(struct task_struct *p, int policy)
{
	if (scx_enabled(this_kernel()) && READ_ONCE(p->scx.disallow) && p->policy != policy && policy == SCHED_EXT)
		return -EACCES;
	return 0;
}

/* --- all tasks --- */

static void iter_rq_unlock(struct scx_task_iter *it)
{
	if (it->locked_task) {
		task_rq_unlock(it->rq, it->locked_task, it->off);
		it->locked_task = NULL;
	}
}

/* Begin a walk; the list of tasks is locked on return. 0 or -ENOMEM. */
int scx_task_iter_start(struct scx_task_iter *it)
{
	struct scx_kernel *sk = this_scx();

	*it = (struct scx_task_iter){ 0 };
	it->cursor = kobj_alloc(sk->k, sk->list_slab);
	if (!it->cursor)
		return -ENOMEM;
	it->cursor->flags = (u32)SCX_TASK_CURSOR;
	raw_spin_lock_irq(&sk->tasks_lock);
	list_add(&it->cursor->tasks_node, sk->tasks);
	it->list_locked = true;
	return 0;
}

/* Drop what the walk holds; the next step takes it again. The task being visited must be held by a reference. */
void scx_task_iter_unlock(struct scx_task_iter *it)
{
	iter_rq_unlock(it);
	if (it->list_locked) {
		it->list_locked = false;
		raw_spin_unlock_irq(&this_scx()->tasks_lock);
	}
}

void scx_task_iter_relock(struct scx_task_iter *it, struct task_struct *p)
{
	if (!it->list_locked) {
		raw_spin_lock_irq(&this_scx()->tasks_lock);
		it->list_locked = true;
	}
	if (p) {
		it->rq = task_rq_lock(p, &it->off);
		it->locked_task = p;
	}
}

void scx_task_iter_stop(struct scx_task_iter *it)
{
	struct scx_kernel *sk = this_scx();

	scx_task_iter_relock(it, NULL);
	list_del_init(&it->cursor->tasks_node);
	scx_task_iter_unlock(it);
	kobj_free(sk->k, sk->list_slab, it->cursor);
}

static struct task_struct *scx_task_iter_next(struct scx_task_iter *it)
{
	struct scx_kernel *sk = this_scx();
	struct list_head *at;

	/* a long list must not keep interrupts off */
	if (!(++it->cnt % SCX_TASK_ITER_BATCH)) {
		scx_task_iter_unlock(it);
		cond_resched();
	}
	scx_task_iter_relock(it, NULL);
	for (at = it->cursor->tasks_node.next; at != sk->tasks; at = at->next) {
		struct sched_ext_entity *e = list_entry(at, struct sched_ext_entity, tasks_node);

		/* another walk's cursor; tasks change their flags without our lock, so SCX_TASK_CURSOR cannot be asked for */
		if (!e->tid)
			continue;
		list_del_init(&it->cursor->tasks_node);
		list_add(&it->cursor->tasks_node, at);
		return container_of(e, struct task_struct, scx);
	}
	return NULL;
}

/* The next task that is not dead, its rq locked until the next step; NULL: the end. */
struct task_struct *scx_task_iter_next_locked(struct scx_task_iter *it)
{
	struct task_struct *p;

	iter_rq_unlock(it);
	while ((p = scx_task_iter_next(it))) {
		scx_task_iter_relock(it, p);
		if (scx_get_task_state(p) != SCX_TASK_DEAD)
			return p;
		iter_rq_unlock(it);
	}
	return NULL;
}
