/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf_timer: timers in map values. */
#ifndef BPF_TIMER_H
#define BPF_TIMER_H

#include "bpf/fields.h"

/*
 * The value of @f goes, or the last user of its map: cancel its timer, which then has to be initialised again. A
 * callback that is running goes on.
 */
void btimer_cancel_and_free(struct field *f);
/* Free those that a machine that is gone would have freed. */
void btimers_destroy(struct bpf_rt *rt);

/* Helpers */
u64 bpf_timer_init(struct bpf_exec *x, const u64 a[5]);
u64 bpf_timer_set_callback(struct bpf_exec *x, const u64 a[5]);
u64 bpf_timer_start(struct bpf_exec *x, const u64 a[5]);
u64 bpf_timer_cancel(struct bpf_exec *x, const u64 a[5]);

#endif
