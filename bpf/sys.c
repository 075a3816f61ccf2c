// SPDX-License-Identifier: GPL-2.0-only
/* bpf(2): the table of commands, and what they have in common. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/info.h"
#include "bpf/link.h"
#include "bpf/map.h"
#include "bpf/prog.h"

int user_read(const struct bpf_sys *s, void *dst, u64 src, size_t n)
{
	void *arg;

	return files_user(s->files, &arg)->read(arg, dst, src, n);
}

int user_write(const struct bpf_sys *s, u64 dst, const void *src, size_t n)
{
	void *arg;

	return files_user(s->files, &arg)->write(arg, dst, src, n);
}

int user_tail_zero(const struct bpf_sys *s, u64 addr, size_t known, size_t size)
{
	u8 tail[4096];

	if (size > sizeof(tail))
		return -E2BIG;
	if (size <= known)
		return 0;
	if (user_read(s, tail, addr + known, size - known))
		return -EFAULT;
	for (size_t i = 0; i < size - known; i++)
		if (tail[i])
			return -E2BIG;
	return 0;
}

int attr_write(const struct bpf_sys *s, size_t off, const void *src, size_t n)
{
	return off + n <= s->size ? user_write(s, s->uattr + off, src, n) : 0;
}

static long get_next_id(struct bpf_sys *s, enum bpf_obj_kind kind)
{
	u32 id = s->attr.a.start_id;
	struct bpf_obj *o;

	if (id >= INT32_MAX)
		return -EINVAL;
	o = bpf_obj_next(s->rt, kind, id + 1);
	if (!o)
		return -ENOENT;
	return user_write(s, s->uattr + offsetof(union bpf_attr, next_id), &o->id, sizeof(o->id));
}

static long map_get_next_id(struct bpf_sys *s) { return get_next_id(s, OBJ_MAP); }
static long prog_get_next_id(struct bpf_sys *s) { return get_next_id(s, OBJ_PROG); }
static long btf_get_next_id(struct bpf_sys *s) { return get_next_id(s, OBJ_BTF); }
static long link_get_next_id(struct bpf_sys *s) { return get_next_id(s, OBJ_LINK); }

static long get_fd_by_id(struct bpf_sys *s, enum bpf_obj_kind kind)
{
	struct bpf_obj *o = bpf_obj_by_id(s->rt, kind, s->attr.a.start_id);

	if (!o)
		return -ENOENT;
	bpf_obj_get(o);
	return fd_install(s->files, o);
}

static long map_get_fd_by_id(struct bpf_sys *s)
{
	u32 flags = s->attr.a.open_flags;

	if (flags & ~(BPF_F_RDONLY | BPF_F_WRONLY) || flags == (BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	/* access modes of descriptors are not kept, so a restricted one would be more than it says */
	if (flags) {
		bpf_why(s->rt, "MAP_GET_FD_BY_ID: restricted descriptors are not supported");
		return -EINVAL;
	}
	return get_fd_by_id(s, OBJ_MAP);
}

