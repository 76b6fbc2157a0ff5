// SPDX-License-Identifier: GPL-2.0
/* What a reader remembers of recoveries whose end it has not seen, with a table of our own */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cmocka-all.h"
#include "observe/announced.h"

#define AFTER	1000000000ULL
#define HOUR	(3600 * AFTER)

struct observer {
	uint64_t open[8];	/* ids, 0: free */
	int looks;
	uint64_t reported[8];
	int nr_reported;
	int answer;		/* of whoever gets the report */
};

static struct observer fake;
static struct announced_list list;
static bool all_are_open;	/* all of the list, beside those of the fake */

int observer_each_open(struct observer *observer, observer_open_fn fn, void *ctx)
{
	int ret = 0;

	observer->looks++;
	for (int i = 0; !ret && i < 8; i++) {
		struct zrec_open open = { .id = observer->open[i] };

		open.span.begin_ns = clock_ns(CLOCK_MONOTONIC) - HOUR;
		if (open.id)
			ret = fn(ctx, &open);
	}
	for (size_t i = 0; all_are_open && !ret && i < list.nr; i++) {
		struct zrec_open open = { .id = list.a[i].id };

		ret = fn(ctx, &open);
	}
	return ret;
}

static int take_report(void *ctx, const struct zrec_open *open)
{
	struct observer *observer = ctx;

	observer->reported[observer->nr_reported++] = open->id;
	return observer->answer;
}

static int fresh(void **state)
{
	(void)state;
	announced_free(&list);
	all_are_open = false;
	fake = (struct observer){ 0 };
	return 0;
}

static void add(uint64_t id, uint64_t age_ns)
{
	const struct zrec_event event = {
		.id = id, .begin_ns = clock_ns(CLOCK_MONOTONIC) - age_ns,
	};

	assert_int_equal(announced_add(&list, &fake, &event), 0);
}

static int report(void)
{
	return announced_report(&list, &fake, AFTER, take_report, &fake);
}

static void nothing_to_wait_for(void **state)
{
	(void)state;
	assert_int_equal(announced_timeout_ms(&list, AFTER), -1);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.looks, 0);
}

static void young_ones_are_waited_for(void **state)
{
	int ms;

	(void)state;
	fake.open[0] = 1;
	add(1, 0);
	ms = announced_timeout_ms(&list, AFTER);
	assert_true(ms > 500 && ms <= 1001);
	assert_int_equal(report(), 0);
	/* The table is not even looked at */
	assert_int_equal(fake.looks, 0);
	/* However far it is, the time fits */
	assert_int_equal(announced_timeout_ms(&list, UINT32_MAX * AFTER), 3600000);
}

static void reported_once_and_never_again(void **state)
{
	(void)state;
	fake.open[0] = 1;
	add(1, HOUR);
	assert_int_equal(announced_timeout_ms(&list, AFTER), 0);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 1);
	assert_int_equal(announced_timeout_ms(&list, AFTER), -1);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 1);
	announced_remove(&list, 1);
	assert_int_equal(list.nr, 0);
}

static void what_joined_is_forgotten(void **state)
{
	(void)state;
	fake.open[0] = 1;
	add(1, HOUR);
	add(2, HOUR);
	add(3, 0);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 1);
	assert_int_equal(list.nr, 2);
	assert_true(list.a[0].id == 1 && list.a[1].id == 3);
}

/* The ring buffer was full when it ended */
static void whose_end_was_lost_is_forgotten_in_time(void **state)
{
	(void)state;
	fake.open[0] = 1;
	add(1, HOUR);
	assert_int_equal(report(), 0);
	fake.open[0] = 2;
	add(2, HOUR);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 2);
	assert_int_equal(list.nr, 1);
	assert_true(list.a[0].id == 2);
}

static void the_ones_before_us_are_found(void **state)
{
	(void)state;
	fake.open[3] = 7;
	fake.open[5] = 8;
	assert_int_equal(announced_begin(&list, &fake), 0);
	/* The record of its event may still be there to be read */
	add(8, 0);
	assert_int_equal(list.nr, 2);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 2);
}

static void an_error_stops_and_forgets_nothing(void **state)
{
	(void)state;
	fake.open[0] = 1;
	fake.open[1] = 2;
	fake.answer = -EPIPE;
	add(1, HOUR);
	add(2, HOUR);
	assert_int_equal(report(), -EPIPE);
	assert_int_equal(fake.nr_reported, 1);
	assert_int_equal(list.nr, 2);
}

/* However many end unseen before they are due, and whatever else is in the list */
static void lost_ends_do_not_pile_up(void **state)
{
	(void)state;
	fake.open[0] = 1;
	fake.open[1] = 2000;
	add(1, HOUR);
	assert_int_equal(report(), 0);
	assert_int_equal(fake.nr_reported, 1);
	for (uint64_t id = 2; id <= 2000; id++)
		add(id, 0);
	assert_true(list.room <= 32);
	assert_true(list.a[0].id == 1 && list.a[0].reported);
	assert_true(list.a[list.nr - 1].id == 2000);
	/* What is open is still waited for, and is not reported before its time */
	assert_int_equal(fake.nr_reported, 1);
	assert_true(announced_timeout_ms(&list, AFTER) > 500);
}

static void all_that_are_open_fit(void **state)
{
	(void)state;
	all_are_open = true;
	for (uint64_t id = 1; id <= 1000; id++)
		add(id, 0);
	assert_int_equal(list.nr, 1000);
	for (uint64_t id = 1; id <= 1000; id++)
		announced_remove(&list, id);
	announced_remove(&list, 1);
	assert_int_equal(list.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_to_wait_for, fresh),
		cmocka_unit_test_setup(young_ones_are_waited_for, fresh),
		cmocka_unit_test_setup(reported_once_and_never_again, fresh),
		cmocka_unit_test_setup(what_joined_is_forgotten, fresh),
		cmocka_unit_test_setup(whose_end_was_lost_is_forgotten_in_time, fresh),
		cmocka_unit_test_setup(the_ones_before_us_are_found, fresh),
		cmocka_unit_test_setup(an_error_stops_and_forgets_nothing, fresh),
		cmocka_unit_test_setup(lost_ends_do_not_pile_up, fresh),
		cmocka_unit_test_setup(all_that_are_open_fit, fresh),
	};
	int ret = cmocka_run_group_tests_name("announced", tests, NULL, NULL);

	announced_free(&list);
	return ret;
}
