// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "keep/db.h"
#include "keep/sqlite.h"
#include "keep/writer-db.h"
#include "keep/words.h"
#include "record/names.h"

/* --- the observation --- */

static int name_boot(struct writer *w, const struct history_boot *boot, int64_t host, bool ours)
{
	sqlite3_stmt *st = w->stmt[NAME_BOOT];

	if (!boot->machine_id[0])
		return 0;
	sqlite3_bind_int64(st, 1, w->boot);
	sqlite3_bind_text(st, 2, boot->machine_id, -1, SQLITE_STATIC);
	sqlite3_bind_null(st, 3);
	if (ours)
		sqlite3_bind_int64(st, 3, host);
	return db_run(st);
}

/* @ours: who writes is that host */
static int find_boot(struct writer *w, const struct history_boot *boot, bool ours)
{
	const enum writer_stmt both[] = { FIND_BOOT, ADD_BOOT };
	int64_t host;
	int err;

	sqlite3_bind_text(w->stmt[FIND_HOST], 1, boot->host, -1, SQLITE_STATIC);
	sqlite3_bind_text(w->stmt[ADD_HOST], 1, boot->host, -1, SQLITE_STATIC);
	err = writer_find_or_add(w, FIND_HOST, ADD_HOST, &host);
	if (err)
		return err;
	for (int i = 0; i < 2; i++) {
		sqlite3_bind_int64(w->stmt[both[i]], 1, host);
		sqlite3_bind_text(w->stmt[both[i]], 2, boot->boot_id, -1, SQLITE_STATIC);
	}
	sqlite3_bind_text(w->stmt[ADD_BOOT], 3, boot->machine_id, -1, SQLITE_STATIC);
	err = writer_find_or_add(w, FIND_BOOT, ADD_BOOT, &w->boot);
	return err ? err : name_boot(w, boot, host, ours);
}

static int put_observation(struct writer *w, enum writer_stmt which, const struct zrec_info *info,
			   int64_t since_wall_ns)
{
	char version[sizeof(info->version) + 1], word[WORD_LEN];
	sqlite3_stmt *st = w->stmt[which];
	int err;

	snprintf(version, sizeof(version), "%.*s", (int)sizeof(info->version), info->version);
	err = writer_bind_name(w, which, 5, word_of(WORD_TIER, info->tier, word));
	sqlite3_bind_int64(st, 1, w->boot);
	sqlite3_bind_int64(st, 2, (int64_t)info->since_ns);
	sqlite3_bind_int64(st, 3, since_wall_ns);
	sqlite3_bind_text(st, 4, name_is_utf8(version) ? version : "unknown", -1, SQLITE_TRANSIENT);
	return err ? err : db_run(st);
}

static int read_lost(struct writer *w, struct writer_progress *ret)
{
	sqlite3_stmt *st = w->stmt[FIND_LOST];
	int n = 0;

	for (int i = 0; n >= 0 && i < ZREC_NR_LOST; i++) {
		n = writer_bind_name(w, FIND_LOST, 2, name_lost(i));
		sqlite3_bind_int64(st, 1, w->observation);
		if (!n)
			n = db_step(st);
		if (n <= 0)
			continue;
		ret->lost[i] = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	return n < 0 ? n : 0;
}

static int find_observation(struct writer *w, const struct zrec_info *info, int64_t since_wall_ns,
			    struct writer_progress *ret)
{
	sqlite3_stmt *st = w->stmt[FIND_OBSERVATION];
	bool nameless;
	int n;

	sqlite3_bind_int64(st, 1, w->boot);
	sqlite3_bind_int64(st, 2, (int64_t)info->since_ns);
	n = db_step(st);
	if (!n) {
		n = put_observation(w, ADD_OBSERVATION, info, since_wall_ns);
		w->observation = sqlite3_last_insert_rowid(w->db);
	}
	if (n <= 0)
		return n;
	w->observation = sqlite3_column_int64(st, 0);
	ret->read_to = (uint64_t)sqlite3_column_int64(st, 1);
	ret->accounted = (uint64_t)sqlite3_column_int64(st, 2);
	ret->wall_ns = sqlite3_column_int64(st, 3);
	nameless = sqlite3_column_int(st, 4);
	sqlite3_reset(st);
	/* What it was imported from did not say what observed it, and this does */
	if (nameless && info->version[0])
		n = put_observation(w, NAME_OBSERVATION, info, since_wall_ns);
	return n < 0 ? n : read_lost(w, ret);
}

static int look_up(struct writer *w, const struct history_boot *boot, bool ours,
		   const struct zrec_info *info, int64_t since_wall_ns, struct writer_progress *ret)
{
	int err = writer_begin(w);

	*ret = (struct writer_progress){ 0 };
	if (!err)
		err = find_boot(w, boot, ours);
	return err ? err : find_observation(w, info, since_wall_ns, ret);
}

int writer_find_observation(struct writer *w, const struct history_boot *boot,
			    const struct zrec_info *info, int64_t since_wall_ns,
			    struct writer_progress *ret)
{
	return look_up(w, boot, false, info, since_wall_ns, ret);
}

/*
 * A transaction of its own: when a batch is undone later, its observation has to be in the
 * file still
 */
int writer_observation(struct writer *w, const struct history_boot *boot,
		       const struct zrec_info *info, int64_t since_wall_ns, struct writer_progress *ret)
{
	int err = w->in_batch ? -EINVAL : look_up(w, boot, true, info, since_wall_ns, ret);

	if (!err)
		err = db_run(w->stmt[COMMIT]);
	return writer_end_batch(w, err);
}

/* --- batches --- */

int writer_begin(struct writer *w)
{
	int err;

	if (w->in_batch)
		return 0;
	err = db_run(w->stmt[BEGIN]);
	w->in_batch = !err;
	return err;
}

/* Of a full disk SQLite undoes the transaction, of other errors the statement: the same for all */
int writer_failed(struct writer *w, int err)
{
	if (err && err != -EEXIST)
		writer_undo(w);
	return err;
}

int writer_end_batch(struct writer *w, int err)
{
	if (err)
		writer_undo(w);
	w->in_batch = false;
	return err;
}

static int set_progress(struct writer *w, const struct writer_progress *p)
{
	sqlite3_stmt *st = w->stmt[SET_PROGRESS];
	int err;

	sqlite3_bind_int64(st, 1, w->observation);
	sqlite3_bind_int64(st, 2, (int64_t)p->read_to);
	sqlite3_bind_int64(st, 3, (int64_t)p->accounted);
	sqlite3_bind_int64(st, 4, p->wall_ns);
	err = db_run(st);
	for (int i = 0; !err && i < ZREC_NR_LOST; i++) {
		if (!p->lost[i])
			continue;
		err = writer_bind_name(w, SET_LOST, 2, name_lost(i));
		sqlite3_bind_int64(w->stmt[SET_LOST], 1, w->observation);
		sqlite3_bind_int64(w->stmt[SET_LOST], 3, (int64_t)p->lost[i]);
		if (!err)
			err = db_run(w->stmt[SET_LOST]);
	}
	return err;
}

int writer_commit(struct writer *w, const struct writer_progress *progress)
{
	int err = writer_begin(w);

	if (!err)
		err = set_progress(w, progress);
	fault_point("writer-filled");
	if (!err)
		err = db_run(w->stmt[COMMIT]);
	return writer_end_batch(w, err);
}

void writer_undo(struct writer *w)
{
	db_rollback(w->db);
	w->in_batch = false;
	writer_forget(w);
}
