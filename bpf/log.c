// SPDX-License-Identifier: GPL-2.0-only
/* The log of a PROG_LOAD or BTF_LOAD (kernel/bpf/log.c). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/internal.h"

/* bits of log_level (include/linux/bpf_verifier.h) */
#define LOG_LEVEL	3u
#define LOG_STATS	4u
#define LOG_FIXED	8u	/* keep the beginning of a log that is too long, not its end */
#define LOG_MASK	(LOG_LEVEL | LOG_STATS | LOG_FIXED)

int bpf_log_init(struct bpf_log *log, u32 level, u64 ubuf, u32 size)
{
	*log = (struct bpf_log){ .level = level, .ubuf = ubuf, .size = size };
	if (!!ubuf != !!size || (ubuf && !level) || level & ~LOG_MASK || size > UINT32_MAX >> 2)
		return -EINVAL;
	return 0;
}

void bpf_log(struct bpf_log *log, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (log->len + n + 1 > log->cap) {
		size_t cap = (log->len + n + 1) * 2;
		char *text = realloc(log->text, cap);

		if (!text)
			return;
		log->text = text;
		log->cap = cap;
	}
	va_start(ap, fmt);
	vsnprintf(log->text + log->len, n + 1, fmt, ap);
	va_end(ap);
	log->len += n;
}

int bpf_log_finish(struct bpf_log *log, struct bpf_sys *s, size_t true_size_off)
{
	u32 true_size = log->level && log->len ? log->len + 1 : 0;
	int err = 0;

	if (true_size && log->ubuf) {
		u32 n = true_size < log->size ? true_size : log->size;
		const char *from = log->text;
		char zero = 0;

		if (!(log->level & LOG_FIXED))
			from += true_size - n;
		err = user_write(s, log->ubuf, from, n - 1);
		if (!err)
			err = user_write(s, log->ubuf + n - 1, &zero, 1);
		if (!err && true_size > log->size)
			err = -ENOSPC;
	}
	if (attr_write(s, true_size_off, &true_size, sizeof(true_size)))
		err = -EFAULT;
	free(log->text);
	log->text = NULL;
	return err;
}
