// SPDX-License-Identifier: GPL-2.0-only
/* Special fields of map values: the table of live ones, copying around them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/fields.h"
#include "bpf/kptr.h"
#include "bpf/timer.h"

/* --- the table --- */

static struct field **slot_of(const struct field_table *t, u64 addr)
{
	return &t->slot[(addr >> 2) * 0x9e3779b97f4a7c15ull >> 32 & (t->cap - 1)];
}

static int grow(struct field_table *t)
{
	struct field_table bigger = { .nr = t->nr, .cap = t->cap ? 2 * t->cap : 64 };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (u32 i = 0; i < t->cap; i++) {
		for (struct field *f = t->slot[i], *next; f; f = next) {
			struct field **to = slot_of(&bigger, f->addr);

			next = f->chain;
			f->chain = *to;
			*to = f;
		}
	}
	free(t->slot);
	*t = bigger;
	return 0;
}

struct field *field_at(const struct bpf_rt *rt, u64 addr, enum field_kind kind)
{
	struct field *f = rt->fields.cap ? *slot_of(&rt->fields, addr) : NULL;

	while (f && f->addr != addr)
		f = f->chain;
	return f && f->kind == kind ? f : NULL;
}

static int add_field(struct bmap *m, void *value, u32 i)
{
	struct field_table *t = &m->obj.rt->fields;
	struct field *f, **slot;

	if (t->nr == t->cap && grow(t))
		return -ENOMEM;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->addr = (uintptr_t)value + m->rec->f[i].off;
	f->kind = m->rec->f[i].kind;
	f->m = m;
	f->value = value;
	f->kptr_type = m->rec->f[i].kptr;
	slot = slot_of(t, f->addr);
	f->chain = *slot;
	*slot = f;
	t->nr++;
	f->next = m->fields;
	f->pprev = &m->fields;
	if (f->next)
		f->next->pprev = &f->next;
	m->fields = f;
	return 0;
}

/* --- life --- */

static void cancel_timer(struct field *f)
{
	if (f->kind == FIELD_TIMER)
		btimer_cancel_and_free(f);
}

/* Give up what it holds. */
static void cancel_field(struct field *f)
{
	cancel_timer(f);
	if (f->kind == FIELD_KPTR_REF || f->kind == FIELD_KPTR_UNREF)
		kptr_drop(f);
}

static void free_field(struct field *f)
{
	struct field_table *t = &f->m->obj.rt->fields;
	struct field **at = slot_of(t, f->addr);

	cancel_field(f);
	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	t->nr--;
	*f->pprev = f->next;
	if (f->next)
		f->next->pprev = f->pprev;
	free(f);
}

static struct field *value_field(const struct bmap *m, const void *value, u32 i)
{
	return field_at(m->obj.rt, (uintptr_t)value + m->rec->f[i].off, m->rec->f[i].kind);
}

int bmap_init_value(struct bmap *m, void *value)
{
	for (u32 i = 0; m->rec && i < m->rec->nr; i++) {
		if (add_field(m, value, i)) {
			bmap_fini_value(m, value);
			return -ENOMEM;
		}
	}
	return 0;
}

void bmap_fini_value(struct bmap *m, void *value)
{
	for (u32 i = 0; m->rec && i < m->rec->nr; i++) {
		struct field *f = value_field(m, value, i);

		if (f)
			free_field(f);
	}
}

void bmap_cancel_fields(struct bmap *m, void *value)
{
	for (u32 i = 0; m->rec && i < m->rec->nr; i++) {
		if (m->obj.rt->v7)
			cancel_timer(value_field(m, value, i));
		else
			cancel_field(value_field(m, value, i));
	}
}

void fields_free_map(struct bmap *m)
{
	while (m->fields)
		free_field(m->fields);
}

void fields_no_users(struct bmap *m)
{
	for (struct field *f = m->fields; f; f = f->next)
		cancel_timer(f);
}

void fields_destroy(struct bpf_rt *rt)
{
	free(rt->fields.slot);
}

/* --- copies --- */

void bmap_copy_value(const struct bmap *m, void *dst, const void *src)
{
	u32 at = 0;

	for (u32 i = 0; m->rec && i < m->rec->nr; i++) {
		memmove((char *)dst + at, (const char *)src + at, m->rec->f[i].off - at);
		at = m->rec->f[i].off + m->rec->f[i].size;
	}
	memmove((char *)dst + at, (const char *)src + at, m->value_size - at);
}

void bmap_copy_value_locked(const struct bmap *m, void *dst, const void *src, const void *locked)
{
	struct field *f = NULL;
	bool irqs_off;

	for (u32 i = 0; i < m->rec->nr; i++)
		if (m->rec->f[i].kind == FIELD_SPIN_LOCK)
			f = value_field(m, locked, i);
	irqs_off = field_lock(f);
	bmap_copy_value(m, dst, src);
	field_unlock(f, irqs_off);
}
