// SPDX-License-Identifier: GPL-2.0-only
/* Whole-structure checks of the class, for tests; see kernel_check(). Looks only, takes no locks. */
#include <stdio.h>

#include "sched/ext/internal.h"

#define FAIL(...) do { \
	snprintf(buf, len, __VA_ARGS__); \
	return buf; \
} while (0)

/*
 * A DSQ: the list has nr tasks, each knows that it is there; a vtime DSQ's list is its tree in order; a task of a local
 * DSQ is on that CPU's run queue.
 */
static const char *check_dsq(struct kernel *k, struct scx_dispatch_q *dsq, struct rq *local, char *buf, size_t len)
{
	struct rb_node *n = rb_first(&dsq->priq);
	const char *fault = rb_check(&dsq->priq, scx_dsq_priq_less);
	struct task_struct *p;
	u32 nr = 0, nr_immed = 0;

	/* somebody is in the middle of changing it */
	if (local ? local->__lock.owner : dsq->lock.owner)
		return NULL;
	if (fault)
		FAIL("DSQ 0x%llx: tree: %s", (unsigned long long)dsq->id, fault);
	nldsq_for_each_task(p, dsq) {
		nr++;
		nr_immed += !!(p->scx.flags & SCX_TASK_IMMED);
		if (p->scx.dsq != dsq)
			FAIL("DSQ 0x%llx: %s[%d] is on its list but thinks it is elsewhere", (unsigned long long)dsq->id, p->comm,
			     p->pid);
		if (!(p->scx.flags & SCX_TASK_QUEUED))
			FAIL("DSQ 0x%llx: %s[%d] is not queued", (unsigned long long)dsq->id, p->comm, p->pid);
		if (local && task_cpu(p) != (u32)cpu_of(local))
			FAIL("local DSQ of CPU %d: %s[%d] belongs to CPU %u", cpu_of(local), p->comm, p->pid, task_cpu(p));
		/* a scheduler that mixes the two kinds gets an error, but the DSQ takes both */
		if (p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ) {
			if (n != &p->scx.dsq_priq)
				FAIL("DSQ 0x%llx: list and vtime order differ at %s[%d]", (unsigned long long)dsq->id, p->comm, p->pid);
			n = rb_next(n);
		}
	}
	if (nr != dsq->nr)
		FAIL("DSQ 0x%llx: nr is %u, but %u tasks are on it", (unsigned long long)dsq->id, dsq->nr, nr);
	if (n)
		FAIL("DSQ 0x%llx: a task is on its tree and not on its list", (unsigned long long)dsq->id);
	if (local && nr_immed != local->scx.nr_immed)
		FAIL("local DSQ of CPU %d: nr_immed is %u, but %u are on it", cpu_of(local), local->scx.nr_immed, nr_immed);
	return NULL;
}

/* A task that is QUEUED is in one place: running, on a DSQ, with the BPF scheduler, waiting for a deferred dispatch, moving. */
static const char *check_task(struct kernel *k, struct task_struct *p, char *buf, size_t len)
{
	u32 opss = p->scx.ops_state.counter & SCX_OPSS_STATE_MASK;
	struct rq *rq = cpu_rq(k, task_cpu(p));
	bool running = rq->curr == p, on_dsq = p->scx.dsq, with_bpf = opss == SCX_OPSS_QUEUED || opss == SCX_OPSS_DISPATCHING;
	bool deferred = !on_dsq && !list_empty(&p->scx.dsq_list.node);

	if (rq->__lock.owner || p->pi_lock.owner || p->scx.holding_cpu >= 0 || opss == SCX_OPSS_QUEUEING ||
	    opss == SCX_OPSS_DISPATCHING)
		return NULL;
	if (!(p->scx.flags & SCX_TASK_QUEUED)) {
		if (on_dsq || with_bpf || deferred)
			FAIL("%s[%d] is not queued but on a DSQ, or with the BPF scheduler", p->comm, p->pid);
		return NULL;
	}
	if (running != list_empty(&p->scx.runnable_node))
		FAIL("%s[%d] is %srunning and %son the runnable list", p->comm, p->pid, running ? "" : "not ", running ? "" : "not ");
	if (running + on_dsq + with_bpf + deferred != 1)
		FAIL("%s[%d] is in %d places (running %d, DSQ %d, BPF %d, deferred %d)", p->comm, p->pid,
		     running + on_dsq + with_bpf + deferred, running, on_dsq, with_bpf, deferred);
	return NULL;
}

/*
 * A CPU that runs a task and is not rescheduling has its bit clear. At load all CPUs count as idle: what the bit of a CPU
 * says is right from its first transition on.
 */
static const char *check_idle_masks(struct kernel *k, char *buf, size_t len)
{
	struct scx_kernel *sk = k->scx;

	if (!scx_enabled(sk->k) || !sk->builtin_idle_enabled || sk->idle_per_node)
		return NULL;
	for (u32 cpu = 0; cpu < k->nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(k, cpu);

		if (rq->__lock.owner || !rq->nr_running || is_idle_task(rq->curr) || !sk->cpu[cpu].idle_known)
			continue;
		if (READ_ONCE(sk->enable_state) == SCX_ENABLED && cpumask_test_cpu(cpu, sk->idle_global.cpu))
			FAIL("CPU %u runs %s[%d] and is in the idle mask", cpu, rq->curr->comm, rq->curr->pid);
	}
	return NULL;
}

const char *scx_check(struct kernel *k, char *buf, size_t len)
{
	struct scx_kernel *sk = k->scx;
	const char *fault = NULL;
	struct list_head *at;

	if (!sk || !sk->root)
		return NULL;
	for (u32 cpu = 0; !fault && cpu < k->nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(k, cpu);

		fault = check_dsq(k, &rq->scx.local_dsq, rq, buf, len);
		if (!fault)
			fault = check_dsq(k, sk->root->pcpu[cpu].bypass_dsq, NULL, buf, len);
	}
	for (u32 n = 0; !fault && n < k->m->topo.nr_nodes; n++)
		fault = check_dsq(k, sk->root->global_dsq[n], NULL, buf, len);
	for (u32 i = 0; i < 1u << DSQ_HASH_BITS; i++)
		for (struct dsq_hash_node *h = sk->root->dsq_hash.bucket[i]; !fault && h; h = h->next)
			fault = check_dsq(k, h->dsq, NULL, buf, len);
	if (fault)
		return fault;
	for (at = sk->tasks->next; at != sk->tasks; at = at->next) {
		struct sched_ext_entity *e = list_entry(at, struct sched_ext_entity, tasks_node);

		if (e->flags & (u32)SCX_TASK_CURSOR)
			continue;
		fault = check_task(k, container_of(e, struct task_struct, scx), buf, len);
		if (fault)
			return fault;
	}
	return check_idle_masks(k, buf, len);
}
