// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: a work item that looks for tasks that have been runnable for too long, and a look at every tick whether
 * that work item itself gets to run, since a worker is a task that the scheduler can starve like any other.
 */
#include "sched/ext/internal.h"

#define WATCHDOG_OFF (~0ull)

static bool check_rq_for_timeouts(struct rq *rq)
{
	bool off = rq_lock_irqsave(rq), timed_out = false;
	struct task_struct *p;

	if (unlikely(!scx_root()))
		goto out;
	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node) {
		struct scx_sched *sch = scx_task_sched(p);
		u64 now = jiffies(), since = p->scx.runnable_at;

		if (unlikely(now > since + READ_ONCE(sch->watchdog_timeout))) {
			u32 ms = jiffies_to_msecs(this_mcpu->m, now - since);

			__scx_exit(sch, SCX_EXIT_ERROR_STALL, 0, cpu_of(rq), "%s[%d] failed to run for %u.%03us", p->comm,
				   p->pid, ms / 1000, ms % 1000);
			timed_out = true;
			break;
		}
	}
out:
	rq_unlock_irqrestore(rq, off);
	return timed_out;
}

static void queue_watchdog(struct scx_kernel *sk, u64 intv)
{
	queue_delayed_work(sk->k, &sk->watchdog_work, intv * this_mcpu->m->tick_ns);
}

static void scx_watchdog_workfn(struct work *w)
{
	struct scx_kernel *sk = this_scx();
	u64 intv;

	WRITE_ONCE(sk->watchdog_timestamp, jiffies());
	for (u32 cpu = 0; cpu < sk->k->nr_cpus; cpu++) {
		if (cpu_online(sk->k, cpu) && unlikely(check_rq_for_timeouts(cpu_rq(sk->k, cpu))))
			break;
		cond_resched();
	}
	intv = READ_ONCE(sk->watchdog_interval);
	if (intv != WATCHDOG_OFF)
		queue_watchdog(sk, intv);
}

void scx_watchdog_init(struct scx_kernel *sk)
{
	sk->watchdog_work.work.fn = scx_watchdog_workfn;
	sk->watchdog_interval = WATCHDOG_OFF;
}

/* Start or stop it, as a scheduler comes or goes: every half of its timeout. Sleeps. */
void refresh_watchdog(struct scx_kernel *sk)
{
	u64 intv = WATCHDOG_OFF;

	if (sk->root) {
		intv = sk->root->watchdog_timeout / 2;
		if (!intv)
			intv = 1;
	}
	WRITE_ONCE(sk->watchdog_timestamp, jiffies());
	WRITE_ONCE(sk->watchdog_interval, intv);
	if (intv != WATCHDOG_OFF)
		mod_delayed_work(sk->k, &sk->watchdog_work, intv * this_mcpu->m->tick_ns);
	else
		cancel_delayed_work_sync(sk->k, &sk->watchdog_work);
}

void scx_tick(struct rq *rq)
{
	struct scx_kernel *sk = this_scx();
	struct scx_sched *root;
	u64 last;

	if (!scx_enabled(sk->k) || !(root = scx_root()))
		return;
	last = READ_ONCE(sk->watchdog_timestamp);
	if (unlikely(jiffies() > last + READ_ONCE(root->watchdog_timeout))) {
		u32 ms = jiffies_to_msecs(this_mcpu->m, jiffies() - last);

		scx_exit(root, SCX_EXIT_ERROR_STALL, 0, "watchdog failed to check in for %u.%03us", ms / 1000, ms % 1000);
	}
}
