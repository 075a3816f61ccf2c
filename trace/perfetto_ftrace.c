/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler's events as ftrace would have recorded them: a bundle is what was read from one CPU's buffer.
 * Names of tasks are in the events, as the kernel has them there; tasks that were born outside a CPU are
 * listed in process trees.
 */
#include "kabi/task.h"
#include "trace/perfetto_int.h"
#include "trace/text.h"

enum pf_bundle {
	PF_BUNDLE_CPU	= 1,
	PF_BUNDLE_EVENT	= 2,
};

enum pf_ftrace {
	PF_FTRACE_TIMESTAMP		= 1,
	PF_FTRACE_PID			= 2,	/* current */
	PF_FTRACE_SCHED_SWITCH		= 4,
	PF_FTRACE_SCHED_WAKEUP		= 17,
	PF_FTRACE_SCHED_WAKING		= 20,
	PF_FTRACE_SCHED_WAKEUP_NEW	= 114,
	PF_FTRACE_TASK_NEWTASK		= 235,
	PF_FTRACE_TASK_RENAME		= 236,
	PF_FTRACE_SCHED_PROCESS_EXIT	= 238,
	PF_FTRACE_SCHED_MIGRATE_TASK	= 491,
};

enum pf_sched_switch {
	PF_SWITCH_PREV_COMM	= 1,
	PF_SWITCH_PREV_PID	= 2,
	PF_SWITCH_PREV_PRIO	= 3,
	PF_SWITCH_PREV_STATE	= 4,
	PF_SWITCH_NEXT_COMM	= 5,
	PF_SWITCH_NEXT_PID	= 6,
	PF_SWITCH_NEXT_PRIO	= 7,
};

/* sched_waking, sched_wakeup, sched_wakeup_new */
enum pf_sched_wakeup {
	PF_WAKEUP_COMM		= 1,
	PF_WAKEUP_PID		= 2,
	PF_WAKEUP_PRIO		= 3,
	PF_WAKEUP_TARGET_CPU	= 5,
};

enum pf_sched_migrate {
	PF_MIGRATE_COMM		= 1,
	PF_MIGRATE_PID		= 2,
	PF_MIGRATE_PRIO		= 3,
	PF_MIGRATE_ORIG_CPU	= 4,
	PF_MIGRATE_DEST_CPU	= 5,
};

enum pf_task_newtask {
	PF_NEWTASK_PID		= 1,
	PF_NEWTASK_COMM		= 2,
	PF_NEWTASK_CLONE_FLAGS	= 3,
};

enum pf_task_rename {
	PF_RENAME_PID		= 1,
	PF_RENAME_OLDCOMM	= 2,
	PF_RENAME_NEWCOMM	= 3,
};

enum pf_process_exit {
	PF_EXIT_COMM		= 1,
	PF_EXIT_PID		= 2,
	PF_EXIT_TGID		= 3,
};

enum pf_process_tree {
	PF_TREE_PROCESSES	= 1,
	PF_TREE_THREADS		= 2,
};

enum pf_process {
	PF_PROCESS_PID		= 1,
	PF_PROCESS_PPID		= 2,
	PF_PROCESS_CMDLINE	= 3,
};

enum pf_thread {
	PF_THREAD_TID		= 1,
	PF_THREAD_NAME		= 2,
	PF_THREAD_TGID		= 3,
};

/* readers take children of this pid for kernel threads */
#define KTHREADD_PID 2

/* what sched_switch reports (kernel: TASK_REPORT, TASK_REPORT_MAX, EXIT_DEAD) */
#define REPORT_STATES		0x7f
#define REPORT_PREEMPTED	0x100
#define REPORT_DEAD		0x10

/* --- bundles --- */

/* Write what was collected for @id as one bundle. */
int pf_ftrace_flush(struct perfetto *p, u32 id)
{
	struct pf_cpu *cpu = &p->cpus[id];
	size_t bundle;

	if (!cpu->len)
		return 0;
	bundle = pb_begin(&p->out, PF_PACKET_FTRACE_EVENTS);
	pb_uint(&p->out, PF_BUNDLE_CPU, id);
	pb_put(&p->out, cpu->buf, cpu->len);
	pb_end(&p->out, bundle);
	pb_uint(&p->out, PF_PACKET_SEQUENCE_ID, PF_SEQ_FTRACE);
	cpu->len = 0;
	return pf_write_packet(p);
}

