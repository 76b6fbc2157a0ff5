/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover.h - the end of an older observation that this one takes over from
 *
 * For a moment both are attached. The older one reports a recovery that began before
 * this one was complete. Afterwards user/observe/takeover.c finds out which of these
 * the older one still reported.
 */
#ifndef ZREC_TAKEOVER_H
#define ZREC_TAKEOVER_H

#include <bpf/bpf_helpers.h>

#include "sums.h"
#include "zrec.h"

struct zrec_takeover takeover SEC(".bss.takeover");

/* The end of a recovery whose beginning we did not see */
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
