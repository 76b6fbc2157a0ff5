// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Quantiles of times, with intervals from drawing whole clusters anew (percentile
 * bootstrap). The generator is seeded, so the same data give the same interval.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>

#include "stats/stats-int.h"

/* The smallest times that so much of the weight does not exceed */
static void weighted(double *ret, size_t step, const struct times *times, const uint32_t *weight,
		     uint64_t sum)
{
	uint64_t seen = 0, i = 0;

	for (int q = 0; q < STATS_NR_QUANTILES; q++) {
		double wanted = stats_quantiles[q] * (double)sum;

		while (i < times->nr && (double)(seen + weight[times->t[i].cluster]) < wanted)
			seen += weight[times->t[i++].cluster];
		ret[q * step] = (double)times->t[i < times->nr ? i : times->nr - 1].ns;
	}
}

/* As many clusters with times as there are, each perhaps several times; how many times that is */
static uint64_t draw(gsl_rng *rng, uint32_t *weight, const uint32_t *size, const struct times *times)
{
	uint64_t sum = 0;

	do {
		for (uint32_t c = 0; c < times->nr_clusters; c++)
			weight[c] = 0;
		sum = 0;
		for (uint32_t i = 0; i < times->nr_clusters; i++) {
			uint32_t c = (uint32_t)gsl_rng_uniform_int(rng, times->nr_clusters);

			weight[c]++;
			sum += size[c];
		}
	} while (!sum);
	return sum;
}

int quantile_bootstrap(struct stats_quantile ret[STATS_NR_QUANTILES], const struct times *times,
		       uint32_t resamples, uint64_t seed, double alpha, double *resample)
{
	uint32_t *weight = calloc(2 * (size_t)times->nr_clusters + 1, sizeof(*weight));
	uint32_t *size = weight + times->nr_clusters;
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double plain[STATS_NR_QUANTILES], *sorted = calloc(resamples, sizeof(*sorted));
	int err = weight && rng && sorted ? 0 : -ENOMEM;

	for (int q = 0; q < STATS_NR_QUANTILES; q++)
		ret[q] = (struct stats_quantile){ NAN, NAN, NAN };
	if (err || !times->nr)
		goto out;
	gsl_rng_set(rng, seed);
	for (uint64_t i = 0; i < times->nr; i++)
		size[times->t[i].cluster]++;
	for (uint32_t c = 0; c < times->nr_clusters; c++)
		weight[c] = 1;
	weighted(plain, 1, times, weight, times->nr);
	for (int q = 0; q < STATS_NR_QUANTILES; q++)
		ret[q].ns = plain[q];
	if (times->with_times < 2)
		goto out;
	for (uint32_t i = 0; i < resamples; i++) {
		uint64_t sum = draw(rng, weight, size, times);

		weighted(resample + i, resamples, times, weight, sum);
	}
	for (int q = 0; q < STATS_NR_QUANTILES; q++) {
		for (uint32_t i = 0; i < resamples; i++)
			sorted[i] = resample[q * (size_t)resamples + i];
		gsl_sort(sorted, 1, resamples);
		ret[q].low = gsl_stats_quantile_from_sorted_data(sorted, 1, resamples, alpha / 2);
		ret[q].high = gsl_stats_quantile_from_sorted_data(sorted, 1, resamples,
								  1 - alpha / 2);
	}
out:
	free(sorted);
	gsl_rng_free(rng);
	free(weight);
	return err;
}

void quantile_compare(struct stats_difference *ret, const struct stats_quantile *arm,
		      const struct stats_quantile *control, const double *arm_draws,
		      const double *control_draws, uint32_t resamples, double alpha, double *room)
{
	*ret = (struct stats_difference){ NAN, NAN, NAN, NAN, NAN };
	ret->estimate = arm->ns - control->ns;
	if (isnan(arm->low) || isnan(control->low))
		return;
	/* The arms were drawn independently of each other, so any pairing will do */
	for (uint32_t i = 0; i < resamples; i++)
		room[i] = arm_draws[i] - control_draws[i];
	gsl_sort(room, 1, resamples);
	ret->low = gsl_stats_quantile_from_sorted_data(room, 1, resamples, alpha / 2);
	ret->high = gsl_stats_quantile_from_sorted_data(room, 1, resamples, 1 - alpha / 2);
}
