/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scheduler and tasks that do anything that is allowed, at random, for both machines. The scheduler checks
 * what it is told: nesting of states, one ops.dequeue() per custody, no call for a task that it does not
 * know.
 */
#ifndef TESTS_CLASS_STRESS_H
#define TESTS_CLASS_STRESS_H

#include "tests/class/harness.h"

#define STRESS_TASKS 256
#define STRESS_DSQS 8		/* 0..3 FIFO, 4..7 by vtime */

/* What the scheduler knows of a task. */
struct known {
	struct task_struct *p;
	bool enabled, runnable, running;
	bool held;		/* ops.enqueue() noted it, nobody has dispatched it */
	bool custody;		/* an ops.dequeue() is due before it runs */
	bool maybe;		/* its insert from select_cpu into a user DSQ may lead to custody */
};

struct stress {
	struct world *w;
	raw_spinlock_t lock;	/* protects what follows */
	struct known known[STRESS_TASKS];
	u32 nr_known;		/* slots in use, with holes */
	/* atomic */
	u32 nr_children, nr_dequeued, nr_run;
	char fault[128];	/* the first violation of a rule; "" */
};

static inline u32 rnd(const struct stress *s, u32 n) { return mach_choose(s->w->m, CHOOSE_WORKLOAD, n); }
static inline struct stress *stress_of(struct scx_sched *sch) { return world_of(sch)->data; }

/* --- what the scheduler knows --- */

static inline void stress_fault(struct stress *s, const char *what, const struct task_struct *p)
{
	if (!s->fault[0])
		snprintf(s->fault, sizeof(s->fault), "%s[%d]: %s", p->comm, p->pid, what);
}

static inline struct known *lookup(struct stress *s, const struct task_struct *p)
{
	for (u32 i = 0; i < s->nr_known; i++)
		if (s->known[i].p == p)
			return &s->known[i];
	return NULL;
}

#define STRESS_CHECK(cond, what) do { \
	if (!(cond)) \
		stress_fault(s, what, p); \
} while (0)

static inline struct known *know(struct stress *s, struct task_struct *p)
{
	struct known *n = lookup(s, p);

	STRESS_CHECK(n, "a call for a task that was not initialised");
	return n ? n : &s->known[STRESS_TASKS - 1];
}

static s32 stress_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	struct stress *s = stress_of(sch);
	bool off = raw_spin_lock_irqsave(&s->lock);
	u32 i;

	STRESS_CHECK(!lookup(s, p), "initialised twice");
	for (i = 0; i < s->nr_known && s->known[i].p; i++)
		;
	if (i < STRESS_TASKS - 1) {
		s->known[i] = (struct known){ .p = p };
		if (i == s->nr_known)
			s->nr_known++;
	}
	raw_spin_unlock_irqrestore(&s->lock, off);
	return i < STRESS_TASKS - 1 ? 0 : -ENOMEM;
}

#define STRESS_OP(name, A, body) \
static void stress_##name(struct scx_sched *sch, struct task_struct *p A) \
{ \
	struct stress *s = stress_of(sch); \
	struct known *n; \
	raw_spin_lock(&s->lock); \
	n = know(s, p); \
	body \
	raw_spin_unlock(&s->lock); \
}
#define ARG(x) , x

STRESS_OP(exit_task, ARG(struct scx_exit_task_args *args), {
	STRESS_CHECK(!n->enabled && !n->runnable && !n->custody, "exits while enabled");
	*n = (struct known){ 0 };
})
STRESS_OP(enable, , {
	STRESS_CHECK(!n->enabled, "enabled twice");
	n->enabled = true;
})
STRESS_OP(disable, , {
	STRESS_CHECK(n->enabled && !n->runnable && !n->custody, "disabled while it is runnable");
	n->enabled = false;
	n->maybe = false;
})
STRESS_OP(runnable, ARG(u64 flags), {
	STRESS_CHECK(n->enabled && !n->runnable, "runnable twice");
	n->runnable = true;
})
STRESS_OP(quiescent, ARG(u64 flags), {
	STRESS_CHECK(n->runnable && !n->running && !n->custody,
		     "quiescent while it runs or was not runnable");
	n->runnable = false;
})
STRESS_OP(running, , {
	STRESS_CHECK(n->runnable && !n->running, "running without being runnable");
	STRESS_CHECK(!n->custody, "running while the scheduler has it");
	n->running = true;
	n->maybe = false;
	s->nr_run++;
})
STRESS_OP(stopping, ARG(bool runnable), {
	STRESS_CHECK(n->running, "stopping without running");
	n->running = false;
})
STRESS_OP(dequeue, ARG(u64 flags), {
	STRESS_CHECK(n->custody || n->maybe, "dequeued without being in custody");
	n->custody = n->maybe = n->held = false;
	s->nr_dequeued++;
})

