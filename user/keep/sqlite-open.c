// SPDX-License-Identifier: GPL-2.0
/* Opens an SQLite file of anybody for reading */
#define _GNU_SOURCE	/* vasprintf() */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/db.h"
#include "keep/place.h"
#include "keep/schema.h"
#include "keep/sqlite-int.h"
#include "keep/sqlite.h"

/* Between two looks at how much work it was, in instructions of SQLite's machine */
#define WORK_STEP	10000
/* What reading all of a file may cost, in such steps: an honest one needs a fiftieth of it */
#define WORK_PAGE	8
#define WORK_MIN	500
#define BUSY_MS		1000

int sqlite_fail(struct sqlite_history *h, int err, const char *fmt, ...)
{
	char *why, *line;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&why, fmt, args);
	va_end(args);
	if (n < 0)
		return err;
	if (asprintf(&line, "%s: %s", h->path, why) >= 0) {
		free(h->error);
		h->error = line;
	}
	free(why);
	return err;
}

int sqlite_failed(struct sqlite_history *h, int err)
{
	switch (err) {
	case -ENOMEM:
		/* SQLite says so of a length that is out of all proportion, too */
		return sqlite_fail(h, -EUCLEAN, "it is damaged, or there is too little memory to read it");
	case -ETIMEDOUT:
		return sqlite_fail(h, -EUCLEAN, "it is damaged: no end of it is in sight");
	case -EUCLEAN:
		return sqlite_fail(h, err, "it is damaged, or no recording: %s", sqlite3_errmsg(h->db));
	case -EBUSY:
		return sqlite_fail(h, err, "another process has locked it");
	case -EROFS:
		return sqlite_fail(h, err, "its writer did not close it, so reading has to mend it: copy it, with "
				   "%s-wal, to where you may write", h->path);
	default:
		return sqlite_fail(h, err, "cannot be read: %s", strerror(-err));
	}
}

int sqlite_prepare(struct sqlite_history *h, const char *sql, sqlite3_stmt **ret)
{
	int err = db_prepare(h->db, sql, ret);

	return err ? sqlite_failed(h, err) : 0;
}

int sqlite_step(struct sqlite_history *h, sqlite3_stmt *st)
{
	int n = db_step(st);

	return n < 0 ? sqlite_failed(h, n) : n;
}

static int count_work(void *ctx)
{
	struct sqlite_history *h = ctx;

	return ++h->work > h->work_max;
}

/* --- how to open it --- */

static bool exists(const char *path, const char *suffix)
{
	char name[PATH_MAX];

	return snprintf(name, sizeof(name), "%s%s", path, suffix) >= (int)sizeof(name) ||
	       access(name, F_OK) == 0 || errno != ENOENT;
}

/*
 * True if nothing but the file itself belongs to the recording, and nobody writes it: then
 * SQLite needs no lock, and makes no files beside it
 */
static bool is_finished(int fd, const char *path)
{
	if (exists(path, "-wal") || exists(path, "-journal"))
		return false;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return false;
	flock(fd, LOCK_UN);
	return true;
}

/*
 * What was not ended has a log, and SQLite makes an index beside it, with the rights of the
 * file, and as root gives it to the owner of the file: nobody else may have put one there.
 */
static int check_place(struct sqlite_history *h, const char *path, const struct stat *st)
{
	int err = place_check(path);

	if (err == -EBESIDE)
		return sqlite_fail(h, err, "%s", place_problem(err));
	if (!err && (!st->st_uid || st->st_uid == geteuid()))
		return 0;
	return sqlite_fail(h, -EOTHERS, "its writer did not end it, and it, or what is beside it, is not "
			   "only yours: copy it, with %s-wal, to a directory that only you can write to",
			   h->path);
}

