// SPDX-License-Identifier: GPL-2.0-only
/*
 * The struct_ops map: a table of programs and settings that becomes a scheduler when it is attached
 * (kernel/bpf/bpf_struct_ops.c; bpf_scx_init_member() and bpf_scx_check_member() of kernel/sched/ext/ext.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"
#include "bpf/struct_ops.h"
#include "machine/machine.h"
#include "sched/kernel.h"

#define MAX_TIMEOUT_MS 30000	/* SCX_WATCHDOG_MAX_TIMEOUT */

static const struct btf_type *ops_type(const struct bpf_rt *rt)
{
	return kbtf_type(rt->vmlinux, rt->scx.type_id);
}

/* --- programs --- */

static void set_args(struct bprog *p, const struct btf_type *proto)
{
	const struct kbtf *b = p->obj.rt->vmlinux;
	const struct btf_param *arg = kbtf_params(proto);

	p->nr_args = kbtf_vlen(proto);
	p->kptr_args = 0;
	for (u32 i = 0; i < p->nr_args; i++) {
		u32 id = arg[i].type;

		if (kbtf_kind(kbtf_skip(b, &id)) == BTF_KIND_PTR)
			p->kptr_args |= 1u << i;
	}
}

int struct_ops_check_prog(struct bprog *p, struct bpf_log *log)
{
	struct bpf_rt *rt = p->obj.rt;
	const struct btf_type *t = ops_type(rt), *proto;
	const struct btf_member *m;
	const char *name;

	if (!p->gpl) {
		bpf_log(log, "struct ops programs must have a GPL compatible license\n");
		return -EINVAL;
	}
	if (!p->attach_btf_id)
		return -ENOTSUPP;
	if (p->attach_btf_id != rt->scx.type_id) {
		bpf_log(log, "attach_btf_id %u is not a supported struct\n", p->attach_btf_id);
		return -ENOTSUPP;
	}
	if (p->expected_attach_type >= kbtf_vlen(t)) {
		bpf_log(log, "attach to invalid member idx %u of struct sched_ext_ops\n",
			p->expected_attach_type);
		return -EINVAL;
	}
	m = &kbtf_members(t)[p->expected_attach_type];
	name = kbtf_str(rt->vmlinux, m->name_off);
	proto = kbtf_func_ptr(rt->vmlinux, m->type);
	if (!proto || kbtf_vlen(proto) > BPF_MAX_ARGS) {
		bpf_log(log, "attach to invalid member %s(@idx %u) of struct sched_ext_ops\n", name,
			p->expected_attach_type);
		return -EINVAL;
	}
	p->member = scx_member_find(rt, name);
	if (!p->member || p->member->slot == SCX_NO_SLOT) {
		bpf_log(log, "attach to unsupported member %s of struct sched_ext_ops\n", name);
		bpf_why(rt, "%s: ops.%s is not supported yet", p->name, name);
		return -ENOTSUPP;
	}
	/* 2022: programs cannot ask for it, the operations that may sleep are made to */
	if (!rt->st_ops_links && p->sleepable) {
		bpf_log(log, "Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable\n");
		bpf_why(rt, "%s: this kernel has no sleepable struct_ops programs (struct_ops.s): make it struct_ops", p->name);
		return -EINVAL;
	}
	if (!rt->st_ops_links)
		p->sleepable = p->member->sleepable;
	if (p->sleepable && !p->member->sleepable) {
		bpf_log(log, "attach to unsupported member %s of struct sched_ext_ops\n", name);
		bpf_why(rt, "%s: ops.%s cannot be sleepable (struct_ops.s)", p->name, name);
		return -EINVAL;
	}
	set_args(p, proto);
	return 0;
}

/* --- the map --- */

