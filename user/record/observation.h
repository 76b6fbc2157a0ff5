/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observation.h - show what is observed, since when, and what is missing in it
 */
#ifndef ZREC_OBSERVATION_H
#define ZREC_OBSERVATION_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "zrec.h"

/* The tracepoints that are not observed any more, since somebody removed the links */
struct observation_missing {
	const char *const *tracepoint;
	int nr;			/* negative: it is not known whether there are such */
};

/* A few lines; @memory_bytes is what its maps need */
void observation_print(FILE *f, const struct zrec_info *info, const struct zrec_stats *stats,
		       const struct observation_missing *missing, size_t memory_bytes,
		       int64_t tai_offset_ns);

/* Without the stats, which are a value of their own. NULL only when out of memory */
json_t *observation_to_json(const struct zrec_info *info, const struct observation_missing *missing,
			    size_t memory_bytes, int64_t tai_offset_ns);

#endif /* ZREC_OBSERVATION_H */
