// SPDX-License-Identifier: GPL-2.0
/* The history file: what is written comes back, exactly once and exactly as it was */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/history.h"
#include "keep/import.h"
#include "keep/jsonl.h"
#include "keep/writer.h"
#include "keeping.h"
#include "span_random.h"

/* --- what comes back --- */

static void spans_come_back_exactly(void **state)
{
	struct kept *k = *state;
	static struct zrec_full_span spans[500];
	struct read_back got;
	uint64_t seed = 42;

	kept_open(k);
	for (size_t i = 0; i < 500; i++) {
		span_random(&seed, &spans[i]);
		/* In the order of the wall clock, to compare */
		spans[i].span.tai_ns = 1000 + i;
		assert_int_equal(writer_span(k->writer, i, &spans[i].span, (int64_t)(1000 + i), NULL), 0);
	}
	kept_commit(k, 500);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 500);
	for (size_t i = 0; i < 500; i++) {
		assert_memory_equal(&got.r[i].full.span, &spans[i].span, sizeof(spans[i].span));
		assert_memory_equal(&got.r[i].full.policy, &spans[i].policy, sizeof(spans[i].policy));
		assert_int_equal(got.r[i].position, i);
		assert_int_equal(got.r[i].observation_ns, KEPT_SINCE_NS);
		assert_string_equal(got.boots[i].host, "host1");
		assert_string_equal(got.boots[i].boot_id, KEPT_BOOT_ID);
	}
	read_back_free(&got);
}

#define GOLDEN_SPANS	20

/* Written by machines of either byte order, and by the first version of the schema */
static void update_golden(struct kept *k, const char *path)
{
	struct zrec_full_span s;
	uint64_t seed = 99;

	unlink(path);
	snprintf(k->path, sizeof(k->path), "%s", path);
	kept_open(k);
	for (int i = 0; i < GOLDEN_SPANS; i++) {
		span_random(&seed, &s);
		assert_int_equal(writer_span(k->writer, (uint64_t)i, &s.span, i, NULL), 0);
	}
	kept_commit(k, GOLDEN_SPANS);
	assert_int_equal(writer_finish(k->writer), 0);
	kept_close(k);
	kept_sql(k, "PRAGMA page_size = 512; VACUUM");
}

static void files_of_either_byte_order_are_read(void **state)
{
	static const char *const files[] = { GOLDEN_DIR "/history-1-little.db",
					     GOLDEN_DIR "/history-1-big.db" };
	const uint16_t one = 1;
	struct zrec_full_span s;
	struct read_back got;

	if (getenv("ZREC_GOLDEN_UPDATE"))
		update_golden(*state, files[!*(const uint8_t *)&one]);
	for (int f = 0; f < 2; f++) {
		uint64_t seed = 99;

		read_back(&got, files[f], NULL, HISTORY_OLDEST_FIRST);
		assert_int_equal(got.nr, GOLDEN_SPANS);
		for (size_t i = 0; i < got.nr; i++) {
			span_random(&seed, &s);
			s.span.tai_ns = i;
			assert_memory_equal(&got.r[i].full, &s, sizeof(s));
		}
		read_back_free(&got);
	}
}

/* Of a newer kernel: no name yet, but nothing of it is lost */
static void numbers_without_a_name_come_back(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;

	kept_span(&s, 1);
	s.span.outcome = 200;
	s.span.reason = 99;
	s.span.recoverer = 77;
	s.span.tier = 66;
	s.span.step_result[ZPCI_STEP_RESET] = -4000;
	kept_open(k);
	kept_put(k, 0, &s);
	kept_commit(k, 1);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 1);
	assert_memory_equal(&got.r[0].full.span, &s.span, sizeof(s.span));
	read_back_free(&got);
}

