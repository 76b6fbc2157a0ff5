// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "keep/db.h"
#include "keep/schema.h"
#include "keep/sqlite-history.h"
#include "keep/sqlite.h"
#include "keep/verify.h"
#include "keep/writer-db.h"

struct verify {
	sqlite3 *db;
	verify_fn fn;
	void *ctx;
	int nr;
};

static void say(struct verify *v, const char *text)
{
	if (v->nr++ < VERIFY_MAX)
		v->fn(v->ctx, text);
}

/*
 * Each of these has a row for what is wrong, with a text. SQLite's own check is the first,
 * as the others trust the pages that they read.
 */
static const char *const checks[] = {
	"SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check != 'ok' LIMIT 20",
	"SELECT printf('rows of %s that refer to a row of %s that is not there: %d', \"table\", parent,"
	" count(*)) FROM pragma_foreign_key_check GROUP BY \"table\", parent LIMIT 20",
	/* The time in no step mostly has no row */
	"SELECT printf('recovery %d: its steps take longer than all of it', recovery.id)"
	" FROM recovery WHERE total_ns <"
	" coalesce((SELECT sum(ns) FROM step WHERE step.recovery = recovery.id), 0) LIMIT 20",
	"SELECT printf('recovery %d has its begin or its place in the ring buffer below zero', id)"
	" FROM recovery WHERE begin_ns < 0 OR position < 0 LIMIT 20",
	"SELECT printf('gap %d ends before it begins', id) FROM gap WHERE to_ns < from_ns LIMIT 20",
};

static int run_check(struct verify *v, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int n = db_prepare(v->db, sql, &st);

	while (!n && (n = db_step(st)) > 0 && v->nr < VERIFY_MAX) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		say(v, text ? text : "out of memory");
		n = 0;
	}
	sqlite3_finalize(st);
	/* Damage can keep a query from going on, which says as much as its rows */
	if (n == -EUCLEAN) {
		say(v, sqlite3_errmsg(v->db));
		n = 0;
	}
	return n < 0 ? n : 0;
}

static int check_schema(struct verify *v)
{
	int err = schema_check(v->db);

	if (err != -EUCLEAN)
		return err;
	say(v, "no history of zrec, or tables are not as they should be");
	return 0;
}

int verify_database(const char *path, verify_fn fn, void *ctx)
{
	struct verify v = { .fn = fn, .ctx = ctx };
	char *uri = NULL;
	int err = sqlite_load(), rc;

	if (!err)
		err = sqlite_uri(path, &uri);
	if (err)
		return err;
	rc = sqlite3_open_v2(uri, &v.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	free(uri);
	err = v.db ? db_errno(v.db, rc) : -ENOMEM;
	if (!err)
		err = db_defend(v.db);
	if (!err)
		err = check_schema(&v);
	for (size_t i = 0; !err && !v.nr && i < ARRAY_SIZE(checks); i++)
		err = run_check(&v, checks[i]);
	sqlite3_close(v.db);
	return err ? err : v.nr < VERIFY_MAX ? v.nr : VERIFY_MAX;
}

bool verify_is_database(const char *path)
{
	FILE *f = fopen(path, "re");
	char magic[16] = "";
	bool is;

	if (!f)
		return false;
	is = fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
	     !memcmp(magic, "SQLite format 3", sizeof(magic));
	fclose(f);
	return is;
}

static int vacuum(struct writer *w)
{
	int err;

	/* SQLite attaches the new file to this one */
	sqlite3_limit(w->db, SQLITE_LIMIT_ATTACHED, 1);
	err = db_exec(w->db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	sqlite3_limit(w->db, SQLITE_LIMIT_ATTACHED, 0);
	return err;
}

int vacuum_database(const char *path, bool live, struct vacuum_sizes *ret)
{
	struct writer *w = NULL;
	struct stat st;
	int err;

	/* The writer would make one */
	if (stat(path, &st) < 0)
		return -errno;
	err = writer_open(&w, path);
	if (err)
		return err;
	ret->before = st.st_size;
	err = vacuum(w);
	/* Not writer_finish(): a recording stays as private as it was */
	if (!err && !live)
		err = writer_end_log(w);
	writer_close(w);
	if (!err && stat(path, &st) < 0)
		err = -errno;
	if (!err)
		ret->after = st.st_size;
	return err;
}
