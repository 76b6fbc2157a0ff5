/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify.h - is all in a recording as it should be; and its file without holes
 */
#ifndef ZREC_KEEP_VERIFY_H
#define ZREC_KEEP_VERIFY_H

#include <stdbool.h>
#include <sys/types.h>

#define VERIFY_MAX	20	/* problems that are told */

/* @text is one line for people, without the file */
typedef void (*verify_fn)(void *ctx, const char *text);

/* True if a file is there that begins as those of SQLite do */
bool verify_is_database(const char *path);

/*
 * Looks at every page and row of an SQLite file: what SQLite itself can check, references
 * between tables, the tables of this version, and that the steps of each recovery add up
 * to its total. Returns how many problems it told @fn, at most VERIFY_MAX, or a negative
 * errno if it could not look. A file of JSON lines is verified by reading it.
 */
int verify_database(const char *path, verify_fn fn, void *ctx);

struct vacuum_sizes {
	off_t before, after;
};

/*
 * Writes an SQLite file anew without what was removed from it. @live: the history of this
 * host, which stays in WAL mode. 0 or a negative errno, -EBUSY: somebody writes it.
 */
int vacuum_database(const char *path, bool live, struct vacuum_sizes *ret);

#endif /* ZREC_KEEP_VERIFY_H */
