// SPDX-License-Identifier: GPL-2.0-only
/* PROG_TEST_RUN of programs of type SYSCALL (bpf_prog_test_run_syscall). */
#include <errno.h>

#include "bpf/run.h"

/* Run @p with a copy of the caller's context of @size bytes, which is copied back. */
static long run_syscall(struct bpf_sys *s, struct bprog *p)
{
	u64 ctx_in = s->attr.a.test.ctx_in;
	u32 size = s->attr.a.test.ctx_size_in, retval;
	void *ctx = NULL;
	long err = -EFAULT;
	u64 ret;

	if (size) {
		ctx = gmem_alloc_rw(s->rt->g, size, 8);
		if (!ctx)
			return -ENOMEM;
		if (user_read(s, ctx, ctx_in, size))
			goto out;
	}
	if (!bprog_run_ctx(p, ctx, &ret)) {
		bpf_why(s->rt, "program %s broke a rule: %s", p->name, s->rt->fault.msg);
		goto out;
	}
	retval = ret;
	if (user_write(s, s->uattr + offsetof(union bpf_attr, test.retval), &retval, sizeof(retval)))
		goto out;
	err = size ? user_write(s, ctx_in, ctx, size) : 0;
out:
	if (ctx)
		gmem_free_rw(s->rt->g, ctx, size);
	return err;
}

long prog_test_run(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	struct bprog *p;
	long err;

	if (!a->test.ctx_size_in != !a->test.ctx_in || !a->test.ctx_size_out != !a->test.ctx_out)
		return -EINVAL;
	err = bprog_get(s->files, a->test.prog_fd, &p);
	if (err)
		return err;
	/* the kernel runs only those of its own test structure */
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return -EOPNOTSUPP;
	if (p->type != BPF_PROG_TYPE_SYSCALL) {
		bpf_why(s->rt, "bpf(2) PROG_TEST_RUN: program %s: only programs of type SYSCALL can be run", p->name);
		return -ENOTSUPP;
	}
	if (a->test.data_in || a->test.data_out || a->test.ctx_out || a->test.duration || a->test.repeat ||
	    a->test.flags || a->test.batch_size)
		return -EINVAL;
	if (a->test.ctx_size_in < bpf_vm_max_ctx(p->vp) || a->test.ctx_size_in > UINT16_MAX)
		return -EINVAL;
	/* it may sleep, and its descriptor be closed meanwhile */
	bpf_obj_get(&p->obj);
	err = run_syscall(s, p);
	bpf_obj_put(&p->obj);
	return err;
}
