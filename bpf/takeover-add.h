/* SPDX-License-Identifier: GPL-2.0 */
/*
 * takeover-add.h - what an older observation counted, added to this one
 *
 * In the kernel, since the programs add to the same sums at the same time.
 */
#ifndef ZREC_TAKEOVER_ADD_H
#define ZREC_TAKEOVER_ADD_H

#include <bpf/bpf_helpers.h>

#include "recovery.h"

struct zrec_takeover_item takeover_item SEC(".bss.item");
struct zrec_takeover_base takeover_base __attribute__((used)) SEC(".bss.base");

struct merge {
	struct zrec_hist *to;			/* one of these two */
	struct zrec_coarse_hist *to_coarse;
};

static long merge_bucket(__u64 bucket, struct merge *m)
{
	__u32 n;

	if (bucket >= ZREC_HIST_BUCKETS)
		return 1;
	n = takeover_item.hist.bucket[bucket];
	if (!n)
		return 0;
	if (m->to)
		__sync_fetch_and_add(&m->to->bucket[bucket], n);
	bucket >>= ZREC_COARSE_SHIFT;
	opaque(bucket);
	if (m->to_coarse && bucket < ZREC_COARSE_BUCKETS)
		__sync_fetch_and_add(&m->to_coarse->bucket[bucket], n);
	return 0;
}

static __always_inline void merge_hist(struct zrec_hist *to)
{
	struct merge m = { .to = to };

	if (!to)
		return;
	__sync_fetch_and_add(&to->sum_ns, takeover_item.hist.sum_ns);
	max_set(&to->max_ns, takeover_item.hist.max_ns);
	bpf_loop(ZREC_HIST_BUCKETS, merge_bucket, &m, 0);
}

static __always_inline void merge_function(struct zrec_function *f)
{
	struct merge m = { .to_coarse = f ? &f->total : NULL };

	if (!f)
		return;
	__sync_fetch_and_add(&f->total.sum_ns, takeover_item.hist.sum_ns);
	max_set(&f->total.max_ns, takeover_item.hist.max_ns);
	bpf_loop(ZREC_HIST_BUCKETS, merge_bucket, &m, 0);
}

/* All of it is 64-bit counts */
static __always_inline void merge_stats(void)
{
	__u64 *to = (__u64 *)&stats;
	const __u64 *from = (const __u64 *)&takeover_item.stats;

	for (__u32 i = 0; i < sizeof(stats) / sizeof(*to); i++)
		__sync_fetch_and_add(&to[i], from[i]);
}

/* It was counted when the older observation delivered it */
static __always_inline void resend(void)
{
	bool is_exit = takeover_item.record.flags & ZREC_RECORD_EXIT;
	long failed;

	takeover_item.record.seq = next_seq();
	if (is_exit)
		failed = bpf_ringbuf_output(&spans, &takeover_item.exit,
					    sizeof(takeover_item.exit), 0);
	else if (takeover_item.record.flags & ZREC_SPAN_POLICY)
		failed = bpf_ringbuf_output(&spans, &takeover_item.span,
					    sizeof(takeover_item.span), 0);
	else
		failed = bpf_ringbuf_output(&spans, &takeover_item.span.span,
					    sizeof(takeover_item.span.span), 0);
	if (!failed)
		return;
	if (is_exit) {
		count(&stats.policy_exits_lost);
	} else {
		__sync_fetch_and_add(&stats.delivered, -1);
		count(&stats.lost[ZREC_LOST_RING_FULL]);
	}
}

static __always_inline void merge_driver(void)
{
	struct zrec_driver_hists *d = driver_find(takeover_item.driver, 0);
	__u32 step = takeover_item.id;

	if (!d)
		return;
	if (takeover_item.what == ZREC_TAKEOVER_DRIVER)
		merge_hist(&d->total);
	else if (step < ZREC_NR_STEPS)
		merge_hist(&d->step[step]);
}

static __always_inline int takeover_add(void)
{
	struct zrec_function *f;

	switch (takeover_item.what) {
	case ZREC_TAKEOVER_SETTLE:
		takeover.active = 0;
		return 0;
	case ZREC_TAKEOVER_STATS:
		merge_stats();
		break;
	case ZREC_TAKEOVER_LOST:
		__sync_fetch_and_add(&stats.emitted, takeover_item.count);
		__sync_fetch_and_add(&stats.lost[ZREC_LOST_UPGRADE], takeover_item.count);
		break;
	case ZREC_TAKEOVER_COUNTER:
		f = function_find(takeover_item.id, 0);
		if (f)
			counter_add(f, takeover_item.counter, takeover_item.count);
		break;
	case ZREC_TAKEOVER_FUNCTION:
		merge_function(function_find(takeover_item.id, 0));
		break;
	case ZREC_TAKEOVER_PEC:
		merge_hist(pec_find(takeover_item.id, 0));
		break;
	case ZREC_TAKEOVER_DRIVER:
	case ZREC_TAKEOVER_STEP:
		merge_driver();
		break;
	case ZREC_TAKEOVER_RECORD:
		resend();
		break;
	}
	takeover.done++;
	return 0;
}

#endif /* ZREC_TAKEOVER_ADD_H */
