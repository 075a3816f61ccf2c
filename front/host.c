// SPDX-License-Identifier: GPL-2.0-only
/* The loader's threads and processes on the host: notifications, answers, ends. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "front/impl.h"

#define NEW_THREAD_MS	2000	/* real time in which a new thread makes its first call, else clone(2) has failed */
#define POLL_MS		100	/* how often the host looks whether the loader hangs */
#define MANY_CALLS	2000	/* that are not served, in a row: no program needs so many to start */
#define MAX_PROCS	256
#define STOP_MS		1000	/* real time in which a thread stops */

/* --- /proc --- */

static ssize_t read_proc(char *buf, size_t len, const char *fmt, pid_t a, pid_t b)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), fmt, a, b);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return n;
}

/* A number of /proc/TID/status; @def if there is none. */
static u64 status_field(const char *status, const char *name, int base, u64 def)
{
	const char *s = strstr(status, name);

	return s ? strtoull(s + strlen(name), NULL, base) : def;
}

static u64 pending_in(const char *status)
{
	return status_field(status, "\nSigPnd:", 16, 0) | status_field(status, "\nShdPnd:", 16, 0);
}

bool front_signal_pending(const struct fthread *t)
{
	char buf[4096];

	if (read_proc(buf, sizeof(buf), "/proc/%d/status", t->tid, 0) <= 0)
		return true;
	return pending_in(buf) & ~status_field(buf, "\nSigBlk:", 16, 0) & ~status_field(buf, "\nSigIgn:", 16, 0);
}

/* The state letter of a thread, 'X': it is gone. */
static char thread_state(const struct fthread *t)
{
	char buf[512], *s;

	if (read_proc(buf, sizeof(buf), "/proc/%d/task/%d/stat", t->p->tgid, t->tid) <= 0)
		return 'X';
	s = strrchr(buf, ')');
	return s && s[1] ? s[2] : 'X';
}

static bool thread_gone(const struct fthread *t)
{
	return strchr("XZ", thread_state(t));
}

/* --- memory --- */

static bool id_valid(const struct fthread *t)
{
	return !ioctl(t->f->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &t->id);
}

int front_read(struct fthread *t, void *dst, u64 src, size_t n)
{
	struct iovec l = { dst, n }, r = { (void *)(uintptr_t)src, n };

	if (!n)
		return 0;
	/* the number of a thread that is gone may be somebody else's */
	return process_vm_readv(t->tid, &l, 1, &r, 1, 0) == (ssize_t)n && id_valid(t) ? 0 : -EFAULT;
}

int front_write(struct fthread *t, u64 dst, const void *src, size_t n)
{
	struct iovec l = { (void *)src, n }, r = { (void *)(uintptr_t)dst, n };

	if (!n)
		return 0;
	if (!id_valid(t))
		return -EFAULT;
	return process_vm_writev(t->tid, &l, 1, &r, 1, 0) == (ssize_t)n ? 0 : -EFAULT;
}

int front_read_str(struct fthread *t, char *dst, size_t len, u64 src)
{
	size_t have = 0;

	while (have < len) {
		size_t n = 4096 - ((src + have) & 4095);
		char *end;

		if (n > len - have)
			n = len - have;
		if (front_read(t, dst + have, src + have, n))
			return -EFAULT;
		end = memchr(dst + have, 0, n);
		if (end)
			return end - dst;
		have += n;
	}
	return -ENAMETOOLONG;
}

/* poll(2), during which traced threads go on; @ms -1: for ever. There is no descriptor for those. */
static int poll_host(struct front *f, struct pollfd *pfd, u32 n, int ms)
{
	int ret;

	if (!f->outer)
		return poll(pfd, n, ms);
	do {
		front_outer_stops(f);
		ret = poll(pfd, n, ms ? 1 : 0);
	} while (!ret && ms && (ms < 0 || --ms));
	return ret;
}

/* --- processes and threads --- */

