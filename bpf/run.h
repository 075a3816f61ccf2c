/* SPDX-License-Identifier: GPL-2.0-only */
/* Executions: what surrounds bpf_vm_run(). */
#ifndef BPF_RUN_H
#define BPF_RUN_H

#include "bpf/prog.h"

/* What an execution must give back before it ends. */
enum run_ref_kind { REF_TASK, REF_CPUMASK, REF_BPF_CPUMASK, REF_ITER_NUM };

#define RUN_MAX_REFS 32

/* An execution as helpers and kfuncs see it: bpf_exec is its first member. */
struct run {
	struct bpf_exec x;
	struct scx_sched *sch;		/* of the program; NULL: none */
	u32 rcu_depth;			/* bpf_rcu_read_lock() */
	struct field *lock;		/* bpf_spin_lock() that is held; NULL: none */
	bool lock_irqs_off;		/* were interrupts off before it? */
	u32 nr_refs;
	struct {
		u64 addr;
		enum run_ref_kind kind;
	} refs[RUN_MAX_REFS];
};

static inline struct run *to_run(struct bpf_exec *x) { return (struct run *)x; }
static inline struct bpf_rt *run_rt(struct bpf_exec *x) { return x->rt; }
static inline struct bprog *run_prog(struct bpf_exec *x) { return x->prog; }

/* Note a reference; false, with a fault: too many. */
bool run_acquire(struct bpf_exec *x, enum run_ref_kind kind, u64 addr);
/* Forget one; false, with a fault: this execution has not acquired it. */
bool run_release(struct bpf_exec *x, enum run_ref_kind kind, u64 addr, const char *func);
bool run_has(struct bpf_exec *x, enum run_ref_kind kind, u64 addr);

/*
 * Run @p for @sch with @args (as many as the program has). On a broken rule: records it in the runtime, ends
 * @sch with an error and returns 0. *@insns: instructions executed.
 */
u64 bprog_run(struct bprog *p, struct scx_sched *sch, const u64 *args, u64 *insns);

/*
 * Run @p, which is of type SYSCALL, with the context @ctx in guest memory; NULL: it has none. False: it broke a
 * rule, which has been recorded, and has ended the scheduler.
 */
bool bprog_run_ctx(struct bprog *p, void *ctx, u64 *ret);
/*
 * Run function @entry of @p, the callback of a timer in @value of @m, as an execution of its own, which may not
 * sleep.
 */
void bprog_call_back(struct bprog *p, u64 entry, struct bmap *m, void *value);

/* Drop the lock that @r holds. */
void run_unlock(struct run *r);

/* bpf_vm_env callbacks */
bool bprog_store_kernel(struct bpf_exec *x, u64 addr, u32 size, u64 value);
bool bprog_is_const(void *prog, u64 addr, u32 size);
void bprog_bad_read(struct bpf_exec *x, u32 insn, u64 addr, u32 size, const char *msg);

#endif
