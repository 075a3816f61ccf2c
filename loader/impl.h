/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of loader/. */
#ifndef LOADER_IMPL_H
#define LOADER_IMPL_H

#include <stdarg.h>
#include <stdio.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "loader/loader.h"

#define LOADER_MAX_FILES 16
#define LOADER_MAX_MMAPS 256

struct bpf_files;

/* An open virtual file. */
struct vfile {
	int fd;			/* its number, held by a placeholder in the descriptor table; 0: free */
	const char *data;
	size_t len, pos;
	char text[64];		/* @data, if it is made when the file is opened */
};

struct vmap {
	void *addr;		/* NULL: free */
	size_t len;
	void *map;		/* token of bpf_files_mmap() */
	bool writable;
};

struct loader {
	struct loader_config cfg;
	struct loader_result result;
	char name[64];			/* of the object: its file's name up to the first dot */
	void *image;			/* the object file */
	size_t image_len;
	bool stop;			/* (a) */
	struct bpf_files *files;
	struct vfile vfiles[LOADER_MAX_FILES];
	struct vmap vmaps[LOADER_MAX_MMAPS];
	char why[1024];			/* reason of the last bpf(2) that was refused with one */
	char warning[1024];		/* first warning of libbpf */
	size_t log_len, log_cap;
	size_t notes_len;
	struct bpf_object *obj;
	struct bpf_map *ops;		/* the struct_ops map */
	struct bpf_link *link;
	struct btf *vmlinux;
};

/* The loader whose task is running; NULL: the current task is none. */
struct loader *loader_current(void);

/* libbpf's libbpf_print_fn_t */
int loader_print(enum libbpf_print_level level, const char *fmt, va_list ap);
/* A line for loader_result.notes. */
void loader_note(struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Refuse: the message of the result. Returns @err. */
int loader_refuse(struct loader *l, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* loader/divert.c: close what libbpf left open */
void divert_close_all(struct loader *l);

/* loader/types.c, after open and with @ops found; 0 or -errno with the message set */
int loader_check_types(struct loader *l);

/* loader/vars.c, between open and load; 0 or -errno with the message set */
int loader_set_enums(struct loader *l);
int loader_set_user_vars(struct loader *l);
int loader_resize_dumps(struct loader *l);
int loader_fix_ops(struct loader *l);

#endif
