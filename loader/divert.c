// SPDX-License-Identifier: GPL-2.0-only
/* libbpf's system calls, served for the loader whose task is running. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bpf/bpf.h"
#include "kabi/btf.h"
#include "loader/divert.h"
#include "loader/impl.h"
#include "sched/ext/scx.h"

static int fail(int err)
{
	errno = err;
	return -1;
}

/* 0.. as it is, -errno as system calls of C return it */
static long result(long ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* --- virtual files --- */

static const char bpffs[] = "/sys/fs/bpf";
static const char vmlinux_btf[] = "/sys/kernel/btf/vmlinux";

static int make_text(struct loader *l, const char *path, char *text, size_t len)
{
	struct kernel *k = l->cfg.kernel;

	if (!strcmp(path, "/sys/devices/system/cpu/possible")) {
		if (l->cfg.nr_cpus > 1)
			return snprintf(text, len, "0-%u\n", l->cfg.nr_cpus - 1);
		return snprintf(text, len, "0\n");
	}
	if (!strcmp(path, "/sys/kernel/sched_ext/state"))
		return snprintf(text, len, "%s\n", scx_state(k));
	if (!strcmp(path, "/sys/kernel/sched_ext/hotplug_seq"))
		return snprintf(text, len, "%llu\n", (unsigned long long)scx_hotplug_seq(k));
	if (!strcmp(path, "/sys/kernel/sched_ext/enable_seq"))
		return snprintf(text, len, "%llu\n", (unsigned long long)scx_enable_seq(k));
	if (!strcmp(path, "/sys/kernel/sched_ext/nr_rejected"))
		return snprintf(text, len, "%llu\n", (unsigned long long)scx_nr_rejected(k));
	return -ENOENT;
}

/* Fill @f for @path; false: there is no such file. */
static bool vfile_open(struct loader *l, struct vfile *f, const char *path)
{
	int n;

	*f = (struct vfile){};
	if (!strcmp(path, vmlinux_btf)) {
		f->data = l->cfg.btf;
		f->len = l->cfg.btf_len;
		return true;
	}
	n = make_text(l, path, f->text, sizeof(f->text));
	if (n < 0)
		return false;
	f->data = f->text;
	f->len = n;
	return true;
}

static struct vfile *vfile_at(struct loader *l, int fd)
{
	for (u32 i = 0; i < LOADER_MAX_FILES; i++)
		if (l->vfiles[i].fd == fd)
			return &l->vfiles[i];
	return NULL;
}

int uscx_libbpf_open64(const char *path, int flags, ...)
{
	struct loader *l = loader_current();
	struct vfile *f, probe;
	int fd;

	if (!l)
		return fail(ENOSYS);
	if (!strcmp(path, bpffs))
		return result(bpf_files_bpffs(l->files));
	if (!vfile_open(l, &probe, path))
		return fail(ENOENT);
	if ((flags & O_ACCMODE) != O_RDONLY)
		return fail(EACCES);
	f = vfile_at(l, 0);
	if (!f)
		return fail(EMFILE);
	fd = bpf_files_placeholder(l->files);
	if (fd < 0)
		return fail(-fd);
	vfile_open(l, f, path);
	f->fd = fd;
	return fd;
}

int uscx_libbpf_close(int fd)
{
	struct loader *l = loader_current();
	struct vfile *f;

	if (!l)
		return fail(ENOSYS);
	f = fd > 0 ? vfile_at(l, fd) : NULL;
	if (f)
		f->fd = 0;
	return result(bpf_files_close(l->files, fd));
}

ssize_t uscx_libbpf_read(int fd, void *buf, size_t n)
{
	struct loader *l = loader_current();
	struct vfile *f = l && fd > 0 ? vfile_at(l, fd) : NULL;

	if (!f)
		return fail(EBADF);
	if (n > f->len - f->pos)
		n = f->len - f->pos;
	memcpy(buf, f->data + f->pos, n);
	f->pos += n;
	return n;
}

ssize_t uscx_libbpf_write(int fd, const void *buf, size_t n)
{
	return fail(EBADF);
}

off64_t uscx_libbpf_lseek64(int fd, off64_t off, int whence)
{
	return fail(ESPIPE);
}

FILE *uscx_libbpf_fopen64(const char *path, const char *mode)
{
	struct loader *l = loader_current();

	/* the others are read with open() and read() */
	if (l && !strcmp(path, vmlinux_btf) && mode[0] == 'r')
		return fmemopen((void *)l->cfg.btf, l->cfg.btf_len, "r");
	errno = ENOENT;
	return NULL;
}

gzFile uscx_libbpf_gzopen64(const char *path, const char *mode)
{
	errno = ENOENT;
	return NULL;
}

int uscx_libbpf_access(const char *path, int mode)
{
	struct loader *l = loader_current();
	struct vfile probe;

	return l && !(mode & W_OK) && vfile_open(l, &probe, path) ? 0 : fail(ENOENT);
}

int uscx_libbpf_faccessat(int dir, const char *path, int mode, int flags)
{
	return uscx_libbpf_access(path, mode);
}

char *uscx_libbpf_realpath(const char *path, char *resolved)
{
	errno = ENOENT;
	return NULL;
}

/* --- bpf(2) and descriptors --- */

static long call_bpf(struct loader *l, int cmd, union bpf_attr *attr, u32 size)
{
	long ret = sys_bpf(l->cfg.rt, l->files, cmd, attr, size);
	const char *why = bpf_rt_why(l->cfg.rt);

	/* libbpf goes on after some failures: what it was told last before it gives up is the reason */
	if (ret < 0 && *why)
		snprintf(l->why, sizeof(l->why), "%s", why);
	else if (ret >= 0 && (cmd == BPF_PROG_LOAD || cmd == BPF_MAP_CREATE))
		l->why[0] = 0;
	return ret;
}

long uscx_libbpf_syscall(long nr, ...)
{
	struct loader *l = loader_current();
	long a, b, c;
	va_list ap;

	if (!l)
		return fail(ENOSYS);
	va_start(ap, nr);
	a = va_arg(ap, long);
	b = va_arg(ap, long);
	c = va_arg(ap, long);
	va_end(ap);
	switch (nr) {
	case __NR_bpf:
		return result(call_bpf(l, a, (union bpf_attr *)b, c));
	case __NR_memfd_create:
		return result(bpf_files_placeholder(l->files));
	case __NR_dup3:
		return result(bpf_files_dup_to(l->files, a, b));
	default:
		return fail(ENOSYS);
	}
}

int uscx_libbpf_fcntl64(int fd, int cmd, ...)
{
	struct loader *l = loader_current();
	va_list ap;
	int min;

	if (!l)
		return fail(ENOSYS);
	if (cmd != F_DUPFD_CLOEXEC)
		return fail(EINVAL);
	va_start(ap, cmd);
	min = va_arg(ap, int);
	va_end(ap);
	return result(bpf_files_dup(l->files, fd, min));
}

/* --- memory --- */

static struct vmap *vmap_at(struct loader *l, const void *addr)
{
	for (u32 i = 0; i < LOADER_MAX_MMAPS; i++)
		if (l->vmaps[i].addr == addr)
			return &l->vmaps[i];
	return NULL;
}

void *uscx_libbpf_mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t off)
{
	struct loader *l = loader_current();
	bool writable = prot & PROT_WRITE;
	struct vmap *v;
	size_t map_len;
	int memfd, err;
	void *map, *p;

	if (flags & MAP_ANONYMOUS)
		return mmap(addr, len, prot, flags, -1, 0);
	if (!l) {
		errno = ENOSYS;
		return MAP_FAILED;
	}
	v = vmap_at(l, NULL);
	err = v ? bpf_files_mmap(l->files, fd, writable, &memfd, &map_len, &map) : -ENOMEM;
	if (err) {
		errno = -err;
		return MAP_FAILED;
	}
	p = mmap(addr, len, prot, flags, memfd, off);
	if (p == MAP_FAILED)
		bpf_files_munmap(l->files, map, writable);
	else
		*v = (struct vmap){ p, len, map, writable };
	return p;
}

