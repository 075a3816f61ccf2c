/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of sched/ share: a machine, programs that follow a script, and a look at what came of them.
 */
#ifndef TESTS_SCHED_ENV_H
#define TESTS_SCHED_ENV_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kabi/btf.h"
#include "sched/sched.h"
#include "trace/event.h"

#define US 1000ull
#define MS 1000000ull
#define SEC 1000000000ull
#define FOREVER (~0ull)

struct env {
	struct topology topo;
	struct gmem *g;
	struct kernel *k;
	struct trace *trace;
};

static inline struct env *env_new(const char *topo, const struct mach_costs *costs, struct trace *trace,
				  bool check)
{
	struct env *e = calloc(1, sizeof(*e));
	char err[256] = "";
	struct kernel_config cfg;

	assert_int_equal(topology_parse(&e->topo, topo, err, sizeof(err)), 0);
	assert_int_equal(gmem_create(&e->g, err, sizeof(err)), 0);
	e->trace = trace;
	cfg = (struct kernel_config){
		.topo = &e->topo,
		.costs = costs,
		.seed = 1,
		.version = kabi_version_find("7.2"),
		.hz = 250,
		.trace = trace,
		.gmem = e->g,
		.machine_create = sim_create,
		.check_invariants = check,
	};
	if (kernel_create(&e->k, &cfg, err, sizeof(err)))
		fail_msg("%s", err);
	return e;
}

static inline void env_free(struct env *e)
{
	const char *violation = kernel_violation(e->k);

	if (violation)
		fail_msg("%s", violation);
	kernel_destroy(e->k);
	gmem_destroy(e->g);
	topology_free(&e->topo);
	free(e);
}

static inline void run_until(struct env *e, u64 ns)
{
	enum run_result r = sim_run(kernel_machine(e->k), ns);

	if (r != RUN_UNTIL && r != RUN_STOPPED)
		fail_msg("the kernel code is in a deadlock");
	if (kernel_violation(e->k))
		fail_msg("%s", kernel_violation(e->k));
}

/* A program that makes the calls of a script, once or over and over, and tells how long each took. */
struct script {
	struct user_program up;
	const struct user_call *calls;
	u32 nr, at;
	bool loop;
	u64 start_ns;			/* of the call in progress */
	u64 rounds;
	struct task_struct *p;
	struct kernel *k;
	/* where what is measured goes; outlives the program */
	struct result {
		u64 exec_ns, done_ns, rounds, worst_late_ns, migrations;
		u64 call_ns[8];		/* duration of the first calls */
		int cpu;
		bool freed;
	} *res;
	u64 period_ns;			/* when the last USER_SLEEP_UNTIL ended; the next is relative to it */
};

static inline void script_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now,
			       struct user_call *c)
{
	struct script *s = container_of(up, struct script, up);
	u32 done = s->at;

	s->p = p;
	if (done && done <= 8 && s->rounds == 0)
		s->res->call_ns[done - 1] = now - s->start_ns;
	if (done && s->calls[done - 1].op == USER_SLEEP_UNTIL && now - s->period_ns > s->res->worst_late_ns)
		s->res->worst_late_ns = now - s->period_ns;
	s->res->exec_ns = READ_ONCE(p->se.sum_exec_runtime) + now - READ_ONCE(p->se.exec_start);
	s->res->migrations = p->se.nr_migrations;
	s->res->cpu = task_cpu(p);
	if (s->at == s->nr) {
		s->rounds++;
		s->res->rounds++;
		s->res->done_ns = now;
		if (s->loop) {
			s->at = 0;
		} else {
			c->op = USER_EXIT;
			return;
		}
	}
	*c = s->calls[s->at++];
	s->start_ns = now;
	if (c->op == USER_SLEEP_UNTIL) {
		if (!s->period_ns)
			s->period_ns = now;
		c->ns += s->period_ns;
		s->period_ns = c->ns;
	}
}

static inline void script_free(struct user_program *up)
{
	struct script *s = container_of(up, struct script, up);

	s->res->freed = true;
	free(s);
}

static const struct user_program_ops script_ops = { script_next, script_free };

static inline struct user_program *script_new(const struct user_call *calls, u32 nr, bool loop,
					      struct result *res)
{
	struct script *s = calloc(1, sizeof(*s));

	s->up.ops = &script_ops;
	s->calls = calls;
	s->nr = nr;
	s->loop = loop;
	s->res = res;
	return &s->up;
}

#define SCRIPT(loop, res, ...) \
	script_new((const struct user_call[]){ __VA_ARGS__ }, sizeof((struct user_call[]){ __VA_ARGS__ }) / \
		   sizeof(struct user_call), loop, res)

static inline void add_task(struct env *e, const char *comm, int nice, const struct cpumask *mask, u64 start,
			    struct user_program *up)
{
	struct task_spec spec = { .comm = comm, .nice = nice, .mask = mask, .program = up };

	assert_int_equal(kernel_add_task(e->k, &spec, start), 0);
}

static inline void add_rt(struct env *e, const char *comm, u32 policy, u32 prio, const struct cpumask *mask,
			  u64 start, struct user_program *up)
{
	struct task_spec spec = {
		.comm = comm, .policy = policy, .rt_priority = prio, .mask = mask, .program = up
	};

	assert_int_equal(kernel_add_task(e->k, &spec, start), 0);
}

static inline struct task_struct *find_comm(struct env *e, const char *comm)
{
	struct task_struct *p;

	list_for_each_entry(p, e->k->tasks, tasks)
		if (!strcmp(p->comm, comm))
			return p;
	return NULL;
}

static inline struct cpumask cpu_mask1(int cpu)
{
	struct cpumask m = { { 0 } };

	m.bits[cpu / 64] = 1ul << cpu % 64;
	return m;
}

#endif
