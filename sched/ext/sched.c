// SPDX-License-Identifier: GPL-2.0-only
/* A scheduler's object: making and freeing it, and what is said of it afterwards. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

void *scx_sched_priv(const struct scx_sched *sch)
{
	return sch->ops.priv;
}

struct kernel *scx_sched_kernel(const struct scx_sched *sch)
{
	return sch->k;
}

const char *scx_sched_name(const struct scx_sched *sch)
{
	return sch->ops.name;
}

static void free_exit_info(struct scx_sched *sch)
{
	struct scx_exit_info *ei = sch->exit_info;
	struct scx_kernel *sk = sch->k->scx;

	if (!ei)
		return;
	if (ei->bt)
		kobj_free(sk->k, sk->bt_slab, ei->bt);
	if (ei->msg)
		kobj_free(sk->k, sk->text_slab, ei->msg);
	if (ei->reason)
		kobj_free(sk->k, sk->text_slab, (void *)ei->reason);
	if (ei->dump)
		kobj_free(sk->k, sch->dump_slab, ei->dump);
	kobj_free(sk->k, sk->exit_info_slab, ei);
}

/* Guest memory, since ops.exit() reads it. What was allocated when it fails is freed with @sch. */
static bool alloc_exit_info(struct scx_sched *sch)
{
	struct scx_exit_info *ei = kobj_alloc(sch->k, sch->k->scx->exit_info_slab);
	struct scx_kernel *sk = sch->k->scx;
	u32 dump_len = sch->ops.exit_dump_len;

	sch->exit_info = ei;
	if (!ei)
		return false;
	if (!sk->dump_slab || sk->dump_slab_len < dump_len) {
		bool off = raw_spin_lock_irqsave(&sk->k->mem_lock);

		sk->dump_slab = kslab_create(sk->k->g, "char", dump_len, 8, 0);
		sk->dump_slab_len = dump_len;
		raw_spin_unlock_irqrestore(&sk->k->mem_lock, off);
	}
	ei->exit_cpu = -1;
	ei->bt = kobj_alloc(sk->k, sk->bt_slab);
	ei->msg = kobj_alloc(sk->k, sk->text_slab);
	ei->reason = kobj_alloc(sk->k, sk->text_slab);
	sch->dump_slab = sk->dump_slab;
	if (sch->dump_slab)
		ei->dump = kobj_alloc(sk->k, sch->dump_slab);
	return ei->bt && ei->msg && ei->reason && ei->dump;
}

/* Nobody refers to @sch any more. NULL is fine. */
void scx_free_sched(struct scx_sched *sch)
{
	struct scx_kernel *sk;

	if (!sch)
		return;
	sk = sch->k->scx;
	if (sch->helper && sch->helper != sk->ops_helper)
		kthread_worker_destroy(sch->helper);
	scx_free_user_dsqs(sch);
	for (u32 n = 0; sch->global_dsq && n < sk->k->m->topo.nr_nodes; n++)
		if (sch->global_dsq[n])
			kobj_free(sk->k, sk->dsq_slab, sch->global_dsq[n]);
	for (u32 cpu = 0; sch->pcpu && cpu < sk->k->nr_cpus; cpu++) {
		if (sch->pcpu[cpu].bypass_dsq)
			kobj_free(sk->k, sk->dsq_slab, sch->pcpu[cpu].bypass_dsq);
		free(sch->pcpu[cpu].dsp_ctx.buf);
	}
	free_exit_info(sch);
	if (sch->handle) {
		sk->scheds[sch->id] = NULL;
		kobj_free(sk->k, sk->handle_slab, sch->handle);
	}
	free(sch->global_dsq);
	free(sch->pcpu);
	free(sch);
}

static bool alloc_handle(struct scx_sched *sch)
{
	struct scx_kernel *sk = sch->k->scx;

	for (u32 id = 0; id < SCX_MAX_SCHEDS; id++) {
		if (sk->scheds[id])
			continue;
		sch->handle = kobj_alloc(sk->k, sk->handle_slab);
		if (!sch->handle)
			return false;
		sch->id = sch->handle->id = id;
		sk->scheds[id] = sch;
		return true;
	}
	return false;
}

static bool alloc_queues(struct scx_sched *sch)
{
	u32 nr_nodes = sch->k->m->topo.nr_nodes, nr = sch->k->nr_cpus;

	sch->global_dsq = calloc(nr_nodes, sizeof(sch->global_dsq[0]));
	sch->pcpu = calloc(nr, sizeof(sch->pcpu[0]));
	if (!sch->global_dsq || !sch->pcpu)
		return false;
	for (u32 n = 0; n < nr_nodes; n++)
		if (!(sch->global_dsq[n] = scx_alloc_dsq(sch, SCX_DSQ_GLOBAL)))
			return false;
	for (u32 cpu = 0; cpu < nr; cpu++) {
		struct scx_sched_pcpu *pc = &sch->pcpu[cpu];

		pc->dsp_ctx.buf = calloc(sch->dsp_max_batch, sizeof(pc->dsp_ctx.buf[0]));
		pc->bypass_dsq = scx_alloc_dsq(sch, SCX_DSQ_BYPASS);
		if (!pc->dsp_ctx.buf || !pc->bypass_dsq)
			return false;
	}
	return true;
}

