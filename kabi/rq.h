/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run queue of a CPU, as BPF programs see it. Own letters: (r) the rq lock, (o) own CPU only, (a) read without a lock,
 * (i) immutable
 */
#ifndef KABI_RQ_H
#define KABI_RQ_H

#include "kabi/task.h"

/* 100 priority lists of the rt class; a bit per list that is not empty. */
struct rt_prio_array {
	u64			bitmap[2];
	struct list_head	queue[MAX_RT_PRIO];
};

struct rt_rq {
	struct rt_prio_array	active;
	u32			rt_nr_running;
};

struct cfs_rq {
	struct load_weight	load;			/* (r) of the entities on the tree and current */
	u32			nr_queued;		/* (r) */
	u32			h_nr_queued;
	s64			avg_vruntime;		/* (r) weighted sum of key, kernel/sched/fair.c */
	u64			avg_load;		/* (r) */
	u64			min_vruntime;		/* (r) */
	struct rb_root		tasks_timeline;		/* (r) by deadline */
	struct sched_entity	*curr;			/* (r) */
};

struct rq {
	raw_spinlock_t		__lock;
	u32			nr_running;		/* (r, a) */
	s32			cpu;			/* (i) */
	s32			online;			/* (r) */
	u32			nr_switches_lo;
	u64			nr_switches;		/* (o) */
	struct task_struct	*curr;			/* (r, a) */
	struct task_struct	*idle;			/* (i) */
	struct task_struct	*stop;			/* (i) */
	const struct sched_class *next_class;		/* (r) class that runs or is going to run */
	u64			clock;			/* (r) ns */
	u64			clock_task;		/* (r) ns */
	u64			clock_pelt;
	u64			lost_idle_time;
	u32			clock_update_flags;	/* (r) RQCF_* */
	u32			balance_callbacks;	/* (r) BALANCE_CB_*: to run when the lock is dropped */
	struct cfs_rq		cfs;
	struct rt_rq		rt;
	struct scx_rq		scx;
};

#endif
