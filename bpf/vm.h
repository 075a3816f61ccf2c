/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Execution of BPF programs: translation of bytecode to the interpreter's form, static checks, and running it.
 *
 *	bytecode --bpf_vm_check--> facts --bpf_vm_translate--> struct bpf_vm_prog --bpf_vm_run--> u64
 *
 * bpf_vm_check() keeps the place of a verifier: one pass between load and translation, whose findings (which loads may
 * fault like the kernel's BPF_PROBE_MEM, how deep the stack gets) the translation uses.
 *
 * The rest of bpf/ resolves what bytecode refers to (maps, variables, helpers, kfuncs) before translation and knows
 * nothing of instructions; this part knows nothing of maps, BTF or schedulers.
 */
#ifndef BPF_VM_H
#define BPF_VM_H

#include <linux/bpf.h>

#include "kabi/gmem.h"
#include "machine/machine.h"

#define BPF_MAX_FRAMES 8		/* MAX_CALL_FRAMES of the kernel */
#define BPF_FRAME_SIZE 512		/* MAX_BPF_STACK */
#define BPF_MAX_ARGS 12			/* slots of a struct_ops context */
/*
 * One execution's guest memory: the frames, behind them the context (arguments as u64), and 8 bytes per frame
 * for what a helper that the frame calls shows to a callback
 */
#define BPF_SCRATCH_OFFSET (BPF_MAX_FRAMES * BPF_FRAME_SIZE + BPF_MAX_ARGS * 8)
#define BPF_STACK_SIZE (BPF_SCRATCH_OFFSET + BPF_MAX_FRAMES * 8)

struct bpf_exec;

/* What a program may pass as an argument of a helper or kfunc, and what is checked before the call. */
enum bpf_arg_kind {
	ARG_NONE,		/* end of the arguments */
	ARG_SCALAR,
	ARG_KOBJ,		/* live kernel object of type @type (struct name in BTF), at its start */
	ARG_KOBJ_OR_NULL,
	ARG_MEM_READ,		/* @size readable bytes; @size 0: the next argument says how many */
	ARG_MEM_READ_OR_NULL,	/* NULL is allowed when the next argument is 0 */
	ARG_MEM_WRITE,		/* @size writable bytes; @size 0: as above */
	ARG_STR,		/* NUL-terminated string in readable memory, at most @size bytes with the NUL */
	ARG_MAP,		/* a map: live kernel object "bpf_map" */
	ARG_MAP_KEY,		/* key_size readable bytes of the map in argument 0 */
	ARG_MAP_VALUE,		/* value_size readable bytes of the map in argument 0 */
	ARG_MAP_VALUE_OR_NULL,
	ARG_MAP_VALUE_OUT,	/* value_size writable bytes of the map in argument 0 */
	ARG_CTX,		/* the program's context */
};

struct bpf_arg {
	enum bpf_arg_kind kind;
	u32 size;
	const char *type;	/* ARG_KOBJ* */
};

/*
 * A helper or kfunc: one row of a table. @fn is called with checked arguments; pointers in @a are host pointers as
 * they are (guest addresses are host addresses).
 */
struct bpf_func_desc {
	const char *name;
	u64 (*fn)(struct bpf_exec *x, const u64 a[5]);
	struct bpf_arg args[5];
	u32 flags;		/* BPF_FUNC_* */
};

#define BPF_FUNC_SLEEPS	(1u << 0)	/* only in sleepable programs */
#define BPF_FUNC_LOCKED	(1u << 2)	/* may be called while a bpf_spin_lock is held */
#define BPF_FUNC_RET_KPTR (1u << 1)	/* returns a kernel object: loads through it never fault (read zero) */

/* Kinds of broken run-time rules; texts in bpf/fault.c */
enum bpf_fault_kind {
	BPF_FAULT_NONE,
	BPF_FAULT_LOAD,		/* load from outside guest memory through a pointer that is no kernel pointer */
	BPF_FAULT_STORE,	/* store outside of what may be written */
	BPF_FAULT_ARG,		/* bad argument of a helper or kfunc */
	BPF_FAULT_CALL,		/* call of a kfunc that this kernel does not have */
	BPF_FAULT_BUDGET,	/* executed too many instructions */
	BPF_FAULT_DEPTH,	/* too many nested calls */
	BPF_FAULT_LEAK,		/* ended with a lock or reference held */
	BPF_FAULT_NESTED,	/* too many programs nested on one CPU */
	BPF_FAULT_LOCK,		/* what must not be done with locks, or while one is held */
};

/* The first broken rule of an execution. */
struct bpf_fault {
	enum bpf_fault_kind kind;
	u32 insn;		/* index in the program as loaded */
	u64 value;		/* address, or what the kind says */
	u32 size;
	char msg[256];		/* complete sentence: what, which value, what was expected */
};

/* One execution of one program. Lives on the stack of whoever calls bpf_vm_run(). */
struct bpf_exec {
	struct bpf_vm_prog *vp;
	void *rt;		/* struct bpf_rt: the BPF subsystem, for helpers and kfuncs */
	void *prog;		/* struct bpf_prog: for messages and kfuncs */
	const struct gmem *g;
	u64 stack;		/* guest address of BPF_STACK_SIZE writable bytes */
	u64 ctx;		/* guest address of the context */
	u64 insns;		/* executed so far, counted per basic block at its entry */
	u64 charged;		/* of these, how many the CPU's clock has been advanced for */
	u64 budget;		/* executions end with BPF_FAULT_BUDGET beyond it */
	u32 insn;		/* at a call: index of the call instruction, for messages */
	u32 frames;		/* frames in use; 0: no program is running in it */
	u32 bad_reads;		/* loads through kernel pointers that read zero because the address was bad */
	bool sleepable;
	bool locked;		/* holds a bpf_spin_lock */
	struct bpf_fault fault;
};

/*
 * Stores that miss the writable part: the few fields of kernel objects that programs may write. Returns whether the
 * store was allowed and done.
 */
typedef bool (*bpf_store_fn)(struct bpf_exec *x, u64 addr, u32 size, u64 value);

/* What translation asks the rest of bpf/. */
struct bpf_vm_env {
	void *arg;
	/* helper number @id, or NULL: unknown or not allowed in this program (then @why says which) */
	const struct bpf_func_desc *(*helper)(void *arg, s32 id, const char **why);
	/* kfunc with BTF id @btf_id; NULL as above. @btf_id 0 is never asked: it is a weak kfunc that is missing */
	const struct bpf_func_desc *(*kfunc)(void *arg, u32 btf_id, const char **why);
	bpf_store_fn store_kernel;
	/*
	 * Do these bytes never change (value of a frozen map that programs cannot write)? Then loads from there are
	 * constants that decide branches at load, as in the kernel's verifier. NULL: none.
	 */
	bool (*is_const)(void *arg, u64 addr, u32 size);
	/*
	 * May helper @id be called with the map at @map? A reason in the verifier's words, or NULL: yes. NULL: it is
	 * not asked. Asked at load, where the map is known then.
	 */
	const char *(*refuse_map)(void *arg, s32 id, u64 map);
	/*
	 * A load through a kernel pointer had a bad address and read zero, the first time at this instruction of the
	 * program. @msg is a complete sentence. NULL: it is only counted.
	 */
	void (*bad_read)(struct bpf_exec *x, u32 insn, u64 addr, u32 size, const char *msg);
	u32 ctx_slots;		/* u64 slots of the context that may be read */
	u32 ctx_kptr_mask;	/* bit i: slot i is a pointer to a kernel object */
	bool ctx_plain;		/* the slots are plain memory, read and written at any aligned place (type SYSCALL) */
	u32 max_stack;		/* bytes of all frames of a chain of calls (kernel 6.12: 512); 0: frames of any size */
	bool sleepable;
};

struct bpf_vm_prog;

/*
 * Check and translate @insns (maps and variables already resolved to addresses in ld_imm64, subprograms as
 * BPF_PSEUDO_CALL with relative offsets in @imm). Of the pseudo values in src_reg of a ld_imm64 only two matter:
 * BPF_PSEUDO_FUNC, whose imm is relative, too, and BPF_PSEUDO_BTF_ID: the address is that of a kernel variable, loads
 * through it never fault. 0 and *@out, or -EINVAL / -EACCES with a message in @log in the
 * style of the kernel's verifier ("17: (85) call unknown#4711: ...") / -ENOMEM / -E2BIG.
 */
int bpf_vm_load(struct bpf_vm_prog **out, const struct bpf_insn *insns, u32 nr, const struct bpf_vm_env *env,
		char *log, size_t log_len);
void bpf_vm_free(struct bpf_vm_prog *vp);
/* Bytes of the context that a program with a plain context uses. */
u32 bpf_vm_max_ctx(const struct bpf_vm_prog *vp);

/*
 * Run from the first instruction with r1 = x->ctx. Returns r0; on a broken rule 0, with x->fault filled. Sets what it
 * counts in @x itself; the caller sets vp, rt, prog, g, stack, ctx, budget, sleepable.
 * Advances this CPU's clock for the instructions executed and is a synchronisation point at every call and atomic.
 * Outside of a machine (this_mcpu NULL) it just runs.
 */
u64 bpf_vm_run(struct bpf_exec *x);
/*
 * Call a BPF function of the running program from a helper (callbacks of timers, bpf_loop ...): @entry is the
 * instruction index that a BPF_PSEUDO_FUNC immediate carries. Uses the frames above the caller's. In a zeroed @x
 * (callback of a timer) it is an execution of its own and may be called once.
 */
u64 bpf_vm_callback(struct bpf_exec *x, u64 entry, const u64 args[5]);

/* The sentence of a kind, for messages: "store to memory that the program may not write" */
const char *bpf_fault_text(enum bpf_fault_kind kind);

/* Instruction @insn as the kernel's verifier writes it: "12: (7b) *(u64 *)(r1 +8) = r2". Returns @buf. */
const char *bpf_vm_disasm(const struct bpf_vm_prog *vp, u32 insn, char *buf, size_t len);
/* Loads of this program through kernel pointers, in all its executions, that had a bad address. */
u64 bpf_vm_bad_reads(const struct bpf_vm_prog *vp);

/* Record a broken rule (the first one counts); the execution ends when the helper returns. */
void bpf_fault(struct bpf_exec *x, enum bpf_fault_kind kind, u64 value, u32 size, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* bpf/map.c: the sizes of a live map; *@asks_value: an ARG_MAP_VALUE_OUT is only read */
void bpf_map_sizes(const void *map, u32 *key_size, u32 *value_size, bool *asks_value);

/* Check the arguments of @d and call it; 0 with x->fault set when one is bad. bpf/call.c */
u64 bpf_call(struct bpf_exec *x, const struct bpf_func_desc *d, const u64 a[5]);

#endif
