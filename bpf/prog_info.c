// SPDX-License-Identifier: GPL-2.0-only
/* func_info and line_info of a program: which function and which source line an instruction belongs to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kbtf.h"
#include "bpf/prog.h"

#define MIN_FUNC_REC 8
#define MIN_LINE_REC 16
#define MAX_REC 252

/*
 * Copy @n records of @urec bytes, of which @krec are known, to a new array in *@out. On -E2BIG (unknown bytes
 * that are not zero) the size that is known is written to offset @size_off of the caller's union, so that it
 * can try again.
 */
static int read_records(struct bpf_sys *s, void **out, u64 from, u32 n, u32 urec, u32 krec, size_t size_off)
{
	u32 copy = urec < krec ? urec : krec;
	char *to;

	to = calloc(n, krec);
	if (!to)
		return -ENOMEM;
	*out = to;
	for (u32 i = 0; i < n; i++, from += urec, to += krec) {
		int err = user_tail_zero(s, from, krec, urec);

		if (err == -E2BIG)
			attr_write(s, size_off, &copy, sizeof(copy));
		if (!err)
			err = user_read(s, to, from, copy);
		if (err)
			return err;
	}
	return 0;
}

static int read_funcs(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	const union bpf_attr *a = &s->attr.a;
	u32 n = a->func_info_cnt, rec = a->func_info_rec_size;
	int err;

	if (!n)
		return 0;
	if (rec < MIN_FUNC_REC || rec > MAX_REC || rec % 4) {
		bpf_log(log, "invalid func info rec size %u\n", rec);
		return -EINVAL;
	}
	if (n > p->nr_insns) {
		bpf_log(log, "number of funcs in func_info doesn't match number of subprogs\n");
		return -EINVAL;
	}
	err = read_records(s, (void **)&p->func_info, a->func_info, n, rec, sizeof(*p->func_info),
			   offsetof(union bpf_attr, func_info_rec_size));
	if (err) {
		if (err == -E2BIG)
			bpf_log(log, "nonzero tailing record in func info\n");
		return err;
	}
	for (u32 i = 0; i < n; i++) {
		u32 off = p->func_info[i].insn_off;

		if (!i && off) {
			bpf_log(log, "nonzero insn_off %u for the first func info record\n", off);
			return -EINVAL;
		}
		if (i && off <= p->func_info[i - 1].insn_off) {
			bpf_log(log, "same or smaller insn offset (%u) than previous func info record (%u)\n",
				off, p->func_info[i - 1].insn_off);
			return -EINVAL;
		}
		if (kbtf_kind(kbtf_type(p->btf, p->func_info[i].type_id)) != BTF_KIND_FUNC) {
			bpf_log(log, "invalid type id %u in func info\n", p->func_info[i].type_id);
			return -EINVAL;
		}
	}
	p->nr_func_info = n;
	return 0;
}

static int read_lines(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	const union bpf_attr *a = &s->attr.a;
	u32 n = a->line_info_cnt, rec = a->line_info_rec_size;
	const struct bpf_line_info *l;
	int err;

	if (!n)
		return 0;
	if (n > p->nr_insns || rec < MIN_LINE_REC || rec > MAX_REC || rec % 4)
		return -EINVAL;
	err = read_records(s, (void **)&p->line_info, a->line_info, n, rec, sizeof(*p->line_info),
			   offsetof(union bpf_attr, line_info_rec_size));
	if (err) {
		if (err == -E2BIG)
			bpf_log(log, "nonzero tailing record in line_info\n");
		return err;
	}
	l = p->line_info;
	for (u32 i = 0; i < n; i++) {
		if ((i && l[i].insn_off <= l[i - 1].insn_off) || l[i].insn_off >= p->nr_insns) {
			bpf_log(log, "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n", i,
				l[i].insn_off, i ? l[i - 1].insn_off : 0, p->nr_insns);
			return -EINVAL;
		}
		if (!p->insns[l[i].insn_off].code) {
			bpf_log(log, "Invalid insn code at line_info[%u].insn_off\n", i);
			return -EINVAL;
		}
		if (l[i].line_off >= p->btf->str_len || l[i].file_name_off >= p->btf->str_len) {
			bpf_log(log, "Invalid line_info[%u].line_off or .file_name_off\n", i);
			return -EINVAL;
		}
	}
	p->nr_line_info = n;
	return 0;
}

int bprog_read_info(struct bpf_sys *s, struct bprog *p, struct bpf_log *log)
{
	const union bpf_attr *a = &s->attr.a;
	struct bpf_obj *o;
	int err;

	if (!a->func_info_cnt && !a->line_info_cnt)
		return 0;
	err = fd_get(s->files, a->prog_btf_fd, OBJ_BTF, &o);
	if (err)
		return err;
	if (to_kbtf(o)->kernel)
		return -EACCES;
	bpf_obj_get(o);
	p->btf = to_kbtf(o);
	err = read_funcs(s, p, log);
	return err ? err : read_lines(s, p, log);
}

const char *bprog_func_name(const struct bprog *p, u32 insn)
{
	const struct btf_type *t;
	u32 i = p->nr_func_info;

	while (i && p->func_info[i - 1].insn_off > insn)
		i--;
	if (!i)
		return p->name;
	t = kbtf_type(p->btf, p->func_info[i - 1].type_id);
	return kbtf_str(p->btf, t->name_off);
}

const struct bpf_line_info *bprog_line(const struct bprog *p, u32 insn)
{
	u32 i = p->nr_line_info;

	while (i && p->line_info[i - 1].insn_off > insn)
		i--;
	return i ? &p->line_info[i - 1] : NULL;
}

const char *bprog_where(const struct bprog *p, u32 insn, char *buf, size_t len)
{
	const struct bpf_line_info *l = bprog_line(p, insn);
	const char *func = bprog_func_name(p, insn), *file, *slash;

	if (!l) {
		snprintf(buf, len, "%s", *func ? func : "a program without a name");
		return buf;
	}
	file = kbtf_str(p->btf, l->file_name_off);
	slash = strrchr(file, '/');
	snprintf(buf, len, "%s:%u: %s", slash ? slash + 1 : file, BPF_LINE_INFO_LINE_NUM(l->line_col), func);
	return buf;
}
