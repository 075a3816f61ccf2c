/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of a run, from the events alone. Memory grows with the number of tasks and CPUs, not of events.
 *
 * Definitions:
 * - running: from the sched_switch to the task until the one away from it, on whatever CPU. Kernel code,
 *   interrupts and BPF programs that execute in between count for the task that is current. cpu_ns is the
 *   sum, a slice is one such stay.
 * - preempted: switched away from while runnable: preemption by others, the end of a slice, sched_yield().
 * - wake latency: from the first wake-up after the task slept until it runs. Preempt wait: the same, from a
 *   preemption. A wait that the end of the run cuts off counts with its length so far: of a task that
 *   starves, that is what there is.
 * - busy, idle: a CPU is idle while its idle task is current.
 * - queued idle: the part of a CPU's idle time in which at least one task of the machine, whichever CPUs it
 *   may run on, was runnable and not running. Includes the time that an idle CPU needs to react to a wake-up.
 *
 * Times of different CPUs are not in order in the stream (see trace/event.h), by up to a stretch of code. A
 * wait that comes out negative for that reason is 0, and a wake-up that is emitted after the switch that it
 * led to, or before the switch that it follows, is put where its time says.
 */
#ifndef TRACE_STATS_H
#define TRACE_STATS_H

#include "trace/event.h"
#include "trace/hist.h"

enum stat_task_state {
	STAT_ASLEEP,		/* or not born, or dead */
	STAT_WOKEN,		/* waits for a CPU since a wake-up */
	STAT_PREEMPTED,		/* waits for a CPU since it was switched away from */
	STAT_RUNNING,
};

struct stat_task {
	char name[17];
	s32 pid;
	u32 flags;			/* enum trace_task_flags */
	u64 cpu_ns;
	u64 switches;			/* times switched to */
	u64 preempted;
	u64 migrations;
	u64 wakeups;
	struct hist wake_latency;
	struct hist preempt_wait;
	struct hist slice;

	/* the replay's; meaningless after the end */
	enum stat_task_state state;
	u32 cpu;			/* running: where */
	u64 since_ns;			/* when @state began */
	bool woken_before;		/* running: was asleep when switched to; its wake-up may come */
	bool wake_pending;		/* running: was woken at @wake_ns; a switch before that may come */
	u64 wake_ns;
	bool announced;			/* TASK_NEW was seen */
	bool dead;
};

struct stat_cpu {
	bool present;
	u64 busy_ns;
	u64 idle_ns;
	u64 queued_idle_ns;
	u64 switches;

	u64 since_ns;			/* last switch */
	u64 queued_ns;			/* the clock of queued time at @since_ns */
	s32 curr;			/* pid; -1: no switch yet */
};

struct stat_counts {
	u64 switches;			/* all, to idle tasks included */
	u64 wakeups;
	u64 migrations;
	u64 ticks;
	u64 ipis;
	u64 bpf_calls;			/* operations called */
	u64 bpf_insns;			/* BPF instructions that they executed */
};

struct trace_stats;
extern const struct trace_sink_ops trace_stats_ops;

/* 0 or -ENOMEM. Give *@sink to trace_add_sink() with trace_stats_ops; it is a struct trace_stats. */
int trace_stats_create(void **sink);

/* Results; final after trace_finish(), valid until trace_destroy(). */
const struct stat_counts *trace_stats_counts(const struct trace_stats *s);
/* Tasks in order of creation, idle tasks left out; NULL beyond the last. */
const struct stat_task *trace_stats_task(const struct trace_stats *s, size_t i);
/* CPUs by number; those that never showed up have @present false; NULL beyond the last. */
const struct stat_cpu *trace_stats_cpu(const struct trace_stats *s, size_t i);

#endif
