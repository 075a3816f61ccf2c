/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the protobuf wire format (protobuf.dev, "Encoding") into a buffer of fixed size. The caller leaves
 * enough room: running over is a bug and asserts.
 */
#ifndef TRACE_PB_H
#define TRACE_PB_H

#include <assert.h>
#include <string.h>

#include "kabi/types.h"

enum pb_wire {
	PB_VARINT	= 0,
	PB_LEN		= 2,
};

#define PB_VARINT_MAX 10	/* bytes */

struct pb {
	u8 *data;
	size_t len, cap;
};

static inline void pb_put(struct pb *b, const void *p, size_t n)
{
	assert(n <= b->cap - b->len);
	memcpy(b->data + b->len, p, n);
	b->len += n;
}

static inline size_t pb_encode_varint(u8 *to, u64 v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		to[n++] = v | 0x80;
	to[n++] = v;
	return n;
}

static inline void pb_raw_varint(struct pb *b, u64 v)
{
	assert(b->cap - b->len >= PB_VARINT_MAX);
	b->len += pb_encode_varint(b->data + b->len, v);
}

static inline void pb_tag(struct pb *b, u32 field, enum pb_wire wire)
{
	pb_raw_varint(b, (u64)field << 3 | wire);
}

/* unsigned integers, bools and enums */
static inline void pb_uint(struct pb *b, u32 field, u64 v)
{
	pb_tag(b, field, PB_VARINT);
	pb_raw_varint(b, v);
}

/* int32 and int64: negative numbers are sign-extended to 64 bits */
static inline void pb_int(struct pb *b, u32 field, s64 v)
{
	pb_uint(b, field, (u64)v);
}

static inline void pb_bytes(struct pb *b, u32 field, const void *p, size_t n)
{
	pb_tag(b, field, PB_LEN);
	pb_raw_varint(b, n);
	pb_put(b, p, n);
}

static inline void pb_str(struct pb *b, u32 field, const char *s)
{
	pb_bytes(b, field, s, strlen(s));
}

/* Begin a message in @field. What is written until pb_end(), given the value returned here, is inside. */
static inline size_t pb_begin(struct pb *b, u32 field)
{
	pb_tag(b, field, PB_LEN);
	/* one byte for the length, which most messages here do with; pb_end() moves the others */
	assert(b->len < b->cap);
	return b->len++;
}

static inline void pb_end(struct pb *b, size_t at)
{
	size_t n = b->len - at - 1, len_bytes;
	u8 len[PB_VARINT_MAX];

	len_bytes = pb_encode_varint(len, n);
	if (len_bytes > 1) {
		assert(b->cap - b->len >= len_bytes - 1);
		memmove(b->data + at + len_bytes, b->data + at + 1, n);
		b->len += len_bytes - 1;
	}
	memcpy(b->data + at, len, len_bytes);
}

#endif
