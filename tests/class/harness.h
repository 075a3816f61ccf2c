/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers written in C on a small simulated machine: what the tests of the sched_ext class have in common.
 *
 * A test fills in operations, adds tasks and runs up to an instant. The operations are called through
 * wrappers that record each call. "Ours" are the tasks whose name begins with a capital letter: only these
 * are recorded and given to the test's operations. All others (kernel threads, the loader) go to the local
 * DSQ of their CPU or, if the test has an ops.select_cpu(), of the housekeeping CPU, so that they do not
 * disturb the CPUs that a test looks at.
 */
#ifndef TESTS_CLASS_HARNESS_H
#define TESTS_CLASS_HARNESS_H

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kabi/btf.h"
#include "sched/ext/internal.h"
#include "sched/ext/kfuncs.h"

#define US 1000ull
#define MS 1000000ull
#define NEVER (~0ull)

/* Operations as they are recorded: R(NAME, format of what follows the task's name, of u64 a and b). */
#define RECORDED_OPS(R) \
	R(select_cpu, " prev=%d flags=0x%llx") \
	R(enqueue, " 0x%llx") \
	R(dequeue, " 0x%llx") \
	R(dispatch, "") \
	R(tick, "") \
	R(runnable, " 0x%llx") \
	R(running, "") \
	R(stopping, " %d") \
	R(quiescent, " 0x%llx") \
	R(yield, "") \
	R(set_weight, " %d") \
	R(set_cpumask, " 0x%llx") \
	R(update_idle, " %d") \
	R(init_task, " fork=%d") \
	R(exit_task, " cancelled=%d") \
	R(enable, "") \
	R(disable, "") \
	R(cpu_acquire, "") \
	R(cpu_release, " reason=%d") \
	R(init, "") \
	R(exit, " kind=%d") \
	/* 2022 */ \
	R(consume, "") \
	R(consume_final, "") \
	R(prep_enable, "") \
	R(enable_args, "") \
	R(cancel_enable, "") \
	R(exit_type, " type=%d")

enum rec_op {
#define R(name, fmt) OP_##name,
	RECORDED_OPS(R)
#undef R
	NR_REC_OPS
};
#define BIT_OP(name) (1u << OP_##name)
#define ALL_OPS ((1u << NR_REC_OPS) - 1)
/* what happens to a task between becoming runnable and sleeping */
#define RUN_OPS (BIT_OP(select_cpu) | BIT_OP(enqueue) | BIT_OP(dequeue) | BIT_OP(dispatch) | \
		 BIT_OP(runnable) | BIT_OP(running) | BIT_OP(stopping) | BIT_OP(quiescent))

struct rec {
	u64 ns;
	s32 cpu;		/* that it was called on */
	enum rec_op op;
	s32 pid;
	char comm[TASK_COMM_LEN];
	u64 a, b;
	s64 ret;
	bool has_ret;
};

struct world {
	/* set before world_create() */
	const char *kernel;		/* version; default 7.2 */
	const char *machine;		/* for topology_parse(); default: 3 CPUs */
	bool real_costs;		/* default costs instead of none */
	bool threads;			/* the machine with host threads; nothing is recorded there */
	u64 seed;
	u32 hz;				/* default 1000 */

	/* set before it runs */
	struct scx_ops ops;		/* the test's; called for tasks that are ours */
	bool raw;			/* all tasks are ours */
	s32 house;			/* CPU of the tasks that are not ours, -1: any; default: the last */
	u32 rec;			/* BIT_OP() of what is recorded; default RUN_OPS */
	u64 load_ns, unload_ns;		/* default 1 ms, never */
	void (*loader)(struct world *w);	/* in the loader's context, instead of the default */
	void *data;

	/* results */
	int enable_ret;
	struct scx_sched *sch;		/* loaded */
	bool unloaded;
	u32 calls[NR_REC_OPS];		/* of each operation, for tasks that are ours; atomic */
	struct rec *recs;
	u32 nr_recs, cap_recs;
	u32 seen;			/* records that expect_ops() has consumed */

	struct gmem *g;
	struct topology topo;
	struct kernel *k;
	struct machine *m;
	struct trace *trace;
	struct trace_event *events;	/* all but RUNTIME and TICK */
	u32 nr_events, cap_events;
	struct scx_ops installed;
};

