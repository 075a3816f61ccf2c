// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that wait for descriptors, children and signals. The task waits in virtual time, for what other threads of the
 * loader do or for the end of the time; then the host executes the call, which returns at once, or the answer is the
 * time-out's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/impl.h"

#define MAX_POLL 1024

/* --- descriptors --- */

/* A copy of descriptor @fd of @t in this process. -EBADF: it is not open; -EPERM: there is no way to get one */
static int dup_fd(struct fthread *t, int fd)
{
	char path[64];
	struct stat st;
	int copy = syscall(__NR_pidfd_getfd, t->p->pidfd, fd, 0), mode;

	if (copy >= 0)
		return copy;
	if (errno == EBADF)
		return -EBADF;
	/* some containers forbid that; pipes, terminals and files can be opened once more */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", t->tid, fd);
	if (lstat(path, &st))
		return -EBADF;
	mode = (st.st_mode & (S_IRUSR | S_IWUSR)) == S_IWUSR ? O_WRONLY : O_RDONLY;
	copy = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (copy >= 0)
		return copy;
	front_note(t->f, "waiting for a descriptor that is no pipe, file or terminal needs pidfd_getfd(2), which this "
		   "host refuses: it is never ready");
	return -EPERM;
}

struct fds {
	struct pollfd *pfd;
	u32 nr;
};

static bool fds_ready(struct fthread *t, void *arg)
{
	struct fds *fds = arg;
	bool ready = false;

	for (u32 i = 0; i < fds->nr && !ready; i++) {
		struct pollfd one = { .events = fds->pfd[i].events };

		if (fds->pfd[i].fd < 0)
			continue;
		one.fd = dup_fd(t, fds->pfd[i].fd);
		/* the call says what is wrong with it */
		ready = one.fd == -EBADF;
		if (one.fd < 0)
			continue;
		ready = poll(&one, 1, 0) > 0;
		close(one.fd);
	}
	return ready;
}

/* FRONT_CONTINUE: the host can execute the call; 0: the time is over; -EINTR, -ESRCH */
static long wait_fds(struct fthread *t, struct pollfd *pfd, u32 nr, u64 until)
{
	struct fds fds = { pfd, nr };
	int ret = front_wait(t, until, fds_ready, &fds);

	return ret == 1 ? FRONT_CONTINUE : ret;
}

static u64 ms_deadline(int ms)
{
	return ms < 0 ? FRONT_NEVER : mach_now() + ms * 1000000ull;
}

static long do_poll(struct fthread *t, u64 addr, u64 nr, u64 until)
{
	struct pollfd *pfd;
	long ret;

	if (nr > MAX_POLL)
		return -EINVAL;
	pfd = calloc(nr + 1, sizeof(*pfd));
	if (!pfd)
		return -ENOMEM;
	ret = front_read(t, pfd, addr, nr * sizeof(*pfd));
	if (!ret)
		ret = wait_fds(t, pfd, nr, until);
	if (!ret) {
		for (u64 i = 0; i < nr; i++)
			pfd[i].revents = 0;
		ret = front_write(t, addr, pfd, nr * sizeof(*pfd));
	}
	free(pfd);
	return ret;
}

long call_poll(struct fthread *t, const u64 *arg)
{
	front_enter(t);
	return do_poll(t, arg[0], arg[1], ms_deadline(arg[2]));
}

long call_ppoll(struct fthread *t, const u64 *arg)
{
	u64 until;
	int err;

	front_enter(t);
	err = front_deadline(t, arg[2], &until);
	return err ? err : do_poll(t, arg[0], arg[1], until);
}

static long do_select(struct fthread *t, const u64 *arg, u64 until)
{
	static const short events[3] = { POLLIN, POLLOUT, POLLPRI };
	int nr = arg[0];
	size_t bytes = (nr + 63) / 64 * 8;
	struct pollfd *pfd;
	fd_set set[3];
	u32 n = 0;
	long ret = 0;

	if (nr < 0 || nr > FD_SETSIZE)
		return -EINVAL;
	pfd = calloc(3 * nr + 1, sizeof(*pfd));
	if (!pfd)
		return -ENOMEM;
	for (u32 s = 0; s < 3 && !ret; s++) {
		FD_ZERO(&set[s]);
		ret = arg[s + 1] ? front_read(t, &set[s], arg[s + 1], bytes) : 0;
		for (int fd = 0; fd < nr && !ret; fd++)
			if (FD_ISSET(fd, &set[s]))
				pfd[n++] = (struct pollfd){ .fd = fd, .events = events[s] };
		FD_ZERO(&set[s]);
	}
	if (!ret)
		ret = wait_fds(t, pfd, n, until);
	for (u32 s = 0; s < 3 && !ret; s++)
		if (arg[s + 1])
			ret = front_write(t, arg[s + 1], &set[s], bytes);
	free(pfd);
	return ret;
}

