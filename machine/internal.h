/* SPDX-License-Identifier: GPL-2.0-only */
/* What the machines share; not for their users. */
#ifndef MACHINE_INTERNAL_H
#define MACHINE_INTERNAL_H

#include "machine/machine.h"

/*
 * Fill the common part of a machine from @cfg; the machine sets ops, horizon_ns and the CPUs. 0 or -ENOMEM,
 * which leaves nothing allocated.
 */
int machine_init(struct machine *m, const struct machine_config *cfg, const struct mach_ops *ops);
void machine_fini(struct machine *m);
void choose_init(struct machine *m);

/*
 * The end of the process: memory is short in the middle of an operation that cannot fail.
 * @what: that there was no memory for
 */
_Noreturn void machine_out_of_memory(const char *what);

/*
 * Stack of a CPU's own context: the deepest there are sinks of the trace and BPF programs in interrupt
 * handlers.
 */
#define CPU_STACK (256 * 1024)

static inline s32 curr_pid(const struct mcpu *c)
{
	return c->curr ? c->curr->pid : -1;
}

/* the first tick after @now_ns */
static inline u64 next_tick(const struct machine *m, u64 now_ns)
{
	return (now_ns / m->tick_ns + 1) * m->tick_ns;
}

#endif
