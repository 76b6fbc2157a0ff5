// SPDX-License-Identifier: GPL-2.0
/* What the report says otherwise when its numbers are from metrics */
#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "keep/experiment-report.h"

void experiment_bucket(const struct experiment_metrics *m, double ns, uint64_t *above,
		       uint64_t *at_most)
{
	*above = 0;
	for (size_t i = 0; i < m->nr_bounds; i++) {
		*at_most = m->bounds_ns[i];
		if (ns <= (double)*at_most)
			return;
		*above = *at_most;
	}
	*at_most = EXPERIMENT_BEYOND_NS;
}

/* "16.8 ms - 33.6 ms"; "> 18 min" */
static const char *range(char buf[2 * OUTPUT_DURATION_LEN + 4], uint64_t above, uint64_t at_most)
{
	char a[OUTPUT_DURATION_LEN], b[OUTPUT_DURATION_LEN];

	if (at_most == EXPERIMENT_BEYOND_NS)
		snprintf(buf, 2 * OUTPUT_DURATION_LEN + 4, "> %s", output_duration(a, above));
	else
		snprintf(buf, 2 * OUTPUT_DURATION_LEN + 4, "%s - %s", output_duration(a, above),
			 output_duration(b, at_most));
	return buf;
}

static void print_quantile(FILE *f, const struct experiment_metrics *m, double quantile,
			   const struct stats_quantile *t)
{
	char bucket[2 * OUTPUT_DURATION_LEN + 4], interval[2 * OUTPUT_DURATION_LEN + 4];
	uint64_t above, at_most, none;

	experiment_bucket(m, t->ns, &above, &at_most);
	fprintf(f, "  p%.0f  %-21s", 100 * quantile, range(bucket, above, at_most));
	if (!isnan(t->low)) {
		experiment_bucket(m, t->low, &above, &none);
		experiment_bucket(m, t->high, &none, &at_most);
		fprintf(f, "  %s", range(interval, above, at_most));
	}
	fputc('\n', f);
}

void experiment_metrics_print_times(FILE *f, const struct experiment_report *r)
{
	char name[4 * HISTORY_NAME_LEN + 1];

	fprintf(f, "\n%-*s  %10s       in the bucket          %4.3g %% interval\n",
		EXPERIMENT_NAME_WIDTH, "time to recover", "recovered", 100 * (1 - r->plan.alpha));
	for (size_t i = 0; i < r->data.nr_arms; i++) {
		const struct stats_arm *arm = &r->result.arm[i];

		for (int q = 0; arm->nr_times && q < STATS_NR_QUANTILES; q++) {
			if (!q)
				fprintf(f, "%-*s  %10" PRIu64, EXPERIMENT_NAME_WIDTH,
					experiment_column(name, r->data.arms[i]), arm->nr_times);
			else
				fprintf(f, "%-*s  %10s", EXPERIMENT_NAME_WIDTH, "", "");
			print_quantile(f, r->metrics, stats_quantiles[q], &arm->time[q]);
		}
	}
}

void experiment_metrics_print_foot(FILE *f, const struct experiment_metrics *m)
{
	char since[CLOCK_TEXT_LEN], until[CLOCK_TEXT_LEN];

	fprintf(f, "\nFrom the metrics of %s, %s to %s.\n", text_shown(m->url),
		experiment_moment(since, m->since_ns), experiment_moment(until, m->until_ns));
	fputs("Times are known to a bucket: two in one are counted as equally fast, their\n"
	      "intervals have hosts as clusters, and no difference of medians can be given.\n"
	      "What recovered in the last 5m counts as without relapse.\n", f);
	if (m->restarted)
		fprintf(f, "Counters of %zu %s began anew: what came after the last scrape before is not\n"
			"in these numbers.\n", m->restarted, text_nr(m->restarted, "host", "hosts"));
}
