/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bucket.h - no more than so many at once, and so many a minute after that: a token bucket
 */
#ifndef ZREC_BUCKET_H
#define ZREC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_limits {
	uint32_t burst;			/* 1 to 1,000,000 */
	uint32_t per_minute;		/* likewise */
};

struct bucket {
	uint64_t credit_ns;		/* one costs a minute / per_minute */
	uint64_t filled_ns;		/* CLOCK_MONOTONIC */
};

/* Makes it full */
void bucket_fill(struct bucket *b, const struct bucket_limits *limits, uint64_t now_ns);
/* True if there is one to have, and @reserve are left then. The limits may have changed since */
bool bucket_take(struct bucket *b, const struct bucket_limits *limits, uint64_t now_ns,
		 uint32_t reserve);

#endif /* ZREC_BUCKET_H */
