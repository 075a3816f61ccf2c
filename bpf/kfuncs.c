// SPDX-License-Identifier: GPL-2.0-only
/* Which kfunc a BTF id is, who may call it, and those of kernel/bpf. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/kbtf.h"
#include "bpf/kfuncs.h"
#include "bpf/struct_ops.h"
#include "sched/sched.h"

#define MAX_LOOPS (8u << 20)	/* BPF_MAX_LOOPS */

#define KFUNC(name) static u64 name(struct bpf_exec *x, const u64 a[5])

/* --- RCU --- */

KFUNC(bpf_rcu_read_lock)
{
	to_run(x)->rcu_depth++;
	return 0;
}

KFUNC(bpf_rcu_read_unlock)
{
	if (!to_run(x)->rcu_depth)
		bpf_fault(x, BPF_FAULT_LEAK, 0, 0, "bpf_rcu_read_unlock() without bpf_rcu_read_lock()");
	else
		to_run(x)->rcu_depth--;
	return 0;
}

/* --- tasks --- */

static u64 acquire_task(struct bpf_exec *x, struct task_struct *p)
{
	/*
	 * a task that has left its CPU for good cannot be acquired any more (the kernel's reference is
	 * rcu_users)
	 */
	if (!p || !READ_ONCE(p->rcu_users.refs.counter) || !tryget_task_struct(p))
		return 0;
	if (run_acquire(x, REF_TASK, (uintptr_t)p))
		return (uintptr_t)p;
	put_task_struct(p);
	return 0;
}

KFUNC(bpf_task_from_pid)
{
	return run_rt(x)->k ? acquire_task(x, find_task_by_pid(run_rt(x)->k, a[0])) : 0;
}

KFUNC(bpf_task_acquire)
{
	return acquire_task(x, (struct task_struct *)(uintptr_t)a[0]);
}

KFUNC(bpf_task_release)
{
	if (run_release(x, REF_TASK, a[0], "bpf_task_release"))
		put_task_struct((struct task_struct *)(uintptr_t)a[0]);
	return 0;
}

/* --- numbers: what struct bpf_iter_num on the program's stack holds --- */

struct iter_num {
	s32 cur, end;	/* the number that next() returned last; behind the last one */
};

KFUNC(bpf_iter_num_new)
{
	struct iter_num *it = (void *)(uintptr_t)a[0];
	s32 start = a[1], end = a[2];
	s64 err = 0;

	if (!run_acquire(x, REF_ITER_NUM, a[0]))
		return 0;
	if (start > end)
		err = -EINVAL;
	else if ((s64)end - start > MAX_LOOPS)
		err = -E2BIG;
	*it = (struct iter_num){ err ? 0 : (s32)((u32)start - 1), err ? 0 : end };
	return err;
}

static struct iter_num *live_iter(struct bpf_exec *x, u64 addr, const char *func)
{
	if (run_has(x, REF_ITER_NUM, addr))
		return (void *)(uintptr_t)addr;
	bpf_fault(x, BPF_FAULT_ARG, addr, 8,
		  "%s: argument 1 must be an iterator that bpf_iter_num_new() initialised", func);
	return NULL;
}

KFUNC(bpf_iter_num_next)
{
	struct iter_num *it = live_iter(x, a[0], "bpf_iter_num_next");
	s32 next;

	if (!it)
		return 0;
	/* before the first number of a range that starts at INT_MIN, cur is INT_MAX */
	next = (u32)it->cur + 1;
	if (next >= it->end) {
		*it = (struct iter_num){};
		return 0;
	}
	it->cur = next;
	return (uintptr_t)&it->cur;
}

KFUNC(bpf_iter_num_destroy)
{
	struct iter_num *it = live_iter(x, a[0], "bpf_iter_num_destroy");

	if (!it)
		return 0;
	*it = (struct iter_num){};
	run_release(x, REF_ITER_NUM, a[0], "bpf_iter_num_destroy");
	return 0;
}

/* --- the table --- */

#define ITER { ARG_MEM_WRITE, sizeof(struct iter_num), NULL }
#define ROW(name, flags, ...) { { #name, name, { __VA_ARGS__ }, flags }, false, false, 0 }

const struct kfunc_row generic_kfunc_rows[] = {
	ROW(bpf_rcu_read_lock, 0),
	ROW(bpf_rcu_read_unlock, 0),
	ROW(bpf_task_from_pid, BPF_FUNC_RET_KPTR, KFUNC_SCALAR),
	ROW(bpf_task_acquire, BPF_FUNC_RET_KPTR, KFUNC_TASK),
	ROW(bpf_task_release, 0, KFUNC_TASK),
	ROW(bpf_iter_num_new, BPF_FUNC_LOCKED, ITER, KFUNC_SCALAR, KFUNC_SCALAR),
	ROW(bpf_iter_num_next, BPF_FUNC_LOCKED, ITER),
	ROW(bpf_iter_num_destroy, BPF_FUNC_LOCKED, ITER),
};
const u32 nr_generic_kfunc_rows = sizeof(generic_kfunc_rows) / sizeof(*generic_kfunc_rows);

const struct kfunc_row *bpf_kfunc_row(u32 i)
{
	if (i < nr_generic_kfunc_rows)
		return &generic_kfunc_rows[i];
	i -= nr_generic_kfunc_rows;
	if (i < nr_cpumask_kfunc_rows)
		return &cpumask_kfunc_rows[i];
	i -= nr_cpumask_kfunc_rows;
	return i < nr_scx_kfunc_rows ? &scx_kfunc_rows[i] : NULL;
}

static const struct kfunc_row *find_row(const struct bpf_rt *rt, const char *name)
{
	const struct kfunc_row *r;

	for (u32 i = 0; (r = bpf_kfunc_row(i)); i++)
		if (!strcmp(r->d.name, name) && (!r->first || !rt->st_ops_links))
			return r;
	return NULL;
}

/* scx_kfunc_context_filter() of 7.2, and the sets that kernel/bpf registers */
static bool may_call(const struct bprog *p, const struct kfunc_row *r)
{
	switch (p->type) {
	case BPF_PROG_TYPE_STRUCT_OPS:
		/* 6.12 asks when the function is called: scx_kf_allowed() */
		return !p->obj.rt->v7 || !r->groups || p->member->allow & r->groups;
	case BPF_PROG_TYPE_SYSCALL:
		return !r->groups || r->groups & (KF_ALLOW_UNLOCKED | KF_ALLOW_SELECT_CPU);
	case BPF_PROG_TYPE_TRACING:
		return !r->groups;
	default:
		return false;
	}
}

const struct bpf_func_desc *bpf_kfunc(void *prog, u32 btf_id, const char **why)
{
	struct bprog *p = prog;
	struct bpf_rt *rt = p->obj.rt;
	const struct btf_type *t = kbtf_type(rt->vmlinux, btf_id);
	const struct kfunc_row *r;
	const char *name;

	if (kbtf_kind(t) != BTF_KIND_FUNC)
		return NULL;
	name = kbtf_str(rt->vmlinux, t->name_off);
	r = find_row(rt, name);
	if (!p->gpl) {
		*why = "cannot call kernel function from non-GPL compatible program";
		return NULL;
	}
	if (r && may_call(p, r))
		return &r->d;
	snprintf(p->why, sizeof(p->why), "calling kernel function %s is not allowed%s%s", name,
		 r && p->member ? " in ops." : "", r && p->member ? p->member->name : "");
	*why = p->why;
	return NULL;
}
