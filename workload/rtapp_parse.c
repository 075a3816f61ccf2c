// SPDX-License-Identifier: GPL-2.0-only
/*
 * From JSON to tasks, phases and events. What rt-app would skip, guess or hang on is an error with its path.
 */
#include "workload/rtapp_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kabi/task.h"

struct rtapp_mask {
	struct rtapp_mask *next;
	struct cpumask mask;		/* last; has only the machine's words */
};

/* 1.., or -1 for ever. rt-app never ends a phase with 0 or another negative number. */
static int get_loop(struct parser *pa, struct json_object *obj, s32 def, s32 *out)
{
	struct json_object *val = get(obj, "loop");
	s64 n = val ? json_object_get_int64(val) : def;

	*out = n;
	if (n == -1 || (n > 0 && n <= RTAPP_MAX_INT))
		return 0;
	push(pa, "loop");
	return bad(pa, "%lld is no number of passes; it is 1..%lld, or -1 for ever", (long long)n,
		   RTAPP_MAX_INT);
}

/* --- policy and priority --- */

enum priority_kind {
	PRIORITY_NICE,
	PRIORITY_RT,
	PRIORITY_NONE,
	PRIORITY_REFUSED,	/* the policy is not supported */
};

static const struct rtapp_policy {
	const char *name;
	u32 policy;
	enum priority_kind kind;
} policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL, PRIORITY_NICE },
	{ "SCHED_BATCH", SCHED_BATCH, PRIORITY_NICE },
	{ "SCHED_EXT", SCHED_EXT, PRIORITY_NICE },
	{ "SCHED_IDLE", SCHED_IDLE, PRIORITY_NONE },
	{ "SCHED_FIFO", SCHED_FIFO, PRIORITY_RT },
	{ "SCHED_RR", SCHED_RR, PRIORITY_RT },
	{ "SCHED_DEADLINE", SCHED_DEADLINE, PRIORITY_REFUSED },
};

#define NR_POLICIES (sizeof(policies) / sizeof(policies[0]))

/* *@policy stays what it is if there is no such key. */
static int get_policy(struct parser *pa, struct json_object *obj, const char *name,
		      const struct rtapp_policy **policy)
{
	const char *value = get_string(obj, name, NULL);
	const struct rtapp_policy *found = NULL;
	char known[128] = "";

	if (!value)
		return 0;
	for (u32 i = 0; i < NR_POLICIES; i++) {
		if (!strcmp(value, policies[i].name))
			found = &policies[i];
		if (policies[i].kind != PRIORITY_REFUSED)
			list_add(known, sizeof(known), policies[i].name);
	}
	if (found && found->kind != PRIORITY_REFUSED) {
		*policy = found;
		return 0;
	}
	push(pa, "%s", name);
	return bad(pa, "%s '%s'; it is one of %s", found ? "unsupported policy" : "unknown policy", value,
		   known);
}

static const struct rtapp_policy *policy_of(const struct rtapp_sched *sched)
{
	u32 i = 0;

	while (policies[i].policy != sched->policy)
		i++;
	return &policies[i];
}

/*
 * Policy and priority of a task or phase. A phase (@prev: what holds before it) that has neither gets NULL
 * and changes nothing; one with only a priority keeps the policy; one with only a policy gets that one's
 * default priority.
 */
static int parse_sched(struct parser *pa, struct json_object *obj, const struct rtapp_sched *prev,
		       const struct rtapp_sched **out)
{
	const struct rtapp_policy *policy = prev ? policy_of(prev) : pa->default_policy;
	struct rtapp_sched *sched;
	s64 n = 0;
	int ret;

	if (prev && !get(obj, "policy") && !get(obj, "priority"))
		return 0;
	ret = get_policy(pa, obj, "policy", &policy);
	if (ret)
		return ret;
	if (policy->kind == PRIORITY_NONE && get(obj, "priority")) {
		push(pa, "priority");
		return bad(pa, "has no meaning with %s; remove it", policy->name);
	}
	sched = rtapp_alloc(pa->ra, sizeof(*sched));
	if (!sched)
		return -ENOMEM;
	sched->policy = policy->policy;
	sched->nice = prev ? prev->nice : 0;
	if (policy->kind == PRIORITY_NICE) {
		ret = get_int(pa, obj, "priority", "a nice value", -20, 19, 0, &n);
		sched->nice = n;
	} else if (policy->kind == PRIORITY_RT) {
		ret = get_int(pa, obj, "priority", "a real-time priority", 1, MAX_RT_PRIO - 1, 10, &n);
		sched->rt_priority = n;
	}
	*out = sched;
	return ret;
}

