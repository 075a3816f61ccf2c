/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine interface: what the kernel code in sched/ runs on, and all that it knows of what is below.
 *
 * A machine has CPUs. Each CPU executes one context (struct mctx: a stack) at a time: its own, which executes tasks
 * that are programs (they need no stack), or that of a task with kernel code of its own (kthreads, loaders).
 * Two machines implement this: sim/ (discrete events, virtual time, all CPUs on one host thread) and threads/ (one
 * host thread per CPU; for running the class under ThreadSanitizer). Kernel code never asks which one it is on.
 *
 * Time. Every CPU has its own clock in ns. Kernel code advances it with mach_charge(). Code runs ahead of other CPUs
 * until it reaches a synchronisation point: taking or dropping a lock, atomics that others read, helper and kfunc
 * entry, IPI, spinning. There the CPU that is earliest, by (clock, CPU), goes first. On a machine of one host thread
 * a whole stretch between two synchronisation points is therefore atomic.
 *
 * Interrupts arrive at a CPU when its interrupts are on: in user mode, when idle, at synchronisation points of a context
 * that has them on, and at irq_enable. They run on the context that they interrupt, with interrupts off.
 * Of the costs, the machine charges those of locks, IPIs, leaving idle, kernel_entry_ns per interrupt, and tick_ns and
 * timer_ns (ticks, events) before the handler; everything else is charged by the code that does it.
 *
 * Calls below are made from a CPU's context unless they say "outside".
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "kabi/task.h"
#include "machine/cost.h"
#include "machine/topology.h"
#include "trace/event.h"

struct machine;
struct mctx;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A free choice of the simulation. Answers come from the seed, or later from a recorded list. */
enum choose_kind {
	CHOOSE_BPF_RANDOM,	/* bpf_get_prandom_u32 */
	CHOOSE_WORKLOAD,	/* random values of a workload's generator */
	CHOOSE_START_PHASE,	/* when a workload's task starts within a tick */
	CHOOSE_NR,
};

enum ipi_kind {
	IPI_RESCHED	= 1 << 0,
	IPI_IRQ_WORK	= 1 << 1,
	IPI_CALL	= 1 << 2,
};

/*
 * An event that is due at an instant on a CPU: a timer, basically. Zero-initialise, set @fn; the rest is the machine's.
 * @fn runs on @cpu in interrupt context.
 */
struct mevent {
	void (*fn)(struct mevent *ev);
	u64 when_ns;
	u64 seq;		/* order of arming: decides between events of the same instant and CPU */
	s32 cpu;
	u32 pos;		/* place in the machine's queue plus one; 0: not armed */
	struct mevent *next;	/* in the list of those that wait for interrupts to be on */
};

/* A CPU as the code that runs on it sees it. */
struct mcpu {
	u64 now_ns;			/* its clock */
	struct machine *m;
	void *kern;			/* the kernel that runs on @m */
	int id;
	bool irqs_off;
	bool irq_pending;		/* something waits for interrupts to be on */
	u8 in_irq;			/* depth of interrupt handlers */
	struct task_struct *curr;	/* the kernel's `current`; written by mach_set_current() */
	struct rq *rq;			/* the kernel's run queue of this CPU */
	struct scx_cpu *scx;		/* what its class sched_ext has of this CPU */
	u32 insn_ps;			/* remainder of charged BPF instructions below one ns, in ps */
	u64 rcu_seq;			/* the machine's: odd in kernel mode; changes with every quiescent state */
};

/* The CPU whose context the calling host thread executes; NULL outside. */
extern __thread struct mcpu *this_mcpu;

/*
 * A context may go on with another host thread. The plain access is one instruction relative to the thread's base, but
 * instrumentation takes the variable's address, which compilers keep over calls: look it up at every use there.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MACHINE_LOOKUP_THIS_MCPU 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MACHINE_LOOKUP_THIS_MCPU 1
#endif
#endif
#ifdef MACHINE_LOOKUP_THIS_MCPU
struct mcpu **this_mcpu_lookup(void);
#define this_mcpu (*this_mcpu_lookup())
#endif

/* What the machine calls. @kern is what was given to machine_create(). */
struct mach_kernel {
	/* body of CPU @c's own context; must not return */
	void (*cpu_main)(void *kern, struct mcpu *c);
	/* interrupts; in interrupt context */
	void (*tick)(void *kern, struct mcpu *c);
	void (*ipi)(void *kern, struct mcpu *c, u32 kinds);
	/*
	 * End of an interrupt that arrived in kernel mode of a context with interrupts on: preempt it, if that is due
	 * (may switch to another context and come back later). Called with interrupts off, which it may change.
	 */
	void (*irq_exit_preempt)(void *kern, struct mcpu *c);
	/* does current have to enter the scheduler? Asked in user mode and idle after interrupts */
	bool (*need_resched)(void *kern, struct mcpu *c);
};

