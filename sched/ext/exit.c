// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a scheduler ends. Whoever has a reason claims the exit (once, by cmpxchg); an irq_work writes the dump of an error
 * and queues the disable work for the scheduler's helper thread, which does the rest (sched.c).
 */
#include <errno.h>
#include <stdio.h>

#include "sched/ext/internal.h"

static const struct {
	enum scx_exit_kind kind;
	const char *text;
} reasons[] = {
	{ SCX_EXIT_UNREG,	"unregistered from user space" },
	{ SCX_EXIT_UNREG_BPF,	"unregistered from BPF" },
	{ SCX_EXIT_UNREG_KERN,	"unregistered from the main kernel" },
	{ SCX_EXIT_SYSRQ,	"disabled by sysrq-S" },
	{ SCX_EXIT_PARENT,	"parent exiting" },
	{ SCX_EXIT_ERROR,	"runtime error" },
	{ SCX_EXIT_ERROR_BPF,	"scx_bpf_error" },
	{ SCX_EXIT_ERROR_STALL,	"runnable task stall" },
};

const char *scx_exit_reason(enum scx_exit_kind kind)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].kind == kind)
			return reasons[i].text;
	return "<UNKNOWN>";
}

u32 scx_exit_number(const struct kernel *k, enum scx_exit_kind kind)
{
	return !k->feat.exit_kinds && kind == SCX_EXIT_SYSRQ ? SCX_EXIT_UNREG + 1 : (u32)kind;
}

static const char *exit_reason(enum scx_exit_kind kind)
{
	return !feat(texts_6_12) && kind == SCX_EXIT_UNREG ? "BPF scheduler unregistered" : scx_exit_reason(kind);
}

int scx_set_enable_state(struct scx_kernel *sk, int to)
{
	int from = __atomic_exchange_n(&sk->enable_state, to, __ATOMIC_SEQ_CST);

	if (from != to)
		trace_emit(this_mcpu->m->trace, TE_SCX_STATE, mach_now(), smp_processor_id(), -1, to, 0, 0, 0);
	return from;
}

