/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run came to: as JSON for programs, as a table for people. */
#ifndef TRACE_RESULT_H
#define TRACE_RESULT_H

#include <stdio.h>

#include "trace/stats.h"

struct json_object;

struct run_result_info {
	const char *scheduler;		/* name of the ops; NULL: none was loaded */
	const char *kernel;		/* version presented: "7.2" */
	u64 seed;
	const char *machine;		/* topology as it was asked for */
	u32 nr_cpus;
	u64 virtual_ns;			/* length of the run in simulated time */
	struct {
		const char *kind;	/* "ERROR_STALL", "UNREG" ...; NULL: the scheduler did not exit */
		u32 kind_nr;		/* enum scx_exit_kind */
		s64 code;
		const char *reason;	/* of scx_exit_info; NULL: none */
		const char *msg;	/* of scx_exit_info; NULL: none */
		int status;		/* exit status of uscx */
		int loader_status;	/* the loader's exit status, or 128 + signal; -1: no loader */
	} exit;
	u64 trace_hash;
	/* the only things here that differ between two runs with the same inputs */
	struct {
		u64 wall_ns;
		u64 max_rss_kb;
	} host;
};

/* A named number for the summary, as the scx event counters. */
struct run_counter {
	const char *name;
	s64 value;
};

/*
 * The result as a JSON object, whose members and their order are described in docs/trace.md. The caller drops
 * it with json_object_put(). NULL: out of memory.
 */
struct json_object *run_result_json(const struct run_result_info *info, const struct trace_stats *stats);
/* Write that, indented, to @f. 0 or -errno; @f is flushed. */
int run_result_write_json(FILE *f, const struct run_result_info *info, const struct trace_stats *stats);

/*
 * Write the summary for a terminal, at most 100 columns wide, to @f: the run, tasks (groups of them if there
 * are many), CPUs, and those of the @nr_counters @counters that are not 0. 0 or -errno; @f is flushed.
 */
int run_result_summary(FILE *f, const struct run_result_info *info, const struct trace_stats *stats,
		       const struct run_counter *counters, size_t nr_counters);

#endif
