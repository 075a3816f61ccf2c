// SPDX-License-Identifier: GPL-2.0-only
/* Dispatch queues: finding, filling, emptying, making and destroying them. */
#include <errno.h>
#include <stdlib.h>

#include "sched/ext/internal.h"

/* What the event stream calls a DSQ: local ones by their CPU. */
static u64 dsq_trace_id(struct scx_dispatch_q *dsq)
{
	return dsq->id == SCX_DSQ_LOCAL ? SCX_DSQ_LOCAL_ON | cpu_of(rq_of_local_dsq(dsq)) : dsq->id;
}

static inline void dsq_trace(enum trace_type type, struct scx_dispatch_q *dsq, const struct task_struct *p, u64 c, u64 d)
{
	struct trace *t = this_mcpu->m->trace;

	if (t)
		trace_emit(t, type, mach_now(), smp_processor_id(), p ? p->pid : -1, dsq_trace_id(dsq), dsq->nr, c, d);
}

/* --- finding --- */

struct scx_dispatch_q *find_global_dsq(struct scx_sched *sch, s32 cpu)
{
	return sch->global_dsq[feat(node_dsqs) ? this_mcpu->m->topo.cpu[cpu].node : 0];
}

static struct dsq_hash_node **dsq_bucket(struct dsq_hash *h, u64 id)
{
	return &h->bucket[(id * 0x9e3779b97f4a7c15ull) >> (64 - DSQ_HASH_BITS)];
}

/* NULL: none. RCU: what is returned stays until the caller's stretch of kernel code ends. */
struct scx_dispatch_q *find_user_dsq(struct scx_sched *sch, u64 id)
{
	struct dsq_hash_node *n = smp_load_acquire(dsq_bucket(&sch->dsq_hash, id));

	for (; n; n = smp_load_acquire(&n->next))
		if (READ_ONCE(n->dsq->id) == id)
			return n->dsq;
	return NULL;
}

/* 0, -EEXIST or -ENOMEM; the DSQ then still belongs to the caller. */
int scx_add_user_dsq(struct scx_sched *sch, struct scx_dispatch_q *dsq)
{
	struct dsq_hash_node **head = dsq_bucket(&sch->dsq_hash, dsq->id);
	struct dsq_hash_node *n = calloc(1, sizeof(*n));
	bool off;

	if (!n)
		return -ENOMEM;
	n->dsq = dsq;
	off = raw_spin_lock_irqsave(&sch->dsq_hash.lock);
	if (find_user_dsq(sch, dsq->id)) {
		raw_spin_unlock_irqrestore(&sch->dsq_hash.lock, off);
		free(n);
		return -EEXIST;
	}
	n->next = *head;
	smp_store_release(head, n);
	raw_spin_unlock_irqrestore(&sch->dsq_hash.lock, off);
	dsq_trace(TE_DSQ_NEW, dsq, NULL, 0, 0);
	return 0;
}

static struct dsq_hash_node *unhash_dsq(struct scx_sched *sch, struct scx_dispatch_q *dsq)
{
	struct dsq_hash_node **link = dsq_bucket(&sch->dsq_hash, dsq->id), *n = NULL;

	raw_spin_lock(&sch->dsq_hash.lock);
	for (; *link; link = &(*link)->next) {
		if ((*link)->dsq != dsq)
			continue;
		n = *link;
		smp_store_release(link, n->next);
		break;
	}
	raw_spin_unlock(&sch->dsq_hash.lock);
	return n;
}

/* --- making and destroying --- */

void scx_init_dsq(struct scx_dispatch_q *dsq, u64 id)
{
	*dsq = (struct scx_dispatch_q){ .id = id };
	INIT_LIST_HEAD(&dsq->list);
}

/* NULL: no memory. */
struct scx_dispatch_q *scx_alloc_dsq(struct scx_sched *sch, u64 id)
{
	struct scx_dispatch_q *dsq = kobj_alloc(sch->k, sch->k->scx->dsq_slab);