/* --- recording --- */

static inline struct world *world_of(struct scx_sched *sch) { return scx_sched_priv(sch); }

static inline bool is_ours(const struct world *w, const struct task_struct *p)
{
	return w->raw || (p && isupper((unsigned char)p->comm[0]));
}

/* A call; returns its index for record_ret(), or -1. @p NULL: about @cpu itself. */
static inline int record(struct world *w, enum rec_op op, const struct task_struct *p, u64 a, u64 b)
{
	struct rec *r;

	__atomic_fetch_add(&w->calls[op], 1, __ATOMIC_RELAXED);
	if (!(w->rec & 1u << op) || w->threads)
		return -1;
	if (!p && smp_processor_id() == w->house)
		return -1;
	if (w->nr_recs == w->cap_recs) {
		w->cap_recs = w->cap_recs ? 2 * w->cap_recs : 256;
		w->recs = realloc(w->recs, w->cap_recs * sizeof(*w->recs));
	}
	r = &w->recs[w->nr_recs];
	*r = (struct rec){ .ns = mach_now(), .cpu = smp_processor_id(), .op = op, .pid = p ? p->pid : -1 };
	r->a = a;
	r->b = b;
	strcpy(r->comm, p ? p->comm : "-");
	return w->nr_recs++;
}

static inline void record_ret(struct world *w, int i, s64 ret)
{
	if (i < 0)
		return;
	w->recs[i].ret = ret;
	w->recs[i].has_ret = true;
}

/* "CPU op TASK arguments [-> return]" */
static inline int format_rec(const struct rec *r, char *buf, size_t len)
{
	static const struct {
		const char *name, *fmt;
	} row[] = {
#define R(name, fmt) { #name, fmt },
		RECORDED_OPS(R)
#undef R
	};
	int n = snprintf(buf, len, "%d %s %s", r->cpu, row[r->op].name, r->comm);

	if (r->op == OP_select_cpu)
		n += snprintf(buf + n, len - n, " prev=%d flags=0x%llx", (int)r->a, (unsigned long long)r->b);
	else if (strstr(row[r->op].fmt, "llx"))
		n += snprintf(buf + n, len - n, " 0x%llx", (unsigned long long)r->a);
	else if (strchr(row[r->op].fmt, '%'))
		n += snprintf(buf + n, len - n, "%.*s%d", (int)(strchr(row[r->op].fmt, '%') - row[r->op].fmt),
			      row[r->op].fmt, (int)r->a);
	if (r->has_ret)
		n += snprintf(buf + n, len - n, " -> %d", (int)r->ret);
	return n + snprintf(buf + n, len - n, "\n");
}

/* The calls since the last time, as text. To be freed. */
static inline char *take_ops(struct world *w)
{
	size_t len = (w->nr_recs - w->seen) * 96 + 1, n = 0;
	char *text = calloc(1, len);

	for (; w->seen < w->nr_recs; w->seen++)
		n += format_rec(&w->recs[w->seen], text + n, len - n);
	return text;
}

static inline void skip_ops(struct world *w) { w->seen = w->nr_recs; }

/* The calls since the last expect_ops() or skip_ops() are these. */
#define expect_ops(w, text) do { \
	char *got__ = take_ops(w); \
	char *copy__ = strdup(got__); \
	free(got__); \
	if (strcmp(copy__, text)) \
		print_error("calls were:\n%s--- but expected:\n%s", copy__, text); \
	assert_true(!strcmp(copy__, text)); \
	free(copy__); \
} while (0)

/* --- wrappers of the operations --- */

static s32 wrap_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct world *w = world_of(sch);
	s32 cpu;
	int i;

	if (!is_ours(w, p)) {
		scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
		return w->house >= 0 && cpumask_test_cpu(w->house, p->cpus_ptr) ? w->house : prev_cpu;
	}
	i = record(w, OP_select_cpu, p, prev_cpu, wake_flags);
	cpu = w->ops.select_cpu(sch, p, prev_cpu, wake_flags);
	record_ret(w, i, cpu);
	return cpu;
}

