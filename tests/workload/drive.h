/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drives the programs of a workload without a kernel: every task has a CPU of its own and a clock; the one
 * that is earliest goes first, by (clock, index). What they do is logged, one line per call: "US COMM call".
 */
#ifndef TESTS_WORKLOAD_DRIVE_H
#define TESTS_WORKLOAD_DRIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kabi/task.h"
#include "workload/workload.h"

#define DRIVE_MAX_TASKS 16

struct drive_task {
	u64 now_ns;
	u64 preempted_ns;		/* its next USER_RUN or USER_RUN_CPU takes so much longer */
	struct user_sync *waits_for;
	u64 ticket;			/* order of waiting */
	bool dead;
};

struct drive {
	struct workload w;
	u32 nr_cpus;
	struct drive_task t[DRIVE_MAX_TASKS];
	u64 next_ticket;
	char log[8192];
	size_t log_len;
};

/* Begins at @begin_us of CLOCK_MONOTONIC. */
static inline void drive_begin(struct drive *d, u64 begin_us)
{
	assert_true(d->w.nr_tasks <= DRIVE_MAX_TASKS);
	for (u32 i = 0; i < d->w.nr_tasks; i++)
		d->t[i].now_ns = begin_us * 1000 + d->w.tasks[i].start_ns;
}

static inline void drive_open(struct drive *d, const char *arg, u32 nr_cpus, u64 begin_us)
{
	char err[512] = "";

	memset(d, 0, sizeof(*d));
	d->nr_cpus = nr_cpus;
	if (workload_open(&d->w, arg, nr_cpus, 1, err, sizeof(err)))
		fail_msg("%s", err);
	drive_begin(d, begin_us);
}

/* A file with that text. *@name (20 bytes) becomes its name; the caller unlinks it. */
static inline void text_file(const char *text, char *name)
{
	int fd;

	strcpy(name, "/tmp/uscx-wl-XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The same, with " for each ' so that JSON is readable in C. */
static inline void json_file(const char *text, char *name)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	text_file(copy, name);
	free(copy);
}

static inline void drive_open_text(struct drive *d, const char *text, u32 nr_cpus, u64 begin_us)
{
	char name[20];

	json_file(text, name);
	drive_open(d, name, nr_cpus, begin_us);
	unlink(name);
}

static inline void drive_log(struct drive *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void drive_log(struct drive *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->log_len += vsnprintf(d->log + d->log_len, sizeof(d->log) - d->log_len, fmt, ap);
	va_end(ap);
	assert_true(d->log_len < sizeof(d->log));
}

static inline unsigned long long us(u64 ns)
{
	assert_int_equal(ns % 1000, 0);
	return ns / 1000;
}

static inline void drive_log_mask(struct drive *d, const struct cpumask *mask)
{
	drive_log(d, "cpus");
	for (u32 cpu = 0; cpu < d->nr_cpus; cpu++)
		if (cpumask_test_cpu(cpu, mask))
			drive_log(d, " %u", cpu);
}

static inline void drive_post(struct drive *d, struct user_sync *sync, u64 now_ns)
{
	struct drive_task *first = NULL;

	for (u32 i = 0; i < d->w.nr_tasks; i++)
		if (d->t[i].waits_for == sync && (!first || d->t[i].ticket < first->ticket))
			first = &d->t[i];
	if (!first) {
		sync->posts++;
		return;
	}
	first->waits_for = NULL;
	if (first->now_ns < now_ns)
		first->now_ns = now_ns;
}

static inline void drive_call(struct drive *d, struct drive_task *t, const struct user_call *call)
{
	switch (call->op) {
	case USER_RUN:
	case USER_RUN_CPU:
		if (call->ns == ~0ull) {
			drive_log(d, "run for ever");
			t->dead = true;
			break;
		}
		drive_log(d, "%s %llu", call->op == USER_RUN ? "run" : "cpu", us(call->ns));
		t->now_ns += call->ns + t->preempted_ns;
		t->preempted_ns = 0;
		break;
	case USER_RUN_UNTIL:
		drive_log(d, "until %llu", us(call->ns));
		t->now_ns = (call->ns > t->now_ns ? call->ns : t->now_ns) + t->preempted_ns;
		t->preempted_ns = 0;
		break;
	case USER_SLEEP_UNTIL:
		drive_log(d, "sleep %llu", us(call->ns));
		t->now_ns = call->ns > t->now_ns ? call->ns : t->now_ns;
		break;
	case USER_YIELD:
		drive_log(d, "yield");
		t->now_ns += 1000;
		break;
	case USER_SETATTR:
		drive_log(d, "policy %u nice %d rt %u", call->policy, call->nice, call->rt_priority);
		break;
	case USER_SETAFFINITY:
		drive_log_mask(d, call->mask);
		break;
	case USER_WAIT:
		drive_log(d, "wait");
		if (call->sync->posts) {
			call->sync->posts--;
		} else {
			t->waits_for = call->sync;
			t->ticket = d->next_ticket++;
		}
		break;
	case USER_POST:
		drive_log(d, call->sync_wakeup ? "post sync" : "post");
		drive_post(d, call->sync, t->now_ns);
		break;
	case USER_EXIT:
		drive_log(d, "exit");
		t->dead = true;
		break;
	default:
		fail_msg("unexpected op %d", call->op);
	}
}

/* One call of the earliest task that is not blocked; false: there is none. */
static inline bool drive_step(struct drive *d)
{
	struct user_call call;
	struct user_program *up;
	u32 best = DRIVE_MAX_TASKS;

	for (u32 i = 0; i < d->w.nr_tasks; i++)
		if (!d->t[i].dead && !d->t[i].waits_for &&
		    (best == DRIVE_MAX_TASKS || d->t[i].now_ns < d->t[best].now_ns))
			best = i;
	if (best == DRIVE_MAX_TASKS)
		return false;
	/* whatever a program does not set must be zero */
	memset(&call, 0xaa, sizeof(call));
	up = d->w.tasks[best].spec.program;
	up->ops->next(up, NULL, NULL, d->t[best].now_ns, &call);
	drive_log(d, "%llu %s ", us(d->t[best].now_ns), d->w.tasks[best].spec.comm);
	drive_call(d, &d->t[best], &call);
	drive_log(d, "\n");
	return true;
}

/* At most @n calls, of which the log must then be @expected. The log is empty after it. */
static inline void drive_expect(struct drive *d, u32 n, const char *expected)
{
	while (n-- && drive_step(d))
		;
	assert_string_equal(d->log, expected);
	d->log[0] = 0;
	d->log_len = 0;
}

#endif
