// SPDX-License-Identifier: GPL-2.0-only
/*
 * wl specs: the workload of a small tool of that name, so that its runs on a real kernel can be compared with
 * simulated ones.
 *
 *	hog[@NICE][#CPU]			compute until the end
 *	per:PERIOD_US:RUN_US[@NICE][#CPU]	every PERIOD (absolute timer) use RUN of own CPU time; periods
 *						that are over when the work is done are skipped
 *	slp:SLEEP_US:RUN_US[@NICE][#CPU]	use RUN of own CPU time, sleep for SLEEP, repeat
 *	pip:RUN_US[@NICE][#CPU]			two tasks hand a byte to and fro through pipes, each uses RUN
 *						in between
 *
 * Tasks are called KIND INDEX _n NICE (per3_n0).
 */
#include "workload/impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kabi/task.h"

/* rt-app's range, an int */
#define WL_MAX_USEC 2147483647ull

#define WL_TASK_HELP                                                                                         \
	"a task is hog, per:PERIOD_US:RUN_US, slp:SLEEP_US:RUN_US or pip:RUN_US, then [@NICE][#CPU]"

struct wl_program;

/* One row per kind of task. */
struct wl_kind {
	const char *name;
	u32 nr_values;			/* ":VALUE" that follow the name; the last one is RUN_US */
	const char *values;
	u32 nr_tasks;			/* that one spec makes */
	void (*next)(struct wl_program *wp, u64 now_ns, struct user_call *call);
};

struct wl_task {
	const struct wl_kind *kind;	/* (i) */
	u64 period_ns;			/* (i) per: period; slp: sleep */
	u64 run_ns;			/* (i) */
	s32 nice;			/* (i) */
	char comm[16];			/* (i) */
	struct cpumask *mask;		/* (i) NULL: all CPUs; tasks of one spec share it */
	struct wl_task *partner;	/* (i) pip */
	struct user_sync in;		/* pip: the pipe that it reads from; a post is a byte */
	u32 closed;			/* (a) pip: it has left and closed its ends */
};

/* What the programs share. */
struct wl {
	struct workload_impl wi;
	u32 nr_tasks;			/* (i) */
	u32 nr_masks;			/* (i) */
	struct wl_task *tasks;		/* [nr_tasks] */
	struct cpumask **masks;		/* (i) [nr_masks] */
};

/* What a program does when it is asked. */
enum wl_state {
	WL_START,			/* pip: read */
	WL_COMPUTE,			/* a burst is due */
	WL_REST,			/* the burst is done: sleep, or write */
	WL_LEAVE,
};

struct wl_program {
	struct user_program up;
	struct wl *wl;
	struct wl_task *t;
	enum wl_state state;
	u64 end_ns;			/* ~0: never; 0: it has not run yet */
	u64 due_ns;			/* per: start of the current period */
};

static void leave(struct user_call *call)
{
	*call = (struct user_call){ .op = USER_EXIT };
}

/*
 * RUN of own CPU time, but not beyond the end; false: that is nothing. CPU time does not pass faster than
 * time: a burst that cannot be done before the end lasts until then.
 */
static bool burst(const struct wl_program *wp, u64 now_ns, struct user_call *call)
{
	u64 run_ns = wp->t->run_ns;

	if (!run_ns || now_ns >= wp->end_ns)
		return false;
	if (wp->end_ns - now_ns <= run_ns)
		*call = (struct user_call){ .op = USER_RUN_UNTIL, .ns = wp->end_ns };
	else
		*call = (struct user_call){ .op = USER_RUN_CPU, .ns = run_ns };
	return true;
}

static void hog_next(struct wl_program *wp, u64 now_ns, struct user_call *call)
{
	if (now_ns >= wp->end_ns)
		leave(call);
	else if (wp->end_ns == ~0ull)
		*call = (struct user_call){ .op = USER_RUN, .ns = ~0ull };
	else
		*call = (struct user_call){ .op = USER_RUN_UNTIL, .ns = wp->end_ns };
}

