/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people and for formats that demand UTF-8. Names and messages come from guests, so they can be
 * anything.
 */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include "kabi/types.h"

/*
 * Copy @src to @dst, cut to @size - 1 bytes: bytes that are no valid UTF-8 and control characters (so no
 * escape sequence gets to a terminal) become '?'. @src may be NULL: "". Returns @dst.
 */
char *text_clean(char *dst, size_t size, const char *src);

#define TEXT_NS_LEN 24
/*
 * A time for people, three digits: "0 ns", "999 ns", "1.25 ms", "20.0 s", "12345 s". Returns
 * @dst[TEXT_NS_LEN].
 */
char *text_ns(char *dst, u64 ns);

#endif
