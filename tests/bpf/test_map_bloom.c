// SPDX-License-Identifier: GPL-2.0-only
/* BLOOM_FILTER. */
#include "tests/bpf/run.h"

static long create(struct env *e, u32 value_size, u32 n, u32 flags, u64 extra)
{
	return CALL(e, BPF_MAP_CREATE, a.map_type = BPF_MAP_TYPE_BLOOM_FILTER, a.value_size = value_size,
		    a.max_entries = n, a.map_flags = flags, a.map_extra = extra);
}

static long ask(struct env *e, int cmd, int fd, u64 v, u64 flags)
{
	return CALL(e, cmd, a.map_fd = fd, a.value = ptr(&v), a.flags = flags);
}

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	assert_true(create(e, 8, 10, BPF_F_ZERO_SEED, 15) > 0);
	assert_int_equal(create(e, 8, 10, 0, 16), -EINVAL);
	assert_int_equal(create(e, 0, 10, 0, 0), -EINVAL);
	assert_int_equal(create(e, 8, 0, 0, 0), -EINVAL);
	assert_int_equal(create(e, 8, 10, BPF_F_NO_PREALLOC, 0), -EINVAL);
	assert_int_equal(create(e, (4 << 20) + 1, 10, 0, 0), -E2BIG);
	assert_int_equal(map_create_type(e, BPF_MAP_TYPE_BLOOM_FILTER, 4, 8, 1, 0), -EINVAL);
}

static void what_was_pushed_is_found(void **state)
{
	struct env *e = *state;
	int fd = create(e, 8, 100, 0, 3);
	u32 wrong = 0, key = 0;
	u64 v = 1;

	for (u64 i = 0; i < 100; i++)
		assert_int_equal(ask(e, BPF_MAP_UPDATE_ELEM, fd, i, 0), 0);
	for (u64 i = 0; i < 100; i++)
		assert_int_equal(ask(e, BPF_MAP_LOOKUP_ELEM, fd, i, 0), 0);
	for (u64 i = 1000; i < 1100; i++)
		wrong += ask(e, BPF_MAP_LOOKUP_ELEM, fd, i, 0) != -ENOENT;
	assert_true(wrong < 30);
	assert_int_equal(ask(e, BPF_MAP_UPDATE_ELEM, fd, 1, BPF_NOEXIST), -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd), -EFAULT);
	assert_int_equal(CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(&v)), -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd), -EOPNOTSUPP);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.next_key = ptr(&v)), -EOPNOTSUPP);
	assert_int_equal(ask(e, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 1, 0), -ENOTSUPP);
}

#define VALUE_PROG(v, helper) \
	"*(u64 *)(r10 - 8) = " #v "\nMAP\nr2 = r10\nr2 += -8\nr3 = 0\ncall #" #helper EXIT

static void programs_push_and_peek_and_do_not_pop(void **state)
{
	struct env *e = *state;
	int fd = create(e, 8, 100, 0, 0);

	assert_int_equal(returns(e, fd, VALUE_PROG(7, 89)), -ENOENT);
	assert_int_equal(returns(e, fd, VALUE_PROG(7, 87)), 0);
	assert_int_equal(returns(e, fd, VALUE_PROG(7, 89)), 0);
	assert_refused(e, fd, VALUE_PROG(7, 88), -EINVAL, "cannot pass map_type 30 (BLOOM_FILTER)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(what_was_pushed_is_found),
		TEST(programs_push_and_peek_and_do_not_pop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
