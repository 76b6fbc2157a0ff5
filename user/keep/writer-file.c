// SPDX-License-Identifier: GPL-2.0
/* The file that the writer has: opened, locked, set aside, and ended as a recording */
#define _GNU_SOURCE	/* renameat2() */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "keep/db.h"
#include "keep/history.h"
#include "keep/place.h"
#include "keep/schema.h"
#include "keep/sqlite-history.h"
#include "keep/sqlite.h"
#include "keep/writer-db.h"

/* What the write-ahead log is cut to when nobody reads */
#define WAL_BYTES	(4 << 20)
/* How long a commit waits for another process, as sqlite3(1), that writes or checkpoints */
#define BUSY_MS		50
/* Pages that an import remembers; those of the index of a file with millions are not fewer */
#define BULK_CACHE	"PRAGMA cache_size = -65536"

/* Of the header of an SQLite file: PRAGMA application_id, SCHEMA_APPLICATION_ID in ASCII */
#define APPLICATION_ID_AT	68

/* A reader holds the lock for a moment, to see whether a writer does */
#define LOCK_TRIES	5
#define LOCK_WAIT_US	5000

static int sync_directory(const struct place *place)
{
	int fd = openat(place->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/*
 * Ours alone, and where the path says: a link might lead to what we may write and others
 * may not, and after a rename the lock would be one of another file
 */
static int check_file(int fd, const struct place *place)
{
	struct stat st, named;

	if (fstat(fd, &st) < 0 || fstatat(place->dir, place->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid() ||
	    st.st_dev != named.st_dev || st.st_ino != named.st_ino)
		return -EUCLEAN;
	return 0;
}

static int take_lock(int fd)
{
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (i == LOCK_TRIES)
			return -EBUSY;
		usleep(LOCK_WAIT_US);
	}
	return 0;
}

/*
 * The lock of the one writer is flock(), which SQLite does not use and the end of a process
 * gives back. Closing any descriptor of the file would end SQLite's own locks, so this one
 * stays open for longer than the database.
 */
static int open_locked(const struct place *place, int flags)
{
	int fd = openat(place->dir, place->name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags, 0600), err;

	if (fd < 0)
		return errno == ELOOP ? -EUCLEAN : -errno;
	err = take_lock(fd);
	if (!err)
		err = check_file(fd, place);
	if (!err && flags & O_CREAT)
		err = sync_directory(place);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* Only what reads, until it is known to be a history: another program's file stays as it is */
static int set_up(sqlite3 *db)
{
	int version, err = db_defend(db);
	char sql[256];

	sqlite3_busy_timeout(db, BUSY_MS);
	if (!err)
		err = schema_look(db, &schema, &version);
	/* It takes effect only before there is anything in the file */
	if (!err)
		err = db_exec(db, "PRAGMA auto_vacuum = INCREMENTAL");
	/* In the file itself, not only in its log: whatever becomes of it, it is known to be ours */
	if (!err && !version)
		err = db_exec(db, schema_mark);
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode = WAL;"
		 "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -1024;"
		 "PRAGMA journal_size_limit = %d", WAL_BYTES);
	if (!err)
		err = db_exec(db, sql);
	return err ? err : schema_upgrade(db, &schema);
}

static int open_db(struct writer *w)
{
	int rc = sqlite3_open_v2(w->path, &w->db, SQLITE_OPEN_READWRITE |
				 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
	int err = w->db ? db_errno(w->db, rc) : -ENOMEM;

	if (!err)
		err = set_up(w->db);
	/* A file of this version that lacks tables would fail with every row */
	if (!err)
		err = schema_check(w->db);
	return err ? err : writer_prepare(w);
}

static int open_in(struct writer *w, const struct place *place)
{
	struct stat st;

	/* Nobody else can put one there, see place.h */
	w->is_new = fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
	w->fd = open_locked(place, O_CREAT);
	if (w->fd < 0)
		return w->fd;
	w->path = strdup(place->path);
	return w->path ? open_db(w) : -ENOMEM;
}

int writer_open(struct writer **ret, const char *path)
{
	struct place place;
	struct writer *w;
	int err = sqlite_load();

	if (err)
		return err;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->fd = -1;
	err = place_open(&place, path);
	if (!err) {
		err = open_in(w, &place);
		place_close(&place);
	}
	if (err) {
		writer_close(w);
		return err;
	}
	*ret = w;
	return 0;
}

static void finalize(struct writer *w)
{
	for (int i = 0; i < NR_WRITER_STMTS; i++) {
		sqlite3_finalize(w->stmt[i]);
		w->stmt[i] = NULL;
	}
}

static void close_db(struct writer *w)
{
	if (w->db)
		writer_undo(w);
	finalize(w);
	sqlite3_close(w->db);
	w->db = NULL;
}

void writer_close(struct writer *w)
{
	close_db(w);
	if (w->fd >= 0)
		close(w->fd);
	free(w->path);
	free(w);
}

void writer_discard(struct writer *w)
{
	close_db(w);
	/* Its log has gone with the database. The lock ends later, so it is no other writer's */
	if (w->is_new && unlink(w->path) < 0)
		log_debug("cannot remove %s: %s", w->path, strerror(errno));
	writer_close(w);
}

/* Beside the file, with what belongs to it; SQLite would take the old log for the new file's */
static int move_aside(const struct place *place, const char *suffix, const char *when)
{
	char from[NAME_MAX + 16], to[NAME_MAX + 96];

	snprintf(from, sizeof(from), "%s%s", place->name, suffix);
	snprintf(to, sizeof(to), "%s.damaged-%s%s", place->name, when, suffix);
	if (renameat2(place->dir, from, place->dir, to, RENAME_NOREPLACE) < 0)
		return errno == ENOENT && suffix[0] ? 0 : -errno;
	if (!suffix[0])
		log_warn("%s is damaged, or no history: it is now %s.damaged-%s, and a new one begins",
			 place->path, place->path, when);
	return 0;
}

/* The log first: who is killed in between finds the damaged file again, and no log without it */
static int move_all_aside(const struct place *place)
{
	static const char *const suffixes[] = { "-wal", "-shm", "-journal", "" };
	struct timespec now;
	char when[64];
	struct tm tm;
	size_t len;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	len = strftime(when, sizeof(when), "%Y%m%dT%H%M%S", gmtime_r(&now.tv_sec, &tm));
	snprintf(when + len, sizeof(when) - len, ".%09ldZ", now.tv_nsec);
	for (size_t i = 0; !err && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		err = move_aside(place, suffixes[i], when);
	return err ? err : sync_directory(place);
}

/* By what SQLite has at its beginning, whatever became of the rest */
static bool is_made_by_zrec(const struct place *place)
{
	unsigned char head[APPLICATION_ID_AT + 4];
	int fd = openat(place->dir, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	     !memcmp(head, SQLITE_MAGIC, sizeof(SQLITE_MAGIC)) &&
	     !memcmp(head + APPLICATION_ID_AT, "zrec", 4);
	close(fd);
	return is;
}

static int set_aside(const struct place *place, bool anything)
{
	struct stat st;
	int fd, err;

	if (fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* The machine needs its /dev/null where it is */
	if (!S_ISREG(st.st_mode) && !(anything && S_ISLNK(st.st_mode)))
		return -EUCLEAN;
	fd = open_locked(place, 0);
	/* No file of ours has no lock of ours: a link, or a file with more names */
	if (fd < 0 && fd != -EUCLEAN)
		return fd;
	err = anything || is_made_by_zrec(place) ? move_all_aside(place) : -EUCLEAN;
	if (fd >= 0)
		close(fd);
	return err;
}

int writer_set_aside(const char *path)
{
	struct place place;
	int err = place_open(&place, path);

	if (err)
		return err;
	/* What is in the place of this host's history is nothing else's */
	err = set_aside(&place, !strcmp(path, HISTORY_FILE));
	place_close(&place);
	return err;
}

uint64_t writer_wal_bytes(const struct writer *w)
{
	return db_wal_bytes(w->path);
}

int writer_checkpoint(struct writer *w, bool now)
{
	int err = 0;

	/* Readers and writers that are in its way do not matter: the next one gets further */
	if (now || writer_wal_bytes(w) > WAL_BYTES)
		err = db_errno(w->db, sqlite3_wal_checkpoint_v2(w->db, NULL,
								SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	return err == -EBUSY ? 0 : err;
}

int writer_begin_bulk(struct writer *w)
{
	int64_t some;
	int err = db_exec(w->db, BULK_CACHE);

	if (!err)
		err = db_value(w->db, "SELECT EXISTS (SELECT 1 FROM recovery)", &some);
	if (err)
		return err;
	return some ? schema_make_by_time(w->db) : schema_drop_by_time(w->db);
}

int writer_end_bulk(struct writer *w)
{
	writer_undo(w);
	return schema_make_by_time(w->db);
}

/* What somebody reads at the moment cannot be ended: SQLite says so with the mode that it keeps */
static int leave_wal(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	int n = db_prepare(db, "PRAGMA journal_mode = DELETE", &st);

	if (!n)
		n = db_step(st);
	if (n > 0)
		n = strcmp((const char *)sqlite3_column_text(st, 0), "delete") ? -EBUSY : 0;
	sqlite3_finalize(st);
	return n;
}

int writer_end_log(struct writer *w)
{
	int err;

	writer_undo(w);
	finalize(w);
	err = db_exec(w->db, "PRAGMA optimize");
	return err ? err : leave_wal(w->db);
}

int writer_finish(struct writer *w)
{
	int err = writer_end_log(w);

	if (!err && fchmod(w->fd, 0644) < 0)
		err = -errno;
	if (!err && fsync(w->fd) < 0)
		err = -errno;
	return err;
}
