// SPDX-License-Identifier: GPL-2.0-only
/* Boot, the end, and what the machine calls. */
#include <stdio.h>

#include "sched/core.h"

/* --- callbacks of the machine --- */

static void kernel_tick(void *kern, struct mcpu *c)
{
	struct kernel *k = kern;
	struct rq_priv *rp = &k->rq_priv[c->id];

	sched_tick(k, c);
	/* one tick while idle shows that the CPU is idle for long enough to do without */
	if (is_idle_task(c->curr) && !rp->tick_stopped) {
		rp->tick_stopped = true;
		mach_tick_stop();
	}
	if (k->check_invariants)
		check_after_event(k);
}

static void kernel_ipi(void *kern, struct mcpu *c, u32 kinds)
{
	struct kernel *k = kern;

	if (kinds & IPI_CALL)
		sched_ttwu_pending(c->rq);
	if (kinds & IPI_IRQ_WORK)
		irq_work_run(c->rq);
	if (k->check_invariants)
		check_after_event(k);
}

static void kernel_irq_exit_preempt(void *kern, struct mcpu *c)
{
	bool off = c->irqs_off;

	if (likely(!test_tsk_need_resched(c->curr)))
		return;
	preempt_schedule();
	if (off)
		local_irq_disable();
}

static const struct mach_kernel mach_kernel = {
	.cpu_main = cpu_main,
	.tick = kernel_tick,
	.ipi = kernel_ipi,
	.irq_exit_preempt = kernel_irq_exit_preempt,
	.need_resched = kernel_need_resched,
};

/* --- boot --- */

static struct cpumask *mask_new(struct kernel *k, bool all)
{
	struct cpumask *m = kslab_alloc(k->cpumask_slab);

	if (m && all)
		cpumask_setall(m, k->nr_cpus);
	return m;
}

static int create_slabs(struct kernel *k)
{
	size_t mask = cpumask_size(k->nr_cpus);

	k->task_slab = kslab_create(k->g, "task_struct", offsetof(struct task_struct, cpus_mask) + mask, 64,
				    sizeof(struct task_priv));
	k->rq_slab = kslab_create(k->g, "rq", sizeof(struct rq), 64, 0);
	k->cpumask_slab = kslab_create(k->g, "cpumask", mask, 8, 0);
	k->mm_slab = kslab_create(k->g, "mm_struct", sizeof(struct mm_struct), 8, 0);
	k->class_slab = kslab_create(k->g, "sched_class", sizeof(struct sched_class), 8, 0);
	if (!k->task_slab || !k->rq_slab || !k->cpumask_slab || !k->mm_slab || !k->class_slab)
		return -ENOMEM;
	for (u32 i = 0; i < NR_CLASSES; i++) {
		struct sched_class *c = kslab_alloc(k->class_slab);

		if (!c)
			return -ENOMEM;
		c->id = i;
		if (!i)
			k->classes = c;
		assert_sched(c == &k->classes[i], "classes are not in one array");
	}
	k->possible_mask = mask_new(k, true);
	k->online_mask = mask_new(k, true);
	k->active_mask = mask_new(k, true);
	k->idle_mask = mask_new(k, true);
	k->overloaded_mask = mask_new(k, false);
	k->fair_mask = mask_new(k, false);
	if (!k->possible_mask || !k->online_mask || !k->active_mask || !k->idle_mask || !k->overloaded_mask ||
	    !k->fair_mask)
		return -ENOMEM;
	return 0;
}

/* The idle task: current on its CPU from the start, in no list but, that of CPU 0, as the head. */
static struct task_struct *init_idle(struct kernel *k, int cpu)
{
	struct task_struct *p = alloc_task_struct(k);
	struct task_priv *tp;

	if (!p)
		return NULL;
	tp = kslab_companion(k->task_slab, p);
	tp->p = p;
	tp->k = k;
	tp->on_cpu = 1;
	snprintf(p->comm, sizeof(p->comm), "swapper/%d", cpu);
	p->flags = PF_IDLE | PF_KTHREAD | PF_NO_SETAFFINITY;
	p->usage.refs.counter = p->rcu_users.refs.counter = 1;
	p->prio = p->normal_prio = MAX_PRIO;
	p->static_prio = MAX_PRIO - 20;
	p->sched_class = class_of(k, CLASS_IDLE);
	p->se.load.weight = NICE_0_LOAD;
	p->on_cpu = 1;
	p->on_rq = TASK_ON_RQ_QUEUED;
	p->cpus_ptr = &p->cpus_mask;
	cpumask_set_cpu(cpu, &p->cpus_mask);
	p->nr_cpus_allowed = 1;
	p->group_leader = p;
	INIT_LIST_HEAD(&p->tasks);
	RB_CLEAR_NODE(&p->se.run_node);
	INIT_LIST_HEAD(&p->rt.run_list);
	__set_task_cpu(p, cpu);
	return p;
}

