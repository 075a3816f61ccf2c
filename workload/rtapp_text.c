// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of rt-app's dialect of JSON: what its preprocessor, workgen, makes of a file for json-c.
 *
 *	- A key that an object has already gets a number: "run", "run" becomes "run", "run1". json-c would
 *	  keep only the last one. Numbers count as workgen counts: from 1 in each object, and on only when one
 *	  is taken.
 *	- "suspend" without a value gets the name of its task.
 *	- Comments and a comma after the last member are left to json-c, which takes them.
 *
 * workgen works line by line; this scanner works on tokens, so that line breaks mean nothing. Text that it
 * does not understand is passed on for json-c to complain about.
 */
#include "workload/rtapp.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RTAPP_MAX_TEXT (16u << 20)
/* json-c refuses what is nested deeper */
#define RTAPP_DEPTH JSON_TOKENER_DEFAULT_DEPTH

struct buffer {
	char *data;
	size_t len, cap;
};

/* An object or array that is open. */
struct frame {
	bool is_object;
	bool want_key;
	u32 next_id;			/* for the next repeated key */
	size_t key, key_len;		/* the last key, in the output */
	struct json_object *keys;	/* a set */
};

/* So many bytes were inserted before this place of the output. */
struct insertion {
	size_t at, len;
};

struct scanner {
	const char *file;
	struct buffer in, out;
	size_t pos;
	struct frame frames[RTAPP_DEPTH];
	u32 depth;
	bool complete;			/* the outermost value is closed */
	struct insertion *insertions;
	size_t nr_insertions;
	char *err;
	size_t err_len;
};

static int no_memory(const struct scanner *sc)
{
	return workload_fail(sc->err, sc->err_len, -ENOMEM, "%s: out of memory", sc->file);
}

