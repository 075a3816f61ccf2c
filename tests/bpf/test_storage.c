// SPDX-License-Identifier: GPL-2.0-only
/* TASK_STORAGE: by system call, and of programs on a simulated machine. */
#include "bpf/fields.h"
#include "tests/bpf/fields.h"
#include "tests/bpf/machine.h"

#define STORAGE BPF_MAP_TYPE_TASK_STORAGE

/* --- by system call, without a machine --- */

static long storage_of(struct env *e, u32 value_size, u32 n, u32 flags)
{
	struct btf *b = value_btf();
	int c = btf__add_int(b, "char", 1, 0), v = btf__add_array(b, 1, c, value_size);

	return map_of(e, b, STORAGE, v, n, flags);
}

static void attributes_are_checked_as_in_the_kernel(void **state)
{
	struct env *e = *state;

	assert_true(storage_of(e, 8, 0, BPF_F_NO_PREALLOC) >= 0);
	assert_true(storage_of(e, 8, 0, BPF_F_NO_PREALLOC | BPF_F_CLONE) >= 0);
	assert_int_equal(storage_of(e, 8, 0, 0), -EINVAL);
	assert_int_equal(storage_of(e, 8, 1, BPF_F_NO_PREALLOC), -EINVAL);
	assert_int_equal(storage_of(e, 8, 0, BPF_F_NO_PREALLOC | BPF_F_MMAPABLE), -EINVAL);
	assert_true(storage_of(e, 65407, 0, BPF_F_NO_PREALLOC) >= 0);
	assert_int_equal(storage_of(e, 65408, 0, BPF_F_NO_PREALLOC), -E2BIG);
	assert_int_equal(CALL(e, BPF_MAP_CREATE, a.map_type = STORAGE, a.key_size = 4, a.value_size = 8,
			      a.map_flags = BPF_F_NO_PREALLOC), -EINVAL);
}

static void keys_are_descriptors_of_processes_which_there_are_none_of(void **state)
{
	struct env *e = *state;
	long fd = storage_of(e, 8, 0, BPF_F_NO_PREALLOC);
	u64 v = 0;
	u32 key = fd;

	assert_int_equal(map_lookup(e, fd, 0, &v), -EBADF);
	assert_int_equal(map_lookup(e, fd, fd, &v), -EBADF);
	assert_int_equal(map_update(e, fd, 99, &v, 0), -EBADF);
	assert_int_equal(CALL(e, BPF_MAP_DELETE_ELEM, a.map_fd = fd, a.key = ptr(&key)), -EBADF);
	assert_int_equal(CALL(e, BPF_MAP_GET_NEXT_KEY, a.map_fd = fd, a.next_key = ptr(&key)), -ENOTSUPP);
}

/* --- on a machine --- */

static u32 nr_storages(struct world *w)
{
	u32 n = 0;

	/* every value of the map "mine" has a lock, each in its list of fields */
	for (struct bpf_obj *o = bpf_obj_next(w->rt, OBJ_MAP, 1); o; o = bpf_obj_next(w->rt, OBJ_MAP, o->id + 1))
		for (struct field *f = to_bmap(o)->fields; f; f = f->next)
			n++;
	return n;
}

static void storage_world(struct world *w)
{
	char path[4200];

	for (int i = 0; i < 3; i++)
		world_add_task(w, "hog", 5 * MS, 0);
	world_load(w, object(path, sizeof(path), "storage"), NULL, 0);
	world_run(w, 300 * MS);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	if (bpf_rt_fault(w->rt))
		fail_msg("%s", bpf_rt_fault(w->rt)->msg);
}

static void a_task_has_its_own_value(const char *version)
{
	struct world *w = world_new("1", version);

	storage_world(w);
	assert_true(GLOBAL(w, u64, "nr_created") > 3);
	assert_int_equal(GLOBAL(w, u64, "not_null"), 0);
	assert_int_equal(GLOBAL(w, u64, "wrong_init"), 0);
	assert_true(GLOBAL(w, u64, "nr_runs") > 10);
	assert_int_equal(GLOBAL(w, u64, "nr_lost"), 0);
	assert_int_equal(GLOBAL(w, u64, "wrong_pid"), 0);
	assert_in_range(GLOBAL(w, u64, "max_runs"), 1004, 1000 + GLOBAL(w, u64, "nr_runs") - 5);
	assert_int_equal(GLOBAL(w, s32, "delete_none"), -ENOENT);
	assert_int_equal(GLOBAL(w, s32, "delete_there"), 0);
	assert_int_equal(GLOBAL(w, s32, "delete_again"), -ENOENT);
	assert_int_equal(GLOBAL(w, s32, "after_delete"), 0);
	assert_int_equal(nr_storages(w), GLOBAL(w, u64, "nr_created"));
	world_stop(w, 300 * MS);
	assert_int_equal(w->rt->fields.nr, 0);
	world_free(w);
}

static void a_task_has_its_own_value_in_7_2(void **state) { a_task_has_its_own_value("7.2"); }
static void a_task_has_its_own_value_in_6_12(void **state) { a_task_has_its_own_value("6.12"); }

static void nothing(void *arg) {}

static void storage_goes_with_its_task(void **state)
{
	struct world *w = world_new("1", "7.2");
	u64 created;
	u32 before;

	storage_world(w);
	before = nr_storages(w);
	world_add_task(w, "brief", 1 * MS, ~0ull >> 2);
	kernel_add_thread(w->k, "brief", 65536, nothing, NULL, 310 * MS);
	world_run(w, 900 * MS);
	created = GLOBAL(w, u64, "nr_created");
	/* one of the two has ended */
	assert_int_equal(created, before + 2);
	assert_int_equal(nr_storages(w), before + 1);
	world_stop(w, 900 * MS);
	world_free(w);
}

static void a_machine_may_be_thrown_away_with_storages(void **state)
{
	struct world *w = world_new("1", "7.2");

	storage_world(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_are_checked_as_in_the_kernel),
		TEST(keys_are_descriptors_of_processes_which_there_are_none_of),
		cmocka_unit_test(a_task_has_its_own_value_in_7_2),
		cmocka_unit_test(a_task_has_its_own_value_in_6_12),
		cmocka_unit_test(storage_goes_with_its_task),
		cmocka_unit_test(a_machine_may_be_thrown_away_with_storages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
