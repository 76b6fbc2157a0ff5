/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boots.h - the boots that a file of many lines speaks of, each kept once
 */
#ifndef ZREC_KEEP_BOOTS_H
#define ZREC_KEEP_BOOTS_H

#include <stddef.h>

#include "keep/record.h"

#define BOOTS_MAX	(1u << 18)

/* Zero-initialise */
struct boots {
	void *tree;			/* of tsearch(3), by boot_id */
	size_t nr;
	const struct history_boot *last;	/* found: neighbours mostly have the same */
};

/* NULL: there is none of this boot_id */
const struct history_boot *boots_find(struct boots *b, const char *boot_id);
/*
 * Keeps a copy, in *ret, which stays where it is until boots_free(). Returns 1 if it is
 * new, 0 if it was there, -EINVAL if another host has that boot_id, -E2BIG, -ENOMEM.
 */
int boots_add(struct boots *b, const struct history_boot *boot, const struct history_boot **ret);
void boots_free(struct boots *b);

#endif /* ZREC_KEEP_BOOTS_H */