/* An event being made at the end of a CPU's buffer. */
struct ftrace_event {
	struct pf_cpu *cpu;
	struct pb b;
	size_t outer, inner;
};

/*
 * Begin an event of type @field on CPU @id (one that has no CPU goes to the first); @pid was current.
 * ftrace_end() completes it.
 */
static int ftrace_begin(struct perfetto *p, struct ftrace_event *fe, u32 id, u64 time_ns, s32 pid, u32 field)
{
	struct pf_cpu *cpu;
	int r;

	if (id == TRACE_NO_CPU)
		id = 0;
	r = pf_cpu(p, id, &cpu);
	if (r)
		return r;
	if (!cpu->buf)
		cpu->buf = malloc(PF_CPU_BUF);
	if (!cpu->buf)
		return pf_no_memory(p);
	/* events from outside a CPU can be older than its last one; times within a bundle ascend */
	if (cpu->len + PF_EVENT_MAX > PF_CPU_BUF || time_ns < cpu->last_ns) {
		r = pf_ftrace_flush(p, id);
		if (r)
			return r;
	}
	cpu->last_ns = time_ns;
	fe->cpu = cpu;
	fe->b = (struct pb){ .data = cpu->buf, .len = cpu->len, .cap = PF_CPU_BUF };
	fe->outer = pb_begin(&fe->b, PF_BUNDLE_EVENT);
	pb_uint(&fe->b, PF_FTRACE_TIMESTAMP, time_ns);
	pb_uint(&fe->b, PF_FTRACE_PID, pid > 0 ? pid : 0);
	fe->inner = pb_begin(&fe->b, field);
	return 0;
}

static int ftrace_end(struct ftrace_event *fe)
{
	pb_end(&fe->b, fe->inner);
	pb_end(&fe->b, fe->outer);
	assert(fe->b.len - fe->cpu->len <= PF_EVENT_MAX);
	fe->cpu->len = fe->b.len;
	return 0;
}

/* --- tasks --- */

static int task_set_name(struct perfetto *p, const struct trace_event *e, struct pf_task **task)
{
	struct pf_task *t = pidmap_get(&p->tasks, e->pid);
	char comm[17];
	int r;

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return pf_no_memory(p);
		r = pidmap_set(&p->tasks, e->pid, t);
		if (r) {
			free(t);
			if (r == -ENOMEM)
				return pf_no_memory(p);
			snprintf(p->msg, sizeof(p->msg),
				 "%s: Perfetto trace: task with pid %d, a bug of who emits it", p->path, e->pid);
			return r;
		}
		t->next = p->first_task;
		p->first_task = t;
	}
	trace_unpack(comm, e->arg, 2);
	text_clean(t->comm, sizeof(t->comm), comm);
	*task = t;
	return 0;
}

#define COMM_BUF 24

/* The name of task @pid when it is current or about to be on @cpu. */
static const char *task_comm(const struct perfetto *p, s32 pid, u32 cpu, char buf[COMM_BUF])
{
	const struct pf_task *t;

	if (!pid) {
		snprintf(buf, COMM_BUF, "swapper/%u", cpu);
		return buf;
	}
	t = pidmap_get(&p->tasks, pid);
	return t ? t->comm : "<...>";
}

static int write_process_tree(struct perfetto *p, u64 time_ns, s32 pid, s32 ppid, const char *comm)
{
	struct pb *b = &p->out;
	size_t tree, m;

	pb_uint(b, PF_PACKET_TIMESTAMP, time_ns);
	tree = pb_begin(b, PF_PACKET_PROCESS_TREE);
	m = pb_begin(b, PF_TREE_PROCESSES);
	pb_int(b, PF_PROCESS_PID, pid);
	pb_int(b, PF_PROCESS_PPID, ppid);
	pb_str(b, PF_PROCESS_CMDLINE, comm);
	pb_end(b, m);
	m = pb_begin(b, PF_TREE_THREADS);
	pb_int(b, PF_THREAD_TID, pid);
	pb_str(b, PF_THREAD_NAME, comm);
	pb_int(b, PF_THREAD_TGID, pid);
	pb_end(b, m);
	pb_end(b, tree);
	pb_uint(b, PF_PACKET_SEQUENCE_ID, PF_SEQ_FTRACE);
	return pf_write_packet(p);
}

