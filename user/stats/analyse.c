// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/stats-int.h"

struct analysis {
	const struct stats_plan *plan;
	struct stats_sample *samples;
	struct stats_result *ret;
	uint32_t *number;		/* of a cluster within its arm */
	uint64_t *counts;		/* room for two counts a cluster */
	struct stats_time *room;	/* for all times */
	struct times times[STATS_MAX_ARMS];
	uint64_t begin[STATS_MAX_ARMS + 1];	/* of an arm's samples */
	double *draws[STATS_MAX_ARMS];
	double *sorted;
};

static int check(const struct stats_plan *plan, const struct stats_sample *samples)
{
	if (plan->version != STATS_VERSION || !plan->nr_arms || plan->nr_arms > STATS_MAX_ARMS ||
	    !plan->look || plan->look > plan->looks || plan->looks > STATS_MAX_LOOKS ||
	    plan->resamples > STATS_MAX_RESAMPLES ||
	    !(plan->alpha > 0 && plan->alpha < 1) || !(plan->power > 0 && plan->power < 1) ||
	    !(plan->effect > 0 && plan->effect < 0.5))
		return -EINVAL;
	for (uint64_t i = 0; i < plan->nr_samples; i++)
		if (samples[i].arm >= plan->nr_arms || samples[i].cluster >= plan->nr_clusters ||
		    samples[i].success > STATS_UNKNOWN || samples[i].relapse > STATS_UNKNOWN)
			return -EINVAL;
	return 0;
}

static int by_arm_and_time(const void *a, const void *b)
{
	const struct stats_sample *x = a, *y = b;

	if (x->arm != y->arm)
		return x->arm < y->arm ? -1 : 1;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	/* So that the order they come in changes nothing */
	return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

/* Numbers each arm's clusters; one that is in two arms is an error of the caller */
static int number_clusters(struct analysis *a)
{
	uint8_t *arm = malloc(a->plan->nr_clusters + 1);
	int err = arm ? 0 : -ENOMEM;

	if (arm)
		memset(arm, 0xff, a->plan->nr_clusters);
	for (uint64_t i = 0; !err && i < a->plan->nr_samples; i++) {
		const struct stats_sample *s = &a->samples[i];

		if (arm[s->cluster] == 0xff) {
			arm[s->cluster] = s->arm;
			a->number[s->cluster] = a->ret->arm[s->arm].clusters++;
		}
		if (arm[s->cluster] != s->arm)
			err = -EINVAL;
		a->ret->arm[s->arm].n++;
	}
	free(arm);
	return err;
}

static void count(struct analysis *a, uint32_t arm, size_t member, struct stats_proportion *ret)
{
	uint32_t nr = a->ret->arm[arm].clusters;
	struct counts counts = { a->counts, a->counts + nr, nr };

	memset(a->counts, 0, 2 * (size_t)nr * sizeof(*a->counts));
	for (uint64_t i = a->begin[arm]; i < a->begin[arm + 1]; i++) {
		uint8_t answer = ((const uint8_t *)&a->samples[i])[member];

		counts.n[a->number[a->samples[i].cluster]] += answer != STATS_UNKNOWN;
		counts.yes[a->number[a->samples[i].cluster]] += answer == STATS_YES;
	}
	proportion_count(ret, &counts);
}

static void proportions(struct analysis *a)
{
	struct stats_proportion *success[STATS_MAX_ARMS], *relapse[STATS_MAX_ARMS];
	uint32_t nr = a->plan->nr_arms;

	for (uint32_t i = 0; i < nr; i++) {
		success[i] = &a->ret->arm[i].success;
		relapse[i] = &a->ret->arm[i].relapse;
		count(a, i, offsetof(struct stats_sample, success), success[i]);
		count(a, i, offsetof(struct stats_sample, relapse), relapse[i]);
	}
	proportion_share_deff(success, nr);
	proportion_share_deff(relapse, nr);
	for (uint32_t i = 0; i < nr; i++) {
		proportion_interval(success[i], a->plan->alpha);
		proportion_interval(relapse[i], a->plan->alpha);
	}
}

/* An arm's times are sorted already, those that have none at the end */
static int collect_times(struct analysis *a, uint32_t arm)
{
	struct times *times = &a->times[arm];
	uint32_t nr = a->ret->arm[arm].clusters;
	uint64_t *seen = calloc(nr + 1, sizeof(*seen));
	double sizes = 0;

	if (!seen)
		return -ENOMEM;
	*times = (struct times){ .t = a->room + a->begin[arm], .nr_clusters = nr };
	for (uint64_t i = a->begin[arm]; i < a->begin[arm + 1]; i++) {
		const struct stats_sample *s = &a->samples[i];
		uint32_t cluster = a->number[s->cluster];

		if (s->time_ns == STATS_NO_TIME)
			break;
		times->t[times->nr++] = (struct stats_time){ s->time_ns, cluster };
		times->with_times += !seen[cluster];
		sizes += 2 * (double)seen[cluster]++ + 1;
	}
	times->df = times->nr ? (double)times->nr * (double)times->nr / sizes - 1 : 0;
	a->ret->arm[arm].nr_times = times->nr;
	free(seen);
	return 0;
}

/*
 * Enough for the tails of the interval, and no more work than some seconds: a draw looks
 * at each time
 */
static uint32_t choose_resamples(const struct analysis *a)
{
	double wanted = fmin(STATS_MAX_RESAMPLES, fmax(999, 20 / a->ret->alpha_look));
	double affordable = 1e9 / (double)(a->plan->nr_samples + 1);

	if (a->plan->resamples)
		return a->plan->resamples;
	return (uint32_t)fmax(199, fmin(wanted, affordable));
}

static int quantiles(struct analysis *a)
{
	uint32_t resamples = a->ret->resamples = choose_resamples(a);
	int err = 0;

	a->sorted = calloc(resamples, sizeof(double));
	if (!a->sorted)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < a->plan->nr_arms; i++) {
		a->draws[i] = calloc((size_t)resamples * STATS_NR_QUANTILES, sizeof(double));
		err = a->draws[i] ? collect_times(a, i) : -ENOMEM;
		if (!err)
			err = quantile_bootstrap(a->ret->arm[i].time, &a->times[i], resamples,
						 a->plan->seed + i, a->plan->alpha, a->draws[i]);
	}
	return err;
}

