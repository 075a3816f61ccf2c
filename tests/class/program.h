/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks of the tests: lists of steps. And what tests ask about tasks and about how a scheduler ended. */
#ifndef TESTS_CLASS_PROGRAM_H
#define TESTS_CLASS_PROGRAM_H

struct task_def;

struct step {
	enum user_op op;
	u64 ns;
	bool relative;			/* SLEEP: from now */
	u32 policy, rt_priority;
	s32 nice;
	const char *cpus;
	const struct task_def *child;
	struct user_sync *sync;
	bool sync_wakeup;
};

#define RUN(t) { .op = USER_RUN, .ns = (t) }
#define RUN_FOREVER { .op = USER_RUN, .ns = ~0ull }
#define SLEEP(t) { .op = USER_SLEEP_UNTIL, .ns = (t), .relative = true }
#define SLEEP_UNTIL(t) { .op = USER_SLEEP_UNTIL, .ns = (t) }
#define BLOCK { .op = USER_SLEEP_UNTIL, .ns = NEVER / 2 }
#define YIELD { .op = USER_YIELD }
#define POLICY(pol, n, rt) { .op = USER_SETATTR, .policy = (pol), .nice = (n), .rt_priority = (rt) }
#define AFFINITY(list) { .op = USER_SETAFFINITY, .cpus = (list) }
#define SPAWN(def) { .op = USER_SPAWN, .child = (def) }
#define WAIT(s) { .op = USER_WAIT, .sync = (s) }
#define POST(s) { .op = USER_POST, .sync = (s) }
#define POST_SYNC(s) { .op = USER_POST, .sync = (s), .sync_wakeup = true }

/* After the last step it begins again, or exits. */
struct task_def {
	const char *comm;
	const char *cpus;		/* NULL: all */
	u32 policy, rt_priority;
	s32 nice;
	const struct step *steps;
	u32 nr_steps;
	bool loop;
};

#define STEPS(...) \
	.steps = (const struct step[]){ __VA_ARGS__ }, \
	.nr_steps = sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step)

#define TASK(name, on, ...) (&(struct task_def){ .comm = (name), .cpus = (on), STEPS(__VA_ARGS__) })
#define LOOP(name, on, ...) \
	(&(struct task_def){ .comm = (name), .cpus = (on), .loop = true, STEPS(__VA_ARGS__) })

#define RT(name, on, ...) (&(struct task_def){ \
	.comm = (name), .cpus = (on), .policy = SCHED_FIFO, .rt_priority = 10, STEPS(__VA_ARGS__) })

/* Names for tasks that are alike: "A", "B" ... */
static inline const char *letter(u32 i)
{
	return &"A\0B\0C\0D\0E\0F\0G\0H"[2 * i];
}

struct script {
	struct user_program up;
	struct world *w;
	struct task_def def;
	struct step *steps;
	u32 pos;
	struct cpumask *mask;		/* of the affinity call in progress */
	struct cpumask *child_mask;
	struct task_spec spec;
};

/* "" is no CPU. */
static inline struct cpumask *parse_cpus(struct world *w, const char *cpus)
{
	struct cpumask *mask = calloc(1, cpumask_size(w->topo.nr_cpus));

	if (cpus[0])
		assert_int_equal(cpumask_parse_list(cpus, mask, w->topo.nr_cpus), 0);
	return mask;
}

static inline struct user_program *script_new(struct world *w, const struct task_def *def);

static void script_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns,
			struct user_call *call)
{
	struct script *s = (struct script *)up;
	const struct step *st;

	if (s->pos == s->def.nr_steps && s->def.loop)
		s->pos = 0;
	if (s->pos == s->def.nr_steps) {
		call->op = USER_EXIT;
		return;
	}
	st = &s->steps[s->pos++];
	call->op = st->op;
	call->ns = st->relative ? now_ns + st->ns : st->ns;
	call->policy = st->policy;
	call->nice = st->nice;
	call->rt_priority = st->rt_priority;
	call->sync = st->sync;
	call->sync_wakeup = st->sync_wakeup;
	if (st->cpus) {
		free(s->mask);
		call->mask = s->mask = parse_cpus(s->w, st->cpus);
	}
	if (st->child) {
		free(s->child_mask);
		s->child_mask = st->child->cpus ? parse_cpus(s->w, st->child->cpus) : NULL;
		s->spec = (struct task_spec){
			.comm = st->child->comm, .policy = st->child->policy, .nice = st->child->nice,
			.rt_priority = st->child->rt_priority, .mask = s->child_mask,
			.program = script_new(s->w, st->child),
		};
		call->spec = &s->spec;
	}
}

static void script_free(struct user_program *up)
{
	struct script *s = (struct script *)up;

	free(s->steps);
	free(s->mask);
	free(s->child_mask);
	free(s);
}

