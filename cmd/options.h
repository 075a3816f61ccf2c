/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `uscx run`. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "kabi/types.h"
#include "machine/cost.h"

#define USCX_VERSION_TEXT "uscx 0.1 (sched_ext of Linux 7.2)"
#define RUN_MAX_TRACES 4
#define RUN_MAX_EVENTS 64

/* What --trace writes; the end of the file's name says which. */
enum trace_format { TRACE_PERFETTO, TRACE_FTRACE, TRACE_OPS };

struct run_options {
	const char *object;		/* OBJECT.bpf.o; or the name of the LOADER */
	char *const *loader;		/* -- LOADER [ARGS], NULL at the end; NULL: an object is run */
	const char *workload;		/* -w; NULL: none was given */
	const char *machine;		/* -m, default "4" */
	u64 duration_ns;		/* -d; 0: the workload's, else 10 s */
	u64 seed;			/* -s, default 1 */
	const struct kabi_version *kernel;	/* --kernel, default 7.2 */
	u32 hz;				/* --hz, default 1000 */
	const char *traces[RUN_MAX_TRACES];	/* --trace */
	enum trace_format trace_formats[RUN_MAX_TRACES];
	u32 nr_traces;
	const char *json;		/* --json FILE, "-": standard output */
	struct {
		const char *time;	/* as it was written */
		u64 ns;			/* after the start of the workload */
		const struct incident *what;
	} events[RUN_MAX_EVENTS];	/* --at TIME EVENT */
	u32 nr_events;
	u32 host_limit_ms;		/* --host-limit, of the host's time; 0: the default */
	const char **sets;		/* --set VAR=VALUE */
	u32 nr_sets;
	struct mach_costs costs;	/* --cost */
	bool quiet;			/* -q */
	bool check;			/* --check: verify the class's invariants after every event */
};

enum parse_result {
	PARSE_RUN,	/* go on */
	PARSE_DONE,	/* help or version was asked for and printed */
	PARSE_ERROR,	/* one message was printed */
};

/* @argv[0] is "run". What is parsed points into @argv; run_options_free() frees the rest. */
enum parse_result run_options_parse(struct run_options *o, int argc, char **argv);
void run_options_free(struct run_options *o);

/* "500ms", "10s", "1.5s", "250us", "1m": a time with a unit, in ns. 0 or -EINVAL. */
int parse_duration(const char *s, u64 *ns);

#endif
