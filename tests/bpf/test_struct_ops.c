// SPDX-License-Identifier: GPL-2.0-only
/* The struct_ops map, up to where a machine would be needed. */
#include "bpf/struct_ops.h"
#include "tests/bpf/sys.h"

#define RETURN_0 "r0 = 0\nexit"

/* A value of the map, to be filled by member. */
struct value {
	struct env *e;
	u32 size;
	char *data;
};

static struct value value_new(struct env *e)
{
	struct value v = { e, kbtf_size(e->rt->vmlinux, e->rt->scx.value_id), NULL };

	v.data = calloc(1, v.size);
	return v;
}

static void *member(struct value *v, const char *name)
{
	const struct kbtf *b = v->e->rt->vmlinux;
	const struct btf_type *t = kbtf_type(b, v->e->rt->scx.type_id);

	return v->data + v->e->rt->scx.data_off + kbtf_member_bit_offset(t, kbtf_member(b, t, name)) / 8;
}

static int ops_map(struct env *e, u32 flags)
{
	struct btf *b = btf__new_empty();
	int btf, fd;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf = btf_load(e, b);
	btf__free(b);
	fd = CALL(e, BPF_MAP_CREATE, a.map_type = BPF_MAP_TYPE_STRUCT_OPS, a.key_size = 4,
		  a.value_size = kbtf_size(e->rt->vmlinux, e->rt->scx.value_id), a.max_entries = 1,
		  a.map_flags = flags, a.btf_fd = btf, a.btf_vmlinux_value_type_id = e->rt->scx.value_id,
		  SET_NAME(a.map_name, "sched_ops"));
	bpf_files_close(e->f, btf);
	return fd;
}

static void the_kernels_value_type_decides(void **state)
{
	struct env *e = *state;
	ATTR(a, a.map_type = BPF_MAP_TYPE_STRUCT_OPS, a.key_size = 4, a.max_entries = 1,
	     a.map_flags = BPF_F_LINK, a.value_size = kbtf_size(e->rt->vmlinux, e->rt->scx.value_id),
	     a.btf_vmlinux_value_type_id = e->rt->scx.value_id);

	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a),
			 -EBADF); /* BTF is needed though no type of it is used */
	a.btf_vmlinux_value_type_id = e->rt->scx.type_id;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -ENOTSUPP);
	a.btf_vmlinux_value_type_id = 0;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -EINVAL);
	a.btf_vmlinux_value_type_id = e->rt->scx.value_id;
	a.value_size--;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -EINVAL);
	a.value_size++;
	a.max_entries = 2;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -EINVAL);
	a.max_entries = 1;
	a.map_flags = BPF_F_MMAPABLE;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -EINVAL);
	a.map_flags = 0;
	a.map_type = BPF_MAP_TYPE_ARRAY;
	assert_int_equal(call_attr(e, BPF_MAP_CREATE, &a), -EINVAL);
	assert_true(ops_map(e, BPF_F_LINK) > 0);
}

static void a_complete_table_becomes_ready_once(void **state)
{
	struct env *e = *state;
	struct value v = value_new(e), r = value_new(e);
	int map = ops_map(e, BPF_F_LINK), prog = prog_load_text(e, RETURN_0, &(struct load){.op = "enqueue"});
	struct bmap *m;

	strcpy(member(&v, "name"), "test");
	*(u64 *)member(&v, "enqueue") = prog;
	*(u32 *)member(&v, "timeout_ms") = 5000;
	*(u64 *)member(&v, "flags") = SCX_OPS_ENQ_LAST;
	assert_int_equal(map_update(e, map, 0, v.data, 0), 0);
	assert_int_equal(bmap_get(e->f, map, &m), 0);
	assert_string_equal(m->st_ops->ops.name, "test");
	assert_int_equal(m->st_ops->ops.timeout_ms, 5000);
	assert_int_equal(m->st_ops->ops.flags, SCX_OPS_ENQ_LAST);
	assert_int_equal(m->st_ops->ops.exit_dump_len, SCX_EXIT_DUMP_DFL_LEN);
	assert_non_null(m->st_ops->ops.enqueue);
	assert_null(m->st_ops->ops.dispatch);
	assert_true(struct_ops_can_attach(m));
	/* programs are shown by id */
	assert_int_equal(map_lookup(e, map, 0, r.data), 0);
	assert_int_equal(*(u64 *)member(&r, "enqueue"), 1);
	assert_int_equal(((struct bpf_struct_ops_common_value *)r.data)->state, BPF_STRUCT_OPS_STATE_READY);
	assert_int_equal(map_update(e, map, 0, v.data, 0), -EBUSY);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = map, a.key = ptr(&(u32){ 0 })), -EOPNOTSUPP);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = map), -ENOTSUPP);
	/* the map holds its programs */
	bpf_files_close(e->f, prog);
	assert_int_equal(CALL(e, BPF_PROG_GET_NEXT_ID, a.start_id = 0), 0);
	bpf_files_close(e->f, map);
	assert_int_equal(CALL(e, BPF_PROG_GET_NEXT_ID, a.start_id = 0), -ENOENT);
	free(v.data);
	free(r.data);
}

