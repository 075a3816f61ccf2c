// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fair class: EEVDF (kernel/sched/fair.c; Stoica and Abdel-Wahab, "Earliest Eligible Virtual Deadline
 * First", 1995).
 *
 * A task asks for slices. It is eligible when it has had no more than its share (lag >= 0), its virtual
 * deadline is where its slice would end at its fair rate; of the eligible tasks the one with the earliest
 * deadline runs. A task that goes to sleep before it is eligible again stays queued until then
 * (sched_delayed), so that sleeping does not preserve a debt. Left out of the kernel's: groups, bandwidth,
 * load averages, buddies.
 *
 * cfs_rq->tasks_timeline has the queued tasks but the current one, by deadline. The sums over them are kept
 * relative to cfs_rq->min_vruntime (the kernel's zero_vruntime), which follows the average, so that they stay
 * small:
 *	avg_vruntime (sum_w_vruntime) = sum of (vruntime - zero) * weight
 *	avg_load (sum_weight) = sum of weight
 */
#include "sched/core.h"

/* ns, for one CPU (sysctl_sched_base_slice); times 1 + log2(CPUs), 8 CPUs at most */
#define NORMALIZED_BASE_SLICE 700000ull

void fair_init(struct kernel *k)
{
	u32 cpus = k->nr_cpus < 8 ? k->nr_cpus : 8;

	k->base_slice = NORMALIZED_BASE_SLICE * (1 + 31 - __builtin_clz(cpus));
}

static struct task_struct *task_of(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

static struct sched_entity *node_se(struct rb_node *n)
{
	return rb_entry(n, struct sched_entity, run_node);
}

/* virtual times wrap: compare by difference */
static bool vless(u64 a, u64 b) { return (s64)(a - b) < 0; }

bool fair_timeline_less(struct rb_node *a, const struct rb_node *b)
{
	return vless(node_se(a)->deadline, rb_entry(b, const struct sched_entity, run_node)->deadline);
}

/* --- virtual time --- */

static u64 calc_delta_fair(u64 delta, const struct sched_entity *se)
{
	return se->load.weight == NICE_0_LOAD ? delta : delta * NICE_0_LOAD / se->load.weight;
}

static s64 entity_key(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	return se->vruntime - cfs->min_vruntime;
}

/* the weights of sums are those of nice levels, without the kernel's 10 bits of fraction */
static s64 sum_weight_of(const struct sched_entity *se)
{
	return se->load.weight >> 10;
}

static void sum_add(struct cfs_rq *cfs, const struct sched_entity *se)
{
	cfs->avg_vruntime += entity_key(cfs, se) * sum_weight_of(se);
	cfs->avg_load += sum_weight_of(se);
}

static void sum_sub(struct cfs_rq *cfs, const struct sched_entity *se)
{
	cfs->avg_vruntime -= entity_key(cfs, se) * sum_weight_of(se);
	cfs->avg_load -= sum_weight_of(se);
}

static void move_zero(struct cfs_rq *cfs, s64 delta)
{
	cfs->avg_vruntime -= (s64)cfs->avg_load * delta;
	cfs->min_vruntime += delta;
}

static const struct sched_entity *queued_curr(const struct cfs_rq *cfs)
{
	return cfs->curr && cfs->curr->on_rq ? cfs->curr : NULL;
}

/* The virtual time: the average of all, rounded down so that it is eligible. Becomes the new zero. */
static u64 avg_vruntime(struct cfs_rq *cfs)
{
	const struct sched_entity *curr = queued_curr(cfs);
	s64 weight = cfs->avg_load, runtime = cfs->avg_vruntime;

	if (curr) {
		runtime += entity_key(cfs, curr) * sum_weight_of(curr);
		weight += sum_weight_of(curr);
	}
	if (weight) {
		if (runtime < 0)
			runtime -= weight - 1;
		move_zero(cfs, runtime / weight);
	}
	return cfs->min_vruntime;
}

static bool entity_eligible(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	const struct sched_entity *curr = queued_curr(cfs);
	s64 avg = cfs->avg_vruntime, load = cfs->avg_load;

	if (curr) {
		avg += entity_key(cfs, curr) * sum_weight_of(curr);
		load += sum_weight_of(curr);
	}
	return avg >= (__int128)entity_key(cfs, se) * load;
}

/* Whether vruntime and vlag now disagree. */
static bool update_entity_lag(struct cfs_rq *cfs, struct sched_entity *se)
{
	u64 avg = avg_vruntime(cfs);
	s64 lag = avg - se->vruntime;
	s64 limit = calc_delta_fair(se->slice + this_mcpu->m->tick_ns, se);

	/* joining and leaving move the average: keep that within the bounds of the steady state */
	lag = lag > limit ? limit : lag < -limit ? -limit : lag;
	/* asleep it can only pay its debt off: not make new ones, nor earn anything */
	if (se->sched_delayed)
		lag = lag < se->vlag ? se->vlag : lag > 0 ? 0 : lag;
	se->vlag = lag;
	return avg - lag != se->vruntime;
}

/* --- the timeline --- */

static void __enqueue_entity(struct cfs_rq *cfs, struct sched_entity *se)
{
	sum_add(cfs, se);
	rb_add(&se->run_node, &cfs->tasks_timeline, fair_timeline_less);
}

static void __dequeue_entity(struct cfs_rq *cfs, struct sched_entity *se)
{
	rb_erase(&se->run_node, &cfs->tasks_timeline);
	RB_CLEAR_NODE(&se->run_node);
	sum_sub(cfs, se);
}

static bool protect_slice(const struct sched_entity *se)
{
	return vless(se->vruntime, task_priv(task_of((struct sched_entity *)se))->vprot);
}

/*
 * The entity that is to run; one must be queued. By deadline until an eligible one is found: with equal
 * slices and weights the first is eligible.
 */
static struct sched_entity *pick_eevdf(struct cfs_rq *cfs, bool protect)
{
	struct sched_entity *curr = (struct sched_entity *)queued_curr(cfs), *best = NULL;
	struct rb_node *n = rb_first(&cfs->tasks_timeline);

	if (cfs->nr_queued == 1)
		return curr ? curr : node_se(n);
	if (curr && !entity_eligible(cfs, curr))
		curr = NULL;
	/* it runs to the end of its slice rather than being preempted by its like (RUN_TO_PARITY) */
	if (curr && protect && protect_slice(curr))
		return curr;
	for (; n; n = rb_next(n)) {
		if (curr && !vless(node_se(n)->deadline, curr->deadline))
			break;
		if (entity_eligible(cfs, node_se(n))) {
			best = node_se(n);
			break;
		}
	}
	if (!best)
		best = curr;
	/* rounding can leave nobody eligible for an instant */
	return best ? best : node_se(rb_first(&cfs->tasks_timeline));
}

/* --- charging --- */

/* The slice is used up: ask for the next one. */
static bool update_deadline(struct cfs_rq *cfs, struct sched_entity *se)
{
	if (vless(se->vruntime, se->deadline))
		return false;
	se->slice = this_kernel()->base_slice;
	se->deadline = se->vruntime + calc_delta_fair(se->slice, se);
	avg_vruntime(cfs);
	return true;
}

static void update_curr(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *curr = cfs->curr;
	u64 delta;
	bool resched;

	if (unlikely(!curr))
		return;
	delta = update_se(rq, task_of(curr));
	if (!delta)
		return;
	curr->vruntime += calc_delta_fair(delta, curr);
	emit(TE_RUNTIME, task_of(curr)->pid, delta, curr->vruntime, 0, 0);
	resched = update_deadline(cfs, curr);
	if (cfs->nr_queued > 1 && (resched || !protect_slice(curr)))
		resched_curr_lazy(rq);
}

/* --- the end of the slice (HRTICK) --- */

/* Shorter than this a timer is not worth its interrupt. */
#define HRTICK_MIN_NS 10000

static void hrtick_fn(struct mevent *ev)
{
	struct rq *rq = container_of(ev, struct rq_priv, hrtick)->rq;

	rq_lock(rq);
	update_rq_clock(rq);
	if (rq->cfs.curr && rq->cfs.nr_queued > 1) {
		update_curr(rq);
		resched_curr(rq);
	}
	rq_unlock(rq);
}

/* Have the current task interrupted where its slice ends, if others wait. rq locked. */
static void hrtick_start_fair(struct rq *rq)
{
	struct sched_entity *se = rq->cfs.curr;
	struct rq_priv *rp = rq_priv(rq);
	s64 left;

	if (rq->cfs.nr_queued < 2 || !se)
		return;
	left = se->deadline - se->vruntime;
	if (left < 0) {
		resched_curr(rq);
		return;
	}
	left = left * (s64)(se->load.weight >> 10) / 1024;
	mach_event_init(&rp->hrtick, hrtick_fn);
	mach_event_arm(rp->k->m, &rp->hrtick, cpu_of(rq),
		       rq->clock + (left > HRTICK_MIN_NS ? left : HRTICK_MIN_NS));
}

/* --- joining and leaving --- */

/* Where the task joins: it keeps the lag that it had when it left. */
static void place_entity(struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	struct task_priv *tp = task_priv(task_of(se));
	u64 vruntime = avg_vruntime(cfs), vslice;
	s64 lag = 0;

	se->slice = this_kernel()->base_slice;
	vslice = calc_delta_fair(se->slice, se);
	if (cfs->nr_queued && se->vlag) {
		const struct sched_entity *curr = queued_curr(cfs);
		s64 load = cfs->avg_load + (curr ? sum_weight_of(curr) : 0);

		/*
		 * Joining moves the average by w * lag / (W + w). To have that lag afterwards, join with
		 * (W + w) / W times as much.
		 */
		lag = se->vlag * (load + sum_weight_of(se)) / (load ? load : 1);
	}
	se->vruntime = vruntime - lag;
	if (tp->rel_deadline) {
		se->deadline += se->vruntime;
		tp->rel_deadline = false;
		return;
	}
	/* those that are there are halfway through their slices, on average */
	if (flags & ENQUEUE_INITIAL)
		vslice /= 2;
	se->deadline = se->vruntime + vslice;
}

/* It wakes up before its debt is paid. */
static void requeue_delayed_entity(struct rq *rq, struct sched_entity *se)
{
	struct cfs_rq *cfs = &rq->cfs;

	update_curr(rq);
	if (update_entity_lag(cfs, se)) {
		cfs->nr_queued--;
		if (se != cfs->curr)
			__dequeue_entity(cfs, se);
		place_entity(cfs, se, 0);
		if (se != cfs->curr)
			__enqueue_entity(cfs, se);
		cfs->nr_queued++;
	}
	se->sched_delayed = 0;
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;
	bool curr = cfs->curr == se;

	if (flags & ENQUEUE_DELAYED) {
		requeue_delayed_entity(rq, se);
		return;
	}
	if (curr)
		place_entity(cfs, se, flags);
	update_curr(rq);
	if (!curr)
		place_entity(cfs, se, flags);
	WRITE_ONCE(cfs->load.weight, cfs->load.weight + se->load.weight);
	cfs->nr_queued++;
	WRITE_ONCE(cfs->h_nr_queued, cfs->h_nr_queued + 1);
	if (cfs->h_nr_queued == 1)
		cpumask_set_cpu(cpu_of(rq), this_kernel()->fair_mask);
	if (!curr)
		__enqueue_entity(cfs, se);
	se->on_rq = 1;
	add_nr_running(rq, 1);
	if (cfs->nr_queued == 2 && !curr)
		hrtick_start_fair(rq);
}

static bool dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	update_curr(rq);
	if ((flags & DEQUEUE_SLEEP) && !(flags & (DEQUEUE_DELAYED | DEQUEUE_SPECIAL)) &&
	    !entity_eligible(cfs, se)) {
		update_entity_lag(cfs, se);
		se->sched_delayed = 1;
		return false;
	}
	update_entity_lag(cfs, se);
	if (!(flags & DEQUEUE_SLEEP)) {
		se->deadline -= se->vruntime;
		task_priv(p)->rel_deadline = true;
	}
	if (se != cfs->curr)
		__dequeue_entity(cfs, se);
	se->on_rq = 0;
	WRITE_ONCE(cfs->load.weight, cfs->load.weight - se->load.weight);
	cfs->nr_queued--;
	WRITE_ONCE(cfs->h_nr_queued, cfs->h_nr_queued - 1);
	if (!cfs->h_nr_queued)
		cpumask_clear_cpu(cpu_of(rq), this_kernel()->fair_mask);
	sub_nr_running(rq, 1);
	if (flags & DEQUEUE_DELAYED) {
		se->sched_delayed = 0;
		/* what block_task() left to be done; from here on a wake-up can have the task */
		smp_store_release(&p->on_rq, 0);
	}
	return true;
}

static void switching_from_fair(struct rq *rq, struct task_struct *p)
{
	if (p->se.sched_delayed)
		dequeue_task(rq, p, DEQUEUE_SLEEP | DEQUEUE_DELAYED | DEQUEUE_NOCLOCK);
}

/* The entity to run; one that only waits to be taken off is. NULL: nothing is queued any more. */
static struct sched_entity *pick_next_entity(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;

	while (cfs->nr_queued) {
		struct sched_entity *se = pick_eevdf(cfs, true);

		if (!se->sched_delayed)
			return se;
		dequeue_task(rq, task_of(se), DEQUEUE_SLEEP | DEQUEUE_DELAYED | DEQUEUE_NOCLOCK);
	}
	return NULL;
}

/* The rest of the slice is forfeited. */
static void yield_task_fair(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &rq->curr->se;

	if (rq->nr_running == 1)
		return;
	update_rq_clock(rq);
	update_curr(rq);
	rq_clock_skip_update(rq);
	if (entity_eligible(cfs, se)) {
		se->vruntime = se->deadline;
		update_deadline(cfs, se);
	}
}

static void wakeup_preempt_fair(struct rq *rq, struct task_struct *p, int wake_flags)
{
	struct task_struct *curr = rq->curr;

	if (!task_on_class(p, CLASS_FAIR) || !task_on_class(curr, CLASS_FAIR) || p == curr)
		return;
	if (test_tsk_need_resched(curr))
		return;
	if (curr->policy == SCHED_IDLE && p->policy != SCHED_IDLE) {
		if (protect_slice(&curr->se))
			task_priv(curr)->vprot = curr->se.vruntime;
		resched_curr_lazy(rq);
		return;
	}
	/* batch and idle tasks preempt nobody; a new task neither: it shares data with who made it */
	if ((p->policy != SCHED_NORMAL && p->policy != SCHED_EXT) || curr->policy == SCHED_IDLE)
		return;
	update_curr(rq);
	if ((wake_flags & WF_FORK) || p->se.sched_delayed)
		return;
	if (pick_next_entity(rq) == &p->se)
		resched_curr_lazy(rq);
}

/* --- picking --- */

struct task_struct *pick_task_fair(struct rq *rq)
{
	for (;;) {
		struct sched_entity *se;
		int pulled;

		if (queued_curr(&rq->cfs))
			update_curr(rq);
		se = pick_next_entity(rq);
		if (se)
			return task_of(se);
		pulled = sched_balance_newidle(rq);
		if (pulled < 0)
			return RETRY_TASK;
		if (!pulled)
			return NULL;
	}
}

static void put_prev_task_fair(struct rq *rq, struct task_struct *p, struct task_struct *next)
{
	struct cfs_rq *cfs = &rq->cfs;

	if (p->se.on_rq) {
		update_curr(rq);
		__enqueue_entity(cfs, &p->se);
	}
	cfs->curr = NULL;
	mach_event_cancel(this_mcpu->m, &rq_priv(rq)->hrtick);
}

static void set_next_task_fair(struct rq *rq, struct task_struct *p, bool first)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (se->on_rq) {
		__dequeue_entity(cfs, se);
		if (first)
			task_priv(p)->vprot = se->deadline;
	}
	WRITE_ONCE(se->exec_start, rq_clock_task(rq));
	cfs->curr = se;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
	hrtick_start_fair(rq);
}

