// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs of kernel objects.
 *
 * A slab is a list of chunks, each some units of guest memory that hold objects of this slab only; a table
 * gives the chunk of a unit. What is known of the objects is beside the chunk in host memory.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kabi/gmem_impl.h"

/* slot = offset * inv >> INV_SHIFT is exact for offsets and strides of 20 bits: up to KSLAB_MAX_SIZE */
#define INV_SHIFT 40
/* A chunk has at least this many objects as long as that does not make it larger than KSLAB_MAX_SIZE. */
#define MIN_PER_CHUNK 16

struct kchunk {
	struct kslab *slab;
	u64 base;		/* guest address */
	u64 inv;		/* 2^INV_SHIFT / stride, rounded up */
	u32 stride, size;	/* bytes from object to object; of an object */
	u32 first, nr;		/* slot numbers: first .. first + nr - 1 */
	u32 nr_alive;
	u64 *alive;		/* a bit per slot */
	u32 *generation;
	char *companion;
};

struct kslab {
	struct gmem *g;
	struct kslab *next;
	struct kchunk **chunk;
	u32 nr_chunks, cap_chunks;
	u32 lowest;		/* no chunk below this one has a free slot */
	u32 size, stride;
	u32 chunk_bytes, per_chunk;
	size_t companion_size;
	char type_name[];
};

static struct kchunk *chunk_at(const struct gmem *g, u64 addr)
{
	u64 i = (g->mid - 1 - addr) >> GMEM_UNIT_SHIFT;

	return i < GMEM_UNITS ? __atomic_load_n(&g->impl->chunk_of_unit[i], __ATOMIC_ACQUIRE) : NULL;
}

static u32 slot_at(const struct kchunk *c, u64 addr)
{
	return (addr - c->base) * c->inv >> INV_SHIFT;
}

static bool slot_alive(const struct kchunk *c, u32 slot)
{
	return __atomic_load_n(&c->alive[slot / 64], __ATOMIC_RELAXED) >> slot % 64 & 1;
}

static void *slot_obj(const struct kchunk *c, u32 slot)
{
	return (void *)(uintptr_t)(c->base + (u64)slot * c->stride);
}

/* The chunk of @obj, which must be the start of a slot of @s, and its slot in *@slot. */
static struct kchunk *chunk_of(const struct kslab *s, const void *obj, u32 *slot)
{
	struct kchunk *c = chunk_at(s->g, (uintptr_t)obj);

	assert(c && c->slab == s && "object of another slab");
	*slot = slot_at(c, (uintptr_t)obj);
	assert(*slot < c->nr && slot_obj(c, *slot) == obj && "not the start of an object");
	return c;
}

struct kslab *kslab_create(struct gmem *g, const char *type_name, size_t size, size_t align,
			   size_t companion_size)
{
	size_t name_len = strlen(type_name) + 1, stride, bytes;
	struct kslab *s;

	assert(align && !(align & (align - 1)) && align <= GMEM_UNIT);
	if (!size || size > KSLAB_MAX_SIZE)
		return NULL;
	if (align < 8)
		align = 8;
	stride = (size + align - 1) & ~(align - 1);
	if (stride > KSLAB_MAX_SIZE)
		return NULL;
	bytes = stride * MIN_PER_CHUNK;
	if (bytes > KSLAB_MAX_SIZE)
		bytes = KSLAB_MAX_SIZE;
	bytes = (bytes + GMEM_UNIT - 1) & ~(GMEM_UNIT - 1);

	s = calloc(1, sizeof(*s) + name_len);
	if (!s)
		return NULL;
	memcpy(s->type_name, type_name, name_len);
	s->g = g;
	s->size = size;
	s->stride = stride;
	s->chunk_bytes = bytes;
	s->per_chunk = bytes / stride;
	/* companions are as aligned as malloc's memory */
	s->companion_size = (companion_size + 15) & ~(size_t)15;
	s->next = g->impl->slabs;
	g->impl->slabs = s;
	return s;
}

static void chunk_destroy(struct kchunk *c)
{
	free(c->alive);
	free(c->generation);
	free(c->companion);
	free(c);
}

void kslabs_destroy(struct gmem *g)
{
	struct kslab *s, *next;

	for (s = g->impl->slabs; s; s = next) {
		next = s->next;
		for (u32 i = 0; i < s->nr_chunks; i++)
			chunk_destroy(s->chunk[i]);
		free(s->chunk);
		free(s);
	}
}

static struct kchunk *chunk_create(struct kslab *s)
{
	struct gmem *g = s->g;
	struct kchunk *c;

