// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/internal.h"
#include "machine/rcu.h"

struct rcu_callback {
	struct rcu_callback *next;
	void (*fn)(void *arg);
	void *arg;
};

static u64 count(const struct rcu *r, u32 cpu)
{
	/*
	 * a read-modify-write, so that it is ordered against the store to the pointer that the caller took
	 * away
	 */
	return __atomic_fetch_add(&r->m->cpus[cpu]->rcu_seq, 0, __ATOMIC_SEQ_CST);
}

static bool is_over(struct rcu *r)
{
	for (; r->first < r->m->nr_cpus; r->first++) {
		u64 snap = r->snap[r->first];

		if (snap & 1 && count(r, r->first) == snap)
			return false;
	}
	return true;
}

static void begin(struct rcu *r, int cpu, u64 now_ns)
{
	r->wait = r->next;
	r->next = NULL;
	r->next_tail = &r->next;
	r->first = 0;
	r->active = true;
	for (u32 i = 0; i < r->m->nr_cpus; i++)
		r->snap[i] = count(r, i);
	mach_event_arm(r->m, &r->timer, cpu, now_ns + r->m->costs.rcu_gp_ns);
}

static void timer(struct mevent *ev)
{
	struct rcu *r = container_of(ev, struct rcu, timer);
	struct rcu_callback *cb, **tail;

	pthread_mutex_lock(&r->lock);
	if (!is_over(r)) {
		mach_event_arm(r->m, ev, this_mcpu->id, next_tick(r->m, this_mcpu->now_ns));
		pthread_mutex_unlock(&r->lock);
		return;
	}
	for (tail = &r->done; *tail; tail = &(*tail)->next)
		;
	*tail = r->wait;
	r->wait = NULL;
	r->active = false;
	if (r->next)
		begin(r, this_mcpu->id, this_mcpu->now_ns);
	/* from the list one by one: the machine may be stopped within a callback, and rcu_fini() is to find the others */
	while ((cb = r->done)) {
		void (*fn)(void *arg) = cb->fn;
		void *arg = cb->arg;

		r->done = cb->next;
		cb->next = r->free;
		r->free = cb;
		pthread_mutex_unlock(&r->lock);
		fn(arg);
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
}

void rcu_call(struct rcu *r, u64 now_ns, void (*fn)(void *), void *arg)
{
	struct rcu_callback *cb;

	pthread_mutex_lock(&r->lock);
	cb = r->free;
	if (cb)
		r->free = cb->next;
	else if (!(cb = malloc(sizeof(*cb))))
		machine_out_of_memory("RCU callbacks");
	cb->fn = fn;
	cb->arg = arg;
	cb->next = NULL;
	*r->next_tail = cb;
	r->next_tail = &cb->next;
	if (!r->active)
		begin(r, this_mcpu ? this_mcpu->id : 0, now_ns);
	pthread_mutex_unlock(&r->lock);
}

int rcu_init(struct rcu *r, struct machine *m)
{
	memset(r, 0, sizeof(*r));
	r->m = m;
	r->next_tail = &r->next;
	r->timer.fn = timer;
	r->snap = calloc(m->nr_cpus, sizeof(*r->snap));
	if (!r->snap)
		return -ENOMEM;
	return -pthread_mutex_init(&r->lock, NULL);
}

/* @drop: they have not been called. Those that only give memory back do so; others would need a machine. */
static void free_list(struct rcu_callback *cb, bool drop)
{
	struct rcu_callback *next;

	for (; cb; cb = next) {
		next = cb->next;
		if (drop && cb->fn == free)
			free(cb->arg);
		free(cb);
	}
}

void rcu_fini(struct rcu *r)
{
	free_list(r->next, true);
	free_list(r->wait, true);
	free_list(r->done, true);
	free_list(r->free, false);
	free(r->snap);
	pthread_mutex_destroy(&r->lock);
}
