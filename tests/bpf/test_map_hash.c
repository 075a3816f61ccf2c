// SPDX-License-Identifier: GPL-2.0-only
/* HASH and PERCPU_HASH, by system call and by programs. */
#include "bpf/jhash.h"
#include "tests/bpf/run.h"

#define HASH BPF_MAP_TYPE_HASH
#define PERCPU BPF_MAP_TYPE_PERCPU_HASH
#define LAZY BPF_F_NO_PREALLOC

static long delete(struct env *e, int fd, u32 key)
{
	return CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key));
}

static long pop(struct env *e, int fd, u32 key, void *value)
{
	return CALL(e, BPF_MAP_LOOKUP_AND_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(value));
}

static struct bmap *map_of(struct env *e, int fd)
{
	struct bmap *m;

	assert_int_equal(bmap_get(e->f, fd, &m), 0);
	return m;
}

static void the_hash_is_lookup3(void **state)
{
	const char *text = "Four score and seven years ago";

	/* the values that its author published */
	assert_int_equal(jhash("", 0, 0), 0xdeadbeef);
	assert_int_equal(jhash(text, 30, 0), 0x17770551);
	assert_int_equal(jhash(text, 30, 1), 0xcd628161);
}

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	for (u32 i = 0; i < 2; i++) {
		u32 t = i ? PERCPU : HASH;

		assert_true(map_create_type(e, t, 3, 5, 3, LAZY | BPF_F_ZERO_SEED) > 0);
		assert_int_equal(map_create_type(e, t, 0, 4, 3, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 4, 0, 3, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 4, 4, 0, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, BPF_F_MMAPABLE), -EINVAL);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, BPF_F_NO_COMMON_LRU), -EINVAL);
		assert_int_equal(map_create_type(e, t, 4, 4, (1u << 27) + 1, LAZY), -E2BIG);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, BPF_F_RDONLY_PROG), -EINVAL);
		assert_why(e, "BPF_F_RDONLY_PROG");
	}
	assert_true(map_create_type(e, HASH, 4, 4, 3, BPF_F_NUMA_NODE) > 0);
	assert_int_equal(map_create_type(e, PERCPU, 4, 4, 3, BPF_F_NUMA_NODE), -EINVAL);
	assert_true(map_create_type(e, HASH, 8, (4 << 20) - 48 - 9, 1, LAZY) > 0);
	assert_int_equal(map_create_type(e, HASH, 8, (4 << 20) - 48 - 8, 1, LAZY), -E2BIG);
	assert_int_equal(map_create_type(e, PERCPU, 4, 32769, 1, LAZY), -E2BIG);
}

static void elements_come_and_go(struct env *e, u32 flags)
{
	int fd = map_create_type(e, HASH, 4, 6, 3, flags);
	u8 v[8] = "abcdef", r[8] = "zzzzzzzz";

	assert_int_equal(map_lookup(e, fd, 1, r), -ENOENT);
	assert_int_equal(map_update(e, fd, 1, v, BPF_EXIST), -ENOENT);
	assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), 0);
	assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), -EEXIST);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_memory_equal(r, "abcdefzz", 8);
	v[0] = 'x';
	assert_int_equal(map_update(e, fd, 1, v, BPF_EXIST), 0);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_int_equal(r[0], 'x');
	assert_int_equal(map_update(e, fd, 1, v, 3), -EINVAL);
	assert_int_equal(map_update(e, fd, 1, v, BPF_F_LOCK), -EINVAL);
	for (u32 k = 2; k <= 3; k++)
		assert_int_equal(map_update(e, fd, k, v, 0), 0);
	/* full: replacing goes on */
	assert_int_equal(map_update(e, fd, 4, v, 0), -E2BIG);
	for (u32 i = 0; i < 9; i++)
		assert_int_equal(map_update(e, fd, 1 + i % 3, v, 0), 0);
	assert_int_equal(map_update(e, fd, 4, v, 0), -E2BIG);
	assert_int_equal(delete(e, fd, 4), -ENOENT);
	assert_int_equal(delete(e, fd, 2), 0);
	assert_int_equal(delete(e, fd, 2), -ENOENT);
	assert_int_equal(map_update(e, fd, 4, v, 0), 0);
	assert_int_equal(map_update(e, fd, 2, v, 0), -E2BIG);
	memset(r, 0, sizeof(r));
	assert_int_equal(pop(e, fd, 4, r), 0);
	assert_memory_equal(r, v, 6);
	assert_int_equal(pop(e, fd, 4, r), -ENOENT);
}

