// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vDSO answers time and CPU without a system call. Its functions are overwritten, in the loader's private copy, by
 * the system calls of the same name, which are trapped; this reaches static programs, too.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front/impl.h"

#define VDSO_MAX (64 << 10)	/* bytes; it has a few pages */

/* @nr < 0: return it */
static const struct {
	const char *name;
	int nr;
} functions[] = {
	{ "__vdso_clock_gettime", __NR_clock_gettime },
	{ "__vdso_gettimeofday", __NR_gettimeofday },
	{ "__vdso_time", __NR_time },
	{ "__vdso_clock_getres", __NR_clock_getres },
	{ "__vdso_getcpu", __NR_getcpu },
	{ "__vdso_getrandom", -ENOSYS },	/* C libraries call getrandom(2) then */
};

static int open_proc(pid_t tid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	return open(path, flags | O_CLOEXEC);
}

/* Where it is; 0: there is none. */
static u64 vdso_base(pid_t tid)
{
	Elf64_auxv_t av[64];
	int fd = open_proc(tid, "auxv", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, av, sizeof(av));

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(av[0]); i++)
		if (av[i].a_type == AT_SYSINFO_EHDR)
			return av[i].a_un.a_val;
	return 0;
}

static bool in(const Elf64_Shdr *s, size_t len)
{
	return s->sh_offset <= len && s->sh_size <= len - s->sh_offset;
}

/* Call @fn(offset in the image, index in functions[]) for what is there; stops when it does not return 0. */
static int each_function(const char *image, size_t len, int (*fn)(void *arg, u64 off, u32 i), void *arg)
{
	const Elf64_Ehdr *eh = (const void *)image;
	const Elf64_Shdr *sh = (const void *)(image + eh->e_shoff);

	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_shoff > len || eh->e_shnum > (len - eh->e_shoff) / sizeof(*sh))
		return -ENOEXEC;
	for (u32 s = 0; s < eh->e_shnum; s++) {
		const Elf64_Shdr *str = &sh[sh[s].sh_link];
		const Elf64_Sym *sym = (const void *)(image + sh[s].sh_offset);

		if (sh[s].sh_type != SHT_DYNSYM || sh[s].sh_link >= eh->e_shnum || !in(&sh[s], len) || !in(str, len))
			continue;
		for (u32 n = 0; n < sh[s].sh_size / sizeof(*sym); n++) {
			if (sym[n].st_name >= str->sh_size || sym[n].st_value >= len)
				continue;
			for (u32 i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
				int ret = 0;

				if (!strcmp(image + str->sh_offset + sym[n].st_name, functions[i].name))
					ret = fn(arg, sym[n].st_value, i);
				if (ret)
					return ret;
			}
		}
	}
	return 0;
}

/* mov $nr, %eax; syscall; ret - or mov $err, %rax; ret */
static size_t stub(u8 *code, int nr)
{
	if (nr < 0) {
		memcpy(code, "\x48\xc7\xc0\0\0\0\0\xc3", 8);
		memcpy(code + 3, &nr, 4);
		return 8;
	}
	memcpy(code, "\xb8\0\0\0\0\x0f\x05\xc3", 8);
	memcpy(code + 1, &nr, 4);
	return 8;
}

struct patch {
	int mem;	/* -1: only look */
	u64 base;
	const char *image;
	bool found, fresh;
};

static int patch_one(void *arg, u64 off, u32 i)
{
	struct patch *p = arg;
	u8 code[8];
	size_t n = stub(code, functions[i].nr);

	p->found = true;
	if (memcmp(p->image + off, code, n))
		p->fresh = true;
	if (p->mem >= 0 && pwrite(p->mem, code, n, p->base + off) != (ssize_t)n)
		return -errno;
	return 0;
}

static int patch(pid_t tid, bool write, bool *fresh)
{
	struct patch p = { .mem = -1, .base = vdso_base(tid) };
	char *image;
	int mem, err = 0;
	size_t len = 0;

	*fresh = false;
	if (!p.base)
		return 0;
	image = malloc(VDSO_MAX);
	mem = open_proc(tid, "mem", write ? O_RDWR : O_RDONLY);
	if (!image || mem < 0) {
		err = image ? -errno : -ENOMEM;
		free(image);
		if (mem >= 0)
			close(mem);
		return err;
	}
	while (len < VDSO_MAX && pread(mem, image + len, 4096, p.base + len) == 4096)
		len += 4096;
	p.image = image;
	if (write)
		p.mem = mem;
	err = len ? each_function(image, len, patch_one, &p) : -EIO;
	if (!err && !p.found)
		err = -ENOEXEC;
	*fresh = p.fresh;
	close(mem);
	free(image);
	return err;
}

bool front_vdso_fresh(pid_t tid)
{
	bool fresh;

	return patch(tid, false, &fresh) || fresh;
}

int front_vdso_replace(pid_t tid)
{
	bool fresh;

	return patch(tid, true, &fresh);
}
