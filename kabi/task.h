/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task_struct and what hangs off it, as BPF programs see it.
 * (r) rq lock, (p) pi_lock, (k) own task only, (a) read without a lock, (i) immutable
 */
#ifndef KABI_TASK_H
#define KABI_TASK_H

#include "kabi/scx.h"

#define TASK_COMM_LEN 16

/* task_struct.__state */
#define TASK_RUNNING		0x0000
#define TASK_INTERRUPTIBLE	0x0001
#define TASK_UNINTERRUPTIBLE	0x0002
#define TASK_DEAD		0x0080
#define TASK_NEW		0x0800
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* task_struct.flags */
#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_WQ_WORKER		0x00000020
#define PF_KTHREAD		0x00200000
#define PF_NO_SETAFFINITY	0x04000000

/* task_struct.on_rq */
#define TASK_ON_RQ_QUEUED	1
#define TASK_ON_RQ_MIGRATING	2

/* thread_info.flags */
#define TIF_NEED_RESCHED	3
#define _TIF_NEED_RESCHED	(1ul << TIF_NEED_RESCHED)

/* policies (sched(7)) */
#define SCHED_NORMAL		0
#define SCHED_FIFO		1
#define SCHED_RR		2
#define SCHED_BATCH		3
#define SCHED_IDLE		5
#define SCHED_DEADLINE		6
#define SCHED_EXT		7

#define MAX_RT_PRIO		100
#define DEFAULT_PRIO		120
#define MAX_PRIO		140

struct thread_info {
	unsigned long		flags;			/* (a) TIF_* */
	u32			cpu;			/* (r, a) */
};

struct load_weight {
	unsigned long		weight;
	u32			inv_weight;
};

/* Which class a task is in; higher classes have lower addresses, as in the kernel. (i) */
struct sched_class {
	u32			id;			/* enum sched_class_id */
	u32			__pad;
};

struct sched_entity {
	struct load_weight	load;			/* (r) */
	struct rb_node		run_node;		/* (r) fair: timeline */
	u64			deadline;		/* (r) fair */
	u64			min_vruntime;
	s64			vlag;			/* (r) fair */
	u64			vruntime;		/* (r) fair */
	u64			slice;			/* (r) fair, ns */
	u64			exec_start;		/* (r) rq clock when it was last charged */
	u64			sum_exec_runtime;	/* (r, a) ns of CPU time in its life */
	u64			prev_sum_exec_runtime;	/* (r) the same when it was last switched in */
	u64			nr_migrations;		/* (r) */
	unsigned char		on_rq;			/* (r) */
	unsigned char		sched_delayed;		/* (r) */
};

struct sched_rt_entity {
	struct list_head	run_list;		/* (r) */
	u32			time_slice;		/* (r) ticks, SCHED_RR */
	u16			on_rq;
};

struct mm_struct {
	u64			mm_id;
};

struct task_struct {
	struct thread_info	thread_info;
	u32			__state;		/* (p) TASK_* */
	u32			flags;			/* (k, a) PF_* */
	/* ints in 6.12: the three bytes behind each are never written and stay 0 */
	u8			on_cpu __attribute__((aligned(4)));	/* (a) its context is live on a CPU */
	u8			on_rq __attribute__((aligned(4)));	/* (r) TASK_ON_RQ_* */
	s32			wake_cpu;		/* (p) */
	s32			recent_used_cpu;
	s32			prio;			/* (r) */
	s32			static_prio;		/* (r) 100 + 20 + nice */
	s32			normal_prio;		/* (r) */
	u32			rt_priority;		/* (r) */
	u32			policy;			/* (r) SCHED_* */
	s32			nr_cpus_allowed;	/* (r, p) */
	u16			migration_disabled;	/* (k) */
	u16			__pad0;
	u32			slot;			/* (i) where its host-side companion is found: task_priv() */
	const struct sched_class *sched_class;		/* (r, p) */
	struct sched_entity	se;
	struct sched_rt_entity	rt;
	struct sched_ext_entity	scx;
	raw_spinlock_t		pi_lock;
	const struct cpumask	*cpus_ptr;		/* (r, p) */
	struct cpumask		*user_cpus_ptr;
	struct mm_struct	*mm;			/* (i) NULL: kernel thread */
	s32			exit_state;
	s32			pid;			/* (i) */
	s32			tgid;			/* (i) */
	struct task_struct	*real_parent;
	struct task_struct	*parent;
	struct task_struct	*group_leader;
	struct list_head	tasks;			/* all tasks, in order of creation */
	u64			utime;			/* ns */
	u64			stime;			/* ns */
	unsigned long		nvcsw;			/* (r) switches that it asked for */
	unsigned long		nivcsw;			/* (r) preemptions */
	u64			start_time;		/* (i) ns */
	u64			start_boottime;		/* (i) ns */
	char			comm[TASK_COMM_LEN];	/* (k, a) */
	refcount_t		usage;
	refcount_t		rcu_users;
	struct cpumask		cpus_mask;		/* (r, p); last: see kabi/cpumask.h */
};

#endif