static void elements_come_and_go_in_a_preallocated_map(void **state) { elements_come_and_go(*state, 0); }
static void elements_come_and_go_in_a_map_without_preallocation(void **state) { elements_come_and_go(*state, LAZY); }

/* Keys in the order of MAP_GET_NEXT_KEY; returns how many. */
static u32 walk(struct env *e, int fd, u32 *keys, u32 max)
{
	u32 n = 0;
	const u32 *key = NULL;

	while (n < max && !CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(key), a.next_key = ptr(&keys[n])))
		key = &keys[n++];
	return n;
}

static void keys_are_walked_in_the_order_of_the_buckets(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 4, 64, 0);
	u32 keys[65], missing = 1000, first, n;
	u64 seen = 0;

	for (u32 k = 0; k < 64; k++)
		assert_int_equal(map_update(e, fd, k, &k, 0), 0);
	n = walk(e, fd, keys, 65);
	assert_int_equal(n, 64);
	for (u32 i = 0; i < n; i++) {
		seen |= 1ull << keys[i];
		if (i)
			assert_true((jhash(&keys[i - 1], 4, 0) & 63) <= (jhash(&keys[i], 4, 0) & 63));
	}
	assert_int_equal(seen, ~0ull);
	/* a key that is not there: from the start */
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(&missing),
			      a.next_key = ptr(&first)), 0);
	assert_int_equal(first, keys[0]);
}

static void a_removed_value_stays_readable_until_it_is_used_again(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 8, 2, 0);
	struct bmap *m = map_of(e, fd);
	u64 v[3] = { 11, 22, 33 }, *one, *again;
	u32 k1 = 1, k2 = 2;

	map_update(e, fd, 1, &v[0], 0);
	one = m->t->lookup(m, &k1);
	delete(e, fd, 1);
	assert_true(gmem_can_write(e->g, ptr(one), 8));
	assert_int_equal(*one, 11);
	/* the element that was freed last is the first to be used */
	map_update(e, fd, 2, &v[1], 0);
	again = m->t->lookup(m, &k2);
	assert_ptr_equal(again, one);
	/* replacing takes another one, and the next replacement this one */
	map_update(e, fd, 2, &v[2], 0);
	assert_ptr_not_equal(m->t->lookup(m, &k2), again);
	assert_int_equal(*again, 22);
	map_update(e, fd, 2, &v[0], 0);
	assert_ptr_equal(m->t->lookup(m, &k2), again);
}

static void percpu_values_are_rounded_up_to_8_bytes_per_possible_cpu(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, PERCPU, 4, 4, 2, 0);
	u64 v[NR_CPUS_TEST] = { 10, 20, 30 }, r[NR_CPUS_TEST] = {};
	u32 one = 99, key = 1;

	assert_int_equal(map_update(e, fd, 1, v, 0), 0);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_memory_equal(r, v, sizeof(v));
	assert_int_equal(pop(e, fd, 1, r), 0);
	assert_int_equal(r[2], 30);
	assert_int_equal(map_lookup(e, fd, 1, r), -ENOENT);
	/* 7.x: a new value of one CPU, the others are 0; of all */
	assert_int_equal(map_update(e, fd, 1, &(u32){ 5 }, 8 | 2ull << 32), 0);
	assert_int_equal(map_lookup(e, fd, 1, r), 0);
	assert_true(!r[0] && !r[1] && r[2] == 5);
	assert_int_equal(map_update(e, fd, 1, &(u32){ 6 }, 16), 0);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(&one),
			      a.flags = 8 | 1ull << 32), 0);
	assert_int_equal(one, 6);
	assert_int_equal(map_update(e, fd, 1, &(u32){ 5 }, 8 | 3ull << 32), -ERANGE);
	assert_int_equal(map_update(e, fd, 1, v, BPF_NOEXIST), -EEXIST);
	assert_int_equal(map_update(e, fd, 2, v, BPF_EXIST), -ENOENT);
	assert_int_equal(map_update(e, fd, 1, v, 32), -EINVAL);
	assert_int_equal(map_update(e, fd, 2, v, 0), 0);
	assert_int_equal(map_update(e, fd, 3, v, 0), -E2BIG);
}

