/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler core: run queues, the life of tasks, classes, schedule(). Internal to sched/; what others use is in
 * sched/kernel.h.
 *
 * Lock order, as in the kernel: p->pi_lock, rq lock, DSQ lock. Two rq locks are never held at once (moves between run
 * queues drop one before they take the other). Interrupts are off under any of them.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <assert.h>

#include "kabi/gmem.h"
#include "kabi/list.h"
#include "kabi/rbtree.h"
#include "kabi/rq.h"
#include "machine/machine.h"
#include "sched/features.h"
#include "sched/kernel.h"
#include "sched/user.h"

/* A cheap check of kernel code that stays on in every build; @msg says what is wrong when it fails. */
#define assert_sched(cond, msg) assert((cond) && (msg))

/* --- flags (kernel/sched/sched.h; values of 7.2: BPF sees them) --- */

#define DEQUEUE_SLEEP		0x0001
#define DEQUEUE_SAVE		0x0002
#define DEQUEUE_MOVE		0x0004
#define DEQUEUE_NOCLOCK		0x0008
#define DEQUEUE_MIGRATING	0x0010
#define DEQUEUE_DELAYED		0x0020
#define DEQUEUE_CLASS		0x0040
#define DEQUEUE_SPECIAL		0x00010000

#define ENQUEUE_WAKEUP		0x0001
#define ENQUEUE_RESTORE		0x0002
#define ENQUEUE_MOVE		0x0004
#define ENQUEUE_NOCLOCK		0x0008
#define ENQUEUE_MIGRATING	0x0010
#define ENQUEUE_DELAYED		0x0020
#define ENQUEUE_CLASS		0x0040
#define ENQUEUE_HEAD		0x00010000
#define ENQUEUE_MIGRATED	0x00040000
#define ENQUEUE_INITIAL		0x00080000
#define ENQUEUE_RQ_SELECTED	0x00100000

#define WF_EXEC			0x02
#define WF_FORK			0x04
#define WF_TTWU			0x08
#define WF_SYNC			0x10
#define WF_MIGRATED		0x20
#define WF_CURRENT_CPU		0x40
#define WF_RQ_SELECTED		0x80

/* rq->clock_update_flags */
#define RQCF_REQ_SKIP		0x01	/* the next __schedule() need not update the clock */
#define RQCF_ACT_SKIP		0x02	/* that request in force: update_rq_clock() does nothing */
#define RQCF_UPDATED		0x04	/* the clock was updated since the lock was taken */

/* states beside those of kabi/task.h that are seen only in between */
#define TASK_WAKING		0x0200

/* 7.2, PREEMPT_LAZY: reschedule at the next return to user mode; the tick makes it TIF_NEED_RESCHED */
#define TIF_NEED_RESCHED_LAZY	4
#define _TIF_NEED_RESCHED_LAZY	(1ul << TIF_NEED_RESCHED_LAZY)

/* rq->balance_callbacks: a stack of these, 4 bits each; the last that was queued is the first to run, as in the kernel */
#define BALANCE_CB_SCX_DEFERRED		1u
#define BALANCE_CB_SCX_KICK_SYNC	2u

/* --- classes --- */

enum sched_class_id { CLASS_STOP, CLASS_RT, CLASS_FAIR, CLASS_EXT, CLASS_IDLE, NR_CLASSES };

/* Methods of a class; locks as beside each. Absent ones are NULL. */
struct sched_class_ops {
	/* rq lock */
	void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
	bool (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*yield_task)(struct rq *rq);
	bool (*yield_to_task)(struct rq *rq, struct task_struct *p);
	void (*wakeup_preempt)(struct rq *rq, struct task_struct *p, int flags);
	/*
	 * Without the feature dispatch_in_pick: before a pick, from prev's class downwards until one says that it has a
	 * task. rq lock, which it may drop and retake.
	 */
	bool (*balance)(struct rq *rq, struct task_struct *prev);
	/* rq lock, which it may drop and retake; NULL: nothing to run; RETRY_TASK: start the whole pick again */
	struct task_struct *(*pick_task)(struct rq *rq);
	void (*put_prev_task)(struct rq *rq, struct task_struct *p, struct task_struct *next);
	void (*set_next_task)(struct rq *rq, struct task_struct *p, bool first);
	void (*task_tick)(struct rq *rq, struct task_struct *p);
	void (*task_woken)(struct rq *rq, struct task_struct *p);
	void (*update_curr)(struct rq *rq);
	void (*rq_online)(struct rq *rq);
	void (*rq_offline)(struct rq *rq);
	/* p->pi_lock */
	int (*select_task_rq)(struct task_struct *p, int prev_cpu, int wake_flags);
	/* pi_lock and rq lock, within sched_change */
	void (*set_cpus_allowed)(struct task_struct *p, const struct cpumask *mask);
	void (*switching_from)(struct rq *rq, struct task_struct *p);
	void (*switched_from)(struct rq *rq, struct task_struct *p);
	void (*switching_to)(struct rq *rq, struct task_struct *p);
	void (*switched_to)(struct rq *rq, struct task_struct *p);
	void (*reweight_task)(struct rq *rq, struct task_struct *p, const struct load_weight *lw);
	void (*prio_changed)(struct rq *rq, struct task_struct *p, u64 oldprio);
	/* parent's context, no locks */
	void (*task_fork)(struct task_struct *p);
};