static void a_name_of_a_newer_zrec_is_said_and_shown_as_unknown(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 0, &s);
	kept_commit(k, 1);
	kept_close(k);
	kept_sql(k, "UPDATE name SET name = 'mended' WHERE name = 'recovered';"
		    "UPDATE name SET name = 'polish' WHERE name = 'reset'");
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 1);
	assert_int_equal(got.r[0].full.span.outcome, UINT8_MAX);
	/* The time of a step without a place is not lost */
	assert_int_equal(got.r[0].full.span.step_ns[ZREC_STEP_OTHER],
			 s.span.step_ns[ZREC_STEP_OTHER] + s.span.step_ns[ZPCI_STEP_RESET]);
	assert_string_equal(got.unknown, "mended");
	read_back_free(&got);
}

static void arms_have_names(void **state)
{
	struct kept *k = *state;
	const struct writer_arm arm = { "calm", "b" };
	struct zrec_full_span s;
	struct read_back got;

	kept_span(&s, 1);
	kept_open(k);
	assert_int_equal(writer_span(k->writer, 0, &s.span, 1, &arm), 0);
	kept_commit(k, 1);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_string_equal(got.r[0].experiment, "calm");
	assert_string_equal(got.r[0].arm, "b");
	read_back_free(&got);
}

static int keep_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	assert_string_equal(boot->host, "host1");
	*(struct history_gap *)ctx = *gap;
	return 7;
}

static void gaps_come_back(void **state)
{
	struct kept *k = *state;
	struct history_filter all = { 0 };
	struct history_gap gap = { HISTORY_GAP_OTHER_READER, 12, 1000, 2000 }, got = { 0 };
	struct history *h;

	kept_open(k);
	assert_int_equal(writer_gap(k->writer, &gap), 0);
	kept_commit(k, 1);
	kept_close(k);
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(history_each_gap(h, &all, keep_gap, &got), 7);
	assert_int_equal(got.reason, HISTORY_GAP_OTHER_READER);
	assert_int_equal(got.recoveries, 12);
	assert_int_equal(got.from_ns, 1000);
	assert_int_equal(got.to_ns, 2000);
	all.since_ns = 2001;
	assert_int_equal(history_each_gap(h, &all, keep_gap, &got), 0);
	history_close(h);
}

static int keep_event(void *ctx, const struct history_policy_event *event)
{
	struct history_policy_event *all = ctx;

	while (all->wall_ns)
		all++;
	*all = *event;
	return 0;
}

static void policy_events_come_back_once(void **state)
{
	struct kept *k = *state;
	struct history_filter all = { 0 };
	struct history_policy_event event = { .wall_ns = 5, .at_ns = 77, .policy = "calm",
					      .what = "budget", .code = 2, .text = "clamps" };
	struct history_policy_event got[3] = { 0 };
	struct history *h;

	kept_open(k);
	assert_int_equal(writer_policy_event(k->writer, &event), 0);
	/* Noticed again, by a recorder that began anew */
	assert_int_equal(writer_policy_event(k->writer, &event), 0);
	kept_commit(k, 1);
	kept_close(k);
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(history_each_policy_event(h, &all, keep_event, got), 0);
	history_close(h);
	assert_int_equal(got[1].wall_ns, 0);
	assert_int_equal(got[0].at_ns, 77);
	assert_string_equal(got[0].policy, "calm");
	assert_string_equal(got[0].what, "budget");
	assert_int_equal(got[0].code, 2);
	assert_string_equal(got[0].text, "clamps");
}

/* --- order and filters --- */