/* --- affinity --- */

/* The mask of @ra that equals @mask, so that programs can compare addresses. */
static const struct cpumask *intern_mask(struct parser *pa, const struct cpumask *mask)
{
	size_t size = cpumask_size(pa->nr_cpus);
	struct rtapp_mask *m;

	for (m = pa->ra->masks; m; m = m->next)
		if (!memcmp(&m->mask, mask, size))
			return &m->mask;
	m = rtapp_alloc(pa->ra, offsetof(struct rtapp_mask, mask) + size);
	if (!m)
		return NULL;
	memcpy(&m->mask, mask, size);
	m->next = pa->ra->masks;
	pa->ra->masks = m;
	return &m->mask;
}

static int parse_cpus(struct parser *pa, struct json_object *obj, const struct cpumask *def,
		      const struct cpumask **out)
{
	struct json_object *cpus = get(obj, "cpus");
	struct cpumask mask = { 0 };
	size_t nr = cpus ? json_object_array_length(cpus) : 0;

	*out = def;
	if (!cpus)
		return 0;
	if (!nr)
		return bad_key(pa, "cpus", "is empty; the task could run nowhere");
	for (size_t i = 0; i < nr; i++) {
		struct json_object *val = json_object_array_get_idx(cpus, i);
		u32 old = push(pa, "cpus[%zu]", i);
		s64 cpu;

		if (check_type(pa, val, TYPE(int)))
			return -EINVAL;
		cpu = json_object_get_int64(val);
		if (cpu < 0 || cpu >= pa->nr_cpus)
			return bad(pa, "CPU %lld does not exist; the machine has CPUs 0..%u", (long long)cpu,
				   pa->nr_cpus - 1);
		cpumask_set_cpu(cpu, &mask);
		pop(pa, old);
	}
	*out = intern_mask(pa, &mask);
	return *out ? 0 : -ENOMEM;
}

/* --- events --- */

static struct rtapp_resource *find_resource(struct parser *pa, enum rtapp_resource_type type,
					    const char *name)
{
	bool own = type == RTAPP_TIMER && !strncmp(name, "unique", strlen("unique"));
	struct rtapp_resource **list = own ? &pa->task->timers : &pa->ra->resources;
	struct rtapp_resource *res;
	char *copy;

	for (res = *list; res; res = res->next)
		if (res->type == type && !strcmp(res->name, name))
			return res;
	res = rtapp_alloc(pa->ra, sizeof(*res));
	copy = rtapp_alloc(pa->ra, strlen(name) + 1);
	if (!res || !copy)
		return NULL;
	strcpy(copy, name);
	*res = (struct rtapp_resource){ .next = *list, .type = type, .name = copy, .own = own };
	if (own)
		res->index = pa->task->nr_timers++;
	*list = res;
	return res;
}

static int parse_timer(struct parser *pa, struct json_object *val, struct rtapp_event *ev)
{
	const char *mode;
	s64 period;
	int ret = check_keys(pa, val, timer_keys, false);

	if (ret)
		return ret;
	ret = get_int(pa, val, "period", "a period in us", 1, RTAPP_MAX_INT, 0, &period);
	if (ret)
		return ret;
	if (!period)
		return bad_key(pa, "period", "is missing; it is 1..2147483647 us");
	ev->ns = period * NSEC_PER_USEC;
	mode = get_string(val, "mode", "relative");
	if (strcmp(mode, "relative") && strcmp(mode, "absolute")) {
		push(pa, "mode");
		return bad(pa, "unknown mode '%s'; it is relative or absolute", mode);
	}
	ev->res = find_resource(pa, RTAPP_TIMER, get_string(val, "ref", "unknown"));
	if (!ev->res)
		return -ENOMEM;
	if (!strcmp(mode, "absolute"))
		ev->res->timer.absolute = true;
	return 0;
}