struct machine_config {
	const struct topology *topo;	/* copied */
	const struct mach_costs *costs;	/* copied; NULL: the defaults */
	u64 seed;
	u32 hz;				/* ticks per second */
	struct trace *trace;		/* NULL: no events */
	const struct mach_kernel *kernel;
	void *kern;
};

struct mach_ops {
	void (*destroy)(struct machine *m);
	void (*sync)(struct mcpu *c);
	void (*lock)(struct mcpu *c, raw_spinlock_t *l);
	bool (*trylock)(struct mcpu *c, raw_spinlock_t *l);
	void (*unlock)(struct mcpu *c, raw_spinlock_t *l);
	void (*wait_word)(struct mcpu *c, const long *word, long old);
	void (*wake_word)(struct mcpu *c, const long *word);
	void (*irq_unmask)(struct mcpu *c);
	void (*send_ipi)(struct mcpu *c, int cpu, u32 kinds);
	void (*event_arm)(struct machine *m, struct mevent *ev, int cpu, u64 when_ns);
	void (*event_cancel)(struct machine *m, struct mevent *ev);
	u64 (*run_user)(struct mcpu *c, u64 work_ns);
	void (*idle)(struct mcpu *c);
	void (*tick_start)(struct mcpu *c);
	void (*tick_stop)(struct mcpu *c);
	struct mctx *(*ctx_create)(struct machine *m, size_t stack, void (*fn)(void *), void *arg);
	void (*ctx_destroy)(struct mctx *x);
	void (*switch_to)(struct mcpu *c, struct mctx *next);
	void (*call_rcu)(struct machine *m, void (*fn)(void *), void *arg);
	void (*quiescent)(struct mcpu *c);
	void (*stop)(struct machine *m);
};

struct machine {
	/*
	 * The instant up to which code may run without letting anyone go first, exclusive: the fast paths below compare a
	 * CPU's clock with it. Always 0 on a machine with several host threads, so that every call goes to @ops.
	 */
	u64 horizon_ns;
	u32 nr_word_waiters;		/* CPUs that wait in mach_wait_word() */
	bool several_threads;		/* CPUs are host threads: plain accesses are not atomic by themselves */
	u32 nr_cpus;
	const struct mach_ops *ops;
	struct mach_costs costs;
	struct topology topo;
	struct trace *trace;
	u32 hz;
	u64 tick_ns;
	u64 seed;
	const struct mach_kernel *kernel;
	void *kern;
	u64 choose[CHOOSE_NR];		/* state of the generators of mach_choose() */
	struct mcpu **cpus;		/* [nr_cpus] */
	struct mctx **cpu_ctx;		/* [nr_cpus] each CPU's own context */
	struct {
		u64 ticks, ipis, ctx_switches;
	} stats;
};

/*
 * Make a machine; its CPUs exist, their clocks are 0, nothing runs yet. NULL: out of memory.
 */
struct machine *sim_create(const struct machine_config *cfg);
struct machine *threads_create(const struct machine_config *cfg);
static inline void machine_destroy(struct machine *m) { if (m) m->ops->destroy(m); }

/* outside: why sim_run() returned */
enum run_result {
	RUN_UNTIL,	/* every CPU has reached the instant */
	RUN_STOPPED,	/* mach_stop() */
	RUN_DEADLOCK,	/* every CPU spins and nothing is due: a deadlock of kernel code */
};
/*
 * outside: run until every event before @until_ns has happened. Can be called again to go on. The first call starts
 * each CPU's own context. mach_stop() ends it early, at the end of the current stretch of code.
 */
enum run_result sim_run(struct machine *m, u64 until_ns);
/* outside: the earliest clock of the CPUs that run, or the time of the last event */
u64 sim_now(const struct machine *m);
/* outside, after RUN_DEADLOCK: which CPU waits for what, in one line of at most @len bytes */
void sim_describe_deadlock(const struct machine *m, char *buf, size_t len);
/* outside: the machine of host threads: run until mach_stop(); joins the threads */
void threads_run(struct machine *m);

static inline void mach_stop(struct machine *m) { m->ops->stop(m); }

/* --- time and order --- */

