/* SPDX-License-Identifier: GPL-2.0 */
/*
 * db.h - SQLite in our terms: negative errno, and nothing that a file could make it do
 */
#ifndef ZREC_KEEP_DB_H
#define ZREC_KEEP_DB_H

#include <sqlite3.h>
#include <stdint.h>

/*
 * What SQLite's last call on @db means: -ENOSPC, -EROFS, -EIO and other errors of the
 * system; -EUCLEAN: no database, or damaged; -EBUSY; -EEXIST: a constraint; -ENOMEM.
 */
int db_errno(sqlite3 *db, int rc);

/*
 * Switches on what SQLite has against hostile files: no schema that calls functions, no
 * writes to its own tables, no triggers, views or virtual tables, bounded lengths.
 */
int db_defend(sqlite3 *db);

/* Statements without results, one or more */
int db_exec(sqlite3 *db, const char *sql);
/* The first column of the first row; -ENODATA: there is none */
int db_value(sqlite3 *db, const char *sql, int64_t *ret);
int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret);
/* Runs a statement that returns no row, and makes it ready for the next time */
int db_run(sqlite3_stmt *st);
/* 1: a row is there; 0: none (more), and it is ready for the next time; negative errno */
int db_step(sqlite3_stmt *st);
void db_rollback(sqlite3 *db);

/*
 * 0 if @name is a table, no view and no virtual one, with exactly these columns, "id, name";
 * -EUCLEAN, or another errno
 */
int db_has_table(sqlite3 *db, const char *name, const char *columns);

/* What of the file at @path is in its write-ahead log */
uint64_t db_wal_bytes(const char *path);

/* NULL for 0: most counts are, and need no room then */
int db_bind_count(sqlite3_stmt *st, int i, int64_t value);

#endif /* ZREC_KEEP_DB_H */
