// SPDX-License-Identifier: GPL-2.0-only
/*
 * A number that is no helper.
 * status: 2
 * stderr: refused-helper.bpf.c:@LINE: enqueue: invalid func unknown#9999
 */
#include "tests/cli/progs/prog.h"

static long (*const bpf_not_yet_invented)(void) = (void *)9999;

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, u64 enq_flags)
{
	bpf_not_yet_invented();	/* HERE */
}

SCHEDULER(.enqueue = (void *)enqueue);