/* Kernel threads need a kthreadd that they descend from, whether the machine has one or not. */
static int need_kthreadd(struct perfetto *p, u64 time_ns)
{
	struct trace_event e = { .pid = KTHREADD_PID };
	struct pf_task *t;
	int r;

	if (pidmap_get(&p->tasks, KTHREADD_PID))
		return 0;
	trace_pack(e.arg, 2, "kthreadd");
	r = task_set_name(p, &e, &t);
	return r ? r : write_process_tree(p, time_ns, KTHREADD_PID, 0, t->comm);
}

static int on_task_comm(struct perfetto *p, const struct trace_event *e)
{
	struct ftrace_event fe;
	char old[COMM_BUF];
	struct pf_task *t;
	int r;

	if (!e->pid)
		return 0;
	t = pidmap_get(&p->tasks, e->pid);
	snprintf(old, sizeof(old), "%s", t ? t->comm : "");
	r = task_set_name(p, e, &t);
	if (r)
		return r;
	r = ftrace_begin(p, &fe, e->cpu, e->time_ns, e->pid, PF_FTRACE_TASK_RENAME);
	if (r)
		return r;
	pb_int(&fe.b, PF_RENAME_PID, e->pid);
	pb_str(&fe.b, PF_RENAME_OLDCOMM, old);
	pb_str(&fe.b, PF_RENAME_NEWCOMM, t->comm);
	return ftrace_end(&fe);
}

/*
 * task_newtask for a birth on a CPU: a reader starts the task's state there. Never both that and a process
 * tree, or it takes the pid for being used a second time.
 */
static int on_task_new(struct perfetto *p, const struct trace_event *e)
{
	s32 parent = (s32)e->arg[2];
	struct ftrace_event fe;
	struct pf_task *t;
	int r;

	if (!e->pid)
		return 0;
	if (e->pid == KTHREADD_PID && pidmap_get(&p->tasks, KTHREADD_PID))
		return on_task_comm(p, e);
	if ((e->arg[3] & TRACE_TASK_KTHREAD) && e->pid != KTHREADD_PID) {
		r = need_kthreadd(p, e->time_ns);
		if (r)
			return r;
		parent = KTHREADD_PID;
	}
	r = task_set_name(p, e, &t);
	if (r)
		return r;
	if (e->cpu == TRACE_NO_CPU)
		return write_process_tree(p, e->time_ns, e->pid, parent, t->comm);
	r = ftrace_begin(p, &fe, e->cpu, e->time_ns, parent, PF_FTRACE_TASK_NEWTASK);
	if (r)
		return r;
	pb_int(&fe.b, PF_NEWTASK_PID, e->pid);
	pb_str(&fe.b, PF_NEWTASK_COMM, t->comm);
	pb_uint(&fe.b, PF_NEWTASK_CLONE_FLAGS, 0);
	return ftrace_end(&fe);
}

static int on_task_exit(struct perfetto *p, const struct trace_event *e)
{
	struct ftrace_event fe;
	char buf[COMM_BUF];
	int r;

	r = ftrace_begin(p, &fe, e->cpu, e->time_ns, e->pid, PF_FTRACE_SCHED_PROCESS_EXIT);
	if (r)
		return r;
	pb_str(&fe.b, PF_EXIT_COMM, task_comm(p, e->pid, e->cpu, buf));
	pb_int(&fe.b, PF_EXIT_PID, e->pid);
	pb_int(&fe.b, PF_EXIT_TGID, e->pid);
	return ftrace_end(&fe);
}

/* --- scheduling --- */

/* kernel: __trace_sched_switch_state(). A task that dies has exit_state EXIT_DEAD, which is reported. */
static u32 report_state(u64 prev_state)
{
	if (prev_state & REPORT_PREEMPTED)
		return REPORT_PREEMPTED;
	if (prev_state & TASK_DEAD)
		return REPORT_DEAD;
	return prev_state & REPORT_STATES;
}

