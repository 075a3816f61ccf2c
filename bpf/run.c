// SPDX-License-Identifier: GPL-2.0-only
/* Executions: stacks, nesting, references, and what becomes of a broken rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/kptr.h"
#include "bpf/map.h"
#include "bpf/run.h"
#include "bpf/struct_ops.h"
#include "sched/ext/kfuncs.h"
#include "sched/sched.h"

/* --- stacks and nesting: per CPU --- */

static struct bpf_cpu *this_bpf_cpu(struct bpf_rt *rt)
{
	return &rt->cpu[this_mcpu ? (u32)this_mcpu->id : rt->nr_cpus];
}

static bool irq_save(void) { return this_mcpu ? local_irq_save() : true; }

static void irq_restore(bool off)
{
	if (this_mcpu)
		local_irq_restore(off);
}

static u64 new_stack(struct bpf_rt *rt)
{
	u64 *all = realloc(rt->stacks, (rt->nr_stacks + 1) * sizeof(*all));
	void *stack;

	if (!all)
		return 0;
	rt->stacks = all;
	stack = gmem_alloc_rw(rt->g, BPF_STACK_SIZE, 16);
	if (!stack)
		return 0;
	return rt->stacks[rt->nr_stacks++] = (uintptr_t)stack;
}

/*
 * A stack for an execution that begins on this CPU; 0: too deeply nested, or no memory. A program that sleeps
 * may end on another CPU and does not count as nested in what runs here meanwhile.
 */
static u64 stack_get(struct bpf_rt *rt, bool sleepable)
{
	bool off = irq_save();
	struct bpf_cpu *c = this_bpf_cpu(rt);
	u64 stack = 0;

	if (sleepable || c->nest < BPF_MAX_NEST)
		stack = c->nr_stacks ? c->stacks[--c->nr_stacks] : new_stack(rt);
	if (stack && !sleepable)
		c->nest++;
	irq_restore(off);
	return stack;
}

static void stack_put(struct bpf_rt *rt, bool sleepable, u64 stack)
{
	bool off = irq_save();
	struct bpf_cpu *c = this_bpf_cpu(rt);

	if (!sleepable)
		c->nest--;
	/* more than these only after many sleeping programs; they are freed with the runtime */
	if (c->nr_stacks < BPF_MAX_NEST)
		c->stacks[c->nr_stacks++] = stack;
	irq_restore(off);
}

/* --- references --- */

bool run_acquire(struct bpf_exec *x, enum run_ref_kind kind, u64 addr)
{
	struct run *r = to_run(x);

	if (r->nr_refs == RUN_MAX_REFS) {
		bpf_fault(x, BPF_FAULT_LEAK, addr, 0, "more than %u references are held at once",
			  RUN_MAX_REFS);
		return false;
	}
	r->refs[r->nr_refs].addr = addr;
	r->refs[r->nr_refs++].kind = kind;
	return true;
}

static s32 find_ref(const struct run *r, enum run_ref_kind kind, u64 addr)
{
	for (u32 i = r->nr_refs; i; i--)
		if (r->refs[i - 1].kind == kind && r->refs[i - 1].addr == addr)
			return i - 1;
	return -1;
}

bool run_has(struct bpf_exec *x, enum run_ref_kind kind, u64 addr)
{
	return find_ref(to_run(x), kind, addr) >= 0;
}

bool run_release(struct bpf_exec *x, enum run_ref_kind kind, u64 addr, const char *func)
{
	struct run *r = to_run(x);
	s32 i = find_ref(r, kind, addr);

	if (i < 0) {
		bpf_fault(x, BPF_FAULT_ARG, addr, 0,
			  "%s: argument 1 is not a reference that this execution acquired", func);
		return false;
	}
	r->refs[i] = r->refs[--r->nr_refs];
	return true;
}

void run_unlock(struct run *r)
{
	struct field *f = r->lock;

	r->lock = NULL;
	r->x.locked = false;
	field_unlock(f, r->lock_irqs_off);
}

