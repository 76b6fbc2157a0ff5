// SPDX-License-Identifier: GPL-2.0
/*
 * When the recorder tells the journal: after a commit, each thing once, whatever ends the
 * recorder. The kernel, the file and journald are the test's own
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmocka-all.h"
#include "fake-journal.h"
#include "fake-ring.h"
#include "fixtures.h"
#include "recorder-world.h"
#include "serve/recorder.h"

static char *dir, path[256];
static int journald;
static struct tell_opts tell;

/* What those hear who look on */
static size_t nr_shared;

static void share_open(void *ctx, const struct zrec_open *open)
{
	assert_ptr_equal(ctx, &nr_shared);
	assert_int_equal(open->id, 1);
	nr_shared++;
}

static int setup(void **state)
{
	(void)state;
	recorder_world_begin();
	dir = make_temp_dir();
	snprintf(path, sizeof(path), "%s/socket", dir);
	journald = fake_journal_open(path);
	nr_shared = 0;
	tell = (struct tell_opts){
		.path = path, .limits = JOURNAL_DEFAULT_LIMITS, .open_after_ns = NSEC_PER_SEC / 5,
		.open = share_open, .ctx = &nr_shared,
	};
	return journald < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	ring_close(&kernel.ring);
	close(journald);
	remove_temp_dir(dir);
	return 0;
}

static struct recorder *begin(void)
{
	const struct recorder_opts opts = { .path = "FILE", .tell = &tell };
	struct recorder *r;

	assert_int_equal(recorder_open(&r, &opts), 0);
	return r;
}

static void begins(uint64_t id)
{
	const struct zrec_event event = {
		.abi = ZREC_ABI, .size = sizeof(event), .flags = ZREC_RECORD_EVENT, .id = id,
		.begin_ns = clock_ns(CLOCK_MONOTONIC),
	};
	struct zrec_open *open = &kernel.open[kernel.nr_open++];

	fake_ring_put(&kernel.ring, &event, sizeof(event), 0);
	*open = (struct zrec_open){ .id = id, .span.id = id, .span.begin_ns = event.begin_ns };
}

static void ends(uint64_t id)
{
	kernel.nr_open = 0;
	recoveries(id, id);
}

/* The values of one field of all entries that are there, "1 2 open:3 " */
static const char *told(void)
{
	static char text[512];
	json_t *entry;

	text[0] = '\0';
	while ((entry = fake_journal_next(journald))) {
		const char *outcome = json_string_value(json_object_get(entry, "ZPCI_OUTCOME"));
		const char *what = json_string_value(json_object_get(entry, "ZPCI_POLICY_EVENT"));
		const char *id = json_string_value(json_object_get(entry, "ZPCI_ID"));

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s ",
			 outcome && !strcmp(outcome, "open") ? "open:" : "", what ?: id ?: "?");
		json_decref(entry);
	}
	return text;
}

/* As the service does, for so long */
static void run_for(struct recorder *r, int ms)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + ms * NSEC_PER_MSEC;

	while (clock_ns(CLOCK_MONOTONIC) < end) {
		int wait = recorder_timeout_ms(r);

		usleep(wait < 0 || wait > 20 ? 20000 : wait * 1000);
		assert_int_equal(recorder_work(r), 0);
	}
}

static void each_recovery_is_told_of_once(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 3);
	r = begin();
	recorder_work(r);
	assert_string_equal(told(), "1 2 3 ");
	recoveries(4, 5);
	run_for(r, 200);
	assert_string_equal(told(), "4 5 ");
	recoveries(6, 6);
	recorder_close(r);
	assert_string_equal(told(), "6 ");
}

static void not_before_it_is_in_the_file(void **state)
{
	struct recorder *r;

	(void)state;
	recoveries(1, 2);
	file.commit_error = -ENOSPC;
	r = begin();
	recorder_work(r);
	recorder_work(r);
	assert_string_equal(told(), "");
	kill_recorder(r);
	assert_string_equal(told(), "");
	/* Nobody has told of them, so the next one does */
	file.commit_error = 0;
	r = begin();
	recorder_work(r);
	assert_string_equal(told(), "1 2 ");
	recorder_close(r);
}

