/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plain integer types with the kernel's names, and the small structures that kernel objects are linked with.
 *
 * Everything under kabi/ is both C for uscx and the source of the BTF that BPF programs see, so: plain integers and
 * pointers to other kernel objects only. No _Atomic, no function pointers into uscx, no host addresses. Atomic
 * access goes through the accessors of machine/atomic.h.
 */
#ifndef KABI_TYPES_H
#define KABI_TYPES_H

#include <stddef.h>

#ifdef __BPF__
/* The chains of typedefs that the kernel's BTF has. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
#endif

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;
typedef struct refcount_struct { atomic_t refs; } refcount_t;
typedef int pid_t_kernel;

/*
 * A spinlock. The words belong to the machine (machine/lock.h); zero is an unlocked lock.
 * @owner: CPU that holds it, plus one; 0: free
 * @waiters: CPUs that spin for it
 * @free_at_ns: simulated machine: when it was last released
 */
typedef struct raw_spinlock {
	u32 owner;
	u32 waiters;
	u64 free_at_ns;
} raw_spinlock_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
