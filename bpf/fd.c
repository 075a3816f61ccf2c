// SPDX-License-Identifier: GPL-2.0-only
/* The descriptor table of a process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/map.h"

#define FD_FIRST 3		/* 0 to 2 are the standard streams of the process */
#define FD_MAX 65536

struct bpf_files {
	struct bpf_rt *rt;
	const struct bpf_user_ops *user;
	void *user_arg;
	struct bpf_obj **obj;	/* [nr], NULL: closed */
	int nr;
};

/*
 * The memory of this process. Only NULL is known to be bad: the caller in this process is trusted like any
 * library.
 */
static int self_read(void *arg, void *dst, u64 src, size_t n)
{
	if (!n)
		return 0;
	if (!src)
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)src, n);
	return 0;
}

static int self_write(void *arg, u64 dst, const void *src, size_t n)
{
	if (!n)
		return 0;
	if (!dst)
		return -EFAULT;
	memcpy((void *)(uintptr_t)dst, src, n);
	return 0;
}

static const struct bpf_user_ops self_user = { .read = self_read, .write = self_write };

struct bpf_files *bpf_files_create(struct bpf_rt *rt, const struct bpf_user_ops *ops, void *ops_arg)
{
	struct bpf_files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->rt = rt;
	f->user = ops ? ops : &self_user;
	f->user_arg = ops_arg;
	return f;
}

void bpf_files_destroy(struct bpf_files *f)
{
	if (!f)
		return;
	for (int fd = f->nr - 1; fd >= 0; fd--)
		bpf_files_close(f, fd);
	free(f->obj);
	free(f);
}

const struct bpf_user_ops *files_user(const struct bpf_files *f, void **arg)
{
	*arg = f->user_arg;
	return f->user;
}

static struct bpf_obj *object_at(const struct bpf_files *f, int fd)
{
	return (u32)fd < (u32)f->nr ? f->obj[fd] : NULL;
}

struct bpf_obj *fd_object(const struct bpf_files *f, u32 fd)
{
	return object_at(f, f->user->handle ? f->user->handle(f->user_arg, fd) : (int)fd);
}

bool bpf_files_is_open(const struct bpf_files *f, int fd)
{
	return object_at(f, fd) != NULL;
}

int bpf_files_memfd(const struct bpf_files *f, int fd)
{
	struct bpf_obj *o = object_at(f, fd);

	return o && o->kind == OBJ_MAP && to_bmap(o)->array.bytes ? to_bmap(o)->array.memfd : -1;
}

int fd_get(const struct bpf_files *f, u32 fd, enum bpf_obj_kind kind, struct bpf_obj **out)
{
	struct bpf_obj *o = fd_object(f, fd);

	if (!o)
		return -EBADF;
	if (o->kind != kind)
		return -EINVAL;
	*out = o;
	return 0;
}

static int grow(struct bpf_files *f, int nr)
{
	struct bpf_obj **obj;

	if (nr <= f->nr)
		return 0;
	if (nr > FD_MAX)
		return -EMFILE;
	nr = nr < 2 * f->nr ? 2 * f->nr : nr < 32 ? 32 : nr;
	obj = realloc(f->obj, nr * sizeof(*obj));
	if (!obj)
		return -ENOMEM;
	memset(obj + f->nr, 0, (nr - f->nr) * sizeof(*obj));
	f->obj = obj;
	f->nr = nr;
	return 0;
}

static int lowest_free(struct bpf_files *f, int min)
{
	int fd = min < FD_FIRST ? FD_FIRST : min, err;

	while (fd < f->nr && f->obj[fd])
		fd++;
	err = grow(f, fd + 1);
	return err ? err : fd;
}

int fd_install(struct bpf_files *f, struct bpf_obj *o)
{
	int fd = lowest_free(f, FD_FIRST), user_fd;

	if (fd < 0) {
		bpf_obj_put(o);
		return fd;
	}
	f->obj[fd] = o;
	o->users++;
	if (!f->user->install)
		return fd;
	user_fd = f->user->install(f->user_arg, fd);
	if (user_fd < 0)
		bpf_files_close(f, fd);
	return user_fd;
}

int bpf_files_close(struct bpf_files *f, int fd)
{
	struct bpf_obj *o = object_at(f, fd);

	if (!o)
		return -EBADF;
	f->obj[fd] = NULL;
	bpf_obj_put_user(o);
	return 0;
}

int bpf_files_dup(struct bpf_files *f, int fd, int min)
{
	struct bpf_obj *o = object_at(f, fd);
	int to;

	if (!o)
		return -EBADF;
	if (min < 0 || min >= FD_MAX)
		return -EINVAL;
	to = lowest_free(f, min);
	if (to < 0)
		return to;
	bpf_obj_get_user(o);
	f->obj[to] = o;
	return to;
}

int bpf_files_dup_to(struct bpf_files *f, int fd, int to)
{
	struct bpf_obj *o = object_at(f, fd), *old;
	int err;

	if (fd == to)
		return -EINVAL;
	if (!o || to < 0 || to >= FD_MAX)
		return -EBADF;
	err = grow(f, to + 1);
	if (err)
		return err;
	bpf_obj_get_user(o);
	old = f->obj[to];
	f->obj[to] = o;
	bpf_obj_put_user(old);
	return to;
}

static int install_plain(struct bpf_files *f, enum bpf_obj_kind kind)
{
	struct bpf_obj *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	bpf_obj_init(f->rt, o, kind);
	return fd_install(f, o);
}

int bpf_files_placeholder(struct bpf_files *f)
{
	return install_plain(f, OBJ_PLACEHOLDER);
}

int bpf_files_bpffs(struct bpf_files *f)
{
	return install_plain(f, OBJ_BPFFS);
}
