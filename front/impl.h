/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of front/. All of it runs on the one host thread of the simulation: tasks switch at
 * synchronisation points of the machine only.
 */
#ifndef FRONT_IMPL_H
#define FRONT_IMPL_H

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/types.h>

#include "bpf/bpf.h"
#include "front/front.h"
#include "machine/machine.h"

#define FRONT_CONTINUE	(-(1l << 40))	/* result of a call: let the host execute it */
#define FRONT_RESTART	(-512l)	/* the kernel's -ERESTARTSYS: what becomes of it depends on the signal's handler */
#define FRONT_NEVER	(1ull << 62)	/* an instant that does not come */

struct fthread;

/* A process of the loader. */
struct fproc {
	struct fproc *next;
	pid_t tgid;
	int pidfd;
	bool dead;
	bool execing;			/* an execve(2) was let through: its next call says whether it succeeded */
	struct fthread *vfork_parent;	/* waits in vfork(2) for its exec or end */
	u32 nr_threads;			/* whose task is not at its end */
};

enum fthread_state {
	FT_RUNNING,	/* computes on the host */
	FT_STOPPED,	/* at a call, @call, that is not answered */
	FT_BLOCKED,	/* in vfork(2) on the host until the child lets it go */
	FT_DEAD,
};

/* A thread of the loader: a task of the machine. */
struct fthread {
	struct fthread *next;		/* newest first */
	struct front *f;
	struct fproc *p;
	pid_t tid;
	enum fthread_state state;
	bool exiting;			/* exit(2) was let through */
	u64 id;				/* of the notification */
	struct seccomp_data call;
	struct task_struct *task;	/* NULL: has not begun, or is at its end */
	bool kicked;			/* look again at what you wait for */
	bool (*cond)(struct fthread *t, void *arg);	/* what it waits for; NULL: nothing that others do */
	void *cond_arg;
	u64 ctid;			/* clear_child_tid, 0: none */
	struct {
		u64 addr;		/* 0: does not wait */
		u32 bits;
		u64 seq;		/* order of waiting */
	} futex;
};

/* A BPF object that the loader has, and the inode that stands for it. */
struct fobj {
	struct fobj *next;
	int handle;			/* in f->files */
	dev_t dev;
	ino_t ino;
	int fd;				/* the empty memfd, -1: the map's own */
	bool seen;			/* by a scan of the tables */
	bool bpffs;
};

/* A mapping of a map that the loader made. */
struct fmap {
	struct fmap *next;
	struct fproc *p;
	dev_t dev;
	ino_t ino;
	void *map;			/* token of bpf_files_mmap() */
	bool writable;
};

struct front {
	struct front_config cfg;
	struct front_result result;
	char comm[64];
	int listener;
	pid_t pid;			/* of the program */
	pid_t pgid;
	struct fproc *procs;		/* newest first; also dead ones */
	struct fthread *threads;
	u32 nr_running;			/* threads in FT_RUNNING */
	u32 nr_expected;		/* threads made by clone(2) that have not been seen */
	u64 expected_ctid;		/* of that thread */
	struct fthread *expected_parent;	/* that called vfork(2) for it; NULL: not vfork */
	bool signalled;			/* the loader sent signals since it was last looked */
	bool gc_due;			/* an exec has closed descriptors */
	struct bpf_files *files;
	struct fobj *objs;
	struct fmap *maps;
	struct mevent stop_event;
	int stop_signal;
	bool over;			/* result.state is FRONT_ENDED */
	u64 served;			/* CPU time and host time (ns) since which no call was served */
	u64 served_host;
	u32 nr_received;		/* calls since then */
	u64 futex_seq;
	u64 rng;
	size_t notes_len;
	bool outer;			/* bpf(2) traps: front/outer.c */
	void *notif;			/* room for a struct seccomp_notif of this host's kernel */
	size_t notif_size;
};

/* --- front.c --- */

