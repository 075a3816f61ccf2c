/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes every call of an operation of the scheduler as a line, in the order of the calls, in the format in which such calls
 * are recorded from the real kernel:
 *
 *	TIME CPU OP TASK ARGS [-> RETURN]
 *
 * docs/trace.md describes it.
 */
#ifndef TRACE_OPS_H
#define TRACE_OPS_H

#include "trace/event.h"

extern const struct trace_sink_ops ops_sink_ops;

/*
 * Create (or overwrite) @path. Give *@sink to trace_add_sink() with ops_sink_ops. 0, or -ENOMEM / -errno with one message in
 * @err. The file is complete when trace_finish() returned 0.
 */
int ops_create(const char *path, void **sink, char *err, size_t err_len);

#endif
