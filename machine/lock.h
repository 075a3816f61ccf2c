/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks, atomics and waiting for a word to change. Included by machine.h.
 *
 * All are synchronisation points. The fast paths apply when no other CPU is earlier (see machine->horizon_ns), which
 * only a machine of one host thread ever says; there the plain accesses are atomic by themselves.
 */
#ifndef MACHINE_LOCK_H
#define MACHINE_LOCK_H

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/*
 * Read-modify-writes that are full barriers and no synchronisation points. The locked instructions, which cost tens of
 * cycles, are needed only where several host threads execute kernel code.
 */
#define mach_xchg(p, v) \
	__extension__({ \
		__typeof__(p) p__ = (p); \
		__typeof__(*p__) old__, v__ = (v); \
		if (unlikely(this_mcpu->m->several_threads)) { \
			old__ = __atomic_exchange_n(p__, v__, __ATOMIC_SEQ_CST); \
		} else { \
			old__ = READ_ONCE(*p__); \
			WRITE_ONCE(*p__, v__); \
		} \
		old__; \
	})
#define mach_fetch(op, p, v) \
	__extension__({ \
		__typeof__(p) p__ = (p); \
		__typeof__(*p__) old__, v__ = (v); \
		if (unlikely(this_mcpu->m->several_threads)) { \
			old__ = __atomic_fetch_##op(p__, v__, __ATOMIC_SEQ_CST); \
		} else { \
			old__ = READ_ONCE(*p__); \
			WRITE_ONCE(*p__, mach_plain_##op(old__, v__)); \
		} \
		old__; \
	})
#define mach_plain_or(a, b) ((a) | (b))
#define mach_plain_and(a, b) ((a) & (b))

static inline void raw_spin_lock(raw_spinlock_t *l)
{
	struct mcpu *c = this_mcpu;

	if (likely(c->now_ns < c->m->horizon_ns && !l->owner && l->free_at_ns <= c->now_ns)) {
		l->owner = c->id + 1;
		c->now_ns += c->m->costs.lock_ns;
	} else {
		c->m->ops->lock(c, l);
	}
}

static inline bool raw_spin_trylock(raw_spinlock_t *l)
{
	return this_mcpu->m->ops->trylock(this_mcpu, l);
}

static inline void raw_spin_unlock(raw_spinlock_t *l)
{
	struct mcpu *c = this_mcpu;

	if (likely(c->now_ns < c->m->horizon_ns && !l->waiters)) {
		l->free_at_ns = c->now_ns;
		l->owner = 0;
	} else {
		c->m->ops->unlock(c, l);
	}
}

static inline bool raw_spin_is_locked_by_me(const raw_spinlock_t *l)
{
	return READ_ONCE(l->owner) == (u32)this_mcpu->id + 1;
}

static inline bool raw_spin_lock_irqsave(raw_spinlock_t *l)
{
	bool off = local_irq_save();

	raw_spin_lock(l);
	return off;
}

static inline void raw_spin_unlock_irqrestore(raw_spinlock_t *l, bool off)
{
	raw_spin_unlock(l);
	local_irq_restore(off);
}

static inline void raw_spin_lock_irq(raw_spinlock_t *l)
{
	local_irq_disable();
	raw_spin_lock(l);
}

static inline void raw_spin_unlock_irq(raw_spinlock_t *l)
{
	raw_spin_unlock(l);
	local_irq_enable();
}

/*
 * Spin until *word is not @old (cpu_relax in a loop). Whoever changes a word that others may wait for calls
 * mach_wake_word() after the store; the accessors below do.
 */
static inline void mach_wait_word(const long *word, long old) { this_mcpu->m->ops->wait_word(this_mcpu, word, old); }

static inline void mach_wake_word(const long *word)
{
	if (unlikely(READ_ONCE(this_mcpu->m->nr_word_waiters)))
		this_mcpu->m->ops->wake_word(this_mcpu, word);
}

static inline long atomic_long_read(const atomic_long_t *v)
{
	mach_sync();
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline long atomic_long_read_acquire(const atomic_long_t *v)
{
	mach_sync();
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic_long_set(atomic_long_t *v, long n)
{
	mach_sync();
	__atomic_store_n(&v->counter, n, __ATOMIC_RELAXED);
	mach_wake_word(&v->counter);
}

static inline void atomic_long_set_release(atomic_long_t *v, long n)
{
	mach_sync();
	__atomic_store_n(&v->counter, n, __ATOMIC_RELEASE);
	mach_wake_word(&v->counter);
}

/* Returns whether *v was *old and is now n; else *old becomes the value found. Full barrier. */
static inline bool atomic_long_try_cmpxchg(atomic_long_t *v, long *old, long n)
{
	bool ok;

	mach_sync();
	ok = __atomic_compare_exchange_n(&v->counter, old, n, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (ok)
		mach_wake_word(&v->counter);
	return ok;
}

static inline int atomic_read(const atomic_t *v)
{
	mach_sync();
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *v, int n)
{
	mach_sync();
	__atomic_store_n(&v->counter, n, __ATOMIC_RELAXED);
}

static inline int atomic_add_return(int n, atomic_t *v)
{
	mach_sync();
	return __atomic_add_fetch(&v->counter, n, __ATOMIC_SEQ_CST);
}

static inline bool atomic_try_cmpxchg(atomic_t *v, int *old, int n)
{
	mach_sync();
	return __atomic_compare_exchange_n(&v->counter, old, n, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

#endif
