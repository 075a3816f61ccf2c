/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the events as a Perfetto trace (.pftrace), which ui.perfetto.dev and trace_processor open:
 * - what each CPU runs and the state of each task, from ftrace's scheduler events in the kernel's own shape,
 * - a counter of the length of each DSQ,
 * - the state of sched_ext as slices, exits as instants,
 * - if asked for, each operation of the scheduler as a slice on a track of the CPU that calls it.
 * Streams to the file with a few KiB of memory for each CPU, task and DSQ.
 */
#ifndef TRACE_PERFETTO_H
#define TRACE_PERFETTO_H

#include "trace/event.h"

struct perfetto_options {
	const char *kernel;	/* version that is presented: "7.2", "6.12", "2022"; NULL: a recent one */
	bool ops;		/* slices of operations; about doubles the file */
};

extern const struct trace_sink_ops perfetto_ops;

/*
 * Create (or overwrite) @path. Give *@sink to trace_add_sink() with perfetto_ops. @opt may be NULL.
 * 0, or -ENOMEM / -errno with one message in @err. The file is complete when trace_finish() returned 0.
 */
int perfetto_create(const char *path, const struct perfetto_options *opt, void **sink, char *err,
		    size_t err_len);

#endif
