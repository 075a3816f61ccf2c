// SPDX-License-Identifier: GPL-2.0-only
/* The generic loader with objects on a simulated machine. */
#include "bpf/kbtf.h"
#include "bpf/map.h"
#include "kabi/ops.h"
#include "tests/bpf/machine.h"

#define OP(name) (offsetof(struct sched_ext_ops, name) / 8)
#define SCX_SIMPLE "tests/data/linux-7.2/scx_simple.bpf.o"

static void scx_simple_of_linux_7_2_loads_schedules_and_detaches(void **state)
{
	struct world *w = world_new("2", "7.2");

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 5 * MS, 0);
	world_add_task(w, "per", 2 * MS, 8 * MS);
	world_load(w, SCX_SIMPLE, NULL, 0);
	world_run(w, 1 * SEC);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	assert_string_equal(scx_state(w->k), "enabled");
	assert_true(w->ops.calls[OP(enqueue)] > 50);
	assert_true(w->ops.insns[OP(enqueue)] > w->ops.calls[OP(enqueue)]);
	assert_int_equal(w->ops.calls[OP(init)], 1);
	assert_int_equal(w->ops.calls[OP(exit)], 0);
	world_stop(w, 1 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ENDED);
	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_UNREG);
	assert_int_equal(w->ops.calls[OP(exit)], 1);
	assert_memory_equal(w->ops.calls, w->ops.ends, sizeof(w->ops.calls));
	assert_string_equal(scx_state(w->k), "disabled");
	assert_null(bpf_rt_fault(w->rt));
	world_free(w);
}

static void what_the_loader_had_is_gone_when_it_ends(void **state)
{
	struct world *w = world_new("2", "7.2");

	world_load(w, SCX_SIMPLE, NULL, 0);
	world_run(w, 1 * SEC);
	assert_non_null(bpf_obj_next(w->rt, OBJ_LINK, 1));
	world_stop(w, 1 * SEC);
	for (u32 kind = 0; kind < NR_OBJ_IDS; kind++)
		assert_null(bpf_obj_next(w->rt, kind, kind == OBJ_BTF ? 2 : 1));
	world_free(w);
}

static void two_runs_have_the_same_events(void **state)
{
	struct op_counts first;

	for (int i = 0; i < 2; i++) {
		struct world *w = world_new("4", "7.2");

		for (int t = 0; t < 6; t++)
			world_add_task(w, "per", (t + 1) * MS, 3 * MS);
		world_load(w, SCX_SIMPLE, NULL, 0);
		world_run(w, 1 * SEC);
		if (!i)
			first = w->ops;
		else
			assert_memory_equal(&first, &w->ops, sizeof(first));
		world_free(w);
	}
}

/* Load an object that is refused, with @sets; the message begins with the file and contains @parts. */
static void refuses(const char *name, const char *const *sets, u32 nr_sets, const char *part,
		    const char *part2)
{
	struct world *w = world_new("2", "7.2");
	char path[4200];

	world_load(w, object(path, sizeof(path), name), sets, nr_sets);
	world_run(w, 1 * SEC);
	assert_true(w->done);
	assert_int_equal(loader_result(w->loader)->state, LOADER_REFUSED);
	if (strncmp(loader_result(w->loader)->msg, path, strlen(path)) ||
	    !strstr(loader_result(w->loader)->msg, part) || !strstr(loader_result(w->loader)->msg, part2) ||
	    strchr(loader_result(w->loader)->msg, '\n'))
		fail_msg("%s", loader_result(w->loader)->msg);
	assert_string_equal(scx_state(w->k), "disabled");
	world_free(w);
}

static void each_refusal_says_where_and_why_in_one_line(void **state)
{
	refuses("wrong_place", NULL, 0, "wrong_place.bpf.c:8: wrong_enqueue",
		"calling kernel function scx_bpf_dsq_move_to_local is not allowed in ops.enqueue");
	refuses("wrong_helper", NULL, 0, "wrong_helper.bpf.c:8: wrong_enqueue",
		"cannot use helper bpf_send_signal#109");
	refuses("wrong_map", NULL, 0, "cannot load: map seen", "map type STACK_TRACE is not supported");
	refuses("wrong_op", NULL, 0, "wrong_cgroup_ex", "ops.cgroup_exit is not supported yet");
	refuses("wrong_name", NULL, 0, "wrong_ops", "ops.timeout_ms is 60000, at most 30000");
	refuses("none", NULL, 0, "has no scheduler", "");
	refuses("two", NULL, 0, "has 2 struct_ops", "");
}

