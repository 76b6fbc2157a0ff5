// SPDX-License-Identifier: GPL-2.0
/* What is in the history file: what a reader refuses, schemas, room, and what is for others */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "keep/place.h"
#include "keep/schema.h"
#include "keeping.h"

/* --- what a stranger can put into it --- */

static void assert_refused(struct kept *k, const char *sql, const char *wanted)
{
	char why[256];

	kept_make_one(k);
	kept_sql(k, sql);
	if (kept_look(k->path, why) != -EUCLEAN || !strstr(why, wanted))
		fail_msg("%s: %s", sql, why);
	assert_int_equal(unlink(k->path), 0);
}

static void values_out_of_range_are_refused(void **state)
{
	struct kept *k = *state;

	assert_refused(k, "UPDATE recovery SET pec = 65536", "no such pec");
	assert_refused(k, "UPDATE recovery SET pending_max = -1", "no such pending_max");
	assert_refused(k, "UPDATE recovery SET ccdf = x'00'", "no such ccdf");
	assert_refused(k, "UPDATE recovery SET owner_comm = 'longer than any of Linux'", "owner_comm");
	assert_refused(k, "UPDATE recovery SET owner_comm = x'410041'", "no such owner_comm");
	assert_refused(k, "UPDATE name SET name = x'610062' WHERE name = 'nvme'", "no such name");
	assert_refused(k, "UPDATE name SET name = CAST(x'ff' AS TEXT) WHERE name = 'nvme'",
		       "no such name");
	assert_refused(k, "UPDATE recovery SET driver = 4000000000", "no such driver");
	assert_refused(k, "UPDATE recovery SET driver = 77777", "no name 77777");
	assert_refused(k, "UPDATE life SET devfn = 256", "no such devfn");
	assert_refused(k, "UPDATE name SET name = '999' WHERE name = 'recovered'", "no such outcome");
	assert_refused(k, "UPDATE step SET count = 70000", "no such count");
	assert_refused(k, "UPDATE recovery SET wall_ns = -1", "no such wall_ns");
	assert_refused(k, "UPDATE recovery SET total_ns = -1", "no such total_ns");
	assert_refused(k, "UPDATE recovery SET kernel_id = -1", "no such kernel_id");
	assert_refused(k, "UPDATE recovery SET total_ns = 0", "longer than it");
	assert_refused(k, "UPDATE step SET ns = -1", "no such ns");
	assert_refused(k, "UPDATE step SET ns = 9223372036854775807", "longer than it");
	assert_refused(k, "UPDATE life SET has_device = 1 - has_device", "no such flags");
	assert_refused(k, "UPDATE boot SET boot_id = 'x y'", "no such boot_id");
	assert_refused(k, "UPDATE recovery SET flags = flags | 8; INSERT INTO point"
			  " (recovery, nr, member, at_ns, pec) VALUES (1, 8, 1, 0, 0)", "no such nr");
}

/* What computes when it is read might never end, or do more than read */
static void only_tables_are_read(void **state)
{
	struct kept *k = *state;

	assert_refused(k, "DROP VIEW gap_view; ALTER TABLE gap RENAME TO other;"
			  "CREATE VIEW gap AS SELECT * FROM other", "damaged");
	assert_refused(k, "DROP VIEW gap_view; DROP TABLE gap; CREATE VIRTUAL TABLE gap USING"
			  " fts5(id, observation, reason, recoveries, from_ns, to_ns)", "damaged");
	assert_refused(k, "ALTER TABLE recovery ADD COLUMN more INTEGER AS (length(ccdf))", "damaged");
	assert_refused(k, "ALTER TABLE step ADD COLUMN more INTEGER", "damaged");
	/* The name in the schema and that of the statement beside it may differ */
	assert_refused(k, "DROP VIEW gap_view; DROP INDEX gap_by_time; PRAGMA writable_schema = ON;"
			  "UPDATE sqlite_schema SET sql = replace(sql, 'TABLE gap', 'TABLE other')"
			  " WHERE name = 'gap';"
			  "INSERT INTO sqlite_schema VALUES ('view', 'more', 'more', 0, 'CREATE VIEW gap AS"
			  " SELECT id, 1 AS observation, 1 AS reason, 1 AS recoveries, 1 AS from_ns,"
			  " 1 AS to_ns FROM name')", "damaged");
	assert_refused(k, "DROP VIEW step_view; DROP TABLE step; CREATE VIRTUAL TABLE step USING"
			  " rtree_i32(recovery, step, at_ns, ns, count, +result);"
			  "PRAGMA writable_schema = ON;"
			  "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'step'", "no such module");
}

