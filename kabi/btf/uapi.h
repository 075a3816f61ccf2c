/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of linux/bpf.h that belongs to the BTF, for people who write schedulers against vmlinux.h; only
 * for kabi/btf/vmlinux.c. Numbers of the UAPI never change; what uscx has of it is said by bpf(2) and by the
 * check of a program when it is loaded.
 */
#ifndef KABI_BTF_UAPI_H
#define KABI_BTF_UAPI_H

#include "kabi/types.h"

/* Special fields of map values, of which only bpf(2) knows what is in them. */
struct bpf_spin_lock {
	__u32 val;
};

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC,
	BPF_MAP_TYPE_HASH,
	BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_PROG_ARRAY,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	BPF_MAP_TYPE_PERCPU_HASH,
	BPF_MAP_TYPE_PERCPU_ARRAY,
	BPF_MAP_TYPE_LRU_HASH		= 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH,
	BPF_MAP_TYPE_ARRAY_OF_MAPS	= 12,
	BPF_MAP_TYPE_HASH_OF_MAPS,
	BPF_MAP_TYPE_QUEUE		= 22,
	BPF_MAP_TYPE_STACK,
	BPF_MAP_TYPE_STRUCT_OPS		= 26,
	BPF_MAP_TYPE_RINGBUF,
	BPF_MAP_TYPE_TASK_STORAGE	= 29,
	BPF_MAP_TYPE_USER_RINGBUF	= 31,
	BPF_MAP_TYPE_CGRP_STORAGE,
	BPF_MAP_TYPE_ARENA,
};

/* Flags are in anonymous enums, which can be kept only where they are defined. Of map updates and lookups: */
enum {
	BPF_ANY		= 0,
	BPF_NOEXIST	= 1,
	BPF_EXIST	= 2,
	BPF_F_LOCK	= 4,
} keep_update_flags;

/* of map creation: */
enum {
	BPF_F_NO_PREALLOC	= 1 << 0,
	BPF_F_NO_COMMON_LRU	= 1 << 1,
	BPF_F_NUMA_NODE		= 1 << 2,
	BPF_F_RDONLY		= 1 << 3,
	BPF_F_WRONLY		= 1 << 4,
	BPF_F_RDONLY_PROG	= 1 << 7,
	BPF_F_WRONLY_PROG	= 1 << 8,
	BPF_F_MMAPABLE		= 1 << 10,
	BPF_F_INNER_MAP		= 1 << 12,
	BPF_F_LINK		= 1 << 13,
} keep_create_flags;

/* of local storage: */
enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE	= 1 << 0,
	BPF_SK_STORAGE_GET_F_CREATE	= BPF_LOCAL_STORAGE_GET_F_CREATE,
} keep_storage_flags;

/* libbpf's bpf_helper_defs.h needs these names for helpers of networks */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));

#endif
