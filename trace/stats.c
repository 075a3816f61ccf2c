/* SPDX-License-Identifier: GPL-2.0-only */
/* Replays the scheduler's events; see trace/stats.h for what the numbers mean. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kabi/task.h"
#include "trace/pidmap.h"
#include "trace/stats.h"

/* in SWITCH's prev_state: preempted, so runnable whatever the other bits say (kernel: TASK_REPORT_MAX) */
#define PREV_STATE_PREEMPTED 0x100

/*
 * How long tasks have been waiting for a CPU: the measure of the union of all instants with at least one
 * waiting task. Asked for instants that are not in order, so the last closed interval is kept: questions that
 * reach back into it get exact answers. Intervals are disjoint and ascending.
 */
struct queued_clock {
	u64 nr;				/* tasks that wait now */
	u64 closed_ns;			/* length of all closed intervals */
	u64 last_start_ns, last_end_ns;	/* the last closed one */
	u64 open_ns;			/* nr > 0: start of the open one */
};

struct trace_stats {
	struct stat_counts counts;
	struct stat_task **tasks;	/* in order of creation */
	size_t nr_tasks, max_tasks;
	struct stat_cpu *cpus;
	size_t nr_cpus;
	struct queued_clock queued;
	struct pidmap by_pid;
	char msg[160];
};

/* --- clock of queued time --- */

static void queued_inc(struct queued_clock *q, u64 t)
{
	if (q->nr++ == 0)
		q->open_ns = t > q->last_end_ns ? t : q->last_end_ns;
}

static void queued_dec(struct queued_clock *q, u64 t)
{
	if (--q->nr || t <= q->open_ns)
		return;
	q->closed_ns += t - q->open_ns;
	if (q->open_ns != q->last_end_ns)
		q->last_start_ns = q->open_ns;
	q->last_end_ns = t;
}

static u64 queued_read(const struct queued_clock *q, u64 t)
{
	if (q->nr && t > q->open_ns)
		return q->closed_ns + t - q->open_ns;
	if (t < q->last_end_ns)
		return q->closed_ns - (q->last_end_ns - (t > q->last_start_ns ? t : q->last_start_ns));
	return q->closed_ns;
}

/* --- tasks --- */

static struct stat_task *task_new(struct trace_stats *s, s32 pid)
{
	struct stat_task *p;

