// SPDX-License-Identifier: GPL-2.0-only
/* Calls of helpers and kfuncs: every argument is checked by its kind first. */
#include <stdio.h>
#include <string.h>

#include "bpf/vm_impl.h"

/*
 * Kernel objects that are part of another one, which programs pass for what they are: the kernel's verifier
 * follows BTF members (btf_struct_ids_match), and p->cpus_ptr points to p->cpus_mask.
 */
static const struct {
	const char *outer;
	u32 offset;
	const char *inner;
} embedded[] = {
	{ "task_struct", offsetof(struct task_struct, cpus_mask), "cpumask" },
	{ "task_struct", offsetof(struct task_struct, scx), "sched_ext_entity" },
	{ "bpf_cpumask", 0, "cpumask" },
};

static bool is_embedded(const char *outer, u64 offset, const char *inner)
{
	for (u32 i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++)
		if (embedded[i].offset == offset && !strcmp(embedded[i].outer, outer) &&
		    !strcmp(embedded[i].inner, inner))
			return true;
	return false;
}

static bool is_kobj(const struct bpf_exec *x, u64 addr, const char *type)
{
	void *obj;
	struct kslab *s = kslab_find(x->g, addr, &obj);
	u64 offset;

	if (!s)
		return false;
	offset = addr - (uintptr_t)obj;
	if (!offset && !strcmp(kslab_type_name(s), type))
		return true;
	return is_embedded(kslab_type_name(s), offset, type);
}

const char *bpf_describe(const struct bpf_exec *x, u64 addr, char *buf, size_t len)
{
	unsigned long long a = addr;
	struct kslab *s;
	void *obj;

	if (!addr) {
		snprintf(buf, len, "NULL");
	} else if (addr < 4096) {
		snprintf(buf, len, "0x%llx (NULL pointer plus %llu)", a, a);
	} else if (addr - x->stack < BPF_MAX_FRAMES * BPF_FRAME_SIZE) {
		snprintf(buf, len, "0x%llx (stack)", a);
	} else if (addr - x->stack < BPF_STACK_SIZE) {
		snprintf(buf, len, "0x%llx (context)", a);
	} else if (addr - x->g->mid < x->g->hi - x->g->mid) {
		snprintf(buf, len, "0x%llx (map value)", a);
	} else if (addr - x->g->lo >= x->g->hi - x->g->lo) {
		snprintf(buf, len, "0x%llx (outside of guest memory)", a);
	} else {
		s = kslab_find(x->g, addr, &obj);
		if (!s)
			snprintf(buf, len, "0x%llx (freed kernel object)", a);
		else if (addr == (uintptr_t)obj)
			snprintf(buf, len, "0x%llx (%s)", a, kslab_type_name(s));
		else
			snprintf(buf, len, "0x%llx (%llu bytes into a %s)", a,
				 (unsigned long long)(addr - (uintptr_t)obj), kslab_type_name(s));
	}
	return buf;
}

static bool bad_arg(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 v, u64 size,
		    const char *must)
{
	char got[128];

	bpf_fault(x, BPF_FAULT_ARG, v, size, "%s: argument %u must be %s, got %s", d->name, k + 1, must,
		  bpf_describe(x, v, got, sizeof(got)));
	return false;
}

static bool check_kobj(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 v)
{
	const char *type = d->args[k].type;
	char must[80];

	if (is_kobj(x, v, type))
		return true;
	snprintf(must, sizeof(must), "%s %s%s", strchr("aeiou", type[0]) ? "an" : "a", type,
		 d->args[k].kind == ARG_KOBJ_OR_NULL ? " or NULL" : "");
	return bad_arg(x, d, k, v, 0, must);
}

static bool check_read(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 v, u64 size,
		       const char *what)
{
	char must[80];

	if (gmem_can_read(x->g, v, size))
		return true;
	snprintf(must, sizeof(must), "%llu readable bytes%s", (unsigned long long)size, what);
	return bad_arg(x, d, k, v, size, must);
}

