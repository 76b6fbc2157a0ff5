/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover-merge.h - step 4 of takeover.h: what the old maps have goes into the new sums
 */
#ifndef ZREC_TAKEOVER_MERGE_H
#define ZREC_TAKEOVER_MERGE_H

#include "base/bpffs.h"
#include "zrec.h"

#define TAKEOVER_NAP_MS	50

void takeover_nap(void);

/*
 * @old is the directory observe-old/, whose programs are gone and whose ring buffer has
 * no reader. Can be repeated: the kernel counts how far it came. 0 or a negative errno.
 */
int takeover_merge(const struct bpffs *fs, int old, const struct zrec_takeover_base *base);

#endif /* ZREC_TAKEOVER_MERGE_H */
