// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the simulated machine: made when they are opened, in a memfd of their own. What else is under the paths
 * that describe the host does not exist for the loader, and is reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "front/impl.h"
#include "kabi/btf.h"
#include "sched/ext/ext.h"
#include "sched/ext/scx.h"
#include "sched/kernel.h"

#define TEXT_MAX	(64 << 10)
#define RANDOM_BYTES	(64 << 10)	/* of what is opened as /dev/urandom */

static const char vmlinux_btf[] = "/sys/kernel/btf/vmlinux";
static const char bpffs[] = "/sys/fs/bpf";

/* --- texts --- */

struct text {
	char *buf;
	size_t len, cap;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + (t->len < t->cap ? t->len : t->cap), t->len < t->cap ? t->cap - t->len : 0, fmt, ap);
	va_end(ap);
	t->len += n;
}

/* "0-3,8": the CPUs for which @in says yes */
static void put_list(struct text *t, u32 nr, bool (*in)(const void *arg, u32 i), const void *arg)
{
	const char *sep = "";

	for (u32 i = 0; i < nr; i++) {
		u32 first = i;

		if (!in(arg, i))
			continue;
		while (i + 1 < nr && in(arg, i + 1))
			i++;
		put(t, i > first ? "%s%u-%u" : "%s%u", sep, first, i);
		sep = ",";
	}
	put(t, "\n");
}

static bool in_mask(const void *mask, u32 i) { return cpumask_test_cpu(i, mask); }
static bool in_all(const void *arg, u32 i) { return true; }

struct package {
	const struct topology *topo;
	u32 nr;
};

static bool in_package(const void *arg, u32 i)
{
	const struct package *p = arg;

	return p->topo->cpu[i].package == p->nr;
}

/* --- /sys/kernel/sched_ext --- */

static void put_events(struct text *t, const struct scx_event_stats *ev)
{
	static const char *const names[] = {
		"SELECT_CPU_FALLBACK", "DISPATCH_LOCAL_DSQ_OFFLINE", "DISPATCH_KEEP_LAST", "ENQ_SKIP_EXITING",
		"ENQ_SKIP_MIGRATION_DISABLED", "REENQ_IMMED", "REENQ_LOCAL_REPEAT", "REFILL_SLICE_DFL", "BYPASS_DURATION",
		"BYPASS_DISPATCH", "BYPASS_ACTIVATE", "INSERT_NOT_OWNED", "SUB_BYPASS_DISPATCH",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == sizeof(*ev) / sizeof(s64), "an event has no name");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(t, "SCX_EV_%s %lld\n", names[i], (long long)((const s64 *)ev)[i]);
}

static bool sched_ext_text(struct front *f, const char *name, struct text *t)
{
	struct kernel *k = f->cfg.kernel;
	struct scx_sched *root = scx_root_sched(k);

	if (!strcmp(name, "state"))
		put(t, "%s\n", scx_state(k));
	else if (!strcmp(name, "switch_all"))
		put(t, "%d\n", scx_switched_all(k));
	else if (!strcmp(name, "nr_rejected"))
		put(t, "%llu\n", (unsigned long long)scx_nr_rejected(k));
	else if (!strcmp(name, "hotplug_seq"))
		put(t, "%llu\n", (unsigned long long)scx_hotplug_seq(k));
	else if (!strcmp(name, "enable_seq"))
		put(t, "%llu\n", (unsigned long long)scx_enable_seq(k));
	else if (!strcmp(name, "root/ops") && root)
		put(t, "%s\n", scx_sched_name(root));
	else if (!strcmp(name, "root/events") && root && f->cfg.version->id >= KABI_7_2)
		put_events(t, &scx_result(k)->events);
	else
		return false;
	return true;
}

/* 2022: /sys/kernel/debug/sched/ext, in the place of /sys/kernel/sched_ext */
static void put_debugfs(struct front *f, struct text *t)
{
	struct kernel *k = f->cfg.kernel;
	struct scx_sched *root = scx_root_sched(k);

	put(t, "%-30s: %s\n", "ops", root ? scx_sched_name(root) : "");
	put(t, "%-30s: %d\n", "enabled", scx_enabled(k));
	put(t, "%-30s: %s\n", "enable_state", scx_state(k));
	put(t, "%-30s: %llu\n", "nr_rejected", (unsigned long long)scx_nr_rejected(k));
}

/* --- /sys/devices/system --- */

