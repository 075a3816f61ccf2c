/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <xxhash.h>

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

static int hash_events(void *sink, const struct trace_event *ev, size_t n)
{
	return XXH3_64bits_update(sink, ev, n * sizeof(*ev)) == XXH_OK ? 0 : -EIO;
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
