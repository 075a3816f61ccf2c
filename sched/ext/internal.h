/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the sched_ext class. The functions have the names of kernel/sched/ext/ of 7.2; docs/class-map.md says where
 * each is.
 *
 * struct scx_sched is a host object. What kernel objects in guest memory point at (p->scx.sched, dsq->sched) is its
 * handle, a small guest object; scx_task_sched() resolves it.
 */
#ifndef SCHED_EXT_INTERNAL_H
#define SCHED_EXT_INTERNAL_H

#include <stdarg.h>
#include <string.h>

#include "sched/ext/ext.h"
#include "sched/ext/rwsem.h"
#include "sched/ext/scx.h"

/* rq->scx.flags of versions that balance before the pick */
#define SCX_RQ_BAL_PENDING	(1u << 2)	/* a pick is going on that has not been through balance_scx() */
#define SCX_RQ_BAL_KEEP		(1u << 3)	/* balance_scx() says: go on with prev */
#define SCX_RQ_BYPASSING	(1u << 4)

/* sched_ext_entity.flags of 2022; the bits have other meanings later. A third one is PREPPED, a fourth ENABLED: task.c */
#define SCX_TASK_BAL_KEEP	(1u << 1)	/* balance_scx() says: go on with it */
#define SCX_TASK_ENQ_LOCAL	(1u << 2)	/* the default selection found an idle CPU: SCX_ENQ_LOCAL for its enqueue */
#define SCX_TASK_RESET_2022	(1u << 20)	/* what SCX_TASK_RESET_RUNNABLE_AT is later */
/* 2022: the scheduler is advised to put the task on the local DSQ */
#define SCX_ENQ_LOCAL		(1ull << 42)

/* scx_kernel.enable_state before SCX_ENABLING, in 2022: tasks are prepared, the scheduler has none yet */
#define SCX_PREPPING		SCX_STATE_PREPPING

#define SCX_OPSS_STATE_MASK	((1ul << SCX_OPSS_QSEQ_SHIFT) - 1)
#define SCX_OPSS_QSEQ_MASK	(~SCX_OPSS_STATE_MASK)

/* Schedulers that can exist at once: the one that is loaded and those that are not freed yet. */
#define SCX_MAX_SCHEDS 16

/* The guest object that stands for a scheduler. */
struct scx_sched_handle {
	u32 id;				/* index in scx_kernel.scheds */
	u32 __pad;
};

/* An insert of ops.dispatch() that waits for flush_dispatch_buf(). */
struct scx_dsp_buf_ent {
	struct task_struct *task;
	unsigned long qseq;		/* of the task when it was inserted: stale ones are dropped */
	u64 dsq_id;
	u64 enq_flags;
};

/* The dispatch buffer of a CPU; used by that CPU only, interrupts off. */
struct scx_dsp_ctx {
	struct rq *rq;			/* that ops.dispatch() is called for */
	u32 cursor;			/* entries in use */
	u32 nr_tasks;			/* dispatched in this loop of the dispatch path */
	struct scx_dsp_buf_ent *buf;	/* [sch->dsp_max_batch] */
};

/* A request to re-enqueue tasks of a local DSQ. (l) rq->scx.deferred_reenq_lock */
struct scx_deferred_reenq_local {
	bool queued;			/* (l) */
	u64 flags;			/* (l, a) SCX_REENQ_* */
	u64 seq;			/* (r) of the run of run_deferred() that served it last */
	u32 cnt;			/* (r) how often in that run */
};

#define SCX_SCHED_PCPU_BYPASSING (1u << 0)

struct scx_sched_pcpu {
	u32 flags;			/* (r) SCX_SCHED_PCPU_* */
	struct scx_event_stats events;	/* own CPU */
	struct scx_dsp_ctx dsp_ctx;
	struct scx_dispatch_q *bypass_dsq;
	struct scx_deferred_reenq_local deferred_reenq_local;
};

struct dsq_hash_node {
	struct scx_dispatch_q *dsq;
	struct dsq_hash_node *next;
};

#define DSQ_HASH_BITS 8

