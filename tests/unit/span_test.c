// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/policy-exit.h"
#include "record/span.h"

static const struct span_style plain = {
	.width = 100, .tai_offset_ns = FIXTURE_TAI_OFFSET,
};

static const struct span_style rich = {
	.utf8 = true, .width = 100, .tai_offset_ns = FIXTURE_TAI_OFFSET,
};

static const struct span_style narrow_color = {
	.color = true, .width = 40, .tai_offset_ns = FIXTURE_TAI_OFFSET,
};

static void print_lines(FILE *f, const void *arg)
{
	struct zrec_full_span s;

	span_print_header(f, arg);
	for (size_t i = 0; i < nr_fixtures; i++) {
		fixtures[i].make(&s.span);
		span_print_line(f, &s.span, arg);
	}
}

static void print_timelines(FILE *f, const void *arg)
{
	struct zrec_full_span s;

	for (size_t i = 0; i < nr_fixtures; i++) {
		fixtures[i].make(&s.span);
		span_print_line(f, &s.span, arg);
		span_print_timeline(f, &s.span, arg);
	}
}

static void check(void (*print)(FILE *f, const void *arg), const void *arg, const char *golden)
{
	char *text = capture(print, arg);

	assert_golden(golden, text);
	free(text);
}

static void lines_in_ascii(void **state)
{
	(void)state;
	check(print_lines, &plain, "lines.ascii");
}

static void lines_in_color(void **state)
{
	(void)state;
	check(print_lines, &narrow_color, "lines.color");
}

static void line_is_in_local_time(void **state)
{
	char *text;

	(void)state;
	setenv("TZ", "XYZ-05:30", 1);
	tzset();
	text = capture(print_lines, &plain);
	setenv("TZ", "UTC", 1);
	tzset();
	assert_non_null(strstr(text, "Nov 21 19:33:22.123  0001:00:00.0"));
	free(text);
}

static void timelines_in_ascii(void **state)
{
	(void)state;
	check(print_timelines, &plain, "timelines.ascii");
}

static void timelines_in_unicode(void **state)
{
	(void)state;
	check(print_timelines, &rich, "timelines.utf8");
}

static void timelines_narrow_in_color(void **state)
{
	(void)state;
	check(print_timelines, &narrow_color, "timelines.color");
}

static void ascii_style_prints_only_ascii(void **state)
{
	char *text = capture(print_timelines, &plain);

	(void)state;
	for (char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	free(text);
}

static void shown_percentages_add_up_to_a_hundred(void **state)
{
	char *text = capture(print_timelines, &plain);
	unsigned int tenths = 0, whole, part;
	int timelines = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *percent = strchr(line, '%');

		if (!percent || strncmp(line, "  ", 2))
			continue;
		assert_int_equal(sscanf(percent - 6, "%u.%u", &whole, &part), 2);
		if (strstr(line, " total ")) {
			/* An event without a length has no parts to show */
			assert_true(tenths == 1000 || tenths == 0);
			timelines += tenths == 1000;
			tenths = 0;
		} else {
			tenths += whole * 10 + part;
		}
	}
	assert_int_equal(timelines, nr_fixtures - 1);
	free(text);
}

static void steps_in_json_add_up_to_the_nanosecond(void **state)
{
	struct zrec_full_span s;
	json_t *step;
	size_t n;

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++) {
		json_int_t sum = 0;
		json_t *o;

		fixtures[i].make(&s.span);
		o = span_to_json(&s.span, FIXTURE_TAI_OFFSET);
		assert_non_null(o);
		json_array_foreach(json_object_get(o, "steps"), n, step)
			sum += json_integer_value(json_object_get(step, "duration_ns"));
		assert_int_equal(sum, json_integer_value(json_object_get(o, "total_ns")));
		json_decref(o);
	}
}

