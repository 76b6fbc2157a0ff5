/* SPDX-License-Identifier: GPL-2.0 */
/*
 * history.h - read a history: a recording of anybody, so hostile until checked
 *
 * A recording is an SQLite file or JSON lines as "zrec history export" writes them; both
 * give the same recoveries.
 */
#ifndef ZREC_KEEP_HISTORY_H
#define ZREC_KEEP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "record/span.h"

struct history;

/* Of this host */
#define HISTORY_DIR	"/var/lib/zrec"
#define HISTORY_FILE	HISTORY_DIR "/history.db"

/* Zero-initialise: everything */
struct history_filter {
	struct span_filter span;
	int64_t since_ns;		/* CLOCK_REALTIME, inclusive; 0: no bound */
	int64_t until_ns;		/* exclusive; 0: no bound */
	char **hosts;			/* by name or machine_id */
	size_t nr_hosts;
	int64_t row;			/* only this one; 0: any. Of recoveries only */
};

enum history_order {
	HISTORY_OLDEST_FIRST,
	HISTORY_NEWEST_FIRST,
};

/*
 * Opens for reading, with all of SQLite's defences on. Returns 0 or a negative errno:
 * -EUCLEAN: not a recording, or damaged; -EPROTO: of a newer zrec; -ENOENT ... The reason
 * is in history_error() also after a failed history_open(), which then sets *ret, too,
 * unless it is -ENOMEM.
 */
int history_open(struct history **ret, const char *path);
void history_close(struct history *h);
/* One line for people about the last error in reading it; NULL: there was none, but of memory */
const char *history_error(const struct history *h);
/*
 * A name that this version does not know, as a newer zrec writes, which it met so far: the
 * value is the largest of its kind then, and shown as "unknown". NULL: it knows them all.
 */
const char *history_unknown_name(const struct history *h);

/*
 * Each calls @fn until it returns non-zero, which is then returned. What is passed is
 * valid during the call only. Order is that of the error events' wall clock.
 */
typedef int (*history_recovery_fn)(void *ctx, const struct history_recovery *r);
typedef int (*history_gap_fn)(void *ctx, const struct history_boot *boot,
			      const struct history_gap *gap);
typedef int (*history_policy_fn)(void *ctx, const struct history_policy_event *event);
int history_each(struct history *h, const struct history_filter *filter, enum history_order order,
		 history_recovery_fn fn, void *ctx);
/*
 * One boot after the other, by their IDs, and of each in the order of its own clock, even where
 * the wall clock was set back; row may be 0. Fast where the hosts of a merged recording lie one after the other.
 */
int history_each_by_boot(struct history *h, const struct history_filter *filter,
			 history_recovery_fn fn, void *ctx);
/*
 * The oldest first, and only what costs little to read: of full.span the function, the
 * driver, PEC, outcome, reason, begin and total, and whatever else comes with them.
 */
int history_each_brief(struct history *h, const struct history_filter *filter,
		       history_recovery_fn fn, void *ctx);
/* As history_each_brief(), all of them, with experiment and arm, in no order */
int history_each_arm(struct history *h, history_recovery_fn fn, void *ctx);
int history_each_gap(struct history *h, const struct history_filter *filter, history_gap_fn fn,
		     void *ctx);
int history_each_policy_event(struct history *h, const struct history_filter *filter,
			      history_policy_fn fn, void *ctx);

#endif /* ZREC_KEEP_HISTORY_H */
