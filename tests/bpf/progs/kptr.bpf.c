// SPDX-License-Identifier: GPL-2.0-only
/* References that map values own, and CPU masks. */
#include "sched.h"

struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_release(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *m) __ksym;
void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *m) __ksym;
bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *m) __ksym;
bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *m) __ksym;
bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *m) __ksym;
void bpf_cpumask_setall(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_clear(struct bpf_cpumask *m) __ksym;
void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src) __ksym;
bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *a, const struct cpumask *b) __ksym;
void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *a, const struct cpumask *b) __ksym;
void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *a, const struct cpumask *b) __ksym;
bool bpf_cpumask_empty(const struct cpumask *m) __ksym;
bool bpf_cpumask_full(const struct cpumask *m) __ksym;
bool bpf_cpumask_equal(const struct cpumask *a, const struct cpumask *b) __ksym;
bool bpf_cpumask_intersects(const struct cpumask *a, const struct cpumask *b) __ksym;
bool bpf_cpumask_subset(const struct cpumask *a, const struct cpumask *b) __ksym;
u32 bpf_cpumask_weight(const struct cpumask *m) __ksym;
u32 bpf_cpumask_first(const struct cpumask *m) __ksym;
u32 bpf_cpumask_first_zero(const struct cpumask *m) __ksym;
u32 bpf_cpumask_first_and(const struct cpumask *a, const struct cpumask *b) __ksym;
u32 bpf_cpumask_any_distribute(const struct cpumask *m) __ksym;
u32 bpf_cpumask_any_and_distribute(const struct cpumask *a, const struct cpumask *b) __ksym;
struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;

#define cast(m) ((const struct cpumask *)(m))

struct item {
	u64 before;
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr *task;
	struct task_struct __kptr_untrusted *seen;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct item);
} items SEC(".maps");

/* a reference of a global variable */
struct bpf_cpumask __kptr *global_mask;

u64 failed;	/* bits of the checks below */
s32 task_pid, seen_pid;
u64 distributed;

static struct item *item(u32 i) { return bpf_map_lookup_elem(&items, &i); }

#define CHECK(bit, ok) (failed |= (ok) ? 0 : 1ull << (bit))

/* 4 CPUs */
static int masks(struct bpf_cpumask *a, struct bpf_cpumask *b)
{
	CHECK(0, bpf_cpumask_empty(cast(a)) && bpf_cpumask_first(cast(a)) >= 4);
	bpf_cpumask_set_cpu(1, a);
	bpf_cpumask_set_cpu(3, a);
	bpf_cpumask_set_cpu(4, a);		/* there is none */
	CHECK(1, bpf_cpumask_weight(cast(a)) == 2 && bpf_cpumask_first(cast(a)) == 1);
	CHECK(2, bpf_cpumask_test_cpu(3, cast(a)) && !bpf_cpumask_test_cpu(2, cast(a)) && !bpf_cpumask_test_cpu(4, cast(a)));
	CHECK(3, bpf_cpumask_test_and_set_cpu(3, a) && !bpf_cpumask_test_and_set_cpu(0, a));
	CHECK(4, bpf_cpumask_first_zero(cast(a)) == 2);
	CHECK(5, bpf_cpumask_test_and_clear_cpu(0, a) && !bpf_cpumask_test_and_clear_cpu(0, a));
	bpf_cpumask_setall(b);
	CHECK(6, bpf_cpumask_full(cast(b)) && !bpf_cpumask_full(cast(a)));
	CHECK(7, bpf_cpumask_subset(cast(a), cast(b)) && !bpf_cpumask_subset(cast(b), cast(a)));
	bpf_cpumask_xor(b, cast(a), cast(b));	/* 0, 2 */
	CHECK(8, bpf_cpumask_first(cast(b)) == 0 && bpf_cpumask_weight(cast(b)) == 2);
	CHECK(9, !bpf_cpumask_intersects(cast(a), cast(b)) && bpf_cpumask_first_and(cast(a), cast(b)) >= 4);
	CHECK(10, !bpf_cpumask_and(b, cast(a), cast(b)) && bpf_cpumask_empty(cast(b)));
	bpf_cpumask_copy(b, cast(a));
	CHECK(11, bpf_cpumask_equal(cast(a), cast(b)));
	bpf_cpumask_clear_cpu(1, b);
	CHECK(12, !bpf_cpumask_equal(cast(a), cast(b)) && bpf_cpumask_first_and(cast(a), cast(b)) == 3);
	CHECK(13, bpf_cpumask_any_and_distribute(cast(a), cast(b)) == 3);
	/* in turn */
	for (int i = 0; i < 4; i++)
		distributed = distributed * 10 + bpf_cpumask_any_distribute(cast(a));
	bpf_cpumask_clear(b);
	bpf_cpumask_or(b, cast(b), cast(a));
	CHECK(14, bpf_cpumask_equal(cast(a), cast(b)));
	return 0;
}

SEC("struct_ops.s/kptr_init")
s32 BPF_PROG(kptr_init)
{
	struct bpf_cpumask *a = bpf_cpumask_create(), *b = bpf_cpumask_create(), *c;
	struct item *v = item(0);
	struct task_struct *p = bpf_task_from_pid(1);

	if (!v || !a || !b || !p)
		return -1;
	masks(a, b);
	c = bpf_cpumask_acquire(a);
	c = bpf_kptr_xchg(&global_mask, c);
	CHECK(20, !c);
	c = bpf_kptr_xchg(&v->mask, a);
	CHECK(21, !c && v->mask == a && v->mask == global_mask);
	/* the other comes out again */
	c = bpf_kptr_xchg(&v->mask, b);
	CHECK(22, c == a && v->mask == b);
	if (c)
		bpf_cpumask_release(c);
	CHECK(23, bpf_cpumask_weight(cast(global_mask)) == 2);
	c = bpf_kptr_xchg(&global_mask, NULL);
	CHECK(24, c == a && !global_mask);
	if (c)
		bpf_cpumask_release(c);
	v->seen = p;
	p = bpf_kptr_xchg(&v->task, p);
	CHECK(25, !p);
	return 0;
}

OPS(kptr_running), struct task_struct *p)
{
	struct item *v = item(0);

	if (!v)
		return 0;
	task_pid = v->task ? v->task->pid : -1;
	seen_pid = v->seen ? v->seen->pid : -1;
	CHECK(30, v->mask && bpf_cpumask_weight(cast(v->mask)) == 2);
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops kptr_ops = {
	.running = (void *)kptr_running,
	.init = (void *)kptr_init,
	.name = "kptr",
};
