// SPDX-License-Identifier: GPL-2.0-only
/* The rules of kabi/gmem.h. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kabi/gmem.h"

static u64 addr_of(const void *p)
{
	return (uintptr_t)p;
}

static int setup(void **state)
{
	char err[256] = "";

	return gmem_create((struct gmem **)state, err, sizeof(err));
}

static int teardown(void **state)
{
	gmem_destroy(*state);
	return 0;
}

static void second_memory_is_refused_and_says_why(void **state)
{
	struct gmem *g;
	char err[256] = "";

	assert_int_equal(gmem_create(&g, err, sizeof(err)), -EBUSY);
	assert_non_null(strstr(err, "taken by"));
}

static void place_can_be_used_again_after_destroy(void **state)
{
	struct gmem *g;
	char err[256] = "";
	u64 *p;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(gmem_create(&g, err, sizeof(err)), 0);
		p = gmem_alloc_rw(g, 8, 8);
		assert_int_equal(addr_of(p), GMEM_MID);
		assert_int_equal(*p, 0);
		*p = 1;
		gmem_destroy(g);
	}
}

static void range_checks_hold_at_the_edges(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 64, 8, 0);

	assert_false(gmem_can_read(g, g->mid, 1));
	assert_false(gmem_can_write(g, g->mid, 1));
	assert_non_null(kslab_alloc(s));
	assert_non_null(gmem_alloc_rw(g, 100, 8));
	assert_true(g->lo < g->mid && g->mid < g->hi);

	assert_true(gmem_can_read(g, g->lo, 1));
	assert_true(gmem_can_read(g, g->lo, g->hi - g->lo));
	assert_false(gmem_can_read(g, g->lo - 1, 1));
	assert_false(gmem_can_read(g, g->lo - 1, 8));
	assert_true(gmem_can_read(g, g->hi - 8, 8));
	assert_false(gmem_can_read(g, g->hi - 7, 8));
	assert_false(gmem_can_read(g, g->hi, 1));
	assert_false(gmem_can_read(g, 0, 8));
	assert_false(gmem_can_read(g, ~0ull, 8));
	assert_false(gmem_can_read(g, ~0ull - 7, 8));
	assert_false(gmem_can_read(g, g->lo, ~0ull));
	assert_false(gmem_can_read(g, g->hi - 8, ~0ull - 8));

	assert_true(gmem_can_write(g, g->mid, 8));
	assert_true(gmem_can_write(g, g->hi - 1, 1));
	assert_false(gmem_can_write(g, g->mid - 1, 1));
	assert_false(gmem_can_write(g, g->mid - 1, 8));
	assert_false(gmem_can_write(g, g->lo, 8));
	assert_false(gmem_can_write(g, g->hi, 1));
	assert_false(gmem_can_write(g, g->hi - 1, 2));
	assert_false(gmem_can_write(g, g->mid, ~0ull));
	assert_false(gmem_can_write(g, 0, 1));
}

static void all_between_lo_and_hi_is_mapped(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 3000, 64, 0);
	u64 sum = 0;
	int fd;

	for (int i = 0; i < 100; i++) {
		assert_non_null(kslab_alloc(s));
		assert_non_null(gmem_alloc_rw(g, 700 * i, 8));
	}
	gmem_free_shared(g, gmem_alloc_shared(g, 5000, &fd), 5000);
	assert_non_null(gmem_alloc_rw(g, 10, 1 << 20));
	for (u64 a = g->lo; a < g->hi; a += 512)
		sum += *(volatile char *)(uintptr_t)a;
	assert_int_equal(sum, 0);
	/* and what is above mid can be written to */
	for (u64 a = g->mid; a < g->hi; a += 512)
		*(volatile char *)(uintptr_t)a = 1;
}

static void rw_memory_is_aligned_and_disjoint(void **state)
{
	struct gmem *g = *state;
	struct { unsigned char *p; size_t size; } b[300];

	for (int i = 0; i < 300; i++) {
		size_t align = 1ull << i % 14;

		b[i].size = (i * 7919ull) % (i % 10 ? 3000 : 200000);
		b[i].p = gmem_alloc_rw(g, b[i].size, align);
		assert_non_null(b[i].p);
		assert_int_equal(addr_of(b[i].p) % align, 0);
		assert_true(!b[i].size || gmem_can_write(g, addr_of(b[i].p), b[i].size));
		memset(b[i].p, i, b[i].size);
	}
	for (int i = 0; i < 300; i++)
		for (size_t k = 0; k < b[i].size; k++)
			if (b[i].p[k] != (unsigned char)i)
				fail_msg("block %d was overwritten at %zu", i, k);
	for (int i = 0; i < 300; i++)
		gmem_free_rw(g, b[i].p, b[i].size);
}

