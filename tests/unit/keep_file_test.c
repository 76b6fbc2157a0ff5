// SPDX-License-Identifier: GPL-2.0
/* The history file among other files: full disks, damage, other writers, and strangers */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/place.h"
#include "keep/schema.h"
#include "keeping.h"

#define FILE_MAX	(64 << 20)


/* The writer does not take it, and it stays as it is */
static void assert_left_alone(const struct kept *k, int err)
{
	struct writer *w;
	char *before, *after;
	size_t before_len, after_len;

	assert_int_equal(file_read(k->path, FILE_MAX, &before, &before_len), 0);
	assert_int_equal(writer_open(&w, k->path), err);
	assert_int_equal(file_read(k->path, FILE_MAX, &after, &after_len), 0);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, after_len);
	free(before);
	free(after);
}

static int any(void *ctx, const struct history_recovery *r)
{
	(void)r;
	++*(size_t *)ctx;
	return 0;
}

/* Names, kinds, owners and sizes of what is in a directory */
static void list(const char *dir, char *ret, size_t size)
{
	struct dirent **entries;
	int nr = scandir(dir, &entries, NULL, alphasort);
	size_t len = 0;

	assert_true(nr >= 0);
	for (int i = 0; i < nr; i++) {
		char path[600];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		assert_int_equal(lstat(path, &st), 0);
		len += (size_t)snprintf(ret + len, size - len, "%s %o %u %lld\n", entries[i]->d_name,
					st.st_mode, st.st_uid,
					S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size);
		assert_true(len < size);
		free(entries[i]);
	}
	free(entries);
}

/* What a reader says of it */
static int look(const char *path, char why[256])
{
	const struct history_filter all = { 0 };
	struct history *h;
	size_t nr = 0;
	int err = history_open(&h, path);

	if (!err)
		err = history_each(h, &all, HISTORY_NEWEST_FIRST, any, &nr);
	if (why)
		snprintf(why, 256, "%s", err ? history_error(h) : "");
	history_close(h);
	return err;
}

static void make_one(struct kept *k)
{
	struct zrec_full_span s;

	kept_span(&s, 1);
	kept_open(k);
	kept_put(k, 1, &s);
	kept_commit(k, 1);
	kept_close(k);
}

/* --- whose file it is --- */

