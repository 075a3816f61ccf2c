// SPDX-License-Identifier: GPL-2.0-only
/* QUEUE and STACK, by system call and by programs. */
#include "tests/bpf/run.h"

#define QUEUE BPF_MAP_TYPE_QUEUE
#define STACK BPF_MAP_TYPE_STACK

static long push(struct env *e, int fd, u32 v, u64 flags)
{
	return CALL(e, BPF_MAP_UPDATE_ELEM, a.map_fd = fd, a.value = ptr(&v), a.flags = flags);
}

/* The value, or -errno. */
static long take(struct env *e, int fd, int cmd)
{
	u32 v = 0;
	long err = CALL(e, cmd, a.map_fd = fd, a.value = ptr(&v));

	return err ? err : v;
}

#define PEEK BPF_MAP_LOOKUP_ELEM
#define POP BPF_MAP_LOOKUP_AND_DELETE_ELEM

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	for (u32 t = QUEUE; t <= STACK; t++) {
		assert_true(map_create_type(e, t, 0, 6, 3, 0) > 0);
		assert_true(map_create_type(e, t, 0, 4, 3, BPF_F_NUMA_NODE) > 0);
		assert_int_equal(map_create_type(e, t, 4, 4, 3, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 0, 0, 3, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 0, 4, 0, 0), -EINVAL);
		assert_int_equal(map_create_type(e, t, 0, 4, 3, BPF_F_NO_PREALLOC), -EINVAL);
		assert_int_equal(map_create_type(e, t, 0, (4 << 20) + 1, 1, 0), -E2BIG);
		assert_int_equal(map_create_type(e, t, 0, 4, 3, BPF_F_RDONLY | BPF_F_WRONLY), -EINVAL);
		assert_int_equal(map_create_type(e, t, 0, 4, 3, BPF_F_RDONLY_PROG), -EINVAL);
		assert_why(e, "BPF_F_RDONLY_PROG");
	}
}

static void a_queue_of_4_gib_is_too_big_in_6_12(void **state)
{
	assert_int_equal(map_create_type(*state, QUEUE, 0, 4, UINT32_MAX / 4, 0), -E2BIG);
}

static void a_queue_gives_the_oldest_and_a_stack_the_newest(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 4, 3, 0), s = map_create_type(e, STACK, 0, 4, 3, 0);

	/* several times around the ring */
	for (u32 round = 0; round < 9; round += 3) {
		for (u32 i = 1; i <= 3; i++) {
			assert_int_equal(push(e, q, round + i, 0), 0);
			assert_int_equal(push(e, s, round + i, 0), 0);
		}
		assert_int_equal(take(e, q, PEEK), round + 1);
		assert_int_equal(take(e, s, PEEK), round + 3);
		for (u32 i = 1; i <= 3; i++) {
			assert_int_equal(take(e, q, POP), round + i);
			assert_int_equal(take(e, s, POP), round + 4 - i);
		}
		assert_int_equal(take(e, q, POP), -ENOENT);
		assert_int_equal(take(e, s, PEEK), -ENOENT);
	}
}

static void a_full_one_takes_another_value_only_with_bpf_exist(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 4, 2, 0), s = map_create_type(e, STACK, 0, 4, 2, 0);

	for (u32 i = 1; i <= 2; i++) {
		push(e, q, i, 0);
		push(e, s, i, 0);
	}
	assert_int_equal(push(e, q, 3, 0), -E2BIG);
	assert_int_equal(push(e, s, 3, 0), -E2BIG);
	assert_int_equal(push(e, q, 3, BPF_NOEXIST), -EINVAL);
	assert_int_equal(push(e, q, 3, 3), -EINVAL);
	assert_int_equal(push(e, q, 3, BPF_F_LOCK), -EINVAL);
	/* the oldest goes, in both */
	assert_int_equal(push(e, q, 3, BPF_EXIST), 0);
	assert_int_equal(push(e, s, 3, BPF_EXIST), 0);
	assert_int_equal(take(e, q, POP), 2);
	assert_int_equal(take(e, q, POP), 3);
	assert_int_equal(take(e, s, POP), 3);
	assert_int_equal(take(e, s, POP), 2);
	assert_int_equal(take(e, s, POP), -ENOENT);
}

