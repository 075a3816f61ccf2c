/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of bounded length (the kernel's seq_buf). */
#ifndef SCHED_EXT_STRBUF_H
#define SCHED_EXT_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *buf;
	size_t size, len;	/* len counts no terminator; buf[len] is 0 if size > 0 */
	bool overflow;		/* something did not fit; nothing is added any more */
};

void strbuf_init(struct strbuf *s, char *buf, size_t size);
void strbuf_vprintf(struct strbuf *s, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
void strbuf_printf(struct strbuf *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
