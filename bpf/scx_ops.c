// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the class's struct scx_ops to BPF programs: one thunk per operation, and the table of all of them.
 */
#include <errno.h>
#include <string.h>

#include "bpf/run.h"
#include "bpf/struct_ops.h"
#include "machine/machine.h"

#define OP(name) (offsetof(struct sched_ext_ops, name) / 8)
/* what 2022 alone has: behind all that 7.2 has */
#define OP_2022(name) SCX_OP_2022_##name

/* No operation has more. */
#define OP_MAX_ARGS 4

/* A call of an operation: what its program gets, and what the event says. */
struct op_call {
	u16 op;
	const struct task_struct *p;	/* first task argument, NULL: none */
	u64 args[OP_MAX_ARGS];
	u64 event[3];			/* the scalar arguments; of structures one field */
};

static u64 call_op(struct scx_sched *sch, const struct op_call *c)
{
	struct bmap *m = scx_sched_priv(sch);
	struct bprog *p = m->st_ops->prog[c->op];
	struct trace *t = this_mcpu->m->trace;
	s32 pid = c->p ? c->p->pid : -1;
	u64 ret, insns;

	trace_emit(t, TE_SCX_OP, mach_now(), this_mcpu->id, pid, c->op, c->event[0], c->event[1], c->event[2]);
	mach_charge(this_mcpu->m->costs.op_call_ns);
	ret = bprog_run(p, sch, c->args, &insns);
	trace_emit(t, TE_SCX_OP_END, mach_now(), this_mcpu->id, pid, c->op, ret, insns, 0);
	return ret;
}

/* The operation may be called before the stream has the task: the event has its name. */
static u64 call_op_of_new(struct scx_sched *sch, struct op_call *c)
{
	trace_pack(&c->event[1], 2, c->p->comm);
	return call_op(sch, c);
}

/* Arguments as the kernel's trampoline stores them: registers, of which shorter types fill the lower part. */
#define PTR(x) ((u64)(uintptr_t)(x))
#define U32(x) ((u64)(u32)(x))
#define CALL(name, task, a0, a1, a2, ev0, ev1) \
	call_op(sch, &(struct op_call){ OP(name), task, { a0, a1, a2 }, { ev0, ev1 } })
#define CALL_OF_NEW(name, task, a1, ev0) \
	call_op_of_new(sch, &(struct op_call){ OP(name), task, { PTR(task), a1 }, { ev0 } })
/* Operations that get a task and up to one scalar */
#define TASK_OP(name) \
	static void thunk_##name(struct scx_sched *sch, struct task_struct *p) { CALL(name, p, PTR(p), 0, 0, 0, 0); }
#define TASK_OP1(name, type, conv) \
	static void thunk_##name(struct scx_sched *sch, struct task_struct *p, type v) \
	{ \
		CALL(name, p, PTR(p), conv(v), 0, conv(v), 0); \
	}

static s32 thunk_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return CALL(select_cpu, p, PTR(p), U32(prev_cpu), wake_flags, U32(prev_cpu), wake_flags);
}

TASK_OP1(enqueue, u64, )
TASK_OP1(dequeue, u64, )

static void thunk_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	CALL(dispatch, prev, U32(cpu), PTR(prev), 0, U32(cpu), 0);
}

TASK_OP(tick)
TASK_OP1(runnable, u64, )
TASK_OP(running)
TASK_OP1(stopping, bool, )
TASK_OP1(quiescent, u64, )

static bool thunk_yield(struct scx_sched *sch, struct task_struct *from, struct task_struct *to)
{
	return (u8)CALL(yield, from, PTR(from), PTR(to), 0, to ? to->pid : -1, 0);
}

static void thunk_set_weight(struct scx_sched *sch, struct task_struct *p, u32 weight)
{
	CALL_OF_NEW(set_weight, p, weight, weight);
}

