/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recorder.h - from the ring buffer into the history, each recovery exactly once
 *
 * A record leaves the ring only after the batch that has it was committed, and the batch
 * has the position in the ring, too. So whoever comes after a crash finds in the file how
 * far it came: a record is in the ring, or in the file, or is counted as a gap.
 *
 * While the file cannot be written, records wait in the ring, and what finds no room there
 * is counted by the kernel. It is tried again once a second.
 */
#ifndef ZREC_RECORDER_H
#define ZREC_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "keep/experiment-count.h"
#include "keep/writer.h"
#include "observe/observer.h"
#include "serve/tell.h"

struct experiment_host_state;
struct recorder;

struct recorder_opts {
	struct observer_opts observer;
	const char *path;			/* of the history */
	struct writer_limits limits;
	void (*live)(void *ctx, const struct ring_record *record);	/* each once, as soon as it is read; may be NULL */
	int (*meanwhile)(void *ctx);		/* while a zrec watch hands over; may be NULL */
	void *ctx;				/* for both */
	const struct tell_opts *tell;		/* what is told to the journal; NULL: nothing */
	bool once;				/* a history that cannot be written is an error, and stays */
};

/*
 * Begins or joins the observation, becomes the reader of its ring buffer, and finds out
 * what the history lacks. Says on stderr why it failed. Returns 0, -EBUSY: another
 * process reads or writes; what observer_open() returns; other negative errno.
 */
int recorder_open(struct recorder **ret, const struct recorder_opts *opts);

/*
 * Commits what is there, without waiting. Returns 0, or a negative errno after it said on
 * stderr that it could not, and how many recoveries are left.
 */
int recorder_close(struct recorder *r);

/*
 * To be called when one of the descriptors polls readable and when recorder_timeout_ms()
 * has passed. The first is -1 while there is no use in polling it. Returns 0,
 * -ESHUTDOWN: the observation has ended and all that it had is recorded; other negative
 * errno.
 */
int recorder_fd(const struct recorder *r);
int recorder_policy_fd(const struct recorder *r);
int recorder_timeout_ms(const struct recorder *r);
int recorder_work(struct recorder *r);

/* Ends the file as a recording that others can read, see writer_finish() */
int recorder_finish(struct recorder *r);

/* Where in the ring it will read next: all before is recorded, or in the batch */
uint64_t recorder_read_to(const struct recorder *r);

/* What is kept from now on */
void recorder_set_limits(struct recorder *r, const struct writer_limits *limits);

/* How it goes; all counts are of this process */
struct recorder_state {
	int error;			/* the negative errno that keeps it from writing, 0: none */
	const char *reason;		/* of error, for people */
	int64_t error_since_ns;		/* CLOCK_REALTIME */
	uint64_t recorded;		/* recoveries */
	uint64_t missing;		/* recoveries in gaps */
	uint64_t gaps[HISTORY_NR_GAP_REASONS];	/* ... by the reason */
	uint64_t commits;
	int64_t committed_ns;		/* CLOCK_REALTIME of the last commit; 0: none yet */
	uint64_t wal_bytes;		/* see writer_wal_bytes() */
	uint64_t ejections;		/* policies that the kernel ejected */
	const struct journal_stats *journal;	/* NULL: it writes none */
};

const struct recorder_state *recorder_state(struct recorder *r);
/* The experiments of this host, as the recoveries of the next batch will have them */
const struct experiment_host_state *recorder_experiments(struct recorder *r);
/* What came of them; NULL: there was no memory */
struct experiment_counts *recorder_counts(struct recorder *r);
/* The end of a policy, as a row of the history */
int recorder_write_exit(struct writer *w, const struct history_boot *boot,
			const struct zrec_policy_exit *exit, int64_t tai_offset_ns);
/* Why the history cannot be written, for people */
const char *recorder_reason(int err);
struct observer *recorder_observer(struct recorder *r);

#endif /* ZREC_RECORDER_H */