static void the_file_is_for_its_owner_alone(void **state)
{
	struct kept *k = *state;
	struct stat st;
	char wal[300];

	kept_open(k);
	assert_int_equal(stat(k->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	snprintf(wal, sizeof(wal), "%s-wal", k->path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
}

static void a_link_is_refused(void **state)
{
	struct kept *k = *state;
	struct writer *w;

	put_file(k->dir, "target", "");
	put_link(k->dir, "history.db", "target");
	assert_int_equal(writer_open(&w, k->path), -EUCLEAN);
}

static void a_file_with_two_names_is_refused(void **state)
{
	struct kept *k = *state;
	char other[300];

	make_one(k);
	snprintf(other, sizeof(other), "%s/other", k->dir);
	assert_int_equal(link(k->path, other), 0);
	assert_left_alone(k, -EUCLEAN);
}

static void what_is_no_file_is_refused(void **state)
{
	struct kept *k = *state;
	struct writer *w;

	assert_int_equal(mkfifo(k->path, 0600), 0);
	assert_int_equal(writer_open(&w, k->path), -EUCLEAN);
	assert_int_equal(look(k->path, NULL), -EUCLEAN);
}

static void a_second_writer_is_told(void **state)
{
	struct kept *k = *state;
	struct writer *w;
	int status;
	pid_t pid;

	kept_open(k);
	pid = fork();
	if (!pid)
		_exit(writer_open(&w, k->path) == -EBUSY && writer_set_aside(k->path) == -EBUSY ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	kept_commit(k, 1);
}

/* --- what is no history --- */

static void garbage_is_left_alone(void **state)
{
	struct kept *k = *state;

	put_file(k->dir, "history.db", "this is no database, but it is longer than the magic of one\n");
	assert_left_alone(k, -EUCLEAN);
	assert_int_equal(look(k->path, NULL), -EUCLEAN);
}

static void another_programs_database_is_left_alone(void **state)
{
	struct kept *k = *state;

	kept_sql(k, "CREATE TABLE recovery (id INTEGER PRIMARY KEY); INSERT INTO recovery VALUES (1)");
	assert_left_alone(k, -EUCLEAN);
	assert_int_equal(look(k->path, NULL), -EUCLEAN);
}

static void a_truncated_file_is_left_alone(void **state)
{
	struct kept *k = *state;

	kept_many(k, 100);
	kept_sql(k, "PRAGMA journal_mode = DELETE");
	assert_int_equal(truncate(k->path, 8192), 0);
	assert_left_alone(k, -EUCLEAN);
	assert_int_equal(look(k->path, NULL), -EUCLEAN);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct kept *k = *state;
	char why[256];

	make_one(k);
	kept_sql(k, "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
	assert_left_alone(k, -EPROTO);
	assert_int_equal(look(k->path, why), -EPROTO);
	assert_non_null(strstr(why, "another version of zrec"));
}

static void damaged_pages_are_said(void **state)
{
	struct kept *k = *state;
	char bytes[4096];
	int fd;

	kept_many(k, 500);
	kept_sql(k, "PRAGMA journal_mode = DELETE");
	memset(bytes, 0x5a, sizeof(bytes));
	fd = open(k->path, O_WRONLY);
	for (off_t page = 20; page < 60; page++)
		assert_int_equal(pwrite(fd, bytes, sizeof(bytes), page * 4096), sizeof(bytes));
	close(fd);
	assert_int_equal(look(k->path, NULL), -EUCLEAN);
}

static void count_damaged(const struct kept *k, size_t wanted)
{
	char pattern[300];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s.damaged-*Z", k->path);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, wanted);
	globfree(&found);
}

/* All that is left of a history is its header */
static void damage(struct kept *k)
{
	make_one(k);
	assert_int_equal(truncate(k->path, 100), 0);
}

static void a_damaged_file_is_set_aside_and_never_replaced(void **state)
{
	struct kept *k = *state;

	for (size_t i = 1; i <= 3; i++) {
		damage(k);
		put_file(k->dir, "history.db-wal", "its log");
		assert_left_alone(k, -EUCLEAN);
		assert_int_equal(writer_set_aside(k->path), 0);
		count_damaged(k, i);
		kept_open(k);
		kept_close(k);
		assert_int_equal(unlink(k->path), 0);
	}
	assert_int_equal(writer_set_aside(k->path), -ENOENT);
}

/* Before the log is in the file for the first time, too */
static void a_file_is_known_to_be_zrecs_from_the_beginning(void **state)
{
	struct kept *k = *state;
	char wal[300];
	int status;
	pid_t pid = fork();

	if (!pid) {
		kept_open(k);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	snprintf(wal, sizeof(wal), "%s-wal", k->path);
	assert_int_equal(unlink(wal), 0);
	/* And an empty one that is marked is as good as a new one */
	kept_open(k);
	kept_close(k);
	damage(k);
	assert_int_equal(writer_set_aside(k->path), 0);
}

/* Whoever names a file may have named the wrong one */
static void what_was_never_zrecs_is_not_set_aside(void **state)
{
	struct kept *k = *state;
	char moved[300];

	put_file(k->dir, "history.db", "a letter");
	put_file(k->dir, "history.db-wal", "something else");
	assert_int_equal(writer_set_aside(k->path), -EUCLEAN);
	assert_left_alone(k, -EUCLEAN);
	assert_int_equal(unlink(k->path), 0);
	kept_sql(k, "CREATE TABLE other (id)");
	assert_int_equal(writer_set_aside(k->path), -EUCLEAN);
	assert_left_alone(k, -EUCLEAN);
	assert_int_equal(unlink(k->path), 0);
	damage(k);
	snprintf(moved, sizeof(moved), "%s/moved.db", k->dir);
	assert_int_equal(rename(k->path, moved), 0);
	put_link(k->dir, "history.db", "moved.db");
	assert_int_equal(writer_set_aside(k->path), -EUCLEAN);
}

static void what_is_no_file_stays_where_it_is(void **state)
{
	struct kept *k = *state;
	struct writer *w;
	struct stat st;

	assert_int_equal(mkfifo(k->path, 0600), 0);
	assert_int_equal(writer_open(&w, k->path), -EUCLEAN);
	assert_int_equal(writer_set_aside(k->path), -EUCLEAN);
	assert_int_equal(lstat(k->path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(unlink(k->path), 0);
}

/* --- where others can put files --- */

/* Nothing is made, renamed or removed where another user may do the same */
static void assert_not_touched(struct kept *k)
{
	char before[2000], after[2000];
	struct writer *w;

	list(k->dir, before, sizeof(before));
	assert_int_equal(writer_open(&w, k->path), -EOTHERS);
	assert_int_equal(writer_set_aside(k->path), -EOTHERS);
	list(k->dir, after, sizeof(after));
	assert_string_equal(before, after);
}

static void a_directory_of_others_is_no_place_for_a_history(void **state)
{
	static const mode_t modes[] = { 0777, 01777, 0722 };
	struct kept *k = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(k->dir, modes[i]), 0);
		assert_not_touched(k);
	}
	assert_int_equal(chmod(k->dir, 0700), 0);
	make_one(k);
	if (geteuid())
		return;
	assert_int_equal(chown(k->dir, 65534, 65534), 0);
	assert_not_touched(k);
	assert_int_equal(chown(k->dir, 0, 65534), 0);
	assert_int_equal(chmod(k->dir, 0770), 0);
	assert_not_touched(k);
	assert_int_equal(chmod(k->dir, 0750), 0);
	kept_open(k);
}

/* Whoever owns one above it can put another one in its place */
static void a_directory_below_that_of_others_is_none_either(void **state)
{
	struct kept *k = *state;
	char below[300];

	snprintf(below, sizeof(below), "%s/below", k->dir);
	snprintf(k->path, sizeof(k->path), "%s/below/history.db", k->dir);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(chmod(k->dir, 0777), 0);
	assert_not_touched(k);
	/* As /tmp is: only its owner can rename it */
	assert_int_equal(chmod(k->dir, 01777), 0);
	make_one(k);
	if (geteuid())
		return;
	assert_int_equal(chown(k->dir, 65534, 65534), 0);
	assert_not_touched(k);
}

/* SQLite takes them for the file's own: rows of others would be in it, or root would write there */
static void what_others_put_beside_it_is_not_opened(void **state)
{
	static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
	struct kept *k = *state;
	char beside[300], name[32], other[300];

	snprintf(other, sizeof(other), "%s/other", k->dir);
	put_file(k->dir, "other", "");
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(name, sizeof(name), "history.db%s", suffixes[i]);
		snprintf(beside, sizeof(beside), "%s/%s", k->dir, name);
		put_link(k->dir, name, "/etc/passwd");
		assert_not_touched(k);
		assert_int_equal(unlink(beside), 0);
		assert_int_equal(mkfifo(beside, 0666), 0);
		assert_not_touched(k);
		assert_int_equal(unlink(beside), 0);
		assert_int_equal(link(other, beside), 0);
		assert_not_touched(k);
		assert_int_equal(unlink(beside), 0);
		if (geteuid())
			continue;
		put_file(k->dir, name, "");
		assert_int_equal(chown(beside, 65534, 65534), 0);
		assert_not_touched(k);
		assert_int_equal(unlink(beside), 0);
	}
	make_one(k);
}

/* A file that was ended has nothing beside it, wherever it is */
static void a_recording_of_others_is_read_without_what_is_beside_it(void **state)
{
	struct kept *k = *state;
	char shm[300], why[256];
	struct stat st;

	make_one(k);
	assert_int_equal(chmod(k->dir, 0777), 0);
	assert_int_equal(look(k->path, NULL), 0);
	snprintf(shm, sizeof(shm), "%s-shm", k->path);
	put_file(k->dir, "history.db-wal", "");
	assert_int_equal(look(k->path, why), -EOTHERS);
	assert_non_null(strstr(why, "copy it, with "));
	assert_int_equal(lstat(shm, &st), -1);
	assert_int_equal(chmod(k->dir, 0700), 0);
	assert_int_equal(look(k->path, NULL), 0);
}

/* --- what a stranger can put into it --- */

static void assert_refused(struct kept *k, const char *sql, const char *wanted)
{
	char why[256];

	make_one(k);
	kept_sql(k, sql);
	if (look(k->path, why) != -EUCLEAN || !strstr(why, wanted))
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
	assert_int_equal(look(k->path, why), -EUCLEAN);
	assert_non_null(strstr(why, "no end of it is in sight"));
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
	assert_left_alone(k, -EPROTO);
}

static void an_upgrade_that_fails_changes_nothing(void **state)
{
	static const char *steps[] = { NULL, "ALTER TABLE gap ADD COLUMN note TEXT; this is no SQL" };
	const struct schema next = { steps, 2, "" };
	struct kept *k = *state;
	sqlite3 *db;

	steps[0] = schema.steps[0];
	make_one(k);
	assert_int_equal(sqlite3_open(k->path, &db), 0);
	assert_int_equal(schema_upgrade(db, &next), -EUCLEAN);
	sqlite3_close(db);
	assert_int_equal(look(k->path, NULL), 0);
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

static void retain_all(struct kept *k, const struct writer_limits *limits, int64_t now)
{
	int more, turns = 0;

	do {
		more = writer_retain(k->writer, limits, now);
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
	retain_all(k, &limits, 4501);
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
	retain_all(k, &limits, 1);
	kept_close(k);
	read_back(&got, k->path, NULL, HISTORY_NEWEST_FIRST);
	assert_true(got.nr > 500 && got.nr < 2500);
	assert_int_equal(got.r[0].wall_ns, 4000);
	assert_int_equal(got.r[got.nr - 1].wall_ns, 4001 - (int64_t)got.nr);
	read_back_free(&got);
	assert_true((uint64_t)file_bytes(k) < limits.max_bytes + (2 << 20));
}

static void a_log_that_a_reader_holds_is_seen_and_cut_afterwards(void **state)
{
	const struct writer_limits none = { 0 };
	struct kept *k = *state;
	struct zrec_full_span s;
	sqlite3 *reader;

	make_one(k);
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
	assert_int_equal(writer_retain(k->writer, &none, 1), 0);
	assert_true(writer_wal_bytes(k->writer) >= 6 << 20);
	assert_int_equal(sqlite3_close(reader), 0);
	assert_int_equal(writer_retain(k->writer, &none, 1), 0);
	assert_true(writer_wal_bytes(k->writer) <= 4 << 20);
}

/* In a mount namespace of its own, so that nobody else sees it. 77: not allowed here */
static int fill_disk(struct kept *k)
{
	struct zrec_full_span s;
	char big[300], bytes[4096] = { 0 };
	uint64_t at = 1;
	int fd, err;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("zrec", k->dir, "tmpfs", 0, "size=2m,mode=0700") < 0)
		return 77;
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
	return look(k->path, NULL) ? 2 : 0;
}

/* A container may not mount. cmocka's skip() is a failure to meson, which reads TAP by the book */
static bool is_not_allowed(int status)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 77)
		return false;
	print_message("# SKIP mounting is not allowed here\n");
	return true;
}

static void a_full_disk_undoes_the_batch_and_no_more(void **state)
{
	struct kept *k = *state;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(fill_disk(k));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!is_not_allowed(status))
		assert_int_equal(status, 0);
}

static void a_read_only_disk_is_said(void **state)
{
	struct kept *k = *state;
	int status;
	pid_t pid;

	make_one(k);
	pid = fork();
	if (!pid) {
		struct writer *w;

		if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount(k->dir, k->dir, NULL, MS_BIND, NULL) < 0 ||
		    mount("none", k->dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
			_exit(77);
		_exit(writer_open(&w, k->path) == -EROFS && !look(k->path, NULL) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!is_not_allowed(status))
		assert_int_equal(status, 0);
}

/* --- a recording for others --- */

static void a_finished_recording_is_one_file_that_others_read(void **state)
{
	struct kept *k = *state;
	char wal[300];
	int status;
	pid_t pid;

	make_one(k);
	kept_open(k);
	assert_int_equal(writer_finish(k->writer), 0);
	kept_close(k);
	snprintf(wal, sizeof(wal), "%s-wal", k->path);
	assert_int_equal(access(wal, F_OK), -1);
	assert_int_equal(chmod(k->dir, 0555), 0);
	pid = fork();
	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(1);
		_exit(look(k->path, NULL) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(k->dir, 0755), 0);
	assert_int_equal(status, 0);
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

	make_one(k);
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
		TEST(the_file_is_for_its_owner_alone),
		TEST(a_link_is_refused),
		TEST(a_file_with_two_names_is_refused),
		TEST(what_is_no_file_is_refused),
		TEST(a_second_writer_is_told),
		TEST(garbage_is_left_alone),
		TEST(another_programs_database_is_left_alone),
		TEST(a_truncated_file_is_left_alone),
		TEST(a_newer_schema_is_left_alone),
		TEST(damaged_pages_are_said),
		TEST(a_damaged_file_is_set_aside_and_never_replaced),
		TEST(a_file_is_known_to_be_zrecs_from_the_beginning),
		TEST(what_was_never_zrecs_is_not_set_aside),
		TEST(a_directory_of_others_is_no_place_for_a_history),
		TEST(a_directory_below_that_of_others_is_none_either),
		TEST(what_others_put_beside_it_is_not_opened),
		TEST(a_recording_of_others_is_read_without_what_is_beside_it),
		TEST(what_is_no_file_stays_where_it_is),
		TEST(values_out_of_range_are_refused),
		TEST(only_tables_are_read),
		TEST(a_file_that_takes_for_ever_is_refused),
		TEST(an_older_schema_is_brought_up_to_date),
		TEST(an_upgrade_that_fails_changes_nothing),
		TEST(what_is_too_old_goes_and_the_file_shrinks),
		TEST(what_is_too_much_goes_the_oldest_first),
		TEST(a_log_that_a_reader_holds_is_seen_and_cut_afterwards),
		TEST(a_full_disk_undoes_the_batch_and_no_more),
		TEST(a_read_only_disk_is_said),
		TEST(a_finished_recording_is_one_file_that_others_read),
		TEST(what_is_being_written_can_be_read),
		TEST(what_is_mostly_log_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
