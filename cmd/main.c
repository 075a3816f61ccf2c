// SPDX-License-Identifier: GPL-2.0-only
/* The uscx command. */
#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/run.h"
#include "cmd/status.h"

static const char help[] =
"usage: uscx COMMAND ...\n"
"\n"
"  run OBJECT.bpf.o    run a sched_ext scheduler on a simulated machine: uscx run --help\n"
"                        uscx run scx_simple.bpf.o -w examples/workloads/mixed.json -m 8 -d 10s\n"
"  --version, --help\n";

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "run", cmd_run },
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help, stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts(USCX_VERSION_TEXT);
		return STATUS_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].fn(argc - 1, argv + 1);
	fprintf(stderr, "uscx: no command '%s'; see uscx --help\n", argv[1]);
	return STATUS_USAGE;
}
