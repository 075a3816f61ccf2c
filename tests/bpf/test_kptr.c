// SPDX-License-Identifier: GPL-2.0-only
/* References that map values own, and CPU masks of programs, on a simulated machine. */
#include "sched/sched.h"
#include "tests/bpf/machine.h"

static struct world *kptr_world(const char *version)
{
	struct world *w = world_new("4", version);
	char path[4200];

	world_add_task(w, "hog", 5 * MS, 5 * MS);
	world_load(w, object(path, sizeof(path), "kptr"), NULL, 0);
	world_run(w, 200 * MS);
	if (loader_result(w->loader)->state != LOADER_ATTACHED)
		fail_msg("%s\n%s", loader_result(w->loader)->msg, kernel_log(w->k));
	if (bpf_rt_fault(w->rt))
		fail_msg("%s", bpf_rt_fault(w->rt)->msg);
	return w;
}

static u32 nr_masks(struct world *w)
{
	u32 n = 0;

	for (u32 i = 0; i < kslab_capacity(w->rt->cpumask_slab); i++)
		n += kslab_at(w->rt->cpumask_slab, i) != NULL;
	return n;
}

static void masks_and_references(const char *version)
{
	struct world *w = kptr_world(version);

	if (GLOBAL(w, u64, "failed"))
		fail_msg("checks %llx", (unsigned long long)GLOBAL(w, u64, "failed"));
	assert_int_equal(GLOBAL(w, u64, "distributed"), 1313);
	assert_int_equal(GLOBAL(w, s32, "task_pid"), 1);
	assert_int_equal(GLOBAL(w, s32, "seen_pid"), 1);
	/* one was given up, a grace period ago */
	assert_int_equal(nr_masks(w), 1);
	world_stop(w, 200 * MS);
	assert_int_equal(nr_masks(w), 0);
	world_free(w);
}

static void masks_and_references_in_7_2(void **state) { masks_and_references("7.2"); }
static void masks_and_references_in_6_12(void **state) { masks_and_references("6.12"); }

static void what_a_value_owns_goes_with_its_map(void **state)
{
	struct world *w = kptr_world("7.2");
	u32 usage = w->k->init->usage.refs.counter;

	assert_int_equal(w->rt->fields.nr, 2 * 3 + 1);
	world_stop(w, 200 * MS);
	assert_int_equal(w->k->init->usage.refs.counter, usage - 1);
	assert_int_equal(w->rt->fields.nr, 0);
	world_free(w);
}

static struct bmap *items(struct world *w)
{
	struct bpf_obj *o = bpf_obj_next(w->rt, OBJ_MAP, 1);

	while (o && strcmp(to_bmap(o)->name, "items"))
		o = bpf_obj_next(w->rt, OBJ_MAP, o->id + 1);
	assert_non_null(o);
	return to_bmap(o);
}

static void an_update_gives_up_references_in_6_12_only(void **state)
{
	struct world *w = kptr_world("7.2");
	u64 v[4] = { 5, 6, 7, 8 };

	assert_int_equal(items(w)->t->update(items(w), &(u32){ 0 }, v, 0), 0);
	assert_int_equal(nr_masks(w), 1);
	assert_int_not_equal(((u64 *)items(w)->array.values)[1], 0);
	assert_int_equal(((u64 *)items(w)->array.values)[0], 5);
	world_stop(w, 200 * MS);
	world_free(w);
	w = kptr_world("6.12");
	assert_int_equal(items(w)->t->update(items(w), &(u32){ 0 }, v, 0), 0);
	assert_int_equal(nr_masks(w), 0);
	assert_int_equal(((u64 *)items(w)->array.values)[1], 0);
	assert_int_equal(((u64 *)items(w)->array.values)[3], 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_and_references_in_7_2),
		cmocka_unit_test(masks_and_references_in_6_12),
		cmocka_unit_test(what_a_value_owns_goes_with_its_map),
		cmocka_unit_test(an_update_gives_up_references_in_6_12_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
