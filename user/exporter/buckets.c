// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "exporter/buckets.h"

#define FIRST	10
#define LAST	40	/* what is beyond 2^42 ns shares the kernel's last bucket */

/* 2^10, 2^11, ... 2^38, 2^40 */
static unsigned int exponent(unsigned int i)
{
	return i < BUCKETS_NR - 1 ? FIRST + i : LAST;
}

const char *buckets_le(unsigned int i, char buf[BUCKETS_LE_LEN])
{
	/* 13 digits have 2^40 ns exactly, and a double has 15 */
	snprintf(buf, BUCKETS_LE_LEN, "%.13g", (double)((1ull << exponent(i)) - 1) / 1e9);
	return buf;
}

int buckets_is_coarse(unsigned int i)
{
	return !(exponent(i) & 1);
}

unsigned int buckets_of_log2(unsigned int log2)
{
	unsigned int i = 0;

	while (i < BUCKETS_NR && log2 >= exponent(i))
		i++;
	return i;
}

void buckets_add(struct buckets *to, const struct zrec_hist *from)
{
	uint32_t at = 0;

	for (unsigned int i = 0; i < BUCKETS_NR; i++)
		for (uint32_t end = zrec_hist_bucket(1ull << exponent(i)); at < end; at++)
			to->count[i] += from->bucket[at];
	for (; at < ZREC_HIST_BUCKETS; at++)
		to->count[BUCKETS_NR] += from->bucket[at];
	to->sum_ns += from->sum_ns;
}
