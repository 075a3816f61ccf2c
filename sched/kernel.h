/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated kernel: what the command, the BPF subsystem and workloads use of sched/.
 */
#ifndef SCHED_KERNEL_H
#define SCHED_KERNEL_H

#include "kabi/gmem.h"
#include "machine/machine.h"
#include "sched/user.h"

struct kernel;
struct kabi_version;

struct kernel_config {
	const struct topology *topo;
	const struct mach_costs *costs;		/* NULL: defaults */
	u64 seed;
	u32 hz;
	const struct kabi_version *version;
	struct trace *trace;			/* NULL: no events */
	struct gmem *gmem;
	/* sim_create or threads_create */
	struct machine *(*machine_create)(const struct machine_config *cfg);
	bool check_invariants;			/* check whole structures after every event; slow */
};

/*
 * Boot: machine, run queues, idle tasks, pid 1 ("init", never runs), kthreadd, the system workqueue. Nothing has run
 * yet. 0, or -errno with a message in @err.
 */
int kernel_create(struct kernel **out, const struct kernel_config *cfg, char *err, size_t err_len);
void kernel_destroy(struct kernel *k);
struct machine *kernel_machine(struct kernel *k);
/* The printk log so far: lines of sched_ext and the class's warnings, each with a time. Owned by the kernel. */
const char *kernel_log(struct kernel *k);
/* Called for each line as it is logged. */
void kernel_set_log_fn(struct kernel *k, void (*fn)(void *arg, u64 time_ns, const char *line), void *arg);
void kernel_printk(struct kernel *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Outside, before or between runs: make a task from @spec, to be forked by init at @start_ns of virtual time.
 * Returns 0 or -errno. Its program belongs to the kernel from here on.
 */
int kernel_add_task(struct kernel *k, const struct task_spec *spec, u64 start_ns);
/*
 * Outside: a task with a context of its own (@stack bytes) that executes fn(arg) as "user" code: a loader. It may call
 * what sleeps. Its end is the return of fn. Returns its pid or -errno.
 */
int kernel_add_thread(struct kernel *k, const char *comm, size_t stack, void (*fn)(void *), void *arg, u64 start_ns);
/* From a context of its own: sleep. */
void kernel_sleep_until(struct kernel *k, u64 when_ns);
/* Number of tasks that are programs and are not dead (so that a run can end when all are). */
u32 kernel_nr_user_tasks(const struct kernel *k);
/* Called when a task is gone and no longer counted, in the context of the CPU that it ran on last. */
void kernel_set_exit_fn(struct kernel *k, void (*fn)(void *arg, struct task_struct *p), void *arg);
/*
 * A place in each task for somebody who keeps something with it, NULL at first. @fn is called with it when the
 * task is freed, where it is not NULL; so it may be from outside, when the kernel is destroyed.
 */
void **task_local_storage(struct task_struct *p);
void kernel_set_task_free_fn(struct kernel *k, void (*fn)(void *arg, void **storage), void *arg);
/* After every event of a kernel with check_invariants: the first violation, or NULL. */
const char *kernel_violation(const struct kernel *k);

#endif
