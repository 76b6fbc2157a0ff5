// SPDX-License-Identifier: GPL-2.0
/* The histogram against the exact, sorted sample it was filled with */
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/hist.h"
#include "base/output.h"

#define USEC	1000ULL
#define HOUR	3600000000000ULL
#define SAMPLES	20000

/* Same numbers on every machine and in both byte orders */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct zrec_hist *new_hist(void)
{
	struct zrec_hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Smallest value that at least q/10000 of the sorted sample do not exceed */
static uint64_t exact_quantile(const uint64_t *sorted, size_t nr, unsigned int q)
{
	size_t rank = (nr * q + 9999) / 10000;

	return sorted[rank ? rank - 1 : 0];
}

static void assert_close(uint64_t got, uint64_t exact, unsigned int q)
{
	uint64_t off = got > exact ? got - exact : exact - got;

	/* off / exact <= 0.008, in integers */
	if (off * 1000 > exact * 8)
		fail_msg("quantile %u: %llu, exactly %llu, more than 0.8 %% off", q,
			 (unsigned long long)got, (unsigned long long)exact);
}

static void check_sample(uint64_t *values, size_t nr)
{
	struct zrec_hist *h = new_hist();
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++) {
		hist_add(h, values[i]);
		sum += values[i];
	}
	qsort(values, nr, sizeof(*values), compare_u64);
	assert_int_equal(h->count, nr);
	assert_int_equal(h->sum_ns, sum);
	for (unsigned int q = 0; q < HIST_P100; q += 25)
		assert_close(hist_quantile(h, q), exact_quantile(values, nr, q), q);
	assert_int_equal(hist_quantile(h, HIST_P100), values[nr - 1]);
	free(h);
}

static void quantiles_of_a_log_uniform_sample(void **state)
{
	static uint64_t values[SAMPLES];
	uint64_t seed = 88172645463325252ULL;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t top = USEC << (next_random(&seed) % 32);

		values[i] = top + next_random(&seed) % top;
		if (values[i] > HOUR)
			values[i] = HOUR;
	}
	check_sample(values, SAMPLES);
}

static void quantiles_of_a_uniform_sample(void **state)
{
	static uint64_t values[SAMPLES];
	uint64_t seed = 4711;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		values[i] = USEC + next_random(&seed) % (HOUR - USEC);
	check_sample(values, SAMPLES);
}

static void quantiles_of_two_distant_peaks(void **state)
{
	static uint64_t values[SAMPLES];
	uint64_t seed = 99;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		values[i] = i % 10 ? USEC + next_random(&seed) % 100 :
				     HOUR - next_random(&seed) % 100;
	check_sample(values, SAMPLES);
}

/* The first and the last value of a bucket are furthest from its middle */
static void quantiles_at_the_edges_of_buckets(void **state)
{
	static uint64_t values[2 * ZREC_HIST_BUCKETS];
	size_t nr = 0;

	(void)state;
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i++) {
		uint64_t lower = zrec_hist_lower(i);

		if (lower < USEC || zrec_hist_lower(i + 1) > HOUR)
			continue;
		values[nr++] = lower;
		values[nr++] = zrec_hist_lower(i + 1) - 1;
	}
	assert_true(nr > 3800);
	check_sample(values, nr);
}

static void quantiles_of_equal_values(void **state)
{
	uint64_t values[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		values[i] = 123456789;
	check_sample(values, 100);
}

static void one_value_is_exact(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 40756123);
	assert_int_equal(hist_quantile(h, HIST_P50), 40756123);
	assert_int_equal(hist_quantile(h, HIST_P99), 40756123);
	free(h);
}

static void empty_histogram_has_quantile_zero(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	assert_int_equal(hist_quantile(h, HIST_P50), 0);
	assert_int_equal(hist_quantile(h, HIST_P100), 0);
	free(h);
}

