/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sqlite-history.h - what history.h promises, for an SQLite file
 *
 * The file may come from a stranger, and may have been made to harm its reader. SQLite's
 * defences are on, only tables are read, by our own SQL, each value has to be of its type
 * and in its range, and reading all may need no more work than the file is large.
 */
#ifndef ZREC_KEEP_SQLITE_HISTORY_H
#define ZREC_KEEP_SQLITE_HISTORY_H

#include "keep/history.h"

struct sqlite_history;

#define SQLITE_MAGIC	"SQLite format 3"	/* with its NUL, what each file begins with */

/*
 * How SQLite has to open a file, to be freed: as one that nobody changes, if it is, and not
 * at all (-EOTHERS) if others could have put a log beside it. 0 or a negative errno
 */
int sqlite_uri(const char *path, char **uri);

/* As history_open(). *ret is set unless it is -ENOMEM */
int sqlite_history_open(struct sqlite_history **ret, const char *path);
void sqlite_history_close(struct sqlite_history *h);
const char *sqlite_history_error(const struct sqlite_history *h);
const char *sqlite_history_unknown_name(const struct sqlite_history *h);

int sqlite_history_each(struct sqlite_history *h, const struct history_filter *filter,
			enum history_order order, history_recovery_fn fn, void *ctx);
int sqlite_history_each_brief(struct sqlite_history *h, const struct history_filter *filter,
			      history_recovery_fn fn, void *ctx);
int sqlite_history_each_by_boot(struct sqlite_history *h, const struct history_filter *filter,
				history_recovery_fn fn, void *ctx);
int sqlite_history_each_arm(struct sqlite_history *h, history_recovery_fn fn, void *ctx);
int sqlite_history_each_gap(struct sqlite_history *h, const struct history_filter *filter,
			    history_gap_fn fn, void *ctx);
int sqlite_history_each_policy_event(struct sqlite_history *h, const struct history_filter *filter,
				     history_policy_fn fn, void *ctx);

#endif /* ZREC_KEEP_SQLITE_HISTORY_H */