static bool cpu_file_text(const struct topology *topo, u32 cpu, const char *name, struct text *t)
{
	const struct topo_cpu *c = &topo->cpu[cpu];
	struct package pack = { topo, c->package };

	if (!strcmp(name, "online"))
		put(t, "1\n");
	else if (!strcmp(name, "cpu_capacity"))
		put(t, "%u\n", c->capacity);
	else if (!strcmp(name, "topology/core_id") || !strcmp(name, "topology/cluster_id"))
		put(t, "%u\n", c->core);
	else if (!strcmp(name, "topology/physical_package_id"))
		put(t, "%u\n", c->package);
	else if (!strcmp(name, "topology/die_id"))
		put(t, "0\n");
	else if (!strcmp(name, "topology/thread_siblings_list") || !strcmp(name, "topology/core_cpus_list"))
		put_list(t, topo->nr_cpus, in_mask, topo->smt_mask[cpu]);
	else if (!strcmp(name, "topology/core_siblings_list") || !strcmp(name, "topology/package_cpus_list"))
		put_list(t, topo->nr_cpus, in_package, &pack);
	else if (!strcmp(name, "cache/index3/id"))
		put(t, "%u\n", c->llc);
	else if (!strcmp(name, "cache/index3/level"))
		put(t, "3\n");
	else if (!strcmp(name, "cache/index3/type"))
		put(t, "Unified\n");
	else if (!strcmp(name, "cache/index3/shared_cpu_list"))
		put_list(t, topo->nr_cpus, in_mask, topo->llc_mask[cpu]);
	else
		return false;
	return true;
}

static bool system_text(const struct topology *topo, const char *name, struct text *t)
{
	int nr, off = 0;

	if (!strcmp(name, "cpu/possible") || !strcmp(name, "cpu/present") || !strcmp(name, "cpu/online")) {
		put_list(t, topo->nr_cpus, in_all, NULL);
	} else if (!strcmp(name, "cpu/offline") || !strcmp(name, "cpu/isolated") || !strcmp(name, "cpu/nohz_full")) {
		put(t, "\n");
	} else if (!strcmp(name, "cpu/kernel_max")) {
		put(t, "%u\n", TOPOLOGY_MAX_CPUS - 1);
	} else if (!strcmp(name, "cpu/smt/active")) {
		put(t, "%d\n", topo->nr_cores < topo->nr_cpus);
	} else if (!strcmp(name, "node/online") || !strcmp(name, "node/possible")) {
		put_list(t, topo->nr_nodes, in_all, NULL);
	} else if (sscanf(name, "cpu/cpu%d/%n", &nr, &off) == 1 && off && nr >= 0 && (u32)nr < topo->nr_cpus) {
		return cpu_file_text(topo, nr, name + off, t);
	} else if (sscanf(name, "node/node%d/%n", &nr, &off) == 1 && off && nr >= 0 && (u32)nr < topo->nr_nodes) {
		if (!strcmp(name + off, "cpulist")) {
			for (u32 cpu = 0; cpu < topo->nr_cpus; cpu++) {
				if (topo->cpu[cpu].node != (u32)nr)
					continue;
				put_list(t, topo->nr_cpus, in_mask, topo->node_mask[cpu]);
				break;
			}
		} else if (!strcmp(name + off, "distance")) {
			for (u32 i = 0; i < topo->nr_nodes; i++)
				put(t, "%s%u", i ? " " : "", topo->node_distance[nr * topo->nr_nodes + i]);
			put(t, "\n");
		} else {
			return false;
		}
	} else {
		return false;
	}
	return true;
}

static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) ? NULL : path + n;
}

int front_file_text(struct front *f, const char *path, char *buf, size_t len)
{
	const struct topology *topo = &kernel_machine(f->cfg.kernel)->topo;
	struct text t = { .buf = buf, .cap = len };
	const char *name;
	bool found = false;

	if (f->cfg.version->id == KABI_2022 && !strcmp(path, "/sys/kernel/debug/sched/ext"))
		put_debugfs(f, &t), found = true;
	else if (f->cfg.version->id != KABI_2022 && (name = below(path, "/sys/kernel/sched_ext/")))
		found = sched_ext_text(f, name, &t);
	else if ((name = below(path, "/sys/devices/system/")))
		found = system_text(topo, name, &t);
	else if (!strcmp(path, "/proc/sys/kernel/pid_max"))
		put(&t, "4194304\n"), found = true;
	else if (!strcmp(path, "/proc/sys/kernel/osrelease"))
		put(&t, "%s\n", f->cfg.version->release), found = true;
	if (!found)
		return -ENOENT;
	return t.len < len ? (int)t.len : -EFBIG;
}

