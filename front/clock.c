// SPDX-License-Identifier: GPL-2.0-only
/* Clocks, sleeps and accounts of time, all virtual. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "front/impl.h"
#include "sched/sched.h"

#define NSEC 1000000000ull
#define MEMORY_BYTES (4ull << 30)	/* of the simulated machine, as sysinfo(2) says */

static struct timespec to_timespec(u64 ns)
{
	return (struct timespec){ ns / NSEC, ns % NSEC };
}

static struct timeval to_timeval(u64 ns)
{
	return (struct timeval){ ns / NSEC, ns % NSEC / 1000 };
}

/* CPU time of a task of the machine, which is not running elsewhere: the current one, or one that waits. */
static u64 task_time(const struct fthread *t)
{
	u64 now = mach_now(), sum;

	if (!t->task)
		return 0;
	sum = t->task->se.sum_exec_runtime;
	if (t->task == current && now > t->task->se.exec_start)
		sum += now - t->task->se.exec_start;
	return sum;
}

static u64 proc_time(const struct fthread *t)
{
	u64 sum = 0;

	for (const struct fthread *o = t->f->threads; o; o = o->next)
		if (o->p == t->p)
			sum += task_time(o);
	return sum;
}

/* 0 or -EINVAL */
static int clock_ns(const struct fthread *t, int clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = FRONT_EPOCH_NS + mach_now();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = mach_now();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = proc_time(t);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = task_time(t);
		return 0;
	default:
		return -EINVAL;
	}
}

long call_clock_gettime(struct fthread *t, const u64 *arg)
{
	struct timespec ts;
	u64 ns;
	int err;

	front_enter(t);
	err = clock_ns(t, arg[0], &ns);
	if (err)
		return err;
	ts = to_timespec(ns);
	return front_write(t, arg[1], &ts, sizeof(ts));
}

long call_clock_getres(struct fthread *t, const u64 *arg)
{
	struct timespec ts = { 0, 1 };
	u64 ns;

	front_enter(t);
	if (clock_ns(t, arg[0], &ns))
		return -EINVAL;
	return arg[1] ? front_write(t, arg[1], &ts, sizeof(ts)) : 0;
}

long call_gettimeofday(struct fthread *t, const u64 *arg)
{
	struct timezone tz = { 0, 0 };
	struct timeval tv;

	front_enter(t);
	tv = to_timeval(FRONT_EPOCH_NS + mach_now());
	if ((arg[0] && front_write(t, arg[0], &tv, sizeof(tv))) || (arg[1] && front_write(t, arg[1], &tz, sizeof(tz))))
		return -EFAULT;
	return 0;
}

long call_time(struct fthread *t, const u64 *arg)
{
	u64 s;

	front_enter(t);
	s = (FRONT_EPOCH_NS + mach_now()) / NSEC;
	if (arg[0] && front_write(t, arg[0], &s, sizeof(s)))
		return -EFAULT;
	return s;
}

/* --- sleeping --- */

static int read_timespec(struct fthread *t, u64 addr, u64 *ns)
{
	struct timespec ts;

	if (front_read(t, &ts, addr, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC)
		return -EINVAL;
	*ns = (u64)ts.tv_sec < FRONT_NEVER / NSEC ? ts.tv_sec * NSEC + ts.tv_nsec : FRONT_NEVER;
	return 0;
}

int front_deadline(struct fthread *t, u64 addr, u64 *until)
{
	int err;

	*until = FRONT_NEVER;
	if (!addr)
		return 0;
	err = read_timespec(t, addr, until);
	if (!err && *until < FRONT_NEVER)
		*until += mach_now();
	return err;
}

/* @rem: where the time that is left goes if a signal ends it, 0: nowhere */
static long sleep_until(struct fthread *t, u64 until, u64 rem)
{
	int ret = front_wait(t, until, NULL, NULL);

	if (ret == -EINTR && rem) {
		u64 now = mach_now();
		struct timespec ts = to_timespec(until > now ? until - now : 0);

		if (front_write(t, rem, &ts, sizeof(ts)))
			return -EFAULT;
	}
	return ret;
}

long call_nanosleep(struct fthread *t, const u64 *arg)
{
	u64 until;
	int err;

	front_enter(t);
	err = arg[0] ? front_deadline(t, arg[0], &until) : -EFAULT;
	return err ? err : sleep_until(t, until, arg[1]);
}

long call_clock_nanosleep(struct fthread *t, const u64 *arg)
{
	u64 now, until;
	int err;

	front_enter(t);
	err = clock_ns(t, arg[0], &now);
	if (err || (int)arg[0] == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	err = read_timespec(t, arg[2], &until);
	if (err)
		return err;
	if ((int)arg[0] == CLOCK_PROCESS_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (!(arg[1] & TIMER_ABSTIME))
		return sleep_until(t, until < FRONT_NEVER ? mach_now() + until : until, arg[3]);
	/* its own clock is ahead of the machine's by a constant */
	now -= mach_now();
	return sleep_until(t, until > now ? until - now : 0, 0);
}

/* --- accounts --- */

long call_times(struct fthread *t, const u64 *arg)
{
	struct tms tms = { 0 };

	front_enter(t);
	tms.tms_utime = proc_time(t) / (NSEC / 100);
	if (arg[0] && front_write(t, arg[0], &tms, sizeof(tms)))
		return -EFAULT;
	return mach_now() / (NSEC / 100);
}

long call_getrusage(struct fthread *t, const u64 *arg)
{
	struct rusage ru = { 0 };
	int who = arg[0];

	front_enter(t);
	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	if (who != RUSAGE_CHILDREN)
		ru.ru_utime = to_timeval(who == RUSAGE_SELF ? proc_time(t) : task_time(t));
	return front_write(t, arg[1], &ru, sizeof(ru));
}

long call_sysinfo(struct fthread *t, const u64 *arg)
{
	struct sysinfo si = { .totalram = MEMORY_BYTES, .freeram = MEMORY_BYTES / 2, .procs = 1, .mem_unit = 1 };

	si.uptime = mach_now() / NSEC;
	return front_write(t, arg[0], &si, sizeof(si));
}
