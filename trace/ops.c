/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line is written when all before it are written and, if the operation returns something, when that is known. So what is
 * called while an operation sleeps waits for it in memory.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "kabi/ops.h"
#include "trace/ops.h"
#include "trace/textfile.h"

#define MAX_ARGS	3
#define LINE_MAX_LEN	192
#define NR_OPS		(SCX_OP_2022_cancel_enable + 1)
#define NSEC_PER_SEC	1000000000ull

enum arg_format {
	ARG_NONE,
	ARG_INT,
	ARG_HEX,
	ARG_TASK,	/* a second task: the argument is its pid, -1: NULL */
	ARG_POINTER,	/* never NULL and not followed; no argument of the event is about it */
};

/*
 * Arguments besides the first task, in their order; their names are those of the kernel's default operations
 * (sched_ext_ops__*), with the field that is shown of a structure.
 */
static const struct op_format {
	const char *name;
	bool returns;
	struct {
		const char *name;
		enum arg_format format;
	} args[MAX_ARGS];
} formats[NR_OPS] = {
#define NO_ARGS { { NULL, ARG_NONE } }
#define OP(op, ...) [offsetof(struct sched_ext_ops, op) / 8] = { #op, __VA_ARGS__ }
	OP(select_cpu, true, { { "prev_cpu", ARG_INT }, { "wake_flags", ARG_HEX } }),
	OP(enqueue, false, { { "enq_flags", ARG_HEX } }),
	OP(dequeue, false, { { "deq_flags", ARG_HEX } }),
	OP(dispatch, false, { { "cpu", ARG_INT } }),
	OP(tick, false, NO_ARGS),
	OP(runnable, false, { { "enq_flags", ARG_HEX } }),
	OP(running, false, NO_ARGS),
	OP(stopping, false, { { "runnable", ARG_INT } }),
	OP(quiescent, false, { { "deq_flags", ARG_HEX } }),
	OP(yield, true, { { "to", ARG_TASK } }),
	OP(set_weight, false, { { "weight", ARG_INT } }),
	OP(set_cpumask, false, { { "mask.bits", ARG_HEX } }),
	OP(update_idle, false, { { "cpu", ARG_INT }, { "idle", ARG_INT } }),
	OP(init_task, true, { { "args.fork", ARG_INT } }),
	OP(exit_task, false, { { "args.cancelled", ARG_INT } }),
	OP(enable, false, NO_ARGS),
	OP(disable, false, NO_ARGS),
	OP(dump, false, { { "ctx", ARG_POINTER } }),
	OP(dump_cpu, false, { { "ctx", ARG_POINTER }, { "cpu", ARG_INT }, { "idle", ARG_INT } }),
	OP(dump_task, false, { { "ctx", ARG_POINTER } }),
	OP(init, true, NO_ARGS),
	[SCX_OP_2022_consume] = { "consume", false, { { "cpu", ARG_INT } } },
	[SCX_OP_2022_consume_final] = { "consume_final", false, { { "cpu", ARG_INT } } },
	[SCX_OP_2022_prep_enable] = { "prep_enable", true, NO_ARGS },
	[SCX_OP_2022_cancel_enable] = { "cancel_enable", false, NO_ARGS },
	OP(exit, false, { { "info.kind", ARG_INT } }),
	OP(cpu_acquire, false, { { "cpu", ARG_INT }, { "args", ARG_POINTER } }),
	OP(cpu_release, false, { { "cpu", ARG_INT }, { "args.reason", ARG_INT } }),
#undef OP
#undef NO_ARGS
};

/* These may be called before TASK_NEW: their events have the name of the task in the last two arguments. */
static bool op_names_task(u64 op)
{
	return op == offsetof(struct sched_ext_ops, init_task) / 8 || op == offsetof(struct sched_ext_ops, exit_task) / 8 ||
	       op == SCX_OP_2022_prep_enable || op == SCX_OP_2022_cancel_enable ||
	       op == offsetof(struct sched_ext_ops, enable) / 8 || op == offsetof(struct sched_ext_ops, set_weight) / 8;
}

/* A line that cannot be written yet. */
struct op_line {
	struct op_line *next;		/* later in the file */
	struct op_line *next_open;	/* open: called before this one and open as well */
	bool open;			/* has not returned what it will return */
	u16 op, cpu;
	s32 pid;
	u32 len;
	char text[LINE_MAX_LEN];
};

struct ops {
	struct textfile t;
	struct op_line *first, *last;	/* in the order of the file; the first one is open */
	struct op_line *open;		/* the one called last first */
};

static const char header[] =
"# sched_ext_ops: calls that uscx made, 0 lost\n"
"# TIME CPU OP TASK ARGS [-> RETURN]\n";

/* --- lines --- */

__attribute__((format(printf, 2, 3)))
static void append(struct op_line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->len += vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, ap);
	va_end(ap);
}

/* COMM-PID, without blanks: they separate fields. */
static void append_task(struct op_line *l, const struct textfile *t, s32 pid)
{
	const struct textfile_task *task = textfile_task(t, pid);
	u32 i = l->len;

	if (pid < 0) {
		append(l, "-");
		return;
	}
	append(l, "%s-%d", task ? task->comm : "<...>", pid);
	for (; i < l->len; i++)
		if (l->text[i] == ' ')
			l->text[i] = '_';
}