/* User DSQs by id. Lookups take no lock: nodes are freed after an RCU grace period. */
struct dsq_hash {
	raw_spinlock_t lock;			/* writers */
	struct dsq_hash_node *bucket[1 << DSQ_HASH_BITS];
};

/*
 * A loaded scheduler. (e) scx_kernel.enable_mutex, (b) scx_kernel.bypass_lock, (a) atomic, (i) immutable once published
 */
struct scx_sched {
	struct scx_ops ops;			/* (i) but for flags of the class's own */
	struct kernel *k;			/* (i) */
	u32 id;					/* (i) */
	struct scx_sched_handle *handle;	/* (i) */
	bool has_ops_enabled;			/* (e) operations besides init, exit are called; SCX_HAS_OP() */
	struct dsq_hash dsq_hash;
	struct scx_dispatch_q **global_dsq;	/* (i) [nr_nodes] */
	struct scx_sched_pcpu *pcpu;		/* (i) [nr_cpus] */
	u64 slice_dfl;				/* (b, a) */
	u64 bypass_timestamp;			/* (b) */
	s32 bypass_depth;			/* (b, a) */
	bool bypass_dsp_claim;			/* (b) */
	atomic_t bypass_dsp_enable_depth;	/* (a) CPUs consume their bypass DSQs */
	bool aborting;				/* (a) an exit was claimed: break loops that hold locks */
	bool dump_disabled;			/* dump_lock */
	u32 dsp_max_batch;			/* (i) */
	bool warned_zero_slice;			/* racy on purpose */
	bool warned_deprecated_rq;
	u64 watchdog_timeout;			/* (i) jiffies */
	atomic_t exit_kind;			/* (a) claimed by cmpxchg from NONE */
	struct scx_exit_info *exit_info;	/* guest object; written by whoever claimed the exit */
	struct kslab *dump_slab;		/* (i) that exit_info->dump came from */
	struct kthread_worker *helper;		/* (i) runs disable_work */
	struct irq_work disable_irq_work;
	struct work disable_work;
};

/* Per-CPU state that does not belong to a scheduler. Own CPU only, interrupts off. */
struct scx_cpu {
	struct task_struct *direct_dispatch_task;	/* being placed by select_cpu or enqueue; SCX_DDSP_DONE: dispatched */
	struct rq *locked_rq;				/* rq lock that the running operation was called with */
	struct irq_work kick_cpus_irq_work;
	struct irq_work deferred_irq_work;
	unsigned long *kick_syncs;			/* [nr_cpus] kick_sync of a CPU when its wait was armed; NULL: not loaded */
	s32 distribute_prev;				/* see cpumask_any_and_distribute() */
	bool idle_known;				/* it entered or left idle since the masks were reset: its bit is right */
	struct cpumask *local_idle_mask;		/* scratch of select_cpu_dfl */
	struct cpumask *local_llc_mask, *local_numa_mask;
	struct scx_cpu_release_args *release_args;	/* guest */
};

#define SCX_DDSP_DONE ((struct task_struct *)-3ul)	/* ERR_PTR(-ESRCH): matches no task */

struct scx_idle_cpus {
	struct cpumask *cpu;		/* idle CPUs (atomic bits) */
	struct cpumask *smt;		/* CPUs of wholly idle cores (a hint: heals by itself) */
};

struct scx_dump_data {
	s32 cpu;			/* that is in a dump operation, or -1 */
	bool first;
	u32 cursor;
	struct strbuf *s;
	const char *prefix;
	char line[SCX_EXIT_MSG_LEN];
};

/* sched_ext of a kernel. */
/* Of more loads than this only the last is kept, in place of the one before. */
#define SCX_MAX_RESULTS 256

