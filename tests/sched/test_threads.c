// SPDX-License-Identifier: GPL-2.0-only
/* The core on the machine of host threads: real races. Run it with SAN=thread. */
#include "tests/sched/env.h"

#define NR_CPUS_HERE "4"

static struct env *threads_env(void)
{
	struct env *e = calloc(1, sizeof(*e));
	char err[256] = "";
	struct kernel_config cfg;

	assert_int_equal(topology_parse(&e->topo, NR_CPUS_HERE, err, sizeof(err)), 0);
	assert_int_equal(gmem_create(&e->g, err, sizeof(err)), 0);
	cfg = (struct kernel_config){
		.topo = &e->topo,
		.version = kabi_version_find("7.2"),
		.seed = 1,
		.hz = 250,
		.gmem = e->g,
		.machine_create = threads_create,
	};
	if (kernel_create(&e->k, &cfg, err, sizeof(err)))
		fail_msg("%s", err);
	return e;
}

struct shared {
	struct kernel *k;
	struct completion ping, pong;
	struct mutex lock;
	struct kthread_worker *worker;
	struct work work;
	struct delayed_work dw;
	u32 pings, pongs, count, works, delayed;	/* ordered by what is tested */
	u32 finished;					/* atomic: threads that are through */
	u32 nr_threads;
};

/* cmocka's assertions are for the thread that runs the test. */
#define check(x) do { \
	if (!(x)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
		abort(); \
	} \
} while (0)

static void thread_done(struct shared *s)
{
	if (__atomic_add_fetch(&s->finished, 1, __ATOMIC_SEQ_CST) == s->nr_threads)
		mach_stop(s->k->m);
}

static void pinger(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 300; i++) {
		s->pings++;
		complete(&s->ping);
		wait_for_completion(&s->pong);
		check(s->pongs == s->pings);
	}
	thread_done(s);
}

static void ponger(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 300; i++) {
		wait_for_completion(&s->ping);
		s->pongs++;
		complete(&s->pong);
	}
	thread_done(s);
}

static void counter(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 200; i++) {
		mutex_lock(&s->lock);
		s->count++;
		mutex_unlock(&s->lock);
		if (i % 20 == 0)
			kernel_sleep_until(s->k, mach_now() + 20 * US);
	}
	thread_done(s);
}

static void work_fn(struct work *w)
{
	container_of(w, struct shared, work)->works++;
}

static void delayed_fn(struct work *w)
{
	struct shared *s = container_of(w, struct shared, dw.work);

	WRITE_ONCE(s->delayed, s->delayed + 1);
	queue_delayed_work(s->k, &s->dw, 100 * US);
}

static void worker_user(void *arg)
{
	struct shared *s = arg;

	s->work.fn = work_fn;
	s->dw.work.fn = delayed_fn;
	s->worker = kthread_worker_create(s->k, "worker", SCHED_FIFO, 10);
	queue_delayed_work(s->k, &s->dw, 100 * US);
	for (u32 i = 1; i <= 100; i++) {
		check(kthread_queue_work(s->worker, &s->work));
		kthread_flush_work(s->worker, &s->work);
		check(s->works == i);
	}
	kthread_worker_destroy(s->worker);
	while (READ_ONCE(s->delayed) < 3)
		kernel_sleep_until(s->k, mach_now() + 100 * US);
	cancel_delayed_work_sync(s->k, &s->dw);
	synchronize_rcu();
	thread_done(s);
}

static void affinity_changer(void *arg)
{
	const struct task_sched_attr fifo = { .policy = SCHED_FIFO, .rt_priority = 7 }, normal = { 0 };
	struct shared *s = arg;

	for (u32 i = 0; i < 100; i++) {
		struct cpumask m = cpu_mask1(i % 4);

		check(__sched_setaffinity(current, &m) == 0);
		check(smp_processor_id() == i % 4);
		set_user_nice(current, (int)(i % 40) - 20);
		if (i % 10 == 0)
			check(!__sched_setscheduler(current, i % 20 ? &fifo : &normal));
	}
	thread_done(s);
}

static struct user_sync syncs[2];
static const struct user_call waits[] = {
	{ .op = USER_WAIT, .sync = &syncs[0] },
	{ .op = USER_RUN, .ns = 5 * US },
	{ .op = USER_POST, .sync = &syncs[1] },
};
static const struct user_call posts[] = {
	{ .op = USER_POST, .sync = &syncs[0] }, { .op = USER_YIELD }, { .op = USER_WAIT, .sync = &syncs[1] },
};
static const struct user_call sleeps[] = {
	{ .op = USER_SLEEP_UNTIL, .ns = 50 * US }, { .op = USER_RUN, .ns = 30 * US },
};
static const struct user_call brief[] = { { .op = USER_RUN, .ns = 20 * US } };

static void kernel_code_is_free_of_races(void **state)
{
	struct env *e = threads_env();
	struct shared s = { .k = e->k, .nr_threads = 6 };
	struct result r[48] = { 0 };

	memset(syncs, 0, sizeof(syncs));
	init_completion(&s.ping);
	init_completion(&s.pong);
	mutex_init(&s.lock);
	for (int i = 0; i < 4; i++) {
		add_task(e, "wait", 0, NULL, 0, script_new(waits, 3, true, &r[i]));
		add_task(e, "post", 0, NULL, 0, script_new(posts, 3, true, &r[4 + i]));
		add_task(e, "sleep", i, NULL, 0, script_new(sleeps, 2, true, &r[8 + i]));
	}
	for (int i = 0; i < 30; i++)
		add_task(e, "brief", 0, NULL, i * 50 * US, script_new(brief, 1, false, &r[16 + i]));
	kernel_add_thread(e->k, "pinger", 64 << 10, pinger, &s, 0);
	kernel_add_thread(e->k, "ponger", 64 << 10, ponger, &s, 0);
	kernel_add_thread(e->k, "counter", 64 << 10, counter, &s, 0);
	kernel_add_thread(e->k, "counter", 64 << 10, counter, &s, 0);
	kernel_add_thread(e->k, "works", 64 << 10, worker_user, &s, 0);
	kernel_add_thread(e->k, "affine", 64 << 10, affinity_changer, &s, 0);
	threads_run(kernel_machine(e->k));
	assert_int_equal(s.finished, 6);
	assert_int_equal(s.pongs, 300);
	assert_int_equal(s.count, 400);
	assert_true(r[4].rounds > 0);
	env_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_code_is_free_of_races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
