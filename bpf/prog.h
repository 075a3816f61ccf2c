/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs. */
#ifndef BPF_PROG_H
#define BPF_PROG_H

#include "bpf/internal.h"

struct scx_member;

struct bprog {
	struct bpf_obj obj;
	u32 type;			/* enum bpf_prog_type */
	u32 expected_attach_type;	/* STRUCT_OPS: index of the member */
	u32 attach_btf_id;
	char name[BPF_OBJ_NAME_LEN];
	bool gpl, sleepable;
	u64 load_time_ns;
	struct bpf_insn *insns;		/* [nr_insns], references resolved */
	u32 nr_insns;
	struct bmap **maps;		/* [nr_maps] that it uses or was bound to */
	u32 nr_maps;
	struct kbtf *btf;		/* NULL: none */
	struct bpf_func_info *func_info;
	u32 nr_func_info;
	struct bpf_line_info *line_info;
	u32 nr_line_info;
	const struct scx_member *member; /* STRUCT_OPS: what it implements */
	u32 nr_args, kptr_args;		/* of the context: slots, and which are pointers */
	struct bmap *assoc;		/* 7.x: the struct_ops map that it belongs to */
	bool assoc_many;		/* to several: then to none */
	struct bpf_vm_prog *vp;
	char why[160];			/* reason of a refused kfunc, while it is being loaded */
};

static inline struct bprog *to_bprog(struct bpf_obj *o) { return (struct bprog *)o; }

static inline int bprog_get(const struct bpf_files *f, u32 fd, struct bprog **out)
{
	return fd_get(f, fd, OBJ_PROG, (struct bpf_obj **)out);
}

void bprog_free(struct bpf_obj *o);
long prog_load(struct bpf_sys *s);
long prog_bind_map(struct bpf_sys *s);
long prog_assoc_struct_ops(struct bpf_sys *s);
long prog_stream_read(struct bpf_sys *s);
long prog_test_run(struct bpf_sys *s);	/* bpf/test_run.c */

/* Note that @p uses @m; -E2BIG: too many maps. */
int bprog_add_map(struct bprog *p, struct bmap *m);

/* Resolve what ld_imm64 instructions refer to: bpf/resolve.c */
int bprog_resolve(struct bpf_sys *s, struct bprog *p, struct bpf_log *log);
/* func_info and line_info: bpf/prog_info.c */
int bprog_read_info(struct bpf_sys *s, struct bprog *p, struct bpf_log *log);
/* Name of the function that instruction @insn is in. */
const char *bprog_func_name(const struct bprog *p, u32 insn);
/* The source line of @insn; NULL: unknown. @line: its number */
const struct bpf_line_info *bprog_line(const struct bprog *p, u32 insn);
/* "scx_simple.bpf.c:57: simple_enqueue", or without the line information just the function. Returns @buf. */
const char *bprog_where(const struct bprog *p, u32 insn, char *buf, size_t len);

/* What programs may call. */
const struct bpf_func_desc *bpf_helper(void *prog, s32 id, const char **why);
const char *bpf_helper_refuse_map(void *prog, s32 id, u64 map);
const struct bpf_func_desc *bpf_kfunc(void *prog, u32 btf_id, const char **why);

#endif
