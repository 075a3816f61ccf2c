/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types and enumerators of sched_ext, by the kernel's names (include/linux/sched/ext.h, kernel/sched/ext/).
 *
 * Values are those of 7.2. Which of them exist in which version, and with which value, is said by the tables in
 * kabi/versions.def, from which the BTF of a version is patched. Our layout, the kernel's names: CO-RE relocates by name.
 */
#ifndef KABI_SCX_H
#define KABI_SCX_H

#include "kabi/cpumask.h"
#include "kabi/types.h"

struct task_struct;
struct rq;
struct cgroup;

enum scx_public_consts {
	SCX_OPS_NAME_LEN	= 128,
	SCX_SLICE_DFL		= 20 * 1000000,
	SCX_SLICE_BYPASS	= 5 * 1000000,
	SCX_SLICE_INF		= 0xffffffffffffffffull,
};

#define SCX_EXIT_REASON_LEN 128	/* 2022 */

enum scx_dsq_id_flags {
	SCX_DSQ_FLAG_BUILTIN	= 1ull << 63,
	SCX_DSQ_FLAG_LOCAL_ON	= 1ull << 62,
	SCX_DSQ_INVALID		= SCX_DSQ_FLAG_BUILTIN | 0,
	SCX_DSQ_GLOBAL		= SCX_DSQ_FLAG_BUILTIN | 1,
	SCX_DSQ_LOCAL		= SCX_DSQ_FLAG_BUILTIN | 2,
	SCX_DSQ_BYPASS		= SCX_DSQ_FLAG_BUILTIN | 3,
	SCX_DSQ_LOCAL_ON	= SCX_DSQ_FLAG_BUILTIN | SCX_DSQ_FLAG_LOCAL_ON,
	SCX_DSQ_LOCAL_CPU_MASK	= 0xffffffffull,
};

enum scx_consts {
	SCX_DSP_DFL_MAX_BATCH		= 32,
	SCX_DSP_MAX_LOOPS		= 32,
	SCX_WATCHDOG_MAX_TIMEOUT	= 30 * 1000,	/* 30 * HZ: patched with the machine's HZ */
	SCX_TID_CHUNK			= 1024,
	SCX_EXIT_BT_LEN			= 64,
	SCX_EXIT_MSG_LEN		= 1024,
	SCX_EXIT_DUMP_DFL_LEN		= 32768,
	SCX_CPUPERF_ONE			= 1024,
	SCX_TASK_ITER_BATCH		= 32,
	SCX_BYPASS_HOST_NTH		= 2,
	SCX_BYPASS_LB_DFL_INTV_US	= 500000,
	SCX_BYPASS_LB_DONOR_PCT		= 125,
	SCX_BYPASS_LB_MIN_DELTA_DIV	= 4,
	SCX_BYPASS_LB_BATCH		= 256,
	SCX_REENQ_LOCAL_MAX_REPEAT	= 256,
	SCX_SUB_MAX_DEPTH		= 4,
};

/* sched_ext_entity.flags */
enum scx_ent_flags {
	SCX_TASK_QUEUED			= 1 << 0,	/* on the ext run queue */
	SCX_TASK_IN_CUSTODY		= 1 << 1,	/* ops.dequeue() is due when it leaves */
	SCX_TASK_RESET_RUNNABLE_AT	= 1 << 2,
	SCX_TASK_DEQD_FOR_SLEEP		= 1 << 3,
	SCX_TASK_SUB_INIT		= 1 << 4,
	SCX_TASK_IMMED			= 1 << 5,

