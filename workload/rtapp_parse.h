/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of rt-app's JSON: where it is, messages, and the keys and values of objects (rtapp_keys.c).
 */
#ifndef WORKLOAD_RTAPP_PARSE_H
#define WORKLOAD_RTAPP_PARSE_H

#include "workload/rtapp.h"

#include <json-c/json.h>

/* rt-app reads numbers into an int */
#define RTAPP_MAX_INT 2147483647ll

struct rtapp_policy;

struct parser {
	struct rtapp *ra;
	u32 nr_cpus;
	const struct rtapp_policy *default_policy;
	struct rtapp_task *task;	/* that is being parsed */
	const char *file;
	char path[512];			/* "tasks.a.phases" */
	u32 path_len;
	char *err;
	size_t err_len;
};

enum key_use {
	KEY_READ,
	KEY_IGNORED,			/* has no effect on scheduling, or none in a simulation */
	KEY_REFUSED,
};

/* One row per key that an object may have; ends with a row without name. */
struct key {
	const char *name;
	u32 types;			/* TYPE() bits */
	enum key_use use;
};

#define TYPE(t) (1u << json_type_##t)

extern const struct key root_keys[], global_keys[], task_keys[], phase_keys[], timer_keys[], wait_keys[];

/* One key deeper; a path that is too long for its buffer is cut. Returns what pop() takes. */
u32 push(struct parser *pa, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pop(struct parser *pa, u32 old);

/* Messages begin with file and path. They return -EINVAL; the path is of no use after that. */
int bad(const struct parser *pa, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* about a key of the object that the path leads to */
int bad_key(struct parser *pa, const char *key, const char *what);

/* Appends NAME or ", NAME" to a list. */
void list_add(char *list, size_t size, const char *name);
/* The events that are supported. */
void list_events(char *list, size_t size);

const struct key *find_key(const struct key *keys, const char *name, size_t len);
/* The value that the path leads to must have one of @types. */
int check_type(const struct parser *pa, struct json_object *val, u32 types);
/* Every key of @obj must be known and its value have the right type; or be an event, where events may be. */
int check_keys(struct parser *pa, struct json_object *obj, const struct key *keys, bool has_events);

/* The value of a key after check_keys(); NULL: there is none. */
struct json_object *get(struct json_object *obj, const char *name);
const char *get_string(struct json_object *obj, const char *name, const char *def);
/* An integer within @min..@max, or @def. @what: "a nice value" */
int get_int(struct parser *pa, struct json_object *obj, const char *name, const char *what, s64 min, s64 max,
	    s64 def, s64 *out);

#endif
