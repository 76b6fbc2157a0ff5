// SPDX-License-Identifier: GPL-2.0
#include "base/bucket.h"
#include "base/clock.h"

static uint64_t cost_ns(const struct bucket_limits *limits)
{
	return 60 * NSEC_PER_SEC / limits->per_minute;
}

void bucket_fill(struct bucket *b, const struct bucket_limits *limits, uint64_t now_ns)
{
	*b = (struct bucket){ .credit_ns = limits->burst * cost_ns(limits), .filled_ns = now_ns };
}

bool bucket_take(struct bucket *b, const struct bucket_limits *limits, uint64_t now_ns,
		 uint32_t reserve)
{
	const uint64_t cost = cost_ns(limits), all = limits->burst * cost;

	b->credit_ns += now_ns - b->filled_ns;
	b->filled_ns = now_ns;
	if (b->credit_ns > all)
		b->credit_ns = all;
	if (b->credit_ns < cost + reserve * cost)
		return false;
	b->credit_ns -= cost;
	return true;
}
