// SPDX-License-Identifier: GPL-2.0-only
#include "workload/rtapp_parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- paths and messages --- */

u32 push(struct parser *pa, const char *fmt, ...)
{
	u32 old = pa->path_len;
	va_list ap;
	int n;

	if (old && old + 1 < sizeof(pa->path))
		pa->path[pa->path_len++] = '.';
	va_start(ap, fmt);
	n = vsnprintf(pa->path + pa->path_len, sizeof(pa->path) - pa->path_len, fmt, ap);
	va_end(ap);
	pa->path_len += n;
	if (pa->path_len >= sizeof(pa->path))
		pa->path_len = sizeof(pa->path) - 1;
	return old;
}

void pop(struct parser *pa, u32 old)
{
	pa->path_len = old;
	pa->path[old] = 0;
}

int bad(const struct parser *pa, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return workload_fail(pa->err, pa->err_len, -EINVAL, "%s: %s%s%s", pa->file, pa->path,
			     pa->path_len ? ": " : "", text);
}

int bad_key(struct parser *pa, const char *key, const char *what)
{
	push(pa, "%s", key);
	return bad(pa, "%s", what);
}

/* --- keys --- */

const struct key root_keys[] = {
	{ "tasks", TYPE(object), KEY_READ },
	{ "global", TYPE(object), KEY_READ },
	{ "resources", TYPE(object) | TYPE(int), KEY_IGNORED },
	{ NULL, 0, KEY_READ },
};

const struct key global_keys[] = {
	{ "duration", TYPE(int), KEY_READ },
	{ "default_policy", TYPE(string), KEY_READ },
	{ "pi_enabled", TYPE(boolean), KEY_READ },
	{ "calibration", TYPE(int) | TYPE(string), KEY_IGNORED },
	{ "lock_pages", TYPE(boolean), KEY_IGNORED },
	{ "logdir", TYPE(string), KEY_IGNORED },
	{ "log_basename", TYPE(string), KEY_IGNORED },
	{ "log_size", TYPE(int) | TYPE(string), KEY_IGNORED },
	{ "ftrace", TYPE(boolean) | TYPE(string), KEY_IGNORED },
	{ "gnuplot", TYPE(boolean), KEY_IGNORED },
	{ "cumulative_slack", TYPE(boolean), KEY_IGNORED },
	{ "io_device", TYPE(string), KEY_IGNORED },
	{ "mem_buffer_size", TYPE(int), KEY_IGNORED },
	{ "frag", TYPE(int), KEY_IGNORED },
	{ NULL, 0, KEY_READ },
};

#define PHASE_KEYS \
	{ "loop", TYPE(int), KEY_READ }, \
	{ "cpus", TYPE(array), KEY_READ }, \
	{ "policy", TYPE(string), KEY_READ }, \
	{ "priority", TYPE(int), KEY_READ }

#define REFUSED_KEYS \
	{ "nodes_membind", 0, KEY_REFUSED }, \
	{ "taskgroup", 0, KEY_REFUSED }, \
	{ "util_min", 0, KEY_REFUSED }, \
	{ "util_max", 0, KEY_REFUSED }, \
	{ "dl-runtime", 0, KEY_REFUSED }, \
	{ "dl-period", 0, KEY_REFUSED }, \
	{ "dl-deadline", 0, KEY_REFUSED }

const struct key task_keys[] = {
	{ "instance", TYPE(int), KEY_READ },
	{ "delay", TYPE(int), KEY_READ },
	{ "phases", TYPE(object), KEY_READ },
	PHASE_KEYS,
	REFUSED_KEYS,
	{ NULL, 0, KEY_READ },
};

const struct key phase_keys[] = {
	PHASE_KEYS,
	REFUSED_KEYS,
	{ NULL, 0, KEY_READ },
};