static void json_of_every_kind(void **state)
{
	struct zrec_full_span s;
	char name[64];

	(void)state;
	for (size_t i = 0; i < nr_fixtures; i++) {
		json_t *o;
		char *text;

		fixtures[i].make(&s.span);
		o = span_to_json(&s.span, FIXTURE_TAI_OFFSET);
		text = json_dumps(o, JSON_INDENT(2));
		assert_non_null(text);
		snprintf(name, sizeof(name), "span-%s.json", fixtures[i].name);
		assert_golden(name, text);
		free(text);
		json_decref(o);
	}
}

static void steps_are_in_time_order_and_other_is_last(void **state)
{
	unsigned int order[ZREC_NR_STEPS];
	struct zrec_span s = { 0 };

	(void)state;
	s.step_count[ZPCI_STEP_REFRESH] = 1;
	s.step_at_ns[ZPCI_STEP_REFRESH] = 50;
	s.step_count[ZPCI_STEP_RESUME] = 1;
	s.step_at_ns[ZPCI_STEP_RESUME] = 20;
	s.step_count[ZPCI_STEP_RESET] = 1;
	s.step_at_ns[ZPCI_STEP_RESET] = 20;
	s.step_ns[ZREC_STEP_OTHER] = 1;
	assert_int_equal(span_order_steps(&s, order), 4);
	assert_int_equal(order[0], ZPCI_STEP_RESET);
	assert_int_equal(order[1], ZPCI_STEP_RESUME);
	assert_int_equal(order[2], ZPCI_STEP_REFRESH);
	assert_int_equal(order[3], ZREC_STEP_OTHER);
}

/* A span of a damaged recording must not crash the one who shows it */
static void print_garbage(FILE *f, const void *arg)
{
	struct zrec_full_span s;

	(void)arg;
	memset(&s, 0xff, sizeof(s));
	span_print_line(f, &s.span, &rich);
	span_print_timeline(f, &s.span, &rich);
}

static void garbage_is_shown_without_harm(void **state)
{
	char *text = capture(print_garbage, NULL);
	struct zrec_full_span s;
	json_t *o;

	(void)state;
	assert_non_null(strstr(text, "unknown"));
	free(text);
	memset(&s, 0xff, sizeof(s));
	o = span_to_json(&s.span, FIXTURE_TAI_OFFSET);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "driver")), "unknown");
	json_decref(o);
}

static void print_decisions(FILE *f, const void *arg)
{
	span_print_decisions(f, arg, &plain);
}

static void print_line(FILE *f, const void *arg)
{
	span_print_line(f, arg, &plain);
}

/* A record of strangers may name a policy and have no decision, or the other way round */
static void no_decision_is_made_up(void **state)
{
	struct zrec_full_span s = { 0 };
	char *text;

	(void)state;
	fixtures[0].make(&s.span);
	memset(&s.policy, 0, sizeof(s.policy));
	s.span.flags |= ZREC_SPAN_POLICY;
	s.span.size = sizeof(s);
	strcpy(s.policy.policy, "isolate-flapping");
	text = capture(print_decisions, &s);
	assert_string_equal(text, "");
	free(text);
	text = capture(print_line, &s);
	assert_null(strstr(text, "policy"));
	free(text);
	s.policy.decisions = 1;
	text = capture(print_line, &s);
	assert_non_null(strstr(text, "policy isolate-flapping: default"));
	free(text);
	s.policy.policy[0] = '\0';
	text = capture(print_line, &s);
	assert_null(strstr(text, "policy"));
	free(text);
}

/* --- ends of policies, which come between the spans ---------------------- */

