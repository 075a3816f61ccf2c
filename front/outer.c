// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seccomp profile around uscx that refuses bpf(2), as Docker's default does. Of several filters the harshest answer
 * counts, and an errno is harsher than a notification: that call would never come to the front door. A trap is harsher than an
 * errno: so bpf(2) is made to trap, which stops the thread for its tracer - us - before the signal is delivered. The tracer
 * lets it make the same call again under the number of one that x86-64 does not have (set_thread_area), which profiles
 * allow and our filter notifies. Nothing else of the loader is traced; this runs while the host waits for it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "front/impl.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1		/* si_code */
#endif
#define SYSCALL_INSN_LEN 2

int front_outer_begin(struct front *f)
{
	if (ptrace(PTRACE_SEIZE, f->pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		   PTRACE_O_TRACECLONE))
		return -errno;
	f->outer = true;
	return 0;
}

/* Is @tid at a trapped bpf(2)? Then let it call again. */
static bool call_again(pid_t tid)
{
	struct user_regs_struct regs;
	siginfo_t si;

	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &si) || si.si_code != SYS_SECCOMP || si.si_syscall != __NR_bpf ||
	    ptrace(PTRACE_GETREGS, tid, NULL, &regs))
		return false;
	regs.rip -= SYSCALL_INSN_LEN;
	regs.rax = __NR_set_thread_area;
	/* not within a call any more */
	regs.orig_rax = -1;
	return !ptrace(PTRACE_SETREGS, tid, NULL, &regs);
}

static bool stops_group(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void resume(pid_t tid, int status)
{
	int sig = status & 0xff, event = status >> 8;

	if (event == PTRACE_EVENT_STOP && stops_group(sig)) {
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		return;
	}
	if (event || (sig == SIGSYS && call_again(tid)))
		sig = 0;
	ptrace(PTRACE_CONT, tid, NULL, (void *)(uintptr_t)sig);
}

void front_outer_stops(struct front *f)
{
	for (;;) {
		siginfo_t si = { 0 };

		if (waitid(P_ALL, 0, &si, WSTOPPED | WEXITED | WNOHANG | __WALL | __WNOTHREAD) || !si.si_pid)
			return;
		if (si.si_code == CLD_STOPPED || si.si_code == CLD_TRAPPED)
			resume(si.si_pid, si.si_status);
		else if (si.si_pid == f->pid)
			f->result.status = front_exit_status(&si);
	}
}
