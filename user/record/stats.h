/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stats.h - what the observer has lost, in words
 */
#ifndef ZREC_STATS_H
#define ZREC_STATS_H

#include <jansson.h>

#include "zrec.h"

/* {"emitted": 3, "delivered": 2, "lost": {"ring_full": 1, ...}, ...} */
json_t *stats_to_json(const struct zrec_stats *stats);

/* Warns of each place that has lost more than in @before, which then becomes @now */
void stats_warn(struct zrec_stats *before, const struct zrec_stats *now);

#endif /* ZREC_STATS_H */
