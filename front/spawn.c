// SPDX-License-Identifier: GPL-2.0-only
/* The loader's process up to its exec: the filter, and what a simulated machine needs of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front/impl.h"

#define STMT(code, k)		((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, t, f)	((struct sock_filter)BPF_JUMP(code, k, t, f))
#define NR_OFF			offsetof(struct seccomp_data, nr)
#define ARG_LOW(i)		(offsetof(struct seccomp_data, args) + 8 * (i))

/* --- the filter --- */

/* Calls of the table are notified, others are the host's. 0 or -ENOMEM */
static int make_filter(struct sock_fprog *prog)
{
	struct sock_filter *f = calloc(2 * front_nr_calls + 32, sizeof(*f)), *p = f;

	if (!f)
		return -ENOMEM;
	*p++ = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	*p++ = JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	*p++ = STMT(BPF_LD | BPF_W | BPF_ABS, NR_OFF);
	/* x32 */
	*p++ = JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	/* anonymous memory is the host's */
	*p++ = JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 4);
	*p++ = STMT(BPF_LD | BPF_W | BPF_ABS, ARG_LOW(3));
	*p++ = JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1);
	*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	for (u32 i = 0; i < front_nr_calls; i++) {
		*p++ = JUMP(BPF_JMP | BPF_JEQ | BPF_K, front_calls[i].nr, 0, 1);
		*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	*p++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog->filter = f;
	prog->len = p - f;
	return 0;
}

/* --- the child --- */

static void say(int sock, enum front_stage stage, int err, int fd)
{
	struct front_report r = { stage, err };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &r, sizeof(r) };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_hdr.msg_control = control;
		m.msg_hdr.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m.msg_hdr);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	/* not sendmsg(2), which is in the table */
	sendmmsg(sock, &m, 1, 0);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* bpf(2) shall trap. 0 or -errno */
static int trap_bpf(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR_OFF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(f) / sizeof(f[0]), .filter = f };

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) ? -errno : 0;
}

__attribute__((noreturn))
static void child(struct front *f, int sock, pid_t parent, const char *path, struct sock_fprog *prog)
{
	int fd;

	reset_signals();
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	/* what comes from outside at any time is no input of a run that can be repeated */
	fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		dup2(fd, 0);
	if (f->cfg.stdout_to_stderr)
		dup2(2, 1);
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	/* equal addresses in every run, where the host allows it */
	personality(ADDR_NO_RANDOMIZE);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog);
	if (fd < 0) {
		say(sock, STAGE_FILTER, errno, -1);
		_exit(127);
	}
	say(sock, STAGE_READY, 0, fd);
	if (syscall(__NR_bpf, FRONT_PROBE, NULL, 0) != FRONT_PROBE)
		say(sock, STAGE_OUTER, -trap_bpf(), -1);
	execv(path, f->cfg.argv);
	say(sock, STAGE_EXEC, errno, -1);
	_exit(127);
}

/* --- the parent --- */

/* 0, *@fd -1 if there is none; or -errno: nothing came */
static int hear(int sock, struct front_report *r, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { r, sizeof(*r) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(*r))
		return n < 0 ? -errno : -EPIPE;
	*fd = -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return 0;
}

/* The file that execvp(3) would execute. 0 or -errno */
static int find_program(const char *name, char *path, size_t len)
{
	const char *dirs = getenv("PATH"), *end;
	int err = -ENOENT;

	if (strchr(name, '/'))
		return snprintf(path, len, "%s", name) < (int)len ? 0 : -ENAMETOOLONG;
	for (dirs = dirs ? dirs : "/usr/bin:/bin"; dirs; dirs = *end ? end + 1 : NULL) {
		end = strchrnul(dirs, ':');
		if (snprintf(path, len, "%.*s/%s", (int)(end - dirs), end > dirs ? dirs : ".", name) >= (int)len)
			continue;
		if (!access(path, X_OK))
			return 0;
		if (errno != ENOENT)
			err = -errno;
	}
	return err;
}

static int start(struct front *f, int sock[2], char *err, size_t err_len)
{
	struct sock_fprog prog;
	struct front_report r;
	char path[4096];
	pid_t me = getpid();
	int ret = find_program(f->cfg.argv[0], path, sizeof(path));

	if (ret) {
		snprintf(err, err_len, "%s: cannot be executed: %s%s", f->cfg.argv[0], strerror(-ret),
			 strchr(f->cfg.argv[0], '/') ? "" : " in PATH");
		return ret;
	}
	ret = make_filter(&prog);
	if (ret) {
		snprintf(err, err_len, "out of memory");
		return ret;
	}
	fflush(NULL);
	f->pid = fork();
	if (!f->pid)
		child(f, sock[1], me, path, &prog);
	free(prog.filter);
	if (f->pid < 0) {
		ret = -errno;
		f->pid = 0;
		snprintf(err, err_len, "%s: cannot start a process: %s", f->cfg.argv[0], strerror(-ret));
		return ret;
	}
	/* so that a child that ends early is seen as the end of the stream */
	close(sock[1]);
	sock[1] = -1;
	ret = hear(sock[0], &r, &f->listener);
	if (!ret && r.stage == STAGE_FILTER)
		ret = -r.err;
	if (ret)
		snprintf(err, err_len, "the loader's system calls cannot be trapped: seccomp user notification: %s; "
			 "it needs Linux 5.19 or later and, in a container, a seccomp profile that allows "
			 "seccomp(2), as Docker's default does", strerror(-ret));
	return ret;
}

int front_spawn(struct front *f, int *report, char *err, size_t err_len)
{
	int sock[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock)) {
		ret = -errno;
		snprintf(err, err_len, "%s: cannot start a process: %s", f->cfg.argv[0], strerror(-ret));
		return ret;
	}
	ret = start(f, sock, err, err_len);
	if (sock[1] >= 0)
		close(sock[1]);
	if (ret)
		close(sock[0]);
	else
		*report = sock[0];
	f->pgid = f->pid;
	return ret;
}