static void recoveries_are_in_the_order_of_the_clock(void **state)
{
	static const int64_t walls[] = { 30, 10, 20, 20, 40, 20 };
	static const uint64_t oldest[] = { 1, 2, 3, 5, 0, 4 };
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;

	kept_open(k);
	for (size_t i = 0; i < 6; i++) {
		/* Later functions first: the index must not sort by them */
		kept_span(&s, (uint32_t)(100 - i));
		assert_int_equal(writer_span(k->writer, i, &s.span, walls[i], NULL), 0);
	}
	kept_commit(k, 6);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(got.r[i].position, oldest[i]);
	read_back_free(&got);
	read_back(&got, k->path, NULL, HISTORY_NEWEST_FIRST);
	assert_int_equal(got.nr, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(got.r[i].position, oldest[5 - i]);
	read_back_free(&got);
}

static void more_than_one_page_comes_back(void **state)
{
	struct kept *k = *state;
	struct history_filter some = { .since_ns = 20, .until_ns = 901 };
	struct read_back got;

	kept_many(k, 1000);
	read_back(&got, k->path, &some, HISTORY_NEWEST_FIRST);
	assert_int_equal(got.nr, 881);
	assert_int_equal(got.r[0].wall_ns, 900);
	assert_int_equal(got.r[880].wall_ns, 20);
	read_back_free(&got);
}

/* Whatever SQL says, span_match() on everything says the same */
static void filters_are_those_of_span_match(void **state)
{
	struct kept *k = *state;
	struct read_back all, some, brief;
	uint64_t seed = 7;

	kept_many(k, 500);
	read_back(&all, k->path, NULL, HISTORY_OLDEST_FIRST);
	for (int round = 0; round < 60; round++) {
		struct history_filter f = { 0 };
		size_t nr = 0;

		kept_random_filter(&seed, &f);
		read_back(&some, k->path, &f, HISTORY_OLDEST_FIRST);
		read_back_brief(&brief, k->path, &f);
		for (size_t i = 0; i < all.nr; i++) {
			if (!span_match(&f.span, &all.r[i].full.span))
				continue;
			assert_true(nr < some.nr && some.r[nr].row == all.r[i].row);
			assert_true(nr < brief.nr && brief.r[nr].row == all.r[i].row);
			nr++;
		}
		assert_int_equal(nr, some.nr);
		assert_int_equal(nr, brief.nr);
		read_back_free(&some);
		read_back_free(&brief);
		span_filter_free(&f.span);
	}
	read_back_free(&all);
}

/* In whatever order; each row once, and what an experiment needs of it */
static void arms_are_read_without_the_rest(void **state)
{
	const struct writer_arm arm = { .experiment = "calm", .arm = "b" };
	struct kept *k = *state;
	struct read_back all, arms;
	struct zrec_full_span s;

	kept_many(k, 300);
	kept_open(k);
	kept_span(&s, 5);
	/* The oldest one, and the last row */
	assert_int_equal(writer_span(k->writer, 301, &s.span, 0, &arm), 0);
	kept_commit(k, 302);
	kept_close(k);
	read_back(&all, k->path, NULL, HISTORY_OLDEST_FIRST);
	read_back_arm(&arms, k->path);
	assert_int_equal(all.nr, 301);
	assert_int_equal(arms.nr, 301);
	for (size_t i = 0; i < all.nr; i++) {
		const struct history_recovery *want = &all.r[i], *got = &arms.r[want->row - 1];

		assert_int_equal(got->row, want->row);
		assert_int_equal(got->wall_ns, want->wall_ns);
		assert_string_equal(got->experiment, want->experiment);
		assert_string_equal(got->arm, want->arm);
		assert_string_equal(all.boots[i].boot_id, arms.boots[want->row - 1].boot_id);
		assert_int_equal(got->full.span.fid, want->full.span.fid);
		assert_int_equal(got->full.span.pchid, want->full.span.pchid);
		assert_int_equal(got->full.span.outcome, want->full.span.outcome);
		assert_int_equal(got->full.span.reason, want->full.span.reason);
		assert_int_equal(got->full.span.total_ns, want->full.span.total_ns);
	}
	assert_string_equal(arms.r[300].arm, "b");
	read_back_free(&arms);
	read_back_free(&all);
}

static void import_into(const char *to, const char *from)
{
	struct import *i;

	assert_int_equal(import_open(&i, to), 0);
	assert_int_equal(import_file(i, from), 0);
	assert_int_equal(import_finish(i), 0);
	import_close(i);
}

static int is_of_the_test(void *ctx, const struct history_recovery *r)
{
	(void)ctx;
	assert_non_null(r->observation);
	assert_string_equal(r->observation->version, "test");
	assert_int_equal(r->observation->tier, ZREC_TIER_TRACEPOINT);
	assert_int_equal(r->observation->since_ns, KEPT_SINCE_NS);
	assert_int_equal(r->observation->since_wall_ns, 1);
	return 1;
}

static void assert_of_the_test(const char *path)
{
	const struct history_filter all = { 0 };
	struct history *h;

	assert_int_equal(history_open(&h, path), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, is_of_the_test, NULL), 1);
	history_close(h);
}

