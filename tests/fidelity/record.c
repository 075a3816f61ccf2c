// SPDX-License-Identifier: GPL-2.0-only
/*
 * record - run a scheduler like `uscx run` and print every call of an operation as uscx run --trace FILE.ops writes it,
 * but with the workload started at a given time after a tick, or before the scheduler is loaded.
 *
 * usage: record KERNEL CPUS HZ SEED PHASE_US OBJECT.bpf.o WORKLOAD [VAR=VALUE...]
 *
 * PHASE_US is the time from a tick to the start of the workload, which `uscx run` leaves to the seed: how periodic tasks
 * lie against the tick decides where slices end. Negative: the workload starts at once, and the scheduler is loaded after
 * that time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bpf/bpf.h"
#include "kabi/btf.h"
#include "loader/loader.h"
#include "sched/ext/scx.h"
#include "sched/kernel.h"
#include "trace/ops.h"
#include "workload/workload.h"

#define SEC_NS		1000000000ull
#define LIMIT_NS	(10 * SEC_NS)	/* for attaching, and for detaching */

static void die(const char *what)
{
	fprintf(stderr, "record: %s\n", what);
	exit(1);
}

static void ended(void *arg)
{
	*(bool *)arg = true;
}

static void add_tasks(struct kernel *k, struct workload *w, u64 start_ns)
{
	for (u32 i = 0; i < w->nr_tasks; i++) {
		if (kernel_add_task(k, &w->tasks[i].spec, start_ns + w->tasks[i].start_ns))
			die("out of memory");
		w->tasks[i].spec.program = NULL;	/* the kernel's from here on */
	}
}

static void advance(struct kernel *k, u64 until_ns)
{
	if (sim_run(kernel_machine(k), until_ns) == RUN_DEADLOCK)
		die("the machine is in a deadlock");
}

int main(int argc, char **argv)
{
	const struct kabi_version *version;
	struct trace *trace = trace_create();
	struct workload workload;
	struct topology topo;
	struct gmem *gmem;
	struct kernel *k;
	struct bpf_rt *rt;
	struct loader *loader;
	bool done = false;
	void *sink;
	char err[512] = "";
	void *btf;
	size_t btf_len;
	u64 tick_ns, start_ns = 0;
	s64 phase_ns;
	u32 hz;

	if (argc < 8) {
		fprintf(stderr, "usage: record KERNEL CPUS HZ SEED PHASE_US OBJECT.bpf.o WORKLOAD [VAR=VALUE...]\n");
		return 2;
	}
	version = kabi_version_find(argv[1]);
	if (!version)
		die("no such kernel");
	hz = atoi(argv[3]);
	phase_ns = atoi(argv[5]) * 1000ll;
	if (topology_parse(&topo, argv[2], err, sizeof(err)) ||
	    workload_open(&workload, argv[7], topo.nr_cpus, 1, err, sizeof(err)) || gmem_create(&gmem, err, sizeof(err)) ||
	    ops_create("/proc/self/fd/1", &sink, err, sizeof(err)) || trace_add_sink(trace, &ops_sink_ops, sink) ||
	    kernel_create(&k, &(struct kernel_config){
			.topo = &topo, .seed = atoi(argv[4]), .hz = hz, .version = version, .trace = trace, .gmem = gmem,
			.machine_create = sim_create }, err, sizeof(err)) ||
	    kabi_btf_for_hz(version, hz, &btf, &btf_len) ||
	    bpf_rt_create(&rt, &(struct bpf_rt_config){
			.gmem = gmem, .kernel = k, .nr_cpus = topo.nr_cpus, .version = version, .btf = btf,
			.btf_len = btf_len }, err, sizeof(err)) ||
	    loader_start(&loader, &(struct loader_config){
			.kernel = k, .rt = rt, .version = version, .btf = btf, .btf_len = btf_len, .nr_cpus = topo.nr_cpus,
			.hz = hz, .path = argv[6], .sets = (const char *const *)argv + 8, .nr_sets = argc - 8,
			.start_ns = phase_ns < 0 ? -phase_ns : 0, .done = ended, .arg = &done }, err, sizeof(err)))
		die(err);
	tick_ns = SEC_NS / hz;
	if (phase_ns < 0)
		add_tasks(k, &workload, start_ns);
	for (u64 now = tick_ns; loader_result(loader)->state == LOADER_STARTING && now < LIMIT_NS; now += tick_ns)
		advance(k, now);
	if (loader_result(loader)->state != LOADER_ATTACHED)
		die(loader_result(loader)->msg);
	if (phase_ns >= 0) {
		start_ns = (sim_now(kernel_machine(k)) / tick_ns + 1) * tick_ns + phase_ns;
		add_tasks(k, &workload, start_ns);
	}
	/* the tasks need a little longer than the workload to leave */
	advance(k, start_ns + workload.duration_ns + SEC_NS / 2);
	loader_stop(loader);
	for (u64 end = sim_now(kernel_machine(k)) + LIMIT_NS; !done && sim_now(kernel_machine(k)) < end;)
		advance(k, sim_now(kernel_machine(k)) + tick_ns);
	if (trace_finish(trace, sim_now(kernel_machine(k))))
		die(trace->error_msg);
	loader_free(loader);
	kernel_destroy(k);
	bpf_rt_destroy(rt);
	trace_destroy(trace);
	workload_close(&workload);
	topology_free(&topo);
	gmem_destroy(gmem);
	free(btf);
	return 0;
}