/* --- whose file is it? --- */

/* What tells about the host; a path is one of these or below it. */
static const char *const hidden[] = {
	"/sys", "/boot", "/dev/cpu_dma_latency", "/proc/stat", "/proc/cpuinfo", "/proc/uptime", "/proc/loadavg",
	"/proc/meminfo", "/proc/vmstat", "/proc/schedstat", "/proc/interrupts", "/proc/kallsyms", "/proc/version",
	"/proc/config.gz", "/proc/pressure", "/proc/sys", "/proc/sched_debug", "/proc/zoneinfo", "/proc/softirqs",
};

enum whose { HOST_FILE, VIRTUAL_FILE, VIRTUAL_DIR, HIDDEN_FILE };

static bool is_dir_of_ours(const char *path)
{
	static const char *const dirs[] = {
		"/sys", "/sys/kernel", "/sys/kernel/btf", "/sys/kernel/sched_ext", "/sys/fs", bpffs,
	};

	for (u32 i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (!strcmp(path, dirs[i]))
			return true;
	return false;
}

static enum whose whose(struct front *f, const char *path)
{
	char text[TEXT_MAX];

	if (path[0] != '/')
		return HOST_FILE;
	if (!strcmp(path, vmlinux_btf) || !strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random") ||
	    front_file_text(f, path, text, sizeof(text)) >= 0)
		return VIRTUAL_FILE;
	if (is_dir_of_ours(path))
		return VIRTUAL_DIR;
	for (u32 i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		const char *rest = below(path, hidden[i]);

		if (rest && (!*rest || *rest == '/'))
			return HIDDEN_FILE;
	}
	return HOST_FILE;
}

/* The path that @dirfd and the string at @addr mean, without '//' and '/./'. 0 or -errno */
static int get_path(struct fthread *t, int dirfd, u64 addr, char *path, size_t len)
{
	char name[4096], dir[4096], link[64];
	int n = front_read_str(t, name, sizeof(name), addr);
	ssize_t dir_len;
	char *to;

	if (n < 0)
		return n;
	if (name[0] == '/' || !n) {
		snprintf(path, len, "%s", name);
	} else {
		if (dirfd == AT_FDCWD)
			snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
		else
			snprintf(link, sizeof(link), "/proc/%d/fd/%d", t->tid, dirfd);
		dir_len = readlink(link, dir, sizeof(dir) - 1);
		dir[dir_len < 0 ? 0 : dir_len] = 0;
		if (snprintf(path, len, "%s/%s", dir, name) >= (int)len)
			return -ENAMETOOLONG;
	}
	to = path;
	for (const char *s = path; *s; s++) {
		if (s[0] == '/' && s[1] == '/')
			continue;
		if (s[0] == '/' && s[1] == '.' && s[2] == '/') {
			s++;
			continue;
		}
		*to++ = *s;
	}
	*to = 0;
	return 0;
}

static long hide(struct front *f, const char *path)
{
	front_note(f, "%s: does not exist on the simulated machine", path);
	return -ENOENT;
}

/* --- open --- */

void front_random(struct front *f, void *buf, size_t n)
{
	u8 *p = buf;

	/* splitmix64 */
	for (size_t i = 0; i < n; i++) {
		u64 z = f->rng += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		p[i] = z ^ z >> 31;
	}
}

static int fill(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0)
			return -errno;
		p += done;
		n -= done;
	}
	return 0;
}

/* A memfd, open for reading only, with the contents of the virtual file. */
static int make_file(struct front *f, const char *path)
{
	char text[TEXT_MAX], link[64];
	int fd = memfd_create("uscx-file", MFD_CLOEXEC), ret, n;

	if (fd < 0)
		return -errno;
	if (!strcmp(path, vmlinux_btf)) {
		ret = fill(fd, f->cfg.btf, f->cfg.btf_len);
	} else if (below(path, "/dev/")) {
		_Static_assert(RANDOM_BYTES <= TEXT_MAX, "random bytes do not fit");
		front_random(f, text, RANDOM_BYTES);
		ret = fill(fd, text, RANDOM_BYTES);
	} else {
		n = front_file_text(f, path, text, sizeof(text));
		ret = n < 0 ? n : fill(fd, text, n);
	}
	if (!ret) {
		fchmod(fd, 0444);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		ret = open(link, O_RDONLY | O_CLOEXEC);
		if (ret < 0)
			ret = -errno;
	}
	close(fd);
	return ret;
}

