/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace hash: XXH3, 64 bits, seed 0, over the bytes of all events in order. Two runs with the same hash
 * did the same things at the same times; it says nothing about how the stream was cut into batches.
 */
#ifndef TRACE_HASH_H
#define TRACE_HASH_H

#include "trace/event.h"

extern const struct trace_sink_ops trace_hash_ops;

/* 0 or -ENOMEM. Give *@sink to trace_add_sink() with trace_hash_ops. */
int trace_hash_create(void **sink);
/* The hash of what was seen so far. */
u64 trace_hash_value(const void *sink);

#endif