static void per_next(struct wl_program *wp, u64 now_ns, struct user_call *call)
{
	u64 period = wp->t->period_ns;

	if (wp->state == WL_COMPUTE) {
		/* the due time decides, so the last sleep may last longer than the workload */
		if (wp->due_ns >= wp->end_ns) {
			leave(call);
			return;
		}
		wp->state = WL_REST;
		if (burst(wp, now_ns, call))
			return;
	}
	wp->state = WL_COMPUTE;
	wp->due_ns += period;
	if (wp->due_ns < now_ns)
		wp->due_ns += (now_ns - wp->due_ns + period - 1) / period * period;
	*call = (struct user_call){ .op = USER_SLEEP_UNTIL, .ns = wp->due_ns };
}

static void slp_next(struct wl_program *wp, u64 now_ns, struct user_call *call)
{
	if (wp->state == WL_COMPUTE) {
		if (now_ns >= wp->end_ns) {
			leave(call);
			return;
		}
		wp->state = WL_REST;
		if (burst(wp, now_ns, call))
			return;
	}
	wp->state = WL_COMPUTE;
	*call = (struct user_call){ .op = USER_SLEEP_UNTIL, .ns = now_ns + wp->t->period_ns };
}

static void pip_next(struct wl_program *wp, u64 now_ns, struct user_call *call)
{
	struct wl_task *t = wp->t;

	/* end of file when it reads, EPIPE when it writes */
	if (wp->state == WL_LEAVE || __atomic_load_n(&t->partner->closed, __ATOMIC_ACQUIRE)) {
		leave(call);
		return;
	}
	if (wp->state == WL_START) {
		if (now_ns >= wp->end_ns) {
			wp->state = WL_LEAVE;
			__atomic_store_n(&t->closed, 1, __ATOMIC_RELEASE);
			*call = (struct user_call){ .op = USER_POST, .sync = &t->partner->in };
			return;
		}
		wp->state = WL_COMPUTE;
		*call = (struct user_call){ .op = USER_WAIT, .sync = &t->in };
		return;
	}
	if (wp->state == WL_COMPUTE) {
		wp->state = WL_REST;
		if (burst(wp, now_ns, call))
			return;
	}
	wp->state = WL_START;
	*call = (struct user_call){ .op = USER_POST, .sync = &t->partner->in, .sync_wakeup = true };
}

static const struct wl_kind wl_kinds[] = {
	{ "hog", 0, "", 1, hog_next },
	{ "per", 2, ":PERIOD_US:RUN_US", 1, per_next },
	{ "slp", 2, ":SLEEP_US:RUN_US", 1, slp_next },
	{ "pip", 1, ":RUN_US", 2, pip_next },
};

static void wl_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns,
		    struct user_call *call)
{
	struct wl_program *wp = container_of(up, struct wl_program, up);

	if (!wp->end_ns) {
		u64 zero = workload_zero(&wp->wl->wi, now_ns, 0);

		wp->end_ns = workload_end(&wp->wl->wi, zero);
		wp->due_ns = zero;
		wp->state = wp->t->partner ? WL_START : WL_COMPUTE;
	}
	wp->t->kind->next(wp, now_ns, call);
}

static void wl_program_free(struct user_program *up)
{
	struct wl_program *wp = container_of(up, struct wl_program, up);

	workload_impl_put(&wp->wl->wi);
	free(wp);
}

static const struct user_program_ops wl_program_ops = {
	.next = wl_next,
	.free = wl_program_free,
};

static void wl_free(struct workload_impl *wi)
{
	struct wl *wl = container_of(wi, struct wl, wi);

	for (u32 i = 0; i < wl->nr_masks; i++)
		free(wl->masks[i]);
	free(wl->masks);
	free(wl->tasks);
	free(wl);
}

/* --- parsing --- */

/* Where a message points to: one blank-separated word. */
struct wl_word {
	const char *s;
	int len;
	char *err;
	size_t err_len;
};

