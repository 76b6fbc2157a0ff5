// SPDX-License-Identifier: GPL-2.0
/* Recoveries that are still under way, and what they are part of */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/output.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "record/observation.h"
#include "record/open.h"
#include "record/outcomes.h"

#define SECOND	1000000000ULL
#define NOW	(65 * SECOND)		/* the fixtures begin at 5 s */

static struct function functions[] = {
	{ .fid = 0x11, .uid = 1, .pci_address = "0001:00:00.0", .driver = "nvme" },
	{ .fid = 0x12, .uid = 2, .pci_address = "0002:00:00.0", .driver = "vfio-pci" },
};

static const struct function_list list = { functions, sizeof(functions) / sizeof(functions[0]) };

static void make_span(struct zrec_open *open, const char *name)
{
	struct zrec_full_span s = { 0 };

	for (size_t i = 0; i < nr_fixtures; i++)
		if (!strcmp(fixtures[i].name, name))
			fixtures[i].make(&s.span);
	assert_true(s.span.id);
	open->id = s.span.id;
	open->span = s.span;
	open->policy = s.policy;
}

/* The driver was asked a minute ago and has not answered */
static void driver_hangs(struct zrec_open *open)
{
	make_span(open, "host-recovered");
	open->span.recoverer = ZREC_BY_NOBODY;
	open->step = ZPCI_STEP_ERROR_DETECTED;
	open->last_ns = 5 * SECOND + 15000;
}

/* Three errors of which one was read, and a policy that waits no longer than a minute */
static void user_sleeps(struct zrec_open *open)
{
	make_span(open, "user-recovered");
	open->span.reads = 1;
	open->span.flags |= ZREC_SPAN_POLICY;
	open->step = ZPCI_STEP_USER;
	open->last_ns = 35 * SECOND;
	open->deadline_ns = 85 * SECOND;
	strcpy(open->policy.policy, "passthrough-deadline");
}

/* The user's time is over, and who it is was never seen */
static void user_is_late(struct zrec_open *open)
{
	user_sleeps(open);
	open->span.owner_pid = 0;
	open->span.reads = 3;
	open->deadline_ns = 60 * SECOND;
}

/* Of the function there is only what the error event says */
static void waits_for_locks(struct zrec_open *open)
{
	make_span(open, "unknown-function");
	open->span.fid = 0x12;
	open->step = ZPCI_STEP_LOCK;
	open->last_ns = 5 * SECOND + 2000;
}

/* Likewise, and it is of no function that is there now; it changed while we looked */
static void just_began(struct zrec_open *open)
{
	make_span(open, "unknown-function");
	open->step = 99;
	open->span.begin_ns = NOW + 1;
	open->last_ns = NOW + 2;
}

static void (*const all[])(struct zrec_open *open) = {
	driver_hangs, user_sleeps, user_is_late, waits_for_locks, just_began,
};

static struct open_recovery fill(void (*make)(struct zrec_open *open))
{
	struct zrec_open *open = calloc(1, sizeof(*open));
	struct open_recovery r;

	make(open);
	open_recovery_fill(&r, open, &list, NOW, FIXTURE_TAI_OFFSET);
	free(open);
	return r;
}

static void print_text(FILE *f, const void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct open_recovery r = fill(all[i]);

		open_recovery_print(f, &r);
	}
}

static void print_json(FILE *f, const void *arg)
{
	struct output o = { .f = f, .format = OUTPUT_JSON };

	(void)arg;
	output_list(&o, "open_recoveries", "open_recovery");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct open_recovery r = fill(all[i]);

		assert_int_equal(output_item(&o, open_recovery_to_json(&r)), 0);
	}
	output_close(&o);
}

static void check(void (*print)(FILE *f, const void *arg), const char *golden)
{
	char *text = capture(print, NULL);

	assert_golden(golden, text);
	free(text);
}

static void open_in_text(void **state)
{
	(void)state;
	check(print_text, "open.text");
}

static void open_in_json(void **state)
{
	(void)state;
	check(print_json, "open.json");
}

static void unread_are_only_those_of_users(void **state)
{
	(void)state;
	assert_int_equal(fill(driver_hangs).unread, 0);
	assert_int_equal(fill(user_sleeps).unread, 2);
	assert_int_equal(fill(user_is_late).unread, 0);
}

