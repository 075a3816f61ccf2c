// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types that the BTF is made from: compiled for BPF with debug information, then tools/mkbtf takes from
 * it what a version has. Nothing of this is ever executed.
 *
 * A type is in the BTF if it is kept here by name or reached from one that is. Kept by value: what is only
 * pointed at would be no more than a declaration.
 */
#if __clang_major__ < 15
#error "clang 15 or later is needed: the BTF of earlier ones cuts enumerators to 32 bits"
#endif

#include "kabi/bpf_types.h"
#include "kabi/btf/uapi.h"
#include "kabi/ops.h"
#include "kabi/rq.h"

#define KEEP(kind, name) kind name keep_##name

KEEP(struct, task_struct);
KEEP(struct, rq);
KEEP(struct, sched_ext_ops);
KEEP(struct, bpf_struct_ops_sched_ext_ops);
KEEP(struct, sched_ext_ops___2022);
KEEP(struct, bpf_struct_ops_sched_ext_ops___2022);
KEEP(struct, scx_exit_info___2022);
KEEP(struct, scx_enable_args);
KEEP(struct, scx_init_task_args);
KEEP(struct, scx_exit_task_args);
KEEP(struct, scx_cgroup_init_args);
KEEP(struct, scx_cpu_acquire_args);
KEEP(struct, scx_cpu_release_args);
KEEP(struct, scx_dump_ctx);
KEEP(struct, scx_exit_info);
KEEP(struct, scx_sub_attach_args);
KEEP(struct, scx_sub_detach_args);
KEEP(struct, scx_event_stats);
KEEP(struct, scx_bpf_dsq_insert_vtime_args);
KEEP(struct, scx_bpf_select_cpu_and_args);
KEEP(struct, bpf_map);
KEEP(struct, bpf_spin_lock);
KEEP(struct, bpf_timer);
KEEP(struct, bpf_prog_aux);
KEEP(struct, bpf_cpumask);
KEEP(struct, bpf_iter_scx_dsq);
KEEP(struct, bpf_iter_num);
KEEP(struct, cgroup);
KEEP(struct, kernfs_node);
KEEP(struct, hlist_node);
KEEP(struct, sched_class);
KEEP(struct, mm_struct);

KEEP(enum, scx_public_consts);
KEEP(enum, scx_dsq_id_flags);
KEEP(enum, scx_consts);
KEEP(enum, scx_ent_flags);
KEEP(enum, scx_ent_dsq_flags);
KEEP(enum, scx_dsq_lnode_flags);
KEEP(enum, scx_wake_flags);
KEEP(enum, scx_enq_flags);
KEEP(enum, scx_deq_flags);
KEEP(enum, scx_reenq_flags);
KEEP(enum, scx_pick_idle_cpu_flags);
KEEP(enum, scx_kick_flags);
KEEP(enum, scx_dsq_iter_flags);
KEEP(enum, scx_ops_flags);
KEEP(enum, scx_exit_kind);
KEEP(enum, scx_exit_type);
KEEP(enum, scx_exit_code);
KEEP(enum, scx_exit_flags);
KEEP(enum, scx_ops_state);
KEEP(enum, scx_enable_state);
KEEP(enum, scx_cpu_preempt_reason);
KEEP(enum, scx_rq_flags);
KEEP(enum, bpf_map_type);

/* the names that schedulers and libbpf's headers use */
enum { false, true } keep_booleans;
u8 keep_u8;
u16 keep_u16;
u32 keep_u32;
u64 keep_u64;
s8 keep_s8;
s16 keep_s16;
s32 keep_s32;
s64 keep_s64;
bool keep_bool;
size_t keep_size_t;
__be16 keep_be16;
__be32 keep_be32;
__wsum keep_wsum;
atomic_t keep_atomic_t;
atomic64_t keep_atomic64_t;

/* Functions, so that there is a FUNC for each; the symbol names the row of the table. */
#define KFUNC(name, ret, args, flags, since, until) \
	ret name##__##since args { return (ret)0; }
#include "kabi/kfuncs.def"