extern const struct sched_class_ops *const sched_class_ops[NR_CLASSES];
extern const struct sched_class_ops stop_class_ops, rt_class_ops, fair_class_ops, ext_class_ops, idle_class_ops;

#define RETRY_TASK ((struct task_struct *)-1ul)

/* --- host-side companions --- */

struct scx_kernel;

/* Work in hard interrupt context on the CPU that queues it (kernel: IRQ_WORK_HARD). Zero-initialise, set @fn. */
struct irq_work {
	void (*fn)(struct irq_work *w);
	struct irq_work *next;
	u32 pending;		/* atomic */
};

/* What a task has that BPF must not see. */
struct task_priv {
	struct task_struct *p;
	struct kernel *k;
	struct mctx *ctx;		/* its own context; NULL: a program on the CPU's context */
	void (*fn)(void *arg);		/* of a kernel thread */
	void *arg;
	struct user_program *up;
	struct user_call call;		/* what the program does now */
	bool in_call;			/* @call is not complete */
	bool loader;			/* kernel_add_thread() */
	u64 work_left;			/* USER_RUN in progress: work that is left */
	u64 run_until;			/* USER_RUN_CPU in progress: sum_exec_runtime to reach */
	struct mevent timer;		/* sleep timer */
	struct task_struct *sync_next;	/* (user_sync lock) next waiter */
	struct user_sync *waits_for;	/* (user_sync lock) NULL: has got its post */
	long on_cpu;			/* p->on_cpu as a word to wait for */
	long migrating;			/* p->on_rq == TASK_ON_RQ_MIGRATING, the same */
	struct task_struct *wake_next;	/* on rq_priv.wake_list */
	bool remote_wakeup;		/* there, and it came from another CPU's run queue */
	bool rel_deadline;		/* (r) fair: se.deadline is relative to se.vruntime */
	u64 vprot;			/* (r) fair: vruntime up to which it is not preempted by its like */
	struct set_affinity_pending *migration_pending;	/* (p) */
	struct kthread *kthread;	/* NULL: no kernel thread of kthread_create() */
	bool has_children;		/* (tasks_lock) is the parent of others, or was */
	bool dead;			/* switched out for the last time */
	void *local_storage;		/* (RCU) what kernel_set_task_free_fn() is for */
};

/* What a run queue has that BPF must not see. */
struct rq_priv {
	struct kernel *k;
	struct rq *rq;
	u64 min_speed;			/* (i) fraction of full speed, in 1/1024, that its CPU has at least */
	struct irq_work *irq_works;	/* queued, newest first; atomic */
	struct task_struct *prev;	/* across context_switch(): who ran before */
	struct sysctx *released;	/* across a switch of contexts: the one that is not needed any more */
	struct task_struct *wake_list;	/* wake-ups that this CPU is to complete, newest first; atomic */
	struct cpu_stop_work *stop_first, **stop_last;	/* (stop_lock) works of the migration thread */
	raw_spinlock_t stop_lock;
	bool tick_stopped;		/* own CPU: idle without a tick */
	bool preempt_off;		/* own CPU: interrupts are on, but whoever runs must not be switched out */
	u64 last_clock;			/* for kernel_check(): rq->clock when it was checked last */
	struct mevent hrtick;		/* (r) fair: end of the slice of the current task */
	u64 next_balance;		/* own CPU: jiffies of the next periodic balance of the fair class */
};