struct scx_kernel {
	struct kernel *k;
	struct scx_sched *root;			/* (e, a) scx_root */
	struct scx_sched *scheds[SCX_MAX_SCHEDS];	/* by id */
	int enable_state;			/* (a) enum scx_enable_state */
	bool switching_all;			/* (a) */
	bool switch_all_req;			/* (e) scx_bpf_switch_all() was called */
	bool init_task_enabled;			/* fork_rwsem */
	struct mutex enable_mutex;
	struct rwsem fork_rwsem;		/* forks read, loading and unloading write */
	raw_spinlock_t bypass_lock;
	raw_spinlock_t tasks_lock;		/* scx_tasks */
	struct list_head *tasks;		/* guest; sched_ext_entity.tasks_node of every task that is not dead */
	raw_spinlock_t dump_lock;
	struct scx_dump_data dump_data;		/* dump_lock */
	struct kthread_worker *enable_helper;	/* (e) made at the first load, never ended */
	struct kthread_worker *ops_helper;	/* (e) without the feature helper_per_sched: made at the first load */
	u64 nr_rejected, hotplug_seq, enable_seq;	/* (a) */
	struct delayed_work watchdog_work;
	u64 watchdog_timestamp;			/* (a) jiffies */
	u64 watchdog_interval;			/* (a) jiffies; ~0: off */
	struct scx_cpu *cpu;			/* [nr_cpus] */
	struct kslab *dsq_slab, *handle_slab, *exit_info_slab, *text_slab, *bt_slab, *list_slab;
	struct kslab *enable_args_slab, *exit_type_slab;	/* 2022 */
	struct kslab *init_args_slab, *exit_args_slab, *dump_ctx_slab, *release_args_slab;
	struct kslab *dump_slab;		/* (e) texts of dump_slab_len bytes; replaced when longer ones are asked for */
	u32 dump_slab_len;
	u64 tid_cursor;				/* (a) */
	/* idle tracking: sched/ext/idle.c */
	bool builtin_idle_enabled, idle_per_node, smt_active, selcpu_llc, selcpu_numa;
	struct scx_idle_cpus idle_global;
	struct scx_idle_cpus *idle_node;	/* [nr_nodes] */
	struct cpumask *empty_mask;
	struct scx_result none;			/* before the first load */
	struct scx_result *results, *last;	/* (e) of all loads, oldest first; the last one, or @none */
	u32 nr_results;				/* (e) at most SCX_MAX_RESULTS */
	char *sysrq_dumps;			/* dump_lock; NULL: none */
};

static inline struct scx_kernel *this_scx(void) { return this_kernel()->scx; }
static inline struct scx_cpu *this_scx_cpu(void) { return this_mcpu->scx; }
static inline struct scx_sched *scx_root(void) { return READ_ONCE(this_scx()->root); }
static inline struct scx_sched_pcpu *this_pcpu(struct scx_sched *sch) { return &sch->pcpu[smp_processor_id()]; }

/* The scheduler of a task. p->pi_lock or rq lock held. NULL: none. */
static inline struct scx_sched *scx_task_sched(const struct task_struct *p)
{
	const struct scx_sched_handle *h = (const void *)READ_ONCE(p->scx.sched);

	return h ? this_scx()->scheds[h->id] : NULL;
}

static inline bool scx_task_on_sched(const struct scx_sched *sch, const struct task_struct *p)
{
	return (const void *)READ_ONCE(p->scx.sched) == sch->handle;
}

static inline bool on_scx(const struct task_struct *p) { return task_on_class(p, CLASS_EXT); }
static inline const struct sched_class *ext_class(void) { return class_of(this_kernel(), CLASS_EXT); }
static inline bool class_above_ext(const struct sched_class *c) { return c->id < CLASS_EXT; }
static inline bool class_below_ext(const struct sched_class *c) { return c->id > CLASS_EXT; }

static inline bool scx_bypassing(const struct scx_sched *sch, s32 cpu)
{
	return unlikely(READ_ONCE(sch->pcpu[cpu].flags) & SCX_SCHED_PCPU_BYPASSING);
}

/* A feature of this kernel (sched/features.def). */
#define feat(name) (this_kernel()->feat.name)

/* Without the feature bypass: the scheduler is going away, and a global FIFO stands in for it. */
static inline bool scx_failing_back(const struct scx_sched *sch)
{
	return unlikely(!feat(bypass)) && READ_ONCE(sch->k->scx->enable_state) == SCX_DISABLING;
}

