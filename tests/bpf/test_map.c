// SPDX-License-Identifier: GPL-2.0-only
/* Maps by system call: ARRAY and PERCPU_ARRAY, what is refused, freezing, mapping. */
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/map.h"
#include "tests/bpf/sys.h"

#define ARRAY BPF_MAP_TYPE_ARRAY
#define PERCPU BPF_MAP_TYPE_PERCPU_ARRAY

static void unsupported_types_are_refused_by_name(void **state)
{
	struct env *e = *state;

	assert_int_equal(array_create(e, BPF_MAP_TYPE_RINGBUF, 4, 1, 0), -EINVAL);
	assert_why(e, "RINGBUF is not supported");
	assert_int_equal(array_create(e, BPF_MAP_TYPE_CGRP_STORAGE, 4, 1, 0), -EINVAL);
	assert_why(e, "CGRP_STORAGE");
	assert_int_equal(array_create(e, 1000, 4, 1, 0), -EINVAL);
	assert_why(e, "1000");
}

static void array_attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	assert_int_equal(array_create(e, ARRAY, 4, 0, 0), -EINVAL);
	assert_int_equal(array_create(e, ARRAY, 0, 1, 0), -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = ARRAY, a.key_size = 8, a.value_size = 4,
			      a.max_entries = 1),
			 -EINVAL);
	assert_int_equal(array_create(e, ARRAY, 4, 1, BPF_F_NO_PREALLOC), -EINVAL);
	assert_int_equal(array_create(e, PERCPU, 4, 1, BPF_F_MMAPABLE), -EINVAL);
	assert_int_equal(array_create(e, ARRAY, 4, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG), -EINVAL);
	assert_int_equal(array_create(e, ARRAY, 0x80000000u, 1, 0), -E2BIG);
	assert_int_equal(array_create(e, PERCPU, 32769, 1, 0), -E2BIG);
	assert_int_equal(array_create(e, ARRAY, 0x7fffffff, 0xffffffffu, 0), -ENOMEM);
	assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = ARRAY, a.key_size = 4, a.value_size = 4,
			      a.max_entries = 1, a.map_extra = 1),
			 -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = ARRAY, a.key_size = 4, a.value_size = 4,
			      a.max_entries = 1, SET_NAME(a.map_name, "a b")),
			 -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = ARRAY, a.key_size = 4, a.value_size = 4,
			      a.max_entries = 1, SET_NAME(a.map_name, "0123456789abcdef")),
			 -EINVAL);
}

static void array_elements_exist_from_the_start_and_stay(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, ARRAY, 6, 3, 0);
	u8 v[8] = { 1, 2, 3, 4, 5, 6 }, r[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	u32 key = 1;

	assert_int_equal(map_lookup(e, fd, 2, r), 0);
	assert_memory_equal(r, "\0\0\0\0\0\0\x09\x09", 8);
	assert_int_equal(map_update(e, fd, 2, v, BPF_ANY), 0);
	assert_int_equal(map_lookup(e, fd, 2, r), 0);
	assert_memory_equal(r, v, 6);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_int_equal(r[0], 0);
	assert_int_equal(map_update(e, fd, 2, v, BPF_EXIST), 0);
	assert_int_equal(map_update(e, fd, 2, v, BPF_NOEXIST), -EEXIST);
	assert_int_equal(map_update(e, fd, 2, v, 3), -EINVAL);
	assert_int_equal(map_update(e, fd, 2, v, BPF_F_LOCK), -EINVAL);
	assert_int_equal(map_update(e, fd, 3, v, 0), -E2BIG);
	assert_int_equal(map_lookup(e, fd, 3, r), -ENOENT);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key)), -EINVAL);
	assert_int_equal(map_lookup(e, 99, 0, r), -EBADF);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = 0, a.value = ptr(r)), -EFAULT);
	assert_int_equal(CALL(e, BPF_MAP_UPDATE_ELEM, a.map_fd = fd, a.key = ptr(&key)), -EFAULT);
}

static void keys_are_walked_in_order(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, ARRAY, 4, 2, 0);
	u32 key = 77, next = 9;

	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.next_key = ptr(&next)), 0);
	assert_int_equal(next, 0);
	assert_int_equal(
		CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(&next), a.next_key = ptr(&next)), 0);
	assert_int_equal(next, 1);
	assert_int_equal(
		CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(&next), a.next_key = ptr(&next)),
		-ENOENT);
	assert_int_equal(
		CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(&key), a.next_key = ptr(&next)), 0);
	assert_int_equal(next, 0);
}

