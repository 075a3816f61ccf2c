/* SPDX-License-Identifier: GPL-2.0-only */
/* Small schedulers that several tests use. */
#ifndef TESTS_CLASS_SCHEDS_H
#define TESTS_CLASS_SCHEDS_H

#define DSQ_0 0ull

static inline s32 create_dsq_0(struct scx_sched *sch)
{
	return scx_bpf_create_dsq(sch, DSQ_0, -1);
}

static inline s32 stay_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

/* To the local DSQ of the CPU that the task is on. */
static inline void local_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
}

static inline void global_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

static inline void fifo_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(sch, p, DSQ_0, SCX_SLICE_DFL, enq_flags);
}

static inline void fifo_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_dsq_move_to_local(sch, DSQ_0, 0);
}

/* One FIFO for all CPUs; tasks stay where they are unless another CPU comes for them. */
static inline void use_fifo(struct world *w)
{
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = fifo_enqueue;
	w->ops.dispatch = fifo_dispatch;
	w->ops.init = create_dsq_0;
}

static inline void use_local(struct world *w)
{
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = local_enqueue;
}

/* What tools/sched_ext/scx_simple does, without -f. */
struct simple {
	u64 vtime_now;
};

static inline s32 simple_select_cpu(struct scx_sched *sch, struct task_struct *p, s32 prev_cpu,
				    u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(sch, p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		scx_bpf_dsq_insert(sch, p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	return cpu;
}

static inline void simple_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct simple *s = world_of(sch)->data;
	u64 vtime = p->scx.dsq_vtime;

	/* the budget that an idle task can save up is one slice */
	if ((s64)(vtime - (s->vtime_now - SCX_SLICE_DFL)) < 0)
		vtime = s->vtime_now - SCX_SLICE_DFL;
	scx_bpf_dsq_insert_vtime(sch, p, DSQ_0, SCX_SLICE_DFL, vtime, enq_flags);
}

static inline void simple_running(struct scx_sched *sch, struct task_struct *p)
{
	struct simple *s = world_of(sch)->data;

	if ((s64)(s->vtime_now - p->scx.dsq_vtime) < 0)
		s->vtime_now = p->scx.dsq_vtime;
}

static inline void simple_stopping(struct scx_sched *sch, struct task_struct *p, bool runnable)
{
	u64 used = SCX_SLICE_DFL - p->scx.slice;

	scx_bpf_task_set_dsq_vtime(sch, p, p->scx.dsq_vtime + used * 100 / p->scx.weight);
}

static inline void simple_enable(struct scx_sched *sch, struct task_struct *p)
{
	struct simple *s = world_of(sch)->data;

	scx_bpf_task_set_dsq_vtime(sch, p, s->vtime_now);
}

static inline void use_simple(struct world *w, struct simple *s)
{
	*s = (struct simple){ 0 };
	w->data = s;
	w->ops.select_cpu = simple_select_cpu;
	w->ops.enqueue = simple_enqueue;
	w->ops.dispatch = fifo_dispatch;
	w->ops.running = simple_running;
	w->ops.stopping = simple_stopping;
	w->ops.enable = simple_enable;
	w->ops.init = create_dsq_0;
}

/*
 * A scheduler that keeps its tasks to itself: ops.enqueue() notes them, ops.dispatch() inserts the first one
 * that may run on the CPU into its local DSQ - unless the test says that it shall wait.
 */
struct holder {
	struct task_struct *q[16];
	u32 n;
	bool hold;		/* dispatch nothing */
	bool spin;		/* dispatch does not return after an insert */
	u64 slice;
};

static inline void holder_remove(struct holder *h, struct task_struct *p)
{
	for (u32 i = 0; i < h->n; i++) {
		if (h->q[i] != p)
			continue;
		memmove(&h->q[i], &h->q[i + 1], (--h->n - i) * sizeof(h->q[0]));
		return;
	}
}

static inline void holder_enqueue(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct holder *h = world_of(sch)->data;

	assert_true(h->n < 16);
	h->q[h->n++] = p;
}

static inline void holder_dequeue(struct scx_sched *sch, struct task_struct *p, u64 deq_flags)
{
	holder_remove(world_of(sch)->data, p);
}

static inline void holder_dispatch(struct scx_sched *sch, s32 cpu, struct task_struct *prev)
{
	struct holder *h = world_of(sch)->data;

	if (h->hold)
		return;
	for (u32 i = 0; i < h->n; i++) {
		if (!cpumask_test_cpu(cpu, h->q[i]->cpus_ptr))
			continue;
		scx_bpf_dsq_insert(sch, h->q[i], SCX_DSQ_LOCAL, h->slice ? h->slice : SCX_SLICE_DFL, 0);
		while (READ_ONCE(h->spin)) {
			mach_charge(100);
			mach_sync();
		}
		return;
	}
}

static inline void use_holder(struct world *w, struct holder *h)
{
	*h = (struct holder){ 0 };
	w->data = h;
	w->ops.select_cpu = stay_select_cpu;
	w->ops.enqueue = holder_enqueue;
	w->ops.dequeue = holder_dequeue;
	w->ops.dispatch = holder_dispatch;
}

#endif
