// SPDX-License-Identifier: GPL-2.0-only
/*
 * `uscx run`: put a machine, a kernel, the BPF subsystem, a loader and a workload together, run them, and say what
 * happened.
 *
 * The run has three parts: the loader attaches the scheduler; the workload starts, at a phase of the tick that the seed
 * chooses, and goes on for the duration or until its tasks are gone; the loader is told to stop and detaches.
 * Whatever stops it, exactly one message on standard error says so.
 */
#include "cmd/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bpf/bpf.h"
#include "cmd/options.h"
#include "cmd/status.h"
#include "front/front.h"
#include "kabi/btf.h"
#include "loader/loader.h"
#include "sched/ext/scx.h"
#include "sched/incident.h"
#include "sched/kernel.h"
#include "trace/ftrace.h"
#include "trace/hash.h"
#include "trace/ops.h"
#include "trace/perfetto.h"
#include "trace/result.h"
#include "trace/text.h"
#include "workload/workload.h"

#define DEFAULT_WORKLOAD	"wl:hog hog@5 per:10000:2000 slp:1000:1000"
#define DEFAULT_DURATION_NS	10000000000ull
/* Attaching takes milliseconds; a scheduler may stall the loader for as long as the watchdog lets it. */
#define ATTACH_LIMIT_NS		120000000000ull
#define DETACH_LIMIT_NS		120000000000ull
#define STALL_HINT		"; every runnable task must be dispatched within ops.timeout_ms"

struct run {
	struct run_options opt;
	struct workload workload;
	bool have_workload;
	struct topology topo;
	bool have_topo;
	struct gmem *gmem;
	struct trace *trace;
	void *stats, *hash;			/* sinks of @trace */
	void *btf;
	size_t btf_len;
	struct kernel *kernel;
	struct bpf_rt *rt;
	struct loader *loader;			/* NULL: @front */
	struct front *front;			/* NULL: @loader */
	FILE *json;				/* --json */
	u64 start_ns;				/* of the workload */
	u64 duration_ns;
	bool loader_done;
	struct timespec began;
	char err[4096];				/* the message when something fails */
};

/*
 * The one message of a failure. Names and texts in it come from files, whose control characters the terminal must not see.
 */
__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	char text[5120], clean[5120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "uscx: %s\n", text_clean(clean, sizeof(clean), text));
}

static u64 wall_ns(const struct run *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - r->began.tv_sec) * 1000000000ll + now.tv_nsec - r->began.tv_nsec;
}

/* --- setting up --- */

/* What one --trace asks for. */
static int add_trace(struct run *r, const char *file, enum trace_format format)
{
	struct perfetto_options popt = { .kernel = r->opt.kernel->name, .ops = true };
	struct ftrace_options fopt = { .group_dead = r->opt.kernel->id == KABI_7_2 };
	const struct trace_sink_ops *ops;
	void *sink;
	int ret;

	switch (format) {
	case TRACE_PERFETTO:
		ops = &perfetto_ops;
		ret = perfetto_create(file, &popt, &sink, r->err, sizeof(r->err));
		break;
	case TRACE_FTRACE:
		ops = &ftrace_sink_ops;
		ret = ftrace_create(file, &fopt, &sink, r->err, sizeof(r->err));
		break;
	default:	/* TRACE_OPS */
		ops = &ops_sink_ops;
		ret = ops_create(file, &sink, r->err, sizeof(r->err));
		break;
	}
	return ret ? ret : trace_add_sink(r->trace, ops, sink);
}

static int setup_trace(struct run *r)
{
	int ret;

	r->trace = trace_create();
	if (!r->trace)
		return -ENOMEM;
	ret = trace_stats_create(&r->stats);
	if (!ret)
		ret = trace_add_sink(r->trace, &trace_stats_ops, r->stats);
	if (!ret)
		ret = trace_hash_create(&r->hash);
	if (!ret)
		ret = trace_add_sink(r->trace, &trace_hash_ops, r->hash);
	for (u32 i = 0; !ret && i < r->opt.nr_traces; i++)
		ret = add_trace(r, r->opt.traces[i], r->opt.trace_formats[i]);
	return ret;
}

