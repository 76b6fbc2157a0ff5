/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reader.h - the one reader of an observation's ring buffer
 */
#ifndef ZREC_READER_H
#define ZREC_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bpffs.h"
#include "observe/ring.h"

struct reader {
	int dir;		/* whoever has its lock is the reader; it goes when the observation ends */
	int end;		/* inotify: something beside dir was removed, or the directory above
				   moved, or a recorder asks for the ring */
	int wait;		/* epoll of end and the ring buffer */
	bool moved;		/* the observation ends, or a newer zrec takes over */
	struct ring ring;
};

#define READER_CLOSED	((struct reader){ .dir = -1, .end = -1, .wait = -1 })

static inline bool reader_is_open(const struct reader *r)
{
	return r->wait >= 0;
}

/* 0, -EBUSY when another process reads, -ENOENT when the observation has ended, or -errno */
int reader_open(struct reader *r, const struct bpffs *fs, int ring_map);
void reader_close(struct reader *r);

/* Wakes up whoever is the reader, so that it may hand over to a recorder. 0 or -errno */
int reader_ask(const struct bpffs *fs);

/*
 * Hands the records that wait to @fn, one after the other, and lets go of each when it
 * returns 0 or -ECANCELED; with any other negative return the record stays. Waits
 * @timeout_ms (0: not at all, -1: without limit) for the first. Returns how many were handed
 * over, -ESHUTDOWN after the end of the observation, what @fn returned, or -errno.
 */
typedef int (*reader_fn)(void *ctx, const struct ring_record *record);
int reader_poll(struct reader *r, int timeout_ms, reader_fn fn, void *ctx);

/* True if the observation has ended; what its ring buffer has can still be read */
bool reader_has_ended(const struct reader *r);

/* What makes r->wait readable without a record; look at reader_has_ended() afterwards */
void reader_read_removals(struct reader *r);

#endif /* ZREC_READER_H */