static int on_switch(struct perfetto *p, const struct trace_event *e)
{
	s32 prev = (s32)e->arg[0];
	struct ftrace_event fe;
	char buf[COMM_BUF];
	int r;

	r = ftrace_begin(p, &fe, e->cpu, e->time_ns, prev, PF_FTRACE_SCHED_SWITCH);
	if (r)
		return r;
	pb_str(&fe.b, PF_SWITCH_PREV_COMM, task_comm(p, prev, e->cpu, buf));
	pb_int(&fe.b, PF_SWITCH_PREV_PID, prev);
	pb_int(&fe.b, PF_SWITCH_PREV_PRIO, (s32)e->arg[2]);
	pb_int(&fe.b, PF_SWITCH_PREV_STATE, report_state(e->arg[1]));
	pb_str(&fe.b, PF_SWITCH_NEXT_COMM, task_comm(p, e->pid, e->cpu, buf));
	pb_int(&fe.b, PF_SWITCH_NEXT_PID, e->pid);
	pb_int(&fe.b, PF_SWITCH_NEXT_PRIO, (s32)e->arg[3]);
	fe.cpu->curr = e->pid;
	return ftrace_end(&fe);
}

/* WAKING and WAKEUP. A wake-up from outside a CPU is shown on the one that it goes to. */
static int on_wakeup(struct perfetto *p, const struct trace_event *e)
{
	u32 target = (u32)e->arg[0], field = PF_FTRACE_SCHED_WAKING;
	u32 cpu = e->cpu == TRACE_NO_CPU ? target : e->cpu;
	s32 curr = (s32)e->arg[2];
	struct ftrace_event fe;
	char buf[COMM_BUF];
	int r;

	if (e->type == TE_WAKEUP)
		field = e->arg[3] ? PF_FTRACE_SCHED_WAKEUP_NEW : PF_FTRACE_SCHED_WAKEUP;
	if (e->cpu != TRACE_NO_CPU && cpu < p->nr_cpus)
		curr = p->cpus[cpu].curr;
	r = ftrace_begin(p, &fe, cpu, e->time_ns, curr, field);
	if (r)
		return r;
	pb_str(&fe.b, PF_WAKEUP_COMM, task_comm(p, e->pid, cpu, buf));
	pb_int(&fe.b, PF_WAKEUP_PID, e->pid);
	pb_int(&fe.b, PF_WAKEUP_PRIO, (s32)e->arg[1]);
	pb_int(&fe.b, PF_WAKEUP_TARGET_CPU, target);
	return ftrace_end(&fe);
}

static int on_migrate(struct perfetto *p, const struct trace_event *e)
{
	u32 cpu = e->cpu == TRACE_NO_CPU ? (u32)e->arg[0] : e->cpu;
	struct ftrace_event fe;
	char buf[COMM_BUF];
	int r;

	r = ftrace_begin(p, &fe, cpu, e->time_ns, cpu < p->nr_cpus ? p->cpus[cpu].curr : 0,
			 PF_FTRACE_SCHED_MIGRATE_TASK);
	if (r)
		return r;
	pb_str(&fe.b, PF_MIGRATE_COMM, task_comm(p, e->pid, cpu, buf));
	pb_int(&fe.b, PF_MIGRATE_PID, e->pid);
	pb_int(&fe.b, PF_MIGRATE_PRIO, (s32)e->arg[2]);
	pb_int(&fe.b, PF_MIGRATE_ORIG_CPU, (s32)e->arg[0]);
	pb_int(&fe.b, PF_MIGRATE_DEST_CPU, (s32)e->arg[1]);
	return ftrace_end(&fe);
}

int pf_ftrace_event(struct perfetto *p, const struct trace_event *e)
{
	switch (e->type) {
	case TE_SWITCH:
		return on_switch(p, e);
	case TE_WAKING:
	case TE_WAKEUP:
		return on_wakeup(p, e);
	case TE_MIGRATE:
		return on_migrate(p, e);
	case TE_TASK_NEW:
		return on_task_new(p, e);
	case TE_TASK_COMM:
		return on_task_comm(p, e);
	case TE_TASK_EXIT:
		return on_task_exit(p, e);
	}
	return 0;
}
