/* SPDX-License-Identifier: GPL-2.0 */
/*
 * writer.h - the one writer of a history file
 *
 * What belongs together is committed together: the rows of a batch, and how far the ring
 * buffer was read. Only afterwards may the recorder let go of the records in the ring, so
 * whoever is killed in between finds in the file where to go on.
 *
 * All return 0 or a negative errno. -ENOSPC, -EROFS, -EIO (a quota, too): the batch is
 * undone and can be tried again later, nothing in the file is lost. -EUCLEAN: the file is
 * damaged. -EPROTO: a newer zrec made it. -EBUSY: another process writes it. -EOTHERS: see
 * place.h.
 */
#ifndef ZREC_KEEP_WRITER_H
#define ZREC_KEEP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"

struct writer;

/* How far the ring buffer of an observation is in the file */
struct writer_progress {
	uint64_t read_to;	/* the position behind the last record that is in the file */
	uint64_t accounted;	/* of those delivered into the ring: rows, ever, and gaps in reading */
	uint64_t lost[ZREC_NR_LOST];	/* of zrec_stats: those that the file has as gaps */
	int64_t wall_ns;	/* CLOCK_REALTIME of the commit */
};

/*
 * Opens or makes the file, 0600, with a lock that no second writer gets, and checks or
 * migrates its schema.
 */
int writer_open(struct writer **ret, const char *path);
/*
 * Renames a damaged file to PATH.damaged-TIME, with its log, so that a new one can be made.
 * Replaces nothing. -EBUSY: somebody writes it; -EUCLEAN: it stays, since it is a device, a
 * FIFO or a socket, or was never zrec's and is not in the place of this host's history.
 */
int writer_set_aside(const char *path);
/* Undoes what was not committed */
void writer_close(struct writer *w);
/* Before anything was written: closes it, and removes the file if writer_open() made it */
void writer_discard(struct writer *w);

/*
 * The observation that all following calls are about, which is added if the file does
 * not have it: by its boot and since_ns. @since_wall_ns is CLOCK_REALTIME of its begin. *ret
 * is what was committed last, all 0 at first. It is on the disk then; no batch may be open.
 */
int writer_observation(struct writer *w, const struct history_boot *boot,
		       const struct zrec_info *info, int64_t since_wall_ns,
		       struct writer_progress *ret);

/* The experiment that a function took part in, and its arm; NULL for none */
struct writer_arm {
	char experiment[HISTORY_NAME_LEN];
	char arm[HISTORY_NAME_LEN];
};

/*
 * These open a batch if none is open. @position is where the record begins in the ring;
 * the same (observation, position) a second time is -EEXIST and changes nothing.
 */
int writer_span(struct writer *w, uint64_t position, const struct zrec_span *span,
		int64_t wall_ns, const struct writer_arm *arm);
int writer_policy_event(struct writer *w, const struct history_policy_event *event);
int writer_gap(struct writer *w, const struct history_gap *gap);

/* Ends the batch. When this returns 0 it is on the disk */
int writer_commit(struct writer *w, const struct writer_progress *progress);
/* Undoes the batch */
void writer_undo(struct writer *w);

/*
 * One bounded piece of work, outside of a batch: removes what is older than @keep_ns
 * before now or exceeds @max_bytes of file, the oldest first, and returns space to the
 * file system; 0 means no limit. The clock may have been set: what is of this boot has to be
 * old by CLOCK_MONOTONIC (@now_ns), too. Returns 1 if there is more to do, 0, or a negative
 * errno.
 */
struct writer_limits {
	int64_t keep_ns;
	uint64_t max_bytes;
};
int writer_retain(struct writer *w, const struct writer_limits *limits, int64_t now_wall_ns,
		  uint64_t now_ns);

/* Bytes of the write-ahead log, which a reader with an open transaction keeps from shrinking */
uint64_t writer_wal_bytes(const struct writer *w);

/*
 * Ends the file as a recording: no write-ahead log, readable by whoever may read it. For
 * record -o; the writer can only be closed afterwards.
 */
int writer_finish(struct writer *w);

#endif /* ZREC_KEEP_WRITER_H */
