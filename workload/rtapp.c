// SPDX-License-Identifier: GPL-2.0-only
#include "workload/rtapp.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rtapp_chunk {
	struct rtapp_chunk *next;
	_Alignas(max_align_t) char data[];
};

void *rtapp_alloc(struct rtapp *ra, size_t size)
{
	struct rtapp_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->next = ra->chunks;
	ra->chunks = chunk;
	return chunk->data;
}

static void rtapp_free(struct workload_impl *wi)
{
	struct rtapp *ra = container_of(wi, struct rtapp, wi);

	while (ra->chunks) {
		struct rtapp_chunk *chunk = ra->chunks;

		ra->chunks = chunk->next;
		free(chunk);
	}
	free(ra);
}

/* rt-app's name of a thread, NAME-INDEX. What is too long is cut from NAME, so that it stays unique. */
static char *make_comm(struct rtapp *ra, const char *name, u32 index)
{
	char suffix[12], *comm = rtapp_alloc(ra, 16);
	int len = snprintf(suffix, sizeof(suffix), "-%u", index);

	if (comm)
		snprintf(comm, 16, "%.*s%s", 15 - len, name, suffix);
	return comm;
}

static int make_tasks(struct workload *w, struct rtapp *ra)
{
	u32 nr = 0, index = 0;

	for (u32 i = 0; i < ra->nr_tasks; i++)
		nr += ra->tasks[i].instances;
	if (workload_alloc_tasks(w, nr))
		return -ENOMEM;
	for (u32 i = 0; i < ra->nr_tasks; i++) {
		const struct rtapp_task *task = &ra->tasks[i];
		const struct rtapp_phase *first = &task->phases[0];
		const struct rtapp_sched *sched = first->sched ? first->sched : task->sched;

		for (u32 n = 0; n < task->instances; n++, index++) {
			struct workload_task *wt = &w->tasks[index];

			wt->start_ns = task->delay_ns;
			wt->spec = (struct task_spec){
				.comm = make_comm(ra, task->name, index),
				.policy = sched->policy,
				.nice = sched->nice,
				.rt_priority = sched->rt_priority,
				.mask = first->mask == ra->all_cpus ? NULL : first->mask,
				.program = rtapp_program_create(ra, task),
			};
			if (!wt->spec.comm || !wt->spec.program)
				return -ENOMEM;
		}
	}
	return 0;
}

int rtapp_open(struct workload *w, const char *file, u32 nr_cpus, char *err, size_t err_len)
{
	struct rtapp *ra = calloc(1, sizeof(*ra));
	struct json_object *root = NULL;
	int ret = -ENOMEM;

	if (!ra)
		goto out;
	workload_impl_init(&ra->wi, rtapp_free);
	w->impl = &ra->wi;
	ra->default_policy = w->default_policy;
	ret = rtapp_read(file, &root, err, err_len);
	if (ret)
		return ret;
	ret = rtapp_parse(ra, root, file, nr_cpus, err, err_len);
	json_object_put(root);
	if (!ret)
		ret = make_tasks(w, ra);
	w->duration_ns = ra->wi.duration_ns;
out:
	if (ret == -ENOMEM)
		workload_fail(err, err_len, ret, "%s: out of memory", file);
	return ret;
}
