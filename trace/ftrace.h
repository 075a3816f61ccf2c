/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the events as the kernel's /sys/kernel/tracing/trace shows them (tracer nop, option irq-info): sched_switch,
 * sched_waking, sched_wakeup, sched_wakeup_new, sched_migrate_task, sched_process_fork, sched_process_exit,
 * sched_ext_dump. docs/trace.md says what is different.
 */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

#include "trace/event.h"

struct ftrace_options {
	bool group_dead;	/* sched_process_exit has group_dead (7.2; not in 6.12) */
};

extern const struct trace_sink_ops ftrace_sink_ops;

/*
 * Create (or overwrite) @path. Give *@sink to trace_add_sink() with ftrace_sink_ops. 0, or -ENOMEM / -errno with one
 * message in @err. The file is complete when trace_finish() returned 0.
 */
int ftrace_create(const char *path, const struct ftrace_options *opt, void **sink, char *err, size_t err_len);

#endif
