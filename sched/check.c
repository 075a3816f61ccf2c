// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of whole structures, after every event in tests. Other CPUs may be anywhere in kernel code then:
 * what a lock protects is looked at only if nobody holds it, and what is in transit is let pass.
 */
#include <stdarg.h>
#include <stdio.h>

#include "sched/core.h"

struct check {
	struct kernel *k;
	char *buf;
	size_t len;
	bool failed;
};

static bool fail(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct check *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->buf, c->len, fmt, args);
	va_end(args);
	c->failed = true;
	return false;
}

static bool is_locked(const struct rq *rq)
{
	return READ_ONCE(rq->__lock.owner);
}

/* --- run queues --- */

static bool check_timeline(struct check *c, struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	const char *fault = rb_check(&cfs->tasks_timeline, fair_timeline_less);
	u32 n = cfs->curr && cfs->curr->on_rq;
	unsigned long load = n ? cfs->curr->load.weight : 0;
	s64 sum_w = 0, sum = 0;
	struct rb_node *node;

	if (fault)
		return fail(c, "cpu %d: fair timeline: %s", rq->cpu, fault);
	for (node = rb_first(&cfs->tasks_timeline); node; node = rb_next(node)) {
		struct task_struct *p = rb_entry(node, struct task_struct, se.run_node);
		s64 w = p->se.load.weight >> 10;

		if (!task_on_class(p, CLASS_FAIR) || !p->se.on_rq || p->thread_info.cpu != rq->cpu ||
		    !p->on_rq)
			return fail(c, "cpu %d: %s[%d] is in the fair timeline, class %u, on_rq %d, cpu %u",
				    rq->cpu, p->comm, p->pid, p->sched_class->id, p->on_rq,
				    p->thread_info.cpu);
		load += p->se.load.weight;
		sum_w += (s64)(p->se.vruntime - cfs->min_vruntime) * w;
		sum += w;
		n++;
	}
	if (cpumask_test_cpu(rq->cpu, c->k->fair_mask) != (n > 0))
		return fail(c, "cpu %d: fair_mask does not say that it has %u fair tasks", rq->cpu, n);
	if (n != cfs->nr_queued || n != cfs->h_nr_queued)
		return fail(c, "cpu %d: fair nr_queued %u, h_nr_queued %u, but %u tasks", rq->cpu,
			    cfs->nr_queued, cfs->h_nr_queued, n);
	if (load != cfs->load.weight || sum != (s64)cfs->avg_load || sum_w != cfs->avg_vruntime)
		return fail(c,
			    "cpu %d: fair sums are wrong: load %lu != %lu, weight %lld != %lld, vruntime "
			    "%lld != %lld",
			    rq->cpu, cfs->load.weight, load, (long long)cfs->avg_load, (long long)sum,
			    (long long)cfs->avg_vruntime, (long long)sum_w);
	return true;
}

static bool check_rt(struct check *c, struct rq *rq)
{
	u32 n = 0;

	for (int i = 0; i < MAX_RT_PRIO; i++) {
		struct list_head *q = &rq->rt.active.queue[i];
		bool bit = rq->rt.active.bitmap[i / 64] >> i % 64 & 1;
		struct task_struct *p;

		if (bit == list_empty(q))
			return fail(c, "cpu %d: bit of rt priority %d is %d", rq->cpu, i, bit);
		list_for_each_entry(p, q, rt.run_list) {
			if (p->prio != i || !p->rt.on_rq || p->thread_info.cpu != rq->cpu)
				return fail(c, "cpu %d: %s[%d] is on the rt list %d, prio %d, cpu %u",
					    rq->cpu, p->comm, p->pid, i, p->prio, p->thread_info.cpu);
			n++;
		}
	}
	if (n != rq->rt.rt_nr_running)
		return fail(c, "cpu %d: rt_nr_running %u, but %u tasks", rq->cpu, rq->rt.rt_nr_running, n);
	return true;
}

