// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "record/names.h"
#include "record/span-parse.h"

#define WORD_MAX	64	/* bytes of a name */

static uint8_t get_member(struct json_in *in, const json_t *o)
{
	uint32_t member = SPAN_UNKNOWN;

	name_parse_member(json_in_text(in, o, "member", WORD_MAX, JSON_IN_NEED), &member);
	return (uint8_t)member;
}

/* Milliseconds of a deadline are in a key of their own */
static uint32_t get_verdict(struct json_in *in, const json_t *o, const char *key,
			    unsigned int member)
{
	uint32_t verdict = UINT32_MAX;
	const char *text;
	char ms[32];

	if (member == ZPCI_MEMBER_DEADLINE) {
		snprintf(ms, sizeof(ms), "%s_ms", key);
		return (uint32_t)json_in_number(in, o, ms, UINT32_MAX, JSON_IN_NEED);
	}
	text = json_in_text(in, o, key, WORD_MAX, JSON_IN_NEED);
	if (name_parse_verdict(text, &verdict))
		name_parse_u32(text, &verdict);
	return verdict;
}

static uint8_t get_vote(struct json_in *in, const json_t *o)
{
	const char *text = json_in_text(in, o, "vote", WORD_MAX, JSON_IN_OPTIONAL);
	uint32_t vote = SPAN_UNKNOWN;

	if (!*text)
		return ZPCI_VOTE_NOT_YET;
	if (name_parse_vote(text, &vote) && (name_parse_u32(text, &vote) || vote > UINT8_MAX))
		vote = SPAN_UNKNOWN;
	return (uint8_t)vote;
}

static void get_point(struct json_in *in, const json_t *o, struct zrec_point *ret)
{
	ret->member = get_member(in, o);
	ret->at_ns = json_in_number(in, o, "at_ns", INT64_MAX, JSON_IN_NEED);
	ret->dflt = get_verdict(in, o, "default", ret->member);
	ret->pec = (uint16_t)json_in_hex(in, o, "pec", UINT16_MAX, JSON_IN_NEED);
	ret->vote = get_vote(in, o);
	ret->attempt = (uint8_t)json_in_number(in, o, "attempt", UINT8_MAX, JSON_IN_OPTIONAL);
	if (json_in_bool(in, o, "asked", JSON_IN_OPTIONAL))
		ret->asked |= ZREC_ASKED_ENFORCED;
	if (json_in_bool(in, o, "asked_in_shadow", JSON_IN_OPTIONAL))
		ret->asked |= ZREC_ASKED_SHADOW;
	if (!json_object_get(o, "events"))
		return;
	ret->known = ZREC_KNOWN_COUNTS;
	ret->events = (uint32_t)json_in_number(in, o, "events", UINT32_MAX, JSON_IN_NEED);
	ret->recovered = (uint32_t)json_in_number(in, o, "recovered", UINT32_MAX, JSON_IN_NEED);
	ret->failed = (uint32_t)json_in_number(in, o, "failed", UINT32_MAX, JSON_IN_NEED);
	ret->last_event_ns = json_in_u64(in, o, "last_event_ns", JSON_IN_NEED);
}

/* Absent, or of a point beyond those that a span has: an unlisted one */
static uint8_t get_index(struct json_in *in, const json_t *o)
{
	uint64_t point = json_in_number(in, o, "point", UINT32_MAX, JSON_IN_OPTIONAL);

	return json_object_get(o, "point") && point < ZREC_MAX_POINTS ? (uint8_t)point :
	       ZREC_MAX_POINTS;
}

static void get_answer(struct json_in *in, const json_t *o, struct zrec_answer *ret)
{
	json_in_copy(in, o, "policy", ret->policy, sizeof(ret->policy), JSON_IN_NEED);
	ret->member = get_member(in, o);
	ret->shadow = json_in_bool(in, o, "shadow", JSON_IN_NEED);
	ret->dflt = get_verdict(in, o, "default", ret->member);
	ret->verdict = get_verdict(in, o, "verdict", ret->member);
	ret->effective = get_verdict(in, o, "effective", ret->member);
	ret->ns = json_in_number(in, o, "duration_ns", INT64_MAX, JSON_IN_OPTIONAL);
	ret->point = get_index(in, o);
}

/* The count of what has no place in the span, so that it is missed and not forgotten */
static uint32_t add_unlisted(uint32_t unlisted, size_t more)
{
	return more > UINT32_MAX - unlisted ? UINT32_MAX : unlisted + (uint32_t)more;
}

/* True if the element is an object, which the caller may look into until json_in_leave() */
static bool enter_element(struct json_in *in, const char *list, size_t i, const json_t *o,
			  size_t *left)
{
	char key[32];

	if (json_is_object(o)) {
		*left = json_in_enter(in, list, (int)i);
		return true;
	}
	snprintf(key, sizeof(key), "%s[%zu]", list, i);
	json_in_refuse(in, key, o, "an object");
	return false;
}

static void get_points(struct json_in *in, const json_t *o, struct zrec_span_policy *ret)
{
	const json_t *points = json_in_array(in, o, "points", JSON_IN_OPTIONAL);
	size_t nr = json_array_size(points), left;

	for (size_t i = 0; i < nr && i < ZREC_MAX_POINTS && !in->err; i++) {
		const json_t *point = json_array_get(points, i);

		if (!enter_element(in, "points", i, point, &left))
			return;
		get_point(in, point, &ret->point[ret->nr_points++]);
		json_in_leave(in, left);
	}
	if (nr > ZREC_MAX_POINTS)
		ret->unlisted_points = add_unlisted(ret->unlisted_points, nr - ZREC_MAX_POINTS);
}

static void get_answers(struct json_in *in, const json_t *o, struct zrec_span_policy *ret)
{
	const json_t *answers = json_in_array(in, o, "answers", JSON_IN_OPTIONAL);
	size_t nr = json_array_size(answers), left;

	for (size_t i = 0; i < nr && i < ZREC_MAX_ANSWERS && !in->err; i++) {
		const json_t *answer = json_array_get(answers, i);

		if (!enter_element(in, "answers", i, answer, &left))
			return;
		get_answer(in, answer, &ret->answer[ret->nr++]);
		json_in_leave(in, left);
	}
	if (nr > ZREC_MAX_ANSWERS)
		ret->unlisted = add_unlisted(ret->unlisted, nr - ZREC_MAX_ANSWERS);
}

void span_parse_policy(struct json_in *in, const json_t *o, struct zrec_span_policy *ret)
{
	json_in_copy(in, o, "name", ret->policy, sizeof(ret->policy), JSON_IN_OPTIONAL);
	ret->decisions = (uint32_t)json_in_number(in, o, "decisions", UINT32_MAX, JSON_IN_OPTIONAL);
	ret->shadow_decisions = (uint32_t)json_in_number(in, o, "shadow_decisions", UINT32_MAX,
							 JSON_IN_OPTIONAL);
	ret->ns = json_in_number(in, o, "duration_ns", INT64_MAX, JSON_IN_OPTIONAL);
	ret->unlisted = (uint32_t)json_in_number(in, o, "unlisted", UINT32_MAX, JSON_IN_OPTIONAL);
	ret->unlisted_points = (uint32_t)json_in_number(in, o, "unlisted_points", UINT32_MAX,
							JSON_IN_OPTIONAL);
	get_points(in, o, ret);
	get_answers(in, o, ret);
}
