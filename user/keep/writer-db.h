/* SPDX-License-Identifier: GPL-2.0 */
/*
 * writer-db.h - what the parts of the writer share
 */
#ifndef ZREC_KEEP_WRITER_DB_H
#define ZREC_KEEP_WRITER_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "keep/writer.h"

/* Each in writer-rows.c, where its SQL is */
enum writer_stmt {
	BEGIN,
	COMMIT,
	ADD_NAME,
	FIND_NAME,
	ADD_HOST,
	FIND_HOST,
	ADD_BOOT,
	FIND_BOOT,
	NAME_BOOT,
	ADD_OBSERVATION,
	FIND_OBSERVATION,
	NAME_OBSERVATION,
	FIND_LOST,
	SET_LOST,
	SET_PROGRESS,
	ADD_PEC,
	ADD_LIFE,
	FIND_LIFE,
	ADD_RECOVERY,
	ADD_STEP,
	ADD_POINT,
	ADD_ANSWER,
	ADD_POLICY_EVENT,
	ADD_GAP,
	NR_WRITER_STMTS
};

/* What was looked up lately. All of it goes when a batch is undone, since its rows do */
#define NAMES_CACHED	256	/* a power of two */
#define LIVES_CACHED	64	/* a power of two */

struct cached_name {
	char name[HISTORY_NAME_LEN];
	int64_t id;			/* 0: free */
};

struct life_key {
	int64_t boot;
	uint32_t fid, life, has_device, uid, class_code;
	uint16_t pchid, domain, vendor, device;
	uint8_t bus, devfn, pft, pad;
};

struct cached_life {
	struct life_key key;
	int64_t id;			/* 0: free */
};

struct writer {
	sqlite3 *db;
	int fd;				/* of the file: has the lock of the one writer */
	char *path;
	bool is_new;			/* we have made the file */
	sqlite3_stmt *stmt[NR_WRITER_STMTS];
	int64_t boot;			/* rows */
	int64_t observation;
	bool in_batch;
	uint64_t pecs[1024];		/* a bit for each that is in the file */
	struct cached_name name[NAMES_CACHED];
	struct cached_life life[LIVES_CACHED];
};

/* 0 or a negative errno */
int writer_begin(struct writer *w);
/* Undoes the batch of an error that is not -EEXIST, and returns it */
int writer_failed(struct writer *w, int err);
int writer_end_batch(struct writer *w, int err);
/* Cuts the write-ahead log if nobody reads and it has grown, or @now */
int writer_checkpoint(struct writer *w, bool now);
/* No write-ahead log any more; the writer can only be closed afterwards */
int writer_end_log(struct writer *w);
/*
 * Many rows in any order: more memory for pages, and in a file without recoveries no index by
 * time until writer_end_bulk(). Who is killed before leaves a file that is right but slow to
 * read; the next import makes the index.
 */
int writer_begin_bulk(struct writer *w);
int writer_end_bulk(struct writer *w);
int writer_prepare(struct writer *w);
void writer_forget(struct writer *w);

/*
 * writer_observation() within a batch, for who undoes nothing but all of it: an import
 * goes from one observation to the next with each row
 */
int writer_find_observation(struct writer *w, const struct history_boot *boot,
			    const struct zrec_info *info, int64_t since_wall_ns,
			    struct writer_progress *ret);

/* Runs a statement that adds a row and says which; -EEXIST: it is there */
int writer_add(struct writer *w, enum writer_stmt which, int64_t *ret);
/* Which row has what is bound to both statements; it is added if the file does not have it */
int writer_find_or_add(struct writer *w, enum writer_stmt find, enum writer_stmt add, int64_t *ret);
/* What is no text is a BLOB: a driver or a process can have any name. Bound until it is reset */
void writer_bind_text(sqlite3_stmt *st, int i, const char *text);
/* The row of a name; it is added if the file does not have it */
int writer_name(struct writer *w, const char *name, int64_t *ret);
/* Like it, bound as parameter @i of a statement; "" is NULL */
int writer_bind_name(struct writer *w, enum writer_stmt which, int i, const char *name);
/* The row of the life of a function that a recovery is of; likewise */
int writer_life(struct writer *w, const struct zrec_span *s, int64_t *ret);

#endif /* ZREC_KEEP_WRITER_DB_H */