static void longer_than_all_buckets_is_counted_and_exact_at_the_top(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 1);
	hist_add(h, 100 * HOUR);
	hist_add(h, UINT64_MAX);
	assert_int_equal(h->bucket[ZREC_HIST_BUCKETS - 1], 2);
	assert_int_equal(hist_quantile(h, HIST_P100), UINT64_MAX);
	assert_int_equal(hist_quantile(h, 6000), UINT64_MAX);
	assert_int_equal(hist_quantile(h, 3000), 1);
	free(h);
}

/* A reader may see a CPU that has counted, but not yet filled the bucket */
static void torn_read_gives_the_maximum(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 5000);
	h->count += 3;
	assert_int_equal(hist_quantile(h, 9000), 5000);
	free(h);
}

static void merge_equals_one_histogram_of_all(void **state)
{
	struct zrec_hist *a = new_hist(), *b = new_hist(), *all = new_hist();
	uint64_t seed = 31337;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t ns = next_random(&seed) >> (next_random(&seed) % 60);

		hist_add(i % 3 ? a : b, ns);
		hist_add(all, ns);
	}
	hist_merge(a, b);
	assert_memory_equal(a, all, sizeof(*all));
	free(a);
	free(b);
	free(all);
}

static void merge_with_empty_changes_nothing(void **state)
{
	struct zrec_hist *a = new_hist(), *b = new_hist(), *copy = new_hist();

	(void)state;
	hist_add(a, 77777);
	*copy = *a;
	hist_merge(a, b);
	assert_memory_equal(a, copy, sizeof(*a));
	hist_merge(b, a);
	assert_memory_equal(b, copy, sizeof(*a));
	free(a);
	free(b);
	free(copy);
}

static void buckets_follow_each_other_without_gap(void **state)
{
	(void)state;
	assert_int_equal(zrec_hist_lower(0), 0);
	for (uint32_t i = 0; i < ZREC_HIST_BUCKETS; i++) {
		uint64_t lower = zrec_hist_lower(i), next = zrec_hist_lower(i + 1);

		assert_true(next > lower);
		assert_int_equal(zrec_hist_bucket(lower), i);
		assert_int_equal(zrec_hist_bucket(next - 1), i);
	}
	assert_int_equal(zrec_hist_lower(ZREC_HIST_BUCKETS), 1ULL << ZREC_HIST_MAX_BITS);
	assert_int_equal(zrec_hist_bucket(UINT64_MAX), ZREC_HIST_BUCKETS - 1);
}

/* Width at most 1/64 of the smallest value: the middle is within 1/128 */
static void no_bucket_is_too_wide(void **state)
{
	(void)state;
	for (uint32_t i = 1 << ZREC_HIST_SUB_BITS; i < ZREC_HIST_BUCKETS; i++)
		assert_true((zrec_hist_lower(i + 1) - zrec_hist_lower(i)) * 64 <=
			    zrec_hist_lower(i));
}

/* --- the picture --------------------------------------------------------- */

struct picture {
	const struct zrec_hist *h;
	bool utf8;
	int width;
};

static void print_picture(FILE *f, const void *arg)
{
	const struct picture *p = arg;

	hist_render(f, p->h, p->utf8, p->width);
}

static struct zrec_hist *two_peaks(void)
{
	struct zrec_hist *h = new_hist();
	uint64_t seed = 5;

	for (int i = 0; i < 3000; i++)
		hist_add(h, 9000000 + next_random(&seed) % 4000000 +
			    next_random(&seed) % 4000000);
	for (int i = 0; i < 300; i++)
		hist_add(h, 40000000 + next_random(&seed) % 8000000);
	hist_add(h, 900000);
	return h;
}

static void check_picture(const struct zrec_hist *h, bool utf8, int width, const char *golden)
{
	const struct picture p = { .h = h, .utf8 = utf8, .width = width };
	char *text = capture(print_picture, &p);

	assert_golden(golden, text);
	free(text);
}

static void picture_in_unicode(void **state)
{
	struct zrec_hist *h = two_peaks();

	(void)state;
	check_picture(h, true, 100, "hist-two-peaks.utf8");
	free(h);
}

