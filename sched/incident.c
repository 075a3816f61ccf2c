// SPDX-License-Identifier: GPL-2.0-only
#include "sched/incident.h"

#include "sched/core.h"
#include "sched/ext/ext.h"

static const struct incident incidents[] = {
	{ "sysrq-s", "SysRq-S: end the scheduler, all tasks go back to fair", KABI_2022, scx_sysrq_reset },
	{ "sysrq-d", "SysRq-D: write the scheduler's debug dump, it goes on", KABI_6_12, scx_sysrq_dump },
};

/* One that is to happen. */
struct scheduled {
	struct mevent event;
	const struct incident *inc;
	struct kernel *k;
	struct scheduled *next;
};

static void incident_event_fn(struct mevent *ev)
{
	struct scheduled *s = container_of(ev, struct scheduled, event);

	s->inc->fn(s->k);
}

const struct incident *incident_at(size_t i)
{
	return i < sizeof(incidents) / sizeof(incidents[0]) ? &incidents[i] : NULL;
}

const struct incident *incident_find(const char *name)
{
	const struct incident *inc;

	for (size_t i = 0; (inc = incident_at(i)); i++)
		if (!strcmp(inc->name, name))
			return inc;
	return NULL;
}

int incident_schedule(struct kernel *k, const struct incident *inc, u64 when_ns)
{
	struct scheduled *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->event.fn = incident_event_fn;
	s->inc = inc;
	s->k = k;
	s->next = k->incidents;
	k->incidents = s;
	mach_event_arm(k->m, &s->event, 0, when_ns);
	return 0;
}

/* After the last run. */
void incidents_free(struct kernel *k)
{
	for (struct scheduled *s = k->incidents, *next; s; s = next) {
		next = s->next;
		free(s);
	}
}
