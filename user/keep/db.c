// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "keep/db.h"
#include "keep/sqlite.h"

/* More than any row or statement of ours needs */
#define LENGTH_MAX	(1 << 20)

int db_errno(sqlite3 *db, int rc)
{
	int system = sqlite3_system_errno(db);

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ?
			-EEXIST : -EUCLEAN;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return -EUCLEAN;
	case SQLITE_INTERRUPT:
		return -ETIMEDOUT;
	case SQLITE_AUTH:
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return system ? -system : -EIO;
	default:
		/* Of other errors SQLite mostly forgets what the system said, or remembers an older one */
		return -EIO;
	}
}

int db_defend(sqlite3 *db)
{
	static const int limits[][2] = {
		{ SQLITE_LIMIT_LENGTH, LENGTH_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, LENGTH_MAX },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_COLUMN, 100 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);

	sqlite3_extended_result_codes(db, 1);
	if (!rc)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!rc)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	if (!rc)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* A file that names a module of SQLite's for a table would have its code read the file */
	if (!rc)
		rc = sqlite3_drop_modules(db, NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i][0], limits[i][1]);
	return db_errno(db, rc);
}

int db_exec(sqlite3 *db, const char *sql)
{
	return db_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	return db_errno(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL));
}

int db_step(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st), err = db_errno(sqlite3_db_handle(st), rc);

	if (rc == SQLITE_ROW)
		return 1;
	sqlite3_reset(st);
	return err;
}

int db_run(sqlite3_stmt *st)
{
	int n = db_step(st);

	/* A row: PRAGMAs return one, which nobody asked for */
	if (n > 0)
		sqlite3_reset(st);
	return n < 0 ? n : 0;
}

int db_value(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int n = db_prepare(db, sql, &st);

	if (!n)
		n = db_step(st);
	if (n > 0)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n < 0 ? n : n ? 0 : -ENODATA;
}

void db_rollback(sqlite3 *db)
{
	/* After some errors SQLite has done so itself */
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

/* True if the list begins with this name; *list is behind it then */
static bool takes(const char **list, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(*list, name, len) || ((*list)[len] && (*list)[len] != ','))
		return false;
	*list += len;
	*list += strspn(*list, ", ");
	return true;
}

/* Columns that are computed have another name than any of ours */
int db_has_table(sqlite3 *db, const char *name, const char *columns)
{
	static const char sql[] =
		"SELECT CASE c.hidden WHEN 0 THEN c.name ELSE '!' END FROM sqlite_schema AS s"
		" JOIN pragma_table_xinfo(s.name) AS c"
		" WHERE s.type = 'table' AND s.rootpage > 0 AND s.name = ?1"
		" ORDER BY c.cid";
	sqlite3_stmt *st = NULL;
	int n = db_prepare(db, sql, &st);

	if (!n)
		n = db_errno(db, sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC));
	while (!n && (n = db_step(st)) > 0) {
		const char *column = (const char *)sqlite3_column_text(st, 0);

		n = column && takes(&columns, column) ? 0 : -EUCLEAN;
	}
	sqlite3_finalize(st);
	return n < 0 ? n : *columns ? -EUCLEAN : 0;
}

uint64_t db_wal_bytes(const char *path)
{
	char wal[PATH_MAX];
	struct stat st;

	if (snprintf(wal, sizeof(wal), "%s-wal", path) >= (int)sizeof(wal) || stat(wal, &st) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

int db_bind_count(sqlite3_stmt *st, int i, int64_t value)
{
	return value ? sqlite3_bind_int64(st, i, value) : sqlite3_bind_null(st, i);
}
