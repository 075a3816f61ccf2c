// SPDX-License-Identifier: GPL-2.0-only
/* Functions, jumps, reachability, call graph and depth of the stack. */
#include <errno.h>
#include <stdlib.h>

#include "bpf/check.h"

/* Blocks are cut at this length so that their instructions can be counted in 16 bits. */
#define MAX_BLOCK 50000

/* The call or the load of a function address at @i names another function of the program. */
static bool refers_to_sub(const struct bpf_insn *insn)
{
	return insn_is_subprog_call(insn) || insn_is_func_addr(insn);
}

struct bpf_subprog *check_sub_of(struct bpf_check *c, u32 i)
{
	u32 l = 0, r = c->nr_subs - 1;

	while (l < r) {
		u32 m = l + (r - l + 1) / 2;

		if (c->sub[m].start <= i)
			l = m;
		else
			r = m - 1;
	}
	return &c->sub[l];
}

static int find_subs(struct bpf_check *c)
{
	u32 last_ref = 0;

	c->flags[0] |= INSN_SUB;
	for (u32 i = 0; i < c->nr; i += insn_slots(&c->insns[i])) {
		const struct bpf_insn *insn = &c->insns[i];
		s64 to = insn_callee(insn, i);

		if (!refers_to_sub(insn))
			continue;
		if (to < 0 || to >= c->nr)
			return check_refuse(c, i, -EINVAL, "call to invalid destination");
		c->flags[to] |= INSN_SUB;
		last_ref = i;
	}
	for (u32 i = 0; i < c->nr; i++) {
		if (!(c->flags[i] & INSN_SUB))
			continue;
		if (c->nr_subs == BPF_MAX_SUBPROGS)
			return check_refuse(c, last_ref, -E2BIG, "too many subprograms");
		if (c->nr_subs)
			c->sub[c->nr_subs - 1].end = i;
		c->sub[c->nr_subs++].start = i;
	}
	c->sub[c->nr_subs - 1].end = c->nr;
	return 0;
}

/* No jump leaves its function, and no function runs into the next one. */
static int check_jumps(struct bpf_check *c, const struct bpf_subprog *s)
{
	u32 last = s->start;

	for (u32 i = s->start; i < s->end; i += insn_slots(&c->insns[i])) {
		const struct bpf_insn *insn = &c->insns[i];
		s64 to = insn_target(insn, i);

		last = i;
		if (!insn_is_branch(insn))
			continue;
		if (to < s->start || to >= s->end)
			return check_refuse(c, i, -EINVAL, "jump out of range from insn %u to %lld", i,
					    (long long)to);
		c->flags[to] |= INSN_JOIN;
		if (!insn_is_goto(insn) && i + 1 < s->end)
			c->flags[i + 1] |= INSN_JOIN;
	}
	if (c->insns[last].code != BPF_OPCODE_EXIT && !insn_is_goto(&c->insns[last]))
		return check_refuse(c, last, -EINVAL, "last insn is not an exit or jmp");
	return 0;
}

static int check_ld_imm64_targets(struct bpf_check *c)
{
	for (u32 i = 0; i < c->nr; i += insn_slots(&c->insns[i]))
		if (insn_is_ld_imm64(&c->insns[i]) && c->flags[i + 1] & (INSN_SUB | INSN_JOIN))
			return check_refuse(c, i, -EINVAL, "jump into the middle of ldimm64 insn %u", i);
	return 0;
}

static void reach(struct bpf_check *c, u32 i, u32 *stack, u32 *top)
{
	if (c->flags[i] & INSN_REACHED)
		return;
	c->flags[i] |= INSN_REACHED;
	stack[(*top)++] = i;
}

static int check_reachable(struct bpf_check *c)
{
	u32 *stack = malloc(c->nr * sizeof(*stack)), top = 0;

	if (!stack)
		return -ENOMEM;
	reach(c, 0, stack, &top);
	while (top) {
		u32 i = stack[--top];
		const struct bpf_insn *insn = &c->insns[i];

		if (insn_is_branch(insn))
			reach(c, insn_target(insn, i), stack, &top);
		if (refers_to_sub(insn))
			reach(c, insn_callee(insn, i), stack, &top);
		if (!insn_is_goto(insn) && insn->code != BPF_OPCODE_EXIT)
			reach(c, i + insn_slots(insn), stack, &top);
	}
	free(stack);
	for (u32 i = 0; i < c->nr; i += insn_slots(&c->insns[i]))
		if (!(c->flags[i] & INSN_REACHED))
			return check_refuse(c, i, -EINVAL, "unreachable insn %u", i);
	return 0;
}

