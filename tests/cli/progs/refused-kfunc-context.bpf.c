// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kfunc that belongs to ops.dispatch(), called in another operation.
 * status: 2
 * stderr: refused-kfunc-context.bpf.c:@LINE: enqueue:
 * stderr: scx_bpf_dsq_move_to_local is not allowed in ops.enqueue
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_move_to_local(SCX_DSQ_GLOBAL);	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
