/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of the tests run in: some guest memory, and helpers that show one property each. */
#ifndef TESTS_VM_WORLD_H
#define TESTS_VM_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/vm.h"
#include "machine/machine.h"

struct world {
	struct gmem *g;
	struct kslab *tasks, *maps, *masks;
	struct task_struct *task, *freed;
	u32 *map;		/* key_size, value_size; of the tests' own "bpf_map" */
	u64 *value, *rodata;	/* 64 bytes each */
	void *mask;		/* a "bpf_cpumask" */
	u64 stack;
	u64 write_size;		/* bytes that helper 1009 writes */
	char bad_read[320];	/* the last report */
	u32 nr_reports;
};

static struct world world;

/* The tests' own, so that they do not depend on the implementation of maps. */
void bpf_map_sizes(const void *map, u32 *key_size, u32 *value_size, bool *asks_value)
{
	*key_size = ((const u32 *)map)[0];
	*value_size = ((const u32 *)map)[1];
	*asks_value = false;
}

static inline void world_create(void)
{
	size_t task_size = offsetof(struct task_struct, cpus_mask) + 8;
	struct world *w = &world;
	char err[256];

	if (gmem_create(&w->g, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
	w->tasks = kslab_create(w->g, "task_struct", task_size, 64, 0);
	w->maps = kslab_create(w->g, "bpf_map", 64, 8, 0);
	w->masks = kslab_create(w->g, "bpf_cpumask", 16, 8, 0);
	w->task = kslab_alloc(w->tasks);
	w->freed = kslab_alloc(w->tasks);
	kslab_free(w->tasks, w->freed);
	w->task->pid = 42;
	w->task->scx.slice = 1000;
	w->task->group_leader = w->task;
	w->task->cpus_ptr = &w->task->cpus_mask;
	w->map = kslab_alloc(w->maps);
	w->map[0] = 4;
	w->map[1] = 8;
	w->mask = kslab_alloc(w->masks);
	w->value = gmem_alloc_rw(w->g, 64, 8);
	w->rodata = gmem_alloc_rw(w->g, 64, 8);
	w->stack = (uintptr_t)gmem_alloc_rw(w->g, BPF_STACK_SIZE, 8);
}

/* Contents as every case finds them. */
static inline void world_reset(void)
{
	memset(world.value, 0, 64);
	world.value[0] = 0x1122334455667788;
	world.value[1] = 0xfedcba9876543210;
	memset(world.rodata, 0, 64);
	world.rodata[0] = 1;
	world.rodata[1] = 0xffffffff80000001;
	world.task->scx.slice = 1000;
	world.write_size = 8;
	world.nr_reports = 0;
	world.bad_read[0] = 0;
}

static inline bool world_name(const char *name, u64 *v)
{
	const struct { const char *name; u64 v; } names[] = {
		{ "task", (uintptr_t)world.task },	{ "freed", (uintptr_t)world.freed },
		{ "map", (uintptr_t)world.map },	{ "value", (uintptr_t)world.value },
		{ "rodata", (uintptr_t)world.rodata },	{ "mask", (uintptr_t)world.mask },
		{ "wild", 0x10000 },			{ "end", world.g->hi },
		{ "pid", offsetof(struct task_struct, pid) },
		{ "slice", offsetof(struct task_struct, scx.slice) },
		{ "leader", offsetof(struct task_struct, group_leader) },
		{ "parent", offsetof(struct task_struct, parent) },
		{ "cpus_ptr", offsetof(struct task_struct, cpus_ptr) },
	};

	for (u32 i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name)) {
			*v = names[i].v;
			return true;
		}
	return false;
}

/* --- helpers, which are kfuncs with the same numbers, too --- */

static u64 help_first(struct bpf_exec *x, const u64 a[5]) { return a[0]; }
static u64 help_sum(struct bpf_exec *x, const u64 a[5]) { return a[0] + a[1] + a[2] + a[3] + a[4]; }
static u64 help_task(struct bpf_exec *x, const u64 a[5]) { return (uintptr_t)world.task; }
static u64 help_null(struct bpf_exec *x, const u64 a[5]) { return 0; }
static u64 help_pid(struct bpf_exec *x, const u64 a[5])
{
	return a[0] ? ((struct task_struct *)a[0])->pid : 0;
}
static u64 help_value(struct bpf_exec *x, const u64 a[5])
{
	return *(u32 *)a[1] ? 0 : (uintptr_t)world.value;
}

/* test_loop(n, callback, ctx): the sum of callback(i, ctx) */
static u64 help_loop(struct bpf_exec *x, const u64 a[5])
{
	u64 sum = 0;

	for (u64 i = 0; i < a[0] && !x->fault.kind; i++)
		sum += bpf_vm_callback(x, a[1], (u64[5]){ i, a[2] });
	return sum;
}

static u64 help_fault(struct bpf_exec *x, const u64 a[5])
{
	bpf_fault(x, BPF_FAULT_LEAK, a[0], 0, "test_fault: lock %llu is held", (unsigned long long)a[0]);
	bpf_fault(x, BPF_FAULT_NESTED, 0, 0, "only the first one counts");
	return 1;
}

static u64 help_loop_then_fault(struct bpf_exec *x, const u64 a[5])
{
	help_loop(x, a);
	bpf_fault(x, BPF_FAULT_LEAK, 0, 0, "test_loop_then_fault");
	return 0;
}

static u64 help_bytes(struct bpf_exec *x, const u64 a[5])
{
	u64 sum = 0;

	for (u64 i = 0; i < a[1]; i++)
		sum += ((u8 *)a[0])[i];
	return sum;
}

static u64 help_fill(struct bpf_exec *x, const u64 a[5])
{
	memset((void *)a[0], 0x11, world.write_size);
	return 0;
}

static u64 help_mem(struct bpf_exec *x, const u64 a[5])
{
	return 7;
}

enum {
	HELP_FIRST = 1000,
	HELP_SUM,
	HELP_LOOP,
	HELP_TASK,
	HELP_NULL_KPTR,
	HELP_SLEEP,
	HELP_FAULT,
	HELP_PID,
	HELP_BYTES,
	HELP_FILL,
	HELP_VALUE,
	HELP_STR,
	HELP_CTX,
	HELP_PID_OR_NULL,
	HELP_MASK,
	HELP_MAP_VALUE,
	HELP_READ_OR_NULL,
	HELP_WRITE_N,
	HELP_LOOP_FAULT,
	HELP_END,
	HELP_FORBIDDEN = HELP_END,
};

#define SCALAR { .kind = ARG_SCALAR }
#define KOBJ(k, t) { .kind = k, .type = t }
#define MEM(k, n) { .kind = k, .size = n }
#define FUNC(n, f, fl, ...) { .name = n, .fn = f, .args = { __VA_ARGS__ }, .flags = fl }
static const struct bpf_func_desc help_table[] = {
	FUNC("test_first", help_first, 0, SCALAR),
	FUNC("test_sum", help_sum, 0, SCALAR, SCALAR, SCALAR, SCALAR, SCALAR),
	FUNC("test_loop", help_loop, 0, SCALAR, SCALAR, SCALAR),
	FUNC("test_task", help_task, BPF_FUNC_RET_KPTR),
	FUNC("test_null_kptr", help_null, BPF_FUNC_RET_KPTR),
	FUNC("test_sleep", help_null, BPF_FUNC_SLEEPS),
	FUNC("test_fault", help_fault, 0, SCALAR),
	FUNC("test_pid", help_pid, 0, KOBJ(ARG_KOBJ, "task_struct")),
	FUNC("test_bytes", help_bytes, 0, MEM(ARG_MEM_READ, 0), SCALAR),
	FUNC("test_fill", help_fill, 0, MEM(ARG_MEM_WRITE, 8)),
	FUNC("test_value", help_value, 0, MEM(ARG_MAP, 0), MEM(ARG_MAP_KEY, 0)),
	FUNC("test_str", help_mem, 0, MEM(ARG_STR, 8)),
	FUNC("test_ctx", help_mem, 0, MEM(ARG_CTX, 0)),
	FUNC("test_pid_or_null", help_pid, 0, KOBJ(ARG_KOBJ_OR_NULL, "task_struct")),
	FUNC("test_mask", help_mem, 0, KOBJ(ARG_KOBJ, "cpumask")),
	FUNC("test_map_value", help_mem, 0, MEM(ARG_MAP, 0), MEM(ARG_MAP_KEY, 0), MEM(ARG_MAP_VALUE, 0)),
	FUNC("test_read_or_null", help_mem, 0, MEM(ARG_MEM_READ_OR_NULL, 0), SCALAR),
	FUNC("test_write_n", help_mem, 0, MEM(ARG_MEM_WRITE, 0), SCALAR),
	FUNC("test_loop_then_fault", help_loop_then_fault, 0, SCALAR, SCALAR, SCALAR),
};
#undef SCALAR
#undef KOBJ
#undef MEM
#undef FUNC

static inline const struct bpf_func_desc *world_helper(void *arg, s32 id, const char **why)
{
	if (id == HELP_FORBIDDEN)
		*why = "only for tests that expect it";
	return id >= HELP_FIRST && id < HELP_END ? &help_table[id - HELP_FIRST] : NULL;
}

static inline const struct bpf_func_desc *world_kfunc(void *arg, u32 id, const char **why)
{
	return world_helper(arg, id, why);
}

/* As for a scheduler: of a task, scx.slice may be written. */
static inline bool world_store(struct bpf_exec *x, u64 addr, u32 size, u64 value)
{
	if (addr != (uintptr_t)&world.task->scx.slice || size != 8)
		return false;
	world.task->scx.slice = value;
	return true;
}

static inline bool world_is_const(void *arg, u64 addr, u32 size)
{
	return addr - (uintptr_t)world.rodata <= 64ul - size;
}

static inline void world_bad_read(struct bpf_exec *x, u32 insn, u64 addr, u32 size, const char *msg)
{
	world.nr_reports++;
	snprintf(world.bad_read, sizeof(world.bad_read), "%s", msg);
}

static inline struct bpf_vm_env world_env(void)
{
	return (struct bpf_vm_env){
		.helper = world_helper,
		.kfunc = world_kfunc,
		.store_kernel = world_store,
		.is_const = world_is_const,
		.bad_read = world_bad_read,
	};
}

/* An execution of @vp with a context of @nr slots; the caller may change it before bpf_vm_run(). */
static inline struct bpf_exec world_exec(struct bpf_vm_prog *vp, const u64 *ctx, u32 nr)
{
	struct bpf_exec x = {
		.vp = vp,
		.g = world.g,
		.stack = world.stack,
		.ctx = world.stack + BPF_MAX_FRAMES * BPF_FRAME_SIZE,
		.budget = 1000000,
	};

	/* garbage of somebody else's execution */
	memset((void *)(uintptr_t)world.stack, 0xa5, BPF_STACK_SIZE);
	for (u32 i = 0; i < nr; i++)
		((u64 *)(uintptr_t)x.ctx)[i] = ctx[i];
	return x;
}

#endif
