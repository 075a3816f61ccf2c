// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "bpf/vm.h"

static const char *const text[] = {
	[BPF_FAULT_NONE] = "no broken rule",
	[BPF_FAULT_LOAD] = "load from memory that the program may not read",
	[BPF_FAULT_STORE] = "store to memory that the program may not write",
	[BPF_FAULT_ARG] = "bad argument",
	[BPF_FAULT_CALL] = "call of a kfunc that this kernel does not have",
	[BPF_FAULT_BUDGET] = "executed more instructions than its budget",
	[BPF_FAULT_DEPTH] = "too many nested calls",
	[BPF_FAULT_LEAK] = "ended with a lock or reference held",
	[BPF_FAULT_LOCK] = "misuse of a lock",
	[BPF_FAULT_NESTED] = "too many programs nested on one CPU",
};

const char *bpf_fault_text(enum bpf_fault_kind kind)
{
	return text[kind];
}

void bpf_fault(struct bpf_exec *x, enum bpf_fault_kind kind, u64 value, u32 size, const char *fmt, ...)
{
	struct bpf_fault *f = &x->fault;
	va_list ap;

	if (f->kind)
		return;
	f->kind = kind;
	f->insn = x->insn;
	f->value = value;
	f->size = size;
	va_start(ap, fmt);
	vsnprintf(f->msg, sizeof(f->msg), fmt, ap);
	va_end(ap);
}
