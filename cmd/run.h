/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CMD_RUN_H
#define CMD_RUN_H

/* `uscx run`: argv[0] is "run"; returns the exit status. */
int cmd_run(int argc, char **argv);

#endif