/* Each recovery would need all of the table, so that twice the file needs four times as long */
static void a_file_that_takes_for_ever_is_refused(void **state)
{
	struct kept *k = *state;
	char why[256];

	kept_many(k, 800);
	kept_sql(k, "ALTER TABLE step RENAME TO old; DROP VIEW step_view;"
		    "CREATE TABLE step (recovery, step, at_ns, ns, count, result);"
		    "INSERT INTO step SELECT recovery + 800 * nr, step, at_ns, ns, count, result"
		    " FROM old, (SELECT id - 1 AS nr FROM recovery LIMIT 20)");
	assert_int_equal(kept_look(k->path, why), -EUCLEAN);
	assert_non_null(strstr(why, "no end of it is in sight"));
}

struct lives {
	size_t nr;
	size_t bytes;		/* that are allocated at the last one */
};

static int count_life(void *ctx, const struct history_recovery *r)
{
	struct lives *l = ctx;

	assert_int_equal(r->full.span.fid, 0x1000 + l->nr);
	l->nr++;
	l->bytes = mallinfo2().uordblks;
	return 0;
}

/* As many lives as recoveries: not each is worth its memory, and each recovery has its own */
static void lives_without_end_need_no_more_memory(void **state)
{
	const struct history_filter all = { 0 };
	struct kept *k = *state;
	struct lives lives = { 0 };
	struct zrec_full_span s;
	struct history *h;
	size_t before;

	/* In a cross build it is emulated, which takes too long for what no byte order changes */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && !getenv("ZREC_LONG")) {
		print_message("# SKIP so many rows are too many for an emulator\n");
		return;
	}
	kept_open(k);
	kept_span(&s, 0x1000);
	kept_put(k, 1, &s);
	kept_commit(k, 2);
	kept_close(k);
	for (int nr = 1; nr < 1 << 17; nr *= 2) {
		char sql[512];

		snprintf(sql, sizeof(sql), "BEGIN; CREATE TEMP TABLE l AS SELECT * FROM life;"
			 "UPDATE l SET id = id + %d, fid = fid + %d; INSERT INTO life SELECT * FROM l;"
			 "CREATE TEMP TABLE r AS SELECT * FROM recovery;"
			 "UPDATE r SET id = id + %d, position = position + %d, life = life + %d;"
			 "INSERT INTO recovery SELECT * FROM r; COMMIT", nr, nr, nr, nr, nr);
		kept_sql(k, sql);
	}
	before = mallinfo2().uordblks;
	assert_int_equal(history_open(&h, k->path), 0);
	assert_int_equal(history_each_brief(h, &all, count_life, &lives), 0);
	history_close(h);
	assert_int_equal(lives.nr, 1 << 17);
	assert_in_range(lives.bytes - before, 0, 6 << 20);
}

/* --- schema --- */

static void an_older_schema_is_brought_up_to_date(void **state)
{
	static const char *steps[] = { NULL, "ALTER TABLE gap ADD COLUMN note TEXT;"
				       "UPDATE gap SET note = 'before'" };
	const struct schema next = { steps, 2, "DROP VIEW IF EXISTS gap_view;"
				     "CREATE VIEW gap_view AS SELECT note FROM gap" };
	const struct history_gap gap = { HISTORY_GAP_UNSEEN, 1, 2, 3 };
	struct kept *k = *state;
	int version;
	sqlite3 *db;

	steps[0] = schema.steps[0];
	kept_open(k);
	assert_int_equal(writer_gap(k->writer, &gap), 0);
	kept_commit(k, 1);
	kept_close(k);
	assert_int_equal(sqlite3_open(k->path, &db), 0);
	assert_int_equal(schema_upgrade(db, &next), 0);
	assert_int_equal(schema_look(db, &next, &version), 0);
	assert_int_equal(version, 2);
	assert_int_equal(schema_upgrade(db, &next), 0);
	sqlite3_close(db);
	/* And we do not know that one */
	kept_left_alone(k, -EPROTO);
}

