// SPDX-License-Identifier: GPL-2.0-or-later
/* The statistics of experiments, against published figures and by brute force */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "stats/stats-int.h"

#define Z	1.959963985
#define ASSERT_NEAR(a, b, by)	assert_true(fabs((a) - (b)) <= (by))

static struct stats_proportion independent(uint64_t yes, uint64_t n)
{
	return (struct stats_proportion){ .n = n, .yes = yes, .clusters = (uint32_t)n,
					  .p = (double)yes / (double)n, .deff = 1, .df = 1e6,
					  .steady = 1e6 };
}

/* Newcombe, Statistics in Medicine 17, 1998, pages 857 and 873 */
static void test_wilson(void **state)
{
	static const struct {
		uint64_t yes, n;
		double low, high;
	} published[] = {
		{ 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0, 0.1611 }, { 1, 29, 0.0061, 0.1718 },
	};
	double low, high;

	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct stats_proportion p = independent(published[i].yes, published[i].n);

		proportion_wilson(&p, Z, &low, &high);
		ASSERT_NEAR(low, published[i].low, 5e-5);
		ASSERT_NEAR(high, published[i].high, 5e-5);
	}
}

static void test_difference(void **state)
{
	struct stats_proportion arm = independent(56, 70), control = independent(48, 80);
	struct stats_difference d;
	double error = sqrt(104. / 150 * 46 / 150 * (1. / 70 + 1. / 80));

	(void)state;
	proportion_compare(&d, &arm, &control, 0.05);
	ASSERT_NEAR(d.estimate, 0.2, 1e-12);
	ASSERT_NEAR(d.low, 0.0524, 5e-5);
	ASSERT_NEAR(d.high, 0.3339, 5e-5);
	ASSERT_NEAR(d.p_raw, erfc(0.2 / error / M_SQRT2), 1e-5);
}

static void test_clusters_widen(void **state)
{
	/* Ten clusters of ten that are all good or all bad are worth ten recoveries */
	uint64_t n[10], yes[10] = { 10, 10, 10, 10, 10, 10, 10 };
	struct counts counts = { n, yes, 10 };
	struct stats_proportion p;

	(void)state;
	for (int i = 0; i < 10; i++)
		n[i] = 10;
	proportion_count(&p, &counts);
	assert_int_equal(p.n, 100);
	assert_int_equal(p.yes, 70);
	ASSERT_NEAR(p.deff, 10 * 10. / 9, 1e-9);
	ASSERT_NEAR(p.df, 9, 1e-9);
	/* As good as independent: no better than that */
	for (int i = 0; i < 10; i++)
		yes[i] = 7;
	proportion_count(&p, &counts);
	ASSERT_NEAR(p.deff, 1, 1e-12);
}

/* Lan and DeMets, Biometrika 70, 1983: what is spent by a quarter, a half ... of the data */
static void test_looks(void **state)
{
	static const double published[] = { 0.0001, 0.0056, 0.0236, 0.05 };
	double sum = 0;

	(void)state;
	assert_true(looks_alpha(0.05, 1, 1) == 0.05);
	for (uint32_t look = 1; look <= 4; look++) {
		sum += looks_alpha(0.05, look, 4);
		ASSERT_NEAR(sum, published[look - 1], 5e-5);
	}
	sum = 0;
	for (uint32_t look = 1; look <= STATS_MAX_LOOKS; look++)
		sum += looks_alpha(0.01, look, STATS_MAX_LOOKS);
	ASSERT_NEAR(sum, 0.01, 1e-12);
}

