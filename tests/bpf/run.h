/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that tests run outside of a machine. */
#ifndef TESTS_BPF_RUN_H
#define TESTS_BPF_RUN_H

#include "bpf/map.h"
#include "bpf/prog.h"
#include "bpf/run.h"
#include "tests/bpf/sys.h"

/* What came of an execution. */
struct outcome {
	u64 ret;
	enum bpf_fault_kind fault;
	char msg[1024];
};

/* In @text a line "MAP" loads the map @fd into r1, "VAL" the address of its value. */
static inline long load_with_map(struct env *e, int fd, const char *op, u32 flags, const char *text)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	char *copy = calloc(1, strlen(text) * 4 + 64), *out = copy;
	long prog_fd;

	for (const char *s = text; *s;) {
		if (!strncmp(s, "MAP", 3) || !strncmp(s, "VAL", 3)) {
			out += sprintf(out, "raw 24 1 %d 0 %d\nraw 0 0 0 0 0",
				       *s == 'M' ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE, fd);
			s += 3;
		} else {
			*out++ = *s++;
		}
	}
	assemble(p, copy);
	prog_fd = prog_load_insns(e, p->insn, p->nr, &(struct load){ .op = op, .flags = flags });
	free(copy);
	free(p);
	return prog_fd;
}

static inline struct outcome run(struct env *e, int fd, const char *op, u32 flags, const char *text)
{
	int prog_fd = load_with_map(e, fd, op, flags, text);
	u64 args[BPF_MAX_ARGS] = {}, insns;
	struct outcome o = {};
	struct bprog *prog;

	if (prog_fd < 0)
		fail_msg("%d: %s", prog_fd, bpf_rt_why(e->rt));
	assert_int_equal(bprog_get(e->f, prog_fd, &prog), 0);
	e->rt->faulted = false;
	o.ret = bprog_run(prog, NULL, args, &insns);
	if (bpf_rt_fault(e->rt)) {
		o.fault = bpf_rt_fault(e->rt)->kind;
		snprintf(o.msg, sizeof(o.msg), "%s", bpf_rt_fault(e->rt)->msg);
	}
	bpf_files_close(e->f, prog_fd);
	return o;
}

#define EXIT "\nexit"
/* r2 = address of a key on the stack */
#define KEY(k) "*(u32 *)(r10 - 4) = " #k "\nr2 = r10\nr2 += -4\n"

static inline s64 returns(struct env *e, int fd, const char *text)
{
	struct outcome o = run(e, fd, "tick", 0, text);

	if (o.fault)
		fail_msg("%s", o.msg);
	return o.ret;
}

/* The program is refused when it is loaded. */
static inline void assert_refused(struct env *e, int fd, const char *text, int err, const char *why)
{
	assert_int_equal(load_with_map(e, fd, "tick", 0, text), err);
	assert_why(e, why);
}

#endif
