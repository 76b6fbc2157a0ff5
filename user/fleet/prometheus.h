/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prometheus.h - the HTTP API that Prometheus has, and Thanos and Mimir as well
 *
 * Answers are those of a stranger: each value is checked for its type before it is used.
 */
#ifndef ZREC_FLEET_PROMETHEUS_H
#define ZREC_FLEET_PROMETHEUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "fleet/http.h"

struct prometheus;

/* As http_open() */
int prometheus_open(struct prometheus **ret, const struct http_opts *opts);
void prometheus_close(struct prometheus *p);

/* @text in quotes for PromQL, to be freed; NULL: no memory */
char *prometheus_quote(const char *text);

struct prometheus_series {
	const json_t *labels;		/* have no other values than strings */
	uint64_t number;		/* another one in each answer */
};

/* One sample of a series. 0 or a negative errno, which ends it */
typedef int (*prometheus_fn)(void *ctx, const struct prometheus_series *series, int64_t at_ms,
			     double value);

/*
 * Evaluates @query at @start_ms, @start_ms + @step_ms, ... @end_ms (ms since 1970), and calls @fn for
 * each value. Values are finite. When it is too much for the server, for its time or for us, it is asked
 * for fewer steps at once. 0; what @fn returned; -EFBIG: also one step is too much, or other
 * negative errno, after its message; -ENOMEM without one.
 */
int prometheus_range(struct prometheus *p, const char *query, int64_t start_ms, int64_t end_ms,
		     int64_t step_ms, prometheus_fn fn, void *ctx);

/* Values that a label has in series that @match selects. *@ret is an array of strings, to be decref'ed */
int prometheus_label_values(struct prometheus *p, const char *label, const char *match,
			    int64_t start_ms, int64_t end_ms, json_t **ret);

#endif /* ZREC_FLEET_PROMETHEUS_H */
