/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats-int.h - the parts of zrec-stats
 */
#ifndef ZREC_STATS_INT_H
#define ZREC_STATS_INT_H

#include <stdbool.h>

#include "stats/stats.h"

/* A proportion in clusters: yes of n in each; 0 of 0: none of this cluster is known */
struct counts {
	uint64_t *n;
	uint64_t *yes;
	uint32_t nr;
};

/* @crit: how many standard errors an interval reaches, for this many degrees of freedom */
double stats_critical(double alpha, double df);
/* Two-sided p of a distance in standard errors */
double stats_p_value(double t, double df);

/*
 * Square of what the mean of @all changes when a cluster of @n, whose sum is @rest off, is
 * left out: the jackknife of clusters, which a few large ones do not fool
 */
double stats_without(double rest, double n, double all);

/* Fills n, yes, clusters, p and deff (NaN if it cannot be known), not the interval */
void proportion_count(struct stats_proportion *ret, const struct counts *counts);
/* A design effect that is not known is taken from the arm where it is largest */
void proportion_share_deff(struct stats_proportion **arms, uint32_t nr);
void proportion_wilson(const struct stats_proportion *p, double crit, double *low, double *high);
void proportion_interval(struct stats_proportion *p, double alpha);
/* @alpha of this comparison; sets all but .p */
void proportion_compare(struct stats_difference *ret, const struct stats_proportion *arm,
			const struct stats_proportion *control, double alpha);
/* Recoveries an arm, in clusters as these are, to see @effect with @power */
double proportion_need(const struct stats_proportion *arm, const struct stats_proportion *control,
		       double effect, double alpha, double power);

/* Times of one arm, sorted; clusters numbered from 0 */
struct times {
	struct stats_time {
		uint64_t ns;
		uint32_t cluster;
	} *t;
	uint64_t nr;
	uint32_t nr_clusters;	/* also those without a time */
	uint32_t with_times;
	double df;
};

/* Mann and Whitney's statistic with ties, its error from clusters. 0 or -ENOMEM */
int rank_compare(struct stats_difference *ret, const struct times *arm,
		 const struct times *control, double alpha);

/*
 * Quantiles, and what they are in @resamples draws of clusters: resample[q * resamples + i]
 * is to have room. 0 or -ENOMEM
 */
int quantile_bootstrap(struct stats_quantile ret[STATS_NR_QUANTILES], const struct times *times,
		       uint32_t resamples, uint64_t seed, double alpha, double *resample);
/* The median of one arm less that of another, from their draws */
void quantile_compare(struct stats_difference *ret, const struct stats_quantile *arm,
		      const struct stats_quantile *control, const double *arm_draws,
		      const double *control_draws, uint32_t resamples, double alpha, double *room);

/* What of @alpha may be spent at one look of several: O'Brien and Fleming's boundaries */
double looks_alpha(double alpha, uint32_t look, uint32_t looks);

#endif /* ZREC_STATS_INT_H */