static int st_ops_check(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;

	if (a->key_size != 4 || a->max_entries != 1 || !a->btf_vmlinux_value_type_id ||
	    a->map_flags & ~(BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD))
		return -EINVAL;
	if (!s->rt->st_ops_links && a->map_flags) {
		bpf_why(s->rt, "map %.16s: this kernel has no links of struct_ops: put the operations into the section .struct_ops "
			"instead of .struct_ops.link", a->map_name);
		return -EINVAL;
	}
	if (a->map_flags & BPF_F_VTYPE_BTF_OBJ_FD) {
		struct bpf_obj *o;
		int err = fd_get(s->files, a->value_type_btf_obj_fd, OBJ_BTF, &o);

		return err ? err : -EINVAL;	/* there are no modules */
	}
	if (a->btf_vmlinux_value_type_id != s->rt->scx.value_id) {
		bpf_why(s->rt, "map %.16s: the kernel's struct_ops type %u is not sched_ext_ops", a->map_name,
			a->btf_vmlinux_value_type_id);
		return -ENOTSUPP;
	}
	return a->value_size == kbtf_size(s->rt->vmlinux, s->rt->scx.value_id) ? 0 : -EINVAL;
}

static int st_ops_create(struct bmap *m, struct bpf_sys *s)
{
	m->array.memfd = -1;
	m->st_ops = calloc(1, sizeof(*m->st_ops));
	if (!m->st_ops)
		return -ENOMEM;
	m->st_ops->uvalue = calloc(1, m->value_size);
	if (!m->st_ops->uvalue) {
		free(m->st_ops);
		return -ENOMEM;
	}
	return 0;
}

static void put_progs(struct bmap *m)
{
	for (u32 i = 0; i < SCX_MAX_MEMBERS; i++) {
		struct bprog *p = m->st_ops->prog[i];

		if (!p)
			continue;
		m->st_ops->prog[i] = NULL;
		if (p->assoc == m)
			p->assoc = NULL;
		bpf_obj_put(&p->obj);
	}
}

static void st_ops_free(struct bmap *m)
{
	put_progs(m);
	free(m->st_ops->uvalue);
	free(m->st_ops);
}

static int st_ops_next_key(struct bmap *m, const void *key, void *next)
{
	if (key && !*(const u32 *)key)
		return -ENOENT;
	*(u32 *)next = 0;
	return 0;
}

static u32 st_ops_sys_value_size(const struct bmap *m, u64 flags)
{
	return m->value_size;
}

static int st_ops_sys_lookup(struct bmap *m, const void *key, void *value, u64 flags)
{
	struct bpf_struct_ops_common_value *common = value;

	if (*(const u32 *)key)
		return -ENOENT;
	memset(value, 0, m->value_size);
	if (m->st_ops->state == BPF_STRUCT_OPS_STATE_INIT)
		return 0;
	memcpy(value, m->st_ops->uvalue, m->value_size);
	common->state = m->st_ops->state;
	/* references besides those of descriptors: the attachment */
	common->refcnt.refs.counter = m->st_ops->sch ? 1 : 0;
	return 0;
}

/* --- MAP_UPDATE_ELEM: the members --- */

static bool is_zero(const char *p, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* Bytes between members must be zero. */
static bool holes_are_zero(const struct kbtf *b, const struct btf_type *t, const char *data)
{
	const struct btf_member *m = kbtf_members(t);
	u32 end = 0;

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		u32 off = kbtf_member_bit_offset(t, &m[i]) / 8;
		s64 size = kbtf_size(b, m[i].type);

		if (off > end && !is_zero(data + end, off - end))
			return false;
		end = off + (size > 0 ? size : 0);
	}
	return t->size <= end || is_zero(data + end, t->size - end);
}

static u64 load_uint(const char *p, u32 size)
{
	return size == 4 ? *(const u32 *)p : *(const u64 *)p;
}

