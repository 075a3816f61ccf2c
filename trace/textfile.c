/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>

#include "trace/text.h"
#include "trace/textfile.h"

#define RING_MIN 1024u

/* --- messages --- */

int textfile_no_memory(struct textfile *t)
{
	snprintf(t->msg, sizeof(t->msg), "%s: out of memory for the %s", t->path, t->what);
	return -ENOMEM;
}

int textfile_bad_event(struct textfile *t, const struct trace_event *e, const char *why)
{
	snprintf(t->msg, sizeof(t->msg), "%s: %s: at %llu ns on CPU %u, pid %d: %s, a bug of who emits it", t->path, t->what,
		 (unsigned long long)e->time_ns, e->cpu, e->pid, why);
	return -EINVAL;
}

static int file_error(struct textfile *t, int error)
{
	snprintf(t->msg, sizeof(t->msg), "%s: cannot write the %s: %s; the file is incomplete%s", t->path, t->what,
		 strerror(error), error == ENOSPC ? ", make room or write it elsewhere" : "");
	return -error;
}

/* --- the file --- */

int textfile_open(struct textfile *t, const char *path, const char *what, char *err, size_t err_len)
{
	int error;

	t->what = what;
	t->path = strdup(path);
	if (!t->path) {
		snprintf(err, err_len, "%s: out of memory for the %s", path, what);
		return -ENOMEM;
	}
	t->f = fopen(path, "we");
	if (t->f)
		return 0;
	error = errno;
	snprintf(err, err_len, "%s: cannot create the %s: %s", path, what, strerror(error));
	return -error;
}

int textfile_write(struct textfile *t, const char *text, size_t n)
{
	errno = 0;
	if (fwrite(text, 1, n, t->f) != n)
		return file_error(t, errno ? errno : EIO);
	return 0;
}

int textfile_close(struct textfile *t)
{
	FILE *f = t->f;

	t->f = NULL;
	return fclose(f) ? file_error(t, errno) : 0;
}

void textfile_release(struct textfile *t)
{
	struct textfile_task *task;

	if (t->f)
		fclose(t->f);
	while ((task = t->first_task)) {
		t->first_task = task->next;
		free(task);
	}
	pidmap_free(&t->tasks);
	free(t->ring);
	free(t->path);
}

/* --- the window --- */

static struct trace_event *ring_at(const struct textfile *t, u32 i)
{
	return &t->ring[(t->head + i) & (t->cap - 1)];
}

static int ring_grow(struct textfile *t)
{
	u32 cap = t->cap ? 2 * t->cap : RING_MIN;
	struct trace_event *ring = malloc(cap * sizeof(*ring));

	if (!ring)
		return textfile_no_memory(t);
	for (u32 i = 0; i < t->nr; i++)
		ring[i] = *ring_at(t, i);
	free(t->ring);
	t->ring = ring;
	t->cap = cap;
	t->head = 0;
	return 0;
}

/* @e goes behind all that are not later. That is at the end or a few places before it: CPUs are seldom far apart. */
static int ring_insert(struct textfile *t, const struct trace_event *e)
{
	u32 i = t->nr;

	if (t->nr == t->cap) {
		int r = ring_grow(t);

		if (r)
			return r;
	}
	for (; i && ring_at(t, i - 1)->time_ns > e->time_ns; i--)
		*ring_at(t, i) = *ring_at(t, i - 1);
	*ring_at(t, i) = *e;
	t->nr++;
	return 0;
}

static int ring_take(struct textfile *t)
{
	struct trace_event e = *ring_at(t, 0);

	t->head = (t->head + 1) & (t->cap - 1);
	t->nr--;
	return t->event(t, &e);
}

static bool ring_overdue(const struct textfile *t)
{
	return t->nr > TEXTFILE_WINDOW_EVENTS ||
	       (t->nr && ring_at(t, t->nr - 1)->time_ns - ring_at(t, 0)->time_ns > TEXTFILE_WINDOW_NS);
}

int textfile_events(struct textfile *t, const struct trace_event *ev, size_t n)
{
	for (const struct trace_event *end = ev + n; ev < end; ev++) {
		int r = 0;

		if (!(t->types & TEXTFILE_TYPE(ev->type)))
			continue;
		r = ring_insert(t, ev);
		while (!r && ring_overdue(t))
			r = ring_take(t);
		if (r)
			return r;
	}
	return 0;
}

int textfile_drain(struct textfile *t)
{
	int r = 0;

	while (!r && t->nr)
		r = ring_take(t);
	return r;
}

/* --- tasks --- */

int textfile_name(struct textfile *t, const struct trace_event *e, const u64 *words)
{
	struct textfile_task *task = textfile_task(t, e->pid);
	char comm[17];

	if (!task) {
		int r;

		task = calloc(1, sizeof(*task));
		if (!task)
			return textfile_no_memory(t);
		r = pidmap_set(&t->tasks, e->pid, task);
		if (r) {
			free(task);
			return r == -ENOMEM ? textfile_no_memory(t) : textfile_bad_event(t, e, "there is no such pid");
		}
		task->next = t->first_task;
		t->first_task = task;
	}
	trace_unpack(comm, words, 2);
	text_clean(task->comm, sizeof(task->comm), comm);
	return 0;
}