	if (dsq) {
		scx_init_dsq(dsq, id);
		dsq->sched = (struct scx_sched *)sch->handle;
	}
	return dsq;
}

struct dsq_to_free {
	struct kernel *k;
	struct dsq_hash_node *node;
};

static void free_dsq_rcufn(void *arg)
{
	struct dsq_to_free *f = arg;

	kobj_free(f->k, f->k->scx->dsq_slab, f->node->dsq);
	free(f->node);
	free(f);
}

/* Does nothing if there is no such DSQ; one that has tasks stays and is an error of the scheduler. */
void destroy_dsq(struct scx_sched *sch, u64 id)
{
	struct scx_dispatch_q *dsq = find_user_dsq(sch, id);
	struct dsq_to_free *f;
	bool off;

	if (!dsq)
		return;
	f = malloc(sizeof(*f));
	if (!f)
		return;
	off = raw_spin_lock_irqsave(&dsq->lock);
	f->k = sch->k;
	f->node = NULL;
	if (dsq->nr)
		scx_error(sch, "attempting to destroy in-use dsq 0x%016llx (nr=%u)", (unsigned long long)dsq->id, dsq->nr);
	else if (dsq->id != SCX_DSQ_INVALID)
		f->node = unhash_dsq(sch, dsq);
	if (f->node) {
		dsq_trace(TE_DSQ_DEL, dsq, NULL, 0, 0);
		/* whoever found it before and now gets its lock sees that it is dead */
		WRITE_ONCE(dsq->id, SCX_DSQ_INVALID);
	}
	raw_spin_unlock_irqrestore(&dsq->lock, off);
	if (f->node)
		mach_call_rcu(this_mcpu->m, free_dsq_rcufn, f);
	else
		free(f);
}

/* Nobody uses @sch any more. */
void scx_free_user_dsqs(struct scx_sched *sch)
{
	for (u32 i = 0; i < 1u << DSQ_HASH_BITS; i++) {
		struct dsq_hash_node *n = sch->dsq_hash.bucket[i], *next;

		for (; n; n = next) {
			next = n->next;
			kslab_free(sch->k->scx->dsq_slab, n->dsq);
			free(n);
		}
		sch->dsq_hash.bucket[i] = NULL;
	}
}

/*
 * The DSQ that a verdict for @p names. @rq: that SCX_DSQ_LOCAL means. One that does not exist is an error of the
 * scheduler, and the task goes to the global DSQ.
 */
struct scx_dispatch_q *find_dsq_for_dispatch(struct scx_sched *sch, struct rq *rq, u64 dsq_id, struct task_struct *p)
{
	struct scx_dispatch_q *dsq;
	s32 tcpu = task_cpu(p);

	if (dsq_id == SCX_DSQ_LOCAL)
		return &rq->scx.local_dsq;
	if ((dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON) {
		s32 cpu = dsq_id & SCX_DSQ_LOCAL_CPU_MASK;

		if (!feat(texts_6_12) && (cpu < 0 || (u32)cpu >= sch->k->nr_cpus)) {
			scx_error(sch, "invalid cpu %d in SCX_DSQ_LOCAL_ON verdict for %s[%d]", cpu, p->comm, p->pid);
			return find_global_dsq(sch, tcpu);
		}
		if (!scx_cpu_valid(sch, cpu, "in SCX_DSQ_LOCAL_ON dispatch verdict"))
			return find_global_dsq(sch, tcpu);
		return &cpu_rq(sch->k, cpu)->scx.local_dsq;
	}
	if (dsq_id == SCX_DSQ_GLOBAL)
		return find_global_dsq(sch, tcpu);
	dsq = find_user_dsq(sch, dsq_id);
	if (unlikely(!dsq)) {
		if (feat(dump_7))
			scx_error(sch, "non-existent DSQ 0x%llx", (unsigned long long)dsq_id);
		else
			scx_error(sch, "non-existent %s 0x%llx for %s[%d]", feat(texts_6_12) ? "DSQ" : "dsq",
				  (unsigned long long)dsq_id, p->comm, p->pid);
		return find_global_dsq(sch, tcpu);
	}
	return dsq;
}

/* --- order --- */

/* vtimes wrap: earlier is by signed difference */
bool scx_dsq_priq_less(struct rb_node *a, const struct rb_node *b)
{
	const struct task_struct *ta = rb_entry(a, struct task_struct, scx.dsq_priq);
	const struct task_struct *tb = rb_entry(b, struct task_struct, scx.dsq_priq);

	return (s64)(READ_ONCE(ta->scx.dsq_vtime) - READ_ONCE(tb->scx.dsq_vtime)) < 0;
}

/* The task after @cur (NULL: the first) in a non-local DSQ, iterators' cursors skipped. DSQ lock. */
struct task_struct *nldsq_next_task(struct scx_dispatch_q *dsq, struct task_struct *cur, bool rev)
{
	struct list_head *at = cur ? &cur->scx.dsq_list.node : &dsq->list;
	struct scx_dsq_list_node *n;