static void thunk_set_cpumask(struct scx_sched *sch, struct task_struct *p, const struct cpumask *mask)
{
	CALL(set_cpumask, p, PTR(p), PTR(mask), 0, mask->bits[0], 0);
}

static void thunk_update_idle(struct scx_sched *sch, s32 cpu, bool idle)
{
	CALL(update_idle, NULL, U32(cpu), idle, 0, U32(cpu), idle);
}

static s32 thunk_init_task(struct scx_sched *sch, struct task_struct *p, struct scx_init_task_args *args)
{
	return CALL_OF_NEW(init_task, p, PTR(args), args->fork);
}

static void thunk_exit_task(struct scx_sched *sch, struct task_struct *p, struct scx_exit_task_args *args)
{
	CALL_OF_NEW(exit_task, p, PTR(args), args->cancelled);
}

static void thunk_enable(struct scx_sched *sch, struct task_struct *p)
{
	CALL_OF_NEW(enable, p, 0, 0);
}

TASK_OP(disable)

static void thunk_dump(struct scx_sched *sch, struct scx_dump_ctx *ctx)
{
	CALL(dump, NULL, PTR(ctx), 0, 0, 0, 0);
}

static void thunk_dump_cpu(struct scx_sched *sch, struct scx_dump_ctx *ctx, s32 cpu, bool idle)
{
	CALL(dump_cpu, NULL, PTR(ctx), U32(cpu), idle, U32(cpu), idle);
}

static void thunk_dump_task(struct scx_sched *sch, struct scx_dump_ctx *ctx, struct task_struct *p)
{
	CALL(dump_task, p, PTR(ctx), PTR(p), 0, 0, 0);
}

static void thunk_cpu_acquire(struct scx_sched *sch, s32 cpu, struct scx_cpu_acquire_args *args)
{
	CALL(cpu_acquire, NULL, U32(cpu), PTR(args), 0, U32(cpu), 0);
}

static void thunk_cpu_release(struct scx_sched *sch, s32 cpu, struct scx_cpu_release_args *args)
{
	CALL(cpu_release, NULL, U32(cpu), PTR(args), 0, U32(cpu), args->reason);
}

static s32 thunk_init(struct scx_sched *sch)
{
	return CALL(init, NULL, 0, 0, 0, 0, 0);
}

static void thunk_exit(struct scx_sched *sch, struct scx_exit_info *info)
{
	CALL(exit, NULL, PTR(info), 0, 0, info->kind, 0);
}

/* 2022 */

static void thunk_consume(struct scx_sched *sch, s32 cpu)
{
	call_op(sch, &(struct op_call){ SCX_OP_2022_consume, NULL, { U32(cpu) }, { U32(cpu) } });
}

static void thunk_consume_final(struct scx_sched *sch, s32 cpu)
{
	call_op(sch, &(struct op_call){ SCX_OP_2022_consume_final, NULL, { U32(cpu) }, { U32(cpu) } });
}

static s32 thunk_prep_enable(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	return call_op_of_new(sch, &(struct op_call){ SCX_OP_2022_prep_enable, p, { PTR(p), PTR(args) }, { 0 } });
}

static void thunk_enable_args(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	CALL_OF_NEW(enable, p, PTR(args), 0);
}

static void thunk_cancel_enable(struct scx_sched *sch, struct task_struct *p, struct scx_enable_args *args)
{
	call_op_of_new(sch, &(struct op_call){ SCX_OP_2022_cancel_enable, p, { PTR(p), PTR(args) }, { 0 } });
}

static void thunk_exit_type(struct scx_sched *sch, struct scx_exit_info___2022 *info)
{
	CALL(exit, NULL, PTR(info), 0, 0, info->type, 0);
}

