/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kinds of workloads have in common.
 *
 * Programs outlive the workload that made them, or the other way round, as the caller likes: each of them
 * holds a reference to what they share.
 *
 * Locks on fields: (i) immutable after workload_open(), (a) atomic.
 */
#ifndef WORKLOAD_IMPL_H
#define WORKLOAD_IMPL_H

#include "workload/workload.h"

/* More tasks than any machine is simulated with; so that a slip ("instance": 1000000) is a message. */
#define WORKLOAD_MAX_TASKS 65536

#define NSEC_PER_USEC 1000ull
#define NSEC_PER_SEC 1000000000ull

/* Base of what the programs of a workload share. */
struct workload_impl {
	u32 refs;			/* (a) the workload, and each program that is not freed */
	u64 zero_ns;			/* (a) see workload_zero(); ~0: no task has run yet */
	u64 duration_ns;		/* (i) 0: no end */
	void (*free)(struct workload_impl *wi);
};

void workload_impl_init(struct workload_impl *wi, void (*free)(struct workload_impl *wi));
void workload_impl_get(struct workload_impl *wi);
/* Frees @wi with the last reference. */
void workload_impl_put(struct workload_impl *wi);

/*
 * CLOCK_MONOTONIC at which the workload began: when the first of its tasks ran (rt-app's t_zero), less that
 * task's @start_ns. Each program asks before its first call: timers of all tasks have the same origin.
 */
u64 workload_zero(struct workload_impl *wi, u64 now_ns, u64 start_ns);
/* The instant at which tasks end; ~0: never. */
u64 workload_end(const struct workload_impl *wi, u64 zero_ns);

/* Writes the message; returns @ret. */
int workload_fail(char *err, size_t err_len, int ret, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Make @w's list of @nr tasks, to be filled; workload_close() frees whatever it contains. 0 or -ENOMEM. */
int workload_alloc_tasks(struct workload *w, u32 nr);

/* "SPEC..." of "wl:SPEC..." */
int wl_open(struct workload *w, const char *spec, u32 nr_cpus, char *err, size_t err_len);
/* rt-app's JSON in a file, "-": standard input */
int rtapp_open(struct workload *w, const char *file, u32 nr_cpus, char *err, size_t err_len);

#endif