/* rq lock; others look at SCX_RQ_ONLINE without it. */
static inline void scx_rq_set_flags(struct rq *rq, u32 flags) { WRITE_ONCE(rq->scx.flags, rq->scx.flags | flags); }
static inline void scx_rq_clear_flags(struct rq *rq, u32 flags) { WRITE_ONCE(rq->scx.flags, rq->scx.flags & ~flags); }

/* A task's slice; its scheduler may set it on any CPU at any time. */
static inline u64 scx_slice(const struct task_struct *p) { return READ_ONCE(p->scx.slice); }
static inline void scx_set_slice(struct task_struct *p, u64 slice) { WRITE_ONCE(p->scx.slice, slice); }

static inline struct rq *rq_of_local_dsq(struct scx_dispatch_q *dsq) { return container_of(dsq, struct rq, scx.local_dsq); }

/* Count an event on this CPU (kernel: __scx_add_event). */
#define scx_add_event(sch, name, n) do { \
	s64 *ev__ = &this_pcpu(sch)->events.name; \
	WRITE_ONCE(*ev__, *ev__ + (s64)(n)); \
} while (0)

/* Is the operation implemented and may it be called now? init and exit are tested by themselves. */
#define SCX_HAS_OP(sch, op) (READ_ONCE((sch)->has_ops_enabled) && (sch)->ops.op)

/* --- calling operations --- */

/*
 * Without the feature kfunc_filter kfuncs ask at run time which operation they are called from: SCX_KF_* of 6.12. Each
 * operation allows some; nested operations add theirs.
 */
#define SCX_KF_UNLOCKED		0u
#define SCX_KF_CPU_RELEASE	(1u << 0)
#define SCX_KF_DISPATCH		(1u << 1)
#define SCX_KF_ENQUEUE		(1u << 2)
#define SCX_KF_SELECT_CPU	(1u << 3)
#define SCX_KF_REST		(1u << 4)
#define KF_OP_select_cpu	(SCX_KF_ENQUEUE | SCX_KF_SELECT_CPU)
#define KF_OP_enqueue		SCX_KF_ENQUEUE
#define KF_OP_dequeue		SCX_KF_REST
#define KF_OP_dispatch		SCX_KF_DISPATCH
#define KF_OP_tick		SCX_KF_REST
#define KF_OP_runnable		SCX_KF_REST
#define KF_OP_running		SCX_KF_REST
#define KF_OP_stopping		SCX_KF_REST
#define KF_OP_quiescent		SCX_KF_REST
#define KF_OP_yield		SCX_KF_REST
#define KF_OP_set_weight	SCX_KF_REST
#define KF_OP_set_cpumask	SCX_KF_REST
#define KF_OP_update_idle	SCX_KF_REST
#define KF_OP_cpu_acquire	SCX_KF_REST
#define KF_OP_cpu_release	SCX_KF_CPU_RELEASE
#define KF_OP_consume		SCX_KF_UNLOCKED		/* 2022 does not check */
#define KF_OP_consume_final	SCX_KF_UNLOCKED
#define KF_OP_prep_enable	SCX_KF_UNLOCKED
#define KF_OP_enable_args	SCX_KF_UNLOCKED
#define KF_OP_cancel_enable	SCX_KF_UNLOCKED
#define KF_OP_exit_type		SCX_KF_UNLOCKED
#define KF_OP_init_task		SCX_KF_UNLOCKED
#define KF_OP_exit_task		SCX_KF_REST
#define KF_OP_enable		SCX_KF_REST
#define KF_OP_disable		SCX_KF_REST
#define KF_OP_dump		SCX_KF_UNLOCKED
#define KF_OP_dump_cpu		SCX_KF_REST
#define KF_OP_dump_task		SCX_KF_REST
#define KF_OP_init		SCX_KF_UNLOCKED
#define KF_OP_exit		SCX_KF_UNLOCKED

/* May a kfunc of group @mask be called now? Else an error of the scheduler. */
bool __scx_kf_allowed(struct scx_sched *sch, u32 mask);
static inline bool scx_kf_allowed(struct scx_sched *sch, u32 mask)
{
	return likely(feat(kfunc_filter)) || !feat(kf_mask) || __scx_kf_allowed(sch, mask);
}

