// SPDX-License-Identifier: GPL-2.0
/* The history file among other files: other writers, what is no history, and strangers */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/place.h"
#include "keeping.h"

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

/* Whoever could not begin leaves a directory as it was */
static void what_was_made_for_nothing_is_discarded(void **state)
{
	struct kept *k = *state;
	char before[1024], names[1024];

	list(k->dir, before, sizeof(before));
	kept_open(k);
	writer_discard(k->writer);
	k->writer = NULL;
	list(k->dir, names, sizeof(names));
	assert_string_equal(names, before);
	kept_open(k);
	kept_close(k);
	assert_int_equal(writer_open(&k->writer, k->path), 0);
	writer_discard(k->writer);
	k->writer = NULL;
	assert_int_equal(access(k->path, F_OK), 0);
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

	kept_make_one(k);
	snprintf(other, sizeof(other), "%s/other", k->dir);
	assert_int_equal(link(k->path, other), 0);
	kept_left_alone(k, -EUCLEAN);
}

static void what_is_no_file_is_refused(void **state)
{
	struct kept *k = *state;
	struct writer *w;

	assert_int_equal(mkfifo(k->path, 0600), 0);
	assert_int_equal(writer_open(&w, k->path), -EUCLEAN);
	assert_int_equal(kept_look(k->path, NULL), -EUCLEAN);
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
	kept_left_alone(k, -EUCLEAN);
	assert_int_equal(kept_look(k->path, NULL), -EUCLEAN);
}

static void another_programs_database_is_left_alone(void **state)
{
	struct kept *k = *state;

	kept_sql(k, "CREATE TABLE recovery (id INTEGER PRIMARY KEY); INSERT INTO recovery VALUES (1)");
	kept_left_alone(k, -EUCLEAN);
	assert_int_equal(kept_look(k->path, NULL), -EUCLEAN);
}

static void a_truncated_file_is_left_alone(void **state)
{
	struct kept *k = *state;

	kept_many(k, 100);
	kept_sql(k, "PRAGMA journal_mode = DELETE");
	assert_int_equal(truncate(k->path, 8192), 0);
	kept_left_alone(k, -EUCLEAN);
	assert_int_equal(kept_look(k->path, NULL), -EUCLEAN);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct kept *k = *state;
	char why[256];

	kept_make_one(k);
	kept_sql(k, "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
	kept_left_alone(k, -EPROTO);
	assert_int_equal(kept_look(k->path, why), -EPROTO);
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
	assert_int_equal(kept_look(k->path, NULL), -EUCLEAN);
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
	kept_make_one(k);
	assert_int_equal(truncate(k->path, 100), 0);
}

static void a_damaged_file_is_set_aside_and_never_replaced(void **state)
{
	struct kept *k = *state;

	for (size_t i = 1; i <= 3; i++) {
		damage(k);
		put_file(k->dir, "history.db-wal", "its log");
		kept_left_alone(k, -EUCLEAN);
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
	kept_left_alone(k, -EUCLEAN);
	assert_int_equal(unlink(k->path), 0);
	kept_sql(k, "CREATE TABLE other (id)");
	assert_int_equal(writer_set_aside(k->path), -EUCLEAN);
	kept_left_alone(k, -EUCLEAN);
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
static void assert_not_touched(struct kept *k, int err)
{
	char before[2000], after[2000];
	struct writer *w;

	list(k->dir, before, sizeof(before));
	assert_int_equal(writer_open(&w, k->path), err);
	assert_int_equal(writer_set_aside(k->path), err);
	list(k->dir, after, sizeof(after));
	assert_string_equal(before, after);
}

static void a_directory_of_others_is_no_place_for_a_history(void **state)
{
	static const mode_t modes[] = { 0777, 01777, 0722 };
	struct kept *k = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(k->dir, modes[i]), 0);
		assert_not_touched(k, -EOTHERS);
	}
	assert_int_equal(chmod(k->dir, 0700), 0);
	kept_make_one(k);
	if (geteuid())
		return;
	assert_int_equal(chown(k->dir, 65534, 65534), 0);
	assert_not_touched(k, -EOTHERS);
	assert_int_equal(chown(k->dir, 0, 65534), 0);
	assert_int_equal(chmod(k->dir, 0770), 0);
	assert_not_touched(k, -EOTHERS);
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
	assert_not_touched(k, -EOTHERS);
	/* As /tmp is: only its owner can rename it */
	assert_int_equal(chmod(k->dir, 01777), 0);
	kept_make_one(k);
	if (geteuid())
		return;
	assert_int_equal(chown(k->dir, 65534, 65534), 0);
	assert_not_touched(k, -EOTHERS);
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
		assert_not_touched(k, -EBESIDE);
		assert_int_equal(unlink(beside), 0);
		assert_int_equal(mkfifo(beside, 0666), 0);
		assert_not_touched(k, -EBESIDE);
		assert_int_equal(unlink(beside), 0);
		assert_int_equal(link(other, beside), 0);
		assert_not_touched(k, -EBESIDE);
		assert_int_equal(unlink(beside), 0);
		if (geteuid())
			continue;
		put_file(k->dir, name, "");
		assert_int_equal(chown(beside, 65534, 65534), 0);
		assert_not_touched(k, -EOTHERS);
		assert_int_equal(unlink(beside), 0);
	}
	kept_make_one(k);
}

/* Also if only root could have put it there: it would wait for whoever opens the other end */
static void nothing_waits_for_a_fifo(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-journal" };
	struct kept *k = *state;
	char path[300], why[256];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", k->path, suffixes[i]);
		unlink(k->path);
		kept_make_one(k);
		unlink(path);
		assert_int_equal(mkfifo(path, 0600), 0);
		alarm(10);
		assert_int_equal(kept_look(k->path, why), suffixes[i][0] ? -EBESIDE : -EUCLEAN);
		assert_non_null(strstr(why, suffixes[i][0] ? "remove that" : "not a history"));
		alarm(0);
		assert_int_equal(unlink(path), 0);
	}
}

/* A file that was ended has nothing beside it, wherever it is */
static void a_recording_of_others_is_read_without_what_is_beside_it(void **state)
{
	struct kept *k = *state;
	char shm[300], why[256];
	struct stat st;

	kept_make_one(k);
	assert_int_equal(chmod(k->dir, 0777), 0);
	assert_int_equal(kept_look(k->path, NULL), 0);
	snprintf(shm, sizeof(shm), "%s-shm", k->path);
	put_file(k->dir, "history.db-wal", "");
	assert_int_equal(kept_look(k->path, why), -EOTHERS);
	assert_non_null(strstr(why, "copy it, with "));
	assert_int_equal(lstat(shm, &st), -1);
	assert_int_equal(chmod(k->dir, 0700), 0);
	assert_int_equal(kept_look(k->path, NULL), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kept_setup, kept_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_file_is_for_its_owner_alone),
		TEST(what_was_made_for_nothing_is_discarded),
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
		TEST(nothing_waits_for_a_fifo),
		TEST(a_recording_of_others_is_read_without_what_is_beside_it),
		TEST(what_is_no_file_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
