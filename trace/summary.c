/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary for the terminal. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "trace/result.h"
#include "trace/text.h"

#define COLUMNS		100
#define MAX_TASK_LINES	12	/* more tasks than that are shown in groups */
#define MAX_ROWS	24	/* lines of tasks; what is beyond becomes one */
#define MAX_CPU_LINES	16	/* more CPUs than that are summed up */
#define LABEL		"%-8s"	/* of the lines about the run */
#define LABEL_LEN	8

/* Kernel threads and loaders are one line each, behind the workload. */
enum fold {
	FOLD_NOT,
	FOLD_LOADER,
	FOLD_KERNEL,
};

/* A task on its way to a line. */
struct entry {
	const struct stat_task *p;
	size_t order;			/* of creation */
	size_t stem;			/* length of the name without the index at its end */
	enum fold fold;
};

/* A line of the task table: a task, or several that are added up. */
struct row {
	char name[32];
	enum fold fold;
	size_t order;			/* of its first task */
	u64 nr;
	u64 cpu_ns, switches, migrations;
	struct hist wake_latency, preempt_wait, slice;
};

/* --- text --- */

/* @text after a label, broken at blanks; further lines are indented as the label is. */
static void write_labelled(FILE *f, const char *label, const char *text)
{
	const int width = COLUMNS - LABEL_LEN;

	fprintf(f, LABEL, label);
	for (;;) {
		int len = strlen(text), cut;

		if (len <= width) {
			fprintf(f, "%s\n", text);
			return;
		}
		for (cut = width; cut > 0 && text[cut] != ' '; cut--)
			;
		if (!cut)
			cut = width;
		fprintf(f, "%.*s\n%*s", cut, text, LABEL_LEN, "");
		text += cut;
		while (*text == ' ')
			text++;
	}
}

static double percent(u64 part, u64 whole)
{
	return whole ? 100.0 * part / whole : 0;
}

#define COUNT_LEN 24
/* A number in at most 6 columns, beyond a million with three digits: "12.3M". */
static char *text_count(char dst[COUNT_LEN], u64 n)
{
	static const struct {
		u64 n;
		char unit;
	} units[] = { { 1000000000000ull, 'T' }, { 1000000000, 'G' }, { 1000000, 'M' } };
	size_t i;

	snprintf(dst, COUNT_LEN, "%llu", (unsigned long long)n);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double v = (double)n / units[i].n;

		if (n < units[i].n)
			continue;
		snprintf(dst, COUNT_LEN, "%.*f%c", v < 10 ? 2 : v < 100 ? 1 : 0, v, units[i].unit);
		break;
	}
	return dst;
}

/* --- rows --- */

static size_t name_stem(const char *name)
{
	size_t len = strlen(name), stem = len;

	while (stem && isdigit((unsigned char)name[stem - 1]))
		stem--;
	return stem ? stem : len;
}

static int cmp(u64 a, u64 b)
{
	return (a > b) - (a < b);
}

/* 0: the two are of one group */
static int cmp_group(const struct entry *a, const struct entry *b)
{
	size_t min = a->stem < b->stem ? a->stem : b->stem;
	int r;

	if (a->fold != b->fold || a->fold)
		return cmp(a->fold, b->fold);
	r = memcmp(a->p->name, b->p->name, min);
	if (!r)
		r = cmp(a->stem, b->stem);
	/* "hog" does not belong to "hog1" and "hog2" */
	if (!r)
		r = cmp(!a->p->name[a->stem], !b->p->name[b->stem]);
	return r;
}

static int cmp_entry(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r = cmp_group(a, b);

	return r ? r : cmp(a->order, b->order);
}

static int cmp_row_order(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int r = cmp(a->fold, b->fold);

	return r ? r : cmp(a->order, b->order);
}

static int cmp_row_cpu(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int r = cmp(a->fold, b->fold);

	if (!r)
		r = cmp(b->cpu_ns, a->cpu_ns);
	return r ? r : cmp(a->order, b->order);
}

static int row_merge_hists(struct row *r, const struct hist *wake, const struct hist *preempt,
			   const struct hist *slice)
{
	if (hist_merge(&r->wake_latency, wake) || hist_merge(&r->preempt_wait, preempt) ||
	    hist_merge(&r->slice, slice))
		return -ENOMEM;
	return 0;
}

static int row_add_task(struct row *r, const struct stat_task *p)
{
	r->nr++;
	r->cpu_ns += p->cpu_ns;
	r->switches += p->switches;
	r->migrations += p->migrations;
	return row_merge_hists(r, &p->wake_latency, &p->preempt_wait, &p->slice);
}

