/* SPDX-License-Identifier: GPL-2.0 */
/*
 * success.h - what a recovery says of the arm that it is in: for the report and for the metrics
 */
#ifndef ZREC_KEEP_SUCCESS_H
#define ZREC_KEEP_SUCCESS_H

#include "stats/stats.h"
#include "zrec.h"

/*
 * Only recoveries: no policy is asked about what firmware calls permanent, whatever the
 * arm. What comes after a function was isolated is an outcome of the policy, and counts.
 */
static inline enum stats_answer success_of(const struct zrec_span *s)
{
	switch (s->outcome) {
	case ZPCI_OUTCOME_RECOVERED:
		return STATS_YES;
	case ZPCI_OUTCOME_FAILED:
		return s->reason == ZPCI_REASON_PERMANENT ? STATS_UNKNOWN : STATS_NO;
	case ZPCI_OUTCOME_ISOLATED:
	case ZPCI_OUTCOME_ABANDONED:
		return STATS_NO;
	default:
		return STATS_UNKNOWN;
	}
}

/* Firmware's measurement blocks are no errors of a function */
static inline int success_is_error(const struct zrec_span *s)
{
	return s->outcome != ZPCI_OUTCOME_IGNORED && s->outcome != ZPCI_OUTCOME_DROPPED;
}

#endif /* ZREC_KEEP_SUCCESS_H */