static void an_upgrade_that_fails_changes_nothing(void **state)
{
	static const char *steps[] = { NULL, "ALTER TABLE gap ADD COLUMN note TEXT; this is no SQL" };
	const struct schema next = { steps, 2, "" };
	struct kept *k = *state;
	sqlite3 *db;

	steps[0] = schema.steps[0];
	kept_make_one(k);
	assert_int_equal(sqlite3_open(k->path, &db), 0);
	assert_int_equal(schema_upgrade(db, &next), -EUCLEAN);
	sqlite3_close(db);
	assert_int_equal(kept_look(k->path, NULL), 0);
	kept_open(k);
	kept_close(k);
}

/* --- room --- */

static int64_t file_bytes(const struct kept *k)
{
	struct stat st;

	assert_int_equal(stat(k->path, &st), 0);
	return st.st_size;
}

static size_t count_rows(const struct kept *k)
{
	struct read_back got;
	size_t nr;

	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	nr = got.nr;
	read_back_free(&got);
	return nr;
}

static int64_t kept_count(const struct kept *k, const char *what)
{
	sqlite3_stmt *st;
	char sql[128];
	int64_t nr;
	sqlite3 *db;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	nr = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return nr;
}

/* When all that this boot began is long past, CLOCK_MONOTONIC */
#define LATE_NS	((uint64_t)INT64_MAX)

static void retain_all(struct kept *k, const struct writer_limits *limits, int64_t now_wall_ns,
		       uint64_t now_ns)
{
	int more, turns = 0;

	do {
		more = writer_retain(k->writer, limits, now_wall_ns, now_ns);
		assert_true(more >= 0);
		assert_true(turns++ < 1000);
	} while (more);
}

static void what_is_too_old_goes_and_the_file_shrinks(void **state)
{
	const struct writer_limits limits = { .keep_ns = 1000 };
	struct kept *k = *state;
	int64_t before;

	kept_many(k, 4000);
	before = file_bytes(k);
	kept_open(k);
	retain_all(k, &limits, 4501, LATE_NS);
	kept_close(k);
	assert_int_equal(count_rows(k), 500);
	assert_true(file_bytes(k) < before / 2);
}

static void what_is_too_much_goes_the_oldest_first(void **state)
{
	struct writer_limits limits = { 0 };
	struct kept *k = *state;
	struct read_back got;

	kept_many(k, 4000);
	limits.max_bytes = (uint64_t)file_bytes(k) / 2;
	kept_open(k);
	retain_all(k, &limits, 1, LATE_NS);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_NEWEST_FIRST);
	assert_true(got.nr > 500 && got.nr < 2500);
	assert_int_equal(got.r[0].wall_ns, 4000);
	assert_int_equal(got.r[got.nr - 1].wall_ns, 4001 - (int64_t)got.nr);
	read_back_free(&got);
	assert_true((uint64_t)file_bytes(k) < limits.max_bytes + (2 << 20));
}

/* Of this boot: from @wall_ns on, begun at @begin_ns */
static void put_at(struct kept *k, uint64_t position, int64_t wall_ns, uint64_t begin_ns)
{
	struct zrec_full_span s;

	kept_span(&s, 1);
	s.span.begin_ns = begin_ns;
	assert_int_equal(writer_span(k->writer, position, &s.span, wall_ns, NULL), 0);
}

/* The clock was set forward by a lot: what this boot has begun since is no older for that */
static void what_is_new_by_the_clock_of_this_boot_stays(void **state)
{
	const struct writer_limits limits = { .keep_ns = 1000 };
	struct kept *k = *state;
	struct read_back got;

	kept_open(k);
	put_at(k, 1, 10, 100);
	put_at(k, 2, 20, 1100);
	put_at(k, 3, 900000, 1200);
	kept_commit(k, 3);
	retain_all(k, &limits, 900000, 2000);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, 2);
	assert_int_equal(got.r[0].wall_ns, 20);
	read_back_free(&got);
}

