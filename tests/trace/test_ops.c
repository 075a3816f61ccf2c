/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of operations. Lines that are expected are as in the recordings of real kernels. */
#include <errno.h>

#include "bpf/struct_ops.h"
#include "kabi/ops.h"
#include "tests/trace/lines.h"
#include "trace/ops.h"

#define OP(name) (offsetof(struct sched_ext_ops, name) / 8)

static struct trace *begin(void)
{
	struct trace *t = trace_create();
	char err[256] = "";
	void *sink;

	lines_new_file();
	assert_int_equal(ops_create(lines_path, &sink, err, sizeof(err)), 0);
	assert_int_equal(trace_add_sink(t, &ops_sink_ops, sink), 0);
	st_task(t, 0, 12, "kworker/0:1", TRACE_TASK_KTHREAD);
	st_task(t, 0, 150, "a b", 0);
	return t;
}

static void end(struct trace *t)
{
	assert_int_equal(trace_finish(t, 0), 0);
	trace_destroy(t);
	lines_read();
}

static void op(struct trace *t, u64 ns, u32 cpu, s32 pid, u64 op, u64 a, u64 b)
{
	trace_emit(t, TE_SCX_OP, ns, cpu, pid, op, a, b, 0);
}

static void op_end(struct trace *t, u64 ns, u32 cpu, s32 pid, u64 op, u64 ret)
{
	trace_emit(t, TE_SCX_OP_END, ns, cpu, pid, op, ret, 10, 0);
}

/* With the name of a task whose TASK_NEW has yet to come. */
static void op_of_new(struct trace *t, u64 ns, s32 pid, u64 op, u64 a, const char *comm)
{
	u64 w[2];

	trace_pack(w, 2, comm);
	trace_emit(t, TE_SCX_OP, ns, 0, pid, op, a, w[0], w[1]);
}

/* --- lines --- */

static void test_header_says_that_nothing_is_lost(void **state)
{
	end(begin());
	assert_string_equal(lines_text, "# sched_ext_ops: calls that uscx made, 0 lost\n# TIME CPU OP TASK ARGS [-> RETURN]\n");
	free(lines_text);
}

