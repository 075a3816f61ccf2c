// SPDX-License-Identifier: GPL-2.0-only
#include "workload/impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kabi/task.h"

int workload_fail(char *err, size_t err_len, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return ret;
}

void workload_impl_init(struct workload_impl *wi, void (*free)(struct workload_impl *wi))
{
	wi->refs = 1;
	wi->zero_ns = ~0ull;
	wi->free = free;
}

void workload_impl_get(struct workload_impl *wi)
{
	__atomic_fetch_add(&wi->refs, 1, __ATOMIC_RELAXED);
}

void workload_impl_put(struct workload_impl *wi)
{
	if (__atomic_sub_fetch(&wi->refs, 1, __ATOMIC_ACQ_REL) == 0)
		wi->free(wi);
}

u64 workload_zero(struct workload_impl *wi, u64 now_ns, u64 start_ns)
{
	u64 zero = __atomic_load_n(&wi->zero_ns, __ATOMIC_RELAXED);

	if (zero == ~0ull) {
		u64 mine = now_ns > start_ns ? now_ns - start_ns : 0;

		if (__atomic_compare_exchange_n(&wi->zero_ns, &zero, mine, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			zero = mine;
	}
	return zero;
}

u64 workload_end(const struct workload_impl *wi, u64 zero_ns)
{
	return wi->duration_ns ? zero_ns + wi->duration_ns : ~0ull;
}

int workload_alloc_tasks(struct workload *w, u32 nr)
{
	w->tasks = calloc(nr, sizeof(*w->tasks));
	if (!w->tasks)
		return -ENOMEM;
	w->nr_tasks = nr;
	return 0;
}

int workload_open(struct workload *w, const char *arg, u32 nr_cpus, u64 seed, char *err, size_t err_len)
{
	return workload_open_as(w, arg, nr_cpus, seed, SCHED_NORMAL, err, err_len);
}

int workload_open_as(struct workload *w, const char *arg, u32 nr_cpus, u64 seed, u32 policy, char *err, size_t err_len)
{
	int ret;

	memset(w, 0, sizeof(*w));
	w->default_policy = policy;
	if (!strncmp(arg, "wl:", 3))
		ret = wl_open(w, arg + 3, nr_cpus, err, err_len);
	else
		ret = rtapp_open(w, arg, nr_cpus, err, err_len);
	if (ret)
		workload_close(w);
	return ret;
}

void workload_close(struct workload *w)
{
	for (u32 i = 0; i < w->nr_tasks; i++) {
		struct user_program *up = w->tasks[i].spec.program;

		if (up)
			up->ops->free(up);
	}
	free(w->tasks);
	if (w->impl)
		workload_impl_put(w->impl);
	memset(w, 0, sizeof(*w));
}
