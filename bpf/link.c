// SPDX-License-Identifier: GPL-2.0-only
/* Links. The only kind is that of an attached struct_ops map. */
#include <errno.h>
#include <stdlib.h>

#include "bpf/link.h"
#include "bpf/struct_ops.h"

void blink_free(struct bpf_obj *o)
{
	struct blink *l = to_blink(o);

	if (l->map) {
		struct_ops_unreg(l->map);
		bpf_obj_put(&l->map->obj);
	}
	free(l);
}

static long create_struct_ops(struct bpf_sys *s)
{
	struct blink *l;
	struct bmap *m;
	int err;

	err = bmap_get(s->files, s->attr.a.link_create.map_fd, &m);
	if (err)
		return err;
	if (!struct_ops_can_attach(m))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	bpf_obj_init(s->rt, &l->obj, OBJ_LINK);
	/* held while this sleeps: the descriptor may be closed meanwhile */
	bpf_obj_get(&m->obj);
	err = struct_ops_reg(m);
	if (err) {
		bpf_obj_put(&m->obj);
		bpf_obj_put(&l->obj);
		return err;
	}
	l->map = m;
	bpf_obj_publish(&l->obj);
	return fd_install(s->files, &l->obj);
}

long link_create(struct bpf_sys *s)
{
	struct bprog *p;
	int err;

	if (s->attr.a.link_create.attach_type == BPF_STRUCT_OPS)
		return create_struct_ops(s);
	err = bprog_get(s->files, s->attr.a.link_create.prog_fd, &p);
	if (err)
		return err;
	bpf_why(s->rt, "program %s: attaching programs of type %u is not supported, only struct_ops maps",
		p->name, p->type);
	return -EOPNOTSUPP;
}

long link_update(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	struct bpf_obj *o;
	struct bmap *new_map, *old;
	int err;

	if (a->link_update.flags & ~BPF_F_REPLACE)
		return -EINVAL;
	err = fd_get(s->files, a->link_update.link_fd, OBJ_LINK, &o);
	if (!err)
		err = bmap_get(s->files, a->link_update.new_map_fd, &new_map);
	if (!err && a->link_update.flags & BPF_F_REPLACE)
		err = bmap_get(s->files, a->link_update.old_map_fd, &old);
	else if (!err && a->link_update.old_map_fd)
		err = -EINVAL;
	if (err)
		return err;
	/* sched_ext refuses to replace a running scheduler (bpf_scx_update) */
	return struct_ops_can_attach(new_map) ? -EOPNOTSUPP : -EINVAL;
}

long link_detach(struct bpf_sys *s)
{
	struct bpf_obj *o;
	struct blink *l;
	struct bmap *m;
	int err;

	err = fd_get(s->files, s->attr.a.link_detach.link_fd, OBJ_LINK, &o);
	if (err)
		return err;
	l = to_blink(o);
	m = l->map;
	if (!m)
		return 0;
	l->map = NULL;
	bpf_obj_get(o);
	struct_ops_unreg(m);
	bpf_obj_put(&m->obj);
	bpf_obj_put(o);
	return 0;
}
