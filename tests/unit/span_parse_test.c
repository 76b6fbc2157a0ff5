// SPDX-License-Identifier: GPL-2.0
/* span_parse() is the way back of span_to_json(), and takes no nonsense */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/span-parse.h"
#include "record/span.h"
#include "span_random.h"

/* Through text, as in a file */
static int parse_text(const char *text, struct zrec_full_span *ret, struct json_in *in)
{
	json_t *o = json_loads(text, 0, NULL);
	int err;

	assert_non_null(o);
	json_in_init(in, "recovery");
	err = span_parse(in, o, ret);
	json_decref(o);
	return err;
}

static void assert_comes_back(const struct zrec_full_span *s)
{
	json_t *o = span_to_json(&s->span, 0);
	char *text = json_dumps(o, JSON_COMPACT);
	size_t size = s->span.size;
	struct zrec_full_span back;
	struct json_in in;

	assert_non_null(text);
	if (parse_text(text, &back, &in))
		fail_msg("%s in %s", in.why, text);
	if (memcmp(&back, s, size)) {
		json_t *again = span_to_json(&back.span, 0);

		fail_msg("comes back otherwise:\n%s\n%s", text, json_dumps(again, JSON_COMPACT));
	}
	free(text);
	json_decref(o);
}

static void random_spans_come_back_bit_by_bit(void **state)
{
	uint64_t seed = 20261125;
	struct zrec_full_span s;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		span_random(&seed, &s);
		assert_comes_back(&s);
	}
}

static void what_the_tests_show_comes_back(void **state)
{
	struct zrec_full_span s;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++) {
		memset(&s, 0, sizeof(s));
		fixtures[i].make(&s.span);
		assert_comes_back(&s);
	}
}

/* --- what is wrong, and how it is said ------------------------------------ */

static json_t *fixture_json(const char *name)
{
	struct zrec_full_span s = { 0 };
	json_t *o;

	for (size_t i = 0; i < nr_fixtures; i++)
		if (!strcmp(fixtures[i].name, name))
			fixtures[i].make(&s.span);
	o = span_to_json(&s.span, 0);
	assert_non_null(o);
	return o;
}

/* "steps[2].count" */
static json_t *find(json_t *o, const char *path, const char **last)
{
	static char key[64];
	size_t len = strcspn(path, ".[");

	memcpy(key, path, len);
	key[len] = '\0';
	if (!path[len]) {
		*last = key;
		return o;
	}
	o = json_object_get(o, key);
	if (path[len] == '[') {
		o = json_array_get(o, (size_t)atoi(path + len + 1));
		len += strcspn(path + len, "]") + 1;
	}
	return find(o, path + len + 1, last);
}

