// SPDX-License-Identifier: GPL-2.0-only
/* BPF objects behind the loader's descriptors, and mappings of maps. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "front/impl.h"

/* --- which object a descriptor is --- */

static bool fd_stat(pid_t tid, u32 fd, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", tid, fd);
	return !stat(path, st);
}

static struct fobj *obj_at(struct front *f, dev_t dev, ino_t ino)
{
	struct fobj *o = f->objs;

	while (o && (o->ino != ino || o->dev != dev))
		o = o->next;
	return o;
}

static struct fobj *obj_of_fd(struct fthread *t, u32 fd)
{
	struct stat st;

	return fd_stat(t->tid, fd, &st) ? obj_at(t->f, st.st_dev, st.st_ino) : NULL;
}

bool front_is_object(struct fthread *t, int fd)
{
	return obj_of_fd(t, fd) != NULL;
}

int front_add_fd(struct fthread *t, int fd, bool cloexec)
{
	struct seccomp_notif_addfd a = { .id = t->id, .srcfd = fd, .newfd_flags = cloexec ? O_CLOEXEC : 0 };
	int ret;

	do {
		ret = ioctl(t->f->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

/* --- what the BPF subsystem calls, in the task of the thread --- */

static int user_read(void *arg, void *dst, u64 src, size_t n)
{
	return front_read(front_current(), dst, src, n);
}

static int user_write(void *arg, u64 dst, const void *src, size_t n)
{
	return front_write(front_current(), dst, src, n);
}

static int user_handle(void *arg, u32 fd)
{
	struct fobj *o = obj_of_fd(front_current(), fd);

	return o ? o->handle : -EBADF;
}

/* front_config.kill_at_bpf: SIGKILL for the process that calls, which is gone when this returns. */
static bool kill_is_due(struct front *f, bool late)
{
	struct fproc *p = front_current()->p;

	if (f->result.nr_bpf != f->cfg.kill_at_bpf || f->cfg.kill_late != late)
		return false;
	/* once; the number stays the same until the next call */
	f->cfg.kill_at_bpf = 0;
	front_kill_proc(f, p, SIGKILL);
	front_reap(f, p);
	return true;
}

static int user_install(void *arg, int handle)
{
	struct front *f = arg;
	struct fobj *o = calloc(1, sizeof(*o));
	struct stat st;
	int fd, ret;

	kill_is_due(f, true);
	if (!o)
		return -ENOMEM;
	o->handle = handle;
	o->fd = -1;
	fd = bpf_files_memfd(f->files, handle);
	if (fd < 0) {
		fd = o->fd = memfd_create("bpf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (fd >= 0)
			fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	}
	if (fd < 0 || fstat(fd, &st)) {
		ret = -errno;
	} else {
		o->dev = st.st_dev;
		o->ino = st.st_ino;
		ret = front_add_fd(front_current(), fd, true);
	}
	if (ret < 0) {
		if (o->fd >= 0)
			close(o->fd);
		free(o);
		return ret;
	}
	o->next = f->objs;
	f->objs = o;
	return ret;
}

const struct bpf_user_ops front_user_ops = {
	.read = user_read, .write = user_write, .handle = user_handle, .install = user_install,
};

long call_bpf(struct fthread *t, const u64 *arg)
{
	struct front *f = t->f;
	const char *why;
	long ret;

	f->result.nr_bpf++;
	if (kill_is_due(f, false))
		return -EINTR;
	front_enter(t);
	if (arg[0] == BPF_MAP_FREEZE)
		front_sync_maps(f);
	ret = sys_bpf(f->cfg.rt, f->files, arg[0], (union bpf_attr *)(uintptr_t)arg[1], arg[2]);
	why = bpf_rt_why(f->cfg.rt);
	/* libraries go on after some failures: what was said last before they give up is the reason */
	if (ret < 0 && *why)
		snprintf(f->result.why, sizeof(f->result.why), "%s", why);
	else if (ret >= 0 && (arg[0] == BPF_MAP_CREATE || arg[0] == BPF_PROG_LOAD))
		f->result.why[0] = 0;
	if (ret >= 0 && arg[0] == BPF_LINK_CREATE) {
		f->result.attached = true;
		if (f->result.state == FRONT_STARTING)
			f->result.state = FRONT_ATTACHED;
	}
	kill_is_due(f, true);
	return ret;
}

/* A bpf(2) under another number; else a call that there is not. */
long call_carried_bpf(struct fthread *t, const u64 *arg)
{
	return t->f->outer ? call_bpf(t, arg) : -ENOSYS;
}

/* --- the end of objects --- */

/* Mark what the table of thread @tid has outside of @first..@last, or with @inside there. Returns whether any was. */
static bool scan_fds(struct front *f, pid_t tid, u32 first, u32 last, bool inside)
{
	bool any = false;
	char path[64];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", tid);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((d = readdir(dir))) {
		u32 fd = strtoul(d->d_name, NULL, 10);
		struct stat st;

		if (d->d_name[0] == '.' || (fd >= first && fd <= last) != inside)
			continue;
		if (fstatat(dirfd(dir), d->d_name, &st, 0))
			continue;
		for (struct fobj *o = f->objs; o; o = o->next)
			if (o->ino == st.st_ino && o->dev == st.st_dev)
				any = o->seen = true;
	}
	closedir(dir);
	return any;
}

/* Does @p have @m mapped, writable if that is? */
static bool has_mapping(const struct fmap *m)
{
	char path[64], line[512], perm[8];
	unsigned int major, minor;
	unsigned long ino;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", m->p->tgid);
	f = m->p->dead ? NULL : fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*x-%*x %7s %*x %x:%x %lu", perm, &major, &minor, &ino) == 4 &&
			ino == m->ino && makedev(major, minor) == m->dev && perm[3] == 's' &&
			(!m->writable || perm[1] == 'w');
	fclose(f);
	return found;
}

void front_sync_maps(struct front *f)
{
	struct fmap **link = &f->maps, *m;

	while ((m = *link)) {
		if (has_mapping(m)) {
			link = &m->next;
			continue;
		}
		*link = m->next;
		bpf_files_munmap(f->files, m->map, m->writable);
		free(m);
	}
}

/* Drop what no process has, the range of @t's descriptors not counted; @t NULL: all are. */
static void collect(struct front *f, struct fthread *t, u32 first, u32 last)
{
	struct fobj **link, *o, *gone = NULL;

	for (o = f->objs; o; o = o->next)
		o->seen = false;
	for (struct fproc *p = f->procs; p; p = p->next) {
		if (p->dead)
			continue;
		if (t && t->p == p)
			scan_fds(f, p->tgid, first, last, false);
		else
			scan_fds(f, p->tgid, 1, 0, false);
	}
	for (link = &f->objs; (o = *link);) {
		if (o->seen) {
			link = &o->next;
			continue;
		}
		*link = o->next;
		o->next = gone;
		gone = o;
	}
	/* off the list first: the close of a link sleeps */
	while ((o = gone)) {
		gone = o->next;
		bpf_files_close(f->files, o->handle);
		if (o->fd >= 0)
			close(o->fd);
		free(o);
	}
	front_sync_maps(f);
}

void front_gc(struct front *f)
{
	collect(f, NULL, 1, 0);
}

/* Descriptors @first to @last are about to be closed. */
static long closing(struct fthread *t, u32 first, u32 last)
{
	if (first > last || !scan_fds(t->f, t->tid, first, last, true))
		return FRONT_CONTINUE;
	front_enter(t);
	collect(t->f, t, first, last);
	return FRONT_CONTINUE;
}

long call_close(struct fthread *t, const u64 *arg)
{
	return front_is_object(t, arg[0]) ? closing(t, arg[0], arg[0]) : FRONT_CONTINUE;
}

long call_dup2(struct fthread *t, const u64 *arg)
{
	struct stat st;

	/* an open one, onto another */
	if ((u32)arg[0] == (u32)arg[1] || !fd_stat(t->tid, arg[0], &st))
		return FRONT_CONTINUE;
	return call_close(t, arg + 1);
}

long call_dup3(struct fthread *t, const u64 *arg)
{
	return arg[2] & ~(u64)O_CLOEXEC ? FRONT_CONTINUE : call_dup2(t, arg);
}

long call_close_range(struct fthread *t, const u64 *arg)
{
	return arg[2] & ~(u64)CLOSE_RANGE_UNSHARE ? FRONT_CONTINUE : closing(t, arg[0], arg[1]);
}

/* An object on its way through a socket is in no table. */
long call_sendmsg(struct fthread *t, const u64 *arg)
{
	struct msghdr m;
	char control[1024];

	if (front_read(t, &m, arg[1], sizeof(m)) || !m.msg_control || m.msg_controllen > sizeof(control) ||
	    front_read(t, control, (uintptr_t)m.msg_control, m.msg_controllen))
		return FRONT_CONTINUE;
	m.msg_control = control;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t off = CMSG_LEN(0); off + sizeof(int) <= c->cmsg_len; off += sizeof(int)) {
			int fd;

			memcpy(&fd, (char *)c + off, sizeof(fd));
			if (!front_is_object(t, fd))
				continue;
			front_note(t->f, "sendmsg: a BPF object cannot be sent through a socket here: EPERM");
			return -EPERM;
		}
	}
	return FRONT_CONTINUE;
}

/* --- mmap --- */

long call_mmap(struct fthread *t, const u64 *arg)
{
	bool writable = arg[2] & PROT_WRITE && (arg[3] & MAP_TYPE) != MAP_PRIVATE;
	struct fobj *o = obj_of_fd(t, arg[4]);
	struct fmap *m;
	size_t len;
	int memfd, err;

	if (!o)
		return FRONT_CONTINUE;
	front_enter(t);
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	err = bpf_files_mmap(t->f->files, arg[4], writable, &memfd, &len, &m->map);
	if (!err && (arg[3] & MAP_TYPE) == MAP_PRIVATE)
		err = -EINVAL;
	if (err) {
		if (m->map)
			bpf_files_munmap(t->f->files, m->map, writable);
		free(m);
		return err;
	}
	m->p = t->p;
	m->dev = o->dev;
	m->ino = o->ino;
	m->writable = writable;
	m->next = t->f->maps;
	t->f->maps = m;
	return FRONT_CONTINUE;
}