/* Set one member, update, expect @err with @why in the reason; then the map is as new. */
static void refuses(struct env *e, const char *name, const void *data, u32 size, long err, const char *why)
{
	struct value v = value_new(e), r = value_new(e);
	int map = ops_map(e, BPF_F_LINK);

	strcpy(member(&v, "name"), "test");
	memcpy(member(&v, name), data, size);
	assert_int_equal(map_update(e, map, 0, v.data, 0), err);
	if (why)
		assert_why(e, why);
	assert_int_equal(map_lookup(e, map, 0, r.data), 0);
	for (u32 i = 0; i < r.size; i++)
		assert_int_equal(r.data[i], 0);
	bpf_files_close(e->f, map);
	free(v.data);
	free(r.data);
}

static void members_are_checked_as_in_bpf_scx_init_member(void **state)
{
	struct env *e = *state;
	u64 dispatch = prog_load_text(e, RETURN_0, &(struct load){ .op = "dispatch" });
	u64 filter = prog_load_text(e, RETURN_0, &(struct load){}),
	    map = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);
	char long_name[128];

	memset(long_name, 'a', sizeof(long_name));
	refuses(e, "dispatch_max_batch", &(u32){ 0x80000000u }, 4, -E2BIG, "dispatch_max_batch");
	refuses(e, "flags", &(u64){ 1ull << 40 }, 8, -EINVAL, "ops.flags has unknown bits 0x10000000000");
	refuses(e, "timeout_ms", &(u32){ 30001 }, 4, -E2BIG, "timeout_ms");
	refuses(e, "name", "", 1, -EINVAL, "ops.name");
	refuses(e, "name", "a b", 4, -EINVAL, "ops.name");
	refuses(e, "name", long_name, sizeof(long_name), -EINVAL, "ops.name");
	refuses(e, "priv", &(u64){ 1 }, 8, -EINVAL, "ops.priv must be zero");
	refuses(e, "enqueue", &(u64){ 99 }, 8, -EBADF, "ops.enqueue: descriptor 99");
	refuses(e, "enqueue", &map, 8, -EINVAL, "ops.enqueue");
	refuses(e, "enqueue", &dispatch, 8, -EINVAL, "program prog was loaded for something else");
	refuses(e, "enqueue", &filter, 8, -EINVAL, "something else");
}

static void what_is_between_members_must_be_zero(void **state)
{
	struct env *e = *state;
	struct value v = value_new(e);
	int map = ops_map(e, BPF_F_LINK);

	strcpy(member(&v, "name"), "test");
	v.data[sizeof(struct bpf_struct_ops_common_value)] = 1;
	assert_int_equal(map_update(e, map, 0, v.data, 0), -EINVAL);
	v.data[sizeof(struct bpf_struct_ops_common_value)] = 0;
	((char *)member(&v, "dispatch_max_batch"))[4] = 1;
	assert_int_equal(map_update(e, map, 0, v.data, 0), -EINVAL);
	((char *)member(&v, "dispatch_max_batch"))[4] = 0;
	v.data[0] = 1;		/* refcnt */
	assert_int_equal(map_update(e, map, 0, v.data, 0), -EINVAL);
	v.data[0] = 0;
	assert_int_equal(map_update(e, map, 1, v.data, 0), -E2BIG);
	assert_int_equal(map_update(e, map, 0, v.data, BPF_NOEXIST), -EINVAL);
	assert_int_equal(map_update(e, map, 0, v.data, 0), 0);
	free(v.data);
}

