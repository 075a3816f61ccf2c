// SPDX-License-Identifier: GPL-2.0-only
/* Executions: clock, synchronisation points, counts, callbacks, reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/vm/program.h"

/* A machine of one CPU that only records where it is synchronised. */
static struct machine machine;
static struct mcpu cpu;
static u64 sync_at[16];
static u32 nr_syncs;

static void record_sync(struct mcpu *c)
{
	sync_at[nr_syncs++] = c->now_ns;
}

static const struct mach_ops ops = { .sync = record_sync };

static void machine_start(void)
{
	machine = (struct machine){ .ops = &ops, .nr_cpus = 1 };
	machine.costs.insn_ps = 400;
	machine.costs.kfunc_ns = 15;
	cpu = (struct mcpu){ .m = &machine, .now_ns = 1000 };
	nr_syncs = 0;
	this_mcpu = &cpu;
}

static void machine_end(void)
{
	this_mcpu = NULL;
}

static u64 run(struct bpf_exec *x)
{
	u64 r0 = bpf_vm_run(x);

	if (x->fault.kind)
		fail_msg("%s", x->fault.msg);
	return r0;
}

static void the_clock_advances_for_every_instruction(void **state)
{
	struct bpf_vm_prog *vp = program("r0 = 1\nr0 += 1\nr0 += 1\nexit");
	struct bpf_exec x = world_exec(vp, NULL, 0);

	machine_start();
	run(&x);
	/* 4 instructions: 1600 ps; what is below a ns is not lost */
	assert_int_equal(cpu.now_ns, 1001);
	assert_int_equal(cpu.insn_ps, 600);
	run(&x);
	assert_int_equal(cpu.now_ns, 1003);
	assert_int_equal(cpu.insn_ps, 200);
	machine_end();
	bpf_vm_free(vp);
}

static void calls_atomics_and_the_exit_are_synchronisation_points(void **state)
{
	struct bpf_vm_prog *vp = program("r1 = value ll\nr2 = 1\nlock *(u64 *)(r1 + 0) += r2\n"
					 "r1 = 0\ncall #1000\nkcall #1003\nr0 = 0\nexit");
	struct bpf_exec x = world_exec(vp, NULL, 0);

	machine_start();
	machine.costs.insn_ps = 1000;
	run(&x);
	assert_int_equal(nr_syncs, 4);
	assert_int_equal(sync_at[0], 1003);		/* before the atomic: its block is charged */
	assert_int_equal(sync_at[1], 1003 + 2 + 15);
	assert_int_equal(sync_at[2], 1020 + 1 + 15);
	assert_int_equal(sync_at[3], 1036 + 2);
	machine_end();
	bpf_vm_free(vp);
}

static void time_is_charged_once(void **state)
{
	struct bpf_vm_prog *vp =
		program("r1 = 4\nr2 = &cb\nr3 = 0\ncall #1002\nexit\ncb:\nr0 = 0\nr0 += 1\nexit");
	struct bpf_exec x = world_exec(vp, NULL, 0);

	machine_start();
	machine.costs.insn_ps = 1000;
	run(&x);
	assert_int_equal(x.insns, 5 + 4 * 3);
	assert_int_equal(cpu.now_ns, 1000 + x.insns + 15);
	machine_end();
	bpf_vm_free(vp);
}

static void a_fault_charges_what_was_executed(void **state)
{
	struct bpf_vm_prog *vp = program("r0 = 0\nr1 = wild ll\nr0 = *(u64 *)(r1 + 0)\nexit");
	struct bpf_exec x = world_exec(vp, NULL, 0);

	machine_start();
	machine.costs.insn_ps = 1000;
	assert_int_equal(bpf_vm_run(&x), 0);
	assert_int_equal(x.fault.kind, BPF_FAULT_LOAD);
	assert_int_equal(x.fault.value, 0x10000);
	assert_int_equal(x.fault.size, 8);
	assert_int_equal(cpu.now_ns, 1004);
	machine_end();
	bpf_vm_free(vp);
}

