/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit status of uscx. */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

enum uscx_status {
	STATUS_OK		= 0,	/* ran to the end */
	STATUS_USAGE		= 1,	/* usage, or a bad input file */
	STATUS_REFUSED		= 2,	/* the scheduler was refused */
	STATUS_SCHED_ERROR	= 3,	/* the scheduler ended with an error */
	STATUS_STALL		= 4,	/* the watchdog found a task that did not run */
	STATUS_RULE		= 5,	/* a BPF program broke a run-time rule */
	STATUS_INTERNAL		= 70,	/* a bug of uscx */
};

#endif