/* What is held at the end is a broken rule, and given back. */
static void drop_refs(struct run *r)
{
	static const char *const what[] = {
		[REF_TASK] = "a task (bpf_task_release() is missing)",
		[REF_CPUMASK] = "a cpumask (scx_bpf_put_cpumask() or scx_bpf_put_idle_cpumask() is missing)",
		[REF_BPF_CPUMASK] = "a bpf_cpumask (bpf_cpumask_release() is missing)",
		[REF_ITER_NUM] = "a number iterator (bpf_iter_num_destroy() is missing)",
	};

	if (r->lock) {
		bpf_fault(&r->x, BPF_FAULT_LEAK, r->lock->addr, 0,
			  "a bpf_spin_lock (bpf_spin_unlock() is missing)");
		run_unlock(r);
	}
	if (r->nr_refs)
		bpf_fault(&r->x, BPF_FAULT_LEAK, r->refs[0].addr, 0, "%s", what[r->refs[0].kind]);
	else if (r->rcu_depth)
		bpf_fault(&r->x, BPF_FAULT_LEAK, r->rcu_depth, 0,
			  "the RCU read lock (bpf_rcu_read_unlock() is missing)");
	for (u32 i = 0; i < r->nr_refs; i++) {
		const struct kptr_type *t = kptr_type_of(r->refs[i].kind);

		if (t)
			t->put(run_rt(&r->x), r->refs[i].addr);
	}
	r->nr_refs = 0;
}

/* --- broken rules --- */

/*
 * "file:line: function: kind of fault: details": faults of memory have the kind in their details, behind the
 * instruction.
 */
static void say_fault(const struct run *r, char *buf, size_t len)
{
	const struct bpf_fault *why = &r->x.fault;
	const char *kind = bpf_fault_text(why->kind), *details = strstr(why->msg, kind);
	char where[256];

	bprog_where(r->x.prog, why->insn, where, sizeof(where));
	if (details)
		snprintf(buf, len, "%s: %s", where, details);
	else
		snprintf(buf, len, "%s: %s: %s", where, kind, why->msg);
}

static void record_fault(struct bpf_rt *rt, struct run *r)
{
	struct bpf_rt_fault *f = &rt->fault;
	const struct bpf_fault *why = &r->x.fault;
	const struct bprog *p = r->x.prog;
	const struct bpf_line_info *l = bprog_line(p, why->insn);
	const char *text = l ? kbtf_str(p->btf, l->line_off) : "";
	char where[256];
	size_t n;

	f->kind = why->kind;
	f->insn = why->insn;
	f->value = why->value;
	snprintf(f->prog, sizeof(f->prog), "%s", bprog_func_name(p, why->insn));
	bprog_where(p, why->insn, where, sizeof(where));
	if (l)
		snprintf(f->source, sizeof(f->source), "%.*s", (int)(strrchr(where, ':') - where), where);
	snprintf(f->line, sizeof(f->line), "%s", text + strspn(text, " \t"));
	for (char *c = f->line; (c = strchr(c, '\t')); )
		*c = ' ';
	bpf_vm_disasm(p->vp, why->insn, f->insn_text, sizeof(f->insn_text));
	say_fault(r, f->msg, sizeof(f->msg));
	n = strlen(f->msg);
	if (*f->line)
		n += snprintf(f->msg + n, sizeof(f->msg) - n, "; source: \"%s\"", f->line);
	if (n < sizeof(f->msg))
		snprintf(f->msg + n, sizeof(f->msg) - n, "; instruction: \"%s\"", f->insn_text);
	rt->faulted = true;
}

static void report_fault(struct bpf_rt *rt, struct run *r)
{
	struct scx_sched *sch = r->sch;
	char text[768];

	if (!rt->faulted)
		record_fault(rt, r);
	if (!sch && rt->k && this_mcpu)
		sch = scx_root_sched(rt->k);
	if (!sch)
		return;
	say_fault(r, text, sizeof(text));
	scx_fail(sch, SCX_EXIT_ERROR, 0, "BPF program broke a rule: %s", text);
}

/* --- what the execution asks --- */

/* Programs may store to a few fields of tasks; the class knows which (bpf_scx_btf_struct_access). */
bool bprog_store_kernel(struct bpf_exec *x, u64 addr, u32 size, u64 value)
{
	void *obj;
	struct kslab *s = kslab_find(x->g, addr, &obj);

	if (!s || strcmp(kslab_type_name(s), "task_struct"))
		return false;
	return scx_bpf_task_store(to_run(x)->sch, obj, addr - (uintptr_t)obj, size, value);
}