static long btf_get_fd_by_id(struct bpf_sys *s)
{
	if (s->rt->v7 && s->attr.a.open_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (s->attr.a.open_flags & BPF_F_TOKEN_FD)
		return -EBADF;
	return get_fd_by_id(s, OBJ_BTF);
}

static long prog_get_fd_by_id(struct bpf_sys *s) { return get_fd_by_id(s, OBJ_PROG); }
static long link_get_fd_by_id(struct bpf_sys *s) { return get_fd_by_id(s, OBJ_LINK); }

/* There are no user namespaces: the caller is always in the initial one, where a token makes no sense. */
static long token_create(struct bpf_sys *s)
{
	struct bpf_obj *o = fd_object(s->files, s->attr.a.token_create.bpffs_fd);

	if (s->attr.a.token_create.flags)
		return -EINVAL;
	if (!o)
		return -EBADF;
	return o->kind == OBJ_BPFFS ? -EOPNOTSUPP : -EINVAL;
}

#define END(member) (offsetof(union bpf_attr_any, member) + sizeof(((union bpf_attr_any *)0)->member))

/* @end, @end7: bytes of the union that 6.12 and 7.x use for it; the others must be zero. @end 0: 7.x only */
static const struct command {
	u16 cmd;
	u16 end, end7;
	const char *name;
	long (*fn)(struct bpf_sys *s);
} commands[] = {
	{ BPF_MAP_CREATE, END(a.map_token_fd), END(map_create.excl_prog_hash_size), "MAP_CREATE", map_create },
	{ BPF_MAP_LOOKUP_ELEM, END(a.flags), END(a.flags), "MAP_LOOKUP_ELEM", map_lookup_elem },
	{ BPF_MAP_UPDATE_ELEM, END(a.flags), END(a.flags), "MAP_UPDATE_ELEM", map_update_elem },
	{ BPF_MAP_DELETE_ELEM, END(a.key), END(a.key), "MAP_DELETE_ELEM", map_delete_elem },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, END(a.flags), END(a.flags), "MAP_LOOKUP_AND_DELETE_ELEM",
	  map_lookup_and_delete_elem },
	{ BPF_MAP_GET_NEXT_KEY, END(a.next_key), END(a.next_key), "MAP_GET_NEXT_KEY", map_get_next_key },
	{ BPF_MAP_FREEZE, END(a.map_fd), END(a.map_fd), "MAP_FREEZE", map_freeze },
	{ BPF_PROG_LOAD, END(a.prog_token_fd), END(prog_load.keyring_id), "PROG_LOAD", prog_load },
	{ BPF_BTF_LOAD, END(a.btf_token_fd), END(a.btf_token_fd), "BTF_LOAD", btf_load },
	{ BPF_PROG_GET_NEXT_ID, END(a.next_id), END(a.next_id), "PROG_GET_NEXT_ID", prog_get_next_id },
	{ BPF_MAP_GET_NEXT_ID, END(a.next_id), END(a.next_id), "MAP_GET_NEXT_ID", map_get_next_id },
	{ BPF_BTF_GET_NEXT_ID, END(a.next_id), END(a.next_id), "BTF_GET_NEXT_ID", btf_get_next_id },
	{ BPF_LINK_GET_NEXT_ID, END(a.next_id), END(a.next_id), "LINK_GET_NEXT_ID", link_get_next_id },
	{ BPF_PROG_GET_FD_BY_ID, END(a.prog_id), END(a.prog_id), "PROG_GET_FD_BY_ID", prog_get_fd_by_id },
	{ BPF_MAP_GET_FD_BY_ID, END(a.open_flags), END(a.open_flags), "MAP_GET_FD_BY_ID", map_get_fd_by_id },
	{ BPF_BTF_GET_FD_BY_ID, END(a.btf_id), END(btf_get_fd_by_id.fd_by_id_token_fd), "BTF_GET_FD_BY_ID",
	  btf_get_fd_by_id },
	{ BPF_LINK_GET_FD_BY_ID, END(a.link_id), END(a.link_id), "LINK_GET_FD_BY_ID", link_get_fd_by_id },
	{ BPF_OBJ_GET_INFO_BY_FD, END(a.info.info), END(a.info.info), "OBJ_GET_INFO_BY_FD",
	  obj_get_info_by_fd },
	{ BPF_PROG_BIND_MAP, END(a.prog_bind_map.flags), END(a.prog_bind_map.flags), "PROG_BIND_MAP",
	  prog_bind_map },
	{ BPF_LINK_CREATE, END(a.link_create.uprobe_multi.pid), END(link_create.path_fd), "LINK_CREATE",
	  link_create },
	{ BPF_LINK_UPDATE, END(a.link_update.old_prog_fd), END(a.link_update.old_prog_fd), "LINK_UPDATE",
	  link_update },
	{ BPF_LINK_DETACH, END(a.link_detach.link_fd), END(a.link_detach.link_fd), "LINK_DETACH", link_detach },
	{ BPF_TOKEN_CREATE, END(a.token_create.bpffs_fd), END(a.token_create.bpffs_fd), "TOKEN_CREATE",
	  token_create },
	{ BPF_TOKEN_CREATE + 1, 0, END(prog_stream_read.prog_fd), "PROG_STREAM_READ_BY_FD", prog_stream_read },
	{ BPF_TOKEN_CREATE + 2, 0, END(prog_assoc_struct_ops.flags), "PROG_ASSOC_STRUCT_OPS",
	  prog_assoc_struct_ops },
	{ BPF_PROG_TEST_RUN, END(a.test.batch_size), END(a.test.batch_size), "PROG_TEST_RUN",
	  prog_test_run },
	{ BPF_MAP_LOOKUP_BATCH, END(a.batch.flags), END(a.batch.flags), "MAP_LOOKUP_BATCH",
	  map_lookup_batch },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, END(a.batch.flags), END(a.batch.flags),
	  "MAP_LOOKUP_AND_DELETE_BATCH", map_lookup_and_delete_batch },
	{ BPF_MAP_UPDATE_BATCH, END(a.batch.flags), END(a.batch.flags), "MAP_UPDATE_BATCH",
	  map_update_batch },
	{ BPF_MAP_DELETE_BATCH, END(a.batch.flags), END(a.batch.flags), "MAP_DELETE_BATCH",
	  map_delete_batch },
	/* of the kernel, but not here */
	{ BPF_OBJ_PIN, END(a.path_fd), END(a.path_fd), "OBJ_PIN", NULL },
	{ BPF_OBJ_GET, END(a.path_fd), END(a.path_fd), "OBJ_GET", NULL },
	{ BPF_PROG_ATTACH, END(a.expected_revision), END(a.expected_revision), "PROG_ATTACH", NULL },
	{ BPF_PROG_DETACH, END(a.expected_revision), END(a.expected_revision), "PROG_DETACH", NULL },
	{ BPF_PROG_QUERY, END(a.query.revision), END(a.query.revision), "PROG_QUERY", NULL },
	{ BPF_RAW_TRACEPOINT_OPEN, END(a.raw_tracepoint.cookie), END(a.raw_tracepoint.cookie),
	 "RAW_TRACEPOINT_OPEN", NULL },
	{ BPF_TASK_FD_QUERY, END(a.task_fd_query.probe_addr), END(a.task_fd_query.probe_addr), "TASK_FD_QUERY",
	  NULL },
	{ BPF_ENABLE_STATS, END(a.enable_stats.type), END(a.enable_stats.type), "ENABLE_STATS", NULL },
	{ BPF_ITER_CREATE, END(a.iter_create.flags), END(a.iter_create.flags), "ITER_CREATE", NULL },
};

