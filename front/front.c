// SPDX-License-Identifier: GPL-2.0-only
/* The loader's tasks, its start and its end. */
#include "front/front.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/impl.h"
#include "sched/kernel.h"
#include "sched/sched.h"

#define TASK_STACK (1u << 20)
#define MAX_SLEEP_NS (1ull << 50)	/* of one sleep; longer ones are several */

static void thread_main(void *arg);

void front_note(struct front *f, const char *fmt, ...)
{
	char line[512], *notes;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	strcat(line, "\n");
	if (f->result.notes && strstr(f->result.notes, line))
		return;
	n = strlen(line);
	notes = realloc(f->result.notes, f->notes_len + n + 1);
	if (!notes)
		return;
	memcpy(notes + f->notes_len, line, n + 1);
	f->result.notes = notes;
	f->notes_len += n;
}

/* --- in a task --- */

struct fthread *front_current(void)
{
	struct task_priv *tp;

	if (!this_mcpu || !current)
		return NULL;
	tp = task_priv(current);
	return tp->fn == thread_main ? tp->arg : NULL;
}

void front_enter(struct fthread *t)
{
	u64 left = FRONT_USER_NS, begin = mach_now();

	while (left) {
		left -= mach_run_user(left);
		if (test_tsk_need_resched(current))
			schedule();
	}
	current->utime += mach_now() - begin;
	mach_charge(this_mcpu->m->costs.kernel_entry_ns);
	mach_sync();
	t->f->served_host = 0;
}

void front_kick(struct fthread *t)
{
	t->kicked = true;
	if (t->task)
		wake_up_process(t->task);
}

int front_wait(struct fthread *t, u64 until, bool (*cond)(struct fthread *t, void *arg), void *arg)
{
	for (;;) {
		u64 now;

		if (t->state == FT_DEAD)
			return -ESRCH;
		if (cond && cond(t, arg))
			return 1;
		if (t->kicked) {
			t->kicked = false;
			if (front_signal_pending(t))
				return -EINTR;
		}
		now = mach_now();
		if (now >= until)
			return 0;
		t->cond = cond;
		t->cond_arg = arg;
		schedule_timeout_ns(until - now < MAX_SLEEP_NS ? until - now : MAX_SLEEP_NS);
		t->cond = NULL;
	}
}

/* In vfork(2): until the child has let the thread go on the host, and it is at its next call. */
static void wait_unblocked(struct fthread *t)
{
	while (t->state == FT_BLOCKED)
		schedule_timeout_ns(MAX_SLEEP_NS);
}

static bool all_dead(const struct front *f)
{
	for (const struct fproc *p = f->procs; p; p = p->next)
		if (p->nr_threads)
			return false;
	return true;
}

static void thread_end(struct fthread *t)
{
	struct front *f = t->f;
	struct fproc *p = t->p;

	if (t->ctid)
		front_futex_wake(f, p, t->ctid, ~0u, ~0u);
	if (p->nr_threads == 1 && p->dead)
		front_gc(f);
	t->task = NULL;
	p->nr_threads--;
	if (!all_dead(f))
		return;
	bpf_files_destroy(f->files);
	f->files = NULL;
	f->over = true;
	f->result.state = FRONT_ENDED;
	if (f->cfg.done)
		f->cfg.done(f->cfg.arg);
}

static void thread_main(void *arg)
{
	struct fthread *t = arg;
	struct front *f = t->f;

	t->task = current;
	for (;;) {
		front_await(f);
		wait_unblocked(t);
		if (t->state == FT_DEAD)
			break;
		if (f->gc_due) {
			f->gc_due = false;
			front_gc(f);
		}
		front_reply(t, front_serve(t));
	}
	thread_end(t);
}

int front_add_task(struct fthread *t)
{
	struct front *f = t->f;
	u64 start = this_mcpu ? mach_now() : f->cfg.start_ns;
	int pid = kernel_add_thread(f->cfg.kernel, f->comm, TASK_STACK, thread_main, t, start);

	if (pid < 0) {
		t->p->nr_threads--;
		return pid;
	}
	if (!f->result.pid)
		f->result.pid = pid;
	return 0;
}