/* Before the run: nobody wants to learn after it that its result has no place to go. */
static int open_json(struct run *r)
{
	if (!r->opt.json)
		return 0;
	r->json = strcmp(r->opt.json, "-") ? fopen(r->opt.json, "w") : stdout;
	if (r->json)
		return 0;
	snprintf(r->err, sizeof(r->err), "--json %s: cannot be written: %s", r->opt.json, strerror(errno));
	return -EIO;
}

/* What the user gave: each fault is a message and STATUS_USAGE. */
static int setup_inputs(struct run *r)
{
	const char *w = r->opt.workload ? r->opt.workload : DEFAULT_WORKLOAD;
	/* a class that has SCHED_EXT tasks only would have nothing to do */
	u32 policy = r->opt.kernel->id == KABI_2022 ? SCHED_EXT : SCHED_NORMAL;

	if (topology_parse(&r->topo, r->opt.machine, r->err, sizeof(r->err)))
		return STATUS_USAGE;
	r->have_topo = true;
	if (workload_open_as(&r->workload, w, r->topo.nr_cpus, r->opt.seed, policy, r->err, sizeof(r->err)))
		return STATUS_USAGE;
	r->have_workload = true;
	r->duration_ns = r->opt.duration_ns;
	if (!r->duration_ns)
		r->duration_ns = r->workload.duration_ns ? r->workload.duration_ns : DEFAULT_DURATION_NS;
	for (u32 i = 0; i < r->opt.nr_events; i++) {
		if (r->opt.events[i].ns < r->duration_ns)
			continue;
		snprintf(r->err, sizeof(r->err), "--at %s %s: the workload runs for %g s only; --duration sets it",
			 r->opt.events[i].time, r->opt.events[i].what->name, r->duration_ns / 1e9);
		return STATUS_USAGE;
	}
	return setup_trace(r) || open_json(r) ? STATUS_USAGE : STATUS_OK;
}

static void loader_done(void *arg)
{
	struct run *r = arg;

	r->loader_done = true;
	mach_stop(kernel_machine(r->kernel));
}

/* The last task of the workload is gone: nothing more to see. */
static void task_gone(void *arg, struct task_struct *p)
{
	struct run *r = arg;

	if (!kernel_nr_user_tasks(r->kernel))
		mach_stop(kernel_machine(r->kernel));
}

static int start_front(struct run *r)
{
	struct front_config fc = {
		.kernel = r->kernel, .rt = r->rt, .version = r->opt.kernel, .btf = r->btf, .btf_len = r->btf_len,
		.nr_cpus = r->topo.nr_cpus, .seed = r->opt.seed, .argv = r->opt.loader, .host_limit_ms = r->opt.host_limit_ms,
		.stdout_to_stderr = r->json == stdout, .done = loader_done, .arg = r,
	};

	return front_start(&r->front, &fc, r->err, sizeof(r->err)) ? STATUS_USAGE : STATUS_OK;
}

static int setup_kernel(struct run *r)
{
	struct kernel_config kc = {
		.topo = &r->topo, .costs = &r->opt.costs, .seed = r->opt.seed, .hz = r->opt.hz, .version = r->opt.kernel,
		.trace = r->trace, .machine_create = sim_create, .check_invariants = r->opt.check,
	};
	struct bpf_rt_config bc = { .nr_cpus = r->topo.nr_cpus, .version = r->opt.kernel };
	struct loader_config lc = {
		.version = r->opt.kernel, .nr_cpus = r->topo.nr_cpus, .hz = r->opt.hz, .path = r->opt.object,
		.sets = r->opt.sets, .nr_sets = r->opt.nr_sets, .done = loader_done, .arg = r,
	};

	if (gmem_create(&r->gmem, r->err, sizeof(r->err)))
		return STATUS_INTERNAL;
	kc.gmem = bc.gmem = r->gmem;
	if (kernel_create(&r->kernel, &kc, r->err, sizeof(r->err)))
		return STATUS_INTERNAL;
	kernel_set_exit_fn(r->kernel, task_gone, r);
	if (kabi_btf_for_hz(r->opt.kernel, r->opt.hz, &r->btf, &r->btf_len))
		return STATUS_INTERNAL;
	bc.kernel = lc.kernel = r->kernel;
	bc.btf = lc.btf = r->btf;
	bc.btf_len = lc.btf_len = r->btf_len;
	if (bpf_rt_create(&r->rt, &bc, r->err, sizeof(r->err)))
		return STATUS_INTERNAL;
	lc.rt = r->rt;
	if (r->opt.loader)
		return start_front(r);
	return loader_start(&r->loader, &lc, r->err, sizeof(r->err)) ? STATUS_USAGE : STATUS_OK;
}