/* Flags as BPF sees them in this version, from and to the class's own, which are those of 7.2: flags.c */
u64 __scx_enq_flags_out(u64 flags);
u64 __scx_enq_flags_in(u64 flags);
u64 __scx_deq_flags_out(u64 flags);
static inline bool scx_own_flags(void) { return likely(this_kernel()->version->id >= KABI_7_2); }
static inline u64 scx_enq_flags_out(u64 flags) { return scx_own_flags() ? flags : __scx_enq_flags_out(flags); }
static inline u64 scx_enq_flags_in(u64 flags) { return scx_own_flags() ? flags : __scx_enq_flags_in(flags); }
static inline u64 scx_deq_flags_out(u64 flags) { return scx_own_flags() ? flags : __scx_deq_flags_out(flags); }

static inline struct rq *scx_locked_rq(void) { return this_scx_cpu()->locked_rq; }
static inline void update_locked_rq(struct rq *rq) { this_scx_cpu()->locked_rq = rq; }

#define SCX_CALL_OP(sch, op, rq_, ...) do { \
	struct rq *rq__ = (rq_), *prev__ = NULL; \
	if (rq__) { \
		prev__ = scx_locked_rq(); \
		update_locked_rq(rq__); \
	} \
	current->scx.kf_mask |= KF_OP_##op; \
	(sch)->ops.op((sch), ##__VA_ARGS__); \
	current->scx.kf_mask &= ~KF_OP_##op; \
	if (rq__) \
		update_locked_rq(prev__); \
} while (0)

#define SCX_CALL_OP_RET(sch, op, rq_, ...) ({ \
	struct rq *rq__ = (rq_), *prev__ = NULL; \
	if (rq__) { \
		prev__ = scx_locked_rq(); \
		update_locked_rq(rq__); \
	} \
	current->scx.kf_mask |= KF_OP_##op; \
	__typeof__((sch)->ops.op((sch), ##__VA_ARGS__)) ret__ = (sch)->ops.op((sch), ##__VA_ARGS__); \
	current->scx.kf_mask &= ~KF_OP_##op; \
	if (rq__) \
		update_locked_rq(prev__); \
	ret__; \
})

/* With the task arguments recorded in current->scx.kf_tasks[], so that kfuncs can ask whether a task is one of them. */
#define SCX_CALL_OP_TASK(sch, op, rq, p, ...) do { \
	struct task_struct *me__ = current; \
	me__->scx.kf_tasks[0] = (p); \
	SCX_CALL_OP(sch, op, rq, p, ##__VA_ARGS__); \
	me__->scx.kf_tasks[0] = NULL; \
} while (0)

#define SCX_CALL_OP_TASK_RET(sch, op, rq, p, ...) ({ \
	struct task_struct *me__ = current; \
	me__->scx.kf_tasks[0] = (p); \
	__typeof__((sch)->ops.op((sch), (p), ##__VA_ARGS__)) r__ = SCX_CALL_OP_RET(sch, op, rq, p, ##__VA_ARGS__); \
	me__->scx.kf_tasks[0] = NULL; \
	r__; \
})

#define SCX_CALL_OP_2TASKS_RET(sch, op, rq, p0, p1) ({ \
	struct task_struct *me__ = current; \
	me__->scx.kf_tasks[0] = (p0); \
	me__->scx.kf_tasks[1] = (p1); \
	__typeof__((sch)->ops.op((sch), (p0), (p1))) r__ = SCX_CALL_OP_RET(sch, op, rq, p0, p1); \
	me__->scx.kf_tasks[0] = NULL; \
	me__->scx.kf_tasks[1] = NULL; \
	r__; \
})

/* Is @p a task argument of the running operation? Else an error. */
bool scx_kf_arg_task_ok(struct scx_sched *sch, struct task_struct *p);

/* --- errors: exit.c --- */

bool scx_vexit(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, s32 exit_cpu, const char *fmt, va_list args)
	__attribute__((format(printf, 5, 0)));
