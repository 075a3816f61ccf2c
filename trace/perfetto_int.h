/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of the Perfetto sink; not for others. */
#ifndef TRACE_PERFETTO_INT_H
#define TRACE_PERFETTO_INT_H

#include <stdio.h>

#include "trace/event.h"
#include "trace/pb.h"
#include "trace/pidmap.h"

/* Field numbers: protos/perfetto/trace/ of the Perfetto sources; each enum is a message there. */
enum pf_trace { PF_TRACE_PACKET = 1 };

enum pf_packet {
	PF_PACKET_FTRACE_EVENTS		= 1,
	PF_PACKET_PROCESS_TREE		= 2,
	PF_PACKET_TIMESTAMP		= 8,
	PF_PACKET_SEQUENCE_ID		= 10,	/* trusted_packet_sequence_id */
	PF_PACKET_TRACK_EVENT		= 11,
	PF_PACKET_INTERNED_DATA		= 12,
	PF_PACKET_SEQUENCE_FLAGS	= 13,
	PF_PACKET_SYSTEM_INFO		= 45,
	PF_PACKET_TRACK_DESCRIPTOR	= 60,
	PF_PACKET_FIRST_ON_SEQUENCE	= 87,
};

/* sequences of packets: each may have interned strings of its own */
enum pf_sequence {
	PF_SEQ_TRACKS	= 1,
	PF_SEQ_FTRACE	= 2,
};

#define PF_CPU_BUF	16384	/* bytes of ftrace events that are collected for each CPU */
#define PF_EVENT_MAX	512	/* bound of the size of one ftrace event */
#define PF_PACKET_MAX	4096	/* bound of the size of packets other than bundles */
#define PF_OP_DEPTH	8	/* operations that call each other on one CPU */

struct pf_cpu {
	u8 *buf;			/* FtraceEventBundle.event fields, not written yet */
	size_t len;
	u64 last_ns;			/* time of the last event in @buf */
	s32 curr;			/* pid of the task that it runs */
	bool op_track;			/* track of operations is described */
	u32 nr_ops;			/* operations that are open, innermost last */
	u16 ops[PF_OP_DEPTH];
};

struct pf_task {
	char comm[17];
	struct pf_task *next;
};


struct perfetto {
	FILE *f;
	char *path;
	char msg[256];
	bool trace_ops;
	struct pb out;			/* the packet that is being made */
	struct pf_cpu *cpus;
	u32 nr_cpus;
	struct pidmap tasks;		/* struct pf_task */
	struct pf_task *first_task;	/* all of them, newest first */
	u64 *dsqs;			/* ids of DSQs whose track is described, ascending */
	size_t nr_dsqs, max_dsqs;
	bool scx_open;			/* a slice of the state track is open */
};

/* perfetto.c; all return 0 or -errno with p->msg set */
int pf_write_packet(struct perfetto *p);
int pf_cpu(struct perfetto *p, u32 id, struct pf_cpu **cpu);
int pf_no_memory(struct perfetto *p);

/* perfetto_ftrace.c: scheduler events, names of tasks */
int pf_ftrace_event(struct perfetto *p, const struct trace_event *e);
int pf_ftrace_flush(struct perfetto *p, u32 cpu);

/* perfetto_tracks.c: DSQs, sched_ext */
int pf_tracks_begin(struct perfetto *p);
int pf_tracks_event(struct perfetto *p, const struct trace_event *e);
int pf_tracks_end(struct perfetto *p, u64 end_ns);

#endif