/*
 * Basic blocks of the translation end with everything that is a synchronisation point or leads elsewhere, so
 * that the count of executed instructions and thereby the CPU's clock are exact there.
 */
static void find_leaders(struct bpf_check *c)
{
	u32 run = 0;

	for (u32 i = 0; i < c->nr; i += insn_slots(&c->insns[i])) {
		const struct bpf_insn *insn = &c->insns[i];

		if (c->flags[i] & (INSN_SUB | INSN_JOIN) || run == MAX_BLOCK)
			c->flags[i] |= INSN_LEADER;
		run = c->flags[i] & INSN_LEADER ? 1 : run + 1;
		/* functions end with exit or goto: there is a next one */
		if ((insn_is_call(insn) || insn_is_branch(insn) || insn_is_atomic(insn)) && i + 1 < c->nr)
			c->flags[i + 1] |= INSN_LEADER;
		/* the dataflow comes back to a call when it learns more of what the function returns */
		if (insn_is_subprog_call(insn)) {
			c->flags[i] |= INSN_JOIN | INSN_LEADER;
			c->flags[i + 1] |= INSN_JOIN;
		}
	}
}

/* Depth-first over calls. @color: 1 while it is being visited, 2 when it is done */
static int visit_calls(struct bpf_check *c, u32 s, u8 *color)
{
	int err = 0;

	color[s] = 1;
	for (u32 i = c->sub[s].start; i < c->sub[s].end && !err; i += insn_slots(&c->insns[i])) {
		u32 callee;

		if (!insn_is_subprog_call(&c->insns[i]))
			continue;
		callee = check_sub_of(c, insn_callee(&c->insns[i], i)) - c->sub;
		if (color[callee] == 1)
			return check_refuse(c, i, -EINVAL, "recursive call from func#%u to func#%u", s,
					    callee);
		if (!color[callee])
			err = visit_calls(c, callee, color);
	}
	color[s] = 2;
	return err;
}

static int check_recursion(struct bpf_check *c)
{
	u8 color[BPF_MAX_SUBPROGS] = { 0 };
	int err = 0;

	for (u32 s = 0; s < c->nr_subs && !err; s++)
		if (!color[s])
			err = visit_calls(c, s, color);
	return err;
}

int check_cfg(struct bpf_check *c)
{
	int err = find_subs(c);

	if (!err)
		err = check_ld_imm64_targets(c);
	for (u32 s = 0; s < c->nr_subs && !err; s++)
		err = check_jumps(c, &c->sub[s]);
	if (!err)
		err = check_ld_imm64_targets(c);
	if (!err)
		err = check_reachable(c);
	if (!err)
		err = check_recursion(c);
	if (!err)
		find_leaders(c);
	return err;
}

/*
 * The deepest chain of calls from a function: by frames, and by bytes of stack with the frames of that chain
 */
struct depth {
	u32 frames, stack, stack_frames;
};

static struct depth find_depth(struct bpf_check *c, u32 s, struct depth *known)
{
	struct depth d = { 0 };

	if (known[s].frames)
		return known[s];
	for (u32 i = c->sub[s].start; i < c->sub[s].end; i += insn_slots(&c->insns[i])) {
		struct depth callee;

		if (!insn_is_subprog_call(&c->insns[i]) || !(c->flags[i] & INSN_LIVE))
			continue;
		callee = find_depth(c, check_sub_of(c, insn_callee(&c->insns[i], i)) - c->sub, known);
		if (callee.frames > d.frames)
			d.frames = callee.frames;
		if (callee.stack > d.stack) {
			d.stack = callee.stack;
			d.stack_frames = callee.stack_frames;
		}
	}
	d.frames++;
	d.stack_frames++;
	/* round_up_stack_depth() of the kernel, with a JIT */
	d.stack += (c->sub[s].stack + 15) & ~15u;
	known[s] = d;
	return d;
}

int check_depth(struct bpf_check *c)
{
	struct depth known[BPF_MAX_SUBPROGS] = { 0 };

	for (u32 s = 0; s < c->nr_subs; s++) {
		struct depth d;

		/* main and callbacks start a chain; a chain from elsewhere is part of one of these */
		if (s && !c->sub[s].callback)
			continue;
		d = find_depth(c, s, known);
		if (d.frames > BPF_MAX_FRAMES)
			return check_refuse(c, c->sub[s].start, -E2BIG,
					    "the call stack of %u frames is too deep !", d.frames);
		if (c->env->max_stack && d.stack > c->env->max_stack)
			return check_refuse(c, c->sub[s].start, -EACCES,
					    "combined stack size of %u calls is %u. Too large",
					    d.stack_frames, d.stack);
	}
	return 0;
}
