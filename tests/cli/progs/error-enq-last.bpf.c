// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flag that needs an operation which is missing.
 * status: 3
 * stderr: runtime error (SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented)
 */
#include "tests/cli/progs/prog.h"

SCHEDULER(.flags = SCX_OPS_ENQ_LAST);
