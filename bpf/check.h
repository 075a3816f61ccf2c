/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static checks of a program at load (bpf/check*.c), and what they find out for the translation.
 *
 *	check_insn.c	each instruction by itself: opcode, reserved fields, register numbers
 *	check_cfg.c	functions, jumps, reachability, call graph, depth of the stack
 *	check_flow.c	forward dataflow over the whole program ...
 *	check_step.c	... and what single instructions do to it
 *	check_val.c	values of the dataflow
 *
 * Messages have the words of the kernel's verifier where it has them, since libbpf looks for some of them.
 */
#ifndef BPF_CHECK_H
#define BPF_CHECK_H

#include "bpf/insn.h"
#include "bpf/vm.h"

#define BPF_MAX_INSNS 1000000		/* BPF_COMPLEXITY_LIMIT_INSNS */
#define BPF_MAX_SUBPROGS 256

/* What is known of an instruction */
enum {
	INSN_SUB	= 1 << 0,	/* first of a function */
	INSN_JOIN	= 1 << 1,	/* control comes here other than from the instruction above */
	INSN_LEADER	= 1 << 2,	/* first of a basic block of the translation */
	INSN_LIVE	= 1 << 3,	/* not behind a branch that constants decide */
	INSN_PROBE	= 1 << 4,	/* load through a kernel pointer: a bad address reads zero */
	INSN_REACHED	= 1 << 5,	/* there is a path to it in the control-flow graph */
};

struct bpf_subprog {
	u32 start, end;		/* instructions [start, end) */
	u32 stack;		/* bytes of its frame that it may touch, a multiple of 8 */
	bool callback;		/* its address is taken */
};

struct bpf_check {
	const struct bpf_insn *insns;
	u32 nr;
	const struct bpf_vm_env *env;
	char *log;
	size_t log_len;
	u8 *flags;				/* [nr] INSN_* */
	const struct bpf_func_desc **func; /* [nr] of a call: what it calls, NULL: none of this kernel's */
	struct bpf_subprog sub[BPF_MAX_SUBPROGS];
	u32 nr_subs;
	u32 max_ctx;		/* bytes of a plain context that the program uses */
};

/* Run all checks. 0, -ENOMEM, or -EINVAL, -EACCES, -E2BIG with a message in the log. Free it in any case. */
int bpf_check(struct bpf_check *c, const struct bpf_insn *insns, u32 nr, const struct bpf_vm_env *env,
	      char *log, size_t log_len);
void bpf_check_free(struct bpf_check *c);

/* Write instruction @i and the message to the log; returns @err. */
int check_refuse(struct bpf_check *c, u32 i, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

int check_insns(struct bpf_check *c);
/* Functions, jumps and reachability; sets INSN_SUB, _JOIN, _LEADER, _REACHED. */
int check_cfg(struct bpf_check *c);
/* The dataflow; sets INSN_LIVE and _PROBE, @func, and the stack of each function. */
int check_flow(struct bpf_check *c);
/* No chain of calls needs too many frames or too much stack. */
int check_depth(struct bpf_check *c);

/* The function that instruction @i belongs to. */
struct bpf_subprog *check_sub_of(struct bpf_check *c, u32 i);

/*
 * What the call at @i calls. NULL: refused, with *@err; or, with *@err 0, a weak kfunc that this kernel does
 * not have, which the kernel lets be as long as the call is in dead code.
 */
const struct bpf_func_desc *check_callee(struct bpf_check *c, u32 i, int *err);

#endif