static inline u64 mach_now(void) { return this_mcpu->now_ns; }
static inline void mach_charge(u64 ns) { this_mcpu->now_ns += ns; }

/* A synchronisation point: returns when no other CPU is earlier. With interrupts on, pending ones are taken here. */
static inline void mach_sync(void)
{
	struct mcpu *c = this_mcpu;

	if (unlikely(c->now_ns >= c->m->horizon_ns))
		c->m->ops->sync(c);
}

/* The answer of the simulation to a free choice: 0..n-1; any 32 bits for n = 0. n = 1 asks nobody. */
u32 mach_choose(struct machine *m, enum choose_kind kind, u32 n);

/* --- interrupts --- */

static inline bool irqs_disabled(void) { return this_mcpu->irqs_off; }
static inline void local_irq_disable(void) { this_mcpu->irqs_off = true; }

static inline void local_irq_enable(void)
{
	struct mcpu *c = this_mcpu;

	c->irqs_off = false;
	if (unlikely(c->irq_pending))
		c->m->ops->irq_unmask(c);
}

static inline bool local_irq_save(void)
{
	bool off = this_mcpu->irqs_off;

	this_mcpu->irqs_off = true;
	return off;
}

static inline void local_irq_restore(bool off)
{
	if (!off)
		local_irq_enable();
}

/* Send @kinds to @cpu, possibly this one. Kinds that are pending there are merged. */
static inline void mach_send_ipi(int cpu, u32 kinds) { this_mcpu->m->ops->send_ipi(this_mcpu, cpu, kinds); }

/* --- timers --- (also outside) */

/*
 * @ev calls @fn from now on. Nothing is written when it does so already: an interrupt of an earlier arming that comes late may
 * be looking at it on another CPU.
 */
static inline void mach_event_init(struct mevent *ev, void (*fn)(struct mevent *ev))
{
	if (ev->fn != fn)
		ev->fn = fn;
}

/* Arm or re-arm @ev. An instant that is past means as soon as possible. */
static inline void mach_event_arm(struct machine *m, struct mevent *ev, int cpu, u64 when_ns)
{
	m->ops->event_arm(m, ev, cpu, when_ns);
}

static inline void mach_event_cancel(struct machine *m, struct mevent *ev)
{
	if (__atomic_load_n(&ev->pos, __ATOMIC_ACQUIRE))
		m->ops->event_cancel(m, ev);
}

/* The tick of this CPU, every 1/HZ at multiples of it, the same instants on all CPUs. */
static inline void mach_tick_start(void) { this_mcpu->m->ops->tick_start(this_mcpu); }
static inline void mach_tick_stop(void) { this_mcpu->m->ops->tick_stop(this_mcpu); }

/* --- execution --- */

/*
 * Run user code of the current task for @work_ns ns of work (at full speed), interrupts on. Returns the work that was
 * done: all of it, or less because need_resched() said yes after an interrupt. ~0 is work without end.
 */
static inline u64 mach_run_user(u64 work_ns) { return this_mcpu->m->ops->run_user(this_mcpu, work_ns); }
/* Wait for interrupts, interrupts on, until need_resched() says yes. */
static inline void mach_idle(void) { this_mcpu->m->ops->idle(this_mcpu); }

/*
 * A context that will execute fn(arg) when it is first switched to. fn must not return; it ends by switching away for
 * good, after which somebody else destroys it. @stack: bytes; a guard page below it.
 */
static inline struct mctx *mach_ctx_create(struct machine *m, size_t stack, void (*fn)(void *), void *arg)
{
	return m->ops->ctx_create(m, stack, fn, arg);
}

static inline void mach_ctx_destroy(struct machine *m, struct mctx *x) { m->ops->ctx_destroy(x); }

/*
 * Save this CPU's context and go on with @next (a context that is saved, or new). Returns when somebody switches back
 * to it - perhaps on another CPU, so read this_mcpu again. A no-op if @next is the running one.
 */
static inline void mach_switch_to(struct mctx *next) { this_mcpu->m->ops->switch_to(this_mcpu, next); }

/* --- RCU --- */

/*
 * Call fn(arg) on some CPU, in interrupt context, after every CPU has been in user mode, idle or reported a quiescent
 * state since now. (also outside)
 */
static inline void mach_call_rcu(struct machine *m, void (*fn)(void *), void *arg) { m->ops->call_rcu(m, fn, arg); }
/* A context switch happened: kernel code before it is no RCU reader any more. */
static inline void mach_quiescent(void) { this_mcpu->m->ops->quiescent(this_mcpu); }

#include "machine/lock.h"

#endif
