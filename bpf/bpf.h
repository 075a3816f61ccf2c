/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF subsystem: bpf(2), and the files that its descriptors stand for.
 *
 * One struct bpf_rt exists per simulated kernel, one struct bpf_files per simulated process. Whoever serves a
 * loader (the loader in this process, later the front door) forwards its bpf(2) calls, closes and dups here.
 */
#ifndef BPF_BPF_H
#define BPF_BPF_H

#include <linux/bpf.h>

#include "bpf/vm.h"
#include "kabi/gmem.h"

struct bpf_files;
struct bpf_rt;
struct kabi_version;
struct kernel;

struct bpf_rt_config {
	struct gmem *gmem;
	struct kernel *kernel;	/* NULL: no machine: objects can be made, a scheduler cannot be attached */
	u32 nr_cpus;		/* possible CPUs */
	const struct kabi_version *version;	/* commands and fields that it lacks do not exist */
	/* the kernel's BTF, for its version and HZ (kabi_btf_for_hz()); must outlive the runtime */
	const void *btf;
	size_t btf_len;		/* bytes */
};

/*
 * 0 and *@out, or -ENOMEM, -EINVAL with a message in @err (a kernel BTF that is damaged or lacks
 * sched_ext_ops).
 */
int bpf_rt_create(struct bpf_rt **out, const struct bpf_rt_config *cfg, char *err, size_t err_len);
/* Every bpf_files must be gone. */
void bpf_rt_destroy(struct bpf_rt *rt);

/* The first rule that a BPF program broke. */
struct bpf_rt_fault {
	enum bpf_fault_kind kind;
	char prog[128];			/* name of the function */
	char source[256];		/* "scx_simple.bpf.c:57", empty: the object has no line information */
	char line[256];			/* text of that line */
	char insn_text[128];		/* the instruction, as disassembled */
	u32 insn;			/* its index */
	u64 value;			/* what the kind says: the address, the argument ... */
	char msg[1024];			/* all of it in one line */
};
/* NULL: no program has broken a rule. Valid until bpf_rt_destroy(). */
const struct bpf_rt_fault *bpf_rt_fault(const struct bpf_rt *rt);
/*
 * Why the last sys_bpf() that was refused was refused: one line with the object's name and the reason, or ""
 * if errno says it all. Valid until the next call.
 */
const char *bpf_rt_why(const struct bpf_rt *rt);

struct bpf_user_ops {
	/* How the memory of a process is read and written; 0 or -EFAULT. */
	int (*read)(void *arg, void *dst, u64 src, size_t n);
	int (*write)(void *arg, u64 dst, const void *src, size_t n);
	/*
	 * For processes that have a descriptor table of their own; NULL: bpf_files is the table. Numbers in
	 * bpf_files are handles then, and calls below but bpf_files_mmap() take those. @handle: what a
	 * descriptor of the process stands for, or -EBADF. @install: a new descriptor of the process for a
	 * handle, or -errno: the handle is closed.
	 */
	int (*handle)(void *arg, u32 fd);
	int (*install)(void *arg, int handle);
};

/*
 * The descriptors of a process. @ops NULL: the process is this one, pointers are host pointers. NULL: out of
 * memory.
 */
struct bpf_files *bpf_files_create(struct bpf_rt *rt, const struct bpf_user_ops *ops, void *ops_arg);
/* Closes what is open, the newest descriptor first: as the last close of a link, it may sleep. */
void bpf_files_destroy(struct bpf_files *f);
/* close(2): 0 or -EBADF. The last close of a link unregisters its scheduler and sleeps until that is done. */
int bpf_files_close(struct bpf_files *f, int fd);
/* fcntl(F_DUPFD_CLOEXEC): the lowest free descriptor from @min on; -EBADF, -EMFILE, -EINVAL */
int bpf_files_dup(struct bpf_files *f, int fd, int min);
/* dup3(2): @to, or -EBADF, -EINVAL (the same). Closes what @to was. */
int bpf_files_dup_to(struct bpf_files *f, int fd, int to);
/*
 * A descriptor that is only a number to hold (memfd_create), or the root of a mounted bpffs (open of
 * /sys/fs/bpf).
 */
int bpf_files_placeholder(struct bpf_files *f);
int bpf_files_bpffs(struct bpf_files *f);
bool bpf_files_is_open(const struct bpf_files *f, int fd);
/*
 * mmap(2) of a map: the memfd behind it and its size in bytes, after the kernel's checks: -EBADF, -ENOTSUP
 * (524: not BPF_F_MMAPABLE), -EPERM (frozen and @writable), -EACCES (read-only for programs and @writable).
 * A writable mapping keeps the map from being frozen until bpf_files_munmap() with the token of *@map.
 */
int bpf_files_mmap(struct bpf_files *f, int fd, bool writable, int *memfd, size_t *len, void **map);
void bpf_files_munmap(struct bpf_files *f, void *map, bool writable);
/* The memfd behind a map that can be mmapped, or -1. */
int bpf_files_memfd(const struct bpf_files *f, int fd);

/*
 * bpf(2) on behalf of the current task: @attr is an address of the process, @size its bytes. Returns like the
 * system call, with -errno. LINK_CREATE sleeps.
 */
long sys_bpf(struct bpf_rt *rt, struct bpf_files *files, int cmd, union bpf_attr *attr, u32 size);

/* The kernel's number for "not supported", which is not in errno.h. */
#define ENOTSUPP 524

#endif