static int by_time(const void *a, const void *b)
{
	const struct stats_time *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static struct times singles(struct stats_time *room, const uint64_t *ns, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		room[i] = (struct stats_time){ ns[i], i };
	qsort(room, nr, sizeof(*room), by_time);
	return (struct times){ room, nr, nr, nr, nr - 1 };
}

/*
 * The data of Brunner and Munzel, Biometrical Journal 42, 2000, where P is 0.0058: ours has
 * the error of a jackknife and fewer degrees of freedom, so it is a little more careful
 */
static void test_ranks(void **state)
{
	static const uint64_t x[] = { 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1 };
	static const uint64_t y[] = { 3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4 };
	struct stats_time a[14], b[11];
	struct times arm = singles(a, x, 14), control = singles(b, y, 11);
	struct stats_difference d, back;
	double faster = 0;

	(void)state;
	for (int i = 0; i < 14; i++)
		for (int j = 0; j < 11; j++)
			faster += x[i] < y[j] ? 1 : x[i] == y[j] ? 0.5 : 0;
	assert_int_equal(rank_compare(&d, &arm, &control, 0.05), 0);
	ASSERT_NEAR(d.estimate, faster / (14 * 11), 1e-12);
	ASSERT_NEAR(d.estimate, 0.788961, 1e-6);
	assert_true(d.p_raw > 0.0058 && d.p_raw < 0.02);
	assert_int_equal(rank_compare(&back, &control, &arm, 0.05), 0);
	ASSERT_NEAR(back.estimate, 1 - d.estimate, 1e-12);
	ASSERT_NEAR(back.p_raw, d.p_raw, 1e-12);
}

static void test_no_overlap(void **state)
{
	static const uint64_t x[] = { 1, 2, 3 }, y[] = { 10, 11, 12 };
	struct stats_time a[3], b[3];
	struct times arm = singles(a, x, 3), control = singles(b, y, 3);
	struct stats_difference d;

	(void)state;
	/* Three against three proves little, however far apart */
	assert_int_equal(rank_compare(&d, &arm, &control, 0.05), 0);
	assert_true(d.estimate == 1 && d.high == 1 && d.p_raw > 0.05 && d.p_raw < 0.3);
	/* All equal is no difference */
	control = arm;
	for (int i = 0; i < 3; i++)
		a[i].ns = 7;
	assert_int_equal(rank_compare(&d, &arm, &control, 0.05), 0);
	assert_true(d.estimate == 0.5 && d.p_raw == 1);
}

#define NR	600

static void make(struct stats_sample *s, uint32_t clusters)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < NR; i++) {
		uint32_t cluster = (x = x * 1664525u + 1013904223u) / 65536 % clusters;

		s[i] = (struct stats_sample){
			.time_ns = (x >> 8) % 1000 * 1000, .cluster = cluster,
			.arm = (uint8_t)(cluster % 2), .success = (x >> 9) % 4 != 0,
			.relapse = (uint8_t)((x >> 11) % 3),
		};
		if (!s[i].success)
			s[i].time_ns = STATS_NO_TIME;
	}
}

static const struct stats_plan plan = {
	.version = STATS_VERSION, .nr_arms = 2, .nr_clusters = 40, .look = 1, .looks = 1,
	.nr_samples = NR, .seed = 7, .alpha = 0.05, .power = 0.8, .effect = 0.05,
};

/* The same data give the same result, in whatever order they come */
static void test_repeats(void **state)
{
	struct stats_sample s[NR], t[NR];
	struct stats_result a, b;
	struct stats_plan other = plan;

	(void)state;
	make(s, 40);
	for (int i = 0; i < NR; i++)
		t[i] = s[NR - 1 - i];
	assert_int_equal(stats_analyse(&plan, s, &a), 0);
	assert_int_equal(stats_analyse(&plan, t, &b), 0);
	assert_int_equal(a.arm[0].n + a.arm[1].n, NR);
	assert_int_equal(a.arm[0].clusters + a.arm[1].clusters, 40);
	assert_true(a.comparison[1].success.p == b.comparison[1].success.p);
	assert_true(a.comparison[1].faster.p == b.comparison[1].faster.p);
	assert_true(a.arm[0].time[0].ns == b.arm[0].time[0].ns);
	for (int q = 0; q < STATS_NR_QUANTILES; q++) {
		const struct stats_quantile *t = &a.arm[1].time[q];

		assert_true(t->low <= t->ns && t->ns <= t->high);
	}
	other.seed = 8;
	assert_int_equal(stats_analyse(&other, t, &b), 0);
	assert_true(a.comparison[1].faster.p == b.comparison[1].faster.p);
}

