/* SPDX-License-Identifier: GPL-2.0-only */
/* Priorities and weights of normal tasks. */
#ifndef SCHED_PRIO_H
#define SCHED_PRIO_H

#include "kabi/task.h"

#define NICE_TO_PRIO(nice) (DEFAULT_PRIO + (nice))
#define PRIO_TO_NICE(prio) ((prio) - DEFAULT_PRIO)

/* Load weight of a task, nice 0 = 1024, a factor of about 1.25 per nice level; SCHED_IDLE tasks have 3. */
u32 sched_prio_weight(u32 policy, s32 static_prio);

#endif
