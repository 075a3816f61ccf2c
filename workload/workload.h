/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workloads: what the tasks of a run do.
 *
 *	rt-app's JSON	workload/rtapp*.c	its own dialect (comments, repeated keys), see docs/workloads.md
 *	wl specs	workload/wl.c		"hog hog@5 per:10000:2000": the small tool of that name
 *
 * Either yields a list of task_specs, each with the instant at which it starts.
 */
#ifndef WORKLOAD_WORKLOAD_H
#define WORKLOAD_WORKLOAD_H

#include "sched/user.h"

struct workload_task {
	struct task_spec spec;		/* comm and mask belong to the workload; program passes to the kernel */
	u64 start_ns;			/* after the start of the workload */
};

struct workload {
	u32 nr_tasks;
	struct workload_task *tasks;
	/*
	 * global.duration; 0: none given (or -1, "for ever"). It counts from the instant at which the first task
	 * runs. After it tasks exit by themselves, each when it has finished what it does just then.
	 */
	u64 duration_ns;
	u32 default_policy;		/* SCHED_* of tasks that do not say which */
	void *impl;			/* owns what programs share */
};

/*
 * Read a workload for a machine of @nr_cpus CPUs. @arg is a file name (JSON), "-" for standard input, or "wl:SPEC..." with
 * task specs separated by blanks. @seed feeds the free choices of a workload, if it has any.
 * 0, or -EINVAL / -errno with one message in @err that names file, line or JSON path, the reason and what is allowed.
 */
int workload_open(struct workload *w, const char *arg, u32 nr_cpus, u64 seed, char *err, size_t err_len);
/* The same, with another policy than SCHED_NORMAL for tasks that do not say which: SCHED_EXT, SCHED_BATCH. */
int workload_open_as(struct workload *w, const char *arg, u32 nr_cpus, u64 seed, u32 policy, char *err, size_t err_len);
/*
 * Frees everything, programs that no kernel took over included (a taken one has spec.program NULL). Programs
 * that a kernel has taken keep alive what they share: the kernel may be destroyed before or after this.
 */
void workload_close(struct workload *w);

#endif
