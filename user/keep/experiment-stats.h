/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-stats.h - an experiment's recoveries to zrec-stats, and back what they say
 */
#ifndef ZREC_KEEP_EXPERIMENT_STATS_H
#define ZREC_KEEP_EXPERIMENT_STATS_H

#include "keep/experiment-read.h"
#include "stats/stats.h"

/*
 * Fills what @plan lacks: version and sizes. 0 or a negative errno, after its message;
 * -ENOENT: zrec-stats is not installed.
 */
int experiment_analyse(const struct experiment_data *data, struct stats_plan *plan,
		       struct stats_result *ret);

#endif /* ZREC_KEEP_EXPERIMENT_STATS_H */