static void an_execution_starts_clean(void **state)
{
	struct bpf_vm_prog *vp = program("r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 0)\nexit");
	u64 ctx[4] = { 0x10000 };
	struct bpf_exec x = world_exec(vp, ctx, 4);

	assert_int_equal(bpf_vm_run(&x), 0);
	assert_int_equal(x.fault.kind, BPF_FAULT_LOAD);
	*(u64 *)x.ctx = (uintptr_t)world.value;
	assert_int_equal(run(&x), world.value[0]);
	assert_int_equal(x.insns, 3);
	bpf_vm_free(vp);
}

static void bad_reads_are_counted_and_reported_once_for_each_load(void **state)
{
	struct bpf_vm_env env = world_env();
	struct bpf_vm_prog *vp;
	struct bpf_exec x;
	u64 ctx[1] = { 0 };

	env.ctx_slots = env.ctx_kptr_mask = 1;
	vp = program_in("r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 8)\nexit", &env);
	world_reset();
	for (u32 i = 1; i <= 3; i++) {
		x = world_exec(vp, ctx, 1);
		assert_int_equal(run(&x), 0);
		assert_int_equal(x.bad_reads, 2);
		assert_int_equal(bpf_vm_bad_reads(vp), 2 * i);
		assert_int_equal(world.nr_reports, 2);
	}
	assert_string_equal(world.bad_read,
			    "2: (79) r0 = *(u64 *)(r1 +8): read of 8 bytes through a kernel pointer at 0x8 "
			    "(NULL pointer plus 8): gives 0, as in the kernel");
	bpf_vm_free(vp);
}

static void reports_are_optional(void **state)
{
	struct bpf_vm_env env = world_env();
	struct bpf_vm_prog *vp;
	struct bpf_exec x;
	u64 ctx[1] = { 0 };

	env.ctx_slots = env.ctx_kptr_mask = 1;
	env.bad_read = NULL;
	vp = program_in("r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 0)\nexit", &env);
	x = world_exec(vp, ctx, 1);
	assert_int_equal(run(&x), 0);
	assert_int_equal(x.bad_reads, 1);
	bpf_vm_free(vp);
}

static const char *const callback_text = "r0 = &cb\nexit\n"
					 "cb:\nr6 = *(u64 *)(r10 - 8)\nr0 = r1\nr0 += r5\nr0 += r6\nexit";

static void a_callback_can_be_an_execution_of_its_own(void **state)
{
	struct bpf_vm_prog *vp = program(callback_text);
	struct bpf_exec x = world_exec(vp, NULL, 0);
	const u64 args[5] = { 30, 0, 0, 0, 12 };

	machine_start();
	machine.costs.insn_ps = 1000;
	assert_int_equal(bpf_vm_callback(&x, 3, args), 42);
	assert_int_equal(x.fault.kind, BPF_FAULT_NONE);
	assert_int_equal(x.insns, 5);
	assert_int_equal(x.frames, 0);
	assert_int_equal(cpu.now_ns, 1005);
	assert_int_equal(nr_syncs, 1);
	machine_end();
	bpf_vm_free(vp);
}

static void a_function_address_is_the_index_of_its_first_instruction(void **state)
{
	struct bpf_vm_prog *vp = program(callback_text);
	struct bpf_exec x = world_exec(vp, NULL, 0);

	assert_int_equal(run(&x), 3);
	bpf_vm_free(vp);
}

static void callbacks_are_functions_whose_address_is_taken(void **state)
{
	struct bpf_vm_prog *vp = program("call f\nexit\nf:\nr0 = 0\nexit");
	const u64 entries[] = { 1, 2, 3, 4, 1ull << 32, ~0ull };

	for (u32 i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct bpf_exec x = world_exec(vp, NULL, 0);

		assert_int_equal(bpf_vm_callback(&x, entries[i], (u64[5]){ 0 }), 0);
		assert_int_equal(x.fault.kind, BPF_FAULT_ARG);
		assert_int_equal(x.fault.value, entries[i]);
	}
	bpf_vm_free(vp);
}

