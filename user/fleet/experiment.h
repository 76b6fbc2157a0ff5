/* SPDX-License-Identifier: GPL-2.0 */
/*
 * experiment.h - the recoveries of an experiment, from the metrics of a fleet
 *
 * What is a host: all labels of a series that are not zrec's own, so two clusters may have
 * hosts of the same name, if a label tells the clusters apart.
 */
#ifndef ZREC_FLEET_EXPERIMENT_H
#define ZREC_FLEET_EXPERIMENT_H

#include "fleet/http.h"
#include "keep/experiment-report.h"

struct fleet_opts {
	struct http_opts http;
	const char *match;		/* more matchers, as in PromQL; NULL: none */
	const char **ignore;		/* labels that do not tell hosts apart */
	size_t nr_ignore;
	int64_t since_ns, until_ns;
};

struct fleet_experiment {
	struct experiment_metrics metrics;
	struct experiment_data times;	/* a row for each success, in the bucket that it is in */
};

/*
 * Fills @data, which was initialised, and @ret. 0, or a negative errno after its message:
 * that of http_open() and prometheus_range(), -ENOENT: no such experiment, or no such arm,
 * -EEXIST: several. To be freed in any case.
 */
int fleet_experiment_read(struct fleet_experiment *ret, struct experiment_data *data,
			  const struct fleet_opts *opts, const char *control);

/* As experiment_analyse(): times have hosts as clusters, all else PCHIDs */
int fleet_experiment_analyse(const struct fleet_experiment *x, const struct experiment_data *data,
			     struct stats_plan *plan, struct stats_result *ret);
void fleet_experiment_free(struct fleet_experiment *x);

#endif /* ZREC_FLEET_EXPERIMENT_H */
