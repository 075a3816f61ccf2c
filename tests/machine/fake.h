/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small kernel for tests of the machines: what a CPU executes is a function of the test, after which it
 * idles; what happens is logged as (time, CPU, what).
 */
#ifndef TESTS_MACHINE_FAKE_H
#define TESTS_MACHINE_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "machine/machine.h"

#define FAKE_CPUS 64
#define FAKE_LOG 4096

struct fake_entry {
	u64 ns;
	int cpu;
	int what;
};

struct fake {
	struct machine *m;
	void (*body)(struct fake *f, int cpu);
	void (*on_tick)(struct fake *f, int cpu);
	void (*on_ipi)(struct fake *f, int cpu, u32 kinds);
	void (*on_exit)(struct fake *f, int cpu);
	bool resched[FAKE_CPUS];
	struct fake_entry log[FAKE_LOG];
	int n;
	void *data;
};

static inline void fake_log(struct fake *f, int what)
{
	assert_true(f->n < FAKE_LOG);
	f->log[f->n++] = (struct fake_entry){ mach_now(), this_mcpu->id, what };
}

static void fake_main(void *kern, struct mcpu *c)
{
	struct fake *f = kern;

	if (f->body)
		f->body(f, c->id);
	for (;;) {
		WRITE_ONCE(f->resched[c->id], false);
		mach_idle();
	}
}

static void fake_tick(void *kern, struct mcpu *c)
{
	struct fake *f = kern;

	if (f->on_tick)
		f->on_tick(f, c->id);
}

static void fake_ipi(void *kern, struct mcpu *c, u32 kinds)
{
	struct fake *f = kern;

	if (kinds & IPI_RESCHED)
		WRITE_ONCE(f->resched[c->id], true);
	if (f->on_ipi)
		f->on_ipi(f, c->id, kinds);
}

static void fake_irq_exit_preempt(void *kern, struct mcpu *c)
{
	struct fake *f = kern;

	if (f->on_exit)
		f->on_exit(f, c->id);
}

static bool fake_need_resched(void *kern, struct mcpu *c)
{
	struct fake *f = kern;

	return READ_ONCE(f->resched[c->id]);
}

static const struct mach_kernel fake_kernel = {
	.cpu_main = fake_main,
	.tick = fake_tick,
	.ipi = fake_ipi,
	.irq_exit_preempt = fake_irq_exit_preempt,
	.need_resched = fake_need_resched,
};

/* Costs of 0 but for what a test sets, so that it can count. */
static inline struct mach_costs fake_costs(void)
{
	return (struct mach_costs){ .smt_percent = 60 };
}

static inline void fake_start_on(struct fake *f, const char *spec, const struct mach_costs *costs, u32 hz,
				 u64 seed, struct machine *(*create)(const struct machine_config *))
{
	struct machine_config cfg = {
		.costs = costs, .hz = hz, .seed = seed, .kernel = &fake_kernel, .kern = f,
	};
	struct topology topo;
	char err[200];

	if (topology_parse(&topo, spec, err, sizeof(err)))
		fail_msg("%s", err);
	cfg.topo = &topo;
	f->m = create(&cfg);
	topology_free(&topo);
	assert_non_null(f->m);
}

static inline void fake_start(struct fake *f, const char *spec, const struct mach_costs *costs)
{
	fake_start_on(f, spec, costs, 1000, 1, sim_create);
}

static inline void fake_end(struct fake *f)
{
	machine_destroy(f->m);
}

/* The log is exactly @want, up to an entry with what = 0. */
static inline void fake_expect(const struct fake *f, const struct fake_entry *want)
{
	int i;

	for (i = 0; want[i].what; i++) {
		if (i >= f->n)
			fail_msg("log ends before entry %d: %llu ns CPU %d what %d", i,
				 (unsigned long long)want[i].ns, want[i].cpu, want[i].what);
		if (f->log[i].ns != want[i].ns || f->log[i].cpu != want[i].cpu ||
		    f->log[i].what != want[i].what)
			fail_msg("entry %d is %llu ns CPU %d what %d, not %llu ns CPU %d what %d", i,
				 (unsigned long long)f->log[i].ns, f->log[i].cpu, f->log[i].what,
				 (unsigned long long)want[i].ns, want[i].cpu, want[i].what);
	}
	assert_int_equal(f->n, i);
}

/* Entries of one kind. */
static inline int fake_count(const struct fake *f, int what)
{
	int n = 0;

	for (int i = 0; i < f->n; i++)
		n += f->log[i].what == what;
	return n;
}

#endif
