// SPDX-License-Identifier: GPL-2.0-only
/* PROG_LOAD: what is refused and in which words, references of instructions, source lines, binding of maps.
 */
#include "bpf/map.h"
#include "bpf/prog.h"
#include "bpf/run.h"
#include "tests/bpf/sys.h"

#define RETURN_0 "r0 = 0\nexit"

static void probes_of_loaders_are_accepted(void **state)
{
	struct env *e = *state;
	static const u32 types[] = {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_KPROBE,
				    BPF_PROG_TYPE_TRACEPOINT};
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };

	for (u32 i = 0; i < 3; i++)
		assert_true(CALL(e, BPF_PROG_LOAD, a.prog_type = types[i], a.insns = ptr(insns),
				 a.insn_cnt = 2, a.license = ptr("GPL")) > 0);
}

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;
	struct bpf_insn in[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	u64 insns = ptr(in), gpl = ptr("GPL");

#define LOAD(...) \
	CALL(e, BPF_PROG_LOAD, a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, a.insns = insns, a.insn_cnt = 2, \
	     a.license = gpl, __VA_ARGS__)
	assert_true(LOAD(a.prog_flags = BPF_F_STRICT_ALIGNMENT) > 0);
	assert_int_equal(LOAD(a.prog_flags = 1u << 20), -EINVAL);
	assert_int_equal(LOAD(a.insn_cnt = 0), -E2BIG);
	assert_int_equal(LOAD(a.insn_cnt = 1000001), -E2BIG);
	assert_int_equal(LOAD(a.insns = 0), -EFAULT);
	assert_int_equal(LOAD(a.license = 0), -EFAULT);
	assert_int_equal(LOAD(a.prog_type = 0), -EINVAL);
	assert_int_equal(LOAD(a.prog_type = 1000), -EINVAL);
	assert_int_equal(LOAD(SET_NAME(a.prog_name, "a-b")), -EINVAL);
	assert_int_equal(LOAD(a.attach_btf_id = 1), -EINVAL);
	assert_int_equal(LOAD(a.attach_prog_fd = 99), -EINVAL);
	assert_int_equal(LOAD(a.log_level = 1, a.log_size = 100), -EINVAL);
	assert_int_equal(LOAD(a.log_buf = insns, a.log_size = 100), -EINVAL);
	assert_int_equal(LOAD(a.log_level = 64), -EINVAL);
	assert_int_equal(LOAD(a.prog_type = BPF_PROG_TYPE_SYSCALL, a.expected_attach_type = 1), -EINVAL);
	assert_int_equal(LOAD(a.prog_type = BPF_PROG_TYPE_TRACING), -EINVAL);
	assert_int_equal(LOAD(a.prog_flags = BPF_F_SLEEPABLE), -EINVAL);
}

static void a_missing_helper_is_named(void **state)
{
	struct env *e = *state;
	char log[512] = "";

	assert_int_equal(
		prog_load_text(
			e, "r1 = 0\nr2 = 0\nr3 = 0\ncall #27\n" RETURN_0,
			&(struct load){.op = "enqueue", .log = log, .log_size = sizeof(log), .log_level = 1}),
		-EINVAL);
	assert_non_null(strstr(log, "bpf_get_stackid#27"));
	assert_why(e, "prog: program of this type cannot use helper bpf_get_stackid#27");
	assert_int_equal(prog_load_text(e, "call #9999\n" RETURN_0, &(struct load){.op = "enqueue"}),
			 -EINVAL);
	assert_why(e, "invalid func unknown#9999");
}

static void gpl_helpers_need_a_gpl_license(void **state)
{
	struct env *e = *state;
	const char *text = "r1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\ncall #113\n" RETURN_0;

	assert_true(prog_load_text(e, text, &(struct load){}) > 0);
	assert_true(prog_load_text(e, text, &(struct load){ .license = "Dual BSD/GPL" }) > 0);
	assert_int_equal(prog_load_text(e, text, &(struct load){ .license = "Proprietary" }), -EINVAL);
	assert_why(e, "GPL");
}