static void teardown(struct run *r)
{
	loader_free(r->loader);
	front_free(r->front);
	if (r->kernel)
		kernel_destroy(r->kernel);
	if (r->rt)
		bpf_rt_destroy(r->rt);
	trace_destroy(r->trace);
	if (r->have_workload)
		workload_close(&r->workload);
	if (r->have_topo)
		topology_free(&r->topo);
	if (r->gmem)
		gmem_destroy(r->gmem);
	free(r->btf);
	if (r->json && r->json != stdout)
		fclose(r->json);
	run_options_free(&r->opt);
}

/* --- running --- */

/*
 * Run until @until, the end of the loader or, if @tasks, that of the last task. The end of a loader program does not stop
 * the tasks: without a scheduler they go on under fair. Returns STATUS_INTERNAL on a deadlock.
 */
static int run_until(struct run *r, u64 until, bool tasks)
{
	struct machine *m = kernel_machine(r->kernel);
	enum run_result res;

	while (!r->loader_done || (tasks && r->front)) {
		res = sim_run(m, until);
		if (kernel_violation(r->kernel)) {
			snprintf(r->err, sizeof(r->err), "at %llu ns an invariant does not hold: %s", (unsigned long long)sim_now(m),
				 kernel_violation(r->kernel));
			return STATUS_INTERNAL;
		}
		if (res == RUN_DEADLOCK) {
			snprintf(r->err, sizeof(r->err), "at %llu ns every CPU spins and nothing is due: a deadlock of kernel code",
				 (unsigned long long)sim_now(m));
			return STATUS_INTERNAL;
		}
		if (res == RUN_UNTIL || (tasks && !kernel_nr_user_tasks(r->kernel)))
			break;
	}
	return STATUS_OK;
}

/* The loader does not get on. With the costs as they are the watchdog would have ended whatever keeps it. */
static int stuck(struct run *r, const char *what, u64 limit_ns)
{
	bool costs = memcmp(&r->opt.costs, &mach_costs_default, sizeof(r->opt.costs));

	snprintf(r->err, sizeof(r->err), "%s: did not %s within %llu s of simulated time; %s", r->opt.object, what,
		 (unsigned long long)limit_ns / 1000000000,
		 costs ? "--cost leaves no time for tasks, take smaller numbers" : "this is a bug of uscx");
	return costs ? STATUS_USAGE : STATUS_INTERNAL;
}

static int attach(struct run *r)
{
	struct machine *m = kernel_machine(r->kernel);
	const struct loader_result *lr = loader_result(r->loader);

	/* the loader sleeps once it is attached, which is soon; look often, so that the workload can start then */
	while (lr->state == LOADER_STARTING && !r->loader_done && sim_now(m) < ATTACH_LIMIT_NS) {
		int status = run_until(r, sim_now(m) + m->tick_ns, false);

		if (status)
			return status;
	}
	if (lr->state == LOADER_REFUSED) {
		snprintf(r->err, sizeof(r->err), "%s", lr->msg);
		return lr->bad_input ? STATUS_USAGE : STATUS_REFUSED;
	}
	if (lr->state == LOADER_STARTING)
		return stuck(r, "attach", ATTACH_LIMIT_NS);
	return STATUS_OK;
}

