/* SPDX-License-Identifier: GPL-2.0-only */
/* As prog.h, for programs of the first generation (--kernel 2022). */
#ifndef TESTS_CLI_FIRST_H
#define TESTS_CLI_FIRST_H

#include "vmlinux-2022.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
bool scx_bpf_consume(u64 dsq_id) __ksym;
void scx_bpf_kick_cpu(s32 cpu, u64 flags) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;
struct task_struct *scx_bpf_find_task_by_pid(s32 pid) __ksym;
bool scx_bpf_has_idle_cpus_among(const struct cpumask *cpus_allowed) __ksym;
s32 scx_bpf_cpumask_test_cpu(s32 cpu, const struct cpumask *cpumask) __ksym;
s32 scx_bpf_cpumask_first(const struct cpumask *cpus_allowed) __ksym;
bool scx_bpf_cpumask_intersects(const struct cpumask *src1p, const struct cpumask *src2p) __ksym;
s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed) __ksym;
bool scx_bpf_test_and_clear_cpu_idle(s32 cpu) __ksym;

#define scx_bpf_error(fmt, value) ({ \
	static char ___fmt[] = fmt; \
	unsigned long long ___data[] = { (value) }; \
	scx_bpf_error_bstr(___fmt, ___data, sizeof(___data)); \
})

#define SCHEDULER(...) \
	SEC(".struct_ops") \
	struct sched_ext_ops test_ops = { .name = "test", .timeout_ms = 1000, __VA_ARGS__ }

#endif
