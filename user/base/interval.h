/* SPDX-License-Identifier: GPL-2.0 */
/*
 * interval.h - how sure a share is that was counted
 */
#ifndef ZREC_INTERVAL_H
#define ZREC_INTERVAL_H

#include <stdint.h>

struct interval {
	double low;		/* 0 to 1 */
	double high;
};

/* The 95 % interval of Wilson for @part of @whole; 0 to 1 if there are none */
struct interval interval_wilson(uint64_t part, uint64_t whole);

#endif /* ZREC_INTERVAL_H */
