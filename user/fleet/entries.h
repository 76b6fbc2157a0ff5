/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entries.h - counters with the labels that an experiment has, by host
 */
#ifndef ZREC_FLEET_ENTRIES_H
#define ZREC_FLEET_ENTRIES_H

#include <jansson.h>
#include <stdint.h>

#include "fleet/counter.h"
#include "keep/experiment-read.h"

#define ENTRY_TEXT_LEN	HISTORY_NAME_LEN

/* A label that a series has not is "" */
struct entry {
	char *host;			/* cluster="a",instance="b": what is left of the labels */
	char instance[HISTORY_HOST_LEN];	/* of these, for people */
	char arm[ENTRY_TEXT_LEN];
	char pchid[ENTRY_TEXT_LEN];
	char what[ENTRY_TEXT_LEN];	/* outcome, or le */
	uint64_t n;
	uint32_t resets;
	int64_t first_ms, last_ms;
};

struct entries {
	struct entry *e;
	size_t nr;
};

/* In the order of host, pchid, arm and what, with the largest of those that are alike. 0 or -ENOMEM */
int entries_of(struct entries *ret, const struct counters *counters, const char *const *ignore,
	       size_t nr_ignore);
void entries_free(struct entries *e);

/* By host, pchid and arm; 0: they are alike in these */
int entry_compare_unit(const struct entry *a, const struct entry *b);
/* The host of other labels, which may lack some; to be freed. NULL: no memory */
char *entry_host(const json_t *labels, const char *const *ignore, size_t nr_ignore);

#endif /* ZREC_FLEET_ENTRIES_H */