int uscx_libbpf_munmap(void *addr, size_t len)
{
	struct loader *l = loader_current();
	struct vmap *v = l && addr ? vmap_at(l, addr) : NULL;

	if (v) {
		bpf_files_munmap(l->files, v->map, v->writable);
		v->addr = NULL;
	}
	return munmap(addr, len);
}

void divert_close_all(struct loader *l)
{
	for (u32 i = 0; i < LOADER_MAX_MMAPS; i++) {
		struct vmap *v = &l->vmaps[i];

		if (!v->addr)
			continue;
		munmap(v->addr, v->len);
		bpf_files_munmap(l->files, v->map, v->writable);
		v->addr = NULL;
	}
	bpf_files_destroy(l->files);
	l->files = NULL;
}

/* --- the system --- */

int uscx_libbpf_uname(struct utsname *u)
{
	struct loader *l = loader_current();

	if (!l)
		return fail(ENOSYS);
	*u = (struct utsname){ .sysname = "Linux", .nodename = "uscx", .machine = "x86_64" };
	snprintf(u->release, sizeof(u->release), "%s", l->cfg.version->release);
	snprintf(u->version, sizeof(u->version), "#1 SMP");
	return 0;
}

/* Locked memory is not limited. */
int uscx_libbpf_setrlimit64(int resource, const struct rlimit64 *r)
{
	return 0;
}

int uscx_libbpf_getrlimit64(int resource, struct rlimit64 *r)
{
	*r = (struct rlimit64){ RLIM64_INFINITY, RLIM64_INFINITY };
	return 0;
}

/* What only perf events, pinning, ring buffers and networks need: not here. */
int uscx_libbpf_ioctl(int fd, unsigned long request, ...) { return fail(ENOTTY); }
int uscx_libbpf_mkdir(const char *path, mode_t mode) { return fail(EROFS); }
int uscx_libbpf_unlink(const char *path) { return fail(ENOENT); }
int uscx_libbpf_statfs64(const char *path, struct statfs64 *s) { return fail(ENOENT); }
int uscx_libbpf_epoll_create1(int flags) { return fail(ENOSYS); }
int uscx_libbpf_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev) { return fail(EBADF); }
int uscx_libbpf_epoll_wait(int epfd, struct epoll_event *ev, int n, int timeout_ms) { return fail(EBADF); }
int uscx_libbpf_socket(int domain, int type, int protocol) { return fail(EAFNOSUPPORT); }
int uscx_libbpf_bind(int fd, const struct sockaddr *addr, socklen_t len) { return fail(EBADF); }
int uscx_libbpf_getsockname(int fd, struct sockaddr *addr, socklen_t *len) { return fail(EBADF); }
int uscx_libbpf_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return fail(EBADF);
}
ssize_t uscx_libbpf_send(int fd, const void *buf, size_t n, int flags) { return fail(EBADF); }
ssize_t uscx_libbpf_recvmsg(int fd, struct msghdr *msg, int flags) { return fail(EBADF); }