static void picture_in_ascii(void **state)
{
	struct zrec_hist *h = two_peaks();

	(void)state;
	check_picture(h, false, 80, "hist-two-peaks.ascii");
	free(h);
}

static void picture_of_one_value(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 40756123);
	check_picture(h, false, 80, "hist-one-value.ascii");
	free(h);
}

static void picture_over_the_whole_range(void **state)
{
	struct zrec_hist *h = new_hist();

	(void)state;
	for (uint64_t ns = USEC; ns < 2 * HOUR; ns *= 3)
		hist_add(h, ns);
	check_picture(h, false, 20, "hist-whole-range.ascii");
	free(h);
}

static void picture_of_nothing_is_empty(void **state)
{
	struct zrec_hist *h = new_hist();
	const struct picture p = { .h = h, .width = 80 };
	char *text = capture(print_picture, &p);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	free(h);
}

/* Exactly the counted values are in the rows, none twice */
static void rows_of_the_picture_add_up(void **state)
{
	struct zrec_hist *h = two_peaks();
	const struct picture p = { .h = h, .width = 80 };
	char *text = capture(print_picture, &p);
	unsigned long sum = 0;

	(void)state;
	for (char *bar = strchr(text, '|'); bar; bar = strchr(bar, '|')) {
		bar = strchr(bar + 1, '|') + 1;
		sum += strtoul(bar, &bar, 10);
	}
	assert_int_equal(sum, h->count);
	free(text);
	free(h);
}

static void print_axis(FILE *f, const void *arg)
{
	struct zrec_hist *const *h = arg;
	struct hist_axis axis = HIST_AXIS_EMPTY;

	hist_axis_add(&axis, h[0]);
	hist_axis_add(&axis, h[1]);
	hist_axis_fit(&axis, 1000);
	for (int i = 0; i < 4; i++) {
		hist_axis_draw(f, &axis, h[i / 2], i % 2);
		fputs("|\n", f);
	}
}

static void two_histograms_share_an_axis(void **state)
{
	struct zrec_hist *h[2] = { two_peaks(), new_hist() };
	char *text;

	(void)state;
	hist_add(h[1], 300000);
	hist_add(h[1], 10000000);
	text = capture(print_axis, h);
	assert_golden("hist-axis", text);
	free(text);
	free(h[0]);
	free(h[1]);
}

static void axis_of_nothing_has_no_columns(void **state)
{
	struct hist_axis axis = HIST_AXIS_EMPTY;
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_axis_add(&axis, h);
	hist_axis_fit(&axis, 80);
	assert_int_equal(hist_axis_width(&axis), 0);
	free(h);
}

static void axis_is_coarser_or_absent_where_it_does_not_fit(void **state)
{
	static const struct {
		int columns, width;
	} cases[] = { { 80, 19 }, { 19, 19 }, { 18, 10 }, { 9, 6 }, { 6, 6 }, { 5, 0 }, { -3, 0 } };
	struct hist_axis axis = HIST_AXIS_EMPTY;
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 1 << 10);
	hist_add(h, 1 << 19);
	hist_axis_add(&axis, h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hist_axis_fit(&axis, cases[i].columns);
		assert_int_equal(hist_axis_width(&axis), cases[i].width);
	}
	free(h);
}

static void axis_tells_its_ends(void **state)
{
	struct hist_axis axis = HIST_AXIS_EMPTY;
	struct zrec_hist *h = new_hist();

	(void)state;
	hist_add(h, 1 << 10);
	hist_add(h, UINT64_MAX);
	hist_axis_add(&axis, h);
	hist_axis_fit(&axis, 80);
	assert_int_equal(hist_axis_from_ns(&axis), 1 << 10);
	assert_int_equal(hist_axis_to_ns(&axis), 1ULL << ZREC_HIST_MAX_BITS);
	hist_axis_fit(&axis, 17);
	assert_int_equal(hist_axis_width(&axis), 17);
	assert_int_equal(hist_axis_to_ns(&axis), 1ULL << ZREC_HIST_MAX_BITS);
	free(h);
}

