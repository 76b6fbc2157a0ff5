/* SPDX-License-Identifier: GPL-2.0 */
/*
 * points.h - the moments of one recovery at which the kernel asks policies, or would
 *
 * A record has those at which a policy was asked. The others follow from the steps, as
 * far as these say: when a step began first, how often it ran and how it ended.
 */
#ifndef ZREC_REPLAY_POINTS_H
#define ZREC_REPLAY_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zrec.h"

/* Why a recovery is replayed with less than the kernel knew, a bit each */
enum replay_missing {
	REPLAY_MISSING_POINTS,		/* decision points are rebuilt from the steps */
	REPLAY_MISSING_UNLISTED,	/* ... those that found no room in the record */
	REPLAY_MISSING_JOINED,		/* when errors joined it, and their PEC */
	REPLAY_MISSING_MEDIATED,	/* if user space had the function, by its driver only */
	REPLAY_MISSING_COUNTS,		/* the function's counts begin with the recording */
	REPLAY_NR_MISSING
};

/* For people and for JSON */
const char *replay_missing_name(enum replay_missing missing);
const char *replay_missing_text(enum replay_missing missing);

struct replay_point {
	uint64_t at_ns;			/* CLOCK_MONOTONIC of its boot */
	uint64_t last_event_ns;		/* with ZREC_KNOWN_COUNTS, as the three below */
	uint32_t events;
	uint32_t recovered;
	uint32_t failed;
	uint32_t dflt;
	uint16_t pec;
	uint8_t member;
	uint8_t vote;
	uint8_t attempt;
	uint8_t asked;			/* ZREC_ASKED_* */
	uint8_t known;			/* ZREC_KNOWN_* */
	uint8_t number;			/* of the record's points; REPLAY_REBUILT: not in it */
};

#define REPLAY_REBUILT		0xff
/* A storm of more errors in one recovery is as good as one of so many */
#define REPLAY_MAX_JOINED	64
#define REPLAY_MAX_POINTS	(2 * REPLAY_MAX_JOINED + 2 * ZREC_MAX_POINTS)

struct replay_points {
	struct replay_point point[REPLAY_MAX_POINTS];	/* in the order of time */
	size_t nr;
	uint32_t missing;		/* bits of enum replay_missing */
	bool mediated;
};

void replay_points_of(const struct zrec_full_span *full, struct replay_points *ret);

#endif /* ZREC_REPLAY_POINTS_H */