static long load_kcall(struct env *e, const char *kfunc, const struct load *o)
{
	char text[256];

	snprintf(text, sizeof(text), "r6 = 0\nr1 = 0\nr2 = 0\nr3 = 0\nr4 = 0\nr5 = 0\nkcall #%u\n" RETURN_0,
		 kernel_id(e, kfunc, BTF_KIND_FUNC));
	return prog_load_text(e, text, o);
}

static void kfuncs_are_allowed_by_operation_as_in_7_2(void **state)
{
	struct env *e = *state;

	assert_true(load_kcall(e, "scx_bpf_dsq_insert", &(struct load){ .op = "enqueue" }) > 0);
	assert_true(load_kcall(e, "scx_bpf_dsq_insert", &(struct load){ .op = "dispatch" }) > 0);
	assert_int_equal(load_kcall(e, "scx_bpf_dsq_insert", &(struct load){ .op = "running" }), -EACCES);
	assert_why(e, "prog: calling kernel function scx_bpf_dsq_insert is not allowed in ops.running");
	assert_int_equal(load_kcall(e, "scx_bpf_dsq_move_to_local", &(struct load){.op = "enqueue"}),
			 -EACCES);
	assert_true(load_kcall(e, "scx_bpf_dsq_move_to_local", &(struct load){ .op = "dispatch" }) > 0);
	assert_true(load_kcall(e, "scx_bpf_select_cpu_dfl", &(struct load){ .op = "init_task" }) > 0);
	assert_int_equal(load_kcall(e, "scx_bpf_select_cpu_dfl", &(struct load){.op = "dispatch"}), -EACCES);
	assert_true(load_kcall(e, "scx_bpf_kick_cpu", &(struct load){ .op = "tick" }) > 0);
	assert_true(load_kcall(e, "bpf_task_from_pid", &(struct load){ .op = "tick" }) > 0);
	assert_int_equal(load_kcall(e, "scx_bpf_kick_cpu", &(struct load){}), -EACCES);
}

static void kfuncs_that_sleep_need_a_sleepable_program(void **state)
{
	struct env *e = *state;

	assert_true(load_kcall(e, "scx_bpf_create_dsq",
			       &(struct load){.op = "init", .flags = BPF_F_SLEEPABLE}) > 0);
	assert_int_equal(load_kcall(e, "scx_bpf_create_dsq", &(struct load){ .op = "init" }), -EACCES);
	assert_why(e, "sleepable");
}

static void kfuncs_need_a_gpl_license(void **state)
{
	struct env *e = *state;
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL,
		  .imm = kernel_id(e, "scx_bpf_nr_cpu_ids", BTF_KIND_FUNC) },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	ATTR(a, a.prog_type = BPF_PROG_TYPE_SYSCALL, a.prog_flags = BPF_F_SLEEPABLE, a.insns = ptr(insns), a.insn_cnt = 2);

	a.license = ptr("GPL");
	assert_true(call_attr(e, BPF_PROG_LOAD, &a) > 0);
	a.license = ptr("MIT");
	assert_true(call_attr(e, BPF_PROG_LOAD, &a) < 0);
	assert_why(e, "non-GPL");
}

static void a_kfunc_that_is_not_allowed_may_stand_in_dead_code(void **state)
{
	struct env *e = *state;
	char text[256];

	snprintf(text, sizeof(text),
		 "r1 = 1\nif r1 == 1 goto over\nr1 = 0\nr2 = 0\nkcall #%u\nover:\n" RETURN_0,
		 kernel_id(e, "scx_bpf_dsq_move_to_local", BTF_KIND_FUNC));
	assert_true(prog_load_text(e, text, &(struct load){ .op = "enqueue" }) > 0);
}

