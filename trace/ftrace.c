/* SPDX-License-Identifier: GPL-2.0-only */
/* ftrace's text: kernel/trace/trace_output.c for the columns, include/trace/events/sched.h for the events. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "kabi/task.h"
#include "trace/ftrace.h"
#include "trace/text.h"
#include "trace/textfile.h"

#define LINE_MAX_LEN	1024	/* of sched_ext_dump; kernel: SCX_EXIT_MSG_LEN */
#define HEAD_LEN	96	/* of what is before the event's own text */
#define REPORT_PREEMPTED 0x100	/* of SWITCH; kernel: TASK_REPORT_MAX */

struct ftrace {
	struct textfile t;
	bool group_dead;
	s32 *curr;			/* what runs on each CPU */
	u32 nr_cpus;
	char dump[LINE_MAX_LEN];	/* what has come of a line of the dump */
	size_t dump_len;
};

static const char header[] =
"# tracer: nop\n"
"#\n"
"#                                _-----=> irqs-off/BH-disabled\n"
"#                               / _----=> need-resched\n"
"#                              | / _---=> hardirq/softirq\n"
"#                              || / _--=> preempt-depth\n"
"#                              ||| / _-=> migrate-disable\n"
"#                              |||| /     delay\n"
"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
"#              | |         |   |||||     |         |\n";

/*
 * irqs-off and preempt-depth are what the tracepoint's own function has: interrupts off under pi_lock (try_to_wake_up()
 * also disables preemption), under pi_lock and the rq lock, under the rq lock in __schedule(), which disables preemption.
 */
#define IN_TASK		"....."
#define IN_DUMP		"d..1."
#define IN_SCHEDULE	"d..2."
#define IN_WAKING	"d..2."
#define IN_WAKEUP	"d..3."
#define IN_WAKEUP_NEW	"d..2."
#define IN_MIGRATE	"d..2."

/* --- CPUs and tasks --- */

static s32 curr_of(const struct ftrace *ft, u32 cpu)
{
	return cpu < ft->nr_cpus ? ft->curr[cpu] : 0;
}

static int set_curr(struct ftrace *ft, u32 cpu, s32 pid)
{
	if (cpu >= ft->nr_cpus) {
		s32 *curr = realloc(ft->curr, (cpu + 1) * sizeof(*curr));

		if (!curr)
			return textfile_no_memory(&ft->t);
		memset(curr + ft->nr_cpus, 0, (cpu + 1 - ft->nr_cpus) * sizeof(*curr));
		ft->curr = curr;
		ft->nr_cpus = cpu + 1;
	}
	ft->curr[cpu] = pid;
	return 0;
}

static const char *named(const struct ftrace *ft, s32 pid)
{
	const struct textfile_task *task = textfile_task(&ft->t, pid);

	return task ? task->comm : "<...>";
}

#define COMM_BUF 24

/* As p->comm is: each CPU's idle task has a name of its own. */
static const char *comm_on(const struct ftrace *ft, s32 pid, u32 cpu, char buf[COMM_BUF])
{
	if (pid)
		return named(ft, pid);
	snprintf(buf, COMM_BUF, "swapper/%u", cpu);
	return buf;
}

/* --- lines --- */

__attribute__((format(printf, 5, 6)))
static int write_line(struct ftrace *ft, const struct trace_event *e, s32 curr, const char *flags, const char *fmt, ...)
{
	char line[HEAD_LEN + LINE_MAX_LEN + 1];
	/* ns2usecs() */
	unsigned long long us = (e->time_ns + 500) / 1000;
	va_list ap;
	int n;

	n = snprintf(line, HEAD_LEN, "%16s-%-7d [%03u] %s %5llu.%06llu: ", curr ? named(ft, curr) : "<idle>", curr,
		     e->cpu == TRACE_NO_CPU ? 0 : e->cpu, flags, us / 1000000, us % 1000000);
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	return textfile_write(&ft->t, line, n);
}

/* kernel: __trace_sched_switch_state() and the flags of the event. A task that dies has exit_state EXIT_DEAD. */
static const char *state_name(u64 state)
{
	if (state & REPORT_PREEMPTED)
		return "R+";
	if (state & TASK_DEAD)
		return "X";
	if (state & TASK_UNINTERRUPTIBLE)
		return "D";
	return state & TASK_INTERRUPTIBLE ? "S" : "R";
}

static int on_switch(struct ftrace *ft, const struct trace_event *e)
{
	s32 prev = (s32)e->arg[0];
	char a[COMM_BUF], b[COMM_BUF];
	int r = set_curr(ft, e->cpu, e->pid);

	if (r)
		return r;
	return write_line(ft, e, prev, IN_SCHEDULE, "sched_switch: prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> "
			  "next_comm=%s next_pid=%d next_prio=%d", comm_on(ft, prev, e->cpu, a), prev, (s32)e->arg[2],
			  state_name(e->arg[1]), comm_on(ft, e->pid, e->cpu, b), e->pid, (s32)e->arg[3]);
}

static int on_wakeup(struct ftrace *ft, const struct trace_event *e)
{
	const char *name = "sched_waking", *flags = IN_WAKING;

	if (e->type == TE_WAKEUP) {
		name = e->arg[3] ? "sched_wakeup_new" : "sched_wakeup";
		flags = e->arg[3] ? IN_WAKEUP_NEW : IN_WAKEUP;
	}
	return write_line(ft, e, curr_of(ft, e->cpu), flags, "%s: comm=%s pid=%d prio=%d target_cpu=%03u", name,
			  named(ft, e->pid), e->pid, (s32)e->arg[1], (u32)e->arg[0]);
}

