// SPDX-License-Identifier: GPL-2.0-only
/* LPM_TRIE. */
#include "tests/bpf/run.h"

#define LPM BPF_MAP_TYPE_LPM_TRIE

struct key {
	u32 len;
	u8 data[4];
};

static struct key key(u32 len, u8 a, u8 b, u8 c, u8 d) { return (struct key){ len, { a, b, c, d } }; }

static long update(struct env *e, int fd, struct key k, u32 v, u64 flags)
{
	return CALL(e, BPF_MAP_UPDATE_ELEM, a.map_fd = fd, a.key = ptr(&k), a.value = ptr(&v), a.flags = flags);
}

static long delete(struct env *e, int fd, struct key k)
{
	return CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&k));
}

/* The value, or -errno. */
static long lookup(struct env *e, int fd, struct key k)
{
	u32 v = 0;
	long err = CALL(e, BPF_MAP_LOOKUP_ELEM, a.map_fd = fd, a.key = ptr(&k), a.value = ptr(&v));

	return err ? err : v;
}

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;
	u32 lazy = BPF_F_NO_PREALLOC;

	assert_true(map_create_type(e, LPM, 5, 1, 1, lazy) > 0);
	assert_true(map_create_type(e, LPM, 260, 1, 1, lazy) > 0);
	assert_int_equal(map_create_type(e, LPM, 4, 1, 1, lazy), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 261, 1, 1, lazy), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 8, 0, 1, lazy), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 8, 4 << 20, 1, lazy), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 8, 4, 0, lazy), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 8, 4, 1, 0), -EINVAL);
	assert_int_equal(map_create_type(e, LPM, 8, 4, 1, lazy | BPF_F_ZERO_SEED), -EINVAL);
}

static void the_longest_prefix_matches(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LPM, 8, 4, 3, BPF_F_NO_PREALLOC);

	assert_int_equal(lookup(e, fd, key(32, 192, 168, 0, 1)), -ENOENT);
	assert_int_equal(update(e, fd, key(16, 192, 168, 0, 0), 16, BPF_EXIST), -ENOENT);
	assert_int_equal(update(e, fd, key(16, 192, 168, 0, 0), 16, 0), 0);
	assert_int_equal(update(e, fd, key(24, 192, 168, 0, 0), 24, BPF_NOEXIST), 0);
	assert_int_equal(update(e, fd, key(24, 192, 168, 128, 0), 25, 0), 0);
	assert_int_equal(update(e, fd, key(8, 10, 0, 0, 0), 8, 0), -ENOSPC);
	assert_int_equal(update(e, fd, key(24, 192, 168, 0, 9), 26, BPF_NOEXIST), -EEXIST);
	assert_int_equal(update(e, fd, key(24, 192, 168, 0, 9), 26, BPF_EXIST), 0);
	assert_int_equal(update(e, fd, key(33, 192, 168, 0, 9), 26, 0), -EINVAL);
	assert_int_equal(update(e, fd, key(8, 10, 0, 0, 0), 8, 3), -EINVAL);
	assert_int_equal(lookup(e, fd, key(32, 192, 168, 0, 1)), 26);
	assert_int_equal(lookup(e, fd, key(32, 192, 168, 128, 1)), 25);
	assert_int_equal(lookup(e, fd, key(32, 192, 168, 1, 1)), 16);
	assert_int_equal(lookup(e, fd, key(16, 192, 168, 1, 1)), 16);
	assert_int_equal(lookup(e, fd, key(15, 192, 168, 1, 1)), -ENOENT);
	assert_int_equal(lookup(e, fd, key(33, 192, 168, 1, 1)), -ENOENT);
	assert_int_equal(delete(e, fd, key(17, 192, 168, 0, 0)), -ENOENT);
	assert_int_equal(delete(e, fd, key(33, 192, 168, 0, 0)), -EINVAL);
	assert_int_equal(delete(e, fd, key(16, 192, 168, 0, 0)), 0);
	assert_int_equal(delete(e, fd, key(16, 192, 168, 0, 0)), -ENOENT);
	assert_int_equal(lookup(e, fd, key(32, 192, 168, 1, 1)), -ENOENT);
	assert_int_equal(lookup(e, fd, key(32, 192, 168, 0, 1)), 26);
}

