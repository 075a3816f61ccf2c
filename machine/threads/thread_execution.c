// SPDX-License-Identifier: GPL-2.0-only
/* Locks, words, user mode and idle of the machine of host threads. */
#include <assert.h>
#include <sched.h>

#include "machine/threads/threads.h"

/* Time passes for whoever spins, so that nobody waits for its clock for ever. */
#define SPIN_NS 100

static void relax(void)
{
	mach_charge(SPIN_NS);
	sched_yield();
}

static bool take(struct mcpu *mc, raw_spinlock_t *l)
{
	u32 owner = 0;

	if (!__atomic_compare_exchange_n(&l->owner, &owner, mc->id + 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	/* clocks follow locks: what is protected never goes back in time */
	if (l->free_at_ns > mc->now_ns)
		mc->now_ns = l->free_at_ns;
	mc->now_ns += mc->m->costs.lock_ns;
	return true;
}

void thread_lock(struct mcpu *mc, raw_spinlock_t *l)
{
	for (;;) {
		thread_sync(mc);
		mc = this_mcpu;
		if (take(mc, l))
			return;
		assert(__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != mc->id + 1);
		relax();
	}
}

bool thread_trylock(struct mcpu *mc, raw_spinlock_t *l)
{
	thread_sync(mc);
	return take(this_mcpu, l);
}

void thread_unlock(struct mcpu *mc, raw_spinlock_t *l)
{
	assert(raw_spin_is_locked_by_me(l));
	l->free_at_ns = mc->now_ns;
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELEASE);
	thread_sync(mc);
}

void thread_wait_word(struct mcpu *mc, const long *word, long old)
{
	for (;;) {
		thread_sync(mc);
		if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != old)
			return;
		relax();
		mc = this_mcpu;
	}
}

/* How far the clock of @c may go on: no other CPU stays more than a tick behind. */
static u64 limit_ns(const struct thread_cpu *c)
{
	struct threads *t = threads_of(c->pub.m);
	u64 min = ~0ull, window_ns = t->pub.tick_ns;

	for (u32 cpu = 0; cpu < t->pub.nr_cpus; cpu++) {
		u64 clock_ns = __atomic_load_n(&t->cpu[cpu].clock_ns, __ATOMIC_RELAXED);

		if (cpu != c->pub.id && clock_ns < min)
			min = clock_ns;
	}
	return min < ~0ull - window_ns ? min + window_ns : ~0ull;
}

/* Interrupts in user mode or idle. Returns whether the kernel has to be entered. */
static bool interrupts(struct thread_cpu *c)
{
	struct mcpu *mc = &c->pub;
	bool resched;

	rcu_flip(mc, 1, true);
	while (thread_interrupt(c))
		;
	resched = mc->m->kernel->need_resched(mc->m->kern, mc);
	rcu_flip(mc, 1, true);
	return resched;
}

u64 thread_run_user(struct mcpu *mc, u64 work_ns)
{
	struct thread_cpu *c = thread_cpu_of(mc);
	u64 left_ns = work_ns, step_max_ns = mc->m->tick_ns / 4 + 1;
	bool off = mc->irqs_off;

	rcu_flip(mc, 1, true);
	for (;;) {
		u64 step_ns, first_ns;

		__atomic_store_n(&c->clock_ns, mc->now_ns, __ATOMIC_RELAXED);
		if (thread_poll(c)) {
			if (interrupts(c))
				break;
			continue;
		}
		if (!left_ns)
			break;
		step_ns = left_ns < step_max_ns ? left_ns : step_max_ns;
		first_ns = __atomic_load_n(&c->first_ns, __ATOMIC_RELAXED);
		if (first_ns > mc->now_ns && first_ns - mc->now_ns < step_ns)
			step_ns = first_ns - mc->now_ns;
		if (mc->now_ns + step_ns > limit_ns(c)) {
			sched_yield();
			continue;
		}
		mc->now_ns += step_ns;
		if (work_ns != ~0ull)
			left_ns -= step_ns;
	}
	rcu_flip(mc, 1, true);
	mc->irqs_off = off;
	return work_ns - left_ns;
}

void thread_idle(struct mcpu *mc)
{
	struct thread_cpu *c = thread_cpu_of(mc);
	bool off = mc->irqs_off;

	if (mc->m->kernel->need_resched(mc->m->kern, mc))
		return;
	rcu_flip(mc, 1, true);
	for (;;) {
		u64 first_ns;

		if (thread_poll(c)) {
			mach_charge(mc->m->costs.idle_exit_ns);
			if (interrupts(c))
				break;
			continue;
		}
		/* others may go on up to its next event */
		first_ns = __atomic_load_n(&c->first_ns, __ATOMIC_RELAXED);
		__atomic_store_n(&c->clock_ns, first_ns, __ATOMIC_RELAXED);
		if (first_ns == ~0ull || first_ns > limit_ns(c)) {
			sched_yield();
			continue;
		}
		if (first_ns > mc->now_ns)
			mc->now_ns = first_ns;
	}
	rcu_flip(mc, 1, true);
	mc->irqs_off = off;
}