bool scx_tryset_enable_state(struct scx_kernel *sk, int to, int from)
{
	if (!__atomic_compare_exchange_n(&sk->enable_state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	trace_emit(this_mcpu->m->trace, TE_SCX_STATE, mach_now(), smp_processor_id(), -1, to, 0, 0, 0);
	return true;
}

/* A reason to end: the first one counts. Returns whether this is it. */
static bool scx_claim_exit(struct scx_sched *sch, enum scx_exit_kind kind)
{
	int none = SCX_EXIT_NONE;

	if (!atomic_try_cmpxchg(&sch->exit_kind, &none, kind))
		return false;
	/* CPUs may be caught in the dispatch path: let them out, so that bypass mode can take their locks */
	WRITE_ONCE(sch->aborting, true);
	return true;
}

bool scx_vexit(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, s32 exit_cpu, const char *fmt, va_list args)
{
	struct scx_exit_info *ei = sch->exit_info;
	bool off = local_irq_save(), first;

	first = scx_claim_exit(sch, kind);
	if (first) {
		ei->exit_code = exit_code;
		vsnprintf(ei->msg, SCX_EXIT_MSG_LEN, fmt, args);
		ei->kind = kind;
		strcpy((char *)ei->reason, exit_reason(kind));
		ei->exit_cpu = exit_cpu;
		trace_emit(this_mcpu->m->trace, TE_SCX_EXIT, mach_now(), smp_processor_id(), current->pid, kind, exit_code, 0, 0);
		irq_work_queue(&sch->disable_irq_work);
	}
	local_irq_restore(off);
	return first;
}

bool __scx_exit(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, s32 exit_cpu, const char *fmt, ...)
{
	va_list args;
	bool first;

	va_start(args, fmt);
	first = scx_vexit(sch, kind, exit_code, exit_cpu, fmt, args);
	va_end(args);
	return first;
}

void scx_fail(struct scx_sched *sch, enum scx_exit_kind kind, s64 exit_code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	scx_vexit(sch, kind, exit_code, smp_processor_id(), fmt, args);
	va_end(args);
}

/* An end without a message. */
void scx_disable(struct scx_sched *sch, enum scx_exit_kind kind)
{
	bool off = local_irq_save();

	if (scx_claim_exit(sch, kind)) {
		trace_emit(this_mcpu->m->trace, TE_SCX_EXIT, mach_now(), smp_processor_id(), current->pid, kind, 0, 0, 0);
		if (feat(helper_per_sched))
			irq_work_queue(&sch->disable_irq_work);
		else
			kthread_queue_work(sch->helper, &sch->disable_work);
	}
	local_irq_restore(off);
}

void scx_disable_irq_workfn(struct irq_work *w)
{
	struct scx_sched *sch = container_of(w, struct scx_sched, disable_irq_work);

	if (sch->exit_info->kind >= SCX_EXIT_ERROR && feat(exit_kinds))
		scx_dump_state(sch, sch->exit_info, sch->ops.exit_dump_len);
	kthread_queue_work(sch->helper, &sch->disable_work);
}

void scx_disable_workfn(struct work *w)
{
	struct scx_sched *sch = container_of(w, struct scx_sched, disable_work);
	int kind = atomic_read(&sch->exit_kind);

	do {
		if (kind == SCX_EXIT_DONE)
			return;
	} while (!atomic_try_cmpxchg(&sch->exit_kind, &kind, SCX_EXIT_DONE));
	sch->exit_info->kind = kind;
	strcpy((char *)sch->exit_info->reason, exit_reason(kind));
	scx_root_disable(sch);
}

/* Wait until an exit that was claimed has been carried out. Sleeps. */
void scx_flush_disable_work(struct scx_sched *sch)
{
	for (;;) {
		int kind;

		kthread_flush_work(sch->helper, &sch->disable_work);
		kind = atomic_read(&sch->exit_kind);
		if (kind == SCX_EXIT_NONE || kind == SCX_EXIT_DONE)
			break;
		/* claimed on a CPU that has not come to queue the irq_work, or the irq_work the work */
		schedule_timeout_ns(1000);
	}
	/* the work may have begun, and told so, after the flush above had found nothing to wait for */
	kthread_flush_work(sch->helper, &sch->disable_work);
}

bool scx_cpu_valid(struct scx_sched *sch, s32 cpu, const char *where)
{
	if (likely(cpu >= 0 && (u32)cpu < sch->k->nr_cpus))
		return true;
	scx_error(sch, "invalid CPU %d%s%s", cpu, where ? " " : "", where ? where : "");
	return false;
}

/* A return value of an operation that should be -errno: anything else is an error of the scheduler and -EPROTO. */
int ops_sanitize_err(struct scx_sched *sch, const char *ops_name, s32 err)
{
	if (err < 0 && err >= -4095)
		return err;
	scx_error(sch, "ops.%s() returned an invalid errno %d", ops_name, err);
	return -EPROTO;
}

/* 7.2 decides this when a program is loaded. 6.12: the innermost operation counts for what must not nest. */
bool __scx_kf_allowed(struct scx_sched *sch, u32 mask)
{
	u32 now = current->scx.kf_mask, above;

	if (!(now & mask)) {
		scx_error(sch, "kfunc with mask 0x%x called from an operation only allowing 0x%x", mask, now);
		return false;
	}
	/* operations that nest have higher bits */
	if (mask == SCX_KF_DISPATCH || mask == SCX_KF_CPU_RELEASE) {
		above = now & ~((mask << 1) - 1);
		if (above) {
			scx_error(sch, "%s kfunc called from a nested operation", mask == SCX_KF_DISPATCH ? "dispatch" : "cpu_release");
			return false;
		}
	}
	return true;
}

bool scx_kf_arg_task_ok(struct scx_sched *sch, struct task_struct *p)
{
	if (likely(p == current->scx.kf_tasks[0] || p == current->scx.kf_tasks[1]))
		return true;
	scx_error(sch, "called on a task not being operated on");
	return false;
}

/* Sum of the CPUs' counters; CPUs go on counting. */
void scx_read_events(struct scx_sched *sch, struct scx_event_stats *out)
{
	s64 *sum = (s64 *)out;

	memset(out, 0, sizeof(*out));
	for (u32 cpu = 0; cpu < sch->k->nr_cpus; cpu++) {
		const s64 *e = (const s64 *)&sch->pcpu[cpu].events;

		for (size_t i = 0; i < sizeof(*out) / sizeof(s64); i++)
			sum[i] += READ_ONCE(e[i]);
	}
}
