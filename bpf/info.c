// SPDX-License-Identifier: GPL-2.0-only
/* OBJ_GET_INFO_BY_FD. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bpf/info.h"
#include "bpf/kbtf.h"
#include "bpf/link.h"
#include "bpf/map.h"
#include "bpf/prog.h"

/* Bytes of the info structures that the kernel of 7.x knows and the header in use does not: hash, hash_size.
 */
#define MAP_INFO_SIZE_V7 (sizeof(struct bpf_map_info) + 16)

/* Read the caller's structure, whose bytes behind @known must be zero. *@len becomes how much of it there is.
 */
static int info_read(struct bpf_sys *s, void *info, u32 known, u32 *len)
{
	const union bpf_attr *a = &s->attr.a;
	int err = user_tail_zero(s, a->info.info, known, a->info.info_len);

	if (err)
		return err;
	*len = a->info.info_len < known ? a->info.info_len : known;
	return user_read(s, info, a->info.info, *len);
}

static int info_write(struct bpf_sys *s, const void *info, u32 len)
{
	int err = user_write(s, s->attr.a.info.info, info, len);

	return err ? err : attr_write(s, offsetof(union bpf_attr, info.info_len), &len, sizeof(len));
}

/* Copy up to *@n elements to the caller's array; *@n becomes how many there are. */
static int copy_array(struct bpf_sys *s, u64 to, const void *from, u32 size, u32 there, u32 *n)
{
	u32 copy = *n < there ? *n : there;

	*n = there;
	return user_write(s, to, from, (size_t)copy * size);
}

static int rec_size(u32 n, u32 *size, u32 expected)
{
	if ((n || *size) && *size != expected)
		return -EINVAL;
	*size = expected;
	return 0;
}

static int prog_info_arrays(struct bpf_sys *s, struct bprog *p, struct bpf_prog_info *i)
{
	u32 ids[MAX_USED_MAPS], n;
	int err;

	for (n = 0; n < p->nr_maps; n++)
		ids[n] = p->maps[n]->obj.id;
	err = copy_array(s, i->map_ids, ids, sizeof(u32), p->nr_maps, &i->nr_map_ids);
	if (err)
		return err;
	if (rec_size(i->nr_func_info, &i->func_info_rec_size, sizeof(struct bpf_func_info)) ||
	    rec_size(i->nr_line_info, &i->line_info_rec_size, sizeof(struct bpf_line_info)) ||
	    rec_size(i->nr_jited_line_info, &i->jited_line_info_rec_size, sizeof(u64)))
		return -EINVAL;
	err = copy_array(s, i->xlated_prog_insns, p->insns, 1, p->nr_insns * sizeof(struct bpf_insn),
			 &i->xlated_prog_len);
	if (!err)
		err = copy_array(s, i->func_info, p->func_info, sizeof(*p->func_info), p->nr_func_info,
				 &i->nr_func_info);
	if (!err)
		err = copy_array(s, i->line_info, p->line_info, sizeof(*p->line_info), p->nr_line_info,
				 &i->nr_line_info);
	return err;
}

static int prog_info(struct bpf_sys *s, struct bpf_obj *o)
{
	struct bprog *p = to_bprog(o);
	struct bpf_prog_info i = {};
	u32 len;
	int err;

	err = info_read(s, &i, offsetof(struct bpf_prog_info, attach_btf_id) + sizeof(i.attach_btf_id), &len);
	if (err)
		return err;
	i.type = p->type;
	i.id = o->id;
	i.load_time = p->load_time_ns;
	i.created_by_uid = 0;
	i.gpl_compatible = p->gpl;
	memcpy(i.name, p->name, sizeof(i.name));
	err = prog_info_arrays(s, p, &i);
	if (err)
		return err;
	/* nothing is compiled to machine code that could be shown */
	i.jited_prog_len = 0;
	i.nr_jited_ksyms = 0;
	i.nr_jited_func_lens = 0;
	i.nr_jited_line_info = 0;
	i.nr_prog_tags = 0;
	i.btf_id = p->btf ? p->btf->obj.id : 0;
	i.attach_btf_id = p->attach_btf_id;
	i.attach_btf_obj_id = p->attach_btf_id ? s->rt->vmlinux->obj.id : 0;
	return info_write(s, &i, len);
}

