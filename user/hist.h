/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hist.h - arithmetic and picture of the histograms that bpf/ fills
 */
#ifndef HIST_H
#define HIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../bpf/zrec.h"

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

/* Rows of whole buckets, as many as are readable; nothing if empty */
void hist_render(FILE *f, const struct zrec_hist *h, bool utf8, int width);

/* count, sum_ns, max_ns, p50_ns, p90_ns, p99_ns and the buckets in use */
json_t *hist_to_json(const struct zrec_hist *h);

#endif /* HIST_H */
