// SPDX-License-Identifier: GPL-2.0-only
/* The kfuncs of the class but for idle tracking's (idle.c). */
#include <errno.h>

#include "sched/ext/internal.h"
#include "sched/ext/kfuncs.h"

/* --- inserting --- */

/* IMMED is for local DSQs only, where SCX_OPS_ALWAYS_ENQ_IMMED implies it. */
static bool scx_vet_enq_flags(struct scx_sched *sch, u64 dsq_id, u64 *enq_flags)
{
	bool is_local = dsq_id == SCX_DSQ_LOCAL || (dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON;

	if (*enq_flags & SCX_ENQ_IMMED) {
		if (unlikely(!is_local)) {
			scx_error(sch, "SCX_ENQ_IMMED on a non-local DSQ 0x%llx", (unsigned long long)dsq_id);
			return false;
		}
	} else if ((sch->ops.flags & SCX_OPS_ALWAYS_ENQ_IMMED) && is_local) {
		*enq_flags |= SCX_ENQ_IMMED;
	}
	return true;
}

static bool scx_dsq_insert_preamble(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 *enq_flags)
{
	if (!scx_kf_allowed(sch, SCX_KF_ENQUEUE | SCX_KF_DISPATCH))
		return false;
	if (unlikely(!p)) {
		scx_error(sch, "called with NULL task");
		return false;
	}
	if (unlikely(*enq_flags & __SCX_ENQ_INTERNAL_MASK)) {
		scx_error(sch, "invalid enq_flags 0x%llx", (unsigned long long)*enq_flags);
		return false;
	}
	*enq_flags = scx_enq_flags_in(*enq_flags);
	if (unlikely(!scx_task_on_sched(sch, p))) {
		scx_add_event(sch, SCX_EV_INSERT_NOT_OWNED, 1);
		return false;
	}
	return scx_vet_enq_flags(sch, dsq_id, enq_flags);
}

/* Note the insertion: a direct dispatch of the task being placed, else an entry of the dispatch buffer. */
static void scx_dsq_insert_commit(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_dsp_ctx *dspc = &this_pcpu(sch)->dsp_ctx;
	struct task_struct *ddsp_task = this_scx_cpu()->direct_dispatch_task;

	if (ddsp_task) {
		mark_direct_dispatch(sch, ddsp_task, p, dsq_id, enq_flags);
		return;
	}
	if (unlikely(dspc->cursor >= sch->dsp_max_batch)) {
		scx_error(sch, "dispatch buffer overflow");
		return;
	}
	dspc->buf[dspc->cursor++] = (struct scx_dsp_buf_ent){
		.task = p,
		.qseq = atomic_long_read(&p->scx.ops_state) & SCX_OPSS_QSEQ_MASK,
		.dsq_id = dsq_id,
		.enq_flags = enq_flags,
	};
}

/* 0 keeps what is left, but at least 1: a slice of zero would be refilled */
static void set_insert_slice(struct task_struct *p, u64 slice)
{
	if (slice)
		scx_set_slice(p, slice);
	else if (!scx_slice(p))
		scx_set_slice(p, 1);
}

bool scx_bpf_dsq_insert(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)
{
	if (!sch || !scx_dsq_insert_preamble(sch, p, dsq_id, &enq_flags))
		return false;
	set_insert_slice(p, slice);
	scx_dsq_insert_commit(sch, p, dsq_id, enq_flags);
	return true;
}

bool scx_bpf_dsq_insert_vtime(struct scx_sched *sch, struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)
{
	if (!sch || !scx_dsq_insert_preamble(sch, p, dsq_id, &enq_flags))
		return false;
	set_insert_slice(p, slice);
	WRITE_ONCE(p->scx.dsq_vtime, vtime);
	scx_dsq_insert_commit(sch, p, dsq_id, enq_flags | SCX_ENQ_DSQ_PRIQ);
	return true;
}

/* --- dispatching --- */

u32 scx_bpf_dispatch_nr_slots(struct scx_sched *sch)
{
	if (!sch || !scx_kf_allowed(sch, SCX_KF_DISPATCH))
		return 0;
	return sch->dsp_max_batch - this_pcpu(sch)->dsp_ctx.cursor;
}

void scx_bpf_dispatch_cancel(struct scx_sched *sch)
{
	struct scx_dsp_ctx *dspc;

	if (!sch || !scx_kf_allowed(sch, SCX_KF_DISPATCH))
		return;
	dspc = &this_pcpu(sch)->dsp_ctx;
	if (dspc->cursor > 0)
		dspc->cursor--;
	else
		scx_error(sch, "dispatch buffer underflow");
}

bool scx_bpf_dsq_move_to_local(struct scx_sched *sch, u64 dsq_id, u64 enq_flags)
{
	struct scx_dispatch_q *dsq;
	struct scx_dsp_ctx *dspc;

	if (!sch || !scx_kf_allowed(sch, SCX_KF_DISPATCH) || !scx_vet_enq_flags(sch, SCX_DSQ_LOCAL, &enq_flags))
		return false;
	dspc = &this_pcpu(sch)->dsp_ctx;
	flush_dispatch_buf(sch, dspc->rq);
	dsq = find_user_dsq(sch, dsq_id);
	if (unlikely(!dsq)) {
		scx_error(sch, "invalid DSQ ID 0x%016llx", (unsigned long long)dsq_id);
		return false;
	}
	if (!consume_dispatch_q(sch, dspc->rq, dsq, enq_flags))
		return false;
	/* it can be dequeued again before it runs; then the empty local DSQ must make balance_one() try again */
	dspc->nr_tasks++;
	return true;
}

bool scx_bpf_consume(struct scx_sched *sch, u64 dsq_id)
{
	struct scx_dispatch_q *dsq;
	struct rq *rq;

	if (!sch)
		return false;
	/* the kernel does not check this and would use what an earlier call has left */
	rq = this_pcpu(sch)->dsp_ctx.rq;
	if (unlikely(!rq)) {
		scx_error(sch, "scx_bpf_consume() called from an operation other than ops.consume() and ops.consume_final()");
		return false;
	}
	dsq = dsq_id == SCX_DSQ_GLOBAL ? find_global_dsq(sch, cpu_of(rq)) : find_user_dsq(sch, dsq_id);
	if (unlikely(!dsq)) {
		scx_error(sch, "invalid dsq_id 0x%016llx", (unsigned long long)dsq_id);
		return false;
	}
	return consume_dispatch_q(sch, rq, dsq, 0);
}

void scx_bpf_switch_all(struct scx_sched *sch, bool into_scx)
{
	/* looked at once, when loading has come to the tasks */
	if (sch)
		WRITE_ONCE(sch->k->scx->switch_all_req, into_scx);
}

/* --- DSQs --- */

s32 scx_bpf_create_dsq(struct scx_sched *sch, u64 dsq_id, s32 node)
{
	struct scx_dispatch_q *dsq;
	int ret;

	if (!sch)
		return -ENODEV;
	if (node != -1 && (node < 0 || (u32)node >= this_mcpu->m->topo.nr_nodes))
		return -EINVAL;
	if (dsq_id & SCX_DSQ_FLAG_BUILTIN)
		return -EINVAL;
	dsq = scx_alloc_dsq(sch, dsq_id);
	if (!dsq)
		return -ENOMEM;
	ret = scx_add_user_dsq(sch, dsq);
	if (ret)
		kobj_free(sch->k, sch->k->scx->dsq_slab, dsq);
	return ret;
}

void scx_bpf_destroy_dsq(struct scx_sched *sch, u64 dsq_id)
{
	if (sch)
		destroy_dsq(sch, dsq_id);
}

s32 scx_bpf_dsq_nr_queued(struct scx_sched *sch, u64 dsq_id)
{
	struct scx_dispatch_q *dsq;

	if (!sch)
		return -ENODEV;
	if (dsq_id == SCX_DSQ_LOCAL)
		return READ_ONCE((scx_locked_rq() ? scx_locked_rq() : this_rq())->scx.local_dsq.nr);
	if ((dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON) {
		s32 cpu = dsq_id & SCX_DSQ_LOCAL_CPU_MASK;

		return scx_cpu_valid(sch, cpu, NULL) ? (s32)READ_ONCE(cpu_rq(sch->k, cpu)->scx.local_dsq.nr) : -ENOENT;
	}
	dsq = dsq_id == SCX_DSQ_GLOBAL && !feat(node_dsqs) ? find_global_dsq(sch, 0) : find_user_dsq(sch, dsq_id);
	return dsq ? (s32)READ_ONCE(dsq->nr) : -ENOENT;
}

/* --- tasks --- */

/*
 * slice and dsq_vtime belong to the task's scheduler. Stores of programs into kernel objects end here, too.
 */
bool scx_bpf_task_set_slice(struct scx_sched *sch, struct task_struct *p, u64 slice)
{
	if (!sch || !scx_task_on_sched(sch, p))
		return false;
	scx_set_slice(p, slice);
	return true;
}

bool scx_bpf_task_set_dsq_vtime(struct scx_sched *sch, struct task_struct *p, u64 vtime)
{
	if (!sch || !scx_task_on_sched(sch, p))
		return false;
	WRITE_ONCE(p->scx.dsq_vtime, vtime);
	return true;
}

bool scx_bpf_task_store(struct scx_sched *sch, struct task_struct *p, u32 off, u32 size, u64 value)
{
	static const struct {
		u32 off, size;
	} fields[] = {
		{ offsetof(struct task_struct, scx.slice), sizeof(u64) },
		{ offsetof(struct task_struct, scx.dsq_vtime), sizeof(u64) },
		{ offsetof(struct task_struct, scx.disallow), sizeof(bool) },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (off < fields[i].off || off + size > fields[i].off + fields[i].size)
			continue;
		memcpy((char *)p + off, &value, size);	/* little-endian, as BPF is here */
		return true;
	}
	return false;
}

bool scx_bpf_task_running(const struct task_struct *p)
{
	mach_sync();
	return task_rq(p)->curr == p;
}

s32 scx_bpf_task_cpu(const struct task_struct *p)
{
	return task_cpu(p);
}

/* --- CPUs --- */

void scx_bpf_kick_cpu(struct scx_sched *sch, s32 cpu, u64 flags)
{
	/* without SCX_KICK_IDLE the other flags are one bit lower */
	if (!feat(kick_idle))
		flags <<= 1;
	if (sch && scx_cpu_valid(sch, cpu, NULL))
		scx_kick_cpu(sch, cpu, flags);
}

struct rq *scx_bpf_cpu_rq(struct scx_sched *sch, s32 cpu)
{
	if (!sch || !scx_cpu_valid(sch, cpu, NULL))
		return NULL;
	if (!sch->warned_deprecated_rq) {
		kernel_printk(sch->k, "sched_ext: scx_bpf_cpu_rq() is deprecated; use scx_bpf_locked_rq() when holding rq lock or "
			      "scx_bpf_cpu_curr() to read remote curr safely.");
		sch->warned_deprecated_rq = true;
	}
	return cpu_rq(sch->k, cpu);
}

struct rq *scx_bpf_locked_rq(struct scx_sched *sch)
{
	struct rq *rq;

	if (!sch)
		return NULL;
	rq = scx_locked_rq();
	if (!rq)
		scx_error(sch, "accessing rq without holding rq lock");
	return rq;
}

struct task_struct *scx_bpf_cpu_curr(struct scx_sched *sch, s32 cpu)
{
	if (!sch || !scx_cpu_valid(sch, cpu, NULL))
		return NULL;
	mach_sync();
	return READ_ONCE(cpu_rq(sch->k, cpu)->curr);
}

/* The rq clock of the calling CPU while it is valid, which is cheap and the same for all of one operation; else now. */
u64 scx_bpf_now(void)
{
	struct rq *rq = this_rq();

	if (smp_load_acquire(&rq->scx.flags) & SCX_RQ_CLK_VALID)
		return READ_ONCE(rq->scx.clock);
	return mach_now();
}

void scx_bpf_events(struct scx_sched *sch, struct scx_event_stats *events, size_t size)
{
	struct scx_event_stats ev = { 0 };

	if (sch)
		scx_read_events(sch, &ev);
	/* programs of other versions have another idea of its size */
	memcpy(events, &ev, size < sizeof(ev) ? size : sizeof(ev));
}

u32 scx_bpf_nr_node_ids(void)
{
	return this_mcpu->m->topo.nr_nodes;
}

u32 scx_bpf_nr_cpu_ids(void)
{
	return this_kernel()->nr_cpus;
}

s32 scx_bpf_cpu_node(struct scx_sched *sch, s32 cpu)
{
	return sch && scx_cpu_valid(sch, cpu, NULL) ? (s32)this_mcpu->m->topo.cpu[cpu].node : -1;
}

const struct cpumask *scx_bpf_get_possible_cpumask(void)
{
	return this_kernel()->possible_mask;
}

const struct cpumask *scx_bpf_get_online_cpumask(void)
{
	return this_kernel()->online_mask;
}

u32 scx_bpf_cpuperf_cap(struct scx_sched *sch, s32 cpu)
{
	return sch && scx_cpu_valid(sch, cpu, NULL) ? this_mcpu->m->topo.cpu[cpu].capacity : SCX_CPUPERF_ONE;
}

/* Simulated CPUs have one frequency, their highest. */
u32 scx_bpf_cpuperf_cur(struct scx_sched *sch, s32 cpu)
{
	if (sch)
		scx_cpu_valid(sch, cpu, NULL);
	return SCX_CPUPERF_ONE;
}

void scx_bpf_cpuperf_set(struct scx_sched *sch, s32 cpu, u32 perf)
{
	struct rq *rq, *locked;
	bool off;

	if (!sch)
		return;
	if (unlikely(perf > SCX_CPUPERF_ONE)) {
		scx_error(sch, "Invalid cpuperf target %u for CPU %d", perf, cpu);
		return;
	}
	if (!scx_cpu_valid(sch, cpu, NULL))
		return;
	rq = cpu_rq(sch->k, cpu);
	locked = scx_locked_rq();
	if (locked) {
		if (rq != locked) {
			scx_error(sch, "Invalid target CPU %d", cpu);
			return;
		}
		rq->scx.cpuperf_target = perf;
		return;
	}
	off = rq_lock_irqsave(rq);
	rq->scx.cpuperf_target = perf;
	rq_unlock_irqrestore(rq, off);
}

/* --- ending --- */

void scx_bpf_exit_text(struct scx_sched *sch, s64 exit_code, const char *text)
{
	if (sch)
		scx_exit(sch, SCX_EXIT_UNREG_BPF, exit_code, "%s", text);
}

void scx_bpf_error_text(struct scx_sched *sch, const char *text)
{
	if (sch)
		scx_exit(sch, SCX_EXIT_ERROR_BPF, 0, "%s", text);
}

void scx_bpf_dump_text(struct scx_sched *sch, const char *text)
{
	if (sch)
		scx_dump_text(sch, text);
}