const struct key timer_keys[] = {
	{ "ref", TYPE(string), KEY_READ },
	{ "period", TYPE(int), KEY_READ },
	{ "mode", TYPE(string), KEY_READ },
	{ NULL, 0, KEY_READ },
};

const struct key wait_keys[] = {
	{ "ref", TYPE(string), KEY_READ },
	{ "mutex", TYPE(string), KEY_READ },
	{ NULL, 0, KEY_READ },
};

int check_type(const struct parser *pa, struct json_object *val, u32 types)
{
	static const char *const names[] = {
		[json_type_null] = "null",	   [json_type_boolean] = "a boolean",
		[json_type_double] = "a fraction", [json_type_int] = "an integer",
		[json_type_object] = "an object",  [json_type_array] = "an array",
		[json_type_string] = "a string",
	};
	enum json_type type = json_object_get_type(val);
	char expected[64] = "";

	if (types >> type & 1)
		return 0;
	for (u32 i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(expected);

		if (types >> i & 1)
			snprintf(expected + len, sizeof(expected) - len, "%s%s", len ? " or " : "", names[i]);
	}
	return bad(pa, "must be %s, is %s", expected, names[type]);
}

const struct key *find_key(const struct key *keys, const char *name, size_t len)
{
	for (; keys->name; keys++)
		if (strlen(keys->name) == len && !memcmp(keys->name, name, len))
			return keys;
	return NULL;
}

void list_add(char *list, size_t size, const char *name)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? ", " : "", name);
}

void list_events(char *list, size_t size)
{
	list[0] = 0;
	for (const struct rtapp_kind *kind = rtapp_kinds; kind->name; kind++)
		if (kind->step)
			list_add(list, size, kind->name);
}

static int unknown_key(struct parser *pa, struct json_object *obj, const char *name, const struct key *keys,
		       bool has_events)
{
	char known[256] = "", events[256];
	size_t len = strlen(name);
	const struct key *first;

	/* has it become another key because the object has it already? */
	while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	first = find_key(keys, name, len);
	if (first && json_object_object_get_ex(obj, first->name, NULL))
		return bad_key(pa, first->name, "is given more than once");
	for (; keys->name; keys++)
		if (keys->use != KEY_REFUSED)
			list_add(known, sizeof(known), keys->name);
	list_events(events, sizeof(events));
	push(pa, "%s", name);
	return bad(pa, "unknown key; known: %s%s%s", known, has_events ? "; events: " : "",
		   has_events ? events : "");
}

int check_keys(struct parser *pa, struct json_object *obj, const struct key *keys, bool has_events)
{
	json_object_object_foreach(obj, name, val) {
		const struct key *key = find_key(keys, name, strlen(name));
		u32 old;

		if (!key && has_events && rtapp_find_kind(name))
			continue;
		if (!key)
			return unknown_key(pa, obj, name, keys, has_events);
		if (key->use == KEY_REFUSED)
			return bad_key(pa, name,
				       "is not supported, and would change the task's scheduling; remove it");
		old = push(pa, "%s", name);
		if (check_type(pa, val, key->types))
			return -EINVAL;
		pop(pa, old);
	}
	return 0;
}

struct json_object *get(struct json_object *obj, const char *name)
{
	return json_object_object_get(obj, name);
}

int get_int(struct parser *pa, struct json_object *obj, const char *name, const char *what, s64 min, s64 max,
		   s64 def, s64 *out)
{
	struct json_object *val = get(obj, name);
	u32 old;

	*out = val ? json_object_get_int64(val) : def;
	if (!val || (*out >= min && *out <= max))
		return 0;
	old = push(pa, "%s", name);
	bad(pa, "%lld is out of range; %s is %lld..%lld", (long long)*out, what, (long long)min,
	    (long long)max);
	pop(pa, old);
	return -EINVAL;
}

const char *get_string(struct json_object *obj, const char *name, const char *def)
{
	struct json_object *val = get(obj, name);

	return val ? json_object_get_string(val) : def;
}
