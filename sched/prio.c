// SPDX-License-Identifier: GPL-2.0-only
#include "sched/prio.h"

#define WEIGHT_IDLEPRIO 3

/* nice -20 .. 19 (kernel/sched/core.c: sched_prio_to_weight) */
static const u32 weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

u32 sched_prio_weight(u32 policy, s32 static_prio)
{
	return policy == SCHED_IDLE ? WEIGHT_IDLEPRIO : weights[static_prio - MAX_RT_PRIO];
}