static void correct(const struct analysis *a, struct stats_difference *d)
{
	double p = d->p_raw * a->plan->alpha / a->ret->alpha_look;

	d->p = isnan(p) ? NAN : fmin(1, p);
}

static int compare(struct analysis *a, uint32_t i)
{
	const struct stats_arm *arm = &a->ret->arm[i], *control = &a->ret->arm[0];
	struct stats_comparison *c = &a->ret->comparison[i];
	double alpha = a->ret->alpha_look;
	int err;

	proportion_compare(&c->success, &arm->success, &control->success, alpha);
	proportion_compare(&c->relapse, &arm->relapse, &control->relapse, alpha);
	err = rank_compare(&c->faster, &a->times[i], &a->times[0], alpha);
	if (err)
		return err;
	quantile_compare(&c->median, &arm->time[0], &control->time[0], a->draws[i], a->draws[0],
			 a->ret->resamples, alpha, a->sorted);
	c->median.p_raw = c->faster.p_raw;
	correct(a, &c->success);
	correct(a, &c->relapse);
	correct(a, &c->faster);
	correct(a, &c->median);
	/* By the last look, whose level is nearly all of alpha */
	c->need = proportion_need(&arm->success, &control->success, a->plan->effect,
				  looks_alpha(a->plan->alpha, a->plan->looks, a->plan->looks) /
				  (a->plan->nr_arms - 1), a->plan->power);
	return 0;
}

static int prepare(struct analysis *a)
{
	const struct stats_plan *plan = a->plan;
	uint32_t comparisons = plan->nr_arms > 1 ? plan->nr_arms - 1 : 1;
	uint64_t at = 0;

	a->ret->alpha_look = looks_alpha(plan->alpha, plan->look, plan->looks) / comparisons;
	a->number = calloc((size_t)plan->nr_clusters + 1, sizeof(*a->number));
	a->counts = calloc(2 * (size_t)plan->nr_clusters + 1, sizeof(*a->counts));
	a->room = calloc(plan->nr_samples + 1, sizeof(*a->room));
	if (!a->number || !a->counts || !a->room)
		return -ENOMEM;
	qsort(a->samples, plan->nr_samples, sizeof(*a->samples), by_arm_and_time);
	for (uint32_t arm = 0; arm <= plan->nr_arms; arm++) {
		while (at < plan->nr_samples && a->samples[at].arm < arm)
			at++;
		a->begin[arm] = at;
	}
	return number_clusters(a);
}

int stats_analyse(const struct stats_plan *plan, struct stats_sample *samples,
		  struct stats_result *ret)
{
	struct analysis a = { .plan = plan, .samples = samples, .ret = ret };
	int err = check(plan, samples);

	if (err)
		return err;
	memset(ret, 0, sizeof(*ret));
	ret->version = STATS_VERSION;
	ret->nr_arms = plan->nr_arms;
	err = prepare(&a);
	if (!err) {
		proportions(&a);
		err = quantiles(&a);
	}
	for (uint32_t i = 1; !err && i < plan->nr_arms; i++)
		err = compare(&a, i);
	for (uint32_t i = 0; i < plan->nr_arms; i++)
		free(a.draws[i]);
	free(a.sorted);
	free(a.room);
	free(a.counts);
	free(a.number);
	return err;
}