static int on_migrate(struct ftrace *ft, const struct trace_event *e)
{
	return write_line(ft, e, curr_of(ft, e->cpu), IN_MIGRATE,
			  "sched_migrate_task: comm=%s pid=%d prio=%d orig_cpu=%u dest_cpu=%u", named(ft, e->pid), e->pid,
			  (s32)e->arg[2], (u32)e->arg[0], (u32)e->arg[1]);
}

/* A task that exists from the start was not forked by anybody. */
static int on_task_new(struct ftrace *ft, const struct trace_event *e)
{
	s32 parent = (s32)e->arg[2];
	char buf[COMM_BUF];
	int r;

	if (!e->pid)
		return 0;
	r = textfile_name(&ft->t, e, e->arg);
	if (r || e->cpu == TRACE_NO_CPU)
		return r;
	return write_line(ft, e, curr_of(ft, e->cpu), IN_TASK, "sched_process_fork: comm=%s pid=%d child_comm=%s child_pid=%d",
			  comm_on(ft, parent, e->cpu, buf), parent, named(ft, e->pid), e->pid);
}

static int on_task_exit(struct ftrace *ft, const struct trace_event *e)
{
	const struct textfile_task *task = textfile_task(&ft->t, e->pid);

	return write_line(ft, e, curr_of(ft, e->cpu), IN_TASK, "sched_process_exit: comm=%s pid=%d prio=%d%s", named(ft, e->pid),
			  e->pid, task ? task->prio : 0, ft->group_dead ? " group_dead=true" : "");
}

static int on_task_prio(struct ftrace *ft, const struct trace_event *e)
{
	struct textfile_task *task = textfile_task(&ft->t, e->pid);

	if (task)
		task->prio = (s32)e->arg[1];
	return 0;
}

/* A line comes in pieces; the last has less than 32 bytes. */
static int on_dump(struct ftrace *ft, const struct trace_event *e)
{
	char text[sizeof(e->arg) + 1], clean[LINE_MAX_LEN];
	size_t n, room = sizeof(ft->dump) - 1 - ft->dump_len;
	bool last;

	trace_unpack(text, e->arg, 4);
	n = strlen(text);
	last = n < sizeof(e->arg);
	if (n > room)
		n = room;
	memcpy(ft->dump + ft->dump_len, text, n);
	ft->dump_len += n;
	if (!last)
		return 0;
	ft->dump[ft->dump_len] = '\0';
	ft->dump_len = 0;
	return write_line(ft, e, curr_of(ft, e->cpu), IN_DUMP, "sched_ext_dump: %s", text_clean(clean, sizeof(clean), ft->dump));
}

static int ftrace_event(struct textfile *t, const struct trace_event *e)
{
	struct ftrace *ft = (struct ftrace *)t;

	switch (e->type) {
	case TE_SWITCH:
		return on_switch(ft, e);
	case TE_WAKING:
	case TE_WAKEUP:
		return on_wakeup(ft, e);
	case TE_MIGRATE:
		return on_migrate(ft, e);
	case TE_TASK_NEW:
		return on_task_new(ft, e);
	case TE_TASK_COMM:
		return e->pid ? textfile_name(t, e, e->arg) : 0;
	case TE_TASK_PRIO:
		return on_task_prio(ft, e);
	case TE_TASK_EXIT:
		return on_task_exit(ft, e);
	default:	/* TE_SCX_DUMP: no other type is asked for */
		return on_dump(ft, e);
	}
}

/* --- the sink --- */

static int ftrace_events(void *sink, const struct trace_event *ev, size_t n)
{
	return textfile_events(sink, ev, n);
}

static int ftrace_finish(void *sink, u64 end_ns)
{
	int r = textfile_drain(sink);

	return r ? r : textfile_close(sink);
}

static void ftrace_destroy(void *sink)
{
	struct ftrace *ft = sink;

	textfile_release(&ft->t);
	free(ft->curr);
	free(ft);
}

static const char *ftrace_message(void *sink)
{
	struct ftrace *ft = sink;

	return ft->t.msg[0] ? ft->t.msg : NULL;
}

const struct trace_sink_ops ftrace_sink_ops = {
	.name = "ftrace",
	.events = ftrace_events,
	.finish = ftrace_finish,
	.destroy = ftrace_destroy,
	.message = ftrace_message,
};

int ftrace_create(const char *path, const struct ftrace_options *opt, void **sink, char *err, size_t err_len)
{
	struct ftrace *ft = calloc(1, sizeof(*ft));
	int r;

	if (!ft) {
		snprintf(err, err_len, "%s: out of memory for the ftrace text", path);
		return -ENOMEM;
	}
	ft->group_dead = opt->group_dead;
	ft->t.event = ftrace_event;
	ft->t.types = TEXTFILE_TYPE(TE_SWITCH) | TEXTFILE_TYPE(TE_WAKING) | TEXTFILE_TYPE(TE_WAKEUP) |
		      TEXTFILE_TYPE(TE_MIGRATE) | TEXTFILE_TYPE(TE_TASK_NEW) | TEXTFILE_TYPE(TE_TASK_COMM) |
		      TEXTFILE_TYPE(TE_TASK_PRIO) | TEXTFILE_TYPE(TE_TASK_EXIT) | TEXTFILE_TYPE(TE_SCX_DUMP);
	r = textfile_open(&ft->t, path, "ftrace text", err, err_len);
	if (!r) {
		r = textfile_write(&ft->t, header, sizeof(header) - 1);
		if (r)
			snprintf(err, err_len, "%s", ft->t.msg);
	}
	if (r)
		ftrace_destroy(ft);
	else
		*sink = ft;
	return r;
}
