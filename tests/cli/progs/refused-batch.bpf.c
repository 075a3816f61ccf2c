// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dispatch buffer of more than 31 bits.
 * status: 2
 * stderr: ops.dispatch_max_batch is 4294967295, at most 2147483647 is allowed
 */
#include "tests/cli/progs/prog.h"

SCHEDULER(.dispatch_max_batch = -1);
