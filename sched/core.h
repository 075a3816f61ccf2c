/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the scheduler core share with each other, and nobody else needs. */
#ifndef SCHED_CORE_H
#define SCHED_CORE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sched/ext/ext.h"
#include "sched/prio.h"
#include "sched/sched.h"

/* Host stacks of kernel threads and long system calls. They run operations of schedulers, hence the size. */
#define KTHREAD_STACK (256 << 10)

#define NICE_0_LOAD (1024ul << 10)	/* weight of nice 0, << 10 as in 64-bit kernels */

static inline bool rt_policy(u32 policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }
static inline bool fair_policy(u32 policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE || policy == SCHED_EXT;
}
static inline bool rt_prio(int prio) { return prio < MAX_RT_PRIO; }

static inline struct mach_costs *costs(void) { return &this_mcpu->m->costs; }

static inline void emit(enum trace_type type, s32 pid, u64 a, u64 b, u64 c, u64 d)
{
	struct mcpu *m = this_mcpu;

	if (m->m->trace)
		trace_emit(m->m->trace, type, m->now_ns, m->id, pid, a, b, c, d);
}

/* --- core.c --- */

const struct sched_class *next_active_class(const struct kernel *k, const struct sched_class *class);
void __set_task_cpu(struct task_struct *p, int cpu);
/* Take what is queued on rq->balance_callbacks: for balance_callbacks(), after the lock was dropped. */
u32 splice_balance_callbacks(struct rq *rq);
void balance_callbacks(struct rq *rq, u32 head);
void set_load_weight(struct task_struct *p, bool update_load);
/* What TASK_PRIO reports of @p. */
void emit_prio(const struct task_struct *p);
static inline void put_prev_task(struct rq *rq, struct task_struct *p)
{
	class_ops(p->sched_class)->put_prev_task(rq, p, NULL);
}
static inline void set_next_task(struct rq *rq, struct task_struct *p)
{
	class_ops(p->sched_class)->set_next_task(rq, p, false);
}

/* --- clock.c --- */

static inline u64 rq_clock_task(const struct rq *rq)
{
	assert_sched(rq->clock_update_flags >= RQCF_ACT_SKIP, "run queue clock used before it was updated");
	return rq->clock_task;
}
static inline void rq_clock_skip_update(struct rq *rq) { rq->clock_update_flags |= RQCF_REQ_SKIP; }
/* Charge @p, which runs on rq, up to now; the ns. */
u64 update_se(struct rq *rq, struct task_struct *p);

/* --- schedule.c --- */

enum sched_mode { SM_IDLE = -1, SM_NONE, SM_PREEMPT };
void __schedule(enum sched_mode mode);
/* After a switch of contexts, on the new one: complete what the old one left. Returns with interrupts on. */
void finish_pending_switch(void);
/* The last thing that a task does; the context of a program's CPU returns from it, as another task. */
void do_task_dead(void);
struct task_struct *pick_task_idle(struct rq *rq);

/* --- usermode.c, idle.c --- */

void cpu_main(void *kern, struct mcpu *c);
bool kernel_need_resched(void *kern, struct mcpu *c);
void do_idle(void);

/* A context for a system call of a program that is long, can sleep or be preempted. */
struct sysctx {
	struct mctx *ctx;
	struct sysctx *next;	/* k->free_sysctx */
	struct sysctx *all_next;	/* k->all_sysctx */
	struct kernel *k;
};
void sysctx_release(struct sysctx *s);
void sysctx_free_all(struct kernel *k);

/* --- wakeup.c --- */

bool is_cpu_allowed(const struct task_struct *p, int cpu);
void wake_up_new_task(struct task_struct *p);
/* Complete the wake-ups that other CPUs left to this one (kernel: sched_ttwu_pending). */
void sched_ttwu_pending(struct rq *rq);

/* --- fork.c --- */

struct fork_args {
	const char *comm;
	u32 policy;
	s32 nice;
	u32 rt_priority;
	const struct cpumask *mask;	/* NULL: all CPUs */
	u32 flags;			/* PF_* */
	void (*fn)(void *arg);		/* of a task with a context of its own; NULL: a program or nothing */
	void *arg;
	size_t stack;
	struct user_program **up;	/* NULL: none; *up becomes the task's, then NULL */
	struct task_struct *parent;
	s32 pid;			/* reserved before; 0: the next one */
	bool loader;
};
/* A zeroed task that task_priv() works for. NULL: no memory. */
struct task_struct *alloc_task_struct(struct kernel *k);
/* A new task in state TASK_NEW. 0 or -errno. Can sleep when a scheduler is being loaded. */
int copy_process(struct kernel *k, const struct fork_args *a, struct task_struct **out);
/* What the end of a task does before it is switched out for the last time. */
void exit_prepare(struct task_struct *p);
void put_task_struct_rcu_user(struct task_struct *p);

/* --- affinity.c --- */

/* p->pi_lock and its run queue's are held. */
void do_set_cpus_allowed(struct task_struct *p, const struct cpumask *mask);

void cpu_stopper_thread(void *arg);

/* --- kthread.c --- */

/* What a kernel thread that can be asked to stop has; lives until the task is freed. */
struct kthread {
	bool should_stop;
	struct completion exited;
};

/* --- syscalls.c --- */

void sched_move_task(struct task_struct *p);

/* --- fair.c, fair_balance.c --- */

void fair_init(struct kernel *k);
struct task_struct *pick_task_fair(struct rq *rq);
int select_task_rq_fair(struct task_struct *p, int prev_cpu, int wake_flags);
/* Get a task for an rq that has none. 1: one came, 0: none, -1: a higher class has something now. */
int sched_balance_newidle(struct rq *rq);
void sched_balance_trigger(struct rq *rq);
bool fair_timeline_less(struct rb_node *a, const struct rb_node *b);

/* --- wait.c --- */

struct wait_entry {
	struct task_struct *task;
	struct wait_entry *next;
	bool woken;
};

/* --- workqueue.c --- */

int workqueue_create(struct kernel *k);
void workqueue_destroy(struct kernel *k);

/* --- launch.c --- */

int launch_create(struct kernel *k);
void launch_destroy(struct kernel *k);

/* --- log.c --- */

int log_create(struct kernel *k);
void log_destroy(struct kernel *k);
void incidents_free(struct kernel *k);

/* --- boot.c --- */

/*
 * Run kernel code outside of the machine, before the first run or when it is at rest for good: on a CPU 0
 * without time, where locks are free and costs nothing.
 */
int boot_create(struct kernel *k);
void boot_destroy(struct kernel *k);
void boot_enter(struct kernel *k);
void boot_leave(struct kernel *k);

/* --- check.c --- */

void check_after_event(struct kernel *k);

#endif
