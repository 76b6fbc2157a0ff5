/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-int.h - the parts of experiment.h: what asks, and what makes rows of the answers
 */
#ifndef ZREC_FLEET_EXPERIMENT_INT_H
#define ZREC_FLEET_EXPERIMENT_INT_H

#include <sys/types.h>

#include "fleet/entries.h"
#include "fleet/experiment.h"

#define FLEET_TIMES	"zrec_experiment_recovery_duration_seconds_bucket"

struct fleet {
	const struct fleet_opts *opts;
	struct prometheus *p;
	struct fleet_experiment *x;
	struct experiment_data *data;
	struct entries recoveries, relapses, times, missing;
	char **hosts;			/* in order; of data->hosts, by index */
	char *matchers;			/* ",NAME="VALUE",..." or "" */
	struct counter_window window;
	uint64_t sum;
};

/* Rows, arms and hosts of f->recoveries; -ENOENT: there are none. After its message, as the next */
int fleet_build_recoveries(struct fleet *f);
/* When the arms are in order: rows of f->times */
int fleet_build_times(struct fleet *f);
/* Values of "le", as a list of texts */
int fleet_add_bounds(struct experiment_metrics *m, const json_t *values);
/* Index of a host that takes part; -ENOENT */
ssize_t fleet_find_host(const struct fleet *f, const char *host);

#endif /* ZREC_FLEET_EXPERIMENT_INT_H */