/* --- decisions --- */

static inline u64 random_slice(const struct stress *s)
{
	static const u64 slices[] = { 0, 1, 10 * US, 100 * US, 1 * MS, 5 * MS, SCX_SLICE_DFL, SCX_SLICE_DFL };

	return slices[rnd(s, sizeof(slices) / sizeof(slices[0]))];
}

/* A CPU that @p may use; its pi_lock or its rq lock is held, or the answer may be out of date. */
static inline s32 random_cpu(const struct stress *s, const struct task_struct *p)
{
	u32 nr = s->w->topo.nr_cpus, cpu = rnd(s, nr);

	for (u32 i = 0; i < nr; i++)
		if (cpumask_test_cpu((cpu + i) % nr, p->cpus_ptr))
			return (cpu + i) % nr;
	return task_cpu(p);
}

/* Insert @p somewhere; returns whether that leaves it in the scheduler's custody. */
static inline bool random_insert(struct stress *s, struct scx_sched *sch, struct task_struct *p,
				 u64 enq_flags)
{
	u64 flags = 0, dsq_id;
	u32 dsq = rnd(s, STRESS_DSQS);

	if (!rnd(s, 8))
		flags |= SCX_ENQ_HEAD;
	if (!rnd(s, 16))
		flags |= SCX_ENQ_PREEMPT;
	switch (rnd(s, 5)) {
	case 0:
		dsq_id = SCX_DSQ_GLOBAL;
		break;
	case 1:
		dsq_id = SCX_DSQ_LOCAL;
		break;
	case 2:
		dsq_id = SCX_DSQ_LOCAL_ON | random_cpu(s, p);
		break;
	default:
		if (dsq < STRESS_DSQS / 2)
			scx_bpf_dsq_insert(sch, p, dsq, random_slice(s), flags | enq_flags);
		else
			scx_bpf_dsq_insert_vtime(sch, p, dsq, random_slice(s), p->scx.dsq_vtime + rnd(s, 100),
						 flags | enq_flags);
		return true;
	}
	/* not when it has just been refused */
	if ((dsq_id & (SCX_DSQ_FLAG_LOCAL_ON | 2)) && !(enq_flags & SCX_ENQ_REENQ) && !rnd(s, 8))
		flags |= SCX_ENQ_IMMED;
	scx_bpf_dsq_insert(sch, p, dsq_id, random_slice(s), flags | enq_flags);
	return false;
}

static inline void random_kick(struct stress *s, struct scx_sched *sch)
{
	static const u64 flags[] = { 0, SCX_KICK_IDLE, SCX_KICK_PREEMPT, SCX_KICK_WAIT,
				     SCX_KICK_PREEMPT | SCX_KICK_WAIT };

	scx_bpf_kick_cpu(sch, rnd(s, s->w->topo.nr_cpus), flags[rnd(s, 5)]);
}

static s32 stress_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	struct stress *s = stress_of(sch);
	bool is_idle = false;
	s32 cpu = prev_cpu;

	switch (rnd(s, 4)) {
	case 0:
		cpu = rnd(s, s->w->topo.nr_cpus);	/* perhaps one that is not allowed */
		break;
	case 1:
		cpu = scx_bpf_select_cpu_dfl(sch, p, prev_cpu, wake_flags, &is_idle);
		break;
	case 2:
		cpu = random_cpu(s, p);
		break;
	}
	if (is_idle || !rnd(s, 4)) {
		bool kept = random_insert(s, sch, p, 0);

		raw_spin_lock(&s->lock);
		know(s, p)->maybe = kept;
		raw_spin_unlock(&s->lock);
	}
	return cpu;
}

