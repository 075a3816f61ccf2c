// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ld_imm64 instructions refer to: maps, map values, kernel variables and functions (kernel:
 * check_and_resolve_insns).
 */
#include <errno.h>

#include "bpf/kbtf.h"
#include "bpf/map.h"
#include "bpf/prog.h"

/*
 * The address of a kernel function stands for "it exists": programs compare it with 0 (bpf_ksym_exists). It
 * is made of the BTF id, where a kernel has its text, so far from guest memory that nothing can be read
 * there.
 */
#define KSYM_TEXT 0xffffffff81000000ull

static void set_imm64(struct bpf_insn *insn, u64 v)
{
	insn[0].imm = (u32)v;
	insn[1].imm = v >> 32;
	insn[0].src_reg = 0;
}

static int resolve_btf_id(struct bpf_sys *s, struct bpf_insn *insn, struct bpf_log *log)
{
	const struct kbtf *b = s->rt->vmlinux;
	u32 id = insn[0].imm;
	const struct btf_type *t;
	struct bpf_obj *o;

	if (insn[1].imm && (fd_get(s->files, insn[1].imm, OBJ_BTF, &o) || to_kbtf(o) != b)) {
		bpf_log(log, "invalid module BTF object FD specified.\n");
		return -EINVAL;
	}
	t = kbtf_type(b, id);
	if (!t) {
		bpf_log(log, "ldimm64 insn specifies invalid btf_id %u.\n", id);
		return -ENOENT;
	}
	switch (kbtf_kind(t)) {
	case BTF_KIND_FUNC:
		set_imm64(insn, KSYM_TEXT + id * 16ull);
		return 0;
	case BTF_KIND_VAR:
		bpf_log(log, "ldimm64 failed to find the address for kernel symbol '%s'.\n",
			kbtf_str(b, t->name_off));
		return -ENOENT;
	default:
		bpf_log(log, "pseudo btf_id %u in ldimm64 isn't KIND_VAR or KIND_FUNC\n", id);
		return -EINVAL;
	}
}

static int use_map(struct bpf_sys *s, struct bprog *p, u32 fd, struct bpf_log *log, struct bmap **out)
{
	int err = bmap_get(s->files, fd, out);

	if (err) {
		bpf_log(log, "fd %d is not pointing to valid bpf_map\n", (int)fd);
		return err;
	}
	if ((*out)->t->no_progs) {
		bpf_log(log, "bpf_struct_ops map cannot be used in prog\n");
		return -EINVAL;
	}
	if (p->nr_maps == MAX_USED_MAPS) {
		bpf_log(log, "The total number of maps per program has reached the limit of %u\n",
			MAX_USED_MAPS);
		return -E2BIG;
	}
	return bprog_add_map(p, *out);
}

static int resolve_map(struct bpf_sys *s, struct bprog *p, struct bpf_insn *insn, struct bpf_log *log)
{
	u32 src = insn[0].src_reg, fd = insn[0].imm, off = insn[1].imm;
	bool value = src == BPF_PSEUDO_MAP_VALUE || src == BPF_PSEUDO_MAP_IDX_VALUE;
	struct bmap *m;
	u64 addr;
	int err;

	if (!value && (off || (src != BPF_PSEUDO_MAP_FD && src != BPF_PSEUDO_MAP_IDX))) {
		bpf_log(log, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	if (src == BPF_PSEUDO_MAP_IDX || src == BPF_PSEUDO_MAP_IDX_VALUE) {
		if (!s->attr.a.fd_array) {
			bpf_log(log, "fd_idx without fd_array is invalid\n");
			return -EPROTO;
		}
		if (user_read(s, &fd, s->attr.a.fd_array + (u64)fd * sizeof(fd), sizeof(fd)))
			return -EFAULT;
	}
	err = use_map(s, p, fd, log, &m);
	if (err)
		return err;
	if (!value) {
		set_imm64(insn, (uintptr_t)m->guest);
		return 0;
	}
	if (!m->t->value_addr) {
		bpf_log(log, "no direct value access support for this map type\n");
		return -EINVAL;
	}
	err = m->t->value_addr(m, off, &addr);
	if (err) {
		bpf_log(log, "invalid access to map value pointer, value_size=%u off=%u\n", m->value_size,
			off);
		return err;
	}
	set_imm64(insn, addr);
	return 0;
}

int bprog_resolve(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	for (u32 i = 0; i < p->nr_insns; i++) {
		struct bpf_insn *insn = &p->insns[i];
		int err = 0;

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (i == p->nr_insns - 1 || insn[1].code || insn[1].dst_reg || insn[1].src_reg ||
		    insn[1].off) {
			bpf_log(log, "invalid bpf_ld_imm64 insn\n");
			return -EINVAL;
		}
		if (insn->off) {
			bpf_log(log, "BPF_LD_IMM64 uses reserved fields\n");
			return -EINVAL;
		}
		if (insn->src_reg == BPF_PSEUDO_BTF_ID)
			err = resolve_btf_id(s, insn, log);
		else if (insn->src_reg && insn->src_reg != BPF_PSEUDO_FUNC)
			err = resolve_map(s, p, insn, log);
		if (err)
			return err;
		i++;
	}
	return 0;
}