	SCX_TASK_STATE_SHIFT		= 8,
	SCX_TASK_STATE_BITS		= 3,
	SCX_TASK_STATE_MASK		= ((1 << SCX_TASK_STATE_BITS) - 1) << SCX_TASK_STATE_SHIFT,
	SCX_TASK_NONE			= 0 << SCX_TASK_STATE_SHIFT,
	SCX_TASK_INIT_BEGIN		= 1 << SCX_TASK_STATE_SHIFT,
	SCX_TASK_INIT			= 2 << SCX_TASK_STATE_SHIFT,
	SCX_TASK_READY			= 3 << SCX_TASK_STATE_SHIFT,
	SCX_TASK_ENABLED		= 4 << SCX_TASK_STATE_SHIFT,
	SCX_TASK_DEAD			= 5 << SCX_TASK_STATE_SHIFT,

	SCX_TASK_REENQ_REASON_SHIFT	= 12,
	SCX_TASK_REENQ_REASON_BITS	= 2,
	SCX_TASK_REENQ_REASON_MASK	= ((1 << SCX_TASK_REENQ_REASON_BITS) - 1) << SCX_TASK_REENQ_REASON_SHIFT,
	SCX_TASK_REENQ_NONE		= 0 << SCX_TASK_REENQ_REASON_SHIFT,
	SCX_TASK_REENQ_KFUNC		= 1 << SCX_TASK_REENQ_REASON_SHIFT,
	SCX_TASK_REENQ_IMMED		= 2 << SCX_TASK_REENQ_REASON_SHIFT,
	SCX_TASK_REENQ_PREEMPTED	= 3 << SCX_TASK_REENQ_REASON_SHIFT,

	SCX_TASK_CURSOR			= -0x7fffffff - 1,	/* 1 << 31 */
};

enum scx_ent_dsq_flags {
	SCX_TASK_DSQ_ON_PRIQ	= 1 << 0,
};

enum scx_dsq_lnode_flags {
	SCX_DSQ_LNODE_ITER_CURSOR	= 1 << 0,
	__SCX_DSQ_LNODE_PRIV_SHIFT	= 16,
};

enum scx_wake_flags {
	SCX_WAKE_FORK	= 0x04,
	SCX_WAKE_TTWU	= 0x08,
	SCX_WAKE_SYNC	= 0x10,
};

enum scx_enq_flags {
	SCX_ENQ_WAKEUP		= 0x0001,	/* ENQUEUE_WAKEUP */
	SCX_ENQ_HEAD		= 0x00010000,	/* ENQUEUE_HEAD */
	SCX_ENQ_CPU_SELECTED	= 0x00100000,	/* ENQUEUE_RQ_SELECTED */
	SCX_ENQ_PREEMPT		= 1ull << 32,
	SCX_ENQ_IMMED		= 1ull << 33,
	SCX_ENQ_REENQ		= 1ull << 40,
	SCX_ENQ_LAST		= 1ull << 41,
	__SCX_ENQ_INTERNAL_MASK	= 0xffull << 56,
	SCX_ENQ_CLEAR_OPSS	= 1ull << 56,
	SCX_ENQ_DSQ_PRIQ	= 1ull << 57,
	SCX_ENQ_NESTED		= 1ull << 58,
	SCX_ENQ_GDSQ_FALLBACK	= 1ull << 59,
};

enum scx_deq_flags {
	SCX_DEQ_SLEEP		= 0x0001,	/* DEQUEUE_SLEEP */
	SCX_DEQ_CORE_SCHED_EXEC	= 1ull << 32,
	SCX_DEQ_SCHED_CHANGE	= 1ull << 33,
};

enum scx_reenq_flags {
	SCX_REENQ_ANY		= 1ull << 0,
	__SCX_REENQ_FILTER_MASK	= 0xffffull,
	__SCX_REENQ_USER_MASK	= SCX_REENQ_ANY,
	SCX_REENQ_TSR_RQ_OPEN	= 1ull << 32,
	SCX_REENQ_TSR_NOT_FIRST	= 1ull << 33,
	__SCX_REENQ_TSR_MASK	= 0xfull << 32,
};

enum scx_pick_idle_cpu_flags {
	SCX_PICK_IDLE_CORE	= 1ull << 0,
	SCX_PICK_IDLE_IN_NODE	= 1ull << 1,
};

