// SPDX-License-Identifier: GPL-2.0-only
/*
 * futex(2) among the threads of a process. All others are stopped while one is here, so that comparing the word and
 * queueing are one step.
 */
#include <errno.h>
#include <linux/futex.h>

#include "front/impl.h"

/* The waiter of @p on @addr that came first. */
static struct fthread *first_waiter(struct front *f, const struct fproc *p, u64 addr, u32 bits)
{
	struct fthread *first = NULL;

	for (struct fthread *t = f->threads; t; t = t->next)
		if (t->p == p && t->futex.addr == addr && t->futex.bits & bits && t->state != FT_DEAD &&
		    (!first || t->futex.seq < first->futex.seq))
			first = t;
	return first;
}

u32 front_futex_wake(struct front *f, const struct fproc *p, u64 addr, u32 n, u32 bits)
{
	struct fthread *t;
	u32 woken = 0;

	while (woken < n && (t = first_waiter(f, p, addr, bits))) {
		t->futex.addr = 0;
		front_kick(t);
		woken++;
	}
	return woken;
}

static bool woken(struct fthread *t, void *arg)
{
	return !t->futex.addr;
}

static long wait_on(struct fthread *t, u64 addr, u32 val, u64 until, u32 bits)
{
	u32 word;
	int ret;

	if (!bits || addr & 3)
		return -EINVAL;
	if (front_read(t, &word, addr, sizeof(word)))
		return -EFAULT;
	if (word != val)
		return -EAGAIN;
	t->futex.addr = addr;
	t->futex.bits = bits;
	t->futex.seq = ++t->f->futex_seq;
	ret = front_wait(t, until, woken, NULL);
	t->futex.addr = 0;
	if (ret == -EINTR && until == FRONT_NEVER)
		return FRONT_RESTART;
	return ret == 1 ? 0 : ret ? ret : -ETIMEDOUT;
}

static long requeue(struct fthread *t, u64 from, u64 to, u32 nr_wake, u32 nr_move)
{
	struct fthread *w;
	u32 n = front_futex_wake(t->f, t->p, from, nr_wake, ~0u);

	for (u32 i = 0; i < nr_move && (w = first_waiter(t->f, t->p, from, ~0u)); i++, n++)
		w->futex.addr = to;
	return n;
}

long call_futex(struct fthread *t, const u64 *arg)
{
	u64 until = FRONT_NEVER, offset;
	int op = arg[1] & FUTEX_CMD_MASK, err = 0;
	u32 word;

	front_enter(t);
	switch (op) {
	case FUTEX_WAIT:
		err = front_deadline(t, arg[3], &until);
		return err ? err : wait_on(t, arg[0], arg[2], until, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		err = front_deadline(t, arg[3], &until);
		if (err)
			return err;
		/* absolute, front_deadline() has added the present */
		offset = mach_now() + (arg[1] & FUTEX_CLOCK_REALTIME ? FRONT_EPOCH_NS : 0);
		if (arg[3])
			until = until > offset ? until - offset : 0;
		return wait_on(t, arg[0], arg[2], until, arg[5]);
	case FUTEX_WAKE:
		return front_futex_wake(t->f, t->p, arg[0], arg[2], FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return arg[5] ? front_futex_wake(t->f, t->p, arg[0], arg[2], arg[5]) : -EINVAL;
	case FUTEX_CMP_REQUEUE:
		if (front_read(t, &word, arg[0], sizeof(word)))
			return -EFAULT;
		if (word != (u32)arg[5])
			return -EAGAIN;
		return requeue(t, arg[0], arg[4], arg[2], arg[3]);
	case FUTEX_REQUEUE:
		return requeue(t, arg[0], arg[4], arg[2], arg[3]);
	default:
		front_note(t->f, "futex(2) operation %d is not served: ENOSYS", op);
		return -ENOSYS;
	}
}
