/* SPDX-License-Identifier: GPL-2.0 */
/*
 * buckets.h - the buckets that Prometheus gets, made of those that the kernel counts
 *
 * A bound is 2^N - 1 ns. The kernel's buckets begin at each power of two, and durations are
 * whole nanoseconds, so what a bound counts is exact, with "less or equal" taken literally.
 * No bound is a whole number of seconds, and each is written as Prometheus 3 would write
 * it: "le" is the same text in every format and on every server.
 */
#ifndef ZREC_EXPORTER_BUCKETS_H
#define ZREC_EXPORTER_BUCKETS_H

#include <stdint.h>

#include "zrec.h"

/* From 1 us to 275 s each power of two, and 18 min; with what is beyond, one more */
#define BUCKETS_NR	30
#define BUCKETS_LE_LEN	24

struct buckets {
	uint64_t count[BUCKETS_NR + 1];	/* each by itself, not cumulative */
	uint64_t sum_ns;
};

/* "0.001048575" */
const char *buckets_le(unsigned int i, char buf[BUCKETS_LE_LEN]);

/* True if steps have the bound, too: every second one, and the ends */
int buckets_is_coarse(unsigned int i);

/* The bucket of durations from 2^@log2 ns up to twice that */
unsigned int buckets_of_log2(unsigned int log2);

void buckets_add(struct buckets *to, const struct zrec_hist *from);

#endif /* ZREC_EXPORTER_BUCKETS_H */