static bool check_rq(struct check *c, struct rq *rq)
{
	struct kernel *k = c->k;
	struct rq_priv *rp = &k->rq_priv[rq->cpu];
	struct task_struct *curr = rq->curr;
	bool over = cpumask_test_cpu(rq->cpu, k->overloaded_mask);
	u32 n;

	if (rq->clock < rp->last_clock)
		return fail(c, "cpu %d: clock went back from %llu to %llu", rq->cpu,
			    (unsigned long long)rp->last_clock, (unsigned long long)rq->clock);
	rp->last_clock = rq->clock;
	if (is_locked(rq))
		return true;
	if (!check_timeline(c, rq) || !check_rt(c, rq))
		return false;
	n = rq->cfs.nr_queued + rq->rt.rt_nr_running + rq->scx.nr_running +
	    (rq->stop && task_on_rq_queued(rq->stop));
	if (n != rq->nr_running)
		return fail(c, "cpu %d: nr_running %u, but fair %u + rt %u + ext %u + stop %d", rq->cpu,
			    rq->nr_running, rq->cfs.nr_queued, rq->rt.rt_nr_running, rq->scx.nr_running,
			    rq->stop && task_on_rq_queued(rq->stop));
	if (over != (rq->nr_running >= 2))
		return fail(c, "cpu %d: nr_running %u, but its overloaded bit is %d", rq->cpu, rq->nr_running,
			    over);
	if (!curr->on_cpu || curr->thread_info.cpu != rq->cpu)
		return fail(c, "cpu %d: current %s[%d] has on_cpu %d, cpu %u", rq->cpu, curr->comm, curr->pid,
			    curr->on_cpu, curr->thread_info.cpu);
	if (cpumask_test_cpu(rq->cpu, k->idle_mask) != is_idle_task(curr))
		return fail(c, "cpu %d: current is %s[%d], but its idle bit is not so", rq->cpu, curr->comm,
			    curr->pid);
	/* of another CPU: it may be in the middle of a pick, which drops the lock */
	if (rq->balance_callbacks && this_mcpu && rq->cpu == smp_processor_id())
		return fail(c, "cpu %d: balance callbacks 0x%x were left behind", rq->cpu,
			    rq->balance_callbacks);
	return true;
}

/* --- tasks --- */

/* In how many queues of the core's classes @p is; sched_ext checks its own. */
static u32 nr_queues(const struct task_struct *p)
{
	return !RB_EMPTY_NODE(&p->se.run_node) + !list_empty(&p->rt.run_list);
}

static bool check_task(struct check *c, struct task_struct *p)
{
	struct rq *rq = cpu_rq(c->k, p->thread_info.cpu);
	struct task_priv *tp = kslab_companion(c->k->task_slab, p);
	bool running = rq->curr == p;
	u32 queues = nr_queues(p), want = 0;

	if (is_locked(rq) || READ_ONCE(p->pi_lock.owner) || p->__state == TASK_NEW)
		return true;
	if (p->on_rq == TASK_ON_RQ_QUEUED && task_on_class(p, CLASS_FAIR))
		want = !running;
	if (p->on_rq == TASK_ON_RQ_QUEUED && task_on_class(p, CLASS_RT))
		want = 1;
	if (queues != want)
		return fail(c, "%s[%d] is in %u queues, not %u: class %u, on_rq %d, running %d", p->comm,
			    p->pid, queues, want, p->sched_class->id, p->on_rq, running);
	if ((p->on_rq == TASK_ON_RQ_MIGRATING) != tp->migrating)
		return fail(c, "%s[%d] has on_rq %d, but migrating %ld", p->comm, p->pid, p->on_rq,
			    tp->migrating);
	/* a CPU gives a task up, on_cpu, before it drops the lock of the run queue that it ran from */
	if (p->on_cpu && p->on_rq == TASK_ON_RQ_QUEUED && !running)
		return fail(c, "%s[%d] is queued on CPU %d while another CPU still executes it", p->comm,
			    p->pid, rq->cpu);
	/* a pick that drops the lock can be under way for a task that has gone to sleep */
	if (running && p->on_rq != TASK_ON_RQ_QUEUED && p->__state == TASK_RUNNING)
		return fail(c, "%s[%d] runs with on_rq %d", p->comm, p->pid, p->on_rq);
	/*
	 * until the migration thread has moved it, a task whose affinity was changed runs where it should not
	 */
	if (running && !cpumask_test_cpu(rq->cpu, &p->cpus_mask) && !tp->migration_pending)
		return fail(c, "%s[%d] runs on CPU %d, which it may not", p->comm, p->pid, rq->cpu);
	if (p->nr_cpus_allowed != cpumask_weight(&p->cpus_mask, c->k->nr_cpus))
		return fail(c, "%s[%d] has nr_cpus_allowed %d, which is not what its mask has", p->comm,
			    p->pid, p->nr_cpus_allowed);
	if (p->usage.refs.counter <= 0)
		return fail(c, "%s[%d] has %d references", p->comm, p->pid, p->usage.refs.counter);
	return true;
}

const char *kernel_check(struct kernel *k, char *buf, size_t len)
{
	struct check c = { .k = k, .buf = buf, .len = len };
	struct task_struct *p;
	u32 n = 0;

	for (u32 i = 0; i < k->nr_cpus; i++)
		if (!check_rq(&c, k->rqs[i]))
			return buf;
	if (READ_ONCE(k->tasks_lock.owner))
		return NULL;
	list_for_each_entry(p, k->tasks, tasks) {
		n++;
		if (!check_task(&c, p))
			return buf;
	}
	if (n != k->nr_tasks) {
		fail(&c, "nr_tasks is %u, but %u are listed", k->nr_tasks, n);
		return buf;
	}
	return scx_check(k, buf, len);
}

void check_after_event(struct kernel *k)
{
	char buf[512];
	const char *fault;

	if (k->violation)
		return;
	fault = kernel_check(k, buf, sizeof(buf));
	if (fault)
		k->violation = strdup(fault);
}
