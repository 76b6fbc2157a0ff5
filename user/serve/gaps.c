// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "serve/gaps.h"

/* How long a record that is being written, or a count that lags behind, is waited for */
#define TRIES	100
#define NAP_MS	1

/*
 * When the first recovery in the ring had ended, CLOCK_TAI: the ring has them in the order
 * of their ends. Now, if there is none
 */
static uint64_t first_end_in_ring(struct ring *ring, uint64_t at)
{
	const uint64_t now = clock_ns(CLOCK_TAI);
	struct ring_record record;

	while (ring_next(ring, &at, &record) > 0) {
		const struct zrec_span *span = record.data;

		if (!observer_check_record(record.data, record.size) &&
		    !(span->flags & (ZREC_RECORD_EXIT | ZREC_RECORD_EVENT)))
			return span->tai_ns + span->total_ns;
	}
	return now;
}

/* What add_record() of the recorder puts into an account: a recovery, or nobody knows what */
static bool counts(const struct ring_record *record)
{
	const struct zrec_record *head = record->data;

	return observer_check_record(record->data, record->size) ||
	       !(head->flags & (ZREC_RECORD_EXIT | ZREC_RECORD_EVENT));
}

/* *settled: none of them is still being written */
static int64_t count_in_ring(struct ring *ring, uint64_t at, bool *settled)
{
	const uint64_t written = ring_written(ring);
	struct ring_record record;
	int64_t nr = 0;
	int more;

	while ((more = ring_next(ring, &at, &record)) > 0)
		nr += counts(&record);
	*settled = at >= written;
	return more < 0 ? more : nr;
}

int64_t gaps_waiting(struct ring *ring, uint64_t at)
{
	bool settled;

	return count_in_ring(ring, at, &settled);
}

/*
 * The kernel counts some recoveries a moment before they are complete in the ring, and others
 * a moment after: the counts are taken until nothing has changed
 */
int gaps_find(struct gaps *g, struct observer *observer, const struct writer_progress *progress,
	      uint64_t at)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * NSEC_PER_MSEC };
	struct zrec_stats before, after;
	int err = observer_stats(observer, &after);

	for (int tries = 0; !err && tries < TRIES; tries++) {
		int64_t in_ring;
		uint64_t ours;
		bool settled;

		if (tries)
			nanosleep(&nap, NULL);
		before = after;
		in_ring = count_in_ring(observer_ring(observer), at, &settled);
		if (in_ring < 0)
			return (int)in_ring;
		err = observer_stats(observer, &after);
		ours = progress->accounted + (uint64_t)in_ring;
		g->other_reader = after.delivered > ours ? after.delivered - ours : 0;
		g->before_tai_ns = first_end_in_ring(observer_ring(observer), at);
		if (settled && before.delivered == after.delivered && ours <= after.delivered)
			break;
	}
	return err;
}

static int add_gap(struct writer *w, enum history_gap_reason reason, uint64_t recoveries,
		   int64_t from_ns, int64_t to_ns)
{
	const struct history_gap gap = {
		.reason = reason, .recoveries = recoveries, .from_ns = from_ns, .to_ns = to_ns,
	};

	return recoveries ? writer_gap(w, &gap) : 0;
}

/* The end of what another has read. A clock that was set meanwhile says nothing */
static int64_t end_of_reading(const struct gaps *g, int64_t from_ns, int64_t to_ns,
			      int64_t tai_offset_ns)
{
	int64_t before_ns = (int64_t)g->before_tai_ns - tai_offset_ns;

	return before_ns > from_ns && before_ns < to_ns ? before_ns : to_ns;
}

int gaps_write(const struct gaps *g, struct observer *observer, struct writer *w, int64_t from_ns,
	       int64_t tai_offset_ns, struct writer_progress *progress, uint64_t *ret)
{
	struct zrec_stats stats;
	int err = observer_stats(observer, &stats);

	*ret = g->other_reader + g->unreadable;
	for (int i = 0; !err && i < ZREC_NR_LOST; i++) {
		/* The account of an observation only grows */
		uint64_t more = stats.lost[i] - progress->lost[i];

		err = add_gap(w, HISTORY_GAP_NO_SLOT + i, more, from_ns, progress->wall_ns);
		progress->lost[i] = stats.lost[i];
		*ret += more;
	}
	if (!err)
		err = add_gap(w, HISTORY_GAP_OTHER_READER, g->other_reader, from_ns,
			      end_of_reading(g, from_ns, progress->wall_ns, tai_offset_ns));
	if (!err)
		err = add_gap(w, HISTORY_GAP_UNREADABLE, g->unreadable, from_ns, progress->wall_ns);
	return err;
}