static u64 min_speed(const struct machine *m, int cpu)
{
	u64 speed = m->topo.cpu[cpu].capacity;

	if (cpumask_weight(m->topo.smt_mask[cpu], m->nr_cpus) > 1)
		speed = speed * m->costs.smt_percent / 100;
	return speed ? speed : 1;
}

static int init_rq(struct kernel *k, int cpu)
{
	struct rq_priv *rp = &k->rq_priv[cpu];
	struct rq *rq = kslab_alloc(k->rq_slab);

	if (!rq)
		return -ENOMEM;
	k->rqs[cpu] = rq;
	rp->k = k;
	rp->rq = rq;
	rp->min_speed = min_speed(k->m, cpu);
	rp->stop_last = &rp->stop_first;
	rp->next_balance = cpu % 16;
	rq->cpu = cpu;
	rq->online = 1;
	rq->cfs.tasks_timeline = RB_ROOT;
	/* so that differences are seen to wrap, as in the kernel */
	rq->cfs.min_vruntime = -(1ull << 20);
	for (int i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&rq->rt.active.queue[i]);
	rq->idle = init_idle(k, cpu);
	if (!rq->idle)
		return -ENOMEM;
	rq->curr = rq->idle;
	rq->next_class = class_of(k, CLASS_IDLE);
	k->distribute_prev[cpu] = -1;
	k->m->cpus[cpu]->rq = rq;
	k->m->cpus[cpu]->curr = rq->idle;
	return 0;
}

static int create_rqs(struct kernel *k)
{
	int err = 0;

	k->rqs = calloc(k->nr_cpus, sizeof(*k->rqs));
	k->rq_priv = calloc(k->nr_cpus, sizeof(*k->rq_priv));
	k->distribute_prev = calloc(k->nr_cpus, sizeof(*k->distribute_prev));
	if (!k->rqs || !k->rq_priv || !k->distribute_prev)
		return -ENOMEM;
	for (u32 i = 0; i < k->nr_cpus && !err; i++)
		err = init_rq(k, i);
	if (!err)
		k->tasks = &k->rqs[0]->idle->tasks;
	return err;
}

static void emit_cpus(struct kernel *k)
{
	struct topology *t = &k->m->topo;

	for (u32 i = 0; i < k->nr_cpus; i++) {
		trace_emit(k->m->trace, TE_CPU, 0, i, -1, t->cpu[i].core, t->cpu[i].llc, t->cpu[i].node,
			   t->cpu[i].capacity);
		trace_emit_comm(k->m->trace, TE_TASK_NEW, 0, i, 0, k->rqs[i]->idle->comm, 0,
				TRACE_TASK_KTHREAD | TRACE_TASK_IDLE);
	}
}

/* pid 1 and 2. They sleep for ever: what kthreadd does is done by whoever wants a kernel thread. */
static int create_init(struct kernel *k)
{
	struct fork_args init = { .comm = "init" };
	struct fork_args kthreadd = { .comm = "kthreadd", .flags = PF_KTHREAD };
	int err = copy_process(k, &init, &k->init);

	if (err)
		return err;
	err = copy_process(k, &kthreadd, &k->kthreadd);
	if (err)
		return err;
	k->init->__state = k->kthreadd->__state = TASK_INTERRUPTIBLE;
	return 0;
}

/* "migration/N": of class stop, to the user SCHED_FIFO 99. */
static int create_stopper(struct kernel *k, u32 cpu)
{
	struct rq *rq = k->rqs[cpu];
	struct task_struct *p;

	p = kthread_create(k, cpu_stopper_thread, &k->rq_priv[cpu], SCHED_FIFO, 0, MAX_RT_PRIO - 1,
			   &rq->idle->cpus_mask, "migration/%u", cpu);
	if (!p)
		return -ENOMEM;
	p->flags |= PF_NO_SETAFFINITY;
	p->sched_class = class_of(k, CLASS_STOP);
	rq->stop = p;
	return 0;
}

