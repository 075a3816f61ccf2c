// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/front.h"
#include "kabi/btf.h"
#include "sched/incident.h"

static const char help_head[] =
"usage: uscx run [options] OBJECT.bpf.o\n"
"       uscx run [options] -- LOADER [ARGS]\n"
"\n"
"Run the sched_ext scheduler in OBJECT.bpf.o, or that of the program LOADER, on a simulated machine.\n"
"\n"
"  -w, --workload FILE   tasks, in rt-app's JSON, or wl:SPECS\n"
"                          -w examples/workloads/mixed.json\n"
"                          -w 'wl: hog hog@5 per:10000:2000'\n"
"  -m, --machine SPEC    a number of CPUs, an hwloc synthetic string, or lstopo's XML (default 4)\n"
"                          -m 'numa:2 l3:4 core:8 pu:2'\n"
"  -d, --duration TIME   simulated time (default: the workload's, else 10s)\n"
"                          -d 500ms\n"
"  -s, --seed N          seed of every free choice (default 1)\n"
"                          -s 7\n"
"      --kernel VERSION  kernel to be: 7.2, 6.12, or 2022, the first generation (default 7.2)\n"
"                          --kernel 6.12\n"
"      --hz N            ticks per second: 100, 250, 300 or 1000 (default 1000)\n"
"                          --hz 250\n"
"      --set VAR=VALUE   set a global variable of the object, may be repeated\n"
"                          --set slice_ns=5000000\n"
"      --cost SPEC       what kernel code costs: none, or NAME=N,... (docs/costs.md)\n"
"                          --cost context_switch_ns=2000\n"
"      --at TIME EVENT   let something happen, TIME after the start of the workload, may be repeated:\n";

/* between them the events */
static const char help_tail[] =
"                          --at 2s sysrq-s\n"
"      --host-limit TIME of the host, that a LOADER may compute or wait outside of the machine (default 20s)\n"
"                          --host-limit 1m\n"
"      --trace FILE      write a trace, may be repeated: FILE.pftrace for ui.perfetto.dev, FILE.txt as\n"
"                        ftrace prints it, FILE.ops with every call of the scheduler (docs/trace.md)\n"
"                          --trace out/run.pftrace\n"
"      --json FILE       write the result as JSON, - is standard output\n"
"                          --json -\n"
"      --check           verify the class's invariants after every event (slow)\n"
"  -q, --quiet           no summary and no debug dump\n"
"      --version, --help\n"
"\n"
"Exit status: 0 ran to the end, 1 usage or bad input file, 2 the scheduler was refused, 3 the scheduler ended\n"
"with an error, 4 stall, 5 a BPF program broke a run-time rule, 70 internal error.\n";

#define FAIL(...) do { \
	fprintf(stderr, "uscx: " __VA_ARGS__); \
	fputc('\n', stderr); \
	return -EINVAL; \
} while (0)

#define MAX_DURATION_NS 1e15

/* The same, or 0. */
static int parse_time(const char *s, u64 *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
	char *end;
	double n;

	/* strtod() knows more kinds of numbers than people write here */
	if (strspn(s, "0123456789.") != strcspn(s, "numsh"))
		return -EINVAL;
	n = strtod(s, &end);
	if (end == s || !(n >= 0))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (n * units[i].ns > MAX_DURATION_NS || (n > 0 && n * units[i].ns < 1))
			return -EINVAL;
		*ns = n * units[i].ns + 0.5;
		return 0;
	}
	return -EINVAL;
}

int parse_duration(const char *s, u64 *ns)
{
	u64 n;

	if (parse_time(s, &n) || !n)
		return -EINVAL;
	*ns = n;
	return 0;
}

/* Decimal, or hexadecimal after 0x. */
static int parse_u64(const char *s, u64 *n)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*n = strtoull(s, &end, s[1] == 'x' ? 16 : 10);
	return errno || *end ? -EINVAL : 0;
}

static int parse_hz(struct run_options *o, const char *s)
{
	static const u32 allowed[] = { 100, 250, 300, 1000 };
	u64 n;

	if (!parse_u64(s, &n))
		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			if (n == allowed[i]) {
				o->hz = n;
				return 0;
			}
	FAIL("--hz %s: must be 100, 250, 300 or 1000, as kernels are configured", s);
}

static int parse_kernel(struct run_options *o, const char *s)
{
	o->kernel = kabi_version_find(s);
	if (!o->kernel)
		FAIL("--kernel %s: no such version; there are 2022, 6.12 and 7.2", s);
	return 0;
}

/* 100 ms: beyond, nothing is simulated but the cost */
#define MAX_COST 100000000u