/* One call of each, as the recorder of real kernels prints it: names of arguments, signed, hexadecimal, one field. */
static void test_each_operation_has_the_arguments_of_the_recordings(void **state)
{
	struct trace *t = begin();

	op(t, 6071193246, 1, 150, OP(select_cpu), (u32)-1, 0x8);
	op_end(t, 6071193346, 1, 150, OP(select_cpu), 1);
	op(t, 6071193400, 0, 12, OP(enqueue), 0x100009, 0);
	op(t, 6071193401, 0, 12, OP(dequeue), 0x1, 0);
	op(t, 6071193402, 0, -1, OP(dispatch), 1, 0);
	op(t, 6071193403, 0, 12, OP(dispatch), 0, 0);
	op(t, 6071193404, 0, 12, OP(tick), 0, 0);
	op(t, 6071193405, 0, 12, OP(runnable), 0x9, 0);
	op(t, 6071193406, 0, 12, OP(running), 0, 0);
	op(t, 6071193407, 0, 12, OP(stopping), 1, 0);
	op(t, 6071193408, 0, 12, OP(quiescent), 0x9, 0);
	op(t, 6071193409, 0, 12, OP(yield), (u64)-1, 0);
	op_end(t, 6071193410, 0, 12, OP(yield), 0);
	op(t, 6071193411, 0, 12, OP(yield), 150, 0);
	op_end(t, 6071193412, 0, 12, OP(yield), 1);
	op_of_new(t, 6071193413, 12, OP(set_weight), 10000, "kworker/0:1");
	op(t, 6071193414, 0, 12, OP(set_cpumask), 0xffffffffffffffff, 0);
	op(t, 6071193415, 0, -1, OP(update_idle), 3, 1);
	op_of_new(t, 6071193416, 12, OP(init_task), 0, "kworker/0:1");
	op_end(t, 6071193417, 0, 12, OP(init_task), (u64)(s64)-ENOMEM);
	op_of_new(t, 6071193418, 12, OP(exit_task), 1, "kworker/0:1");
	op_of_new(t, 6071193419, 12, OP(enable), 0, "kworker/0:1");
	op(t, 6071193420, 0, 12, OP(disable), 0, 0);
	op(t, 6071193421, 0, -1, OP(dump), 0, 0);
	op(t, 6071193422, 0, -1, OP(dump_cpu), 2, 1);
	op(t, 6071193423, 0, 12, OP(dump_task), 0, 0);
	op(t, 6071193424, 0, -1, OP(init), 0, 0);
	op_end(t, 6071193425, 0, -1, OP(init), 0);
	op(t, 6071193426, 0, -1, OP(cpu_acquire), 1, 0);
	op(t, 6071193427, 0, -1, OP(cpu_release), 1, 2);
	op(t, 6071193428, 0, -1, OP(exit), 64, 0);
	end(t);
	assert_lines(
		"6.071193246 1 select_cpu a_b-150 prev_cpu=-1 wake_flags=0x8 -> 1",
		"6.071193400 0 enqueue kworker/0:1-12 enq_flags=0x100009",
		"6.071193401 0 dequeue kworker/0:1-12 deq_flags=0x1",
		"6.071193402 0 dispatch - cpu=1",
		"6.071193403 0 dispatch kworker/0:1-12 cpu=0",
		"6.071193404 0 tick kworker/0:1-12",
		"6.071193405 0 runnable kworker/0:1-12 enq_flags=0x9",
		"6.071193406 0 running kworker/0:1-12",
		"6.071193407 0 stopping kworker/0:1-12 runnable=1",
		"6.071193408 0 quiescent kworker/0:1-12 deq_flags=0x9",
		"6.071193409 0 yield kworker/0:1-12 to=- -> 0",
		"6.071193411 0 yield kworker/0:1-12 to=a_b-150 -> 1",
		"6.071193413 0 set_weight kworker/0:1-12 weight=10000",
		"6.071193414 0 set_cpumask kworker/0:1-12 mask.bits=0xffffffffffffffff",
		"6.071193415 0 update_idle - cpu=3 idle=1",
		"6.071193416 0 init_task kworker/0:1-12 args.fork=0 -> -12",
		"6.071193418 0 exit_task kworker/0:1-12 args.cancelled=1",
		"6.071193419 0 enable kworker/0:1-12",
		"6.071193420 0 disable kworker/0:1-12",
		"6.071193421 0 dump - ctx=*",
		"6.071193422 0 dump_cpu - ctx=* cpu=2 idle=1",
		"6.071193423 0 dump_task kworker/0:1-12 ctx=*",
		"6.071193424 0 init - -> 0",
		"6.071193426 0 cpu_acquire - cpu=1 args=*",
		"6.071193427 0 cpu_release - cpu=1 args.reason=2",
		"6.071193428 0 exit - info.kind=64");
	free(lines_text);
}

