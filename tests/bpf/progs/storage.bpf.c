// SPDX-License-Identifier: GPL-2.0-only
/* Storage of tasks: created with an initial value, found again, deleted, gone with the task. */
#include "sched.h"

#define CREATE BPF_LOCAL_STORAGE_GET_F_CREATE

struct mine {
	s64 pid;
	struct bpf_spin_lock lock;
	u64 runs;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mine);
} mine SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} other SEC(".maps");

u64 nr_created, nr_lost, nr_runs, wrong_pid, wrong_init, not_null, max_runs;
s32 delete_none, delete_there, delete_again, after_delete = 1;

OPS(storage_enable), struct task_struct *p)
{
	struct mine init = { .pid = p->pid, .runs = 1000 }, *m;
	u64 *o;

	not_null += bpf_task_storage_get(&mine, p, &init, 0) != NULL;
	not_null += bpf_task_storage_get(&mine, p, &init, 2) != NULL;
	m = bpf_task_storage_get(&mine, p, &init, CREATE);
	if (!m)
		return 0;
	wrong_init += m->pid != p->pid || m->runs != 1000 || bpf_task_storage_get(&mine, p, NULL, CREATE) != m;
	nr_created++;
	delete_none = bpf_task_storage_delete(&other, p);
	o = bpf_task_storage_get(&other, p, NULL, CREATE);
	wrong_init += !o || *o;
	delete_there = bpf_task_storage_delete(&other, p);
	delete_again = bpf_task_storage_delete(&other, p);
	after_delete = bpf_task_storage_get(&other, p, NULL, 0) != NULL;
	/* programs may still use what they found */
	if (o)
		*o = 5;
	return 0;
}

OPS(storage_running), struct task_struct *p)
{
	struct mine *m = bpf_task_storage_get(&mine, p, NULL, 0);

	nr_runs++;
	if (!m) {
		nr_lost++;
		return 0;
	}
	bpf_spin_lock(&m->lock);
	m->runs++;
	bpf_spin_unlock(&m->lock);
	wrong_pid += m->pid != p->pid;
	if (m->runs > max_runs)
		max_runs = m->runs;
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops storage_ops = {
	.enable = (void *)storage_enable,
	.running = (void *)storage_running,
	.name = "storage",
};
