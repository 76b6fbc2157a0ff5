// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/known.h"

struct replay_known_key replay_known_key(const struct replay_recovery *r)
{
	struct replay_known_key key = { .pec = r->event.pec };

	memcpy(key.driver, r->event.driver, sizeof(key.driver));
	return key;
}

int replay_known_compare(const void *a, const void *b)
{
	const struct replay_known_key *x = a, *y = b;
	int driver = strncmp(x->driver, y->driver, sizeof(x->driver));

	return driver ? driver : (int)x->pec - (int)y->pec;
}

/* False: nobody tried anything */
static bool way_of(const struct replay_recovery *r, enum replay_way *ret)
{
	if (r->outcome == ZPCI_OUTCOME_ISOLATED)
		*ret = REPLAY_WAY_ISOLATE;
	else if (r->event.mediated)
		*ret = REPLAY_WAY_USER;
	else if (r->resets)
		*ret = REPLAY_WAY_RESET;
	else
		*ret = REPLAY_WAY_UNBLOCK;
	return r->nr;
}

void replay_known_begin(const struct replay_recovery *r)
{
	struct replay_function *f = r->function;
	struct replay_count *before = f->ended_as;
	uint64_t now = r->nr ? r->point[0].at_ns : r->end_ns;

	if (before && now - f->ended_ns <= REPLAY_RELAPSE_S * (uint64_t)NSEC_PER_SEC)
		before->well--;
	f->ended_as = NULL;
}

int replay_known_end(struct replay_knowledge *k, const struct replay_recovery *r)
{
	struct replay_known key = { .key = replay_known_key(r) }, *known;
	void **node = tfind(&key, &k->tree, replay_known_compare);
	struct replay_count *count;
	enum replay_way way;

	if (!way_of(r, &way))
		return 0;
	if (!node) {
		known = malloc(sizeof(*known));
		if (!known)
			return -ENOMEM;
		*known = key;
		node = tsearch(known, &k->tree, replay_known_compare);
		if (!node) {
			free(known);
			return -ENOMEM;
		}
	}
	known = *node;
	count = &known->way[way];
	count->nr++;
	if (r->outcome != ZPCI_OUTCOME_RECOVERED && r->outcome != ZPCI_OUTCOME_ISOLATED)
		return 0;
	/* Until another error comes soon */
	count->well++;
	r->function->ended_as = count;
	r->function->ended_ns = r->end_ns;
	return 0;
}

const struct replay_known *replay_known_find(const struct replay_knowledge *k,
					     const struct replay_known_key *key)
{
	void **node = tfind(key, &k->tree, replay_known_compare);

	return node ? *node : NULL;
}

void replay_knowledge_free(struct replay_knowledge *k)
{
	tdestroy(k->tree, free);
	k->tree = NULL;
}
