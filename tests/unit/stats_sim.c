// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Experiments that never happened, with a truth that is known: does the analysis find a
 * difference with the power it states, and raise no more false alarms than it states?
 * Recoveries come in clusters of very different sizes whose members are alike.
 *
 * ZREC_LONG=1 repeats each experiment often enough to see deviations of half a percent.
 * The numbers are seeded: a run that fails fails again.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "stats/stats.h"

#define ALPHA	0.05
#define POWER	0.8

/* What is true of one arm */
struct truth {
	double success;
	double relapse;
	double slower;		/* times are this many times as long */
};

struct world {
	const char *name;
	uint32_t clusters;	/* in each arm */
	double size;		/* mean of recoveries in a cluster; geometric, so many are small */
	double alike;		/* correlation of two recoveries of one cluster */
	double spread;		/* of the logarithm of times between clusters */
	uint32_t looks;
	struct truth arm[2];
};

struct alarms {
	unsigned long success, relapse, faster, covered, repeats;
};

static unsigned long tests, failures;

static void check(bool good, const char *format, const char *name, double is, double bound)
{
	char text[200];

	snprintf(text, sizeof(text), format, name, is, bound);
	failures += !good;
	printf("%sok %lu - %s\n", good ? "" : "not ", ++tests, text);
}

/* The chance of this cluster, where the mean of all is p and their correlation is known */
static double chance(gsl_rng *rng, double p, double alike)
{
	double both = 1 / alike - 1;

	return alike > 0 ? gsl_ran_beta(rng, p * both, (1 - p) * both) : p;
}

static uint64_t make(const struct world *w, gsl_rng *rng, struct stats_sample **ret)
{
	uint64_t nr = 0, room = 1024;
	struct stats_sample *s = calloc(room, sizeof(*s));

	for (uint32_t c = 0; c < 2 * w->clusters; c++) {
		const struct truth *truth = &w->arm[c & 1];
		uint32_t size = gsl_ran_geometric(rng, 1 / w->size);
		double success = chance(rng, truth->success, w->alike);
		double relapse = chance(rng, truth->relapse, w->alike);
		double about = log(20 * truth->slower) + gsl_ran_gaussian(rng, w->spread);

		for (uint32_t i = 0; i < size; i++) {
			bool good = gsl_rng_uniform(rng) < success;
			/* Whole milliseconds: many are equal */
			double ms = floor(exp(about + gsl_ran_gaussian(rng, 0.5)));

			if (nr == room)
				s = realloc(s, (room *= 2) * sizeof(*s));
			s[nr++] = (struct stats_sample){
				.time_ns = good ? (uint64_t)ms * 1000000 : STATS_NO_TIME,
				.cluster = c,
				.arm = c & 1,
				.success = good,
				.relapse = !good ? STATS_UNKNOWN :
					   gsl_rng_uniform(rng) < relapse ? STATS_YES : STATS_NO,
			};
		}
	}
	gsl_ran_shuffle(rng, s, nr, sizeof(*s));
	*ret = s;
	return nr;
}

/* Clusters that have come by now, numbered anew */
static uint32_t renumber(struct stats_sample *s, uint64_t nr, uint32_t clusters)
{
	uint32_t *number = calloc(clusters, sizeof(*number)), next = 0;

	for (uint64_t i = 0; i < nr; i++) {
		if (!number[s[i].cluster])
			number[s[i].cluster] = ++next;
		s[i].cluster = number[s[i].cluster] - 1;
	}
	free(number);
	return next;
}

/* One experiment: an alarm at any of its looks is one */
static void run(const struct world *w, gsl_rng *rng, struct alarms *alarms)
{
	bool success = false, relapse = false, faster = false;
	struct stats_comparison *c;
	struct stats_result result;
	struct stats_sample *all;
	uint64_t nr = make(w, rng, &all);

	for (uint32_t look = 1; look <= w->looks; look++) {
		struct stats_plan plan = {
			.version = STATS_VERSION, .nr_arms = 2, .look = look, .looks = w->looks,
			.nr_samples = nr * look / w->looks, .seed = 1, .alpha = ALPHA,
			.power = POWER, .effect = 0.05, .resamples = 10,
		};
		struct stats_sample *some = calloc(plan.nr_samples, sizeof(*some));

		memcpy(some, all, plan.nr_samples * sizeof(*some));
		plan.nr_clusters = renumber(some, plan.nr_samples, 2 * w->clusters);
		if (stats_analyse(&plan, some, &result))
			abort();
		c = &result.comparison[1];
		success |= c->success.p < ALPHA;
		relapse |= c->relapse.p < ALPHA;
		faster |= c->faster.p < ALPHA;
		free(some);
	}
	alarms->repeats++;
	alarms->success += success;
	alarms->relapse += relapse;
	alarms->faster += faster;
	alarms->covered += c->success.low <= w->arm[1].success - w->arm[0].success &&
			   c->success.high >= w->arm[1].success - w->arm[0].success;
	free(all);
}