static void calls_that_need_a_key_are_refused(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 4, 2, 0);
	u32 v = 0;

	push(e, q, 1, 0);
	assert_int_equal(CALL(e, PEEK, a.map_fd = q, a.key = ptr(&v), a.value = ptr(&v)), -EINVAL);
	assert_int_equal(CALL(e, POP, a.map_fd = q, a.key = ptr(&v), a.value = ptr(&v)), -EINVAL);
	assert_int_equal(CALL(e, POP, a.map_fd = q, a.value = ptr(&v), a.flags = BPF_F_LOCK), -EINVAL);
	assert_int_equal(CALL(e, POP, a.map_fd = q, a.value = ptr(&v), a.flags = 1), -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = q), -EINVAL);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = q, a.next_key = ptr(&v)), -EINVAL);
	assert_int_equal(CALL(e, POP, a.map_fd = q), -EFAULT);
}

static void arrays_have_no_lookup_and_delete(void **state)
{
	struct env *e = *state;
	int fd = array_create(e, BPF_MAP_TYPE_ARRAY, 4, 1, 0);
	u32 key = 0, v;

	assert_int_equal(CALL(e, POP, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(&v)), -ENOTSUPP);
	assert_int_equal(CALL(e, BPF_MAP_FREEZE, a.map_fd = fd), 0);
	assert_int_equal(CALL(e, POP, a.map_fd = fd, a.key = ptr(&key), a.value = ptr(&v)), -EPERM);
}

#define PUSH_PROG(v, flags) \
	"*(u64 *)(r10 - 8) = " #v "\nMAP\nr2 = r10\nr2 += -8\nr3 = " #flags "\ncall #87" EXIT
#define TAKE_PROG(helper, tail) \
	"*(u64 *)(r10 - 8) = -1\nMAP\nr2 = r10\nr2 += -8\ncall #" #helper "\n" tail EXIT

static void programs_push_pop_and_peek(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 8, 2, 0);

	assert_int_equal(returns(e, q, PUSH_PROG(7, 0)), 0);
	assert_int_equal(returns(e, q, PUSH_PROG(8, 0)), 0);
	assert_int_equal(returns(e, q, PUSH_PROG(9, 0)), -E2BIG);
	assert_int_equal(returns(e, q, PUSH_PROG(9, 1)), -EINVAL);
	assert_int_equal(returns(e, q, PUSH_PROG(9, 2)), 0);
	assert_int_equal(returns(e, q, TAKE_PROG(89, "r0 = *(u64 *)(r10 - 8)")), 8);
	assert_int_equal(returns(e, q, TAKE_PROG(88, "r0 = *(u64 *)(r10 - 8)")), 8);
	assert_int_equal(returns(e, q, TAKE_PROG(88, "")), 0);
	assert_int_equal(returns(e, q, TAKE_PROG(88, "")), -ENOENT);
	/* what there was is overwritten with zeroes */
	assert_int_equal(returns(e, q, TAKE_PROG(89, "r0 = *(u64 *)(r10 - 8)")), 0);
}

static void a_value_is_popped_only_to_memory_that_the_program_may_write(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 8, 2, 0);

	assert_int_equal(run(e, q, "tick", 0, "MAP\nr2 = r1\ncall #88" EXIT).fault, BPF_FAULT_ARG);
}

static void helpers_of_other_maps_are_refused_at_load(void **state)
{
	struct env *e = *state;
	int q = map_create_type(e, QUEUE, 0, 8, 2, 0), a = array_create(e, BPF_MAP_TYPE_ARRAY, 8, 1, 0);

	assert_refused(e, q, "MAP\n" KEY(0) "call #1" EXIT, -EINVAL,
		       "cannot pass map_type 22 (QUEUE) into func bpf_map_lookup_elem#1");
	assert_refused(e, a, TAKE_PROG(88, ""), -EINVAL, "cannot pass map_type 2 (ARRAY) into func bpf_map_pop_elem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST_612(a_queue_of_4_gib_is_too_big_in_6_12),
		TEST(a_queue_gives_the_oldest_and_a_stack_the_newest),
		TEST(a_full_one_takes_another_value_only_with_bpf_exist),
		TEST(calls_that_need_a_key_are_refused),
		TEST(arrays_have_no_lookup_and_delete),
		TEST(programs_push_pop_and_peek),
		TEST(a_value_is_popped_only_to_memory_that_the_program_may_write),
		TEST(helpers_of_other_maps_are_refused_at_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