static void freed_rw_memory_is_reused_last_first_and_zeroed(void **state)
{
	static const size_t sizes[] = { 1, 40, 512, 4096, 32768, 70000, 3 << 20 };
	struct gmem *g = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = sizes[i];
		unsigned char *a = gmem_alloc_rw(g, n, 8), *b = gmem_alloc_rw(g, n, 8);
		u64 hi = g->hi;

		assert_ptr_not_equal(a, b);
		memset(a, 0xaa, n);
		memset(b, 0xbb, n);
		gmem_free_rw(g, a, n);
		gmem_free_rw(g, b, n);
		assert_ptr_equal(gmem_alloc_rw(g, n, 8), b);
		assert_ptr_equal(gmem_alloc_rw(g, n, 8), a);
		for (size_t k = 0; k < n; k++)
			assert_true(!a[k] && !b[k]);
		assert_int_equal(g->hi, hi);
	}
}

static void rw_memory_is_zero_even_where_a_program_scribbled_before(void **state)
{
	struct gmem *g = *state;
	unsigned char *a = gmem_alloc_rw(g, 256, 8), *b;

	memset(a, 0xff, g->hi - addr_of(a));
	b = gmem_alloc_rw(g, 256, 8);
	for (int k = 0; k < 256; k++)
		assert_int_equal(b[k], 0);
}

static void addresses_are_the_same_in_every_run(void **state)
{
	u64 first[60] = {};
	char err[256];

	for (int run = 0; run < 2; run++) {
		struct gmem *g;
		struct kslab *s;

		assert_int_equal(gmem_create(&g, err, sizeof(err)), 0);
		s = kslab_create(g, "t", 1000, 8, 16);
		for (int i = 0; i < 30; i++) {
			void *p = gmem_alloc_rw(g, 100 * i, 8), *o = kslab_alloc(s);

			if (!run) {
				first[2 * i] = addr_of(p);
				first[2 * i + 1] = addr_of(o);
			}
			assert_int_equal(first[2 * i], addr_of(p));
			assert_int_equal(first[2 * i + 1], addr_of(o));
			if (i % 3 == 0) {
				gmem_free_rw(g, p, 100 * i);
				kslab_free(s, o);
			}
		}
		gmem_destroy(g);
	}
}

static void too_much_is_refused(void **state)
{
	struct gmem *g = *state;
	u64 hi = g->hi;
	int fd;

	assert_null(gmem_alloc_rw(g, GMEM_MAX + 1, 8));
	assert_null(gmem_alloc_rw(g, SIZE_MAX, 8));
	assert_null(gmem_alloc_shared(g, SIZE_MAX, &fd));
	assert_int_equal(g->hi, hi);
	assert_null(kslab_create(g, "t", KSLAB_MAX_SIZE + 1, 8, 0));
	assert_null(kslab_create(g, "t", 0, 8, 0));
	assert_non_null(kslab_create(g, "t", KSLAB_MAX_SIZE, 8, 0));
}

static void shared_memory_is_visible_through_its_memfd(void **state)
{
	struct gmem *g = *state;
	int fd = -1, fd2 = -1;
	char *p = gmem_alloc_shared(g, 5000, &fd), *q = gmem_alloc_shared(g, 5000, &fd2), *m;

	assert_non_null(p);
	assert_non_null(q);
	assert_int_not_equal(fd, fd2);
	assert_int_equal(addr_of(p) % sysconf(_SC_PAGESIZE), 0);
	m = mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(m, MAP_FAILED);
	strcpy(p, "from the program");
	assert_string_equal(m, "from the program");
	strcpy(m + 4990, "loader");
	assert_string_equal(p + 4990, "loader");
	assert_int_equal(q[0], 0);

	gmem_free_shared(g, p, 5000);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* the same place, private and zero again; the loader keeps what it mapped */
	assert_ptr_equal(gmem_alloc_rw(g, 60000, 8), p);
	assert_int_equal(p[0], 0);
	p[0] = 'x';
	assert_string_equal(m, "from the program");
	munmap(m, 5000);
	gmem_free_shared(g, q, 5000);
}