	if (s->nr_tasks == s->max_tasks) {
		size_t max = s->max_tasks ? 2 * s->max_tasks : 64;
		struct stat_task **tasks = realloc(s->tasks, max * sizeof(*tasks));

		if (!tasks)
			return NULL;
		s->tasks = tasks;
		s->max_tasks = max;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	if (pidmap_set(&s->by_pid, pid, p)) {
		free(p);
		return NULL;
	}
	s->tasks[s->nr_tasks++] = p;
	return p;
}

/* The task with @pid; one is made up if it was never announced, since its numbers count all the same. */
static inline int task_get(struct trace_stats *s, s32 pid, struct stat_task **p)
{
	*p = pidmap_get(&s->by_pid, pid);
	if (*p)
		return 0;
	if (pid <= 0 || pid >= PIDMAP_LIMIT) {
		snprintf(s->msg, sizeof(s->msg),
			 "statistics: event about pid %d, not in 1..%d, a bug of who emits it", pid,
			 PIDMAP_LIMIT - 1);
		return -ERANGE;
	}
	*p = task_new(s, pid);
	return *p ? 0 : -ENOMEM;
}

static bool task_waits(const struct stat_task *p)
{
	return p->state == STAT_WOKEN || p->state == STAT_PREEMPTED;
}

static void task_wait(struct trace_stats *s, struct stat_task *p, enum stat_task_state how, u64 t)
{
	p->state = how;
	p->since_ns = t;
	queued_inc(&s->queued, t);
}

/* A waiting task waits no more; the wait is a sample. */
static int task_wait_end(struct trace_stats *s, struct stat_task *p, u64 t)
{
	struct hist *h = p->state == STAT_WOKEN ? &p->wake_latency : &p->preempt_wait;

	queued_dec(&s->queued, t);
	return hist_add(h, t > p->since_ns ? t - p->since_ns : 0);
}

static int on_task_new(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r;

	if (!e->pid)
		return 0;
	r = task_get(s, e->pid, &p);
	if (r)
		return r;
	if (p->announced && p->dead) {
		/* the pid is used again */
		p = task_new(s, e->pid);
		if (!p)
			return -ENOMEM;
	}
	trace_unpack(p->name, e->arg, 2);
	p->flags = e->arg[3];
	p->announced = true;
	return 0;
}

static int on_task_comm(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r;

	if (!e->pid)
		return 0;
	r = task_get(s, e->pid, &p);
	if (!r)
		trace_unpack(p->name, e->arg, 2);
	return r;
}

static int on_task_exit(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r = task_get(s, e->pid, &p);

	if (r)
		return r;
	p->dead = true;
	if (task_waits(p)) {
		r = task_wait_end(s, p, e->time_ns);
		p->state = STAT_ASLEEP;
	}
	return r;
}

static int on_wakeup(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r = task_get(s, e->pid, &p);

	if (r)
		return r;
	s->counts.wakeups++;
	p->wakeups++;
	if (p->state == STAT_ASLEEP) {
		task_wait(s, p, STAT_WOKEN, e->time_ns);
	} else if (p->state == STAT_RUNNING) {
		if (p->woken_before && e->time_ns <= p->since_ns) {
			p->woken_before = false;
			return hist_add(&p->wake_latency, p->since_ns - e->time_ns);
		}
		p->wake_pending = true;
		p->wake_ns = e->time_ns;
	}
	return 0;
}

static int on_migrate(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r = task_get(s, e->pid, &p);

	if (r)
		return r;
	s->counts.migrations++;
	p->migrations++;
	return 0;
}

/* --- CPUs --- */

static int cpu_get(struct trace_stats *s, u32 id, struct stat_cpu **cpu)
{
	if (id >= s->nr_cpus) {
		struct stat_cpu *cpus = realloc(s->cpus, (id + 1) * sizeof(*cpus));

		if (!cpus)
			return -ENOMEM;
		memset(cpus + s->nr_cpus, 0, (id + 1 - s->nr_cpus) * sizeof(*cpus));
		s->cpus = cpus;
		s->nr_cpus = id + 1;
	}
	*cpu = &s->cpus[id];
	if (!(*cpu)->present) {
		(*cpu)->present = true;
		(*cpu)->curr = -1;
	}
	return 0;
}

static int on_cpu(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_cpu *cpu;

	return e->cpu == TRACE_NO_CPU ? 0 : cpu_get(s, e->cpu, &cpu);
}

/* Account the time since the last switch on @cpu to @pid, which was current. Returns its length. */
static u64 cpu_account(struct trace_stats *s, struct stat_cpu *cpu, s32 pid, u64 t)
{
	u64 ns = t > cpu->since_ns ? t - cpu->since_ns : 0;
	u64 queued = queued_read(&s->queued, t);

	if (pid) {
		cpu->busy_ns += ns;
	} else {
		/* it was read at two points of the stream: other CPUs may have moved it in between */
		u64 waited = queued > cpu->queued_ns ? queued - cpu->queued_ns : 0;

		cpu->idle_ns += ns;
		cpu->queued_idle_ns += waited < ns ? waited : ns;
	}
	cpu->since_ns = t;
	cpu->queued_ns = queued;
	return ns;
}

static int switch_out(struct trace_stats *s, const struct trace_event *e, s32 pid, u64 ran_ns)
{
	u32 state = e->arg[1];
	bool runnable = state == TASK_RUNNING || (state & PREV_STATE_PREEMPTED);
	struct stat_task *p;
	int r = task_get(s, pid, &p);

	if (r)
		return r;
	p->cpu_ns += ran_ns;
	p->preempted += runnable;
	/* it was switched to elsewhere before, in stream order: it still runs there */
	if (p->state == STAT_RUNNING && p->cpu != e->cpu)
		return hist_add(&p->slice, ran_ns);
	if (task_waits(p) && task_wait_end(s, p, e->time_ns))
		return -ENOMEM;
	if (runnable) {
		task_wait(s, p, STAT_PREEMPTED, e->time_ns);
	} else if (p->wake_pending && p->wake_ns >= e->time_ns) {
		task_wait(s, p, STAT_WOKEN, p->wake_ns);
	} else {
		p->state = STAT_ASLEEP;
		p->since_ns = e->time_ns;
	}
	p->wake_pending = false;
	return hist_add(&p->slice, ran_ns);
}

static int switch_in(struct trace_stats *s, const struct trace_event *e)
{
	struct stat_task *p;
	int r = task_get(s, e->pid, &p);

	if (r)
		return r;
	p->switches++;
	p->woken_before = p->state == STAT_ASLEEP;
	p->wake_pending = false;
	if (task_waits(p))
		r = task_wait_end(s, p, e->time_ns);
	p->state = STAT_RUNNING;
	p->since_ns = e->time_ns;
	p->cpu = e->cpu;
	return r;
}

static int on_switch(struct trace_stats *s, const struct trace_event *e)
{
	s32 prev = (s32)e->arg[0];
	struct stat_cpu *cpu;
	u64 ns;
	int r;

	r = cpu_get(s, e->cpu, &cpu);
	if (r)
		return r;
	s->counts.switches++;
	cpu->switches++;
	/* before the states change: a task that waits for this CPU does so until now */
	ns = cpu_account(s, cpu, prev, e->time_ns);
	cpu->curr = e->pid;
	if (prev)
		r = switch_out(s, e, prev, ns);
	if (!r && e->pid)
		r = switch_in(s, e);
	return r;
}

/* --- the sink --- */

static int on_event(struct trace_stats *s, const struct trace_event *e)
{
	switch (e->type) {
	case TE_TASK_NEW:
		return on_task_new(s, e);
	case TE_TASK_COMM:
		return on_task_comm(s, e);
	case TE_TASK_EXIT:
		return on_task_exit(s, e);
	case TE_SWITCH:
		return on_switch(s, e);
	case TE_WAKEUP:
		return on_wakeup(s, e);
	case TE_MIGRATE:
		return on_migrate(s, e);
	case TE_CPU:
		return on_cpu(s, e);
	case TE_TICK:
		s->counts.ticks++;
		return 0;
	case TE_IPI:
		s->counts.ipis++;
		return 0;
	case TE_SCX_OP:
		s->counts.bpf_calls++;
		return 0;
	case TE_SCX_OP_END:
		s->counts.bpf_insns += e->arg[2];
		return 0;
	}
	return 0;
}

static int stats_events(void *sink, const struct trace_event *ev, size_t n)
{
	struct trace_stats *s = sink;
	size_t i;

	for (i = 0; i < n; i++) {
		int r = on_event(s, &ev[i]);

		if (r == -ENOMEM)
			snprintf(s->msg, sizeof(s->msg), "statistics: out of memory at %zu tasks, %zu CPUs",
				 s->nr_tasks, s->nr_cpus);
		if (r)
			return r;
	}
	return 0;
}

static int stats_finish(void *sink, u64 end_ns)
{
	struct trace_stats *s = sink;
	size_t i;
	int r = 0;

	for (i = 0; i < s->nr_cpus; i++) {
		struct stat_cpu *cpu = &s->cpus[i];
		s32 curr = cpu->curr > 0 ? cpu->curr : 0;
		u64 ns;

		if (!cpu->present)
			continue;
		ns = cpu_account(s, cpu, curr, end_ns);
		if (curr) {
			struct stat_task *p = pidmap_get(&s->by_pid, curr);

			p->cpu_ns += ns;
		}
	}
	for (i = 0; i < s->nr_tasks && !r; i++)
		if (task_waits(s->tasks[i]))
			r = task_wait_end(s, s->tasks[i], end_ns);
	return r;
}

static void stats_destroy(void *sink)
{
	struct trace_stats *s = sink;
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		hist_clear(&s->tasks[i]->wake_latency);
		hist_clear(&s->tasks[i]->preempt_wait);
		hist_clear(&s->tasks[i]->slice);
		free(s->tasks[i]);
	}
	free(s->tasks);
	free(s->cpus);
	pidmap_free(&s->by_pid);
	free(s);
}

static const char *stats_message(void *sink)
{
	struct trace_stats *s = sink;

	return s->msg[0] ? s->msg : NULL;
}

const struct trace_sink_ops trace_stats_ops = {
	.name = "statistics",
	.events = stats_events,
	.finish = stats_finish,
	.destroy = stats_destroy,
	.message = stats_message,
};

int trace_stats_create(void **sink)
{
	*sink = calloc(1, sizeof(struct trace_stats));
	return *sink ? 0 : -ENOMEM;
}

const struct stat_counts *trace_stats_counts(const struct trace_stats *s)
{
	return &s->counts;
}

const struct stat_task *trace_stats_task(const struct trace_stats *s, size_t i)
{
	return i < s->nr_tasks ? s->tasks[i] : NULL;
}

const struct stat_cpu *trace_stats_cpu(const struct trace_stats *s, size_t i)
{
	return i < s->nr_cpus ? &s->cpus[i] : NULL;
}
