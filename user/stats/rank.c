// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mann and Whitney's U, as the chance that a recovery of one arm is faster than one of the
 * other, a tie counted half. Its error comes from each cluster's sum of placements
 * (Obuchowski, Biometrics 53, 1997), which needs no equal spread in the arms and, with one
 * recovery a cluster, is Brunner and Munzel's test.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stats/stats-int.h"

/* Of what time a recovery of x has, how many of y are longer; a tie is half */
static double place(const struct times *y, uint64_t ns, uint64_t *below, uint64_t *upto)
{
	while (*below < y->nr && y->t[*below].ns < ns)
		++*below;
	if (*upto < *below)
		*upto = *below;
	while (*upto < y->nr && y->t[*upto].ns <= ns)
		++*upto;
	return (double)(y->nr - *upto) + 0.5 * (double)(*upto - *below);
}

/* Each cluster's sum of placements and its size; returns the mean placement, from 0 to 1 */
static double placements(const struct times *x, const struct times *y, double *sum, double *size)
{
	uint64_t below = 0, upto = 0;
	double all = 0;

	for (uint64_t i = 0; i < x->nr; i++) {
		double v = place(y, x->t[i].ns, &below, &upto) / (double)y->nr;

		sum[x->t[i].cluster] += v;
		size[x->t[i].cluster]++;
		all += v;
	}
	return all / (double)x->nr;
}

static double variance(const struct times *x, const double *sum, const double *size, double mean)
{
	double squares = 0;

	for (uint32_t c = 0; c < x->nr_clusters; c++)
		squares += stats_without(sum[c] - size[c] * mean, size[c], (double)x->nr);
	return squares;
}

static void conclude(struct stats_difference *ret, const struct times *arm, double v,
		     const struct times *control, double w, double alpha)
{
	double g = arm->df + 1, h = control->df + 1;
	double all = v + w, df, crit;

	/* No overlap at all: as if each cluster were one recovery, and there were no difference */
	if (all > 0) {
		df = fmin(g, h) - 1;
	} else {
		all = (g + h + 1) / (12 * g * h);
		df = g + h - 2;
	}
	crit = stats_critical(alpha, df);
	ret->low = ret->estimate - crit * sqrt(all);
	ret->high = ret->estimate + crit * sqrt(all);
	if (ret->low < 0)
		ret->low = 0;
	if (ret->high > 1)
		ret->high = 1;
	ret->p_raw = stats_p_value((ret->estimate - 0.5) / sqrt(all), df);
}

int rank_compare(struct stats_difference *ret, const struct times *arm,
		 const struct times *control, double alpha)
{
	double *sum, *size, *other_sum, *other_size, faster, slower;
	size_t nr = (size_t)arm->nr_clusters + control->nr_clusters;

	*ret = (struct stats_difference){ NAN, NAN, NAN, NAN, NAN };
	if (!arm->nr || !control->nr)
		return 0;
	sum = calloc(2 * nr, sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	size = sum + arm->nr_clusters;
	other_sum = size + arm->nr_clusters;
	other_size = other_sum + control->nr_clusters;
	faster = placements(arm, control, sum, size);
	slower = placements(control, arm, other_sum, other_size);
	ret->estimate = faster;
	if (arm->with_times > 1 && control->with_times > 1)
		conclude(ret, arm, variance(arm, sum, size, faster),
			 control, variance(control, other_sum, other_size, slower), alpha);
	free(sum);
	return 0;
}
