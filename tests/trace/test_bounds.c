/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the sinks is bounded by tasks, CPUs and DSQs, not by events; what each event costs is printed. */
#include <time.h>

#include "tests/trace/stream.h"
#include "trace/hash.h"
#include "trace/perfetto.h"
#include "trace/stats.h"

#define CPUS 16
#define TASKS 200

struct load {
	struct trace *t;
	u64 now[CPUS];
	s32 curr[CPUS];
	u64 seed;
	u64 dsq;		/* last one made */
};

static u32 rnd(struct load *l, u32 n)
{
	l->seed = l->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (l->seed >> 33) % n;
}

/* About the mix of a busy machine: for each switch a wake-up, two operations and the DSQ they work on. */
static void run(struct load *l, u64 nr_events)
{
	u64 i;

	for (i = 0; i < nr_events; i += 10) {
		u32 cpu = rnd(l, CPUS);
		s32 p = 1 + cpu + CPUS * rnd(l, TASKS / CPUS - 1), prev = l->curr[cpu];
		u64 now = l->now[cpu] += 500 + rnd(l, 20000), dsq = rnd(l, 4);
		bool sleeps = rnd(l, 2);

		if (p == prev)
			p = 0;
		st_waking(l->t, now, cpu, 1 + rnd(l, TASKS), cpu);
		st_wakeup(l->t, now + 1, cpu, 1 + rnd(l, TASKS), cpu);
		trace_emit(l->t, TE_SCX_OP, now + 10, cpu, p, 1, 0, 0, 0);
		trace_emit(l->t, TE_DSQ_INSERT, now + 20, cpu, p, dsq, rnd(l, 50), 0, 0);
		trace_emit(l->t, TE_SCX_OP_END, now + 30, cpu, p, 1, 0, 40, 0);
		trace_emit(l->t, TE_SCX_OP, now + 40, cpu, p, 3, 0, 0, 0);
		trace_emit(l->t, TE_DSQ_REMOVE, now + 50, cpu, p, dsq, rnd(l, 50), 0, 0);
		trace_emit(l->t, TE_SCX_OP_END, now + 60, cpu, p, 3, 0, 40, 0);
		trace_emit(l->t, TE_RUNTIME, now + 70, cpu, prev, 1000, 0, 0, 0);
		if (p != prev)
			st_switch(l->t, now + 100, cpu, prev, sleeps ? TASK_INTERRUPTIBLE : PREEMPTED, p);
		l->curr[cpu] = p;
	}
}

/* DSQs that come and go */
static void run_dsqs(struct load *l, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++) {
		trace_emit(l->t, TE_DSQ_NEW, l->now[0], 0, -1, ++l->dsq, 0, 0, 0);
		trace_emit(l->t, TE_DSQ_DEL, l->now[0], 0, -1, l->dsq, 0, 0, 0);
	}
}

static void load_begin(struct load *l)
{
	int i;

	memset(l, 0, sizeof(*l));
	l->t = trace_create();
	l->seed = 1;
	for (i = 0; i < CPUS; i++)
		st_cpu(l->t, i);
	for (i = 1; i <= TASKS; i++)
		st_task(l->t, 0, i, "task", 0);
}

static u64 rss_kb(void)
{
	unsigned long size, rss;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_int_equal(fscanf(f, "%lu %lu", &size, &rss), 2);
	fclose(f);
	return rss * 4;
}

static u64 host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Feed the sinks; @nr events after a warm-up must not take memory. */
static void assert_bounded(struct load *l, const char *what, u64 warm_up, u64 nr)
{
	u64 rss, start;

	run(l, warm_up);
	rss = rss_kb();
	start = host_ns();
	run(l, nr);
	print_message("%s: %.1f ns for each event, emitting included\n", what,
		      (double)(host_ns() - start) / nr);
	run_dsqs(l, nr / 4);
	/* a histogram may see a new octave here and there; the stream has 48 bytes for each event */
	assert_true(rss_kb() <= rss + 1024);
	assert_int_equal(trace_finish(l->t, l->now[0] + 1000000), 0);
	trace_destroy(l->t);
}

static void hash_and_statistics_take_no_memory_for_ten_million_events(void **state)
{
	struct load l;
	void *sink;

	load_begin(&l);
	assert_bounded(&l, "no sink", 0, 2000000);
	load_begin(&l);
	assert_int_equal(trace_hash_create(&sink), 0);
	trace_add_sink(l.t, &trace_hash_ops, sink);
	assert_int_equal(trace_stats_create(&sink), 0);
	trace_add_sink(l.t, &trace_stats_ops, sink);
	assert_bounded(&l, "hash and statistics", 2000000, 10000000);
}

static void a_perfetto_trace_takes_no_memory_for_a_million_events(void **state)
{
	struct perfetto_options opt = { .ops = true };
	struct load l;
	char err[256];
	void *sink;

	load_begin(&l);
	assert_int_equal(perfetto_create("/dev/null", &opt, &sink, err, sizeof(err)), 0);
	trace_add_sink(l.t, &perfetto_ops, sink);
	assert_bounded(&l, "Perfetto", 200000, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_and_statistics_take_no_memory_for_ten_million_events),
		cmocka_unit_test(a_perfetto_trace_takes_no_memory_for_a_million_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