enum scx_kick_flags {
	SCX_KICK_IDLE		= 1ull << 0,
	SCX_KICK_PREEMPT	= 1ull << 1,
	SCX_KICK_WAIT		= 1ull << 2,
};

enum scx_dsq_iter_flags {
	SCX_DSQ_ITER_REV		= 1 << 16,
	__SCX_DSQ_ITER_HAS_SLICE	= 1 << 30,
	__SCX_DSQ_ITER_HAS_VTIME	= 1u << 31,
	__SCX_DSQ_ITER_USER_FLAGS	= SCX_DSQ_ITER_REV,
	__SCX_DSQ_ITER_ALL_FLAGS	= __SCX_DSQ_ITER_USER_FLAGS | __SCX_DSQ_ITER_HAS_SLICE |
					  __SCX_DSQ_ITER_HAS_VTIME,
};

enum scx_ops_flags {
	SCX_OPS_KEEP_BUILTIN_IDLE	= 1ull << 0,
	SCX_OPS_ENQ_LAST		= 1ull << 1,
	SCX_OPS_ENQ_EXITING		= 1ull << 2,
	SCX_OPS_SWITCH_PARTIAL		= 1ull << 3,
	SCX_OPS_ENQ_MIGRATION_DISABLED	= 1ull << 4,
	SCX_OPS_ALLOW_QUEUED_WAKEUP	= 1ull << 5,
	SCX_OPS_BUILTIN_IDLE_PER_NODE	= 1ull << 6,
	SCX_OPS_ALWAYS_ENQ_IMMED	= 1ull << 7,
	SCX_OPS_TID_TO_TASK		= 1ull << 8,
	SCX_OPS_ALL_FLAGS		= 0x1ff,
	__SCX_OPS_INTERNAL_MASK		= 0xffull << 56,
	SCX_OPS_HAS_CPU_PREEMPT		= 1ull << 56,
};

enum scx_exit_kind {
	SCX_EXIT_NONE,
	SCX_EXIT_DONE,
	SCX_EXIT_UNREG = 64,
	SCX_EXIT_UNREG_BPF,
	SCX_EXIT_UNREG_KERN,
	SCX_EXIT_SYSRQ,
	SCX_EXIT_PARENT,
	SCX_EXIT_ERROR = 1024,
	SCX_EXIT_ERROR_BPF,
	SCX_EXIT_ERROR_STALL,
};

enum scx_exit_code {
	SCX_ECODE_RSN_HOTPLUG		= 1ull << 32,
	SCX_ECODE_RSN_CGROUP_OFFLINE	= 2ull << 32,
	SCX_ECODE_ACT_RESTART		= 1ull << 48,
};

enum scx_exit_flags {
	SCX_EFLAG_INITIALIZED	= 1ull << 0,
};

enum scx_ops_state {
	SCX_OPSS_NONE,
	SCX_OPSS_QUEUEING,
	SCX_OPSS_QUEUED,
	SCX_OPSS_DISPATCHING,
	SCX_OPSS_QSEQ_SHIFT = 2,
};

enum scx_enable_state {
	SCX_ENABLING,
	SCX_ENABLED,
	SCX_DISABLING,
	SCX_DISABLED,
};

/* 2022: before SCX_ENABLING; not an enumerator, since no other version has it and its own numbers are others */
#define SCX_STATE_PREPPING 4

enum scx_cpu_preempt_reason {
	SCX_CPU_PREEMPT_RT,
	SCX_CPU_PREEMPT_DL,
	SCX_CPU_PREEMPT_STOP,
	SCX_CPU_PREEMPT_UNKNOWN,
};

enum scx_rq_flags {
	SCX_RQ_ONLINE		= 1 << 0,
	SCX_RQ_CAN_STOP_TICK	= 1 << 1,
	SCX_RQ_CLK_VALID	= 1 << 5,
	SCX_RQ_BAL_CB_PENDING	= 1 << 6,
	SCX_RQ_IN_WAKEUP	= 1 << 16,
	SCX_RQ_IN_BALANCE	= 1 << 17,
};