static void set_rqs_online(struct kernel *k)
{
	for (u32 i = 0; i < k->nr_cpus; i++)
		for (u32 c = 0; c < NR_CLASSES; c++)
			if (sched_class_ops[c]->rq_online)
				sched_class_ops[c]->rq_online(k->rqs[i]);
}

/* On the boot CPU. */
static int boot(struct kernel *k)
{
	int err = init_sched_ext_class(k);

	if (err)
		return err;
	for (u32 i = 0; i < k->nr_cpus; i++)
		init_scx_entity(k, &k->rqs[i]->idle->scx);
	set_rqs_online(k);
	err = create_init(k);
	for (u32 i = 0; i < k->nr_cpus && !err; i++)
		err = create_stopper(k, i);
	if (!err)
		err = workqueue_create(k);
	if (!err)
		err = launch_create(k);
	return err;
}

int kernel_create(struct kernel **out, const struct kernel_config *cfg, char *err, size_t err_len)
{
	struct kernel *k = calloc(1, sizeof(*k));
	struct machine_config mc = {
		.topo = cfg->topo,
		.costs = cfg->costs,
		.seed = cfg->seed,
		.hz = cfg->hz,
		.trace = cfg->trace,
		.kernel = &mach_kernel,
		.kern = k,
	};
	int ret = -ENOMEM;

	if (!k)
		goto err;
	k->g = cfg->gmem;
	k->version = cfg->version;
	kernel_features_init(&k->feat, cfg->version);
	k->check_invariants = cfg->check_invariants;
	k->nr_cpus = cfg->topo->nr_cpus;
	k->next_pid = 1;
	k->m = cfg->machine_create(&mc);
	if (!k->m || log_create(k) || boot_create(k) || create_slabs(k) || create_rqs(k))
		goto err;
	fair_init(k);
	emit_cpus(k);
	boot_enter(k);
	ret = boot(k);
	boot_leave(k);
	if (ret)
		goto err;
	*out = k;
	return 0;

err:
	snprintf(err, err_len, "cannot boot a machine of %u CPUs: %s; use fewer CPUs or free memory",
		 cfg->topo->nr_cpus, strerror(-ret));
	kernel_destroy(k);
	return ret;
}

/* Tasks that are alive, or wait to be freed by a machine that is gone. */
static void free_tasks(struct kernel *k)
{
	for (u32 i = 0; k->task_slab && i < kslab_capacity(k->task_slab); i++) {
		struct task_struct *p = kslab_at(k->task_slab, i);
		struct task_priv *tp;

		if (!p)
			continue;
		tp = kslab_companion(k->task_slab, p);
		if (tp->up)
			tp->up->ops->free(tp->up);
		if (tp->local_storage)
			k->on_task_free(k->on_task_free_arg, &tp->local_storage);
		free(tp->kthread);
	}
}

void kernel_destroy(struct kernel *k)
{
	if (!k)
		return;
	if (k->scx) {
		boot_enter(k);
		exit_sched_ext_class(k);
		boot_leave(k);
	}
	machine_destroy(k->m);
	free_tasks(k);
	launch_destroy(k);
	incidents_free(k);
	workqueue_destroy(k);
	sysctx_free_all(k);
	boot_destroy(k);
	log_destroy(k);
	for (u32 i = 0; i < TASK_PRIV_PAGES; i++)
		free(k->task_priv[i]);
	free(k->by_pid);
	free(k->rqs);
	free(k->rq_priv);
	free(k->distribute_prev);
	free(k->violation);
	free(k);
}

/* --- for others --- */

struct machine *kernel_machine(struct kernel *k)
{
	return k->m;
}

void kernel_set_exit_fn(struct kernel *k, void (*fn)(void *arg, struct task_struct *p), void *arg)
{
	k->on_task_exit = fn;
	k->on_task_exit_arg = arg;
}

void **task_local_storage(struct task_struct *p)
{
	return &task_priv(p)->local_storage;
}

void kernel_set_task_free_fn(struct kernel *k, void (*fn)(void *arg, void **storage), void *arg)
{
	k->on_task_free = fn;
	k->on_task_free_arg = arg;
}

u32 kernel_nr_user_tasks(const struct kernel *k)
{
	return k->nr_user_tasks;
}

const char *kernel_violation(const struct kernel *k)
{
	return k->violation;
}
