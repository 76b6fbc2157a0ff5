// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "base/text.h"
#include "keep/gap.h"
#include "keep/record-json.h"
#include "record/names.h"
#include "record/span-parse.h"
#include "record/span.h"

json_t *history_boot_to_json(const struct history_boot *boot)
{
	json_t *o = json_pack("{s:o}", "boot_id", text_to_json(boot->boot_id));
	int err = 0;

	/* Which not every host tells */
	if (boot->machine_id[0])
		err |= json_object_set_new(o, "machine_id", text_to_json(boot->machine_id));
	err |= json_object_set_new(o, "host", text_to_json(boot->host));
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* Where it happened: the host is for people, the boot says all that a reader needs */
static int set_place(json_t *o, const struct history_boot *boot)
{
	return json_object_set_new(o, "host", text_to_json(boot->host)) |
	       json_object_set_new(o, "boot", text_to_json(boot->boot_id));
}

static int set_time(json_t *o, const char *key, int64_t wall_ns)
{
	char when[CLOCK_TEXT_LEN];

	return json_object_set_new(o, key, json_string(clock_utc(wall_ns, when)));
}

json_t *history_observation_to_json(const struct history_observation *observation)
{
	json_t *o = json_object();
	int err = json_object_set_new(o, "observation_ns", output_u64(observation->since_ns));

	/* A stranger's file may have any time */
	if (observation->since_wall_ns > 0)
		err |= set_time(o, "since", observation->since_wall_ns);
	err |= json_object_set_new(o, "tier", json_string(name_tier(observation->tier)));
	err |= json_object_set_new(o, "version", text_to_json(observation->version));
	err |= set_place(o, observation->boot);
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* The span may have its number already */
static int set_experiment(json_t *o, const struct history_recovery *r)
{
	json_t *e = json_object_get(o, "experiment");

	if (!r->experiment[0])
		return 0;
	if (!e) {
		e = json_object();
		if (json_object_set_new(o, "experiment", e))
			return -1;
	}
	return json_object_set_new(e, "name", text_to_json(r->experiment)) |
	       json_object_set_new(e, "arm", text_to_json(r->arm));
}

json_t *history_recovery_to_json(const struct history_recovery *r)
{
	json_t *o = span_to_json(&r->full.span, 0);
	int err = o ? set_place(o, r->boot) : -1;

	if (!err)
		err = json_object_set_new(o, "observation_ns", output_u64(r->observation_ns)) |
		      json_object_set_new(o, "position", output_u64(r->position)) |
		      set_experiment(o, r);
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *history_gap_to_json(const struct history_boot *boot, const struct history_gap *gap)
{
	json_t *o = json_pack("{s:s, s:o}", "reason", gap_reason_name(gap->reason),
			      "recoveries", output_count(gap->recoveries));

	if (!o || set_time(o, "from", gap->from_ns) | set_time(o, "to", gap->to_ns) |
	    set_place(o, boot)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *history_policy_event_to_json(const struct history_policy_event *e)
{
	json_t *o = json_object();
	int err = set_time(o, "time", e->wall_ns);

	if (e->at_ns)
		err |= json_object_set_new(o, "at_ns", output_u64(e->at_ns));
	err |= json_object_set_new(o, "policy", span_text_to_json(e->policy, sizeof(e->policy)));
	err |= json_object_set_new(o, "what", span_text_to_json(e->what, sizeof(e->what)));
	err |= json_object_set_new(o, "code", json_integer(e->code));
	if (e->text[0])
		err |= json_object_set_new(o, "text", span_text_to_json(e->text, sizeof(e->text)));
	err |= set_place(o, e->boot);
	if (err) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* --- and back ------------------------------------------------------------- */

/* A name with a NUL behind it */
static void get_name(struct json_in *in, const json_t *o, const char *key, char *ret, size_t size,
		     enum json_in_need need)
{
	const char *text = json_in_text(in, o, key, size - 1, need);

	memset(ret, 0, size);
	memcpy(ret, text, strlen(text));
}

/* Keys of files and labels of metrics: at least one letter, and nothing that has to be escaped */
static void get_id(struct json_in *in, const json_t *o, const char *key, char ret[HISTORY_ID_LEN])
{
	get_name(in, o, key, ret, HISTORY_ID_LEN, JSON_IN_NEED);
	if (!in->err && (!*ret || strspn(ret, "0123456789abcdefABCDEF-") != strlen(ret)))
		json_in_refuse(in, key, json_object_get(o, key),
			       "a UUID or hexadecimal digits");
}

int history_boot_parse(struct json_in *in, const json_t *o, struct history_boot *ret)
{
	get_id(in, o, "boot_id", ret->boot_id);
	if (json_object_get(o, "machine_id"))
		get_id(in, o, "machine_id", ret->machine_id);
	else
		memset(ret->machine_id, 0, sizeof(ret->machine_id));
	get_name(in, o, "host", ret->host, sizeof(ret->host), JSON_IN_NEED);
	return in->err;
}

static const struct history_boot *get_boot(struct json_in *in, const json_t *o,
					   struct boots *boots)
{
	const char *id = json_in_text(in, o, "boot", HISTORY_ID_LEN - 1, JSON_IN_NEED);
	const struct history_boot *boot = in->err ? NULL : boots_find(boots, id);

	if (!boot)
		json_in_refuse(in, "boot", json_object_get(o, "boot"),
			       "the boot_id of a line before it");
	return boot;
}

static int64_t get_time(struct json_in *in, const json_t *o, const char *key)
{
	const char *text = json_in_text(in, o, key, CLOCK_TEXT_LEN, JSON_IN_NEED);
	int64_t ns = 0;

	if (!in->err && clock_parse_utc(text, &ns))
		json_in_refuse(in, key, json_object_get(o, key),
			       "a time as 2026-11-21T02:24:55.753123456Z");
	return ns;
}

int history_observation_parse(struct json_in *in, const json_t *o, struct boots *boots,
			      struct history_observation *ret)
{
	const char *tier;
	uint32_t value = SPAN_UNKNOWN;

	*ret = (struct history_observation){ .boot = get_boot(in, o, boots) };
	ret->since_ns = json_in_u64(in, o, "observation_ns", JSON_IN_NEED);
	if (json_object_get(o, "since"))
		ret->since_wall_ns = get_time(in, o, "since");
	tier = json_in_text(in, o, "tier", HISTORY_NAME_LEN, JSON_IN_NEED);
	if (!in->err)
		name_parse_tier(tier, &value);
	ret->tier = (uint8_t)value;
	get_name(in, o, "version", ret->version, sizeof(ret->version), JSON_IN_NEED);
	return in->err;
}

int history_recovery_parse(struct json_in *in, const json_t *o, struct boots *boots,
			   struct observations *observations, struct history_recovery *ret)
{
	const json_t *experiment;

	ret->row = 0;
	ret->boot = get_boot(in, o, boots);
	ret->observation_ns = json_in_u64(in, o, "observation_ns", JSON_IN_NEED);
	ret->observation = observations_find(observations, ret->boot, ret->observation_ns);
	ret->position = json_in_u64(in, o, "position", JSON_IN_NEED);
	span_parse(in, o, &ret->full);
	ret->wall_ns = (int64_t)ret->full.span.tai_ns;
	experiment = json_in_object(in, o, "experiment", JSON_IN_OPTIONAL);
	get_name(in, experiment, "name", ret->experiment, sizeof(ret->experiment),
		 JSON_IN_OPTIONAL);
	get_name(in, experiment, "arm", ret->arm, sizeof(ret->arm), JSON_IN_OPTIONAL);
	return in->err;
}

int history_gap_parse(struct json_in *in, const json_t *o, struct boots *boots,
		      struct history_gap *ret, const struct history_boot **ret_boot)
{
	const char *reason = json_in_text(in, o, "reason", HISTORY_NAME_LEN, JSON_IN_NEED);

	*ret = (struct history_gap){ .reason = gap_reason_parse(reason) };
	ret->recoveries = json_in_number(in, o, "recoveries", INT64_MAX, JSON_IN_NEED);
	ret->from_ns = get_time(in, o, "from");
	ret->to_ns = get_time(in, o, "to");
	*ret_boot = get_boot(in, o, boots);
	return in->err;
}

int history_policy_event_parse(struct json_in *in, const json_t *o, struct boots *boots,
			       struct history_policy_event *ret)
{
	*ret = (struct history_policy_event){ .wall_ns = get_time(in, o, "time") };
	ret->at_ns = json_in_u64(in, o, "at_ns", JSON_IN_OPTIONAL);
	get_name(in, o, "policy", ret->policy, sizeof(ret->policy), JSON_IN_NEED);
	get_name(in, o, "what", ret->what, sizeof(ret->what), JSON_IN_NEED);
	ret->code = (uint32_t)json_in_number(in, o, "code", UINT32_MAX, JSON_IN_OPTIONAL);
	get_name(in, o, "text", ret->text, sizeof(ret->text), JSON_IN_OPTIONAL);
	ret->boot = get_boot(in, o, boots);
	return in->err;
}
