// SPDX-License-Identifier: GPL-2.0-only
#include "sched/ext/strbuf.h"

#include <stdio.h>

void strbuf_init(struct strbuf *s, char *buf, size_t size)
{
	*s = (struct strbuf){ .buf = buf, .size = size };
	if (size)
		buf[0] = '\0';
}

void strbuf_vprintf(struct strbuf *s, const char *fmt, va_list args)
{
	size_t room = s->size - s->len;
	int n;

	if (!s->size || s->overflow)
		return;
	n = vsnprintf(s->buf + s->len, room, fmt, args);
	if (n < 0 || (size_t)n >= room) {
		s->overflow = true;
		s->len = s->size - 1;
	} else {
		s->len += n;
	}
}

void strbuf_printf(struct strbuf *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vprintf(s, fmt, args);
	va_end(args);
}