static void what_another_boot_began_goes_by_the_wall_clock(void **state)
{
	const struct writer_limits limits = { .keep_ns = 1000 };
	struct kept *k = *state;

	kept_open(k);
	put_at(k, 1, 10, 100);
	kept_commit(k, 1);
	kept_close(k);
	kept_sql(k, "UPDATE boot SET boot_id = 'another'");
	kept_open(k);
	put_at(k, 2, 20, 100);
	kept_commit(k, 2);
	retain_all(k, &limits, 900000, 200);
	kept_close(k);
	assert_int_equal(count_rows(k), 1);
}

/* The clock was set back: what came last is the last to go */
static void what_is_too_much_goes_in_the_order_of_recording(void **state)
{
	struct writer_limits limits = { 0 };
	struct kept *k = *state;
	struct read_back got;

	kept_many(k, 4000);
	kept_sql(k, "UPDATE recovery SET wall_ns = 10000 - wall_ns");
	limits.max_bytes = (uint64_t)file_bytes(k) / 2;
	kept_open(k);
	retain_all(k, &limits, 10000, LATE_NS);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_OLDEST_FIRST);
	assert_true(got.nr > 500 && got.nr < 2500);
	assert_int_equal(got.r[0].wall_ns, 6000);
	read_back_free(&got);
}

static void policies_and_gaps_of_a_young_boot_stay(void **state)
{
	const struct history_policy_event event = { .wall_ns = 10, .at_ns = 1500, .policy = "calm",
						    .what = "enforced" };
	const struct history_gap gap = { .reason = HISTORY_GAP_RING_FULL, .recoveries = 1,
					 .from_ns = 10, .to_ns = 20 };
	const struct writer_limits limits = { .keep_ns = 1000 };
	struct kept *k = *state;

	kept_open(k);
	assert_int_equal(writer_policy_event(k->writer, &event), 0);
	assert_int_equal(writer_gap(k->writer, &gap), 0);
	kept_commit(k, 1);
	retain_all(k, &limits, 900000, 900);
	assert_int_equal(kept_count(k, "policy_event"), 1);
	assert_int_equal(kept_count(k, "gap"), 1);
	retain_all(k, &limits, 900000, LATE_NS);
	assert_int_equal(kept_count(k, "policy_event"), 0);
	assert_int_equal(kept_count(k, "gap"), 0);
}

/* The clock was set back while another read */
static void a_gap_does_not_end_before_it_begins(void **state)
{
	const struct history_gap gap = { .reason = HISTORY_GAP_OTHER_READER, .recoveries = 1,
					 .from_ns = 500, .to_ns = 20 };
	struct kept *k = *state;

	kept_open(k);
	assert_int_equal(writer_gap(k->writer, &gap), 0);
	kept_commit(k, 1);
	assert_int_equal(kept_count(k, "gap WHERE from_ns = 20 AND to_ns = 20"), 1);
}

static void a_log_that_a_reader_holds_is_seen_and_cut_afterwards(void **state)
{
	const struct writer_limits none = { 0 };
	struct kept *k = *state;
	struct zrec_full_span s;
	sqlite3 *reader;

	kept_make_one(k);
	kept_span(&s, 1);
	kept_open(k);
	assert_int_equal(sqlite3_open(k->path, &reader), 0);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM recovery", NULL, NULL, NULL), 0);
	for (uint64_t i = 10; writer_wal_bytes(k->writer) < 6 << 20; i++) {
		kept_put(k, i, &s);
		if (i % 100 == 0)
			kept_commit(k, i);
	}
	kept_commit(k, 1);
	assert_int_equal(writer_retain(k->writer, &none, 1, LATE_NS), 0);
	assert_true(writer_wal_bytes(k->writer) >= 6 << 20);
	assert_int_equal(sqlite3_close(reader), 0);
	assert_int_equal(writer_retain(k->writer, &none, 1, LATE_NS), 0);
	assert_true(writer_wal_bytes(k->writer) <= 4 << 20);
}

