// SPDX-License-Identifier: GPL-2.0-only
/* The calls that are trapped: one table, from which the filter is made, too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "front/impl.h"
#include "kabi/btf.h"

#ifndef __NR_futex_waitv
#define __NR_futex_waitv 449
#endif

/* --- calls of no file in particular --- */

/*
 * Trapped to be seen, and left to the host. What every thread, process or program does first is among them: it stops
 * there until its task has its turn, and before any of its own code.
 */
static long call_host(struct fthread *t, const u64 *arg) { return FRONT_CONTINUE; }

/* It would tell which CPU of the host a thread is on. */
static long call_rseq(struct fthread *t, const u64 *arg) { return -ENOSYS; }

/* Memory is not limited, and there is nothing that it could be written to. */
static long call_nothing(struct fthread *t, const u64 *arg) { return 0; }
static long call_setrlimit(struct fthread *t, const u64 *arg) { return arg[0] == RLIMIT_MEMLOCK ? 0 : FRONT_CONTINUE; }

static long call_prlimit64(struct fthread *t, const u64 *arg)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (arg[1] != RLIMIT_MEMLOCK)
		return FRONT_CONTINUE;
	return arg[3] ? front_write(t, arg[3], &unlimited, sizeof(unlimited)) : 0;
}

static long call_uname(struct fthread *t, const u64 *arg)
{
	struct utsname u = { .sysname = "Linux", .nodename = "uscx", .version = "#1 SMP", .machine = "x86_64" };

	snprintf(u.release, sizeof(u.release), "%s", t->f->cfg.version->release);
	return front_write(t, arg[0], &u, sizeof(u));
}

static long call_getrandom(struct fthread *t, const u64 *arg)
{
	u8 buf[256];

	for (u64 done = 0; done < arg[1]; done += sizeof(buf)) {
		size_t n = arg[1] - done < sizeof(buf) ? arg[1] - done : sizeof(buf);

		front_random(t->f, buf, n);
		if (front_write(t, arg[0] + done, buf, n))
			return -EFAULT;
	}
	return arg[1];
}

/* --- the table --- */

static long call_refused(struct fthread *t, const u64 *arg);

#define CALL(name, fn) { __NR_##name, fn, #name }

