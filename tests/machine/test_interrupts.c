// SPDX-License-Identifier: GPL-2.0-only
/*
 * When interrupts reach a CPU of the simulated machine: events, ticks, IPIs; interrupts off; preemption at
 * their end.
 */
#include "tests/machine/fake.h"

struct logged_event {
	struct mevent ev;
	struct fake *f;
	int what;
};

static void log_event(struct mevent *ev)
{
	struct logged_event *e = container_of(ev, struct logged_event, ev);

	assert_true(irqs_disabled());
	assert_true(this_mcpu->in_irq);
	fake_log(e->f, e->what);
}

static struct logged_event event[4];

static void arm(struct fake *f, int i, int cpu, u64 ns)
{
	event[i] = (struct logged_event){ .ev.fn = log_event, .f = f, .what = i + 1 };
	mach_event_arm(f->m, &event[i].ev, cpu, ns);
}

/* 10: kernel work without interrupts is over; 11: interrupts on again */
static void work_with_interrupts_off(struct fake *f, int cpu)
{
	if (cpu)
		return;
	local_irq_disable();
	for (int i = 0; i < 10; i++) {
		mach_charge(100);
		mach_sync();
	}
	fake_log(f, 10);
	local_irq_enable();
	fake_log(f, 11);
}

static void log_exit(struct fake *f, int cpu)
{
	assert_false(this_mcpu->in_irq);
	assert_true(irqs_disabled());
	fake_log(f, 20);
}

