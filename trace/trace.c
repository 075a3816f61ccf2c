/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of events to sinks. A sink that fails gets nothing more; the others go on, so that their results
 * stay whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/event.h"

struct trace *trace_create(void)
{
	return calloc(1, sizeof(struct trace));
}

void trace_destroy(struct trace *t)
{
	u32 i;

	if (!t)
		return;
	for (i = 0; i < t->nr_sinks; i++)
		if (t->sinks[i].ops->destroy)
			t->sinks[i].ops->destroy(t->sinks[i].sink);
	free(t);
}

int trace_add_sink(struct trace *t, const struct trace_sink_ops *ops, void *sink)
{
	if (t->nr_sinks == TRACE_MAX_SINKS)
		return -ENOSPC;
	t->sinks[t->nr_sinks].ops = ops;
	t->sinks[t->nr_sinks].sink = sink;
	t->nr_sinks++;
	return 0;
}

static void sink_failed(struct trace *t, u32 i, int error)
{
	const struct trace_sink_ops *ops = t->sinks[i].ops;
	const char *msg = ops->message ? ops->message(t->sinks[i].sink) : NULL;

	t->sinks[i].failed = true;
	if (t->error)
		return;
	t->error = error;
	if (msg)
		snprintf(t->error_msg, sizeof(t->error_msg), "%s", msg);
	else
		snprintf(t->error_msg, sizeof(t->error_msg), "event sink %s: %s", ops->name,
			 strerror(-error));
}

void trace_flush(struct trace *t)
{
	u32 i;

	for (i = 0; t->n && i < t->nr_sinks; i++) {
		int r = 0;

		if (t->sinks[i].failed)
			continue;
		if (t->sinks[i].ops->events)
			r = t->sinks[i].ops->events(t->sinks[i].sink, t->batch, t->n);
		if (r)
			sink_failed(t, i, r);
	}
	t->n = 0;
}

int trace_finish(struct trace *t, u64 end_ns)
{
	u32 i;

	trace_flush(t);
	for (i = 0; i < t->nr_sinks; i++) {
		int r = 0;

		if (t->sinks[i].failed)
			continue;
		if (t->sinks[i].ops->finish)
			r = t->sinks[i].ops->finish(t->sinks[i].sink, end_ns);
		if (r)
			sink_failed(t, i, r);
	}
	return t->error;
}
