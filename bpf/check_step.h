/* SPDX-License-Identifier: GPL-2.0-only */
/* What single instructions do to the state of the dataflow. */
#ifndef BPF_CHECK_STEP_H
#define BPF_CHECK_STEP_H

#include "bpf/check.h"
#include "bpf/check_val.h"

struct step {
	struct bpf_check *c;
	struct bpf_subprog *sub;	/* the function that the instruction is in */
	struct fstate st;
	/*
	 * The state is the final one: mark what was found, refuse what is wrong. Before that a register may
	 * look unwritten only because not all paths have been followed.
	 */
	bool final;
};

/* The path ends here: the instruction traps at run time. */
#define STEP_TRAPS 1

/*
 * Apply instruction @i, which is no branch, exit or call of a subprogram, to @s->st. 0, STEP_TRAPS, or an
 * error with a message in the log.
 */
int step_insn(struct step *s, u32 i);
/* Refuse to read a register that was never written. */
int step_read_reg(struct step *s, u32 i, u32 reg);
/* A pointer into the frame leaves the function's registers: count what it points to as used. */
void step_expose(struct step *s, struct val v);

#endif