/* A line for front_result.notes, unless it is there already. */
void front_note(struct front *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The thread whose task is running. */
struct fthread *front_current(void);
/* In the task of @t: what precedes a call that the machine serves: computing, and the entry into the kernel. */
void front_enter(struct fthread *t);
/*
 * In the task of @t: sleep until @cond (NULL: nothing) holds or @until. 1: it holds, 0: @until, -EINTR: a signal came,
 * -ESRCH: the thread is dead.
 */
int front_wait(struct fthread *t, u64 until, bool (*cond)(struct fthread *t, void *arg), void *arg);
void front_kick(struct fthread *t);
/* A thread that was seen for the first time: give it a task. 0 or -errno */
int front_add_task(struct fthread *t);

/* --- spawn.c: the child up to its exec --- */

/* What the child says. */
struct front_report {
	int stage;	/* enum front_stage */
	int err;
};
enum front_stage {
	STAGE_FILTER,	/* there is no filter, @err */
	STAGE_READY,
	STAGE_OUTER,	/* bpf(2) does not come to the filter; it traps now */
	STAGE_EXEC,	/* the exec has failed, @err */
};
/* The command of a bpf(2) with which the child finds out whether it is notified, and then its result. */
#define FRONT_PROBE		0x75736378

/* Start it: f->listener, f->pid. 0, or -errno with a message. *@report: a socket on which more reports come. */
int front_spawn(struct front *f, int *report, char *err, size_t err_len);

/* --- host.c: threads and processes on the host --- */

/* Answer the call that @t is at. */
void front_reply(struct fthread *t, long ret);
/* Wait on the host until no thread runs. */
void front_await(struct front *f);
/* The program's first call. 0 or -errno: the exec has failed */
int front_first_call(struct front *f, int report);
void front_kill_proc(struct front *f, struct fproc *p, int sig);
/* Wait for the end of @p, which was killed. */
void front_reap(struct front *f, struct fproc *p);
bool front_signal_pending(const struct fthread *t);
/* After signals were sent to the loader, whose threads are stopped: those that they kill end before all else. */
void front_settle_signals(struct front *f);

/* Exit status, or 128 + signal, of an ended child. */
int front_exit_status(const siginfo_t *si);

/* --- outer.c: a seccomp profile outside of ours that refuses bpf(2) --- */

/* The program is at its execve(2): trace it. 0 or -errno */
int front_outer_begin(struct front *f);
/* Let those go on who are stopped for us, and release those who have ended. */
void front_outer_stops(struct front *f);

/* --- memory of the loader; 0 or -EFAULT --- */
int front_read(struct fthread *t, void *dst, u64 src, size_t n);
int front_write(struct fthread *t, u64 dst, const void *src, size_t n);
/* A string: its length, -EFAULT, or -ENAMETOOLONG. */
int front_read_str(struct fthread *t, char *dst, size_t len, u64 src);

/* --- vdso.c --- */

/* Has the image of @tid its own vDSO still? */
bool front_vdso_fresh(pid_t tid);
/* Replace its functions by system calls. 0 (also if it has none) or -errno */
int front_vdso_replace(pid_t tid);

/* --- serve.c --- */

struct front_call {
	u32 nr;			/* of x86-64 */
	long (*fn)(struct fthread *t, const u64 *arg);
	const char *name;
};
extern const struct front_call front_calls[];
extern const u32 front_nr_calls;
/* In the task of @t: serve the call that it is at. */
long front_serve(struct fthread *t);

/* --- fds.c --- */

extern const struct bpf_user_ops front_user_ops;
/* Put @fd into the loader's table: the lowest free number, or -errno. */
int front_add_fd(struct fthread *t, int fd, bool cloexec);
/* Drop the objects that no process has any more. May sleep. */
void front_gc(struct front *f);
/* Does descriptor @fd of @t stand for an object? */
bool front_is_object(struct fthread *t, int fd);
/* Release mappings that are not there any more. */
void front_sync_maps(struct front *f);
long call_mmap(struct fthread *t, const u64 *arg);
long call_bpf(struct fthread *t, const u64 *arg);
long call_carried_bpf(struct fthread *t, const u64 *arg);
long call_close(struct fthread *t, const u64 *arg);
long call_close_range(struct fthread *t, const u64 *arg);
long call_dup2(struct fthread *t, const u64 *arg);
long call_dup3(struct fthread *t, const u64 *arg);
long call_sendmsg(struct fthread *t, const u64 *arg);

/* --- files.c --- */
long call_open(struct fthread *t, const u64 *arg);
long call_openat(struct fthread *t, const u64 *arg);
long call_openat2(struct fthread *t, const u64 *arg);
long call_access(struct fthread *t, const u64 *arg);
long call_faccessat(struct fthread *t, const u64 *arg);
long call_stat(struct fthread *t, const u64 *arg);
long call_newfstatat(struct fthread *t, const u64 *arg);
long call_statx(struct fthread *t, const u64 *arg);
long call_statfs(struct fthread *t, const u64 *arg);
long call_readlink(struct fthread *t, const u64 *arg);
long call_readlinkat(struct fthread *t, const u64 *arg);
/* The text of the virtual file @path: its length; -ENOENT: none; -EFBIG: longer than @len. */
int front_file_text(struct front *f, const char *path, char *text, size_t len);
void front_random(struct front *f, void *buf, size_t n);

/* --- clock.c --- */
long call_clock_gettime(struct fthread *t, const u64 *arg);
long call_clock_getres(struct fthread *t, const u64 *arg);
long call_gettimeofday(struct fthread *t, const u64 *arg);
long call_time(struct fthread *t, const u64 *arg);
long call_nanosleep(struct fthread *t, const u64 *arg);
long call_clock_nanosleep(struct fthread *t, const u64 *arg);
long call_times(struct fthread *t, const u64 *arg);
long call_getrusage(struct fthread *t, const u64 *arg);
long call_sysinfo(struct fthread *t, const u64 *arg);
/* The instant of a timespec at @addr from now: FRONT_NEVER for NULL. 0, -EFAULT or -EINVAL */
int front_deadline(struct fthread *t, u64 addr, u64 *until);
/* CLOCK_REALTIME is CLOCK_MONOTONIC plus this. */
#define FRONT_EPOCH_NS 1700000000000000000ull

/* --- wait.c --- */
long call_poll(struct fthread *t, const u64 *arg);
long call_ppoll(struct fthread *t, const u64 *arg);
long call_select(struct fthread *t, const u64 *arg);
long call_pselect6(struct fthread *t, const u64 *arg);
long call_epoll_wait(struct fthread *t, const u64 *arg);
long call_epoll_pwait2(struct fthread *t, const u64 *arg);
long call_read(struct fthread *t, const u64 *arg);
long call_accept(struct fthread *t, const u64 *arg);
long call_connect(struct fthread *t, const u64 *arg);
long call_wait4(struct fthread *t, const u64 *arg);
long call_waitid(struct fthread *t, const u64 *arg);
long call_pause(struct fthread *t, const u64 *arg);
long call_sigsuspend(struct fthread *t, const u64 *arg);
long call_sigtimedwait(struct fthread *t, const u64 *arg);

/* --- futex.c --- */
long call_futex(struct fthread *t, const u64 *arg);
/* Wake at most @n of those of @p that wait for @addr; returns how many. */
u32 front_futex_wake(struct front *f, const struct fproc *p, u64 addr, u32 n, u32 bits);

/* --- task.c --- */
long call_clone(struct fthread *t, const u64 *arg);
long call_clone3(struct fthread *t, const u64 *arg);
long call_fork(struct fthread *t, const u64 *arg);
long call_vfork(struct fthread *t, const u64 *arg);
long call_execve(struct fthread *t, const u64 *arg);
long call_exit(struct fthread *t, const u64 *arg);
long call_kill(struct fthread *t, const u64 *arg);
long call_set_tid_address(struct fthread *t, const u64 *arg);
long call_sched_getaffinity(struct fthread *t, const u64 *arg);
long call_sched_setaffinity(struct fthread *t, const u64 *arg);
long call_sched_yield(struct fthread *t, const u64 *arg);
long call_sched_setscheduler(struct fthread *t, const u64 *arg);
long call_sched_getscheduler(struct fthread *t, const u64 *arg);
long call_sched_getparam(struct fthread *t, const u64 *arg);
long call_getcpu(struct fthread *t, const u64 *arg);
long call_getpriority(struct fthread *t, const u64 *arg);
long call_setpriority(struct fthread *t, const u64 *arg);

#endif
