// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task is put on a queue that nobody has made.
 * status: 3
 * stderr: scheduler "test" ended: runtime error (non-existent DSQ 0x2a)
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, 42, SCX_SLICE_DFL, enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