/* The same for a loader program, which is not told when to attach. */
static int attach_front(struct run *r)
{
	struct machine *m = kernel_machine(r->kernel);
	const struct front_result *fr = front_result(r->front);
	const char *colon;

	while (fr->state == FRONT_STARTING && sim_now(m) < ATTACH_LIMIT_NS) {
		int status = run_until(r, sim_now(m) + m->tick_ns, false);

		if (status)
			return status;
	}
	if (fr->attached)
		return STATUS_OK;
	colon = fr->why[0] ? ": " : "";
	if (fr->state == FRONT_STARTING)
		snprintf(r->err, sizeof(r->err), "%s: did not attach a scheduler within %llu s of simulated time%s%s",
			 r->opt.object, ATTACH_LIMIT_NS / 1000000000, colon, fr->why);
	else if (fr->status < 128)
		snprintf(r->err, sizeof(r->err), "%s: ended with exit status %d before it attached a scheduler%s%s",
			 r->opt.object, fr->status, colon, fr->why);
	else
		snprintf(r->err, sizeof(r->err), "%s: died of signal %d before it attached a scheduler%s%s", r->opt.object,
			 fr->status - 128, colon, fr->why);
	return STATUS_REFUSED;
}

static int start_workload(struct run *r)
{
	struct machine *m = kernel_machine(r->kernel);

	r->start_ns = sim_now(m) + 1 + mach_choose(m, CHOOSE_START_PHASE, m->tick_ns);
	for (u32 i = 0; i < r->workload.nr_tasks; i++) {
		struct workload_task *t = &r->workload.tasks[i];

		if (kernel_add_task(r->kernel, &t->spec, r->start_ns + t->start_ns)) {
			snprintf(r->err, sizeof(r->err), "task %s: out of memory", t->spec.comm);
			return STATUS_INTERNAL;
		}
		t->spec.program = NULL;		/* the kernel's from here on */
	}
	for (u32 i = 0; i < r->opt.nr_events; i++)
		if (incident_schedule(r->kernel, r->opt.events[i].what, r->start_ns + r->opt.events[i].ns)) {
			snprintf(r->err, sizeof(r->err), "out of memory");
			return STATUS_INTERNAL;
		}
	return STATUS_OK;
}

/* SIGINT, as from a terminal, and SIGKILL for a loader that does not mind. */
static int end_front(struct run *r)
{
	struct machine *m = kernel_machine(r->kernel);
	const struct front_result *fr = front_result(r->front);
	int status;

	front_interrupt(r->front);
	status = run_until(r, sim_now(m) + DETACH_LIMIT_NS, false);
	if (status)
		return status;
	if (!r->loader_done) {
		snprintf(r->err, sizeof(r->err), "%s: did not end within %llu s of simulated time after SIGINT: killed",
			 r->opt.object, DETACH_LIMIT_NS / 1000000000);
		front_kill(r->front);
		status = run_until(r, sim_now(m) + DETACH_LIMIT_NS, false);
		return status ? status : STATUS_REFUSED;
	}
	if (fr->killed) {
		snprintf(r->err, sizeof(r->err), "%s: %s", r->opt.object, fr->why);
		return STATUS_REFUSED;
	}
	return STATUS_OK;
}

static int run_all(struct run *r)
{
	struct machine *m = kernel_machine(r->kernel);
	int status = r->front ? attach_front(r) : attach(r);

	if (!status && (r->front || !r->loader_done))
		status = start_workload(r);
	if (!status)
		status = run_until(r, r->start_ns + r->duration_ns, true);
	if (status)
		return status;
	if (r->front)
		return end_front(r);
	loader_stop(r->loader);
	status = run_until(r, sim_now(m) + DETACH_LIMIT_NS, false);
	return !status && !r->loader_done ? stuck(r, "detach", DETACH_LIMIT_NS) : status;
}

/* --- saying what happened --- */

