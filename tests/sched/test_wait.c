// SPDX-License-Identifier: GPL-2.0-only
/* Completions, mutexes, kernel threads, works, RCU, irq_work: all of it also between CPUs. */
#include "tests/sched/env.h"

static const struct user_call hog[] = { { .op = USER_RUN, .ns = FOREVER } };

#define NR_PINGS 500

struct pingpong {
	struct kernel *k;
	struct completion ping, pong;
	u32 pings, pongs;
	bool done;
};

static void pinger(void *arg)
{
	struct pingpong *pp = arg;

	for (int i = 0; i < NR_PINGS; i++) {
		pp->pings++;
		complete(&pp->ping);
		wait_for_completion(&pp->pong);
		assert_int_equal(pp->pongs, pp->pings);
	}
	pp->done = true;
}

static void ponger(void *arg)
{
	struct pingpong *pp = arg;

	for (int i = 0; i < NR_PINGS; i++) {
		wait_for_completion(&pp->ping);
		assert_int_equal(pp->pongs + 1, pp->pings);
		pp->pongs++;
		complete(&pp->pong);
	}
}

static void no_wakeup_is_lost_between_cpus(void **state)
{
	static const char *const topologies[] = { "1", "2", "numa:2 core:1" };

	for (int i = 0; i < 3; i++) {
		struct env *e = env_new(topologies[i], NULL, NULL, true);
		struct pingpong pp = { .k = e->k };

		init_completion(&pp.ping);
		init_completion(&pp.pong);
		kernel_add_thread(e->k, "pinger", 64 << 10, pinger, &pp, 0);
		kernel_add_thread(e->k, "ponger", 64 << 10, ponger, &pp, 0);
		run_until(e, 200 * MS);
		assert_true(pp.done);
		env_free(e);
	}
}

struct counter {
	struct kernel *k;
	struct mutex lock;
	u32 inside, count, threads_done;
};

static void count_thread(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < 100; i++) {
		mutex_lock(&c->lock);
		assert_int_equal(c->inside++, 0);
		mach_charge(3 * US);
		cond_resched();
		if (i % 10 == 0)
			kernel_sleep_until(c->k, mach_now() + 20 * US);
		assert_int_equal(--c->inside, 0);
		c->count++;
		mutex_unlock(&c->lock);
		mach_charge(1 * US);
	}
	c->threads_done++;
}

static void a_mutex_lets_one_in_at_a_time(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	struct counter c = { .k = e->k };
	struct result r = { 0 };

	mutex_init(&c.lock);
	for (int i = 0; i < 6; i++)
		kernel_add_thread(e->k, "counter", 64 << 10, count_thread, &c, i * 10 * US);
	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r));
	run_until(e, 1 * SEC);
	assert_int_equal(c.count, 600);
	assert_int_equal(c.threads_done, 6);
	env_free(e);
}

struct all {
	struct kernel *k;
	struct completion c, counted;
	u32 passed;
};

static void waiter(void *arg)
{
	struct all *a = arg;

	wait_for_completion(&a->c);
	a->passed++;
}

static void completer(void *arg)
{
	struct all *a = arg;

	/* completions are counted */
	init_completion(&a->counted);
	complete(&a->counted);
	complete(&a->counted);
	wait_for_completion(&a->counted);
	wait_for_completion(&a->counted);
	kernel_sleep_until(a->k, 10 * MS);
	assert_int_equal(a->passed, 0);
	complete(&a->c);
	kernel_sleep_until(a->k, 11 * MS);
	assert_int_equal(a->passed, 1);
	complete_all(&a->c);
	kernel_sleep_until(a->k, 12 * MS);
	assert_int_equal(a->passed, 3);
	wait_for_completion(&a->c);
	a->passed = 100;
}

