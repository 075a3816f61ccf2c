/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rt-app's workloads inside: what is read from JSON, and what the tasks' programs share.
 *
 *	rtapp_text.c	the dialect: comments, repeated keys, keys without value; yields a json-c object
 *	rtapp_parse.c	checks that object and makes the structures below from it
 *	rtapp_event.c	one row and one function per event
 *	rtapp_run.c	the program of a task: loops and phases
 *
 * The names are rt-app's: a task has phases, a phase has events, events use resources (mutex, ...).
 *
 * Locks on fields: (i) immutable once parsed, (a) atomic, (o) only by the program that owns it.
 */
#ifndef WORKLOAD_RTAPP_H
#define WORKLOAD_RTAPP_H

#include "workload/impl.h"

struct json_object;
struct rtapp_program;

/* --- resources --- */

enum rtapp_resource_type {
	RTAPP_MUTEX,
	RTAPP_COND,
	RTAPP_BARRIER,
	RTAPP_TIMER,
};

/*
 * A pthread mutex: whoever finds it unlocked has it, also past those that wait. Neither lock nor unlock
 * enters the kernel unless somebody has to wait or be woken.
 */
struct rtapp_mutex {
	u32 locked;			/* (a) */
	u32 waiters;			/* (a) have not been sent a post */
	struct user_sync sync;
};

/* A pthread condition: a signal that finds no waiter is lost. */
struct rtapp_cond {
	u32 waiters;			/* (a) have not been sent a post */
	struct user_sync sync;
};

/* Generation n is complete with arrival (n + 1) * users. Two semaphores: nobody is two generations ahead. */
struct rtapp_barrier {
	u32 users;			/* (i) events that name it, times the instances of their tasks */
	u64 arrivals;			/* (a) */
	struct user_sync sync[2];
};

struct rtapp_timer {
	bool absolute;			/* (i) any event that names it says so */
	u64 next_ns;			/* (a) rt-app's t_next; 0: not used yet */
};

struct rtapp_resource {
	struct rtapp_resource *next;	/* (i) */
	enum rtapp_resource_type type;	/* (i) */
	const char *name;		/* (i) */
	u32 index;			/* (i) a task's own ("unique") timer: place in its program's timers */
	bool own;			/* (i) such a timer; its next_ns is in the program */
	bool held;			/* parsing: a mutex that the phase has locked so far */
	union {
		struct rtapp_mutex mutex;
		struct rtapp_cond cond;
		struct rtapp_barrier barrier;
		struct rtapp_timer timer;
	};
};

/* --- what was read; all (i) --- */

struct rtapp_event {
	const struct rtapp_kind *kind;
	u64 ns;				/* run, runtime, sleep; a timer's period */
	struct rtapp_resource *res;	/* what it locks, waits for, ... */
	struct rtapp_resource *mutex;	/* of wait, sync, suspend, resume */
};

struct rtapp_sched {
	u32 policy;			/* SCHED_* */
	s32 nice;
	u32 rt_priority;
};

struct rtapp_phase {
	const char *name;		/* NULL: the task has no "phases" */
	s32 loop;			/* -1: for ever */
	u32 nr_events;
	struct rtapp_event *events;
	/* the phase's, else the task's, else all CPUs; equal masks are the same object */
	const struct cpumask *mask;
	const struct rtapp_sched *sched; /* NULL: stays what it is */
};

struct rtapp_task {
	const char *name;
	u32 instances;
	s32 loop;			/* -1: for ever */
	u64 delay_ns;
	const struct rtapp_sched *sched;
	u32 nr_phases;
	struct rtapp_phase *phases;
	u32 nr_timers;			/* own ones */
	struct rtapp_resource *timers;
};

/* A workload. Everything in it comes from rtapp_alloc(). */
struct rtapp {
	struct workload_impl wi;
	u32 nr_tasks;
	struct rtapp_task *tasks;
	struct rtapp_resource *resources;
	struct rtapp_mask *masks;
	const struct cpumask *all_cpus;
	u32 default_policy;		/* of tasks for which the file does not say it */
	u32 is_shut_down;		/* (a) a task has seen the end of the workload */
	struct rtapp_chunk *chunks;
};

/* --- events --- */