static bool check_write(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 v, u64 size)
{
	char must[80];

	if (gmem_can_write(x->g, v, size))
		return true;
	snprintf(must, sizeof(must), "%llu bytes that the program may write", (unsigned long long)size);
	return bad_arg(x, d, k, v, size, must);
}

static bool check_str(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 v)
{
	u64 max = d->args[k].size, left;
	char must[80];

	if (!gmem_can_read(x->g, v, 1))
		return bad_arg(x, d, k, v, max, "a string");
	left = x->g->hi - v;
	if (!max || left < max)
		max = left;
	if (memchr((const void *)(uintptr_t)v, 0, max))
		return true;
	snprintf(must, sizeof(must), "a string that ends within %llu bytes", (unsigned long long)max);
	return bad_arg(x, d, k, v, max, must);
}

static bool check_map_part(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, u64 map, u64 v)
{
	bool key = d->args[k].kind == ARG_MAP_KEY;
	u32 key_size, value_size, size;
	bool asks_value;

	bpf_map_sizes((const void *)(uintptr_t)map, &key_size, &value_size, &asks_value);
	size = key ? key_size : value_size;
	if (d->args[k].kind == ARG_MAP_VALUE_OUT && !asks_value)
		return check_write(x, d, k, v, size);
	return !size || check_read(x, d, k, v, size, key ? ", a key of the map" : ", a value of the map");
}

static bool check_arg(struct bpf_exec *x, const struct bpf_func_desc *d, u32 k, const u64 a[5])
{
	const struct bpf_arg *arg = &d->args[k];
	u64 v = a[k], size = arg->size || k == 4 ? arg->size : a[k + 1];

	switch (arg->kind) {
	case ARG_KOBJ_OR_NULL:
		return !v || check_kobj(x, d, k, v);
	case ARG_KOBJ:
		return check_kobj(x, d, k, v);
	case ARG_MAP:
		return is_kobj(x, v, "bpf_map") || bad_arg(x, d, k, v, 0, "a map");
	case ARG_MEM_READ_OR_NULL:
		return (!v && (arg->size || !size)) || check_read(x, d, k, v, size, " or NULL");
	case ARG_MEM_READ:
		return check_read(x, d, k, v, size, "");
	case ARG_MEM_WRITE:
		return check_write(x, d, k, v, size);
	case ARG_STR:
		return check_str(x, d, k, v);
	case ARG_MAP_VALUE_OR_NULL:
		return !v || check_map_part(x, d, k, a[0], v);
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MAP_VALUE_OUT:
		return check_map_part(x, d, k, a[0], v);
	case ARG_CTX:
		return v == x->ctx || bad_arg(x, d, k, v, 0, "the program's context");
	default:
		return true;
	}
}

/* What may be called depends on what the execution holds; the kernel's verifier says so at load. */
static bool may_call(struct bpf_exec *x, const struct bpf_func_desc *d)
{
	if (x->locked && !(d->flags & BPF_FUNC_LOCKED))
		bpf_fault(x, BPF_FAULT_LOCK, 0, 0, "%s cannot be called while a bpf_spin_lock is held", d->name);
	else if (d->flags & BPF_FUNC_SLEEPS && !x->sleepable)
		bpf_fault(x, BPF_FAULT_ARG, 0, 0, "%s may sleep and cannot be called from a callback that may not",
			  d->name);
	return !x->fault.kind;
}

u64 bpf_call(struct bpf_exec *x, const struct bpf_func_desc *d, const u64 a[5])
{
	if (unlikely(x->locked || d->flags & BPF_FUNC_SLEEPS) && !may_call(x, d))
		return 0;
	for (u32 k = 0; k < 5 && d->args[k].kind != ARG_NONE; k++)
		if (d->args[k].kind != ARG_SCALAR && !check_arg(x, d, k, a))
			return 0;
	return d->fn(x, a);
}