static void slab_objects_are_found_from_start_and_interior(void **state)
{
	static const size_t sizes[] = { 1, 8, 24, 100, 1000, 1736, 65536, 70000, 300000, 1 << 20 };
	struct gmem *g = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = sizes[i];
		struct kslab *s = kslab_create(g, "thing", n, 64, 0);
		char *o[40];

		for (int k = 0; k < 40; k++) {
			o[k] = kslab_alloc(s);
			assert_non_null(o[k]);
			assert_int_equal(addr_of(o[k]) % 64, 0);
			assert_true(gmem_can_read(g, addr_of(o[k]), n));
			assert_false(gmem_can_write(g, addr_of(o[k]), 1));
		}
		for (int k = 0; k < 40; k++) {
			void *found = NULL;

			assert_ptr_equal(kslab_find(g, addr_of(o[k]), &found), s);
			assert_ptr_equal(found, o[k]);
			assert_ptr_equal(kslab_find(g, addr_of(o[k]) + n - 1, &found), s);
			assert_ptr_equal(found, o[k]);
			assert_ptr_equal(kslab_find(g, addr_of(o[k]) + n / 2, &found), s);
			assert_ptr_equal(found, o[k]);
			if (n % 64) {
				found = NULL;
				assert_null(kslab_find(g, addr_of(o[k]) + n, &found));
				assert_null(found);
			}
		}
		assert_int_equal(kslab_size(s), n);
		assert_string_equal(kslab_type_name(s), "thing");
	}
}

static void foreign_and_freed_pointers_are_not_found(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 96, 8, 0);
	void *a = kslab_alloc(s), *b = kslab_alloc(s), *found;
	char *rw = gmem_alloc_rw(g, 64, 8);
	int on_stack;

	assert_null(kslab_find(g, 0, &found));
	assert_null(kslab_find(g, 1, &found));
	assert_null(kslab_find(g, ~0ull, &found));
	assert_null(kslab_find(g, addr_of(&on_stack), &found));
	assert_null(kslab_find(g, addr_of(rw), &found));
	assert_null(kslab_find(g, g->mid, &found));
	assert_null(kslab_find(g, g->lo - 1, &found));
	assert_null(kslab_find(g, g->mid - GMEM_MAX, &found));
	assert_null(kslab_find(g, g->mid - GMEM_MAX - 1, &found));
	assert_null(kslab_find(g, g->mid - 1, &found));		/* behind the last object of the chunk */
	assert_null(kslab_find(g, addr_of(b) + 96, &found));	/* never allocated */
	kslab_free(s, a);
	assert_null(kslab_find(g, addr_of(a), &found));
	assert_null(kslab_find(g, addr_of(a) + 10, &found));
	assert_ptr_equal(kslab_find(g, addr_of(b), &found), s);
}

static void lowest_free_slot_is_used_first_with_a_new_generation(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 4000, 8, 8);
	void *o[100];

	for (u32 i = 0; i < 100; i++) {
		o[i] = kslab_alloc(s);
		assert_int_equal(kslab_index(s, o[i]), i);
		assert_int_equal(kslab_generation(s, o[i]), 1);
	}
	memset(o[70], 0xff, 4000);
	*(u64 *)kslab_companion(s, o[70]) = 7;
	kslab_free(s, o[70]);
	kslab_free(s, o[3]);
	kslab_free(s, o[90]);
	assert_int_equal(kslab_generation(s, o[70]), 1);
	assert_ptr_equal(kslab_alloc(s), o[3]);
	assert_ptr_equal(kslab_alloc(s), o[70]);
	assert_ptr_equal(kslab_alloc(s), o[90]);
	assert_int_equal(kslab_generation(s, o[70]), 2);
	assert_int_equal(kslab_generation(s, o[71]), 1);
	for (int k = 0; k < 4000; k++)
		assert_int_equal(((char *)o[70])[k], 0);
	assert_int_equal(*(u64 *)kslab_companion(s, o[70]), 0);
	assert_int_equal(kslab_index(s, kslab_alloc(s)), 100);
}

