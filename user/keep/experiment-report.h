/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-report.h - what came of an experiment, as text and as a document
 */
#ifndef ZREC_KEEP_EXPERIMENT_REPORT_H
#define ZREC_KEEP_EXPERIMENT_REPORT_H

#include <stdio.h>

#include "base/clock.h"
#include "base/output.h"
#include "keep/experiment-read.h"
#include "stats/stats.h"

/* Where the numbers are from, if not from recordings: metrics have no single recovery */
struct experiment_metrics {
	const char *url;
	int64_t since_ns, until_ns;	/* that was asked about */
	size_t restarted;		/* hosts whose counters began anew meanwhile */
	uint64_t *bounds_ns;		/* of the histogram's buckets, in order */
	size_t nr_bounds;
};

/* Longer than the last bound */
#define EXPERIMENT_BEYOND_NS	(UINT64_MAX / 4)

struct experiment_report {
	struct experiment_data data;
	const struct experiment_metrics *metrics;	/* NULL: from recordings */
	struct stats_plan plan;
	struct stats_result result;
	uint64_t within_ns;		/* an error so soon is a relapse */
};

/* Hosts that have recoveries of the experiment */
size_t experiment_hosts(const struct experiment_data *data);

/* How many recoveries an arm still lacks for the difference that is asked about; 0: none */
uint64_t experiment_lacks(const struct experiment_report *r, size_t comparison, size_t arm);

/* The bucket of a time: above *@above, at most *@at_most, which may be EXPERIMENT_BEYOND_NS */
void experiment_bucket(const struct experiment_metrics *m, double ns, uint64_t *above,
		       uint64_t *at_most);
/* For experiment_report_print(): times by bucket, and what metrics cannot say */
void experiment_metrics_print_times(FILE *f, const struct experiment_report *r);
void experiment_metrics_print_foot(FILE *f, const struct experiment_metrics *m);
/* A name in a column of its own, cut if it is longer */
#define EXPERIMENT_NAME_WIDTH	20
const char *experiment_column(char buf[4 * HISTORY_NAME_LEN + 1], const char *name);
/* With the year, as recordings may be of any; whole seconds in local time */
const char *experiment_moment(char buf[CLOCK_TEXT_LEN], int64_t wall_ns);

void experiment_report_print(FILE *f, const struct experiment_report *r);
/* Into an open document; what an output function returns */
int experiment_report_put(struct output *o, const struct experiment_report *r);

#endif /* ZREC_KEEP_EXPERIMENT_REPORT_H */
