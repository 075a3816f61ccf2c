// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of BPF programs. Of the conversions of printf, programs may use %d %i %u %x %X, with l and ll, %c,
 * %s, %p and its variants x K s S B ks us i4 I4 i6 I6, and %%; of the flags 0 + - and blank, and a width.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/bstr.h"

#define MAX_WIDTH 0x7fffff	/* FIELD_WIDTH_MAX of lib/vsprintf.c */

/* Where the text goes, and how much of the 512 bytes for arguments is used. */
struct out {
	const struct gmem *g;
	char *buf;
	size_t size, len;	/* @len: of the whole text, also beyond @size */
	u32 bin;
};

s64 bpf_copy_string(const struct gmem *g, char *dst, u64 src, u64 size)
{
	u64 n = 0;

	if (!size)
		return 0;
	while (n < size) {
		if (!gmem_can_read(g, src + n, 1))
			return -EFAULT;
		dst[n] = *(const char *)(uintptr_t)(src + n);
		if (!dst[n++])
			return n;
	}
	dst[size - 1] = 0;
	return size;
}

static void put(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++, o->len++)
		if (o->len + 1 < o->size)
			o->buf[o->len] = s[i];
}

/* @s in a field of @width columns */
static void put_field(struct out *o, const char *s, size_t n, u32 width, bool left)
{
	if (left)
		put(o, s, n);
	for (size_t i = n; i < width; i++)
		put(o, " ", 1);
	if (!left)
		put(o, s, n);
}

/* A conversion: what stands between '%' and its last character. */
struct spec {
	char flags[8];		/* those that were given, without repetitions */
	u32 width;
	u32 size;		/* bytes of an integer */
	bool left;
};

static int take_bytes(struct out *o, u32 size)
{
	u32 at = (o->bin + 3) & ~3u;

	if (BSTR_BIN_ARGS - at < size || at > BSTR_BIN_ARGS)
		return -ENOSPC;
	o->bin = at + size;
	return 0;
}

static int put_integer(struct out *o, const struct spec *s, char conv, u64 v)
{
	char fmt[32], text[64], field[16] = "";
	int n, err = take_bytes(o, s->size);

	if (err)
		return err;
	if (conv == 'd' || conv == 'i')
		v = s->size == 4 ? (u64)(s64)(s32)v : v;
	else
		v = s->size == 4 ? (u32)v : v;
	/* a zero padded field is at most as wide as a buffer; wider ones get their blanks or zeros here */
	if (s->width && s->width < sizeof(text) - 1)
		snprintf(field, sizeof(field), "%u", s->width);
	snprintf(fmt, sizeof(fmt), "%%%s%sll%c", s->flags, field, conv);
	n = snprintf(text, sizeof(text), fmt, v);
	if (s->width >= sizeof(text) - 1 && strchr(s->flags, '0') && !s->left) {
		u32 sign = !isxdigit((unsigned char)text[0]);

		put(o, text, sign);
		for (u32 i = n; i < s->width; i++)
			put(o, "0", 1);
		put(o, text + sign, n - sign);
	} else {
		put_field(o, text, n, s->width, s->left);
	}
	return 0;
}

static int put_string(struct out *o, const struct spec *s, u64 addr, bool padded)
{
	char text[BSTR_BIN_ARGS];
	s64 n;

	if (o->bin >= BSTR_BIN_ARGS)
		return -ENOSPC;
	n = bpf_copy_string(o->g, text, addr, BSTR_BIN_ARGS - o->bin);
	if (n < 0) {
		text[0] = 0;
		n = 1;
	}
	o->bin += n;
	put_field(o, text, strlen(text), padded ? s->width : 0, s->left);
	return 0;
}

