/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#endif

#include "trace/hash.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the hash is defined over little-endian events");

int trace_hash_create(void **sink)
{
	XXH3_state_t *h = XXH3_createState();

	if (!h)
		return -ENOMEM;
	XXH3_64bits_reset(h);
	*sink = h;
	return 0;
}

u64 trace_hash_value(const void *sink)
{
	return XXH3_64bits_digest(sink);
}

/* The widest vector instructions of the host are several times as fast; the value is the same. */
#ifdef __x86_64__
#define update XXH3_64bits_update_dispatch
#else
#define update XXH3_64bits_update
#endif

static int hash_events(void *sink, const struct trace_event *ev, size_t n)
{
	return update(sink, ev, n * sizeof(*ev)) == XXH_OK ? 0 : -EIO;
}

static void hash_destroy(void *sink)
{
	XXH3_freeState(sink);
}

const struct trace_sink_ops trace_hash_ops = {
	.name = "hash",
	.events = hash_events,
	.destroy = hash_destroy,
};