static void mistakes_are_named_by_key_and_value(void **state)
{
	static const struct {
		const char *fixture, *path, *value, *why;
	} bad[] = {
		{ "host-recovered", "id", NULL, "recovery.id is missing" },
		{ "host-recovered", "id", "-1", "recovery.id is -1, not a number from 0 to 9223372036854775807" },
		{ "host-recovered", "id", "\"7\"", "recovery.id is \"7\", not a number from 0 to 9223372036854775807" },
		{ "host-recovered", "id", "7.0", "recovery.id is 7.0, not a number from 0 to 9223372036854775807" },
		{ "host-recovered", "time", "\"2026-02-30T00:00:00.000000000Z\"",
		  "recovery.time is \"2026-02-30T00:00:00.000000000Z\", not a time as 2026-11-21T02:24:55.753123456Z" },
		{ "host-recovered", "time", "\"2026-02-20 00:00:00\"",
		  "recovery.time is \"2026-02-20 00:00:00\", not a time as 2026-11-21T02:24:55.753123456Z" },
		{ "host-recovered", "begin_ns", "18446744073709551616.0",
		  "recovery.begin_ns is 1.8446744073709552e19, not a string of decimal digits, of 64 bits" },
		{ "host-recovered", "begin_ns", "\"18446744073709551616\"",
		  "recovery.begin_ns is \"18446744073709551616\", not a string of decimal digits, of 64 bits" },
		{ "host-recovered", "begin_ns", "\"\"",
		  "recovery.begin_ns is \"\", not a string of decimal digits, of 64 bits" },
		{ "host-recovered", "ids", "[]", "recovery.ids is [], not an object" },
		{ "host-recovered", "ids.fid", "\"17\"",
		  "recovery.ids.fid is \"17\", not a string from \"0x0\" to \"0xffffffff\"" },
		{ "host-recovered", "ids.pci_address", "\"0001:00:20.0\"",
		  "recovery.ids.pci_address is \"0001:00:20.0\", not an address as 0001:00:00.0" },
		{ "host-recovered", "pec", "\"0x10000\"",
		  "recovery.pec is \"0x10000\", not a string from \"0x0\" to \"0xffff\"" },
		{ "host-recovered", "driver", "\"0123456789abcdef0123456789\"",
		  "recovery.driver is \"0123456789abcdef0123456789\", not a string of at most 24 bytes" },
		{ "host-recovered", "outcome", "null", "recovery.outcome is null, not a string of at most 64 bytes" },
		{ "host-recovered", "inferred", "[1]", "recovery.inferred is [1], not a list of names" },
		{ "host-recovered", "ccdf", "\"00\"", "recovery.ccdf is \"00\", not 32 bytes in hexadecimal" },
		{ "host-recovered", "steps", "{}", "recovery.steps is {}, not a list" },
		{ "host-recovered", "steps[2].count", "65536",
		  "recovery.steps[2].count is 65536, not a number from 0 to 65535" },
		{ "host-recovered", "steps[2].duration_ns", NULL, "recovery.steps[2].duration_ns is missing" },
		{ "host-recovered", "steps[2].step", "\"lock\"",
		  "recovery.steps[2].step is \"lock\", not a step of its own" },
		{ "host-recovered", "steps[0].result", "2147483648",
		  "recovery.steps[0].result is 2147483648, not a number of 32 bits" },
		{ "user-recovered", "mediation.notified", "1", "recovery.mediation.notified is 1, not true or false" },
		{ "user-recovered", "mediation.owner.pid", NULL, "recovery.mediation.owner.pid is missing" },
		{ "policy-isolated", "policy.answers[1].member", "5",
		  "recovery.policy.answers[1].member is 5, not a string of at most 64 bytes" },
		{ "policy-isolated", "policy.points", "[3]", "recovery.policy.points[0] is 3, not an object" },
		{ "policy-isolated", "policy.points[1].last_event_ns", "7",
		  "recovery.policy.points[1].last_event_ns is 7, not a string of decimal digits, of 64 bits" },
	};
	struct zrec_full_span s;
	struct json_in in;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *o = fixture_json(bad[i].fixture), *at;
		const char *key;

		at = find(o, bad[i].path, &key);
		if (bad[i].value)
			json_object_set_new(at, key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		else
			assert_int_equal(json_object_del(at, key), 0);
		json_in_init(&in, "recovery");
		assert_int_equal(span_parse(&in, o, &s), -EINVAL);
		assert_string_equal(in.why, bad[i].why);
		json_decref(o);
	}
}

static void a_long_or_rude_value_is_cut_in_the_message(void **state)
{
	json_t *o = fixture_json("host-recovered");
	char text[2000] = "\"\\u001b[2J";
	struct zrec_full_span s;
	struct json_in in;

	(void)state;
	memset(text + 10, 'x', sizeof(text) - 12);
	text[sizeof(text) - 2] = '"';
	json_object_set_new(o, "driver", json_loads(text, JSON_DECODE_ANY, NULL));
	json_in_init(&in, "recovery");
	assert_int_equal(span_parse(&in, o, &s), -EINVAL);
	assert_non_null(strstr(in.why, "..., not a string of at most 24 bytes"));
	assert_null(strchr(in.why, '\033'));
	json_decref(o);
}

/* Every value below @v replaced by each of some others: it is read or refused, in one piece */
static void replace_each(json_t *o, json_t *v, int *nr)
{
	static const char *const others[] = {
		"null", "true", "-1", "9223372036854775807", "1e300", "\"\"", "\"x\"", "[]",
		"[[]]", "{}", "{\"step\":{}}", "\"0xffffffffff\"",
	};
	json_t *child, *other;
	struct zrec_full_span s;
	const char *key;
	struct json_in in;
	void *tmp;
	int err;

	json_object_foreach_safe(v, tmp, key, child) {
		char name[64];

		snprintf(name, sizeof(name), "%s", key);
		json_incref(child);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			other = json_loads(others[i], JSON_DECODE_ANY, NULL);
			json_object_set_new(v, name, other);
			json_in_init(&in, "recovery");
			err = span_parse(&in, o, &s);
			assert_true(err ? err == -EINVAL && in.why[0] : !in.why[0]);
			(*nr)++;
		}
		json_object_set_new(v, name, child);
		replace_each(o, json_object_get(v, name), nr);
	}
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
		replace_each(o, json_array_get(v, i), nr);
}

static void any_value_in_any_place_is_read_or_refused(void **state)
{
	int nr = 0;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++) {
		json_t *o = fixture_json(fixtures[i].name);

		replace_each(o, o, &nr);
		json_decref(o);
	}
	assert_true(nr > 1000);
}

