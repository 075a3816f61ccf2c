/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event stream. Whoever has something to report emits typed events; sinks take them in batches. A sink does not
 * know where events come from, an emitter does not know who listens.
 *
 * Order: as emitted. Times of one CPU never go back; between CPUs they may (a CPU's code runs ahead of the others by
 * up to one stretch between synchronisation points).
 *
 * To add an event: a row in trace/event.def, and what sinks make of it.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <string.h>

#include "kabi/types.h"

enum trace_type {
#define EVENT(name, a, b, c, d, what) TE_##name,
#include "trace/event.def"
#undef EVENT
	TE_NR
};

#define TRACE_NO_CPU 0xffff

/* flags of TASK_NEW */
enum trace_task_flags {
	TRACE_TASK_KTHREAD	= 1 << 0,
	TRACE_TASK_IDLE		= 1 << 1,
	TRACE_TASK_LOADER	= 1 << 2,
};

/*
 * 48 bytes, no padding: the trace hash is taken over these bytes. Unused arguments are 0. Nothing reaches a
 * sink beside the events: names and messages are in their arguments, too, so the hash covers all of it.
 */
struct trace_event {
	u64 time_ns;
	u16 type;		/* enum trace_type */
	u16 cpu;		/* that it happened on; 0xffff: none */
	s32 pid;		/* task that it is about; 0: idle, -1: none */
	u64 arg[4];
};
_Static_assert(sizeof(struct trace_event) == 48, "trace_event has padding");

/* A sink: any member may be NULL. Errors are returned as -errno and end the run with a message. */
struct trace_sink_ops {
	const char *name;
	int (*events)(void *sink, const struct trace_event *ev, size_t n);
	/* the end of the stream; @end_ns: virtual time at the end */
	int (*finish)(void *sink, u64 end_ns);
	void (*destroy)(void *sink);
	/* one line about the error that was returned last: what, where, why. Valid until destroy() */
	const char *(*message)(void *sink);
};

#define TRACE_BATCH 512
#define TRACE_MAX_SINKS 8

struct trace {
	u32 n;					/* events in the batch */
	u32 nr_sinks;
	struct trace_event batch[TRACE_BATCH];
	struct {
		const struct trace_sink_ops *ops;
		void *sink;
		bool failed;			/* gets no more events */
	} sinks[TRACE_MAX_SINKS];
	int error;				/* first error of a sink */
	char error_msg[256];			/* what it says about it; "" when there was none */
};

struct trace *trace_create(void);
/* Flushes nothing; call trace_finish() first when the run ended well. Destroys the sinks. */
void trace_destroy(struct trace *t);
/* 0 or -ENOSPC. The trace owns @sink from here on. */
int trace_add_sink(struct trace *t, const struct trace_sink_ops *ops, void *sink);
void trace_flush(struct trace *t);
/* Flush, tell every sink; the first error of any sink, or 0. */
int trace_finish(struct trace *t, u64 end_ns);

/*
 * Texts in arguments: @text in the bytes of @words in order, cut to n * 8 bytes, the rest 0. It ends at the
 * first 0 or with the last byte.
 */
static inline void trace_pack(u64 *words, size_t n, const char *text)
{
	memset(words, 0, n * sizeof(*words));
	memcpy(words, text, strnlen(text, n * sizeof(*words)));
}

/* @text: n * 8 + 1 bytes */
static inline void trace_unpack(char *text, const u64 *words, size_t n)
{
	memcpy(text, words, n * sizeof(*words));
	text[n * sizeof(*words)] = '\0';
}

/* @t may be NULL. Not thread-safe: machines with several host threads have no trace. */
static inline void trace_emit(struct trace *t, enum trace_type type, u64 time_ns, u32 cpu, s32 pid,
			      u64 a, u64 b, u64 c, u64 d)
{
	struct trace_event *e;

	if (!t)
		return;
	e = &t->batch[t->n];
	e->time_ns = time_ns;
	e->type = type;
	e->cpu = cpu;
	e->pid = pid;
	e->arg[0] = a;
	e->arg[1] = b;
	e->arg[2] = c;
	e->arg[3] = d;
	if (++t->n == TRACE_BATCH)
		trace_flush(t);
}

/* TASK_NEW and TASK_COMM: the name of the task in the first two arguments */
static inline void trace_emit_comm(struct trace *t, enum trace_type type, u64 time_ns, u32 cpu, s32 pid,
				   const char *comm, u64 c, u64 d)
{
	u64 w[2];

	if (!t)
		return;
	trace_pack(w, 2, comm);
	trace_emit(t, type, time_ns, cpu, pid, w[0], w[1], c, d);
}

/* SCX_DUMP: @line, of any length, in as many events as it takes */
static inline void trace_emit_line(struct trace *t, enum trace_type type, u64 time_ns, u32 cpu, s32 pid,
				   const char *line)
{
	size_t n;
	u64 w[4];

	if (!t)
		return;
	do {
		n = strnlen(line, sizeof(w));
		trace_pack(w, 4, line);
		trace_emit(t, type, time_ns, cpu, pid, w[0], w[1], w[2], w[3]);
		line += n;
	} while (n == sizeof(w));
}

#endif