/* Mutexes must be used as pthreads demand; what they do otherwise is undefined. */
static int check_lock_use(const struct parser *pa, const struct rtapp_event *ev)
{
	struct rtapp_resource *mutex = ev->mutex ? ev->mutex : ev->res;

	switch (ev->kind->lock_use) {
	case RTAPP_LOCK_NONE:
		break;
	case RTAPP_LOCK_TAKES:
	case RTAPP_LOCK_CYCLES:
		if (mutex->held)
			return bad(pa, "mutex '%s' is locked by this phase already: it would wait for itself",
				   mutex->name);
		mutex->held = ev->kind->lock_use == RTAPP_LOCK_TAKES;
		break;
	case RTAPP_LOCK_DROPS:
	case RTAPP_LOCK_NEEDS:
		if (!mutex->held)
			return bad(pa, "mutex '%s' is not locked by this phase; lock it before", mutex->name);
		mutex->held = ev->kind->lock_use == RTAPP_LOCK_NEEDS;
		break;
	}
	return 0;
}

static int check_all_unlocked(const struct parser *pa)
{
	for (struct rtapp_resource *res = pa->ra->resources; res; res = res->next)
		if (res->held)
			return bad(pa, "mutex '%s' is still locked at the end of the phase; unlock it there",
				   res->name);
	return 0;
}

/* Finds or makes the resources of an event by name; @mutex NULL: it has no mutex beside. */
static int set_resources(struct parser *pa, struct rtapp_event *ev, enum rtapp_resource_type type,
			 const char *name, const char *mutex)
{
	ev->res = find_resource(pa, type, name);
	ev->mutex = mutex ? find_resource(pa, RTAPP_MUTEX, mutex) : NULL;
	return ev->res && (ev->mutex || !mutex) ? 0 : -ENOMEM;
}

static int parse_event_value(struct parser *pa, struct json_object *val, struct rtapp_event *ev)
{
	static const u32 types[] = {
		[RTAPP_ARG_USEC] = TYPE(int),	       [RTAPP_ARG_ANY] = ~0u,
		[RTAPP_ARG_MUTEX] = TYPE(string),      [RTAPP_ARG_COND] = TYPE(string),
		[RTAPP_ARG_COND_MUTEX] = TYPE(object), [RTAPP_ARG_TASK] = TYPE(string),
		[RTAPP_ARG_BARRIER] = TYPE(string),    [RTAPP_ARG_TIMER] = TYPE(object),
	};
	const char *name = json_object_get_string(val);
	s64 usec;
	int ret = check_type(pa, val, types[ev->kind->arg]);

	if (ret)
		return ret;
	switch (ev->kind->arg) {
	case RTAPP_ARG_USEC:
		usec = json_object_get_int64(val);
		if (usec < 0 || usec > RTAPP_MAX_INT)
			return bad(pa, "%lld is out of range; a time in us is 0..%lld", (long long)usec,
				   RTAPP_MAX_INT);
		ev->ns = usec * NSEC_PER_USEC;
		return 0;
	case RTAPP_ARG_ANY:
		return 0;
	case RTAPP_ARG_MUTEX:
		return set_resources(pa, ev, RTAPP_MUTEX, name, NULL);
	case RTAPP_ARG_COND:
		return set_resources(pa, ev, RTAPP_COND, name, NULL);
	case RTAPP_ARG_COND_MUTEX:
		ret = check_keys(pa, val, wait_keys, false);
		if (ret)
			return ret;
		return set_resources(pa, ev, RTAPP_COND, get_string(val, "ref", "unknown"),
				     get_string(val, "mutex", "unknown"));
	case RTAPP_ARG_TASK:
		return set_resources(pa, ev, RTAPP_COND, name, name);
	case RTAPP_ARG_BARRIER:
		ret = set_resources(pa, ev, RTAPP_BARRIER, name, NULL);
		if (!ret)
			ev->res->barrier.users += pa->task->instances;
		return ret;
	case RTAPP_ARG_TIMER:
		return parse_timer(pa, val, ev);
	}
	return 0;
}

static int parse_event(struct parser *pa, struct json_object *val, struct rtapp_event *ev)
{
	char events[256];
	int ret;

	if (!ev->kind->step) {
		list_events(events, sizeof(events));
		return bad(pa, "event is not supported; supported: %s", events);
	}
	ret = parse_event_value(pa, val, ev);
	return ret ? ret : check_lock_use(pa, ev);
}