static void append_args(struct op_line *l, const struct textfile *t, const struct op_format *f, const u64 *arg)
{
	for (u32 i = 0; i < MAX_ARGS && f->args[i].format; i++) {
		append(l, " %s=", f->args[i].name);
		switch (f->args[i].format) {
		case ARG_INT:
			append(l, "%d", (s32)*arg++);
			break;
		case ARG_HEX:
			append(l, "0x%llx", (unsigned long long)*arg++);
			break;
		case ARG_TASK:
			append_task(l, t, (s32)*arg++);
			break;
		default:
			append(l, "*");
			break;
		}
	}
}

static int write_line(struct ops *o, struct op_line *l)
{
	append(l, "\n");
	return textfile_write(&o->t, l->text, l->len);
}

/* The lines up to the first that is open. */
static int write_ready(struct ops *o)
{
	struct op_line *l;
	int r = 0;

	while (!r && (l = o->first) && !l->open) {
		o->first = l->next;
		r = write_line(o, l);
		free(l);
	}
	return r;
}

static int wait_in_line(struct ops *o, const struct op_line *line)
{
	struct op_line *l = malloc(sizeof(*l));

	if (!l)
		return textfile_no_memory(&o->t);
	*l = *line;
	if (o->first)
		o->last->next = l;
	else
		o->first = l;
	o->last = l;
	if (l->open) {
		l->next_open = o->open;
		o->open = l;
	}
	return 0;
}

/* --- events --- */

static int on_call(struct ops *o, const struct trace_event *e)
{
	const struct op_format *f = e->arg[0] < NR_OPS ? &formats[e->arg[0]] : NULL;
	struct op_line l = { .op = e->arg[0], .cpu = e->cpu, .pid = e->pid };
	int r;

	if (!f || !f->name)
		return textfile_bad_event(&o->t, e, "an operation that the log does not know is called");
	if (op_names_task(e->arg[0])) {
		r = textfile_name(&o->t, e, e->arg + 2);
		if (r)
			return r;
	}
	append(&l, "%llu.%09llu %u %s ", (unsigned long long)(e->time_ns / NSEC_PER_SEC),
	       (unsigned long long)(e->time_ns % NSEC_PER_SEC), e->cpu, f->name);
	append_task(&l, &o->t, e->pid);
	append_args(&l, &o->t, f, e->arg + 1);
	l.open = f->returns;
	return l.open || o->first ? wait_in_line(o, &l) : write_line(o, &l);
}

/* The latest such call, on this CPU if there is one: an operation that slept may return on another. */
static int on_return(struct ops *o, const struct trace_event *e)
{
	struct op_line **at, **found = NULL;
	struct op_line *l;

	if (e->arg[0] >= NR_OPS || !formats[e->arg[0]].returns)
		return 0;
	for (at = &o->open; (l = *at); at = &l->next_open) {
		if (l->op != e->arg[0] || l->pid != e->pid)
			continue;
		if (!found || l->cpu == e->cpu)
			found = at;
		if (l->cpu == e->cpu)
			break;
	}
	if (!found)
		return textfile_bad_event(&o->t, e, "an operation returns that was not called");
	l = *found;
	*found = l->next_open;
	append(l, " -> %d", (s32)e->arg[1]);
	l->open = false;
	return write_ready(o);
}

static int ops_event(struct textfile *t, const struct trace_event *e)
{
	struct ops *o = (struct ops *)t;

	switch (e->type) {
	case TE_SCX_OP:
		return on_call(o, e);
	case TE_SCX_OP_END:
		return on_return(o, e);
	default:	/* TE_TASK_NEW, TE_TASK_COMM */
		return e->pid ? textfile_name(t, e, e->arg) : 0;
	}
}

/* --- the sink --- */

static int ops_events(void *sink, const struct trace_event *ev, size_t n)
{
	return textfile_events(sink, ev, n);
}

/* What has not returned is written without its return value. */
static int ops_finish(void *sink, u64 end_ns)
{
	struct ops *o = sink;
	int r = textfile_drain(&o->t);

	for (struct op_line *l = o->open; l; l = l->next_open)
		l->open = false;
	o->open = NULL;
	if (!r)
		r = write_ready(o);
	return r ? r : textfile_close(&o->t);
}

static void ops_destroy(void *sink)
{
	struct ops *o = sink;
	struct op_line *l;

	while ((l = o->first)) {
		o->first = l->next;
		free(l);
	}
	textfile_release(&o->t);
	free(o);
}

static const char *ops_message(void *sink)
{
	struct ops *o = sink;

	return o->t.msg[0] ? o->t.msg : NULL;
}

const struct trace_sink_ops ops_sink_ops = {
	.name = "ops",
	.events = ops_events,
	.finish = ops_finish,
	.destroy = ops_destroy,
	.message = ops_message,
};

int ops_create(const char *path, void **sink, char *err, size_t err_len)
{
	struct ops *o = calloc(1, sizeof(*o));
	int r;

	if (!o) {
		snprintf(err, err_len, "%s: out of memory for the log of operations", path);
		return -ENOMEM;
	}
	o->t.event = ops_event;
	o->t.types = TEXTFILE_TYPE(TE_SCX_OP) | TEXTFILE_TYPE(TE_SCX_OP_END) | TEXTFILE_TYPE(TE_TASK_NEW) |
		     TEXTFILE_TYPE(TE_TASK_COMM);
	r = textfile_open(&o->t, path, "log of operations", err, err_len);
	if (!r) {
		r = textfile_write(&o->t, header, sizeof(header) - 1);
		if (r)
			snprintf(err, err_len, "%s", o->t.msg);
	}
	if (r)
		ops_destroy(o);
	else
		*sink = o;
	return r;
}
