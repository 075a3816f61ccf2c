// SPDX-License-Identifier: GPL-2.0-only
/* PROG_LOAD and what is done to loaded programs (kernel/bpf/syscall.c). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"
#include "bpf/map.h"
#include "bpf/prog.h"
#include "bpf/run.h"
#include "bpf/struct_ops.h"

#define MAX_INSNS 1000000	/* BPF_COMPLEXITY_LIMIT_INSNS */
#define MAX_SYSCALL_CTX 65528	/* bytes that a program may use, below U16_MAX */
#define PROG_FLAGS \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | \
	 BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS | BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_TEST_REG_INVARIANTS | \
	 BPF_F_TOKEN_FD)

void bprog_free(struct bpf_obj *o)
{
	struct bprog *p = to_bprog(o);

	bpf_vm_free(p->vp);
	for (u32 i = 0; i < p->nr_maps; i++)
		bpf_obj_put(&p->maps[i]->obj);
	if (p->btf)
		bpf_obj_put(&p->btf->obj);
	/*
	 * a struct_ops map forgets its programs before it goes; other programs hold the map that they belong
	 * to
	 */
	if (p->assoc && p->type != BPF_PROG_TYPE_STRUCT_OPS)
		bpf_obj_put(&p->assoc->obj);
	free(p->maps);
	free(p->insns);
	free(p->func_info);
	free(p->line_info);
	free(p);
}