/* The thread that will unload the scheduler. NULL: no memory. */
static struct kthread_worker *disable_helper(struct kernel *k)
{
	struct scx_kernel *sk = k->scx;

	if (feat(helper_per_sched))
		return kthread_worker_create(k, "sched_ext_helper", SCHED_FIFO, MAX_RT_PRIO / 2);
	if (!sk->ops_helper)
		sk->ops_helper = kthread_worker_create(k, "sched_ext_ops_helper", SCHED_FIFO, MAX_RT_PRIO / 2);
	return sk->ops_helper;
}

/* In the enable helper's context. NULL with *@err. */
struct scx_sched *scx_alloc_sched(struct kernel *k, const struct scx_ops *ops, int *err)
{
	struct scx_sched *sch = calloc(1, sizeof(*sch));
	u64 timeout_ms = ops->timeout_ms ? ops->timeout_ms : 30000;

	*err = -ENOMEM;
	if (!sch)
		return NULL;
	sch->k = k;
	sch->ops = *ops;
	if (!sch->ops.exit_dump_len)
		sch->ops.exit_dump_len = SCX_EXIT_DUMP_DFL_LEN;
	sch->dsp_max_batch = ops->dispatch_max_batch ? ops->dispatch_max_batch : SCX_DSP_DFL_MAX_BATCH;
	sch->slice_dfl = SCX_SLICE_DFL;
	sch->watchdog_timeout = (timeout_ms * k->m->hz + 999) / 1000;
	sch->disable_irq_work.fn = scx_disable_irq_workfn;
	sch->disable_work.fn = scx_disable_workfn;
	sch->helper = disable_helper(k);
	if (!sch->helper || !alloc_handle(sch) || !alloc_exit_info(sch) || !alloc_queues(sch)) {
		scx_free_sched(sch);
		return NULL;
	}
	*err = 0;
	return sch;
}

/* --- what is known of the schedulers that were loaded --- */

/* Without memory, or after too many, in place of the last. */
void scx_new_result(struct scx_sched *sch)
{
	struct scx_kernel *sk = sch->k->scx;
	struct scx_result *r = sk->nr_results < SCX_MAX_RESULTS ? calloc(1, sizeof(*r)) : NULL;

	if (r) {
		*(sk->results ? &sk->last->next : &sk->results) = r;
		sk->last = r;
		sk->nr_results++;
	}
	r = sk->last;
	free(r->dump);
	*r = (struct scx_result){ .exit_cpu = -1, .loaded_ns = mach_now() };
	snprintf(r->name, sizeof(r->name), "%s", sch->ops.name);
}

void scx_free_results(struct scx_kernel *sk)
{
	for (struct scx_result *r = sk->results, *next; r; r = next) {
		next = r->next;
		free(r->dump);
		free(r);
	}
	free(sk->none.dump);
}

void scx_keep_result(struct scx_sched *sch)
{
	struct scx_result *r = sch->k->scx->last;
	const struct scx_exit_info *ei = sch->exit_info;

	r->kind = ei->kind;
	r->exit_code = ei->exit_code;
	r->exit_cpu = ei->exit_cpu;
	r->ended_ns = mach_now();
	snprintf(r->reason, sizeof(r->reason), "%s", ei->reason);
	snprintf(r->msg, sizeof(r->msg), "%s", ei->msg);
	if (ei->dump[0])
		r->dump = strdup(ei->dump);
	scx_read_events(sch, &r->events);
}

const struct scx_result *scx_result(struct kernel *k)
{
	if (k->scx->root)
		scx_read_events(k->scx->root, &k->scx->last->events);
	return k->scx->last;
}

const struct scx_result *scx_results(const struct kernel *k)
{
	return k->scx->results;
}

struct scx_sched *scx_root_sched(const struct kernel *k)
{
	return k->scx->root;
}

const char *scx_state(const struct kernel *k)
{
	static const char *const text[] = {
		[SCX_ENABLING] = "enabling", [SCX_ENABLED] = "enabled", [SCX_DISABLING] = "disabling", [SCX_DISABLED] = "disabled",
		[SCX_PREPPING] = "prepping",
	};

	return text[READ_ONCE(k->scx->enable_state)];
}

u64 scx_nr_rejected(const struct kernel *k)
{
	return READ_ONCE(k->scx->nr_rejected);
}

u64 scx_hotplug_seq(const struct kernel *k)
{
	return READ_ONCE(k->scx->hotplug_seq);
}

u64 scx_enable_seq(const struct kernel *k)
{
	return READ_ONCE(k->scx->enable_seq);
}

/* --- what the core asks --- */

bool task_should_scx(struct kernel *k, int policy)
{
	if (!scx_enabled(k))
		return false;
	if (!k->feat.switch_all && READ_ONCE(k->scx->enable_state) == SCX_DISABLING)
		return false;
	if (READ_ONCE(k->scx->switching_all))
		return true;
	/* after the test above: while the pick skips fair, a fork that went there would never run */
	if (READ_ONCE(k->scx->enable_state) == SCX_DISABLING)
		return false;
	return policy == SCHED_EXT;
}

bool scx_allow_ttwu_queue(const struct task_struct *p)
{
	struct scx_sched *sch;

	if (!scx_enabled(this_kernel()) || !(sch = scx_task_sched(p)))
		return true;
	return (sch->ops.flags & SCX_OPS_ALLOW_QUEUED_WAKEUP) || !on_scx(p);
}