#define wl_error(word, fmt, ...)                                                                             \
	workload_fail((word)->err, (word)->err_len, -EINVAL, "wl: '%.*s': " fmt, (word)->len, (word)->s,     \
		      ##__VA_ARGS__)

static const char *skip_digits(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

/* Digits only, at most @max; returns what follows, NULL if it is none or too large. */
static const char *parse_number(const char *s, u64 max, u64 *out)
{
	const char *end = skip_digits(s);

	if (end == s)
		return NULL;
	for (*out = 0; s < end; s++) {
		*out = *out * 10 + (*s - '0');
		if (*out > max)
			return NULL;
	}
	return end;
}

static int set_cpu(struct wl *wl, struct wl_task *t, u32 cpu, u32 nr_cpus)
{
	t->mask = calloc(1, cpumask_size(nr_cpus));
	if (!t->mask)
		return -ENOMEM;
	wl->masks[wl->nr_masks++] = t->mask;
	cpumask_set_cpu(cpu, t->mask);
	return 0;
}

/* [@NICE][#CPU], in either order */
static int parse_suffixes(struct wl *wl, struct wl_task *t, const struct wl_word *word, const char *s,
			  u32 nr_cpus)
{
	const char *end = word->s + word->len;
	bool nice_seen = false;

	while (s < end) {
		const char *next;
		u64 v;

		if (*s == '@' && !nice_seen) {
			bool minus = s[1] == '-';

			next = parse_number(s + 1 + minus, 1000000, &v);
			if (!next)
				return wl_error(word, "a number must follow '@': a nice value, -20..19");
			t->nice = minus ? -(s32)v : (s32)v;
			if (t->nice < -20 || t->nice > 19)
				return wl_error(word, "nice %d is out of range; it is -20..19", t->nice);
			nice_seen = true;
		} else if (*s == '#' && !t->mask) {
			next = parse_number(s + 1, 1000000, &v);
			if (!next)
				return wl_error(word, "a number must follow '#': a CPU, 0..%u", nr_cpus - 1);
			if (v >= nr_cpus)
				return wl_error(word, "CPU %u does not exist; the machine has CPUs 0..%u",
						(u32)v, nr_cpus - 1);
			if (set_cpu(wl, t, v, nr_cpus))
				return workload_fail(word->err, word->err_len, -ENOMEM, "wl: out of memory");
		} else {
			return wl_error(word, "'%.*s' is not expected; " WL_TASK_HELP, (int)(end - s), s);
		}
		s = next;
	}
	return 0;
}

/* Fills the next task, or the next two. */
static int parse_task(struct wl *wl, const struct wl_word *word, u32 nr_cpus)
{
	u32 index = wl->nr_tasks;
	struct wl_task *t = &wl->tasks[index];
	const char *s = word->s;
	u64 v[2] = { 0 };
	int ret;

	for (u32 i = 0; i < sizeof(wl_kinds) / sizeof(wl_kinds[0]) && !t->kind; i++)
		if (word->len >= 3 && !strncmp(s, wl_kinds[i].name, 3))
			t->kind = &wl_kinds[i];
	if (!t->kind)
		return wl_error(word, "unknown kind of task; " WL_TASK_HELP);
	s += 3;
	for (u32 i = 0; i < t->kind->nr_values; i++) {
		s = *s == ':' ? parse_number(s + 1, WL_MAX_USEC, &v[i]) : NULL;
		if (!s)
			return wl_error(word, "needs %u %s in us after '%s': %s%s, each at most %llu",
					t->kind->nr_values, t->kind->nr_values > 1 ? "numbers" : "number",
					t->kind->name, t->kind->name, t->kind->values, WL_MAX_USEC);
	}
	t->run_ns = v[t->kind->nr_values == 2] * NSEC_PER_USEC;
	t->period_ns = t->kind->nr_values == 2 ? v[0] * NSEC_PER_USEC : 0;
	if (t->kind->next == per_next && !t->period_ns)
		return wl_error(word, "the period is 0; it must be at least 1 us");
	if (t->kind->next == slp_next && !t->period_ns && !t->run_ns)
		return wl_error(
			word,
			"takes no time and would spin at one instant; let it sleep or run for at least 1 us");
	ret = parse_suffixes(wl, t, word, s, nr_cpus);
	if (ret)
		return ret;
	if (t->kind->nr_tasks == 2) {
		t[1] = t[0];
		t[0].partner = &t[1];
		t[1].partner = &t[0];
		t[0].in.posts = 1;	/* the first of the two begins */
	}
	for (u32 i = 0; i < t->kind->nr_tasks; i++)
		snprintf(t[i].comm, sizeof(t[i].comm), "%s%u_n%d", t->kind->name, index + i, t->nice);
	wl->nr_tasks += t->kind->nr_tasks;
	return 0;
}

/* SECONDS[.FRACTION], of which nine digits count */
static int parse_duration(struct wl *wl, const struct wl_word *word)
{
	const char *end = word->s + word->len;
	u64 seconds, ns = 0;
	const char *s = parse_number(word->s, 1000000000, &seconds);

	if (s && *s == '.') {
		u64 unit = NSEC_PER_SEC / 10;

		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			ns += (*s - '0') * unit;
	}
	if (s != end)
		return wl_error(word, "is neither a task nor a duration in seconds; " WL_TASK_HELP);
	wl->wi.duration_ns = seconds * NSEC_PER_SEC + ns;
	if (!wl->wi.duration_ns)
		return wl_error(word, "the duration must be more than 0 seconds");
	return 0;
}

static int make_programs(struct workload *w, struct wl *wl)
{
	int ret = workload_alloc_tasks(w, wl->nr_tasks);

	if (ret)
		return ret;
	for (u32 i = 0; i < wl->nr_tasks; i++) {
		struct wl_program *wp = calloc(1, sizeof(*wp));
		struct wl_task *t = &wl->tasks[i];

		if (!wp)
			return -ENOMEM;
		wp->up.ops = &wl_program_ops;
		wp->wl = wl;
		wp->t = t;
		workload_impl_get(&wl->wi);
		w->tasks[i].spec = (struct task_spec){
			.comm = t->comm,
			.policy = w->default_policy,
			.nice = t->nice,
			.mask = t->mask,
			.program = &wp->up,
		};
	}
	return 0;
}

/* The next word at or after @s; its length is 0 at the end. */
static void next_word(struct wl_word *word, const char *s)
{
	word->s = s + strspn(s, " \t\n");
	word->len = strcspn(word->s, " \t\n");
}

int wl_open(struct workload *w, const char *spec, u32 nr_cpus, char *err, size_t err_len)
{
	struct wl_word word = { .err = err, .err_len = err_len };
	struct wl *wl = calloc(1, sizeof(*wl));
	u32 nr_words = 0;
	int ret;

	if (!wl)
		return workload_fail(err, err_len, -ENOMEM, "wl: out of memory");
	workload_impl_init(&wl->wi, wl_free);
	w->impl = &wl->wi;
	for (next_word(&word, spec); word.len; next_word(&word, word.s + word.len))
		nr_words++;
	if (nr_words > WORKLOAD_MAX_TASKS / 2)
		return workload_fail(err, err_len, -EINVAL, "wl: %u tasks are too many; at most %u", nr_words,
				     WORKLOAD_MAX_TASKS / 2);
	/* no word makes more than two tasks */
	wl->tasks = calloc(2 * nr_words + 1, sizeof(*wl->tasks));
	wl->masks = calloc(nr_words + 1, sizeof(struct cpumask *));
	if (!wl->tasks || !wl->masks)
		return workload_fail(err, err_len, -ENOMEM, "wl: out of memory");
	next_word(&word, spec);
	if (word.len && *word.s >= '0' && *word.s <= '9') {
		ret = parse_duration(wl, &word);
		if (ret)
			return ret;
		w->duration_ns = wl->wi.duration_ns;
		next_word(&word, word.s + word.len);
	}
	if (!word.len)
		return workload_fail(err, err_len, -EINVAL, "wl: no task; " WL_TASK_HELP);
	for (; word.len; next_word(&word, word.s + word.len)) {
		ret = parse_task(wl, &word, nr_cpus);
		if (ret)
			return ret;
	}
	if (make_programs(w, wl))
		return workload_fail(err, err_len, -ENOMEM, "wl: out of memory");
	return 0;
}