static void keys_are_walked_from_the_specific_to_the_general(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LPM, 8, 4, 9, BPF_F_NO_PREALLOC);
	/* the example of the kernel: 192.168/16 and three /24 in it */
	struct key in[] = { key(16, 192, 168, 0, 0), key(24, 192, 168, 0, 0), key(24, 192, 168, 128, 0),
			    key(24, 192, 168, 1, 0) };
	struct key out[] = { in[1], in[3], in[2], in[0] }, k, *prev = NULL;

	for (u32 i = 0; i < 4; i++)
		update(e, fd, in[i], i, 0);
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(prev), a.next_key = ptr(&k)), 0);
		assert_memory_equal(&k, &out[i], sizeof(k));
		prev = &k;
	}
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(prev), a.next_key = ptr(&k)), -ENOENT);
}

static bool has_prefix(struct key k, struct key prefix)
{
	for (u32 i = 0; i < prefix.len; i++)
		if ((k.data[i / 8] ^ prefix.data[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return prefix.len <= k.len;
}

/* Random changes against a list of entries that is searched in full. */
static void it_finds_what_a_search_of_all_entries_finds(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LPM, 8, 4, 20, BPF_F_NO_PREALLOC);
	struct { struct key k; u32 v; bool there; } list[64] = {};
	u32 x = 7, nr = 0;

	for (u32 n = 0; n < 4000; n++) {
		u32 at = (x = x * 1664525 + 1013904223) >> 26, want = 0, best = 0, walked = 0;
		struct key k = key(1 + at % 16, (x >> 10) & 0xc1, (x >> 12) & 0x81, 0, 0), prev, *from = NULL;
		s32 same = -1;

		for (u32 i = 0; i < 64; i++)
			if (list[i].there && list[i].k.len == k.len && has_prefix(k, list[i].k))
				same = i;
		for (u32 i = 0; same < 0 && i < 64; i++)
			if (!list[i].there)
				same = i;
		if (x >> 8 & 1) {
			long err = update(e, fd, k, n + 1, 0);

			assert_int_equal(err, list[same].there || nr < 20 ? 0 : -ENOSPC);
			if (!err) {
				nr += !list[same].there;
				list[same].k = k;
				list[same].v = n + 1;
				list[same].there = true;
			}
		} else {
			assert_int_equal(delete(e, fd, k), list[same].there ? 0 : -ENOENT);
			nr -= list[same].there;
			list[same].there = false;
		}
		k = key(32, (x >> 3) & 0xc1, (x >> 5) & 0x81, 0, 0);
		for (u32 i = 0; i < 64; i++) {
			if (list[i].there && has_prefix(k, list[i].k) && list[i].k.len >= best) {
				best = list[i].k.len;
				want = list[i].v;
			}
		}
		assert_int_equal(lookup(e, fd, k), want ? (long)want : -ENOENT);
		while (!CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.key = ptr(from), a.next_key = ptr(&k))) {
			prev = k;
			from = &prev;
			walked++;
		}
		assert_int_equal(walked, nr);
	}
}

static void programs_look_up_and_change(void **state)
{
	struct env *e = *state;
	int fd = map_create_type(e, LPM, 8, 8, 2, BPF_F_NO_PREALLOC);

#define PREFIX(len, bytes) "*(u32 *)(r10 - 8) = " #len "\n*(u32 *)(r10 - 4) = " #bytes "\nr2 = r10\nr2 += -8\n"
	assert_int_equal(returns(e, fd, "*(u64 *)(r10 - 16) = 5\nMAP\n" PREFIX(8, 10) "r3 = r10\nr3 += -16\nr4 = 0\n"
				 "call #2" EXIT), 0);
	assert_int_equal(returns(e, fd, "MAP\n" PREFIX(32, 522) "call #1\nr0 = *(u64 *)(r0 + 0)" EXIT), 5);
	assert_int_equal(returns(e, fd, "MAP\n" PREFIX(32, 11) "call #1" EXIT), 0);
	assert_int_equal(returns(e, fd, "MAP\n" PREFIX(8, 10) "call #3" EXIT), 0);
	assert_int_equal(returns(e, fd, "MAP\n" PREFIX(8, 10) "call #3" EXIT), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(the_longest_prefix_matches),
		TEST(keys_are_walked_from_the_specific_to_the_general),
		TEST(it_finds_what_a_search_of_all_entries_finds),
		TEST(programs_look_up_and_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