static const char *kind_name(enum scx_exit_kind kind)
{
	static const struct {
		enum scx_exit_kind kind;
		const char *name;
	} names[] = {
		{ SCX_EXIT_UNREG, "UNREG" }, { SCX_EXIT_UNREG_BPF, "UNREG_BPF" }, { SCX_EXIT_UNREG_KERN, "UNREG_KERN" },
		{ SCX_EXIT_SYSRQ, "SYSRQ" }, { SCX_EXIT_PARENT, "PARENT" }, { SCX_EXIT_ERROR, "ERROR" },
		{ SCX_EXIT_ERROR_BPF, "ERROR_BPF" }, { SCX_EXIT_ERROR_STALL, "ERROR_STALL" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].kind == kind)
			return names[i].name;
	return NULL;
}

static void print_dump(const char *dump)
{
	static const char rule[] = "================================================================================";
	char line[2048], clean[2048];

	fprintf(stderr, "\nDEBUG DUMP\n%s\n\n", rule);
	while (*dump) {
		size_t n = strcspn(dump, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)n, dump);
		fprintf(stderr, "%s\n", text_clean(clean, sizeof(clean), line));
		dump += n + (dump[n] == '\n');
	}
	fprintf(stderr, "\n%s\n", rule);
}

/* How one scheduler ended, as an exit status; an error is printed with the kernel's dump. */
static int judge_one(struct run *r, const struct scx_result *res)
{
	static const char broke[] = "BPF program broke a rule: ";
	const struct bpf_rt_fault *fault = bpf_rt_fault(r->rt);
	const char *rule = !strncmp(res->msg, broke, strlen(broke)) ? res->msg + strlen(broke) : NULL;
	int status;

	if (res->kind < SCX_EXIT_ERROR)
		return STATUS_OK;
	if (res->kind == SCX_EXIT_ERROR_STALL)
		status = STATUS_STALL;
	else
		status = rule ? STATUS_RULE : STATUS_SCHED_ERROR;
	/* more is known of the first one */
	if (rule && fault && !strncmp(rule, fault->msg, strlen(rule)))
		say("%s: %s", r->opt.object, fault->msg);
	else
		say("%s: the scheduler \"%s\" ended: %s (%s)%s", r->opt.object, res->name, res->reason, res->msg,
		    status == STATUS_STALL ? STALL_HINT : "");
	/* a loader that came to its end has printed it */
	if (res->dump && !r->opt.quiet && !(r->front && front_result(r->front)->status < 128))
		print_dump(res->dump);
	return status;
}

/* All that were loaded: the first that failed decides. */
static int judge(struct run *r)
{
	const struct bpf_rt_fault *fault = bpf_rt_fault(r->rt);
	const char *dumps = scx_sysrq_dumps(r->kernel);
	int status = STATUS_OK;

	if (dumps && !r->opt.quiet)
		print_dump(dumps);
	for (const struct scx_result *res = scx_results(r->kernel); res; res = res->next) {
		int one = judge_one(r, res);

		status = status ? status : one;
	}
	if (!status && fault) {
		say("%s: %s", r->opt.object, fault->msg);
		status = STATUS_RULE;
	}
	return status;
}

static size_t event_counters(const struct scx_event_stats *ev, struct run_counter *c)
{
	static const char *const names[] = {
		"SELECT_CPU_FALLBACK", "DISPATCH_LOCAL_DSQ_OFFLINE", "DISPATCH_KEEP_LAST", "ENQ_SKIP_EXITING",
		"ENQ_SKIP_MIGRATION_DISABLED", "REENQ_IMMED", "REENQ_LOCAL_REPEAT", "REFILL_SLICE_DFL", "BYPASS_DURATION",
		"BYPASS_DISPATCH", "BYPASS_ACTIVATE", "INSERT_NOT_OWNED", "SUB_BYPASS_DISPATCH",
	};
	size_t n = sizeof(names) / sizeof(names[0]);

	_Static_assert(sizeof(names) / sizeof(names[0]) == sizeof(*ev) / sizeof(s64), "an event has no name");
	for (size_t i = 0; i < n; i++)
		c[i] = (struct run_counter){ names[i], ((const s64 *)ev)[i] };
	return n;
}

/* NULL for an empty string: JSON says null where there is nothing */
static const char *or_null(const char *s)
{
	return s[0] ? s : NULL;
}