static long open_virtual(struct fthread *t, const char *path, u64 flags)
{
	int fd, ret;

	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	fd = make_file(t->f, path);
	if (fd < 0)
		return fd;
	ret = front_add_fd(t, fd, flags & O_CLOEXEC);
	close(fd);
	return ret;
}

static long do_open(struct fthread *t, int dirfd, u64 addr, u64 flags)
{
	char path[8192];

	if (get_path(t, dirfd, addr, path, sizeof(path)))
		return FRONT_CONTINUE;
	switch (whose(t->f, path)) {
	case HOST_FILE:
		return FRONT_CONTINUE;
	case VIRTUAL_FILE:
		front_enter(t);
		return open_virtual(t, path, flags);
	case VIRTUAL_DIR:
		if (!strcmp(path, bpffs)) {
			front_enter(t);
			return bpf_files_bpffs(t->f->files);
		}
		/* fallthrough */
	default:
		return hide(t->f, path);
	}
}

long call_open(struct fthread *t, const u64 *arg) { return do_open(t, AT_FDCWD, arg[0], arg[1]); }
long call_openat(struct fthread *t, const u64 *arg) { return do_open(t, arg[0], arg[1], arg[2]); }

long call_openat2(struct fthread *t, const u64 *arg)
{
	struct open_how how;

	if (arg[3] < sizeof(how) || front_read(t, &how, arg[2], sizeof(how)))
		return FRONT_CONTINUE;
	return do_open(t, arg[0], arg[1], how.flags);
}

/* --- looking at files --- */

/* FRONT_CONTINUE, -errno, or 0: @w is a virtual file or directory */
static long look(struct fthread *t, int dirfd, u64 addr, enum whose *w)
{
	char path[8192];

	if (get_path(t, dirfd, addr, path, sizeof(path)))
		return FRONT_CONTINUE;
	*w = whose(t->f, path);
	if (*w == HIDDEN_FILE)
		return hide(t->f, path);
	return *w == HOST_FILE ? FRONT_CONTINUE : 0;
}

static long do_access(struct fthread *t, int dirfd, u64 addr, u64 mode)
{
	enum whose w;
	long ret = look(t, dirfd, addr, &w);

	return !ret && mode & (w == VIRTUAL_FILE ? W_OK | X_OK : W_OK) ? -EACCES : ret;
}

long call_access(struct fthread *t, const u64 *arg) { return do_access(t, AT_FDCWD, arg[0], arg[1]); }
long call_faccessat(struct fthread *t, const u64 *arg) { return do_access(t, arg[0], arg[1], arg[2]); }

static long do_stat(struct fthread *t, int dirfd, u64 addr, u64 buf)
{
	struct stat st = { .st_nlink = 1, .st_blksize = 4096, .st_size = 4096 };
	enum whose w;
	long ret = look(t, dirfd, addr, &w);

	if (ret)
		return ret;
	st.st_mode = w == VIRTUAL_FILE ? S_IFREG | 0444 : S_IFDIR | 0555;
	return front_write(t, buf, &st, sizeof(st));
}

long call_stat(struct fthread *t, const u64 *arg) { return do_stat(t, AT_FDCWD, arg[0], arg[1]); }
long call_newfstatat(struct fthread *t, const u64 *arg) { return do_stat(t, arg[0], arg[1], arg[2]); }

long call_statx(struct fthread *t, const u64 *arg)
{
	struct statx st = { .stx_mask = STATX_BASIC_STATS, .stx_nlink = 1, .stx_blksize = 4096, .stx_size = 4096 };
	enum whose w;
	long ret = look(t, arg[0], arg[1], &w);

	if (ret)
		return ret;
	st.stx_mode = w == VIRTUAL_FILE ? S_IFREG | 0444 : S_IFDIR | 0555;
	return front_write(t, arg[4], &st, sizeof(st));
}

/* That a file system is there says nothing of its contents; its numbers would be the host's. */
long call_statfs(struct fthread *t, const u64 *arg)
{
	enum whose w;
	long ret = look(t, AT_FDCWD, arg[0], &w);

	return ret ? ret : -ENOSYS;
}

static long do_readlink(struct fthread *t, int dirfd, u64 addr)
{
	enum whose w;
	long ret = look(t, dirfd, addr, &w);

	return ret ? ret : -EINVAL;
}

long call_readlink(struct fthread *t, const u64 *arg) { return do_readlink(t, AT_FDCWD, arg[0]); }
long call_readlinkat(struct fthread *t, const u64 *arg) { return do_readlink(t, arg[0], arg[1]); }
