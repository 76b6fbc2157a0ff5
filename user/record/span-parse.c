// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "record/names.h"
#include "record/span-parse.h"

#define WORD_MAX	64	/* bytes of a name */

static uint32_t get_u32(struct json_in *in, const json_t *o, const char *key)
{
	return (uint32_t)json_in_number(in, o, key, UINT32_MAX, JSON_IN_OPTIONAL);
}

static uint64_t get_ns(struct json_in *in, const json_t *o, const char *key,
		       enum json_in_need need)
{
	return json_in_number(in, o, key, INT64_MAX, need);
}

static uint64_t get_time(struct json_in *in, const json_t *o)
{
	const char *text = json_in_text(in, o, "time", CLOCK_TEXT_LEN, JSON_IN_NEED);
	int64_t ns = 0;

	if (!in->err && clock_parse_utc(text, &ns))
		json_in_refuse(in, "time", json_object_get(o, "time"),
			       "a time as 2026-11-21T02:24:55.753123456Z");
	return (uint64_t)ns;
}

/* "0001:00:00.0" */
static bool parse_address(const char *s, struct zrec_span *ret)
{
	unsigned int domain, bus, slot, fn;
	int end = 0;

	if (sscanf(s, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &fn, &end) != 4 || s[end] ||
	    !isxdigit((unsigned char)*s) || strpbrk(s, " +-xX") || slot > 0x1f || fn > 7)
		return false;
	ret->domain = (uint16_t)domain;
	ret->bus = (uint8_t)bus;
	ret->devfn = (uint8_t)(slot << 3 | fn);
	return true;
}

static void get_device(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	ret->flags |= ZREC_SPAN_DEVICE;
	ret->pft = (uint8_t)json_in_hex(in, o, "pft", UINT8_MAX, JSON_IN_OPTIONAL);
	ret->pchid = (uint16_t)json_in_hex(in, o, "pchid", UINT16_MAX, JSON_IN_OPTIONAL);
	ret->vendor = (uint16_t)json_in_hex(in, o, "vendor", UINT16_MAX, JSON_IN_OPTIONAL);
	ret->device = (uint16_t)json_in_hex(in, o, "device", UINT16_MAX, JSON_IN_OPTIONAL);
	ret->class_code = json_in_hex(in, o, "class", UINT32_MAX, JSON_IN_OPTIONAL);
	json_in_copy(in, o, "driver", ret->driver, sizeof(ret->driver), JSON_IN_OPTIONAL);
}

static void get_ids(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	const json_t *ids = json_in_object(in, o, "ids", JSON_IN_NEED);
	size_t left = json_in_enter(in, "ids", -1);
	const char *address;

	ret->fid = json_in_hex(in, ids, "fid", UINT32_MAX, JSON_IN_NEED);
	address = json_in_text(in, ids, "pci_address", WORD_MAX, JSON_IN_OPTIONAL);
	if (*address && !parse_address(address, ret))
		json_in_refuse(in, "pci_address", json_object_get(ids, "pci_address"),
			       "an address as 0001:00:00.0");
	if (*address)
		ret->uid = json_in_hex(in, ids, "uid", UINT32_MAX, JSON_IN_OPTIONAL);
	json_in_leave(in, left);
	if (*address)
		get_device(in, o, ret);
}

static uint8_t get_word(struct json_in *in, const json_t *o, const char *key,
			int (*parse)(const char *s, uint32_t *ret))
{
	const char *text = json_in_text(in, o, key, WORD_MAX, JSON_IN_OPTIONAL);
	uint32_t value = SPAN_UNKNOWN;

	if (!*text)
		return 0;
	parse(text, &value);
	return (uint8_t)value;
}

static int parse_recoverer(const char *s, uint32_t *ret)
{
	if (strcmp(s, "nobody"))
		return name_parse_recoverer(s, ret);
	*ret = ZREC_BY_NOBODY;
	return 0;
}

