// SPDX-License-Identifier: GPL-2.0
/* What a replay found, for programs; docs/abi.md has the keys */
#include <stdio.h>

#include "base/clock.h"
#include "base/interval.h"
#include "base/output.h"
#include "base/text.h"
#include "record/names.h"
#include "record/span.h"
#include "replay/replay.h"
#include "replay/result.h"

/*
 * Sets a key of an object that is being made. A value or an object that is NULL had no
 * memory: then all of it is NULL in the end
 */
static void set(json_t **object, const char *key, json_t *value)
{
	if (!*object || !value) {
		json_decref(value);
		json_decref(*object);
		*object = NULL;
		return;
	}
	if (json_object_set_new(*object, key, value)) {
		json_decref(*object);
		*object = NULL;
	}
}

static void append(json_t **array, json_t *value)
{
	if (!*array || !value) {
		json_decref(value);
		json_decref(*array);
		*array = NULL;
		return;
	}
	if (json_array_append_new(*array, value)) {
		json_decref(*array);
		*array = NULL;
	}
}

static json_t *time_to_json(int64_t wall_ns)
{
	char text[CLOCK_TEXT_LEN];

	return json_string(clock_utc(wall_ns, text));
}

static json_t *example_to_json(const struct replay_example *e)
{
	json_t *o = json_object();

	set(&o, "host", text_to_json(e->host));
	set(&o, "boot_id", text_to_json(e->boot_id));
	set(&o, "id", output_count(e->id));
	set(&o, "time", time_to_json(e->wall_ns));
	return o;
}

static json_t *outcomes_to_json_object(const uint64_t outcomes[ZPCI_NR_OUTCOMES])
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
		set(&o, name_outcome(i), output_count(outcomes[i]));
	return o;
}

/* A verdict by name; of a deadline milliseconds, under a key that says so */
static void set_answer(json_t **o, unsigned int member, const char *key, uint32_t verdict)
{
	char name[24], key_ms[16];

	if (member == ZPCI_MEMBER_DEADLINE) {
		snprintf(key_ms, sizeof(key_ms), "%s_ms", key);
		set(o, key_ms, json_integer(verdict));
	} else {
		set(o, key, json_string(name_verdict(verdict, name, sizeof(name))));
	}
}

static json_t *difference_to_json(const struct replay_difference *d)
{
	json_t *o = json_object(), *examples = json_array();

	set(&o, "member", json_string(name_member(d->member)));
	set_answer(&o, d->member, "from", d->from);
	set_answer(&o, d->member, "to", d->to);
	set(&o, "count", output_count(d->nr));
	for (uint64_t i = 0; i < d->nr && i < REPLAY_EXAMPLES; i++)
		append(&examples, example_to_json(&d->example[i]));
	set(&o, "examples", examples);
	return o;
}

static json_t *comparison_to_json(const struct replay_comparison *c)
{
	json_t *o = json_object(), *list = json_array();

	set(&o, "compared", output_count(c->compared));
	set(&o, "same", output_count(c->same));
	set(&o, "different", output_count(c->compared - c->same));
	for (size_t i = 0; i < c->nr; i++)
		append(&list, difference_to_json(&c->difference[i]));
	set(&o, "differences", list);
	set(&o, "unlisted", output_count(c->others));
	return o;
}

static json_t *member_to_json(const struct replay_result *r, unsigned int m)
{
	json_t *o = json_object();

	set(&o, "member", json_string(name_member(m)));
	set(&o, "default", output_count(r->answers[m][0]));
	if (m == ZPCI_MEMBER_DEADLINE) {
		set(&o, "deadline", output_count(r->answers[m][1]));
	} else {
		set(&o, "reset", output_count(r->answers[m][ZPCI_VERDICT_RESET]));
		set(&o, "isolate", output_count(r->answers[m][ZPCI_VERDICT_ISOLATE]));
		set(&o, "illegal", output_count(r->answers[m][REPLAY_OTHER_ANSWER]));
	}
	set(&o, "clamped", output_count(r->clamps[m]));
	return o;
}

static json_t *ejection_to_json(const struct replay_ejection *e)
{
	json_t *o = json_object();

	set(&o, "time", time_to_json(e->in.at_ns));
	set(&o, "code", json_integer(e->budget));
	set(&o, "text", json_string(kernel_budget_text(e->budget)));
	set(&o, "recovery", example_to_json(&e->in));
	return o;
}

static json_t *count_to_json(enum replay_way way, const struct replay_count *c)
{
	struct interval i = interval_wilson(c->well, c->nr);
	json_t *o = json_object();

	set(&o, "way", json_string(replay_way_name(way)));
	set(&o, "count", output_count(c->nr));
	set(&o, "ended_well", output_count(c->well));
	/* In thousandths: integers are the same on any machine */
	set(&o, "low_permille", json_integer((json_int_t)(1000 * i.low)));
	set(&o, "high_permille", json_integer((json_int_t)(1000 * i.high + 0.999999)));
	return o;
}

