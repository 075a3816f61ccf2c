/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "trace/text.h"

/* Length of the UTF-8 character at @s (RFC 3629, 4.: no overlong forms, no surrogates); 0: none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n, i;
	u32 c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4;
	else
		return 0;
	c = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
		return 0;
	if (n == 4 && (c < 0x10000 || c > 0x10ffff))
		return 0;
	/* C1 control characters: terminals obey them */
	if (c < 0xa0)
		return 0;
	return n;
}

char *text_clean(char *dst, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)(src ? src : "");
	size_t len = 0;

	while (*s) {
		size_t n = utf8_len(s), i;

		if (len + (n ? n : 1) >= size)
			break;
		if (!n || *s < 0x20 || *s == 0x7f) {
			dst[len++] = '?';
			s++;
			continue;
		}
		for (i = 0; i < n; i++)
			dst[len++] = *s++;
	}
	dst[len] = '\0';
	return dst;
}

char *text_ns(char *dst, u64 ns)
{
	static const struct {
		u64 ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		u64 u = units[i].ns;
		/* rounding may need a digit more before the point, or the next unit: 999.6 us is 1.00 ms */
		u64 centi = ns / u * 100 + (ns % u * 100 + u / 2) / u;
		u64 deci = ns / u * 10 + (ns % u * 10 + u / 2) / u;
		u64 full = ns / u + (ns % u + u / 2) / u;

		if (ns < u - u / 2000)
			continue;
		if (centi < 1000)
			snprintf(dst, TEXT_NS_LEN, "%llu.%02llu %s", (unsigned long long)(centi / 100),
				 (unsigned long long)(centi % 100), units[i].name);
		else if (deci < 1000)
			snprintf(dst, TEXT_NS_LEN, "%llu.%llu %s", (unsigned long long)(deci / 10),
				 (unsigned long long)(deci % 10), units[i].name);
		else
			snprintf(dst, TEXT_NS_LEN, "%llu %s", (unsigned long long)full, units[i].name);
		return dst;
	}
	snprintf(dst, TEXT_NS_LEN, "%llu ns", (unsigned long long)ns);
	return dst;
}
