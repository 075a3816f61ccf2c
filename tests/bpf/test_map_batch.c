// SPDX-License-Identifier: GPL-2.0-only
/* MAP_*_BATCH. */
#include "tests/bpf/sys.h"

#define HASH BPF_MAP_TYPE_HASH
#define NR 40

/* A call with arrays of keys and values, and what it left. */
struct batch {
	u32 keys[NR], values[NR];
	u32 in, out, count;
	u64 elem_flags, flags;
	bool first;
};

static long call(struct env *e, int cmd, int fd, struct batch *b)
{
	ATTR(a, a.batch.map_fd = fd, a.batch.keys = ptr(b->keys), a.batch.values = ptr(b->values),
	     a.batch.in_batch = b->first ? 0 : ptr(&b->in), a.batch.out_batch = ptr(&b->out),
	     a.batch.count = b->count, a.batch.elem_flags = b->elem_flags, a.batch.flags = b->flags);
	long ret = call_attr(e, cmd, &a);

	b->count = a.batch.count;
	return ret;
}

static void number(struct batch *b, u32 n)
{
	*b = (struct batch){ .count = n, .first = true };
	for (u32 i = 0; i < n; i++) {
		b->keys[i] = i;
		b->values[i] = 100 + i;
	}
}

/* All elements by calls for up to @count of them; how many calls it took. */
static u32 read_all(struct env *e, int cmd, int fd, u32 count, u64 *keys)
{
	struct batch b = { .first = true };
	u32 calls = 0;
	long ret;

	*keys = 0;
	do {
		b.count = count;
		ret = call(e, cmd, fd, &b);
		assert_true(!ret || ret == -ENOENT);
		for (u32 i = 0; i < b.count; i++) {
			assert_int_equal(b.values[i], 100 + b.keys[i]);
			assert_false(*keys >> b.keys[i] & 1);
			*keys |= 1ull << b.keys[i];
		}
		b.in = b.out;
		b.first = false;
		calls++;
	} while (!ret && calls < 2 * NR);
	assert_int_equal(ret, -ENOENT);
	return calls;
}

static void hash_elements_are_written_read_and_deleted(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 4, NR, 0);
	struct batch b;
	u64 keys;

	number(&b, NR);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), 0);
	assert_int_equal(b.count, NR);
	assert_int_equal(read_all(e, BPF_MAP_LOOKUP_BATCH, fd, NR, &keys), 1);
	assert_int_equal(keys, (1ull << NR) - 1);
	assert_true(read_all(e, BPF_MAP_LOOKUP_BATCH, fd, 8, &keys) >= 5);
	assert_int_equal(keys, (1ull << NR) - 1);
	number(&b, 3);
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), 0);
	assert_int_equal(b.count, 3);
	read_all(e, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, 8, &keys);
	assert_int_equal(keys, ((1ull << NR) - 1) & ~7ull);
	read_all(e, BPF_MAP_LOOKUP_BATCH, fd, 8, &keys);
	assert_int_equal(keys, 0);
}

static void the_count_says_where_it_stopped(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 4, 5, 0);
	struct batch b;

	number(&b, 7);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), -E2BIG);
	assert_int_equal(b.count, 5);
	number(&b, 7);
	b.keys[2] = 99;
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), -ENOENT);
	assert_int_equal(b.count, 2);
	number(&b, 1);
	b.elem_flags = BPF_NOEXIST;
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), -EINVAL);
	number(&b, 0);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), 0);
}

static void a_bucket_that_does_not_fit_is_enospc(void **state)
{
	struct env *e = *state;
	/* one bucket */
	int fd = map_create_type(e, HASH, 4, 4, 1, 0), two = map_create_type(e, HASH, 4, 4, 2, 0);
	struct batch b;
	u32 nr_same = 0, k;

	number(&b, 1);
	call(e, BPF_MAP_UPDATE_BATCH, fd, &b);
	number(&b, 1);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, fd, &b), -ENOENT);
	assert_int_equal(b.count, 1);
	assert_int_equal(b.out, 1);
	/* behind the last bucket */
	b.in = b.out;
	b.first = false;
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, fd, &b), -ENOENT);
	assert_int_equal(b.count, 0);
	/* two keys in the same bucket of two */
	for (k = 0; nr_same < 2 && k < 100; k++) {
		if (map_update(e, two, k, &k, 0))
			break;
		number(&b, 1);
		if (call(e, BPF_MAP_LOOKUP_BATCH, two, &b) == -ENOSPC) {
			nr_same = 2;
			break;
		}
		if (k)
			CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = two, a.key = ptr(&k));
	}
	assert_int_equal(nr_same, 2);
	assert_int_equal(b.count, 0);
}

