// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json-file.h"
#include "base/json-in.h"
#include "base/text.h"
#include "exporter/recorder-file.h"
#include "record/names.h"

#define MAX_BYTES	(256 * 1024)
#define MAX_COUNT	(1ull << 62)

static uint64_t since(int64_t then_ns, int64_t now_ns)
{
	return now_ns > then_ns ? (uint64_t)(now_ns - then_ns) : 0;
}

static struct snapshot_value number(struct json_in *in, const json_t *o, const char *key)
{
	return (struct snapshot_value){
		.known = json_object_get(o, key),
		.n = json_in_number(in, o, key, MAX_COUNT, JSON_IN_OPTIONAL),
	};
}

static struct snapshot_value moment(struct json_in *in, const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);
	int64_t ns = 0;

	if (value && (!json_is_string(value) || clock_parse_utc(json_string_value(value), &ns)))
		json_in_refuse(in, key, value, "a moment such as 2026-11-21T02:24:55.753123456Z");
	return (struct snapshot_value){ .known = value, .n = (uint64_t)ns };
}

static void read_text(struct json_in *in, const json_t *o, const char *key,
		      char ret[SNAPSHOT_TEXT_LEN])
{
	const char *text = json_in_text(in, o, key, 4096, JSON_IN_OPTIONAL);

	text_copy(ret, SNAPSHOT_TEXT_LEN, text ?: "", 4096);
}

static void read_gaps(struct json_in *in, const json_t *o, struct snapshot_recorder *r)
{
	const json_t *gaps = json_in_object(in, o, "gaps", JSON_IN_OPTIONAL);
	const char *reason;
	json_t *value;

	json_object_foreach((json_t *)gaps, reason, value) {
		if (r->nr_gaps == SNAPSHOT_GAPS)
			break;
		r->gap[r->nr_gaps].count = json_in_number(in, gaps, reason, MAX_COUNT, JSON_IN_NEED);
		text_copy(r->gap[r->nr_gaps++].reason, SNAPSHOT_TEXT_LEN, reason, strlen(reason));
	}
}

static void read_journal(struct json_in *in, const json_t *o, struct snapshot_recorder *r)
{
	const json_t *journal = json_in_object(in, o, "journal", JSON_IN_OPTIONAL);

	r->journal_known = journal;
	for (unsigned int i = 0; journal && i < NR_JOURNAL_RESULTS; i++)
		r->journal[i] = json_in_number(in, journal, journal_result_name(i), MAX_COUNT,
					       JSON_IN_OPTIONAL);
}

static void read_removed(struct json_in *in, const json_t *o, struct snapshot_recorder *r)
{
	const json_t *list = json_in_array(in, o, "removed_tracepoints", JSON_IN_OPTIONAL);
	const struct hook *hook = hooks_table();
	json_t *name;
	size_t i;

	json_array_foreach((json_t *)list, i, name)
		for (unsigned int h = 0; h < NR_HOOKS && json_is_string(name); h++)
			if (!strcmp(hook[h].tracepoint, json_string_value(name)))
				r->removed |= 1ull << h;
}

static void read_arms(struct json_in *in, const json_t *o, struct snapshot *s)
{
	const json_t *list = json_in_array(in, o, "arms", JSON_IN_OPTIONAL);
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct snapshot_arm *arm = &s->arm[s->nr_arms];

		if (s->nr_arms == SNAPSHOT_ARMS || !json_is_object(item))
			break;
		arm->fid = json_in_hex(in, item, "fid", UINT32_MAX, JSON_IN_NEED);
		read_text(in, item, "experiment", arm->experiment);
		read_text(in, item, "arm", arm->arm);
		s->nr_arms++;
	}
}

static void read_times(struct json_in *in, const json_t *o, struct buckets *to)
{
	const json_t *times = json_in_object(in, o, "times", JSON_IN_NEED);
	unsigned int log2;
	const char *key;
	json_t *value;
	char *end;

	json_object_foreach((json_t *)times, key, value) {
		log2 = (unsigned int)strtoul(key, &end, 10);
		if (*end || end == key || log2 > 63)
			json_in_refuse(in, key, value, "of a power of two");
		to->count[buckets_of_log2(log2)] +=
			json_in_number(in, times, key, MAX_COUNT, JSON_IN_NEED);
	}
	to->sum_ns = json_in_number(in, o, "sum_ns", MAX_COUNT, JSON_IN_NEED);
}