static void wrap_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct world *w = world_of(sch);

	if (!is_ours(w, p)) {
		scx_bpf_dsq_insert(sch, p, enq_flags & SCX_ENQ_REENQ ? SCX_DSQ_GLOBAL : SCX_DSQ_LOCAL,
				   SCX_SLICE_DFL, 0);
		return;
	}
	record(w, OP_enqueue, p, enq_flags, 0);
	w->ops.enqueue(sch, p, enq_flags);
}

static void wrap_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct world *w = world_of(sch);

	record(w, OP_dispatch, is_ours(w, prev) ? prev : NULL, 0, 0);
	w->ops.dispatch(sch, cpu, prev);
}

/* Those that only tell something are always recorded and passed on if the test has them. */
#define WRAP(name, A, a, B, b) \
static void wrap_##name(struct scx_sched *sch, struct task_struct *p A B) \
{ \
	struct world *w = world_of(sch); \
	if (!is_ours(w, p)) \
		return; \
	record(w, OP_##name, p, WRAP_ARG##a); \
	if (w->ops.name) \
		w->ops.name(sch, p b); \
}
#define COMMA ,
#define WRAP_ARG0 0, 0
#define WRAP_ARGf flags, 0
#define WRAP_ARGv val, 0
#define WRAP_ARGm *cpumask_bits(mask), 0
#define WRAP_ARGc args->cancelled, 0
WRAP(tick, , 0, , )
WRAP(running, , 0, , )
WRAP(enable, , 0, , )
WRAP(disable, , 0, , )
WRAP(dequeue, COMMA u64 flags, f, , COMMA flags)
WRAP(runnable, COMMA u64 flags, f, , COMMA flags)
WRAP(quiescent, COMMA u64 flags, f, , COMMA flags)
WRAP(stopping, COMMA bool val, v, , COMMA val)
WRAP(set_weight, COMMA u32 val, v, , COMMA val)
WRAP(set_cpumask, COMMA const struct cpumask *mask, m, , COMMA mask)
WRAP(exit_task, COMMA struct scx_exit_task_args *args, c, , COMMA args)
#undef WRAP

static s32 wrap_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	struct world *w = world_of(sch);
	s32 ret;
	int i;

	if (!is_ours(w, p))
		return 0;
	i = record(w, OP_init_task, p, args->fork, 0);
	ret = w->ops.init_task ? w->ops.init_task(sch, p, args) : 0;
	if (ret)
		record_ret(w, i, ret);
	return ret;
}

static bool wrap_yield(struct scx_sched *sch, struct task_struct *from, struct task_struct *to)
{
	struct world *w = world_of(sch);

	if (is_ours(w, from))
		record(w, OP_yield, from, 0, 0);
	return w->ops.yield(sch, from, to);
}

static void wrap_update_idle(struct scx_sched *sch, s32 cpu, bool idle)
{
	struct world *w = world_of(sch);

	record(w, OP_update_idle, NULL, idle, 0);
	w->ops.update_idle(sch, cpu, idle);
}

static void wrap_cpu_acquire(struct scx_sched *sch, s32 cpu, struct scx_cpu_acquire_args *args)
{
	struct world *w = world_of(sch);

	record(w, OP_cpu_acquire, NULL, 0, 0);
	if (w->ops.cpu_acquire)
		w->ops.cpu_acquire(sch, cpu, args);
}

static void wrap_cpu_release(struct scx_sched *sch, s32 cpu, struct scx_cpu_release_args *args)
{
	struct world *w = world_of(sch);

	record(w, OP_cpu_release, is_ours(w, args->task) ? args->task : NULL, args->reason, 0);
	if (w->ops.cpu_release)
		w->ops.cpu_release(sch, cpu, args);
}

static s32 wrap_init(struct scx_sched *sch)
{
	struct world *w = world_of(sch);
	int i = record(w, OP_init, NULL, 0, 0);
	s32 ret = w->ops.init ? w->ops.init(sch) : 0;

	record_ret(w, i, ret);
	return ret;
}

static void wrap_exit(struct scx_sched *sch, struct scx_exit_info *info)
{
	struct world *w = world_of(sch);

	record(w, OP_exit, NULL, info->kind, 0);
	if (w->ops.exit)
		w->ops.exit(sch, info);
}