static struct alarms repeat(const struct world *w, unsigned long times)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct alarms alarms = { 0 };

	gsl_rng_set(rng, 20);
	while (alarms.repeats < times)
		run(w, rng, &alarms);
	gsl_rng_free(rng);
	return alarms;
}

/* How far a share of this many repeats may be from what it is by chance, once in 700 times */
static double slack(double share, unsigned long repeats)
{
	return 3 * sqrt(share * (1 - share) / (double)repeats);
}

static void no_difference(const struct world *w, double most, unsigned long times)
{
	struct alarms a = repeat(w, times);
	double n = (double)a.repeats, bound = most + slack(most, a.repeats);

	check((double)a.success / n <= bound,
	      "%s: no difference in success, alarms %.4f, at most %.4f", w->name,
	      (double)a.success / n, bound);
	check((double)a.relapse / n <= bound,
	      "%s: no difference in relapses, alarms %.4f, at most %.4f", w->name,
	      (double)a.relapse / n, bound);
	check((double)a.faster / n <= bound,
	      "%s: no difference in time, alarms %.4f, at most %.4f", w->name,
	      (double)a.faster / n, bound);
	bound = 1 - most - slack(most, a.repeats);
	check((double)a.covered / n >= bound,
	      "%s: intervals of the difference hold it %.4f, at least %.4f", w->name,
	      (double)a.covered / n, bound);
}

/* The analysis says of a large experiment what it needs; so much has to be enough */
static void difference(struct world w, double effect, unsigned long times)
{
	struct stats_plan plan = { .version = STATS_VERSION, .nr_arms = 2, .look = 1, .looks = 1,
				   .seed = 1, .alpha = ALPHA, .power = POWER, .effect = effect };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct stats_result result;
	struct stats_sample *s;
	struct alarms a;
	double bound;

	w.clusters = 3000;
	w.arm[1] = w.arm[0];
	plan.nr_samples = make(&w, rng, &s);
	plan.nr_clusters = renumber(s, plan.nr_samples, 2 * w.clusters);
	if (stats_analyse(&plan, s, &result))
		abort();
	free(s);
	gsl_rng_free(rng);
	w.clusters = (uint32_t)ceil(result.comparison[1].need / w.size);
	w.arm[1].success -= effect;
	a = repeat(&w, times);
	printf("# %s: a difference of %g needs %g recoveries an arm, %u clusters\n", w.name, effect,
	       result.comparison[1].need, w.clusters);
	bound = POWER - slack(POWER, a.repeats);
	check((double)a.success / (double)a.repeats >= bound,
	      "%s: a difference in success found %.4f, at least %.4f", w.name,
	      (double)a.success / (double)a.repeats, bound);
}

static void slower(const struct world *w, unsigned long times)
{
	struct alarms a = repeat(w, times);
	double bound = POWER - slack(POWER, a.repeats);

	check((double)a.faster / (double)a.repeats >= bound,
	      "%s: a difference in time found %.4f, at least %.4f", w->name,
	      (double)a.faster / (double)a.repeats, bound);
}

#define SAME(p, r)	.arm = { { p, r, 1 }, { p, r, 1 } }

int main(void)
{
	static const struct world independent = { "independent", 200, 1, 0, 0, 1, SAME(0.85, 0.1) };
	static const struct world clustered = { "clustered", 60, 6, 0.2, 0.5, 1, SAME(0.85, 0.1) };
	static const struct world alike = { "very alike", 40, 8, 0.5, 0.8, 1, SAME(0.7, 0.2) };
	static const struct world rare = { "rare failures", 60, 5, 0.1, 0.5, 1, SAME(0.97, 0.05) };
	static const struct world few = { "few clusters", 10, 10, 0.2, 0.5, 1, SAME(0.8, 0.2) };
	static const struct world looks = { "four looks", 60, 6, 0.2, 0.5, 4, SAME(0.85, 0.1) };
	static const struct world longer = { "slower by half", 60, 6, 0.2, 0.5, 1,
					     .arm = { { 0.85, 0.1, 1 }, { 0.85, 0.1, 1.5 } } };
	const char *value = getenv("ZREC_LONG");
	unsigned long times = value && !strcmp(value, "1") ? 10000 : 1000;

	gsl_set_error_handler_off();
	no_difference(&independent, ALPHA, times);
	no_difference(&clustered, ALPHA, times);
	no_difference(&alike, ALPHA, times);
	no_difference(&rare, ALPHA, times);
	no_difference(&few, ALPHA, times);
	no_difference(&looks, ALPHA, times);
	difference(independent, 0.1, times);
	difference(clustered, 0.1, times);
	difference(clustered, 0.05, times / 4);
	difference(alike, 0.15, times);
	slower(&longer, times);
	printf("1..%lu\n", tests);
	return failures != 0;
}