static struct run_result_info result_info(struct run *r, int status, bool ran)
{
	const struct scx_result *res = scx_result(r->kernel);
	struct run_result_info info = {
		.scheduler = or_null(res->name),
		.kernel = r->opt.kernel->name,
		.seed = r->opt.seed,
		.machine = r->opt.machine,
		.nr_cpus = r->topo.nr_cpus,
		.virtual_ns = sim_now(kernel_machine(r->kernel)),
		.exit = {
			.kind = kind_name(res->kind), .kind_nr = scx_exit_number(r->kernel, res->kind), .code = res->exit_code,
			.reason = or_null(res->reason), .msg = or_null(ran ? res->msg : r->err),
			.status = status, .loader_status = r->front ? front_result(r->front)->status :
					 loader_result(r->loader)->state == LOADER_REFUSED,
		},
		.trace_hash = trace_hash_value(r->hash),
	};
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	info.host.wall_ns = wall_ns(r);
	info.host.max_rss_kb = ru.ru_maxrss;
	return info;
}

static int print_summary(struct run *r, const struct run_result_info *info)
{
	struct run_counter counters[sizeof(struct scx_event_stats) / sizeof(s64)];
	size_t n = event_counters(&scx_result(r->kernel)->events, counters);
	const char *notes = r->front ? front_result(r->front)->notes : loader_result(r->loader)->notes;
	static const char *const what[] = {
		[TRACE_PERFETTO] = "open it at https://ui.perfetto.dev (it stays on your machine)",
		[TRACE_FTRACE] = "the scheduler's tracepoints, as ftrace prints them",
		[TRACE_OPS] = "every call of an operation of the scheduler",
	};
	int err;

	if (notes)
		printf("%s", notes);
	err = run_result_summary(stdout, info, r->stats, counters, n);
	for (u32 i = 0; i < r->opt.nr_traces && !r->trace->error; i++)
		printf("\ntrace: %s - %s\n", r->opt.traces[i], what[r->opt.trace_formats[i]]);
	return fflush(stdout) && !err ? -errno : err;
}

/* Tell what came of it in all the ways that are asked for; returns @status, or another if it cannot be told. */
static int report(struct run *r, int status, bool ran)
{
	struct run_result_info info = result_info(r, status, ran);
	int err = 0;

	if (r->json)
		err = run_result_write_json(r->json, &info, r->stats);
	if (err)
		say("--json %s: cannot be written: %s", r->opt.json, strerror(-err));
	/* standard output belongs to the JSON then */
	if (ran && !r->opt.quiet && r->json != stdout) {
		int ret = print_summary(r, &info);

		if (ret)
			say("the summary cannot be written: %s", strerror(-ret));
		err = err ? err : ret;
	}
	return err && !status ? STATUS_USAGE : status;
}

/* After run_all(), which returned @status and, if it is not 0, left a message. */
static int finish(struct run *r, int status)
{
	int err = trace_finish(r->trace, sim_now(kernel_machine(r->kernel)));
	bool ran = !status;

	if (ran)
		status = judge(r);
	else
		say("%s", r->err);
	if (err)
		say("%s", r->trace->error_msg);
	return report(r, err && !status ? STATUS_USAGE : status, ran);
}

int cmd_run(int argc, char **argv)
{
	struct run *r = calloc(1, sizeof(*r));
	int status;

	if (!r) {
		say("out of memory");
		return STATUS_INTERNAL;
	}
	clock_gettime(CLOCK_MONOTONIC, &r->began);
	switch (run_options_parse(&r->opt, argc, argv)) {
	case PARSE_RUN:
		break;
	case PARSE_DONE:
		status = STATUS_OK;
		goto out;
	default:
		status = STATUS_USAGE;
		goto out;
	}
	status = setup_inputs(r);
	if (!status)
		status = setup_kernel(r);
	if (status)
		say("%s", r->err[0] ? r->err : "out of memory");
	else
		status = finish(r, run_all(r));
out:
	teardown(r);
	free(r);
	return status;
}
