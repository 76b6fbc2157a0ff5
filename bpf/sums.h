/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sums.h - histograms and counters over all recoveries, and the observer's account
 *
 * Tables are arrays that the programs search themselves: a key has a few slots
 * that it may be in, claimed with a compare-and-swap and kept for good. That
 * costs a fraction of a look into a hash map, and allocates nothing later.
 *
 * Histograms are not per-CPU maps, whose memory grows with the square of the
 * processors when it is made on demand. They come in shards that processors share:
 * adding is atomic, so the sums are right.
 */
#ifndef ZREC_SUMS_H
#define ZREC_SUMS_H

#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "zrec.h"

#define KEY_PROBES	8	/* slots that one key of a table may use */
#define FUNCTION_PROBES	64	/* ... and one FID, with all its lives */
#define MAX_TRIES	4	/* to set a maximum */

/* Multiplicative hashing: the high bits of a product with 2^64 / phi */
#define HASH(x)		(((__u64)(x) * 0x9e3779b97f4a7c15ULL) >> 40)

/* What is observed and how; for the programs, and for whoever finds the pins */
const volatile struct zrec_info info __attribute__((used)) SEC(".rodata.info");

/* Known to the verifier, as the loader fills info before */
#define shard_mask	((info.shards - 1) & (ZREC_MAX_SHARDS - 1))
#define function_mask	(info.function_slots - 1)

struct zrec_stats stats SEC(".bss.stats");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ZREC_DRIVER_SLOTS);
	__type(key, __u32);
	__type(value, struct zrec_driver_hists);
} driver_hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ZREC_PEC_SLOTS);
	__type(key, __u32);
	__type(value, struct zrec_pec_hist);
} pec_hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ZREC_FUNCTION_SLOTS_MIN);
	__type(key, __u32);
	__type(value, struct zrec_function);
} functions SEC(".maps");

/*
 * Hides from the compiler how a value came about: it would fold a shift and a
 * multiplication into a mask, and the verifier knows less about that
 */
#define opaque(value)	asm volatile("" : "+r"(value))

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
	__sync_fetch_and_add(&h->sum_ns, ns);
	max_set(&h->max_ns, ns);
	if (bucket < ZREC_HIST_BUCKETS)
		__sync_fetch_and_add(&h->bucket[bucket], 1);
}

/* True if it is ours, also if another processor was there first with the same tag */
static __always_inline bool claim(__u64 *slot, __u64 tag)
{
	__u64 seen = __sync_val_compare_and_swap(slot, 0, tag);

	return !seen || seen == tag;
}

static __always_inline struct zrec_driver_hists *driver_find(const char *driver, __u64 shard)
{
	const __u64 *name = (const __u64 *)driver;
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
	count(&stats.unsummed[ZREC_UNSUMMED_DRIVER]);
	return NULL;
}

static __always_inline struct zrec_hist *pec_find(__u16 pec, __u64 shard)
{
	__u64 tag = (__u64)pec + 1;

	for (__u32 i = 0; i < KEY_PROBES; i++) {
		__u32 key = shard * ZREC_PEC_SLOTS + ((HASH(tag) + i) & (ZREC_PEC_SLOTS - 1));
		struct zrec_pec_hist *p = bpf_map_lookup_elem(&pec_hists, &key);

		if (!p)
			break;
		if (p->tag == tag || (!p->tag && claim(&p->tag, tag)))
			return &p->hist;
	}
	count(&stats.unsummed[ZREC_UNSUMMED_PEC]);
	return NULL;
}

/*
 * The slot of a life, or -1. Lives of a function stand one after the other, as the FID
 * alone says where to look. What is not known to belong to a life (an event that was
 * dropped) belongs to the newest there is.
 *
 * A number and not a pointer: the verifier takes each turn of the loop for a way of its
 * own through all that follows, unless they look the same to it.
 */
static __always_inline int function_slot(__u32 fid, __u32 life)
{
	__u64 tag = ZREC_FUNCTION_TAG(fid, life), hash = HASH((__u64)fid + 1), newest_tag = 0;
	int newest = -1;

	for (__u32 i = 0; i < FUNCTION_PROBES; i++) {
		__u32 key = (hash + i) & function_mask;
		struct zrec_function *f = bpf_map_lookup_elem(&functions, &key);
		__u64 theirs;

		if (!f)
			break;
		theirs = f->tag;
		if (life && theirs == tag)
			return key;
		if (!life && (__u32)theirs == fid && theirs > newest_tag) {
			newest = key;
			newest_tag = theirs;
		}
		if (theirs)
			continue;
		if (newest_tag)
			break;
		if (claim(&f->tag, tag))
			return key;
	}
	if (!newest_tag)
		count(&stats.unsummed[ZREC_UNSUMMED_FUNCTION]);
	return newest;
}

static __always_inline struct zrec_function *function_find(__u32 fid, __u32 life)
{
	int key = function_slot(fid, life);

	return key < 0 ? NULL : bpf_map_lookup_elem(&functions, &key);
}

static __always_inline void counter_add(struct zrec_function *f, __u32 tag, __u64 n)
{
	for (__u32 i = 0; i < ZREC_FUNCTION_COUNTERS; i++) {
		struct zrec_counter *c = &f->counter[i];
		__u32 theirs = c->tag;

		if (!theirs)
			theirs = __sync_val_compare_and_swap(&c->tag, 0, tag);
		if (!theirs || theirs == tag) {
			__sync_fetch_and_add(&c->count, n);
			return;
		}
	}
	count(&stats.unsummed[ZREC_UNSUMMED_COUNTER]);
}

static __always_inline void function_count(__u32 fid, __u32 life, __u32 tag)
{
	struct zrec_function *f = function_find(fid, life);

	if (f)
		counter_add(f, tag, 1);
}

static __always_inline void function_add(struct zrec_function *f, __u64 bucket, __u64 ns)
{
	struct zrec_coarse_hist *h = &f->total;

	__sync_fetch_and_add(&h->sum_ns, ns);
	max_set(&h->max_ns, ns);
	bucket >>= ZREC_COARSE_SHIFT;
	opaque(bucket);
	if (bucket < ZREC_COARSE_BUCKETS)
		__sync_fetch_and_add(&h->bucket[bucket], 1);
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
	__u64 shard = bpf_get_smp_processor_id() & shard_mask;
	struct zrec_driver_hists *d;
	struct zrec_function *f;
	struct zrec_hist *pec;
	__u64 bucket;

	if (!s)
		return 0;
	f = function_find(s->fid, s->life);
	if (f)
		counter_add(f, ZREC_COUNTER_TAG(s->pec, s->outcome), 1);
	/* What came to no outcome took no time that anybody asks for */
	if (s->outcome == ZPCI_OUTCOME_IGNORED || s->outcome == ZPCI_OUTCOME_DROPPED)
		return 0;
	bucket = zrec_hist_bucket(s->total_ns);
	if (f)
		function_add(f, bucket, s->total_ns);
	pec = pec_find(s->pec, shard);
	if (pec)
		hist_add(pec, bucket, s->total_ns);
	d = driver_find(s->driver, shard);
	if (d)
		driver_add(d, s, bucket);
	return 0;
}

#endif /* ZREC_SUMS_H */
