// SPDX-License-Identifier: GPL-2.0-only
/* Who goes first on the simulated machine: events, code, locks, words; windows and deadlocks. */
#include "tests/machine/fake.h"

struct logged_event {
	struct mevent ev;
	struct fake *f;
	int what;
};

static void log_event(struct mevent *ev)
{
	struct logged_event *e = container_of(ev, struct logged_event, ev);

	fake_log(e->f, e->what);
}

static void events_happen_in_the_order_of_time_cpu_and_arming(void **state)
{
	static const struct { u64 ns; int cpu; } armed[] = {
		{ 300, 0 }, { 100, 2 }, { 100, 1 }, { 200, 1 }, { 100, 1 }, { 50, 2 }, { 200, 0 }, { 100, 0 },
		{ 300, 0 },
	};
	static const struct fake_entry want[] = {
		{ 50, 2, 6 }, { 100, 0, 8 }, { 100, 1, 3 }, { 100, 1, 5 }, { 100, 2, 2 }, { 200, 0, 7 },
		{ 200, 1, 4 }, { 300, 0, 1 }, { 300, 0, 9 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct logged_event e[9] = {};
	struct fake f = {};

	fake_start(&f, "3", &costs);
	for (int i = 0; i < 9; i++) {
		e[i] = (struct logged_event){ .ev.fn = log_event, .f = &f, .what = i + 1 };
		mach_event_arm(f.m, &e[i].ev, armed[i].cpu, armed[i].ns);
	}
	assert_int_equal(sim_run(f.m, 1000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(sim_now(f.m), 1000);
	fake_end(&f);
}

static void the_queue_keeps_its_order_under_random_arming_and_cancelling(void **state)
{
	enum { NR = 300 };
	static struct logged_event e[NR];
	struct mach_costs costs = fake_costs();
	struct fake f = {};
	u64 last_ns = 0;
	int armed = 0;

	memset(e, 0, sizeof(e));
	fake_start(&f, "4", &costs);
	for (int i = 0; i < 5 * NR; i++) {
		struct logged_event *x = &e[mach_choose(f.m, CHOOSE_WORKLOAD, NR)];

		x->ev.fn = log_event;
		x->f = &f;
		x->what = x - e + 1;
		if (mach_choose(f.m, CHOOSE_WORKLOAD, 4))
			mach_event_arm(f.m, &x->ev, mach_choose(f.m, CHOOSE_WORKLOAD, 4),
				       mach_choose(f.m, CHOOSE_WORKLOAD, 100));
		else
			mach_event_cancel(f.m, &x->ev);
	}
	for (int i = 0; i < NR; i++)
		armed += e[i].ev.pos != 0;
	assert_true(armed > NR / 2);
	assert_int_equal(sim_run(f.m, 1000), RUN_UNTIL);
	assert_int_equal(f.n, armed);
	for (int i = 0; i < f.n; i++) {
		struct logged_event *x = &e[f.log[i].what - 1];

		assert_true(f.log[i].ns >= last_ns);
		assert_int_equal(f.log[i].ns, x->ev.when_ns);
		assert_int_equal(f.log[i].cpu, x->ev.cpu);
		if (i && f.log[i].ns == last_ns) {
			assert_true(f.log[i - 1].cpu <= f.log[i].cpu);
			if (f.log[i - 1].cpu == f.log[i].cpu)
				assert_true(e[f.log[i - 1].what - 1].ev.seq < x->ev.seq);
		}
		last_ns = f.log[i].ns;
	}
	fake_end(&f);
}

static void different_strides(struct fake *f, int cpu)
{
	for (int i = 0; i < 5; i++) {
		mach_charge(cpu == 0 ? 30 : cpu == 1 ? 20 : 60);
		mach_sync();
		fake_log(f, 1);
	}
}

static void code_goes_on_in_the_order_of_clocks_and_cpus(void **state)
{
	static const struct fake_entry want[] = {
		{ 20, 1, 1 }, { 30, 0, 1 }, { 40, 1, 1 }, { 60, 0, 1 }, { 60, 1, 1 }, { 60, 2, 1 },
		{ 80, 1, 1 }, { 90, 0, 1 }, { 100, 1, 1 }, { 120, 0, 1 }, { 120, 2, 1 }, { 150, 0, 1 },
		{ 180, 2, 1 }, { 240, 2, 1 }, { 300, 2, 1 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = different_strides };

	fake_start(&f, "3", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static raw_spinlock_t lock;

static void arrive_and_hold(struct fake *f, int cpu)
{
	static const u64 arrives[] = { 0, 200, 100, 200 };
	bool off;

	mach_charge(arrives[cpu]);
	off = raw_spin_lock_irqsave(&lock);
	fake_log(f, 1);
	assert_true(raw_spin_is_locked_by_me(&lock));
	mach_charge(cpu == 0 ? 1000 : 100);
	raw_spin_unlock_irqrestore(&lock, off);
	mach_sync();
	fake_log(f, 2);
}

static void a_lock_goes_to_who_came_earlier_and_contention_costs_time(void **state)
{
	/* lock 15, hand-over 80: 0+15; 1015+80, 1195+80, 1375+80 */
	static const struct fake_entry want[] = {
		{ 15, 0, 1 }, { 1015, 0, 2 }, { 1095, 2, 1 }, { 1195, 2, 2 }, { 1275, 1, 1 }, { 1375, 1, 2 },
		{ 1455, 3, 1 }, { 1555, 3, 2 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = arrive_and_hold };

	memset(&lock, 0, sizeof(lock));
	costs.lock_ns = 15;
	costs.lock_handover_ns = 80;
	fake_start(&f, "4", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(lock.owner, 0);
	assert_int_equal(lock.waiters, 0);
	fake_end(&f);
}

static void take_a_lock_of_the_future(struct fake *f, int cpu)
{
	mach_charge(100);
	assert_false(raw_spin_trylock(&lock));
	fake_log(f, 1);
	raw_spin_lock(&lock);
	fake_log(f, 2);
	raw_spin_unlock(&lock);
}

static void a_lock_is_not_free_before_the_instant_of_its_release(void **state)
{
	static const struct fake_entry want[] = { { 115, 0, 1 }, { 580, 0, 2 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = take_a_lock_of_the_future };

	lock = (raw_spinlock_t){ .free_at_ns = 500 };
	costs.lock_ns = 15;
	costs.lock_handover_ns = 80;
	fake_start(&f, "1", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static void hold_or_try(struct fake *f, int cpu)
{
	if (cpu == 0) {
		raw_spin_lock(&lock);
		mach_charge(100);
		raw_spin_unlock(&lock);
		return;
	}
	mach_charge(50);
	if (!raw_spin_trylock(&lock))
		fake_log(f, 1);
	mach_charge(50);
	if (raw_spin_trylock(&lock))
		fake_log(f, 2);
	raw_spin_unlock(&lock);
}

static void trylock_says_whether_the_lock_is_free_at_that_instant(void **state)
{
	static const struct fake_entry want[] = { { 50, 1, 1 }, { 100, 1, 2 }, {} };
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = hold_or_try };

	memset(&lock, 0, sizeof(lock));
	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	fake_end(&f);
}

static atomic_long_t word, other_word;

static void set_or_wait(struct fake *f, int cpu)
{
	local_irq_disable();
	if (cpu == 0) {
		/* whom this woke would be there too early */
		mach_charge(990);
		atomic_long_set(&other_word, 1);
		mach_charge(10);
		atomic_long_set_release(&word, 1);
		local_irq_enable();
		return;
	}
	mach_wait_word(&word.counter, 0);
	fake_log(f, atomic_long_read(&word));
	mach_wait_word(&word.counter, 0);
	fake_log(f, 2);
	local_irq_enable();
}

static void whoever_waits_for_a_word_goes_on_when_it_has_changed(void **state)
{
	static const struct fake_entry want[] = {
		{ 1080, 1, 1 }, { 1080, 1, 2 }, { 1080, 2, 1 }, { 1080, 2, 2 }, {},
	};
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = set_or_wait };

	word.counter = other_word.counter = 0;
	costs.lock_handover_ns = 80;
	fake_start(&f, "3", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	fake_expect(&f, want);
	assert_int_equal(f.m->nr_word_waiters, 0);
	fake_end(&f);
}

/* --- deadlocks --- */

static raw_spinlock_t second_lock;

static void abba(struct fake *f, int cpu)
{
	if (cpu == 2) {
		mach_tick_start();
		return;
	}
	raw_spin_lock_irq(cpu ? &lock : &second_lock);
	mach_charge(100);
	raw_spin_lock(cpu ? &second_lock : &lock);
	fake_log(f, 1);
}

static void locks_taken_in_opposite_orders_are_reported_although_other_cpus_go_on(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = abba };
	char text[200], cut[20];

	memset(&lock, 0, sizeof(lock));
	memset(&second_lock, 0, sizeof(second_lock));
	fake_start(&f, "3", &costs);
	assert_int_equal(sim_run(f.m, ~0ull), RUN_DEADLOCK);
	assert_int_equal(f.n, 0);
	sim_describe_deadlock(f.m, text, sizeof(text));
	assert_string_equal(text, "CPU 0 waits since 100 ns for a lock that CPU 1 holds; "
				  "CPU 1 waits since 100 ns for a lock that CPU 0 holds");
	sim_describe_deadlock(f.m, cut, sizeof(cut));
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
	assert_int_equal(sim_run(f.m, ~0ull), RUN_DEADLOCK);
	fake_end(&f);
}

static void lock_twice(struct fake *f, int cpu)
{
	raw_spin_lock_irq(&lock);
	raw_spin_lock(&lock);
}

static void a_lock_that_is_taken_twice_is_reported(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = lock_twice };

	memset(&lock, 0, sizeof(lock));
	fake_start(&f, "1", &costs);
	assert_int_equal(sim_run(f.m, ~0ull), RUN_DEADLOCK);
	fake_end(&f);
}

static void wait_for_nobody(struct fake *f, int cpu)
{
	mach_wait_word(&word.counter, 0);
}

static void waiting_for_a_word_that_nobody_will_change_is_reported(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = wait_for_nobody };
	char text[200];

	word.counter = 0;
	fake_start(&f, "1", &costs);
	assert_int_equal(sim_run(f.m, 1000), RUN_DEADLOCK);
	sim_describe_deadlock(f.m, text, sizeof(text));
	assert_string_equal(text, "CPU 0 waits since 0 ns for a word to change");
	fake_end(&f);
}

static void idling_for_ever_is_no_deadlock(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = {};

	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 1000), RUN_UNTIL);
	assert_int_equal(sim_run(f.m, ~0ull), RUN_UNTIL);
	assert_int_equal(sim_now(f.m), 1000);
	fake_end(&f);
}

/* --- windows, stopping, determinism --- */

/* Something of everything, steered by random numbers. */
static void random_walk(struct fake *f, int cpu)
{
	if (cpu & 1)
		mach_tick_start();
	for (int i = 0; i < 60; i++) {
		bool off = local_irq_save();

		switch (mach_choose(f->m, CHOOSE_WORKLOAD, 5)) {
		case 0:
			raw_spin_lock(&lock);
			mach_charge(mach_choose(f->m, CHOOSE_WORKLOAD, 3000));
			raw_spin_unlock(&lock);
			break;
		case 1:
			mach_send_ipi(mach_choose(f->m, CHOOSE_WORKLOAD, f->m->nr_cpus), IPI_CALL);
			break;
		case 2:
			atomic_long_set(&word, atomic_long_read(&word) + 1);
			break;
		case 3:
			mach_charge(mach_choose(f->m, CHOOSE_WORKLOAD, 50000));
			break;
		}
		local_irq_restore(off);
		mach_run_user(mach_choose(f->m, CHOOSE_WORKLOAD, 100000));
		fake_log(f, 1);
	}
	mach_tick_stop();
}

static void log_ipi(struct fake *f, int cpu, u32 kinds)
{
	fake_log(f, 2);
}

static void log_tick(struct fake *f, int cpu)
{
	fake_log(f, 3);
}

static void walk(struct fake *f, u64 seed, u64 step_ns)
{
	memset(f, 0, sizeof(*f));
	memset(&lock, 0, sizeof(lock));
	word.counter = 0;
	f->body = random_walk;
	f->on_ipi = log_ipi;
	f->on_tick = log_tick;
	fake_start_on(f, "numa:2 core:2 pu:2", NULL, 1000, seed, sim_create);
	for (u64 ns = step_ns; ns <= 100000000; ns += step_ns)
		assert_int_equal(sim_run(f->m, ns), RUN_UNTIL);
	assert_int_equal(f->m->nr_word_waiters, 0);
	fake_end(f);
}

static struct fake walks[2];

static void the_same_seed_gives_the_same_sequence_and_another_seed_another(void **state)
{
	walk(&walks[0], 1, 100000000);
	assert_true(walks[0].n > 480);
	walk(&walks[1], 1, 100000000);
	assert_int_equal(walks[0].n, walks[1].n);
	assert_memory_equal(walks[0].log, walks[1].log, sizeof(walks[0].log));
	walk(&walks[1], 2, 100000000);
	assert_memory_not_equal(walks[0].log, walks[1].log, sizeof(walks[0].log));
}

static void the_window_of_a_run_changes_nothing(void **state)
{
	walk(&walks[0], 3, 100000000);
	walk(&walks[1], 3, 1000);
	assert_int_equal(walks[0].n, walks[1].n);
	assert_memory_equal(walks[0].log, walks[1].log, sizeof(walks[0].log));
}

static void stop_after_a_while(struct fake *f, int cpu)
{
	for (int i = 0; i < 10; i++) {
		mach_charge(100);
		mach_sync();
		fake_log(f, 1);
		if (cpu == 1 && i == 2)
			mach_stop(f->m);
	}
}

static void stop_ends_a_run_at_the_next_synchronisation_point(void **state)
{
	struct mach_costs costs = fake_costs();
	struct fake f = { .body = stop_after_a_while };

	fake_start(&f, "2", &costs);
	assert_int_equal(sim_run(f.m, 10000), RUN_STOPPED);
	assert_int_equal(f.n, 6);
	assert_int_equal(sim_now(f.m), 300);
	assert_null(this_mcpu);
	assert_int_equal(sim_run(f.m, 10000), RUN_UNTIL);
	assert_int_equal(f.n, 20);
	fake_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_happen_in_the_order_of_time_cpu_and_arming),
		cmocka_unit_test(the_queue_keeps_its_order_under_random_arming_and_cancelling),
		cmocka_unit_test(code_goes_on_in_the_order_of_clocks_and_cpus),
		cmocka_unit_test(a_lock_goes_to_who_came_earlier_and_contention_costs_time),
		cmocka_unit_test(a_lock_is_not_free_before_the_instant_of_its_release),
		cmocka_unit_test(trylock_says_whether_the_lock_is_free_at_that_instant),
		cmocka_unit_test(whoever_waits_for_a_word_goes_on_when_it_has_changed),
		cmocka_unit_test(locks_taken_in_opposite_orders_are_reported_although_other_cpus_go_on),
		cmocka_unit_test(a_lock_that_is_taken_twice_is_reported),
		cmocka_unit_test(waiting_for_a_word_that_nobody_will_change_is_reported),
		cmocka_unit_test(idling_for_ever_is_no_deadlock),
		cmocka_unit_test(the_same_seed_gives_the_same_sequence_and_another_seed_another),
		cmocka_unit_test(the_window_of_a_run_changes_nothing),
		cmocka_unit_test(stop_ends_a_run_at_the_next_synchronisation_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