static void stress_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct stress *s = stress_of(sch);
	bool hold = !rnd(s, 4), custody = true;
	struct known *n;

	if (!hold)
		custody = random_insert(s, sch, p, enq_flags);
	raw_spin_lock(&s->lock);
	n = know(s, p);
	STRESS_CHECK(!n->custody && n->runnable && !n->running, "enqueued while it is queued or runs");
	n->held = hold;
	n->custody = custody;
	n->maybe = false;
	raw_spin_unlock(&s->lock);
	/* dispatch takes whatever a CPU may run, so that a CPU that is kicked is enough */
	if (custody)
		scx_bpf_kick_cpu(sch, random_cpu(s, p), rnd(s, 2) ? SCX_KICK_PREEMPT : 0);
}

/* A task that is held and may run on @cpu, or a random one if @spurious; NULL: none. */
static inline struct task_struct *some_task(struct stress *s, s32 cpu, bool spurious)
{
	struct task_struct *p = NULL;
	u32 first;

	raw_spin_lock(&s->lock);
	first = s->nr_known ? rnd(s, s->nr_known) : 0;
	for (u32 i = 0; i < s->nr_known && !p; i++) {
		struct known *n = &s->known[(first + i) % s->nr_known];

		if (n->p && (spurious || (n->held && cpumask_test_cpu(cpu, n->p->cpus_ptr)))) {
			p = n->p;
			/* others need not try it, too; an insert that fails is followed by a new enqueue */
			if (!spurious)
				n->held = false;
		}
	}
	raw_spin_unlock(&s->lock);
	return p;
}

static void stress_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct stress *s = stress_of(sch);
	struct task_struct *p;

	for (u32 i = rnd(s, 4); i; i--) {
		switch (rnd(s, 5)) {
		case 0:
			/* slice and vtime of any task: harmless. Where to: nowhere in particular */
			p = some_task(s, cpu, true);
			if (p && scx_bpf_dispatch_nr_slots(sch) &&
			    scx_bpf_dsq_insert(sch, p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0) && rnd(s, 2))
				scx_bpf_dispatch_cancel(sch);
			break;
		case 1:
			random_kick(s, sch);
			break;
		default:
			scx_bpf_dsq_move_to_local(sch, rnd(s, STRESS_DSQS), rnd(s, 8) ? 0 : SCX_ENQ_HEAD);
		}
	}
	p = some_task(s, cpu, false);
	if (p)
		scx_bpf_dsq_insert(sch, p, rnd(s, 2) ? SCX_DSQ_LOCAL : SCX_DSQ_LOCAL_ON | cpu,
				   random_slice(s), 0);
	/* nothing that could run here may be left when the CPU goes idle */
	for (u32 i = 0, dsq = rnd(s, STRESS_DSQS); i < STRESS_DSQS && !p; i++)
		if (scx_bpf_dsq_move_to_local(sch, (dsq + i) % STRESS_DSQS, 0))
			break;
}

static void stress_tick(struct scx_sched *sch, struct task_struct *p)
{
	struct stress *s = stress_of(sch);

	if (!rnd(s, 4))
		scx_bpf_task_set_slice(sch, p, random_slice(s));
	if (!rnd(s, 4))
		random_kick(s, sch);
}

static bool stress_yield(struct scx_sched *sch, struct task_struct *from, struct task_struct *to)
{
	scx_bpf_task_set_slice(sch, from, 0);
	return false;
}

static void stress_update_idle(struct scx_sched *sch, s32 cpu, bool idle)
{
	struct stress *s = stress_of(sch);

	if (!rnd(s, 4))
		random_kick(s, sch);
}

static s32 stress_init(struct scx_sched *sch)
{
	for (u32 i = 0; i < STRESS_DSQS; i++)
		if (scx_bpf_create_dsq(sch, i, -1))
			return -ENOMEM;
	return 0;
}