static void read_pchids(struct json_in *in, const json_t *o, struct snapshot *s)
{
	static const uint8_t outcomes[SNAPSHOT_COUNTED_OUTCOMES] = {
		ZPCI_OUTCOME_RECOVERED, ZPCI_OUTCOME_FAILED, ZPCI_OUTCOME_ISOLATED,
		ZPCI_OUTCOME_ABANDONED,
	};
	const json_t *list = json_in_array(in, o, "pchids", JSON_IN_NEED);
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct snapshot_pchid *to = &s->pchid[s->nr_pchids];

		if (s->nr_pchids == SNAPSHOT_PCHIDS || !json_is_object(item))
			break;
		*to = (struct snapshot_pchid){ .arm = s->nr_experiments };
		name = json_in_text(in, item, "pchid", SNAPSHOT_ID_LEN - 1, JSON_IN_NEED);
		text_copy(to->pchid, sizeof(to->pchid), name ?: "", SNAPSHOT_ID_LEN);
		for (size_t n = 0; n < ARRAY_SIZE(outcomes); n++)
			to->outcome[outcomes[n]] = json_in_number(in, item, name_outcome(outcomes[n]),
								  MAX_COUNT, JSON_IN_NEED);
		to->relapsed = json_in_number(in, item, "relapsed", MAX_COUNT, JSON_IN_NEED);
		s->nr_pchids++;
	}
}

static void read_experiments(struct json_in *in, const json_t *o, struct snapshot *s)
{
	const json_t *list = json_in_array(in, o, "experiments", JSON_IN_OPTIONAL);
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct snapshot_experiment *to = &s->experiment[s->nr_experiments];

		if (s->nr_experiments == SNAPSHOT_EXPERIMENTS || !json_is_object(item))
			break;
		memset(&to->times, 0, sizeof(to->times));
		read_text(in, item, "experiment", to->experiment);
		read_text(in, item, "arm", to->arm);
		read_times(in, item, &to->times);
		read_pchids(in, item, s);
		s->nr_experiments++;
	}
}

static void forget(struct snapshot *s)
{
	memset(&s->recorder, 0, sizeof(s->recorder));
	s->nr_arms = s->nr_experiments = s->nr_pchids = 0;
}

static void read_values(struct json_in *in, const json_t *o, struct snapshot_recorder *r)
{
	const struct {
		const char *key;
		struct snapshot_value *to;
	} numbers[] = {
		{ "recorded", &r->recorded },
		{ "missing", &r->missing },
		{ "commits", &r->commits },
		{ "lag", &r->lag },
		{ "history_bytes", &r->file },
		{ "wal_bytes", &r->wal },
		{ "clients", &r->clients },
		{ "clients_missed", &r->clients_missed },
		{ "clients_refused", &r->clients_refused },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i].to = number(in, o, numbers[i].key);
	r->started = moment(in, o, "started");
	r->last_commit = moment(in, o, "last_commit");
	r->life_age = moment(in, o, "last_life");
	r->recording = json_in_bool(in, o, "recording", JSON_IN_OPTIONAL);
	read_text(in, o, "error", r->error);
}

static int parse(struct snapshot *s, const json_t *o, int64_t written_ns)
{
	struct snapshot_recorder *r = &s->recorder;
	struct json_in in;

	json_in_init(&in, "recorder");
	r->up = json_file_writer_lives(json_in_number(&in, o, "pid", INT32_MAX, JSON_IN_NEED));
	read_values(&in, o, r);
	r->ejections = json_in_number(&in, o, "policy_ejections", MAX_COUNT, JSON_IN_OPTIONAL);
	read_gaps(&in, o, r);
	read_journal(&in, o, r);
	read_removed(&in, o, r);
	read_arms(&in, o, s);
	read_experiments(&in, o, s);
	if (r->life_age.known)
		r->life_age.n = since((int64_t)r->life_age.n, s->wall_ns);
	r->status_age = (struct snapshot_value){ true, since(written_ns, s->wall_ns) };
	return in.err;
}

int recorder_file_read(struct snapshot *s, const char *path)
{
	int64_t written_ns;
	json_t *o = NULL;
	int err;

	forget(s);
	err = json_file_read(path, MAX_BYTES, &o, &written_ns);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = parse(s, o, written_ns);
	/* Nothing of a document that is wrong in one place */
	if (err)
		forget(s);
	json_decref(o);
	return err;
}
