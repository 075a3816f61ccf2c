// SPDX-License-Identifier: GPL-2.0-only
/* bpf(2) as such: commands, the union of attributes, descriptors and ids. */
#include "tests/bpf/sys.h"

static void unknown_commands_are_einval_and_named(void **state)
{
	struct env *e = *state;

	assert_int_equal(CALL(e, 4711), -EINVAL);
	assert_why(e, "4711");
	assert_int_equal(CALL(e, -1), -EINVAL);
	assert_int_equal(CALL(e, BPF_PROG_QUERY), -EINVAL);
	assert_why(e, "PROG_QUERY");
	assert_int_equal(CALL(e, BPF_OBJ_PIN), -EINVAL);
	assert_why(e, "OBJ_PIN");
}

static void commands_of_7_x_do_not_exist_in_6_12(void **state)
{
	struct env *e = *state;

	assert_int_equal(CALL(e, BPF_TOKEN_CREATE + 1), -EINVAL);
	assert_why(e, "no command");
	assert_int_equal(CALL(e, BPF_TOKEN_CREATE + 2), -EINVAL);
	assert_why(e, "no command");
}

static void bytes_that_a_command_does_not_use_must_be_zero(void **state)
{
	struct env *e = *state;
	ATTR(a, a.map_fd = 3);

	((u8 *)&a)[4] = 1;
	assert_int_equal(call_attr(e, BPF_MAP_FREEZE, &a), -EINVAL);
	assert_why(e, "byte 4");
	memset(&a, 0, sizeof(a));
	((u8 *)&a)[8] = 1;
	assert_int_equal(call_attr(e, BPF_PROG_GET_NEXT_ID, &a), -EINVAL);
}

static void bytes_that_only_7_x_uses_must_be_zero_in_6_12(void **state)
{
	struct env *e = *state;
	u8 attr[168] = {};
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr *a = (union bpf_attr *)attr;

	a->prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	a->insns = ptr(insns);
	a->insn_cnt = 2;
	a->license = ptr("GPL");
	assert_true(sys_bpf(e->rt, e->f, BPF_PROG_LOAD, a, 168) > 0);
	attr[148] = 1;		/* fd_array_cnt: within the union of 6.12, but no field of its */
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_PROG_LOAD, a, 168), -EINVAL);
	attr[148] = 0;
	attr[152] = 1;		/* signature: behind it */
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_PROG_LOAD, a, 168), -E2BIG);
}

static void attributes_may_be_longer_if_the_rest_is_zero(void **state)
{
	struct env *e = *state;
	u8 attr[4200] = {};
	union bpf_attr *a = (union bpf_attr *)attr;

	a->start_id = 0;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_BTF_GET_NEXT_ID, a, 4096), 0);
	assert_int_equal(a->next_id, 1);
	attr[200] = 1;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_BTF_GET_NEXT_ID, a, 4096), -E2BIG);
	attr[200] = 0;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_BTF_GET_NEXT_ID, a, 4200), -E2BIG);
}

static void attributes_may_be_shorter_and_missing_fields_are_zero(void **state)
{
	struct env *e = *state;
	ATTR(a, a.map_type = BPF_MAP_TYPE_ARRAY, a.key_size = 4, a.value_size = 4, a.max_entries = 1,
	     a.map_flags = ~0u);

	assert_int_equal(sys_bpf(e->rt, e->f, BPF_MAP_CREATE, &a, 16), 3);
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_MAP_CREATE, &a, 20), -EINVAL);
}

static void null_attributes_are_efault(void **state)
{
	struct env *e = *state;

	assert_int_equal(sys_bpf(e->rt, e->f, BPF_MAP_CREATE, NULL, 100), -EFAULT);
}

static void descriptors_are_the_lowest_free_and_close_frees_them(void **state)
{
	struct env *e = *state;
	int a = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0),
	    b = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);

	assert_int_equal(a, 3);
	assert_int_equal(b, 4);
	assert_int_equal(bpf_files_close(e->f, a), 0);
	assert_int_equal(bpf_files_close(e->f, a), -EBADF);
	assert_int_equal(bpf_files_dup(e->f, b, 0), 3);
	assert_int_equal(bpf_files_dup(e->f, b, 10), 10);
	assert_int_equal(bpf_files_dup(e->f, 9, 0), -EBADF);
	assert_int_equal(bpf_files_dup(e->f, b, -1), -EINVAL);
	assert_int_equal(bpf_files_dup_to(e->f, b, b), -EINVAL);
	assert_int_equal(bpf_files_dup_to(e->f, b, 40), 40);
	assert_int_equal(bpf_files_dup_to(e->f, 39, 41), -EBADF);
	assert_true(bpf_files_is_open(e->f, 40));
	assert_false(bpf_files_is_open(e->f, 39));
}

static void an_object_lives_until_its_last_descriptor_is_closed(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0), copy = bpf_files_dup(e->f, fd, 0);
	u32 value = 7, read = 0;

	assert_int_equal(map_update(e, fd, 0, &value, 0), 0);
	bpf_files_close(e->f, fd);
	assert_int_equal(map_lookup(e, copy, 0, &read), 0);
	assert_int_equal(read, 7);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), 0);
	bpf_files_close(e->f, copy);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), -ENOENT);
}

