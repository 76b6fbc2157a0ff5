/* SPDX-License-Identifier: GPL-2.0 */
/*
 * observations.h - the observations that a file of many lines speaks of, each kept once
 */
#ifndef ZREC_KEEP_OBSERVATIONS_H
#define ZREC_KEEP_OBSERVATIONS_H

#include <stddef.h>

#include "keep/record.h"

#define OBSERVATIONS_MAX	(1u << 18)

/* Zero-initialise */
struct observations {
	void *tree;			/* of tsearch(3), by since_ns and the address of the boot */
	size_t nr;
	const struct history_observation *last;	/* found: neighbours mostly have the same */
};

/* NULL: there is none of this boot, which is one of a struct boots, and moment */
const struct history_observation *observations_find(struct observations *o,
						    const struct history_boot *boot, uint64_t since_ns);
/*
 * Keeps a copy until observations_free(). Returns 1 if it is new; 0 if it was there, which
 * stays as it was said first; -E2BIG, -ENOMEM.
 */
int observations_add(struct observations *o, const struct history_observation *observation);
void observations_free(struct observations *o);

#endif /* ZREC_KEEP_OBSERVATIONS_H */