static void test_every_operation_that_can_be_called_is_known(void **state)
{
	static const char *const names[] = {
#define MEMBER(name) [OP(name)] = #name
		MEMBER(select_cpu), MEMBER(enqueue), MEMBER(dequeue), MEMBER(dispatch), MEMBER(tick), MEMBER(runnable),
		MEMBER(running), MEMBER(stopping), MEMBER(quiescent), MEMBER(yield), MEMBER(core_sched_before),
		MEMBER(set_weight), MEMBER(set_cpumask), MEMBER(update_idle), MEMBER(init_task), MEMBER(exit_task),
		MEMBER(enable), MEMBER(disable), MEMBER(dump), MEMBER(dump_cpu), MEMBER(dump_task), MEMBER(cgroup_init),
		MEMBER(cgroup_exit), MEMBER(cgroup_prep_move), MEMBER(cgroup_move), MEMBER(cgroup_cancel_move),
		MEMBER(cgroup_set_weight), MEMBER(cgroup_set_bandwidth), MEMBER(cgroup_set_idle), MEMBER(sub_attach),
		MEMBER(sub_detach), MEMBER(cpu_online), MEMBER(cpu_offline), MEMBER(init), MEMBER(exit), MEMBER(cpu_acquire),
		MEMBER(cpu_release),
#undef MEMBER
	};
	static const struct bpf_rt rt = { .st_ops_links = true };
	u32 called = 0;

	for (u32 i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct scx_member *m = names[i] ? scx_member_find(&rt, names[i]) : NULL;
		struct trace *t;
		char want[64];

		if (!m || m->slot == SCX_NO_SLOT)
			continue;
		t = begin();
		op(t, 0, 0, 12, i, 0, 0);
		end(t);
		snprintf(want, sizeof(want), "0.000000000 0 %s ", names[i]);
		assert_int_equal(strncmp(line_at(0), want, strlen(want) - 1), 0);
		free(lines_text);
		called++;
	}
	assert_true(called > 20);
}

/* --- names --- */

static void test_a_task_that_is_being_forked_has_its_name(void **state)
{
	struct trace *t = begin();

	op_of_new(t, 1, 200, OP(init_task), 1, "hog0_n0");
	op_end(t, 2, 0, 200, OP(init_task), 0);
	op_of_new(t, 3, 200, OP(enable), 0, "hog0_n0");
	trace_emit_comm(t, TE_TASK_NEW, 4, 0, 200, "hog0_n0", 1, 0);
	op_of_new(t, 5, 201, OP(init_task), 1, "gone");
	op_end(t, 6, 0, 201, OP(init_task), (u64)(s64)-1);
	end(t);
	assert_lines(
		"0.000000001 0 init_task hog0_n0-200 args.fork=1 -> 0",
		"0.000000003 0 enable hog0_n0-200",
		"0.000000005 0 init_task gone-201 args.fork=1 -> -1");
	free(lines_text);
}

static void test_the_name_is_that_at_the_time_of_the_call(void **state)
{
	struct trace *t = begin();

	op(t, 1, 0, 150, OP(running), 0, 0);
	trace_emit_comm(t, TE_TASK_COMM, 2, 0, 150, "new\nname", 0, 0);
	op(t, 3, 0, 150, OP(stopping), 0, 0);
	end(t);
	assert_lines("0.000000001 0 running a_b-150", "0.000000003 0 stopping new?name-150 runnable=0");
	free(lines_text);
}

/* --- order --- */

static void test_lines_are_in_the_order_of_the_calls(void **state)
{
	struct trace *t = begin();

	op(t, 100, 1, 12, OP(tick), 0, 0);
	op(t, 300, 1, 12, OP(tick), 0, 0);
	op(t, 50, 0, 150, OP(tick), 0, 0);
	op(t, 100, 0, 150, OP(tick), 0, 0);
	end(t);
	assert_lines(
		"0.000000050 0 tick a_b-150",
		"0.000000100 1 tick kworker/0:1-12",
		"0.000000100 0 tick a_b-150",
		"0.000000300 1 tick kworker/0:1-12");
	free(lines_text);
}

/* An operation that sleeps returns later than others are called, and on another CPU. */
static void test_a_return_value_is_in_the_line_of_its_call(void **state)
{
	struct trace *t = begin();

	op_of_new(t, 100, 12, OP(init_task), 0, "kworker/0:1");
	op(t, 200, 1, 150, OP(running), 0, 0);
	op_of_new(t, 250, 150, OP(init_task), 0, "a b");
	op(t, 300, 1, 150, OP(select_cpu), 0, 0);
	op_end(t, 350, 1, 150, OP(select_cpu), 2);
	op_end(t, 400, 3, 12, OP(init_task), 7);
	op_end(t, 450, 0, 150, OP(init_task), 8);
	op(t, 500, 1, 150, OP(stopping), 0, 0);
	end(t);
	assert_lines(
		"0.000000100 0 init_task kworker/0:1-12 args.fork=0 -> 7",
		"0.000000200 1 running a_b-150",
		"0.000000250 0 init_task a_b-150 args.fork=0 -> 8",
		"0.000000300 1 select_cpu a_b-150 prev_cpu=0 wake_flags=0x0 -> 2",
		"0.000000500 1 stopping a_b-150 runnable=0");
	free(lines_text);
}