static void dup_to_closes_what_was_there(void **state)
{
	struct env *e = *state;
	int hold = bpf_files_placeholder(e->f), fd = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);
	u32 value = 0;

	assert_int_equal(map_lookup(e, hold, 0, &value), -EINVAL);
	assert_int_equal(bpf_files_dup_to(e->f, fd, hold), hold);
	bpf_files_close(e->f, fd);
	assert_int_equal(map_lookup(e, hold, 0, &value), 0);
	/* the map that is there now is freed by the next one */
	fd = bpf_files_placeholder(e->f);
	assert_int_equal(bpf_files_dup_to(e->f, fd, hold), hold);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), -ENOENT);
}

static void ids_grow_and_lead_to_new_descriptors(void **state)
{
	struct env *e = *state;
	union bpf_attr a = {};
	int fd, again;

	bpf_files_close(e->f, array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0));
	fd = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);
	assert_int_equal(call_attr(e, BPF_MAP_GET_NEXT_ID, &a), 0);
	assert_int_equal(a.next_id, 2);
	assert_int_equal(CALL(e, BPF_MAP_GET_FD_BY_ID, a.map_id = 1), -ENOENT);
	again = CALL(e, BPF_MAP_GET_FD_BY_ID, a.map_id = 2);
	assert_true(again > fd);
	assert_int_equal(CALL(e, BPF_MAP_GET_FD_BY_ID, a.map_id = 2, a.open_flags = 1 << 20), -EINVAL);
	assert_int_equal(CALL(e, BPF_PROG_GET_FD_BY_ID, a.prog_id = 1), -ENOENT);
	assert_int_equal(CALL(e, BPF_LINK_GET_FD_BY_ID, a.link_id = 0), -ENOENT);
	assert_int_equal(CALL(e, BPF_LINK_GET_NEXT_ID, a.start_id = 0), -ENOENT);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0x7fffffff), -EINVAL);
}

static void tokens_are_refused_as_in_the_initial_user_namespace(void **state)
{
	struct env *e = *state;
	int bpffs = bpf_files_bpffs(e->f), other = bpf_files_placeholder(e->f);

	assert_int_equal(CALL(e, BPF_TOKEN_CREATE, a.token_create.bpffs_fd = bpffs), -EOPNOTSUPP);
	assert_int_equal(CALL(e, BPF_TOKEN_CREATE, a.token_create.bpffs_fd = other), -EINVAL);
	assert_int_equal(CALL(e, BPF_TOKEN_CREATE, a.token_create.bpffs_fd = 99), -EBADF);
	assert_int_equal(CALL(e, BPF_TOKEN_CREATE, a.token_create = (__typeof__(a.token_create)){1, bpffs}),
			 -EINVAL);
}

static void info_tells_of_maps_programs_and_btf(void **state)
{
	struct env *e = *state;
	int map = array_create(e, BPF_MAP_TYPE_ARRAY, 12, 5, 0);
	int prog = prog_load_text(e, "r0 = 0\nexit", &(struct load){});
	struct bpf_map_info mi = {};
	struct bpf_prog_info pi = {};
	struct bpf_btf_info bi = {};
	char name[16];
	int vmlinux = CALL(e, BPF_BTF_GET_FD_BY_ID, a.btf_id = 1);

	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){map, sizeof(mi), ptr(&mi)}), 0);
	assert_int_equal(mi.type, BPF_MAP_TYPE_ARRAY);
	assert_int_equal(mi.value_size, 12);
	assert_int_equal(mi.max_entries, 5);
	assert_string_equal(mi.name, "m");
	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){prog, sizeof(pi), ptr(&pi)}),
		0);
	assert_int_equal(pi.type, BPF_PROG_TYPE_SOCKET_FILTER);
	assert_int_equal(pi.xlated_prog_len, 16);
	assert_string_equal(pi.name, "prog");
	bi.name = ptr(name);
	bi.name_len = sizeof(name);
	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){vmlinux, sizeof(bi), ptr(&bi)}),
		0);
	assert_string_equal(name, "vmlinux");
	assert_int_equal(bi.kernel_btf, 1);
	bi = (struct bpf_btf_info){ .name = ptr(name), .name_len = 4 };
	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){vmlinux, sizeof(bi), ptr(&bi)}),
		-ENOSPC);
	assert_string_equal(name, "vml");
	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){77, sizeof(bi), ptr(&bi)}),
		-EBADFD);
}

static void unknown_fields_of_info_must_be_zero(void **state)
{
	struct env *e = *state;
	int map = array_create(e, BPF_MAP_TYPE_ARRAY, 12, 5, 0);
	u8 info[256] = {};

	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){map, sizeof(info), ptr(info)}),
		0);
	memset(info, 0, sizeof(info));
	info[250] = 1;
	assert_int_equal(
		CALL(e, BPF_OBJ_GET_INFO_BY_FD, a.info = (__typeof__(a.info)){map, sizeof(info), ptr(info)}),
		-E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_commands_are_einval_and_named),
		TEST_612(commands_of_7_x_do_not_exist_in_6_12),
		TEST(bytes_that_a_command_does_not_use_must_be_zero),
		TEST_612(bytes_that_only_7_x_uses_must_be_zero_in_6_12),
		TEST(attributes_may_be_longer_if_the_rest_is_zero),
		TEST(attributes_may_be_shorter_and_missing_fields_are_zero),
		TEST(null_attributes_are_efault),
		TEST(descriptors_are_the_lowest_free_and_close_frees_them),
		TEST(an_object_lives_until_its_last_descriptor_is_closed),
		TEST(dup_to_closes_what_was_there),
		TEST(ids_grow_and_lead_to_new_descriptors),
		TEST(tokens_are_refused_as_in_the_initial_user_namespace),
		TEST(info_tells_of_maps_programs_and_btf),
		TEST(unknown_fields_of_info_must_be_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
