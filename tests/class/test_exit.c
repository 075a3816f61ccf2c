// SPDX-License-Identifier: GPL-2.0-only
/* How schedulers end, and that everything goes on after them. (see also test_load.c, test_watchdog.c) */
#include "tests/class/harness.h"
#include "tests/class/scheds.h"
#include "sched/incident.h"

/* --- an error at run time --- */

static void error_tick(struct scx_sched *sch, struct task_struct *p)
{
	if (p->comm[0] == 'E' && mach_now() >= 20 * MS)
		scx_bpf_error_text(sch, "this is wrong");
}

static void dump_op(struct scx_sched *sch, struct scx_dump_ctx *ctx)
{
	scx_bpf_dump_text(sch, "kind ");
	scx_bpf_dump_text(sch, scx_exit_reason(ctx->kind));
	scx_bpf_dump_text(sch, "\nsecond line");
}

static void dump_cpu_op(struct scx_sched *sch, struct scx_dump_ctx *ctx, s32 cpu, bool idle)
{
	if (cpu == 1)
		scx_bpf_dump_text(sch, idle ? "is idle\n" : "is busy\n");
}

static void dump_task_op(struct scx_sched *sch, struct scx_dump_ctx *ctx, struct task_struct *p)
{
	if (p->comm[0] == 'E')
		scx_bpf_dump_text(sch, "the one\n");
}

struct ended {
	struct scx_exit_info info;
	char msg[64], reason[64];
	u32 calls_at_exit;
};

static u32 all_calls(const struct world *w)
{
	u32 n = 0;

	for (u32 i = 0; i < NR_REC_OPS; i++)
		n += w->calls[i];
	return n;
}

static void keep_exit(struct scx_sched *sch, struct scx_exit_info *info)
{
	struct world *w = world_of(sch);
	struct ended *e = w->data;

	e->info = *info;
	snprintf(e->msg, sizeof(e->msg), "%s", info->msg);
	snprintf(e->reason, sizeof(e->reason), "%s", info->reason);
	e->calls_at_exit = all_calls(w);
}

static struct world *error_world(void **state, struct ended *e)
{
	struct world *w = world_new(state);

	w->data = e;
	world_create(w);
	use_fifo(w);
	w->ops.tick = error_tick;
	w->ops.exit = keep_exit;
	w->ops.dump = dump_op;
	w->ops.dump_cpu = dump_cpu_op;
	w->ops.dump_task = dump_task_op;
	world_start(w);
	add_task(w, 10 * MS, TASK("E", "0", RUN_FOREVER));
	add_task(w, 11 * MS, TASK("Q", "0", RUN_FOREVER));
	return w;
}

static void an_error_ends_the_scheduler_and_tasks_go_on_in_the_fair_class(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);
	u64 a, b;

	w->rec |= BIT_OP(disable) | BIT_OP(exit_task) | BIT_OP(exit);
	run_to(w, 20 * MS - 1);
	skip_ops(w);
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_ERROR_BPF, "this is wrong");
	assert_int_equal(scx_result(w->k)->exit_cpu, 0);
	assert_int_equal(scx_result(w->k)->exit_code, 0);
	assert_int_equal(e.info.kind, SCX_EXIT_ERROR_BPF);
	assert_string_equal(e.msg, "this is wrong");
	assert_string_equal(e.reason, "scx_bpf_error");
	assert_int_equal(e.info.exit_cpu, 0);
	assert_int_equal(e.info.flags, SCX_EFLAG_INITIALIZED);
	/* ops.exit() is the last call */
	assert_int_equal(e.calls_at_exit, all_calls(w));
	assert_int_equal(w->recs[w->nr_recs - 1].op, OP_exit);
	assert_int_equal(count_ops(w, OP_disable, NULL, 0), 2);
	assert_int_equal(count_ops(w, OP_exit_task, NULL, 0), 2);
	expect_all_back(w);
	a = cpu_time_of(w, "E");
	b = cpu_time_of(w, "Q");
	run_to(w, 200 * MS);
	assert_in_range(cpu_time_of(w, "E") - a, 40 * MS, 60 * MS);
	assert_in_range(cpu_time_of(w, "Q") - b, 40 * MS, 60 * MS);
	assert_non_null(strstr(kernel_log(w->k),
			       "sched_ext: BPF scheduler \"test\" disabled (scx_bpf_error)"));
	assert_non_null(strstr(kernel_log(w->k), "sched_ext: test: this is wrong"));
}