long call_select(struct fthread *t, const u64 *arg)
{
	struct timeval tv;
	u64 until = FRONT_NEVER;

	front_enter(t);
	if (arg[4]) {
		if (front_read(t, &tv, arg[4], sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		if (tv.tv_sec < 1000000000)
			until = mach_now() + tv.tv_sec * 1000000000ull + tv.tv_usec * 1000ull;
	}
	return do_select(t, arg, until);
}

long call_pselect6(struct fthread *t, const u64 *arg)
{
	u64 until;
	int err;

	front_enter(t);
	err = front_deadline(t, arg[4], &until);
	return err ? err : do_select(t, arg, until);
}

static long do_epoll(struct fthread *t, int epfd, u64 until)
{
	struct pollfd pfd = { .fd = epfd, .events = POLLIN };

	return wait_fds(t, &pfd, 1, until);
}

long call_epoll_wait(struct fthread *t, const u64 *arg)
{
	front_enter(t);
	return do_epoll(t, arg[0], ms_deadline(arg[3]));
}

long call_epoll_pwait2(struct fthread *t, const u64 *arg)
{
	u64 until;
	int err;

	front_enter(t);
	err = front_deadline(t, arg[3], &until);
	return err ? err : do_epoll(t, arg[0], until);
}

static bool is_nonblocking(const struct fthread *t, int fd)
{
	char path[64], info[256] = "";
	const char *flags;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", t->tid, fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, info, sizeof(info) - 1);
	info[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	flags = strstr(info, "flags:");
	return flags && strtoul(flags + 6, NULL, 8) & O_NONBLOCK;
}

/* Reads of what can be empty for long: pipes, sockets, event counters. Files are the host's. */
long call_read(struct fthread *t, const u64 *arg)
{
	struct pollfd pfd = { .fd = arg[0], .events = POLLIN };
	struct fds fds = { &pfd, 1 };
	char path[64];
	struct stat st;
	long ret;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", t->tid, pfd.fd);
	if (stat(path, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		return FRONT_CONTINUE;
	if (is_nonblocking(t, pfd.fd) || fds_ready(t, &fds))
		return FRONT_CONTINUE;
	front_enter(t);
	ret = wait_fds(t, &pfd, 1, FRONT_NEVER);
	return ret == -EINTR ? FRONT_RESTART : ret;
}

/* Clients and servers are outside of the machine: when they say something is up to the host. */
long call_accept(struct fthread *t, const u64 *arg)
{
	int ret;

	front_enter(t);
	front_note(t->f, "accept(2): clients are outside of the simulated machine, none is let in");
	if (is_nonblocking(t, arg[0]))
		return -EAGAIN;
	ret = front_wait(t, FRONT_NEVER, NULL, NULL);
	return ret == -EINTR ? FRONT_RESTART : ret;
}

long call_connect(struct fthread *t, const u64 *arg)
{
	front_note(t->f, "connect(2): servers are outside of the simulated machine: ECONNREFUSED");
	return -ECONNREFUSED;
}

/* --- children --- */

struct wait_child {
	idtype_t type;
	id_t id;
	int options;
};

/* Would the call return at once? Asks without taking the child: the host has the truth. */
static bool child_ready(struct fthread *t, void *arg)
{
	const struct wait_child *w = arg;
	char path[64], buf[4096];
	bool any = false;
	ssize_t n;
	int fd;

	for (struct fthread *o = t->f->threads; o; o = o->next) {
		char *s = buf, *end;

		if (o->p != t->p || o->state == FT_DEAD)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", t->p->tgid, o->tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return true;
		n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		buf[n > 0 ? n : 0] = 0;
		for (;; s = end) {
			pid_t pid = strtol(s, &end, 10);
			bool live = false;

			if (end == s)
				break;
			if (w->type == P_PID && pid != (pid_t)w->id)
				continue;
			any = true;
			for (struct fproc *p = t->f->procs; p; p = p->next)
				live = live || (p->tgid == pid && !p->dead);
			if (!live)
				return true;
		}
	}
	/* no such child: ECHILD */
	return !any;
}

static long wait_child(struct fthread *t, const struct wait_child *w)
{
	int ret;

	if (w->options & WNOHANG || child_ready(t, (void *)w))
		return FRONT_CONTINUE;
	front_enter(t);
	ret = front_wait(t, FRONT_NEVER, child_ready, (void *)w);
	return ret == 1 ? FRONT_CONTINUE : ret == -EINTR ? FRONT_RESTART : ret;
}

long call_wait4(struct fthread *t, const u64 *arg)
{
	pid_t pid = arg[0];
	struct wait_child w = { pid > 0 ? P_PID : P_ALL, pid, arg[2] };

	return wait_child(t, &w);
}

long call_waitid(struct fthread *t, const u64 *arg)
{
	struct wait_child w = { arg[0] == P_PID ? P_PID : P_ALL, arg[1], arg[3] };

	return wait_child(t, &w);
}

/* --- signals --- */

long call_pause(struct fthread *t, const u64 *arg)
{
	front_enter(t);
	return front_wait(t, FRONT_NEVER, NULL, NULL);
}

/* The signals that are pending for @t, also blocked ones. */
static u64 pending_signals(const struct fthread *t)
{
	char path[64], buf[4096];
	u64 set = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", t->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	for (const char *s = buf; (s = strstr(s, "Pnd:")); s++)
		set |= strtoull(s + 4, NULL, 16);
	return set;
}

static bool signal_in(struct fthread *t, void *arg)
{
	return pending_signals(t) & *(u64 *)arg;
}

long call_sigsuspend(struct fthread *t, const u64 *arg)
{
	u64 set;
	int ret;

	front_enter(t);
	if (front_read(t, &set, arg[0], sizeof(set)))
		return -EFAULT;
	set = ~set;
	ret = front_wait(t, FRONT_NEVER, signal_in, &set);
	return ret == 1 || ret == -EINTR ? FRONT_CONTINUE : ret;
}

long call_sigtimedwait(struct fthread *t, const u64 *arg)
{
	u64 set, until;
	int ret;

	front_enter(t);
	if (front_read(t, &set, arg[0], sizeof(set)))
		return -EFAULT;
	ret = front_deadline(t, arg[2], &until);
	if (ret)
		return ret;
	ret = front_wait(t, until, signal_in, &set);
	return ret == 1 ? FRONT_CONTINUE : ret ? ret : -EAGAIN;
}