static void get_outcome(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	uint32_t outcome = SPAN_UNKNOWN, reason = SPAN_UNKNOWN;
	const char *text = json_in_text(in, o, "outcome", WORD_MAX, JSON_IN_NEED);

	name_parse_outcome(text, &outcome);
	ret->outcome = (uint8_t)outcome;
	text = json_in_text(in, o, "reason", WORD_MAX, JSON_IN_OPTIONAL);
	if (!*text)
		reason = 0;
	else
		name_parse_reason_of(outcome, text, &reason);
	ret->reason = (uint8_t)reason;
	if (outcome == ZPCI_OUTCOME_DROPPED)
		ret->drop_rc = json_in_s32(in, o, "drop_rc", JSON_IN_OPTIONAL);
}

static uint32_t get_bits(struct json_in *in, const json_t *o, const char *key)
{
	const json_t *list = json_in_array(in, o, key, JSON_IN_OPTIONAL), *name;
	uint32_t bits = 0;
	size_t i;

	json_array_foreach(list, i, name) {
		uint32_t bit = 31;

		if (!json_is_string(name)) {
			json_in_refuse(in, key, list, "a list of names");
			return 0;
		}
		name_parse_seen(json_string_value(name), &bit);
		bits |= 1u << bit;
	}
	return bits;
}

static void get_owner(struct json_in *in, const json_t *m, struct zrec_span *ret)
{
	const json_t *owner = json_in_object(in, m, "owner", JSON_IN_OPTIONAL);
	size_t left = json_in_enter(in, "owner", -1);

	if (owner) {
		ret->owner_pid = (uint32_t)json_in_number(in, owner, "pid", UINT32_MAX,
							  JSON_IN_NEED);
		json_in_copy(in, owner, "comm", ret->owner_comm, sizeof(ret->owner_comm),
			     JSON_IN_OPTIONAL);
	}
	json_in_leave(in, left);
}

static void get_mediation(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	const json_t *m = json_in_object(in, o, "mediation", JSON_IN_OPTIONAL);
	size_t left = json_in_enter(in, "mediation", -1);

	if (m) {
		if (json_in_bool(in, m, "notified", JSON_IN_OPTIONAL))
			ret->flags |= ZREC_SPAN_NOTIFIED;
		if (json_in_bool(in, m, "unheard", JSON_IN_OPTIONAL))
			ret->flags |= ZREC_SPAN_UNHEARD;
		get_owner(in, m, ret);
		ret->pending_max = (uint8_t)json_in_number(in, m, "pending_max", UINT8_MAX,
							   JSON_IN_OPTIONAL);
		ret->reads = get_u32(in, m, "reads");
		ret->overflows = get_u32(in, m, "overflows");
		ret->reset_tries = get_u32(in, m, "reset_tries");
		ret->reset_failures = get_u32(in, m, "reset_failures");
	}
	json_in_leave(in, left);
}

static void get_experiment(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	const json_t *e = json_in_object(in, o, "experiment", JSON_IN_OPTIONAL);
	size_t left = json_in_enter(in, "experiment", -1);

	if (e) {
		ret->experiment = get_u32(in, e, "number");
		ret->arm = (uint8_t)json_in_number(in, e, "arm_number", UINT8_MAX,
						   JSON_IN_OPTIONAL);
	}
	json_in_leave(in, left);
}

