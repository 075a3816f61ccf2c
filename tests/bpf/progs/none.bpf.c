// SPDX-License-Identifier: GPL-2.0-only
/* No scheduler at all. */
#include "sched.h"

SEC("syscall")
int nothing(void *ctx)
{
	return 0;
}