/* In a mount namespace of its own, so that nobody else sees it */
static int fill_disk(struct kept *k)
{
	struct zrec_full_span s;
	char big[300], bytes[4096] = { 0 };
	uint64_t at = 1;
	int fd, err;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("zrec", k->dir, "tmpfs", 0, "size=2m,mode=0700") < 0)
		return KEPT_NOT_HERE;
	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 0, &s);
	kept_commit(k, 1);
	snprintf(big, sizeof(big), "%s/big", k->dir);
	fd = open(big, O_CREAT | O_WRONLY, 0600);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	do {
		const struct writer_progress p = { .read_to = at };

		err = writer_span(k->writer, at++, &s.span, 1, NULL);
		if (!err && at % 50 == 0)
			err = writer_commit(k->writer, &p);
	} while (!err && at < 100000);
	if (err != -ENOSPC)
		return 1;
	unlink(big);
	close(fd);
	/* The same writer goes on */
	kept_put(k, 1000000, &s);
	kept_commit(k, 1000001);
	kept_close(k);
	return kept_look(k->path, NULL) ? 2 : 0;
}

static void a_full_disk_undoes_the_batch_and_no_more(void **state)
{
	kept_apart(*state, fill_disk, 0);
}

static int write_to_read_only(struct kept *k)
{
	struct writer *w;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(k->dir, k->dir, NULL, MS_BIND, NULL) < 0 ||
	    mount("none", k->dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return KEPT_NOT_HERE;
	return writer_open(&w, k->path) == -EROFS && !kept_look(k->path, NULL) ? 0 : 1;
}

static void a_read_only_disk_is_said(void **state)
{
	kept_make_one(*state);
	kept_apart(*state, write_to_read_only, 0);
}

/* --- a recording for others --- */

static int look_as_nobody(struct kept *k)
{
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 1;
	return kept_look(k->path, NULL) ? 1 : 0;
}

static void a_finished_recording_is_one_file_that_others_read(void **state)
{
	struct kept *k = *state;
	char wal[300];

	kept_make_one(k);
	kept_open(k);
	assert_int_equal(writer_finish(k->writer), 0);
	kept_close(k);
	snprintf(wal, sizeof(wal), "%s-wal", k->path);
	assert_int_equal(access(wal, F_OK), -1);
	assert_int_equal(chmod(k->dir, 0555), 0);
	kept_apart(k, look_as_nobody, 0);
	assert_int_equal(chmod(k->dir, 0755), 0);
}

static void what_is_being_written_can_be_read(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 1, &s);
	kept_commit(k, 1);
	kept_put(k, 2, &s);
	assert_int_equal(count_rows(k), 1);
	kept_commit(k, 2);
	assert_int_equal(count_rows(k), 2);
}

/* A file that is almost all log still: what an honest one may cost to read counts with it */
static void what_is_mostly_log_can_be_read(void **state)
{
	struct kept *k = *state;
	struct zrec_full_span s;
	sqlite3 *reader;

	kept_make_one(k);
	kept_span(&s, 1);
	kept_open(k);
	assert_int_equal(sqlite3_open(k->path, &reader), 0);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM recovery", NULL, NULL, NULL), 0);
	for (uint64_t i = 10; i < 80010; i++)
		kept_put(k, i, &s);
	kept_commit(k, 80010);
	assert_true(file_bytes(k) < 1 << 20);
	assert_int_equal(count_rows(k), 80001);
	assert_int_equal(sqlite3_close(reader), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kept_setup, kept_teardown)
	const struct CMUnitTest tests[] = {
		TEST(values_out_of_range_are_refused),
		TEST(only_tables_are_read),
		TEST(a_file_that_takes_for_ever_is_refused),
		TEST(lives_without_end_need_no_more_memory),
		TEST(an_older_schema_is_brought_up_to_date),
		TEST(an_upgrade_that_fails_changes_nothing),
		TEST(what_is_too_old_goes_and_the_file_shrinks),
		TEST(what_is_too_much_goes_the_oldest_first),
		TEST(what_is_new_by_the_clock_of_this_boot_stays),
		TEST(what_another_boot_began_goes_by_the_wall_clock),
		TEST(what_is_too_much_goes_in_the_order_of_recording),
		TEST(policies_and_gaps_of_a_young_boot_stay),
		TEST(a_gap_does_not_end_before_it_begins),
		TEST(a_log_that_a_reader_holds_is_seen_and_cut_afterwards),
		TEST(a_full_disk_undoes_the_batch_and_no_more),
		TEST(a_read_only_disk_is_said),
		TEST(a_finished_recording_is_one_file_that_others_read),
		TEST(what_is_being_written_can_be_read),
		TEST(what_is_mostly_log_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
