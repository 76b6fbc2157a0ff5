/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sqlite-int.h - what the parts of the reader of SQLite files share
 */
#ifndef ZREC_KEEP_SQLITE_INT_H
#define ZREC_KEEP_SQLITE_INT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "keep/sqlite-history.h"
#include "keep/words.h"

/* --- rows that many others name, read once --------------------------------- */

enum cache_kind {
	CACHE_NAME,
	CACHE_BOOT,
	CACHE_OBSERVATION,
	CACHE_LIFE,
	NR_CACHES
};

struct cached_word {
	char text[HISTORY_NAME_LEN];
	uint32_t parsed, known;		/* a bit for each kind */
	int64_t value[NR_WORD_KINDS];
};

struct cached_life {
	const struct history_boot *boot;
	uint32_t fid, life, uid, class_code;
	uint16_t pchid, domain, vendor, device;
	uint8_t pft, bus, devfn;
	bool has_device;
};

struct cache {
	void **item;			/* by row */
	size_t nr;			/* of those it has room for */
	size_t used;
	sqlite3_stmt *st;
};

enum child {
	CHILD_STEP,
	CHILD_POINT,
	CHILD_ANSWER,
	NR_CHILDREN
};

struct sqlite_history {
	sqlite3 *db;
	char *path;
	char *error;
	char unknown[HISTORY_NAME_LEN];	/* "": all names are known */
	uint64_t work, work_max;	/* since history_each(), in steps of the progress handler */
	unsigned int nr_wanted;		/* tables temp.wanted_N of lives, for filters */
	struct cache cache[NR_CACHES];
	sqlite3_stmt *child[NR_CHILDREN];
};

/* Keeps the reason; returns @err */
int sqlite_fail(struct sqlite_history *h, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for what SQLite said last */
int sqlite_failed(struct sqlite_history *h, int err);
int sqlite_prepare(struct sqlite_history *h, const char *sql, sqlite3_stmt **ret);
/* 1: there is a row, 0, or a negative errno */
int sqlite_step(struct sqlite_history *h, sqlite3_stmt *st);

/* --- values, which are what they have to be or the row is bad -------------- */

struct row {
	struct sqlite_history *h;
	sqlite3_stmt *st;
	const char *bad;		/* the first column that is; NULL: none */
	int err;			/* another error than that */
};

/* NULL is 0, here and below */
int64_t row_int(struct row *r, int col, int64_t min, int64_t max);
/* Any 64 bits; beyond INT64_MAX they are negative in the file */
uint64_t row_u64(struct row *r, int col);
/* A duration, a moment of the wall clock since 1970, or a count */
int64_t row_s63(struct row *r, int col);
/* True, or the column is bad */
bool row_must(struct row *r, int col, bool ok);
void row_text(struct row *r, int col, char *ret, size_t size);
/* Fills all of @size: an array that may have no NUL at its end */
void row_array(struct row *r, int col, char *ret, size_t size);
/* A number by its name. @unknown, within @max, is for one that this version does not know */
int64_t row_word(struct row *r, int col, enum word_kind kind, int64_t min, int64_t max,
		 int64_t unknown);
/* Both only until the next name, or life, is looked up: what is cached of them is bounded */
const struct cached_word *row_name(struct row *r, int col);
const struct cached_life *row_life(struct row *r, int col);
/* As long as the file is open */
const struct history_observation *row_observation(struct row *r, int col);
const struct history_boot *row_boot(struct row *r, int col);
/* 0, or an error with its reason kept */
int row_end(struct row *r, const char *table, int64_t row);

void cache_free(struct sqlite_history *h);

/* --- recoveries ------------------------------------------------------------ */

/* The columns of a recovery; those of history_each_brief() come first */
#define BRIEF_COLUMNS	"id, wall_ns, life, driver, pec, outcome, reason, total_ns, begin_ns"
#define NR_BRIEF_COLUMNS	9
#define MORE_COLUMNS	", observation, position, recoverer, tier, kernel_id, seq, flags, seen," \
			" inferred, fh, events, reads, overflows, reset_tries, reset_failures," \
			" pending_max, drop_rc, owner_pid, owner_comm, experiment, arm, experiment_nr," \
			" arm_nr, ccdf, policy, policy_ns, decisions, shadow_decisions, unlisted," \
			" unlisted_points"

/* @ret has to be zeroed */
void recovery_read_brief(struct row *r, struct history_recovery *ret);
/* Experiment and arm, from this column on */
void recovery_read_arm(struct row *r, int col, struct history_recovery *ret);
/* All of the row that the statement is at: 1 if the filter wants it, 0 if not, or a negative errno */
int recovery_read(struct sqlite_history *h, sqlite3_stmt *st, const struct history_filter *filter,
		  struct history_recovery *ret);

/* The statement for one page of recoveries after, or before, the two values of its ?1 and ?2 */
int recovery_query(struct sqlite_history *h, const struct history_filter *filter,
		   enum history_order order, bool brief, unsigned int limit, sqlite3_stmt **ret);

#endif /* ZREC_KEEP_SQLITE_INT_H */