static void flags_that_name_a_cpu_do_not_exist_in_6_12(void **state)
{
	struct env *e = *state;
	u64 v[NR_CPUS_TEST] = {};

	assert_int_equal(map_update(e, map_create_type(e, PERCPU, 4, 4, 2, 0), 1, v, 8), -EINVAL);
	assert_int_equal(map_update(e, map_create_type(e, PERCPU, 4, 4, 2, 0), 1, v, 3), -EINVAL);
}

#define UPDATE(k, v, flags) \
	"*(u64 *)(r10 - 16) = " #v "\nMAP\n" KEY(k) "r3 = r10\nr3 += -16\nr4 = " #flags "\ncall #2" EXIT
#define LOOKUP(k) "MAP\n" KEY(k) "call #1\nif r0 == 0 goto out\nr0 = *(u64 *)(r0 + 0)\nout:" EXIT

static void programs_use_elements(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 8, 2, 0);

	assert_int_equal(returns(e, fd, LOOKUP(5)), 0);
	assert_int_equal(returns(e, fd, UPDATE(5, 7, 2)), -ENOENT);
	assert_int_equal(returns(e, fd, UPDATE(5, 7, 0)), 0);
	assert_int_equal(returns(e, fd, UPDATE(5, 7, 1)), -EEXIST);
	assert_int_equal(returns(e, fd, UPDATE(5, 7, 3)), -EINVAL);
	assert_int_equal(returns(e, fd, LOOKUP(5)), 7);
	assert_int_equal(returns(e, fd, UPDATE(6, 8, 0)), 0);
	assert_int_equal(returns(e, fd, UPDATE(7, 8, 0)), -E2BIG);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(5) "call #3" EXIT), 0);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(5) "call #3" EXIT), -ENOENT);
	assert_refused(e, fd, "MAP\n" KEY(5) "r3 = 0\ncall #195" EXIT, -EINVAL, "cannot pass map_type 1 (HASH)");
}

static void a_program_sees_the_percpu_value_of_its_cpu(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, PERCPU, 4, 8, 2, 0);
	u64 r[NR_CPUS_TEST];

	/* a new value: that of the other CPUs is 0, also where an old one was */
	map_update(e, fd, 4, (u64[]){ 1, 2, 3 }, 0);
	delete(e, fd, 4);
	assert_int_equal(returns(e, fd, UPDATE(5, 7, 0)), 0);
	assert_int_equal(map_lookup(e, fd, 5, r), 0);
	assert_true(r[0] == 7 && !r[1] && !r[2]);
	map_update(e, fd, 5, (u64[]){ 1, 2, 3 }, 0);
	assert_int_equal(returns(e, fd, UPDATE(5, 9, 0)), 0);
	assert_int_equal(map_lookup(e, fd, 5, r), 0);
	assert_true(r[0] == 9 && r[1] == 2 && r[2] == 3);
	assert_int_equal(returns(e, fd, LOOKUP(5)), 9);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(5) "r3 = 2\ncall #195\nr0 = *(u64 *)(r0 + 0)" EXIT), 3);
	assert_int_equal(returns(e, fd, "MAP\n" KEY(5) "r3 = 3\ncall #195" EXIT), 0);
}