static int row_add_row(struct row *r, const struct row *from)
{
	r->nr += from->nr;
	r->cpu_ns += from->cpu_ns;
	r->switches += from->switches;
	r->migrations += from->migrations;
	return row_merge_hists(r, &from->wake_latency, &from->preempt_wait, &from->slice);
}

static void row_clear(struct row *r)
{
	hist_clear(&r->wake_latency);
	hist_clear(&r->preempt_wait);
	hist_clear(&r->slice);
}

static void row_name(struct row *r, const struct entry *e)
{
	char name[17];

	text_clean(name, sizeof(name), e->p->name);
	if (r->fold == FOLD_KERNEL)
		snprintf(r->name, sizeof(r->name), "(kernel threads)");
	else if (r->fold == FOLD_LOADER)
		snprintf(r->name, sizeof(r->name), "(loader)");
	else if (r->nr > 1 && e->p->name[e->stem])
		snprintf(r->name, sizeof(r->name), "%.*s*", (int)e->stem, name);
	else if (!name[0])
		snprintf(r->name, sizeof(r->name), "pid %d", e->p->pid);
	else
		snprintf(r->name, sizeof(r->name), "%s", name);
}

/* Tasks to show: *@nr of them, of which *@nr_workload are the workload's. NULL: out of memory. */
static struct entry *entries_get(const struct trace_stats *stats, size_t *nr, size_t *nr_workload)
{
	const struct stat_task *p;
	struct entry *entries;
	size_t i, n = 0;

	while (trace_stats_task(stats, n))
		n++;
	entries = calloc(n + 1, sizeof(*entries));
	if (!entries)
		return NULL;
	*nr = *nr_workload = 0;
	for (i = 0; i < n; i++) {
		p = trace_stats_task(stats, i);
		/* kernel threads that did nothing would only make their number look odd */
		if ((p->flags & TRACE_TASK_KTHREAD) && !p->switches && !p->wakeups)
			continue;
		entries[*nr] = (struct entry){
			.p = p,
			.order = i,
			.stem = name_stem(p->name),
			.fold = p->flags & TRACE_TASK_KTHREAD ? FOLD_KERNEL :
				p->flags & TRACE_TASK_LOADER  ? FOLD_LOADER :
								FOLD_NOT,
		};
		*nr_workload += entries[*nr].fold == FOLD_NOT;
		++*nr;
	}
	return entries;
}

/* Lines from tasks. *@rows is to be freed even when this fails. */
static int rows_make(const struct trace_stats *stats, struct row **rows, size_t *nr_rows)
{
	size_t nr, nr_workload, i, n = 0;
	struct entry *entries;
	bool groups;
	int r = 0;

	*rows = NULL;
	*nr_rows = 0;
	entries = entries_get(stats, &nr, &nr_workload);
	if (!entries)
		return -ENOMEM;
	groups = nr_workload > MAX_TASK_LINES;
	qsort(entries, nr, sizeof(*entries), cmp_entry);
	*rows = calloc(nr + 1, sizeof(**rows));
	if (!*rows)
		r = -ENOMEM;
	for (i = 0; i < nr && !r; i++) {
		const struct entry *e = &entries[i];

		if (!i || ((!groups && !e->fold) || cmp_group(e - 1, e))) {
			(*rows)[n].fold = e->fold;
			(*rows)[n].order = e->order;
			*nr_rows = ++n;
		}
		r = row_add_task(&(*rows)[n - 1], e->p);
		row_name(&(*rows)[n - 1], e);
	}
	free(entries);
	return r;
}

/* Put rows in the order in which they are shown, and make one of the workload's beyond MAX_ROWS. */
static int rows_limit(struct row *rows, size_t *nr_rows)
{
	size_t i, n = 0;

	while (n < *nr_rows && !rows[n].fold)
		n++;
	if (n <= MAX_ROWS) {
		qsort(rows, *nr_rows, sizeof(*rows), cmp_row_order);
		return 0;
	}
	qsort(rows, *nr_rows, sizeof(*rows), cmp_row_cpu);
	for (i = MAX_ROWS; i < n; i++) {
		if (row_add_row(&rows[MAX_ROWS - 1], &rows[i]))
			return -ENOMEM;
		row_clear(&rows[i]);
	}
	snprintf(rows[MAX_ROWS - 1].name, sizeof(rows[0].name), "(others)");
	memmove(&rows[MAX_ROWS], &rows[n], (*nr_rows - n) * sizeof(*rows));
	*nr_rows -= n - MAX_ROWS;
	return 0;
}

