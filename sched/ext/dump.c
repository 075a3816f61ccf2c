// SPDX-License-Identifier: GPL-2.0-only
/* The debug dump of an error exit, in the kernel's format (scx_dump_state). */
#include <stdio.h>

#include "sched/ext/internal.h"
#include "sched/ext/strbuf.h"

/* The tracepoint sched_ext_dump, which gets every line, also those for which @s has no room. */
static void trace_dump(const char *line)
{
	trace_emit_line(this_mcpu->m->trace, TE_SCX_DUMP, mach_now(), smp_processor_id(), current->pid, line);
}

static void dump_newline(struct strbuf *s)
{
	trace_dump("");
	strbuf_printf(s, "\n");
}

static void dump_line(struct strbuf *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void dump_line(struct strbuf *s, const char *fmt, ...)
{
	char line[SCX_EXIT_MSG_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	trace_dump(line);
	va_start(args, fmt);
	strbuf_vprintf(s, fmt, args);
	va_end(args);
	strbuf_printf(s, "\n");
}

/* A CPU mask as %*pb prints it: hexadecimal, groups of 32 bits, the highest first. */
static const char *mask_str(const struct cpumask *m, u32 nr, char *buf, size_t len)
{
	u32 groups = (nr + 31) / 32;
	size_t n = 0;

	buf[0] = '\0';
	for (u32 g = groups; g-- > 0 && n < len; ) {
		u32 bits = g == groups - 1 && nr % 32 ? nr % 32 : 32;

		/* masks of a CPU's own change meanwhile */
		u32 word = __atomic_load_n(&cpumask_bits(m)[g / 2], __ATOMIC_RELAXED) >> g % 2 * 32;

		n += snprintf(buf + n, len - n, "%0*x%s", (int)(bits + 3) / 4, word, g ? "," : "");
	}
	return buf;
}

static void dump_mask(struct strbuf *s, const char *what, const struct cpumask *m)
{
	u32 nr = this_kernel()->nr_cpus;
	char buf[NR_CPUS / 32 * 9 + 1];

	if (!cpumask_empty(m, nr))
		dump_line(s, "  %-15s: %s", what, mask_str(m, nr, buf, sizeof(buf)));
}

/* --- what ops.dump*() print through scx_bpf_dump_bstr() --- */

static void ops_dump_init(struct strbuf *s, const char *prefix)
{
	struct scx_dump_data *dd = &this_scx()->dump_data;

	dd->cpu = smp_processor_id();
	dd->first = true;
	dd->cursor = 0;
	dd->s = s;
	dd->prefix = prefix;
}

/* Emit the lines that are complete; a blank line sets the first one apart. */
static void ops_dump_flush(struct scx_dump_data *dd)
{
	char *line = dd->line;

	if (!dd->cursor)
		return;
	if (dd->first) {
		dump_newline(dd->s);
		dd->first = false;
	}
	while (line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		dump_line(dd->s, "%s%s", dd->prefix, line);
		line = end && *end ? end : NULL;
	}
	dd->cursor = 0;
}

static void ops_dump_exit(void)
{
	struct scx_dump_data *dd = &this_scx()->dump_data;

	ops_dump_flush(dd);
	dd->cpu = -1;
}

/* scx_bpf_dump_bstr(): only within a dump operation on this CPU. A line is emitted when it ends or the buffer is full. */
void scx_dump_text(struct scx_sched *sch, const char *text)
{
	struct scx_dump_data *dd = &sch->k->scx->dump_data;
	size_t room;

	if (READ_ONCE(dd->cpu) != smp_processor_id()) {
		scx_error(sch, "scx_bpf_dump() must only be called from ops.dump() and friends");
		return;
	}
	room = sizeof(dd->line) - dd->cursor;
	if (strlen(text) >= room) {
		memcpy(dd->line + dd->cursor, text, room - 1);
		dd->cursor = sizeof(dd->line) - 1;
	} else {
		strcpy(dd->line + dd->cursor, text);
		dd->cursor += strlen(text);
	}
	dd->line[dd->cursor] = '\0';
	if (dd->cursor >= sizeof(dd->line) - 1 || (dd->cursor && dd->line[dd->cursor - 1] == '\n'))
		ops_dump_flush(dd);
}

/* --- tasks and CPUs --- */

static char task_state_to_char(const struct task_struct *p)
{
	u32 state = READ_ONCE(p->__state);

	if (state & TASK_DEAD)
		return 'X';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	return state & TASK_INTERRUPTIBLE ? 'S' : 'R';
}

static const char *const class_names[NR_CLASSES] = {
	[CLASS_STOP] = "stop_sched_class",
	[CLASS_RT] = "rt_sched_class",
	[CLASS_FAIR] = "fair_sched_class",
	[CLASS_EXT] = "ext_sched_class",
	[CLASS_IDLE] = "idle_sched_class",
};

/*
 * p's rq lock, which is not all that protects what is shown: a CPU that is moving the task holds the DSQ's lock or has it
 * DISPATCHING. The kernel's dump looks all the same.
 */
static __attribute__((no_sanitize("thread"))) void scx_dump_task(struct scx_sched *sch, struct strbuf *s,
								 struct scx_dump_ctx *dctx, struct rq *rq,
								 struct task_struct *p, char marker)
{
	unsigned long opss = atomic_long_read(&p->scx.ops_state);
	const struct scx_dispatch_q *dsq = READ_ONCE(p->scx.dsq);
	char dsq_id[24] = "(n/a)", mask[NR_CPUS / 32 * 9 + 1];

	if (dsq)
		snprintf(dsq_id, sizeof(dsq_id), "0x%llx", (unsigned long long)dsq->id);
	dump_newline(s);
	dump_line(s, " %c%c %s[%d]%s %+lldms", marker, task_state_to_char(p), p->comm, p->pid,
		  feat(dump_7) ? " *root" : "", ((long long)p->scx.runnable_at - (long long)dctx->at_jiffies) * 1000 / (long long)this_mcpu->m->hz);
	dump_line(s, "      scx_state/flags=%u/0x%x dsq_flags=0x%x ops_state/qseq=%lu/%lu",
		  (p->scx.flags & SCX_TASK_STATE_MASK) >> SCX_TASK_STATE_SHIFT, p->scx.flags & ~SCX_TASK_STATE_MASK, p->scx.dsq_flags,
		  opss & SCX_OPSS_STATE_MASK, opss >> SCX_OPSS_QSEQ_SHIFT);
	mask_str(p->cpus_ptr, sch->k->nr_cpus, mask, sizeof(mask));
	if (feat(dump_7)) {
		dump_line(s, "      sticky/holding_cpu=%d/%d dsq_id=%s", p->scx.sticky_cpu, p->scx.holding_cpu, dsq_id);
		dump_line(s, "      dsq_vtime=%llu slice=%llu weight=%u", (unsigned long long)p->scx.dsq_vtime,
			  (unsigned long long)scx_slice(p), p->scx.weight);
		dump_line(s, "      cpus=%s no_mig=%u", mask, p->migration_disabled);
	} else {
		dump_line(s, "      sticky/holding_cpu=%d/%d dsq_id=%s dsq_vtime=%llu", p->scx.sticky_cpu, p->scx.holding_cpu,
			  dsq_id, (unsigned long long)p->scx.dsq_vtime);
		dump_line(s, "      cpus=%s", mask);
	}
	if (SCX_HAS_OP(sch, dump_task)) {
		ops_dump_init(s, "    ");
		SCX_CALL_OP(sch, dump_task, rq, dctx, p);
		ops_dump_exit();
	}
}

static void scx_dump_cpu(struct scx_sched *sch, struct strbuf *s, struct scx_dump_ctx *dctx, s32 cpu)
{
	struct rq *rq = cpu_rq(sch->k, cpu);
	bool off = rq_lock_irqsave(rq), idle;
	struct strbuf ns;
	struct task_struct *p;
	size_t used;

	idle = list_empty(&rq->scx.runnable_list) && task_on_class(rq->curr, CLASS_IDLE);
	if (idle && !SCX_HAS_OP(sch, dump_cpu))
		goto out;
	/* into a buffer of its own, since an idle CPU is left out unless ops.dump_cpu() has something to say */
	strbuf_init(&ns, s->buf + s->len, s->overflow ? 0 : s->size - s->len);
	dump_newline(&ns);
	dump_line(&ns, "CPU %-4d: nr_run=%u flags=0x%x cpu_rel=%d %s=%lu", cpu, rq->scx.nr_running, rq->scx.flags,
		  rq->scx.cpu_released, feat(dump_7) ? "ksync" : "pnt_seq", rq->scx.kick_sync);
	dump_line(&ns, "          curr=%s[%d] class=%s", rq->curr->comm, rq->curr->pid,
		  class_names[rq->curr->sched_class->id]);
	dump_mask(&ns, "cpus_to_kick", rq->scx.cpus_to_kick);
	dump_mask(&ns, "idle_to_kick", rq->scx.cpus_to_kick_if_idle);
	dump_mask(&ns, "cpus_to_preempt", rq->scx.cpus_to_preempt);
	dump_mask(&ns, "cpus_to_wait", rq->scx.cpus_to_wait);
	dump_mask(&ns, "cpus_to_sync", rq->scx.cpus_to_sync);
	used = ns.len;
	if (SCX_HAS_OP(sch, dump_cpu)) {
		ops_dump_init(&ns, "  ");
		SCX_CALL_OP(sch, dump_cpu, rq, dctx, cpu, idle);
		ops_dump_exit();
	}
	if (idle && used == ns.len) {
		if (s->size && !s->overflow)
			s->buf[s->len] = '\0';
		goto out;
	}
	s->len += ns.len;
	s->overflow |= ns.overflow;
	if (on_scx(rq->curr))
		scx_dump_task(sch, s, dctx, rq, rq->curr, '*');
	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node)
		scx_dump_task(sch, s, dctx, rq, p, ' ');
out:
	rq_unlock_irqrestore(rq, off);
}

static void dump_events(struct scx_sched *sch, struct strbuf *s)
{
	static const char *const names[] = {
		"SCX_EV_SELECT_CPU_FALLBACK", "SCX_EV_DISPATCH_LOCAL_DSQ_OFFLINE", "SCX_EV_DISPATCH_KEEP_LAST",
		"SCX_EV_ENQ_SKIP_EXITING", "SCX_EV_ENQ_SKIP_MIGRATION_DISABLED", "SCX_EV_REENQ_IMMED",
		"SCX_EV_REENQ_LOCAL_REPEAT", "SCX_EV_REFILL_SLICE_DFL", "SCX_EV_BYPASS_DURATION",
		"SCX_EV_BYPASS_DISPATCH", "SCX_EV_BYPASS_ACTIVATE", "SCX_EV_INSERT_NOT_OWNED",
		"SCX_EV_SUB_BYPASS_DISPATCH",
	};
	struct scx_event_stats ev;

	_Static_assert(sizeof(names) / sizeof(names[0]) == sizeof(ev) / sizeof(s64), "an event has no name");
	scx_read_events(sch, &ev);
	dump_newline(s);
	dump_line(s, "Event counters");
	dump_line(s, "--------------");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		dump_line(s, "%40s: %16lld", names[i], (long long)((s64 *)&ev)[i]);
}

/* Write the dump into ei->dump, @len bytes. Interrupts are off throughout, as operations of the dump expect. */
void scx_dump_state(struct scx_sched *sch, struct scx_exit_info *ei, size_t len)
{
	static const char trunc_marker[] = "\n\n~~~~ TRUNCATED ~~~~\n";
	struct scx_kernel *sk = sch->k->scx;
	struct scx_dump_ctx *dctx;
	struct strbuf s;
	bool off = raw_spin_lock_irqsave(&sk->dump_lock);

	if (sch->dump_disabled || !(dctx = kobj_alloc(sch->k, sk->dump_ctx_slab)))
		goto unlock;
	*dctx = (struct scx_dump_ctx){
		.kind = ei->kind,
		.exit_code = ei->exit_code,
		.reason = ei->reason,
		.at_ns = mach_now(),
		.at_jiffies = jiffies(),
	};
	strbuf_init(&s, ei->dump, len);
	if (feat(dump_7))
		dump_line(&s, "%s: root", sch->ops.name);
	if (ei->kind == SCX_EXIT_NONE) {
		dump_line(&s, "Debug dump triggered by %s", ei->reason);
	} else {
		if (ei->exit_cpu >= 0 && feat(dump_7))
			dump_line(&s, "%s[%d] triggered exit kind %d on CPU %d:", current->comm, current->pid, ei->kind,
				  ei->exit_cpu);
		else
			dump_line(&s, "%s[%d] triggered exit kind %d:", current->comm, current->pid, ei->kind);
		dump_line(&s, "  %s (%s)", ei->reason, ei->msg);
		dump_newline(&s);
		dump_line(&s, "Backtrace:");
	}
	if (SCX_HAS_OP(sch, dump)) {
		ops_dump_init(&s, "");
		SCX_CALL_OP(sch, dump, NULL, dctx);
		ops_dump_exit();
	}
	dump_newline(&s);
	dump_line(&s, "CPU states");
	dump_line(&s, "----------");
	/* the CPU that failed first, so that truncation does not lose it */
	if (ei->exit_cpu >= 0 && feat(dump_7))
		scx_dump_cpu(sch, &s, dctx, ei->exit_cpu);
	for (u32 cpu = 0; cpu < sch->k->nr_cpus; cpu++)
		if ((s32)cpu != ei->exit_cpu || !feat(dump_7))
			scx_dump_cpu(sch, &s, dctx, cpu);
	if (feat(dump_7))
		dump_events(sch, &s);
	if (s.overflow && len >= sizeof(trunc_marker))
		memcpy(ei->dump + len - sizeof(trunc_marker), trunc_marker, sizeof(trunc_marker));
	kobj_free(sch->k, sk->dump_ctx_slab, dctx);
unlock:
	raw_spin_unlock_irqrestore(&sk->dump_lock, off);
}