static int parse_costs(struct run_options *o, const char *spec)
{
	char *copy, *save, *item;
	int ret = 0;

	if (!strcmp(spec, "none")) {
		o->costs = mach_costs_none;
		return 0;
	}
	if (!spec[strspn(spec, ",")])
		FAIL("--cost %s: must be none, or NAME=NUMBER,...; docs/costs.md lists the names", spec);
	copy = strdup(spec);
	if (!copy)
		FAIL("out of memory");
	for (item = strtok_r(copy, ",", &save); item && !ret; item = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(item, '=');
		u64 n;

		if (!eq || parse_u64(eq + 1, &n) || n > MAX_COST) {
			fprintf(stderr, "uscx: --cost %s: '%s' is not NAME=NUMBER with a number up to %u\n", spec, item, MAX_COST);
			ret = -EINVAL;
			break;
		}
		*eq = '\0';
		ret = mach_costs_set(&o->costs, item, n);
		if (ret)
			fprintf(stderr, "uscx: --cost %s: there is no cost '%s'; docs/costs.md lists them\n", spec, item);
	}
	free(copy);
	return ret;
}

static int add_trace(struct run_options *o, const char *file)
{
	static const char *const ends[] = {
		[TRACE_PERFETTO] = ".pftrace", [TRACE_FTRACE] = ".txt", [TRACE_OPS] = ".ops",
	};
	const char *dot = strrchr(file, '.');
	size_t i = 0, n = sizeof(ends) / sizeof(ends[0]);

	while (i < n && (!dot || strcmp(dot, ends[i])))
		i++;
	if (i == n)
		FAIL("--trace %s: the name must end in .pftrace, .txt or .ops, which says what is written", file);
	if (o->nr_traces == RUN_MAX_TRACES)
		FAIL("--trace %s: at most %d traces can be written in a run", file, RUN_MAX_TRACES);
	o->trace_formats[o->nr_traces] = i;
	o->traces[o->nr_traces++] = file;
	return 0;
}

static int add_set(struct run_options *o, const char *arg)
{
	const char *eq = strchr(arg, '=');
	const char **sets;

	if (!eq || eq == arg)
		FAIL("--set %s: must be VAR=VALUE", arg);
	sets = realloc(o->sets, (o->nr_sets + 1) * sizeof(*sets));
	if (!sets)
		FAIL("out of memory");
	o->sets = sets;
	o->sets[o->nr_sets++] = arg;
	return 0;
}

static void print_help(void)
{
	const struct incident *inc;

	fputs(help_head, stdout);
	for (size_t i = 0; (inc = incident_at(i)); i++)
		printf("                          %-8s  %s\n", inc->name, inc->what);
	fputs(help_tail, stdout);
}

/* @name: the argument behind TIME, NULL: there is none */
static int add_event(struct run_options *o, const char *time, const char *name)
{
	const struct incident *inc = name ? incident_find(name) : NULL;
	char known[256] = "";
	u64 ns;

	if (parse_time(time, &ns))
		FAIL("--at %s: must be followed by a time with a unit and an event, as in --at 2s sysrq-s", time);
	if (!inc) {
		for (size_t i = 0; (inc = incident_at(i)); i++)
			snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "", inc->name);
		if (name)
			FAIL("--at %s %s: there is no such event; there are %s", time, name, known);
		FAIL("--at %s: which event? There are %s", time, known);
	}
	if (o->nr_events == RUN_MAX_EVENTS)
		FAIL("--at %s %s: at most %d events can be given", time, name, RUN_MAX_EVENTS);
	o->events[o->nr_events].time = time;
	o->events[o->nr_events].ns = ns;
	o->events[o->nr_events++].what = inc;
	return 0;
}

static int parse_host_limit(struct run_options *o, const char *s)
{
	u64 ns;

	if (parse_duration(s, &ns) || ns < 1000000 || ns > 3600000000000ull)
		FAIL("--host-limit %s: must be a time with a unit, from 1ms to 1h", s);
	o->host_limit_ms = ns / 1000000;
	return 0;
}

enum { OPT_KERNEL = 256, OPT_HZ, OPT_AT, OPT_HOST_LIMIT, OPT_TRACE, OPT_JSON, OPT_SET, OPT_COST, OPT_CHECK, OPT_HELP, OPT_VERSION };

/* What getopt_long() did not like: @opt is what it returned, @arg where it was. */
static int bad_option(int opt, const char *arg)
{
	bool is_long = !strncmp(arg, "--", 2);

	if (opt == ':')
		FAIL("option '%s' needs a value; see uscx run --help", arg);
	if (is_long && optopt)
		FAIL("option '%.*s' takes no value; see uscx run --help", (int)strcspn(arg, "="), arg);
	if (is_long)
		FAIL("there is no option '%s', or it is ambiguous; see uscx run --help", arg);
	FAIL("there is no option '-%c'; see uscx run --help", optopt);
}