	do {
		at = rev ? at->prev : at->next;
		if (at == &dsq->list)
			return NULL;
		n = list_entry(at, struct scx_dsq_list_node, node);
	} while (n->flags & SCX_DSQ_LNODE_ITER_CURSOR);
	return container_of(n, struct task_struct, scx.dsq_list);
}

/*
 * Can an SCX task that is inserted into rq's local DSQ start at once? After a false answer the CPU is guaranteed to go
 * through the dispatch path before it idles, so not inserting does not strand anything. rq lock.
 */
bool rq_is_open(struct rq *rq, u64 enq_flags)
{
	if (class_above_ext(rq->next_class))
		return false;
	if (class_below_ext(rq->next_class))
		return true;
	/* in the dispatch path: whether current goes on is decided at its end, see balance_one() */
	if (rq->scx.flags & SCX_RQ_IN_BALANCE)
		return true;
	/* the insertion itself ends current's slice */
	return enq_flags & SCX_ENQ_PREEMPT;
}

/* --- counting --- */

void dsq_inc_nr(struct scx_dispatch_q *dsq, struct task_struct *p, u64 enq_flags)
{
	WRITE_ONCE(dsq->nr, dsq->nr + 1);
	dsq_trace(TE_DSQ_INSERT, dsq, p, enq_flags, enq_flags & SCX_ENQ_DSQ_PRIQ ? p->scx.dsq_vtime : 0);
	if (enq_flags & SCX_ENQ_IMMED) {
		/* a task that fell back to the global DSQ loses the guarantee */
		if (dsq->id != SCX_DSQ_LOCAL)
			return;
		/* until the next fresh enqueue, so that it survives SAVE/RESTORE and longer slices */
		p->scx.flags |= SCX_TASK_IMMED;
	}
	if (dsq->id == SCX_DSQ_LOCAL && (p->scx.flags & SCX_TASK_IMMED)) {
		struct rq *rq = rq_of_local_dsq(dsq);

		rq->scx.nr_immed++;
		if (unlikely(dsq->nr > 1 || !rq_is_open(rq, enq_flags)))
			schedule_reenq_local(rq, 0);
	}
}

static void dsq_dec_nr(struct scx_dispatch_q *dsq, struct task_struct *p)
{
	WRITE_ONCE(dsq->nr, dsq->nr - 1);
	dsq_trace(TE_DSQ_REMOVE, dsq, p, 0, 0);
	/* only there can it be, and only there does the lock protect p's flags, too */
	if (dsq->id == SCX_DSQ_LOCAL && (p->scx.flags & SCX_TASK_IMMED))
		rq_of_local_dsq(dsq)->scx.nr_immed--;
}

/* --- inserting --- */

/* What follows an insertion into a local DSQ: custody ends, the CPU may have to look. rq lock. */
void local_dsq_post_enq(struct scx_sched *sch, struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	if (task_leave_custody(p) && SCX_HAS_OP(sch, dequeue))
		SCX_CALL_OP_TASK(sch, dequeue, rq, p, 0);

	/*
	 * The rq lock may be dropped before @p gets on the CPU. Raising next_class from idle to ext makes the core tell us
	 * (wakeup_preempt_scx) when a higher class wakes up meanwhile, and reschedules.
	 */
	if (feat(next_class) && sched_class_above(p->sched_class, rq->next_class))
		wakeup_preempt(rq, p, 0);

	/* the CPU is vacant and looking for a task: nobody to preempt */
	if (rq->scx.flags & SCX_RQ_IN_BALANCE)
		return;
	if ((enq_flags & SCX_ENQ_PREEMPT) && p != rq->curr && on_scx(rq->curr)) {
		scx_set_slice(rq->curr, 0);
		resched_curr(rq);
	} else if (!feat(next_class) && class_below_ext(rq->curr->sched_class)) {
		resched_curr(rq);
	}
}

static void dsq_link_priq(struct scx_sched *sch, struct scx_dispatch_q *dsq, struct task_struct *p)
{
	struct rb_node *before;

	/* tasks of a vtime DSQ are on list and tree both; only an empty tree tells that there are others */
	if (unlikely(RB_EMPTY_ROOT(&dsq->priq) && nldsq_next_task(dsq, NULL, false)))
		scx_error(sch, "DSQ ID 0x%016llx already had FIFO-enqueued tasks", (unsigned long long)dsq->id);
	p->scx.dsq_flags |= SCX_TASK_DSQ_ON_PRIQ;
	rb_add(&p->scx.dsq_priq, &dsq->priq, scx_dsq_priq_less);
	before = rb_prev(&p->scx.dsq_priq);
	if (before) {
		list_add(&p->scx.dsq_list.node,
			 &rb_entry(before, struct task_struct, scx.dsq_priq)->scx.dsq_list.node);
	} else {
		list_add(&p->scx.dsq_list.node, &dsq->list);
		WRITE_ONCE(dsq->first_task, p);
	}
}

static void dsq_link_fifo(struct scx_sched *sch, struct scx_dispatch_q *dsq, struct task_struct *p, u64 enq_flags)
{
	bool user = !(dsq->id & SCX_DSQ_FLAG_BUILTIN);

	if (unlikely(!RB_EMPTY_ROOT(&dsq->priq)))
		scx_error(sch, "DSQ ID 0x%016llx already had PRIQ-enqueued tasks", (unsigned long long)dsq->id);
	if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT)) {
		list_add(&p->scx.dsq_list.node, &dsq->list);
		if (user)
			WRITE_ONCE(dsq->first_task, p);
	} else {
		/* the list may have cursors, so its emptiness does not tell whether @p is the first task */
		list_add_tail(&p->scx.dsq_list.node, &dsq->list);
		if (user && !dsq->first_task)
			WRITE_ONCE(dsq->first_task, p);
	}
}