static void operations_are_checked_by_name(void **state)
{
	struct env *e = *state;
	struct bpf_insn in[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	u32 ops = kernel_id(e, "sched_ext_ops", BTF_KIND_STRUCT);

	assert_true(prog_load_text(e, RETURN_0, &(struct load){ .op = "exit" }) > 0);
	assert_int_equal(prog_load_text(e, RETURN_0, &(struct load){ .op = "cgroup_init" }), -ENOTSUPP);
	assert_why(e, "ops.cgroup_init is not supported yet");
	assert_int_equal(prog_load_text(e, RETURN_0, &(struct load){ .op = "flags" }), -EINVAL);
	assert_why(e, "attach to invalid member flags");
	assert_true(prog_load_text(e, RETURN_0, &(struct load){.op = "init_task", .flags = BPF_F_SLEEPABLE}) >
		    0);
	assert_int_equal(
		prog_load_text(e, RETURN_0, &(struct load){.op = "enqueue", .flags = BPF_F_SLEEPABLE}),
		-EINVAL);
	assert_why(e, "ops.enqueue cannot be sleepable");
	assert_int_equal(prog_load_text(e, RETURN_0, &(struct load){.op = "enqueue", .license = "MIT"}),
			 -EINVAL);
	assert_why(e, "GPL compatible");
	assert_int_equal(CALL(e, BPF_PROG_LOAD, a.prog_type = BPF_PROG_TYPE_STRUCT_OPS, a.insns = ptr(in),
			      a.insn_cnt = 2, a.license = ptr("GPL"), a.attach_btf_id = ops,
			      a.expected_attach_type = 999),
			 -EINVAL);
	assert_int_equal(CALL(e, BPF_PROG_LOAD, a.prog_type = BPF_PROG_TYPE_STRUCT_OPS, a.insns = ptr(in),
			      a.insn_cnt = 2, a.license = ptr("GPL"), a.attach_btf_id = ops + 1),
			 -ENOTSUPP);
	assert_int_equal(CALL(e, BPF_PROG_LOAD, a.prog_type = BPF_PROG_TYPE_STRUCT_OPS, a.insns = ptr(in),
			      a.insn_cnt = 2, a.license = ptr("GPL")),
			 -ENOTSUPP);
}

/* --- references of ld_imm64 --- */

static struct bprog *prog_at(struct env *e, int fd)
{
	struct bprog *p;

	assert_int_equal(bprog_get(e->f, fd, &p), 0);
	return p;
}

static long load_imm64(struct env *e, u32 src, u32 imm, u32 next_imm, const int *fd_array)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = src, .imm = imm },
		{ .imm = next_imm },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return CALL(e, BPF_PROG_LOAD, a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, a.insns = ptr(insns),
		    a.insn_cnt = 4, a.license = ptr("GPL"), a.fd_array = ptr(fd_array));
}

static u64 execute(struct env *e, int fd)
{
	u64 args[BPF_MAX_ARGS] = {}, insns;

	return bprog_run(prog_at(e, fd), NULL, args, &insns);
}

static void map_references_become_addresses(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 16, 1, 0),
	    two = array_create(e, BPF_MAP_TYPE_ARRAY, 16, 2, 0);
	int fds[] = { 99, fd };
	struct bmap *m;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	assert_int_equal(execute(e, load_imm64(e, BPF_PSEUDO_MAP_FD, fd, 0, NULL)), ptr(m->guest));
	assert_int_equal(execute(e, load_imm64(e, BPF_PSEUDO_MAP_VALUE, fd, 12, NULL)),
			 ptr(m->array.values) + 12);
	assert_int_equal(execute(e, load_imm64(e, BPF_PSEUDO_MAP_IDX, 1, 0, fds)), ptr(m->guest));
	assert_int_equal(execute(e, load_imm64(e, BPF_PSEUDO_MAP_IDX_VALUE, 1, 4, fds)),
			 ptr(m->array.values) + 4);
	assert_int_equal(load_imm64(e, BPF_PSEUDO_MAP_FD, 99, 0, NULL), -EBADF);
	assert_why(e, "fd 99 is not pointing to valid bpf_map");
	assert_int_equal(load_imm64(e, BPF_PSEUDO_MAP_FD, fd, 4, NULL), -EINVAL);
	assert_int_equal(load_imm64(e, BPF_PSEUDO_MAP_VALUE, fd, 16, NULL), -EINVAL);
	assert_why(e, "value_size=16 off=16");
	assert_int_equal(load_imm64(e, BPF_PSEUDO_MAP_VALUE, two, 0, NULL), -ENOTSUPP);
	assert_int_equal(load_imm64(e, BPF_PSEUDO_MAP_IDX, 0, 0, NULL), -EPROTO);
	assert_int_equal(load_imm64(e, 9, 0, 0, NULL), -EINVAL);
}

