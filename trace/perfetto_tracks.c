/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracks of our own (TrackEvent): lengths of DSQs, state of sched_ext, operations of the scheduler. */
#include "kabi/ops.h"
#include "trace/perfetto_int.h"

enum pf_descriptor {
	PF_DESCRIPTOR_UUID		= 1,
	PF_DESCRIPTOR_NAME		= 2,
	PF_DESCRIPTOR_PARENT_UUID	= 5,
	PF_DESCRIPTOR_COUNTER		= 8,
};

enum pf_counter { PF_COUNTER_UNIT = 3 };
enum pf_counter_unit { PF_UNIT_COUNT = 2 };

enum pf_track_event {
	PF_EVENT_DEBUG_ANNOTATIONS	= 4,
	PF_EVENT_TYPE			= 9,
	PF_EVENT_NAME_IID		= 10,
	PF_EVENT_TRACK_UUID		= 11,
	PF_EVENT_NAME			= 23,
	PF_EVENT_COUNTER_VALUE		= 30,
};

enum pf_event_type {
	PF_TYPE_SLICE_BEGIN	= 1,
	PF_TYPE_SLICE_END	= 2,
	PF_TYPE_INSTANT		= 3,
	PF_TYPE_COUNTER		= 4,
};

enum pf_annotation {
	PF_ANNOTATION_NAME_IID	= 1,
	PF_ANNOTATION_INT_VALUE	= 4,
};

enum pf_interned {
	PF_INTERNED_EVENT_NAMES	= 2,
	PF_INTERNED_ANNOTATION_NAMES = 3,
};

/* EventName and DebugAnnotationName */
enum pf_interned_name {
	PF_NAME_IID	= 1,
	PF_NAME_NAME	= 2,
};

enum pf_sequence_flags {
	PF_SEQ_STATE_CLEARED	= 1,	/* strings are interned from here on */
	PF_SEQ_NEEDS_STATE	= 2,	/* the packet uses them */
};

/* interned names of annotations */
enum {
	IID_PID = 1,
	IID_RET,
	IID_INSNS,
	IID_KIND,
	IID_CODE,
};

/*
 * Identities of tracks. They have to differ within a trace only; those of DSQs are the DSQ's id, which has 64
 * bits, moved by a bijection away from the small numbers that the others have.
 */
enum {
	UUID_STATE = 1,
	UUID_DSQS,
	UUID_OPS,
	UUID_OPS_CPU = 0x10000,	/* + CPU */
};

