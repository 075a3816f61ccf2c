// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forward dataflow over the whole program: states at the places where control joins, propagated until nothing
 * changes (values only rise, so it ends), then one pass over what was reached that marks loads and refuses
 * errors.
 *
 * Branches that constants decide are followed on one side only: what is behind the other one is dead code,
 * which the kernel removes; it traps if it should ever be executed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/alu.h"
#include "bpf/check_step.h"

/* The state at an INSN_JOIN or the first instruction of a function */
struct saved {
	struct val reg[MAX_BPF_REG];
	u32 nr_slots;
	bool queued;
	struct val slot[];
};

struct ret {
	bool exits;		/* an exit of the function was reached */
	struct val r0;
};

struct flow {
	struct bpf_check *c;
	struct saved **at;		/* [nr] */
	u32 *queue, head, tail;		/* ring of nr + 1 */
	struct ret ret[BPF_MAX_SUBPROGS];
	struct step step;
};

enum outcome { BOTH, TAKEN, NOT_TAKEN };

static void enqueue(struct flow *f, u32 i)
{
	if (f->at[i]->queued)
		return;
	f->at[i]->queued = true;
	f->queue[f->tail] = i;
	f->tail = f->tail == f->c->nr ? 0 : f->tail + 1;
}

static bool join_val(struct val *to, struct val v)
{
	struct val j = val_join(*to, v);

	if (val_equal(j, *to))
		return false;
	*to = j;
	return true;
}

/* Control goes to @i with state @st. */
static int join(struct flow *f, u32 i, const struct fstate *st)
{
	struct saved *a = f->at[i];
	u32 old = a ? a->nr_slots : 0, nr = old > st->nr_slots ? old : st->nr_slots;
	bool changed = !a;

	if (!a || nr > old) {
		struct saved *n = realloc(a, sizeof(*a) + nr * sizeof(a->slot[0]));

		if (!n)
			return -ENOMEM;
		if (!a) {
			memcpy(n->reg, st->reg, sizeof(n->reg));
			memcpy(n->slot, st->slot, nr * sizeof(n->slot[0]));
			n->queued = false;
		}
		for (u32 k = old; k < nr && a; k++)
			n->slot[k] = val_const(0);
		n->nr_slots = nr;
		f->at[i] = a = n;
	}
	for (u32 r = 0; r < MAX_BPF_REG; r++)
		changed |= join_val(&a->reg[r], st->reg[r]);
	for (u32 k = 0; k < nr; k++)
		changed |= join_val(&a->slot[k], k < st->nr_slots ? st->slot[k] : val_const(0));
	if (changed)
		enqueue(f, i);
	return 0;
}

static void load_state(struct flow *f, u32 i)
{
	const struct saved *a = f->at[i];
	struct fstate *st = &f->step.st;

	memcpy(st->reg, a->reg, sizeof(st->reg));
	memcpy(st->slot, a->slot, a->nr_slots * sizeof(st->slot[0]));
	st->nr_slots = a->nr_slots;
	f->step.sub = check_sub_of(f->c, i);
}

/* --- branches --- */

static bool condition(const struct bpf_insn *insn, u64 d, u64 s)
{
	bool w64 = BPF_CLASS(insn->code) == BPF_JMP;

#define COND(name) (w64 ? bpf_##name##64(d, s) : bpf_##name##32(d, s))
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return COND(JEQ);
	case BPF_JNE:
		return COND(JNE);
	case BPF_JGT:
		return COND(JGT);
	case BPF_JGE:
		return COND(JGE);
	case BPF_JLT:
		return COND(JLT);
	case BPF_JLE:
		return COND(JLE);
	case BPF_JSGT:
		return COND(JSGT);
	case BPF_JSGE:
		return COND(JSGE);
	case BPF_JSLT:
		return COND(JSLT);
	case BPF_JSLE:
		return COND(JSLE);
	case BPF_JSET:
		return COND(JSET);
	default:
		return true;
	}
#undef COND
}

static struct val branch_operand(const struct flow *f, const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X ? f->step.st.reg[insn->src_reg] : val_const(insn->imm);
}

static enum outcome branch_outcome(const struct flow *f, const struct bpf_insn *insn)
{
	struct val d = f->step.st.reg[insn->dst_reg], v = branch_operand(f, insn);
	u8 op = BPF_OP(insn->code);

	if (op == BPF_JA)
		return TAKEN;
	if (d.type == VAL_CONST && v.type == VAL_CONST)
		return condition(insn, d.c, v.c) ? TAKEN : NOT_TAKEN;
	/* pointers into the frame and to the context are not NULL */
	if (BPF_CLASS(insn->code) == BPF_JMP && (val_is_stack(d) || d.type == VAL_CTX) &&
	    v.type == VAL_CONST && !v.c && (op == BPF_JEQ || op == BPF_JNE))
		return op == BPF_JNE ? TAKEN : NOT_TAKEN;
	return BOTH;
}

/* Go to @to, on the side of the branch on which the operands are equal if @equal. */
static int branch_to(struct flow *f, const struct bpf_insn *insn, u32 to, bool equal)
{
	struct val *d = &f->step.st.reg[insn->dst_reg], old = *d, v = branch_operand(f, insn);
	int err;

	if (equal && BPF_CLASS(insn->code) == BPF_JMP && v.type == VAL_CONST && d->type != VAL_NONE)
		*d = v;
	err = join(f, to, &f->step.st);
	*d = old;
	return err;
}