/* for_each over the map: *(u64 *)(ctx) += 1000 * key + value; stops when that is the case of @stop */
#define EACH(stop, flags, ret) \
	"*(u64 *)(r10 - 8) = 0\nMAP\nr2 = &body\nr3 = r10\nr3 += -8\nr4 = " #flags "\ncall #164\n" ret EXIT \
	"\nbody:\nr5 = *(u32 *)(r2 + 0)\nr5 *= 1000\nr6 = *(u64 *)(r3 + 0)\nr5 += r6\n" \
	"r6 = *(u64 *)(r4 + 0)\nr6 += r5\n*(u64 *)(r4 + 0) = r6\nr0 = " #stop EXIT

static void for_each_calls_back_with_key_and_value(void **state)
{
	struct env *e = *state;
	int h = map_create_type(e, HASH, 4, 8, 8, 0), a = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 3, 0);
	u64 v;

	for (u32 k = 1; k <= 3; k++) {
		v = k * 10;
		map_update(e, h, k, &v, 0);
		map_update(e, a, k - 1, &v, 0);
	}
	assert_int_equal(returns(e, h, EACH(0, 0, "")), 3);
	assert_int_equal(returns(e, h, EACH(0, 0, "r0 = *(u64 *)(r10 - 8)")), 6060);
	assert_int_equal(returns(e, h, EACH(1, 0, "")), 1);
	assert_int_equal(returns(e, h, EACH(0, 1, "")), -EINVAL);
	assert_int_equal(returns(e, a, EACH(0, 0, "")), 3);
	assert_int_equal(returns(e, a, EACH(0, 0, "r0 = *(u64 *)(r10 - 8)")), 3060);
	assert_refused(e, map_create_type(e, BPF_MAP_TYPE_QUEUE, 0, 8, 1, 0), EACH(0, 0, ""), -EINVAL,
		       "cannot pass map_type 22 (QUEUE) into func bpf_for_each_map_elem");
}

static void a_callback_may_delete_what_it_is_called_with(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 8, 64, 0);
	u32 keys[1];
	u64 v = 1;

	for (u32 k = 0; k < 64; k++)
		map_update(e, fd, k, &v, 0);
	assert_int_equal(returns(e, fd, "MAP\nr2 = &body\nr3 = 0\nr4 = 0\ncall #164" EXIT
				 "\nbody:\ncall #3" EXIT), 64);
	assert_int_equal(walk(e, fd, keys, 1), 0);
}

static void types_need_a_key_of_the_right_size(void **state)
{
	struct env *e = *state;
	struct btf *b = btf__new_empty();
	int fd;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "long", 8, BTF_INT_SIGNED);
	fd = btf_load(e, b);
	btf__free(b);
#define TYPED(k, v) \
	CALL(e, BPF_MAP_CREATE, a.map_type = HASH, a.key_size = 4, a.value_size = 8, a.max_entries = 1, \
	     a.btf_fd = fd, a.btf_key_type_id = k, a.btf_value_type_id = v)
	assert_true(TYPED(1, 2) > 0);
	assert_int_equal(TYPED(2, 2), -EINVAL);
	assert_int_equal(TYPED(1, 1), -EINVAL);
	assert_int_equal(TYPED(0, 2), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_hash_is_lookup3),
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(elements_come_and_go_in_a_preallocated_map),
		TEST(elements_come_and_go_in_a_map_without_preallocation),
		TEST_612(elements_come_and_go_in_a_preallocated_map),
		TEST(keys_are_walked_in_the_order_of_the_buckets),
		TEST(a_removed_value_stays_readable_until_it_is_used_again),
		TEST(percpu_values_are_rounded_up_to_8_bytes_per_possible_cpu),
		TEST_612(flags_that_name_a_cpu_do_not_exist_in_6_12),
		TEST(programs_use_elements),
		TEST(a_program_sees_the_percpu_value_of_its_cpu),
		TEST(for_each_calls_back_with_key_and_value),
		TEST(a_callback_may_delete_what_it_is_called_with),
		TEST(types_need_a_key_of_the_right_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