bool bprog_is_const(void *prog, u64 addr, u32 size)
{
	const struct bprog *p = prog;

	for (u32 i = 0; i < p->nr_maps; i++) {
		const struct bmap *m = p->maps[i];

		if (m->frozen && m->array.ro && addr - (uintptr_t)m->array.values < m->array.bytes &&
		    size <= m->array.bytes - (addr - (uintptr_t)m->array.values))
			return true;
	}
	return false;
}

/* In the kernel nobody would ever know. */
void bprog_bad_read(struct bpf_exec *x, u32 insn, u64 addr, u32 size, const char *msg)
{
	const struct bprog *p = run_prog(x);
	struct bpf_rt *rt = run_rt(x);
	char where[256];

	if (rt->k)
		kernel_printk(rt->k, "bpf: %s: %s", bprog_where(p, insn, where, sizeof(where)), msg);
}

/* --- an execution --- */

/* False, and reported: too many are nested. */
static inline bool run_begin(struct run *r, struct bprog *p, struct scx_sched *sch, bool sleepable)
{
	struct bpf_rt *rt = p->obj.rt;

	/* member by member: most of it is room for references and a message, which would be zeroed at every call */
	r->x.vp = p->vp;
	r->x.rt = rt;
	r->x.prog = p;
	r->x.g = rt->g;
	r->x.insns = 0;
	r->x.charged = 0;
	r->x.budget = BPF_BUDGET;
	r->x.insn = 0;
	r->x.frames = 0;
	r->x.bad_reads = 0;
	r->x.sleepable = sleepable;
	r->x.locked = false;
	r->x.fault.kind = BPF_FAULT_NONE;
	r->sch = sch;
	r->rcu_depth = 0;
	r->lock = NULL;
	r->nr_refs = 0;
	r->x.stack = stack_get(rt, sleepable);
	if (!r->x.stack) {
		bpf_fault(&r->x, BPF_FAULT_NESTED, BPF_MAX_NEST, 0,
			  "more than %u programs are nested on one CPU", BPF_MAX_NEST);
		report_fault(rt, r);
		return false;
	}
	r->x.ctx = r->x.stack + BPF_MAX_FRAMES * BPF_FRAME_SIZE;
	return true;
}

static inline void run_end(struct run *r)
{
	drop_refs(r);
	stack_put(run_rt(&r->x), r->x.sleepable, r->x.stack);
	if (r->x.fault.kind)
		report_fault(run_rt(&r->x), r);
}

u64 bprog_run(struct bprog *p, struct scx_sched *sch, const u64 *args, u64 *insns)
{
	struct task_struct *curr = this_mcpu ? current : NULL;
	struct run r;
	u64 ret;

	*insns = 0;
	if (!run_begin(&r, p, sch, p->sleepable))
		return 0;
	memcpy((void *)(uintptr_t)r.x.ctx, args, p->nr_args * sizeof(*args));
	/* programs run with migration disabled (__bpf_prog_enter*), which they can see in the current task */
	if (curr)
		curr->migration_disabled++;
	ret = bpf_vm_run(&r.x);
	if (curr)
		curr->migration_disabled--;
	run_end(&r);
	*insns = r.x.insns;
	return r.x.fault.kind ? 0 : ret;
}

/* The scheduler that a program belongs to outside of its operations (7.x: scx_prog_sched); NULL: not to one. */
static struct scx_sched *sched_of(const struct bprog *p)
{
	return p->assoc && !p->assoc_many ? p->assoc->st_ops->sch : NULL;
}

bool bprog_run_ctx(struct bprog *p, void *ctx, u64 *ret)
{
	struct task_struct *curr = this_mcpu ? current : NULL;
	struct run r;

	if (!run_begin(&r, p, sched_of(p), p->sleepable))
		return false;
	if (ctx)
		r.x.ctx = (uintptr_t)ctx;
	if (curr)
		curr->migration_disabled++;
	*ret = bpf_vm_run(&r.x);
	if (curr)
		curr->migration_disabled--;
	run_end(&r);
	return !r.x.fault.kind;
}

void bprog_call_back(struct bprog *p, u64 entry, struct bmap *m, void *value)
{
	struct run r;
	u64 key;

	if (!run_begin(&r, p, sched_of(p), false))
		return;
	key = m->t->key_of(m, value, (void *)(uintptr_t)r.x.ctx);
	bpf_vm_callback(&r.x, entry, (u64[5]){ (uintptr_t)m->guest, key, (uintptr_t)value });
	run_end(&r);
}
