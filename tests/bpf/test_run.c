// SPDX-License-Identifier: GPL-2.0-only
/* PROG_TEST_RUN of programs of type SYSCALL. */
#include "bpf/prog.h"
#include "tests/bpf/machine.h"
#include "tests/bpf/sys.h"

static long syscall_load(struct bpf_rt *rt, struct bpf_files *f, const char *text, u32 flags, char *log, u32 log_size)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	ATTR(a, a.prog_type = BPF_PROG_TYPE_SYSCALL, a.license = ptr("GPL"), a.prog_flags = flags, a.log_buf = ptr(log),
	     a.log_size = log_size, a.log_level = log != NULL);
	long fd;

	assemble(p, text);
	a.insns = ptr(p->insn);
	a.insn_cnt = p->nr;
	fd = sys_bpf(rt, f, BPF_PROG_LOAD, &a, sizeof(a));
	free(p);
	return fd;
}

static long load(struct env *e, const char *text)
{
	long fd = syscall_load(e->rt, e->f, text, BPF_F_SLEEPABLE, NULL, 0);

	if (fd < 0)
		fail_msg("%ld: %s", fd, bpf_rt_why(e->rt));
	return fd;
}

/* PROG_TEST_RUN; the program's result in @retval */
static long test_run(struct env *e, long fd, void *ctx, u32 size, u32 *retval)
{
	ATTR(a, a.test.prog_fd = fd, a.test.ctx_in = ptr(ctx), a.test.ctx_size_in = size);
	long ret = call_attr(e, BPF_PROG_TEST_RUN, &a);

	*retval = a.test.retval;
	return ret;
}

#define ADD "r2 = *(u32 *)(r1 + 0)\nr0 = *(u32 *)(r1 + 4)\nr0 += r2\n*(u64 *)(r1 + 8) = r0\nexit"

static void the_context_goes_in_and_out_and_the_result_is_returned(void **state)
{
	struct env *e = *state;
	struct { u32 a, b; u64 sum, rest; } ctx = { 3, 4, 0, 99 };
	long fd = load(e, ADD);
	u32 ret;

	assert_int_equal(test_run(e, fd, &ctx, sizeof(ctx), &ret), 0);
	assert_int_equal(ret, 7);
	assert_int_equal(ctx.sum, 7);
	assert_int_equal(ctx.rest, 99);
	fd = load(e, "r0 = -5\nexit");
	assert_int_equal(test_run(e, fd, NULL, 0, &ret), 0);
	assert_int_equal(ret, (u32)-5);
}

static void sizes_and_fields_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;
	static char big[70000];
	long fd = load(e, ADD), other = prog_load_text(e, "r0 = 0\nexit", &(struct load){ .op = "tick" });
	u64 ctx[2] = {};
	u32 ret;

	/* less than the program uses, and more than there may be */
	assert_int_equal(test_run(e, fd, ctx, 15, &ret), -EINVAL);
	assert_int_equal(test_run(e, fd, ctx, 16, &ret), 0);
	assert_int_equal(test_run(e, fd, big, 65535, &ret), 0);
	assert_int_equal(test_run(e, fd, big, 65536, &ret), -EINVAL);
	assert_int_equal(test_run(e, fd, NULL, 16, &ret), -EINVAL);
	assert_int_equal(test_run(e, fd, ctx, 0, &ret), -EINVAL);
	assert_int_equal(test_run(e, 99, ctx, 16, &ret), -EBADF);
	assert_int_equal(test_run(e, other, ctx, 16, &ret), -EOPNOTSUPP);
