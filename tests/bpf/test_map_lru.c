// SPDX-License-Identifier: GPL-2.0-only
/* LRU_HASH and LRU_PERCPU_HASH: which elements make room for others. Outside of a machine all is done by CPU 0. */
#include "tests/bpf/run.h"

#define LRU BPF_MAP_TYPE_LRU_HASH
#define LRU_PERCPU BPF_MAP_TYPE_LRU_PERCPU_HASH

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	for (u32 t = LRU; t <= LRU_PERCPU; t++) {
		assert_true(map_create_type(e, t, 4, 4, 3, 0) > 0);
		assert_true(map_create_type(e, t, 4, 4, 3, BPF_F_NO_COMMON_LRU) > 0);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, BPF_F_NO_PREALLOC), -ENOTSUPP);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE), -EINVAL);
	}
}

static void lists_of_each_cpu_round_up_the_entries(void **state)
{
	struct env *e = *state;
	struct bpf_map_info info = {};

	assert_int_equal(CALL(e, BPF_OBJ_GET_INFO_BY_FD,
			      a.info.bpf_fd = map_create_type(e, LRU, 4, 4, 7, BPF_F_NO_COMMON_LRU),
			      a.info.info_len = sizeof(info), a.info.info = ptr(&info)), 0);
	assert_int_equal(info.max_entries, 9);
}

/* Bit k: key k is there. A lookup by system call does not count as use. */
static u64 present(struct env *e, int fd, u32 nr)
{
	u64 keys = 0, v[NR_CPUS_TEST];

	for (u32 k = 0; k < nr; k++)
		if (!map_lookup(e, fd, k, v))
			keys |= 1ull << k;
	return keys;
}

static void fill(struct env *e, int fd, u32 from, u32 to)
{
	u64 v[NR_CPUS_TEST] = { from };

	for (u32 k = from; k < to; k++)
		assert_int_equal(map_update(e, fd, k, v, 0), 0);
}

static void use(struct env *e, int fd, u32 key)
{
	struct bmap *m;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	assert_non_null(m->t->lookup(m, &key));
}

static void an_lru_map_never_gets_full(void **state)
{
	struct env *e = *state;
	u32 types[] = { LRU, LRU_PERCPU }, flags[] = { 0, BPF_F_NO_COMMON_LRU };

	for (u32 i = 0; i < 4; i++) {
		int fd = map_create_type(e, types[i % 2], 4, 8, 6, flags[i / 2]);
		u64 there;

		fill(e, fd, 0, 50);
		there = present(e, fd, 50);
		/* the newest are there, and never more than fit */
		assert_true(there >> 49 & 1);
		assert_true(__builtin_popcountll(there) <= 6);
		assert_true(__builtin_popcountll(there) >= 1);
	}
}

static void the_oldest_elements_go_first(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LRU, 4, 8, 6, 0);

	/* 3 CPUs share 6 elements: a CPU fetches one at a time */
	fill(e, fd, 0, 6);
	assert_int_equal(present(e, fd, 10), 0x3f);
	fill(e, fd, 6, 7);
	assert_int_equal(present(e, fd, 10), 0x7e);
	fill(e, fd, 7, 8);
	assert_int_equal(present(e, fd, 10), 0xfc);
}

static void used_elements_stay(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LRU, 4, 8, 6, 0);

	fill(e, fd, 0, 6);
	use(e, fd, 0);
	fill(e, fd, 6, 7);
	assert_int_equal(present(e, fd, 10), 0x7d);
	/* a program's lookup is a use, as is the replacement of a value */
	assert_int_equal(returns(e, fd, "MAP\n" KEY(2) "call #1" EXIT) != 0, 1);
	fill(e, fd, 7, 8);
	assert_int_equal(present(e, fd, 10), 0xf5);
}

static void used_elements_of_a_cpus_own_lists_stay(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LRU, 4, 8, 24, BPF_F_NO_COMMON_LRU);

	/* 8 elements belong to CPU 0; up to 4 are evicted at a time */
	fill(e, fd, 0, 8);
	assert_int_equal(present(e, fd, 20), 0xff);
	use(e, fd, 1);
	fill(e, fd, 8, 9);
	assert_int_equal(present(e, fd, 20), 0x1e2);
}

static void elements_come_and_go(void **state)
{
	struct env *e = *state;
	u64 v[NR_CPUS_TEST] = { 1, 2, 3 }, r[NR_CPUS_TEST] = {};
	u32 key = 1;

	for (u32 t = LRU; t <= LRU_PERCPU; t++) {
		int fd = map_create_type(e, t, 4, 8, 4, 0);

		assert_int_equal(map_update(e, fd, 1, v, BPF_EXIST), -ENOENT);
		assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), 0);
		assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), -EEXIST);
		assert_int_equal(map_update(e, fd, 1, v, BPF_EXIST), 0);
		assert_int_equal(map_lookup(e, fd, 1, r), 0);
		assert_int_equal(r[0], 1);
		assert_int_equal(CALL(e, BPF_MAP_LOOKUP_AND_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key),
				      a.value = ptr(r)), 0);
		assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key)), -ENOENT);
	}
}

/* Whatever happens, every element is in a bucket or free. */
static void no_element_is_lost(void **state)
{
	struct env *e = *state;
	u64 v[NR_CPUS_TEST] = {};

	for (u32 i = 0; i < 4; i++) {
		int fd = map_create_type(e, i % 2 ? LRU : LRU_PERCPU, 4, 8, 30, i / 2 ? BPF_F_NO_COMMON_LRU : 0);
		u32 x = 1, most = 0;

		for (u32 n = 0; n < 3000; n++) {
			u32 key = (x = x * 1664525 + 1013904223) >> 26, there;

			if (x >> 20 & 1)
				assert_int_equal(map_update(e, fd, key, v, 0), 0);
			else if (x >> 21 & 1)
				CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key));
			else if (!map_lookup(e, fd, key, v))
				use(e, fd, key);
			if (n % 100)
				continue;
			there = __builtin_popcountll(present(e, fd, 64));
			most = there > most ? there : most;
			assert_true(there <= 30);
		}
		fill(e, fd, 0, 64);
		assert_true(most >= (i / 2 ? 5 : 12));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(lists_of_each_cpu_round_up_the_entries),
		TEST(an_lru_map_never_gets_full),
		TEST(the_oldest_elements_go_first),
		TEST_612(the_oldest_elements_go_first),
		TEST(used_elements_stay),
		TEST(used_elements_of_a_cpus_own_lists_stay),
		TEST(elements_come_and_go),
		TEST(no_element_is_lost),
		TEST_612(no_element_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