/* What an event's value is. */
enum rtapp_arg {
	RTAPP_ARG_USEC,			/* integer: us */
	RTAPP_ARG_ANY,			/* means nothing */
	RTAPP_ARG_MUTEX,		/* string */
	RTAPP_ARG_COND,			/* string */
	RTAPP_ARG_COND_MUTEX,		/* { "ref", "mutex" } */
	RTAPP_ARG_TASK,			/* string: a condition and a mutex of that name */
	RTAPP_ARG_BARRIER,		/* string */
	RTAPP_ARG_TIMER,		/* { "ref", "period", "mode" } */
};

/* What an event does to the mutex that it names, for the check that mutexes are used as pthreads demand. */
enum rtapp_lock_use {
	RTAPP_LOCK_NONE,
	RTAPP_LOCK_TAKES,		/* must not be held, is held then */
	RTAPP_LOCK_DROPS,		/* must be held, is not held then */
	RTAPP_LOCK_NEEDS,		/* must be held, is held again in the end */
	RTAPP_LOCK_CYCLES,		/* must not be held, is not held in the end */
};

/* What became of an event that was asked for its next call. */
enum rtapp_step {
	RTAPP_DONE,			/* it is over; there is no call */
	RTAPP_LAST_CALL,		/* it is over after this call */
	RTAPP_CALL,			/* ask it again after this call */
};

struct rtapp_kind {
	const char *name;		/* a key that begins with it is this event */
	enum rtapp_arg arg;
	enum rtapp_lock_use lock_use;
	bool takes_time;		/* whatever its value: it waits or enters the kernel */
	/* NULL: the event is known but not supported. @call is zeroed. */
	enum rtapp_step (*step)(struct rtapp_program *rp, const struct rtapp_event *ev, u64 now_ns,
				struct user_call *call);
};

extern const struct rtapp_kind rtapp_kinds[];	/* ends with a row without name */

/* The event that a key stands for, or NULL. */
const struct rtapp_kind *rtapp_find_kind(const char *key);
/*
 * At the end of the workload: wake one more of those that wait for a condition or at a barrier, by @call;
 * @woken have been woken before. False: that was all.
 */
bool rtapp_wake_one(struct rtapp_resource *res, u32 woken, struct user_call *call);
/* Does time pass in a loop of only this event? */
bool rtapp_event_takes_time(const struct rtapp_event *ev);

/* --- programs --- */

struct rtapp_program {
	struct user_program up;
	struct rtapp *ra;		/* (i) */
	const struct rtapp_task *task;	/* (i) */
	bool started;
	bool entered;			/* the current pass of the phase has its affinity and policy */
	u64 first_ns;			/* rt-app's t_first: origin of timers */
	u64 end_ns;			/* ~0: never */
	u32 thread_loop;		/* passes of all phases that are complete */
	u32 phase;
	u32 phase_loop;			/* passes of the phase that are complete */
	u32 event;
	u32 step;			/* how far the event is; its own numbers, 0: not begun */
	u32 posts_left;			/* of a broadcast in progress */
	u32 nr_held;			/* mutexes that lock events hold */
	const struct cpumask *mask;	/* current */
	const struct rtapp_sched *sched; /* last one that was set */
	struct user_sync *sync;		/* of a barrier in progress */
	bool is_shutting_down;		/* this is the task that wakes all others at the end */
	struct rtapp_resource *shutdown_res; /* whose waiters it wakes */
	u32 shutdown_woken;		/* of them so far */
	u64 timers[];			/* (o) next_ns of the task's own timers */
};

/* A program for an instance of @task; NULL: no memory. */
struct user_program *rtapp_program_create(struct rtapp *ra, const struct rtapp_task *task);

/* --- memory and text --- */

/* Zeroed memory that lives as long as @ra; NULL: no memory. */
void *rtapp_alloc(struct rtapp *ra, size_t size);

/*
 * Read a file ("-": standard input) in rt-app's dialect. Repeated keys of an object have got numbers, as
 * workgen does it. 0 and a new reference in @root, or -errno with a message.
 */
int rtapp_read(const char *file, struct json_object **root, char *err, size_t err_len);

/* Fill @ra from @root. 0, or -EINVAL or -ENOMEM with a message that begins with @file and the JSON path. */
int rtapp_parse(struct rtapp *ra, struct json_object *root, const char *file, u32 nr_cpus, char *err,
		size_t err_len);

#endif
