// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel of threads, a run queue, wake-ups and RCU, the same on both machines: contexts that move between
 * CPUs, locks, words, IPIs, events, grace periods. Built with SAN=thread it checks the machine of host
 * threads for races.
 */
#include "tests/machine/fake.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_KTHREADS 16

struct kthread {
	struct small *s;
	struct mctx *ctx;
	atomic_long_t on_cpu;		/* its context is live: set before the switch, cleared by who follows */
	bool dead;
	int id;
	int laps;
	struct kthread *next;
};

/* read by everybody under RCU, replaced and freed by the kthreads */
struct config {
	struct small *s;
	u64 value, copy;
};

struct small {
	struct fake f;			/* first: the machine's kern */
	raw_spinlock_t lock;		/* queue, order of pushes, total */
	struct kthread *first, **last;
	u64 total;
	int nr_dead;
	struct kthread kthread[MAX_KTHREADS];
	int nr_kthreads, nr_laps;
	int cpus_at_least;		/* that kthreads must have run on before they end */
	u64 cpus_seen;			/* (a) a bit for each CPU that one ran on */
	bool keep_config;
	atomic_long_t nr_started;	/* CPUs; nobody works before all are there */
	struct kthread *curr[FAKE_CPUS];	/* own CPU only */
	struct kthread *prev[FAKE_CPUS];
	struct config *config;
	u64 freed, replaced, events;
	struct mevent ev[FAKE_CPUS];
};

static void push(struct small *s, struct kthread *k)
{
	k->next = NULL;
	*s->last = k;
	s->last = &k->next;
}

static struct kthread *pop(struct small *s)
{
	struct kthread *k = s->first;

	if (k) {
		s->first = k->next;
		if (!s->first)
			s->last = &s->first;
	}
	return k;
}

/* After every switch, on the stack that it went to. */
static void finish_switch(struct small *s)
{
	int cpu = this_mcpu->id;
	struct kthread *prev = s->prev[cpu];

	mach_quiescent();
	s->prev[cpu] = NULL;
	if (!prev)
		return;
	if (prev->dead) {
		mach_ctx_destroy(s->f.m, prev->ctx);
		prev->ctx = NULL;
		raw_spin_lock(&s->lock);
		s->nr_dead++;
		raw_spin_unlock(&s->lock);
	} else {
		atomic_long_set_release(&prev->on_cpu, 0);
	}
}

/* Go on with the first in the queue; without one, with the CPU's own context if the caller is dead. */
static void schedule(struct small *s)
{
	int cpu = this_mcpu->id;
	struct kthread *self = s->curr[cpu], *next;
	bool off = local_irq_save();

	raw_spin_lock(&s->lock);
	if (self && !self->dead)
		push(s, self);
	next = pop(s);
	raw_spin_unlock(&s->lock);
	if (next == self && self) {
		local_irq_restore(off);
		return;
	}
	if (next) {
		mach_wait_word(&next->on_cpu.counter, 1);
		atomic_long_set(&next->on_cpu, 1);
	}
	if (next || self) {
		s->curr[cpu] = next;
		s->prev[cpu] = self;
		mach_switch_to(next ? next->ctx : s->f.m->cpu_ctx[cpu]);
		finish_switch(s);
	}
	local_irq_restore(off);
}

static void free_config(void *arg)
{
	struct config *c = arg;

	assert_true(this_mcpu->in_irq);
	assert_int_equal(c->value, c->copy);
	c->value = 0xdead;
	__atomic_fetch_add(&c->s->freed, 1, __ATOMIC_RELAXED);
	free(c);
}

static void replace_config(struct small *s)
{
	struct config *new = malloc(sizeof(*new)), *old;
	bool off;

	new->s = s;
	off = raw_spin_lock_irqsave(&s->lock);
	old = s->config;
	new->value = new->copy = old->value + 1;
	smp_store_release(&s->config, new);
	s->replaced++;
	raw_spin_unlock_irqrestore(&s->lock, off);
	mach_call_rcu(s->f.m, free_config, old);
}

static void read_config(struct small *s)
{
	struct config *c;
	u64 value;

	mach_sync();
	c = smp_load_acquire(&s->config);
	value = c->value;
	mach_charge(500);
	/* other host threads shall get into the middle of things */
	sched_yield();
	mach_sync();
	assert_int_equal(value, c->copy);
}

static int nr_cpus_seen(const struct small *s)
{
	return __builtin_popcountll(__atomic_load_n(&s->cpus_seen, __ATOMIC_RELAXED));
}

