/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_ext for those who provide schedulers: the BPF subsystem's struct_ops, and schedulers written in C.
 */
#ifndef SCHED_EXT_SCX_H
#define SCHED_EXT_SCX_H

#include "kabi/scx.h"
#include "kabi/task.h"

struct kernel;
struct scx_sched;

/*
 * A scheduler's operations (kabi/ops.h has them as BPF objects see them). Each gets the scheduler that is called, whose
 * scx_sched_priv() leads to whatever is behind it. What is NULL is not implemented. Pointers to structures are to guest
 * memory, valid for the call.
 */
struct scx_ops {
	s32 (*select_cpu)(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags);
	void (*enqueue)(struct scx_sched *sch, struct task_struct *p, u64 enq_flags);
	void (*dequeue)(struct scx_sched *sch, struct task_struct *p, u64 deq_flags);
	void (*dispatch)(struct scx_sched *sch, s32 cpu, struct task_struct *prev);
	void (*tick)(struct scx_sched *sch, struct task_struct *p);
	void (*runnable)(struct scx_sched *sch, struct task_struct *p, u64 enq_flags);
	void (*running)(struct scx_sched *sch, struct task_struct *p);
	void (*stopping)(struct scx_sched *sch, struct task_struct *p, bool runnable);
	void (*quiescent)(struct scx_sched *sch, struct task_struct *p, u64 deq_flags);
	bool (*yield)(struct scx_sched *sch, struct task_struct *from, struct task_struct *to);
	void (*set_weight)(struct scx_sched *sch, struct task_struct *p, u32 weight);
	void (*set_cpumask)(struct scx_sched *sch, struct task_struct *p, const struct cpumask *mask);
	void (*update_idle)(struct scx_sched *sch, s32 cpu, bool idle);
	/* 2022: its own, and what has other arguments there */
	void (*consume)(struct scx_sched *sch, s32 cpu);
	void (*consume_final)(struct scx_sched *sch, s32 cpu);
	s32 (*prep_enable)(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args);
	void (*enable_args)(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args);	/* enable */
	void (*cancel_enable)(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args);
	void (*exit_type)(struct scx_sched *sch, struct scx_exit_info___2022 *info);	/* exit */
	/* since 6.12 */
	s32 (*init_task)(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args);
	void (*exit_task)(struct scx_sched *sch, struct task_struct *p, struct scx_exit_task_args *args);
	void (*enable)(struct scx_sched *sch, struct task_struct *p);
	void (*disable)(struct scx_sched *sch, struct task_struct *p);
	void (*dump)(struct scx_sched *sch, struct scx_dump_ctx *ctx);
	void (*dump_cpu)(struct scx_sched *sch, struct scx_dump_ctx *ctx, s32 cpu, bool idle);
	void (*dump_task)(struct scx_sched *sch, struct scx_dump_ctx *ctx, struct task_struct *p);
	void (*cpu_acquire)(struct scx_sched *sch, s32 cpu, struct scx_cpu_acquire_args *args);
	void (*cpu_release)(struct scx_sched *sch, s32 cpu, struct scx_cpu_release_args *args);
	s32 (*init)(struct scx_sched *sch);
	void (*exit)(struct scx_sched *sch, struct scx_exit_info *info);

	u32 dispatch_max_batch;
	u64 flags;
	u32 timeout_ms;
	u32 exit_dump_len;
	u64 hotplug_seq;
	u64 sub_cgroup_id;
	char name[SCX_OPS_NAME_LEN];
	void *priv;
};

void *scx_sched_priv(const struct scx_sched *sch);
struct kernel *scx_sched_kernel(const struct scx_sched *sch);
const char *scx_sched_name(const struct scx_sched *sch);

/*
 * Load a scheduler (bpf_scx_reg). In a context of its own; sleeps until the enable helper has done it. @ops is copied.
 * 0 and *@out - also when the scheduler has failed and ended already, which it reports through ops.exit - or -errno:
 * -EBUSY (one is loaded), -EINVAL, -E2BIG, -ENOMEM.
 */
int scx_enable(struct kernel *k, const struct scx_ops *ops, struct scx_sched **out);
/* The link is gone (bpf_scx_unreg): exit kind UNREG, wait for the end, free. Sleeps. */
void scx_unreg(struct scx_sched *sch);

/* What is known of a scheduler that was loaded, kept after it is gone. */
struct scx_result {
	char name[SCX_OPS_NAME_LEN];	/* of its ops; empty: none was loaded */
	enum scx_exit_kind kind;	/* SCX_EXIT_NONE: has not ended, or none was loaded */
	s64 exit_code;
	s32 exit_cpu;
	char reason[64];
	char msg[SCX_EXIT_MSG_LEN];
	char *dump;			/* the kernel's debug dump, NULL: none */
	struct scx_event_stats events;	/* at the end, or now */
	u64 loaded_ns, ended_ns;	/* when it was; ended_ns 0: has not ended */
	struct scx_result *next;	/* loaded after it */
};
/* Of the scheduler loaded last. */
const struct scx_result *scx_result(struct kernel *k);
/* Of the first one that was loaded (others: @next); NULL: none was. The last is scx_result(), also if there were very many. */
const struct scx_result *scx_results(const struct kernel *k);
/* What SysRq-D wrote so far, each dump below a line with its time; NULL: nothing. */
const char *scx_sysrq_dumps(const struct kernel *k);
/* The number that this version has for an exit kind; only SysRq has had another one, in 2022. */
u32 scx_exit_number(const struct kernel *k, enum scx_exit_kind kind);
/* Name of an exit kind as the kernel prints it ("runnable task stall"). */
const char *scx_exit_reason(enum scx_exit_kind kind);
/* /sys/kernel/sched_ext/: enable state text, and numbers */
const char *scx_state(const struct kernel *k);
u64 scx_nr_rejected(const struct kernel *k), scx_hotplug_seq(const struct kernel *k), scx_enable_seq(const struct kernel *k);

/* End the scheduler with an error of its own making; safe in any context (kernel: scx_exit). */
void scx_fail(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The scheduler that is loaded, or NULL (scx_root). */
struct scx_sched *scx_root_sched(const struct kernel *k);

#endif