static void a_map_of_this_type_is_nothing_for_programs(void **state)
{
	struct env *e = *state;
	struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = 1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = ops_map(e, BPF_F_LINK)},
		{},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};

	assert_int_equal(prog_load_insns(e, insns, 4, &(struct load){}), -EINVAL);
	assert_why(e, "struct_ops map cannot be used in prog");
}

static void links_need_a_ready_map_and_a_machine(void **state)
{
	struct env *e = *state;
	struct value v = value_new(e);
	int map = ops_map(e, BPF_F_LINK), other = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);

	strcpy(member(&v, "name"), "test");
	assert_int_equal(CALL(e, BPF_LINK_CREATE, a.link_create.map_fd = map,
			      a.link_create.attach_type = BPF_STRUCT_OPS),
			 -EINVAL);
	assert_int_equal(map_update(e, map, 0, v.data, 0), 0);
	assert_int_equal(CALL(e, BPF_LINK_CREATE, a.link_create.map_fd = map,
			      a.link_create.attach_type = BPF_STRUCT_OPS),
			 -ENODEV);
	assert_why(e, "no machine");
	assert_int_equal(CALL(e, BPF_LINK_CREATE, a.link_create.map_fd = other,
			      a.link_create.attach_type = BPF_STRUCT_OPS),
			 -EINVAL);
	assert_int_equal(CALL(e, BPF_LINK_CREATE, a.link_create.map_fd = 99,
			      a.link_create.attach_type = BPF_STRUCT_OPS),
			 -EBADF);
	assert_int_equal(CALL(e, BPF_LINK_DETACH, a.link_detach.link_fd = map), -EINVAL);
	assert_int_equal(CALL(e, BPF_LINK_UPDATE, a.link_update.link_fd = 99, a.link_update.new_map_fd = map),
			 -EBADF);
	free(v.data);
}

static void programs_can_be_associated_with_one_map(void **state)
{
	struct env *e = *state;
	int map = ops_map(e, BPF_F_LINK), other = ops_map(e, BPF_F_LINK);
	int prog = prog_load_text(e, RETURN_0, &(struct load){}),
	    op = prog_load_text(e, RETURN_0, &(struct load){.op = "tick"});
	u32 a[42] = { map, prog, 0 };
	union bpf_attr *attr = (union bpf_attr *)a;

	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 2, attr, 12), 0);
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 2, attr, 12), 0);
	a[0] = other;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 2, attr, 12), -EBUSY);
	a[1] = op;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 2, attr, 12), -EINVAL);
	a[2] = 1;
	assert_int_equal(sys_bpf(e->rt, e->f, BPF_TOKEN_CREATE + 2, attr, 12), -EINVAL);
}

static void every_callback_of_the_kernels_btf_is_in_the_table(void **state)
{
	struct env *e = *state;
	const struct kbtf *b = e->rt->vmlinux;
	const struct btf_type *t = kbtf_type(b, e->rt->scx.type_id);

	for (u32 i = 0; i < kbtf_vlen(t); i++) {
		const struct btf_member *m = &kbtf_members(t)[i];
		const struct scx_member *row = scx_member_find(e->rt, kbtf_str(b, m->name_off));

		if (!kbtf_func_ptr(b, m->type))
			continue;
		if (!row)
			fail_msg("%s is missing", kbtf_str(b, m->name_off));
		assert_int_equal(row->op, kbtf_member_bit_offset(t, m) / 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernels_value_type_decides),
		TEST(a_complete_table_becomes_ready_once),
		TEST(members_are_checked_as_in_bpf_scx_init_member),
		TEST(what_is_between_members_must_be_zero),
		TEST(a_map_of_this_type_is_nothing_for_programs),
		TEST(links_need_a_ready_map_and_a_machine),
		TEST(programs_can_be_associated_with_one_map),
		TEST(every_callback_of_the_kernels_btf_is_in_the_table),
		TEST_612(every_callback_of_the_kernels_btf_is_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