static void an_object_that_is_none_is_refused(void **state)
{
	struct world *w = world_new("2", "7.2");
	struct loader *l;
	char err[512];

	assert_int_equal(
		loader_start(&l,
			     &(struct loader_config){.kernel = w->k, .rt = w->rt, .path = "/no/such.bpf.o"},
			     err, sizeof(err)),
		-ENOENT);
	assert_non_null(strstr(err, "/no/such.bpf.o"));
	world_load(w, "tests/bpf/test_loader.c", NULL, 0);
	world_run(w, 1 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_REFUSED);
	assert_non_null(strstr(loader_result(w->loader)->msg, "is no BPF object"));
	world_free(w);
}

static void variables_are_set_and_constants_come_from_the_kernels_btf(void **state)
{
	static const char *const sets[] = {"slice_ns=1000000", "small=-7",    "flag=true",
					   "mode=MODE_B",      "label=hello", "counter=0x100"};
	struct world *w = world_new("2", "7.2");
	char path[4200];

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 2 * MS, 0);
	world_load(w, object(path, sizeof(path), "vars"), sets, 6);
	world_run(w, 1 * SEC);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s", loader_result(w->loader)->msg);
	assert_int_equal(GLOBAL(w, u64, "seen_slice"), 1000000);
	assert_int_equal(GLOBAL(w, s64, "seen_small"), -7);
	assert_true(GLOBAL(w, bool, "seen_flag"));
	assert_int_equal(GLOBAL(w, u32, "seen_mode"), 7);
	assert_string_equal(global(w, "seen_label", 8), "hello");
	assert_true(GLOBAL(w, u32, "counter") > 0x100);
	assert_int_equal(GLOBAL(w, u64, "seen_local"), SCX_DSQ_LOCAL);
	/* looked up in an enum that 7.2 does not have */
	assert_int_equal(GLOBAL(w, u64, "seen_task_init"), 0);
	assert_int_equal(GLOBAL(w, u64, "seen_not_there"), 0);
	world_free(w);
}

static void wrong_values_and_names_of_variables_are_explained(void **state)
{
#define REFUSES_SET(text, part, part2) refuses("vars", (const char *const[]){ text }, 1, part, part2)
	REFUSES_SET("slice=1", "--set slice: the object has no such global variable", "it has: slice_ns ");
	REFUSES_SET("slice_ns", "--set slice_ns: expected VARIABLE=VALUE", "");
	REFUSES_SET("slice_ns=-1", "--set slice_ns=-1", "unsigned integer of 64 bits");
	REFUSES_SET("slice_ns=1x", "--set slice_ns=1x", "unsigned integer of 64 bits");
	REFUSES_SET("small=128", "--set small=128", "signed integer of 8 bits");
	REFUSES_SET("flag=2", "--set flag=2", "true, false, 1 or 0");
	REFUSES_SET("mode=MODE_C", "--set mode=MODE_C", "enumerator");
	REFUSES_SET("label=12345678", "--set label=12345678", "7 characters");
	REFUSES_SET("table=1", "--set table", "characters");
}

static void other_programs_are_left_out_and_named(void **state)
{
	struct world *w = world_new("2", "7.2");
	char path[4200];

	world_load(w, object(path, sizeof(path), "extra"), NULL, 0);
	world_run(w, 1 * SEC);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s", loader_result(w->loader)->msg);
	assert_non_null(
		strstr(loader_result(w->loader)->notes, "program extra_call (section syscall) is left out"));
	assert_non_null(strstr(loader_result(w->loader)->notes,
			       "program extra_probe (section fentry/no_such_function)"));
	world_free(w);
}

static void a_broken_rule_ends_the_scheduler(const char *how, enum bpf_fault_kind kind, const char *source,
					     const char *text)
{
	struct world *w = world_new("2", "7.2");
	char path[4200];

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 2 * MS, 0);
	world_load(w, object(path, sizeof(path), "breaks"), &how, 1);
	world_run(w, 3 * SEC);
	assert_true(w->done);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ENDED);
	assert_non_null(bpf_rt_fault(w->rt));
	assert_int_equal(bpf_rt_fault(w->rt)->kind, kind);
	assert_string_equal(bpf_rt_fault(w->rt)->prog, "breaks_enqueue");
	if (strcmp(bpf_rt_fault(w->rt)->source, source) || !strstr(bpf_rt_fault(w->rt)->line, text))
		fail_msg("%s", bpf_rt_fault(w->rt)->msg);
	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_ERROR);
	assert_non_null(strstr(scx_result(w->k)->msg, "BPF program broke a rule: breaks.bpf.c"));
	assert_string_equal(scx_state(w->k), "disabled");
	world_free(w);
}