static struct fproc *proc_at(struct front *f, pid_t tgid)
{
	struct fproc *p = f->procs;

	while (p && (p->tgid != tgid || p->dead))
		p = p->next;
	return p;
}

static struct fproc *proc_new(struct front *f, pid_t tgid)
{
	struct fproc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pidfd = syscall(__NR_pidfd_open, tgid, 0);
	if (p->pidfd < 0) {
		free(p);
		return NULL;
	}
	p->tgid = tgid;
	p->next = f->procs;
	f->procs = p;
	return p;
}

static struct fthread *thread_at(struct front *f, pid_t tid)
{
	struct fthread *t = f->threads;

	while (t && (t->tid != tid || t->state == FT_DEAD))
		t = t->next;
	return t;
}

static struct fthread *thread_new(struct front *f, pid_t tid)
{
	struct fthread *t = calloc(1, sizeof(*t));
	char buf[4096];
	pid_t tgid;

	if (!t)
		return NULL;
	if (read_proc(buf, sizeof(buf), "/proc/%d/status", tid, 0) <= 0) {
		free(t);
		return NULL;
	}
	tgid = status_field(buf, "\nTgid:", 10, tid);
	t->f = f;
	t->tid = tid;
	t->state = FT_STOPPED;
	t->p = proc_at(f, tgid);
	if (!t->p)
		t->p = proc_new(f, tgid);
	if (!t->p) {
		free(t);
		return NULL;
	}
	t->p->nr_threads++;
	t->next = f->threads;
	f->threads = t;
	return t;
}

static void set_running(struct fthread *t)
{
	if (t->state != FT_RUNNING)
		t->f->nr_running++;
	t->state = FT_RUNNING;
}

static void set_not_running(struct fthread *t, enum fthread_state state)
{
	if (t->state == FT_RUNNING)
		t->f->nr_running--;
	t->state = state;
}

static void thread_dead(struct fthread *t)
{
	if (t->state == FT_DEAD)
		return;
	set_not_running(t, FT_DEAD);
	front_kick(t);
}

/* The child of vfork(2) has its own image or is gone: its parent returns. */
static void vfork_done(struct fproc *p)
{
	if (p->vfork_parent && p->vfork_parent->state == FT_BLOCKED)
		set_running(p->vfork_parent);
	p->vfork_parent = NULL;
}

int front_exit_status(const siginfo_t *si)
{
	return si->si_code == CLD_EXITED ? si->si_status : 128 + si->si_status;
}

/* Its pidfd says that @p has ended. */
static void proc_dead(struct front *f, struct fproc *p)
{
	siginfo_t si = { 0 };

	p->dead = true;
	if (f->outer)
		front_outer_stops(f);
	if (p->tgid == f->pid && !waitid(P_PIDFD, p->pidfd, &si, WEXITED | WNOHANG))
		f->result.status = front_exit_status(&si);
	vfork_done(p);
	for (struct fthread *t = f->threads; t; t = t->next) {
		if (t->p == p)
			thread_dead(t);
		else
			front_kick(t);		/* SIGCHLD, wait(2) */
	}
	close(p->pidfd);
	p->pidfd = -1;
}

void front_kill_proc(struct front *f, struct fproc *p, int sig)
{
	if (!p->dead)
		syscall(__NR_pidfd_send_signal, p->pidfd, sig, NULL, 0);
}

void front_reap(struct front *f, struct fproc *p)
{
	struct pollfd pfd = { .fd = p->pidfd, .events = POLLIN };

	if (p->dead)
		return;
	while (poll_host(f, &pfd, 1, -1) < 0 && errno == EINTR)
		;
	proc_dead(f, p);
}

/*
 * Is @t, at a call, on its way to its end because of a signal? The kernel makes a fatal signal SIGKILL, pending until the
 * thread has left its call; from then on the notification is void. So in this order nothing is missed.
 */