static int parse_one(struct run_options *o, int opt, const char *arg)
{
	switch (opt) {
	case 'w':
		if (!*arg)
			FAIL("--workload: the name is empty; give a file, - for standard input, or wl:SPECS");
		o->workload = arg;
		return 0;
	case 'm':
		o->machine = arg;
		return 0;
	case 'd':
		if (parse_duration(arg, &o->duration_ns))
			FAIL("--duration %s: must be a time with a unit, as 500ms, 10s or 2m, above 0 and up to 10^6 s", arg);
		return 0;
	case 's':
		if (parse_u64(arg, &o->seed))
			FAIL("--seed %s: must be a number from 0 to 18446744073709551615", arg);
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case OPT_HOST_LIMIT:
		return parse_host_limit(o, arg);
	case OPT_KERNEL:
		return parse_kernel(o, arg);
	case OPT_HZ:
		return parse_hz(o, arg);
	case OPT_TRACE:
		return add_trace(o, arg);
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_SET:
		return add_set(o, arg);
	case OPT_COST:
		return parse_costs(o, arg);
	default:
		o->check = true;	/* OPT_CHECK */
		return 0;
	}
}

/* "-- LOADER [ARGS]", with @nr arguments before the "--" that are no options */
static enum parse_result loader_form(struct run_options *o, char **args, int nr, char **loader)
{
	if (!*loader || !**loader)
		fputs("uscx: which loader? Give its program after --; see uscx run --help\n", stderr);
	else if (nr)
		fprintf(stderr, "uscx: either an OBJECT.bpf.o or -- LOADER, not both: %s and %s; see uscx run --help\n", args[0],
			loader[0]);
	else if (o->nr_sets)
		fprintf(stderr, "uscx: --set %s: is for OBJECT.bpf.o; a loader has options of its own, after its name\n",
			o->sets[0]);
	else
		o->loader = loader;
	o->object = *loader;
	return o->loader ? PARSE_RUN : PARSE_ERROR;
}

enum parse_result run_options_parse(struct run_options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "workload", required_argument, NULL, 'w' }, { "machine", required_argument, NULL, 'm' },
		{ "duration", required_argument, NULL, 'd' }, { "seed", required_argument, NULL, 's' },
		{ "kernel", required_argument, NULL, OPT_KERNEL }, { "hz", required_argument, NULL, OPT_HZ },
		{ "trace", required_argument, NULL, OPT_TRACE }, { "json", required_argument, NULL, OPT_JSON },
		{ "set", required_argument, NULL, OPT_SET }, { "cost", required_argument, NULL, OPT_COST },
		{ "check", no_argument, NULL, OPT_CHECK }, { "quiet", no_argument, NULL, 'q' },
		{ "at", required_argument, NULL, OPT_AT }, { "host-limit", required_argument, NULL, OPT_HOST_LIMIT },
		{ "help", no_argument, NULL, OPT_HELP }, { "version", no_argument, NULL, OPT_VERSION }, { 0 },
	};
	int opt, all = argc;

	/* what is behind "--" is the loader's */
	for (argc = 1; argc < all && strcmp(argv[argc], "--"); argc++)
		;
	*o = (struct run_options){
		.machine = "4", .seed = 1, .hz = 1000, .kernel = kabi_version_find("7.2"), .costs = mach_costs_default,
	};
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":w:m:d:s:qh", longs, NULL)) != -1) {
		if (opt == OPT_HELP || opt == 'h') {
			print_help();
			return PARSE_DONE;
		}
		if (opt == OPT_VERSION) {
			puts(USCX_VERSION_TEXT);
			return PARSE_DONE;
		}
		if (opt == OPT_AT) {
			/* EVENT is an argument of its own */
			const char *name = optind < argc && argv[optind][0] != '-' ? argv[optind++] : NULL;

			if (add_event(o, optarg, name))
				return PARSE_ERROR;
			continue;
		}
		if (opt == ':' || opt == '?' ? bad_option(opt, argv[optind - 1]) : parse_one(o, opt, optarg))
			return PARSE_ERROR;
	}
	/* --kernel may stand behind --at */
	for (u32 i = 0; i < o->nr_events; i++) {
		const struct incident *inc = o->events[i].what;

		if (o->kernel->id < inc->since) {
			fprintf(stderr, "uscx: --at %s %s: kernel %s does not know it; leave it out, or take a later --kernel\n",
				o->events[i].time, inc->name, o->kernel->name);
			return PARSE_ERROR;
		}
	}
	if (argc < all)
		return loader_form(o, argv + optind, argc - optind, argv + argc + 1);
	if (optind == argc || !*argv[optind]) {
		fputs("uscx: which scheduler? Give its OBJECT.bpf.o; see uscx run --help\n", stderr);
		return PARSE_ERROR;
	}
	if (optind < argc - 1) {
		fprintf(stderr, "uscx: one OBJECT.bpf.o, not several: %s and %s; see uscx run --help\n", argv[optind],
			argv[optind + 1]);
		return PARSE_ERROR;
	}
	if (o->host_limit_ms) {
		fputs("uscx: --host-limit is for a LOADER; see uscx run --help\n", stderr);
		return PARSE_ERROR;
	}
	o->object = argv[optind];
	return PARSE_RUN;
}

void run_options_free(struct run_options *o)
{
	free(o->sets);
}