static void broken_rules_end_the_scheduler_and_name_the_source_line(void **state)
{
	a_broken_rule_ends_the_scheduler("how=1", BPF_FAULT_STORE, "breaks.bpf.c:23",
					 "(volatile u64 *)16 = 5");
	a_broken_rule_ends_the_scheduler("how=3", BPF_FAULT_ARG, "breaks.bpf.c:31", "bpf_map_lookup_elem");
	a_broken_rule_ends_the_scheduler("how=4", BPF_FAULT_STORE, "breaks.bpf.c:34", "p->pid = 5");
	a_broken_rule_ends_the_scheduler("how=5", BPF_FAULT_ARG, "breaks.bpf.c:37", "bpf_task_release(p)");
}

static void a_leaked_task_reference_is_found_and_given_back(void **state)
{
	const char *how = "how=2";
	struct world *w = world_new("2", "7.2");
	char path[4200];

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 2 * MS, 0);
	world_load(w, object(path, sizeof(path), "breaks"), &how, 1);
	world_run(w, 3 * SEC);
	assert_true(w->done);
	assert_int_equal(bpf_rt_fault(w->rt)->kind, BPF_FAULT_LEAK);
	assert_non_null(strstr(bpf_rt_fault(w->rt)->msg, "bpf_task_release"));
	world_free(w);
}

static void an_error_of_the_scheduler_has_its_text_and_printk_goes_to_the_log(void **state)
{
	struct world *w = world_new("2", "7.2");
	char path[4200];

	world_add_task(w, "worker", 20 * MS, 0);
	world_load(w, object(path, sizeof(path), "errors"), NULL, 0);
	world_run(w, 3 * SEC);
	if (loader_result(w->loader)->state != LOADER_ENDED)
		fail_msg("%s", loader_result(w->loader)->msg);
	assert_int_equal(scx_result(w->k)->kind, SCX_EXIT_ERROR_BPF);
	assert_string_equal(scx_result(w->k)->msg, "task worker ticked 10 times");
	assert_non_null(strstr(kernel_log(w->k), "bpf_trace_printk: tick 3 of 3"));
	assert_null(bpf_rt_fault(w->rt));
	world_free(w);
}

static void a_scheduler_that_fails_to_start_is_attached_and_ends(void **state)
{
	const char *set = "init_error=-12";
	struct world *w = world_new("2", "7.2");
	char path[4200];

	world_load(w, object(path, sizeof(path), "errors"), &set, 1);
	world_run(w, 1 * SEC);
	assert_true(w->done);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ENDED);
	assert_non_null(strstr(scx_result(w->k)->msg, "ops.init() failed (-12)"));
	world_free(w);
}

static void a_second_scheduler_is_refused_while_one_is_attached(void **state)
{
	struct world *w = world_new("2", "7.2");
	struct loader *first;
	char path[4200];

	world_load(w, SCX_SIMPLE, NULL, 0);
	world_run(w, 1 * SEC);
	first = w->loader;
	assert_int_equal(loader_result(first)->state, LOADER_ATTACHED);
	world_load(w, object(path, sizeof(path), "vars"), NULL, 0);
	world_run(w, 2 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_REFUSED);
	assert_non_null(strstr(loader_result(w->loader)->msg, "another scheduler is attached"));
	loader_free(w->loader);
	w->loader = first;
	w->done = false;
	world_stop(w, 2 * SEC);
	world_free(w);
}

static void a_machine_may_be_thrown_away_with_a_scheduler_attached(void **state)
{
	struct world *w = world_new("2", "7.2");

	world_load(w, SCX_SIMPLE, NULL, 0);
	world_run(w, 1 * SEC);
	assert_int_equal(loader_result(w->loader)->state, LOADER_ATTACHED);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scx_simple_of_linux_7_2_loads_schedules_and_detaches),
		cmocka_unit_test(what_the_loader_had_is_gone_when_it_ends),
		cmocka_unit_test(two_runs_have_the_same_events),
		cmocka_unit_test(each_refusal_says_where_and_why_in_one_line),
		cmocka_unit_test(an_object_that_is_none_is_refused),
		cmocka_unit_test(variables_are_set_and_constants_come_from_the_kernels_btf),
		cmocka_unit_test(wrong_values_and_names_of_variables_are_explained),
		cmocka_unit_test(other_programs_are_left_out_and_named),
		cmocka_unit_test(broken_rules_end_the_scheduler_and_name_the_source_line),
		cmocka_unit_test(a_leaked_task_reference_is_found_and_given_back),
		cmocka_unit_test(an_error_of_the_scheduler_has_its_text_and_printk_goes_to_the_log),
		cmocka_unit_test(a_scheduler_that_fails_to_start_is_attached_and_ends),
		cmocka_unit_test(a_second_scheduler_is_refused_while_one_is_attached),
		cmocka_unit_test(a_machine_may_be_thrown_away_with_a_scheduler_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
