// SPDX-License-Identifier: GPL-2.0
/* Entries of the journal: their fields, how many there may be, and what is said of the rest */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/systemd.h"
#include "cmocka-all.h"
#include "fake-journal.h"
#include "fixtures.h"
#include "record/meaning.h"
#include "serve/journal.h"

#define WALL	(FIXTURE_CLOCK_OFFSET + 5 * NSEC_PER_SEC)

/* The journal is at a time of the test's own */
static uint64_t now_ns;
uint64_t __wrap_clock_ns(clockid_t clock);

uint64_t __wrap_clock_ns(clockid_t clock)
{
	(void)clock;
	return now_ns;
}

static struct world {
	char *dir;
	char path[256];
	int peer;
	struct journal journal;
} w;

static int begin(struct bucket_limits limits)
{
	return journal_open(&w.journal, w.path, &limits);
}

static int setup(void **state)
{
	(void)state;
	now_ns = 1000 * NSEC_PER_SEC;
	w = (struct world){ .dir = make_temp_dir(), .journal = JOURNAL_CLOSED };
	snprintf(w.path, sizeof(w.path), "%s/socket", w.dir);
	w.peer = fake_journal_open(w.path);
	return w.peer < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	journal_close(&w.journal);
	close(w.peer);
	remove_temp_dir(w.dir);
	return 0;
}

static int left_in_the_socket(void)
{
	json_t *entry;
	int nr = 0;

	for (; (entry = fake_journal_next(w.peer)); nr++)
		json_decref(entry);
	return nr;
}

static void put_recovery(const char *name)
{
	struct zrec_full_span s = { 0 };

	for (size_t i = 0; i < nr_fixtures; i++)
		if (!strcmp(fixtures[i].name, name))
			fixtures[i].make(&s.span);
	journal_recovery(&w.journal, &s.span, WALL);
}

