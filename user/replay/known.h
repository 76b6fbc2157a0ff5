/* SPDX-License-Identifier: GPL-2.0 */
/*
 * known.h - how recoveries ended in the recording, by driver, PEC and what was done
 *
 * Nobody knows how a recovery would have ended that took another way. What can be said is
 * how often that way ended well for functions of the same driver after the same error.
 */
#ifndef ZREC_REPLAY_KNOWN_H
#define ZREC_REPLAY_KNOWN_H

#include "replay/timeline.h"

/* The way that a recovery took */
enum replay_way {
	REPLAY_WAY_UNBLOCK,	/* the host tried without a reset */
	REPLAY_WAY_RESET,	/* the platform reset the function */
	REPLAY_WAY_USER,	/* user space recovered it */
	REPLAY_WAY_ISOLATE,	/* a policy gave it up */
	REPLAY_NR_WAYS
};

/* Another error this soon after the end, and it did not end well */
#define REPLAY_RELAPSE_S	600

/* Ended well: recovered, or given up, without another error of the function soon after */
struct replay_count {
	uint64_t nr;
	uint64_t well;
};

struct replay_known_key {
	char driver[ZPCI_DRIVER_LEN];
	uint16_t pec;
};

struct replay_known {
	struct replay_known_key key;
	struct replay_count way[REPLAY_NR_WAYS];
};

struct replay_knowledge {
	void *tree;			/* tsearch() of struct replay_known */
};

/* The error that begins a recovery, and its end: to be called in the order of time */
void replay_known_begin(const struct replay_recovery *r);
int replay_known_end(struct replay_knowledge *k, const struct replay_recovery *r);
/* NULL: the recording has none such */
const struct replay_known *replay_known_find(const struct replay_knowledge *k,
					     const struct replay_known_key *key);
void replay_knowledge_free(struct replay_knowledge *k);

struct replay_known_key replay_known_key(const struct replay_recovery *r);
int replay_known_compare(const void *a, const void *b);

#endif /* ZREC_REPLAY_KNOWN_H */
