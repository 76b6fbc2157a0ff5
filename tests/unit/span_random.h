/* SPDX-License-Identifier: GPL-2.0 */
/*
 * span_random.h - spans of any content that the observer can make, by a seed
 */
#ifndef SPAN_RANDOM_H
#define SPAN_RANDOM_H

#include <stdint.h>

#include "zrec.h"

/* The next one; *seed must not be 0, and is another one afterwards */
uint64_t random_next(uint64_t *seed);
uint64_t random_below(uint64_t *seed, uint64_t bound);

/* tai_ns is the wall clock */
void span_random(uint64_t *seed, struct zrec_full_span *ret);

#endif /* SPAN_RANDOM_H */
