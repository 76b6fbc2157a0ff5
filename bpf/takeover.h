/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover.h - the end of an older observation that this one takes over from
 *
 * For a moment both are attached. A recovery that began before this one was
 * complete is the older one's to tell of; whoever takes over settles afterwards
 * which of them the older one still told of, see user/observe/takeover.c.
 */
#ifndef ZREC_TAKEOVER_H
#define ZREC_TAKEOVER_H

#include <bpf/bpf_helpers.h>

#include "sums.h"
#include "zrec.h"

struct zrec_takeover takeover SEC(".bss.takeover");

/* The end of a recovery of which we did not see the beginning */
static __always_inline void takeover_unseen_end(__u64 id)
{
	if (takeover.active) {
		__u32 nr = __sync_fetch_and_add(&takeover.nr_ended, 1);

		if (nr < ZREC_TAKEOVER_ENDED) {
			takeover.ended[nr] = id;
			return;
		}
	}
	count(&stats.emitted);
	count(&stats.lost[info.took_over ? ZREC_LOST_UPGRADE : ZREC_LOST_UNSEEN]);
}

#endif /* ZREC_TAKEOVER_H */
