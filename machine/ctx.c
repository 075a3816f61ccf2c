// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/ctx.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTX_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define CTX_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define CTX_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define CTX_TSAN 1
#endif

#ifdef CTX_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CTX_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define CTX_VALGRIND 1
#endif

/* Instrumented code has frames several times the size. */
#if defined(CTX_ASAN) || defined(CTX_TSAN)
#define STACK_FACTOR 4
#else
#define STACK_FACTOR 1
#endif

/*
 * Instrumentation keeps stacks of its own: what it records on one side of a switch it would look for on the
 * other.
 */
#define NO_INSTRUMENTATION __attribute__((no_sanitize("address", "thread", "undefined")))
#define NO_INSTRUMENTATION_INLINE NO_INSTRUMENTATION inline __attribute__((always_inline))

/*
 * The first thing that runs on a context, with the previous one. It must be a function of its own, as it
 * stays on the stack while the context's function runs.
 */
_Noreturn void mctx_begin(struct mctx *prev, struct mctx *self);

/* --- the switch --- */

_Static_assert(offsetof(struct mctx, sp) == 0 && offsetof(struct mctx, bp) == 8 &&
	       offsetof(struct mctx, ip) == 16, "the assembly knows these");

#if defined(__x86_64__)
/*
 * Save where to go on, and jump to where @to goes on. What the ABI lets a function expect to be kept is
 * declared as overwritten, so that the compiler saves what is in use. The frame pointer cannot be declared;
 * the FPU and SSE control words are the same everywhere. A jump leaves the processor's stack of return
 * addresses alone: the callers of a switch mostly are the same functions on either side. Returns the context
 * that switched back.
 */
static NO_INSTRUMENTATION_INLINE struct mctx *jump(struct mctx *from, struct mctx *to)
{
	asm volatile("leaq	1f(%%rip), %%rax\n\t"
		     "movq	%%rsp, 0(%%rdi)\n\t"
		     "movq	%%rbp, 8(%%rdi)\n\t"
		     "movq	%%rax, 16(%%rdi)\n\t"
		     "movq	0(%%rsi), %%rsp\n\t"
		     "movq	8(%%rsi), %%rbp\n\t"
		     "jmpq	*16(%%rsi)\n"
		     "1:"
		     : "+D"(from), "+S"(to)
		     :
		     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
		       "memory");
	return from;
}

/* Where a new context goes on: the registers are as in jump(), and so are the arguments of mctx_begin(). */
void mctx_entry(void);
asm(".pushsection .text\n"
    ".globl	mctx_entry\n"
    ".hidden	mctx_entry\n"
    ".type	mctx_entry, @function\n"
    "mctx_entry:\n"
    "	.cfi_startproc\n"
    "	.cfi_undefined	rip\n"
    "	call	mctx_begin\n"
    "	ud2\n"
    "	.cfi_endproc\n"
    ".size	mctx_entry, . - mctx_entry\n"
    ".popsection\n");
#else
#error "machine/ctx.c: no context switch for this architecture; write jump() and mctx_entry for it"
#endif

static NO_INSTRUMENTATION_INLINE void switch_begin(struct mctx *from, struct mctx *to)
{
#ifdef CTX_ASAN
	__sanitizer_start_switch_fiber(&from->asan_fake_stack, to->stack, to->stack_size);
#endif
#ifdef CTX_TSAN
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
}

static NO_INSTRUMENTATION_INLINE void switch_end(struct mctx *prev, struct mctx *self)
{
#ifdef CTX_ASAN
	const void *stack;
	size_t size;

	__sanitizer_finish_switch_fiber(self->asan_fake_stack, &stack, &size);
	if (!prev->map) {
		prev->stack = (void *)stack;
		prev->stack_size = size;
	}
#endif
	self->live = true;
	prev->live = false;
}

NO_INSTRUMENTATION __attribute__((noinline)) void mctx_switch(struct mctx *from, struct mctx *to)
{
	assert(from->live && !to->live);
	switch_begin(from, to);
	switch_end(jump(from, to), from);
}

NO_INSTRUMENTATION __attribute__((noinline)) void mctx_begin(struct mctx *prev, struct mctx *self)
{
	switch_end(prev, self);
	self->fn(self->arg);
	assert(!"a context's function must not return");
	abort();
}