/* A percentile, or "-" without samples. */
static const char *quantile(char dst[TEXT_NS_LEN], const struct hist *h, u32 permille)
{
	return h->n ? text_ns(dst, hist_percentile(h, permille)) : "-";
}

static void row_write(FILE *f, const struct row *r, u64 machine_ns)
{
	char cpu[TEXT_NS_LEN], slice[TEXT_NS_LEN], p50[TEXT_NS_LEN], p99[TEXT_NS_LEN], max[TEXT_NS_LEN];
	char wait[TEXT_NS_LEN], nr[COUNT_LEN], switches[COUNT_LEN], migrations[COUNT_LEN];

	fprintf(f, "%-18s %5s %5.1f %8s %8s %8s %8s %8s %8s %8s %6s\n", r->name, text_count(nr, r->nr),
		percent(r->cpu_ns, machine_ns), text_ns(cpu, r->cpu_ns), text_count(switches, r->switches),
		quantile(slice, &r->slice, 500), quantile(p50, &r->wake_latency, 500),
		quantile(p99, &r->wake_latency, 990), quantile(max, &r->wake_latency, 1000),
		quantile(wait, &r->preempt_wait, 990), text_count(migrations, r->migrations));
}

static int write_tasks(FILE *f, const struct run_result_info *info, const struct trace_stats *stats)
{
	struct row *rows;
	size_t nr, i;
	int r;

	r = rows_make(stats, &rows, &nr);
	if (!r)
		r = rows_limit(rows, &nr);
	if (!r && nr) {
		fprintf(f, "\n%18s %5s %5s %8s %8s %8s %26s %8s\n", "", "", "", "cpu", "", "slice",
			"----- wake-up latency ----", "preempt");
		fprintf(f, "%-18s %5s %5s %8s %8s %8s %8s %8s %8s %8s %6s\n", "task", "n", "cpu%", "time",
			"switches", "p50", "p50", "p99", "max", "wait p99", "migr");
		for (i = 0; i < nr; i++)
			row_write(f, &rows[i], info->virtual_ns * info->nr_cpus);
	}
	for (i = 0; i < nr; i++)
		row_clear(&rows[i]);
	free(rows);
	return r;
}

/* --- CPUs --- */

static void write_cpu_lines(FILE *f, const struct trace_stats *stats)
{
	const struct stat_cpu *c;
	size_t i;

	fprintf(f, "\n%-5s %6s %9s %9s %14s %9s\n", "cpu", "busy%", "busy", "idle", "idle & queued",
		"switches");
	for (i = 0; (c = trace_stats_cpu(stats, i)); i++) {
		char busy[TEXT_NS_LEN], idle[TEXT_NS_LEN], queued[TEXT_NS_LEN], switches[COUNT_LEN];

		if (!c->present)
			continue;
		fprintf(f, "%-5zu %6.1f %9s %9s %14s %9s\n", i, percent(c->busy_ns, c->busy_ns + c->idle_ns),
			text_ns(busy, c->busy_ns), text_ns(idle, c->idle_ns),
			text_ns(queued, c->queued_idle_ns), text_count(switches, c->switches));
	}
}

static void write_cpu_totals(FILE *f, const struct trace_stats *stats, size_t nr)
{
	size_t i, least = 0, most = 0, worst = 0;
	const struct stat_cpu *c, *l = NULL, *m = NULL, *w = NULL;
	char busy[TEXT_NS_LEN], sum[TEXT_NS_LEN], max[TEXT_NS_LEN];
	u64 busy_ns = 0, idle_ns = 0, queued_ns = 0;

	for (i = 0; (c = trace_stats_cpu(stats, i)); i++) {
		if (!c->present)
			continue;
		busy_ns += c->busy_ns;
		idle_ns += c->idle_ns;
		queued_ns += c->queued_idle_ns;
		if (!l || c->busy_ns < l->busy_ns) {
			l = c;
			least = i;
		}
		if (!m || c->busy_ns > m->busy_ns) {
			m = c;
			most = i;
		}
		if (!w || c->queued_idle_ns > w->queued_idle_ns) {
			w = c;
			worst = i;
		}
	}
	fprintf(f, "\n%zu CPUs: busy %.1f %% of the time (%s), from %.1f %% (cpu %zu) to %.1f %% (cpu %zu)\n",
		nr, percent(busy_ns, busy_ns + idle_ns), text_ns(busy, busy_ns),
		percent(l->busy_ns, l->busy_ns + l->idle_ns), least,
		percent(m->busy_ns, m->busy_ns + m->idle_ns), most);
	fprintf(f, "idle while tasks were queued: %s, %.1f %% of the time; most: %s (cpu %zu)\n",
		text_ns(sum, queued_ns), percent(queued_ns, busy_ns + idle_ns),
		text_ns(max, w->queued_idle_ns), worst);
}