static inline struct user_program *script_new(struct world *w, const struct task_def *def)
{
	static const struct user_program_ops ops = { script_next, script_free };
	struct script *s = calloc(1, sizeof(*s));

	s->up.ops = &ops;
	s->w = w;
	s->def = *def;
	s->steps = malloc((def->nr_steps + 1) * sizeof(*s->steps));
	memcpy(s->steps, def->steps, def->nr_steps * sizeof(*s->steps));
	return &s->up;
}

static inline void add_task(struct world *w, u64 start_ns, const struct task_def *def)
{
	struct cpumask *mask = def->cpus ? parse_cpus(w, def->cpus) : NULL;
	struct task_spec spec = {
		.comm = def->comm, .policy = def->policy, .nice = def->nice, .rt_priority = def->rt_priority,
		.mask = mask, .program = script_new(w, def),
	};

	assert_int_equal(kernel_add_task(w->k, &spec, start_ns), 0);
	free(mask);
}

/* --- asking --- */

/* The task of that name; outside. NULL: not there (any more). */
static inline struct task_struct *find_task(struct world *w, const char *comm)
{
	struct task_struct *p;

	list_for_each_entry(p, w->k->tasks, tasks)
		if (!strcmp(p->comm, comm))
			return p;
	return NULL;
}

/* Also of a task that is dead, if a call for it was recorded. */
static inline s32 pid_of(struct world *w, const char *comm)
{
	struct task_struct *p = find_task(w, comm);

	for (u32 i = 0; !p && i < w->nr_recs; i++)
		if (!strcmp(w->recs[i].comm, comm))
			return w->recs[i].pid;
	return p ? p->pid : -1;
}

static inline u64 cpu_time_of(struct world *w, const char *comm)
{
	struct task_struct *p = find_task(w, comm);

	assert_non_null(p);
	return p->se.sum_exec_runtime;
}

/* It got @ns, but for what the kernel takes for itself and charges it with. */
#define expect_cpu_time(w, comm, ns) assert_in_range(cpu_time_of(w, comm), (ns) - 5 * US, (ns) + 5 * US)

/* The number of recorded calls of @op for @comm (NULL: any) from @from_ns on. */
static inline u32 count_ops(const struct world *w, enum rec_op op, const char *comm, u64 from_ns)
{
	u32 n = 0;

	for (u32 i = 0; i < w->nr_recs; i++)
		n += w->recs[i].op == op && (!comm || !strcmp(w->recs[i].comm, comm)) &&
		     w->recs[i].ns >= from_ns;
	return n;
}

/* The @n-th recorded call (from 0) of @op for @comm from @from_ns on; NULL: none. */
static inline const struct rec *nth_op(const struct world *w, enum rec_op op, const char *comm, u64 from_ns,
				       u32 n)
{
	for (u32 i = 0; i < w->nr_recs; i++)
		if (w->recs[i].op == op && !strcmp(w->recs[i].comm, comm) && w->recs[i].ns >= from_ns && !n--)
			return &w->recs[i];
	return NULL;
}

/* Who began to run, in order, from @from_ns on: the first letters, in @buf. */
static inline const char *run_order(const struct world *w, u64 from_ns, char *buf, size_t len)
{
	size_t n = 0;

	for (u32 i = 0; i < w->nr_recs && n < len - 1; i++)
		if (w->recs[i].op == OP_running && w->recs[i].ns >= from_ns)
			buf[n++] = w->recs[i].comm[0];
	buf[n] = '\0';
	return buf;
}

/* Ended so; the text is compared with @fmt and its arguments. */
static inline void expect_exit(struct world *w, enum scx_exit_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static inline void expect_exit(struct world *w, enum scx_exit_kind kind, const char *fmt, ...)
{
	const struct scx_result *r = scx_result(w->k);
	char msg[SCX_EXIT_MSG_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	assert_string_equal(r->msg, msg);
	assert_int_equal(r->kind, kind);
	assert_string_equal(r->reason, scx_exit_reason(kind));
}

/* A scheduler is gone: no task is in the class or has any state of it. */
static inline void expect_all_back(struct world *w)
{
	struct task_struct *p;

	assert_string_equal(scx_state(w->k), "disabled");
	list_for_each_entry(p, w->k->tasks, tasks) {
		assert_false(task_on_class(p, CLASS_EXT));
		assert_null(p->scx.sched);
		assert_int_equal(scx_get_task_state(p), SCX_TASK_NONE);
		assert_int_equal(p->scx.flags & (SCX_TASK_QUEUED | SCX_TASK_IN_CUSTODY), 0);
		assert_null(p->scx.dsq);
	}
}

static inline s64 event_of(struct world *w, size_t off)
{
	return *(const s64 *)((const char *)&scx_result(w->k)->events + off);
}
#define EVENT_COUNT(w, name) event_of(w, offsetof(struct scx_event_stats, SCX_EV_##name))

#endif