static void kthread_fn(void *arg)
{
	struct kthread *k = arg;
	struct small *s = k->s;
	u64 mine[8];

	finish_switch(s);
	local_irq_enable();
	for (int i = 0; i < 8; i++)
		mine[i] = k->id * 1000 + i;
	/* a host thread may get through all laps before the host lets another one run: go on until it has */
	for (int lap = 0; lap < s->nr_laps || nr_cpus_seen(s) < s->cpus_at_least; lap++) {
		bool off;

		assert_true(s->curr[this_mcpu->id] == k);
		__atomic_fetch_or(&s->cpus_seen, 1ull << this_mcpu->id, __ATOMIC_RELAXED);
		mach_charge(100 + 37 * k->id);
		read_config(s);
		if (lap % 4 == k->id % 4 && !s->keep_config)
			replace_config(s);
		off = raw_spin_lock_irqsave(&s->lock);
		s->total++;
		raw_spin_unlock_irqrestore(&s->lock, off);
		mach_send_ipi((this_mcpu->id + lap) % s->f.m->nr_cpus, lap & 1 ? IPI_RESCHED : IPI_CALL);
		k->laps++;
		schedule(s);
		for (int i = 0; i < 8; i++)
			assert_int_equal(mine[i], k->id * 1000 + i);
	}
	k->dead = true;
	local_irq_disable();
	schedule(s);
	fail();
}

static bool finished(struct small *s)
{
	bool off = raw_spin_lock_irqsave(&s->lock);
	bool done = s->nr_dead == s->nr_kthreads &&
		    __atomic_load_n(&s->freed, __ATOMIC_RELAXED) == s->replaced;

	raw_spin_unlock_irqrestore(&s->lock, off);
	return done;
}

static void count_event(struct mevent *ev)
{
	struct small *s = container_of(ev, struct small, ev[this_mcpu->id]);

	__atomic_fetch_add(&s->events, 1, __ATOMIC_RELAXED);
	mach_event_arm(s->f.m, ev, this_mcpu->id, mach_now() + 10000);
}

static void cpu_body(struct fake *f, int cpu)
{
	struct small *s = container_of(f, struct small, f);
	long nr = atomic_long_read(&s->nr_started);

	while (!atomic_long_try_cmpxchg(&s->nr_started, &nr, nr + 1))
		;
	while ((nr = atomic_long_read(&s->nr_started)) < f->m->nr_cpus)
		mach_wait_word(&s->nr_started.counter, nr);
	s->ev[cpu].fn = count_event;
	mach_event_arm(f->m, &s->ev[cpu], cpu, 5000);
	mach_tick_start();
	for (;;) {
		schedule(s);
		if (finished(s))
			mach_stop(f->m);
		mach_run_user(2000);
		WRITE_ONCE(f->resched[cpu], false);
		mach_idle();
	}
}

static void want_kernel(struct fake *f, int cpu)
{
	WRITE_ONCE(f->resched[cpu], true);
}

static struct small *small_start(const char *spec, int nr_kthreads, int nr_laps, int cpus_at_least,
				 struct machine *(*create)(const struct machine_config *))
{
	struct small *s = calloc(1, sizeof(*s));
	struct mach_costs costs = mach_costs_default;

	assert_non_null(s);
	s->last = &s->first;
	s->nr_kthreads = nr_kthreads;
	s->nr_laps = nr_laps;
	s->cpus_at_least = cpus_at_least;
	s->f.body = cpu_body;
	s->f.on_tick = want_kernel;
	s->config = calloc(1, sizeof(*s->config));
	s->config->s = s;
	/* nothing but the readers shall keep what is being replaced */
	costs.rcu_gp_ns = 0;
	fake_start_on(&s->f, spec, &costs, 20000, 1, create);
	for (int i = 0; i < nr_kthreads; i++) {
		struct kthread *k = &s->kthread[i];

		k->s = s;
		k->id = i + 1;
		k->ctx = mach_ctx_create(s->f.m, 16384, kthread_fn, k);
		assert_non_null(k->ctx);
		push(s, k);
	}
	return s;
}

static void small_check(struct small *s)
{
	u64 laps = 0;

	assert_int_equal(s->nr_dead, s->nr_kthreads);
	assert_int_equal(s->freed, s->replaced);
	assert_int_equal(s->config->value, s->replaced);
	for (int i = 0; i < s->nr_kthreads; i++) {
		assert_true(s->kthread[i].laps >= s->nr_laps);
		laps += s->kthread[i].laps;
	}
	assert_int_equal(s->total, laps);
	assert_true(nr_cpus_seen(s) >= s->cpus_at_least);
	assert_true(s->events > 0);
	assert_true(s->f.m->stats.ctx_switches > 0 && s->f.m->stats.ipis > 0 && s->f.m->stats.ticks > 0);
}

static void small_end(struct small *s)
{
	fake_end(&s->f);
	free(s->config);
	free(s);
}

static void contexts_move_between_cpus_of_the_simulated_machine(void **state)
{
	struct small *s = small_start("numa:2 core:2 pu:1", 10, 50, 4, sim_create);

	assert_int_equal(sim_run(s->f.m, 1000000000), RUN_STOPPED);
	small_check(s);
	small_end(s);
}

static void contexts_move_between_host_threads(void **state)
{
	struct small *s = small_start("numa:2 core:2 pu:1", 10, 50, 2, threads_create);

	threads_run(s->f.m);
	small_check(s);
	small_end(s);
}

