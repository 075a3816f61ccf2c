// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pointer that is no reference is put into a value that owns it.
 * status: 5
 * stderr: rule-kptr-not-owned.bpf.c:@LINE: tick: bad argument
 * stderr: must be NULL or a reference to a task_struct that this execution acquired
 */
#include "tests/cli/progs/prog.h"

void bpf_task_release(struct task_struct *p) __ksym;

struct item {
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct item);
} items SEC(".maps");

SEC("struct_ops/tick")
void BPF_PROG(tick, struct task_struct *p)
{
	u32 zero = 0;
	struct item *v = bpf_map_lookup_elem(&items, &zero);

	if (!v)
		return;
	p = bpf_kptr_xchg(&v->task, p);	/* HERE */
	if (p)
		bpf_task_release(p);
}

SCHEDULER(.tick = (void *)tick);
