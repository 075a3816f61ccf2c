/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kfuncs of sched_ext, by the kernel's names. @sch is the scheduler of the calling program (the kernel finds it
 * through the hidden bpf_prog_aux argument); NULL when there is none, then a call does nothing and returns its failure
 * value. Pointer arguments have been checked: live objects of their type, writable bool.
 *
 * Contexts as in 7.2 are checked when a program is loaded (bpf/kfuncs.c has the groups), those that depend on the
 * moment here. What a function returns and which errors it raises is the kernel's, kernel/sched/ext/ext.c and idle.c.
 */
#ifndef SCHED_EXT_KFUNCS_H
#define SCHED_EXT_KFUNCS_H

#include "sched/ext/scx.h"

struct rq;

/* enqueue_dispatch: ops.select_cpu, enqueue, dispatch */
bool scx_bpf_dsq_insert(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags);
bool scx_bpf_dsq_insert_vtime(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			      u64 enq_flags);
/* dispatch */
u32 scx_bpf_dispatch_nr_slots(struct scx_sched *sch);
void scx_bpf_dispatch_cancel(struct scx_sched *sch);
bool scx_bpf_dsq_move_to_local(struct scx_sched *sch, u64 dsq_id, u64 enq_flags);
/* 2022: from ops.consume() and ops.consume_final() */
bool scx_bpf_consume(struct scx_sched *sch, u64 dsq_id);
/* 2022, ops.init(): all tasks that could be in the fair class, too, or only SCHED_EXT ones (the default) */
void scx_bpf_switch_all(struct scx_sched *sch, bool into_scx);
/* unlocked: sleepable operations */
s32 scx_bpf_create_dsq(struct scx_sched *sch, u64 dsq_id, s32 node);
/* select_cpu */
s32 scx_bpf_select_cpu_dfl(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle);
s32 scx_bpf_select_cpu_and(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   const struct cpumask *cpus_allowed, u64 flags);
/* any */
void scx_bpf_destroy_dsq(struct scx_sched *sch, u64 dsq_id);
s32 scx_bpf_dsq_nr_queued(struct scx_sched *sch, u64 dsq_id);
void scx_bpf_kick_cpu(struct scx_sched *sch, s32 cpu, u64 flags);
bool scx_bpf_task_set_slice(struct scx_sched *sch, struct task_struct *p, u64 slice);
bool scx_bpf_task_set_dsq_vtime(struct scx_sched *sch, struct task_struct *p, u64 vtime);
bool scx_bpf_task_running(const struct task_struct *p);
s32 scx_bpf_task_cpu(const struct task_struct *p);
struct rq *scx_bpf_cpu_rq(struct scx_sched *sch, s32 cpu);
struct rq *scx_bpf_locked_rq(struct scx_sched *sch);
struct task_struct *scx_bpf_cpu_curr(struct scx_sched *sch, s32 cpu);
u64 scx_bpf_now(void);
void scx_bpf_events(struct scx_sched *sch, struct scx_event_stats *events, size_t size);
u32 scx_bpf_nr_node_ids(void);
u32 scx_bpf_nr_cpu_ids(void);
s32 scx_bpf_cpu_node(struct scx_sched *sch, s32 cpu);
const struct cpumask *scx_bpf_get_possible_cpumask(void);
const struct cpumask *scx_bpf_get_online_cpumask(void);
const struct cpumask *scx_bpf_get_idle_cpumask(struct scx_sched *sch);
const struct cpumask *scx_bpf_get_idle_smtmask(struct scx_sched *sch);
bool scx_bpf_test_and_clear_cpu_idle(struct scx_sched *sch, s32 cpu);
s32 scx_bpf_pick_idle_cpu(struct scx_sched *sch, const struct cpumask *cpus_allowed, u64 flags);
bool scx_bpf_has_idle_cpus_among(struct scx_sched *sch, const struct cpumask *cpus_allowed);
s32 scx_bpf_pick_any_cpu(struct scx_sched *sch, const struct cpumask *cpus_allowed, u64 flags);
u32 scx_bpf_cpuperf_cap(struct scx_sched *sch, s32 cpu);
u32 scx_bpf_cpuperf_cur(struct scx_sched *sch, s32 cpu);
void scx_bpf_cpuperf_set(struct scx_sched *sch, s32 cpu, u32 perf);
/* @text: already formatted (bpf/bstr.c does bpf_bprintf) */
void scx_bpf_exit_text(struct scx_sched *sch, s64 exit_code, const char *text);
void scx_bpf_error_text(struct scx_sched *sch, const char *text);
void scx_bpf_dump_text(struct scx_sched *sch, const char *text);

/* Stores of BPF programs into kernel objects: only slice, dsq_vtime and disallow of a task. Returns whether it was done. */
bool scx_bpf_task_store(struct scx_sched *sch, struct task_struct *p, u32 off, u32 size, u64 value);

#endif
