// SPDX-License-Identifier: GPL-2.0-only
/* The kfuncs of sched_ext: from checked arguments to sched/ext/kfuncs.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/bstr.h"
#include "bpf/kfuncs.h"
#include "bpf/struct_ops.h"
#include "sched/ext/kfuncs.h"
#include "sched/sched.h"

#define KFUNC(name) static u64 kf_##name(struct bpf_exec *x, const u64 a[5])

/* The scheduler of the running program: its own, else the one that is loaded (scx_prog_sched). */
static struct scx_sched *sch(struct bpf_exec *x)
{
	struct scx_sched *own = to_run(x)->sch;

	if (own)
		return own;
	return run_rt(x)->k ? scx_root_sched(run_rt(x)->k) : NULL;
}

static struct task_struct *task(u64 addr) { return (struct task_struct *)(uintptr_t)addr; }
static const struct cpumask *mask(u64 addr) { return (const struct cpumask *)(uintptr_t)addr; }
static void *host(u64 addr) { return (void *)(uintptr_t)addr; }
/* what a function returns in r0: its type's bits, the others zero */
static u64 s32_ret(s32 v) { return (u32)v; }

/* --- dispatching --- */

KFUNC(scx_bpf_dsq_insert)
{
	scx_bpf_dsq_insert(sch(x), task(a[0]), a[1], a[2], a[3]);
	return 0;
}

KFUNC(scx_bpf_dsq_insert___v2) { return scx_bpf_dsq_insert(sch(x), task(a[0]), a[1], a[2], a[3]); }

KFUNC(scx_bpf_dsq_insert_vtime)
{
	scx_bpf_dsq_insert_vtime(sch(x), task(a[0]), a[1], a[2], a[3], a[4]);
	return 0;
}

KFUNC(__scx_bpf_dsq_insert_vtime)
{
	const struct scx_bpf_dsq_insert_vtime_args *v = host(a[1]);

	return scx_bpf_dsq_insert_vtime(sch(x), task(a[0]), v->dsq_id, v->slice, v->vtime, v->enq_flags);
}

/* 6.12's names of the same */
KFUNC(scx_bpf_dispatch)
{
	scx_bpf_dsq_insert(sch(x), task(a[0]), a[1], a[2], a[3]);
	return 0;
}

KFUNC(scx_bpf_dispatch_vtime)
{
	scx_bpf_dsq_insert_vtime(sch(x), task(a[0]), a[1], a[2], a[3], a[4]);
	return 0;
}

KFUNC(scx_bpf_consume)
{
	if (!run_rt(x)->st_ops_links)
		return scx_bpf_consume(sch(x), a[0]);
	return scx_bpf_dsq_move_to_local(sch(x), a[0], 0);
}

KFUNC(scx_bpf_dispatch_nr_slots) { return scx_bpf_dispatch_nr_slots(sch(x)); }

KFUNC(scx_bpf_dispatch_cancel)
{
	scx_bpf_dispatch_cancel(sch(x));
	return 0;
}

KFUNC(scx_bpf_dsq_move_to_local) { return scx_bpf_dsq_move_to_local(sch(x), a[0], 0); }
KFUNC(scx_bpf_dsq_move_to_local___v2) { return scx_bpf_dsq_move_to_local(sch(x), a[0], a[1]); }
KFUNC(scx_bpf_create_dsq) { return s32_ret(scx_bpf_create_dsq(sch(x), a[0], a[1])); }

KFUNC(scx_bpf_destroy_dsq)
{
	scx_bpf_destroy_dsq(sch(x), a[0]);
	return 0;
}

KFUNC(scx_bpf_dsq_nr_queued) { return s32_ret(scx_bpf_dsq_nr_queued(sch(x), a[0])); }

/* --- choosing and kicking CPUs --- */

KFUNC(scx_bpf_select_cpu_dfl)
{
	return s32_ret(scx_bpf_select_cpu_dfl(sch(x), task(a[0]), a[1], a[2], host(a[3])));
}

KFUNC(scx_bpf_select_cpu_and)
{
	return s32_ret(scx_bpf_select_cpu_and(sch(x), task(a[0]), a[1], a[2], mask(a[3]), a[4]));
}

KFUNC(__scx_bpf_select_cpu_and)
{
	const struct scx_bpf_select_cpu_and_args *v = host(a[2]);

	return s32_ret(
		scx_bpf_select_cpu_and(sch(x), task(a[0]), v->prev_cpu, v->wake_flags, mask(a[1]), v->flags));
}