/*
 * Put @p, which is on no DSQ, on @dsq. rq: the locked one; for a local DSQ its own. With SCX_ENQ_CLEAR_OPSS the core
 * gets @p back from the BPF side: its ops_state becomes NONE, last, since then a dequeue may proceed.
 */
void dispatch_enqueue(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dsq, struct task_struct *p, u64 enq_flags)
{
	bool is_local = dsq->id == SCX_DSQ_LOCAL;

	assert_sched(!p->scx.dsq && list_empty(&p->scx.dsq_list.node), "task is on a DSQ already");
	assert_sched(!(p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ), "task is on a vtime DSQ already");
	if (!is_local) {
		raw_spin_lock(&dsq->lock);
		if (unlikely(dsq->id == SCX_DSQ_INVALID)) {
			scx_error(sch, "attempting to dispatch to a destroyed dsq");
			raw_spin_unlock(&dsq->lock);
			dsq = find_global_dsq(sch, task_cpu(p));
			raw_spin_lock(&dsq->lock);
		}
	}
	if (unlikely((dsq->id & SCX_DSQ_FLAG_BUILTIN) && (enq_flags & SCX_ENQ_DSQ_PRIQ))) {
		/* built-in DSQs are consumed in FIFO order; mixing would starve one kind */
		scx_error(sch, "cannot use vtime ordering for built-in DSQs");
		enq_flags &= ~SCX_ENQ_DSQ_PRIQ;
	}
	if (enq_flags & SCX_ENQ_DSQ_PRIQ)
		dsq_link_priq(sch, dsq, p);
	else
		dsq_link_fifo(sch, dsq, p, enq_flags);
	WRITE_ONCE(dsq->seq, dsq->seq + 1);
	p->scx.dsq_seq = dsq->seq;
	dsq_inc_nr(dsq, p, enq_flags);
	WRITE_ONCE(p->scx.dsq, dsq);

	if (!feat(opss_last) && (enq_flags & SCX_ENQ_CLEAR_OPSS)) {
		atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_NONE);
		enq_flags &= ~SCX_ENQ_CLEAR_OPSS;
	}
	/* custody before ops_state: once that is NONE, a dequeue changes p->scx.flags too */
	if (is_local) {
		local_dsq_post_enq(sch, rq_of_local_dsq(dsq), p, enq_flags);
	} else {
		bool left = false;

		/* from the global and bypass DSQs a task does not come back to the scheduler; under the DSQ lock, so that
		 * who consumes it sees the flag; the callback after it, since it may lock a DSQ itself */
		if (dsq->id == SCX_DSQ_GLOBAL || dsq->id == SCX_DSQ_BYPASS)
			left = task_leave_custody(p);
		else if (feat(custody))
			p->scx.flags |= SCX_TASK_IN_CUSTODY;
		raw_spin_unlock(&dsq->lock);
		if (left && SCX_HAS_OP(sch, dequeue))
			SCX_CALL_OP_TASK(sch, dequeue, rq, p, 0);
	}
	if (enq_flags & SCX_ENQ_CLEAR_OPSS)
		atomic_long_set_release(&p->scx.ops_state, SCX_OPSS_NONE);
}

