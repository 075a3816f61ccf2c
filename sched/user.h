/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a simulated task does in user mode. A task that is a program has no stack: whenever the last thing it did is
 * complete, the core asks its program for the next one. Workloads implement this; sched/ knows no workload.
 */
#ifndef SCHED_USER_H
#define SCHED_USER_H

#include "kabi/cpumask.h"

struct kernel;
struct task_struct;

enum user_op {
	USER_RUN,		/* compute: @ns of work at full speed; ~0: for ever */
	USER_RUN_CPU,		/* compute until @ns of CPU time (sum_exec_runtime of this task) have been used from now */
	USER_RUN_UNTIL,		/* compute until CLOCK_MONOTONIC is @ns: done when the task runs at that instant or later */
	USER_SLEEP_UNTIL,	/* clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, @ns); returns at once if past */
	USER_YIELD,		/* sched_yield */
	/* @policy, @nice, @rt_priority: sched_setattr(0); setpriority(0) when it is a normal policy and stays */
	USER_SETATTR,
	USER_SETAFFINITY,	/* sched_setaffinity(0): @mask */
	USER_SPAWN,		/* start @spec as a new task, which takes its program: spec->program becomes NULL */
	USER_WAIT,		/* block until @sync has a post, and take it (a semaphore) */
	USER_POST,		/* add a post to @sync, wake one waiter */
	USER_EXIT,
};

/* A counting semaphore of the simulated user space: what pipes, barriers and condition variables are built from. */
struct user_sync {
	u32 posts;
	struct task_struct *first, *last;	/* waiters; core's */
	raw_spinlock_t lock;			/* protects the waiters and posts */
};

struct user_call {
	enum user_op op;
	u64 ns;
	u32 policy;
	s32 nice;
	u32 rt_priority;
	const struct cpumask *mask;
	struct task_spec *spec;
	struct user_sync *sync;
	bool sync_wakeup;	/* USER_POST: the waker says that it will sleep soon (WF_SYNC, as pipes do) */
};

struct user_program;
struct user_program_ops {
	/*
	 * Fill @call with the next thing that task @p does; @now_ns: CLOCK_MONOTONIC. Called at a synchronisation
	 * point (after mach_sync()), so that programs see what they share in the order of simulated time.
	 */
	void (*next)(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns, struct user_call *call);
	/* the task is dead and gone */
	void (*free)(struct user_program *up);
};

struct user_program {
	const struct user_program_ops *ops;
};

/* A task to be made. The core copies it. */
struct task_spec {
	const char *comm;		/* cut to 15 bytes */
	u32 policy;			/* SCHED_* */
	s32 nice;			/* -20..19 */
	u32 rt_priority;		/* 1..99 for SCHED_FIFO and SCHED_RR */
	const struct cpumask *mask;	/* NULL: all CPUs */
	struct user_program *program;	/* the core calls its free() when the task is gone */
};

#endif
