// SPDX-License-Identifier: GPL-2.0
/* Sets of numbers, as sorted ranges */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules-int.h"

/* The first range that ends at n or after it */
static size_t find(const struct range_set *set, uint32_t n)
{
	size_t lo = 0, hi = set->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->r[mid].hi < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int insert(struct range_set *set, size_t at, uint32_t lo, uint32_t hi)
{
	/* A power of two is full */
	if (!(set->nr & (set->nr - 1))) {
		size_t room = set->nr ? set->nr * 2 : 1;
		struct range *r = reallocarray(set->r, room, sizeof(*r));

		if (!r)
			return -ENOMEM;
		set->r = r;
	}
	memmove(&set->r[at + 1], &set->r[at], (set->nr - at) * sizeof(set->r[0]));
	set->r[at].lo = lo;
	set->r[at].hi = hi;
	set->nr++;
	return 0;
}

int range_set_add(struct range_set *set, uint32_t lo, uint32_t hi)
{
	size_t at = find(set, lo);

	if (at < set->nr && set->r[at].lo <= hi)
		return -EEXIST;
	return insert(set, at, lo, hi);
}

int range_set_without(struct range_set *ret, const struct range_set *a, const struct range_set *b)
{
	int err = 0;

	*ret = (struct range_set){ 0 };
	for (size_t i = 0; !err && i < a->nr; i++) {
		uint64_t lo = a->r[i].lo, hi = a->r[i].hi;

		for (size_t j = find(b, a->r[i].lo); !err && j < b->nr && b->r[j].lo <= hi; j++) {
			if (b->r[j].lo > lo)
				err = insert(ret, ret->nr, (uint32_t)lo, b->r[j].lo - 1);
			lo = (uint64_t)b->r[j].hi + 1;
		}
		if (!err && lo <= hi)
			err = insert(ret, ret->nr, (uint32_t)lo, (uint32_t)hi);
	}
	return err;
}

bool range_set_has(const struct range_set *set, uint32_t n)
{
	size_t at = find(set, n);

	return at < set->nr && set->r[at].lo <= n;
}

void range_set_free(struct range_set *set)
{
	free(set->r);
	*set = (struct range_set){ 0 };
}