/* --- removing --- */

/* DSQ lock (local: rq lock). p->scx.dsq stays: who unlinks decides what it becomes. */
void task_unlink_from_dsq(struct task_struct *p, struct scx_dispatch_q *dsq)
{
	assert_sched(!list_empty(&p->scx.dsq_list.node), "task is on no DSQ");
	if (p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ) {
		rb_erase(&p->scx.dsq_priq, &dsq->priq);
		RB_CLEAR_NODE(&p->scx.dsq_priq);
		p->scx.dsq_flags &= ~SCX_TASK_DSQ_ON_PRIQ;
	}
	list_del_init(&p->scx.dsq_list.node);
	dsq_dec_nr(dsq, p);
	if (!(dsq->id & SCX_DSQ_FLAG_BUILTIN) && dsq->first_task == p)
		WRITE_ONCE(dsq->first_task, nldsq_next_task(dsq, NULL, false));
}

/* Take @p off whatever queue it is on; a CPU that is moving it (holding_cpu) learns that it lost. @p's rq lock. */
void dispatch_dequeue(struct rq *rq, struct task_struct *p)
{
	struct scx_dispatch_q *dsq = READ_ONCE(p->scx.dsq);
	bool is_local = dsq == &rq->scx.local_dsq;

	if (!dsq) {
		/* on no DSQ, but linked: on rq->scx.ddsp_deferred_locals */
		if (unlikely(!list_empty(&p->scx.dsq_list.node)))
			list_del_init(&p->scx.dsq_list.node);
		/* dispatch_to_local_dsq() moves it from nowhere to a local DSQ */
		if (p->scx.holding_cpu >= 0)
			p->scx.holding_cpu = -1;
		return;
	}
	if (!is_local)
		raw_spin_lock(&dsq->lock);
	if (p->scx.holding_cpu < 0)
		task_unlink_from_dsq(p, dsq);
	else
		p->scx.holding_cpu = -1;	/* unlinked by unlink_dsq_and_lock_src_rq() */
	WRITE_ONCE(p->scx.dsq, NULL);
	if (!is_local)
		raw_spin_unlock(&dsq->lock);
}