int bprog_add_map(struct bprog *p, struct bmap *m)
{
	struct bmap **maps;

	for (u32 i = 0; i < p->nr_maps; i++)
		if (p->maps[i] == m)
			return 0;
	maps = realloc(p->maps, (p->nr_maps + 1) * sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	p->maps = maps;
	bpf_obj_get(&m->obj);
	p->maps[p->nr_maps++] = m;
	return 0;
}

/* --- PROG_LOAD --- */

static bool license_is_gpl(const char *license)
{
	static const char *const gpl[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (u32 i = 0; i < sizeof(gpl) / sizeof(*gpl); i++)
		if (!strcmp(license, gpl[i]))
			return true;
	return false;
}

static int read_license(struct bpf_sys *s, char *license, size_t len)
{
	for (size_t i = 0; i < len - 1; i++) {
		if (user_read(s, license + i, s->attr.a.license + i, 1))
			return -EFAULT;
		if (!license[i])
			return 0;
	}
	license[len - 1] = 0;
	return 0;
}

/* attach_prog_fd, attach_btf_id and expected_attach_type must fit the type (bpf_prog_load_check_attach). */
static int check_attach(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	struct bpf_obj *o;

	if (a->attach_prog_fd) {
		o = fd_object(s->files, a->attach_prog_fd);
		if (o && o->kind == OBJ_PROG) {
			bpf_why(s->rt, "program %.16s: attaching to BPF programs is not supported",
				a->prog_name);
			return -EINVAL;
		}
		if (!o || o->kind != OBJ_BTF)
			return -EINVAL;
		if (!to_kbtf(o)->kernel)
			return -ENOTSUPP;
		if (!a->attach_btf_id)
			return -EINVAL;
	}
	if (a->attach_btf_id && a->prog_type != BPF_PROG_TYPE_TRACING && a->prog_type != BPF_PROG_TYPE_LSM &&
	    a->prog_type != BPF_PROG_TYPE_STRUCT_OPS && a->prog_type != BPF_PROG_TYPE_EXT)
		return -EINVAL;
	if ((a->prog_type == BPF_PROG_TYPE_SYSCALL || a->prog_type == BPF_PROG_TYPE_EXT) &&
	    a->expected_attach_type)
		return -EINVAL;
	return 0;
}

static int check_load(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	u32 n = a->insn_cnt;

	if (a->prog_flags & ~PROG_FLAGS)
		return -EINVAL;
	if (a->prog_flags & BPF_F_TOKEN_FD)
		return -EBADF;
	if (!n || n > MAX_INSNS)
		return -E2BIG;
	if (check_attach(s))
		return check_attach(s);
	if (s->rt->v7 && (s->attr.prog_load.signature || s->attr.prog_load.signature_size)) {
		bpf_why(s->rt, "program %.16s: signatures are not supported", a->prog_name);
		return -EINVAL;
	}
	if (a->prog_ifindex || a->prog_type == BPF_PROG_TYPE_UNSPEC || a->prog_type > BPF_PROG_TYPE_NETFILTER)
		return -EINVAL;
	if (a->core_relo_cnt) {
		bpf_why(s->rt, "program %.16s: CO-RE relocation in the kernel is not supported",
			a->prog_name);
		return -EINVAL;
	}
	return 0;
}

/* 7.x: what is in a counted fd_array is used by the program even if no instruction says so */
static int bind_fd_array(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	u32 n = s->rt->v7 ? s->attr.prog_load.fd_array_cnt : 0;

	if (n >= UINT32_MAX / sizeof(int)) {
		bpf_log(log, "fd_array_cnt is too big (%u)\n", n);
		return -EINVAL;
	}
	for (u32 i = 0; i < n; i++) {
		struct bpf_obj *o;
		int fd, err;

		if (user_read(s, &fd, s->attr.a.fd_array + i * sizeof(fd), sizeof(fd)))
			return -EFAULT;
		o = fd_object(s->files, fd);
		if (!o || (o->kind != OBJ_MAP && o->kind != OBJ_BTF)) {
			bpf_log(log, "fd %d is not pointing to valid bpf_map or btf\n", fd);
			return o ? -EINVAL : -EBADF;
		}
		err = o->kind == OBJ_MAP ? bprog_add_map(p, to_bmap(o)) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int check_and_translate(struct bprog *p, struct bpf_log *log)
{
	struct bpf_vm_env env = {
		.arg = p,
		.helper = bpf_helper,
		.kfunc = bpf_kfunc,
		.store_kernel = bprog_store_kernel,
		.is_const = bprog_is_const,
		.refuse_map = bpf_helper_refuse_map,
		.bad_read = bprog_bad_read,
		.max_stack = BPF_FRAME_SIZE,
		.ctx_slots = p->nr_args,
		.ctx_kptr_mask = p->kptr_args,
		.ctx_plain = p->type == BPF_PROG_TYPE_SYSCALL,
		.sleepable = p->sleepable,
	};
	char text[2048] = "";
	int err;

	err = bpf_vm_load(&p->vp, p->insns, p->nr_insns, &env, text, sizeof(text));
	if (*text)
		bpf_log(log, "%s", text);
	if (!err)
		bpf_log(log, "processed %u insns (limit %u)\n", p->nr_insns, MAX_INSNS);
	return err;
}

/* The verifier's place: everything that says what the program is and that it may be run. */
static int verify(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	int err;

	err = bind_fd_array(s, p, log);
	if (!err)
		err = bprog_read_info(s, p, log);
	if (!err)
		err = bprog_resolve(s, p, log);
	if (err)
		return err;
	p->nr_args = BPF_MAX_ARGS;
	p->kptr_args = p->type == BPF_PROG_TYPE_TRACING ? (1u << BPF_MAX_ARGS) - 1 : 0;
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS) {
		err = struct_ops_check_prog(p, log);
		if (err)
			return err;
	} else if (p->type == BPF_PROG_TYPE_SYSCALL) {
		p->nr_args = MAX_SYSCALL_CTX / 8;
		if (!p->sleepable) {
			bpf_log(log, "Syscall programs can only be sleepable\n");
			return -EINVAL;
		}
	} else if (p->type == BPF_PROG_TYPE_TRACING && !p->attach_btf_id) {
		bpf_log(log, "Tracing programs must provide btf_id\n");
		return -EINVAL;
	}
	if (p->sleepable && p->type != BPF_PROG_TYPE_STRUCT_OPS && p->type != BPF_PROG_TYPE_SYSCALL &&
	    p->type != BPF_PROG_TYPE_TRACING && p->type != BPF_PROG_TYPE_LSM &&
	    p->type != BPF_PROG_TYPE_KPROBE) {
		bpf_log(log, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be "
			     "sleepable\n");
		return -EINVAL;
	}
	return check_and_translate(p, log);
}

/* One line of what the log says at its end: "file:line: function: message". */
static void say_why(struct bpf_sys *s, struct bprog *p, const struct bpf_log *log)
{
	char where[256], *end;
	const char *text = log->text, *msg;
	unsigned long insn;

	if (!log->len || s->rt->why[0])
		return;
	/* "17: (85) call x#1\nmessage\n" names an instruction */
	insn = strtoul(text, &end, 10);
	if (end == text || *end != ':' || insn >= p->nr_insns)
		insn = 0;
	msg = text + log->len - 1;
	while (msg > text && msg[-1] != '\n')
		msg--;
	/* the log names the kfunc's BTF id first, which tells a reader nothing */
	if (p->why[0] && strstr(msg, p->why))
		msg = strstr(msg, p->why);
	bpf_why(s->rt, "%s: %.*s", bprog_where(p, insn, where, sizeof(where)), (int)strcspn(msg, "\n"), msg);
}

static struct bprog *prog_alloc(struct bpf_sys *s, int *err)
{
	const union bpf_attr *a = &s->attr.a;
	char license[128];
	struct bprog *p = calloc(1, sizeof(*p));

	*err = -ENOMEM;
	if (!p)
		return NULL;
	bpf_obj_init(s->rt, &p->obj, OBJ_PROG);
	p->type = a->prog_type;
	p->expected_attach_type = a->expected_attach_type;
	p->attach_btf_id = a->attach_btf_id;
	p->sleepable = a->prog_flags & BPF_F_SLEEPABLE;
	p->load_time_ns = this_mcpu ? mach_now() : 0;
	p->nr_insns = a->insn_cnt;
	p->insns = calloc(p->nr_insns, sizeof(*p->insns));
	if (!p->insns)
		goto fail;
	*err = -EFAULT;
	if (user_read(s, p->insns, a->insns, p->nr_insns * sizeof(*p->insns)) ||
	    read_license(s, license, sizeof(license)))
		goto fail;
	p->gpl = license_is_gpl(license);
	*err = -EINVAL;
	if (bpf_obj_name_copy(p->name, a->prog_name, sizeof(p->name)) < 0)
		goto fail;
	return p;

fail:
	bpf_obj_put(&p->obj);
	return NULL;
}

long prog_load(struct bpf_sys *s)
{
	const union bpf_attr *a = &s->attr.a;
	struct bpf_log log;
	struct bprog *p;
	int err, log_err;

	err = bpf_log_init(&log, a->log_level, a->log_buf, a->log_size);
	if (!err)
		err = check_load(s);
	if (err)
		return err;
	p = prog_alloc(s, &err);
	if (!p)
		return err;
	err = verify(s, p, &log);
	if (err)
		say_why(s, p, &log);
	log_err = bpf_log_finish(&log, s, offsetof(union bpf_attr, log_true_size));
	if (log_err)
		err = log_err;
	if (err) {
		bpf_obj_put(&p->obj);
		return err;
	}
	bpf_obj_publish(&p->obj);
	return fd_install(s->files, &p->obj);
}

/* --- loaded programs --- */

long prog_bind_map(struct bpf_sys *s)
{
	struct bprog *p;
	struct bmap *m;
	int err;

	if (s->attr.a.prog_bind_map.flags)
		return -EINVAL;
	err = bprog_get(s->files, s->attr.a.prog_bind_map.prog_fd, &p);
	if (!err)
		err = bmap_get(s->files, s->attr.a.prog_bind_map.map_fd, &m);
	if (!err && p->nr_maps == MAX_USED_MAPS)
		err = -E2BIG;
	return err ? err : bprog_add_map(p, m);
}

long prog_assoc_struct_ops(struct bpf_sys *s)
{
	struct bprog *p;
	struct bmap *m;
	int err;

	if (s->attr.prog_assoc_struct_ops.flags)
		return -EINVAL;
	err = bprog_get(s->files, s->attr.prog_assoc_struct_ops.prog_fd, &p);
	if (err)
		return err;
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return -EINVAL;
	err = bmap_get(s->files, s->attr.prog_assoc_struct_ops.map_fd, &m);
	if (err)
		return err;
	if (m->type != BPF_MAP_TYPE_STRUCT_OPS)
		return -EINVAL;
	if (p->assoc)
		return p->assoc == m ? 0 : -EBUSY;
	bpf_obj_get(&m->obj);
	p->assoc = m;
	return 0;
}

/* Nothing here writes to the streams of a program, so there is never anything to read. */
long prog_stream_read(struct bpf_sys *s)
{
	struct bprog *p;
	int err;

	err = bprog_get(s->files, s->attr.prog_stream_read.prog_fd, &p);
	if (err)
		return err;
	return s->attr.prog_stream_read.stream_id == 1 || s->attr.prog_stream_read.stream_id == 2 ? 0
												  : -ENOENT;
}
