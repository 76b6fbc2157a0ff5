// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "exporter/families.h"
#include "exporter/snapshot.h"
#include "record/names.h"

int snapshot_init(struct snapshot *s, unsigned int max_functions)
{
	memset(s, 0, sizeof(*s));
	s->max_functions = max_functions;
	s->arm = calloc(SNAPSHOT_ARMS, sizeof(*s->arm));
	s->experiment = calloc(SNAPSHOT_EXPERIMENTS, sizeof(*s->experiment));
	s->pchid = calloc(SNAPSHOT_PCHIDS, sizeof(*s->pchid));
	return s->arm && s->experiment && s->pchid ? 0 : -ENOMEM;
}

static void forget_rows(struct snapshot *s)
{
	for (unsigned int i = 0; i < s->nr_drivers; i++)
		free(s->driver[i]);
	free(s->function);
	s->function = NULL;
	s->nr_functions = 0;
	s->nr_drivers = 0;
	s->nr_pecs = 0;
}

void snapshot_free(struct snapshot *s)
{
	forget_rows(s);
	function_list_free(&s->list);
	free(s->arm);
	free(s->experiment);
	free(s->pchid);
	s->arm = NULL;
	s->experiment = NULL;
	s->pchid = NULL;
}

static void clear_function(struct snapshot_function *f)
{
	*f = (struct snapshot_function){ .fid = f->fid };
}

static void clear_driver(struct snapshot_driver *d)
{
	d->here = false;
	memset(&d->total, 0, sizeof(d->total));
	memset(d->step, 0, sizeof(d->step));
}

static void clear_pec(struct snapshot_pec *p)
{
	*p = (struct snapshot_pec){ .pec = p->pec, .other = p->other };
}

/* Those that have a name are there from the start, and an alert sees their first increase */
static void name_pecs(struct snapshot *s)
{
	for (unsigned int pec = 0; pec <= 0xff; pec++)
		if (strcmp(name_pec(pec), "unknown"))
			snapshot_pec(s, (uint16_t)pec);
}

void snapshot_begin(struct snapshot *s, uint64_t since_ns)
{
	if (since_ns != s->info.since_ns)
		forget_rows(s);
	for (unsigned int i = 0; i < s->nr_functions; i++)
		clear_function(&s->function[i]);
	clear_function(&s->others);
	for (unsigned int i = 0; i < s->nr_drivers; i++)
		clear_driver(s->driver[i]);
	for (unsigned int i = 0; i < s->nr_pecs; i++)
		clear_pec(&s->pec[i]);
	name_pecs(s);
	memset(s->source, 0, sizeof(s->source));
	memset(s->open, 0, sizeof(s->open));
	memset(&s->info, 0, sizeof(s->info));
	memset(&s->stats, 0, sizeof(s->stats));
	memset(&s->recorder, 0, sizeof(s->recorder));
	s->info.since_ns = since_ns;
	s->attached = s->oldest_ns = 0;
	s->here = s->unlabelled = s->nr_arms = s->nr_experiments = s->nr_pchids = 0;
}

/* In steps, as most hosts have few */
static bool grow(struct snapshot *s)
{
	void *more;

	if (s->nr_functions % 16)
		return true;
	more = reallocarray(s->function, s->nr_functions + 16, sizeof(*s->function));
	if (more)
		s->function = more;
	return more;
}

struct snapshot_function *snapshot_function(struct snapshot *s, uint32_t fid)
{
	struct snapshot_function *f;

	for (unsigned int i = 0; i < s->nr_functions; i++)
		if (s->function[i].fid == fid)
			return &s->function[i];
	if (s->nr_functions == s->max_functions)
		return &s->others;
	if (!grow(s))
		return NULL;
	f = &s->function[s->nr_functions++];
	*f = (struct snapshot_function){ .fid = fid };
	return f;
}

/* Any bytes may be in a driver's name; what it is called here is its row, so no two are alike */
struct snapshot_driver *snapshot_driver(struct snapshot *s, const char *name, size_t len)
{
	char shown[SNAPSHOT_NAME_LEN];

	text_copy(shown, sizeof(shown), name, len);
	if (!shown[0])
		strcpy(shown, "none");
	for (unsigned int i = 0; i < s->nr_drivers; i++)
		if (!strcmp(s->driver[i]->name, shown))
			return s->driver[i];
	if (s->nr_drivers == SNAPSHOT_DRIVERS)
		return s->driver[SNAPSHOT_DRIVERS - 1];
	if (s->nr_drivers == SNAPSHOT_DRIVERS - 1)
		strcpy(shown, SNAPSHOT_OTHER);
	s->driver[s->nr_drivers] = calloc(1, sizeof(struct snapshot_driver));
	if (!s->driver[s->nr_drivers])
		return NULL;
	strcpy(s->driver[s->nr_drivers]->name, shown);
	return s->driver[s->nr_drivers++];
}