/* More than there can be pids. */
#define TASK_PRIV_PAGE	1024
#define TASK_PRIV_PAGES	(8u << 20 >> 10)

struct kernel {
	struct machine *m;
	struct gmem *g;
	const struct kabi_version *version;
	struct kernel_features feat;
	u32 nr_cpus;
	struct rq **rqs;			/* [nr_cpus] */
	struct rq_priv *rq_priv;		/* [nr_cpus] */
	struct sched_class *classes;		/* [NR_CLASSES], guest memory: kernel objects that p->sched_class points at */
	struct cpumask *possible_mask, *online_mask, *active_mask;
	struct cpumask *idle_mask;		/* CPUs whose idle task is current; (a) */
	struct cpumask *overloaded_mask;	/* CPUs with two runnable tasks or more; (a) */
	struct cpumask *fair_mask;		/* CPUs that have tasks of the fair class queued, the running one included; (a) */
	struct task_priv **task_priv[TASK_PRIV_PAGES];	/* (a) companions of tasks by task_struct.slot; pages stay */
	struct kslab *task_slab, *rq_slab, *cpumask_slab, *mm_slab, *class_slab;
	raw_spinlock_t mem_lock;		/* guest memory's allocator, while the machine runs */
	raw_spinlock_t tasks_lock;		/* protects the list of tasks and pid allocation */
	struct list_head *tasks;		/* task_struct.tasks in order of creation; the head is that of swapper/0 */
	struct task_struct **by_pid;		/* [pids_cap] tasks_lock */
	u32 pids_cap;
	u32 nr_tasks;				/* tasks_lock */
	u32 nr_user_tasks;			/* tasks_lock: programs that are not dead */
	s32 next_pid;
	struct task_struct *init, *kthreadd, *launcher;
	struct launcher *launch;		/* sched/launch.c */
	struct sysctx *free_sysctx, *all_sysctx;	/* sysctx_lock */
	raw_spinlock_t sysctx_lock;
	s32 *distribute_prev;			/* [nr_cpus] own CPU: see cpumask_any_and_distribute() */
	u64 base_slice;				/* (i) fair: ns that a task asks for at once */
	struct printk_log *log;
	struct scheduled *incidents;		/* (i) sched/incident.c */
	struct boot_cpu *boot;			/* not NULL: kernel code runs outside of the machine, see boot_enter() */
	char *violation;			/* first that a check found; NULL: none */
	struct scx_kernel *scx;			/* sched_ext's own state, sched/ext/internal.h */
	bool __scx_enabled, __scx_switched_all;	/* (a) static keys: see scx_enabled() */
	struct workqueue *system_wq;
	void (*on_task_exit)(void *arg, struct task_struct *p);
	void *on_task_exit_arg;
	void (*on_task_free)(void *arg, void **storage);	/* NULL: nobody has storage in tasks */
	void *on_task_free_arg;
	bool check_invariants;			/* check whole structures after every event (tests) */
};

static inline struct kernel *this_kernel(void) { return this_mcpu->kern; }
static inline int smp_processor_id(void) { return this_mcpu->id; }
static inline struct rq *this_rq(void) { return this_mcpu->rq; }
#define current (this_mcpu->curr)

static inline struct rq *cpu_rq(const struct kernel *k, int cpu) { return k->rqs[cpu]; }
static inline int cpu_of(const struct rq *rq) { return rq->cpu; }
static inline u32 task_cpu(const struct task_struct *p) { return READ_ONCE(p->thread_info.cpu); }
static inline struct rq *task_rq(const struct task_struct *p) { return cpu_rq(this_kernel(), task_cpu(p)); }
static inline struct task_priv *task_priv(const struct task_struct *p)
{
	return this_kernel()->task_priv[p->slot / TASK_PRIV_PAGE][p->slot % TASK_PRIV_PAGE];
}
static inline struct rq_priv *rq_priv(const struct rq *rq) { return &this_kernel()->rq_priv[rq->cpu]; }

static inline const struct sched_class *class_of(const struct kernel *k, enum sched_class_id id) { return &k->classes[id]; }
static inline const struct sched_class_ops *class_ops(const struct sched_class *c) { return sched_class_ops[c->id]; }
/* classes are in one array, the highest first */
static inline bool sched_class_above(const struct sched_class *a, const struct sched_class *b) { return a < b; }
static inline bool task_on_class(const struct task_struct *p, enum sched_class_id id) { return p->sched_class->id == id; }

