/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sinks that write text have in common: the file, the names of tasks, and events in order of time.
 *
 * The stream is ordered for each CPU but not between CPUs. Here an event waits until those that could be earlier have come:
 * for WINDOW_NS of simulated time, or until WINDOW_EVENTS wait, whichever is less. Code that runs without a
 * synchronisation point for longer than that gets lines out of order; nothing is lost.
 */
#ifndef TRACE_TEXTFILE_H
#define TRACE_TEXTFILE_H

#include <stdio.h>

#include "trace/event.h"
#include "trace/pidmap.h"

/* A BPF program may execute 2^28 instructions between two synchronisation points: 107 ms at 0.4 ns each. */
#define TEXTFILE_WINDOW_NS	200000000ull
/* 12 MiB */
#define TEXTFILE_WINDOW_EVENTS	(1u << 18)

struct textfile_task {
	struct textfile_task *next;
	s32 prio;
	char comm[17];
};

struct textfile {
	FILE *f;			/* NULL: complete */
	char *path;
	const char *what;		/* "ftrace text": for messages */
	char msg[256];			/* about the error that was returned last */
	/* what is made of the next event in order of time */
	int (*event)(struct textfile *t, const struct trace_event *e);
	u64 types;			/* that it gets: a bit for each enum trace_type */
	struct pidmap tasks;		/* struct textfile_task */
	struct textfile_task *first_task;
	/* the window: a ring, in order of time and, for the same time, as they came */
	struct trace_event *ring;
	u32 cap, head, nr;		/* cap: 0 or a power of two */
};

#define TEXTFILE_TYPE(type) (1ull << (type))
_Static_assert(TE_NR <= 64, "more types of events than textfile.types has bits");

/*
 * Create (or overwrite) @path, @t zeroed but for event and types. 0, or -ENOMEM / -errno with one message in @err. In both
 * cases textfile_release() is to be called.
 */
int textfile_open(struct textfile *t, const char *path, const char *what, char *err, size_t err_len);
/* From the stream: event() is called for what has waited long enough. 0 or the first error of event(). */
int textfile_events(struct textfile *t, const struct trace_event *ev, size_t n);
/* The end of the stream: event() for all that wait. */
int textfile_drain(struct textfile *t);
/* Errors of writing that come only now are returned. */
int textfile_close(struct textfile *t);
/* Frees what @t has, not @t. */
void textfile_release(struct textfile *t);

int textfile_write(struct textfile *t, const char *text, size_t n);
/* Leaves a message; returns -ENOMEM. */
int textfile_no_memory(struct textfile *t);
/* Leaves a message about a stream that cannot be; returns -EINVAL. */
int textfile_bad_event(struct textfile *t, const struct trace_event *e, const char *why);

/* A task has a name: the first two of @words, made fit for text. 0 or -errno. */
int textfile_name(struct textfile *t, const struct trace_event *e, const u64 *words);
/* NULL: it has not been named */
static inline struct textfile_task *textfile_task(const struct textfile *t, s32 pid)
{
	return pidmap_get(&t->tasks, pid);
}

#endif
