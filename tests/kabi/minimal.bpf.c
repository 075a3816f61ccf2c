// SPDX-License-Identifier: GPL-2.0-only
/* A small scheduler, written against the generated vmlinux.h by a user: it has to compile and to bind. */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;
s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle) __ksym;
void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) __ksym;
bool scx_bpf_dsq_insert___v2___compat(struct task_struct *p, u64 dsq_id, u64 slice,
				      u64 enq_flags) __ksym __weak;
bool __scx_bpf_dsq_insert_vtime(struct task_struct *p,
				struct scx_bpf_dsq_insert_vtime_args *args) __ksym __weak;
bool scx_bpf_dsq_move_to_local(u64 dsq_id) __ksym;
bool scx_bpf_dsq_move_to_local___v2___compat(u64 dsq_id, u64 enq_flags) __ksym __weak;
/* its last flavor is dropped: looked up as scx_bpf_dsq_move_to_local, which has one parameter less */
bool scx_bpf_dsq_move_to_local___v2(u64 dsq_id, u64 enq_flags) __ksym __weak;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym __weak;
const struct cpumask *scx_bpf_get_online_cpumask(void) __ksym;
void scx_bpf_put_cpumask(const struct cpumask *cpumask) __ksym;
bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask) __ksym;
struct task_struct *scx_bpf_cpu_curr(s32 cpu) __ksym __weak;
/* the kernel does not have this one */
void scx_bpf_no_such_kfunc(u64 flags) __ksym __weak;

#define SHARED_DSQ 0

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u64));
	__uint(max_entries, 2);
} stats SEC(".maps");

u64 vtime_now;
struct scx_exit_info *seen;

SEC("struct_ops/minimal_select_cpu")
s32 BPF_PROG(minimal_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);

	if (is_idle)
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	return cpu;
}

SEC("struct_ops/minimal_enqueue")
void BPF_PROG(minimal_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct scx_bpf_dsq_insert_vtime_args args = {
		.dsq_id = SHARED_DSQ,
		.slice = SCX_SLICE_DFL,
		.vtime = p->scx.dsq_vtime,
		.enq_flags = enq_flags,
	};
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&stats, &key);

	if (count)
		(*count)++;
	if (bpf_core_enum_value_exists(enum scx_enq_flags, SCX_ENQ_IMMED) && (enq_flags & SCX_ENQ_PREEMPT))
		vtime_now++;
	if (bpf_core_field_exists(struct sched_ext_entity, dsq_vtime) &&
	    bpf_ksym_exists(__scx_bpf_dsq_insert_vtime))
		__scx_bpf_dsq_insert_vtime(p, &args);
	else
		scx_bpf_dsq_insert(p, SHARED_DSQ, SCX_SLICE_DFL, enq_flags);
	if (bpf_ksym_exists(scx_bpf_dsq_insert___v2___compat) && p->pid < 0)
		scx_bpf_dsq_insert___v2___compat(p, SCX_DSQ_GLOBAL, SCX_SLICE_INF, 0);
}

SEC("struct_ops/minimal_dispatch")
void BPF_PROG(minimal_dispatch, s32 cpu, struct task_struct *prev)
{
	const struct cpumask *online = scx_bpf_get_online_cpumask();
	unsigned long long data[1] = { cpu };
	static char fmt[] = "CPU %d is not online";
	int i;

	if (!bpf_cpumask_test_cpu(cpu, online) && bpf_ksym_exists(scx_bpf_error_bstr))
		scx_bpf_error_bstr(fmt, data, sizeof(data));
	scx_bpf_put_cpumask(online);
	if (bpf_ksym_exists(scx_bpf_no_such_kfunc))
		scx_bpf_no_such_kfunc(0);
	bpf_for(i, 0, 2)
		vtime_now += i;
	if (bpf_ksym_exists(scx_bpf_cpu_curr) && !scx_bpf_cpu_curr(cpu))
		return;
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___v2))
		scx_bpf_dsq_move_to_local___v2(SHARED_DSQ, 0);
	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local___v2___compat))
		scx_bpf_dsq_move_to_local___v2___compat(SHARED_DSQ, 0);
	else
		scx_bpf_dsq_move_to_local(SHARED_DSQ);
}

SEC("struct_ops/minimal_running")
void BPF_PROG(minimal_running, struct task_struct *p)
{
	if (p->scx.dsq_vtime > vtime_now && !(p->scx.flags & SCX_TASK_QUEUED) && p->cpus_ptr == &p->cpus_mask)
		vtime_now = p->scx.dsq_vtime + p->se.sum_exec_runtime;
}

SEC("struct_ops.s/minimal_init")
s32 BPF_PROG(minimal_init)
{
	return scx_bpf_create_dsq(SHARED_DSQ, -1);
}

SEC("struct_ops/minimal_exit")
void BPF_PROG(minimal_exit, struct scx_exit_info *ei)
{
	if (ei->kind >= SCX_EXIT_ERROR && bpf_core_field_exists(ei->exit_cpu))
		seen = ei;
}

SEC(".struct_ops.link")
struct sched_ext_ops minimal_ops = {
	.select_cpu = (void *)minimal_select_cpu,
	.enqueue = (void *)minimal_enqueue,
	.dispatch = (void *)minimal_dispatch,
	.running = (void *)minimal_running,
	.init = (void *)minimal_init,
	.exit = (void *)minimal_exit,
	.flags = SCX_OPS_ENQ_LAST,
	.timeout_ms = 5000,
	.name = "minimal",
};
