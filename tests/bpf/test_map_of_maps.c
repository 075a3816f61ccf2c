// SPDX-License-Identifier: GPL-2.0-only
/* ARRAY_OF_MAPS and HASH_OF_MAPS, by system call and by programs. */
#include "tests/bpf/run.h"

#define ARRAY BPF_MAP_TYPE_ARRAY
#define OF_ARRAY BPF_MAP_TYPE_ARRAY_OF_MAPS
#define OF_HASH BPF_MAP_TYPE_HASH_OF_MAPS

static int outer_create(struct env *e, u32 type, u32 n, int inner, u32 flags)
{
	return CALL(e, BPF_MAP_CREATE, a.map_type = type, a.key_size = 4, a.value_size = 4, a.max_entries = n,
		    a.map_flags = flags, a.inner_map_fd = inner, SET_NAME(a.map_name, "outer"));
}

static long put(struct env *e, int outer, u32 key, int inner, u64 flags)
{
	return map_update(e, outer, key, &inner, flags);
}

static long delete(struct env *e, int fd, u32 key)
{
	return CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key));
}

static struct bmap *map_of(struct env *e, int fd)
{
	struct bmap *m;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	return m;
}

static u32 id_of(struct env *e, int fd) { return map_of(e, fd)->obj.id; }

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;
	int inner = array_create(e, ARRAY, 8, 1, 0);

	for (u32 t = OF_ARRAY; t <= OF_HASH; t++) {
		int outer = outer_create(e, t, 3, inner, 0);

		assert_true(outer > 0);
		assert_int_equal(outer_create(e, t, 3, outer, 0), -EINVAL);
		assert_why(e, "maps of maps");
		assert_int_equal(outer_create(e, t, 3, 99, 0), -EBADF);
		assert_int_equal(outer_create(e, t, 0, inner, 0), -EINVAL);
		assert_int_equal(outer_create(e, t, 3, inner, BPF_F_MMAPABLE), -EINVAL);
		assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = t, a.key_size = 4, a.value_size = 8,
				      a.max_entries = 1, a.inner_map_fd = inner), -EINVAL);
	}
	assert_int_equal(outer_create(e, OF_ARRAY, 3, inner, BPF_F_RDONLY_PROG), -EINVAL);
	assert_int_equal(outer_create(e, OF_ARRAY, 3, inner, BPF_F_NO_PREALLOC), -EINVAL);
	assert_true(outer_create(e, OF_HASH, 3, inner, BPF_F_NO_PREALLOC) > 0);
}

static void only_maps_like_the_first_one_fit(void **state)
{
	struct env *e = *state;
	int like = array_create(e, ARRAY, 8, 2, 0), outer = outer_create(e, OF_ARRAY, 9, like, 0);

	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 8, 2, 0), 0), 0);
	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 8, 3, 0), 0), -EINVAL);
	assert_why(e, "differs");
	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 4, 2, 0), 0), -EINVAL);
	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 8, 2, BPF_F_MMAPABLE), 0), -EINVAL);
	assert_int_equal(put(e, outer, 0, array_create(e, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 2, 0), 0), -EINVAL);
	/* how a descriptor may be used is no property of the map */
	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 8, 2, BPF_F_RDONLY), 0), 0);
	assert_int_equal(put(e, outer, 0, 99, 0), -EBADF);
	/* the number of elements of other types may differ, that of arrays with BPF_F_INNER_MAP too */
	outer = outer_create(e, OF_ARRAY, 9, map_create_type(e, BPF_MAP_TYPE_QUEUE, 0, 4, 5, 0), 0);
	assert_int_equal(put(e, outer, 0, map_create_type(e, BPF_MAP_TYPE_QUEUE, 0, 4, 6, 0), 0), 0);
	outer = outer_create(e, OF_ARRAY, 9, array_create(e, ARRAY, 8, 1, BPF_F_INNER_MAP), 0);
	assert_int_equal(put(e, outer, 0, array_create(e, ARRAY, 8, 7, BPF_F_INNER_MAP), 0), 0);
}

static void system_calls_put_descriptors_and_read_ids(void **state)
{
	struct env *e = *state;
	int a = array_create(e, ARRAY, 8, 1, 0), b = array_create(e, ARRAY, 8, 1, 0);
	int outer = outer_create(e, OF_ARRAY, 2, a, 0);
	u32 id = 0, key = 7;

	assert_int_equal(map_lookup(e, outer, 1, &id), -ENOENT);
	assert_int_equal(put(e, outer, 1, a, 0), 0);
	assert_int_equal(map_lookup(e, outer, 1, &id), 0);
	assert_int_equal(id, id_of(e, a));
	assert_int_equal(put(e, outer, 1, b, 0), 0);
	assert_int_equal(map_lookup(e, outer, 1, &id), 0);
	assert_int_equal(id, id_of(e, b));
	assert_int_equal(put(e, outer, 1, b, BPF_EXIST), -EINVAL);
	assert_int_equal(put(e, outer, 2, b, 0), -E2BIG);
	assert_int_equal(delete(e, outer, 2), -E2BIG);
	assert_int_equal(delete(e, outer, 0), -ENOENT);
	assert_int_equal(delete(e, outer, 1), 0);
	assert_int_equal(map_lookup(e, outer, 1, &id), -ENOENT);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = outer, a.next_key = ptr(&key)), 0);
	assert_int_equal(key, 0);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_AND_DELETE_ELEM, a.map_fd = outer, a.key = ptr(&key),
			      a.value = ptr(&id)), -ENOTSUPP);
}

