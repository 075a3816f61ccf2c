// SPDX-License-Identifier: GPL-2.0-only
/*
 * TASK_STORAGE: a value per task, which goes with the task or the map (kernel/bpf/bpf_task_storage.c,
 * bpf_local_storage.c).
 *
 * Every storage is in two lists: that of its task, where programs find it, and that of its map. Its value is guest
 * memory, which is used again only after an RCU grace period: programs that still have its address do no harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/map_task.h"
#include "bpf/run.h"
#include "sched/kernel.h"
#include "sched/sched.h"

#define CREATE_FLAGS (BPF_F_NO_PREALLOC | BPF_F_CLONE)
#define MAX_VALUE (UINT16_MAX - 128)	/* less what the kernel has beside a value: BPF_LOCAL_STORAGE_MAX_VALUE_SIZE */

struct task_storage {
	struct bmap *m;			/* NULL: it has gone, the value with it */
	void *value;			/* guest memory */
	struct task_storage *of_task, **of_task_at;
	struct task_storage *next, **at;	/* of the map; once it is deleted, of the runtime's list of those */
};

static u32 value_bytes(const struct bmap *m) { return (m->value_size + 7) & ~7u; }

static void link_to(struct task_storage *e, struct task_storage **head)
{
	e->next = *head;
	e->at = head;
	if (e->next)
		e->next->at = &e->next;
	*head = e;
}

static void unlink_map(struct task_storage *e)
{
	*e->at = e->next;
	if (e->next)
		e->next->at = e->at;
}

static void free_value(struct task_storage *e)
{
	bmap_fini_value(e->m, e->value);
	gmem_free_rw(e->m->obj.rt->g, e->value, value_bytes(e->m));
	e->m = NULL;
}

/* No program that runs can have found it before it was deleted. */
static void free_storage(void *arg)
{
	struct task_storage *e = arg;

	if (e->m)
		free_value(e);
	unlink_map(e);
	free(e);
}

/* Nobody finds it any more. */
static void delete_storage(struct task_storage *e)
{
	struct bpf_rt *rt = e->m->obj.rt;

	*e->of_task_at = e->of_task;
	if (e->of_task)
		e->of_task->of_task_at = e->of_task_at;
	unlink_map(e);
	link_to(e, &rt->dead_storages);
	if (this_mcpu)
		mach_call_rcu(this_mcpu->m, free_storage, e);
	else
		free_storage(e);
}

void task_storage_task_gone(void *arg, void **storages)
{
	while (*storages)
		delete_storage(*storages);
}

void task_storages_destroy(struct bpf_rt *rt)
{
	while (rt->dead_storages)
		free_storage(rt->dead_storages);
}

static struct task_storage *find(const struct bmap *m, struct task_struct *p)
{
	struct task_storage *e = *task_local_storage(p);

	while (e && e->m != m)
		e = e->of_task;
	return e;
}

/* NULL: out of memory */
static struct task_storage *create(struct bmap *m, struct task_struct *p, const void *init)
{
	struct gmem *g = m->obj.rt->g;
	struct task_storage *e = calloc(1, sizeof(*e)), **head = (struct task_storage **)task_local_storage(p);

	if (!e)
		return NULL;
	e->m = m;
	e->value = gmem_alloc_rw(g, value_bytes(m), 8);
	if (!e->value || bmap_init_value(m, e->value)) {
		if (e->value)
			gmem_free_rw(g, e->value, value_bytes(m));
		free(e);
		return NULL;
	}
	if (init)
		bmap_copy_value(m, e->value, init);
	e->of_task = *head;
	e->of_task_at = head;
	if (e->of_task)
		e->of_task->of_task_at = &e->of_task;
	*head = e;
	link_to(e, &m->storages);
	return e;
}

/* --- helpers --- */

static struct bmap *map_arg(struct bpf_exec *x, u64 addr, const char *func)
{
	struct bmap *m = bmap_of(run_rt(x), addr);

	if (m->t == &task_storage_map_type)
		return m;
	bpf_fault(x, BPF_FAULT_ARG, addr, 0, "%s: map %s is no TASK_STORAGE", func, m->name);
	return NULL;
}

u64 bpf_task_storage_get(struct bpf_exec *x, const u64 a[5])
{
	struct bmap *m = map_arg(x, a[0], "bpf_task_storage_get");
	struct task_struct *p = (struct task_struct *)(uintptr_t)a[1];
	struct task_storage *e;

	if (!m || a[3] & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE || !p)
		return 0;
	e = find(m, p);
	/* a task that has been given up gets no new one */
	if (!e && a[3] && READ_ONCE(p->usage.refs.counter))
		e = create(m, p, (const void *)(uintptr_t)a[2]);
	return e ? (uintptr_t)e->value : 0;
}

u64 bpf_task_storage_delete(struct bpf_exec *x, const u64 a[5])
{
	struct bmap *m = map_arg(x, a[0], "bpf_task_storage_delete");
	struct task_struct *p = (struct task_struct *)(uintptr_t)a[1];
	struct task_storage *e;

	if (!m)
		return 0;
	if (!p)
		return -EINVAL;
	e = find(m, p);
	if (!e)
		return -ENOENT;
	delete_storage(e);
	return 0;
}

/* --- the type --- */

static int storage_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (a->map_flags & ~CREATE_FLAGS || !(a->map_flags & BPF_F_NO_PREALLOC) || a->max_entries ||
	    a->key_size != 4 || !a->value_size || !a->btf_key_type_id || !a->btf_value_type_id)
		return -EINVAL;
	return a->value_size > MAX_VALUE ? -E2BIG : 0;
}

static int storage_create(struct bmap *m, struct bpf_sys *s)
{
	return 0;
}

/* Its programs are gone, so nobody has the address of a value. */
static void storage_free(struct bmap *m)
{
	struct bpf_rt *rt = m->obj.rt;

	while (m->storages)
		delete_storage(m->storages);
	for (struct task_storage *e = rt->dead_storages; e; e = e->next)
		if (e->m == m)
			free_value(e);
}

static int storage_check_btf(struct bmap *m, const struct kbtf *b, u32 key, u32 value)
{
	const struct btf_type *t = kbtf_type(b, key);
	u32 data;

	if (kbtf_kind(t) != BTF_KIND_INT)
		return -EINVAL;
	data = *(const u32 *)(t + 1);
	return BTF_INT_BITS(data) == 32 && !BTF_INT_OFFSET(data) ? 0 : -EINVAL;
}

/* By system call the key is the descriptor of a process (pidfd), and there are none of simulated tasks. */
static int storage_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	return -EBADF;
}

static int storage_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	return -EBADF;
}

static int storage_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	return -EBADF;
}

static int storage_next_key(struct bmap *m, const void *key, void *next)
{
	return -ENOTSUPP;
}

static u32 storage_value_size(const struct bmap *m, u64 flags)
{
	return m->value_size;
}

const struct bmap_type task_storage_map_type = {
	.type = BPF_MAP_TYPE_TASK_STORAGE,
	.check = storage_check,
	.create = storage_create,
	.free = storage_free,
	.check_btf = storage_check_btf,
	.sys_value_size = storage_value_size,
	.sys_lookup = storage_sys_lookup,
	.sys_update = storage_sys_update,
	.sys_remove = storage_sys_remove,
	.next_key = storage_next_key,
	.has_fields = true,
};