void mctx_init_host(struct mctx *x)
{
	memset(x, 0, sizeof(*x));
	x->live = true;
#ifdef CTX_TSAN
	x->tsan_fiber = __tsan_get_current_fiber();
#endif
}

/* --- stacks --- */

static void list_add(struct mctx **list, struct mctx *x)
{
	x->next = *list;
	x->pprev = list;
	if (x->next)
		x->next->pprev = &x->next;
	*list = x;
}

static void list_del(struct mctx *x)
{
	*x->pprev = x->next;
	if (x->next)
		x->next->pprev = x->pprev;
}

static struct mctx *map_stack(struct mctx_pool *p, size_t map_size, size_t page)
{
	/*
	 * Stacks of the same size would all start at the same place of a page and compete for the same few
	 * cache sets: shift them, by up to a quarter of a page.
	 */
	size_t shift = (sizeof(struct mctx) + 63) / 64 * 64 + p->nr_mapped % 8 * 128;
	char *map = mmap(NULL, map_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct mctx *x;

	if (map == MAP_FAILED)
		return NULL;
	if (mprotect(map, page, PROT_NONE)) {
		munmap(map, map_size);
		return NULL;
	}
#ifdef CTX_ASAN
	/* what was here before may have been another stack, which munmap() does not tell */
	__asan_unpoison_memory_region(map, map_size);
#endif
	p->nr_mapped++;
	x = (struct mctx *)(map + map_size - shift);
	x->map = map;
	x->map_size = map_size;
	x->stack = map + page;
	x->stack_size = (char *)x - (char *)x->stack;
	x->pool = p;
#ifdef CTX_VALGRIND
	x->valgrind_id = VALGRIND_STACK_REGISTER(x->stack, x);
#endif
	return x;
}

static void unmap_stack(struct mctx *x)
{
#ifdef CTX_VALGRIND
	VALGRIND_STACK_DEREGISTER(x->valgrind_id);
#endif
	munmap(x->map, x->map_size);
}

struct mctx *mctx_create(struct mctx_pool *p, size_t stack, void (*fn)(void *), void *arg)
{
	size_t page = sysconf(_SC_PAGESIZE), map_size;
	struct mctx *x;

	/* a page for the guard, one for this struct and its shift */
	map_size = (stack * STACK_FACTOR + page - 1) / page * page + 2 * page;
	pthread_mutex_lock(&p->lock);
	for (x = p->free; x && x->map_size != map_size; x = x->next)
		;
	if (x)
		list_del(x);
	else
		x = map_stack(p, map_size, page);
	if (x)
		list_add(&p->used, x);
	pthread_mutex_unlock(&p->lock);
	if (!x)
		return NULL;
	x->fn = fn;
	x->arg = arg;
	x->live = false;
	x->sp = (void *)((uintptr_t)x & ~63ul);
	x->bp = NULL;
	x->ip = (void *)mctx_entry;
#ifdef CTX_ASAN
	/* frames that the last user of this stack did not return from */
	__asan_unpoison_memory_region(x->stack, x->stack_size);
#endif
#ifdef CTX_TSAN
	x->tsan_fiber = __tsan_create_fiber(0);
#endif
	return x;
}

static void end(struct mctx *x)
{
	assert(!x->live);
#ifdef CTX_TSAN
	__tsan_destroy_fiber(x->tsan_fiber);
#endif
	list_del(x);
}

void mctx_destroy(struct mctx *x)
{
	struct mctx_pool *p = x->pool;

	pthread_mutex_lock(&p->lock);
	end(x);
	list_add(&p->free, x);
	pthread_mutex_unlock(&p->lock);
}

int mctx_pool_init(struct mctx_pool *p)
{
	memset(p, 0, sizeof(*p));
	return -pthread_mutex_init(&p->lock, NULL);
}

void mctx_pool_destroy(struct mctx_pool *p)
{
	struct mctx *x;

	while ((x = p->used)) {
		end(x);
		unmap_stack(x);
	}
	while ((x = p->free)) {
		list_del(x);
		unmap_stack(x);
	}
	pthread_mutex_destroy(&p->lock);
}