static void interrupts_off_defers_them_and_keeps_their_order(void **state)
{
	static const struct fake_entry want[] = {
		{ 150, 1, 3 }, { 1000, 0, 10 }, { 1007, 0, 2 }, { 1007, 0, 20 }, { 1014, 0, 1 },
		{ 1014, 0, 20 }, { 1014, 0, 11 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_with_interrupts_off, .on_exit = log_exit };

	costs.kernel_entry_ns = 7;
	fake_start(&f, "2", &costs);
	arm(&f, 0, 0, 300);
	arm(&f, 1, 0, 200);
	arm(&f, 2, 1, 143);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void work_with_interrupts_on(struct fake *f, int cpu)
{
	for (int i = 0; i < 3; i++) {
		mach_charge(100);
		mach_sync();
		assert_false(irqs_disabled());
		fake_log(f, 10);
	}
}

static void interrupts_on_in_the_kernel_are_taken_at_synchronisation_points(void **state)
{
	static const struct fake_entry want[] = {
		{ 100, 0, 10 }, { 207, 0, 1 }, { 207, 0, 20 }, { 207, 0, 10 }, { 307, 0, 10 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_with_interrupts_on, .on_exit = log_exit };

	costs.kernel_entry_ns = 7;
	fake_start(&f, "1", &costs);
	arm(&f, 0, 0, 120);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* An interrupt handler that lets interrupts in. */
static void open_event(struct mevent *ev)
{
	struct logged_event *e = container_of(ev, struct logged_event, ev);

	mach_charge(100);
	local_irq_enable();
	mach_sync();
	local_irq_disable();
	fake_log(e->f, e->what);
}

static void a_nested_interrupt_does_not_preempt(void **state)
{
	/* 100: the handler starts, 200: the nested one, then the outer one ends, and only then preemption */
	static const struct fake_entry want[] = {
		{ 200, 0, 2 }, { 200, 0, 1 }, { 200, 0, 20 }, { 200, 0, 10 }, { 300, 0, 10 }, { 400, 0, 10 },
		{},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = work_with_interrupts_on, .on_exit = log_exit };

	fake_start(&f, "1", &costs);
	arm(&f, 0, 0, 50);
	event[0].ev.fn = open_event;
	arm(&f, 1, 0, 150);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* --- arming and cancelling --- */

static void cancel_and_rearm(struct fake *f, int cpu)
{
	if (cpu)
		return;
	local_irq_disable();
	arm(f, 0, 0, 10);
	arm(f, 1, 0, 20);
	arm(f, 2, 0, 30);
	arm(f, 3, 1, 500);
	mach_charge(100);
	mach_sync();
	/* those that have arrived can still be cancelled and moved */
	assert_true(this_mcpu->irq_pending);
	mach_event_cancel(f->m, &event[1].ev);
	assert_int_equal(event[1].ev.pos, 0);
	mach_event_cancel(f->m, &event[1].ev);
	mach_event_arm(f->m, &event[0].ev, 1, 200);
	mach_event_arm(f->m, &event[3].ev, 1, 300);
	local_irq_enable();
	fake_log(f, 10);
}

static void an_armed_event_can_be_cancelled_and_moved(void **state)
{
	static const struct fake_entry want[] = {
		{ 100, 0, 3 }, { 100, 0, 10 }, { 200, 1, 1 }, { 300, 1, 4 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = cancel_and_rearm };

	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void arm_in_the_past(struct fake *f, int cpu)
{
	if (cpu)
		return;
	mach_charge(1000);
	arm(f, 0, 1, 10);
	mach_charge(1000);
	mach_sync();
}

static void an_event_of_the_past_happens_now(void **state)
{
	static const struct fake_entry want[] = { { 1000, 1, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = arm_in_the_past };

	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void cancel_late(struct fake *f, int cpu)
{
	if (cpu)
		return;
	local_irq_disable();
	mach_charge(200);
	mach_event_cancel(f->m, &event[0].ev);
	mach_event_cancel(f->m, &event[1].ev);
	fake_log(f, 10);
	local_irq_enable();
}

static void what_was_due_elsewhere_before_now_is_not_cancelled(void **state)
{
	static const struct fake_entry want[] = { { 100, 1, 1 }, { 200, 0, 10 }, { 200, 0, 3 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = cancel_late };

	fake_start(&f, "2", &costs);
	arm(&f, 0, 1, 100);
	arm(&f, 1, 1, 300);
	arm(&f, 2, 0, 150);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* --- IPIs --- */

static void log_ipi(struct fake *f, int cpu, u32 kinds)
{
	assert_true(irqs_disabled());
	fake_log(f, 100 + kinds);
}

static void send_some(struct fake *f, int cpu)
{
	if (cpu)
		return;
	mach_charge(1000);
	mach_send_ipi(1, IPI_CALL);
	mach_send_ipi(2, IPI_CALL);
	mach_charge(100);
	/* on its way: merged. Another kind is an interrupt of its own. */
	mach_send_ipi(1, IPI_CALL);
	mach_send_ipi(1, IPI_IRQ_WORK);
}

static void an_ipi_arrives_after_the_latency_between_the_nodes(void **state)
{
	static const struct fake_entry want[] = {
		{ 1600, 1, 100 + IPI_CALL }, { 1700, 1, 100 + IPI_IRQ_WORK }, { 2200, 2, 100 + IPI_CALL }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = send_some, .on_ipi = log_ipi };

	costs.ipi_ns = 600;
	costs.ipi_remote_ns = 1200;
	fake_start(&f, "numa:2 core:2 pu:1", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(f.m->stats.ipis, 3);
	fake_end(&f);
}

static void send_or_mask(struct fake *f, int cpu)
{
	if (cpu == 0) {
		mach_send_ipi(1, IPI_CALL);
		mach_charge(10);
		mach_send_ipi(1, IPI_IRQ_WORK);
		mach_charge(200);
		mach_send_ipi(1, IPI_CALL);
		return;
	}
	local_irq_disable();
	mach_charge(1000);
	mach_sync();
	local_irq_enable();
}

static void kinds_that_wait_for_interrupts_are_merged(void **state)
{
	static const struct fake_entry want[] = { { 1000, 1, 100 + IPI_CALL + IPI_IRQ_WORK }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = send_or_mask, .on_ipi = log_ipi };

	costs.ipi_ns = 100;
	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void send_to_itself(struct fake *f, int cpu)
{
	mach_send_ipi(0, IPI_IRQ_WORK);
	fake_log(f, 1);
	local_irq_disable();
	mach_send_ipi(0, IPI_IRQ_WORK);
	fake_log(f, 2);
	local_irq_enable();
	fake_log(f, 3);
}

static void an_ipi_to_itself_arrives_at_once(void **state)
{
	static const struct fake_entry want[] = {
		{ 5, 0, 100 + IPI_IRQ_WORK }, { 5, 0, 1 }, { 5, 0, 2 }, { 10, 0, 100 + IPI_IRQ_WORK },
		{ 10, 0, 3 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = send_to_itself, .on_ipi = log_ipi };

	costs.ipi_ns = 600;
	costs.kernel_entry_ns = 5;
	fake_start(&f, "1", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

/* --- spinning with interrupts on --- */

static atomic_long_t request, answer;
static raw_spinlock_t lock;

static void answer_ipi(struct fake *f, int cpu, u32 kinds)
{
	fake_log(f, 1);
	atomic_long_set_release(cpu ? &answer : &request, 1);
}

static void call_each_other(struct fake *f, int cpu)
{
	mach_send_ipi(!cpu, IPI_CALL);
	mach_wait_word(cpu ? &request.counter : &answer.counter, 0);
	fake_log(f, 2);
}

static void a_cpu_that_waits_for_a_word_takes_interrupts(void **state)
{
	static const struct fake_entry want[] = {
		{ 600, 0, 1 }, { 600, 1, 1 }, { 600, 0, 2 }, { 600, 1, 2 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = call_each_other, .on_ipi = answer_ipi };

	request.counter = answer.counter = 0;
	costs.ipi_ns = 600;
	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(f.m->nr_word_waiters, 0);
	fake_end(&f);
}

static void hold_until_answered(struct fake *f, int cpu)
{
	mach_charge(cpu * 10);
	if (cpu == 0) {
		raw_spin_lock_irq(&lock);
		mach_charge(100);
		mach_send_ipi(1, IPI_CALL);
		mach_wait_word(&answer.counter, 0);
		raw_spin_unlock_irq(&lock);
		return;
	}
	raw_spin_lock(&lock);
	fake_log(f, 10 + cpu);
	raw_spin_unlock(&lock);
}

static void a_cpu_in_line_for_a_lock_takes_interrupts_and_stands_in_line_again(void **state)
{
	/* CPU 1 was first in line until its interrupt at 200 */
	static const struct fake_entry want[] = { { 200, 1, 1 }, { 200, 2, 12 }, { 200, 1, 11 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = hold_until_answered, .on_ipi = answer_ipi };

	answer.counter = 0;
	memset(&lock, 0, sizeof(lock));
	costs.ipi_ns = 100;
	fake_start(&f, "3", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(lock.waiters, 0);
	fake_end(&f);
}

/* --- ticks --- */

static void log_tick(struct fake *f, int cpu)
{
	fake_log(f, 1);
	if (mach_now() >= 4000000)
		mach_tick_stop();
}

static void start_ticks(struct fake *f, int cpu)
{
	mach_charge(1000 + 1500000 * cpu);
	mach_tick_start();
	mach_tick_start();
	mach_sync();
}

static void ticks_come_at_multiples_of_their_period_on_all_cpus_until_stopped(void **state)
{
	static const struct fake_entry want[] = {
		{ 1000000, 0, 1 }, { 2000000, 0, 1 }, { 2000000, 1, 1 }, { 3000000, 0, 1 }, { 3000000, 1, 1 },
		{ 4000000, 0, 1 }, { 4000000, 1, 1 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = start_ticks, .on_tick = log_tick };

	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 100000000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(f.m->stats.ticks, 7);
	fake_end(&f);
}

static void mask_for_long(struct fake *f, int cpu)
{
	mach_tick_start();
	local_irq_disable();
	mach_charge(2500000);
	mach_sync();
	local_irq_enable();
}

static void ticks_that_were_missed_with_interrupts_off_are_one(void **state)
{
	static const struct fake_entry want[] = {
		{ 2500000, 0, 1 }, { 3000000, 0, 1 }, { 4000000, 0, 1 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = mask_for_long, .on_tick = log_tick };

	fake_start(&f, "1", &costs);
	assert_int_equal(sim_run(f.m, 100000000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void tick_once(struct fake *f, int cpu)
{
	fake_log(f, 1);
	mach_tick_stop();
}

static void start_tick(struct fake *f, int cpu)
{
	mach_tick_start();
}

static void an_interrupt_costs_its_entry_and_its_kind(void **state)
{
	static const struct fake_entry want[] = { { 1000107, 0, 1 }, { 1500057, 0, 1 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = start_tick, .on_tick = tick_once };

	costs.kernel_entry_ns = 7;
	costs.tick_ns = 100;
	costs.timer_ns = 50;
	fake_start(&f, "1", &costs);
	arm(&f, 0, 0, 1500000);
	assert_int_equal(sim_run(f.m, 100000000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void arrivals_are_traced(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = send_or_mask };
	struct trace *t = trace_create();
	struct task_struct curr = { .pid = 42 };

	assert_non_null(t);
	costs.ipi_ns = 100;
	fake_start(&f, "2", &costs);
	f.m->trace = t;
	f.m->cpus[1]->curr = &curr;
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	assert_int_equal(t->n, 1);
	assert_int_equal(t->batch[0].type, TE_IPI);
	assert_int_equal(t->batch[0].time_ns, 1000);
	assert_int_equal(t->batch[0].cpu, 1);
	assert_int_equal(t->batch[0].pid, 42);
	assert_int_equal(t->batch[0].arg[0], 0);
	assert_int_equal(t->batch[0].arg[1], IPI_CALL | IPI_IRQ_WORK);
	assert_int_equal(t->batch[0].arg[2], 0);
	fake_end(&f);
	trace_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts_off_defers_them_and_keeps_their_order),
		cmocka_unit_test(interrupts_on_in_the_kernel_are_taken_at_synchronisation_points),
		cmocka_unit_test(a_nested_interrupt_does_not_preempt),
		cmocka_unit_test(an_armed_event_can_be_cancelled_and_moved),
		cmocka_unit_test(an_event_of_the_past_happens_now),
		cmocka_unit_test(what_was_due_elsewhere_before_now_is_not_cancelled),
		cmocka_unit_test(an_ipi_arrives_after_the_latency_between_the_nodes),
		cmocka_unit_test(kinds_that_wait_for_interrupts_are_merged),
		cmocka_unit_test(an_ipi_to_itself_arrives_at_once),
		cmocka_unit_test(a_cpu_that_waits_for_a_word_takes_interrupts),
		cmocka_unit_test(a_cpu_in_line_for_a_lock_takes_interrupts_and_stands_in_line_again),
		cmocka_unit_test(ticks_come_at_multiples_of_their_period_on_all_cpus_until_stopped),
		cmocka_unit_test(ticks_that_were_missed_with_interrupts_off_are_one),
		cmocka_unit_test(an_interrupt_costs_its_entry_and_its_kind),
		cmocka_unit_test(arrivals_are_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