static void flags_are_checked(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, HASH, 4, 4, 5, 0);
	struct batch b;

	number(&b, 1);
	b.flags = 1;
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, fd, &b), -EINVAL);
	number(&b, 1);
	b.elem_flags = BPF_F_LOCK;
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, fd, &b), -EINVAL);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), -EINVAL);
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), -EINVAL);
	b.elem_flags = BPF_EXIST;
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), -EINVAL);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, 99, &b), -EBADF);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = fd), 0);
	number(&b, 1);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), -EPERM);
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), -EPERM);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b), -EPERM);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_BATCH, fd, &b), -ENOENT);
}

static void arrays_are_read_and_written(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 10, 0);
	struct batch b;
	u64 keys;

	number(&b, 10);
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), 0);
	assert_int_equal(read_all(e, BPF_MAP_LOOKUP_BATCH, fd, 4, &keys), 3);
	assert_int_equal(keys, 0x3ff);
	b.count = 1;
	assert_int_equal(call(e, BPF_MAP_DELETE_BATCH, fd, &b), -ENOTSUPP);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b), -ENOTSUPP);
}

static void a_queue_has_none_of_them(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, BPF_MAP_TYPE_QUEUE, 0, 4, 10, 0);
	struct batch b = { .count = 1 };

	for (int cmd = BPF_MAP_LOOKUP_BATCH; cmd <= BPF_MAP_DELETE_BATCH; cmd++)
		assert_int_equal(call(e, cmd, fd, &b), -ENOTSUPP);
}

static void percpu_values_of_all_cpus_or_of_one(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, BPF_MAP_TYPE_PERCPU_HASH, 4, 4, 5, 0);
	u64 v[2 * NR_CPUS_TEST] = { 1, 2, 3, 4, 5, 6 }, r[2 * NR_CPUS_TEST] = {};
	u32 keys[2] = { 7, 8 }, out, one[2];
	ATTR(a, a.batch.map_fd = fd, a.batch.keys = ptr(keys), a.batch.values = ptr(v), a.batch.count = 2);

	assert_int_equal(call_attr(e, BPF_MAP_UPDATE_BATCH, &a), 0);
	a.batch.values = ptr(r);
	a.batch.out_batch = ptr(&out);
	assert_int_equal(call_attr(e, BPF_MAP_LOOKUP_BATCH, &a), -ENOENT);
	assert_int_equal(a.batch.count, 2);
	assert_int_equal(r[0] + r[1] + r[2], keys[0] == 7 ? 6 : 15);
	a.batch.values = ptr(one);
	a.batch.elem_flags = 8 | 1ull << 32;
	assert_int_equal(call_attr(e, BPF_MAP_LOOKUP_BATCH, &a), -ENOENT);
	assert_int_equal(one[0], keys[0] == 7 ? 2 : 5);
	assert_int_equal(call_attr(e, BPF_MAP_LOOKUP_AND_DELETE_BATCH, &a), -EINVAL);
}

static void inner_maps_go_with_their_elements(void **state)
{
	struct env *e = *state;
	int inner = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0), fd;
	struct batch b;
	struct bpf_obj *o = fd_object(e->f, inner);

	fd = CALL(e, BPF_MAP_CREATE, a.map_type = BPF_MAP_TYPE_HASH_OF_MAPS, a.key_size = 4, a.value_size = 4,
		  a.max_entries = 5, a.inner_map_fd = inner);
	number(&b, 3);
	for (u32 i = 0; i < 3; i++)
		b.values[i] = inner;
	assert_int_equal(call(e, BPF_MAP_UPDATE_BATCH, fd, &b), 0);
	assert_int_equal(o->refs, 4);
	assert_int_equal(call(e, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b), -ENOENT);
	assert_int_equal(b.count, 3);
	assert_int_equal(b.values[1], o->id);
	assert_int_equal(o->refs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hash_elements_are_written_read_and_deleted),
		TEST_612(hash_elements_are_written_read_and_deleted),
		TEST(the_count_says_where_it_stopped),
		TEST(a_bucket_that_does_not_fit_is_enospc),
		TEST(flags_are_checked),
		TEST(arrays_are_read_and_written),
		TEST(a_queue_has_none_of_them),
		TEST(percpu_values_of_all_cpus_or_of_one),
		TEST(inner_maps_go_with_their_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