	if (s->nr_chunks == s->cap_chunks) {
		u32 cap = s->cap_chunks ? 2 * s->cap_chunks : 4;
		struct kchunk **n = realloc(s->chunk, cap * sizeof(*n));

		if (!n)
			return NULL;
		s->chunk = n;
		s->cap_chunks = cap;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->alive = calloc((s->per_chunk + 63) / 64, sizeof(*c->alive));
	c->generation = calloc(s->per_chunk, sizeof(*c->generation));
	c->companion = s->companion_size ? calloc(s->per_chunk, s->companion_size) : NULL;
	if (!c->alive || !c->generation || (s->companion_size && !c->companion) ||
	    gmem_grow_down(g, s->chunk_bytes)) {
		chunk_destroy(c);
		return NULL;
	}
	c->slab = s;
	c->base = g->lo;
	c->inv = (1ull << INV_SHIFT) / s->stride + 1;
	c->stride = s->stride;
	c->size = s->size;
	c->first = s->nr_chunks * s->per_chunk;
	c->nr = s->per_chunk;
	s->chunk[s->nr_chunks++] = c;
	for (u64 a = c->base; a < c->base + s->chunk_bytes; a += GMEM_UNIT) {
		u64 i = (g->mid - 1 - a) >> GMEM_UNIT_SHIFT;

		__atomic_store_n(&g->impl->chunk_of_unit[i], c, __ATOMIC_RELEASE);
	}
	return c;
}

void *kslab_alloc(struct kslab *s)
{
	struct kchunk *c;
	u32 w = 0, slot;
	void *obj;

	while (s->lowest < s->nr_chunks && s->chunk[s->lowest]->nr_alive == s->per_chunk)
		s->lowest++;
	c = s->lowest < s->nr_chunks ? s->chunk[s->lowest] : chunk_create(s);
	if (!c)
		return NULL;
	while (!~c->alive[w])
		w++;
	slot = w * 64 + __builtin_ctzll(~c->alive[w]);
	obj = slot_obj(c, slot);
	memset(obj, 0, s->size);
	if (s->companion_size)
		memset(c->companion + slot * s->companion_size, 0, s->companion_size);
	__atomic_store_n(&c->generation[slot], c->generation[slot] + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&c->alive[w], c->alive[w] | 1ull << slot % 64, __ATOMIC_RELEASE);
	c->nr_alive++;
	return obj;
}

void kslab_free(struct kslab *s, void *obj)
{
	struct kchunk *c;
	u32 slot;

	if (!obj)
		return;
	c = chunk_of(s, obj, &slot);
	assert(slot_alive(c, slot) && "object freed twice");
	__atomic_store_n(&c->alive[slot / 64], c->alive[slot / 64] & ~(1ull << slot % 64), __ATOMIC_RELEASE);
	c->nr_alive--;
	if (c->first / s->per_chunk < s->lowest)
		s->lowest = c->first / s->per_chunk;
}

size_t kslab_size(const struct kslab *s)
{
	return s->size;
}

const char *kslab_type_name(const struct kslab *s)
{
	return s->type_name;
}

u32 kslab_generation(const struct kslab *s, const void *obj)
{
	u32 slot;
	struct kchunk *c = chunk_of(s, obj, &slot);

	return __atomic_load_n(&c->generation[slot], __ATOMIC_RELAXED);
}

struct kslab *kslab_find(const struct gmem *g, u64 addr, void **obj)
{
	struct kchunk *c = chunk_at(g, addr);
	u32 slot;

	if (!c)
		return NULL;
	slot = slot_at(c, addr);
	/* there is room behind the last object of a chunk, and behind each if sizes are not aligned */
	if (slot >= c->nr || addr - c->base - (u64)slot * c->stride >= c->size || !slot_alive(c, slot))
		return NULL;
	*obj = slot_obj(c, slot);
	return c->slab;
}

void *kslab_companion(const struct kslab *s, const void *obj)
{
	u32 slot;
	struct kchunk *c = chunk_of(s, obj, &slot);

	return c->companion + slot * s->companion_size;
}

void *kslab_at(const struct kslab *s, u32 i)
{
	struct kchunk *c = s->chunk[i / s->per_chunk];

	return slot_alive(c, i - c->first) ? slot_obj(c, i - c->first) : NULL;
}

u32 kslab_capacity(const struct kslab *s)
{
	return s->nr_chunks * s->per_chunk;
}

u32 kslab_index(const struct kslab *s, const void *obj)
{
	u32 slot;
	struct kchunk *c = chunk_of(s, obj, &slot);

	return c->first + slot;
}
