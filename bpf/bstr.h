/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatted text of BPF programs: what bpf_trace_printk(), bpf_snprintf() and scx_bpf_*_bstr() share. */
#ifndef BPF_BSTR_H
#define BPF_BSTR_H

#include "kabi/gmem.h"

#define BSTR_MAX_ARGS 12	/* MAX_BPRINTF_VARARGS */
#define BSTR_BIN_ARGS 512	/* MAX_BPRINTF_BIN_ARGS: bytes that all arguments take */

/*
 * Format as the kernel's bpf_bprintf_prepare() and bstr_printf(). @fmt: readable, NUL within @fmt_size bytes.
 * Returns the length of the whole text, of which at most @size - 1 bytes and a NUL are in @out; -EINVAL: a
 * conversion that programs may not use, or more of them than arguments; -ENOSPC: the arguments are too long
 * together.
 * @ascii: refuse other characters in plain text (6.12).
 */
int bpf_bstr_format(const struct gmem *g, char *out, size_t size, const char *fmt, u32 fmt_size,
		    const u64 *args, u32 nr_args, bool ascii);

/*
 * Copy a string from @src, which may be any address, to @dst: at most @size bytes with the NUL. Returns its
 * length with the NUL, or -EFAULT (strncpy_from_kernel_nofault).
 */
s64 bpf_copy_string(const struct gmem *g, char *dst, u64 src, u64 size);

#endif
