// SPDX-License-Identifier: GPL-2.0-only
/*
 * Red-black trees (Cormen et al., Introduction to Algorithms, ch. 13; leaves are NULL and black).
 *
 * 1. A red node has no red child. 2. From a node to every leaf below it there are equally many black nodes.
 * 3. The root is black. The colour is bit 0 of __rb_parent_color, 1 for black.
 */
#include "kabi/rbtree.h"

#define RB_BLACK 1ul

/* Deeper than any valid tree that fits into 64 bits of addresses. */
#define RB_MAX_DEPTH 128

static struct rb_node *parent(const struct rb_node *n)
{
	return (struct rb_node *)(n->__rb_parent_color & ~RB_BLACK);
}

static bool is_red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & RB_BLACK);
}

static void set_parent(struct rb_node *n, const struct rb_node *p)
{
	n->__rb_parent_color = (unsigned long)p | (n->__rb_parent_color & RB_BLACK);
}

static void set_red(struct rb_node *n)
{
	n->__rb_parent_color &= ~RB_BLACK;
}

static void set_black(struct rb_node *n)
{
	n->__rb_parent_color |= RB_BLACK;
}

static void set_colour_of(struct rb_node *n, const struct rb_node *like)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~RB_BLACK) | (like->__rb_parent_color & RB_BLACK);
}

/* Put @new (or nothing) where @old hangs below @p, its parent; @p NULL: @old is the root. */
static void replace_child(struct rb_root *root, const struct rb_node *old, struct rb_node *new,
			  struct rb_node *p)
{
	if (!p)
		root->rb_node = new;
	else if (p->rb_left == old)
		p->rb_left = new;
	else
		p->rb_right = new;
	if (new)
		set_parent(new, p);
}

static void rotate_left(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *r = n->rb_right;

	n->rb_right = r->rb_left;
	if (r->rb_left)
		set_parent(r->rb_left, n);
	replace_child(root, n, r, parent(n));
	r->rb_left = n;
	set_parent(n, r);
}

static void rotate_right(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *l = n->rb_left;

	n->rb_left = l->rb_right;
	if (l->rb_right)
		set_parent(l->rb_right, n);
	replace_child(root, n, l, parent(n));
	l->rb_right = n;
	set_parent(n, l);
}

void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &root->rb_node, *n = node, *p = NULL;

	while (*link) {
		p = *link;
		link = less(node, p) ? &p->rb_left : &p->rb_right;
	}
	node->__rb_parent_color = (unsigned long)p;	/* red */
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;

	/* @n is red. A red parent is not the root; what is wrong moves up or is rotated away. */
	while ((p = parent(n)) && is_red(p)) {
		struct rb_node *gp = parent(p);
		bool left = p == gp->rb_left;
		struct rb_node *uncle = left ? gp->rb_right : gp->rb_left;

		if (is_red(uncle)) {
			set_black(p);
			set_black(uncle);
			set_red(gp);
			n = gp;
			continue;
		}
		if (n == (left ? p->rb_right : p->rb_left)) {
			if (left)
				rotate_left(p, root);
			else
				rotate_right(p, root);
			p = n;
		}
		set_black(p);
		set_red(gp);
		if (left)
			rotate_right(gp, root);
		else
			rotate_left(gp, root);
		break;
	}
	set_black(root->rb_node);
}

/* Paths through @n, a child of @p (NULL is possible for @n), have one black node too few. */
static void erase_fixup(struct rb_node *n, struct rb_node *p, struct rb_root *root)
{
	while (p && !is_red(n)) {
		bool left = n == p->rb_left;
		struct rb_node *s = left ? p->rb_right : p->rb_left;	/* exists: has black to spare */
		struct rb_node *near, *far;

		if (is_red(s)) {
			set_black(s);
			set_red(p);
			if (left)
				rotate_left(p, root);
			else
				rotate_right(p, root);
			s = left ? p->rb_right : p->rb_left;
		}
		near = left ? s->rb_left : s->rb_right;
		far = left ? s->rb_right : s->rb_left;
		if (!is_red(near) && !is_red(far)) {
			set_red(s);
			n = p;
			p = parent(n);
			continue;
		}
		if (!is_red(far)) {
			set_black(near);
			set_red(s);
			if (left)
				rotate_right(s, root);
			else
				rotate_left(s, root);
			far = s;
			s = near;
		}
		set_colour_of(s, p);
		set_black(p);
		set_black(far);
		if (left)
			rotate_left(p, root);
		else
			rotate_right(p, root);
		return;
	}
	if (n)
		set_black(n);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *child, *p;
	bool black;

	if (node->rb_left && node->rb_right) {
		/* the successor takes the place and the colour; what is missing is missing where it was */
		struct rb_node *s = node->rb_right;

		while (s->rb_left)
			s = s->rb_left;
		black = !is_red(s);
		child = s->rb_right;
		p = parent(s);
		if (p == node) {
			p = s;
		} else {
			replace_child(root, s, child, p);
			s->rb_right = node->rb_right;
			set_parent(s->rb_right, s);
		}
		s->rb_left = node->rb_left;
		set_parent(s->rb_left, s);
		replace_child(root, node, s, parent(node));
		set_colour_of(s, node);
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		p = parent(node);
		black = !is_red(node);
		replace_child(root, node, child, p);
	}
	if (black)
		erase_fixup(child, p, root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_right)
		n = n->rb_right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *p;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_right) {
		struct rb_root right = { node->rb_right };

		return rb_first(&right);
	}
	while ((p = parent(node)) && node == p->rb_right)
		node = p;
	return p;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *p;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_left) {
		struct rb_root left = { node->rb_left };

		return rb_last(&left);
	}
	while ((p = parent(node)) && node == p->rb_left)
		node = p;
	return p;
}

/* Black nodes on the paths below and including @n, or -1 with *@fault set. */
static int check_below(struct rb_node *n, const struct rb_node *p, u32 depth, const char **fault)
{
	int l, r;

	if (!n)
		return 0;
	if (depth > RB_MAX_DEPTH) {
		*fault = "deeper than a balanced tree can be";
		return -1;
	}
	if (parent(n) != p) {
		*fault = "a node's parent is not the node it hangs below";
		return -1;
	}
	if (is_red(n) && (!p || is_red(p))) {
		*fault = p ? "a red node has a red child" : "the root is red";
		return -1;
	}
	l = check_below(n->rb_left, n, depth + 1, fault);
	r = l < 0 ? -1 : check_below(n->rb_right, n, depth + 1, fault);
	if (r < 0)
		return -1;
	if (l != r) {
		*fault = "paths to the leaves have different numbers of black nodes";
		return -1;
	}
	return l + !is_red(n);
}

const char *rb_check(const struct rb_root *root, bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	const char *fault = NULL;
	struct rb_node *n, *next;

	if (check_below(root->rb_node, NULL, 0, &fault) < 0)
		return fault;
	for (n = rb_first(root); n; n = next) {
		next = rb_next(n);
		if (next && less(next, n))
			return "a node sorts before its predecessor";
	}
	return NULL;
}
