/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hist.h - arithmetic and picture of the histograms that bpf/ fills
 */
#ifndef ZREC_HIST_H
#define ZREC_HIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "zrec.h"

/* Quantiles are given in ten-thousandths, so that ranks are exact integers */
#define HIST_P50	5000
#define HIST_P90	9000
#define HIST_P99	9900
#define HIST_P100	10000

void hist_add(struct zrec_hist *h, uint64_t ns);
void hist_merge(struct zrec_hist *to, const struct zrec_hist *from);

/*
 * Smallest value that at least q/10000 of all values do not exceed: the middle
 * of its bucket, so at most 0.8 % off; the largest value is exact. 0 if empty.
 */
uint64_t hist_quantile(const struct zrec_hist *h, unsigned int q);
/* Of one that has 2^@shift buckets in one */
uint64_t hist_quantile_coarse(const struct zrec_hist *h, unsigned int q, unsigned int shift);

/* Rows of whole buckets, as many as are readable; nothing if empty */
void hist_render(FILE *f, const struct zrec_hist *h, bool utf8, int width);

/*
 * Several histograms in one line each on one logarithmic axis: the axis grows
 * with every histogram that is added to it and is then fitted into the columns
 * there are; each is drawn in hist_axis_width() of them. Start with
 * HIST_AXIS_EMPTY.
 */
struct hist_axis {
	uint32_t first, last;	/* buckets in use */
	unsigned int shift;	/* 2^shift buckets a column */
	bool fits;
};

#define HIST_AXIS_EMPTY { .first = UINT32_MAX }

void hist_axis_add(struct hist_axis *a, const struct zrec_hist *h);
void hist_axis_fit(struct hist_axis *a, int columns);
int hist_axis_width(const struct hist_axis *a);
uint64_t hist_axis_from_ns(const struct hist_axis *a);
uint64_t hist_axis_to_ns(const struct hist_axis *a);
void hist_axis_draw(FILE *f, const struct hist_axis *a, const struct zrec_hist *h,
		    bool utf8);

/*
 * count, sum_ns, max_ns, p50_ns, p90_ns, p99_ns and the buckets in use, 2^@shift of
 * them in one: ZREC_COARSE_SHIFT for a function
 */
json_t *hist_to_json(const struct zrec_hist *h, unsigned int shift);

#endif /* ZREC_HIST_H */