/* Looks and comparisons cost: p grows, intervals too */
static void test_corrections(void **state)
{
	struct stats_sample s[NR];
	struct stats_result once, looked;
	struct stats_plan four = plan;

	(void)state;
	make(s, 40);
	four.look = 3;
	four.looks = 4;
	assert_int_equal(stats_analyse(&plan, s, &once), 0);
	assert_int_equal(stats_analyse(&four, s, &looked), 0);
	assert_true(once.comparison[1].success.p == once.comparison[1].success.p_raw);
	ASSERT_NEAR(looked.comparison[1].success.p,
		    fmin(1, once.comparison[1].success.p * 0.05 / looks_alpha(0.05, 3, 4)), 1e-12);
	assert_true(looked.comparison[1].success.high > once.comparison[1].success.high);
	/* What describes one arm is not a test, and stays */
	assert_true(looked.arm[1].success.high == once.arm[1].success.high);
}

/* The smaller the difference is that is worth knowing, the more it needs */
static void test_need(void **state)
{
	struct stats_proportion arm = independent(80, 100), control = independent(79, 100);
	double large, small, classic;

	(void)state;
	large = proportion_need(&arm, &control, 0.1, 0.05, 0.8);
	small = proportion_need(&arm, &control, 0.05, 0.05, 0.8);
	assert_true(small > 3 * large);
	classic = pow(1.959964 + 0.841621, 2) *
		  (80. / 102 * 22 / 102 + (80. / 102 - 0.1) * (22. / 102 + 0.1)) / 0.01;
	assert_true(large >= classic && large < 1.03 * classic);
	arm.deff = 3;
	assert_true(proportion_need(&arm, &control, 0.1, 0.05, 0.8) > 2.9 * large);
}

static void test_too_little(void **state)
{
	struct stats_sample s[4] = {
		{ 5, 0, 0, 1, 0, 0 }, { 6, 0, 0, 1, 2, 0 }, { 7, 1, 1, 1, 0, 0 },
		{ STATS_NO_TIME, 1, 1, 0, 2, 0 },
	};
	struct stats_plan few = plan;
	struct stats_result r;

	(void)state;
	few.nr_samples = 4;
	few.nr_clusters = 2;
	assert_int_equal(stats_analyse(&few, s, &r), 0);
	assert_true(r.arm[0].success.p == 1 && isnan(r.arm[0].success.low));
	assert_true(r.comparison[1].success.estimate == -0.5);
	assert_true(isnan(r.comparison[1].success.p) && isnan(r.comparison[1].faster.p) &&
		    isnan(r.comparison[1].median.low) && isnan(r.comparison[1].need));
	/* Nothing at all, and an arm without any recovery */
	few.nr_samples = 0;
	few.nr_clusters = 0;
	assert_int_equal(stats_analyse(&few, s, &r), 0);
	assert_true(isnan(r.arm[0].success.p) && isnan(r.comparison[1].success.estimate));
	few.nr_arms = 1;
	assert_int_equal(stats_analyse(&few, s, &r), 0);
}

static void test_all_succeed(void **state)
{
	struct stats_sample s[NR];
	struct stats_result r;

	(void)state;
	make(s, 40);
	for (int i = 0; i < NR; i++)
		s[i].success = STATS_YES;
	assert_int_equal(stats_analyse(&plan, s, &r), 0);
	assert_true(r.arm[0].success.high == 1 && r.arm[0].success.low < 1);
	assert_true(r.comparison[1].success.p == 1);
	assert_true(r.comparison[1].success.low < 0 && r.comparison[1].success.high > 0);
	assert_true(r.comparison[1].need > 0);
}

static void test_refused(void **state)
{
	struct stats_sample s[NR];
	struct stats_plan bad[7];
	struct stats_result r;

	(void)state;
	for (int i = 0; i < 7; i++)
		bad[i] = plan;
	bad[0].nr_arms = STATS_MAX_ARMS + 1;
	bad[1].look = 2;
	bad[2].alpha = NAN;
	bad[3].effect = 0;
	bad[4].nr_clusters = 39;
	bad[5].version++;
	bad[6].resamples = STATS_MAX_RESAMPLES + 1;
	for (int i = 0; i < 7; i++) {
		make(s, 40);
		assert_int_equal(stats_analyse(&bad[i], s, &r), -EINVAL);
	}
	/* One cluster in two arms */
	make(s, 40);
	s[0].arm = !s[0].arm;
	assert_int_equal(stats_analyse(&plan, s, &r), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_clusters_widen),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_no_overlap),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_corrections),
		cmocka_unit_test(test_need),
		cmocka_unit_test(test_too_little),
		cmocka_unit_test(test_all_succeed),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