static int put(void *ctx, const struct history_recovery *r)
{
	return jsonl_write_recovery(ctx, r);
}

/* As older files have them: without a word of the observation */
static int put_without(void *ctx, const struct history_recovery *r)
{
	struct history_recovery old = *r;

	old.observation = NULL;
	return jsonl_write_recovery(ctx, &old);
}

static void export_to(const char *to, const char *from, history_recovery_fn fn)
{
	const struct history_filter all = { 0 };
	struct jsonl_writer w = { .f = fopen(to, "w") };
	struct history *h;

	assert_non_null(w.f);
	assert_int_equal(history_open(&h, from), 0);
	assert_int_equal(jsonl_write_meta(&w), 0);
	assert_int_equal(history_each(h, &all, HISTORY_OLDEST_FIRST, fn, &w), 0);
	history_close(h);
	jsonl_writer_free(&w);
	assert_int_equal(fclose(w.f), 0);
}

/* The copy of a copy says what observed, too, and lines that do not say it take nothing away */
static void an_import_keeps_what_observed(void **state)
{
	struct kept *k = *state;
	char path[300], lines[300], old[300];
	struct import *i;

	kept_many(k, 3);
	snprintf(path, sizeof(path), "%s/merged.db", k->dir);
	snprintf(lines, sizeof(lines), "%s/merged.jsonl", k->dir);
	snprintf(old, sizeof(old), "%s/old.jsonl", k->dir);
	export_to(lines, k->path, put);
	export_to(old, k->path, put_without);
	import_into(path, k->path);
	import_into(path, old);
	assert_of_the_test(path);
	assert_int_equal(unlink(path), 0);
	assert_of_the_test(lines);
	import_into(path, old);
	import_into(path, lines);
	assert_of_the_test(path);
	assert_int_equal(unlink(path), 0);
	/* In one import, too */
	assert_int_equal(import_open(&i, path), 0);
	assert_int_equal(import_file(i, old), 0);
	assert_int_equal(import_file(i, lines), 0);
	assert_int_equal(import_finish(i), 0);
	assert_int_equal(import_counts(i)->recoveries, 3);
	assert_int_equal(import_counts(i)->there, 3);
	import_close(i);
	assert_of_the_test(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(lines), 0);
	assert_int_equal(unlink(old), 0);
}

/* It is made when all rows are there; who was killed before has it with the next import */
static void an_import_leaves_the_index_by_time(void **state)
{
	static const char drop[] = "DROP INDEX recovery_by_time";
	struct kept *k = *state, merged = *k;
	struct read_back all, got;

	kept_many(k, 200);
	snprintf(merged.path, sizeof(merged.path), "%s/merged.db", k->dir);
	import_into(merged.path, k->path);
	read_back(&all, k->path, NULL, HISTORY_NEWEST_FIRST);
	read_back(&got, merged.path, NULL, HISTORY_NEWEST_FIRST);
	assert_int_equal(got.nr, all.nr);
	for (size_t i = 0; i < all.nr; i++)
		assert_int_equal(got.r[i].position, all.r[i].position);
	kept_sql(&merged, drop);
	import_into(merged.path, k->path);
	kept_sql(&merged, drop);
	read_back_free(&got);
	read_back_free(&all);
	assert_int_equal(unlink(merged.path), 0);
}

