// SPDX-License-Identifier: GPL-2.0
/* What is too old or too much goes, a little at a time */
#include <stdio.h>

#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/writer-db.h"

/* Pages that go back to the file system at a time, and rows that are removed at a time */
#define VACUUM_PAGES	256
#define REMOVE_ROWS	500

/* What is older than this goes. The wall clock may have been set, so this boot has its own */
struct limit {
	long long wall_ns;
	long long boot;		/* its row */
	long long begin_ns;	/* CLOCK_MONOTONIC: less than 0 in a boot that is younger */
};

static int remove_old(struct writer *w, const struct limit *limit)
{
	char sql[320];
	int err;

	/* All of that is in recovery_by_time */
	snprintf(sql, sizeof(sql), "DELETE FROM recovery WHERE id IN (SELECT id FROM recovery"
		 " WHERE wall_ns < %lld AND (begin_ns < %lld OR"
		 " life NOT IN (SELECT id FROM life WHERE boot = %lld))"
		 " ORDER BY wall_ns, id LIMIT %d)", limit->wall_ns, limit->begin_ns, limit->boot,
		 REMOVE_ROWS);
	err = db_exec(w->db, sql);
	return err ? err : sqlite3_changes(w->db) > 0;
}

static int remove_other_old(struct writer *w, const struct limit *limit)
{
	char sql[384];

	/* A gap has the wall clock alone: of a boot that is younger than the limit all stay */
	snprintf(sql, sizeof(sql), "DELETE FROM policy_event WHERE wall_ns < %lld"
		 " AND (boot <> %lld OR at_ns < %lld);"
		 "DELETE FROM gap WHERE to_ns < %lld AND (%lld > 0 OR"
		 " observation NOT IN (SELECT id FROM observation WHERE boot = %lld))",
		 limit->wall_ns, limit->boot, limit->begin_ns, limit->wall_ns, limit->begin_ns,
		 limit->boot);
	return db_exec(w->db, sql);
}

/* In the order in which they were recorded, which no clock changes */
static int remove_first(struct writer *w)
{
	char sql[128];
	int err;

	snprintf(sql, sizeof(sql), "DELETE FROM recovery WHERE id IN"
		 " (SELECT id FROM recovery ORDER BY id LIMIT %d)", REMOVE_ROWS);
	err = db_exec(w->db, sql);
	return err ? err : sqlite3_changes(w->db) > 0;
}

static int used_bytes(struct writer *w, uint64_t *used, uint64_t *free)
{
	int64_t pages, unused, size;
	int err = db_value(w->db, "PRAGMA page_count", &pages);

	if (!err)
		err = db_value(w->db, "PRAGMA freelist_count", &unused);
	if (!err)
		err = db_value(w->db, "PRAGMA page_size", &size);
	if (err)
		return err;
	*used = (uint64_t)(pages - unused) * (uint64_t)size;
	*free = (uint64_t)unused * (uint64_t)size;
	return 0;
}

static int vacuum(struct writer *w)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
	return db_exec(w->db, sql);
}

int writer_retain(struct writer *w, const struct writer_limits *limits, int64_t now_wall_ns,
		  uint64_t now_ns)
{
	const struct limit limit = {
		.wall_ns = now_wall_ns - limits->keep_ns,
		.boot = w->boot,
		.begin_ns = (int64_t)now_ns - limits->keep_ns,
	};
	uint64_t used = 0, free = 0;
	int more = 0, err = 0;

	if (limits->keep_ns) {
		more = remove_old(w, &limit);
		if (!more)
			err = remove_other_old(w, &limit);
	}
	if (more < 0)
		return more;
	if (!err)
		err = used_bytes(w, &used, &free);
	if (!err && !more && limits->max_bytes && used > limits->max_bytes) {
		more = remove_first(w);
		if (more < 0)
			return more;
	}
	/* Some free pages are for what comes next */
	if (!err && !more && free > (uint64_t)VACUUM_PAGES * 4096) {
		const uint64_t before = free;

		err = vacuum(w);
		if (!err)
			err = used_bytes(w, &used, &free);
		/* A file that somebody has vacuumed by hand may not know this any more */
		more = free < before;
	}
	/* Only then is the file shorter */
	if (!err)
		err = writer_checkpoint(w, more && free);
	return err ? err : more;
}