static void percpu_values_are_rounded_up_to_8_bytes_per_possible_cpu(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, PERCPU, 4, 2, 0);
	u64 v[NR_CPUS_TEST] = { 10, 20, 30 }, r[NR_CPUS_TEST] = {};
	u32 one = 99;

	assert_int_equal(map_update(e, fd, 1, v, 0), 0);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_memory_equal(r, v, sizeof(v));
	assert_int_equal(map_lookup(e, fd, 0, r), 0);
	assert_int_equal(r[1], 0);
	/* 7.x: of one CPU (flag 8), of all (flag 16) */
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&(u32){1}),
			      a.value = ptr(&one), a.flags = 8 | 2ull << 32),
			 0);
	assert_int_equal(one, 30);
	assert_int_equal(map_update(e, fd, 1, &(u32){ 5 }, 16), 0);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_int_equal(r[0] + r[1] + r[2], 15);
	assert_int_equal(map_update(e, fd, 1, &(u32){ 5 }, 8 | 3ull << 32), -ERANGE);
	assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), -EEXIST);
	assert_int_equal(map_update(e, fd, 2, v, 0), -E2BIG);
}

static void flags_that_name_a_cpu_do_not_exist_in_6_12(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, PERCPU, 4, 2, 0);

	assert_int_equal(map_update(e, fd, 1, &(u32){ 5 }, 8), -EINVAL);
	assert_int_equal(map_update(e, fd, 1, &(u64[NR_CPUS_TEST]){ 5 }, 3), -EINVAL);
}

static void a_frozen_map_cannot_be_written_by_system_calls(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, ARRAY, 4, 1, BPF_F_RDONLY_PROG);
	u32 v = 3, r = 0;

	assert_int_equal(map_update(e, fd, 0, &v, 0), 0);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = fd), 0);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = fd), -EBUSY);
	assert_int_equal(map_update(e, fd, 0, &v, 0), -EPERM);
	assert_int_equal(map_lookup(e, fd, 0, &r), 0);
	assert_int_equal(r, 3);
}

static void values_that_programs_may_not_write_lie_out_of_their_reach(void **state)
{
	struct env *e = *state;
	struct bmap *ro, *rw;

	assert_int_equal(
		bmap_get(e->f, array_create(e, ARRAY, 4, 1, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE), &ro), 0);
	assert_int_equal(bmap_get(e->f, array_create(e, ARRAY, 4, 1, BPF_F_MMAPABLE), &rw), 0);
	assert_true(gmem_can_read(e->g, ptr(ro->array.values), 4));
	assert_false(gmem_can_write(e->g, ptr(ro->array.values), 4));
	assert_true(gmem_can_write(e->g, ptr(rw->array.values), 4));
}

static void read_only_memory_is_used_again_and_zeroed(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, ARRAY, 4, 1, BPF_F_RDONLY_PROG);
	struct bmap *m;
	void *first;
	u32 v = 7, r = 1;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	first = m->array.values;
	map_update(e, fd, 0, &v, 0);
	bpf_files_close(e->f, fd);
	fd = array_create(e, ARRAY, 4, 1, BPF_F_RDONLY_PROG);
	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	assert_ptr_equal(m->array.values, first);
	assert_int_equal(map_lookup(e, fd, 0, &r), 0);
	assert_int_equal(r, 0);
}

static void a_mapping_shows_what_the_map_has_and_keeps_it_alive(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, ARRAY, 4, 2, BPF_F_MMAPABLE), memfd;
	u32 v = 5, r = 0, *p;
	size_t len;
	void *token;

	assert_int_equal(bpf_files_mmap(e->f, fd, true, &memfd, &len, &token), 0);
	assert_int_equal(len, 16);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(map_update(e, fd, 1, &v, 0), 0);
	assert_int_equal(p[2], 5);
	p[2] = 6;
	assert_int_equal(map_lookup(e, fd, 1, &r), 0);
	assert_int_equal(r, 6);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = fd), -EBUSY);
	bpf_files_close(e->f, fd);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), 0);
	munmap(p, 4096);
	bpf_files_munmap(e->f, token, true);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_ID, a.start_id = 0), -ENOENT);
}