/* Kernel objects, from any context and from outside; sizes and order are those of kslab_alloc(). */
static inline void *kobj_alloc(struct kernel *k, struct kslab *s)
{
	void *obj;
	bool off;

	if (!this_mcpu)
		return kslab_alloc(s);
	off = raw_spin_lock_irqsave(&k->mem_lock);
	obj = kslab_alloc(s);
	raw_spin_unlock_irqrestore(&k->mem_lock, off);
	return obj;
}

static inline void kobj_free(struct kernel *k, struct kslab *s, void *obj)
{
	bool off;

	if (!this_mcpu) {
		kslab_free(s, obj);
		return;
	}
	off = raw_spin_lock_irqsave(&k->mem_lock);
	kslab_free(s, obj);
	raw_spin_unlock_irqrestore(&k->mem_lock, off);
}

/* The class that runs next is lowered to @class before an unlocked stretch of its pick; above: something higher woke up. */
static inline void rq_modified_begin(struct rq *rq, const struct sched_class *class)
{
	if (sched_class_above(rq->next_class, class))
		rq->next_class = class;
}
static inline bool rq_modified_above(struct rq *rq, const struct sched_class *class)
{
	return sched_class_above(rq->next_class, class);
}

/* jiffies: ticks since boot, which was at -5 minutes of jiffies as in the kernel is not modelled: starts at 0 */
static inline u64 jiffies(void) { return mach_now() / this_mcpu->m->tick_ns; }
static inline u64 jiffies_to_msecs(const struct machine *m, u64 j) { return j * 1000 / m->hz; }

static inline bool test_tsk_need_resched(const struct task_struct *p)
{
	return READ_ONCE(p->thread_info.flags) & _TIF_NEED_RESCHED;
}

void preempt_schedule(void);
/*
 * A preemption point: what spin_unlock_irqrestore() and preempt_enable() are in the kernel. The code of a program's short
 * system calls has no stack of its own and is preempted at its end.
 */
static inline void preempt_check(void)
{
	struct mcpu *c = this_mcpu;

	if (unlikely(test_tsk_need_resched(c->curr)) && !c->irqs_off && !c->in_irq)
		preempt_schedule();
}

/* --- run queues: sched/core.c --- */

static inline void raw_spin_rq_lock(struct rq *rq) { raw_spin_lock(&rq->__lock); }
static inline void raw_spin_rq_unlock(struct rq *rq) { raw_spin_unlock(&rq->__lock); }
/* Before and after an unlocked stretch within a pick: invalidates rq->scx.clock. */
static inline void rq_unpin_lock(struct rq *rq)
{
	WRITE_ONCE(rq->scx.flags, rq->scx.flags & ~SCX_RQ_CLK_VALID);
}
static inline void rq_repin_lock(struct rq *rq) { rq->clock_update_flags |= RQCF_UPDATED; }
/* rq_lock: with the clock's "updated" flag cleared, as rq_pin_lock does */
static inline void rq_lock(struct rq *rq)
{
	raw_spin_rq_lock(rq);
	rq->clock_update_flags &= RQCF_REQ_SKIP | RQCF_ACT_SKIP;
}
static inline bool rq_lock_irqsave(struct rq *rq)
{
	bool off = local_irq_save();

	rq_lock(rq);
	return off;
}
/* rq_unlock and its like run no balance callbacks: as in the kernel, the sites that do call __balance_callbacks(). */
static inline void rq_unlock(struct rq *rq)
{
	rq_unpin_lock(rq);
	raw_spin_rq_unlock(rq);
}
static inline void rq_unlock_irqrestore(struct rq *rq, bool off)
{
	rq_unlock(rq);
	local_irq_restore(off);
	preempt_check();
}
/* Lock p->pi_lock and the rq that p is on, interrupts off; retries while p moves. */
struct rq *task_rq_lock(struct task_struct *p, bool *off);
void task_rq_unlock(struct rq *rq, struct task_struct *p, bool off);
/* p->pi_lock is held, or p cannot move: lock the rq that it is on */
struct rq *__task_rq_lock(struct task_struct *p);
void __task_rq_unlock(struct rq *rq);
static inline bool rq_is_locked(const struct rq *rq) { return raw_spin_is_locked_by_me(&rq->__lock); }