static void a_kernel_function_has_an_address_that_is_not_zero(void **state)
{
	struct env *e = *state;
	u32 id = kernel_id(e, "scx_bpf_kick_cpu", BTF_KIND_FUNC);
	u64 addr = execute(e, load_imm64(e, BPF_PSEUDO_BTF_ID, id, 0, NULL));

	assert_true(addr != 0);
	assert_false(gmem_can_read(e->g, addr, 1));
	assert_int_equal(load_imm64(e, BPF_PSEUDO_BTF_ID, 0x7fffffff, 0, NULL), -ENOENT);
	assert_int_equal(
		load_imm64(e, BPF_PSEUDO_BTF_ID, kernel_id(e, "sched_ext_ops", BTF_KIND_STRUCT), 0, NULL),
		-EINVAL);
	assert_int_equal(load_imm64(e, BPF_PSEUDO_BTF_ID, id, 99, NULL), -EINVAL);
}

static void programs_keep_their_maps(void **state)
{
	struct env *e = *state;
	int map = array_create(e, BPF_MAP_TYPE_ARRAY, 16, 1, 0);
	int prog = load_imm64(e, BPF_PSEUDO_MAP_FD, map, 0, NULL);

	bpf_files_close(e->f, map);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), 0);
	bpf_files_close(e->f, prog);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), -ENOENT);
}

static void maps_can_be_bound_once(void **state)
{
	struct env *e = *state;
	int prog = prog_load_text(e, RETURN_0, &(struct load){}),
	    map = array_create(e, BPF_MAP_TYPE_ARRAY, 16, 1, 0);

	assert_int_equal(
		CALL(e, BPF_PROG_BIND_MAP, a.prog_bind_map = (__typeof__(a.prog_bind_map)){prog, map, 0}), 0);
	assert_int_equal(
		CALL(e, BPF_PROG_BIND_MAP, a.prog_bind_map = (__typeof__(a.prog_bind_map)){prog, map, 0}), 0);
	assert_int_equal(prog_at(e, prog)->nr_maps, 1);
	assert_int_equal(
		CALL(e, BPF_PROG_BIND_MAP, a.prog_bind_map = (__typeof__(a.prog_bind_map)){prog, map, 1}),
		-EINVAL);
	assert_int_equal(
		CALL(e, BPF_PROG_BIND_MAP, a.prog_bind_map = (__typeof__(a.prog_bind_map)){map, map, 0}),
		-EINVAL);
	assert_int_equal(
		CALL(e, BPF_PROG_BIND_MAP, a.prog_bind_map = (__typeof__(a.prog_bind_map)){prog, 99, 0}),
		-EBADF);
}

static void attaching_other_programs_is_refused_with_a_reason(void **state)
{
	struct env *e = *state;
	int prog = prog_load_text(e, RETURN_0, &(struct load){});

	assert_int_equal(CALL(e, BPF_LINK_CREATE, a.link_create.prog_fd = prog,
			      a.link_create.attach_type = BPF_PERF_EVENT),
			 -EOPNOTSUPP);
	assert_why(e, "program prog: attaching");
	assert_int_equal(CALL(e, BPF_RAW_TRACEPOINT_OPEN, a.raw_tracepoint.prog_fd = prog), -EINVAL);
	assert_why(e, "RAW_TRACEPOINT_OPEN is not supported");
}