/* Waking the same task: the call on the CPU that returns is meant. */
static void test_of_equal_calls_that_of_the_cpu_returns(void **state)
{
	struct trace *t = begin();

	op(t, 100, 0, 150, OP(select_cpu), 0, 0);
	op(t, 200, 1, 150, OP(select_cpu), 0, 0);
	op_end(t, 300, 0, 150, OP(select_cpu), 5);
	op_end(t, 400, 1, 150, OP(select_cpu), 6);
	end(t);
	assert_lines(
		"0.000000100 0 select_cpu a_b-150 prev_cpu=0 wake_flags=0x0 -> 5",
		"0.000000200 1 select_cpu a_b-150 prev_cpu=0 wake_flags=0x0 -> 6");
	free(lines_text);
}

static void test_what_never_returned_has_no_return_value(void **state)
{
	struct trace *t = begin();

	op(t, 100, 0, -1, OP(init), 0, 0);
	op(t, 200, 1, 150, OP(running), 0, 0);
	end(t);
	assert_lines("0.000000100 0 init -", "0.000000200 1 running a_b-150");
	free(lines_text);
}

/* --- errors --- */

static void assert_bad(struct trace *t, const char *says)
{
	assert_int_equal(trace_finish(t, 0), -EINVAL);
	assert_non_null(strstr(t->error_msg, says));
	trace_destroy(t);
	unlink(lines_path);
}

static void test_a_stream_that_cannot_be_is_an_error(void **state)
{
	struct trace *t = begin();

	op(t, 100, 1, 12, 9999, 0, 0);
	assert_bad(t, ": log of operations: at 100 ns on CPU 1, pid 12: an operation that the log does not know is called, a bug");
	t = begin();
	op_end(t, 100, 1, 12, OP(select_cpu), 0);
	assert_bad(t, "an operation returns that was not called");
}

static void test_a_file_that_cannot_be_made_is_named(void **state)
{
	char err[256];
	void *sink;

	assert_int_equal(ops_create("/nonexistent/x.ops", &sink, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/nonexistent/x.ops: cannot create the log of operations: No such file or directory");
}

/* Nothing is left behind by a run that ends before the operation does. */
static void test_lines_that_wait_are_freed(void **state)
{
	struct trace *t = begin();

	op(t, 100, 0, -1, OP(init), 0, 0);
	op(t, 200, 1, 150, OP(running), 0, 0);
	op(t, 900000000, 1, 150, OP(running), 0, 0);
	trace_flush(t);
	trace_destroy(t);
	unlink(lines_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_says_that_nothing_is_lost),
		cmocka_unit_test(test_each_operation_has_the_arguments_of_the_recordings),
		cmocka_unit_test(test_every_operation_that_can_be_called_is_known),
		cmocka_unit_test(test_a_task_that_is_being_forked_has_its_name),
		cmocka_unit_test(test_the_name_is_that_at_the_time_of_the_call),
		cmocka_unit_test(test_lines_are_in_the_order_of_the_calls),
		cmocka_unit_test(test_a_return_value_is_in_the_line_of_its_call),
		cmocka_unit_test(test_of_equal_calls_that_of_the_cpu_returns),
		cmocka_unit_test(test_what_never_returned_has_no_return_value),
		cmocka_unit_test(test_a_stream_that_cannot_be_is_an_error),
		cmocka_unit_test(test_a_file_that_cannot_be_made_is_named),
		cmocka_unit_test(test_lines_that_wait_are_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