static bool dying(const struct fthread *t)
{
	char buf[4096];

	if (read_proc(buf, sizeof(buf), "/proc/%d/status", t->tid, 0) <= 0)
		return true;
	if (pending_in(buf) & 1u << (SIGKILL - 1))
		return true;
	return t->state == FT_STOPPED && !id_valid(t);
}

void front_settle_signals(struct front *f)
{
	f->signalled = false;
	for (struct fthread *t = f->threads; t; t = t->next)
		if ((t->state == FT_STOPPED || t->state == FT_BLOCKED) && dying(t))
			front_reap(f, t->p);
	for (struct fthread *t = f->threads; t; t = t->next)
		if (t->state != FT_DEAD)
			front_kick(t);
}

/* --- hanging --- */

static u64 timespec_ns(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000ull + ts->tv_nsec;
}

static u64 host_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return timespec_ns(&ts);
}

/* CPU time of all processes. */
static u64 cpu_used(struct front *f)
{
	u64 sum = 0;

	for (struct fproc *p = f->procs; p; p = p->next) {
		struct timespec ts;
		clockid_t clock;

		if (!p->dead && !clock_getcpuclockid(p->tgid, &clock) && !clock_gettime(clock, &ts))
			sum += timespec_ns(&ts);
	}
	return sum;
}

/* The number of the call that @t is blocked in, -1: none */
static int blocked_in(const struct fthread *t)
{
	char buf[256];

	if (thread_state(t) != 'S' || read_proc(buf, sizeof(buf), "/proc/%d/task/%d/syscall", t->p->tgid, t->tid) <= 0)
		return -1;
	return buf[0] >= '0' && buf[0] <= '9' ? atoi(buf) : -1;
}

static bool writes(int nr)
{
	return nr == __NR_write || nr == __NR_writev || nr == __NR_pwrite64 || nr == __NR_sendto || nr == __NR_sendmsg;
}

/* Where on the host @t executes: "at 0x401a2b (loader+0x1a2b)", with the offset in the file; "" if that is not to be found. */
static void say_pc(struct fthread *t, char *buf, size_t len)
{
	unsigned long long pc = 0, from, to, off;
	char text[256], line[4400], *name;
	int name_at;
	FILE *maps;

	buf[0] = 0;
	if (t->state == FT_STOPPED) {
		pc = t->call.instruction_pointer;
	} else {
		/* of a thread that runs there is only "running" */
		front_kill_proc(t->f, t->p, SIGSTOP);
		for (int i = 0; i < STOP_MS && !pc; i++) {
			poll_host(t->f, NULL, 0, 1);
			if (read_proc(text, sizeof(text), "/proc/%d/task/%d/syscall", t->p->tgid, t->tid) <= 0)
				break;
			if (strrchr(text, ' '))
				pc = strtoull(strrchr(text, ' '), NULL, 16);
		}
	}
	if (!pc)
		return;
	snprintf(buf, len, " at 0x%llx", pc);
	snprintf(text, sizeof(text), "/proc/%d/maps", t->p->tgid);
	maps = fopen(text, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		name_at = 0;
		if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %n", &from, &to, &off, &name_at) < 3 || pc < from || pc >= to)
			continue;
		line[strcspn(line, "\n")] = 0;
		name = strrchr(line + name_at, '/');
		if (name_at && name)
			snprintf(buf, len, " at 0x%llx (%s+0x%llx)", pc, name + 1, pc - from + off);
		break;
	}
	if (maps)
		fclose(maps);
}

static void give_up(struct front *f)
{
	f->result.killed = true;
	for (struct fproc *p = f->procs; p; p = p->next)
		front_kill_proc(f, p, SIGKILL);
}