static inline void use_stress(struct world *w, struct stress *s)
{
	*s = (struct stress){ .w = w };
	w->data = s;
	w->raw = true;
	w->rec = 0;
	w->house = -1;
	w->ops = (struct scx_ops){
		.select_cpu = stress_select_cpu,
		.enqueue = stress_enqueue,
		.dequeue = stress_dequeue,
		.dispatch = stress_dispatch,
		.tick = stress_tick,
		.runnable = stress_runnable,
		.running = stress_running,
		.stopping = stress_stopping,
		.quiescent = stress_quiescent,
		.yield = stress_yield,
		.update_idle = stress_update_idle,
		.init_task = stress_init_task,
		.exit_task = stress_exit_task,
		.enable = stress_enable,
		.disable = stress_disable,
		.init = stress_init,
		.flags = SCX_OPS_KEEP_BUILTIN_IDLE,
	};
}

/* --- tasks --- */

#define STRESS_CHILDREN 60

struct random_program {
	struct user_program up;
	struct stress *s;
	u32 steps_left;			/* ~0: never exits */
	struct cpumask *mask;
	struct task_spec spec;
};

static inline struct user_program *random_program_new(struct stress *s, u32 steps);

static void random_spawn(struct random_program *r, struct user_call *call)
{
	r->spec = (struct task_spec){ .comm = "Child", .nice = (s32)rnd(r->s, 40) - 20,
				      .program = random_program_new(r->s, 1 + rnd(r->s, 20)) };
	call->op = USER_SPAWN;
	call->spec = &r->spec;
}

static void random_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns,
			struct user_call *call)
{
	struct random_program *r = (struct random_program *)up;
	struct stress *s = r->s;
	u32 nr = s->w->topo.nr_cpus;

	if (r->steps_left != ~0u && !r->steps_left--) {
		call->op = USER_EXIT;
		return;
	}
	switch (rnd(s, 12)) {
	case 0:
		call->op = USER_YIELD;
		return;
	case 1:
		*call = (struct user_call){ .op = USER_SETATTR,
					    .policy = SCHED_NORMAL,
					    .nice = (s32)rnd(s, 40) - 20 };
		return;
	case 2:
		*call = (struct user_call){ .op = USER_SETATTR,
					    .policy = rnd(s, 2) ? SCHED_FIFO : SCHED_EXT };
		call->rt_priority = call->policy == SCHED_FIFO ? 1 + rnd(s, 40) : 0;
		return;
	case 3:
		cpumask_clear(r->mask, nr);
		do
			cpumask_set_cpu(rnd(s, nr), r->mask);
		while (rnd(s, 3));
		call->op = USER_SETAFFINITY;
		call->mask = r->mask;
		return;
	case 4:
		if (__atomic_fetch_add(&s->nr_children, 1, __ATOMIC_RELAXED) < STRESS_CHILDREN) {
			random_spawn(r, call);
			return;
		}
		break;
	case 5:
	case 6:
	case 7:
		call->op = USER_SLEEP_UNTIL;
		call->ns = now_ns + rnd(s, rnd(s, 2) ? 3 * MS : 50 * US);
		return;
	}
	call->op = USER_RUN;
	call->ns = rnd(s, p->policy == SCHED_FIFO || rnd(s, 2) ? 100 * US : 6 * MS);
}

static void random_free(struct user_program *up)
{
	struct random_program *r = (struct random_program *)up;

	/* the machine was stopped before the fork was through */
	if (r->spec.program)
		r->spec.program->ops->free(r->spec.program);
	free(r->mask);
	free(r);
}

static inline struct user_program *random_program_new(struct stress *s, u32 steps)
{
	static const struct user_program_ops ops = { random_next, random_free };
	struct random_program *r = calloc(1, sizeof(*r));

	r->up.ops = &ops;
	r->s = s;
	r->steps_left = steps;
	r->mask = calloc(1, cpumask_size(s->w->topo.nr_cpus));
	return &r->up;
}

static inline void add_random_tasks(struct stress *s, u32 n, u64 start_ns)
{
	for (u32 i = 0; i < n; i++) {
		char comm[16];
		struct task_spec spec = { .comm = comm, .program = random_program_new(s, ~0u) };

		snprintf(comm, sizeof(comm), "Task%u", i);
		assert_int_equal(kernel_add_task(s->w->k, &spec, start_ns), 0);
	}
}

#endif