/* The settings: 1: done, 0: not one of them, -errno. (bpf_scx_init_member) */
static int init_setting(struct bmap *m, const char *name, const char *data, u32 size)
{
	struct bpf_rt *rt = m->obj.rt;
	struct scx_ops *ops = &m->st_ops->ops;
	u64 v = size == 4 || size == 8 ? load_uint(data, size) : 0;
	int n;

	if (!strcmp(name, "dispatch_max_batch")) {
		if (v > INT32_MAX) {
			bpf_why(rt, "%s: ops.dispatch_max_batch is %llu, at most %d is allowed", m->name,
				(unsigned long long)v, INT32_MAX);
			return -E2BIG;
		}
		ops->dispatch_max_batch = v;
	} else if (!strcmp(name, "flags")) {
		if (v & ~rt->scx.all_flags) {
			bpf_why(rt, "%s: ops.flags has unknown bits 0x%llx", m->name,
				(unsigned long long)(v & ~rt->scx.all_flags));
			return -EINVAL;
		}
		ops->flags = v;
	} else if (!strcmp(name, "name")) {
		n = size == sizeof(ops->name) ? bpf_obj_name_copy(ops->name, data, size) : -EINVAL;
		if (n <= 0) {
			bpf_why(rt, "%s: ops.name must be 1 to %zu letters, digits, '_' or '.'", m->name,
				sizeof(ops->name) - 1);
			return -EINVAL;
		}
	} else if (!strcmp(name, "timeout_ms")) {
		if (v > MAX_TIMEOUT_MS) {
			bpf_why(rt, "%s: ops.timeout_ms is %llu, at most %d is allowed", m->name,
				(unsigned long long)v, MAX_TIMEOUT_MS);
			return -E2BIG;
		}
		ops->timeout_ms = v;
	} else if (!strcmp(name, "exit_dump_len")) {
		ops->exit_dump_len = v ? v : SCX_EXIT_DUMP_DFL_LEN;
	} else if (!strcmp(name, "hotplug_seq")) {
		ops->hotplug_seq = v;
	} else if (!strcmp(name, "sub_cgroup_id")) {
		ops->sub_cgroup_id = v;
	} else {
		return 0;
	}
	return 1;
}

/* A callback: @data holds the descriptor of its program. */
static int init_callback(struct bpf_sys *s, struct bmap *m, u32 index, const char *name, char *data)
{
	int fd = *(u64 *)data, err;
	const struct scx_member *member = scx_member_find(s->rt, name);
	struct bprog *p;

	if (!fd)
		return 0;
	err = bprog_get(s->files, fd, &p);
	if (err) {
		bpf_why(s->rt, "%s: ops.%s: descriptor %d is not a program", m->name, name, fd);
		return err;
	}
	if (p->type != BPF_PROG_TYPE_STRUCT_OPS || p->attach_btf_id != s->rt->scx.type_id ||
	    p->expected_attach_type != index) {
		bpf_why(s->rt, "%s: ops.%s: program %s was loaded for something else", m->name, name,
			p->name);
		return -EINVAL;
	}
	bpf_obj_get(&p->obj);
	m->st_ops->prog[member->op] = p;
	if (p->assoc && p->assoc != m)
		p->assoc_many = true;
	else
		p->assoc = m;
	memcpy((char *)&m->st_ops->ops + member->slot, &member->thunk, sizeof(member->thunk));
	*(u64 *)data = p->obj.id;
	return 0;
}

static int init_members(struct bpf_sys *s, struct bmap *m, char *udata)
{
	const struct kbtf *b = s->rt->vmlinux;
	const struct btf_type *t = ops_type(s->rt);
	const struct btf_member *member = kbtf_members(t);

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		char *data = udata + kbtf_member_bit_offset(t, &member[i]) / 8;
		const char *name = kbtf_str(b, member[i].name_off);
		u32 size = kbtf_size(b, member[i].type);
		int err;

		err = init_setting(m, name, data, size);
		if (err < 0)
			return err;
		if (err)
			continue;
		if (kbtf_func_ptr(b, member[i].type)) {
			err = init_callback(s, m, i, name, data);
			if (err)
				return err;
		} else if (!is_zero(data, size)) {
			bpf_why(s->rt, "%s: ops.%s must be zero", m->name, name);
			return -EINVAL;
		}
	}
	return 0;
}

