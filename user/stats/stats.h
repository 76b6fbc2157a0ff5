/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - what zrec asks zrec-stats, and what it answers
 *
 * The statistics of an experiment are a program of their own, in libexec: GSL costs each
 * process that links it 0.9 MiB, and its licence is GPL version 3 or later, which goes
 * with this folder's but not with the rest of zrec. On standard input zrec-stats gets a
 * struct stats_plan and its samples; on standard output it gives one struct stats_result.
 * Both programs are of one build, so these structs have no other form.
 *
 * Samples come in clusters: what was put into an arm as one (all functions of a PCHID, or
 * a host) is one cluster of any number of recoveries. Clusters are taken to be independent
 * of each other, recoveries of one cluster are not.
 */
#ifndef ZREC_STATS_STATS_H
#define ZREC_STATS_STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_VERSION		1
#define STATS_MAX_ARMS		8
#define STATS_MAX_LOOKS		100
#define STATS_NR_QUANTILES	3
#define STATS_MAX_RESAMPLES	4999

static const double stats_quantiles[STATS_NR_QUANTILES] = { 0.5, 0.9, 0.99 };

struct stats_plan {
	uint32_t version;		/* STATS_VERSION */
	uint32_t nr_arms;		/* the first one is what the others are compared with */
	uint32_t nr_clusters;
	uint32_t look;			/* this one, from 1 on */
	uint32_t looks;			/* that are planned in all */
	uint32_t resamples;		/* of the bootstrap, 0: as many as it needs */
	uint64_t nr_samples;
	uint64_t seed;			/* of the bootstrap */
	double alpha;			/* false alarms, over all looks */
	double power;			/* for what is still needed: chance to see ... */
	double effect;			/* ... a difference of this size in success */
};

enum stats_answer {
	STATS_NO,
	STATS_YES,
	STATS_UNKNOWN,
};

#define STATS_NO_TIME	UINT64_MAX

/* One recovery */
struct stats_sample {
	uint64_t time_ns;		/* to recover, or STATS_NO_TIME */
	uint32_t cluster;		/* below nr_clusters; each is in one arm */
	uint8_t arm;
	uint8_t success;		/* enum stats_answer, as the next */
	uint8_t relapse;
	uint8_t pad;
};

_Static_assert(sizeof(struct stats_sample) == 16, "struct stats_sample has a hole");

/* A NaN is what cannot be said of these data */
struct stats_proportion {
	uint64_t n;
	uint64_t yes;
	uint32_t clusters;
	uint32_t pad;
	double p;
	double low, high;		/* Wilson's, at 1 - alpha, for n / deff independent recoveries */
	double deff;			/* design effect: what clustering costs, 1 or more */
	double df;			/* degrees of freedom: clusters of equal size, less 1 */
	double steady;			/* so many clusters of equal size would tell deff as well */
};

struct stats_quantile {
	double ns;
	double low, high;		/* bootstrap of clusters, at 1 - alpha */
};

struct stats_arm {
	uint64_t n;
	uint32_t clusters;
	uint32_t pad;
	struct stats_proportion success;
	struct stats_proportion relapse;
	uint64_t nr_times;
	struct stats_quantile time[STATS_NR_QUANTILES];
};

/* An arm less the first one */
struct stats_difference {
	double estimate;
	double low, high;		/* at 1 - alpha of this look and comparison */
	double p_raw;			/* of this look alone */
	double p;			/* times what all looks and comparisons cost: compare with alpha */
};

struct stats_comparison {
	struct stats_difference success;
	struct stats_difference relapse;
	struct stats_difference faster;	/* P(this arm is faster), a tie is half; Mann-Whitney */
	struct stats_difference median;	/* in ns; the p of it is that of faster */
	double need;			/* recoveries in each of the two arms for plan.effect */
};

struct stats_result {
	uint32_t version;
	uint32_t nr_arms;
	uint32_t resamples;
	uint32_t pad;
	double alpha_look;		/* of this look and one comparison */
	struct stats_arm arm[STATS_MAX_ARMS];
	struct stats_comparison comparison[STATS_MAX_ARMS];	/* of arm 1 on */
};

/*
 * All of it. 0, -EINVAL: a number is out of its range, or -ENOMEM. Sorts the samples
 * otherwise than they were.
 */
int stats_analyse(const struct stats_plan *plan, struct stats_sample *samples,
		  struct stats_result *ret);

#endif /* ZREC_STATS_STATS_H */