#define HAVE(name, allow, sleepable) \
	{ #name, OP(name), offsetof(struct scx_ops, name), (void (*)(void))thunk_##name, allow, sleepable, false }
#define LACK(name, allow, sleepable) { #name, OP(name), SCX_NO_SLOT, NULL, allow, sleepable, false }
#define HAVE_2022(name, op, slot, sleepable) \
	{ #name, op, offsetof(struct scx_ops, slot), (void (*)(void))thunk_##slot, 0, sleepable, true }

/*
 * kfuncs: scx_kf_allow_flags[] of 7.2; sleepable: bpf_scx_check_member(). What is LACKing is known and not called by the
 * class: an object that has it is refused by its name.
 */
static const struct scx_member members[] = {
	HAVE_2022(consume, OP_2022(consume), consume, false),
	HAVE_2022(consume_final, OP_2022(consume_final), consume_final, false),
	HAVE_2022(prep_enable, OP_2022(prep_enable), prep_enable, true),
	HAVE_2022(enable, OP(enable), enable_args, false),
	HAVE_2022(cancel_enable, OP_2022(cancel_enable), cancel_enable, false),
	HAVE_2022(exit, OP(exit), exit_type, true),
	HAVE(select_cpu, KF_ALLOW_SELECT_CPU | KF_ALLOW_ENQUEUE, false),
	HAVE(enqueue, KF_ALLOW_SELECT_CPU | KF_ALLOW_ENQUEUE, false),
	HAVE(dequeue, 0, false),
	HAVE(dispatch, KF_ALLOW_ENQUEUE | KF_ALLOW_DISPATCH, false),
	HAVE(tick, 0, false),
	HAVE(runnable, 0, false),
	HAVE(running, 0, false),
	HAVE(stopping, 0, false),
	HAVE(quiescent, 0, false),
	HAVE(yield, 0, false),
	LACK(core_sched_before, 0, false),
	HAVE(set_weight, 0, false),
	HAVE(set_cpumask, 0, false),
	HAVE(update_idle, 0, false),
	HAVE(init_task, KF_ALLOW_UNLOCKED, true),
	HAVE(exit_task, 0, false),
	HAVE(enable, 0, false),
	HAVE(disable, 0, false),
	HAVE(dump, KF_ALLOW_UNLOCKED, false),
	HAVE(dump_cpu, 0, false),
	HAVE(dump_task, 0, false),
	LACK(cgroup_init, KF_ALLOW_UNLOCKED, true),
	LACK(cgroup_exit, KF_ALLOW_UNLOCKED, true),
	LACK(cgroup_prep_move, KF_ALLOW_UNLOCKED, true),
	LACK(cgroup_move, 0, false),
	LACK(cgroup_cancel_move, KF_ALLOW_UNLOCKED, false),
	LACK(cgroup_set_weight, KF_ALLOW_UNLOCKED, false),
	LACK(cgroup_set_bandwidth, KF_ALLOW_UNLOCKED, false),
	LACK(cgroup_set_idle, KF_ALLOW_UNLOCKED, false),
	LACK(sub_attach, KF_ALLOW_UNLOCKED, true),
	LACK(sub_detach, KF_ALLOW_UNLOCKED, true),
	LACK(cpu_online, KF_ALLOW_UNLOCKED, true),
	LACK(cpu_offline, KF_ALLOW_UNLOCKED, true),
	HAVE(init, KF_ALLOW_UNLOCKED | KF_ALLOW_INIT, true),
	HAVE(exit, KF_ALLOW_UNLOCKED, true),
	HAVE(cpu_acquire, 0, false),
	HAVE(cpu_release, KF_ALLOW_CPU_RELEASE, false),
};
_Static_assert(sizeof(struct sched_ext_ops) / 8 <= SCX_OP_2022_consume && SCX_OP_2022_cancel_enable < SCX_MAX_MEMBERS,
	       "struct st_ops has too few programs");

const struct scx_member *scx_member_find(const struct bpf_rt *rt, const char *name)
{
	for (u32 i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(members[i].name, name) && (!members[i].first || !rt->st_ops_links))
			return &members[i];
	return NULL;
}
