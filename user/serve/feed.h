/* SPDX-License-Identifier: GPL-2.0 */
/*
 * feed.h - what a recorder shares, each thing once, across all that happens to the recorder
 *
 * A recorder that was killed leaves records in the ring that its clients have had. The next one
 * sends them again: they are recognised by their number and their time, and skipped. Numbers
 * that are missing are records that were missed, and are said and counted.
 */
#ifndef ZREC_SERVE_FEED_H
#define ZREC_SERVE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/live-client.h"
#include "zrec.h"

#define FEED_OPENS	64

struct feed_reader {
	void (*recovery)(void *ctx, const struct zrec_span *s);
	void (*open)(void *ctx, const struct zrec_open *open);
	void (*exit)(void *ctx, const struct zrec_policy_exit *exit);
	void *ctx;
};

struct feed {
	const char *path;		/* of the recorder's socket */
	const struct feed_reader *reader;
	struct live_client live;
	int watch;			/* inotify, while not connected; negative: none */
	bool watches;			/* the directory, which may have to come first */
	uint64_t retry_ns;		/* CLOCK_MONOTONIC: not before */
	uint64_t hurry_until_ns;	/* the recorder may come any moment */
	int said;			/* why there is none, as far as said */

	bool has_seq;
	uint64_t next_seq;
	uint64_t late;			/* bit i: next_seq - 1 - i was seen */
	uint64_t last_ns;		/* CLOCK_MONOTONIC: the end of the latest */
	uint64_t opens[FEED_OPENS];	/* ids of open recoveries that were passed on, in a circle */
	size_t nr_opens;
	uint64_t missed, said_missed;	/* records */
	uint64_t heard;			/* of live.missed, so far */
	uint64_t told;			/* missed ones whose numbers are still to be missing */
};

void feed_begin(struct feed *f, const char *path, const struct feed_reader *reader);
void feed_end(struct feed *f);
/* Nothing is wanted, and nothing is missed, until the next feed_work() */
void feed_pause(struct feed *f);

static inline bool feed_is_connected(const struct feed *f)
{
	return f->live.fd >= 0;
}

/* Both poll readable when feed_work() has something to do; negative: not to be polled */
int feed_fd(const struct feed *f);
int feed_watch_fd(const struct feed *f);
/* -1: without limit */
int feed_timeout_ms(const struct feed *f);
/* Connects if it can, and passes on what is there */
void feed_work(struct feed *f);

/* For tests: a record that is passed on unless it was */
int feed_record(struct feed *f, const void *data);

#endif /* ZREC_SERVE_FEED_H */
