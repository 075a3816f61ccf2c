/* SPDX-License-Identifier: GPL-2.0-only */
/* A map with two values that have a lock each. */
#ifndef TESTS_CLI_LOCKS_H
#define TESTS_CLI_LOCKS_H

#include "tests/cli/progs/prog.h"

struct locked {
	struct bpf_spin_lock lock;
	u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct locked);
} values SEC(".maps");

static inline struct locked *value(u32 i) { return bpf_map_lookup_elem(&values, &i); }

#endif