static const struct zrec_policy_exit exits[] = {
	{ .abi = ZREC_ABI, .size = sizeof(exits[0]), .flags = ZREC_RECORD_EXIT,
	  .at_ns = 6000000000ULL, .tai_ns = FIXTURE_TAI(6000000000ULL), .kind = ZPCI_POLICY_EXIT_BUDGET, .code = 1,
	  .policy = "isolate-flapping", .text = "too many functions given up" },
	{ .at_ns = 6000000001ULL, .tai_ns = FIXTURE_TAI(6000000001ULL), .kind = ZPCI_POLICY_EXIT_DETACHED, .policy = "keep-default",
	  .text = "detached" },
	{ .at_ns = 6001000000ULL, .tai_ns = FIXTURE_TAI(6001000000ULL), .kind = ZPCI_POLICY_EXIT_REPLACED, .policy = "keep-default",
	  .text = "replaced" },
	{ .at_ns = 6001000000ULL, .tai_ns = FIXTURE_TAI(6001000000ULL), .kind = ZPCI_POLICY_EXIT_KILLED, .policy = "keep-default",
	  .text = "switched off" },
};

static void print_exits(FILE *f, const void *arg)
{
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		policy_exit_print(f, &exits[i], arg);
}

static void ends_of_policies_in_text(void **state)
{
	(void)state;
	check(print_exits, &plain, "policy-exits.ascii");
}

static void print_exits_json(FILE *f, const void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		json_t *o = policy_exit_to_json(&exits[i], FIXTURE_TAI_OFFSET);

		assert_non_null(o);
		json_dumpf(o, f, JSON_COMPACT);
		fputc('\n', f);
		json_decref(o);
	}
}

static void ends_of_policies_in_json(void **state)
{
	(void)state;
	check(print_exits_json, NULL, "policy-exits.jsonl");
}

static void print_garbage_exit(FILE *f, const void *arg)
{
	struct zrec_policy_exit e;

	(void)arg;
	memset(&e, 0xff, sizeof(e));
	policy_exit_print(f, &e, &plain);
}

static void garbage_of_a_policy_is_shown_without_harm(void **state)
{
	char *text = capture(print_garbage_exit, NULL);
	struct zrec_policy_exit e;
	json_t *o;

	(void)state;
	assert_non_null(strstr(text, "(unknown, code 4294967295)"));
	free(text);
	memset(&e, 0xff, sizeof(e));
	o = policy_exit_to_json(&e, FIXTURE_TAI_OFFSET);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "policy")), "unknown");
	json_decref(o);
}

static void ccdf_is_decoded_from_big_endian_bytes(void **state)
{
	static const uint8_t raw[ZPCI_CCDF_LEN] = {
		0, 0, 0, 0,  0x81, 0x02, 0x03, 0x04,  0xde, 0xad, 0xbe, 0xef,
		/* ett a, mvn bcd, dmaas 5e, q 1, rw 0 */
		0xab, 0xcd, 0x5e, 0x02,
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0, 0, 0, 0,  0, 0,  0x03, 0x3b,
	};
	struct span_ccdf c;

	(void)state;
	span_decode_ccdf(raw, &c);
	assert_int_equal(c.fh, 0x81020304);
	assert_int_equal(c.fid, 0xdeadbeef);
	assert_int_equal(c.table_type, 0xa);
	assert_int_equal(c.msi_vector, 0xbcd);
	assert_int_equal(c.address_space, 0x5e);
	assert_true(c.qualifier);
	assert_false(c.write);
	assert_true(c.fault_address == 0x1122334455667788ULL);
	assert_int_equal(c.pec, 0x33b);
}

/* --- filters ------------------------------------------------------------- */

static struct zrec_span span_of(uint32_t fid, uint16_t pec, const char *driver)
{
	struct zrec_span s = { .fid = fid, .pec = pec };

	memcpy(s.driver, driver, strnlen(driver, sizeof(s.driver)));
	return s;
}

static void empty_filter_matches_everything(void **state)
{
	const struct zrec_span s = span_of(1, 2, "");
	const struct span_filter f = { 0 };

	(void)state;
	assert_true(span_match(&f, &s));
}

static void fid_is_matched_in_all_spellings(void **state)
{
	const struct zrec_span hit = span_of(17, 4, "nvme"), miss = span_of(18, 4, "nvme");
	static const char *const spellings[] = { "0x11", "fid:0x11", "17", "fid:17", "0x00000011" };

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct span_filter f = { 0 };

		assert_int_equal(span_filter_add_fid(&f, spellings[i]), 0);
		assert_true(span_match(&f, &hit));
		assert_false(span_match(&f, &miss));
		span_filter_free(&f);
	}
}