void update_rq_clock(struct rq *rq);
void queue_balance_callback(struct rq *rq, u32 which);
/* Set TIF_NEED_RESCHED of rq's current task; IPI when it is another CPU's. rq locked. */
void resched_curr(struct rq *rq);
/* The same by CPU number; takes the rq lock, only if the CPU is online or this one. */
void resched_cpu(struct kernel *k, int cpu);
/* The same, but not before the next return to user mode. */
void resched_curr_lazy(struct rq *rq);
/* Run what is queued on rq->balance_callbacks; may drop and retake the rq lock. */
void __balance_callbacks(struct rq *rq);

void enqueue_task(struct rq *rq, struct task_struct *p, int flags);
bool dequeue_task(struct rq *rq, struct task_struct *p, int flags);
void activate_task(struct rq *rq, struct task_struct *p, int flags);	/* sets on_rq = QUEUED */
void deactivate_task(struct rq *rq, struct task_struct *p, int flags);	/* sets on_rq = MIGRATING */
/* classes count their tasks here; rq locked */
void add_nr_running(struct rq *rq, u32 n);
void sub_nr_running(struct rq *rq, u32 n);
void set_task_cpu(struct task_struct *p, int cpu);
/* rq locked: p became runnable on rq; does it displace what runs there? (7.2: by next_class) */
void wakeup_preempt(struct rq *rq, struct task_struct *p, int flags);
static inline bool task_on_rq_queued(const struct task_struct *p) { return READ_ONCE(p->on_rq) == TASK_ON_RQ_QUEUED; }
static inline bool task_on_rq_migrating(const struct task_struct *p) { return READ_ONCE(p->on_rq) == TASK_ON_RQ_MIGRATING; }
static inline bool task_current(const struct rq *rq, const struct task_struct *p) { return rq->curr == p; }
static inline bool is_idle_task(const struct task_struct *p) { return READ_ONCE(p->flags) & PF_IDLE; }
static inline bool is_migration_disabled(const struct task_struct *p) { return p->migration_disabled; }
static inline bool cpu_online(const struct kernel *k, int cpu) { return cpumask_test_cpu(cpu, k->online_mask); }
static inline bool cpu_active(const struct kernel *k, int cpu) { return cpumask_test_cpu(cpu, k->active_mask); }

/* Charge the running task for the time since se.exec_start, update sum_exec_runtime, emit RUNTIME; returns the ns. */
u64 update_curr_common(struct rq *rq);

/*
 * A change of a task's scheduling: dequeue and put it, change it, enqueue and set it (kernel: sched_change_begin/end).
 * rq and, for a class change, pi_lock held. @flags: DEQUEUE_* with ENQUEUE_* counterparts below 0x10000.
 */
struct sched_change {
	struct task_struct *p;
	const struct sched_class *class;
	int flags;
	bool queued, running;
	u64 prio;
};
void sched_change_begin(struct sched_change *c, struct task_struct *p, int flags);
void sched_change_end(struct sched_change *c);
/* The class for a policy and priority, with what sched_ext says of them (task_should_scx). */
const struct sched_class *__setscheduler_class(struct kernel *k, int policy, int prio);

/* --- wake-up, fork, exit --- */

/* Wake @p if its state is in @state. @wake_flags: WF_SYNC or 0. Returns whether it was woken. */
bool try_to_wake_up(struct task_struct *p, u32 state, int wake_flags);
static inline bool wake_up_process(struct task_struct *p) { return try_to_wake_up(p, TASK_NORMAL, 0); }
/* The end of a task with a context of its own. */
void do_exit(void) __attribute__((noreturn));
/*
 * Put current to sleep in @state before testing the condition that it waits for. A wake-up reads the state by an atomic
 * operation that writes, too: it is either after this one and sees the state, or before and its condition is seen.
 */
static inline void set_current_state(u32 state)
{
	mach_xchg(&current->__state, state);
	mach_sync();
}
void schedule(void);
/* Voluntary preemption point in long loops of kernel code. */
void cond_resched(void);
void get_task_struct(struct task_struct *p);
/* The same for a task that may be on its way to be freed (found under RCU): false if it is too late. */
bool tryget_task_struct(struct task_struct *p);
/* Drop a reference; the last one frees the task after an RCU grace period. */
void put_task_struct(struct task_struct *p);

/* The task of a pid, not dead; RCU: it stays until the caller's stretch of kernel code ends. NULL: none. */
struct task_struct *find_task_by_pid(struct kernel *k, s32 pid);

