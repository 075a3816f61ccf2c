// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's log: what printk() says, as dmesg shows it. */
#include <stdarg.h>
#include <stdio.h>

#include "sched/core.h"

#define LINE_MAX_BYTES 4096

struct printk_log {
	raw_spinlock_t lock;
	char *text;			/* (lock) NUL-terminated */
	size_t len, cap;		/* (lock) */
	void (*fn)(void *arg, u64 time_ns, const char *line);
	void *arg;
};

int log_create(struct kernel *k)
{
	k->log = calloc(1, sizeof(*k->log));
	return k->log ? 0 : -ENOMEM;
}

void log_destroy(struct kernel *k)
{
	if (k->log)
		free(k->log->text);
	free(k->log);
}

const char *kernel_log(struct kernel *k)
{
	return k->log->text ? k->log->text : "";
}

void kernel_set_log_fn(struct kernel *k, void (*fn)(void *arg, u64 time_ns, const char *line), void *arg)
{
	k->log->fn = fn;
	k->log->arg = arg;
}

/* A line that there is no memory for is lost to kernel_log(), not to the log function. */
static void append(struct printk_log *log, const char *s)
{
	size_t n = strlen(s);

	if (log->len + n + 1 > log->cap) {
		size_t cap = 2 * (log->len + n + 1);
		char *t = realloc(log->text, cap);

		if (!t)
			return;
		log->text = t;
		log->cap = cap;
	}
	memcpy(log->text + log->len, s, n + 1);
	log->len += n;
}

void kernel_printk(struct kernel *k, const char *fmt, ...)
{
	struct printk_log *log = k->log;
	u64 now = this_mcpu ? mach_now() : 0;
	char line[LINE_MAX_BYTES], stamped[LINE_MAX_BYTES + 32];
	bool off = false;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	line[strcspn(line, "\n")] = '\0';
	snprintf(stamped, sizeof(stamped), "[%5llu.%06llu] %s\n", (unsigned long long)(now / 1000000000),
		 (unsigned long long)(now / 1000 % 1000000), line);
	if (this_mcpu)
		off = raw_spin_lock_irqsave(&log->lock);
	append(log, stamped);
	if (log->fn)
		log->fn(log->arg, now, line);
	if (this_mcpu)
		raw_spin_unlock_irqrestore(&log->lock, off);
}