bool __scx_exit(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, s32 exit_cpu, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
#define scx_exit(sch, kind, code, fmt, ...) __scx_exit(sch, kind, code, smp_processor_id(), fmt, ##__VA_ARGS__)
#define scx_error(sch, fmt, ...) scx_exit(sch, SCX_EXIT_ERROR, 0, fmt, ##__VA_ARGS__)
void scx_disable_irq_workfn(struct irq_work *w);
void scx_disable_workfn(struct work *w);
void scx_disable(struct scx_sched *sch, enum scx_exit_kind kind);
void scx_flush_disable_work(struct scx_sched *sch);
bool scx_cpu_valid(struct scx_sched *sch, s32 cpu, const char *where);
int ops_sanitize_err(struct scx_sched *sch, const char *ops_name, s32 err);
void scx_read_events(struct scx_sched *sch, struct scx_event_stats *out);
int scx_set_enable_state(struct scx_kernel *sk, int to);
bool scx_tryset_enable_state(struct scx_kernel *sk, int to, int from);

/* --- dispatch queues: dsq.c --- */

struct scx_dispatch_q *scx_alloc_dsq(struct scx_sched *sch, u64 id);
void scx_init_dsq(struct scx_dispatch_q *dsq, u64 id);
struct scx_dispatch_q *find_global_dsq(struct scx_sched *sch, s32 cpu);
struct scx_dispatch_q *find_user_dsq(struct scx_sched *sch, u64 id);
int scx_add_user_dsq(struct scx_sched *sch, struct scx_dispatch_q *dsq);
void destroy_dsq(struct scx_sched *sch, u64 id);
void scx_free_user_dsqs(struct scx_sched *sch);
struct scx_dispatch_q *find_dsq_for_dispatch(struct scx_sched *sch, struct rq *rq, u64 dsq_id, struct task_struct *p);
struct task_struct *nldsq_next_task(struct scx_dispatch_q *dsq, struct task_struct *cur, bool rev);
#define nldsq_for_each_task(p, dsq) \
	for ((p) = nldsq_next_task((dsq), NULL, false); (p); (p) = nldsq_next_task((dsq), (p), false))
void dispatch_enqueue(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dsq, struct task_struct *p, u64 enq_flags);
void dispatch_dequeue(struct rq *rq, struct task_struct *p);
void task_unlink_from_dsq(struct task_struct *p, struct scx_dispatch_q *dsq);
/* @p is linked into rq's local DSQ list by the caller: count it in and do what follows an insertion */
void local_dsq_post_enq(struct scx_sched *sch, struct rq *rq, struct task_struct *p, u64 enq_flags);
void dsq_inc_nr(struct scx_dispatch_q *dsq, struct task_struct *p, u64 enq_flags);
bool rq_is_open(struct rq *rq, u64 enq_flags);
bool scx_dsq_priq_less(struct rb_node *a, const struct rb_node *b);

/* --- enqueue.c --- */

void enqueue_task_scx(struct rq *rq, struct task_struct *p, int flags);
bool dequeue_task_scx(struct rq *rq, struct task_struct *p, int flags);
void do_enqueue_task(struct rq *rq, struct task_struct *p, u64 enq_flags, int sticky_cpu);
void ops_dequeue(struct rq *rq, struct task_struct *p, u64 deq_flags);
/* the flag of a task that starts to wait when it is queued next */
u32 scx_reset_runnable_at(void);
void set_task_runnable(struct rq *rq, struct task_struct *p);
void clr_task_runnable(struct task_struct *p, bool reset_runnable_at);
void refill_task_slice_dfl(struct scx_sched *sch, struct task_struct *p);
void clear_direct_dispatch(struct task_struct *p);
bool task_leave_custody(struct task_struct *p);
bool scx_rq_online(struct rq *rq);
void update_curr_scx(struct rq *rq);
void wait_ops_state(struct task_struct *p, unsigned long opss);
void mark_direct_dispatch(struct scx_sched *sch, struct task_struct *ddsp_task, struct task_struct *p, u64 dsq_id, u64 enq_flags);

/* --- deferred.c --- */

void schedule_deferred_locked(struct rq *rq);
void schedule_reenq_local(struct rq *rq, u64 reenq_flags);
void run_deferred(struct rq *rq);
void deferred_irq_workfn(struct irq_work *w);

/* --- dispatch.c --- */

/* What dispatch concluded. */
enum scx_dsp_verdict {
	SCX_DSP_NONE,		/* nothing to run */
	SCX_DSP_LOCAL,		/* the local DSQ has tasks */
	SCX_DSP_PREV,		/* go on with prev */
};
void switch_rq_lock(struct rq *from, struct rq *to);
enum scx_dsp_verdict balance_one(struct rq *rq, struct task_struct *prev);
u32 flush_dispatch_buf(struct scx_sched *sch, struct rq *rq);
bool consume_dispatch_q(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dsq, u64 enq_flags);
bool dispatch_to_local_dsq(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dst_dsq, struct task_struct *p,
			   u64 enq_flags);

/* --- consume.c --- */

enum scx_dsp_verdict balance_consume(struct rq *rq, struct task_struct *prev);

/* --- kick.c --- */

void scx_kick_cpu(struct scx_sched *sch, s32 cpu, u64 flags);
void kick_cpus_irq_workfn(struct irq_work *w);
int alloc_kick_syncs(struct scx_kernel *sk);
void free_kick_syncs(struct scx_kernel *sk);

/* --- idle.c --- */

int scx_idle_init_masks(struct scx_kernel *sk);
void scx_idle_free_masks(struct scx_kernel *sk);
void scx_idle_enable(struct scx_kernel *sk, const struct scx_ops *ops);
void scx_idle_disable(struct scx_kernel *sk);
void scx_idle_update_selcpu_topology(struct scx_kernel *sk, const struct scx_ops *ops);
/* An idle CPU for @p that is claimed, or -EBUSY. @allowed NULL: p->cpus_ptr. p->pi_lock or rq lock held. */
s32 scx_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, const struct cpumask *allowed, u64 flags);

