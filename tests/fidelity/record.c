// SPDX-License-Identifier: GPL-2.0-only
/*
 * record - the operations of a scheduler that uscx calls, as text, in the format of the recordings of real kernels in
 * tests/data (see the README there):
 *
 *	TIME CPU OP TASK ARGS [-> RETURN]
 *
 * usage: record CPUS HZ SEED PHASE_US OBJECT.bpf.o WORKLOAD [VAR=VALUE...]
 *
 * PHASE_US is the time from a tick to the start of the workload, which `uscx run` leaves to the seed: how periodic tasks
 * lie against the tick decides where slices end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf.h"
#include "kabi/btf.h"
#include "kabi/ops.h"
#include "loader/loader.h"
#include "sched/ext/scx.h"
#include "sched/kernel.h"
#include "workload/workload.h"

#define LIMIT_NS	(10 * SEC_NS)	/* for attaching, and for detaching */
#define MAX_NESTED	8		/* operations that call each other on one CPU */
#define NR_OPS		(sizeof(struct sched_ext_ops) / 8)
#define SEC_NS		1000000000ull

enum arg_format {
	NO_ARG,
	DECIMAL,
	HEX,
};

/* What is known of each operation's arguments: a row per operation, the scalars in the order of the event's arguments. */
static const struct op_format {
	const char *name;
	bool returns;
	struct {
		const char *name;
		enum arg_format format;
	} args[2];
} op_formats[NR_OPS] = {
#define OP(op, ...) [offsetof(struct sched_ext_ops, op) / 8] = { #op, __VA_ARGS__ }
	OP(select_cpu, true, { { "prev_cpu", DECIMAL }, { "wake_flags", HEX } }),
	OP(enqueue, false, { { "enq_flags", HEX } }),
	OP(dequeue, false, { { "deq_flags", HEX } }),
	OP(dispatch, false, { { "cpu", DECIMAL } }),
	OP(tick),
	OP(runnable, false, { { "enq_flags", HEX } }),
	OP(running),
	OP(stopping, false, { { "runnable", DECIMAL } }),
	OP(quiescent, false, { { "deq_flags", HEX } }),
	OP(yield, true),
	OP(set_weight, false, { { "weight", DECIMAL } }),
	OP(set_cpumask),
	OP(update_idle, false, { { "cpu", DECIMAL }, { "idle", DECIMAL } }),
	OP(init_task, true, { { "args.fork", DECIMAL } }),
	OP(exit_task, false, { { "args.cancelled", DECIMAL } }),
	OP(enable),
	OP(disable),
	OP(cpu_acquire, false, { { "cpu", DECIMAL } }),
	OP(cpu_release, false, { { "cpu", DECIMAL }, { "args.reason", DECIMAL } }),
	OP(init, true),
	OP(exit, false, { { "info.kind", DECIMAL } }),
#undef OP
};

struct record {
	u64 time_ns;
	u64 args[2];
	u64 ret;
	s32 pid;
	u16 cpu, op;
	u32 seq;
};

struct name {
	s32 pid;
	char comm[17];
};

/* The sink: all operations, and the names of the tasks. */
struct recorder {
	struct record *records;
	u32 nr, max;
	struct name *names;
	u32 nr_names, max_names;
	u32 open[NR_CPUS][MAX_NESTED];		/* records that have not returned, innermost last */
	u32 nr_open[NR_CPUS];
};

static void die(const char *what)
{
	fprintf(stderr, "record: %s\n", what);
	exit(1);
}

/* One more element at the end of an array. */
static void *grow(void *array, u32 nr, u32 *max, size_t size)
{
	if (nr < *max)
		return array;
	*max = *max ? 2 * *max : 1024;
	array = realloc(array, *max * size);
	if (!array)
		die("out of memory");
	return array;
}

static void name_task(struct recorder *r, const struct trace_event *ev)
{
	u32 i = 0;

	while (i < r->nr_names && r->names[i].pid != ev->pid)
		i++;
	if (i == r->nr_names) {
		r->names = grow(r->names, r->nr_names, &r->max_names, sizeof(*r->names));
		r->names[r->nr_names++].pid = ev->pid;
	}
	trace_unpack(r->names[i].comm, ev->arg, 2);
	for (char *c = r->names[i].comm; *c; c++)
		if (*c == ' ')
			*c = '_';
}

static void op_begins(struct recorder *r, const struct trace_event *ev)
{
	u32 *nr_open = &r->nr_open[ev->cpu];

	r->records = grow(r->records, r->nr, &r->max, sizeof(*r->records));
	if (*nr_open == MAX_NESTED || ev->arg[0] >= NR_OPS || !op_formats[ev->arg[0]].name)
		die("an operation that it does not know");
	r->open[ev->cpu][(*nr_open)++] = r->nr;
	r->records[r->nr] = (struct record){
		.time_ns = ev->time_ns, .args = { ev->arg[1], ev->arg[2] }, .pid = ev->pid, .cpu = ev->cpu, .op = ev->arg[0],
		.seq = r->nr,
	};
	r->nr++;
}

/* An operation that slept may return on another CPU than it was called on. */
static void op_ends(struct recorder *r, const struct trace_event *ev)
{
	for (u32 i = 0; i < NR_CPUS; i++) {
		u32 cpu = (ev->cpu + i) % NR_CPUS;
		struct record *rec;

		if (!r->nr_open[cpu])
			continue;
		rec = &r->records[r->open[cpu][r->nr_open[cpu] - 1]];
		if (rec->op == ev->arg[0] && rec->pid == ev->pid) {
			rec->ret = ev->arg[1];
			r->nr_open[cpu]--;
			return;
		}
	}
	die("an operation returned that was not called");
}

