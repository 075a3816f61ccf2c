// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/threads/threads.h"

static struct mctx *thread_ctx_create(struct machine *m, size_t stack, void (*fn)(void *), void *arg)
{
	return mctx_create(&threads_of(m)->contexts, stack, fn, arg);
}

static void thread_ctx_destroy(struct mctx *x)
{
	mctx_destroy(x);
}

/* Nothing of the CPU may be used after the switch: the context can go on with another one. */
static void thread_switch_to(struct mcpu *mc, struct mctx *next)
{
	struct thread_cpu *c = thread_cpu_of(mc);
	struct mctx *prev = c->ctx;

	if (next == prev)
		return;
	__atomic_fetch_add(&mc->m->stats.ctx_switches, 1, __ATOMIC_RELAXED);
	c->ctx = next;
	mctx_switch(prev, next);
}

static void cpu_begin(void *arg)
{
	struct mcpu *c = arg;

	c->m->kernel->cpu_main(c->m->kern, c);
}

static void thread_call_rcu(struct machine *m, void (*fn)(void *), void *arg)
{
	rcu_call(&threads_of(m)->rcu, this_mcpu ? this_mcpu->now_ns : 0, fn, arg);
}

static void thread_quiescent(struct mcpu *c)
{
	rcu_flip(c, 2, true);
}

static void threads_stop(struct machine *m)
{
	__atomic_store_n(&threads_of(m)->stopped, true, __ATOMIC_RELEASE);
}

static void threads_destroy(struct machine *m)
{
	struct threads *t = threads_of(m);

	mctx_pool_destroy(&t->contexts);
	rcu_fini(&t->rcu);
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		heap_free(&t->cpu[cpu].due);
	pthread_mutex_destroy(&t->events);
	machine_fini(m);
	free(t);
}

/* wake_word is not needed: whoever waits looks by itself, and machine.nr_word_waiters stays 0. */
static const struct mach_ops threads_ops = {
	.destroy	= threads_destroy,
	.sync		= thread_sync,
	.lock		= thread_lock,
	.trylock	= thread_trylock,
	.unlock		= thread_unlock,
	.wait_word	= thread_wait_word,
	.irq_unmask	= thread_sync,
	.send_ipi	= thread_send_ipi,
	.event_arm	= thread_event_arm,
	.event_cancel	= thread_event_cancel,
	.run_user	= thread_run_user,
	.idle		= thread_idle,
	.tick_start	= thread_tick_start,
	.tick_stop	= thread_tick_stop,
	.ctx_create	= thread_ctx_create,
	.ctx_destroy	= thread_ctx_destroy,
	.switch_to	= thread_switch_to,
	.call_rcu	= thread_call_rcu,
	.quiescent	= thread_quiescent,
	.stop		= threads_stop,
};

static int init_cpu(struct threads *t, u32 id)
{
	struct thread_cpu *c = &t->cpu[id];

	c->pub.m = &t->pub;
	c->pub.kern = t->pub.kern;
	c->pub.id = id;
	c->pub.rcu_seq = 1;
	c->first_ns = ~0ull;
	c->tick.fn = thread_tick;
	t->pub.cpus[id] = &c->pub;
	c->ctx = mctx_create(&t->contexts, CPU_STACK, cpu_begin, &c->pub);
	t->pub.cpu_ctx[id] = c->ctx;
	return c->ctx ? 0 : -1;
}

struct machine *threads_create(const struct machine_config *cfg)
{
	struct threads *t = calloc(1, sizeof(*t) + cfg->topo->nr_cpus * sizeof(t->cpu[0]));

	if (!t)
		return NULL;
	if (machine_init(&t->pub, cfg, &threads_ops))
		goto no_machine;
	t->pub.several_threads = true;
	/* sinks expect one emitter */
	t->pub.trace = NULL;
	if (rcu_init(&t->rcu, &t->pub))
		goto no_rcu;
	if (pthread_mutex_init(&t->events, NULL))
		goto no_events;
	if (mctx_pool_init(&t->contexts))
		goto no_pool;
	for (u32 id = 0; id < t->pub.nr_cpus; id++) {
		if (init_cpu(t, id)) {
			threads_destroy(&t->pub);
			return NULL;
		}
	}
	return &t->pub;

no_pool:
	pthread_mutex_destroy(&t->events);
no_events:
	rcu_fini(&t->rcu);
no_rcu:
	machine_fini(&t->pub);
no_machine:
	free(t);
	return NULL;
}

static void *cpu_thread(void *arg)
{
	struct thread_cpu *c = arg;

	this_mcpu = &c->pub;
	mctx_init_host(&c->host);
	mctx_switch(&c->host, c->ctx);
	return NULL;
}

void threads_run(struct machine *m)
{
	struct threads *t = threads_of(m);

	assert(!this_mcpu);
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++) {
		int err = pthread_create(&t->cpu[cpu].thread, NULL, cpu_thread, &t->cpu[cpu]);

		if (err) {
			fprintf(stderr, "uscx: cannot start the host thread of CPU %u: %s; "
					"run a smaller machine\n", cpu, strerror(err));
			abort();
		}
	}
	for (u32 cpu = 0; cpu < m->nr_cpus; cpu++)
		pthread_join(t->cpu[cpu].thread, NULL);
}
