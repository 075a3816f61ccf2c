/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_ext as the scheduler core sees it (kernel/sched/ext/ext.h). */
#ifndef SCHED_EXT_EXT_H
#define SCHED_EXT_EXT_H

#include "sched/sched.h"

/* At boot, after the run queues exist. 0 or -ENOMEM. */
int init_sched_ext_class(struct kernel *k);
void exit_sched_ext_class(struct kernel *k);

/* Is sched_ext in use (the class takes part in picks)? Are all normal tasks on it? (static keys in the kernel) */
static inline bool scx_enabled(const struct kernel *k) { return READ_ONCE(k->__scx_enabled); }
static inline bool scx_switched_all(const struct kernel *k) { return READ_ONCE(k->__scx_switched_all); }
/* May a task of @policy go to sched_ext now? */
bool task_should_scx(struct kernel *k, int policy);
bool scx_allow_ttwu_queue(const struct task_struct *p);

/* init_task of the entity, for every new task before anything else */
void init_scx_entity(struct kernel *k, struct sched_ext_entity *scx);
/* fork, in this order; scx_fork may fail with -errno, then scx_cancel_fork if it had succeeded and something later failed */
void scx_pre_fork(struct task_struct *p);
int scx_fork(struct task_struct *p);
void scx_post_fork(struct task_struct *p);
void scx_cancel_fork(struct task_struct *p);
/* outside, at boot: a task that exists without having been forked (init, kthreadd ...); not idle tasks */
void scx_boot_task(struct kernel *k, struct task_struct *p);
/* after the last switch out of @p; no locks */
void sched_ext_dead(struct task_struct *p);

/* every tick of every CPU, rq locked, before the class's task_tick (checks the watchdog) */
void scx_tick(struct rq *rq);
/* the idle task is picked again (@idle, !@do_notify) or entered or left (@do_notify) */
void scx_update_idle(struct rq *rq, bool idle, bool do_notify);
/* sched_setscheduler(p, @policy) asks: 0 or -EACCES */
int scx_check_setscheduler(struct task_struct *p, int policy);
bool scx_can_stop_tick(struct rq *rq);

/* the rq clock was updated; the rq lock is going to be dropped or unpinned */
static inline void scx_rq_clock_update(struct rq *rq, u64 clock)
{
	WRITE_ONCE(rq->scx.clock, clock);
	smp_store_release(&rq->scx.flags, rq->scx.flags | SCX_RQ_CLK_VALID);
}
static inline void scx_rq_clock_invalidate(struct rq *rq)
{
	WRITE_ONCE(rq->scx.flags, rq->scx.flags & ~SCX_RQ_CLK_VALID);
}

/* balance callbacks of the class, rq locked */
void scx_deferred_bal_cb(struct rq *rq);
void scx_kick_sync_bal_cb(struct rq *rq);

/* versions that balance before they pick: a pick begins. rq lock. */
void scx_balance_pending(struct rq *rq);

/* SysRq-S and SysRq-D; in interrupt context */
void scx_sysrq_reset(struct kernel *k);
void scx_sysrq_dump(struct kernel *k);

/* Check the class's structures of @rq and of all DSQs; see kernel_check(). */
const char *scx_check(struct kernel *k, char *buf, size_t len);

#endif