static void mappings_are_refused_as_in_the_kernel(void **state)
{
	struct env *e = *state;
	int plain = array_create(e, ARRAY, 4, 1, 0),
	    ro = array_create(e, ARRAY, 4, 1, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	int frozen = array_create(e, ARRAY, 4, 1, BPF_F_MMAPABLE), memfd;
	size_t len;
	void *token;

	assert_int_equal(bpf_files_mmap(e->f, plain, false, &memfd, &len, &token), -ENOTSUPP);
	assert_int_equal(bpf_files_mmap(e->f, ro, true, &memfd, &len, &token), -EACCES);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = frozen), 0);
	assert_int_equal(bpf_files_mmap(e->f, frozen, true, &memfd, &len, &token), -EPERM);
	assert_int_equal(bpf_files_mmap(e->f, frozen, false, &memfd, &len, &token), 0);
	bpf_files_munmap(e->f, token, false);
	assert_int_equal(bpf_files_mmap(e->f, 99, false, &memfd, &len, &token), -EBADF);
}

/* BTF with int (1), struct { int a; int b; } (2), int[2] (3), var of it (4), section .data (5), short (6) */
static int load_types(struct env *e)
{
	struct btf *b = btf__new_empty();
	int fd;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "pair", 8);
	btf__add_field(b, "a", 1, 0, 0);
	btf__add_field(b, "b", 1, 32, 0);
	btf__add_array(b, 1, 1, 2);
	btf__add_var(b, "v", BTF_VAR_GLOBAL_ALLOCATED, 3);
	btf__add_datasec(b, ".data", 8);
	btf__add_datasec_var_info(b, 4, 0, 8);
	btf__add_int(b, "short", 2, BTF_INT_SIGNED);
	fd = btf_load(e, b);
	btf__free(b);
	assert_true(fd > 0);
	return fd;
}

static long create_typed(struct env *e, u32 value_size, u32 n, int btf_fd, u32 key, u32 value)
{
	return CALL(e, BPF_MAP_CREATE, a.map_type = ARRAY, a.key_size = 4, a.value_size = value_size,
		    a.max_entries = n, a.btf_fd = btf_fd, a.btf_key_type_id = key,
		    a.btf_value_type_id = value);
}

static void types_of_key_and_value_must_fit(void **state)
{
	struct env *e = *state;
	int btf = load_types(e);

	assert_true(create_typed(e, 8, 3, btf, 1, 2) > 0);
	assert_true(create_typed(e, 8, 1, btf, 0, 5) > 0);
	assert_int_equal(create_typed(e, 4, 3, btf, 1, 2), -EINVAL);
	assert_int_equal(create_typed(e, 8, 3, btf, 6, 2), -EINVAL);
	assert_int_equal(create_typed(e, 8, 3, btf, 0, 5), -EINVAL);
	assert_int_equal(create_typed(e, 8, 1, btf, 0, 2), -EINVAL);
	assert_int_equal(create_typed(e, 8, 3, btf, 1, 0), -EINVAL);
	assert_int_equal(create_typed(e, 8, 3, btf, 1, 99), -EINVAL);
	assert_int_equal(create_typed(e, 8, 3, 99, 1, 2), -EBADF);
	assert_int_equal(create_typed(e, 4, 3, CALL(e, BPF_BTF_GET_FD_BY_ID, a.btf_id = 1), 1, 1), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unsupported_types_are_refused_by_name),
		TEST(array_attributes_are_checked_as_in_the_kernel),
		TEST(array_elements_exist_from_the_start_and_stay),
		TEST(keys_are_walked_in_order),
		TEST(percpu_values_are_rounded_up_to_8_bytes_per_possible_cpu),
		TEST_612(flags_that_name_a_cpu_do_not_exist_in_6_12),
		TEST(a_frozen_map_cannot_be_written_by_system_calls),
		TEST(values_that_programs_may_not_write_lie_out_of_their_reach),
		TEST(read_only_memory_is_used_again_and_zeroed),
		TEST(a_mapping_shows_what_the_map_has_and_keeps_it_alive),
		TEST(mappings_are_refused_as_in_the_kernel),
		TEST(types_of_key_and_value_must_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
