/* SPDX-License-Identifier: GPL-2.0-only */
/* Circular doubly linked lists of kernel objects, with the kernel's names. */
#ifndef KABI_LIST_H
#define KABI_LIST_H

#include "kabi/types.h"

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list_head *l)
{
	return __atomic_load_n(&l->next, __ATOMIC_RELAXED) == l;
}

static inline void __list_insert(struct list_head *n, struct list_head *prev, struct list_head *next)
{
	n->prev = prev;
	n->next = next;
	next->prev = n;
	__atomic_store_n(&prev->next, n, __ATOMIC_RELAXED);	/* list_empty() looks without a lock */
}

/* Insert after @l: the front, if @l is the head. */
static inline void list_add(struct list_head *n, struct list_head *l)
{
	__list_insert(n, l, l->next);
}

static inline void list_add_tail(struct list_head *n, struct list_head *l)
{
	__list_insert(n, l->prev, l);
}

static inline void list_del_init(struct list_head *n)
{
	n->next->prev = n->prev;
	__atomic_store_n(&n->prev->next, n->next, __ATOMIC_RELAXED);
	INIT_LIST_HEAD(n);
}

static inline void list_move_tail(struct list_head *n, struct list_head *l)
{
	list_del_init(n);
	list_add_tail(n, l);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_for_each_entry(pos, head, member) \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member); &(pos)->member != (head); \
	     (pos) = list_entry((pos)->member.next, __typeof__(*(pos)), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member), \
	     (n) = list_entry((pos)->member.next, __typeof__(*(pos)), member); \
	     &(pos)->member != (head); \
	     (pos) = (n), (n) = list_entry((n)->member.next, __typeof__(*(n)), member))

#endif