static void check_hang(struct front *f)
{
	u64 limit = f->cfg.host_limit_ms * 1000000ull, cpu = cpu_used(f), now = host_now();

	/* on its way to its end */
	if (f->result.killed)
		return;
	/* the processes may be others than before */
	if (!f->served_host || cpu < f->served) {
		f->served_host = now;
		f->served = cpu;
		f->nr_received = 0;
		return;
	}
	if (cpu - f->served > limit || (now - f->served_host > limit && f->nr_received > MANY_CALLS)) {
		char pc[300] = "";

		for (struct fthread *t = f->threads; t && !pc[0]; t = t->next)
			if (t->state == FT_RUNNING || (!f->nr_running && t->state == FT_STOPPED))
				say_pc(t, pc, sizeof(pc));
		snprintf(f->result.why, sizeof(f->result.why), "it ran for %u ms%s without a system call that takes "
			 "simulated time, so that the machine cannot go on: killed; --host-limit sets the limit",
			 f->cfg.host_limit_ms, pc);
		give_up(f);
		return;
	}
	if (now - f->served_host <= limit)
		return;
	for (struct fthread *t = f->threads; t; t = t->next) {
		int nr = t->state == FT_RUNNING ? blocked_in(t) : -1;

		/* who waits for a reader of its output waits for the user */
		if (nr < 0 || writes(nr))
			continue;
		snprintf(f->result.why, sizeof(f->result.why), "it waits in system call %d for something from outside "
			 "of the simulated machine: killed; --host-limit sets the limit", nr);
		give_up(f);
		return;
	}
}

/* --- notifications --- */

/* The first call of a new program image, if the exec has succeeded. */
static void see_exec(struct front *f, struct fthread *t)
{
	int err;

	t->p->execing = false;
	if (!front_vdso_fresh(t->tid))
		return;
	err = front_vdso_replace(t->tid);
	if (err) {
		snprintf(f->result.why, sizeof(f->result.why), "its vDSO cannot be replaced, which would show it the "
			 "time of the host: %s: killed", strerror(-err));
		front_kill_proc(f, t->p, SIGKILL);
	}
	vfork_done(t->p);
	f->gc_due = true;
	t->ctid = 0;
	for (struct fthread *o = f->threads; o; o = o->next)
		if (o != t && o->p == t->p && thread_gone(o))
			thread_dead(o);
}

static void see_new(struct front *f, struct fthread *t)
{
	t->ctid = f->expected_ctid;
	if (f->expected_parent)
		t->p->vfork_parent = f->expected_parent;
	f->expected_ctid = 0;
	f->expected_parent = NULL;
	if (f->nr_expected)
		f->nr_expected--;
}

/* Take a notification; NULL: it is gone again. */
static struct fthread *receive(struct front *f)
{
	struct seccomp_notif *n = f->notif;
	struct fthread *t;
	bool new = false;

	memset(n, 0, f->notif_size);
	if (ioctl(f->listener, SECCOMP_IOCTL_NOTIF_RECV, n))
		return NULL;
	t = thread_at(f, n->pid);
	if (!t) {
		new = true;
		t = thread_new(f, n->pid);
		if (!t) {
			/* it cannot be served: dead already, or no memory */
			kill(n->pid, SIGKILL);
			return NULL;
		}
		see_new(f, t);
	}
	t->id = n->id;
	t->call = n->data;
	set_not_running(t, FT_STOPPED);
	if (t->p->execing)
		see_exec(f, t);
	if (new && f->result.pid && front_add_task(t))
		front_kill_proc(f, t->p, SIGKILL);
	return t;
}

/* One wait of the host: a notification, the end of a process, or @ms. */
static struct fthread *host_wait(struct front *f, int ms)
{
	struct pollfd pfd[MAX_PROCS + 1] = { { .fd = f->listener, .events = POLLIN } };
	struct fproc *proc[MAX_PROCS + 1];
	struct fthread *t = NULL;
	u32 n = 1;

	for (struct fproc *p = f->procs; p && n <= MAX_PROCS; p = p->next) {
		if (p->dead)
			continue;
		proc[n] = p;
		pfd[n++] = (struct pollfd){ .fd = p->pidfd, .events = POLLIN };
	}
	if (poll_host(f, pfd, n, ms) <= 0)
		return NULL;
	if (pfd[0].revents & POLLIN)
		t = receive(f);
	for (u32 i = 1; i < n; i++)
		if (pfd[i].revents && !proc[i]->dead)
			proc_dead(f, proc[i]);
	return t;
}