static void complete_lets_one_through_and_complete_all_everybody(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct all a = { .k = e->k };

	init_completion(&a.c);
	for (int i = 0; i < 3; i++)
		kernel_add_thread(e->k, "waiter", 64 << 10, waiter, &a, 0);
	kernel_add_thread(e->k, "completer", 64 << 10, completer, &a, 1 * MS);
	run_until(e, 50 * MS);
	assert_int_equal(a.passed, 100);
	env_free(e);
}

/* --- works --- */

struct works {
	struct kernel *k;
	struct kthread_worker *w;
	struct work work[3];
	struct delayed_work dw, sleeper;
	struct irq_work iw;
	struct completion gate;
	u64 ran_at[64];
	u32 runs, irq_runs, irq_cpu;
	int policy;
	bool stop, done, inside;
};

static void count_work(struct work *w)
{
	struct works *ws = container_of(w, struct works, work[0]);

	ws->runs++;
	mach_charge(50 * US);
}

static void sleeping_work(struct work *w)
{
	struct works *ws = container_of(w, struct works, work[1]);

	assert_false(ws->inside);
	ws->inside = true;
	wait_for_completion(&ws->gate);
	ws->inside = false;
	ws->runs += 100;
}

static void worker_test(void *arg)
{
	struct works *ws = arg;

	ws->w = kthread_worker_create(ws->k, "test_worker", ws->policy, ws->policy == SCHED_FIFO ? 50 : 0);
	ws->work[0].fn = count_work;
	ws->work[1].fn = sleeping_work;
	assert_true(kthread_queue_work(ws->w, &ws->work[0]));
	kthread_flush_work(ws->w, &ws->work[0]);
	assert_int_equal(ws->runs, 1);
	/* one worker: a work that sleeps holds up the next */
	assert_true(kthread_queue_work(ws->w, &ws->work[1]));
	assert_true(kthread_queue_work(ws->w, &ws->work[0]));
	assert_false(kthread_queue_work(ws->w, &ws->work[0]));
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	assert_int_equal(ws->runs, 1);
	complete(&ws->gate);
	kthread_flush_work(ws->w, &ws->work[0]);
	assert_int_equal(ws->runs, 102);
	/* several workers: it does not */
	assert_true(queue_work(ws->k, &ws->work[1]));
	assert_true(queue_work(ws->k, &ws->work[0]));
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	assert_int_equal(ws->runs, 103);
	complete(&ws->gate);
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	assert_int_equal(ws->runs, 203);
	/* but none runs a work that another one runs */
	assert_true(queue_work(ws->k, &ws->work[1]));
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	assert_true(queue_work(ws->k, &ws->work[1]));
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	complete(&ws->gate);
	complete(&ws->gate);
	kernel_sleep_until(ws->k, mach_now() + 1 * MS);
	assert_int_equal(ws->runs, 403);
	kthread_worker_destroy(ws->w);
	ws->done = true;
}

static void works_run_in_order_and_flush_waits_for_them(void **state)
{
	for (int i = 0; i < 6; i++) {
		char topo[8];
		struct works ws = { .policy = i % 2 ? SCHED_FIFO : SCHED_NORMAL };
		struct env *e;

		snprintf(topo, sizeof(topo), "%d", i / 2 + 1);
		e = env_new(topo, NULL, NULL, true);
		ws.k = e->k;
		init_completion(&ws.gate);
		kernel_add_thread(e->k, "tester", 64 << 10, worker_test, &ws, 0);
		run_until(e, 100 * MS);
		assert_true(ws.done);
		assert_null(find_comm(e, "test_worker"));
		env_free(e);
	}
}

static void periodic(struct work *w)
{
	struct works *ws = container_of(w, struct works, dw.work);

	if (ws->runs < 64)
		ws->ran_at[ws->runs++] = mach_now();
	if (!ws->stop)
		queue_delayed_work(ws->k, &ws->dw, 10 * MS);
}

static void slow_work(struct work *w)
{
	struct works *ws = container_of(w, struct works, sleeper.work);

	ws->inside = true;
	kernel_sleep_until(ws->k, mach_now() + 5 * MS);
	ws->inside = false;
}