static int parse_events(struct parser *pa, struct json_object *obj, const struct key *keys,
			struct rtapp_phase *phase)
{
	phase->events = rtapp_alloc(pa->ra, json_object_object_length(obj) * sizeof(*phase->events));
	if (!phase->events)
		return -ENOMEM;
	json_object_object_foreach(obj, name, val) {
		const struct rtapp_kind *kind =
			find_key(keys, name, strlen(name)) ? NULL : rtapp_find_kind(name);
		struct rtapp_event *ev = &phase->events[phase->nr_events];
		u32 old;
		int ret;

		if (!kind)
			continue;
		old = push(pa, "%s", name);
		ev->kind = kind;
		ret = parse_event(pa, val, ev);
		if (ret)
			return ret;
		phase->nr_events++;
		pop(pa, old);
	}
	if (!phase->nr_events)
		return bad(pa, "has no events; give it at least one, such as \"run\" : 1000");
	return check_all_unlocked(pa);
}

/* --- tasks --- */

static int parse_phases(struct parser *pa, struct json_object *phases, struct rtapp_task *task,
			const struct cpumask *task_mask)
{
	const struct rtapp_sched *sched = task->sched;
	u32 in_phases = push(pa, "phases");

	if (!json_object_object_length(phases))
		return bad(pa, "is empty; a task needs at least one phase");
	task->phases = rtapp_alloc(pa->ra, json_object_object_length(phases) * sizeof(*task->phases));
	if (!task->phases)
		return -ENOMEM;
	json_object_object_foreach(phases, name, val) {
		struct rtapp_phase *phase = &task->phases[task->nr_phases++];
		u32 old = push(pa, "%s", name);
		char *copy = rtapp_alloc(pa->ra, strlen(name) + 1);
		int ret;

		if (!copy)
			return -ENOMEM;
		phase->name = strcpy(copy, name);
		ret = check_type(pa, val, TYPE(object));
		ret = ret ? ret : check_keys(pa, val, phase_keys, true);
		ret = ret ? ret : get_loop(pa, val, 1, &phase->loop);
		ret = ret ? ret : parse_cpus(pa, val, task_mask, &phase->mask);
		ret = ret ? ret : parse_sched(pa, val, sched, &phase->sched);
		ret = ret ? ret : parse_events(pa, val, phase_keys, phase);
		if (ret)
			return ret;
		if (phase->sched)
			sched = phase->sched;
		pop(pa, old);
	}
	pop(pa, in_phases);
	return 0;
}

/* A task without "phases" is its only phase. "loop" is that phase's then, and the task is over after it. */
static int parse_only_phase(struct parser *pa, struct json_object *obj, struct rtapp_task *task,
			    const struct cpumask *mask)
{
	struct rtapp_phase *phase = rtapp_alloc(pa->ra, sizeof(*phase));
	int ret;

	if (!phase)
		return -ENOMEM;
	task->phases = phase;
	task->nr_phases = 1;
	task->loop = get(obj, "loop") ? 1 : -1;
	phase->mask = mask;
	ret = get_loop(pa, obj, 1, &phase->loop);
	return ret ? ret : parse_events(pa, obj, task_keys, phase);
}

/* With "phases", rt-app would never run events beside it. */
static int check_no_events(struct parser *pa, struct json_object *obj)
{
	json_object_object_foreach(obj, name, val) {
		if (!find_key(task_keys, name, strlen(name)) && val)
			return bad_key(pa, name,
				       "is beside \"phases\" and would never run; move it into a phase");
	}
	return 0;
}

static int parse_task(struct parser *pa, const char *name, struct json_object *obj, struct rtapp_task *task)
{
	const struct cpumask *mask;
	s64 instances, delay;
	char *copy;
	int ret;

	ret = check_type(pa, obj, TYPE(object));
	ret = ret ? ret : check_keys(pa, obj, task_keys, true);
	ret = ret ? ret : get_int(pa, obj, "instance", "a number", 0, WORKLOAD_MAX_TASKS, 1, &instances);
	ret = ret ? ret : get_int(pa, obj, "delay", "a time in us", 0, RTAPP_MAX_INT, 0, &delay);
	ret = ret ? ret : parse_cpus(pa, obj, pa->ra->all_cpus, &mask);
	ret = ret ? ret : parse_sched(pa, obj, NULL, &task->sched);
	if (ret)
		return ret;
	copy = rtapp_alloc(pa->ra, strlen(name) + 1);
	if (!copy)
		return -ENOMEM;
	task->name = strcpy(copy, name);
	task->instances = instances;
	task->delay_ns = delay * NSEC_PER_USEC;
	pa->task = task;
	if (!get(obj, "phases"))
		return parse_only_phase(pa, obj, task, mask);
	ret = check_no_events(pa, obj);
	ret = ret ? ret : get_loop(pa, obj, -1, &task->loop);
	return ret ? ret : parse_phases(pa, get(obj, "phases"), task, mask);
}

