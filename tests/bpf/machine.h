/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the loader share: a machine with a BPF runtime, and a workload of tasks that compute. */
#ifndef TESTS_BPF_MACHINE_H
#define TESTS_BPF_MACHINE_H

#include <errno.h>
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libgen.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/bpf.h"
#include "bpf/kbtf.h"
#include "bpf/map.h"
#include "kabi/btf.h"
#include "loader/loader.h"
#include "sched/ext/scx.h"
#include "sched/kernel.h"
#include "trace/event.h"

#define MS 1000000ull
#define SEC 1000000000ull
#define BUILD_DIR (getenv("O") ? getenv("O") : "build")

/* Counts of events by operation. */
struct op_counts {
	u64 calls[64], ends[64], insns[64];
};

static inline int count_ops(void *sink, const struct trace_event *ev, size_t n)
{
	struct op_counts *c = sink;

	for (size_t i = 0; i < n; i++) {
		if (ev[i].type == TE_SCX_OP)
			c->calls[ev[i].arg[0]]++;
		if (ev[i].type == TE_SCX_OP_END) {
			c->ends[ev[i].arg[0]]++;
			c->insns[ev[i].arg[0]] += ev[i].arg[2];
		}
	}
	return 0;
}

struct world {
	struct topology topo;
	struct gmem *g;
	struct kernel *k;
	struct bpf_rt *rt;
	struct trace *trace;
	struct op_counts ops;
	const struct kabi_version *version;
	void *btf;
	size_t btf_len;
	struct loader *loader;
	bool done;
};

static inline struct world *world_new(const char *topo, const char *version)
{
	static const struct trace_sink_ops sink = { .name = "count", .events = count_ops };
	struct world *w = calloc(1, sizeof(*w));
	char err[256] = "";

	w->version = kabi_version_find(version);
	assert_non_null(w->version);
	assert_int_equal(topology_parse(&w->topo, topo, err, sizeof(err)), 0);
	assert_int_equal(gmem_create(&w->g, err, sizeof(err)), 0);
	w->trace = trace_create();
	trace_add_sink(w->trace, &sink, &w->ops);
	if (kernel_create(&w->k,
			  &(struct kernel_config){.topo = &w->topo,
						  .seed = 1,
						  .hz = 1000,
						  .version = w->version,
						  .trace = w->trace,
						  .gmem = w->g,
						  .machine_create = sim_create},
			  err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(kabi_btf_for_hz(w->version, 1000, &w->btf, &w->btf_len), 0);
	if (bpf_rt_create(&w->rt,
			  &(struct bpf_rt_config){.gmem = w->g,
						  .kernel = w->k,
						  .nr_cpus = w->topo.nr_cpus,
						  .version = w->version,
						  .btf = w->btf,
						  .btf_len = w->btf_len},
			  err, sizeof(err)))
		fail_msg("%s", err);
	return w;
}

static inline void world_free(struct world *w)
{
	loader_free(w->loader);
	trace_finish(w->trace, 0);
	kernel_destroy(w->k);
	bpf_rt_destroy(w->rt);
	trace_destroy(w->trace);
	free(w->btf);
	gmem_destroy(w->g);
	topology_free(&w->topo);
	free(w);
}

static inline void loader_is_done(void *arg) { ((struct world *)arg)->done = true; }

/* Start the loader for an object with up to one --set. */
static inline void world_load(struct world *w, const char *path, const char *const *sets, u32 nr_sets)
{
	char err[512] = "";

	if (loader_start(&w->loader,
			 &(struct loader_config){.kernel = w->k,
						 .rt = w->rt,
						 .version = w->version,
						 .btf = w->btf,
						 .btf_len = w->btf_len,
						 .nr_cpus = w->topo.nr_cpus,
						 .hz = 1000,
						 .path = path,
						 .sets = sets,
						 .nr_sets = nr_sets,
						 .done = loader_is_done,
						 .arg = w},
			 err, sizeof(err)))
		fail_msg("%s", err);
}

static inline void world_run(struct world *w, u64 until_ns)
{
	enum run_result r = sim_run(kernel_machine(w->k), until_ns);

	if (r != RUN_UNTIL)
		fail_msg("the machine stopped: %d", r);
	trace_flush(w->trace);
}

/* Tell the loader to end and run until it has. */
static inline void world_stop(struct world *w, u64 now_ns)
{
	loader_stop(w->loader);
	world_run(w, now_ns + 2 * SEC);
	assert_true(w->done);
}

/* --- objects --- */

/* Objects lie beside this program. */
static inline const char *object(char *buf, size_t len, const char *name)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n] = 0;
	snprintf(buf, len, "%s/progs/%s.bpf.o", dirname(exe), name);
	return buf;
}

/* The value of a global variable of the loaded object. */
static inline void *global(struct world *w, const char *name, u32 size)
{
	for (struct bpf_obj *o = bpf_obj_next(w->rt, OBJ_MAP, 1); o;
	     o = bpf_obj_next(w->rt, OBJ_MAP, o->id + 1)) {
		struct bmap *m = to_bmap(o);
		const struct btf_type *sec = m->btf ? kbtf_type(m->btf, m->btf_value_id) : NULL;
		const struct btf_var_secinfo *v = (const void *)(sec + 1);

		if (kbtf_kind(sec) != BTF_KIND_DATASEC)
			continue;
		for (u32 i = 0; i < kbtf_vlen(sec); i++)
			if (!strcmp(kbtf_str(m->btf, kbtf_type(m->btf, v[i].type)->name_off), name) &&
			    v[i].size == size)
				return m->array.values + v[i].offset;
	}
	fail_msg("no variable %s", name);
	return NULL;
}

#define GLOBAL(w, type, name) (*(type *)global(w, name, sizeof(type)))

/* --- tasks that compute and sleep in turn --- */

struct periodic {
	struct user_program up;
	u64 run_ns, sleep_ns;
	bool ran;
};

static inline void periodic_next(struct user_program *up, struct kernel *k, struct task_struct *p, u64 now_ns,
				 struct user_call *call)
{
	struct periodic *t = (struct periodic *)up;

	*call = (struct user_call){ .op = USER_RUN, .ns = t->run_ns };
	if (t->ran && t->sleep_ns)
		*call = (struct user_call){ .op = USER_SLEEP_UNTIL, .ns = now_ns + t->sleep_ns };
	t->ran = !t->ran;
}

static inline void periodic_free(struct user_program *up) { free(up); }

static inline void world_add_task(struct world *w, const char *comm, u64 run_ns, u64 sleep_ns)
{
	static const struct user_program_ops ops = { .next = periodic_next, .free = periodic_free };
	struct periodic *t = calloc(1, sizeof(*t));
	struct task_spec spec = { .comm = comm, .program = &t->up };

	t->up.ops = &ops;
	t->run_ns = run_ns;
	t->sleep_ns = sleep_ns;
	assert_int_equal(kernel_add_task(w->k, &spec, 0), 0);
}

#endif
