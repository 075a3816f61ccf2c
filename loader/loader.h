/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic loader: what a scheduler's own loader program does, for any object with one struct_ops
 * scheduler.
 *
 * It is a task of the simulated machine. libbpf runs in it, with its system calls served by loader/divert.c.
 * Like the loaders of tools/sched_ext it fills hotplug_seq, the __SCX_* constants and the size of the exit
 * dump, and takes away operations that the kernel does not have; then it loads, attaches, and sleeps until it
 * is told to stop or the scheduler has ended.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include "kabi/types.h"

struct bpf_rt;
struct kabi_version;
struct kernel;
struct loader;

struct loader_config {
	struct kernel *kernel;
	struct bpf_rt *rt;
	const struct kabi_version *version;
	const void *btf;		/* that of @rt: what /sys/kernel/btf/vmlinux has */
	size_t btf_len;			/* bytes */
	u32 nr_cpus, hz;
	const char *path;		/* the object file */
	const char *const *sets;	/* "VAR=VALUE" for global variables */
	u32 nr_sets;
	u64 start_ns;			/* virtual time at which the task starts */
	/* the loader has ended, see loader_result(); called in its task. NULL: nobody is told */
	void (*done)(void *arg);
	void *arg;
};

enum loader_state {
	LOADER_STARTING,	/* has not attached yet */
	LOADER_ATTACHED,
	LOADER_REFUSED,		/* ended: could not load or attach, @msg says why */
	LOADER_ENDED,		/* ended: the scheduler is detached */
};

struct loader_result {
	enum loader_state state;
	char msg[2048];		/* LOADER_REFUSED: one line: what, where, why */
	bool bad_input; /* LOADER_REFUSED: no scheduler in the file, or a bad --set; else the kernel refused
			 */
	char *notes;	/* lines on what the loader does otherwise than the scheduler's own, NULL: none */
	char *log;		/* all that libbpf said, NULL: nothing */
	s32 pid;		/* of the task */
};

/*
 * Outside: read the object and make the task. 0 and *@out, or -errno with a message in @err (a file that
 * cannot be read, memory). Strings of @cfg must live as long as the loader.
 */
int loader_start(struct loader **out, const struct loader_config *cfg, char *err, size_t err_len);
/* Tell it to detach; it does so within 100 ms of virtual time. From anywhere. */
void loader_stop(struct loader *l);
const struct loader_result *loader_result(const struct loader *l);
/* Free a loader that has ended, or whose machine will not run any more. */
void loader_free(struct loader *l);

#endif
