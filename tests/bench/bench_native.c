// SPDX-License-Identifier: GPL-2.0-only
/*
 * The speed of the simulation without BPF: a scheduler in C with the policy of scx_simple (one queue in the order of
 * virtual time) on the machine, kernel and sinks that `uscx run` has. scripts/bench runs it under callgrind and not.
 *
 *	bench_native CPUS SLEEPERS HOGS MILLISECONDS [HZ [SEED]]
 *
 * Prints one line of JSON: what was counted, and the trace hash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kabi/btf.h"
#include "sched/ext/kfuncs.h"
#include "sched/ext/scx.h"
#include "sched/kernel.h"
#include "trace/hash.h"
#include "trace/stats.h"
#include "workload/workload.h"

#define SHARED_DSQ	0
#define SLICE_NS	SCX_SLICE_DFL
/* The scheduler is loaded by then. */
#define START_NS	50000000ull

struct bench {
	struct kernel *k;
	struct scx_sched *sch;
	u64 vtime_now;
};

/* --- the scheduler --- */

static bool before(u64 a, u64 b) { return (s64)(a - b) < 0; }

static s32 simple_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(sch, p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SLICE_NS, 0);
	return cpu;
}

static void simple_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct bench *b = scx_sched_priv(sch);
	u64 vtime = p->scx.dsq_vtime;

	if (before(vtime, b->vtime_now - SLICE_NS))
		vtime = b->vtime_now - SLICE_NS;
	scx_bpf_dsq_insert_vtime(sch, p, SHARED_DSQ, SLICE_NS, vtime, enq_flags);
}

static void simple_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_dsq_move_to_local(sch, SHARED_DSQ, 0);
}

static void simple_running(struct scx_sched *sch, struct task_struct *p)
{
	struct bench *b = scx_sched_priv(sch);

	if (before(b->vtime_now, p->scx.dsq_vtime))
		b->vtime_now = p->scx.dsq_vtime;
}

static void simple_stopping(struct scx_sched *sch, struct task_struct *p, bool runnable)
{
	p->scx.dsq_vtime += (SLICE_NS - p->scx.slice) * 100 / p->scx.weight;
}

static void simple_enable(struct scx_sched *sch, struct task_struct *p)
{
	struct bench *b = scx_sched_priv(sch);

	p->scx.dsq_vtime = b->vtime_now;
}

static s32 simple_init(struct scx_sched *sch)
{
	return scx_bpf_create_dsq(sch, SHARED_DSQ, -1);
}

static void load(void *arg)
{
	struct bench *b = arg;
	struct scx_ops ops = {
		.select_cpu = simple_select_cpu, .enqueue = simple_enqueue, .dispatch = simple_dispatch,
		.running = simple_running, .stopping = simple_stopping, .enable = simple_enable, .init = simple_init,
		.name = "native_simple", .priv = b,
	};

	if (scx_enable(b->k, &ops, &b->sch)) {
		fprintf(stderr, "bench_native: the scheduler is not loaded\n");
		exit(1);
	}
	kernel_sleep_until(b->k, ~0ull);
}

/* --- the run --- */

static u64 cpu_ns(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000000ull +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000ull;
}

/* The line of the workload language for tasks that run for 1 ms and sleep for 1 ms, and such that never sleep. */
static char *workload_line(u32 sleepers, u32 hogs)
{
	char *line = malloc(8 + sleepers * 16ul + hogs * 4ul), *at = stpcpy(line, "wl:");

	while (sleepers--)
		at = stpcpy(at, "slp:1000:1000 ");
	while (hogs--)
		at = stpcpy(at, "hog ");
	return line;
}

int main(int argc, char **argv)
{
	struct trace *trace = trace_create();
	struct bench b = { 0 };
	struct topology topo;
	struct workload w;
	struct gmem *g;
	struct kernel_config cfg = {
		.topo = &topo, .trace = trace, .machine_create = sim_create, .version = kabi_version_find("7.2"),
	};
	const struct stat_counts *n;
	void *stats, *hash;
	char err[512], *line;
	struct rusage ru;
	u64 end_ns;

	if (argc < 5) {
		fprintf(stderr, "usage: bench_native CPUS SLEEPERS HOGS MILLISECONDS [HZ [SEED]]\n");
		return 1;
	}
	line = workload_line(atoi(argv[2]), atoi(argv[3]));
	end_ns = START_NS + strtoull(argv[4], NULL, 10) * 1000000;
	cfg.hz = argc > 5 ? atoi(argv[5]) : 100;
	cfg.seed = argc > 6 ? strtoull(argv[6], NULL, 10) : 1;
	if (gmem_create(&g, err, sizeof(err)) || topology_parse(&topo, argv[1], err, sizeof(err)) ||
	    workload_open(&w, line, topo.nr_cpus, cfg.seed, err, sizeof(err))) {
		fprintf(stderr, "bench_native: %s\n", err);
		return 1;
	}
	cfg.gmem = g;
	if (!trace || trace_stats_create(&stats) || trace_hash_create(&hash))
		return 1;
	trace_add_sink(trace, &trace_stats_ops, stats);
	trace_add_sink(trace, &trace_hash_ops, hash);
	if (kernel_create(&b.k, &cfg, err, sizeof(err))) {
		fprintf(stderr, "bench_native: %s\n", err);
		return 1;
	}
	if (kernel_add_thread(b.k, "loader", 1 << 20, load, &b, 0) < 0)
		return 1;
	for (u32 i = 0; i < w.nr_tasks; i++) {
		if (kernel_add_task(b.k, &w.tasks[i].spec, START_NS + w.tasks[i].start_ns))
			return 1;
		w.tasks[i].spec.program = NULL;
	}
	sim_run(kernel_machine(b.k), end_ns);
	trace_finish(trace, end_ns);
	n = trace_stats_counts(stats);
	getrusage(RUSAGE_SELF, &ru);
	printf("{\"switches\": %llu, \"wakeups\": %llu, \"ticks\": %llu, \"virtual_ns\": %llu, \"cpu_ns\": %llu, "
	       "\"max_rss_kb\": %ld, \"trace_hash\": \"%016llx\"}\n",
	       (unsigned long long)n->switches, (unsigned long long)n->wakeups, (unsigned long long)n->ticks,
	       (unsigned long long)end_ns, (unsigned long long)cpu_ns(), ru.ru_maxrss,
	       (unsigned long long)trace_hash_value(hash));
	kernel_destroy(b.k);
	trace_destroy(trace);
	workload_close(&w);
	topology_free(&topo);
	gmem_destroy(g);
	free(line);
	return 0;
}
