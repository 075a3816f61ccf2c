// SPDX-License-Identifier: GPL-2.0-only
/* User mode and idle on the simulated machine: how much work is done when. */
#include "tests/machine/fake.h"

struct kick {
	struct mevent ev;
	struct fake *f;
};

/* An interrupt after which the kernel has to be entered. */
static void kick_fn(struct mevent *ev)
{
	container_of(ev, struct kick, ev)->f->resched[this_mcpu->id] = true;
}

static void nothing_fn(struct mevent *ev)
{
	mach_charge(50);
}

static struct kick kick[4];

static void arm(struct fake *f, int i, void (*fn)(struct mevent *), int cpu, u64 ns)
{
	kick[i] = (struct kick){ .ev.fn = fn, .f = f };
	mach_event_arm(f->m, &kick[i].ev, cpu, ns);
}

/* Work of 1000 ns; logs what was done. */
static void work_1000(struct fake *f, int cpu)
{
	mach_charge(100);
	fake_log(f, mach_run_user(1000) + 1);
	assert_false(irqs_disabled());
}

static void work_takes_its_time_and_interrupts_do_not_count(void **state)
{
	/* two interrupts of 57 ns each */
	static const struct fake_entry want[] = { { 1214, 0, 1001 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_1000 };

	costs.kernel_entry_ns = 7;
	fake_start(&f, "1", &costs);
	arm(&f, 0, nothing_fn, 0, 300);
	arm(&f, 1, nothing_fn, 0, 1000);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void an_interrupt_that_wants_the_kernel_returns_the_work_done(void **state)
{
	static const struct fake_entry want[] = { { 407, 0, 301 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_1000 };

	costs.kernel_entry_ns = 7;
	fake_start(&f, "1", &costs);
	arm(&f, 0, kick_fn, 0, 400);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void work_with_interrupts_pending(struct fake *f, int cpu)
{
	local_irq_disable();
	mach_charge(500);
	mach_sync();
	fake_log(f, mach_run_user(1000) + 1);
	assert_true(irqs_disabled());
	f->resched[0] = false;
	fake_log(f, mach_run_user(0) + 1);
	local_irq_enable();
}

static void what_waits_is_delivered_before_any_work(void **state)
{
	static const struct fake_entry want[] = { { 500, 0, 1 }, { 500, 0, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_with_interrupts_pending };

	fake_start(&f, "1", &costs);
	arm(&f, 0, kick_fn, 0, 400);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void work_for_ever(struct fake *f, int cpu)
{
	u64 done = mach_run_user(~0ull);

	fake_log(f, done == 5000000000 ? 1 : 2);
}

static void endless_work_ends_only_by_an_interrupt(void **state)
{
	static const struct fake_entry want[] = { { 5000000000, 0, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_for_ever };

	fake_start(&f, "1", &costs);
	arm(&f, 0, kick_fn, 0, 5000000000);
	assert_int_equal(sim_run(f.m, 4000000000), RUN_UNTIL);
	assert_int_equal(f.n, 0);
	assert_int_equal(sim_run(f.m, 6000000000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* Interrupts at random instants: the work done adds up exactly, whatever the speed. */
static void work_in_pieces(struct fake *f, int cpu)
{
	u64 left = 1000000;

	while (left) {
		left -= mach_run_user(left);
		f->resched[0] = false;
	}
	fake_log(f, 1);
}

static void start_with_capacity(struct fake *f, u32 capacity)
{
	struct machine_config cfg = { .hz = 1000, .kernel = &fake_kernel, .kern = f };
	struct mach_costs costs = fake_costs();
	struct topology topo;
	char err[100];

	assert_int_equal(topology_parse(&topo, "1", err, sizeof(err)), 0);
	topo.cpu[0].capacity = capacity;
	cfg.topo = &topo;
	cfg.costs = &costs;
	f->m = sim_create(&cfg);
	topology_free(&topo);
	assert_non_null(f->m);
}

static void capacity_is_speed(void **state)
{
	static const struct fake_entry want[] = { { 100 + 3368, 0, 1001 }, {} };
	struct fake f = { .body = work_1000 };

	/* 1000 * 1024 / 304 = 3368.42: done at 3369; the interrupt at 3368 finds 999.87 ns of work done */
	start_with_capacity(&f, 304);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	assert_int_equal(f.log[0].ns, 100 + 3369);
	assert_int_equal(f.log[0].what, 1001);
	fake_end(&f);

	f = (struct fake){ .body = work_1000 };
	start_with_capacity(&f, 304);
	arm(&f, 0, kick_fn, 0, 100 + 3368);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	assert_int_equal(f.log[0].ns, want[0].ns);
	assert_int_equal(f.log[0].what, 1000);
	fake_end(&f);
}

static void interrupts_lose_no_work_at_odd_speeds(void **state)
{
	struct fake f = { .body = work_in_pieces };
	static struct kick k[300];
	u64 ns = 1000000ull * 1024 / 304 + 1;

	start_with_capacity(&f, 304);
	for (int i = 0; i < 300; i++) {
		k[i] = (struct kick){ .ev.fn = nothing_fn, .f = &f };
		mach_event_arm(f.m, &k[i].ev, 0, 1 + i * 7919);
	}
	assert_int_equal(sim_run(f.m, 10000000), RUN_UNTIL);
	assert_int_equal(f.log[0].ns, ns + 300 * 50);
	fake_end(&f);
}

/* --- hardware threads --- */

static void work_on_both(struct fake *f, int cpu)
{
	fake_log(f, mach_run_user(6000) + 1);
}

static void hardware_threads_share_their_core(void **state)
{
	static const struct fake_entry want[] = { { 10000, 0, 6001 }, { 10000, 1, 6001 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_on_both };

	fake_start(&f, "core:1 pu:2", &costs);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void work_then_sleep(struct fake *f, int cpu)
{
	/* CPU 0 computes 6000, CPU 1 computes 1200 and is idle */
	fake_log(f, mach_run_user(cpu ? 1200 : 6000) + 1);
}

static void a_thread_is_faster_from_the_instant_at_which_its_sibling_idles(void **state)
{
	/* until 2000 both at 60 %, then 4800 at full speed */
	static const struct fake_entry want[] = { { 2000, 1, 1201 }, { 6800, 0, 6001 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_then_sleep };

	fake_start(&f, "core:1 pu:2", &costs);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void handler_1000(struct mevent *ev)
{
	mach_charge(1000);
}

static void an_interrupt_in_idle_slows_the_sibling_while_it_lasts(void **state)
{
	/* at 3000 the sibling wakes for 200 + 1000 ns: 480 ns of work are lost */
	static const struct fake_entry want[] = { { 2000, 1, 1201 }, { 7280, 0, 6001 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_then_sleep };

	costs.idle_exit_ns = 200;
	fake_start(&f, "core:1 pu:2", &costs);
	arm(&f, 0, handler_1000, 1, 3000);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void other_cores_do_not_slow_down(void **state)
{
	static const struct fake_entry want[] = { { 6000, 0, 6001 }, { 6000, 1, 6001 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_on_both };

	fake_start(&f, "core:2 pu:1", &costs);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* --- idle --- */

static void idle_twice(struct fake *f, int cpu)
{
	mach_idle();
	fake_log(f, 1);
	/* it still wants the kernel: returns at once */
	mach_idle();
	fake_log(f, 2);
	f->resched[cpu] = false;
	mach_idle();
	fake_log(f, 3);
}

static void idle_lasts_until_the_kernel_has_to_be_entered_and_leaving_costs_time(void **state)
{
	/* the interrupt at 500 does not want the kernel */
	static const struct fake_entry want[] = { { 2107, 0, 1 }, { 2107, 0, 2 }, { 4107, 0, 3 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = idle_twice };

	costs.idle_exit_ns = 100;
	costs.kernel_entry_ns = 7;
	fake_start(&f, "1", &costs);
	arm(&f, 0, nothing_fn, 0, 500);
	arm(&f, 1, kick_fn, 0, 2000);
	arm(&f, 2, kick_fn, 0, 4000);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void wake_the_other(struct fake *f, int cpu)
{
	if (cpu) {
		mach_idle();
		fake_log(f, 1);
	} else {
		mach_charge(1000);
		mach_send_ipi(1, IPI_RESCHED);
	}
}

static void an_ipi_wakes_an_idle_cpu(void **state)
{
	static const struct fake_entry want[] = { { 1700, 1, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = wake_the_other };

	costs.ipi_ns = 600;
	costs.idle_exit_ns = 100;
	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void interrupt_before_idle(struct fake *f, int cpu)
{
	local_irq_disable();
	mach_charge(1000);
	mach_idle();
	assert_true(irqs_disabled());
	fake_log(f, 1);
}

static void an_interrupt_just_before_idle_is_not_missed(void **state)
{
	static const struct fake_entry want[] = { { 1000, 0, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = interrupt_before_idle };

	fake_start(&f, "1", &costs);
	arm(&f, 0, kick_fn, 0, 500);
	assert_int_equal(sim_run(f.m, 100000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_takes_its_time_and_interrupts_do_not_count),
		cmocka_unit_test(an_interrupt_that_wants_the_kernel_returns_the_work_done),
		cmocka_unit_test(what_waits_is_delivered_before_any_work),
		cmocka_unit_test(endless_work_ends_only_by_an_interrupt),
		cmocka_unit_test(capacity_is_speed),
		cmocka_unit_test(interrupts_lose_no_work_at_odd_speeds),
		cmocka_unit_test(hardware_threads_share_their_core),
		cmocka_unit_test(a_thread_is_faster_from_the_instant_at_which_its_sibling_idles),
		cmocka_unit_test(an_interrupt_in_idle_slows_the_sibling_while_it_lasts),
		cmocka_unit_test(other_cores_do_not_slow_down),
		cmocka_unit_test(idle_lasts_until_the_kernel_has_to_be_entered_and_leaving_costs_time),
		cmocka_unit_test(an_ipi_wakes_an_idle_cpu),
		cmocka_unit_test(an_interrupt_just_before_idle_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