KFUNC(scx_bpf_kick_cpu)
{
	scx_bpf_kick_cpu(sch(x), a[0], a[1]);
	return 0;
}

/* Masks that a program gets a reference to; giving it back does nothing but end that. */
static u64 acquire_mask(struct bpf_exec *x, const struct cpumask *m)
{
	return m && run_acquire(x, REF_CPUMASK, (uintptr_t)m) ? (uintptr_t)m : 0;
}

KFUNC(scx_bpf_get_idle_cpumask) { return acquire_mask(x, scx_bpf_get_idle_cpumask(sch(x))); }
KFUNC(scx_bpf_get_idle_smtmask) { return acquire_mask(x, scx_bpf_get_idle_smtmask(sch(x))); }
KFUNC(scx_bpf_get_possible_cpumask) { return acquire_mask(x, scx_bpf_get_possible_cpumask()); }
KFUNC(scx_bpf_get_online_cpumask) { return acquire_mask(x, scx_bpf_get_online_cpumask()); }

KFUNC(scx_bpf_put_idle_cpumask)
{
	run_release(x, REF_CPUMASK, a[0], "scx_bpf_put_idle_cpumask");
	return 0;
}

KFUNC(scx_bpf_put_cpumask)
{
	run_release(x, REF_CPUMASK, a[0], "scx_bpf_put_cpumask");
	return 0;
}

KFUNC(scx_bpf_test_and_clear_cpu_idle) { return scx_bpf_test_and_clear_cpu_idle(sch(x), a[0]); }
KFUNC(scx_bpf_pick_idle_cpu) { return s32_ret(scx_bpf_pick_idle_cpu(sch(x), mask(a[0]), a[1])); }
KFUNC(scx_bpf_pick_any_cpu) { return s32_ret(scx_bpf_pick_any_cpu(sch(x), mask(a[0]), a[1])); }

/* --- tasks and the machine --- */

KFUNC(scx_bpf_task_set_slice) { return scx_bpf_task_set_slice(sch(x), task(a[0]), a[1]); }
KFUNC(scx_bpf_task_set_dsq_vtime) { return scx_bpf_task_set_dsq_vtime(sch(x), task(a[0]), a[1]); }
KFUNC(scx_bpf_task_running) { return scx_bpf_task_running(task(a[0])); }
KFUNC(scx_bpf_task_cpu) { return s32_ret(scx_bpf_task_cpu(task(a[0]))); }
KFUNC(scx_bpf_now) { return scx_bpf_now(); }

KFUNC(scx_bpf_events)
{
	scx_bpf_events(sch(x), host(a[0]), a[1]);
	return 0;
}

KFUNC(scx_bpf_nr_cpu_ids) { return scx_bpf_nr_cpu_ids(); }
KFUNC(scx_bpf_nr_node_ids) { return scx_bpf_nr_node_ids(); }
KFUNC(scx_bpf_cpu_node) { return s32_ret(scx_bpf_cpu_node(sch(x), a[0])); }
KFUNC(scx_bpf_cpu_curr) { return (uintptr_t)scx_bpf_cpu_curr(sch(x), a[0]); }
KFUNC(scx_bpf_cpu_rq) { return (uintptr_t)scx_bpf_cpu_rq(sch(x), a[0]); }
KFUNC(scx_bpf_locked_rq) { return (uintptr_t)scx_bpf_locked_rq(sch(x)); }
KFUNC(scx_bpf_cpuperf_cap) { return scx_bpf_cpuperf_cap(sch(x), a[0]); }
KFUNC(scx_bpf_cpuperf_cur) { return scx_bpf_cpuperf_cur(sch(x), a[0]); }

KFUNC(scx_bpf_cpuperf_set)
{
	scx_bpf_cpuperf_set(sch(x), a[0], a[1]);
	return 0;
}

/* --- 2022 --- */

KFUNC(scx_bpf_pick_idle_cpu_2022) { return s32_ret(scx_bpf_pick_idle_cpu(sch(x), mask(a[0]), 0)); }

KFUNC(scx_bpf_switch_all)
{
	scx_bpf_switch_all(sch(x), a[0] & 1);
	return 0;
}