/* --- BTF of programs --- */

/* int (1), int (void) (2), function "policy" (3), "helper" (4); strings "/x/sched.bpf.c" and "\tcall();" */
struct debug_btf {
	int fd;
	u32 file, line;
};

static struct debug_btf load_debug_btf(struct env *e)
{
	struct btf *b = btf__new_empty();
	struct debug_btf d;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_func_proto(b, 1);
	btf__add_func(b, "policy", BTF_FUNC_GLOBAL, 2);
	btf__add_func(b, "helper", BTF_FUNC_STATIC, 2);
	d.file = btf__add_str(b, "/x/sched.bpf.c");
	d.line = btf__add_str(b, "\tcall();");
	d.fd = btf_load(e, b);
	btf__free(b);
	assert_true(d.fd > 0);
	return d;
}

static void a_refused_call_is_reported_with_function_and_source_line(void **state)
{
	struct env *e = *state;
	struct debug_btf d = load_debug_btf(e);
	struct bpf_func_info funcs[] = { { 0, 3 }, { 3, 4 } };
	struct bpf_line_info lines[] = { { 0, d.file, d.line, 10 << 10 }, { 3, d.file, d.line, 20 << 10 },
					 { 4, d.file, d.line, 21 << 10 } };

	assert_int_equal(prog_load_text(e, "call sub\nr0 = 0\nexit\nsub:\nr0 = 0\ncall #9999\nexit",
					&(struct load){.op = "tick",
						       .btf_fd = d.fd,
						       .funcs = funcs,
						       .nr_funcs = 2,
						       .lines = lines,
						       .nr_lines = 3}),
			 -EINVAL);
	assert_string_equal(bpf_rt_why(e->rt), "sched.bpf.c:21: helper: invalid func unknown#9999");
}

static void func_info_and_line_info_are_checked(void **state)
{
	struct env *e = *state;
	struct debug_btf d = load_debug_btf(e);
	struct bpf_func_info f[] = { { 0, 3 }, { 0, 4 } };
	struct bpf_line_info l[] = { { 0, d.file, d.line, 1 << 10 }, { 1, d.file, d.line, 2 << 10 } };
	struct load ok = { .btf_fd = d.fd, .funcs = f, .nr_funcs = 1, .lines = l, .nr_lines = 2 }, bad;

	assert_true(prog_load_text(e, RETURN_0, &ok) > 0);
	bad = ok;
	bad.btf_fd = 99;
	assert_int_equal(prog_load_text(e, RETURN_0, &bad), -EBADF);
	bad = ok;
	bad.btf_fd = CALL(e, BPF_BTF_GET_FD_BY_ID, a.btf_id = 1);
	assert_int_equal(prog_load_text(e, RETURN_0, &bad), -EACCES);
	bad = ok;
	bad.nr_funcs = 2;
	assert_int_equal(prog_load_text(e, RETURN_0, &bad), -EINVAL);
	assert_why(e, "same or smaller insn offset");
	f[0].type_id = 1;
	assert_int_equal(prog_load_text(e, RETURN_0, &ok), -EINVAL);
	assert_why(e, "invalid type id 1");
	f[0] = (struct bpf_func_info){ 1, 3 };
	assert_int_equal(prog_load_text(e, RETURN_0, &ok), -EINVAL);
	f[0] = (struct bpf_func_info){ 0, 3 };
	l[1].insn_off = 2;
	assert_int_equal(prog_load_text(e, RETURN_0, &ok), -EINVAL);
	assert_why(e, "Invalid line_info[1].insn_off:2");
	l[1].insn_off = 0;
	assert_int_equal(prog_load_text(e, RETURN_0, &ok), -EINVAL);
	l[1].insn_off = 1;
	l[1].line_off = 1 << 20;
	assert_int_equal(prog_load_text(e, RETURN_0, &ok), -EINVAL);
}

