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
	uint64_t told[8];
	int nr_told;
	int answer;		/* of whoever is told */
};

static struct observer fake;
static struct announced_list list;

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
	return ret;
}

static int be_told(void *ctx, const struct zrec_open *open)
{
	struct observer *observer = ctx;

	observer->told[observer->nr_told++] = open->id;
	return observer->answer;
}

static int fresh(void **state)
{
	(void)state;
	announced_free(&list);
	fake = (struct observer){ 0 };
	return 0;
}

static void add(uint64_t id, uint64_t age_ns)
{
	const struct zrec_event event = {
		.id = id, .begin_ns = clock_ns(CLOCK_MONOTONIC) - age_ns,
	};

	assert_int_equal(announced_add(&list, &event), 0);
}

static int tell(void)
{
	return announced_tell(&list, &fake, AFTER, be_told, &fake);
}

static void nothing_to_wait_for(void **state)
{
	(void)state;
	assert_int_equal(announced_timeout_ms(&list, AFTER), -1);
	assert_int_equal(tell(), 0);
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
	assert_int_equal(tell(), 0);
	/* The table is not even looked at */
	assert_int_equal(fake.looks, 0);
	/* However far it is, the time fits */
	assert_int_equal(announced_timeout_ms(&list, UINT32_MAX * AFTER), 3600000);
}

static void told_once_and_never_again(void **state)
{
	(void)state;
	fake.open[0] = 1;
	add(1, HOUR);
	assert_int_equal(announced_timeout_ms(&list, AFTER), 0);
	assert_int_equal(tell(), 0);
	assert_int_equal(fake.nr_told, 1);
	assert_int_equal(announced_timeout_ms(&list, AFTER), -1);
	assert_int_equal(tell(), 0);
	assert_int_equal(fake.nr_told, 1);
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
	assert_int_equal(tell(), 0);
	assert_int_equal(fake.nr_told, 1);
	assert_int_equal(list.nr, 2);
	assert_true(list.a[0].id == 1 && list.a[1].id == 3);
}

/* The ring buffer was full when it ended */
static void whose_end_was_lost_is_forgotten_in_time(void **state)
{
	(void)state;
	fake.open[0] = 1;
	add(1, HOUR);
	assert_int_equal(tell(), 0);
	fake.open[0] = 2;
	add(2, HOUR);
	assert_int_equal(tell(), 0);
	assert_int_equal(fake.nr_told, 2);
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
	assert_int_equal(tell(), 0);
	assert_int_equal(fake.nr_told, 2);
}

static void an_error_stops_and_forgets_nothing(void **state)
{
	(void)state;
	fake.open[0] = 1;
	fake.open[1] = 2;
	fake.answer = -EPIPE;
	add(1, HOUR);
	add(2, HOUR);
	assert_int_equal(tell(), -EPIPE);
	assert_int_equal(fake.nr_told, 1);
	assert_int_equal(list.nr, 2);
}

static void many_fit(void **state)
{
	(void)state;
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
		cmocka_unit_test_setup(told_once_and_never_again, fresh),
		cmocka_unit_test_setup(what_joined_is_forgotten, fresh),
		cmocka_unit_test_setup(whose_end_was_lost_is_forgotten_in_time, fresh),
		cmocka_unit_test_setup(the_ones_before_us_are_found, fresh),
		cmocka_unit_test_setup(an_error_stops_and_forgets_nothing, fresh),
		cmocka_unit_test_setup(many_fit, fresh),
	};
	int ret = cmocka_run_group_tests_name("announced", tests, NULL, NULL);

	announced_free(&list);
	return ret;
}