#define RUN(...) CALL(e, BPF_PROG_TEST_RUN, a.test.prog_fd = fd, a.test.ctx_in = ptr(ctx), a.test.ctx_size_in = 16, \
		      __VA_ARGS__)
	assert_int_equal(RUN(a.test.repeat = 1), -EINVAL);
	assert_int_equal(RUN(a.test.flags = 1), -EINVAL);
	assert_int_equal(RUN(a.test.data_in = ptr(ctx)), -EINVAL);
	assert_int_equal(RUN(a.test.batch_size = 1), -EINVAL);
	assert_int_equal(RUN(a.test.ctx_out = ptr(ctx), a.test.ctx_size_out = 16), -EINVAL);
	assert_int_equal(RUN(a.test.ctx_out = ptr(ctx)), -EINVAL);
}

static void programs_of_type_syscall_are_sleepable_and_stay_in_their_context(void **state)
{
	struct env *e = *state;
	char log[512] = "";

	assert_int_equal(syscall_load(e->rt, e->f, ADD, 0, log, sizeof(log)), -EINVAL);
	assert_non_null(strstr(log, "Syscall programs can only be sleepable"));
	assert_int_equal(syscall_load(e->rt, e->f, "r0 = *(u64 *)(r1 + 4)\nexit", BPF_F_SLEEPABLE, log, sizeof(log)),
			 -EACCES);
	assert_int_equal(syscall_load(e->rt, e->f, "r1 += 65528\nr0 = *(u64 *)(r1 + 0)\nexit", BPF_F_SLEEPABLE, log,
				      sizeof(log)), -EACCES);
}

static void a_broken_rule_is_efault_and_named(void **state)
{
	struct env *e = *state;
	u32 ret;

	assert_int_equal(test_run(e, load(e, "r1 = 16\n*(u64 *)(r1 + 0) = 1\nr0 = 0\nexit"), NULL, 0, &ret), -EFAULT);
	assert_why(e, "broke a rule");
}

/* --- on a machine --- */

struct caller {
	struct world *w;
	long loaded, ran;
	u32 ret;
};

/* Create queue 77 and return how many are in it */
static void call_kfuncs(void *arg)
{
	struct caller *c = arg;
	struct bpf_files *f = bpf_files_create(c->w->rt, NULL, NULL);
	const struct kbtf *b = c->w->rt->vmlinux;
	char text[256];
	ATTR(a, (void)0);

	snprintf(text, sizeof(text), "r1 = 77\nr2 = -1\nkcall #%u\nr1 = 77\nkcall #%u\nexit",
		 kbtf_find(b, "scx_bpf_create_dsq", BTF_KIND_FUNC), kbtf_find(b, "scx_bpf_dsq_nr_queued", BTF_KIND_FUNC));
	c->loaded = syscall_load(c->w->rt, f, text, BPF_F_SLEEPABLE, NULL, 0);
	a.test.prog_fd = c->loaded;
	c->ran = sys_bpf(c->w->rt, f, BPF_PROG_TEST_RUN, &a, sizeof(a));
	c->ret = a.test.retval;
	bpf_files_destroy(f);
}

static void a_program_of_type_syscall_may_call_kfuncs_that_sleep(void **state)
{
	struct world *w = world_new("2", "7.2");
	struct caller c = { .w = w, .ran = 1, .ret = 1 };

	world_load(w, "tests/data/linux-7.2/scx_simple.bpf.o", NULL, 0);
	kernel_add_thread(w->k, "caller", 1 << 20, call_kfuncs, &c, 200 * MS);
	world_run(w, 400 * MS);
	assert_true(c.loaded >= 0);
	assert_int_equal(c.ran, 0);
	assert_int_equal(c.ret, 0);
	assert_null(bpf_rt_fault(w->rt));
	world_stop(w, 400 * MS);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_context_goes_in_and_out_and_the_result_is_returned),
		TEST_612(the_context_goes_in_and_out_and_the_result_is_returned),
		TEST(sizes_and_fields_are_checked_as_in_the_kernel),
		TEST(programs_of_type_syscall_are_sleepable_and_stay_in_their_context),
		TEST(a_broken_rule_is_efault_and_named),
		cmocka_unit_test(a_program_of_type_syscall_may_call_kfuncs_that_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