/* no reference is taken: RCU keeps the task for the stretch of kernel code that this is */
KFUNC(scx_bpf_find_task_by_pid) { return run_rt(x)->k ? (uintptr_t)find_task_by_pid(run_rt(x)->k, a[0]) : 0; }
KFUNC(scx_bpf_has_idle_cpus_among) { return scx_bpf_has_idle_cpus_among(sch(x), mask(a[0])); }
KFUNC(scx_bpf_cpumask_test_cpu) { return (u32)a[0] < run_rt(x)->nr_cpus && cpumask_test_cpu(a[0], mask(a[1])); }
KFUNC(scx_bpf_cpumask_first) { return s32_ret(cpumask_first(mask(a[0]), run_rt(x)->nr_cpus)); }
KFUNC(scx_bpf_cpumask_intersects) { return cpumask_intersects(mask(a[0]), mask(a[1]), run_rt(x)->nr_cpus); }

/* --- ending and dumping --- */

/* Format as __bstr_format() of kernel/sched/ext/ext.c, whose words the errors have. Length or -errno. */
static int bstr_format(struct bpf_exec *x, struct scx_sched *s, char *text, u64 fmt, u64 data, u32 size)
{
	int n;

	if (size % 8 || size > BSTR_MAX_ARGS * 8 || (size && !data)) {
		scx_fail(s, SCX_EXIT_ERROR, 0, "invalid data=0x%llx and data__sz=%u",
			 (unsigned long long)data, size);
		return -EINVAL;
	}
	n = bpf_bstr_format(x->g, text, SCX_EXIT_MSG_LEN, host(fmt), UINT32_MAX, host(data), size / 8,
			    !run_rt(x)->v7);
	if (n < 0)
		scx_fail(s, SCX_EXIT_ERROR, 0, "format preparation failed (%d)", n);
	return n;
}

KFUNC(scx_bpf_exit_bstr)
{
	struct scx_sched *s = sch(x);
	char text[SCX_EXIT_MSG_LEN];

	if (s && bstr_format(x, s, text, a[1], a[2], a[3]) >= 0)
		scx_bpf_exit_text(s, a[0], text);
	return 0;
}

KFUNC(scx_bpf_error_bstr)
{
	struct scx_sched *s = sch(x);
	char text[SCX_EXIT_MSG_LEN];

	if (s && bstr_format(x, s, text, a[0], a[1], a[2]) >= 0)
		scx_bpf_error_text(s, text);
	return 0;
}

KFUNC(scx_bpf_dump_bstr)
{
	struct scx_sched *s = sch(x);
	char text[SCX_EXIT_MSG_LEN];
	int n;

	if (!s)
		return 0;
	n = bstr_format(x, s, text, a[0], a[1], a[2]);
	if (n < 0)
		snprintf(text, sizeof(text), "[!] (\"%.512s\", 0x%llx, %u) failed to format (%d)\n",
			 (char *)host(a[0]), (unsigned long long)a[1], (u32)a[2], n);
	scx_bpf_dump_text(s, text);
	return 0;
}

/* --- the table --- */

#define S KFUNC_SCALAR
#define T KFUNC_TASK
#define M KFUNC_CPUMASK
#define STRING { ARG_STR, 0, NULL }
#define DATA { ARG_MEM_READ_OR_NULL, 0, NULL }
#define STRUCT(type) { ARG_MEM_READ, sizeof(struct type), NULL }
#define BOOL_OUT { ARG_MEM_WRITE, sizeof(bool), NULL }
#define SIZED_OUT { ARG_MEM_WRITE, 0, NULL }
#define KPTR BPF_FUNC_RET_KPTR
#define ROW(name, groups, flags, ...) { { #name, kf_##name, { __VA_ARGS__ }, flags }, true, false, groups }
#define ROW_2022(name, func, flags, ...) { { #name, kf_##func, { __VA_ARGS__ }, flags }, true, true, 0 }

/* Groups: the BTF sets of kernel/sched/ext/ of 7.2. */
#define ANY 0
#define ENQUEUE KF_ALLOW_ENQUEUE
#define DISPATCH KF_ALLOW_DISPATCH
#define UNLOCKED KF_ALLOW_UNLOCKED
#define SELECT (KF_ALLOW_SELECT_CPU | KF_ALLOW_UNLOCKED)

