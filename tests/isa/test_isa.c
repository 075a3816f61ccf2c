// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs every file of tests/isa/cases: one case per file, in sections that begin with "-- ":
 *
 *	-- asm			the program follows, see asm.h
 *	-- ctx V...		slots of the context
 *	-- kptr MASK		which of them are kernel pointers
 *	-- result V		r0; the execution breaks no rule
 *	-- fault N TEXT		instruction N breaks a rule; TEXT is part of the message
 *	-- refused TEXT		the program is refused at load; TEXT is part of the message (or all are)
 *	-- insns N		instructions counted
 *	-- bad_reads N TEXT	loads through kernel pointers that read zero; TEXT is part of the report
 *	-- budget N, -- max_stack N, -- sleepable, -- ctx_plain
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/isa/asm.h"
#include "tests/vm/world.h"

#define MAX_CASES 1000
#define MAX_TEXTS 4

struct isa_case {
	struct asm_prog prog;
	u64 ctx[BPF_MAX_ARGS];
	u32 nr_ctx, kptr, max_stack, fault_insn;
	u64 result, insns, budget, bad_reads;
	bool has_result, has_insns, has_bad_reads, sleepable, ctx_plain;
	char refused[MAX_TEXTS][128], fault[128], report[128];
	u32 nr_refused;
};

static char dir[4000];

static u64 number(struct isa_case *c, const char **s)
{
	u64 v;

	if (!asm_number(&c->prog, s, &v))
		fail_msg("not a number: %s", *s);
	asm_skip(s);
	return v;
}

/* A "-- " line; returns whether instructions follow. */
static bool parse_section(struct isa_case *c, const char *s)
{
	if (asm_eat(&s, "asm"))
		return true;
	if (asm_eat(&s, "ctx_plain"))
		c->ctx_plain = true;
	else if (asm_eat(&s, "ctx"))
		while (*s)
			c->ctx[c->nr_ctx++] = number(c, &s);
	else if (asm_eat(&s, "kptr"))
		c->kptr = number(c, &s);
	else if (asm_eat(&s, "max_stack"))
		c->max_stack = number(c, &s);
	else if (asm_eat(&s, "budget"))
		c->budget = number(c, &s);
	else if (asm_eat(&s, "sleepable"))
		c->sleepable = true;
	else if (asm_eat(&s, "insns")) {
		c->insns = number(c, &s);
		c->has_insns = true;
	} else if (asm_eat(&s, "result")) {
		c->result = number(c, &s);
		c->has_result = true;
	} else if (asm_eat(&s, "bad_reads")) {
		c->bad_reads = number(c, &s);
		c->has_bad_reads = true;
		snprintf(c->report, sizeof(c->report), "%s", s);
	} else if (asm_eat(&s, "fault")) {
		c->fault_insn = number(c, &s);
		snprintf(c->fault, sizeof(c->fault), "%s", s);
	} else if (asm_eat(&s, "refused") && c->nr_refused < MAX_TEXTS) {
		snprintf(c->refused[c->nr_refused++], sizeof(c->refused[0]), "%s", s);
	} else
		fail_msg("unknown section: %s", s);
	return false;
}

static void parse(struct isa_case *c, const char *path)
{
	FILE *f = fopen(path, "r");
	bool in_asm = false;
	char line[256];

	assert_non_null(f);
	c->prog.name = world_name;
	c->budget = 100000;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "-- ", 3))
			in_asm = parse_section(c, line + 3);
		else if (in_asm && !asm_line(&c->prog, line))
			fail_msg("%s: %s", path, c->prog.err);
	}
	fclose(f);
	if (!asm_finish(&c->prog))
		fail_msg("%s: %s", path, c->prog.err);
	if (!c->has_result && !c->fault[0] && !c->nr_refused)
		fail_msg("%s: expects nothing", path);
}

static void expect_text(const char *what, const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s is\n%s\nwithout: %s", what, text, part);
}

static void run(const struct isa_case *c, struct bpf_vm_prog *vp)
{
	struct bpf_exec x = world_exec(vp, c->ctx, c->nr_ctx);
	u64 r0;

	x.sleepable = c->sleepable;
	x.budget = c->budget;
	r0 = bpf_vm_run(&x);
	if (c->fault[0]) {
		if (!x.fault.kind)
			fail_msg("no fault, r0 = 0x%llx", (unsigned long long)r0);
		expect_text("fault", x.fault.msg, c->fault);
		assert_int_equal(x.fault.insn, c->fault_insn);
		assert_int_equal(r0, 0);
	} else if (x.fault.kind) {
		fail_msg("%s", x.fault.msg);
	} else if (r0 != c->result) {
		fail_msg("r0 = 0x%llx, not 0x%llx", (unsigned long long)r0, (unsigned long long)c->result);
	}
	assert_int_equal(x.frames, 0);
	if (c->has_insns)
		assert_int_equal(x.insns, c->insns);
	if (c->has_bad_reads) {
		assert_int_equal(x.bad_reads, c->bad_reads);
		expect_text("report", world.bad_read, c->report);
	}
}

static void isa(void **state)
{
	struct isa_case *c = calloc(1, sizeof(*c));
	struct bpf_vm_env env = world_env();
	struct bpf_vm_prog *vp = NULL;
	char path[5000], log[1024];
	int err;

	world_reset();
	snprintf(path, sizeof(path), "%s/%s", dir, (const char *)*state);
	parse(c, path);
	env.ctx_slots = c->nr_ctx;
	env.ctx_kptr_mask = c->kptr;
	env.max_stack = c->max_stack;
	env.sleepable = c->sleepable;
	env.ctx_plain = c->ctx_plain;
	err = bpf_vm_load(&vp, c->prog.insn, c->prog.nr, &env, log, sizeof(log));
	if (err && !c->nr_refused)
		fail_msg("refused with %d:\n%s", err, log);
	if (!err && c->nr_refused)
		fail_msg("was not refused");
	for (u32 i = 0; i < c->nr_refused; i++)
		expect_text("log", log, c->refused[i]);
	if (!err)
		run(c, vp);
	bpf_vm_free(vp);
	free(c);
}

static int is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 2 && !strcmp(d->d_name + n - 2, ".t");
}

int main(void)
{
	const char *src = getenv("USCX_SRC");
	struct CMUnitTest *tests;
	struct dirent **list;
	int n, failed;

	snprintf(dir, sizeof(dir), "%s/tests/isa/cases", src ? src : ".");
	n = scandir(dir, &list, is_case, alphasort);
	if (n <= 0 || n > MAX_CASES) {
		fprintf(stderr, "%s: no cases; run this from the root of the sources or set USCX_SRC to it\n",
			dir);
		return 1;
	}
	world_create();
	tests = calloc(n, sizeof(*tests));
	for (int i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = list[i]->d_name,
			.test_func = isa,
			.initial_state = list[i]->d_name,
		};
	failed = _cmocka_run_group_tests("isa", tests, n, NULL, NULL);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	free(tests);
	gmem_destroy(world.g);
	return failed;
}