static int st_ops_sys_update(struct bpf_sys *s, struct bmap *m, const void *key, const void *value, u64 flags)
{
	const struct kbtf *b = s->rt->vmlinux;
	const struct bpf_struct_ops_common_value *common = value;
	struct st_ops *st = m->st_ops;
	int err;

	if (flags)
		return -EINVAL;
	if (*(const u32 *)key)
		return -E2BIG;
	if (!holes_are_zero(b, kbtf_type(b, s->rt->scx.value_id), value) ||
	    !holes_are_zero(b, ops_type(s->rt), (const char *)value + s->rt->scx.data_off))
		return -EINVAL;
	if (common->state || common->refcnt.refs.counter)
		return -EINVAL;
	if (st->state != BPF_STRUCT_OPS_STATE_INIT)
		return -EBUSY;
	memcpy(st->uvalue, value, m->value_size);
	err = init_members(s, m, st->uvalue + s->rt->scx.data_off);
	if (!err && m->flags & BPF_F_LINK) {
		st->state = BPF_STRUCT_OPS_STATE_READY;
		return 0;
	}
	if (!err) {
		/* without a link the map itself is the attachment */
		err = struct_ops_reg(m);
		if (!err) {
			bpf_obj_get(&m->obj);
			st->state = BPF_STRUCT_OPS_STATE_INUSE;
			return 0;
		}
	}
	put_progs(m);
	memset(st->uvalue, 0, m->value_size);
	memset(&st->ops, 0, sizeof(st->ops));
	return err;
}

static int st_ops_sys_remove(struct bpf_sys *s, struct bmap *m, const void *key)
{
	if (m->flags & BPF_F_LINK)
		return -EOPNOTSUPP;
	switch (m->st_ops->state) {
	case BPF_STRUCT_OPS_STATE_INUSE:
		m->st_ops->state = BPF_STRUCT_OPS_STATE_TOBEFREE;
		struct_ops_unreg(m);
		bpf_obj_put(&m->obj);
		return 0;
	case BPF_STRUCT_OPS_STATE_TOBEFREE:
		return -EINPROGRESS;
	default:
		return -ENOENT;
	}
}

const struct bmap_type struct_ops_map_type = {
	.type = BPF_MAP_TYPE_STRUCT_OPS,
	.check = st_ops_check,
	.create = st_ops_create,
	.free = st_ops_free,
	.sys_value_size = st_ops_sys_value_size,
	.sys_lookup = st_ops_sys_lookup,
	.sys_update = st_ops_sys_update,
	.sys_remove = st_ops_sys_remove,
	.next_key = st_ops_next_key,
	.no_progs = true,
};

/* --- attaching --- */

bool struct_ops_can_attach(const struct bmap *m)
{
	return m->type == BPF_MAP_TYPE_STRUCT_OPS && m->flags & BPF_F_LINK &&
	       m->st_ops->state == BPF_STRUCT_OPS_STATE_READY;
}

int struct_ops_reg(struct bmap *m)
{
	struct st_ops *st = m->st_ops;
	struct bpf_rt *rt = m->obj.rt;
	int err;

	if (!rt->k) {
		bpf_why(rt, "%s: there is no machine that a scheduler could run on", m->name);
		return -ENODEV;
	}
	if (st->busy || st->sch) {
		bpf_why(rt, "%s: this map is attached already", m->name);
		return -EBUSY;
	}
	st->ops.priv = m;
	st->busy = true;
	err = scx_enable(rt->k, &st->ops, &st->sch);
	st->busy = false;
	if (err)
		st->sch = NULL;
	if (err == -EBUSY)
		bpf_why(rt, "%s: another scheduler is attached", m->name);
	return err;
}

void struct_ops_unreg(struct bmap *m)
{
	struct st_ops *st = m->st_ops;

	st->busy = true;
	/* from outside the machine has stopped for good, and takes its scheduler with it */
	if (this_mcpu)
		scx_unreg(st->sch);
	st->sch = NULL;
	st->busy = false;
}