static int look_at_file(struct sqlite_history *h, const char *path, bool *finished)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;
	char magic[sizeof(SQLITE_MAGIC)];
	struct stat st = { 0 };

	if (fd < 0)
		return sqlite_fail(h, -errno, "%s", strerror(errno));
	if (fstat(fd, &st) < 0)
		err = sqlite_fail(h, -errno, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		err = sqlite_fail(h, -EUCLEAN, "it is no file");
	else if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic) ||
		 memcmp(magic, SQLITE_MAGIC, sizeof(magic)))
		err = sqlite_fail(h, -EUCLEAN, "it is no recording");
	else if (!(*finished = is_finished(fd, path)))
		err = check_place(h, path, &st);
	h->work_max = WORK_MIN + ((uint64_t)st.st_size + db_wal_bytes(path)) / 4096 * WORK_PAGE;
	close(fd);
	return err;
}

/* "file:" and the path, with whatever might mean something in it as %XX */
static char *make_uri(const char *path, bool finished)
{
	char *uri = malloc(3 * strlen(path) + 64), *at = uri;

	if (!uri)
		return NULL;
	at += sprintf(at, "file:");
	for (; *path; path++) {
		bool plain = isalnum((unsigned char)*path) || strchr("/._-", *path);

		at += sprintf(at, plain ? "%c" : "%%%02X", plain ? *path : (unsigned char)*path);
	}
	sprintf(at, "?mode=ro%s", finished ? "&immutable=1" : "");
	return uri;
}

static int find_uri(struct sqlite_history *h, char **uri)
{
	/* The log is beside the file, not beside a link to it */
	char *path = realpath(h->path, NULL);
	bool finished = false;
	int err;

	if (!path)
		return sqlite_fail(h, -errno, "%s", strerror(errno));
	err = look_at_file(h, path, &finished);
	if (!err) {
		*uri = make_uri(path, finished);
		err = *uri ? 0 : -ENOMEM;
	}
	free(path);
	return err;
}

int sqlite_uri(const char *path, char **uri)
{
	struct sqlite_history h = { .path = (char *)path };
	int err = find_uri(&h, uri);

	free(h.error);
	return err;
}

static int open_db(struct sqlite_history *h)
{
	char *uri;
	int rc, err = find_uri(h, &uri);

	if (err)
		return err;
	err = sqlite_load();
	if (err) {
		free(uri);
		return sqlite_fail(h, err, "SQLite is needed to read it: apt install libsqlite3-0");
	}
	rc = sqlite3_open_v2(uri, &h->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
			     SQLITE_OPEN_NOMUTEX, NULL);
	free(uri);
	if (!h->db)
		return -ENOMEM;
	err = db_errno(h->db, rc);
	if (!err)
		err = db_defend(h->db);
	sqlite3_busy_timeout(h->db, BUSY_MS);
	sqlite3_progress_handler(h->db, WORK_STEP, count_work, h);
	if (!err)
		err = schema_check(h->db);
	if (err == -EPROTO)
		return sqlite_fail(h, err, "another version of zrec made it, with a schema that "
				   "this one does not know");
	return err ? sqlite_failed(h, err) : 0;
}

int sqlite_history_open(struct sqlite_history **ret, const char *path)
{
	struct sqlite_history *h = calloc(1, sizeof(*h));

	*ret = h;
	if (!h)
		return -ENOMEM;
	/* A name that SQLite would take for one of its own kind is a path here */
	h->path = strdup(path);
	return h->path ? open_db(h) : -ENOMEM;
}

void sqlite_history_close(struct sqlite_history *h)
{
	if (!h)
		return;
	/* Without a database SQLite may not be there either */
	if (h->db) {
		cache_free(h);
		for (int i = 0; i < NR_CHILDREN; i++)
			sqlite3_finalize(h->child[i]);
		sqlite3_close(h->db);
	}
	free(h->error);
	free(h->path);
	free(h);
}

const char *sqlite_history_error(const struct sqlite_history *h)
{
	return h->error;
}

const char *sqlite_history_unknown_name(const struct sqlite_history *h)
{
	return h->unknown[0] ? h->unknown : NULL;
}
