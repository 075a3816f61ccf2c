/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BTF that uscx presents as the kernel's, one per version, and what the tables say about versions.
 *
 * It is made at build time from the headers of kabi/ and from kabi/versions.def and kabi/kfuncs.def
 * (tools/mkbtf.c).
 */
#ifndef KABI_BTF_H
#define KABI_BTF_H

#include "kabi/types.h"

/* In the order of time. 2022: the patch set as first posted, on 2022-11-30, for a kernel of that time. */
enum kabi_version_id { KABI_2022, KABI_6_12, KABI_7_2 };

struct kabi_version {
	enum kabi_version_id id;
	const char *name;	/* "7.2" */
	const char *release;	/* "7.2.13": what uname(2) says and whose source it was read from; 2022: a name of our own */
};

/* By name or by full release; NULL: there is no such version. */
const struct kabi_version *kabi_version_find(const char *name);
/* All that exist, oldest first; NULL behind the last. For messages and tests. */
const struct kabi_version *kabi_version_at(u32 i);

/* Flags of kfuncs, with the numbers of the kernel's KF_*. */
#define KFUNC_ACQUIRE		(1u << 0)	/* returns a reference */
#define KFUNC_RELEASE		(1u << 1)	/* takes a reference away */
#define KFUNC_RET_NULL		(1u << 2)	/* may return NULL */
#define KFUNC_SLEEPABLE		(1u << 5)	/* only for programs that may sleep */
#define KFUNC_RCU		(1u << 7)	/* arguments may be RCU protected pointers */
#define KFUNC_ITER_NEW		(1u << 8)
#define KFUNC_ITER_NEXT		(1u << 9)
#define KFUNC_ITER_DESTROY	(1u << 10)
#define KFUNC_RCU_PROTECTED	(1u << 11)	/* what is returned is protected by RCU */

/*
 * Number @i of the kfuncs that the BTF of @v has, in the order of the table, and its flags (KFUNC_*; @flags
 * may be NULL). NULL behind the last. bpf/kfuncs.c must have exactly these.
 */
const char *kabi_kfunc_name(const struct kabi_version *v, u32 i, u32 *flags);

/* The BTF of @version (as for kabi_version_find) for HZ=1000. NULL: there is no such version. */
const void *kabi_btf(const char *version, size_t *len);

/*
 * A copy of the BTF of @v for a machine with @hz ticks per second: the value of SCX_WATCHDOG_MAX_TIMEOUT,
 * which is in jiffies, depends on it. Programs and loaders must be given this one. 0 and *@btf (to be freed
 * with free()), *@len; -ENOMEM, or -EINVAL: @hz is 0 or too large.
 */
int kabi_btf_for_hz(const struct kabi_version *v, u32 hz, void **btf, size_t *len);

/*
 * The value of enumerator @name of enum @enum_name in @v (jiffies: for HZ=1000; negative values are sign
 * extended). -ENOENT: the version does not have it, then programs read 0 as its value. -ENOMEM.
 */
int kabi_enum_value(const struct kabi_version *v, const char *enum_name, const char *name, u64 *value);

#endif
