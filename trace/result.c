/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <json-c/json.h>

#include "trace/result.h"
#include "trace/text.h"

/*
 * Add @val, which may be NULL when memory is out, to @obj and remember a failure in *@failed: the object is
 * built without a check after every line and thrown away in the end.
 */
static void add(struct json_object *obj, const char *key, struct json_object *val, bool *failed)
{
	if (!obj || !val || json_object_object_add(obj, key, val)) {
		json_object_put(val);
		*failed = true;
	}
}

static void add_u64(struct json_object *obj, const char *key, u64 v, bool *failed)
{
	add(obj, key, json_object_new_uint64(v), failed);
}

static void add_s64(struct json_object *obj, const char *key, s64 v, bool *failed)
{
	add(obj, key, json_object_new_int64(v), failed);
}

/* NULL becomes null */
static void add_str(struct json_object *obj, const char *key, const char *v, bool *failed)
{
	char text[2048];

	if (v)
		add(obj, key, json_object_new_string(text_clean(text, sizeof(text), v)), failed);
	else if (!obj || json_object_object_add(obj, key, NULL))
		*failed = true;
}

/* An object or array that is a member of @parent; filled in afterwards. */
static struct json_object *add_new(struct json_object *parent, const char *key, struct json_object *val,
				   bool *failed)
{
	add(parent, key, val, failed);
	return *failed ? NULL : val;
}

static void append(struct json_object *array, struct json_object *val, bool *failed)
{
	if (!array || !val || json_object_array_add(array, val)) {
		json_object_put(val);
		*failed = true;
	}
}

static void add_exit(struct json_object *res, const struct run_result_info *info, bool *failed)
{
	struct json_object *o = add_new(res, "exit", json_object_new_object(), failed);

	add_str(o, "kind", info->exit.kind, failed);
	add_s64(o, "code", info->exit.code, failed);
	add_str(o, "reason", info->exit.reason, failed);
	add_str(o, "msg", info->exit.msg, failed);
	add_s64(o, "status", info->exit.status, failed);
	add_s64(o, "loader_status", info->exit.loader_status, failed);
}

static void add_counts(struct json_object *res, const struct stat_counts *c, bool *failed)
{
	struct json_object *o = add_new(res, "counts", json_object_new_object(), failed);

	add_u64(o, "switches", c->switches, failed);
	add_u64(o, "wakeups", c->wakeups, failed);
	add_u64(o, "migrations", c->migrations, failed);
	add_u64(o, "ticks", c->ticks, failed);
	add_u64(o, "ipis", c->ipis, failed);
	add_u64(o, "bpf_calls", c->bpf_calls, failed);
	add_u64(o, "bpf_insns", c->bpf_insns, failed);
}

static struct json_object *task_json(const struct stat_task *p, bool *failed)
{
	struct json_object *o = json_object_new_object(), *lat;

	add_str(o, "name", p->name, failed);
	add_s64(o, "pid", p->pid, failed);
	add_u64(o, "cpu_ns", p->cpu_ns, failed);
	add_u64(o, "switches", p->switches, failed);
	add_u64(o, "preempted", p->preempted, failed);
	add_u64(o, "migrations", p->migrations, failed);
	add_u64(o, "wakeups", p->wakeups, failed);
	lat = add_new(o, "wake_latency_ns", json_object_new_object(), failed);
	add_u64(lat, "p50", hist_percentile(&p->wake_latency, 500), failed);
	add_u64(lat, "p90", hist_percentile(&p->wake_latency, 900), failed);
	add_u64(lat, "p99", hist_percentile(&p->wake_latency, 990), failed);
	add_u64(lat, "max", p->wake_latency.max, failed);
	return o;
}

static struct json_object *cpu_json(size_t id, const struct stat_cpu *c, bool *failed)
{
	struct json_object *o = json_object_new_object();

	add_u64(o, "id", id, failed);
	add_u64(o, "busy_ns", c->busy_ns, failed);
	add_u64(o, "idle_ns", c->idle_ns, failed);
	add_u64(o, "queued_idle_ns", c->queued_idle_ns, failed);
	return o;
}

struct json_object *run_result_json(const struct run_result_info *info, const struct trace_stats *stats)
{
	struct json_object *res = json_object_new_object(), *o;
	const struct stat_task *p;
	const struct stat_cpu *c;
	bool failed = false;
	char hash[17];
	size_t i;

	add_str(res, "scheduler", info->scheduler, &failed);
	add_str(res, "kernel", info->kernel, &failed);
	add_u64(res, "seed", info->seed, &failed);
	o = add_new(res, "machine", json_object_new_object(), &failed);
	add_str(o, "spec", info->machine, &failed);
	add_u64(o, "cpus", info->nr_cpus, &failed);
	add_u64(res, "virtual_ns", info->virtual_ns, &failed);
	add_exit(res, info, &failed);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)info->trace_hash);
	add_str(res, "trace_hash", hash, &failed);
	add_counts(res, trace_stats_counts(stats), &failed);

	o = add_new(res, "tasks", json_object_new_array(), &failed);
	for (i = 0; (p = trace_stats_task(stats, i)) && !failed; i++)
		append(o, task_json(p, &failed), &failed);
	o = add_new(res, "cpus", json_object_new_array(), &failed);
	for (i = 0; (c = trace_stats_cpu(stats, i)) && !failed; i++)
		if (c->present)
			append(o, cpu_json(i, c, &failed), &failed);

	o = add_new(res, "host", json_object_new_object(), &failed);
	add_u64(o, "wall_ns", info->host.wall_ns, &failed);
	add_u64(o, "max_rss_kb", info->host.max_rss_kb, &failed);
	if (failed) {
		json_object_put(res);
		return NULL;
	}
	return res;
}

int run_result_write_json(FILE *f, const struct run_result_info *info, const struct trace_stats *stats)
{
	struct json_object *res = run_result_json(info, stats);
	const char *text;
	int r = 0;

	if (!res)
		return -ENOMEM;
	text = json_object_to_json_string_ext(res, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	errno = 0;
	if (!text)
		r = -ENOMEM;
	else if (fprintf(f, "%s\n", text) < 0 || fflush(f))
		r = errno ? -errno : -EIO;
	json_object_put(res);
	return r;
}
