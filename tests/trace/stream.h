/* SPDX-License-Identifier: GPL-2.0-only */
/* Synthetic event streams for the tests of sinks. Times in ns. */
#ifndef TESTS_TRACE_STREAM_H
#define TESTS_TRACE_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kabi/task.h"
#include "trace/event.h"

#define PREEMPTED 0x100
#define PRIO 120

static inline void st_task(struct trace *t, u64 ns, s32 pid, const char *comm, u64 flags)
{
	trace_emit_comm(t, TE_TASK_NEW, ns, TRACE_NO_CPU, pid, comm, 1, flags);
}

static inline void st_cpu(struct trace *t, u32 cpu)
{
	trace_emit(t, TE_CPU, 0, cpu, -1, cpu, 0, 0, 1024);
}

static inline void st_switch(struct trace *t, u64 ns, u32 cpu, s32 prev, u64 prev_state, s32 next)
{
	trace_emit(t, TE_SWITCH, ns, cpu, next, prev, prev_state, PRIO, PRIO);
}

static inline void st_waking(struct trace *t, u64 ns, u32 cpu, s32 pid, u32 target)
{
	trace_emit(t, TE_WAKING, ns, cpu, pid, target, PRIO, 0, 0);
}

static inline void st_wakeup(struct trace *t, u64 ns, u32 cpu, s32 pid, u32 target)
{
	trace_emit(t, TE_WAKEUP, ns, cpu, pid, target, PRIO, 0, 0);
}

#endif