const struct front_call front_calls[] = {
	CALL(bpf, call_bpf),
	CALL(set_thread_area, call_carried_bpf),	/* front/outer.c */
	/* descriptors */
	CALL(close, call_close),
	CALL(close_range, call_close_range),
	CALL(dup2, call_dup2),
	CALL(dup3, call_dup3),
	CALL(sendmsg, call_sendmsg),
	CALL(mmap, call_mmap),
	/* files */
	CALL(open, call_open),
	CALL(openat, call_openat),
	CALL(openat2, call_openat2),
	CALL(access, call_access),
	CALL(faccessat, call_faccessat),
	CALL(faccessat2, call_faccessat),
	CALL(stat, call_stat),
	CALL(lstat, call_stat),
	CALL(newfstatat, call_newfstatat),
	CALL(statx, call_statx),
	CALL(statfs, call_statfs),
	CALL(readlink, call_readlink),
	CALL(readlinkat, call_readlinkat),
	/* time */
	CALL(clock_gettime, call_clock_gettime),
	CALL(clock_getres, call_clock_getres),
	CALL(gettimeofday, call_gettimeofday),
	CALL(time, call_time),
	CALL(nanosleep, call_nanosleep),
	CALL(clock_nanosleep, call_clock_nanosleep),
	CALL(times, call_times),
	CALL(getrusage, call_getrusage),
	CALL(sysinfo, call_sysinfo),
	/* waiting */
	CALL(poll, call_poll),
	CALL(ppoll, call_ppoll),
	CALL(select, call_select),
	CALL(pselect6, call_pselect6),
	CALL(epoll_wait, call_epoll_wait),
	CALL(epoll_pwait, call_epoll_wait),
	CALL(epoll_pwait2, call_epoll_pwait2),
	CALL(read, call_read),
	CALL(readv, call_read),
	CALL(recvfrom, call_read),
	CALL(recvmsg, call_read),
	CALL(accept, call_accept),
	CALL(accept4, call_accept),
	CALL(connect, call_connect),
	CALL(wait4, call_wait4),
	CALL(waitid, call_waitid),
	CALL(pause, call_pause),
	CALL(rt_sigsuspend, call_sigsuspend),
	CALL(rt_sigtimedwait, call_sigtimedwait),
	CALL(futex, call_futex),
	/* processes */
	CALL(clone, call_clone),
	CALL(clone3, call_clone3),
	CALL(fork, call_fork),
	CALL(vfork, call_vfork),
	CALL(execve, call_execve),
	CALL(execveat, call_execve),
	CALL(exit, call_exit),
	CALL(exit_group, call_host),
	CALL(kill, call_kill),
	CALL(tkill, call_kill),
	CALL(tgkill, call_kill),
	CALL(rt_sigqueueinfo, call_kill),
	CALL(rt_tgsigqueueinfo, call_kill),
	CALL(pidfd_send_signal, call_kill),
	CALL(set_tid_address, call_set_tid_address),
	CALL(set_robust_list, call_host),
	CALL(arch_prctl, call_host),
	CALL(brk, call_host),
	CALL(rseq, call_rseq),
	/* scheduling */
	CALL(sched_getaffinity, call_sched_getaffinity),
	CALL(sched_setaffinity, call_sched_setaffinity),
	CALL(sched_yield, call_sched_yield),
	CALL(sched_setscheduler, call_sched_setscheduler),
	CALL(sched_getscheduler, call_sched_getscheduler),
	CALL(sched_getparam, call_sched_getparam),
	CALL(getcpu, call_getcpu),
	CALL(getpriority, call_getpriority),
	CALL(setpriority, call_setpriority),
	/* the system */
	CALL(uname, call_uname),
	CALL(getrandom, call_getrandom),
	CALL(prlimit64, call_prlimit64),
	CALL(setrlimit, call_setrlimit),
	CALL(mlock, call_nothing),
	CALL(mlock2, call_nothing),
	CALL(mlockall, call_nothing),
	CALL(munlock, call_nothing),
	CALL(munlockall, call_nothing),
	/* what would bring in the time or the state of the host */
	CALL(alarm, call_refused),
	CALL(setitimer, call_refused),
	CALL(timer_create, call_refused),
	CALL(timerfd_create, call_refused),
	CALL(clock_settime, call_refused),
	CALL(settimeofday, call_refused),
	CALL(adjtimex, call_refused),
	CALL(clock_adjtime, call_refused),
	CALL(sched_setattr, call_refused),
	CALL(sched_getattr, call_refused),
	CALL(sched_setparam, call_refused),
	CALL(sched_rr_get_interval, call_refused),
	CALL(futex_waitv, call_refused),
	CALL(perf_event_open, call_refused),
	CALL(io_uring_setup, call_refused),
	CALL(userfaultfd, call_refused),
	CALL(process_vm_readv, call_refused),
	CALL(process_vm_writev, call_refused),
	CALL(pidfd_getfd, call_refused),
	CALL(ptrace, call_refused),
	CALL(mount, call_refused),
};
const u32 front_nr_calls = sizeof(front_calls) / sizeof(*front_calls);

static const struct front_call *call_at(int nr)
{
	for (u32 i = 0; i < front_nr_calls; i++)
		if (front_calls[i].nr == (u32)nr)
			return &front_calls[i];
	return NULL;
}

static long call_refused(struct fthread *t, const u64 *arg)
{
	front_note(t->f, "%s(2) is not served: ENOSYS", call_at(t->call.nr)->name);
	return -ENOSYS;
}

long front_serve(struct fthread *t)
{
	const struct front_call *c = call_at(t->call.nr);
	u64 arg[6];

	/* the filter knows no others */
	if (!c)
		return -ENOSYS;
	for (u32 i = 0; i < 6; i++)
		arg[i] = t->call.args[i];
	return c->fn(t, arg);
}