static void no_time_is_negative(void **state)
{
	(void)state;
	assert_true(fill(just_began).age_ns == 0);
	assert_true(fill(just_began).step_age_ns == 0);
	assert_true(fill(user_is_late).deadline_left_ns == 0);
	assert_true(fill(user_is_late).has_deadline);
}

static void the_driver_is_asked_by_the_host(void **state)
{
	(void)state;
	assert_int_equal(fill(driver_hangs).recoverer, ZREC_BY_HOST);
	assert_int_equal(fill(user_sleeps).recoverer, ZREC_BY_USER);
	assert_int_equal(fill(waits_for_locks).recoverer, ZREC_BY_NOBODY);
}

/* --- observation.c -------------------------------------------------------- */

static struct zrec_info info = {
	.abi = ZREC_ABI, .ring_bytes = 262144, .function_slots = 128, .functions = 40,
	.tier = ZREC_TIER_TRACEPOINT, .version = "1.2.3",
};

static const struct zrec_stats fine = { .emitted = 7, .delivered = 7 };

static const struct zrec_stats bad = {
	.emitted = 12, .delivered = 7,
	.lost = { [ZREC_LOST_NO_SLOT] = 1, [ZREC_LOST_RING_FULL] = 4 },
	.unsummed = { [ZREC_UNSUMMED_PEC] = 2, [ZREC_UNSUMMED_FUNCTION] = 3 },
};

static const char *const tracepoints[] = { "s390_zpci_step_begin", "s390_zpci_step_end" };
static struct observation_missing missing = { .tracepoint = tracepoints };

static void print_observation(FILE *f, const void *arg)
{
	info.since_ns = clock_ns(CLOCK_MONOTONIC) - 2 * 3600 * SECOND;
	info.since_tai_ns = FIXTURE_TAI(5 * SECOND);
	observation_print(f, &info, arg, &missing, 3 << 20, FIXTURE_TAI_OFFSET);
}

static void observation_in_text(void **state)
{
	char *text = capture(print_observation, &fine);

	(void)state;
	assert_golden("observation-fine.text", text);
	free(text);
	text = capture(print_observation, &bad);
	assert_golden("observation-bad.text", text);
	free(text);
}

/* What was attached and is not any more; NULL in JSON: that could not be seen */
static void removed_links_are_named(void **state)
{
	json_t *o, *list;
	char *text;

	(void)state;
	missing.nr = 2;
	text = capture(print_observation, &fine);
	o = observation_to_json(&info, &missing, 3 << 20, FIXTURE_TAI_OFFSET);
	missing.nr = 0;
	assert_golden("observation-missing.text", text);
	free(text);
	list = json_object_get(o, "missing");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "s390_zpci_step_end");
	json_decref(o);
	missing.nr = -EACCES;
	text = capture(print_observation, &fine);
	o = observation_to_json(&info, &missing, 3 << 20, FIXTURE_TAI_OFFSET);
	missing.nr = 0;
	assert_golden("observation-fine.text", text);
	free(text);
	assert_null(json_object_get(o, "missing"));
	json_decref(o);
}

