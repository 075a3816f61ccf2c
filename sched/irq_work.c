// SPDX-License-Identifier: GPL-2.0-only
/* Work in hard interrupt context (kernel/irq_work.c; all of ours is IRQ_WORK_HARD). */
#include "sched/core.h"

static bool queue_on(struct irq_work *w, int cpu)
{
	struct rq_priv *rp = &this_kernel()->rq_priv[cpu];
	struct irq_work *first;

	mach_sync();
	if (__atomic_exchange_n(&w->pending, 1, __ATOMIC_SEQ_CST))
		return false;
	first = READ_ONCE(rp->irq_works);
	do
		w->next = first;
	while (!__atomic_compare_exchange_n(&rp->irq_works, &first, w, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	if (!first)
		mach_send_ipi(cpu, IPI_IRQ_WORK);
	return true;
}

bool irq_work_queue(struct irq_work *w)
{
	return queue_on(w, smp_processor_id());
}

bool irq_work_queue_on(struct irq_work *w, int cpu)
{
	return queue_on(w, cpu);
}

void irq_work_run(struct rq *rq)
{
	struct irq_work *list, *w, *fifo = NULL;

	list = __atomic_exchange_n(&rq_priv(rq)->irq_works, NULL, __ATOMIC_SEQ_CST);
	while ((w = list)) {
		list = w->next;
		w->next = fifo;
		fifo = w;
	}
	while ((w = fifo)) {
		fifo = w->next;
		/* before the call: it may be queued again from then on */
		__atomic_store_n(&w->pending, 0, __ATOMIC_SEQ_CST);
		w->fn(w);
	}
}