static long run_command(struct bpf_sys *s, int cmd)
{
	const struct command *c = NULL;
	u32 end;

	for (u32 i = 0; i < sizeof(commands) / sizeof(*commands) && !c; i++)
		if (commands[i].cmd == cmd)
			c = &commands[i];
	end = c ? (s->rt->v7 ? c->end7 : c->end) : 0;
	if (!end) {
		bpf_why(s->rt, "bpf(2): there is no command %d in this kernel", cmd);
		return -EINVAL;
	}
	for (u32 i = end; i < sizeof(s->attr); i++) {
		if (((const u8 *)&s->attr)[i]) {
			bpf_why(s->rt,
				"bpf(2) %s: byte %u of the attributes is not used by this command and not "
				"zero",
				c->name, i);
			return -EINVAL;
		}
	}
	if (!c->fn) {
		bpf_why(s->rt, "bpf(2) %s is not supported", c->name);
		return -EINVAL;
	}
	return c->fn(s);
}

long sys_bpf(struct bpf_rt *rt, struct bpf_files *files, int cmd, union bpf_attr *attr, u32 size)
{
	struct bpf_sys s = { .rt = rt, .files = files, .uattr = (uintptr_t)attr };
	int err;

	rt->why[0] = 0;
	memset(&s.attr, 0, sizeof(s.attr));	/* all bytes of the union, not only those of a member */
	err = user_tail_zero(&s, s.uattr, rt->attr_size, size);
	if (err)
		return err;
	s.size = size < rt->attr_size ? size : rt->attr_size;
	if (user_read(&s, &s.attr, s.uattr, s.size))
		return -EFAULT;
	return run_command(&s, cmd);
}
