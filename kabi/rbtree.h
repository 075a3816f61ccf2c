/* SPDX-License-Identifier: GPL-2.0-only */
/* Red-black trees of kernel objects, with the kernel's names and node layout. */
#ifndef KABI_RBTREE_H
#define KABI_RBTREE_H

#include "kabi/types.h"

#define RB_ROOT ((struct rb_root){ NULL })
#define RB_EMPTY_ROOT(root) ((root)->rb_node == NULL)
/* A node that is in no tree points at itself. */
#define RB_CLEAR_NODE(n) ((n)->__rb_parent_color = (unsigned long)(n))
#define RB_EMPTY_NODE(n) ((n)->__rb_parent_color == (unsigned long)(n))

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

/* Insert @node; equal keys go after those that are there. @less(a, b): a sorts before b. */
void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *a, const struct rb_node *b));
void rb_erase(struct rb_node *node, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
/* Check colours, parents and order of the whole tree; returns a text that names the first fault, or NULL. */
const char *rb_check(const struct rb_root *root, bool (*less)(struct rb_node *a, const struct rb_node *b));

#endif
