/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of tests/cli have in common. Each is one fault; what must come of it stands in its first comment,
 * which test_faults.py reads:
 *
 *	status: N	exit status of uscx
 *	stderr: TEXT	is part of the message, may be repeated; @LINE is the number of the line marked HERE
 *	args: ...	more arguments for uscx run
 */
#ifndef TESTS_CLI_PROG_H
#define TESTS_CLI_PROG_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#ifndef PROG_LICENSE
#define PROG_LICENSE "GPL"
#endif

char _license[] SEC("license") = PROG_LICENSE;

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
bool scx_bpf_dsq_move_to_local(u64 dsq_id) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;
const struct cpumask *scx_bpf_get_idle_cpumask(void) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
void bpf_rcu_read_lock(void) __ksym;

#define scx_bpf_error(fmt, value) ({ \
	static char ___fmt[] = fmt; \
	unsigned long long ___data[] = { (value) }; \
	scx_bpf_error_bstr(___fmt, ___data, sizeof(___data)); \
})

/* The scheduler "test" with these operations and settings; the default watchdog would take 30 s. */
#define SCHEDULER(...) \
	SEC(".struct_ops.link") \
	struct sched_ext_ops test_ops = { .name = "test", .timeout_ms = 1000, __VA_ARGS__ }

#endif