const struct kfunc_row scx_kfunc_rows[] = {
	/* before the rows for all, which have others by that name */
	ROW_2022(scx_bpf_pick_idle_cpu, scx_bpf_pick_idle_cpu_2022, 0, M),
	ROW_2022(scx_bpf_switch_all, scx_bpf_switch_all, 0, S),
	ROW_2022(scx_bpf_find_task_by_pid, scx_bpf_find_task_by_pid, KPTR, S),
	ROW_2022(scx_bpf_has_idle_cpus_among, scx_bpf_has_idle_cpus_among, 0, M),
	ROW_2022(scx_bpf_cpumask_test_cpu, scx_bpf_cpumask_test_cpu, 0, S, M),
	ROW_2022(scx_bpf_cpumask_first, scx_bpf_cpumask_first, 0, M),
	ROW_2022(scx_bpf_cpumask_intersects, scx_bpf_cpumask_intersects, 0, M, M),
	ROW(scx_bpf_dsq_insert, ENQUEUE, 0, T, S, S, S),
	ROW(scx_bpf_dsq_insert___v2, ENQUEUE, 0, T, S, S, S),
	ROW(scx_bpf_dsq_insert_vtime, ENQUEUE, 0, T, S, S, S, S),
	ROW(__scx_bpf_dsq_insert_vtime, ENQUEUE, 0, T, STRUCT(scx_bpf_dsq_insert_vtime_args)),
	ROW(scx_bpf_dispatch, ENQUEUE, 0, T, S, S, S),
	ROW(scx_bpf_dispatch_vtime, ENQUEUE, 0, T, S, S, S, S),
	ROW(scx_bpf_consume, DISPATCH, 0, S),
	ROW(scx_bpf_dispatch_nr_slots, DISPATCH, 0),
	ROW(scx_bpf_dispatch_cancel, DISPATCH, 0),
	ROW(scx_bpf_dsq_move_to_local, DISPATCH, 0, S),
	ROW(scx_bpf_dsq_move_to_local___v2, DISPATCH, 0, S, S),
	ROW(scx_bpf_create_dsq, UNLOCKED, BPF_FUNC_SLEEPS, S, S),
	ROW(scx_bpf_destroy_dsq, ANY, 0, S),
	ROW(scx_bpf_dsq_nr_queued, ANY, 0, S),
	ROW(scx_bpf_select_cpu_dfl, SELECT, 0, T, S, S, BOOL_OUT),
	ROW(scx_bpf_select_cpu_and, SELECT, 0, T, S, S, M, S),
	ROW(__scx_bpf_select_cpu_and, SELECT, 0, T, M, STRUCT(scx_bpf_select_cpu_and_args)),
	ROW(scx_bpf_kick_cpu, ANY, 0, S, S),
	ROW(scx_bpf_get_idle_cpumask, ANY, KPTR),
	ROW(scx_bpf_get_idle_smtmask, ANY, KPTR),
	ROW(scx_bpf_put_idle_cpumask, ANY, 0, M),
	ROW(scx_bpf_test_and_clear_cpu_idle, ANY, 0, S),
	ROW(scx_bpf_pick_idle_cpu, ANY, 0, M, S),
	ROW(scx_bpf_pick_any_cpu, ANY, 0, M, S),
	ROW(scx_bpf_task_set_slice, ANY, 0, T, S),
	ROW(scx_bpf_task_set_dsq_vtime, ANY, 0, T, S),
	ROW(scx_bpf_task_running, ANY, 0, T),
	ROW(scx_bpf_task_cpu, ANY, 0, T),
	ROW(scx_bpf_now, ANY, 0),
	ROW(scx_bpf_events, ANY, 0, SIZED_OUT, S),
	ROW(scx_bpf_get_possible_cpumask, ANY, KPTR),
	ROW(scx_bpf_get_online_cpumask, ANY, KPTR),
	ROW(scx_bpf_put_cpumask, ANY, 0, M),
	ROW(scx_bpf_nr_cpu_ids, ANY, 0),
	ROW(scx_bpf_nr_node_ids, ANY, 0),
	ROW(scx_bpf_cpu_node, ANY, 0, S),
	ROW(scx_bpf_cpu_curr, ANY, KPTR, S),
	ROW(scx_bpf_cpu_rq, ANY, KPTR, S),
	ROW(scx_bpf_locked_rq, ANY, KPTR),
	ROW(scx_bpf_cpuperf_cap, ANY, 0, S),
	ROW(scx_bpf_cpuperf_cur, ANY, 0, S),
	ROW(scx_bpf_cpuperf_set, ANY, 0, S, S),
	ROW(scx_bpf_exit_bstr, ANY, 0, S, STRING, DATA, S),
	ROW(scx_bpf_error_bstr, ANY, 0, STRING, DATA, S),
	ROW(scx_bpf_dump_bstr, ANY, 0, STRING, DATA, S),
};
const u32 nr_scx_kfunc_rows = sizeof(scx_kfunc_rows) / sizeof(*scx_kfunc_rows);