struct snapshot_pec *snapshot_pec(struct snapshot *s, uint16_t pec)
{
	for (unsigned int i = 0; i < s->nr_pecs; i++)
		if (s->pec[i].pec == pec && !s->pec[i].other)
			return &s->pec[i];
	if (s->nr_pecs == SNAPSHOT_PECS)
		return &s->pec[SNAPSHOT_PECS - 1];
	s->pec[s->nr_pecs] = (struct snapshot_pec){
		.pec = pec,
		.other = s->nr_pecs == SNAPSHOT_PECS - 1,
	};
	return &s->pec[s->nr_pecs++];
}

static void count_pair(struct snapshot_function *f, uint16_t pec, unsigned int outcome,
		       uint64_t count)
{
	struct snapshot_pair *p = f->pair;

	while (p < f->pair + f->nr_pairs && (p->pec != pec || p->outcome != outcome))
		p++;
	if (p == f->pair + SNAPSHOT_PAIRS) {
		f->other_pairs[outcome] += count;
		return;
	}
	if (p == f->pair + f->nr_pairs) {
		*p = (struct snapshot_pair){ .pec = pec, .outcome = (uint8_t)outcome };
		f->nr_pairs++;
	}
	p->count += count;
}

void snapshot_count(struct snapshot *s, struct snapshot_function *f, uint16_t pec,
		    unsigned int outcome, uint64_t count)
{
	if (outcome >= ZPCI_NR_OUTCOMES)
		return;
	f->outcome[outcome] += count;
	count_pair(f, pec, outcome, count);
	snapshot_pec(s, pec)->outcome[outcome] += count;
}

const char *observation_state_name(enum observation_state state)
{
	static const char *const names[NR_OBSERVATION_STATES] = {
		[OBSERVATION_NONE] = "none",
		[OBSERVATION_OBSERVING] = "observing",
		[OBSERVATION_TAKING_OVER] = "taking_over",
		[OBSERVATION_OTHER_VERSION] = "other_version",
		[OBSERVATION_NO_PERMISSION] = "no_permission",
		[OBSERVATION_UNREADABLE] = "unreadable",
	};

	return names[state];
}

const char *snapshot_source_name(enum snapshot_source source)
{
	static const char *const names[NR_SOURCES] = {
		[SOURCE_OBSERVATION] = "observation",
		[SOURCE_FUNCTIONS] = "functions",
		[SOURCE_POLICIES] = "policies",
		[SOURCE_POLICY_CONF] = "policy_conf",
		[SOURCE_RECORDER] = "recorder",
		[SOURCE_ACTIONS] = "actions",
	};

	return names[source];
}

const char *journal_result_name(enum journal_result result)
{
	static const char *const names[NR_JOURNAL_RESULTS] = {
		[JOURNAL_WRITTEN] = "written",
		[JOURNAL_HELD_BACK] = "held_back",
		[JOURNAL_LOST] = "lost",
	};

	return names[result];
}

unsigned int snapshot_max_series(unsigned int max_functions)
{
	const unsigned int histogram = BUCKETS_NR + 3;
	/* Pairs and those without room; count and sum, info, four of sysfs, three of an open one */
	unsigned int function = 2 * ZPCI_NR_OUTCOMES + SNAPSHOT_PAIRS + 2 + 1 + 4 + 3;
	unsigned int driver = histogram + ZREC_NR_STEPS * (BUCKETS_NR / 2 + 4);
	unsigned int pec = ZPCI_NR_OUTCOMES + histogram;
	/* Of five policies: what they have, and their rows */
	unsigned int policy = (1 + POLICY_NR_SHADOWS) * (POLICY_MAX_ROWS + 11) + POLICY_MAX_ROWS;

	return (max_functions + 1) * function + SNAPSHOT_DRIVERS * driver + SNAPSHOT_PECS * pec +
	       policy + ACTIONS_MAX * (ACTION_NR_ENDS + ACTION_NR_DROPS + 2) + NR_HOOKS + SNAPSHOT_ARMS +
	       SNAPSHOT_EXPERIMENTS * histogram + SNAPSHOT_PCHIDS * (SNAPSHOT_COUNTED_OUTCOMES + 1) +
	       SNAPSHOT_GAPS + SNAPSHOT_WISHES + ZREC_NR_STEPS +
	       NR_OBSERVATION_STATES + ZREC_NR_LOST + ZREC_NR_UNSUMMED + NR_SOURCES +
	       NR_JOURNAL_RESULTS + NR_REQUEST_STATUSES + NR_PASSWORD_CHECKS + NR_FAMILIES;
}
