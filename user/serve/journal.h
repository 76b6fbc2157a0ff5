/* SPDX-License-Identifier: GPL-2.0 */
/*
 * journal.h - entries for systemd's journal: what happened, in fields, and what it means
 *
 * Entries are best effort, the history is exact. None is ever waited for: one that journald
 * has no room for, or that nobody is there for, is counted. No more than a token bucket
 * allows are written, as a storm would push out of the journal what others wrote there;
 * serious ones are held back last. When it is over, one entry says how many were not written.
 */
#ifndef ZREC_SERVE_JOURNAL_H
#define ZREC_SERVE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "record/open.h"
#include "zrec.h"

/* The last quarter of the burst is for serious ones */
#define JOURNAL_DEFAULT_LIMITS	((struct bucket_limits){ .burst = 200, .per_minute = 60 })

/* Of this process */
struct journal_stats {
	uint64_t written;
	uint64_t held_back;		/* over the limits */
	uint64_t lost;			/* no room in journald's socket, or no journald */
	int error;			/* of the last entry: a negative errno, 0: journald has it */
};

struct journal {
	int fd;				/* negative: not open */
	const char *path;		/* of journald's socket */
	struct bucket_limits limits;
	struct bucket bucket;
	uint64_t untold;		/* not written since an entry said how many */
	uint64_t untold_lost;		/* of those, the lost ones */
	uint64_t storm_ns;		/* CLOCK_MONOTONIC: when the first of them came */
	uint64_t quiet_ns;		/* when the last of them came */
	struct journal_stats stats;
};

#define JOURNAL_CLOSED	((struct journal){ .fd = -1 })

/*
 * @path is SYSTEMD_JOURNAL_SOCKET but in tests, and stays the caller's. That there is no
 * journald yet is no error, but is in the stats. 0 or a negative errno, then it stays closed.
 */
int journal_open(struct journal *j, const char *path, const struct bucket_limits *limits);
/* Says how many were held back, if that has not been said */
void journal_close(struct journal *j);

/* One entry each; a closed journal has none */
void journal_recovery(struct journal *j, const struct zrec_span *s, int64_t wall_ns);
void journal_open_recovery(struct journal *j, const struct open_recovery *r);
void journal_policy_began(struct journal *j, const char *policy, int64_t wall_ns, bool shadow);
void journal_policy_ended(struct journal *j, const struct zrec_policy_exit *exit, int64_t wall_ns);

/* How long until journal_work() has something to say, in ms and rounded up; -1: nothing */
int journal_timeout_ms(const struct journal *j);
void journal_work(struct journal *j);

#endif /* ZREC_SERVE_JOURNAL_H */