static void delayed_test(void *arg)
{
	struct works *ws = arg;
	u32 runs;

	ws->dw.work.fn = periodic;
	assert_true(queue_delayed_work(ws->k, &ws->dw, 10 * MS));
	assert_false(queue_delayed_work(ws->k, &ws->dw, 1 * MS));
	kernel_sleep_until(ws->k, 205 * MS);
	/* sooner than it would be */
	runs = ws->runs;
	mod_delayed_work(ws->k, &ws->dw, 1 * MS);
	kernel_sleep_until(ws->k, 207 * MS);
	assert_int_equal(ws->runs, runs + 1);
	cancel_delayed_work_sync(ws->k, &ws->dw);
	runs = ws->runs;
	kernel_sleep_until(ws->k, 300 * MS);
	assert_int_equal(ws->runs, runs);
	/* a cancel waits for a work that runs */
	ws->sleeper.work.fn = slow_work;
	queue_delayed_work(ws->k, &ws->sleeper, 1 * MS);
	kernel_sleep_until(ws->k, mach_now() + 2 * MS);
	assert_true(ws->inside);
	cancel_delayed_work_sync(ws->k, &ws->sleeper);
	assert_false(ws->inside);
	ws->done = true;
}

static void delayed_works_keep_their_period_until_cancelled(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct works ws = { .k = e->k };

	kernel_add_thread(e->k, "tester", 64 << 10, delayed_test, &ws, 1 * MS);
	run_until(e, 400 * MS);
	assert_true(ws.done);
	for (int i = 1; i < 18; i++)
		assert_in_range(ws.ran_at[i] - ws.ran_at[i - 1], 10 * MS, 10 * MS + 50 * US);
	env_free(e);
}

static void irq_work_fn(struct irq_work *w)
{
	struct works *ws = container_of(w, struct works, iw);

	assert_true(irqs_disabled());
	ws->irq_runs++;
	ws->irq_cpu = smp_processor_id();
}

static void irq_work_test(void *arg)
{
	struct works *ws = arg;

	ws->iw.fn = irq_work_fn;
	for (u32 i = 0; i < 20; i++) {
		u32 cpu = i % ws->k->nr_cpus;

		local_irq_disable();
		assert_true(irq_work_queue_on(&ws->iw, cpu));
		local_irq_enable();
		kernel_sleep_until(ws->k, mach_now() + 100 * US);
		assert_int_equal(ws->irq_runs, i + 1);
		assert_int_equal(ws->irq_cpu, cpu);
	}
	ws->done = true;
}

static void irq_work_runs_on_the_cpu_that_was_asked(void **state)
{
	struct env *e = env_new("3", NULL, NULL, true);
	struct works ws = { .k = e->k };

	kernel_add_thread(e->k, "tester", 64 << 10, irq_work_test, &ws, 1 * MS);
	run_until(e, 100 * MS);
	assert_true(ws.done);
	env_free(e);
}

static void rcu_test(void *arg)
{
	struct works *ws = arg;

	for (int i = 0; i < 5; i++) {
		u64 start = mach_now();

		synchronize_rcu();
		assert_true(mach_now() - start < 100 * MS);
		ws->runs++;
	}
	ws->done = true;
}

static void grace_periods_end_with_hogs_and_idle_cpus(void **state)
{
	struct env *e = env_new("4", NULL, NULL, true);
	struct works ws = { .k = e->k };
	struct result r[2] = { 0 };

	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[0]));
	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r[1]));
	kernel_add_thread(e->k, "tester", 64 << 10, rcu_test, &ws, 1 * MS);
	run_until(e, 1 * SEC);
	assert_true(ws.done);
	env_free(e);
}

static void higher_classes_preempt_kernel_code(void *arg)
{
	struct works *ws = arg;

	/* 20 ms of kernel code of a normal task, with preemption points */
	for (int i = 0; i < 2000; i++) {
		mach_charge(10 * US);
		mach_sync();
	}
	ws->ran_at[0] = mach_now();
}

