// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "base/interval.h"

#define Z	1.959963984540054	/* 95 % of a normal distribution are within */

struct interval interval_wilson(uint64_t part, uint64_t whole)
{
	double n = (double)whole, p = whole ? (double)part / n : 0, center, half;
	struct interval ret = { 0, 1 };

	if (!whole)
		return ret;
	center = p + Z * Z / (2 * n);
	half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
	ret.low = (center - half) / (1 + Z * Z / n);
	ret.high = (center + half) / (1 + Z * Z / n);
	/* What rounding leaves */
	if (ret.low < 0 || !part)
		ret.low = 0;
	if (ret.high > 1 || part == whole)
		ret.high = 1;
	return ret;
}
