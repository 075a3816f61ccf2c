// SPDX-License-Identifier: GPL-2.0-only
/* PERF_EVENT_ARRAY of a machine without a PMU. */
#include "tests/bpf/run.h"

#define PERF BPF_MAP_TYPE_PERF_EVENT_ARRAY

static void nothing_can_be_put_in(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, PERF, 4, 4, 3, 0), v = fd;

	assert_int_equal(map_create_type(e, PERF, 4, 8, 3, 0), -EINVAL);
	assert_int_equal(map_create_type(e, PERF, 4, 4, 3, BPF_F_MMAPABLE), -EINVAL);
	assert_true(map_create_type(e, PERF, 4, 4, 3, BPF_F_PRESERVE_ELEMS) > 0);
	assert_int_equal(map_update(e, fd, 0, &v, 0), -EBADF);
	assert_why(e, "no PMU");
	assert_int_equal(map_update(e, fd, 0, &v, BPF_NOEXIST), -EINVAL);
	assert_int_equal(map_update(e, fd, 3, &v, 0), -E2BIG);
	assert_int_equal(map_lookup(e, fd, 0, &v), -ENOTSUPP);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&(u32){2})), -ENOENT);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&(u32){3})), -E2BIG);
}

/* bpf_perf_event_read_value(map, flags, stack, size) */
#define READ(flags, size, tail) \
	"*(u64 *)(r10 - 24) = -1\nMAP\nr2 = " #flags " ll\nr3 = r10\nr3 += -24\nr4 = " #size "\ncall #55\n" tail EXIT

static void reads_fail_as_without_a_pmu(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, PERF, 4, 4, 3, 0);

	assert_int_equal(returns(e, fd, READ(0xffffffff, 24, "")), -ENOENT);
	assert_int_equal(returns(e, fd, READ(2, 24, "")), -ENOENT);
	assert_int_equal(returns(e, fd, READ(2, 24, "r0 = *(u64 *)(r10 - 24)")), 0);
	assert_int_equal(returns(e, fd, READ(3, 24, "")), -E2BIG);
	assert_int_equal(returns(e, fd, READ(0x100000000, 24, "")), -EINVAL);
	assert_int_equal(returns(e, fd, READ(2, 16, "")), -EINVAL);
	assert_refused(e, fd, "MAP\n" KEY(0) "call #1" EXIT, -EINVAL, "cannot pass map_type 4 (PERF_EVENT_ARRAY)");
}

static void schedulers_of_6_12_cannot_read(void **state)
{
	assert_refused(*state, map_create_type(*state, PERF, 4, 4, 3, 0), READ(2, 24, ""), -EINVAL,
		       "kernel 6.12 does not have it for schedulers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_can_be_put_in),
		TEST(reads_fail_as_without_a_pmu),
		TEST_612(schedulers_of_6_12_cannot_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