static void values_of_a_kind_are_alternatives_and_kinds_all_match(void **state)
{
	struct zrec_span s = span_of(17, 4, "nvme");
	struct span_filter f = { 0 };

	(void)state;
	assert_int_equal(span_filter_add_fid(&f, "18"), 0);
	assert_false(span_match(&f, &s));
	assert_int_equal(span_filter_add_fid(&f, "17"), 0);
	assert_true(span_match(&f, &s));
	assert_int_equal(span_filter_add_pec(&f, "0x3b"), 0);
	assert_false(span_match(&f, &s));
	assert_int_equal(span_filter_add_pec(&f, "translation_protection"), 0);
	assert_true(span_match(&f, &s));
	assert_int_equal(span_filter_add_driver(&f, "vfio-pci"), 0);
	assert_false(span_match(&f, &s));
	assert_int_equal(span_filter_add_driver(&f, "nvme"), 0);
	assert_true(span_match(&f, &s));
	s = span_of(17, 4, "nvm");
	assert_false(span_match(&f, &s));
	s = span_of(17, 4, "nvmet");
	assert_false(span_match(&f, &s));
	span_filter_free(&f);
}

static void long_driver_name_matches_its_cut_form(void **state)
{
	const struct zrec_span s = span_of(1, 1, "a_driver_name_of_23_cha");
	const struct zrec_span full = span_of(1, 1, "a_driver_name_of_23_chars_and_more");
	struct span_filter f = { 0 };

	(void)state;
	assert_int_equal(span_filter_add_driver(&f, "a_driver_name_of_23_chars_and_more"), 0);
	assert_true(span_match(&f, &s));
	assert_true(span_match(&f, &full));
	span_filter_free(&f);
}

static void bad_filter_values_are_refused(void **state)
{
	static const char *const bad[] = { "", "fid:", "fid:x", "0x", "0x1ffffffff", "-1", "17 " };
	struct span_filter f = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(span_filter_add_fid(&f, bad[i]), -EINVAL);
	assert_int_equal(span_filter_add_pec(&f, "no_such_code"), -EINVAL);
	assert_int_equal(span_filter_add_driver(&f, ""), -EINVAL);
	assert_int_equal(f.nr_fids + f.nr_pecs + f.nr_drivers, 0);
	span_filter_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_decision_is_made_up),
		cmocka_unit_test(lines_in_ascii),
		cmocka_unit_test(lines_in_color),
		cmocka_unit_test(line_is_in_local_time),
		cmocka_unit_test(timelines_in_ascii),
		cmocka_unit_test(timelines_in_unicode),
		cmocka_unit_test(timelines_narrow_in_color),
		cmocka_unit_test(ascii_style_prints_only_ascii),
		cmocka_unit_test(shown_percentages_add_up_to_a_hundred),
		cmocka_unit_test(steps_in_json_add_up_to_the_nanosecond),
		cmocka_unit_test(json_of_every_kind),
		cmocka_unit_test(steps_are_in_time_order_and_other_is_last),
		cmocka_unit_test(garbage_is_shown_without_harm),
		cmocka_unit_test(ends_of_policies_in_text),
		cmocka_unit_test(ends_of_policies_in_json),
		cmocka_unit_test(garbage_of_a_policy_is_shown_without_harm),
		cmocka_unit_test(ccdf_is_decoded_from_big_endian_bytes),
		cmocka_unit_test(empty_filter_matches_everything),
		cmocka_unit_test(fid_is_matched_in_all_spellings),
		cmocka_unit_test(values_of_a_kind_are_alternatives_and_kinds_all_match),
		cmocka_unit_test(long_driver_name_matches_its_cut_form),
		cmocka_unit_test(bad_filter_values_are_refused),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