/* --- 2022 --- */

#define WRAP_CPU(name) \
static void wrap_##name(struct scx_sched *sch, s32 cpu) \
{ \
	struct world *w = world_of(sch); \
	record(w, OP_##name, NULL, 0, 0); \
	if (w->ops.name) \
		w->ops.name(sch, cpu); \
}
WRAP_CPU(consume)
WRAP_CPU(consume_final)
#undef WRAP_CPU

static s32 wrap_prep_enable(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	struct world *w = world_of(sch);
	s32 ret;
	int i;

	if (!is_ours(w, p))
		return 0;
	i = record(w, OP_prep_enable, p, 0, 0);
	ret = w->ops.prep_enable ? w->ops.prep_enable(sch, p, args) : 0;
	if (ret)
		record_ret(w, i, ret);
	return ret;
}

static void wrap_enable_args(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	if (is_ours(world_of(sch), p))
		record(world_of(sch), OP_enable_args, p, 0, 0);
}

static void wrap_cancel_enable(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	if (is_ours(world_of(sch), p))
		record(world_of(sch), OP_cancel_enable, p, 0, 0);
}

static void wrap_exit_type(struct scx_sched *sch, struct scx_exit_info___2022 *info)
{
	struct world *w = world_of(sch);

	record(w, OP_exit_type, NULL, info->type, 0);
	if (w->ops.exit_type)
		w->ops.exit_type(sch, info);
}

/* Of 2022: operations that it has, in the place of those that came later. */
static inline void wrap_2022(struct world *w, struct scx_ops *i)
{
	i->consume = w->ops.consume ? wrap_consume : NULL;
	i->consume_final = w->ops.consume_final ? wrap_consume_final : NULL;
	i->prep_enable = wrap_prep_enable;
	i->enable_args = wrap_enable_args;
	i->cancel_enable = wrap_cancel_enable;
	i->exit_type = wrap_exit_type;
	i->tick = NULL;
	i->enable = NULL;
	i->set_weight = NULL;
	i->init_task = NULL;
	i->exit_task = NULL;
	i->exit = NULL;
}

/* What is installed: the test's operations, wrapped, and those that only tell something. */
static inline const struct scx_ops *wrapped_ops(struct world *w)
{
	const struct scx_ops *o = &w->ops;
	struct scx_ops *i = &w->installed;

	*i = *o;
	i->priv = w;
	if (!i->name[0])
		strcpy(i->name, "test");
	i->select_cpu = o->select_cpu ? wrap_select_cpu : NULL;
	i->enqueue = o->enqueue ? wrap_enqueue : NULL;
	i->dispatch = o->dispatch ? wrap_dispatch : NULL;
	i->yield = o->yield ? wrap_yield : NULL;
	i->update_idle = o->update_idle ? wrap_update_idle : NULL;
	i->tick = wrap_tick;
	i->running = wrap_running;
	i->enable = wrap_enable;
	i->disable = wrap_disable;
	i->dequeue = wrap_dequeue;
	i->runnable = wrap_runnable;
	i->quiescent = wrap_quiescent;
	i->stopping = wrap_stopping;
	i->set_weight = wrap_set_weight;
	i->set_cpumask = wrap_set_cpumask;
	i->init_task = wrap_init_task;
	i->exit_task = wrap_exit_task;
	if (o->cpu_acquire || o->cpu_release || (w->rec & (BIT_OP(cpu_acquire) | BIT_OP(cpu_release)))) {
		i->cpu_acquire = wrap_cpu_acquire;
		i->cpu_release = wrap_cpu_release;
	}
	i->init = wrap_init;
	i->exit = wrap_exit;
	if (!strcmp(w->kernel, "2022"))
		wrap_2022(w, i);
	return i;
}

/* --- the world --- */

static inline int keep_events(void *sink, const struct trace_event *ev, size_t n)
{
	struct world *w = sink;

	for (size_t i = 0; i < n; i++) {
		if (ev[i].type == TE_RUNTIME || ev[i].type == TE_TICK)
			continue;
		if (w->nr_events == w->cap_events) {
			w->cap_events = w->cap_events ? 2 * w->cap_events : 1024;
			w->events = realloc(w->events, w->cap_events * sizeof(*w->events));
		}
		w->events[w->nr_events++] = ev[i];
	}
	return 0;
}

/* How many events of @type about @pid (-1: any) with @arg0 (NEVER: any) there were from @from_ns on. */
static inline u32 count_events(struct world *w, enum trace_type type, s32 pid, u64 arg0, u64 from_ns)
{
	u32 n = 0;

	trace_flush(w->trace);
	for (u32 i = 0; i < w->nr_events; i++) {
		const struct trace_event *e = &w->events[i];

		n += e->type == type && (pid < 0 || e->pid == pid) && (arg0 == NEVER || e->arg[0] == arg0) &&
		     e->time_ns >= from_ns;
	}
	return n;
}

/* In the loader's context. */
static inline void world_load(struct world *w)
{
	w->enable_ret = scx_enable(w->k, wrapped_ops(w), &w->sch);
}

static inline void world_unload(struct world *w)
{
	if (w->sch)
		scx_unreg(w->sch);
	w->sch = NULL;
	w->unloaded = true;
}

static void loader_main(void *arg)
{
	struct world *w = arg;

	kernel_sleep_until(w->k, w->load_ns);
	if (w->loader) {
		w->loader(w);
		return;
	}
	world_load(w);
	kernel_sleep_until(w->k, w->unload_ns);
	world_unload(w);
}

/* With the defaults, to be changed before world_create(); freed by class_test()'s teardown. */
static inline struct world *world_new(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	w->kernel = "7.2";
	w->machine = "3";
	w->hz = 1000;
	w->rec = RUN_OPS;
	w->load_ns = 1 * MS;
	w->unload_ns = NEVER;
	return w;
}

static inline void world_create(struct world *w)
{
	static const struct trace_sink_ops sink = { .name = "keep", .events = keep_events };
	struct kernel_config cfg = {
		.topo = &w->topo,
		.costs = w->real_costs ? &mach_costs_default : &mach_costs_none,
		.seed = w->seed,
		.hz = w->hz,
		.version = kabi_version_find(w->kernel),
		.machine_create = w->threads ? threads_create : sim_create,
		.check_invariants = !w->threads,
	};
	char err[256] = "";

	if (topology_parse(&w->topo, w->machine, err, sizeof(err)) ||
	    gmem_create(&w->g, err, sizeof(err)))
		fail_msg("%s", err);
	cfg.gmem = w->g;
	if (!w->threads) {
		w->trace = cfg.trace = trace_create();
		assert_int_equal(trace_add_sink(w->trace, &sink, w), 0);
	}
	if (kernel_create(&w->k, &cfg, err, sizeof(err)))
		fail_msg("%s", err);
	w->m = kernel_machine(w->k);
	w->house = w->topo.nr_cpus - 1;
}

static inline void world_start(struct world *w)
{
	assert_true(kernel_add_thread(w->k, "loader", 256 << 10, loader_main, w, 0) > 0);
}

/* Everything before @until_ns has happened, and no invariant was violated. */
#define run_to(w, until_ns) do { \
	assert_int_equal(sim_run((w)->m, (until_ns)), RUN_UNTIL); \
	if (kernel_violation((w)->k)) \
		fail_msg("%s", kernel_violation((w)->k)); \
} while (0)

static inline void world_destroy(struct world *w)
{
	/* an assertion failed in an operation: a machine cannot be taken down from within */
	if (this_mcpu) {
		this_mcpu = NULL;
		gmem_destroy(w->g);
		return;
	}
	if (w->k)
		kernel_destroy(w->k);
	if (w->trace)
		trace_destroy(w->trace);
	if (w->g)
		gmem_destroy(w->g);
	topology_free(&w->topo);
	free(w->recs);
	free(w->events);
	free(w);
}

/* The test's world is not needed any more; it may make another one. */
static inline int world_free(void **state)
{
	if (*state)
		world_destroy(*state);
	*state = NULL;
	return 0;
}

#define class_test(test) cmocka_unit_test_teardown(test, world_free)

#include "tests/class/program.h"

#endif
