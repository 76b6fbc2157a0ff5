// SPDX-License-Identifier: GPL-2.0
/* Moments as people write them, and what is not one */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/when.h"
#include "cmocka-all.h"

#define NOW	1795601045123456789LL	/* Wed 2026-11-25 10:04:05.123456789 UTC */

static const struct {
	const char *text, *utc;
} good[] = {
	{ "2026-11-25", "2026-11-25T00:00:00.000000000Z" },
	{ "2026-11-25 10:00", "2026-11-25T10:00:00.000000000Z" },
	{ "2026-11-25T10:00", "2026-11-25T10:00:00.000000000Z" },
	{ "2026-11-25 10:00:30", "2026-11-25T10:00:30.000000000Z" },
	{ "2026-11-25 10:00:30.25", "2026-11-25T10:00:30.250000000Z" },
	{ "2026-11-21T14:03:59.123456789Z", "2026-11-21T14:03:59.123456789Z" },
	{ "2026-11-21 14:03 UTC", "2026-11-21T14:03:00.000000000Z" },
	{ "2024-02-29", "2024-02-29T00:00:00.000000000Z" },
	{ "1970-01-02", "1970-01-02T00:00:00.000000000Z" },
	{ "9:05", "2026-11-25T09:05:00.000000000Z" },
	{ "23:59:59", "2026-11-25T23:59:59.000000000Z" },
	{ "now", "2026-11-25T10:04:05.123456789Z" },
	{ "today", "2026-11-25T00:00:00.000000000Z" },
	{ "yesterday", "2026-11-24T00:00:00.000000000Z" },
	{ "tomorrow", "2026-11-26T00:00:00.000000000Z" },
	{ "-2h", "2026-11-25T08:04:05.123456789Z" },
	{ "-1h30min", "2026-11-25T08:34:05.123456789Z" },
	{ "-1h 30 m", "2026-11-25T08:34:05.123456789Z" },
	{ "+5m", "2026-11-25T10:09:05.123456789Z" },
	{ "2h ago", "2026-11-25T08:04:05.123456789Z" },
	{ "3 days ago", "2026-11-22T10:04:05.123456789Z" },
	{ "1 week 1d ago", "2026-11-17T10:04:05.123456789Z" },
	{ "@1795601045", "2026-11-25T10:04:05.000000000Z" },
	{ "@1795601045.5", "2026-11-25T10:04:05.500000000Z" },
	{ "@0", "1970-01-01T00:00:00.000000001Z" },
};

static const char *const bad[] = {
	"", " ", "x", "-", "+", "@", "@-1", "@1.", "@1x", "@99999999999", "-2", "-2x", "-2 h x", "--2h", "-99999999w", "+8000000000s",
	"-h", "2h", " ago", "ago", "2 ago", "-2h ago", "2026", "2026-11", "2026-11-", "2026-02-30", "2026-13-01",
	"2026-00-10", "2026-11-00", "2026-11-25 ", "2026-11-25 10", "2026-11-25 10:", "2026-11-25 24:00",
	"2026-11-25 10:60", "2026-11-25 10:00:61", "2026-11-25 10:00:00.", "2026-11-25 10:00 CET",
	"2026-11-25 10:00ZZ", "2026-11-25 10:00 foo", "20261125", "1969-12-31", "10:00 UTC x", "25:00", "10:0x",
	"Today", "today ", "todayx", "last week", "12345678-01-01", "2026-11-25T", "-1month",
};

static void what_people_write_is_understood(void **state)
{
	char buf[CLOCK_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ns = 0;

		if (when_parse(good[i].text, NOW, &ns))
			fail_msg("'%s' is refused", good[i].text);
		assert_string_equal(clock_utc(ns, buf), good[i].utc);
	}
}

static void what_is_not_understood_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t ns = 77;

		if (when_parse(bad[i], NOW, &ns) != -EINVAL)
			fail_msg("'%s' is accepted", bad[i]);
		assert_true(ns == 77);
	}
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* Summer time from the last Sunday of March on, to that of October */
static void local_time_has_hours_that_do_not_exist(void **state)
{
	char buf[CLOCK_TEXT_LEN];
	int64_t ns;

	(void)state;
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	assert_int_equal(when_parse("2026-11-25 10:00", NOW, &ns), 0);
	assert_string_equal(clock_utc(ns, buf), "2026-11-25T09:00:00.000000000Z");
	assert_int_equal(when_parse("2026-07-01", NOW, &ns), 0);
	assert_string_equal(clock_utc(ns, buf), "2026-06-30T22:00:00.000000000Z");
	assert_int_equal(when_parse("2026-07-01 10:00 UTC", NOW, &ns), 0);
	assert_string_equal(clock_utc(ns, buf), "2026-07-01T10:00:00.000000000Z");
	assert_int_equal(when_parse("2026-03-29 02:30", NOW, &ns), -EINVAL);
	assert_int_equal(when_parse("2026-10-25 02:30", NOW, &ns), 0);
	set_zone("UTC");
}

static void a_day_begins_in_the_zone_of_the_user(void **state)
{
	char buf[CLOCK_TEXT_LEN];
	int64_t ns;

	(void)state;
	set_zone("XYZ-14");
	assert_int_equal(when_parse("today", NOW, &ns), 0);
	assert_string_equal(clock_utc(ns, buf), "2026-11-25T10:00:00.000000000Z");
	set_zone("UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write_is_understood),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(local_time_has_hours_that_do_not_exist),
		cmocka_unit_test(a_day_begins_in_the_zone_of_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