static void companions_are_separate_and_stay(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 48, 16, 24), *t = kslab_create(g, "u", 48, 16, 24);
	void *o[3000];

	for (u32 i = 0; i < 3000; i++) {
		o[i] = kslab_alloc(i & 1 ? s : t);
		assert_int_equal(*(u64 *)kslab_companion(i & 1 ? s : t, o[i]), 0);
		*(u64 *)kslab_companion(i & 1 ? s : t, o[i]) = i;
	}
	for (u32 i = 0; i < 3000; i++) {
		void *c = kslab_companion(i & 1 ? s : t, o[i]);

		assert_int_equal(*(u64 *)c, i);
		assert_true(addr_of(c) < g->lo || addr_of(c) >= g->hi);
	}
}

static void walking_a_slab_sees_the_live_objects_in_slot_order(void **state)
{
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 500, 8, 0);
	void *o[300];
	u32 n = 0;

	assert_int_equal(kslab_capacity(s), 0);
	for (u32 i = 0; i < 300; i++)
		o[i] = kslab_alloc(s);
	for (u32 i = 0; i < 300; i += 3)
		kslab_free(s, o[i]);
	for (u32 i = 0; i < kslab_capacity(s); i++) {
		void *p = kslab_at(s, i);

		if (!p)
			continue;
		assert_true(i < 300 && i % 3);
		assert_ptr_equal(p, o[i]);
		n++;
	}
	assert_int_equal(n, 200);
}

struct finder {
	struct gmem *g;
	void **objs;
	int nr;			/* atomic: so many objects exist */
	bool stop;		/* atomic */
	u64 found;
};

static void *find_all_the_time(void *arg)
{
	struct finder *f = arg;

	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
		int n = __atomic_load_n(&f->nr, __ATOMIC_ACQUIRE);

		for (int i = 0; i < n; i++) {
			void *obj;
			u64 addr = addr_of(f->objs[i]);
			struct kslab *s = kslab_find(f->g, addr + 5, &obj);

			if (s && obj == f->objs[i] && kslab_index(s, obj) == (u32)i &&
			    gmem_can_read(f->g, addr, 300))
				f->found++;
		}
	}
	return NULL;
}

static void finding_may_run_beside_allocation(void **state)
{
	enum { NR = 2000 };
	struct gmem *g = *state;
	struct kslab *s = kslab_create(g, "t", 300, 8, 8);
	struct finder f = { .g = g };
	void *objs[NR];
	pthread_t t;

	f.objs = objs;
	assert_int_equal(pthread_create(&t, NULL, find_all_the_time, &f), 0);
	for (int i = 0; i < NR; i++) {
		objs[i] = kslab_alloc(s);
		assert_non_null(gmem_alloc_rw(g, 100, 8));
		__atomic_store_n(&f.nr, i + 1, __ATOMIC_RELEASE);
	}
	for (int i = 0; i < NR; i += 2)
		kslab_free(s, objs[i]);
	__atomic_store_n(&f.stop, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	for (int i = 0; i < NR; i++) {
		void *obj;

		assert_ptr_equal(kslab_find(g, addr_of(objs[i]), &obj), i % 2 ? s : NULL);
	}
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(second_memory_is_refused_and_says_why),
		cmocka_unit_test(place_can_be_used_again_after_destroy),
		RULE(range_checks_hold_at_the_edges),
		RULE(all_between_lo_and_hi_is_mapped),
		RULE(rw_memory_is_aligned_and_disjoint),
		RULE(freed_rw_memory_is_reused_last_first_and_zeroed),
		RULE(rw_memory_is_zero_even_where_a_program_scribbled_before),
		cmocka_unit_test(addresses_are_the_same_in_every_run),
		RULE(too_much_is_refused),
		RULE(shared_memory_is_visible_through_its_memfd),
		RULE(slab_objects_are_found_from_start_and_interior),
		RULE(foreign_and_freed_pointers_are_not_found),
		RULE(lowest_free_slot_is_used_first_with_a_new_generation),
		RULE(companions_are_separate_and_stay),
		RULE(finding_may_run_beside_allocation),
		RULE(walking_a_slab_sees_the_live_objects_in_slot_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
