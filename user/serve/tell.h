/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tell.h - what the recorder tells the journal, and when
 *
 * A recovery is told of after the batch that has it was committed, and before its record
 * leaves the ring. Whoever comes after a crash finds the batch in the file and tells nothing
 * again: an entry may be missing then, but never comes twice. In the same way a recovery that
 * has been open for long, and a policy that began, are told of after a commit, and whoever
 * comes later leaves out what was so at the last one.
 *
 * While the history cannot be written, recoveries that are open for long are told of all
 * the same; after a restart these may be told of again.
 */
#ifndef ZREC_SERVE_TELL_H
#define ZREC_SERVE_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "observe/announced.h"
#include "observe/ring.h"
#include "serve/journal.h"
#include "serve/policy-watch.h"

struct tell_opts {
	const char *path;			/* of journald's socket */
	struct bucket_limits limits;
	uint64_t open_after_ns;
	/* A recovery that has been open for long, after the journal; may be NULL */
	void (*open)(void *ctx, const struct zrec_open *open);
	void *ctx;
};

struct tell {
	struct journal journal;
	struct observer *observer;
	struct announced_list announced;
	uint64_t open_after_ns;
	void (*open)(void *ctx, const struct zrec_open *open);
	void *ctx;
	int64_t until_ns;		/* CLOCK_REALTIME: all that was so by then has been told of */
};

#define TELL_NOTHING	((struct tell){ .journal = JOURNAL_CLOSED })

/* NULL for @opts: nothing is told, now or later. What fails is said on stderr */
void tell_begin(struct tell *t, struct observer *observer, const struct tell_opts *opts);
void tell_end(struct tell *t);

/*
 * The file was opened, and its last commit was at @wall_ns, of an earlier recorder or of this
 * one; 0: there is none
 */
void tell_known(struct tell *t, int64_t wall_ns);

/* A record of the ring is read, the first time */
void tell_read(struct tell *t, const void *data);
/* All records from @from to @to are in the file now, and still in the ring */
void tell_recorded(struct tell *t, struct ring *ring, uint64_t from, uint64_t to,
		   int64_t tai_offset_ns);
/* Policies that began, between policy_watch_record() and policy_watch_recorded() */
void tell_policies(struct tell *t, const struct policy_watch *w);

/* True if a recovery has been open for long and was not told of: commit, then tell_open() */
bool tell_is_due(const struct tell *t);
void tell_open(struct tell *t, int64_t tai_offset_ns);

/* NULL: nothing is told */
const struct journal_stats *tell_stats(const struct tell *t);

/* In ms until one of these has something to do; -1: nothing */
int tell_timeout_ms(const struct tell *t);
void tell_work(struct tell *t);

#endif /* ZREC_SERVE_TELL_H */