static json_t *known_to_json(const struct replay_knowledge *k, const struct replay_change *c)
{
	const struct replay_known *known = replay_known_find(k, &c->key);
	uint32_t ways = replay_path_ways(c->path);
	json_t *list = json_array();

	for (unsigned int i = 0; known && i < REPLAY_NR_WAYS; i++)
		if (ways >> i & 1 && known->way[i].nr)
			append(&list, count_to_json(i, &known->way[i]));
	return list;
}

static json_t *change_to_json(const struct replay_knowledge *k, const struct replay_change *c)
{
	bool sure = replay_path_outcome_known(c->path);
	json_t *o = json_object();
	char pec[8];

	snprintf(pec, sizeof(pec), "0x%02x", c->key.pec);
	set(&o, "way", json_string(replay_path_name(c->path)));
	if (c->key.driver[0])
		set(&o, "driver", span_text_to_json(c->key.driver, sizeof(c->key.driver)));
	set(&o, "pec", json_string(pec));
	set(&o, "pec_name", json_string(name_pec(c->key.pec)));
	set(&o, "count", output_count(c->nr));
	set(&o, "outcome", json_string(sure ? name_outcome(ZPCI_OUTCOME_ISOLATED) : "unknown"));
	set(&o, "recorded", outcomes_to_json_object(c->recorded));
	set(&o, "example", example_to_json(&c->example));
	set(&o, "known", known_to_json(k, c));
	return o;
}

static json_t *missing_to_json(const struct replay_result *r)
{
	json_t *o = json_object();

	set(&o, "recoveries", output_count(r->incomplete));
	for (unsigned int i = 0; i < REPLAY_NR_MISSING; i++)
		set(&o, replay_missing_name(i), output_count(r->missing[i]));
	return o;
}

static void set_changes(json_t **o, const struct replay *r, const struct replay_result *result)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < result->nr_changes; i++)
		if (result->change[i].path != REPLAY_NOT_REACHED)
			append(&changes, change_to_json(replay_knowledge(r), &result->change[i]));
	set(o, "changes", changes);
	set(o, "unlisted_changes", output_count(result->other_changes));
	set(o, "changed", output_count(replay_result_away(result)));
	set(o, "unknown_outcomes", output_count(replay_result_unknown(result)));
	set(o, "given_up", output_count(result->given_up));
	set(o, "not_reached", output_count(result->paths[REPLAY_NOT_REACHED]));
}

json_t *replay_policy_to_json(const struct replay *r, size_t nr)
{
	const struct replay_program *p = replay_program(r, nr);
	const struct replay_result *result = replay_result(r, nr);
	enum replay_against against = replay_compared_with(r, nr);
	json_t *o = json_object(), *members = json_array(), *ejections = json_array(), *compared;

	set(&o, "name", text_to_json(p->about.name));
	set(&o, "path", text_to_json(p->about.path));
	set(&o, "kind", json_string(policy_kind(&p->about)));
	for (unsigned int m = 0; m < ZPCI_MEMBER_DONE; m++)
		append(&members, member_to_json(result, m));
	set(&o, "members", members);
	compared = comparison_to_json(&result->comparison);
	set(&compared, "with", json_string(replay_against_name(against)));
	set(&compared, "not_recorded", output_count(result->not_recorded));
	set(&o, "comparison", compared);
	for (uint64_t i = 0; i < result->ejections && i < REPLAY_MAX_EJECTIONS; i++)
		append(&ejections, ejection_to_json(&result->ejection[i]));
	set(&o, "ejections", ejections);
	set(&o, "ejected", output_count(result->ejections));
	set(&o, "after_ejection", output_count(result->after_ejection));
	/* Beside its own answers nothing leads away from what was recorded */
	if (against != REPLAY_RECORDED)
		set_changes(&o, r, result);
	set(&o, "failures", output_count(result->failures));
	set(&o, "untracked", output_count(result->untracked));
	set(&o, "incomplete", missing_to_json(result));
	return o;
}

json_t *replay_recording_to_json(const struct replay *r)
{
	const struct replay_recording *rec = replay_recording(r);
	json_t *o = json_object();

	set(&o, "path", text_to_json(rec->path));
	set(&o, "recoveries", output_count(rec->recoveries));
	set(&o, "decisions", output_count(rec->decisions));
	set(&o, "outcomes", outcomes_to_json_object(rec->outcomes));
	set(&o, "hosts", output_count(rec->hosts));
	set(&o, "boots", output_count(rec->boots));
	set(&o, "gaps", output_count(rec->gaps));
	set(&o, "gap_recoveries", output_count(rec->gap_recoveries));
	if (rec->recoveries) {
		set(&o, "from", time_to_json(rec->first_wall_ns));
		set(&o, "to", time_to_json(rec->last_wall_ns));
	}
	return o;
}

json_t *replay_between_to_json(const struct replay *r)
{
	json_t *o = comparison_to_json(replay_between(r));

	set(&o, "a", text_to_json(replay_program(r, 0)->about.name));
	set(&o, "b", text_to_json(replay_program(r, 1)->about.name));
	return o;
}