static int put_ip(struct out *o, char kind, char version, u64 addr)
{
	u32 n = version == '4' ? 4 : 16;
	u8 ip[16] = {};
	char text[48] = "";
	size_t len = 0;

	if (BSTR_BIN_ARGS - o->bin < n)
		return -ENOSPC;
	if (gmem_can_read(o->g, addr, n))
		memcpy(ip, (const void *)(uintptr_t)addr, n);
	for (u32 i = 0; i < n; i++) {
		if (version == '4')
			len += snprintf(text + len, sizeof(text) - len, kind == 'i' ? "%03u%s" : "%u%s",
					ip[i], i < 3 ? "." : "");
		else
			len += snprintf(text + len, sizeof(text) - len, "%02x%s", ip[i],
					kind == 'I' && i % 2 && i < 15 ? ":" : "");
	}
	o->bin += len + 1;
	put(o, text, len);
	return 0;
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

/*
 * %p and what may follow it. Addresses are those of guest memory and tell nothing that has to be hidden, so
 * all variants print them; there are no symbols.
 */
static int put_pointer(struct out *o, const struct spec *s, const char **at, u64 v)
{
	const char *f = *at;	/* at the 'p' */
	char text[32];
	int n, err;

	if ((f[1] == 'k' || f[1] == 'u') && f[2] == 's') {
		*at += 2;
		return ends_word(f[3]) ? put_string(o, s, v, false) : -EINVAL;
	}
	if ((f[1] == 'i' || f[1] == 'I') && (f[2] == '4' || f[2] == '6')) {
		*at += 2;
		return put_ip(o, f[1], f[2], v);
	}
	if (f[1] == 's' || f[1] == 'S' || f[1] == 'B') {
		*at += 1;
		n = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
		if (f[1] == 'B') {
			if (BSTR_BIN_ARGS - o->bin < n + 1)
				return -ENOSPC;
			o->bin += n + 1;
			put(o, text, n);
			return 0;
		}
	} else if (f[1] == 'K' || f[1] == 'x' || ends_word(f[1])) {
		*at += f[1] == 'K' || f[1] == 'x';
		n = snprintf(text, sizeof(text), "%016llx", (unsigned long long)v);
	} else {
		return -EINVAL;
	}
	err = take_bytes(o, sizeof(u64));
	if (!err)
		put_field(o, text, n, s->width, s->left);
	return err;
}

static const char *parse_spec(struct spec *s, const char *f)
{
	u32 n = 0;

	*s = (struct spec){ .size = 4 };
	for (; *f && strchr("0+- ", *f); f++) {
		if (!strchr(s->flags, *f))
			s->flags[n++] = *f;
		s->left |= *f == '-';
	}
	/* only a digit from 1 on begins a width: zeros were flags */
	if (*f >= '1' && *f <= '9')
		for (; *f >= '0' && *f <= '9'; f++)
			s->width = s->width > MAX_WIDTH / 10 ? MAX_WIDTH : s->width * 10 + (*f - '0');
	return f;
}

/* One conversion, *@at behind its '%'; *@at becomes its last character. */
static int convert(struct out *o, const char **at, u64 v)
{
	struct spec s;
	const char *f = parse_spec(&s, *at);
	char c = v;
	int err;

	*at = f;
	switch (*f) {
	case 'p':
		return put_pointer(o, &s, at, v);
	case 's':
		return ends_word(f[1]) ? put_string(o, &s, v, true) : -EINVAL;
	case 'c':
		if (o->bin >= BSTR_BIN_ARGS)
			return -ENOSPC;
		o->bin++;
		put_field(o, &c, 1, s.width, s.left);
		return 0;
	}
	for (u32 i = 0; i < 2 && *f == 'l'; i++, f++)
		s.size = 8;
	*at = f;
	if (!*f || !strchr("diuxX", *f))
		return -EINVAL;
	err = put_integer(o, &s, *f, v);
	return err;
}

int bpf_bstr_format(const struct gmem *g, char *out, size_t size, const char *fmt, u32 fmt_size,
		    const u64 *args, u32 nr_args, bool ascii)
{
	struct out o = { .g = g, .buf = out, .size = size };
	u32 used = 0;
	int err;

	if (!memchr(fmt, 0, fmt_size))
		return -EINVAL;
	for (const char *f = fmt; *f; f++) {
		unsigned char c = *f;

		if (c < 0x80 ? !isprint(c) && !isspace(c) : ascii)
			return -EINVAL;
		if (c != '%') {
			put(&o, f, 1);
			continue;
		}
		if (f[1] == '%') {
			put(&o, f++, 1);
			continue;
		}
		if (used == nr_args)
			return -EINVAL;
		f++;
		err = convert(&o, &f, args[used++]);
		if (err)
			return err;
	}
	if (size)
		out[o.len < size ? o.len : size - 1] = 0;
	return o.len;
}