static void a_machine_can_be_destroyed_with_live_contexts(void **state)
{
	struct small *s = small_start("4", 10, 50, 1, sim_create);

	/* what the test allocates and RCU holds would be lost */
	s->keep_config = true;
	assert_int_equal(sim_run(s->f.m, 100000), RUN_UNTIL);
	assert_true(s->total > 0 && s->nr_dead < s->nr_kthreads);
	small_end(s);
}

static void a_machine_of_threads_that_never_ran_can_be_destroyed(void **state)
{
	struct small *s = small_start("4", 10, 50, 1, threads_create);

	small_end(s);
}

static void the_stack_of_a_destroyed_context_is_used_again(void **state)
{
	struct fake f = {};
	struct mctx *a, *b, *c;

	fake_start(&f, "1", NULL);
	a = mach_ctx_create(f.m, 16384, kthread_fn, NULL);
	b = mach_ctx_create(f.m, 16384, kthread_fn, NULL);
	assert_ptr_not_equal(a, b);
	mach_ctx_destroy(f.m, a);
	c = mach_ctx_create(f.m, 32768, kthread_fn, NULL);
	assert_ptr_not_equal(a, c);
	assert_ptr_equal(mach_ctx_create(f.m, 16384, kthread_fn, NULL), a);
	fake_end(&f);
}

/* Below the stack: the first page that is touched must be the guard. */
static void run_over_the_stack(void *arg)
{
	volatile char *here = __builtin_frame_address(0);

	for (int below = 0; below < 5 * 16384; below += 512)
		here[-below] = 1;
	_exit(0);
}

static void switch_to_overflow(struct fake *f, int cpu)
{
	struct mctx *x[32];

	/* one that is likely to have others below it, after gaps between other mappings have been filled */
	for (int i = 0; i < 32; i++)
		x[i] = mach_ctx_create(f->m, 16384, run_over_the_stack, NULL);
	mach_switch_to(x[16]);
}

static void running_over_a_stack_hits_a_guard_page(void **state)
{
	struct fake f = { .body = switch_to_overflow };
	int status;
	pid_t pid;

	fake_start(&f, "1", NULL);
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		/* what a sanitizer has to say about it */
		close(STDERR_FILENO);
		sim_run(f.m, 1000);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	fake_end(&f);
}

/* --- grace periods of the simulated machine, exactly --- */

static void log_callback(void *arg)
{
	fake_log(arg, 1);
}

/* CPU 1 stays in kernel mode until 30 ms, without a quiescent state until 20 ms; CPU 2 works, CPU 3 idles. */
static void read_for_long(struct fake *f, int cpu)
{
	if (cpu == 0) {
		mach_charge(1000);
		mach_call_rcu(f->m, log_callback, f);
		mach_run_user(1000);
	} else if (cpu == 1) {
		local_irq_disable();
		for (int ms = 1; ms <= 30; ms++) {
			mach_charge(1000000);
			mach_sync();
			if (ms == 20) {
				fake_log(f, 2);
				mach_quiescent();
			}
		}
		fake_log(f, 3);
	} else if (cpu == 2) {
		mach_run_user(40000000);
	}
}

static void a_grace_period_waits_for_a_cpu_in_kernel_mode(void **state)
{
	static const struct fake_entry want[] = {
		{ 20000000, 1, 2 }, { 21000000, 0, 1 }, { 30000000, 1, 3 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = read_for_long };

	costs.rcu_gp_ns = 8000000;
	fake_start(&f, "4", &costs);
	assert_int_equal(sim_run(f.m, 100000000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void call_twice(void *arg)
{
	fake_log(arg, 1);
	mach_call_rcu(this_mcpu->m, log_callback, arg);
}

static void a_callback_that_comes_during_a_grace_period_waits_for_the_next(void **state)
{
	/* the one from outside came first; the one from the first callback finds its grace period begun */
	static const struct fake_entry want[] = {
		{ 8000000, 0, 1 }, { 16000000, 0, 1 }, { 24000000, 0, 1 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = {};

	costs.rcu_gp_ns = 8000000;
	fake_start(&f, "2", &costs);
	/* from outside */
	mach_call_rcu(f.m, call_twice, &f);
	assert_int_equal(sim_run(f.m, 1), RUN_UNTIL);
	mach_call_rcu(f.m, log_callback, &f);
	assert_int_equal(sim_run(f.m, 100000000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_move_between_cpus_of_the_simulated_machine),
		cmocka_unit_test(contexts_move_between_host_threads),
		cmocka_unit_test(a_machine_can_be_destroyed_with_live_contexts),
		cmocka_unit_test(a_machine_of_threads_that_never_ran_can_be_destroyed),
		cmocka_unit_test(the_stack_of_a_destroyed_context_is_used_again),
		cmocka_unit_test(running_over_a_stack_hits_a_guard_page),
		cmocka_unit_test(a_grace_period_waits_for_a_cpu_in_kernel_mode),
		cmocka_unit_test(a_callback_that_comes_during_a_grace_period_waits_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