/* Preempted between setting its state and going to sleep, it must not be put to sleep by that. */
static void undecided(void *arg)
{
	struct works *ws = arg;

	set_current_state(TASK_UNINTERRUPTIBLE);
	for (int i = 0; i < 500; i++) {
		mach_charge(10 * US);
		mach_sync();
	}
	__atomic_store_n(&current->__state, TASK_RUNNING, __ATOMIC_RELAXED);
	ws->ran_at[0] = mach_now();
}

static void preemption_puts_nobody_to_sleep(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call per[] = {
		{ .op = USER_SLEEP_UNTIL, .ns = 1 * MS }, { .op = USER_RUN, .ns = 100 * US },
	};
	struct works ws = { .k = e->k };
	struct result r = { 0 };

	add_rt(e, "rt", SCHED_FIFO, 5, NULL, 0, script_new(per, 2, true, &r));
	kernel_add_thread(e->k, "undecided", 64 << 10, undecided, &ws, 1 * MS);
	run_until(e, 30 * MS);
	assert_true(ws.ran_at[0] > 0);
	env_free(e);
}

static void waker(void *arg)
{
	struct works *ws = arg;
	struct task_struct *p = find_task_by_pid(ws->k, ws->irq_cpu);
	unsigned long switches = p->nvcsw + p->nivcsw;

	assert_int_equal(p->__state, TASK_RUNNING);
	assert_false(wake_up_process(p));
	assert_false(try_to_wake_up(ws->k->init, TASK_UNINTERRUPTIBLE, 0));
	assert_int_equal(ws->k->init->on_rq, 0);
	assert_int_equal(p->nvcsw + p->nivcsw, switches);
	assert_null(find_task_by_pid(ws->k, 123456));
	ws->done = true;
}

static void waking_a_task_that_does_not_sleep_does_nothing(void **state)
{
	struct env *e = env_new("2", NULL, NULL, true);
	struct works ws = { .k = e->k };
	struct result r = { 0 };

	add_task(e, "hog", 0, NULL, 0, script_new(hog, 1, false, &r));
	run_until(e, 5 * MS);
	ws.irq_cpu = find_comm(e, "hog")->pid;
	kernel_add_thread(e->k, "waker", 64 << 10, waker, &ws, 6 * MS);
	run_until(e, 20 * MS);
	assert_true(ws.done);
	env_free(e);
}

static void kernel_code_of_threads_is_preempted(void **state)
{
	struct env *e = env_new("1", NULL, NULL, true);
	static const struct user_call per[] = { { .op = USER_SLEEP_UNTIL, .ns = 1 * MS },
						{ .op = USER_RUN, .ns = 100 * US } };
	struct works ws = { .k = e->k };
	struct result r = { 0 };

	add_rt(e, "rt", SCHED_FIFO, 5, NULL, 0, script_new(per, 2, true, &r));
	kernel_add_thread(e->k, "kernel", 64 << 10, higher_classes_preempt_kernel_code, &ws, 1 * MS);
	run_until(e, 30 * MS);
	assert_in_range(ws.ran_at[0], 21 * MS, 28 * MS);
	assert_true(r.worst_late_ns < 30 * US);
	env_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wakeup_is_lost_between_cpus),
		cmocka_unit_test(a_mutex_lets_one_in_at_a_time),
		cmocka_unit_test(complete_lets_one_through_and_complete_all_everybody),
		cmocka_unit_test(works_run_in_order_and_flush_waits_for_them),
		cmocka_unit_test(delayed_works_keep_their_period_until_cancelled),
		cmocka_unit_test(irq_work_runs_on_the_cpu_that_was_asked),
		cmocka_unit_test(grace_periods_end_with_hogs_and_idle_cpus),
		cmocka_unit_test(kernel_code_of_threads_is_preempted),
		cmocka_unit_test(preemption_puts_nobody_to_sleep),
		cmocka_unit_test(waking_a_task_that_does_not_sleep_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