static u64 dsq_uuid(u64 dsq_id)
{
	return (dsq_id ^ 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
}

/* Names of the operations, by their position in struct sched_ext_ops. */
static const char *const op_names[] = {
#define OP(name) [offsetof(struct sched_ext_ops, name) / 8] = #name
	OP(select_cpu), OP(enqueue), OP(dequeue), OP(dispatch), OP(tick), OP(runnable), OP(running),
	OP(stopping), OP(quiescent), OP(yield), OP(core_sched_before), OP(set_weight), OP(set_cpumask),
	OP(update_idle),
	OP(init_task), OP(exit_task), OP(enable), OP(disable), OP(dump), OP(dump_cpu), OP(dump_task),
	OP(cgroup_init), OP(cgroup_exit), OP(cgroup_prep_move), OP(cgroup_move), OP(cgroup_cancel_move),
	OP(cgroup_set_weight), OP(cgroup_set_bandwidth), OP(cgroup_set_idle), OP(sub_attach), OP(sub_detach),
	OP(cpu_online), OP(cpu_offline), OP(init), OP(exit), OP(cpu_acquire), OP(cpu_release),
	[SCX_OP_2022_consume] = "consume", [SCX_OP_2022_consume_final] = "consume_final",
	[SCX_OP_2022_prep_enable] = "prep_enable", [SCX_OP_2022_cancel_enable] = "cancel_enable",
#undef OP
};
#define NR_OP_NAMES (sizeof(op_names) / sizeof(op_names[0]))

static const char *const state_names[] = {
	[SCX_ENABLING]	= "enabling",
	[SCX_ENABLED]	= "enabled",
	[SCX_DISABLING]	= "disabling",
	[SCX_DISABLED]	= "disabled",
	[SCX_STATE_PREPPING] = "prepping",
};

static const struct {
	u32 kind;
	const char *name;
} exit_names[] = {
	{ SCX_EXIT_DONE, "DONE" },
	{ SCX_EXIT_UNREG, "UNREG" },
	{ SCX_EXIT_UNREG_BPF, "UNREG_BPF" },
	{ SCX_EXIT_UNREG_KERN, "UNREG_KERN" },
	{ SCX_EXIT_SYSRQ, "SYSRQ" },
	{ SCX_EXIT_PARENT, "PARENT" },
	{ SCX_EXIT_ERROR, "ERROR" },
	{ SCX_EXIT_ERROR_BPF, "ERROR_BPF" },
	{ SCX_EXIT_ERROR_STALL, "ERROR_STALL" },
};

/* --- packets --- */

static int end_packet(struct perfetto *p, u32 flags)
{
	pb_uint(&p->out, PF_PACKET_SEQUENCE_ID, PF_SEQ_TRACKS);
	pb_uint(&p->out, PF_PACKET_SEQUENCE_FLAGS, flags);
	return pf_write_packet(p);
}

/* @parent 0: none */
static int describe_track(struct perfetto *p, u64 uuid, u64 parent, const char *name, bool counter)
{
	struct pb *b = &p->out;
	size_t d, c;

	d = pb_begin(b, PF_PACKET_TRACK_DESCRIPTOR);
	pb_uint(b, PF_DESCRIPTOR_UUID, uuid);
	pb_str(b, PF_DESCRIPTOR_NAME, name);
	if (parent)
		pb_uint(b, PF_DESCRIPTOR_PARENT_UUID, parent);
	if (counter) {
		c = pb_begin(b, PF_DESCRIPTOR_COUNTER);
		pb_uint(b, PF_COUNTER_UNIT, PF_UNIT_COUNT);
		pb_end(b, c);
	}
	pb_end(b, d);
	return end_packet(p, PF_SEQ_NEEDS_STATE);
}

/* Begin a packet with one event; event_end() completes it. */
static size_t event_begin(struct perfetto *p, u64 time_ns, u64 uuid, enum pf_event_type type)
{
	size_t ev;

	pb_uint(&p->out, PF_PACKET_TIMESTAMP, time_ns);
	ev = pb_begin(&p->out, PF_PACKET_TRACK_EVENT);
	pb_uint(&p->out, PF_EVENT_TYPE, type);
	pb_uint(&p->out, PF_EVENT_TRACK_UUID, uuid);
	return ev;
}

static int event_end(struct perfetto *p, size_t ev)
{
	pb_end(&p->out, ev);
	return end_packet(p, PF_SEQ_NEEDS_STATE);
}

static void annotate(struct perfetto *p, u32 name_iid, s64 value)
{
	size_t a = pb_begin(&p->out, PF_EVENT_DEBUG_ANNOTATIONS);

	pb_uint(&p->out, PF_ANNOTATION_NAME_IID, name_iid);
	pb_int(&p->out, PF_ANNOTATION_INT_VALUE, value);
	pb_end(&p->out, a);
}

static void intern(struct perfetto *p, enum pf_interned what, u32 iid, const char *name)
{
	size_t m = pb_begin(&p->out, what);

	pb_uint(&p->out, PF_NAME_IID, iid);
	pb_str(&p->out, PF_NAME_NAME, name);
	pb_end(&p->out, m);
}

/* Strings that are used over and over, and the tracks that every trace has. */
int pf_tracks_begin(struct perfetto *p)
{
	size_t in;
	u32 i;
	int r;

	in = pb_begin(&p->out, PF_PACKET_INTERNED_DATA);
	for (i = 0; i < NR_OP_NAMES; i++)
		if (op_names[i])
			intern(p, PF_INTERNED_EVENT_NAMES, i + 1, op_names[i]);
	intern(p, PF_INTERNED_ANNOTATION_NAMES, IID_PID, "pid");
	intern(p, PF_INTERNED_ANNOTATION_NAMES, IID_RET, "ret");
	intern(p, PF_INTERNED_ANNOTATION_NAMES, IID_INSNS, "insns");
	intern(p, PF_INTERNED_ANNOTATION_NAMES, IID_KIND, "kind");
	intern(p, PF_INTERNED_ANNOTATION_NAMES, IID_CODE, "code");
	pb_end(&p->out, in);
	pb_uint(&p->out, PF_PACKET_FIRST_ON_SEQUENCE, 1);
	r = end_packet(p, PF_SEQ_STATE_CLEARED);
	if (!r)
		r = describe_track(p, UUID_STATE, 0, "sched_ext state", false);
	if (!r)
		r = describe_track(p, UUID_DSQS, 0, "sched_ext DSQs", false);
	if (!r && p->trace_ops)
		r = describe_track(p, UUID_OPS, 0, "sched_ext operations", false);
	return r;
}

/* --- DSQs --- */

static void dsq_name(char *name, size_t size, u64 id)
{
	if (!(id & SCX_DSQ_FLAG_BUILTIN))
		snprintf(name, size, "DSQ 0x%llx (user)", (unsigned long long)id);
	else if ((id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON)
		snprintf(name, size, "DSQ local cpu%u", (u32)(id & SCX_DSQ_LOCAL_CPU_MASK));
	else if (id == SCX_DSQ_GLOBAL)
		snprintf(name, size, "DSQ global");
	else if (id == SCX_DSQ_BYPASS)
		snprintf(name, size, "DSQ bypass");
	else
		snprintf(name, size, "DSQ 0x%llx (built-in)", (unsigned long long)id);
}

/* Position of the first known DSQ that is not below @id. */
static size_t dsq_find(const struct perfetto *p, u64 id)
{
	size_t lo = 0, hi = p->nr_dsqs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (p->dsqs[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Make sure that the track of the DSQ is described. */
static int dsq_need(struct perfetto *p, u64 id)
{
	size_t i = dsq_find(p, id);
	char name[48];

	if (i < p->nr_dsqs && p->dsqs[i] == id)
		return 0;
	if (p->nr_dsqs == p->max_dsqs) {
		size_t max = p->max_dsqs ? 2 * p->max_dsqs : 64;
		u64 *dsqs = realloc(p->dsqs, max * sizeof(*dsqs));

		if (!dsqs)
			return pf_no_memory(p);
		p->dsqs = dsqs;
		p->max_dsqs = max;
	}
	memmove(p->dsqs + i + 1, p->dsqs + i, (p->nr_dsqs - i) * sizeof(*p->dsqs));
	p->dsqs[i] = id;
	p->nr_dsqs++;
	dsq_name(name, sizeof(name), id);
	return describe_track(p, dsq_uuid(id), UUID_DSQS, name, true);
}

/* Forget a DSQ, so that memory is bounded by those that live; described again, its track goes on. */
static void dsq_forget(struct perfetto *p, u64 id)
{
	size_t i = dsq_find(p, id);

	if (i == p->nr_dsqs || p->dsqs[i] != id)
		return;
	p->nr_dsqs--;
	memmove(p->dsqs + i, p->dsqs + i + 1, (p->nr_dsqs - i) * sizeof(*p->dsqs));
}

static int dsq_length(struct perfetto *p, u64 time_ns, u64 id, u64 nr)
{
	size_t ev;
	int r = dsq_need(p, id);

	if (r)
		return r;
	ev = event_begin(p, time_ns, dsq_uuid(id), PF_TYPE_COUNTER);
	pb_int(&p->out, PF_EVENT_COUNTER_VALUE, nr);
	return event_end(p, ev);
}

/* --- sched_ext --- */

static int on_state(struct perfetto *p, const struct trace_event *e)
{
	u64 state = e->arg[0];
	char name[32];
	size_t ev;
	int r;

	if (p->scx_open) {
		ev = event_begin(p, e->time_ns, UUID_STATE, PF_TYPE_SLICE_END);
		r = event_end(p, ev);
		if (r)
			return r;
	}
	if (state < sizeof(state_names) / sizeof(state_names[0]))
		snprintf(name, sizeof(name), "%s", state_names[state]);
	else
		snprintf(name, sizeof(name), "state %llu", (unsigned long long)state);
	p->scx_open = true;
	ev = event_begin(p, e->time_ns, UUID_STATE, PF_TYPE_SLICE_BEGIN);
	pb_str(&p->out, PF_EVENT_NAME, name);
	return event_end(p, ev);
}

static int on_exit_claimed(struct perfetto *p, const struct trace_event *e)
{
	char name[32];
	size_t ev, i;

	snprintf(name, sizeof(name), "exit: kind %llu", (unsigned long long)e->arg[0]);
	for (i = 0; i < sizeof(exit_names) / sizeof(exit_names[0]); i++)
		if (exit_names[i].kind == e->arg[0])
			snprintf(name, sizeof(name), "exit: %s", exit_names[i].name);
	ev = event_begin(p, e->time_ns, UUID_STATE, PF_TYPE_INSTANT);
	pb_str(&p->out, PF_EVENT_NAME, name);
	annotate(p, IID_KIND, e->arg[0]);
	annotate(p, IID_CODE, (s64)e->arg[1]);
	return event_end(p, ev);
}

static int on_op(struct perfetto *p, const struct trace_event *e)
{
	struct pf_cpu *cpu;
	char name[40];
	size_t ev;
	int r;

	r = pf_cpu(p, e->cpu, &cpu);
	if (r)
		return r;
	if (!cpu->op_track) {
		snprintf(name, sizeof(name), "ops cpu%u", e->cpu);
		r = describe_track(p, UUID_OPS_CPU + e->cpu, UUID_OPS, name, false);
		if (r)
			return r;
		cpu->op_track = true;
	}
	if (cpu->nr_ops == PF_OP_DEPTH)
		return 0;
	cpu->ops[cpu->nr_ops++] = e->arg[0];
	ev = event_begin(p, e->time_ns, UUID_OPS_CPU + e->cpu, PF_TYPE_SLICE_BEGIN);
	if (e->arg[0] < NR_OP_NAMES && op_names[e->arg[0]]) {
		pb_uint(&p->out, PF_EVENT_NAME_IID, e->arg[0] + 1);
	} else {
		snprintf(name, sizeof(name), "op %llu", (unsigned long long)e->arg[0]);
		pb_str(&p->out, PF_EVENT_NAME, name);
	}
	if (e->pid >= 0)
		annotate(p, IID_PID, e->pid);
	return event_end(p, ev);
}

static bool op_innermost(const struct perfetto *p, u32 cpu, u16 op)
{
	return cpu < p->nr_cpus && p->cpus[cpu].nr_ops && p->cpus[cpu].ops[p->cpus[cpu].nr_ops - 1] == op;
}

static int on_op_end(struct perfetto *p, const struct trace_event *e)
{
	u32 cpu = e->cpu;
	size_t ev;

	/* an operation that slept may return on another CPU; its slice ends where it began */
	if (!op_innermost(p, cpu, e->arg[0]))
		for (cpu = 0; cpu < p->nr_cpus; cpu++)
			if (op_innermost(p, cpu, e->arg[0]))
				break;
	if (cpu >= p->nr_cpus)
		return 0;
	p->cpus[cpu].nr_ops--;
	ev = event_begin(p, e->time_ns, UUID_OPS_CPU + cpu, PF_TYPE_SLICE_END);
	annotate(p, IID_RET, (s64)e->arg[1]);
	annotate(p, IID_INSNS, (s64)e->arg[2]);
	return event_end(p, ev);
}

int pf_tracks_event(struct perfetto *p, const struct trace_event *e)
{
	int r;

	switch (e->type) {
	case TE_DSQ_NEW:
		return dsq_length(p, e->time_ns, e->arg[0], 0);
	case TE_DSQ_INSERT:
	case TE_DSQ_REMOVE:
		return dsq_length(p, e->time_ns, e->arg[0], e->arg[1]);
	case TE_DSQ_DEL:
		r = dsq_length(p, e->time_ns, e->arg[0], 0);
		dsq_forget(p, e->arg[0]);
		return r;
	case TE_SCX_STATE:
		return on_state(p, e);
	case TE_SCX_EXIT:
		return on_exit_claimed(p, e);
	case TE_SCX_OP:
		return p->trace_ops ? on_op(p, e) : 0;
	case TE_SCX_OP_END:
		return p->trace_ops ? on_op_end(p, e) : 0;
	}
	return 0;
}

/* The end of the run is an event, so that what lasts until then is drawn until then. */
int pf_tracks_end(struct perfetto *p, u64 end_ns)
{
	size_t ev;
	int r;

	if (p->scx_open) {
		ev = event_begin(p, end_ns, UUID_STATE, PF_TYPE_SLICE_END);
		r = event_end(p, ev);
		if (r)
			return r;
	}
	ev = event_begin(p, end_ns, UUID_STATE, PF_TYPE_INSTANT);
	pb_str(&p->out, PF_EVENT_NAME, "end of the run");
	return event_end(p, ev);
}
