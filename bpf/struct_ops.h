/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps of type STRUCT_OPS, of which the kernel has one kind here: struct sched_ext_ops. */
#ifndef BPF_STRUCT_OPS_H
#define BPF_STRUCT_OPS_H

#include "bpf/map.h"
#include "bpf/prog.h"
#include "kabi/ops.h"

/* Groups of kfuncs that only some operations may call (scx_kf_allow_flags of 7.2). */
#define KF_ALLOW_UNLOCKED	(1u << 0)
#define KF_ALLOW_INIT		(1u << 1)
#define KF_ALLOW_CPU_RELEASE	(1u << 2)
#define KF_ALLOW_DISPATCH	(1u << 3)
#define KF_ALLOW_ENQUEUE	(1u << 4)
#define KF_ALLOW_SELECT_CPU	(1u << 5)

/* A callback of sched_ext_ops. One row of the table in bpf/scx_ops.c. */
struct scx_member {
	const char *name;
	u16 op;			/* index in 7.2's structure: offset / 8; what trace events carry */
	u16 slot;		/* offset in struct scx_ops; SCX_NO_SLOT: the class cannot call it */
	void (*thunk)(void);	/* what goes there */
	u32 allow;		/* KF_ALLOW_*: kfuncs that it may call besides those for all */
	bool sleepable;		/* may its program sleep? */
	bool first;		/* of 2022 alone, which has others by that name or not at all */
};
#define SCX_NO_SLOT UINT16_MAX
#define SCX_MAX_MEMBERS 64

/* The row of @name for the version of @rt; NULL: the class does not know it. */
const struct scx_member *scx_member_find(const struct bpf_rt *rt, const char *name);

/* What a struct_ops map has besides its value. */
struct st_ops {
	u32 state;			/* enum bpf_struct_ops_state */
	char *uvalue;			/* as given, with ids of programs in the place of their descriptors */
	struct scx_ops ops;		/* what the class gets */
	struct bprog *prog[SCX_MAX_MEMBERS];	/* by scx_member.op */
	struct scx_sched *sch;		/* attached: the scheduler */
	bool busy;			/* attaching or detaching: somebody sleeps in the class */
};

/* Is @p, a program of type STRUCT_OPS, for a member that exists? Sets its member and arguments. */
int struct_ops_check_prog(struct bprog *p, struct bpf_log *log);

/* The map is complete and meant to be attached by a link. */
bool struct_ops_can_attach(const struct bmap *m);
/* Load the scheduler of @m into the class, and end it. Both sleep. */
int struct_ops_reg(struct bmap *m);
void struct_ops_unreg(struct bmap *m);

#endif