/*
 * A dispatch queue, FIFO or ordered by p->scx.dsq_vtime. A node of @list is a task's scx.dsq_list or an iterator's cursor.
 * (d) @lock; local DSQs: the rq lock instead. (a) read without it, (i) immutable.
 *
 * If @priq is not empty, @list is in the order of @priq.
 */
struct scx_dispatch_q {
	raw_spinlock_t		lock;
	struct task_struct	*first_task;	/* (d, a) user DSQs: what scx_bpf_dsq_peek() sees */
	struct list_head	list;		/* (d) */
	struct rb_root		priq;		/* (d) */
	u32			nr;		/* (d, a) */
	u32			seq;		/* (d) counts insertions; iterators stop at what came later */
	u64			id;		/* (i) until SCX_DSQ_INVALID marks it as destroyed (d) */
	struct scx_sched	*sched;		/* (i) */
};

struct scx_dsq_list_node {
	struct list_head	node;
	u32			flags;		/* SCX_DSQ_LNODE_* */
	u32			priv;		/* cursor: dsq->seq when the iteration began */
};

struct rhash_head {
	struct rhash_head	*next;
};

/*
 * The scheduling entity of a task on sched_ext.
 * (r) rq lock of the task, (d) lock of the DSQ it is on, (p) p->pi_lock, (a) atomic, (b) BPF may write
 */
struct sched_ext_entity {
	struct scx_sched	*sched;			/* (r, p) */
	struct scx_dispatch_q	*dsq;			/* (d) */
	atomic_long_t		ops_state;		/* (a) SCX_OPSS_* | qseq << SCX_OPSS_QSEQ_SHIFT */
	u64			ddsp_dsq_id;		/* (r) direct dispatch verdict */
	u64			ddsp_enq_flags;		/* (r) */
	struct scx_dsq_list_node dsq_list;		/* (d) */
	struct rb_node		dsq_priq;		/* (d) */
	u32			dsq_seq;		/* (d) */
	u32			dsq_flags;		/* (d) SCX_TASK_DSQ_* */
	u32			flags;			/* (r) SCX_TASK_* */
	u32			weight;			/* (r) 1..10000 */
	s32			sticky_cpu;		/* (r) CPU whose local DSQ the next enqueue goes to, or -1 */
	s32			holding_cpu;		/* (r) CPU that is moving it between run queues, or -1 */
	s32			selected_cpu;		/* (p) */
	u32			ops_qseq;		/* (r) */
	struct task_struct	*kf_tasks[2];		/* task arguments of the op that this task executes */
	u32			kf_mask;		/* 6.12: which kfuncs the op that this task executes may call */
	u32			__state;		/* (r) SCX_TASK_NONE.. of 7.2; @flags has it as the version does */
	struct list_head	runnable_node;		/* (r) on rq->scx.runnable_list */
	unsigned long		runnable_at;		/* (r) jiffies */
	u64			core_sched_at;		/* (r) */
	u64			tid;			/* (i) */
	struct rhash_head	tid_hash_node;
	u64			slice;			/* (r, b) ns */
	u64			dsq_vtime;		/* (r, b) */
	bool			disallow;		/* (b) */
	struct cgroup		*cgrp_moving_from;
	struct list_head	tasks_node;		/* scx_tasks_lock */
};

