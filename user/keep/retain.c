// SPDX-License-Identifier: GPL-2.0
/* What is too old or too much goes, a little at a time */
#include <stdio.h>

#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/writer-db.h"

/* Pages that go back to the file system at a time, and rows that are removed at a time */
#define VACUUM_PAGES	256
#define REMOVE_ROWS	500

static int remove_before(struct writer *w, int64_t wall_ns)
{
	char sql[192];
	int err;

	snprintf(sql, sizeof(sql), "DELETE FROM recovery WHERE id IN (SELECT id FROM recovery"
		 " WHERE wall_ns < %lld ORDER BY wall_ns, id LIMIT %d)", (long long)wall_ns, REMOVE_ROWS);
	err = db_exec(w->db, sql);
	return err ? err : sqlite3_changes(w->db) > 0;
}

static int remove_others(struct writer *w, int64_t wall_ns)
{
	char sql[192];

	snprintf(sql, sizeof(sql), "DELETE FROM policy_event WHERE wall_ns < %lld;"
		 "DELETE FROM gap WHERE to_ns < %lld", (long long)wall_ns, (long long)wall_ns);
	return db_exec(w->db, sql);
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

int writer_retain(struct writer *w, const struct writer_limits *limits, int64_t now_wall_ns)
{
	uint64_t used = 0, free = 0;
	int more = 0, err = 0;

	if (limits->keep_ns) {
		more = remove_before(w, now_wall_ns - limits->keep_ns);
		if (!more)
			err = remove_others(w, now_wall_ns - limits->keep_ns);
	}
	if (more < 0)
		return more;
	if (!err)
		err = used_bytes(w, &used, &free);
	if (!err && !more && limits->max_bytes && used > limits->max_bytes) {
		more = remove_before(w, INT64_MAX);
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