static void no_callback_runs_after_a_fault(void **state)
{
	struct bpf_vm_prog *vp = program(callback_text);
	struct bpf_exec x = world_exec(vp, NULL, 0);

	bpf_fault(&x, BPF_FAULT_LEAK, 0, 0, "first");
	assert_int_equal(bpf_vm_callback(&x, 3, (u64[5]){ 0 }), 0);
	assert_int_equal(x.insns, 0);
	assert_string_equal(x.fault.msg, "first");
	bpf_vm_free(vp);
}

/* A helper of which the memory that it allocates must be known to the program afterwards */
static u64 allocate(struct bpf_exec *x, const u64 a[5])
{
	u64 *p = gmem_alloc_rw(world.g, 1 << 20, 8);

	*p = 77;
	assert_int_equal(x->insn, 1);
	assert_int_equal(x->frames, 1);
	return (uintptr_t)p;
}

static const struct bpf_func_desc *allocating_helper(void *arg, s32 id, const char **why)
{
	static const struct bpf_func_desc d = { .name = "allocate", .fn = allocate };

	return &d;
}

static void memory_that_a_helper_allocates_is_known_after_it(void **state)
{
	struct bpf_vm_env env = world_env();
	struct bpf_vm_prog *vp;
	struct bpf_exec x;

	env.helper = allocating_helper;
	vp = program_in(
		"r1 = 0\ncall #1\nr1 = *(u64 *)(r0 + 0)\n*(u64 *)(r0 + 8) = r1\nr0 = *(u64 *)(r0 + 8)\nexit",
		&env);
	x = world_exec(vp, NULL, 0);
	assert_int_equal(run(&x), 77);
	bpf_vm_free(vp);
}

static void an_unlimited_budget_is_possible(void **state)
{
	struct bpf_vm_prog *vp = program("r0 = 5\nexit");
	struct bpf_exec x = world_exec(vp, NULL, 0);

	x.budget = ~0ull;
	assert_int_equal(run(&x), 5);
	x.budget = 0;
	assert_int_equal(bpf_vm_run(&x), 0);
	assert_int_equal(x.fault.kind, BPF_FAULT_BUDGET);
	bpf_vm_free(vp);
}

static void every_kind_of_fault_has_a_text(void **state)
{
	for (int k = BPF_FAULT_NONE; k <= BPF_FAULT_NESTED; k++)
		assert_true(strlen(bpf_fault_text(k)) > 5);
}

static void what_earlier_executions_left_on_the_stack_is_not_seen(void **state)
{
	struct bpf_vm_prog *vp = program("r6 = *(u64 *)(r10 - 24)\nr3 = *(u64 *)(r1 + 8)\nr6 += r3\n"
					 "call f\nr0 += r6\nexit\nf:\nr0 = *(u64 *)(r10 - 512)\nexit");
	u64 ctx[4] = { 0, 9 };

	for (u32 i = 0; i < 3; i++) {
		struct bpf_exec x = world_exec(vp, ctx, 4);

		memset((void *)(uintptr_t)world.stack, i * 0x31, BPF_MAX_FRAMES * BPF_FRAME_SIZE);
		assert_int_equal(run(&x), 9);
	}
	bpf_vm_free(vp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_advances_for_every_instruction),
		cmocka_unit_test(calls_atomics_and_the_exit_are_synchronisation_points),
		cmocka_unit_test(time_is_charged_once),
		cmocka_unit_test(a_fault_charges_what_was_executed),
		cmocka_unit_test(an_execution_starts_clean),
		cmocka_unit_test(bad_reads_are_counted_and_reported_once_for_each_load),
		cmocka_unit_test(reports_are_optional),
		cmocka_unit_test(a_callback_can_be_an_execution_of_its_own),
		cmocka_unit_test(a_function_address_is_the_index_of_its_first_instruction),
		cmocka_unit_test(callbacks_are_functions_whose_address_is_taken),
		cmocka_unit_test(no_callback_runs_after_a_fault),
		cmocka_unit_test(memory_that_a_helper_allocates_is_known_after_it),
		cmocka_unit_test(an_unlimited_budget_is_possible),
		cmocka_unit_test(every_kind_of_fault_has_a_text),
		cmocka_unit_test(what_earlier_executions_left_on_the_stack_is_not_seen),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