/* --- bypass.c, watchdog.c --- */

void scx_bypass(struct scx_sched *sch, bool bypass);
void scx_watchdog_init(struct scx_kernel *sk);
void refresh_watchdog(struct scx_kernel *sk);

/* --- task.c --- */

u32 scx_get_task_state(const struct task_struct *p);
void scx_set_task_state(struct task_struct *p, u32 state);
void scx_set_task_sched(struct task_struct *p, struct scx_sched *sch);
int __scx_init_task(struct scx_sched *sch, struct task_struct *p, bool fork);
void scx_enable_task(struct scx_sched *sch, struct task_struct *p);
void scx_disable_task(struct scx_sched *sch, struct task_struct *p);
void scx_disable_and_exit_task(struct scx_sched *sch, struct task_struct *p);
void scx_cancel_init_task(struct scx_sched *sch, struct task_struct *p);
bool task_dead_and_done(struct task_struct *p);
/* the class for a task's policy and priority, with what sched_ext says of it now */
const struct sched_class *scx_setscheduler_class(struct task_struct *p);
u32 scx_weight_of(const struct task_struct *p);

/* Walk over all tasks that are not idle tasks, each with its rq locked. */
struct scx_task_iter {
	struct sched_ext_entity *cursor;	/* guest: linked between the tasks */
	struct task_struct *locked_task;
	struct rq *rq;
	bool off;
	u32 cnt;
	bool list_locked;
};
int scx_task_iter_start(struct scx_task_iter *it);
struct task_struct *scx_task_iter_next_locked(struct scx_task_iter *it);
void scx_task_iter_unlock(struct scx_task_iter *it);
void scx_task_iter_relock(struct scx_task_iter *it, struct task_struct *p);
void scx_task_iter_stop(struct scx_task_iter *it);

/* --- dump.c --- */

void scx_dump_state(struct scx_sched *sch, struct scx_exit_info *ei, size_t len);
void scx_dump_text(struct scx_sched *sch, const char *text);

/* --- sched.c --- */

struct scx_sched *scx_alloc_sched(struct kernel *k, const struct scx_ops *ops, int *err);
void scx_free_sched(struct scx_sched *sch);
void scx_root_disable(struct scx_sched *sch);
/* a scheduler is being loaded: begin what is known of it; then, how it ended */
void scx_new_result(struct scx_sched *sch);
void scx_free_results(struct scx_kernel *sk);
void scx_keep_result(struct scx_sched *sch);

#endif