static void a_row_and_a_host_can_be_asked_for(void **state)
{
	struct kept *k = *state;
	char *hosts[] = { "another" };
	struct history_filter f = { .row = 17 };
	struct read_back got;

	kept_many(k, 100);
	read_back(&got, k->path, &f, HISTORY_NEWEST_FIRST);
	assert_int_equal(got.nr, 1);
	assert_int_equal(got.r[0].row, 17);
	read_back_free(&got);
	f = (struct history_filter){ .hosts = hosts, .nr_hosts = 1 };
	read_back(&got, k->path, &f, HISTORY_NEWEST_FIRST);
	assert_int_equal(got.nr, 0);
	read_back_free(&got);
}

/* --- exactly once --- */

static void a_position_is_kept_once(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 4711, &s);
	assert_int_equal(writer_span(k->writer, 4711, &s.span, 1, NULL), -EEXIST);
	kept_put(k, 4712, &s);
	kept_commit(k, 1);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 2);
	read_back_free(&got);
}

static void progress_comes_back_with_its_rows(void **state)
{
	struct kept *k = *state;
	struct writer_progress p = { .read_to = 1ull << 40, .accounted = 5, .wall_ns = 99,
				     .lost = { 1, 0, 3 } };

	kept_open(k);
	assert_int_equal(writer_commit(k->writer, &p), 0);
	kept_close(k);
	kept_open(k);
	assert_memory_equal(&k->progress, &p, sizeof(p));
	kept_close(k);
}

static void an_undone_batch_leaves_nothing_and_names_are_right_afterwards(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;

	kept_span(&s, 1);
	strcpy(s.span.driver, "first");
	kept_open(k);
	kept_put(k, 0, &s);
	writer_undo(k->writer);
	/* The row that the first name had is another's now */
	strcpy(s.span.driver, "second");
	kept_put(k, 1, &s);
	strcpy(s.span.driver, "first");
	s.span.life++;
	kept_put(k, 2, &s);
	kept_commit(k, 3);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 2);
	assert_string_equal(got.r[0].full.span.driver, "second");
	assert_string_equal(got.r[1].full.span.driver, "first");
	read_back_free(&got);
}

/* Whoever dies leaves what was committed, and no lock */
static void killed_in_a_batch(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	struct read_back got;
	int status;
	pid_t pid = fork();

	if (!pid) {
		kept_span(&s, 1);
		kept_open(k);
		kept_put(k, 0, &s);
		kept_commit(k, 1);
		for (uint64_t i = 1; i < 5000; i++)
			kept_put(k, i, &s);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	kept_open(k);
	assert_int_equal(k->progress.read_to, 1);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 1);
	read_back_free(&got);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kept_setup, kept_teardown)
	const struct CMUnitTest tests[] = {
		TEST(spans_come_back_exactly),
		TEST(files_of_either_byte_order_are_read),
		TEST(numbers_without_a_name_come_back),
		TEST(a_name_of_a_newer_zrec_is_said_and_shown_as_unknown),
		TEST(arms_have_names),
		TEST(gaps_come_back),
		TEST(policy_events_come_back_once),
		TEST(recoveries_are_in_the_order_of_the_clock),
		TEST(more_than_one_page_comes_back),
		TEST(filters_are_those_of_span_match),
		TEST(arms_are_read_without_the_rest),
		TEST(an_import_leaves_the_index_by_time),
		TEST(an_import_keeps_what_observed),
		TEST(a_row_and_a_host_can_be_asked_for),
		TEST(a_position_is_kept_once),
		TEST(progress_comes_back_with_its_rows),
		TEST(an_undone_batch_leaves_nothing_and_names_are_right_afterwards),
		TEST(killed_in_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
