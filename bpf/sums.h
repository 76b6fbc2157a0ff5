/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sums.h - histograms and counters over all recoveries, and the observer's account
 *
 * Tables are arrays that the programs search themselves: a key has a few slots
 * that it may be in, claimed with a compare-and-swap and kept for good. That
 * costs a fraction of a look into a hash map, and takes no memory under way.
 *
 * Histograms are not per-CPU maps, whose memory grows with the square of the
 * processors when it is made on demand, but come in shards of which processors
 * take turns: adding is atomic, so it is right whoever shares one.
 */
#ifndef ZREC_SUMS_H
#define ZREC_SUMS_H

#include <bpf/bpf_helpers.h>

#include "zrec.h"

#define KEY_PROBES	8	/* slots that one key of a table may use */
#define MAX_TRIES	4	/* to set a maximum */

/* Multiplicative hashing: the high bits of a product with 2^64 / phi */
#define HASH(x)		(((__u64)(x) * 0x9e3779b97f4a7c15ULL) >> 40)

/* Processors share the histograms of (shard_mask + 1) shards; set before load */
const volatile __u32 shard_mask;

struct zrec_counter counters[ZREC_COUNTER_SLOTS] SEC(".bss.counters");
struct zrec_stats stats SEC(".bss.stats");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ZREC_DRIVER_SLOTS);
	__type(key, __u32);
	__type(value, struct zrec_driver_hists);
} driver_hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ZREC_KEY_SLOTS);
	__type(key, __u32);
	__type(value, struct zrec_key_hist);
} key_hists SEC(".maps");

static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline void max_set(__u64 *max, __u64 ns)
{
	__u64 old = *max;

	/* Fails only if another processor has a new maximum at the same moment */
	for (__u32 i = 0; i < MAX_TRIES && old < ns; i++) {
		__u64 seen = __sync_val_compare_and_swap(max, old, ns);

		if (seen == old)
			break;
		old = seen;
	}
}

static __always_inline void hist_add(struct zrec_hist *h, __u64 bucket, __u64 ns)
{
	count(&h->count);
	__sync_fetch_and_add(&h->sum_ns, ns);
	max_set(&h->max_ns, ns);
	if (bucket < ZREC_HIST_BUCKETS)
		__sync_fetch_and_add(&h->bucket[bucket], 1);
}

static __always_inline struct zrec_driver_hists *driver_find(const struct zrec_span *s, __u64 shard)
{
	const __u64 *name = (const __u64 *)s->driver;
	__u64 hash = HASH(name[0] ^ name[1] ^ name[2]);

	for (__u32 i = 0; i < KEY_PROBES; i++) {
		__u32 key = shard * ZREC_DRIVER_SLOTS + ((hash + i) & (ZREC_DRIVER_SLOTS - 1));
		struct zrec_driver_hists *d = bpf_map_lookup_elem(&driver_hists, &key);
		__u64 *theirs;

		if (!d)
			break;
		theirs = (__u64 *)d->driver;
		if (d->state == 2 && theirs[0] == name[0] &&
		    theirs[1] == name[1] && theirs[2] == name[2])
			return d;
		if (!d->state && !__sync_val_compare_and_swap(&d->state, 0, 1)) {
			theirs[0] = name[0];
			theirs[1] = name[1];
			theirs[2] = name[2];
			__sync_lock_test_and_set(&d->state, 2);
			return d;
		}
	}
	return NULL;
}

static __always_inline void key_add(__u64 tag, __u64 shard, __u64 bucket, __u64 ns)
{
	__u64 hash = HASH(tag);

	for (__u32 i = 0; i < KEY_PROBES; i++) {
		__u32 key = shard * ZREC_KEY_SLOTS + ((hash + i) & (ZREC_KEY_SLOTS - 1));
		struct zrec_key_hist *k = bpf_map_lookup_elem(&key_hists, &key);

		if (!k)
			break;
		if (k->tag == tag || (!k->tag && !__sync_val_compare_and_swap(&k->tag, 0, tag))) {
			hist_add(&k->hist, bucket, ns);
			return;
		}
	}
	count(&stats.unsummed[ZREC_UNSUMMED_KEY]);
}

static __always_inline void counter_add(__u64 tag)
{
	__u64 hash = HASH(tag);

	for (__u32 i = 0; i < KEY_PROBES; i++) {
		struct zrec_counter *c = &counters[(hash + i) & (ZREC_COUNTER_SLOTS - 1)];
		__u64 theirs = c->tag;

		if (!theirs)
			theirs = __sync_val_compare_and_swap(&c->tag, 0, tag);
		if (!theirs || theirs == tag) {
			count(&c->count);
			return;
		}
	}
	count(&stats.unsummed[ZREC_UNSUMMED_COUNTER]);
}

static __always_inline void driver_add(struct zrec_driver_hists *d, const struct zrec_span *s,
				       __u64 bucket)
{
	hist_add(&d->total, bucket, s->total_ns);
#pragma unroll
	for (__u32 step = 0; step < ZREC_NR_STEPS; step++) {
		__u64 ns = s->step_ns[step];

		if (s->step_count[step] || step == ZREC_STEP_OTHER)
			hist_add(&d->step[step], zrec_hist_bucket(ns), ns);
	}
}

/*
 * A global function, so that the verifier walks it once and not for each way
 * that leads here. It returns a value since the verifier wants one.
 */
__noinline int sum_up(const struct zrec_span *s)
{
	__u64 shard = bpf_get_smp_processor_id() & shard_mask & (ZREC_MAX_SHARDS - 1);
	struct zrec_driver_hists *d;
	__u64 bucket;

	if (!s)
		return 0;
	bucket = zrec_hist_bucket(s->total_ns);
	key_add(ZREC_KEY_TAG(ZREC_HIST_BY_FUNCTION, s->fid), shard, bucket, s->total_ns);
	key_add(ZREC_KEY_TAG(ZREC_HIST_BY_PEC, s->pec), shard, bucket, s->total_ns);
	d = driver_find(s, shard);
	if (d)
		driver_add(d, s, bucket);
	else
		count(&stats.unsummed[ZREC_UNSUMMED_DRIVER]);
	return 0;
}

#endif /* ZREC_SUMS_H */
