/* SPDX-License-Identifier: GPL-2.0-only */
/* TASK_STORAGE. */
#ifndef BPF_MAP_TASK_H
#define BPF_MAP_TASK_H

#include "bpf/map.h"

/* A task is freed: so are the storages at *@storages. For kernel_set_task_free_fn(). */
void task_storage_task_gone(void *arg, void **storages);
/* Free those that wait for a grace period of a machine that is gone. */
void task_storages_destroy(struct bpf_rt *rt);

/* Helpers */
u64 bpf_task_storage_get(struct bpf_exec *x, const u64 a[5]);
u64 bpf_task_storage_delete(struct bpf_exec *x, const u64 a[5]);

#endif