/* Once barriers know their users: time must pass in every loop, or the simulation would stay where it is. */
static int check_loops(struct parser *pa, const struct rtapp_task *task)
{
	static const char advice[] = "a loop in which no time passes would spin at one instant for ever; "
				     "add an event that takes time, such as run, sleep or timer";
	bool any_takes_time = false;
	u32 old = push(pa, "tasks.%s", task->name);

	for (u32 i = 0; i < task->nr_phases; i++) {
		const struct rtapp_phase *phase = &task->phases[i];
		bool takes_time = false;

		for (u32 n = 0; n < phase->nr_events; n++)
			takes_time |= rtapp_event_takes_time(&phase->events[n]);
		if (!takes_time && phase->loop != 1) {
			if (phase->name)
				push(pa, "phases.%s", phase->name);
			return bad(pa, "%s", advice);
		}
		any_takes_time |= takes_time;
	}
	if (!any_takes_time && task->loop != 1)
		return bad(pa, "%s", advice);
	pop(pa, old);
	return 0;
}

static int parse_tasks(struct parser *pa, struct json_object *tasks)
{
	struct rtapp *ra = pa->ra;
	u32 in_tasks = push(pa, "tasks");
	u64 nr = 0;

	ra->tasks = rtapp_alloc(ra, json_object_object_length(tasks) * sizeof(*ra->tasks));
	if (!ra->tasks)
		return -ENOMEM;
	json_object_object_foreach(tasks, name, val) {
		struct rtapp_task *task = &ra->tasks[ra->nr_tasks++];
		u32 old = push(pa, "%s", name);
		int ret = parse_task(pa, name, val, task);

		if (ret)
			return ret;
		nr += task->instances;
		pop(pa, old);
	}
	if (!nr)
		return bad(pa, "has no task; it needs at least one, with at least one instance");
	if (nr > WORKLOAD_MAX_TASKS)
		return bad(pa, "%llu tasks are too many; at most %u", (unsigned long long)nr,
			   WORKLOAD_MAX_TASKS);
	pop(pa, in_tasks);
	for (u32 i = 0; i < ra->nr_tasks; i++) {
		int ret = check_loops(pa, &ra->tasks[i]);

		if (ret)
			return ret;
	}
	return 0;
}

static int parse_global(struct parser *pa, struct json_object *global)
{
	u32 old = push(pa, "global");
	s64 seconds;
	int ret = check_keys(pa, global, global_keys, false);

	ret = ret ? ret : get_int(pa, global, "duration", "a time in seconds, or -1 for no end,", -1,
				  RTAPP_MAX_INT, -1, &seconds);
	ret = ret ? ret : get_policy(pa, global, "default_policy", &pa->default_policy);
	if (ret)
		return ret;
	if (json_object_get_boolean(get(global, "pi_enabled")))
		return bad_key(pa, "pi_enabled", "priority inheritance is not supported; set it to false");
	pa->ra->wi.duration_ns = seconds > 0 ? seconds * NSEC_PER_SEC : 0;
	pop(pa, old);
	return 0;
}

int rtapp_parse(struct rtapp *ra, struct json_object *root, const char *file, u32 nr_cpus, char *err,
		size_t err_len)
{
	struct parser pa = {
		.ra = ra,
		.nr_cpus = nr_cpus,
		.file = !strcmp(file, "-") ? "standard input" : file,
		.err = err,
		.err_len = err_len,
	};
	struct cpumask all = { 0 };
	int ret;

	for (u32 i = 0; i < NR_POLICIES; i++)
		if (policies[i].policy == ra->default_policy)
			pa.default_policy = &policies[i];
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		cpumask_set_cpu(cpu, &all);
	ra->all_cpus = intern_mask(&pa, &all);
	if (!ra->all_cpus)
		return -ENOMEM;
	ret = check_type(&pa, root, TYPE(object));
	ret = ret ? ret : check_keys(&pa, root, root_keys, false);
	if (ret)
		return ret;
	if (!get(root, "tasks"))
		return bad_key(&pa, "tasks", "is missing; a workload is { \"tasks\" : { NAME : { ... } } }");
	ret = get(root, "global") ? parse_global(&pa, get(root, "global")) : 0;
	return ret ? ret : parse_tasks(&pa, get(root, "tasks"));
}
