/* SPDX-License-Identifier: GPL-2.0-only */
/* What the schedulers of these tests share: declarations, and the operations of a FIFO. */
#ifndef TESTS_BPF_PROGS_SCHED_H
#define TESTS_BPF_PROGS_SCHED_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
bool scx_bpf_dsq_move_to_local(u64 dsq_id) __ksym;
s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;

char _license[] SEC("license") = "GPL";

#define OPS(name) SEC("struct_ops/" #name) int BPF_PROG(name
#define FIFO_ENQUEUE scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, 5000000, enq_flags)

#endif
