/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs from text, for tests that check what data files cannot say. After <cmocka.h>. */
#ifndef TESTS_VM_PROGRAM_H
#define TESTS_VM_PROGRAM_H

#include "tests/isa/asm.h"
#include "tests/vm/world.h"

static inline void assemble(struct asm_prog *p, const char *text)
{
	char *copy = strdup(text), *save;

	memset(p, 0, sizeof(*p));
	p->name = world_name;
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (!asm_line(p, l))
			fail_msg("%s", p->err);
	free(copy);
	if (!asm_finish(p))
		fail_msg("%s", p->err);
}

static inline struct bpf_vm_prog *program_in(const char *text, const struct bpf_vm_env *env)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	struct bpf_vm_prog *vp = NULL;
	char log[1024];

	assemble(p, text);
	if (bpf_vm_load(&vp, p->insn, p->nr, env, log, sizeof(log)))
		fail_msg("refused:\n%s", log);
	free(p);
	return vp;
}

/* A program with four context slots */
static inline struct bpf_vm_prog *program(const char *text)
{
	struct bpf_vm_env env = world_env();

	env.ctx_slots = 4;
	return program_in(text, &env);
}

static inline int world_setup(void **state)
{
	world_create();
	world_reset();
	return 0;
}

static inline int world_teardown(void **state)
{
	gmem_destroy(world.g);
	return 0;
}

#endif
