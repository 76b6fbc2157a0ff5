// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "keep/arms.h"
#include "keep/experiment-count.h"
#include "keep/success.h"

#define NR_LOG2		64
/* Recovered less than EXPERIMENT_RELAPSE_NS ago; one function has one such */
#define MAX_RECENT	1024

struct arm {
	struct writer_arm name;
	uint64_t sum_ns;		/* of those that succeeded, as the next */
	uint64_t times[NR_LOG2];	/* from 2^i to 2^(i+1) ns */
};

struct unit {
	uint64_t id;			/* arms_unit() */
	uint64_t outcome[ZPCI_NR_OUTCOMES];
	uint64_t relapsed;
	unsigned int arm;
};

struct recent {
	uint64_t until_ns;		/* CLOCK_MONOTONIC: an error before is a relapse */
	uint32_t fid;
	unsigned int unit;
};

struct experiment_counts {
	unsigned int nr_arms, nr_units, nr_recent;
	struct arm arms[EXPERIMENT_COUNT_ARMS];
	struct unit units[EXPERIMENT_COUNT_UNITS];
	struct recent recent[MAX_RECENT];
};

struct experiment_counts *experiment_counts_new(void)
{
	return calloc(1, sizeof(struct experiment_counts));
}

void experiment_counts_free(struct experiment_counts *c)
{
	free(c);
}

/* Its index; that of the last one, which has no name then, if there are too many */
static unsigned int find_arm(struct experiment_counts *c, const struct writer_arm *name)
{
	unsigned int i = 0;

	while (i < c->nr_arms && memcmp(&c->arms[i].name, name, sizeof(*name)))
		i++;
	if (i == EXPERIMENT_COUNT_ARMS)
		return EXPERIMENT_COUNT_ARMS;
	if (i == c->nr_arms)
		c->arms[c->nr_arms++].name = *name;
	return i;
}

/* An arm keeps one more for all that have no room: so there is one free for each arm that may come */
static unsigned int find_unit(struct experiment_counts *c, unsigned int arm, uint64_t id)
{
	const unsigned int room = EXPERIMENT_COUNT_UNITS - EXPERIMENT_COUNT_ARMS;
	unsigned int i;

	for (int tries = 0; tries < 2; tries++) {
		for (i = 0; i < c->nr_units; i++)
			if (c->units[i].arm == arm && c->units[i].id == id)
				return i;
		if (c->nr_units < room || !id)
			break;
		id = 0;
	}
	c->units[c->nr_units] = (struct unit){ .id = id, .arm = arm };
	return c->nr_units++;
}

/* memcmp() looks at all of a name */
static struct writer_arm arm_name(const char *experiment, const char *arm)
{
	struct writer_arm ret;

	memset(&ret, 0, sizeof(ret));
	memcpy(ret.experiment, experiment, strnlen(experiment, sizeof(ret.experiment) - 1));
	memcpy(ret.arm, arm, strnlen(arm, sizeof(ret.arm) - 1));
	return ret;
}

void experiment_counts_begin(struct experiment_counts *c, const struct experiment_host_state *state)
{
	for (size_t i = 0; i < state->experiments.nr; i++) {
		const struct experiment *e = &state->experiments.list[i];

		if (state->ended_ns[i] != UINT64_MAX)
			continue;
		for (size_t f = 0; f < e->nr_functions; f++) {
			const struct experiment_function *function = &e->functions[f];
			struct writer_arm name = arm_name(e->name, e->arms[function->arm].name);
			unsigned int arm = find_arm(c, &name);

			if (arm < EXPERIMENT_COUNT_ARMS)
				find_unit(c, arm, arms_unit(function->pchid, function->fid));
		}
	}
}

/* An error of the function: is it one soon after a recovery? What is too old goes meanwhile */
static void see_relapse(struct experiment_counts *c, const struct zrec_span *span)
{
	unsigned int to = 0;

	for (unsigned int i = 0; i < c->nr_recent; i++) {
		struct recent *r = &c->recent[i];

		if (r->fid == span->fid && span->begin_ns <= r->until_ns)
			c->units[r->unit].relapsed++;
		else if (r->fid != span->fid && span->begin_ns <= r->until_ns)
			c->recent[to++] = *r;
	}
	c->nr_recent = to;
}

static void add_success(struct experiment_counts *c, const struct zrec_span *span, unsigned int unit)
{
	struct arm *arm = &c->arms[c->units[unit].arm];

	arm->times[span->total_ns ? 63 - __builtin_clzll(span->total_ns) : 0]++;
	arm->sum_ns += span->total_ns;
	if (c->nr_recent == MAX_RECENT)
		return;
	c->recent[c->nr_recent++] = (struct recent){
		.until_ns = span->begin_ns + span->total_ns + EXPERIMENT_RELAPSE_NS,
		.fid = span->fid, .unit = unit,
	};
}

void experiment_counts_add(struct experiment_counts *c, const struct zrec_span *span,
			   const struct writer_arm *arm)
{
	struct writer_arm name;
	unsigned int at, unit;

	if (!success_is_error(span))
		return;
	see_relapse(c, span);
	if (!arm || success_of(span) == STATS_UNKNOWN)
		return;
	name = arm_name(arm->experiment, arm->arm);
	at = find_arm(c, &name);
	if (at == EXPERIMENT_COUNT_ARMS)
		return;
	unit = find_unit(c, at, arms_unit(span->pchid, span->fid));
	c->units[unit].outcome[span->outcome]++;
	if (success_of(span) == STATS_YES)
		add_success(c, span, unit);
}

/* "0x1c0"; "fid:0x11" of a function without a PCHID */
static json_t *unit_name(uint64_t id)
{
	char name[24] = "other";

	if (id)
		snprintf(name, sizeof(name), id >> 33 ? "fid:0x%x" : "0x%x", (uint32_t)id);
	return json_string(name);
}

static json_t *unit_to_json(const struct unit *unit)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "pchid", unit_name(unit->id),
			 "recovered", output_count(unit->outcome[ZPCI_OUTCOME_RECOVERED]),
			 "failed", output_count(unit->outcome[ZPCI_OUTCOME_FAILED]),
			 "isolated", output_count(unit->outcome[ZPCI_OUTCOME_ISOLATED]),
			 "abandoned", output_count(unit->outcome[ZPCI_OUTCOME_ABANDONED]),
			 "relapsed", output_count(unit->relapsed));
}

static json_t *times_to_json(const struct arm *arm)
{
	json_t *o = json_object();
	char key[8];

	for (unsigned int i = 0; i < NR_LOG2; i++) {
		snprintf(key, sizeof(key), "%u", i);
		if (arm->times[i])
			json_object_set_new(o, key, output_count(arm->times[i]));
	}
	return o;
}

json_t *experiment_counts_to_json(const struct experiment_counts *c)
{
	json_t *list = json_array(), *units;
	int err = 0;

	for (unsigned int i = 0; i < c->nr_arms; i++) {
		units = json_array();
		for (unsigned int u = 0; u < c->nr_units; u++)
			if (c->units[u].arm == i)
				err |= json_array_append_new(units, unit_to_json(&c->units[u]));
		err |= json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o}",
			"experiment", text_to_json(c->arms[i].name.experiment),
			"arm", text_to_json(c->arms[i].name.arm),
			"times", times_to_json(&c->arms[i]),
			"sum_ns", output_count(c->arms[i].sum_ns), "pchids", units));
	}
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}