/* --- from outside --- */

/* Interrupt context, at the instant of front_interrupt() or front_kill(); all threads of the loader are stopped. */
static void stop_event_fn(struct mevent *ev)
{
	struct front *f = container_of(ev, struct front, stop_event);

	if (f->stop_signal == SIGKILL) {
		for (struct fproc *p = f->procs; p; p = p->next)
			front_kill_proc(f, p, SIGKILL);
		for (struct fproc *p = f->procs; p; p = p->next)
			front_reap(f, p);
		return;
	}
	kill(-f->pgid, f->stop_signal);
	front_settle_signals(f);
}

static void stop_with(struct front *f, int sig)
{
	struct machine *m = kernel_machine(f->cfg.kernel);

	if (f->over)
		return;
	f->stop_signal = sig;
	f->stop_event.fn = stop_event_fn;
	mach_event_arm(m, &f->stop_event, 0, sim_now(m));
}

void front_interrupt(struct front *f) { stop_with(f, SIGINT); }
void front_kill(struct front *f) { stop_with(f, SIGKILL); }

const struct front_result *front_result(const struct front *f)
{
	return &f->result;
}

static int open_notif(struct front *f)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return -errno;
	f->notif_size = sizes.seccomp_notif > sizeof(struct seccomp_notif) ? sizes.seccomp_notif :
		sizeof(struct seccomp_notif);
	f->notif = malloc(f->notif_size);
	return f->notif ? 0 : -ENOMEM;
}

static int start(struct front *f, char *err, size_t err_len)
{
	int report, ret = front_spawn(f, &report, err, err_len);

	if (ret)
		return ret;
	ret = open_notif(f);
	if (!ret)
		ret = front_first_call(f, report);
	close(report);
	if (f->result.why[0]) {
		snprintf(err, err_len, "%s: %s", f->cfg.argv[0], f->result.why);
		return -EPERM;
	}
	if (ret) {
		snprintf(err, err_len, "%s: cannot be executed: %s", f->cfg.argv[0], strerror(-ret));
		return ret;
	}
	f->gc_due = false;
	f->files = bpf_files_create(f->cfg.rt, &front_user_ops, f);
	ret = f->files ? front_add_task(f->threads) : -ENOMEM;
	if (ret)
		snprintf(err, err_len, "out of memory");
	return ret;
}

int front_start(struct front **out, const struct front_config *cfg, char *err, size_t err_len)
{
	struct front *f = calloc(1, sizeof(*f));
	const char *slash = strrchr(cfg->argv[0], '/');
	int ret;

	if (!f) {
		snprintf(err, err_len, "out of memory");
		return -ENOMEM;
	}
	f->cfg = *cfg;
	if (!f->cfg.host_limit_ms)
		f->cfg.host_limit_ms = FRONT_HOST_LIMIT_MS;
	f->listener = -1;
	f->result.status = -1;
	f->rng = cfg->seed;
	snprintf(f->comm, sizeof(f->comm), "%s", slash ? slash + 1 : cfg->argv[0]);
	ret = start(f, err, err_len);
	if (ret) {
		front_free(f);
		return ret;
	}
	*out = f;
	return 0;
}

void front_free(struct front *f)
{
	if (!f)
		return;
	for (struct fproc *p = f->procs, *next; p; p = next) {
		next = p->next;
		front_kill_proc(f, p, SIGKILL);
		if (p->pidfd >= 0)
			close(p->pidfd);
		free(p);
	}
	if (f->pid && f->result.status < 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	for (struct fthread *t = f->threads, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	for (struct fmap *m = f->maps, *next; m; m = next) {
		next = m->next;
		if (f->files)
			bpf_files_munmap(f->files, m->map, m->writable);
		free(m);
	}
	for (struct fobj *o = f->objs, *next; o; o = next) {
		next = o->next;
		if (o->fd >= 0)
			close(o->fd);
		free(o);
	}
	bpf_files_destroy(f->files);
	if (f->listener >= 0)
		close(f->listener);
	free(f->notif);
	free(f->result.notes);
	free(f);
}