static int map_info(struct bpf_sys *s, struct bpf_obj *o)
{
	struct bmap *m = to_bmap(o);
	union {
		struct bpf_map_info i;
		u8 bytes[MAP_INFO_SIZE_V7];
	} u;
	/* 7.x: the structure ends in hash, hash_size and padding, which must be zero here */
	u32 known = s->rt->v7 ? MAP_INFO_SIZE_V7 - 4 : sizeof(u.i), len;
	int err;

	memset(&u, 0, sizeof(u));
	err = info_read(s, &u, known, &len);
	if (err)
		return err;
	for (u32 n = sizeof(u.i); n < sizeof(u.bytes); n++) {
		if (u.bytes[n]) {
			bpf_why(s->rt, "map %s: hashes of maps are not supported", m->name);
			return -EINVAL;
		}
	}
	u.i.type = m->type;
	u.i.id = o->id;
	u.i.key_size = m->key_size;
	u.i.value_size = m->value_size;
	u.i.max_entries = m->max_entries;
	u.i.map_flags = bmap_own_flags(m);
	u.i.map_extra = m->extra;
	memcpy(u.i.name, m->name, sizeof(u.i.name));
	u.i.btf_id = m->btf ? m->btf->obj.id : 0;
	u.i.btf_key_type_id = m->btf_key_id;
	u.i.btf_value_type_id = m->btf_value_id;
	u.i.btf_vmlinux_value_type_id = m->btf_vmlinux_value_id;
	if (m->type == BPF_MAP_TYPE_STRUCT_OPS)
		u.i.btf_vmlinux_id = s->rt->vmlinux->obj.id;
	return info_write(s, &u, len);
}

static int btf_info(struct bpf_sys *s, struct bpf_obj *o)
{
	struct kbtf *b = to_kbtf(o);
	struct bpf_btf_info i = {};
	const char *name = b->kernel ? "vmlinux" : "";
	u32 len, name_len = strlen(name), n;
	int err, ret = 0;

	err = info_read(s, &i, sizeof(i), &len);
	if (err)
		return err;
	i.id = o->id;
	n = i.btf_size < b->size ? i.btf_size : b->size;
	err = user_write(s, i.btf, b->data, n);
	if (err)
		return err;
	i.btf_size = b->size;
	i.kernel_btf = b->kernel;
	if (!i.name != !i.name_len)
		return -EINVAL;
	if (i.name) {
		n = i.name_len > name_len ? name_len : i.name_len - 1;
		err = user_write(s, i.name, name, n);
		if (!err)
			err = user_write(s, i.name + n, "", 1);
		if (err)
			return err;
		if (i.name_len < name_len + 1)
			ret = -ENOSPC;
	}
	i.name_len = name_len;
	err = info_write(s, &i, len);
	return err ? err : ret;
}

static int link_info(struct bpf_sys *s, struct bpf_obj *o)
{
	struct blink *l = to_blink(o);
	struct bpf_link_info i;
	u32 len;
	int err;

	memset(&i, 0, sizeof(i));
	err = info_read(s, &i, sizeof(i), &len);
	if (err)
		return err;
	i.type = BPF_LINK_TYPE_STRUCT_OPS;
	i.id = o->id;
	i.prog_id = 0;
	if (l->map)
		i.struct_ops.map_id = l->map->obj.id;
	return info_write(s, &i, len);
}

long obj_get_info_by_fd(struct bpf_sys *s)
{
	struct bpf_obj *o = fd_object(s->files, s->attr.a.info.bpf_fd);

	if (!o)
		return -EBADFD;
	switch (o->kind) {
	case OBJ_PROG:
		return prog_info(s, o);
	case OBJ_MAP:
		return map_info(s, o);
	case OBJ_BTF:
		return btf_info(s, o);
	case OBJ_LINK:
		return link_info(s, o);
	default:
		return -EINVAL;
	}
}
