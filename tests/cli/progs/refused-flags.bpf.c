// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flag that there is not.
 * status: 2
 * stderr: ops.flags has unknown bits 0x80000000000000
 */
#include "tests/cli/progs/prog.h"

SCHEDULER(.flags = 1ull << 55);
