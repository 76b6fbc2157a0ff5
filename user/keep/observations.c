// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "keep/observations.h"

static int compare(const void *a, const void *b)
{
	const struct history_observation *x = a, *y = b;

	if (x->since_ns != y->since_ns)
		return x->since_ns < y->since_ns ? -1 : 1;
	return (x->boot > y->boot) - (x->boot < y->boot);
}

const struct history_observation *observations_find(struct observations *o,
						    const struct history_boot *boot, uint64_t since_ns)
{
	const struct history_observation key = { .boot = boot, .since_ns = since_ns };
	void *found;

	if (o->last && !compare(o->last, &key))
		return o->last;
	found = tfind(&key, &o->tree, compare);
	if (found)
		o->last = *(struct history_observation **)found;
	return found ? o->last : NULL;
}

int observations_add(struct observations *o, const struct history_observation *observation)
{
	struct history_observation *copy;

	if (observations_find(o, observation->boot, observation->since_ns))
		return 0;
	if (o->nr == OBSERVATIONS_MAX)
		return -E2BIG;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *observation;
	if (!tsearch(copy, &o->tree, compare)) {
		free(copy);
		return -ENOMEM;
	}
	o->nr++;
	o->last = copy;
	return 1;
}

void observations_free(struct observations *o)
{
	tdestroy(o->tree, free);
	*o = (struct observations){ 0 };
}
