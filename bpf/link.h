/* SPDX-License-Identifier: GPL-2.0-only */
/* Links: an attached struct_ops map. */
#ifndef BPF_LINK_H
#define BPF_LINK_H

#include "bpf/internal.h"

struct bmap;

struct blink {
	struct bpf_obj obj;
	struct bmap *map;	/* NULL: detached */
};

static inline struct blink *to_blink(struct bpf_obj *o) { return (struct blink *)o; }

void blink_free(struct bpf_obj *o);
long link_create(struct bpf_sys *s);
long link_update(struct bpf_sys *s);
long link_detach(struct bpf_sys *s);

#endif
