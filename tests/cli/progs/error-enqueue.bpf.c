// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_bpf_error() with the lock of a run queue held.
 * status: 3
 * stderr: scheduler "test" ended: scx_bpf_error (flags 0x
 */
#include "tests/cli/progs/prog.h"

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_error("flags 0x%llx", enq_flags);
}

SCHEDULER(.enqueue = (void *)enqueue);