static int record_events(void *sink, const struct trace_event *ev, size_t n)
{
	struct recorder *r = sink;

	for (const struct trace_event *end = ev + n; ev < end; ev++) {
		if (ev->type == TE_TASK_NEW || ev->type == TE_TASK_COMM)
			name_task(r, ev);
		else if (ev->type == TE_SCX_OP)
			op_begins(r, ev);
		else if (ev->type == TE_SCX_OP_END)
			op_ends(r, ev);
	}
	return 0;
}

static void print_task(const struct recorder *r, s32 pid)
{
	for (u32 i = 0; pid > 0 && i < r->nr_names; i++) {
		if (r->names[i].pid == pid) {
			printf(" %s-%d", r->names[i].comm, pid);
			return;
		}
	}
	printf(" -");
}

static void print_record(const struct recorder *r, const struct record *rec)
{
	const struct op_format *f = &op_formats[rec->op];

	printf("%llu.%09llu %u %s", (unsigned long long)(rec->time_ns / SEC_NS),
	       (unsigned long long)(rec->time_ns % SEC_NS), rec->cpu, f->name);
	print_task(r, rec->pid);
	for (u32 i = 0; i < 2 && f->args[i].format; i++)
		printf(f->args[i].format == HEX ? " %s=%#llx" : " %s=%lld", f->args[i].name,
		       (unsigned long long)rec->args[i]);
	if (f->returns)
		printf(" -> %d", (s32)rec->ret);
	printf("\n");
}

/* By time; at the same time, which only different CPUs can have, as they were emitted. */
static int by_time(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void ended(void *arg)
{
	*(bool *)arg = true;
}

static void advance(struct kernel *k, u64 until_ns)
{
	if (sim_run(kernel_machine(k), until_ns) == RUN_DEADLOCK)
		die("the machine is in a deadlock");
}

int main(int argc, char **argv)
{
	static const struct trace_sink_ops sink = { .name = "record", .events = record_events };
	static struct recorder recorder;
	const struct kabi_version *version = kabi_version_find("7.2");
	struct trace *trace = trace_create();
	struct workload workload;
	struct topology topo;
	struct gmem *gmem;
	struct kernel *k;
	struct bpf_rt *rt;
	struct loader *loader;
	bool done = false;
	char err[512] = "";
	void *btf;
	size_t btf_len;
	u64 tick_ns, start_ns;
	u32 hz;

	if (argc < 7) {
		fprintf(stderr, "usage: record CPUS HZ SEED PHASE_US OBJECT.bpf.o WORKLOAD [VAR=VALUE...]\n");
		return 2;
	}
	hz = atoi(argv[2]);
	if (topology_parse(&topo, argv[1], err, sizeof(err)) ||
	    workload_open(&workload, argv[6], topo.nr_cpus, 1, err, sizeof(err)) || gmem_create(&gmem, err, sizeof(err)) ||
	    trace_add_sink(trace, &sink, &recorder) ||
	    kernel_create(&k, &(struct kernel_config){
			.topo = &topo, .seed = atoi(argv[3]), .hz = hz, .version = version, .trace = trace, .gmem = gmem,
			.machine_create = sim_create }, err, sizeof(err)) ||
	    kabi_btf_for_hz(version, hz, &btf, &btf_len) ||
	    bpf_rt_create(&rt, &(struct bpf_rt_config){
			.gmem = gmem, .kernel = k, .nr_cpus = topo.nr_cpus, .version = version, .btf = btf,
			.btf_len = btf_len }, err, sizeof(err)) ||
	    loader_start(&loader, &(struct loader_config){
			.kernel = k, .rt = rt, .version = version, .btf = btf, .btf_len = btf_len, .nr_cpus = topo.nr_cpus,
			.hz = hz, .path = argv[5], .sets = (const char *const *)argv + 7, .nr_sets = argc - 7,
			.done = ended, .arg = &done }, err, sizeof(err)))
		die(err);
	tick_ns = SEC_NS / hz;
	for (u64 now = tick_ns; loader_result(loader)->state == LOADER_STARTING && now < LIMIT_NS; now += tick_ns)
		advance(k, now);
	if (loader_result(loader)->state != LOADER_ATTACHED)
		die(loader_result(loader)->msg);
	start_ns = (sim_now(kernel_machine(k)) / tick_ns + 1) * tick_ns + (u64)atoi(argv[4]) * 1000;
	for (u32 i = 0; i < workload.nr_tasks; i++) {
		if (kernel_add_task(k, &workload.tasks[i].spec, start_ns + workload.tasks[i].start_ns))
			die("out of memory");
		workload.tasks[i].spec.program = NULL;
	}
	/* the tasks need a little longer than the workload to leave */
	advance(k, start_ns + workload.duration_ns + SEC_NS / 2);
	loader_stop(loader);
	for (u64 end = sim_now(kernel_machine(k)) + LIMIT_NS; !done && sim_now(kernel_machine(k)) < end;)
		advance(k, sim_now(kernel_machine(k)) + tick_ns);
	trace_finish(trace, sim_now(kernel_machine(k)));
	qsort(recorder.records, recorder.nr, sizeof(*recorder.records), by_time);
	for (u32 i = 0; i < recorder.nr; i++)
		print_record(&recorder, &recorder.records[i]);
	loader_free(loader);
	kernel_destroy(k);
	bpf_rt_destroy(rt);
	trace_destroy(trace);
	workload_close(&workload);
	topology_free(&topo);
	gmem_destroy(gmem);
	free(btf);
	free(recorder.records);
	free(recorder.names);
	return 0;
}