static void a_hash_of_maps_has_the_flags_of_a_hash(void **state)
{
	struct env *e = *state;
	int a = array_create(e, ARRAY, 8, 1, 0), b = array_create(e, ARRAY, 8, 1, 0);
	int outer = outer_create(e, OF_HASH, 2, a, 0);
	u32 id = 0;

	assert_int_equal(put(e, outer, 70, a, BPF_EXIST), -ENOENT);
	assert_int_equal(put(e, outer, 70, a, BPF_NOEXIST), 0);
	assert_int_equal(put(e, outer, 70, b, BPF_NOEXIST), -EEXIST);
	assert_int_equal(put(e, outer, 70, b, BPF_EXIST), 0);
	assert_int_equal(map_lookup(e, outer, 70, &id), 0);
	assert_int_equal(id, id_of(e, b));
	assert_int_equal(put(e, outer, 71, a, 0), 0);
	assert_int_equal(put(e, outer, 72, a, 0), -E2BIG);
	assert_int_equal(put(e, outer, 70, a, 0), 0);
	assert_int_equal(delete(e, outer, 70), 0);
	assert_int_equal(delete(e, outer, 70), -ENOENT);
}

/* References that @fd's map has. */
static u32 refs(struct env *e, int fd) { return map_of(e, fd)->obj.refs; }

static void an_outer_map_keeps_its_inner_maps(void **state)
{
	struct env *e = *state;

	for (u32 t = OF_ARRAY; t <= OF_HASH; t++) {
		int like = array_create(e, ARRAY, 8, 1, 0), inner = array_create(e, ARRAY, 8, 1, 0);
		int outer = outer_create(e, t, 4, like, 0);
		u32 id = id_of(e, inner), got;

		for (u32 k = 0; k < 3; k++)
			put(e, outer, k, inner, 0);
		put(e, outer, 0, inner, 0);
		put(e, outer, 9, 99, 0);
		assert_int_equal(refs(e, inner), 4);
		put(e, outer, 1, like, 0);
		delete(e, outer, 2);
		assert_int_equal(refs(e, inner), 2);
		bpf_files_close(e->f, inner);
		assert_int_equal(map_lookup(e, outer, 0, &got), 0);
		assert_int_equal(got, id);
		inner = CALL(e, BPF_MAP_GET_FD_BY_ID, a.start_id = id);
		assert_int_equal(refs(e, inner), 2);
		bpf_files_close(e->f, outer);
		assert_int_equal(refs(e, inner), 1);
		assert_int_equal(refs(e, like), 1);
	}
}

static void programs_get_the_inner_map(void **state)
{
	struct env *e = *state;

	for (u32 t = OF_ARRAY; t <= OF_HASH; t++) {
		int inner = array_create(e, ARRAY, 8, 1, 0), outer = outer_create(e, t, 4, inner, 0);
		u64 v = 77;

		map_update(e, inner, 0, &v, 0);
		put(e, outer, 2, inner, 0);
		assert_int_equal(returns(e, outer, "MAP\n" KEY(2) "call #1\nr1 = r0\n" KEY(0)
					 "call #1\nr0 = *(u64 *)(r0 + 0)" EXIT), 77);
		assert_int_equal(returns(e, outer, "MAP\n" KEY(1) "call #1" EXIT), 0);
		assert_int_equal(returns(e, outer, "MAP\n" KEY(7) "call #1" EXIT), 0);
		assert_refused(e, outer, "MAP\n" KEY(2) "call #3" EXIT, -EINVAL, "into func bpf_map_delete_elem#3");
	}
}

static void helpers_that_do_not_fit_an_inner_map_are_a_broken_rule(void **state)
{
	struct env *e = *state;
	int inner = map_create_type(e, BPF_MAP_TYPE_QUEUE, 0, 8, 2, 0), outer = outer_create(e, OF_ARRAY, 1, inner, 0);
	struct outcome o;

	put(e, outer, 0, inner, 0);
	assert_int_equal(returns(e, outer, "MAP\n" KEY(0) "call #1\nr1 = r0\n*(u64 *)(r10 - 16) = 5\nr2 = r10\n"
				 "r2 += -16\nr3 = 0\ncall #87" EXIT), 0);
	o = run(e, outer, "tick", 0, "MAP\n" KEY(0) "call #1\nr1 = r0\n" KEY(0) "call #1" EXIT);
	assert_int_equal(o.fault, BPF_FAULT_ARG);
	assert_non_null(strstr(o.msg, "cannot be map m of type QUEUE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(only_maps_like_the_first_one_fit),
		TEST(system_calls_put_descriptors_and_read_ids),
		TEST(a_hash_of_maps_has_the_flags_of_a_hash),
		TEST_612(a_hash_of_maps_has_the_flags_of_a_hash),
		TEST(an_outer_map_keeps_its_inner_maps),
		TEST_612(an_outer_map_keeps_its_inner_maps),
		TEST(programs_get_the_inner_map),
		TEST(helpers_that_do_not_fit_an_inner_map_are_a_broken_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