static void sysrq_s_ends_the_scheduler_and_tells_it(void **state)
{
	struct ended e = { 0 };
	struct world *w = world_new(state);

	w->data = &e;
	world_create(w);
	use_fifo(w);
	w->ops.exit = keep_exit;
	world_start(w);
	add_task(w, 10 * MS, TASK("A", "0", RUN_FOREVER));
	assert_int_equal(incident_schedule(w->k, incident_find("sysrq-d"), 15 * MS), 0);
	assert_int_equal(incident_schedule(w->k, incident_find("sysrq-s"), 20 * MS), 0);
	/* there is none by then */
	assert_int_equal(incident_schedule(w->k, incident_find("sysrq-s"), 90 * MS), 0);
	run_to(w, 20 * MS - 1);
	assert_non_null(strstr(scx_sysrq_dumps(w->k), "Debug dump triggered by SysRq-D"));
	assert_string_equal(scx_state(w->k), "enabled");
	run_to(w, 100 * MS);
	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_SYSRQ);
	assert_string_equal(scx_result(w->k)->msg, "");
	assert_null(scx_result(w->k)->dump);
	assert_int_equal(e.info.kind, SCX_EXIT_SYSRQ);
	assert_string_equal(e.reason, "disabled by sysrq-S");
	assert_int_equal(e.calls_at_exit, all_calls(w));
	assert_true(scx_result(w->k)->events.SCX_EV_BYPASS_ACTIVATE >= 2);
	expect_all_back(w);
	assert_non_null(strstr(kernel_log(w->k), "sysrq: Disable sched_ext and revert all tasks to CFS"));
	assert_non_null(strstr(kernel_log(w->k), "disabled (disabled by sysrq-S)"));
}

static void expect_in_dump(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void expect_in_dump(struct world *w, const char *fmt, ...)
{
	const char *dump = scx_result(w->k)->dump;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_non_null(dump);
	if (!strstr(dump, text))
		fail_msg("not in the dump:\n%s--- the dump:\n%s", text, dump);
}

static void the_dump_is_in_the_kernels_format(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);
	s32 pid, queued;

	run_to(w, 15 * MS);
	pid = pid_of(w, "E");
	queued = pid_of(w, "Q");
	run_to(w, 100 * MS);
	expect_in_dump(w,
		       "test: root\n"
		       "E[%d] triggered exit kind 1025 on CPU 0:\n"
		       "  scx_bpf_error (this is wrong)\n"
		       "\n"
		       "Backtrace:\n"
		       "\n"
		       "kind scx_bpf_error\n"
		       "second line\n"
		       "\n"
		       "CPU states\n"
		       "----------\n"
		       "\n"
		       "CPU 0   : nr_run=2 flags=0x1 cpu_rel=0 ksync=", pid);
	expect_in_dump(w,
		       "          curr=E[%d] class=ext_sched_class\n"
		       "\n"
		       " *R E[%d] *root -10ms\n"
		       "      scx_state/flags=4/0x5 dsq_flags=0x0 ops_state/qseq=0/0\n"
		       "      sticky/holding_cpu=-1/-1 dsq_id=(n/a)\n"
		       "      dsq_vtime=0 slice=", pid, pid);
	expect_in_dump(w,
		       " weight=100\n"
		       "      cpus=1 no_mig=0\n"
		       "\n"
		       "    the one\n"
		       "\n"
		       "  R Q[%d] *root -9ms\n"
		       "      scx_state/flags=4/0x3 dsq_flags=0x0 ops_state/qseq=0/0\n"
		       "      sticky/holding_cpu=-1/-1 dsq_id=0x0\n"
		       "      dsq_vtime=0 slice=20000000 weight=100\n"
		       "      cpus=1 no_mig=0\n", queued);
	/* an idle CPU is there only because ops.dump_cpu() had something to say */
	expect_in_dump(w,
		       "\n"
		       "CPU 1   : nr_run=0 flags=0x1 cpu_rel=0 ksync=");
	expect_in_dump(w,
		       "          curr=swapper/1[0] class=idle_sched_class\n"
		       "\n"
		       "  is idle\n"
		       "\n"
		       "Event counters\n"
		       "--------------\n"
		       "              SCX_EV_SELECT_CPU_FALLBACK:                0\n");
	assert_null(strstr(scx_result(w->k)->dump, "CPU 2   "));
}

static void a_dump_that_is_too_long_is_cut_and_says_so(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);
	const char *dump;

	w->ops.exit_dump_len = 400;
	run_to(w, 100 * MS);
	dump = scx_result(w->k)->dump;
	assert_int_equal(strlen(dump), 399);
	assert_string_equal(dump + 399 - strlen("\n\n~~~~ TRUNCATED ~~~~\n"), "\n\n~~~~ TRUNCATED ~~~~\n");
}