static void task_tick_fair(struct rq *rq, struct task_struct *p)
{
	update_curr(rq);
}

/* --- changes --- */

static void reweight_task_fair(struct rq *rq, struct task_struct *p, const struct load_weight *lw)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;
	struct task_priv *tp = task_priv(p);
	s64 old = se->load.weight, new = lw->weight;
	bool curr = cfs->curr == se;
	u64 avg = 0;

	if (se->on_rq) {
		update_curr(rq);
		avg = avg_vruntime(cfs);
		update_entity_lag(cfs, se);
		se->deadline -= avg;
		tp->rel_deadline = true;
		if (!curr)
			__dequeue_entity(cfs, se);
		WRITE_ONCE(cfs->load.weight, cfs->load.weight - se->load.weight);
	}
	/* lag in real time stays, so virtual lag and the distance to the deadline scale */
	se->vlag = se->vlag * old / new;
	if (tp->rel_deadline)
		se->deadline = (s64)se->deadline * old / new;
	se->load = *lw;
	if (se->on_rq) {
		se->deadline += avg;
		tp->rel_deadline = false;
		se->vruntime = avg - se->vlag;
		WRITE_ONCE(cfs->load.weight, cfs->load.weight + se->load.weight);
		if (!curr)
			__enqueue_entity(cfs, se);
	}
}

