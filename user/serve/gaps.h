/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gaps.h - the recoveries that the history lacks, as far as they can be counted
 */
#ifndef ZREC_SERVE_GAPS_H
#define ZREC_SERVE_GAPS_H

#include <stdint.h>

#include "keep/writer.h"
#include "observe/observer.h"

/* Those that belong to no row, and are not in the file as a gap yet */
struct gaps {
	uint64_t other_reader;		/* that somebody else has read, */
	uint64_t before_tai_ns;		/* ... all before this, CLOCK_TAI */
	uint64_t unreadable;		/* of the batch: this version does not know them */
};

/* Recoveries in the ring from @at on, those that cannot be read among them, or a negative errno */
int64_t gaps_waiting(struct ring *ring, uint64_t at);

/*
 * Finds out how many somebody else has read: all that the kernel has delivered, without those
 * that @progress accounts for and those in the ring from @at on. All of them had ended before
 * the first of those in the ring had, and before now. 0 or a negative errno.
 */
int gaps_find(struct gaps *g, struct observer *observer, const struct writer_progress *progress,
	      uint64_t at);

/*
 * Adds to the file what is in @g and what the kernel lost since @progress, which is brought
 * up to date; a gap is from @from_ns to @progress's time, or to where it is known to end.
 * *ret: how many recoveries.
 */
int gaps_write(const struct gaps *g, struct observer *observer, struct writer *w, int64_t from_ns,
	       int64_t tai_offset_ns, struct writer_progress *progress, uint64_t *ret);

#endif /* ZREC_SERVE_GAPS_H */