static void records_may_be_longer_if_the_rest_is_zero(void **state)
{
	struct env *e = *state;
	struct debug_btf d = load_debug_btf(e);
	u32 rec[3] = { 0, 3, 0 };
	struct bpf_insn in[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	ATTR(a, a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, a.insns = ptr(in), a.insn_cnt = 2,
	     a.license = ptr("GPL"), a.prog_btf_fd = d.fd, a.func_info = ptr(rec), a.func_info_cnt = 1,
	     a.func_info_rec_size = 12);

	assert_true(call_attr(e, BPF_PROG_LOAD, &a) > 0);
	rec[2] = 1;
	assert_int_equal(call_attr(e, BPF_PROG_LOAD, &a), -E2BIG);
	assert_int_equal(a.func_info_rec_size, 8);
	a.func_info_rec_size = 6;
	assert_int_equal(call_attr(e, BPF_PROG_LOAD, &a), -EINVAL);
}

static void the_log_keeps_its_end_or_with_the_fixed_flag_its_beginning(void **state)
{
	struct env *e = *state;
	char whole[512] = "", cut[20] = "";
	struct bpf_insn in[] = {{.code = BPF_JMP | BPF_CALL, .imm = 9999}, {.code = BPF_JMP | BPF_EXIT}};
	ATTR(a, a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, a.insns = ptr(in), a.insn_cnt = 2,
	     a.license = ptr("GPL"), a.log_buf = ptr(whole), a.log_size = sizeof(whole), a.log_level = 1);
	size_t len;

	assert_int_equal(call_attr(e, BPF_PROG_LOAD, &a), -EINVAL);
	len = strlen(whole);
	assert_true(len > sizeof(cut));
	assert_int_equal(a.log_true_size, len + 1);
	a.log_buf = ptr(cut);
	a.log_size = sizeof(cut);
	assert_int_equal(call_attr(e, BPF_PROG_LOAD, &a), -ENOSPC);
	assert_int_equal(a.log_true_size, len + 1);
	assert_string_equal(cut, whole + len - (sizeof(cut) - 1));
	a.log_level = 1 | 8;
	assert_int_equal(call_attr(e, BPF_PROG_LOAD, &a), -ENOSPC);
	assert_memory_equal(cut, whole, sizeof(cut) - 1);
}

static void the_streams_of_a_program_are_empty(void **state)
{
	struct env *e = *state;
	int prog = prog_load_text(e, RETURN_0, &(struct load){});
	/* buffer (two words), its length, stream, program */
	u32 attr[42] = { 0, 0, 0, 1, prog };

	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 1, (union bpf_attr *)attr, 20), 0);
	attr[3] = 3;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 1, (union bpf_attr *)attr, 20), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(probes_of_loaders_are_accepted),
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(a_missing_helper_is_named),
		TEST(gpl_helpers_need_a_gpl_license),
		TEST(kfuncs_are_allowed_by_operation_as_in_7_2),
		TEST(kfuncs_that_sleep_need_a_sleepable_program),
		TEST(kfuncs_need_a_gpl_license),
		TEST(a_kfunc_that_is_not_allowed_may_stand_in_dead_code),
		TEST(operations_are_checked_by_name),
		TEST(map_references_become_addresses),
		TEST(a_kernel_function_has_an_address_that_is_not_zero),
		TEST(programs_keep_their_maps),
		TEST(maps_can_be_bound_once),
		TEST(attaching_other_programs_is_refused_with_a_reason),
		TEST(a_refused_call_is_reported_with_function_and_source_line),
		TEST(func_info_and_line_info_are_checked),
		TEST(records_may_be_longer_if_the_rest_is_zero),
		TEST(the_log_keeps_its_end_or_with_the_fixed_flag_its_beginning),
		TEST(the_streams_of_a_program_are_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
