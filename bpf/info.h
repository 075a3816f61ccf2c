/* SPDX-License-Identifier: GPL-2.0-only */
/* OBJ_GET_INFO_BY_FD and BTF_LOAD. */
#ifndef BPF_INFO_H
#define BPF_INFO_H

#include "bpf/internal.h"

long obj_get_info_by_fd(struct bpf_sys *s);
long btf_load(struct bpf_sys *s);

#endif