static void exit_tick(struct scx_sched *sch, struct task_struct *p)
{
	if (p->comm[0] == 'E' && mach_now() >= 20 * MS)
		scx_bpf_exit_text(sch, 0x123456789a, "enough");
}

static void a_scheduler_can_end_itself_with_a_code(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);

	w->ops.tick = exit_tick;
	run_to(w, 100 * MS);
	expect_exit(w, SCX_EXIT_UNREG_BPF, "enough");
	assert_int_equal(scx_result(w->k)->exit_code, 0x123456789a);
	/* not an error: no dump */
	assert_null(scx_result(w->k)->dump);
	expect_all_back(w);
}

/* enum scx_exit_kind and scx_exit_reason() of kernel/sched/ext; the same in 6.12 but for PARENT, which it lacks. */
static void kinds_and_reasons_are_the_kernels(void **state)
{
	static const struct {
		enum scx_exit_kind kind;
		int value;
		const char *reason;
	} kernel[] = {
		{ SCX_EXIT_NONE,	0,	"<UNKNOWN>" },
		{ SCX_EXIT_DONE,	1,	"<UNKNOWN>" },
		{ SCX_EXIT_UNREG,	64,	"unregistered from user space" },
		{ SCX_EXIT_UNREG_BPF,	65,	"unregistered from BPF" },
		{ SCX_EXIT_UNREG_KERN,	66,	"unregistered from the main kernel" },
		{ SCX_EXIT_SYSRQ,	67,	"disabled by sysrq-S" },
		{ SCX_EXIT_PARENT,	68,	"parent exiting" },
		{ SCX_EXIT_ERROR,	1024,	"runtime error" },
		{ SCX_EXIT_ERROR_BPF,	1025,	"scx_bpf_error" },
		{ SCX_EXIT_ERROR_STALL,	1026,	"runnable task stall" },
	};

	for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		assert_int_equal(kernel[i].kind, kernel[i].value);
		assert_string_equal(scx_exit_reason(kernel[i].kind), kernel[i].reason);
	}
}

static void only_the_first_reason_counts(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);

	/* the tick of CPU 0 and the loader at the same instant */
	w->unload_ns = 20 * MS;
	run_to(w, 100 * MS);
	assert_int_equal(w->calls[OP_exit], 1);
	assert_true(w->unloaded);
	expect_all_back(w);
}

/* --- one after the other --- */

static void twice_loader(struct world *w)
{
	struct scx_sched *other = (void *)-1;
	struct ended *e = w->data;
	int i = 0;

	world_load(w);
	assert_int_equal(w->enable_ret, 0);
	/* one at a time */
	assert_int_equal(scx_enable(w->k, &w->installed, &other), -EBUSY);
	assert_null(other);
	kernel_sleep_until(w->k, 50 * MS);
	assert_string_equal(scx_state(w->k), "disabled");
	world_unload(w);
	/* now another one */
	w->ops.tick = NULL;
	strcpy(w->ops.name, "second");
	world_load(w);
	assert_int_equal(w->enable_ret, 0);
	assert_string_equal(scx_state(w->k), "enabled");
	kernel_sleep_until(w->k, 100 * MS);
	world_unload(w);
	/* many times */
	for (; i < 20; i++) {
		world_load(w);
		assert_int_equal(w->enable_ret, 0);
		world_unload(w);
	}
	e->calls_at_exit = i;
}

static void schedulers_can_be_loaded_one_after_the_other(void **state)
{
	struct ended e = { 0 };
	struct world *w = error_world(state, &e);

	w->loader = twice_loader;
	run_to(w, 1000 * MS);
	assert_int_equal(e.calls_at_exit, 20);
	assert_int_equal(scx_enable_seq(w->k), 22);
	expect_all_back(w);
	assert_in_range(cpu_time_of(w, "E") + cpu_time_of(w, "Q"), 980 * MS, 991 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		class_test(an_error_ends_the_scheduler_and_tasks_go_on_in_the_fair_class),
		class_test(sysrq_s_ends_the_scheduler_and_tells_it),
		class_test(the_dump_is_in_the_kernels_format),
		class_test(a_dump_that_is_too_long_is_cut_and_says_so),
		class_test(a_scheduler_can_end_itself_with_a_code),
		class_test(kinds_and_reasons_are_the_kernels),
		class_test(only_the_first_reason_counts),
		class_test(schedulers_can_be_loaded_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
