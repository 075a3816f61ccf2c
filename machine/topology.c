// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shapes of machines. hwloc parses synthetic strings and XML; it must not look at the host: its components
 * see no environment (HWLOC_THISSYSTEM and others would mix the host's CPUs in), and the source is always set
 * explicitly.
 */
#include <errno.h>
#include <hwloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/topology.h"

#define MAX_CAPACITY 1024
/* distances of ACPI's SLIT: to itself, and to another node when the source says nothing */
#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

#define WHAT_TO_WRITE \
	"write a number of CPUs (8), levels with their counts (\"numa:2 l3:4 core:8 pu:2\") or the name of " \
	"an .xml file of lstopo"

struct parse {
	struct topology *t;
	const char *spec;
	char *err;
	size_t err_len;
};

static int __attribute__((format(printf, 2, 3))) refuse(struct parse *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(p->err, p->err_len, "machine \"%.100s\": ", p->spec);
	if (n >= 0 && (size_t)n < p->err_len) {
		va_start(ap, fmt);
		vsnprintf(p->err + n, p->err_len - n, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

static int refuse_count(struct parse *p, unsigned long long nr)
{
	return refuse(p, "%llu CPUs are more than the %d that a machine can have; give a smaller one", nr,
		      TOPOLOGY_MAX_CPUS);
}

/* --- units and their masks --- */

/* All masks of one kind are one allocation, behind the pointers of the CPUs; CPUs of a unit share a mask. */
static struct cpumask **unit_masks(const struct topology *t, size_t unit_offset, u32 nr_units)
{
	size_t pointers = t->nr_cpus * sizeof(struct cpumask *), mask = cpumask_size(t->nr_cpus);
	struct cpumask **masks = calloc(1, pointers + nr_units * mask);

	if (!masks)
		return NULL;
	for (u32 cpu = 0; cpu < t->nr_cpus; cpu++) {
		u32 unit = *(const u32 *)((const char *)&t->cpu[cpu] + unit_offset);

		masks[cpu] = (struct cpumask *)((char *)masks + pointers + unit * mask);
		cpumask_set_cpu(cpu, masks[cpu]);
	}
	return masks;
}

static int build_masks(struct topology *t)
{
	t->smt_mask = unit_masks(t, offsetof(struct topo_cpu, core), t->nr_cores);
	t->llc_mask = unit_masks(t, offsetof(struct topo_cpu, llc), t->nr_llcs);
	t->node_mask = unit_masks(t, offsetof(struct topo_cpu, node), t->nr_nodes);
	return t->smt_mask && t->llc_mask && t->node_mask ? 0 : -ENOMEM;
}

static int alloc_distances(struct topology *t)
{
	t->node_distance = calloc((size_t)t->nr_nodes * t->nr_nodes, sizeof(*t->node_distance));
	if (!t->node_distance)
		return -ENOMEM;
	for (u32 i = 0; i < t->nr_nodes; i++)
		for (u32 j = 0; j < t->nr_nodes; j++)
			t->node_distance[i * t->nr_nodes + j] = i == j ? LOCAL_DISTANCE : REMOTE_DISTANCE;
	return 0;
}

/* --- a number --- */

static int from_number(struct parse *p, unsigned long nr)
{
	struct topology *t = p->t;

	if (!nr)
		return refuse(p, "a machine needs a CPU; give a number from 1 to %d", TOPOLOGY_MAX_CPUS);
	if (nr > TOPOLOGY_MAX_CPUS)
		return refuse_count(p, nr);
	t->cpu = calloc(nr, sizeof(*t->cpu));
	if (!t->cpu)
		return -ENOMEM;
	t->nr_cpus = t->nr_cores = nr;
	t->nr_llcs = t->nr_nodes = t->nr_packages = 1;
	for (u32 cpu = 0; cpu < nr; cpu++) {
		t->cpu[cpu].core = cpu;
		t->cpu[cpu].capacity = MAX_CAPACITY;
	}
	return alloc_distances(t);
}

/* --- hwloc --- */

static hwloc_obj_t find_core(hwloc_topology_t topo, hwloc_obj_t pu)
{
	return hwloc_get_ancestor_obj_by_type(topo, HWLOC_OBJ_CORE, pu);
}

static hwloc_obj_t find_package(hwloc_topology_t topo, hwloc_obj_t pu)
{
	return hwloc_get_ancestor_obj_by_type(topo, HWLOC_OBJ_PACKAGE, pu);
}

/* The nearest node; of several at one place the first, which is that of ordinary memory. */
static hwloc_obj_t find_node(hwloc_topology_t topo, hwloc_obj_t pu)
{
	for (hwloc_obj_t obj = pu->parent; obj; obj = obj->parent) {
		hwloc_obj_t mem = obj->memory_first_child;

		/* a memory-side cache stands between */
		while (mem && mem->type != HWLOC_OBJ_NUMANODE)
			mem = mem->memory_first_child;
		if (mem)
			return mem;
	}
	return NULL;
}

/*
 * The largest cache. Where none is known, what CPUs share is their node or their package, whichever is
 * smaller.
 */
static hwloc_obj_t find_llc(hwloc_topology_t topo, hwloc_obj_t pu)
{
	hwloc_obj_t llc = NULL, package, node;

	for (hwloc_obj_t obj = pu->parent; obj; obj = obj->parent)
		if (hwloc_obj_type_is_dcache(obj->type))
			llc = obj;
	if (llc)
		return llc;
	package = find_package(topo, pu);
	node = find_node(topo, pu);
	if (!package || (node && hwloc_bitmap_isincluded(node->cpuset, package->cpuset)))
		return node;
	return package;
}

/*
 * Number the units of one kind in the order of their first CPU. CPUs without one share a unit, except that a
 * CPU without a core is one.
 */
static int number_units(hwloc_topology_t topo, struct topology *t, size_t unit_offset, u32 *nr_units,
			hwloc_obj_t (*find)(hwloc_topology_t, hwloc_obj_t))
{
	hwloc_obj_t *unit = calloc(t->nr_cpus, sizeof(*unit));

	if (!unit)
		return -ENOMEM;
	*nr_units = 0;
	for (u32 cpu = 0; cpu < t->nr_cpus; cpu++) {
		hwloc_obj_t pu = hwloc_get_obj_by_type(topo, HWLOC_OBJ_PU, cpu);
		hwloc_obj_t obj = find(topo, pu);
		u32 i;

		if (!obj && find == find_core)
			obj = pu;
		/* neighbours share: look at the latest first */
		for (i = *nr_units; i && unit[i - 1] != obj; i--)
			;
		if (!i) {
			unit[(*nr_units)++] = obj;
			i = *nr_units;
		}
		*(u32 *)((char *)&t->cpu[cpu] + unit_offset) = i - 1;
	}
	free(unit);
	return 0;
}

static void number_threads(struct topology *t)
{
	for (u32 cpu = 1; cpu < t->nr_cpus; cpu++)
		for (u32 prev = cpu; prev--;)
			if (t->cpu[prev].core == t->cpu[cpu].core) {
				t->cpu[cpu].thread = t->cpu[prev].thread + 1;
				break;
			}
}

/*
 * Capacities of the kinds of CPUs from the first attribute that all kinds have: the kernel's own number, else
 * the clock. Kinds that differ in nothing measured have the same.
 */
static int set_capacities(hwloc_topology_t topo, struct topology *t)
{
	static const char *const attribute[] = { "LinuxCapacity", "FrequencyMaxMHz", "FrequencyBaseMHz" };
	u64 *value = calloc(t->nr_cpus, sizeof(*value)), max = 0;
	size_t a;
	u32 cpu;

	if (!value)
		return -ENOMEM;
	for (a = 0; a < sizeof(attribute) / sizeof(attribute[0]); a++) {
		max = 0;
		for (cpu = 0; cpu < t->nr_cpus; cpu++) {
			hwloc_obj_t pu = hwloc_get_obj_by_type(topo, HWLOC_OBJ_PU, cpu);
			int kind = hwloc_cpukinds_get_by_cpuset(topo, pu->cpuset, 0);
			struct hwloc_info_s *info;
			unsigned int nr;

			value[cpu] = 0;
			if (kind < 0 || hwloc_cpukinds_get_info(topo, kind, NULL, NULL, &nr, &info, 0))
				break;
			for (u32 i = 0; i < nr; i++)
				if (!strcmp(info[i].name, attribute[a]))
					value[cpu] = strtoul(info[i].value, NULL, 10);
			if (!value[cpu] || value[cpu] > UINT32_MAX)
				break;
			if (value[cpu] > max)
				max = value[cpu];
		}
		if (cpu == t->nr_cpus)
			break;
		max = 0;
	}
	for (cpu = 0; cpu < t->nr_cpus; cpu++) {
		u32 capacity = max ? (value[cpu] * MAX_CAPACITY + max / 2) / max : MAX_CAPACITY;

		t->cpu[cpu].capacity = capacity ? capacity : 1;
	}
	free(value);
	return 0;
}

/* Latencies as the firmware told them, scaled so that the diagonal is 10. */
static int set_distances(hwloc_topology_t topo, struct topology *t)
{
	struct hwloc_distances_s *dist = NULL;
	unsigned int nr = 1;
	int err = alloc_distances(t);

	if (err)
		return err;
	if (hwloc_distances_get_by_type(topo, HWLOC_OBJ_NUMANODE, &nr, &dist,
					HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) || !nr)
		return 0;
	for (u32 a = 0; a < t->nr_cpus; a++) {
		hwloc_obj_t na = find_node(topo, hwloc_get_obj_by_type(topo, HWLOC_OBJ_PU, a));
		int ia = hwloc_distances_obj_index(dist, na);
		u64 self = ia < 0 ? 0 : dist->values[ia * dist->nbobjs + ia];

		/* once per node */
		if (!self || (a && t->cpu[a].node == t->cpu[a - 1].node))
			continue;
		for (u32 b = 0; b < t->nr_cpus; b++) {
			hwloc_obj_t nb = find_node(topo, hwloc_get_obj_by_type(topo, HWLOC_OBJ_PU, b));
			int ib = hwloc_distances_obj_index(dist, nb);

			if (ib >= 0 && ia != ib && dist->values[ia * dist->nbobjs + ib])
				t->node_distance[t->cpu[a].node * t->nr_nodes + t->cpu[b].node] =
					dist->values[ia * dist->nbobjs + ib] * LOCAL_DISTANCE / self;
		}
	}
	hwloc_distances_release(topo, dist);
	return 0;
}

static int from_hwloc(struct parse *p, hwloc_topology_t topo)
{
	struct topology *t = p->t;
	int nr, err;

	nr = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_PU);
	if (nr <= 0)
		return refuse(p, "it has no CPU; a machine needs one");
	if (nr > TOPOLOGY_MAX_CPUS)
		return refuse_count(p, nr);
	t->cpu = calloc(nr, sizeof(*t->cpu));
	if (!t->cpu)
		return -ENOMEM;
	t->nr_cpus = nr;
	err = number_units(topo, t, offsetof(struct topo_cpu, core), &t->nr_cores, find_core);
	if (!err)
		err = number_units(topo, t, offsetof(struct topo_cpu, llc), &t->nr_llcs, find_llc);
	if (!err)
		err = number_units(topo, t, offsetof(struct topo_cpu, node), &t->nr_nodes, find_node);
	if (!err)
		err = number_units(topo, t, offsetof(struct topo_cpu, package), &t->nr_packages,
				   find_package);
	if (!err)
		err = set_capacities(topo, t);
	if (err)
		return err;
	number_threads(t);
	return set_distances(topo, t);
}

/* 0, -EINVAL or -ENOMEM. @source: a file or else a synthetic string */
static int load(hwloc_topology_t *topo, const char *source, bool file)
{
	/* hwloc's own reader of XML, which is always there: what a file means does not hang on the host's plugins */
	char *fixed[] = { "HWLOC_LIBXML=0", NULL }, **env = environ;
	int err = -ENOMEM;

	environ = fixed;
	if (!hwloc_topology_init(topo)) {
		err = file ? hwloc_topology_set_xml(*topo, source) :
			     hwloc_topology_set_synthetic(*topo, source);
		if (!err)
			err = hwloc_topology_load(*topo);
		if (err) {
			err = -EINVAL;
			hwloc_topology_destroy(*topo);
		}
	}
	environ = env;
	return err;
}

/* hwloc trusts files: some that are damaged or edited make it crash. Let that happen to a child. */
static bool file_is_sound(const char *file)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT };
	hwloc_topology_t topo;
	pid_t pid = fork();
	int status;

	if (!pid) {
		for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
			signal(signals[i], SIG_DFL);
		_exit(load(&topo, file, true) != 0);
	}
	if (pid < 0)
		return true;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int from_file(struct parse *p)
{
	hwloc_topology_t topo;
	int err;

	if (access(p->spec, R_OK))
		return refuse(p, "cannot read the file: %s", strerror(errno));
	err = file_is_sound(p->spec) ? load(&topo, p->spec, true) : -EINVAL;
	if (err == -EINVAL)
		return refuse(p, "the file is not a topology of hwloc; export one with: lstopo machine.xml");
	if (err)
		return err;
	err = from_hwloc(p, topo);
	hwloc_topology_destroy(topo);
	return err;
}

/* --- synthetic strings --- */

/*
 * hwloc says only whether it accepts a string, and builds whatever number of CPUs: look first. Memory
 * children in brackets and attributes in parentheses are left to hwloc.
 */
static int check_levels(struct parse *p, bool *needs_pu)
{
	const char *s = p->spec;
	unsigned long long total = 1;
	bool ends_in_pu = false;

	while (*(s += strspn(s, " \t\n"))) {
		size_t len = strcspn(s, " \t\n(["), name = strcspn(s, ":");
		hwloc_obj_type_t type = HWLOC_OBJ_MACHINE;
		unsigned long nr;
		char *end;

		if (*s == '[' || *s == '(') {
			s += strcspn(s, *s == '[' ? "]" : ")");
			s += *s != 0;
			continue;
		}
		if (ends_in_pu)
			return refuse(p, "\"%.*s\" stands after the hardware threads; \"pu\" is the last "
					 "level", (int)len, s);
		name = name < len ? name : 0;
		if (name) {
			char word[32];

			snprintf(word, sizeof(word), "%.*s", (int)name, s);
			if (hwloc_type_sscanf(word, &type, NULL, 0))
				return refuse(p, "\"%.*s\" is not a level; levels are package, numa, die, "
						 "l3, l2, l1, core and pu", (int)name, s);
			ends_in_pu = type == HWLOC_OBJ_PU;
			name++;
		}
		/* hwloc takes the last of levels without names for hardware threads by itself */
		*needs_pu = name && !ends_in_pu;
		errno = 0;
		nr = strtoul(s + name, &end, 10);
		if (s[name] < '0' || s[name] > '9' || errno || end != s + len)
			return refuse(p, "\"%.*s\" has no count; " WHAT_TO_WRITE, (int)len, s);
		if (!nr)
			return refuse(p, "\"%.*s\" leaves no CPU; a count is at least 1", (int)len, s);
		if (nr > UINT32_MAX || (total *= nr) > TOPOLOGY_MAX_CPUS)
			return refuse_count(p, nr > UINT32_MAX ? nr : total);
		s += len;
	}
	return 0;
}

static int from_synthetic(struct parse *p)
{
	hwloc_topology_t topo;
	bool needs_pu = false;
	char *levels;
	int err;

	err = check_levels(p, &needs_pu);
	if (err)
		return err;
	/* hwloc insists on a level of hardware threads; one per core goes without saying */
	if (asprintf(&levels, "%s%s", p->spec, needs_pu ? " pu:1" : "") < 0)
		return -ENOMEM;
	err = load(&topo, levels, false);
	free(levels);
	if (err == -EINVAL)
		return refuse(p, "hwloc does not accept it; name levels from the largest to the smallest, as "
				 "in \"numa:2 l3:4 core:8 pu:2\"");
	if (err)
		return err;
	err = from_hwloc(p, topo);
	hwloc_topology_destroy(topo);
	return err;
}

/* --- interface --- */

int topology_parse(struct topology *t, const char *spec, char *err, size_t err_len)
{
	struct parse p = { .t = t, .spec = spec, .err = err, .err_len = err_len };
	size_t len = strlen(spec), digits = strspn(spec, "0123456789");
	int ret;

	memset(t, 0, sizeof(*t));
	if (err_len)
		err[0] = 0;
	if (!spec[strspn(spec, " \t\n")]) {
		ret = refuse(&p, "it is empty; " WHAT_TO_WRITE);
	} else if (digits == len) {
		/* what does not fit becomes ULONG_MAX, which is refused like any other large number */
		ret = from_number(&p, strtoul(spec, NULL, 10));
	} else if (len > 4 && !strcmp(spec + len - 4, ".xml")) {
		ret = from_file(&p);
	} else {
		ret = from_synthetic(&p);
	}
	if (!ret)
		ret = build_masks(t);
	if (!ret && !(t->spec = strdup(spec)))
		ret = -ENOMEM;
	if (ret == -ENOMEM)
		refuse(&p, "out of memory");
	if (ret)
		topology_free(t);
	return ret;
}

int topology_copy(struct topology *dst, const struct topology *src)
{
	size_t nr_distances = (size_t)src->nr_nodes * src->nr_nodes;

	*dst = *src;
	dst->smt_mask = dst->llc_mask = dst->node_mask = NULL;
	dst->cpu = malloc(src->nr_cpus * sizeof(*dst->cpu));
	dst->node_distance = malloc(nr_distances * sizeof(*dst->node_distance));
	dst->spec = strdup(src->spec ? src->spec : "");
	if (dst->cpu && dst->node_distance && dst->spec) {
		memcpy(dst->cpu, src->cpu, src->nr_cpus * sizeof(*dst->cpu));
		memcpy(dst->node_distance, src->node_distance, nr_distances * sizeof(*dst->node_distance));
		if (!build_masks(dst))
			return 0;
	}
	topology_free(dst);
	return -ENOMEM;
}

void topology_free(struct topology *t)
{
	free(t->cpu);
	free(t->smt_mask);
	free(t->llc_mask);
	free(t->node_mask);
	free(t->node_distance);
	free(t->spec);
	memset(t, 0, sizeof(*t));
}

bool topology_same_llc(const struct topology *t, int a, int b)
{
	return t->cpu[a].llc == t->cpu[b].llc;
}

bool topology_same_node(const struct topology *t, int a, int b)
{
	return t->cpu[a].node == t->cpu[b].node;
}