static void see_exits(struct front *f)
{
	for (struct fthread *t = f->threads; t; t = t->next)
		if (t->exiting && t->state == FT_RUNNING && thread_gone(t))
			thread_dead(t);
}

/* What others wait for may hold now. */
static void recheck_waiters(struct front *f)
{
	for (struct fthread *t = f->threads; t; t = t->next)
		if (t->cond && !t->kicked && t->state == FT_STOPPED && t->cond(t, t->cond_arg))
			front_kick(t);
}

static bool any_exiting(const struct front *f)
{
	for (const struct fthread *t = f->threads; t; t = t->next)
		if (t->exiting && t->state == FT_RUNNING)
			return true;
	return false;
}

void front_await(struct front *f)
{
	u64 since = 0;

	while (f->nr_running || f->nr_expected) {
		struct fthread *t = host_wait(f, any_exiting(f) || (!f->nr_running && f->nr_expected) ? 1 : POLL_MS);

		see_exits(f);
		/* also when it makes calls without end that are not served */
		if (t ? !(++f->nr_received % 256) : f->nr_running > 0)
			check_hang(f);
		if (f->nr_running) {
			since = 0;
		} else if (f->nr_expected) {
			if (!since)
				since = host_now();
			/* its parent went on, so it was not made */
			if (host_now() - since > NEW_THREAD_MS * 1000000ull) {
				f->nr_expected = 0;
				if (f->expected_parent && f->expected_parent->state == FT_BLOCKED)
					set_running(f->expected_parent);
				f->expected_parent = NULL;
			}
		}
	}
	if (f->signalled)
		front_settle_signals(f);
	recheck_waiters(f);
}

/* --- answers --- */

static void send_answer(struct front *f, u64 id, long ret)
{
	struct seccomp_notif_resp r = { .id = id };

	if (ret == FRONT_CONTINUE)
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		r.error = ret;
	else
		r.val = ret;
	/* fails when the thread is being killed, which its pidfd says, too */
	while (ioctl(f->listener, SECCOMP_IOCTL_NOTIF_SEND, &r) && errno == EINTR)
		;
}

void front_reply(struct fthread *t, long ret)
{
	if (t->state != FT_STOPPED)
		return;
	if (t->f->expected_parent == t)
		t->state = FT_BLOCKED;
	else
		set_running(t);
	send_answer(t->f, t->id, ret);
}

/* What the child has said since: 0, or -errno with which it failed. */
static int hear_reports(struct front *f, int report)
{
	struct front_report r;
	int err = 0;

	while (!err && recv(report, &r, sizeof(r), MSG_DONTWAIT) == sizeof(r)) {
		if (r.stage != STAGE_OUTER)
			return -r.err;
		err = r.err ? -r.err : front_outer_begin(f);
		if (err)
			snprintf(f->result.why, sizeof(f->result.why), "bpf(2) cannot be trapped, which a seccomp profile "
				 "around uscx refuses: ptrace(2): %s; allow bpf in the container's profile", strerror(-err));
	}
	return err;
}

int front_first_call(struct front *f, int report)
{
	struct fthread *t;
	long answer;
	int err;

	for (;;) {
		t = host_wait(f, POLL_MS);
		if (f->procs && f->procs->dead)
			break;
		if (!t) {
			check_hang(f);
			continue;
		}
		err = hear_reports(f, report);
		if (err)
			return err;
		answer = FRONT_CONTINUE;
		if (t->call.nr == __NR_execve)
			t->p->execing = true;
		else if (t->call.nr == __NR_bpf && t->call.args[0] == FRONT_PROBE)
			answer = FRONT_PROBE;
		else
			return 0;
		front_reply(t, answer);
	}
	return -ECHILD;
}