static int append(struct buffer *b, const char *data, size_t len)
{
	if (b->cap - b->len < len) {
		size_t cap = (b->cap + len) * 2;
		char *p = realloc(b->data, cap);

		if (!p)
			return -ENOMEM;
		b->data = p;
		b->cap = cap;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

/* Puts text into the output that is not in the input. */
static int insert(struct scanner *sc, const char *data, size_t len)
{
	struct insertion *p = realloc(sc->insertions, (sc->nr_insertions + 1) * sizeof(*p));

	if (!p)
		return -ENOMEM;
	sc->insertions = p;
	sc->insertions[sc->nr_insertions++] = (struct insertion){ .at = sc->out.len, .len = len };
	return append(&sc->out, data, len);
}

/* Message about a place of the input; columns are bytes, from 1. */
static int fail_at(const struct scanner *sc, size_t pos, const char *what)
{
	u32 line = 1, column = 1;

	for (size_t i = 0; i < pos && i < sc->in.len; i++) {
		column++;
		if (sc->in.data[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return workload_fail(sc->err, sc->err_len, -EINVAL, "%s:%u:%u: %s", sc->file, line, column, what);
}

/* The place of the input that a place of the output was copied from. */
static size_t origin(const struct scanner *sc, size_t out_pos)
{
	size_t inserted = 0;

	for (size_t i = 0; i < sc->nr_insertions && sc->insertions[i].at < out_pos; i++)
		inserted += sc->insertions[i].len;
	return out_pos - inserted;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Behind blanks and comments at @pos. */
static size_t skip_blanks(const struct scanner *sc, size_t pos)
{
	const char *s = sc->in.data;
	size_t len = sc->in.len;

	for (;;) {
		while (pos < len && is_blank(s[pos]))
			pos++;
		if (pos + 1 >= len || s[pos] != '/')
			return pos;
		if (s[pos + 1] == '/') {
			while (pos < len && s[pos] != '\n')
				pos++;
		} else if (s[pos + 1] == '*') {
			const char *end = memmem(s + pos + 2, len - pos - 2, "*/", 2);

			pos = end ? end + 2 - s : len;
		} else {
			return pos;
		}
	}
}

/* Behind the string that begins at @pos; the end of the input if it has no end. */
static size_t skip_string(const struct scanner *sc, size_t pos)
{
	char quote = sc->in.data[pos++];

	for (; pos < sc->in.len; pos++) {
		if (sc->in.data[pos] == '\\')
			pos++;
		else if (sc->in.data[pos] == quote)
			return pos + 1;
	}
	return sc->in.len;
}

/* Copies a key of the innermost object, made unique; @start: opening quote, @end: behind the closing one. */
static int copy_key(struct scanner *sc, size_t start, size_t end)
{
	struct frame *f = &sc->frames[sc->depth - 1];
	size_t len = end - start - 2;
	char *key = malloc(len + 16);
	int ret = -ENOMEM;

	if (!key)
		return -ENOMEM;
	memcpy(key, sc->in.data + start + 1, len);
	key[len] = 0;
	if (append(&sc->out, sc->in.data + start, len + 1))
		goto out;
	if (json_object_object_get_ex(f->keys, key, NULL)) {
		for (;; f->next_id++) {
			snprintf(key + len, 16, "%u", f->next_id);
			if (!json_object_object_get_ex(f->keys, key, NULL))
				break;
		}
		if (insert(sc, key + len, strlen(key + len)))
			goto out;
	}
	f->key_len = strlen(key);
	f->key = sc->out.len - f->key_len;
	if (json_object_object_add(f->keys, key, NULL))
		goto out;
	ret = append(&sc->out, sc->in.data + end - 1, 1);
out:
	free(key);
	return ret;
}

/* Is the innermost object one of a task, or inside of one? */
static bool is_in_task(const struct scanner *sc)
{
	const struct frame *root = &sc->frames[0];

	return sc->depth > 2 && root->is_object && sc->frames[1].is_object &&
	       root->key_len == strlen("tasks") && !memcmp(sc->out.data + root->key, "tasks", root->key_len);
}

/* "suspend" without a value: the name of the task */
static int insert_task_name(struct scanner *sc)
{
	const struct frame *f = &sc->frames[1];
	char *value;
	int len, ret;

	len = asprintf(&value, ": \"%.*s\"", (int)f->key_len, sc->out.data + f->key);
	if (len < 0)
		return -ENOMEM;
	ret = insert(sc, value, len);
	free(value);
	return ret;
}

static int scan_string(struct scanner *sc)
{
	struct frame *f = sc->depth ? &sc->frames[sc->depth - 1] : NULL;
	size_t start = sc->pos, end = skip_string(sc, start), next;
	const char *text = sc->in.data + start;
	bool terminated = end - start >= 2 && text[end - start - 1] == *text;

	sc->pos = end;
	if (!f || !f->want_key || !terminated)
		return append(&sc->out, text, end - start) ? no_memory(sc) : 0;
	f->want_key = false;
	if (memchr(text, '\\', end - start))
		return fail_at(sc, start, "a key must not have a backslash in it");
	if (copy_key(sc, start, end))
		return no_memory(sc);
	next = skip_blanks(sc, end);
	if (is_in_task(sc) && !strncmp(text + 1, "suspend", strlen("suspend")) && next < sc->in.len &&
	    (sc->in.data[next] == ',' || sc->in.data[next] == '}'))
		return insert_task_name(sc) ? no_memory(sc) : 0;
	return 0;
}

static int open_frame(struct scanner *sc, bool is_object)
{
	struct frame *f;

	if (sc->depth == RTAPP_DEPTH)
		return fail_at(sc, sc->pos, "nested too deep");
	f = &sc->frames[sc->depth];
	*f = (struct frame){ .is_object = is_object, .want_key = is_object, .next_id = 1 };
	if (is_object) {
		f->keys = json_object_new_object();
		if (!f->keys)
			return no_memory(sc);
	}
	sc->depth++;
	return 0;
}

static void close_frame(struct scanner *sc)
{
	if (!sc->depth)
		return;
	json_object_put(sc->frames[--sc->depth].keys);
	sc->complete = !sc->depth;
}

/* One token, or blanks and comments. */
static int scan_token(struct scanner *sc)
{
	char c = sc->in.data[sc->pos];
	size_t end = skip_blanks(sc, sc->pos);
	int ret = 0;

	if (end > sc->pos) {
		if (append(&sc->out, sc->in.data + sc->pos, end - sc->pos))
			return no_memory(sc);
		sc->pos = end;
		return 0;
	}
	if (sc->complete)
		return fail_at(sc, sc->pos, "text after the end of the object");
	if (c == '"' || c == '\'')
		return scan_string(sc);
	if (c == '{' || c == '[')
		ret = open_frame(sc, c == '{');
	else if (c == '}' || c == ']')
		close_frame(sc);
	else if (c == ',' && sc->depth)
		sc->frames[sc->depth - 1].want_key = sc->frames[sc->depth - 1].is_object;
	if (ret)
		return ret;
	if (append(&sc->out, &c, 1))
		return no_memory(sc);
	sc->pos++;
	return 0;
}

static int read_text(struct scanner *sc)
{
	bool is_stdin = !strcmp(sc->file, "-");
	int fd = is_stdin ? 0 : open(sc->file, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	int ret = 0;
	ssize_t n;

	if (is_stdin)
		sc->file = "standard input";
	if (fd < 0)
		return workload_fail(sc->err, sc->err_len, -errno, "%s: cannot open it: %s", sc->file,
				     strerror(errno));
	while (!ret && (n = read(fd, chunk, sizeof(chunk)))) {
		if (n < 0)
			ret = workload_fail(sc->err, sc->err_len, -errno, "%s: cannot read it: %s", sc->file,
					    strerror(errno));
		else if (sc->in.len + n > RTAPP_MAX_TEXT)
			ret = workload_fail(sc->err, sc->err_len, -EFBIG, "%s: larger than %u MB", sc->file,
					    RTAPP_MAX_TEXT >> 20);
		else if (append(&sc->in, chunk, n))
			ret = no_memory(sc);
	}
	if (!is_stdin)
		close(fd);
	return ret;
}

static int parse_text(struct scanner *sc, struct json_object **root)
{
	struct json_tokener *tok = json_tokener_new();
	enum json_tokener_error e;
	int ret = 0;

	*root = NULL;
	if (!tok)
		return no_memory(sc);
	*root = json_tokener_parse_ex(tok, sc->out.data, sc->out.len);
	e = json_tokener_get_error(tok);
	if (e == json_tokener_continue)
		ret = fail_at(sc, sc->in.len, sc->in.len ? "text ends before the object does" : "is empty");
	else if (e != json_tokener_success)
		ret = fail_at(sc, origin(sc, json_tokener_get_parse_end(tok)), json_tokener_error_desc(e));
	json_tokener_free(tok);
	return ret;
}

int rtapp_read(const char *file, struct json_object **root, char *err, size_t err_len)
{
	struct scanner sc = { .file = file, .err = err, .err_len = err_len };
	int ret = read_text(&sc);
	const char *nul;

	if (!ret && sc.in.len && (nul = memchr(sc.in.data, 0, sc.in.len)))
		ret = fail_at(&sc, nul - sc.in.data, "NUL byte; this is no JSON text");
	while (!ret && sc.pos < sc.in.len)
		ret = scan_token(&sc);
	/* ends a number or comment at the end, which json-c would take for incomplete */
	if (!ret && append(&sc.out, "\n", 1))
		ret = no_memory(&sc);
	if (!ret)
		ret = parse_text(&sc, root);
	while (sc.depth)
		close_frame(&sc);
	free(sc.insertions);
	free(sc.in.data);
	free(sc.out.data);
	return ret;
}