/* The only entry in the socket as lines "NAME=value", in the order of names */
static void assert_entry(const char *golden)
{
	json_t *entry = fake_journal_next(w.peer);
	char *text;

	assert_non_null(entry);
	assert_null(json_object_get(entry, "BAD"));
	text = json_dumps(entry, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(entry);
	assert_int_equal(left_in_the_socket(), 0);
	assert_golden(golden, text);
	free(text);
}

static void every_kind_of_recovery_has_an_entry(void **state)
{
	char golden[80];

	(void)state;
	assert_int_equal(begin(JOURNAL_DEFAULT_LIMITS), 0);
	for (size_t i = 0; i < nr_fixtures; i++) {
		put_recovery(fixtures[i].name);
		snprintf(golden, sizeof(golden), "journal-recovery-%s.json", fixtures[i].name);
		assert_entry(golden);
	}
	assert_int_equal(w.journal.stats.written, nr_fixtures);
}

static void an_open_recovery_has_an_entry(void **state)
{
	const struct open_recovery r = {
		.id = 7, .wall_ns = WALL, .age_ns = 6 * NSEC_PER_SEC, .step_age_ns = 5 * NSEC_PER_SEC,
		.fid = 0x12, .events = 2, .owner_pid = 4711, .pec = 0x04, .step = ZPCI_STEP_USER,
		.pci_address = "0002:00:00.0", .driver = "vfio-pci", .owner_comm = "qemu\nsystem",
		.policy = "slow-users",
	};

	(void)state;
	assert_int_equal(begin(JOURNAL_DEFAULT_LIMITS), 0);
	journal_open_recovery(&w.journal, &r);
	assert_entry("journal-open.json");
}

static void a_policy_has_entries_from_begin_to_end(void **state)
{
	struct zrec_policy_exit exit = {
		.kind = ZPCI_POLICY_EXIT_BUDGET, .code = 1, .policy = "strict",
		.text = "too many functions given up",
	};

	(void)state;
	assert_int_equal(begin(JOURNAL_DEFAULT_LIMITS), 0);
	journal_policy_began(&w.journal, "strict", WALL, false);
	assert_entry("journal-policy-enforced.json");
	journal_policy_began(&w.journal, "gentle", WALL, true);
	assert_entry("journal-policy-shadow.json");
	journal_policy_ended(&w.journal, &exit, WALL);
	assert_entry("journal-policy-ejected.json");
	exit.kind = ZPCI_POLICY_EXIT_KILLED;
	journal_policy_ended(&w.journal, &exit, WALL);
	assert_entry("journal-policy-killed.json");
	exit.kind = ZPCI_POLICY_EXIT_DETACHED;
	journal_policy_ended(&w.journal, &exit, WALL);
	assert_entry("journal-policy-ended.json");
}

/* From a kernel, but it may be anybody's some day */
static void the_longest_names_have_room_and_drive_no_terminal(void **state)
{
	struct zrec_full_span s = { 0 };
	json_t *entry;

	(void)state;
	assert_int_equal(begin(JOURNAL_DEFAULT_LIMITS), 0);
	fixtures[0].make(&s.span);
	s.span.flags |= ZREC_SPAN_POLICY;
	s.span.size = sizeof(s);
	s.span.owner_pid = UINT32_MAX;
	s.span.total_ns = UINT64_MAX;
	s.span.id = UINT64_MAX;
	memset(s.span.driver, '\n', sizeof(s.span.driver));
	memset(s.span.owner_comm, 0xff, sizeof(s.span.owner_comm));
	memset(s.policy.policy, 0x1b, sizeof(s.policy.policy));
	journal_recovery(&w.journal, &s.span, WALL);
	entry = fake_journal_next(w.peer);
	assert_null(json_object_get(entry, "BAD"));
	assert_memory_equal(json_string_value(json_object_get(entry, "ZPCI_DRIVER")), "\\x0a\\x0a", 8);
	assert_memory_equal(json_string_value(json_object_get(entry, "ZPCI_POLICY")), "\\x1b\\x1b", 8);
	/* The last field that is added */
	assert_memory_equal(json_string_value(json_object_get(entry, "ZPCI_OWNER_COMM")), "\\xff\\xff", 8);
	json_decref(entry);
}

static void a_storm_is_held_back_and_said_when_it_is_over(void **state)
{
	const struct bucket_limits limits = { .burst = 8, .per_minute = 60 };
	json_t *entry;

	(void)state;
	assert_int_equal(begin(limits), 0);
	assert_int_equal(journal_timeout_ms(&w.journal), -1);
	for (int i = 0; i < 100; i++)
		put_recovery("host-recovered");
	/* A quarter is for serious ones */
	assert_int_equal(left_in_the_socket(), 6);
	for (int i = 0; i < 3; i++)
		put_recovery("driver-gave-up");
	assert_int_equal(left_in_the_socket(), 2);
	assert_int_equal(w.journal.stats.held_back, 94 + 1);
	assert_int_equal(journal_timeout_ms(&w.journal), 10000);
	now_ns += 9 * NSEC_PER_SEC;
	journal_work(&w.journal);
	assert_int_equal(left_in_the_socket(), 0);
	now_ns += NSEC_PER_SEC;
	assert_int_equal(journal_timeout_ms(&w.journal), 0);
	journal_work(&w.journal);
	entry = fake_journal_next(w.peer);
	assert_string_equal(json_string_value(json_object_get(entry, "ZPCI_HELD_BACK")), "95");
	assert_string_equal(json_string_value(json_object_get(entry, "ZPCI_LOST")), "0");
	assert_string_equal(json_string_value(json_object_get(entry, "MESSAGE_ID")),
			    meaning_of_event(MEANING_HELD_BACK)->id);
	json_decref(entry);
	assert_int_equal(journal_timeout_ms(&w.journal), -1);
	journal_work(&w.journal);
	assert_int_equal(left_in_the_socket(), 0);
	/* Ten seconds at one a second: it is full again */
	for (int i = 0; i < 100; i++)
		put_recovery("driver-gave-up");
	assert_int_equal(left_in_the_socket(), 8);
}

static void a_storm_without_end_is_told_of_meanwhile(void **state)
{
	const struct bucket_limits limits = { .burst = 1, .per_minute = 1 };
	int told = 0;

	(void)state;
	assert_int_equal(begin(limits), 0);
	for (int i = 0; i < 3600; i++) {
		put_recovery("driver-gave-up");
		told += left_in_the_socket();
		journal_work(&w.journal);
		told += left_in_the_socket();
		now_ns += NSEC_PER_SEC;
	}
	/* One a minute, and one each ten minutes that says how many were not */
	assert_in_range(told, 60 + 5, 60 + 6);
}

static void the_end_says_what_was_held_back(void **state)
{
	const struct bucket_limits limits = { .burst = 1, .per_minute = 1 };
	json_t *entry;

	(void)state;
	assert_int_equal(begin(limits), 0);
	put_recovery("driver-gave-up");
	put_recovery("driver-gave-up");
	assert_int_equal(left_in_the_socket(), 1);
	journal_close(&w.journal);
	entry = fake_journal_next(w.peer);
	assert_string_equal(json_string_value(json_object_get(entry, "ZPCI_HELD_BACK")), "1");
	json_decref(entry);
	journal_close(&w.journal);
	assert_int_equal(left_in_the_socket(), 0);
}

static void a_journal_that_does_not_read_is_not_waited_for(void **state)
{
	const struct bucket_limits limits = { .burst = 1000000, .per_minute = 1000000 };
	uint64_t lost;
	json_t *entry;

	(void)state;
	alarm(60);
	assert_int_equal(begin(limits), 0);
	for (int i = 0; i < 5000; i++)
		put_recovery("driver-gave-up");
	lost = w.journal.stats.lost;
	assert_true(lost > 0);
	assert_int_equal(w.journal.stats.written + lost, 5000);
	assert_string_equal(systemd_journal_reason(w.journal.stats.error), "systemd-journald does not read fast enough");
	/* Not even for the entry that says so: it is tried again later */
	now_ns += 10 * NSEC_PER_SEC;
	journal_work(&w.journal);
	assert_int_equal(journal_timeout_ms(&w.journal), 10000);
	assert_int_equal(w.journal.stats.lost, lost);
	assert_int_equal(left_in_the_socket(), 5000 - lost);
	now_ns += 10 * NSEC_PER_SEC;
	journal_work(&w.journal);
	entry = fake_journal_next(w.peer);
	assert_int_equal(atoi(json_string_value(json_object_get(entry, "ZPCI_LOST"))), lost);
	json_decref(entry);
	assert_int_equal(w.journal.stats.error, 0);
	alarm(0);
}

static void without_a_journald_nothing_breaks_or_wakes_up(void **state)
{
	json_t *entry;

	(void)state;
	close(w.peer);
	unlink(w.path);
	assert_int_equal(begin(JOURNAL_DEFAULT_LIMITS), 0);
	assert_int_equal(w.journal.stats.error, -ENOENT);
	assert_string_equal(systemd_journal_reason(w.journal.stats.error), "no systemd-journald runs here");
	put_recovery("driver-gave-up");
	assert_int_equal(w.journal.stats.lost, 1);
	assert_int_equal(journal_timeout_ms(&w.journal), -1);
	/* It comes: the entries do, too, and what is missing is said */
	w.peer = fake_journal_open(w.path);
	put_recovery("driver-gave-up");
	assert_int_equal(w.journal.stats.error, 0);
	assert_int_equal(left_in_the_socket(), 1);
	assert_int_equal(journal_timeout_ms(&w.journal), 10000);
	now_ns += 10 * NSEC_PER_SEC;
	journal_work(&w.journal);
	entry = fake_journal_next(w.peer);
	assert_string_equal(json_string_value(json_object_get(entry, "ZPCI_LOST")), "1");
	json_decref(entry);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_recovery_has_an_entry),
		TEST(an_open_recovery_has_an_entry),
		TEST(a_policy_has_entries_from_begin_to_end),
		TEST(the_longest_names_have_room_and_drive_no_terminal),
		TEST(a_storm_is_held_back_and_said_when_it_is_over),
		TEST(a_storm_without_end_is_told_of_meanwhile),
		TEST(the_end_says_what_was_held_back),
		TEST(a_journal_that_does_not_read_is_not_waited_for),
		TEST(without_a_journald_nothing_breaks_or_wakes_up),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