static void write_cpus(FILE *f, const struct trace_stats *stats)
{
	const struct stat_cpu *c;
	size_t i, nr = 0;

	for (i = 0; (c = trace_stats_cpu(stats, i)); i++)
		nr += c->present;
	if (nr > MAX_CPU_LINES)
		write_cpu_totals(f, stats, nr);
	else if (nr)
		write_cpu_lines(f, stats);
}

/* --- the run --- */

static void write_header(FILE *f, const struct run_result_info *info)
{
	char line[512], name[128], kernel[32], machine[192], ns[TEXT_NS_LEN];

	snprintf(line, sizeof(line), "%s, kernel %s, %u CPU%s (%s), %s simulated, seed %llu",
		 info->scheduler ? text_clean(name, sizeof(name), info->scheduler) : "no sched_ext scheduler",
		 text_clean(kernel, sizeof(kernel), info->kernel), info->nr_cpus,
		 info->nr_cpus == 1 ? "" : "s", text_clean(machine, sizeof(machine), info->machine),
		 text_ns(ns, info->virtual_ns), (unsigned long long)info->seed);
	write_labelled(f, "run", line);
}

static void write_exit(FILE *f, const struct run_result_info *info)
{
	char line[1600], reason[256], msg[1024], code[32] = "";

	if (info->exit.kind) {
		if (info->exit.code)
			snprintf(code, sizeof(code), ", code 0x%llx", (unsigned long long)info->exit.code);
		text_clean(reason, sizeof(reason), info->exit.reason);
		text_clean(msg, sizeof(msg), info->exit.msg);
		snprintf(line, sizeof(line), "%.32s (%u%s)%s%s%s%s", info->exit.kind, info->exit.kind_nr,
			 code, reason[0] ? ": " : "", reason, msg[0] ? ": " : "", msg);
		write_labelled(f, "exit", line);
	}
	if (info->exit.loader_status > 0) {
		snprintf(line, sizeof(line), "ended with status %d", info->exit.loader_status);
		write_labelled(f, "loader", line);
	}
}

static void write_totals(FILE *f, const struct run_result_info *info, const struct trace_stats *stats)
{
	const struct stat_counts *c = trace_stats_counts(stats);
	char line[256], ns[TEXT_NS_LEN];

	snprintf(line, sizeof(line), "%llu switches, %llu wake-ups, %llu migrations, %llu ticks, %llu IPIs",
		 (unsigned long long)c->switches, (unsigned long long)c->wakeups,
		 (unsigned long long)c->migrations, (unsigned long long)c->ticks,
		 (unsigned long long)c->ipis);
	write_labelled(f, "events", line);
	if (c->bpf_calls) {
		snprintf(line, sizeof(line), "%llu calls of operations, %llu instructions",
			 (unsigned long long)c->bpf_calls, (unsigned long long)c->bpf_insns);
		write_labelled(f, "BPF", line);
	}
	snprintf(line, sizeof(line), "%016llx", (unsigned long long)info->trace_hash);
	write_labelled(f, "hash", line);
	snprintf(line, sizeof(line), "%s (%.3g times real time), %.1f MB", text_ns(ns, info->host.wall_ns),
		 info->host.wall_ns ? (double)info->virtual_ns / info->host.wall_ns : 0,
		 info->host.max_rss_kb / 1024.0);
	write_labelled(f, "host", line);
}

/* Two to a line. */
static void write_counters(FILE *f, const struct run_counter *counters, size_t nr)
{
	size_t i, written = 0;

	for (i = 0; i < nr; i++) {
		if (!counters[i].value)
			continue;
		if (!written)
			fprintf(f, "\n");
		fprintf(f, "%s%-36s %11lld", written % 2 ? "  " : written ? "\n" : "", counters[i].name,
			(long long)counters[i].value);
		written++;
	}
	if (written)
		fprintf(f, "\n");
}

int run_result_summary(FILE *f, const struct run_result_info *info, const struct trace_stats *stats,
		       const struct run_counter *counters, size_t nr_counters)
{
	int r;

	errno = 0;
	write_header(f, info);
	write_exit(f, info);
	write_totals(f, info, stats);
	r = write_tasks(f, info, stats);
	if (r)
		return r;
	write_cpus(f, stats);
	write_counters(f, counters, nr_counters);
	if (fflush(f) || ferror(f))
		return errno ? -errno : -EIO;
	return 0;
}
