// SPDX-License-Identifier: GPL-2.0-only
/* BTF_LOAD. */
#include <errno.h>
#include <stdlib.h>

#include "bpf/info.h"
#include "bpf/kbtf.h"

static int load(struct bpf_sys *s, struct kbtf *b, struct bpf_log *log)
{
	int err;

	b->size = s->attr.a.btf_size;
	b->data = malloc(b->size ? b->size : 1);
	if (!b->data)
		return -ENOMEM;
	if (user_read(s, b->data, s->attr.a.btf, b->size))
		return -EFAULT;
	err = kbtf_parse(b, b->data, b->size, log);
	if (!err)
		err = kbtf_check(b, log);
	if (err && log->len)
		bpf_why(s->rt, "BTF is refused: %.*s", (int)log->len - 1, log->text);
	return err;
}

long btf_load(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	struct bpf_log log;
	struct kbtf *b;
	int err, log_err;

	err = bpf_log_init(&log, a->btf_log_level, a->btf_log_buf, a->btf_log_size);
	if (err)
		return err;
	if (a->btf_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (a->btf_flags & BPF_F_TOKEN_FD)
		return -EBADF;
	if (a->btf_size > KBTF_MAX_SIZE)
		return -E2BIG;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	bpf_obj_init(s->rt, &b->obj, OBJ_BTF);
	err = load(s, b, &log);
	log_err = bpf_log_finish(&log, s, offsetof(union bpf_attr, btf_log_true_size));
	if (log_err)
		err = log_err;
	if (err) {
		bpf_obj_put(&b->obj);
		return err;
	}
	bpf_obj_publish(&b->obj);
	return fd_install(s->files, &b->obj);
}
