/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions as text, in the notation of the kernel's verifier. */
#ifndef BPF_DISASM_H
#define BPF_DISASM_H

#include "bpf/insn.h"

/*
 * Write @insn without its index, e.g. "(7b) *(u64 *)(r1 +8) = r2". @callee: name of the called function, or
 * NULL (then helpers have the names of <linux/bpf.h>). @insn must be followed by its second half if it is a
 * ld_imm64 with one; see
 * @has_next. Returns @buf.
 */
const char *bpf_disasm(char *buf, size_t len, const struct bpf_insn *insn, bool has_next, const char *callee);

/* "bpf_ktime_get_ns", or "unknown" */
const char *bpf_helper_name(s32 id);

#endif
