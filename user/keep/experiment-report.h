/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment-report.h - what came of an experiment, as text and as a document
 */
#ifndef ZREC_KEEP_EXPERIMENT_REPORT_H
#define ZREC_KEEP_EXPERIMENT_REPORT_H

#include <stdio.h>

#include "base/output.h"
#include "keep/experiment-read.h"
#include "stats/stats.h"

struct experiment_report {
	struct experiment_data data;
	struct stats_plan plan;
	struct stats_result result;
	uint64_t within_ns;		/* an error so soon is a relapse */
};

/* Hosts that have recoveries of the experiment */
size_t experiment_hosts(const struct experiment_data *data);

/* How many recoveries an arm still lacks for the difference that is asked about; 0: none */
uint64_t experiment_lacks(const struct experiment_report *r, size_t comparison, size_t arm);

void experiment_report_print(FILE *f, const struct experiment_report *r);
/* Into an open document; what an output function returns */
int experiment_report_put(struct output *o, const struct experiment_report *r);

#endif /* ZREC_KEEP_EXPERIMENT_REPORT_H */
