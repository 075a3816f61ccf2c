// SPDX-License-Identifier: GPL-2.0-only
/* kabi/rbtree.c: the tree stays valid under random operations, and rb_check() sees what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kabi/rbtree.h"

struct item {
	struct rb_node node;
	u64 key;
	u32 seq;	/* when it was inserted */
	bool in;
};

#define NR 400

static bool item_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, node)->key < rb_entry(b, struct item, node)->key;
}

static u64 rng = 1;

static u64 rnd(void)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return rng >> 33;
}

/* The tree holds exactly the items that are in, by key, and equal keys by insertion; both ways. */
static void check_content(struct rb_root *root, struct item *it)
{
	struct item *prev = NULL;
	u32 n = 0, in = 0;

	for (struct rb_node *r = rb_first(root); r; r = rb_next(r)) {
		struct item *i = rb_entry(r, struct item, node);

		assert_true(i->in);
		if (prev) {
			assert_true(prev->key < i->key || (prev->key == i->key && prev->seq < i->seq));
			assert_ptr_equal(rb_prev(r), &prev->node);
		} else {
			assert_null(rb_prev(r));
		}
		prev = i;
		n++;
	}
	assert_ptr_equal(rb_last(root), prev ? &prev->node : NULL);
	for (u32 i = 0; i < NR; i++)
		in += it[i].in;
	assert_int_equal(n, in);
}

static void random_operations_keep_the_tree_valid(void **state)
{
	struct item *it = calloc(NR, sizeof(*it));
	struct rb_root root = RB_ROOT;
	u32 seq = 0;

	assert_non_null(it);
	for (u32 step = 0; step < 20000; step++) {
		struct item *i = &it[rnd() % NR];
		const char *fault;

		/* phases of growing and of shrinking */
		if (!i->in && rnd() % 4 < (step / 2000 % 2 ? 1 : 3)) {
			i->key = rnd() % (step % 3 ? 1000 : 7);
			i->seq = seq++;
			i->in = true;
			rb_add(&i->node, &root, item_less);
		} else if (i->in) {
			rb_erase(&i->node, &root);
			memset(&i->node, 0xff, sizeof(i->node));
			i->in = false;
		}
		fault = step % 8 ? NULL : rb_check(&root, item_less);
		if (fault)
			fail_msg("step %u: %s", step, fault);
		if (step % 500 == 0)
			check_content(&root, it);
	}
	for (u32 i = 0; i < NR; i++) {
		if (!it[i].in)
			continue;
		rb_erase(&it[i].node, &root);
		assert_null(rb_check(&root, item_less));
	}
	assert_true(RB_EMPTY_ROOT(&root));
	free(it);
}

static void small_trees_survive_every_order_of_erasing(void **state)
{
	struct item it[6];

	/* every number in base 6 with six digits that are all different is an order */
	for (u32 order = 0; order < 46656; order++) {
		struct rb_root root = RB_ROOT;
		u32 seen = 0, o = order;

		for (u32 k = 0; k < 6; k++, o /= 6)
			seen |= 1 << o % 6;
		if (seen != 0x3f)
			continue;
		for (u32 k = 0; k < 6; k++) {
			it[k].key = k;
			rb_add(&it[k].node, &root, item_less);
		}
		o = order;
		for (u32 k = 0; k < 6; k++, o /= 6) {
			rb_erase(&it[o % 6].node, &root);
			assert_null(rb_check(&root, item_less));
		}
		assert_true(RB_EMPTY_ROOT(&root));
	}
}

static void nodes_in_no_tree_have_no_neighbours(void **state)
{
	struct item i;

	RB_CLEAR_NODE(&i.node);
	assert_true(RB_EMPTY_NODE(&i.node));
	assert_null(rb_next(&i.node));
	assert_null(rb_prev(&i.node));
}

static void check_sees_wrong_trees(void **state)
{
	struct item it[7] = {};
	struct rb_root root = RB_ROOT;
	unsigned long saved;

	for (u32 k = 0; k < 7; k++) {
		it[k].key = k;
		rb_add(&it[k].node, &root, item_less);
	}
	assert_null(rb_check(&root, item_less));

	it[2].key = 9;
	assert_non_null(strstr(rb_check(&root, item_less), "sorts before"));
	it[2].key = 2;

	saved = root.rb_node->__rb_parent_color;
	root.rb_node->__rb_parent_color &= ~1ul;
	assert_non_null(strstr(rb_check(&root, item_less), "root is red"));
	root.rb_node->__rb_parent_color = saved;

	saved = it[6].node.__rb_parent_color;
	it[6].node.__rb_parent_color ^= 1;
	assert_non_null(rb_check(&root, item_less));
	it[6].node.__rb_parent_color = (unsigned long)&it[0].node | (saved & 1);
	assert_non_null(strstr(rb_check(&root, item_less), "parent"));
	it[6].node.__rb_parent_color = saved;

	/* a loop is reported, not followed */
	it[6].node.rb_right = &it[5].node;
	assert_non_null(rb_check(&root, item_less));
	it[6].node.rb_right = NULL;
	assert_null(rb_check(&root, item_less));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_keep_the_tree_valid),
		cmocka_unit_test(small_trees_survive_every_order_of_erasing),
		cmocka_unit_test(nodes_in_no_tree_have_no_neighbours),
		cmocka_unit_test(check_sees_wrong_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
