/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The front door: a scheduler's own loader program, unmodified, as a child process whose system calls reach
 * the simulated machine.
 *
 * Processes. A seccomp filter (no privileges, user notification) stops the loader, its threads and its
 * children at the system calls of the table in front/serve.c; all others are the host's. Each of its threads
 * is a task of the simulated machine with a context of its own, which serves the calls of that thread in its
 * kernel context, and may sleep there. While the thread computes its task is in user mode and the host waits
 * for the next call. Only one thread of the loader runs on the host at a time: the others are stopped at a
 * call whose answer is held back until their task has its turn. (Right after clone(2) and its like two run,
 * until each is at its first call.)
 *
 * Descriptors. The loader's tables are the host's own. What stands for a BPF object is a memfd - that of the
 * map if it can be mmapped, so that the loader's mmap(2) gives it the pages that programs see, else an empty
 * one - put there by SECCOMP_IOCTL_NOTIF_ADDFD. The inode says which object it is: dup, fcntl, fork and
 * passing them on need no help. An object goes when no table holds its inode any more, which is looked up when
 * a descriptor of one is closed, after an exec, and when a process has ended, however it did.
 *
 * Time. Host time never counts. A call that the machine serves comes FRONT_USER_NS of computing after the one
 * before, and costs what entering the kernel costs; calls that only start a program or concern the host's
 * files cost nothing, so that the loader's libraries and locale do not show. Clocks and sleeps are virtual. So
 * that no clock is read without a call the functions of the vDSO are replaced, in every new program image, by
 * plain system calls; rseq, which tells the host's CPU, is refused. Each waiting call (sleep, poll, futex,
 * wait) sleeps in virtual time, and looks again when another thread of the loader has done something.
 *
 * Ends. SIGINT at the end of the workload; whoever does not end after it is killed. A loader that computes
 * without end, or waits in a call that the machine does not serve, is killed after a time of the host, with a
 * message.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "kabi/types.h"

struct bpf_rt;
struct front;
struct kabi_version;
struct kernel;

#define FRONT_USER_NS		1000ull		/* of computing before every call that is served */
#define FRONT_HOST_LIMIT_MS	20000u		/* default of front_config.host_limit_ms */

struct front_config {
	struct kernel *kernel;
	struct bpf_rt *rt;
	const struct kabi_version *version;
	const void *btf;		/* that of @rt */
	size_t btf_len;			/* bytes */
	u32 nr_cpus;
	u64 seed;			/* of what the loader gets as random bytes */
	char *const *argv;		/* of the loader, NULL at the end */
	bool stdout_to_stderr;		/* its standard output is needed for something else */
	/* how long it may compute (CPU time) or be blocked (real time) without a call that is served; 0: the default */
	u32 host_limit_ms;
	u32 kill_at_bpf;		/* for tests: SIGKILL it at its n-th bpf(2); 0: never */
	bool kill_late;			/* when that has been served, before its result and a new descriptor are handed over */
	u64 start_ns;			/* virtual time at which its task starts */
	/* the loader and all its children have ended; called in the last one's task. NULL: nobody is told */
	void (*done)(void *arg);
	void *arg;
};

enum front_state {
	FRONT_STARTING,		/* has not attached a scheduler yet */
	FRONT_ATTACHED,		/* has attached one */
	FRONT_ENDED,		/* all of its processes are gone */
};

struct front_result {
	enum front_state state;
	bool attached;		/* it has attached a scheduler, now or before */
	int status;		/* exit status of the program, or 128 + signal; -1: has not ended */
	bool killed;		/* it hung, and had to be killed: @why */
	char why[1024];		/* of the last bpf(2) that was refused with a reason, or why it was killed; "": none */
	char *notes;		/* lines on what it asked for and did not get, NULL: none */
	s32 pid;		/* of its first task */
	u32 nr_bpf;		/* calls of bpf(2) */
};

/*
 * Outside: start the program, up to its first instruction, and make its task. 0 and *@out; or -errno with a message in
 * @err: it cannot be executed, or the host has no user notification. What @cfg points to must live as long as the
 * front.
 */
int front_start(struct front **out, const struct front_config *cfg, char *err, size_t err_len);
/* Outside: SIGINT to the loader's process group at the machine's present instant. */
void front_interrupt(struct front *f);
/* Outside: the same with SIGKILL and for every process that it has made. */
void front_kill(struct front *f);
const struct front_result *front_result(const struct front *f);
/* Outside: kill what is left, and free. */
void front_free(struct front *f);

#endif
