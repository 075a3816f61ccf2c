/* SPDX-License-Identifier: GPL-2.0-only */
/* Sinks that write text: a stream into a file, and the lines of the file. */
#ifndef TESTS_TRACE_LINES_H
#define TESTS_TRACE_LINES_H

#include <unistd.h>

#include "tests/trace/stream.h"

static char lines_path[64];
static char *lines_text;		/* the file, after lines_read() */

static inline void lines_new_file(void)
{
	int fd;

	snprintf(lines_path, sizeof(lines_path), "/tmp/uscx-lines-XXXXXX");
	fd = mkstemp(lines_path);
	assert_true(fd >= 0);
	close(fd);
}

static inline void lines_read(void)
{
	FILE *f = fopen(lines_path, "r");
	size_t n, max = 64 << 20;

	assert_non_null(f);
	lines_text = malloc(max);
	assert_non_null(lines_text);
	n = fread(lines_text, 1, max - 1, f);
	lines_text[n] = '\0';
	fclose(f);
	unlink(lines_path);
}

/* Line @i (from 0) of those that are no comments; NULL: there are less. */
static inline const char *line_at(u32 i)
{
	static char line[2048];
	const char *s;

	for (s = lines_text; *s; s += strcspn(s, "\n") + 1) {
		if (*s == '#' || i--)
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(s, "\n"), s);
		return line;
	}
	return NULL;
}

static inline u32 nr_lines(void)
{
	u32 n = 0;

	for (const char *s = lines_text; *s; s += strcspn(s, "\n") + 1)
		n += *s != '#';
	return n;
}

/* The lines that are no comments are exactly these, up to the NULL. */
#define assert_lines(...) assert_lines_are((const char *const[]){ __VA_ARGS__, NULL })
static inline void assert_lines_are(const char *const *want)
{
	u32 i;

	for (i = 0; want[i]; i++) {
		assert_non_null(line_at(i));
		assert_string_equal(line_at(i), want[i]);
	}
	assert_null(line_at(i));
}

#endif