static void get_ccdf(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	const char *hex = json_in_text(in, o, "ccdf", 2 * ZPCI_CCDF_LEN, JSON_IN_OPTIONAL);

	if (!*hex)
		return;
	if (strspn(hex, "0123456789abcdefABCDEF") != 2 * ZPCI_CCDF_LEN) {
		json_in_refuse(in, "ccdf", json_object_get(o, "ccdf"),
			       "32 bytes in hexadecimal");
		return;
	}
	for (int i = 0; i < ZPCI_CCDF_LEN; i++) {
		const char byte[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		ret->ccdf[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
}

static void add_other(struct zrec_span *ret, uint64_t ns)
{
	uint64_t *other = &ret->step_ns[ZREC_STEP_OTHER];

	*other = ns > UINT64_MAX - *other ? UINT64_MAX : *other + ns;
}

/* @had: the steps that came before, a bit each */
static void get_step(struct json_in *in, const json_t *o, struct zrec_span *ret, uint32_t *had)
{
	const char *name = json_in_text(in, o, "step", WORD_MAX, JSON_IN_NEED);
	uint64_t ns = get_ns(in, o, "duration_ns", JSON_IN_NEED);
	uint32_t step;

	if (in->err)
		return;
	if (name_parse_step(name, &step)) {
		add_other(ret, ns);
		return;
	}
	if (*had & 1u << step) {
		json_in_refuse(in, "step", json_object_get(o, "step"), "a step of its own");
		return;
	}
	*had |= 1u << step;
	if (step == ZREC_STEP_OTHER) {
		add_other(ret, ns);
		return;
	}
	ret->step_ns[step] = ns;
	ret->step_at_ns[step] = get_ns(in, o, "at_ns", JSON_IN_NEED);
	ret->step_count[step] = (uint16_t)json_in_number(in, o, "count", UINT16_MAX,
							 JSON_IN_OPTIONAL);
	ret->step_result[step] = json_in_s32(in, o, "result", JSON_IN_OPTIONAL);
}

static void get_steps(struct json_in *in, const json_t *o, struct zrec_span *ret)
{
	const json_t *steps = json_in_array(in, o, "steps", JSON_IN_NEED), *step;
	uint32_t had = 0;
	size_t i, left;

	json_array_foreach(steps, i, step) {
		left = json_in_enter(in, "steps", (int)i);
		if (json_is_object(step))
			get_step(in, step, ret, &had);
		else
			json_in_refuse(in, "step", step, "in an object");
		json_in_leave(in, left);
		if (in->err)
			return;
	}
}

static void get_policy(struct json_in *in, const json_t *o, struct zrec_full_span *ret)
{
	const json_t *policy = json_in_object(in, o, "policy", JSON_IN_OPTIONAL);
	size_t left;

	if (!policy)
		return;
	ret->span.flags |= ZREC_SPAN_POLICY;
	ret->span.size = sizeof(*ret);
	left = json_in_enter(in, "policy", -1);
	span_parse_policy(in, policy, &ret->policy);
	json_in_leave(in, left);
}

int span_parse(struct json_in *in, const json_t *o, struct zrec_full_span *ret)
{
	struct zrec_span *s = &ret->span;

	*ret = (struct zrec_full_span){ .span = { .abi = ZREC_ABI, .size = sizeof(*s) } };
	s->id = json_in_number(in, o, "id", INT64_MAX, JSON_IN_NEED);
	s->tai_ns = get_time(in, o);
	s->begin_ns = json_in_u64(in, o, "begin_ns", JSON_IN_NEED);
	s->total_ns = get_ns(in, o, "total_ns", JSON_IN_NEED);
	s->seq = json_in_u64(in, o, "seq", JSON_IN_OPTIONAL);
	s->tier = get_word(in, o, "tier", name_parse_tier);
	s->seen = get_bits(in, o, "seen");
	s->inferred = get_bits(in, o, "inferred");
	s->life = get_u32(in, o, "life");
	get_ids(in, o, s);
	s->fh = json_in_hex(in, o, "fh", UINT32_MAX, JSON_IN_OPTIONAL);
	s->pec = (uint16_t)json_in_hex(in, o, "pec", UINT16_MAX, JSON_IN_NEED);
	s->recoverer = get_word(in, o, "recoverer", parse_recoverer);
	get_outcome(in, o, s);
	s->events = get_u32(in, o, "events");
	get_experiment(in, o, s);
	get_mediation(in, o, s);
	get_policy(in, o, ret);
	get_ccdf(in, o, s);
	get_steps(in, o, s);
	return in->err;
}