/* --- a newer zrec ---------------------------------------------------------- */

static void names_of_tomorrow_are_kept_as_unknown(void **state)
{
	json_t *o = fixture_json("policy-isolated"), *step, *policy;
	struct zrec_full_span s, was = { 0 };
	struct json_in in;
	uint64_t sum = 0;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++)
		if (!strcmp(fixtures[i].name, "policy-isolated"))
			fixtures[i].make(&was.span);
	step = json_array_get(json_object_get(o, "steps"), 2);
	policy = json_object_get(o, "policy");
	json_object_set_new(step, "step", json_string("link_training"));
	json_object_set_new(step, "speed", json_integer(16));
	json_object_set_new(o, "outcome", json_string("quarantined"));
	json_object_set_new(o, "reason", json_string("moon_phase"));
	json_object_set_new(o, "tier", json_string("oracle"));
	json_object_set_new(o, "recoverer", json_string("robot"));
	json_object_set_new(o, "seen", json_pack("[ss]", "event", "weather"));
	json_object_set_new(json_array_get(json_object_get(policy, "answers"), 0), "member",
			    json_string("link"));
	json_object_set_new(json_array_get(json_object_get(policy, "answers"), 1), "verdict",
			    json_string("replace"));
	json_object_set_new(json_array_get(json_object_get(policy, "points"), 0), "vote",
			    json_string("perhaps"));
	json_in_init(&in, "recovery");
	if (span_parse(&in, o, &s))
		fail_msg("%s", in.why);
	for (int i = 0; i < ZREC_NR_STEPS; i++)
		sum += s.span.step_ns[i];
	assert_true(sum == s.span.total_ns);
	assert_true(s.span.step_ns[ZREC_STEP_OTHER] ==
		    was.span.step_ns[ZREC_STEP_OTHER] + was.span.step_ns[ZPCI_STEP_ERROR_DETECTED]);
	assert_int_equal(s.span.outcome, SPAN_UNKNOWN);
	assert_int_equal(s.span.reason, SPAN_UNKNOWN);
	assert_int_equal(s.span.tier, SPAN_UNKNOWN);
	assert_int_equal(s.span.recoverer, SPAN_UNKNOWN);
	assert_true(s.span.seen == (ZREC_SEEN_EVENT | 1u << 31));
	assert_int_equal(s.policy.answer[0].member, SPAN_UNKNOWN);
	assert_true(s.policy.answer[1].verdict == UINT32_MAX);
	assert_int_equal(s.policy.point[0].vote, SPAN_UNKNOWN);
	json_decref(o);
	o = span_to_json(&s.span, 0);
	assert_string_equal(json_string_value(json_object_get(o, "outcome")), "unknown");
	json_decref(o);
	/* and from then on nothing changes any more */
	assert_comes_back(&s);
}

static void more_than_a_span_has_room_for_is_counted(void **state)
{
	json_t *o = fixture_json("policy-isolated"), *policy = json_object_get(o, "policy");
	json_t *points = json_object_get(policy, "points"), *answers = json_object_get(policy, "answers");
	struct zrec_full_span s;
	struct json_in in;

	(void)state;
	while (json_array_size(points) < ZREC_MAX_POINTS + 3)
		json_array_append(points, json_array_get(points, 0));
	while (json_array_size(answers) < ZREC_MAX_ANSWERS + 2)
		json_array_append(answers, json_array_get(answers, 0));
	json_object_set_new(json_array_get(answers, 1), "point", json_integer(ZREC_MAX_POINTS + 264));
	json_in_init(&in, "recovery");
	assert_int_equal(span_parse(&in, o, &s), 0);
	assert_int_equal(s.policy.nr_points, ZREC_MAX_POINTS);
	assert_int_equal(s.policy.unlisted_points, 3);
	assert_int_equal(s.policy.nr, ZREC_MAX_ANSWERS);
	assert_int_equal(s.policy.unlisted, 2);
	assert_int_equal(s.policy.answer[1].point, ZREC_MAX_POINTS);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_spans_come_back_bit_by_bit),
		cmocka_unit_test(what_the_tests_show_comes_back),
		cmocka_unit_test(mistakes_are_named_by_key_and_value),
		cmocka_unit_test(a_long_or_rude_value_is_cut_in_the_message),
		cmocka_unit_test(any_value_in_any_place_is_read_or_refused),
		cmocka_unit_test(names_of_tomorrow_are_kept_as_unknown),
		cmocka_unit_test(more_than_a_span_has_room_for_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
