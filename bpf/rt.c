// SPDX-License-Identifier: GPL-2.0-only
/* The runtime of a kernel, and the life of objects. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kbtf.h"
#include "bpf/link.h"
#include "bpf/map.h"
#include "bpf/map_task.h"
#include "bpf/prog.h"
#include "bpf/timer.h"
#include "kabi/btf.h"
#include "sched/kernel.h"

/* --- objects --- */

static void plain_free(struct bpf_obj *o)
{
	free(o);
}

static void (*const obj_free[NR_OBJ])(struct bpf_obj *o) = {
	[OBJ_MAP]		= bmap_free,
	[OBJ_PROG]		= bprog_free,
	[OBJ_BTF]		= kbtf_free,
	[OBJ_LINK]		= blink_free,
	[OBJ_PLACEHOLDER]	= plain_free,
	[OBJ_BPFFS]		= plain_free,
};

void bpf_obj_init(struct bpf_rt *rt, struct bpf_obj *o, enum bpf_obj_kind kind)
{
	*o = (struct bpf_obj){ .kind = kind, .refs = 1, .rt = rt };
}

void bpf_obj_publish(struct bpf_obj *o)
{
	struct bpf_obj **at = &o->rt->objs[o->kind].first;

	o->id = ++o->rt->objs[o->kind].last_id;
	while (*at)
		at = &(*at)->next;
	*at = o;
}

void bpf_obj_get_user(struct bpf_obj *o)
{
	bpf_obj_get(o);
	o->users++;
}

void bpf_obj_put_user(struct bpf_obj *o)
{
	if (o && !--o->users && o->kind == OBJ_MAP)
		fields_no_users(to_bmap(o));
	bpf_obj_put(o);
}

void bpf_obj_put(struct bpf_obj *o)
{
	if (!o || --o->refs)
		return;
	if (o->id) {
		struct bpf_obj **at = &o->rt->objs[o->kind].first;

		while (*at != o)
			at = &(*at)->next;
		*at = o->next;
	}
	obj_free[o->kind](o);
}

struct bpf_obj *bpf_obj_next(struct bpf_rt *rt, enum bpf_obj_kind kind, u32 id)
{
	struct bpf_obj *o = rt->objs[kind].first;

	while (o && o->id < id)
		o = o->next;
	return o;
}

struct bpf_obj *bpf_obj_by_id(struct bpf_rt *rt, enum bpf_obj_kind kind, u32 id)
{
	struct bpf_obj *o = bpf_obj_next(rt, kind, id);

	return o && id && o->id == id ? o : NULL;
}

int bpf_obj_name_copy(char *dst, const char *src, u32 size)
{
	u32 n = 0;

	memset(dst, 0, size);
	for (; n < size && src[n]; n++) {
		if (!isalnum((unsigned char)src[n]) && src[n] != '_' && src[n] != '.')
			return -EINVAL;
		dst[n] = src[n];
	}
	return n == size ? -EINVAL : (int)n;
}

/* --- the runtime --- */

void bpf_why(struct bpf_rt *rt, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rt->why, sizeof(rt->why), fmt, ap);
	va_end(ap);
}

const char *bpf_rt_why(const struct bpf_rt *rt)
{
	return rt->why;
}

const struct bpf_rt_fault *bpf_rt_fault(const struct bpf_rt *rt)
{
	return rt->faulted ? &rt->fault : NULL;
}

/* What sched_ext_ops looks like in this kernel's BTF. */
static int find_scx(struct bpf_rt *rt, char *err, size_t err_len)
{
	const struct kbtf *b = rt->vmlinux;
	const struct btf_member *data;

	rt->scx.type_id = kbtf_find(b, "sched_ext_ops", BTF_KIND_STRUCT);
	rt->scx.value_id = kbtf_find(b, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT);
	data = rt->scx.value_id ? kbtf_member(b, kbtf_type(b, rt->scx.value_id), "data") : NULL;
	if (!rt->scx.type_id || !data || data->type != rt->scx.type_id) {
		snprintf(err, err_len, "the kernel's BTF has no struct_ops type sched_ext_ops");
		return -EINVAL;
	}
	rt->scx.data_off = kbtf_member_bit_offset(kbtf_type(b, rt->scx.value_id), data) / 8;
	if (!kbtf_enum_value(b, "scx_ops_flags", "SCX_OPS_ALL_FLAGS", &rt->scx.all_flags)) {
		snprintf(err, err_len, "the kernel's BTF has no enumerator SCX_OPS_ALL_FLAGS");
		return -EINVAL;
	}
	return 0;
}

int bpf_rt_create(struct bpf_rt **out, const struct bpf_rt_config *cfg, char *err, size_t err_len)
{
	struct bpf_rt *rt = calloc(1, sizeof(*rt));
	int ret = -ENOMEM;

	if (!rt)
		return -ENOMEM;
	snprintf(err, err_len, "out of memory");
	rt->g = cfg->gmem;
	rt->k = cfg->kernel;
	if (rt->k)
		kernel_set_task_free_fn(rt->k, task_storage_task_gone, rt);
	rt->nr_cpus = cfg->nr_cpus;
	rt->v7 = cfg->version->id >= KABI_7_2;
	rt->st_ops_links = cfg->version->id >= KABI_6_12;
	rt->attr_size = rt->v7 ? 168 : 152;
	rt->cpu = calloc(rt->nr_cpus + 1, sizeof(*rt->cpu));
	rt->map_slab = kslab_create(rt->g, "bpf_map", sizeof(struct bpf_map), 8, sizeof(struct bmap *));
	rt->cpumask_slab = kslab_create(rt->g, "bpf_cpumask", cpumask_size(rt->nr_cpus), 8, sizeof(u32));
	if (!rt->cpu || !rt->map_slab || !rt->cpumask_slab)
		goto fail;
	ret = kbtf_create_vmlinux(rt, cfg->btf, cfg->btf_len, err, err_len);
	if (!ret)
		ret = find_scx(rt, err, err_len);
	if (ret)
		goto fail;
	*out = rt;
	return 0;

fail:
	bpf_rt_destroy(rt);
	return ret;
}

void bpf_rt_destroy(struct bpf_rt *rt)
{
	if (!rt)
		return;
	if (rt->vmlinux)
		bpf_obj_put(&rt->vmlinux->obj);
	ro_destroy(rt);
	task_storages_destroy(rt);
	btimers_destroy(rt);
	fields_destroy(rt);
	for (u32 i = 0; i < rt->nr_stacks; i++)
		gmem_free_rw(rt->g, (void *)(uintptr_t)rt->stacks[i], BPF_STACK_SIZE);
	free(rt->stacks);
	free(rt->cpu);
	free(rt);
}