static int step_branch(struct flow *f, u32 i)
{
	const struct bpf_insn *insn = &f->c->insns[i];
	enum outcome o = branch_outcome(f, insn);
	u8 op = BPF_OP(insn->code);
	int err = 0;

	if (f->step.final) {
		if (op != BPF_JA)
			err = step_read_reg(&f->step, i, insn->dst_reg);
		if (!err && op != BPF_JA && BPF_SRC(insn->code) == BPF_X)
			err = step_read_reg(&f->step, i, insn->src_reg);
		return err;
	}
	if (o != NOT_TAKEN)
		err = branch_to(f, insn, insn_target(insn, i), op == BPF_JEQ);
	if (!err && o != TAKEN)
		err = branch_to(f, insn, i + 1, op == BPF_JNE);
	return err;
}

/* --- calls and exits --- */

static int enter_callback(struct flow *f, u32 i)
{
	struct bpf_subprog *s = check_sub_of(f->c, insn_callee(&f->c->insns[i], i));
	struct fstate st;

	s->callback = true;
	fstate_init(&st);
	for (u32 r = BPF_REG_1; r <= BPF_REG_5; r++)
		st.reg[r] = val_of(VAL_FOREIGN);
	return join(f, s->start, &st);
}

static int enter_subprog(struct flow *f, u32 i)
{
	struct bpf_subprog *s = check_sub_of(f->c, insn_callee(&f->c->insns[i], i));
	struct ret *ret = &f->ret[s - f->c->sub];
	struct fstate *st = &f->step.st, callee;
	int err;

	fstate_init(&callee);
	for (u32 r = BPF_REG_1; r <= BPF_REG_5; r++) {
		struct val v = st->reg[r];

		callee.reg[r] = val_is_stack(v) ? val_of(VAL_FOREIGN) : v;
		step_expose(&f->step, v);
		if (val_is_stack(v))
			fstate_escape(st, v.type == VAL_STACK ? v.c : -BPF_FRAME_SIZE);
		st->reg[r] = val_of(VAL_NONE);
	}
	if (f->step.final)
		return 0;
	err = join(f, s->start, &callee);
	if (err || !ret->exits)
		return err;
	st->reg[BPF_REG_0] = ret->r0;
	return join(f, i + 1, st);
}

/* The function returns: whoever calls it learns the value. */
static void leave_subprog(struct flow *f)
{
	u32 s = f->step.sub - f->c->sub;
	struct val r0 = f->step.st.reg[BPF_REG_0];
	bool changed = !f->ret[s].exits;

	f->ret[s].exits = true;
	changed |= join_val(&f->ret[s].r0, val_is_stack(r0) ? val_of(VAL_SCALAR) : r0);
	for (u32 i = 0; i < f->c->nr && changed; i += insn_slots(&f->c->insns[i]))
		if (insn_is_subprog_call(&f->c->insns[i]) && f->at[i] &&
		    insn_callee(&f->c->insns[i], i) == f->c->sub[s].start)
			enqueue(f, i);
}

/* --- the two passes --- */

/* One instruction; *@ends: control does not simply go on to the next one. */
static int step_one(struct flow *f, u32 i, bool *ends)
{
	const struct bpf_insn *insn = &f->c->insns[i];
	int err;

	*ends = true;
	if (f->step.final)
		f->c->flags[i] |= INSN_LIVE;
	if (insn_is_branch(insn))
		return step_branch(f, i);
	if (insn_is_subprog_call(insn))
		return enter_subprog(f, i);
	if (insn->code == BPF_OPCODE_EXIT) {
		if (!f->step.final)
			leave_subprog(f);
		return 0;
	}
	if (insn_is_func_addr(insn) && !f->step.final) {
		err = enter_callback(f, i);
		if (err)
			return err;
	}
	err = step_insn(&f->step, i);
	*ends = err == STEP_TRAPS;
	return *ends ? 0 : err;
}

/* From the join at @i to the next one. */
static int walk(struct flow *f, u32 i)
{
	bool ends = false;
	int err;

	load_state(f, i);
	do {
		err = step_one(f, i, &ends);
		i += insn_slots(&f->c->insns[i]);
	} while (!err && !ends && !(f->c->flags[i] & INSN_JOIN));
	if (!err && !ends && !f->step.final)
		err = join(f, i, &f->step.st);
	return err;
}

static int propagate(struct flow *f)
{
	struct fstate *st = &f->step.st;
	int err;

	fstate_init(st);
	st->reg[BPF_REG_1] = (struct val){ VAL_CTX, 0 };
	err = join(f, 0, st);
	while (!err && f->head != f->tail) {
		u32 i = f->queue[f->head];

		f->head = f->head == f->c->nr ? 0 : f->head + 1;
		f->at[i]->queued = false;
		err = walk(f, i);
	}
	return err;
}

static int conclude(struct flow *f)
{
	int err = 0;

	f->step.final = true;
	for (u32 i = 0; i < f->c->nr && !err; i++)
		if (f->at[i])
			err = walk(f, i);
	return err;
}

int check_flow(struct bpf_check *c)
{
	struct flow *f = calloc(1, sizeof(*f));
	int err = -ENOMEM;

	if (!f)
		return err;
	f->c = f->step.c = c;
	f->at = calloc(c->nr, sizeof(*f->at));
	f->queue = malloc((c->nr + 1ul) * sizeof(*f->queue));
	if (f->at && f->queue) {
		err = propagate(f);
		if (!err)
			err = conclude(f);
	}
	for (u32 i = 0; i < c->nr && f->at; i++)
		free(f->at[i]);
	free(f->at);
	free(f->queue);
	free(f);
	return err;
}
