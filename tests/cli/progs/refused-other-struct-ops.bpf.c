// SPDX-License-Identifier: GPL-2.0-only
/*
 * A struct_ops of another subsystem.
 * status: 2
 * stderr: tcp_congestion_ops
 */
#include "tests/cli/progs/prog.h"

struct tcp_congestion_ops {
	u32 key;
	void (*release)(void *sk);
};

SEC("struct_ops/release")
void BPF_PROG(release, void *sk)
{
}

SEC(".struct_ops.link")
struct tcp_congestion_ops tcp = { .release = (void *)release };
