// SPDX-License-Identifier: GPL-2.0-only
/* sched_ext of a kernel: made at boot, before any scheduler is loaded. */
#include <errno.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

static int create_slabs(struct scx_kernel *sk)
{
	struct gmem *g = sk->k->g;
	const struct {
		struct kslab **slab;
		const char *type;
		size_t size;
	} rows[] = {
		{ &sk->dsq_slab, "scx_dispatch_q", sizeof(struct scx_dispatch_q) },
		{ &sk->handle_slab, "scx_sched", sizeof(struct scx_sched_handle) },
		{ &sk->exit_info_slab, "scx_exit_info", sizeof(struct scx_exit_info) },
		{ &sk->text_slab, "char", SCX_EXIT_MSG_LEN },
		{ &sk->bt_slab, "long unsigned int", SCX_EXIT_BT_LEN * sizeof(unsigned long) },
		{ &sk->list_slab, "sched_ext_entity", sizeof(struct sched_ext_entity) },
		{ &sk->enable_args_slab, "scx_enable_args", sizeof(struct scx_enable_args) },
		{ &sk->exit_type_slab, "scx_exit_info", sizeof(struct scx_exit_info___2022) },
		{ &sk->init_args_slab, "scx_init_task_args", sizeof(struct scx_init_task_args) },
		{ &sk->exit_args_slab, "scx_exit_task_args", sizeof(struct scx_exit_task_args) },
		{ &sk->dump_ctx_slab, "scx_dump_ctx", sizeof(struct scx_dump_ctx) },
		{ &sk->release_args_slab, "scx_cpu_release_args", sizeof(struct scx_cpu_release_args) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*rows[i].slab = kslab_create(g, rows[i].type, rows[i].size, 8, 0);
		if (!*rows[i].slab)
			return -ENOMEM;
	}
	return 0;
}

static int init_cpu(struct scx_kernel *sk, u32 cpu)
{
	struct kslab *masks = sk->k->cpumask_slab;
	struct rq *rq = cpu_rq(sk->k, cpu);
	struct scx_cpu *sc = &sk->cpu[cpu];
	struct cpumask **m[] = {
		&rq->scx.cpus_to_kick, &rq->scx.cpus_to_kick_if_idle, &rq->scx.cpus_to_preempt, &rq->scx.cpus_to_wait,
		&rq->scx.cpus_to_sync, &sc->local_idle_mask, &sc->local_llc_mask, &sc->local_numa_mask,
	};

	scx_init_dsq(&rq->scx.local_dsq, SCX_DSQ_LOCAL);
	INIT_LIST_HEAD(&rq->scx.runnable_list);
	INIT_LIST_HEAD(&rq->scx.ddsp_deferred_locals);
	INIT_LIST_HEAD(&rq->scx.deferred_reenq_locals);
	INIT_LIST_HEAD(&rq->scx.deferred_reenq_users);
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		if (!(*m[i] = kslab_alloc(masks)))
			return -ENOMEM;
	sc->release_args = kslab_alloc(sk->release_args_slab);
	if (!sc->release_args)
		return -ENOMEM;
	sc->kick_cpus_irq_work.fn = kick_cpus_irq_workfn;
	sc->deferred_irq_work.fn = deferred_irq_workfn;
	sc->distribute_prev = -1;
	sk->k->m->cpus[cpu]->scx = sc;
	if (cpu_online(sk->k, cpu))
		rq->scx.flags |= SCX_RQ_ONLINE;
	return 0;
}

int init_sched_ext_class(struct kernel *k)
{
	struct scx_kernel *sk = calloc(1, sizeof(*sk));
	struct list_head *tasks;
	int ret;

	if (!sk)
		return -ENOMEM;
	k->scx = sk;
	sk->k = k;
	sk->enable_state = SCX_DISABLED;
	sk->dump_data.cpu = -1;
	sk->none.exit_cpu = -1;
	sk->last = &sk->none;
	mutex_init(&sk->enable_mutex);
	rwsem_init(&sk->fork_rwsem);
	scx_watchdog_init(sk);
	sk->cpu = calloc(k->nr_cpus, sizeof(sk->cpu[0]));
	if (!sk->cpu)
		return -ENOMEM;
	ret = create_slabs(sk);
	if (ret)
		return ret;
	/* in guest memory, since entries of tasks point at it */
	tasks = kslab_alloc(sk->bt_slab);
	sk->empty_mask = kslab_alloc(k->cpumask_slab);
	if (!tasks || !sk->empty_mask)
		return -ENOMEM;
	INIT_LIST_HEAD(tasks);
	sk->tasks = tasks;
	ret = scx_idle_init_masks(sk);
	for (u32 cpu = 0; !ret && cpu < k->nr_cpus; cpu++)
		ret = init_cpu(sk, cpu);
	/* that of the boot CPU, which we are on */
	this_mcpu->scx = sk->cpu;
	return ret;
}

/* After the last run. A scheduler that is still loaded is dropped as it is. */
void exit_sched_ext_class(struct kernel *k)
{
	struct scx_kernel *sk = k->scx;

	if (!sk)
		return;
	for (u32 i = 0; i < SCX_MAX_SCHEDS; i++) {
		struct scx_sched *sch = sk->scheds[i];

		if (!sch)
			continue;
		if (sch->helper != sk->ops_helper)
			kthread_worker_free(sch->helper);
		sch->helper = NULL;
		scx_free_sched(sch);
	}
	kthread_worker_free(sk->enable_helper);
	kthread_worker_free(sk->ops_helper);
	/* not by RCU: there is no grace period any more */
	for (u32 cpu = 0; sk->cpu && cpu < k->nr_cpus; cpu++)
		free(sk->cpu[cpu].kick_syncs);
	scx_idle_free_masks(sk);
	scx_free_results(sk);
	free(sk->sysrq_dumps);
	free(sk->cpu);
	free(sk);
	k->scx = NULL;
}