/* Whatever the columns, all values are drawn, and nothing is beyond the end */
static void coarse_axis_is_drawn_to_its_end(void **state)
{
	struct hist_axis axis = HIST_AXIS_EMPTY;
	struct zrec_hist *h = new_hist();
	char text[8] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	(void)state;
	hist_add(h, 1ULL << 36);
	hist_add(h, UINT64_MAX);
	hist_axis_add(&axis, h);
	hist_axis_fit(&axis, 4);
	assert_int_equal(hist_axis_width(&axis), 4);
	hist_axis_draw(f, &axis, h, false);
	fclose(f);
	assert_string_equal(text, "#  #");
	free(h);
}

static void json_has_the_buckets_in_use(void **state)
{
	struct zrec_hist *h = new_hist();
	json_t *o, *buckets;

	(void)state;
	hist_add(h, 10);
	hist_add(h, 10);
	hist_add(h, HOUR);
	o = hist_to_json(h, 0);
	assert_non_null(o);
	buckets = json_object_get(o, "buckets");
	assert_int_equal(json_array_size(buckets), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(buckets, 0),
							    "count")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "max_ns")), HOUR);
	assert_string_equal(json_string_value(json_object_get(o, "sum_ns")), "3600000000020");
	assert_int_equal(json_integer_value(json_object_get(o, "p50_ns")), 10);
	json_decref(o);
	free(h);
}

/* As observe/sums.c spreads the buckets of functions: all of one in its middle */
static void coarse_quantiles_are_within_3_2_percent(void **state)
{
	struct zrec_hist *h = calloc(1, sizeof(*h));

	(void)state;
	for (uint64_t v = 1000; v < 1ull << 40; v += v / 97 + 1) {
		uint64_t got;

		memset(h, 0, sizeof(*h));
		h->count = 2;
		h->max_ns = UINT64_MAX;
		h->bucket[(zrec_hist_bucket(v) >> ZREC_COARSE_SHIFT << ZREC_COARSE_SHIFT) + 2] = 2;
		got = hist_quantile_coarse(h, HIST_P50, ZREC_COARSE_SHIFT);
		assert_true((got > v ? got - v : v - got) * 1000 <= v * 32);
	}
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coarse_quantiles_are_within_3_2_percent),
		cmocka_unit_test(quantiles_of_a_log_uniform_sample),
		cmocka_unit_test(quantiles_of_a_uniform_sample),
		cmocka_unit_test(quantiles_of_two_distant_peaks),
		cmocka_unit_test(quantiles_at_the_edges_of_buckets),
		cmocka_unit_test(quantiles_of_equal_values),
		cmocka_unit_test(one_value_is_exact),
		cmocka_unit_test(empty_histogram_has_quantile_zero),
		cmocka_unit_test(longer_than_all_buckets_is_counted_and_exact_at_the_top),
		cmocka_unit_test(torn_read_gives_the_maximum),
		cmocka_unit_test(merge_equals_one_histogram_of_all),
		cmocka_unit_test(merge_with_empty_changes_nothing),
		cmocka_unit_test(buckets_follow_each_other_without_gap),
		cmocka_unit_test(no_bucket_is_too_wide),
		cmocka_unit_test(picture_in_unicode),
		cmocka_unit_test(picture_in_ascii),
		cmocka_unit_test(picture_of_one_value),
		cmocka_unit_test(picture_over_the_whole_range),
		cmocka_unit_test(picture_of_nothing_is_empty),
		cmocka_unit_test(rows_of_the_picture_add_up),
		cmocka_unit_test(two_histograms_share_an_axis),
		cmocka_unit_test(axis_of_nothing_has_no_columns),
		cmocka_unit_test(axis_is_coarser_or_absent_where_it_does_not_fit),
		cmocka_unit_test(axis_tells_its_ends),
		cmocka_unit_test(coarse_axis_is_drawn_to_its_end),
		cmocka_unit_test(json_has_the_buckets_in_use),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