static void prio_changed_fair(struct rq *rq, struct task_struct *p, u64 oldprio)
{
	if (!task_on_rq_queued(p) || p->prio == (int)oldprio || rq->cfs.nr_queued == 1)
		return;
	if (!task_current(rq, p))
		wakeup_preempt(rq, p, 0);
	else if (p->prio > (int)oldprio)
		resched_curr(rq);
}

static void switched_to_fair(struct rq *rq, struct task_struct *p)
{
	if (!task_on_rq_queued(p))
		return;
	if (task_current(rq, p))
		resched_curr(rq);
	else
		wakeup_preempt(rq, p, 0);
}

static bool balance_fair(struct rq *rq, struct task_struct *prev)
{
	return rq->cfs.h_nr_queued;
}

const struct sched_class_ops fair_class_ops = {
	.enqueue_task = enqueue_task_fair,
	.dequeue_task = dequeue_task_fair,
	.yield_task = yield_task_fair,
	.wakeup_preempt = wakeup_preempt_fair,
	.balance = balance_fair,
	.pick_task = pick_task_fair,
	.put_prev_task = put_prev_task_fair,
	.set_next_task = set_next_task_fair,
	.task_tick = task_tick_fair,
	.select_task_rq = select_task_rq_fair,
	.set_cpus_allowed = set_cpus_allowed_common,
	.reweight_task = reweight_task_fair,
	.prio_changed = prio_changed_fair,
	.switching_from = switching_from_fair,
	.switched_to = switched_to_fair,
	.update_curr = update_curr,
};