/* --- system calls, any task; sched/syscalls.c, sched/affinity.c --- */

struct task_sched_attr {
	u32 policy;
	s32 nice;
	u32 rt_priority;
};
/* 0, -EINVAL, or what sched_ext says of the policy (-EACCES). */
int __sched_setscheduler(struct task_struct *p, const struct task_sched_attr *attr);
void set_user_nice(struct task_struct *p, int nice);
/* Sleeps until @p is off CPUs that are not in @mask. 0 or -EINVAL (no CPU is left, or pinned by the kernel). */
int __sched_setaffinity(struct task_struct *p, const struct cpumask *mask);
int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *mask);
/* Keep current on its CPU, affinity changes wait meanwhile. They nest. Own context only. */
void migrate_disable(void);
void migrate_enable(void);
/* What every class's set_cpus_allowed does at least. */
void set_cpus_allowed_common(struct task_struct *p, const struct cpumask *mask);
void do_sched_yield(void);
static inline int task_nice(const struct task_struct *p) { return p->static_prio - DEFAULT_PRIO; }

/* --- sleeping primitives, for contexts of their own only: sched/wait.c --- */

struct wait_entry;
struct completion {
	raw_spinlock_t lock;
	u32 done;
	struct wait_entry *first, **last;
};
void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);	/* for ever: also for those who come later */
void wait_for_completion(struct completion *c);

struct mutex {
	raw_spinlock_t lock;
	struct task_struct *owner;
	struct wait_entry *first, **last;
};
void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void synchronize_rcu(void);
/* Sleep for @ns (TASK_INTERRUPTIBLE); returns early when woken. */
void schedule_timeout_ns(u64 ns);

/* --- kernel threads and work: sched/kthread.c, sched/workqueue.c --- */

/* A new kernel thread, not yet woken. @policy as for tasks. NULL: no memory. */
struct task_struct *kthread_create(struct kernel *k, void (*fn)(void *), void *arg, int policy, int nice, int rt_priority,
				   const struct cpumask *mask, const char *fmt, ...)
	__attribute__((format(printf, 8, 9)));
/* Ask it to end (kthread_should_stop()) and wait for its end. Not from itself. */
void kthread_stop(struct task_struct *p);
bool kthread_should_stop(void);

/* Zero-initialise, set @fn; @fn may free what contains it. */
struct work {
	void (*fn)(struct work *w);
	struct work *next;	/* (queue's lock) */
	bool pending;		/* (queue's lock) from queueing to the start of @fn */
};
/* A worker that runs its works one at a time in its own kernel thread (kernel: kthread_worker). */
struct kthread_worker *kthread_worker_create(struct kernel *k, const char *name, int policy, int rt_priority);
void kthread_worker_destroy(struct kthread_worker *w);
/* Outside, after the last run: its thread goes with the kernel's tasks. NULL is fine. */
void kthread_worker_free(struct kthread_worker *w);
bool kthread_queue_work(struct kthread_worker *w, struct work *work);	/* any context; false: already pending */
void kthread_flush_work(struct kthread_worker *w, struct work *work);	/* wait until it is neither pending nor running */

/* Works of the unbound system workqueue run in kworker threads ("kworker/u4:0"), SCHED_NORMAL. */
struct delayed_work {
	struct work work;
	struct mevent timer;
	bool timer_armed;	/* (queue's lock) pending because of the timer */
	struct kernel *k;
};
bool queue_work(struct kernel *k, struct work *work);
bool queue_delayed_work(struct kernel *k, struct delayed_work *dw, u64 delay_ns);	/* false: already pending */
void mod_delayed_work(struct kernel *k, struct delayed_work *dw, u64 delay_ns);
void cancel_delayed_work_sync(struct kernel *k, struct delayed_work *dw);

bool irq_work_queue(struct irq_work *w);			/* on this CPU; false: already pending */
bool irq_work_queue_on(struct irq_work *w, int cpu);
void irq_work_run(struct rq *rq);				/* interrupt context: run what is queued on this CPU */

/* --- idle and ticks --- */
void sched_tick(struct kernel *k, struct mcpu *c);

/* --- checks, debug: sched/check.c --- */
/* Verify every structure of @k (outside or with everything quiet); NULL or a text in @buf that names the first fault. */
const char *kernel_check(struct kernel *k, char *buf, size_t len);

#endif
