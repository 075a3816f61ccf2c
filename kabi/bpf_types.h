/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects of the BPF subsystem and of cgroups that BPF programs have pointers to. (i) immutable */
#ifndef KABI_BPF_TYPES_H
#define KABI_BPF_TYPES_H

#ifdef __BPF__
#include "kabi/btf/uapi.h"
#else
#include <linux/bpf.h>
#endif

#include "kabi/cpumask.h"
#include "kabi/types.h"

/* What programs see of a map, whose address stands for the map in helper calls. */
struct bpf_map {
	enum bpf_map_type	map_type;		/* (i) */
	u32			key_size;		/* (i) bytes */
	u32			value_size;		/* (i) bytes */
	u32			max_entries;		/* (i) */
	u32			map_flags;		/* (i) BPF_F_* */
	u32			id;			/* (i) */
	char			name[16];		/* (i) */
};

struct bpf_prog_aux {
	u32			id;			/* (i) */
	char			name[16];		/* (i) */
};

/*
 * A mask that programs own. At offset 0, since programs cast a pointer to one into a pointer to the other.
 * How many references there are is in the companion: the mask is only as long as the machine needs.
 */
struct bpf_cpumask {
	cpumask_t		cpumask;
};

/* On the stacks of programs. */
struct bpf_iter_scx_dsq {
	u64			__opaque[6];
} __attribute__((aligned(8)));

struct kernfs_node {
	u64			id;			/* (i) what programs and sysfs call the cgroup's id */
};

struct cgroup {
	s32			level;			/* (i) 0: the root */
	struct kernfs_node	*kn;			/* (i) */
};

#endif