static void killed_after_the_commit_nothing_is_told_again(void **state)
{
	struct recorder *r = begin();

	(void)state;
	recoveries(1, 2);
	recorder_work(r);
	kill_recorder(r);
	told();
	/* In the file, and neither told of nor out of the ring: it came between */
	recoveries(3, 3);
	file.progress.read_to = ring_written(&kernel.ring);
	recoveries(4, 4);
	r = begin();
	recorder_work(r);
	assert_string_equal(told(), "4 ");
	recorder_close(r);
}

static void an_open_recovery_is_told_of_once(void **state)
{
	struct recorder *r = begin();

	(void)state;
	begins(1);
	run_for(r, 150);
	assert_string_equal(told(), "");
	assert_in_range(recorder_timeout_ms(r), 0, 100);
	run_for(r, 300);
	assert_string_equal(told(), "open:1 ");
	assert_int_equal(nr_shared, 1);
	/* Nothing more to wake up for */
	assert_int_equal(recorder_timeout_ms(r), -1);
	/* A restart does not tell of it again */
	kill_recorder(r);
	r = begin();
	run_for(r, 300);
	assert_string_equal(told(), "");
	ends(1);
	recorder_close(r);
	assert_string_equal(told(), "1 ");
}

static void one_that_is_due_while_nobody_records_is_told_of(void **state)
{
	struct recorder *r = begin();

	(void)state;
	begins(1);
	run_for(r, 100);
	kill_recorder(r);
	usleep(300000);
	r = begin();
	run_for(r, 150);
	assert_string_equal(told(), "open:1 ");
	recorder_close(r);
}

static void a_short_recovery_is_not_told_of_as_open(void **state)
{
	struct recorder *r = begin();

	(void)state;
	begins(1);
	run_for(r, 100);
	ends(1);
	run_for(r, 300);
	assert_string_equal(told(), "1 ");
	recorder_close(r);
}

/* Somebody should know, and there is no other place */
static void without_a_file_open_recoveries_are_told_of(void **state)
{
	struct recorder *r;

	(void)state;
	file.open_error = -EROFS;
	r = begin();
	begins(1);
	run_for(r, 500);
	assert_string_equal(told(), "open:1 ");
	kill_recorder(r);
}

static void a_policy_is_told_of_when_it_begins_and_ends(void **state)
{
	struct zrec_policy_exit exit = {
		.abi = ZREC_ABI, .size = sizeof(exit), .flags = ZREC_RECORD_EXIT, .policy = "strict",
		.kind = ZPCI_POLICY_EXIT_BUDGET,
	};
	struct recorder *r;

	(void)state;
	strcpy(kernel.policy.name, "strict");
	kernel.policy.since_ns = clock_ns(CLOCK_MONOTONIC);
	usleep(1000);
	r = begin();
	run_for(r, 150);
	assert_string_equal(told(), "enforced ");
	kill_recorder(r);
	r = begin();
	run_for(r, 150);
	assert_string_equal(told(), "");
	memset(&kernel.policy, 0, sizeof(kernel.policy));
	fake_ring_put(&kernel.ring, &exit, sizeof(exit), 0);
	run_for(r, 150);
	assert_string_equal(told(), "budget ");
	recorder_close(r);
}

static void a_recording_tells_nothing(void **state)
{
	const struct recorder_opts opts = { .path = "FILE", .once = true };
	struct recorder *r;

	(void)state;
	recoveries(1, 3);
	assert_int_equal(recorder_open(&r, &opts), 0);
	recorder_work(r);
	assert_null(recorder_state(r)->journal);
	recorder_close(r);
	assert_string_equal(told(), "");
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_recovery_is_told_of_once),
		TEST(not_before_it_is_in_the_file),
		TEST(killed_after_the_commit_nothing_is_told_again),
		TEST(an_open_recovery_is_told_of_once),
		TEST(one_that_is_due_while_nobody_records_is_told_of),
		TEST(a_short_recovery_is_not_told_of_as_open),
		TEST(without_a_file_open_recoveries_are_told_of),
		TEST(a_policy_is_told_of_when_it_begins_and_ends),
		TEST(a_recording_tells_nothing),
	};

	/* What is said of the file is said on purpose */
	log_level = -1;
	return cmocka_run_group_tests_name("tell", tests, NULL, NULL);
}
