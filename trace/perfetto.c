/* SPDX-License-Identifier: GPL-2.0-only */
/* The file, the packets, and who makes what of which event. */
#include <errno.h>
#include <stdlib.h>

#include "trace/perfetto.h"
#include "trace/perfetto_int.h"
#include "trace/text.h"

enum pf_system_info { PF_SYSTEM_INFO_UTSNAME = 1 };
enum pf_utsname {
	PF_UTSNAME_SYSNAME	= 1,
	PF_UTSNAME_VERSION	= 2,
	PF_UTSNAME_RELEASE	= 3,
	PF_UTSNAME_MACHINE	= 4,
};

static int file_error(struct perfetto *p, int error)
{
	snprintf(p->msg, sizeof(p->msg), "%s: cannot write the Perfetto trace: %s; the file is incomplete%s",
		 p->path, strerror(error), error == ENOSPC ? ", make room or write it elsewhere" : "");
	return -error;
}

int pf_no_memory(struct perfetto *p)
{
	snprintf(p->msg, sizeof(p->msg), "%s: out of memory for the Perfetto trace", p->path);
	return -ENOMEM;
}

static int file_write(struct perfetto *p, const void *data, size_t n)
{
	errno = 0;
	if (fwrite(data, 1, n, p->f) != n)
		return file_error(p, errno ? errno : EIO);
	return 0;
}

/* Write p->out as a packet and empty it. */
int pf_write_packet(struct perfetto *p)
{
	u8 head[1 + PB_VARINT_MAX];
	size_t n;
	int r;

	head[0] = PF_TRACE_PACKET << 3 | PB_LEN;
	n = 1 + pb_encode_varint(head + 1, p->out.len);
	r = file_write(p, head, n);
	if (!r)
		r = file_write(p, p->out.data, p->out.len);
	p->out.len = 0;
	return r;
}

int pf_cpu(struct perfetto *p, u32 id, struct pf_cpu **cpu)
{
	if (id >= TRACE_NO_CPU) {
		snprintf(p->msg, sizeof(p->msg),
			 "%s: Perfetto trace: event about CPU %u, a bug of who emits it", p->path, id);
		return -ERANGE;
	}
	if (id >= p->nr_cpus) {
		struct pf_cpu *cpus = realloc(p->cpus, (id + 1) * sizeof(*cpus));

		if (!cpus)
			return pf_no_memory(p);
		memset(cpus + p->nr_cpus, 0, (id + 1 - p->nr_cpus) * sizeof(*cpus));
		p->cpus = cpus;
		p->nr_cpus = id + 1;
	}
	*cpu = &p->cpus[id];
	return 0;
}

/*
 * trace_processor reads the task states of sched_switch as the kernel of this release means them, and knows
 * kernel threads if the system is Linux. It wants MAJOR.MINOR; 2022 was the time of 6.1.
 */
static int write_system_info(struct perfetto *p, const char *kernel)
{
	char release[64], name[32];
	size_t info, uts;
	int major, minor;

	if (kernel && sscanf(kernel, "%d.%d", &major, &minor) == 2)
		text_clean(release, sizeof(release), kernel);
	else
		snprintf(release, sizeof(release), "6.1%s%s", kernel ? "-" : "",
			 text_clean(name, sizeof(name), kernel));
	info = pb_begin(&p->out, PF_PACKET_SYSTEM_INFO);
	uts = pb_begin(&p->out, PF_SYSTEM_INFO_UTSNAME);
	pb_str(&p->out, PF_UTSNAME_SYSNAME, "Linux");
	pb_str(&p->out, PF_UTSNAME_VERSION, "uscx");
	pb_str(&p->out, PF_UTSNAME_RELEASE, release);
	pb_str(&p->out, PF_UTSNAME_MACHINE, "simulated");
	pb_end(&p->out, uts);
	pb_end(&p->out, info);
	pb_uint(&p->out, PF_PACKET_SEQUENCE_ID, PF_SEQ_FTRACE);
	return pf_write_packet(p);
}

static int perfetto_events(void *sink, const struct trace_event *ev, size_t n)
{
	struct perfetto *p = sink;
	size_t i;

	for (i = 0; i < n; i++) {
		int r = 0;

		switch (ev[i].type) {
		case TE_SWITCH:
		case TE_WAKING:
		case TE_WAKEUP:
		case TE_MIGRATE:
		case TE_TASK_NEW:
		case TE_TASK_COMM:
		case TE_TASK_EXIT:
			r = pf_ftrace_event(p, &ev[i]);
			break;
		case TE_DSQ_NEW:
		case TE_DSQ_DEL:
		case TE_DSQ_INSERT:
		case TE_DSQ_REMOVE:
		case TE_SCX_STATE:
		case TE_SCX_EXIT:
		case TE_SCX_OP:
		case TE_SCX_OP_END:
			r = pf_tracks_event(p, &ev[i]);
			break;
		}
		if (r)
			return r;
	}
	return 0;
}

static int perfetto_finish(void *sink, u64 end_ns)
{
	struct perfetto *p = sink;
	FILE *f = p->f;
	u32 i;
	int r;

	for (i = 0; i < p->nr_cpus; i++) {
		r = pf_ftrace_flush(p, i);
		if (r)
			return r;
	}
	r = pf_tracks_end(p, end_ns);
	if (r)
		return r;
	p->f = NULL;
	/* the last write errors come only now */
	if (fclose(f))
		return file_error(p, errno);
	return 0;
}

static void perfetto_destroy(void *sink)
{
	struct perfetto *p = sink;
	struct pf_task *t;
	u32 i;

	if (p->f)
		fclose(p->f);
	for (i = 0; i < p->nr_cpus; i++)
		free(p->cpus[i].buf);
	while ((t = p->first_task)) {
		p->first_task = t->next;
		free(t);
	}
	pidmap_free(&p->tasks);
	free(p->cpus);
	free(p->dsqs);
	free(p->out.data);
	free(p->path);
	free(p);
}

static const char *perfetto_message(void *sink)
{
	struct perfetto *p = sink;

	return p->msg[0] ? p->msg : NULL;
}

const struct trace_sink_ops perfetto_ops = {
	.name = "perfetto",
	.events = perfetto_events,
	.finish = perfetto_finish,
	.destroy = perfetto_destroy,
	.message = perfetto_message,
};

int perfetto_create(const char *path, const struct perfetto_options *opt, void **sink, char *err,
		    size_t err_len)
{
	struct perfetto *p = calloc(1, sizeof(*p));
	int r = -ENOMEM;

	if (!p)
		goto no_memory;
	p->path = strdup(path);
	p->out.cap = PF_CPU_BUF + PF_PACKET_MAX;
	p->out.data = malloc(p->out.cap);
	if (!p->path || !p->out.data)
		goto no_memory;
	p->trace_ops = opt && opt->ops;
	p->f = fopen(path, "wbe");
	if (!p->f) {
		r = -errno;
		snprintf(err, err_len, "%s: cannot create the Perfetto trace: %s", path, strerror(-r));
		goto fail;
	}
	r = write_system_info(p, opt ? opt->kernel : NULL);
	if (!r)
		r = pf_tracks_begin(p);
	if (r) {
		snprintf(err, err_len, "%s", p->msg);
		goto fail;
	}
	*sink = p;
	return 0;
no_memory:
	snprintf(err, err_len, "%s: out of memory for the Perfetto trace", path);
fail:
	if (p)
		perfetto_destroy(p);
	return r;
}