struct scx_rq {
	struct scx_dispatch_q	local_dsq;
	struct list_head	runnable_list;		/* (r) runnable and not running */
	struct list_head	ddsp_deferred_locals;	/* (r) direct dispatches to other CPUs, not done yet */
	u64			ops_qseq;		/* (r) 2022: of the last enqueue on this run queue */
	u64			extra_enq_flags;	/* (r) for the enqueue that an activation ends in */
	u32			nr_running;		/* (r) */
	u32			cpuperf_target;		/* (r) 0..1024 */
	bool			in_select_cpu;		/* own CPU only */
	bool			cpu_released;		/* (r) */
	u32			flags;			/* (r) SCX_RQ_* */
	u32			nr_immed;		/* (r) */
	u64			clock;			/* (a) see scx_bpf_now() */
	struct cpumask		*cpus_to_kick;		/* own CPU only, interrupts off */
	struct cpumask		*cpus_to_kick_if_idle;
	struct cpumask		*cpus_to_preempt;
	struct cpumask		*cpus_to_wait;
	struct cpumask		*cpus_to_sync;
	bool			kick_sync_pending;	/* (r) */
	unsigned long		kick_sync;		/* (a) bumped by every pick and put of a task */
	struct task_struct	*sub_dispatch_prev;
	raw_spinlock_t		deferred_reenq_lock;
	u64			deferred_reenq_locals_seq;
	struct list_head	deferred_reenq_locals;
	struct list_head	deferred_reenq_users;
};

struct scx_init_task_args {
	bool			fork;
	struct cgroup		*cgroup;
};

struct scx_exit_task_args {
	bool			cancelled;
};

struct scx_cgroup_init_args {
	u32			weight;
	u64			bw_period_us;
	u64			bw_quota_us;
	u64			bw_burst_us;
};

struct scx_cpu_acquire_args {};

struct scx_cpu_release_args {
	enum scx_cpu_preempt_reason reason;
	struct task_struct	*task;
};

struct scx_dump_ctx {
	enum scx_exit_kind	kind;
	s64			exit_code;
	const char		*reason;
	u64			at_ns;
	u64			at_jiffies;
};

struct scx_exit_info {
	enum scx_exit_kind	kind;
	s32			exit_cpu;
	s64			exit_code;
	u64			flags;
	const char		*reason;
	unsigned long		*bt;
	u32			bt_len;
	char			*msg;
	char			*dump;
};

/* 2022 */
enum scx_exit_type {
	SCX_EXIT_TYPE_NONE,		/* names without _TYPE in the BTF: kabi/versions.def */
	SCX_EXIT_TYPE_DONE,
};

/* 2022: what it says is in the structure itself */
struct scx_exit_info___2022 {
	enum scx_exit_type	type;
	char			reason[SCX_EXIT_REASON_LEN];
	u32			bt_len;
	unsigned long		bt[64];		/* SCX_EXIT_BT_LEN */
	char			msg[1024];	/* SCX_EXIT_MSG_LEN */
};

/* 2022 */
struct scx_enable_args {
	struct cgroup		*cgroup;
};

struct scx_sub_attach_args {
	struct sched_ext_ops	*ops;
	char			*cgroup_path;
};

struct scx_sub_detach_args {
	struct sched_ext_ops	*ops;
	char			*cgroup_path;
};

struct scx_event_stats {
	s64			SCX_EV_SELECT_CPU_FALLBACK;
	s64			SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE;
	s64			SCX_EV_DISPATCH_KEEP_LAST;
	s64			SCX_EV_ENQ_SKIP_EXITING;
	s64			SCX_EV_ENQ_SKIP_MIGRATION_DISABLED;
	s64			SCX_EV_REENQ_IMMED;
	s64			SCX_EV_REENQ_LOCAL_REPEAT;
	s64			SCX_EV_REFILL_SLICE_DFL;
	s64			SCX_EV_BYPASS_DURATION;
	s64			SCX_EV_BYPASS_DISPATCH;
	s64			SCX_EV_BYPASS_ACTIVATE;
	s64			SCX_EV_INSERT_NOT_OWNED;
	s64			SCX_EV_SUB_BYPASS_DISPATCH;
};

/* Arguments of kfuncs that take more than five. */
struct scx_bpf_dsq_insert_vtime_args {
	u64			dsq_id;
	u64			slice;
	u64			vtime;
	u64			enq_flags;
};

struct scx_bpf_select_cpu_and_args {
	s32			prev_cpu;
	u64			wake_flags;
	u64			flags;
};

#endif
