// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proportions in clusters. A design effect says how many recoveries of these clusters are
 * worth one independent recovery; n / deff then stands for n in the formulas for
 * independent ones (Rao and Scott, Biometrics 48, 1992).
 */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "stats/stats-int.h"

double stats_critical(double alpha, double df)
{
	return df >= 1 ? gsl_cdf_tdist_Qinv(alpha / 2, df) : NAN;
}

double stats_p_value(double t, double df)
{
	return df >= 1 ? fmin(1, 2 * gsl_cdf_tdist_Q(fabs(t), df)) : NAN;
}

double stats_without(double rest, double n, double all)
{
	return (rest / (all - n)) * (rest / (all - n));
}

void proportion_count(struct stats_proportion *ret, const struct counts *counts)
{
	double p, squares = 0, independent, robust;
	double sizes = 0, fourth = 0;

	*ret = (struct stats_proportion){ .p = NAN, .low = NAN, .high = NAN, .deff = NAN };
	for (uint32_t c = 0; c < counts->nr; c++) {
		ret->n += counts->n[c];
		sizes += pow((double)counts->n[c], 2);
		fourth += pow((double)counts->n[c], 4);
		ret->yes += counts->yes[c];
		ret->clusters += counts->n[c] > 0;
	}
	if (!ret->n)
		return;
	ret->p = p = (double)ret->yes / (double)ret->n;
	ret->df = (double)ret->n * (double)ret->n / sizes - 1;
	ret->steady = sizes * sizes / fourth;
	if (ret->clusters < 2 || !ret->yes || ret->yes == ret->n)
		return;
	for (uint32_t c = 0; c < counts->nr; c++)
		squares += stats_without((double)counts->yes[c] - (double)counts->n[c] * p,
					 (double)counts->n[c], (double)ret->n);
	robust = squares * (ret->clusters - 1.0) / ret->clusters;
	independent = p * (1 - p) / (double)ret->n;
	ret->deff = fmax(1, robust / independent);
}

void proportion_share_deff(struct stats_proportion **arms, uint32_t nr)
{
	double most = 1;

	for (uint32_t i = 0; i < nr; i++)
		if (!isnan(arms[i]->deff))
			most = fmax(most, arms[i]->deff);
	for (uint32_t i = 0; i < nr; i++)
		if (isnan(arms[i]->deff) && arms[i]->clusters > 1)
			arms[i]->deff = most;
}

static double effective(const struct stats_proportion *p)
{
	return (double)p->n / p->deff;
}

void proportion_wilson(const struct stats_proportion *p, double crit, double *low, double *high)
{
	double n = effective(p), square = crit * crit;
	double centre = (p->p + square / (2 * n)) / (1 + square / n);
	double half = crit / (1 + square / n) *
		      sqrt(p->p * (1 - p->p) / n + square / (4 * n * n));

	/* fmax() and fmin() would hide a NaN */
	*low = centre - half < 0 ? 0 : centre - half;
	*high = centre + half > 1 ? 1 : centre + half;
	/* Exact at the ends, whatever is rounded */
	if (!p->yes && !isnan(half))
		*low = 0;
	if (p->yes == p->n && !isnan(half))
		*high = 1;
}

void proportion_interval(struct stats_proportion *p, double alpha)
{
	if (p->n && p->clusters > 1)
		proportion_wilson(p, stats_critical(alpha, p->df), &p->low, &p->high);
}

/* Newcombe's interval from two of Wilson's, and the score test */
void proportion_compare(struct stats_difference *ret, const struct stats_proportion *arm,
			const struct stats_proportion *control, double alpha)
{
	double df = arm->df + control->df, crit, pooled, error, n, m, al, ah, cl, ch;
	struct stats_proportion a = *arm, c = *control;

	*ret = (struct stats_difference){ NAN, NAN, NAN, NAN, NAN };
	if (!a.n || !c.n)
		return;
	ret->estimate = a.p - c.p;
	if (a.clusters < 2 || c.clusters < 2)
		return;
	/* An arm that by chance has few failures seems less clustered than it is */
	a.deff = c.deff = fmax(a.deff, c.deff);
	crit = stats_critical(alpha, df);
	proportion_wilson(&a, crit, &al, &ah);
	proportion_wilson(&c, crit, &cl, &ch);
	ret->low = ret->estimate - hypot(a.p - al, ch - c.p);
	ret->high = ret->estimate + hypot(ah - a.p, c.p - cl);
	n = effective(&a);
	m = effective(&c);
	pooled = (n * a.p + m * c.p) / (n + m);
	error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
	ret->p_raw = error > 0 ? stats_p_value(ret->estimate / error, df) : 1;
}

double proportion_need(const struct stats_proportion *arm, const struct stats_proportion *control,
		       double effect, double alpha, double power)
{
	double p, q, variance, need = 0, clusters, steady, n, inverse = gsl_cdf_ugaussian_Pinv(power);

	if (!control->n || isnan(control->deff) || isnan(arm->deff) || arm->df <= 0 ||
	    control->df <= 0)
		return NAN;
	/* One failure more than there were, so that none does not mean that there are none */
	p = ((double)control->yes + 1) / ((double)control->n + 2);
	/* To the side where the spread is larger, which is towards one half */
	q = p > 0.5 ? p - effect : p + effect;
	variance = (p * (1 - p) + q * (1 - q)) * fmax(arm->deff, control->deff);
	n = (double)(arm->n + control->n);
	clusters = (arm->df + 1 + control->df + 1) / n;
	steady = (arm->steady + control->steady) / n;
	for (int i = 0; i < 8; i++) {
		double df = fmax(2, need * clusters - 1);
		double reach = (need > 0 ? stats_critical(alpha, 2 * df) :
				gsl_cdf_ugaussian_Qinv(alpha / 2)) + inverse;

		/* The larger of two design effects is larger than theirs is, by so much on average */
		need = reach * reach * variance / (effect * effect) *
		       (need > 0 ? 1 + sqrt(2 / M_PI / fmax(2, need * steady)) : 1);
	}
	return ceil(need);
}
