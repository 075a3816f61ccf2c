/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Special fields of map values: locks, timers. They are found in the value's BTF when the map is created.
 *
 * What a program sees of one in the value is plain memory that means nothing: the field itself is a host object,
 * found by the guest address of the field. So no program can forge or damage one, and a pointer to a field of
 * a value that is gone finds nothing.
 */
#ifndef BPF_FIELDS_H
#define BPF_FIELDS_H

#include "bpf/map.h"

enum field_kind {
	FIELD_SPIN_LOCK, FIELD_RES_SPIN_LOCK, FIELD_TIMER, FIELD_WQ, FIELD_TASK_WORK, FIELD_LIST_HEAD, FIELD_RB_ROOT,
	FIELD_REFCOUNT, FIELD_KPTR_UNREF, FIELD_KPTR_REF, FIELD_KPTR_PERCPU, FIELD_UPTR, NR_FIELD_KINDS
};

#define FIELDS_MAX 11	/* of a value: BTF_FIELDS_MAX */

/* The special fields of all values of a map, by ascending offset. */
struct brecord {
	u32 mask;		/* bits of enum field_kind */
	u32 nr;
	struct {
		enum field_kind kind;
		u32 off, size;	/* bytes */
		const struct kptr_type *kptr;	/* KPTR_REF: NULL: a type that is not supported */
		const char *pointee;		/* of pointers: name of the struct, in the map's BTF */
	} f[FIELDS_MAX];
};

struct btimer;
struct kptr_type;

/* A field of a live value. */
struct field {
	u64 addr;			/* (i) guest address */
	enum field_kind kind;		/* (i) */
	struct bmap *m;			/* (i) */
	void *value;			/* (i) that it is in */
	struct field *chain;		/* in its slot of the table */
	struct field *next, **pprev;	/* of the map, the newest first */
	raw_spinlock_t lock;		/* SPIN_LOCK */
	struct btimer *timer;		/* TIMER; NULL: not initialised */
	u64 kptr;			/* KPTR_REF: the object that it owns a reference to, 0: none */
	const struct kptr_type *kptr_type;	/* (i) KPTR_REF */
};

/*
 * Find the fields of @m's values, which are of type @value in @b. 0, or -errno as the kernel's btf_parse_fields()
 * and map_check_btf(); -EOPNOTSUPP also for kinds that are not supported, with the reason.
 */
int fields_parse(struct bpf_sys *s, struct bmap *m, const struct kbtf *b, u32 value);

static inline bool bmap_has_field(const struct bmap *m, enum field_kind kind)
{
	return m->rec && m->rec->mask >> kind & 1;
}

/*
 * Life of a value of a map with fields; for maps without they do nothing. Types call bmap_init_value() before
 * programs can see the value (0 or -ENOMEM) and bmap_fini_value() before its memory is freed.
 */
int bmap_init_value(struct bmap *m, void *value);
void bmap_fini_value(struct bmap *m, void *value);
/*
 * The value has been overwritten or deleted, but not freed: its timers go, and in 6.12 all that its fields hold
 * (bpf_obj_cancel_fields, bpf_obj_free_fields).
 */
void bmap_cancel_fields(struct bmap *m, void *value);
/* The map goes: all fields of all its values do. */
void fields_free_map(struct bmap *m);
/* No descriptor of the map is left (kernel: map_release_uref). */
void fields_no_users(struct bmap *m);
void fields_destroy(struct bpf_rt *rt);

/* bmap_copy_value() with the lock held of the value @locked, which is @dst or @src (BPF_F_LOCK); the map has a lock. */
void bmap_copy_value_locked(const struct bmap *m, void *dst, const void *src, const void *locked);

/* The field of @kind at this address, or NULL: there is none. */
struct field *field_at(const struct bpf_rt *rt, u64 addr, enum field_kind kind);

/* Helpers: bpf/spin.c */
u64 bpf_spin_lock(struct bpf_exec *x, const u64 a[5]);
u64 bpf_spin_unlock(struct bpf_exec *x, const u64 a[5]);
/* Take and drop the lock of a field; returns whether interrupts were off. */
bool field_lock(struct field *f);
void field_unlock(struct field *f, bool irqs_off);

#endif