static void a_full_table_says_how_to_begin_larger(void **state)
{
	static const struct {
		struct zrec_stats stats;
		bool says;
	} cases[] = {
		{ { .lost[ZREC_LOST_NO_SLOT] = 1 }, true },
		{ { .unsummed[ZREC_UNSUMMED_FUNCTION] = 1 }, true },
		/* Room for functions is no help here */
		{ { .lost[ZREC_LOST_RING_FULL] = 1 }, false },
		{ { .unsummed[ZREC_UNSUMMED_PEC] = 1 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = capture(print_observation, &cases[i].stats);

		assert_int_equal(!!strstr(text, "zrec watch --room 128"), cases[i].says);
		free(text);
	}
}

static void larger_is_what_the_machine_has_at_least(void **state)
{
	const struct zrec_stats stats = { .unsummed[ZREC_UNSUMMED_FUNCTION] = 1 };
	char *text;

	(void)state;
	info.functions = 300;
	text = capture(print_observation, &stats);
	assert_non_null(strstr(text, "zrec watch --room 300"));
	free(text);
	info.functions = 5000;
	text = capture(print_observation, &stats);
	assert_non_null(strstr(text, "zrec watch --room 4096"));
	free(text);
	info.functions = 40;
	info.function_slots = ZREC_FUNCTION_SLOTS_MAX;
	text = capture(print_observation, &stats);
	info.function_slots = 128;
	assert_non_null(strstr(text, "there can be no more"));
	assert_null(strstr(text, "--room"));
	free(text);
}

static void observation_in_json(void **state)
{
	json_t *o = observation_to_json(&info, &missing, 3 << 20, FIXTURE_TAI_OFFSET);
	const char *text;

	(void)state;
	text = json_string_value(json_object_get(o, "since"));
	assert_string_equal(text, "2026-11-21T14:03:22.123456789Z");
	assert_int_equal(json_integer_value(json_object_get(o, "function_room")), 64);
	assert_int_equal(json_integer_value(json_object_get(o, "functions")), 40);
	assert_int_equal(json_integer_value(json_object_get(o, "memory_bytes")), 3 << 20);
	assert_string_equal(json_string_value(json_object_get(o, "version")), "1.2.3");
	assert_true(json_is_array(json_object_get(o, "missing")));
	json_decref(o);
}

/* --- outcomes.c ----------------------------------------------------------- */

static const char *label(const void *ctx, const struct outcomes *row, char *buf, size_t len)
{
	(void)ctx;
	snprintf(buf, len, "%x.%u", row->id, row->life);
	return buf;
}

static void print_outcomes(FILE *f, const void *arg)
{
	outcomes_print(f, arg, "outcomes", label, NULL);
}

static void outcomes_have_a_row_for_each_life(void **state)
{
	struct outcome_table t = { 0 };
	const struct outcomes *row;
	char *text;

	(void)state;
	assert_int_equal(outcomes_add(&t, 0x12, 9, ZPCI_OUTCOME_RECOVERED, 2), 0);
	assert_int_equal(outcomes_add(&t, 0x11, 8, ZPCI_OUTCOME_RECOVERED, 1), 0);
	assert_int_equal(outcomes_add(&t, 0x11, 7, ZPCI_OUTCOME_FAILED, 1), 0);
	assert_int_equal(outcomes_add(&t, 0x11, 8, ZPCI_OUTCOME_RECOVERED, 10), 0);
	/* Another version's */
	assert_int_equal(outcomes_add(&t, 0x13, 1, ZPCI_NR_OUTCOMES, 1), 0);
	assert_int_equal(t.nr, 3);
	row = outcomes_find(&t, 0x11, 8);
	assert_non_null(row);
	assert_true(row->count[ZPCI_OUTCOME_RECOVERED] == 11);
	assert_null(outcomes_find(&t, 0x11, 9));
	assert_null(outcomes_find(&t, 0x13, 1));
	text = capture(print_outcomes, &t);
	assert_string_equal(text, "outcomes  recovered  failed\n"
				  "11.7              0       1\n"
				  "11.8             11       0\n"
				  "12.9              2       0\n");
	free(text);
	outcomes_free(&t);
	assert_int_equal(t.nr, 0);
}

static void outcomes_in_json_have_every_name(void **state)
{
	struct outcomes row = { .count[ZPCI_OUTCOME_DROPPED] = 3 };
	json_t *o = outcomes_to_json(&row);

	(void)state;
	assert_int_equal(json_object_size(o), ZPCI_NR_OUTCOMES);
	assert_int_equal(json_integer_value(json_object_get(o, "dropped")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "recovered")), 0);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_in_text),
		cmocka_unit_test(open_in_json),
		cmocka_unit_test(unread_are_only_those_of_users),
		cmocka_unit_test(no_time_is_negative),
		cmocka_unit_test(the_driver_is_asked_by_the_host),
		cmocka_unit_test(observation_in_text),
		cmocka_unit_test(removed_links_are_named),
		cmocka_unit_test(a_full_table_says_how_to_begin_larger),
		cmocka_unit_test(larger_is_what_the_machine_has_at_least),
		cmocka_unit_test(observation_in_json),
		cmocka_unit_test(outcomes_have_a_row_for_each_life),
		cmocka_unit_test(outcomes_in_json_have_every_name),
	};

	return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
